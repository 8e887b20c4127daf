"""The colours that a screen shows during a challenge: unpredictable, and gentle on photosensitive people.

Eight hues without white and without saturated red, so that consecutive ones differ mostly in hue. They change every 0.4
seconds, so that there are at most 1.25 flashes a second even if every change counted as half of one. `check_flashes`
holds any schedule against the definitions of WCAG 2.2 themselves, and `draw_light` gives none that breaks them.
"""

import math
import random
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Final

from visavis.errors import PolicyError

__all__ = [
    "LONGEST_LIGHT",
    "PALETTE",
    "STEP_S",
    "Flashes",
    "LightSchedule",
    "Rgb",
    "check_flashes",
    "draw_light",
    "light_entropy_bits",
    "linear_light",
    "relative_luminance",
    "worst_flashes",
]

Rgb = tuple[int, int, int]
"""sRGB, 0..255 each."""

PALETTE: Final[tuple[Rgb, ...]] = (
    (255, 160, 60),
    (235, 235, 60),
    (70, 235, 90),
    (60, 230, 230),
    (80, 150, 255),
    (140, 90, 255),
    (255, 80, 235),
    (255, 120, 150),
)
"""Orange, yellow, green, cyan, azure, violet, magenta, rose."""
STEP_S: Final = 0.4
LONGEST_LIGHT: Final = 24
MOST_FLASHES: Final = 3
"""In any one second: WCAG 2.2, success criterion 2.3.1."""
_LEAST_CHANGE: Final = 0.1
_BRIGHT: Final = 0.8
_RED_SHARE: Final = 0.8
_RED_CHANGE: Final = 0.2
_WHITE_UV: Final = (0.1978, 0.4683)


@dataclass(frozen=True, slots=True, kw_only=True)
class LightSchedule:
    """``colours``: what the whole screen shows, one after the other, each for ``step_s`` seconds."""

    colours: tuple[Rgb, ...]
    step_s: float = STEP_S

    def __post_init__(self) -> None:
        if not 1 <= len(self.colours) <= LONGEST_LIGHT or not 0.1 <= self.step_s <= 2:
            raise ValueError(f"a light sequence has 1 to {LONGEST_LIGHT} colours of 0.1 to 2 seconds")
        if not all(0 <= value <= 255 for colour in self.colours for value in colour):
            raise ValueError("a colour is three numbers from 0 to 255")

    @property
    def duration_s(self) -> float:
        return len(self.colours) * self.step_s

    @property
    def starts_s(self) -> tuple[float, ...]:
        """When each colour comes, seconds after the first."""
        return tuple(i * self.step_s for i in range(len(self.colours)))

    def colour_at(self, time_s: float) -> Rgb | None:
        """What is shown ``time_s`` seconds after the start; None before it and after the end."""
        index = math.floor(time_s / self.step_s)
        return self.colours[index] if 0 <= index < len(self.colours) else None


def draw_light(rng: random.Random, *, steps: int) -> LightSchedule:
    """``steps`` colours: each block of eight holds every colour once, and none follows itself.

    So every schedule moves through the whole circle of hues, and is as strong a signal as any other. Raises ValueError
    where ``steps`` is not between 1 and `LONGEST_LIGHT`; PolicyError ``challenge_light_unsafe`` as `check_flashes`.
    """
    if not 1 <= steps <= LONGEST_LIGHT:
        raise ValueError(f"a light sequence has 1 to {LONGEST_LIGHT} colours")
    drawn: list[int] = []
    for i in range(steps):
        block = drawn[i - i % len(PALETTE) :]
        left = [colour for colour in range(len(PALETTE)) if colour not in block and colour != (drawn or [-1])[-1]]
        drawn.append(left[rng.randrange(len(left))])
    schedule = LightSchedule(colours=tuple(PALETTE[i] for i in drawn))
    check_flashes(schedule)
    return schedule


def light_entropy_bits(steps: int) -> float:
    """Exactly how many bits `draw_light` puts into ``steps`` colours; all of its schedules are equally likely.

    Within a block each draw takes one of the colours left; the first of a later block may not repeat the one before.
    """
    size = len(PALETTE)
    return sum(math.log2(size - i % size - (1 if i and i % size == 0 else 0)) for i in range(steps))


@dataclass(frozen=True, slots=True, kw_only=True)
class Flashes:
    """The most flashes of each kind that lie within one second."""

    general: int
    red: int


def check_flashes(schedule: LightSchedule) -> None:
    """Raises PolicyError ``challenge_light_unsafe`` for more than three flashes in a second, or any saturated red.

    Stricter than WCAG 2.2, 2.3.1, which allows three red flashes and any flash on a small part of the screen.
    """
    found = worst_flashes(list(zip(schedule.starts_s, schedule.colours, strict=True)))
    if found.general > MOST_FLASHES or any(_saturated_red(colour) for colour in schedule.colours):
        raise PolicyError(
            "challenge_light_unsafe",
            f"This light sequence has {found.general} flashes in a second, or a saturated red.",
            advice="Use longer steps and the usual colours: flashing light can cause seizures.",
        )


def worst_flashes(shown: Sequence[tuple[float, Rgb]]) -> Flashes:
    """Flashes in the worst second of ``shown``: (start in seconds, colour) in order of time.

    *General flash*: a pair of opposing changes in relative luminance of a tenth of the greatest or more, the darker one
    below 0.80; small steps the same way add up to one change. *Red flash*: a pair of opposing changes to or from a
    saturated red (R / (R + G + B) >= 0.8, linear) by more than 0.2 in the CIE 1976 UCS diagram. A pair that has begun
    counts as whole, and a second includes both its ends, so the count is never too low.
    WCAG 2.2, "general flash and red flash thresholds".
    """
    return Flashes(general=_worst_second(_general_changes(shown)), red=_worst_second(_red_changes(shown)))


def relative_luminance(colour: Rgb) -> float:
    """0..1 (WCAG 2.2, relative luminance; the sRGB curve of IEC 61966-2-1)."""
    red, green, blue = linear_light(colour)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def linear_light(colour: Rgb) -> tuple[float, float, float]:
    """The sRGB colour as linear light, 0..1 each."""
    red, green, blue = (_linear(value / 255) for value in colour)
    return red, green, blue


def _linear(value: float) -> float:
    return value / 12.92 if value <= 0.04045 else float(((value + 0.055) / 1.055) ** 2.4)


def _general_changes(shown: Sequence[tuple[float, Rgb]]) -> list[float]:
    """When each change between a turning point of the luminance and the next became large enough to be seen."""
    changes: list[float] = []
    low = high = edge = 0.0
    rising: bool | None = None
    counted = False
    for index, (time, colour) in enumerate(shown):
        value = relative_luminance(colour)
        if index == 0:
            low = high = edge = value
            continue
        if rising is None:
            low, high = min(low, value), max(high, value)
            if high - low < _LEAST_CHANGE:
                continue
            rising, edge, counted = value > low, (low if value > low else high), False
            low = high = value
        elif rising and high - value >= _LEAST_CHANGE:
            rising, edge, low, counted = False, high, value, False
        elif not rising and value - low >= _LEAST_CHANGE:
            rising, edge, high, counted = True, low, value, False
        low, high = min(low, value), max(high, value)
        # a fall from a very bright state counts once it leaves the brightest fifth
        if not counted and min(edge, value) < _BRIGHT:
            changes.append(time)
            counted = True
    return changes


def _red_changes(shown: Sequence[tuple[float, Rgb]]) -> list[float]:
    return [
        time
        for (_, before), (time, after) in pairwise(shown)
        if (_saturated_red(before) or _saturated_red(after)) and math.dist(_uv(before), _uv(after)) > _RED_CHANGE
    ]


def _worst_second(times: Sequence[float]) -> int:
    most = max((sum(start <= time <= start + 1 for time in times) for start in times), default=0)
    return math.ceil(most / 2)


def _saturated_red(colour: Rgb) -> bool:
    red, green, blue = linear_light(colour)
    return red > 0 and red / (red + green + blue) >= _RED_SHARE


def _uv(colour: Rgb) -> tuple[float, float]:
    """u', v' of CIE 1976; black has no hue of its own and takes that of white."""
    red, green, blue = linear_light(colour)
    x = 0.4124 * red + 0.3576 * green + 0.1805 * blue
    y = 0.2126 * red + 0.7152 * green + 0.0722 * blue
    z = 0.0193 * red + 0.1192 * green + 0.9505 * blue
    total = x + 15 * y + 3 * z
    return (4 * x / total, 9 * y / total) if total > 0 else _WHITE_UV
