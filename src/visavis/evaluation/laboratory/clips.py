"""Clips of real people, on scenes of one size, each frame with its face, and with the gestures that they hold.

Nothing of them is written anywhere: they stay in memory, a bounded number of frames each.
"""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final, Literal, Protocol

import cv2
import numpy as np

from visavis.capture.challenge import Gesture
from visavis.capture.picture import Picture, RgbImage
from visavis.capture.video import VideoLimits, read_frames
from visavis.errors import FileError
from visavis.evaluation.laboratory.repertoire import Excursion, Repertoire, find_repertoire
from visavis.perception.acquisition import Face, FaceAcquirer
from visavis.perception.tracking import FaceTracker

__all__ = ["SCENE", "Clip", "ClipEngine", "Excursion", "clip_files", "half_of", "load_clips", "place_in_scene"]

SCENE: Final = (640, 480)
"""Width and height, px."""
MOST_CLIPS: Final = 200
MOST_FRAMES: Final = 320
"""Of one clip, kept: 0.9 MB each."""
_SUFFIXES: Final = frozenset({".mp4", ".mov", ".webm", ".3gp"})
_HALVES: Final[Mapping[str, Literal["tuning", "reporting"]]] = {
    **dict.fromkeys(("d0", "d6", "d11", "d12", "e1"), "tuning"),
    **dict.fromkeys(("d3", "d18", "d20", "e2", "e3"), "reporting"),
}
"""The captures that the project was measured on: fixed, so that nothing that was tuned on ever reports."""
_SEAM: Final = 24
_BLUR: Final = 14.0


class ClipEngine(Protocol):
    """What finds the faces: an engine of `visavis.wiring.open_engine` is one."""

    @property
    def acquirer(self) -> FaceAcquirer: ...


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class Clip:
    """``name``: the file's stem, which names the person. ``frames``: (480, 640, 3) uint8 each, read-only. ``faces``: of
    each frame, its points in the scene's pixels, or None. ``times_s``: of each frame in the clip; there are gaps where
    a long clip was cut to the frames that its repertoire needs. ``fps``: of the clip.
    """

    name: str
    fps: float
    frames: tuple[RgbImage, ...]
    faces: tuple[Face | None, ...]
    times_s: tuple[float, ...]
    gestures: Repertoire = field(default_factory=Repertoire)

    @property
    def repertoire(self) -> Mapping[Gesture, Excursion]:
        """Where the gestures are, by `visavis.capture.challenge.Gesture`."""
        return dict(self.gestures.excursions)

    @property
    def why_not(self) -> str | None:
        """Why this clip cannot stand for a person who answers a challenge; None where it can."""
        return self.gestures.why_not


def half_of(person: str) -> Literal["tuning", "reporting"]:
    """Which half a person is in, for ever: thresholds and actors are tuned on one, and the other reports.

    People who are not among the ten that the project was measured on are split by the first bit of the SHA-256 of their
    name.
    """
    known = _HALVES.get(person)
    if known is not None:
        return known
    return "tuning" if hashlib.sha256(person.encode()).digest()[0] & 1 else "reporting"


def clip_files(folder: Path) -> tuple[Path, ...]:
    """The clips in ``folder``, by name.

    Raises FileError ``laboratory_without_clips`` where there are none, ``laboratory_clips_ambiguous`` where two
    have one name, ``laboratory_too_many_clips``.
    """
    files = sorted(file for file in folder.iterdir() if file.suffix.lower() in _SUFFIXES) if folder.is_dir() else []
    if not files:
        raise FileError(
            "laboratory_without_clips",
            f"{folder.name or 'The folder'} holds no clips.",
            advice="Name a folder of MP4, MOV, WebM or 3GP files, one for each person.",
        )
    if len(files) > MOST_CLIPS:
        raise FileError(
            "laboratory_too_many_clips",
            f"{folder.name} holds {len(files)} clips; {MOST_CLIPS} are the most.",
            advice="Measure them in parts.",
        )
    names = [file.stem for file in files]
    twice = next((name for name in names if names.count(name) > 1), None)
    if twice is not None:
        raise FileError(
            "laboratory_clips_ambiguous",
            f"Two clips are called {twice}, and a clip's name says who is in it.",
            advice="Rename one of them, or leave it out.",
        )
    return tuple(files)


def load_clips(
    folder: Path,
    engine: ClipEngine,
    *,
    half: Literal["tuning", "reporting"] | None = None,
    most_frames: int = MOST_FRAMES,
    limits: VideoLimits | None = None,
) -> tuple[Clip, ...]:
    """All clips of ``folder`` that are in ``half``, or all of both. About 10 ms a frame, and 0.9 MB a frame kept.

    Raises as `clip_files`, and as `visavis.capture.video.read_frames` for a file that cannot be read.
    """
    tracker = FaceTracker(engine.acquirer)
    return tuple(
        _load(file, tracker, most_frames, limits or VideoLimits())
        for file in clip_files(folder)
        if half is None or half_of(file.stem) == half
    )


def _load(file: Path, tracker: FaceTracker, most_frames: int, limits: VideoLimits) -> Clip:
    track = tracker.start()
    frames: list[RgbImage] = []
    faces: list[Face | None] = []
    times: list[float] = []
    for shown in read_frames(file, limits=limits, target_side=SCENE[0]):
        scene = place_in_scene(shown.picture.pixels)
        track, found = tracker.follow(track, Picture(scene), time_s=shown.time_s)
        if len(frames) < most_frames:
            frames.append(scene)
        faces.append(found.face)
        times.append(shown.time_s)
    repertoire = find_repertoire(faces, times)
    interval = float(np.median(np.diff(times))) if len(times) > 1 else 0.04
    if len(times) > most_frames:
        kept = _kept(repertoire, len(times), most_frames)
        place = {index: number for number, index in enumerate(kept)}
        frames = [
            place_in_scene(shown.picture.pixels)
            for index, shown in enumerate(read_frames(file, limits=limits, target_side=SCENE[0]))
            if index in place
        ]
        faces, times = [faces[index] for index in kept], [times[index] for index in kept]
        repertoire = _cut(repertoire, place).renumbered(place)
    return Clip(
        name=file.stem,
        fps=1 / max(interval, 1e-3),
        frames=tuple(frames),
        faces=tuple(faces),
        times_s=tuple(times),
        gestures=repertoire,
    )


def _kept(repertoire: Repertoire, count: int, most: int) -> list[int]:
    """The frames of the gestures, then of the longest idle stretches, then from the start on."""
    ways = [index for trip in repertoire.excursions.values() for index in (*trip.out, *trip.peak)]
    resting = [index for run in repertoire.idle for index in run]
    wanted = dict.fromkeys((*ways, *resting, *range(count)))
    return sorted(list(wanted)[:most])


def _cut(repertoire: Repertoire, place: Mapping[int, int]) -> Repertoire:
    idle = (tuple(index for index in run if index in place) for run in repertoire.idle)
    return Repertoire(
        idle=tuple(run for run in idle if run),
        excursions=repertoire.excursions,
        neutral=repertoire.neutral,
        why_not=repertoire.why_not,
    )


def place_in_scene(pixels: RgbImage) -> RgbImage:
    """``pixels`` (h, w, 3) on a scene of 640 x 480, read-only: fitted to its height, in its middle.

    What is wider is cut. What is narrower is continued to both sides by its own border, out of focus, as a wall would
    be, so that a background is seen beside the head.
    """
    width, height = SCENE
    scale = height / pixels.shape[0]
    size = max(1, round(pixels.shape[1] * scale)), height
    way = cv2.INTER_AREA if scale < 1 else cv2.INTER_CUBIC
    fitted = cv2.resize(pixels, size, interpolation=way) if size != (pixels.shape[1], height) else pixels
    if size[0] >= width:
        left = (size[0] - width) // 2
        scene = np.array(fitted[:, left : left + width], np.uint8)
    else:
        scene = _continued(np.asarray(fitted, np.uint8), width)
    scene.setflags(write=False)
    return scene


def _continued(fitted: RgbImage, width: int) -> RgbImage:
    left = (width - fitted.shape[1]) // 2
    right = width - fitted.shape[1] - left
    sharp = cv2.copyMakeBorder(fitted, 0, 0, left, right, cv2.BORDER_REPLICATE)
    # in the small, where so wide a blur costs nothing
    small = cv2.resize(sharp, (width // 4, sharp.shape[0] // 4), interpolation=cv2.INTER_AREA)
    soft = cv2.resize(
        cv2.GaussianBlur(small, (0, 0), _BLUR / 4), (width, sharp.shape[0]), interpolation=cv2.INTER_LINEAR
    )
    columns = np.arange(width)
    inside = np.minimum(columns - left, width - right - 1 - columns)
    share = np.clip(inside / min(_SEAM, max(1, fitted.shape[1] // 4)), 0, 1).astype(np.float32)[None, :, None]
    blended = sharp * share + soft * (1 - share)
    return np.asarray(np.rint(blended), np.uint8)
