"""Which frames of a running capture are compared with the document: drawn as it goes, so that nobody knows which.

A frame counts where the holder, after the first prompt, faces the camera. A few are enough: what lies between them is
the business of the continuity witness, which looks at moments of its own and holds them against the template made here.
Of a frame its template stays, and of the best one the JPEG, for a case that a person will look at.
"""

import random
from dataclasses import dataclass
from typing import Final, Protocol

from visavis.capture.picture import Picture
from visavis.pad.presentation import View
from visavis.perception.acquisition import Face
from visavis.service.samples import Sample

__all__ = ["FilmGathering", "ProbeFrames", "ProbeOptions"]

_REFUSED: Final = "second_face"


class FilmGathering(Protocol):
    """`visavis.service.samples.Film`."""

    def refuse(self, reason: str) -> None: ...

    def look(self, picture: Picture, face: Face, *, time_s: float) -> float: ...

    def sample(self) -> Sample: ...


@dataclass(frozen=True, slots=True, kw_only=True)
class ProbeOptions:
    """``apart_s``: least and most between two looks, drawn. ``most``: looks in one capture. ``turn``: degrees from the
    camera, either way, up to which a face can be compared well.
    """

    apart_s: tuple[float, float] = (0.8, 2.0)
    most: int = 10
    turn: float = 20.0


class ProbeFrames:
    """Of one capture. Not for two threads at once. ``rng``: `secrets.SystemRandom` but in tests."""

    def __init__(self, film: FilmGathering, rng: random.Random, options: ProbeOptions | None = None) -> None:
        self._film = film
        self._rng = rng
        self._options = options or ProbeOptions()
        self._asked = False
        self._next_s = 0.0
        self._looks = 0
        self._best = -1.0
        self._picture: bytes | None = None

    @property
    def picture(self) -> bytes | None:
        """The JPEG of the best frame that was looked at."""
        return self._picture

    def see(self, view: View, data: bytes, picture: Picture) -> None:
        """``view``: of the frame; ``data``: its JPEG; ``picture``: the same, decoded. Times are those of arrival."""
        self._asked = self._asked or view.prompt is not None
        observation = view.observation
        now_s = observation.arrived_s
        if not self._asked or self._looks >= self._options.most or now_s < self._next_s:
            return
        face = observation.face
        if face is None and observation.problem == _REFUSED:
            self._film.refuse(_REFUSED)
        elif face is not None and max(abs(face.pose.yaw), abs(face.pose.pitch)) <= self._options.turn:
            quality = self._film.look(picture, face, time_s=now_s)
            if quality > self._best:
                self._best, self._picture = quality, data
        else:
            return  # the next one that can be compared
        self._looks += 1
        self._next_s = now_s + self._rng.uniform(*self._options.apart_s)

    def sample(self) -> Sample:
        return self._film.sample()
