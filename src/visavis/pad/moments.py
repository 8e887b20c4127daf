"""When a template is taken beside the moments that the continuity witness asks for: nobody outside can tell.

Who knew which frames are compared could show the right face in those alone. So about one moment of every pause, every
prompt, every hold of a gesture and of the light is drawn here, by the server's clock; and a frame whose face looks
otherwise than a moment before is compared at once.
"""

import random
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np

from visavis.pad.active_state import ActiveState, Asked, Lit, Pausing, Returning
from visavis.perception.glimpse import Glimpse

__all__ = ["Moments", "breaks"]

_RETURN_S: Final = 0.6
_ASKED_S: Final = 1.0
_HOLD_S: Final = 0.2
_LIGHT_S: Final = 4.0
"""Where in a stretch its moment is drawn: as long as such a stretch is at least, or nearly. A pause is drawn itself."""
_BREAK_REST_S: Final = (0.15, 0.6)
"""Between two templates for the sake of a break: drawn anew each time, so that the rest cannot be used either."""
_LIKE: Final = 0.5
"""Correlation of two frames' faces below which they are no continuation of each other."""
_LEAST_NORM: Final = 64.0 * 4.0
"""Of a crop of 64 x 64: grey levels of 4. A flat crop says nothing."""


def breaks(before: Glimpse | None, now: Glimpse | None) -> bool:
    """Whether the face's crop, laid over that of the frame before, shows something else."""
    if before is None or now is None:
        return False
    norms = float(np.linalg.norm(before.grey)), float(np.linalg.norm(now.grey))
    return min(norms) >= _LEAST_NORM and float(np.vdot(before.grey, now.grey)) < _LIKE * norms[0] * norms[1]


@dataclass(frozen=True, slots=True)
class _Stretch:
    kind: str
    index: int


class Moments:
    """The moments of one capture. ``rng`` must be one that nobody can foresee; seconds of the server's clock.
    ``pauses_s``: how long the head is to be back before each step.
    """

    def __init__(self, rng: random.Random, *, pauses_s: Sequence[float]) -> None:
        self._rng = rng
        self._pauses_s = tuple(pauses_s)
        self._stretch: _Stretch | None = None
        self._due_s: float | None = None
        self._break_s = -np.inf
        self._broken = False

    def wanted(self, active: ActiveState, *, now_s: float, broken: bool) -> bool:
        """Whether this frame's template is wanted. Asked again in the next frame, until `taken` is told.

        ``broken``: the face's crop broke from that of the frame before.
        """
        stretch, span_s = self._stretch_of(active, now_s)
        if stretch != self._stretch:
            self._stretch = stretch
            self._due_s = None if stretch is None else now_s + self._rng.uniform(0.0, span_s)
        self._broken = broken and now_s >= self._break_s
        return self._broken or (self._due_s is not None and now_s >= self._due_s)

    def taken(self, *, now_s: float) -> None:
        """A template was made of the frame that was just asked about."""
        if self._broken:
            self._break_s = now_s + self._rng.uniform(*_BREAK_REST_S)
        elif self._due_s is not None and now_s >= self._due_s:
            self._due_s = None

    def _stretch_of(self, active: ActiveState, now_s: float) -> tuple[_Stretch | None, float]:
        phase = active.phase
        if isinstance(phase, Pausing):
            served_s = 0.0 if phase.neutral_s is None else now_s - phase.neutral_s
            return _Stretch("pause", phase.index), max(0.0, self._pauses_s[phase.index] - served_s)
        if isinstance(phase, Returning):
            return _Stretch("return", 0), _RETURN_S
        if isinstance(phase, Lit):
            return _Stretch("light", phase.index), _LIGHT_S
        if isinstance(phase, Asked):
            return (
                (_Stretch("asked", phase.index), _ASKED_S)
                if active.hold is None
                else (_Stretch("hold", phase.index), _HOLD_S)
            )
        return None, 0.0
