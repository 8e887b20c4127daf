"""When the frames of a video are shown, and which of them to take: pure arithmetic, no pixels."""

import random
from bisect import bisect_right
from collections.abc import Iterable
from dataclasses import dataclass
from fractions import Fraction

__all__ = ["Timeline"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Timeline:
    """The presentation times of all frames, as the container lists them: ascending, in units of ``unit`` seconds.

    ``key_times`` are those of the frames from which decoding can start. Neither is evenly spaced as a rule: phones
    drop their frame rate in the dark.
    """

    times: tuple[int, ...]
    key_times: tuple[int, ...]
    unit: Fraction

    @property
    def span_s(self) -> float:
        """Seconds from the first frame to the last."""
        return float((self.times[-1] - self.times[0]) * self.unit) if self.times else 0.0

    def evenly(self, count: int, rng: random.Random | None = None) -> tuple[int, ...]:
        """At most ``count`` times: those nearest to the middles of ``count`` equal stretches of the whole.

        ``rng``: draws a place in each stretch instead, so that who makes a film cannot tell which frames count.
        """
        if count >= len(self.times):
            return self.times
        first, span = self.times[0], self.times[-1] - self.times[0]
        places = (0.5 if rng is None else rng.random() for _ in range(count))
        return self._nearest(first + span * (index + place) / count for index, place in enumerate(places))

    def at_rate(self, per_second: float) -> tuple[int, ...]:
        """The times nearest to 0, 1, 2, ... times 1 / ``per_second`` after the first frame."""
        if not self.times:
            return ()
        step = 1 / (per_second * float(self.unit))
        first, span = self.times[0], self.times[-1] - self.times[0]
        # where more are asked for than there are, every step would only name a frame again
        if span / step >= 2 * len(self.times):
            return self.times
        return self._nearest(first + index * step for index in range(int(span / step + 1e-6) + 1))

    def key_time_before(self, time: int) -> int | None:
        """The last key frame not after ``time``."""
        at = bisect_right(self.key_times, time)
        return self.key_times[at - 1] if at else None

    def _nearest(self, wanted: Iterable[float]) -> tuple[int, ...]:
        return tuple(dict.fromkeys(_closest(self.times, value) for value in wanted))


def _closest(times: tuple[int, ...], value: float) -> int:
    at = bisect_right(times, value)
    around = times[max(0, at - 1) : at + 1]
    return min(around, key=lambda time: abs(time - value))
