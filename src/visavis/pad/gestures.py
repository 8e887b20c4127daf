"""Which gesture a frame shows, as a share of what is accepted, against the person's own neutral."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from visavis.capture.challenge import Eyes, Gesture
from visavis.pad.neutral import Neutral, PoseSample, closedness

__all__ = ["GestureOptions", "Reach", "reach_of", "shows", "shows_instead", "shows_other"]

_ASIDE: Final = 0.8
_CLOSED: Final = 0.5
_LOOKING: Final = 0.7
_STILL_TURNED: Final = 0.93
_STILL_CLOSED: Final = 0.7


@dataclass(frozen=True, slots=True, kw_only=True)
class GestureOptions:
    """``turn``, ``pitch``: degrees from neutral that are accepted. Of 92 simulated prints and stills waved at up to
    30 degrees, 4 read as 15 or more; pose itself jitters by 0.4.

    ``other``: a gesture that was not asked for counts from this share of what is accepted on, and only while the one
    that was asked for is below ``absent``.
    """

    turn: float = 15.0
    pitch: float = 10.0
    other: float = 1.2
    absent: float = 0.5


@dataclass(frozen=True, slots=True, kw_only=True)
class Reach:
    """``pose``: for the four gestures of the head, how far each is made as a share of what is accepted: at least 1 is
    accepted, below 0 is the opposite one. ``closed``: of the eyes asked for, 0 open .. 1 closed.
    """

    pose: Mapping[Gesture, float]
    closed: float

    @property
    def away(self) -> float:
        """The largest of the four: how far from neutral the head is."""
        return max(self.pose.values())

    def of(self, gesture: Gesture) -> float:
        """The share of ``gesture``; of the closure, twice the closedness while the head is near neutral, else 0."""
        if gesture is Gesture.CLOSE_EYES:
            # looking down lowers the lids
            return self.closed / _CLOSED if self.away < _LOOKING else 0.0
        return self.pose[gesture]


def reach_of(sample: PoseSample, neutral: Neutral, eyes: Eyes, options: GestureOptions) -> Reach:
    yaw = (sample.yaw - neutral.yaw) / options.turn
    pitch = (sample.pitch - neutral.pitch) / options.pitch
    pose = {
        Gesture.TURN_LEFT: yaw,
        Gesture.TURN_RIGHT: -yaw,
        Gesture.LOOK_UP: pitch,
        Gesture.LOOK_DOWN: -pitch,
    }
    return Reach(pose=pose, closed=closedness(sample.eyes, neutral, eyes))


def shows(reach: Reach, gesture: Gesture, *, holding: bool = False) -> bool:
    """Whether ``gesture`` is made far enough, and is the main thing that the head does.

    ``holding``: it has begun, and a little less keeps it: landmarks and lids tremble.
    """
    share = reach.of(gesture)
    if gesture is Gesture.CLOSE_EYES:
        return share >= (_STILL_CLOSED if holding else 1)
    return share >= (_STILL_TURNED if holding else 1) and share >= _ASIDE * reach.away


def shows_other(reach: Reach, asked: Gesture | None, options: GestureOptions) -> Gesture | None:
    """A gesture that is plainly made and is not ``asked``; None where it may still become that one."""
    if asked is not None and reach.of(asked) >= options.absent:
        return None
    best = max(reach.pose, key=lambda gesture: reach.pose[gesture])
    if reach.pose[best] >= options.other:
        return best if best is not asked else None
    closed = asked is not Gesture.CLOSE_EYES and reach.of(Gesture.CLOSE_EYES) >= options.other
    return Gesture.CLOSE_EYES if closed else None


def shows_instead(reach: Reach, asked: Gesture, options: GestureOptions) -> Gesture | None:
    """A turn or look that is plainly made in place of ``asked``; never closed eyes, which nobody chooses to do wrong.

    Where the eyes are asked for and are closed, that is the answer, and where the head points is a matter of advice.
    """
    if asked is Gesture.CLOSE_EYES and reach.closed >= _CLOSED * _STILL_CLOSED:
        return None
    other = shows_other(reach, asked, options)
    return None if other is Gesture.CLOSE_EYES else other
