"""What one side of a comparison offers: a face or the reason why there is none, its quality, its template.

A reference is one picture: a portrait, or a whole photographed document with the portrait on it. A probe is one
picture, or the frames of a short video of one person. Nothing here writes anything anywhere.
"""

import dataclasses
from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import Executor
from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, Final

from visavis.capture.picture import Picture
from visavis.comparison.calibration import Calibration
from visavis.comparison.templates import Template, compare_templates, fuse_templates
from visavis.perception.acquisition import Acquisition, Face, FaceAcquirer, FaceChoice
from visavis.perception.features import FaceEmbedder
from visavis.perception.frames import FrameScore, best_frames
from visavis.perception.quality import QualityPurpose, SampleQuality, assess_quality
from visavis.perception.restoration import PortraitRestorer
from visavis.perception.session import FloatTensor

if TYPE_CHECKING:  # the reader of videos is slow to import, and most comparisons need none
    from visavis.capture.video import Frame

__all__ = ["Film", "Role", "Sample", "Sampler", "SamplerOptions"]


class Role(StrEnum):
    """Which side of a claim a picture stands on."""

    REFERENCE = "reference"
    PROBE = "probe"


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class Sample:
    """One side of a comparison.

    ``reason`` is None where there is a template, else the code that says why there is none. ``quality`` belongs to the
    picture, or to the best frame. ``notes`` are codes that did not stand in the way. ``frames`` were looked at,
    ``frames_used`` made the template.
    """

    role: Role
    reason: str | None
    quality: SampleQuality | None = None
    template: Template | None = None
    notes: tuple[str, ...] = ()
    frames: int = 1
    frames_used: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class SamplerOptions:
    """``best_frames``: how many frames of a video make the template at most, see `best_frames`.

    ``second_face_frames``: in so many frames a second face must be seen before it refuses a video; one alone may be a
    pattern that looked like a face for a moment. As many that do not match the best frame refuse it as well, at the
    false match rate ``agreement_fmr``; only frames turned no further than ``agreement_turn`` degrees, and with nothing
    that blinds, are held against it: one living person still matches themselves there.
    ``usable_share``: of all frames, how many must be comparable and match the best one. What the rest shows, nobody
    can say.
    """

    best_frames: int = 5
    second_face_frames: int = 2
    agreement_fmr: float = 1e-3
    agreement_turn: float = 20.0
    usable_share: float = 0.5


@dataclass(frozen=True, slots=True, eq=False)
class _Made:
    """A template and what it came from. ``comparable``: near enough to frontal, and with nothing that blinds."""

    template: Template
    quality: SampleQuality
    comparable: bool = True
    time_s: float = 0.0


GROUP: Final = 8
"""Frames in memory at once."""

GHOST_FMR: Final = 1e-2
"""A ghost print is small and faint, and it need only be told from another person's portrait."""


class Film:
    """The frames of one person as they come, of which a sample is made in the end (`Sampler.film`). Not for two threads
    at once. What stays of a frame is its template.
    """

    def __init__(
        self,
        make: Callable[[Picture, Face], _Made],
        judge: Callable[[Sequence[str], Sequence[_Made]], Sample],
    ) -> None:
        self._make = make
        self._judge = judge
        self._refusals: list[str] = []
        self._made: list[_Made] = []

    @property
    def frames(self) -> int:
        """How many were looked at."""
        return len(self._refusals) + len(self._made)

    def refuse(self, reason: str) -> None:
        """A frame without a face that can be used: a code as of `visavis.perception.acquisition.Acquisition`."""
        self._refusals.append(reason)

    def look(self, picture: Picture, face: Face, *, time_s: float) -> float:
        """A frame with one face and nobody else; returns its unified quality, 0..100."""
        made = dataclasses.replace(self._make(picture, face), time_s=time_s)
        self.add("", made)
        return made.quality.unified

    def add(self, reason: str, made: _Made | None) -> None:
        """A frame that was looked at elsewhere."""
        if made is None:
            self._refusals.append(reason)
        else:
            self._made.append(made)

    def sample(self) -> Sample:
        """As `Sampler.probe_film`; ``no_face`` where nothing was looked at."""
        return self._judge(self._refusals, self._made)


class Sampler:
    """Makes samples. Stateless between calls, so safe from several threads.

    ``acquirer`` looks at single pictures, ``film_acquirer`` at frames (it may use a faster detector). ``pool`` spreads
    the frames of a video; a call on the pool's own threads would wait for itself, so it is used for frames alone.
    """

    def __init__(
        self,
        *,
        acquirer: FaceAcquirer,
        film_acquirer: FaceAcquirer,
        restorer: PortraitRestorer,
        embedder: FaceEmbedder,
        calibration: Calibration | None,
        pool: Executor,
        options: SamplerOptions | None = None,
    ) -> None:
        self._acquirer = acquirer
        self._film_acquirer = film_acquirer
        self._restorer = restorer
        self._embedder = embedder
        self._calibration = calibration
        self._pool = pool
        self._options = options or SamplerOptions()

    @property
    def embedder(self) -> FaceEmbedder:
        return self._embedder

    def reference(self, picture: Picture, *, choice: FaceChoice = FaceChoice.PORTRAIT) -> Sample:
        """The portrait of a document, or on a photographed document.

        A much smaller second face is taken for the ghost print of the portrait only where the two match one to one;
        otherwise the document shows two people, and is refused. ``choice`` is for labelled data sets, whose other faces
        are left alone; the product takes its default.
        """
        acquisition = self._acquirer.acquire(picture, choice=choice)
        sample = self._of(picture, acquisition, Role.REFERENCE, QualityPurpose.DOCUMENT_PORTRAIT)
        if sample.template is None or not acquisition.others or choice is not FaceChoice.PORTRAIT:
            return sample
        if all(self._is_ghost(picture, ghost, sample.template) for ghost in acquisition.others):
            return dataclasses.replace(sample, notes=(*sample.notes, "ghost_portrait"))
        return Sample(role=Role.REFERENCE, reason="second_face", quality=sample.quality)

    def reference_face(self, picture: Picture) -> Sample:
        """One person alone in a picture that is no document: a second face refuses, however small its share."""
        return self._of(picture, self._acquirer.acquire(picture), Role.REFERENCE, QualityPurpose.PROBE)

    def probe(self, picture: Picture, *, choice: FaceChoice = FaceChoice.ONLY) -> Sample:
        """The holder alone in one picture. ``choice`` is for labelled data sets; the product takes its default."""
        return self._of(picture, self._acquirer.acquire(picture, choice=choice), Role.PROBE, QualityPurpose.PROBE)

    def probe_film(self, frames: "Iterable[Frame]") -> Sample:
        """The holder alone in a short video: a quality-weighted mean template of its best frames.

        Refused where a second face is in several frames (``second_face``), where several frames show somebody other
        than the best one (``frames_disagree``), or where too few can be used (``few_usable_frames``).
        """
        film = self.film()
        # what stays of a frame is its template, and pictures come in small groups, so memory stays bounded
        for group in _groups(frames, GROUP):
            for reason, item in self._pool.map(self._look, group):
                film.add(reason, item)
        return film.sample()

    def film(self) -> "Film":
        """As `probe_film`, for frames that come one by one."""
        return Film(self._make, self._judge)

    def _judge(self, refusals: Sequence[str], made: Sequence[_Made]) -> Sample:
        """What the frames of a film come to: those that were refused, and those with a face."""
        options = self._options
        count = len(refusals) + len(made)
        if refusals.count("second_face") >= min(options.second_face_frames, max(1, count)):
            return Sample(role=Role.PROBE, reason="second_face", frames=count)
        if not made:
            reason = max(sorted(set(refusals)), key=refusals.count) if refusals else "no_face"
            return Sample(role=Role.PROBE, reason=reason, frames=count)
        anchor = max(made, key=lambda item: item.quality.unified)
        comparable = [item for item in made if item.comparable]
        same = self._matching(anchor, comparable)
        strangers = len(comparable) - len(same)
        if strangers >= min(options.second_face_frames, count):
            return Sample(role=Role.PROBE, reason="frames_disagree", quality=anchor.quality, frames=count)
        if len(same) < options.usable_share * count:
            return Sample(role=Role.PROBE, reason="few_usable_frames", quality=anchor.quality, frames=count)
        scores = [FrameScore(time=item.time_s, quality=item.quality.unified) for item in same]
        chosen = [same[index] for index in best_frames(scores, most=options.best_frames)]
        notes = ("second_face_moment",) if "second_face" in refusals else ()
        return Sample(
            role=Role.PROBE,
            reason=None,
            quality=max((item.quality for item in chosen), key=lambda item: item.unified),
            template=fuse_templates([item.template for item in chosen]),
            notes=(*notes, "frame_disagrees") if strangers else notes,
            frames=count,
            frames_used=len(chosen),
        )

    def _look(self, frame: "Frame") -> tuple[str, _Made | None]:
        acquisition = self._film_acquirer.acquire(frame.picture)
        if acquisition.face is None:
            return acquisition.reason or "no_face", None
        return "", dataclasses.replace(self._make(frame.picture, acquisition.face), time_s=frame.time_s)

    def _make(self, picture: Picture, face: Face, *, others: Sequence[Face] = ()) -> _Made:
        measured = self._embedder.measure(picture, [face.mesh])
        recognition = None if measured.quality is None else float(measured.quality[0])
        quality = assess_quality(picture, face, others=others, recognition=recognition)
        frontal = max(abs(face.pose.yaw), abs(face.pose.pitch)) <= self._options.agreement_turn
        comparable = frontal and not quality.blocking
        return _Made(self._template(measured.vectors[0], quality), quality, comparable)

    def _make_portrait(self, picture: Picture, face: Face) -> tuple[_Made, tuple[str, ...]]:
        """A document's portrait: what can be restored is, for the template; quality is that of the picture as it is."""
        restored = self._restorer.restore(picture, face)
        measured = self._embedder.measure(restored.picture, [restored.face.mesh])
        recognition = None if measured.quality is None else float(measured.quality[0])
        quality = assess_quality(picture, face, purpose=QualityPurpose.DOCUMENT_PORTRAIT, recognition=recognition)
        notes = () if restored.note is None else (restored.note,)
        return _Made(self._template(measured.vectors[0], quality), quality), notes

    def _template(self, vector: FloatTensor, quality: SampleQuality) -> Template:
        return Template(vector=vector, model=self._embedder.identity, quality=quality.unified)

    def _of(self, picture: Picture, acquisition: Acquisition, role: Role, purpose: QualityPurpose) -> Sample:
        face = acquisition.face
        if face is None:
            return Sample(role=role, reason=acquisition.reason or "no_face", notes=acquisition.notes)
        notes: tuple[str, ...] = ()
        if purpose is QualityPurpose.DOCUMENT_PORTRAIT:
            made, notes = self._make_portrait(picture, face)
        else:
            made = self._make(picture, face, others=acquisition.others)
        return Sample(
            role=role,
            reason=None,
            quality=made.quality,
            template=made.template,
            notes=(*acquisition.notes, *notes),
            frames_used=1,
        )

    def _is_ghost(self, picture: Picture, ghost: Face, template: Template) -> bool:
        if self._calibration is None:
            return False
        vector = self._embedder.embed(picture, [ghost.mesh])[0]
        other = Template(vector=vector, model=self._embedder.identity, quality=0)
        return compare_templates(template, other) >= self._calibration.threshold_at(GHOST_FMR).threshold

    def _matching(self, anchor: _Made, made: Sequence[_Made]) -> list[_Made]:
        """Those that show the person of ``anchor``, each held against it alone.

        Never against a mean of them: two people are both near the mean of themselves.
        """
        if self._calibration is None:
            return list(made)
        least = self._calibration.threshold_at(self._options.agreement_fmr).threshold
        return [item for item in made if compare_templates(item.template, anchor.template) >= least]


def _groups(frames: "Iterable[Frame]", size: int) -> "Iterable[list[Frame]]":
    group: list[Frame] = []
    for frame in frames:
        group.append(frame)
        if len(group) == size:
            yield group
            group = []
    if group:
        yield group
