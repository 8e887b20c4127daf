"""One face followed through the frames of a capture, at a third of the cost of finding it anew in each.

The landmark network is the same as for a single picture, and so are the rules (`visavis.perception.acquisition`): what
is saved is the detector, whose box the landmarks of the frame before make up for. It still runs on a schedule, since
only it sees a second face, and at once where the face is lost. What it found beside the face stays reported until it
looks again and doesn't find it.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Protocol

import numpy as np

from visavis.capture.picture import Picture
from visavis.perception.acquisition import Acquisition, Face, FaceAcquirer
from visavis.perception.geometry import Region
from visavis.perception.glimpse import Glimpse, follow_glimpse, glimpse
from visavis.perception.landmarks import FaceMesh, region_of_mesh
from visavis.perception.layers import LayeredPicture, layered

__all__ = ["FaceTracker", "FaceTracking", "Track", "TrackerOptions"]


@dataclass(frozen=True, slots=True, kw_only=True)
class TrackerOptions:
    """``look_s``: between two runs of the detector over the whole frame; ``wary_s``: the same, for ``wary_for_s``
    after a second face was seen. ``closely_s``: between two searches for faces that are too small for that, down to the
    smallest that counts as a second one. ``look_frames``: at most so many frames without a run, whatever the clock
    says.

    ``off``: from this distance between where the landmarks were looked for and where they were found, as a share of the
    region's side, they are looked for once more; ``resized``: the same for its size, natural logarithm. ``unseen``:
    after how many runs in a row in which the detector doesn't see the face the search begins anew: it misses turned
    heads, where the landmarks' own flag is to be relied on.
    """

    look_s: float = 0.5
    wary_s: float = 0.1
    wary_for_s: float = 2.0
    closely_s: float = 2.0
    look_frames: int = 15
    off: float = 0.08
    resized: float = 0.2
    unseen: int = 4


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class Track:
    """What is carried from one frame to the next: the face, the others, and when they were looked for. 16 kB, and
    6 kB for each of the others.
    """

    face: Glimpse | None = None
    others: tuple[Face, ...] = ()
    looked_s: float = 0.0
    closely_s: float = 0.0
    second_s: float | None = None
    beside: bool = False
    """The last frame showed a second face."""
    sighted: bool = False
    """A second face was seen in the last frame, and in none before it: the next frame is looked at closely."""
    carried: bool = False
    """The last look was too coarse for the others, which are those of a look before it."""
    frames: int = 0
    unseen: int = 0


class FaceTracking(Protocol):
    """What follows a face: `FaceTracker`, or a script of what it would see."""

    def start(self) -> Track: ...

    def follow(self, track: Track, picture: Picture, *, time_s: float) -> tuple[Track, Acquisition]: ...


class FaceTracker:
    """Finds the face of every frame. Stateless itself, so one serves all captures, from any thread."""

    def __init__(self, acquirer: FaceAcquirer, options: TrackerOptions | None = None) -> None:
        self._acquirer = acquirer
        self._options = options or TrackerOptions()

    @property
    def acquirer(self) -> FaceAcquirer:
        """What a search begins with: its rules are the tracker's own."""
        return self._acquirer

    def start(self) -> Track:
        return Track()

    def follow(self, track: Track, picture: Picture, *, time_s: float) -> tuple[Track, Acquisition]:
        """The face of ``picture``, by the rules of `FaceAcquirer.acquire`.

        ``time_s``: by the server's clock, so that no client can put off the detector.

        Raises only ModelInvalidError, where a model is not what it says.
        """
        frame = layered(picture)
        there = None if track.face is None else self._relocate(frame, track.face)
        if there is None:
            return self._search(track, frame, time_s)
        mesh, region = there
        track = replace(track, face=glimpse(frame, region), frames=track.frames + 1, carried=bool(track.others))
        if self._due(track, time_s):
            looked = self._look(track, frame, mesh, time_s)
            if looked is None:
                return self._search(track, frame, time_s)
            track = looked
        main = self._acquirer.describe(frame, mesh)
        return self._judge(track, frame, (main, *track.others), time_s)

    def _relocate(self, frame: LayeredPicture, last: Glimpse) -> tuple[FaceMesh, Region] | None:
        """The face of the frame before, and the region that it fills now."""
        aimed = follow_glimpse(last, frame)
        mesh = self._acquirer.relocate(frame, aimed)
        if mesh is None:
            return None
        found = region_of_mesh(mesh)
        off = np.hypot(found.x - aimed.x, found.y - aimed.y) > self._options.off * aimed.side
        resized = abs(np.log(found.side / aimed.side)) > self._options.resized
        if not (off or resized):
            return mesh, found
        again = self._acquirer.relocate(frame, found)
        return None if again is None else (again, region_of_mesh(again))

    def _due(self, track: Track, time_s: float) -> bool:
        options = self._options
        every_s = options.wary_s if self._wary(track, time_s) else options.look_s
        # a clock that goes back must not stop the detector
        return track.sighted or track.frames >= options.look_frames or abs(time_s - track.looked_s) >= every_s - 1e-6

    def _wary(self, track: Track, time_s: float) -> bool:
        return track.second_s is not None and abs(time_s - track.second_s) <= self._options.wary_for_s

    def _look(self, track: Track, frame: LayeredPicture, mesh: FaceMesh, time_s: float) -> Track | None:
        """The track with what the detector sees now; None where it sees another face, but not the one followed."""
        every_s = self._options.look_s if self._wary(track, time_s) else self._options.closely_s
        closely = track.sighted or abs(time_s - track.closely_s) >= every_s - 1e-6
        before = [other.mesh for other in track.others]
        seen, others = self._acquirer.look_around(frame, mesh, closely=closely, before=before)
        unseen = 0 if seen else track.unseen + 1
        if (others and not seen) or unseen >= self._options.unseen:
            return None
        return replace(
            track,
            others=tuple(self._acquirer.describe(frame, other) for other in others),
            carried=not closely and bool(others) and all(any(other is old for old in before) for other in others),
            looked_s=time_s,
            closely_s=time_s if closely else track.closely_s,
            frames=0,
            unseen=unseen,
        )

    def _search(self, track: Track, frame: LayeredPicture, time_s: float) -> tuple[Track, Acquisition]:
        """Begin anew, with nothing but this frame."""
        found = self._acquirer.acquire(frame)
        second = found.reason == "second_face"
        faces = (*((found.face,) if found.face is not None else ()), *found.others)
        track = replace(
            track,
            face=glimpse(frame, region_of_mesh(faces[0].mesh)) if faces else None,
            others=faces[1:],
            looked_s=time_s,
            closely_s=time_s,
            second_s=time_s if second else track.second_s,
            beside=second,
            sighted=second and not track.beside,
            carried=False,
            frames=0,
            unseen=0,
        )
        return track, found

    def _judge(
        self, track: Track, frame: LayeredPicture, faces: Sequence[Face], time_s: float
    ) -> tuple[Track, Acquisition]:
        found = replace(self._acquirer.judge(frame, faces), carried=track.carried)
        second = found.reason == "second_face"
        # a detector errs: one sighting alone is made sure of at once, and carried over only then
        track = replace(track, beside=second, sighted=second and not track.beside)
        return replace(track, second_s=time_s) if second else track, found
