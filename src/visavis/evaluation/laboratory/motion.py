"""How somebody who follows prompts moves: the reaction, the way there, the hold, the way back, and never quite still.

Shared by the instruments: the same hand tilts a sheet of paper, and the same curve drives a puppet. Numbers are those
of people in front of a page: a prompt is answered after 0.3 to 0.9 seconds, held for 0.3 to 1, and given up when it is
taken away. Whoever sees that a prompt stays tries once more, further.
"""

import math
import random
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from visavis.capture.challenge import Eyes, Gesture, GestureStep
from visavis.evaluation.laboratory.stage import Cue

__all__ = ["FULL", "Follower", "Look", "Wander", "smooth_step"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Look:
    """A moment of a head: degrees from its own neutral, signs as in `visavis.perception.pose.HeadPose`.

    ``left``, ``right``: how closed the holder's own eyes are, 0 open .. 1 closed.
    """

    yaw: float = 0.0
    pitch: float = 0.0
    left: float = 0.0
    right: float = 0.0


FULL: Final[Mapping[Gesture, Look]] = {
    Gesture.TURN_LEFT: Look(yaw=22.0),
    Gesture.TURN_RIGHT: Look(yaw=-22.0),
    Gesture.LOOK_UP: Look(pitch=14.0),
    Gesture.LOOK_DOWN: Look(pitch=-14.0),
    Gesture.CLOSE_EYES: Look(left=1.0, right=1.0),
}
"""A little more than is asked for, as people do."""

_TURNING: Final = 75.0
_NODDING: Final = 50.0
_LIDS: Final = 9.0
_SOFTNESS_S: Final = 0.06


class Follower:
    """Answers each prompt as it is shown. Has a state: one serves one trial, with times that increase.

    ``answers``: the moment that each gesture leads to; a gesture that is not in it is left unanswered. ``eyes``: which
    of them are closed for `Gesture.CLOSE_EYES`. ``delay_s``, ``hold_s``: least and most, drawn for each prompt. With
    ``held`` the hold lasts until the prompt is gone, as that of somebody who watches the page does.
    """

    def __init__(
        self,
        rng: random.Random,
        *,
        answers: Mapping[Gesture, Look] = FULL,
        eyes: Eyes = Eyes.BOTH,
        delay_s: tuple[float, float] = (0.3, 0.9),
        hold_s: tuple[float, float] = (0.3, 1.0),
        held: bool = True,
    ) -> None:
        self._rng = rng
        self._answers = dict(answers)
        if eyes is not Eyes.BOTH and Gesture.CLOSE_EYES in self._answers:
            closed = self._answers[Gesture.CLOSE_EYES]
            kept = Look(
                yaw=closed.yaw,
                pitch=closed.pitch,
                left=closed.left if eyes is Eyes.LEFT else 0.0,
                right=closed.right if eyes is Eyes.RIGHT else 0.0,
            )
            self._answers[Gesture.CLOSE_EYES] = kept
        self._delay_s, self._hold_s, self._held = delay_s, hold_s, held
        self._index: int | None = None
        self._delay = self._hold = 0.0
        self._let_go = 0.2
        self._last: float | None = None
        self._raw = [0.0, 0.0, 0.0, 0.0]
        self._soft = [0.0, 0.0, 0.0, 0.0]
        self._wanted = [0.0, 0.0, 0.0, 0.0]

    def look(self, cue: Cue) -> Look:
        """Where the head is at this moment."""
        if cue.index != self._index:
            self._index = cue.index
            self._delay = self._rng.uniform(*self._delay_s)
            self._hold = self._rng.uniform(*self._hold_s)
            self._let_go = self._rng.uniform(0.15, 0.35)
        target = self._target(cue)
        if target is not None:
            self._wanted = target
        step = 0.0 if self._last is None else max(0.0, min(0.25, cue.time_s - self._last))
        self._last = cue.time_s
        keep = math.exp(-step / _SOFTNESS_S)
        for i, speed in enumerate((_TURNING, _NODDING, _LIDS, _LIDS)):
            most = speed * step
            self._raw[i] += min(most, max(-most, self._wanted[i] - self._raw[i]))
            self._soft[i] = self._raw[i] + (self._soft[i] - self._raw[i]) * keep
        yaw, pitch, left, right = self._soft
        return Look(yaw=yaw, pitch=pitch, left=min(1.0, left), right=min(1.0, right))

    def _target(self, cue: Cue) -> list[float] | None:
        """What is aimed for now; None: whatever was aimed for before, since nobody reacts at once."""
        nothing = [0.0, 0.0, 0.0, 0.0]
        if not isinstance(cue.step, GestureStep) or cue.step.gesture not in self._answers:
            return nothing if cue.since_s >= self._let_go else None
        if cue.since_s < self._delay:
            return None if cue.since_s < self._let_go else nothing
        since = cue.since_s - self._delay
        look = self._answers[cue.step.gesture]
        aim = [look.yaw, look.pitch, look.left, look.right]
        travel = max(abs(look.yaw) / _TURNING, abs(look.pitch) / _NODDING, look.left / _LIDS, look.right / _LIDS)
        once = travel + self._hold
        if self._held or since < once:
            # a prompt that stays is answered further
            more = 1.15 if since > travel + 1.2 else 1.0
            return [aim[0] * more, aim[1] * more, aim[2], aim[3]]
        if since < once + travel + 0.7:
            return nothing
        return [aim[0] * 1.15, aim[1] * 1.15, aim[2], aim[3]] if since < 2 * once + travel + 0.7 else nothing


class Wander:
    """Smooth aimless movement: four sines of unrelated periods for each of ``amplitudes``, whatever their unit.

    A pure function of time. The root mean square is about 0.7 of the amplitude; periods 1.3 to 9 seconds.
    """

    def __init__(self, rng: random.Random, *amplitudes: float) -> None:
        self._waves = [
            [(amplitude * 0.5, 2 * math.pi / rng.uniform(1.3, 9.0), rng.uniform(0, 2 * math.pi)) for _ in range(4)]
            for amplitude in amplitudes
        ]

    def at(self, time_s: float) -> tuple[float, ...]:
        return tuple(sum(size * math.sin(pace * time_s + phase) for size, pace, phase in row) for row in self._waves)


def smooth_step(value: float) -> float:
    """0 up to 0, 1 from 1 on, and no kink between."""
    value = min(1.0, max(0.0, value))
    return value * value * (3 - 2 * value)
