"""One face followed through the frames of a capture."""

from dataclasses import dataclass
from typing import Protocol

from visavis.capture.picture import Picture
from visavis.perception.acquisition import Acquisition, FaceAcquirer

__all__ = ["FaceTracker", "FaceTracking", "Track"]


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class Track:
    """What is carried from one frame to the next."""


class FaceTracking(Protocol):
    """What follows a face: `FaceTracker`, or a script of what it would see."""

    def start(self) -> Track: ...

    def follow(self, track: Track, picture: Picture, *, time_s: float) -> tuple[Track, Acquisition]: ...


class FaceTracker:
    """Finds the face of every frame. Stateless itself, so one serves all captures, from any thread."""

    def __init__(self, acquirer: FaceAcquirer) -> None:
        self._acquirer = acquirer

    def start(self) -> Track:
        return Track()

    def follow(self, track: Track, picture: Picture, *, time_s: float) -> tuple[Track, Acquisition]:
        """The face of ``picture``, by the rules of `FaceAcquirer.acquire`. ``time_s``: by the server's clock.

        Raises only ModelInvalidError, where a model is not what it says.
        """
        del time_s
        return track, self._acquirer.acquire(picture)
