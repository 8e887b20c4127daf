"""How a capture went over time, for a person who looks at a referred case: short series of rounded numbers.

No picture, no template, and no more than a plot can show: at most `MOST_POINTS` moments, however long the capture was.
It is sealed with the evidence of a case, under the verification's own key, and dies with it.
"""

import statistics
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Final, TypeVar

from visavis.capture.challenge import GestureStep
from visavis.capture.light_schedule import Rgb
from visavis.pad.evidence import WitnessEvidence
from visavis.pad.gestures import GestureOptions
from visavis.pad.presentation import PresentationFindings
from visavis.pad.trace import Trace, TraceRow

__all__ = ["MOST_POINTS", "MOST_SPANS", "CaptureCourse", "Colour", "Series", "Span", "course_of"]

MOST_POINTS: Final = 200
MOST_SPANS: Final = 60
"""Of each kind: a challenge has at most 7 prompts and 24 colours, and a capture that loses the face more often than
this says no more by it.
"""
_LIGHT: Final = "light"
_What = TypeVar("_What")


class Series(StrEnum):
    """What is plotted. Angles are degrees from the holder's own neutral pose, where that was found."""

    YAW = "yaw"
    """To the holder's left, right below 0."""
    PITCH = "pitch"
    """Up, down below 0."""
    ROLL = "roll"
    CLOSEDNESS = "closedness"
    """Of the eyes asked for, 0 open .. 1 closed, against the own open ones."""
    SIZE = "size"
    """Between the eyes, as a share of the picture's width."""
    SKIN_RED = "skin_red"
    """How much redder than green the skin is, against what is behind it where that was seen: a log-chromaticity."""
    SKIN_BLUE = "skin_blue"
    TEXTURE = "texture"
    """The passive witness' score."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Span:
    """``what``: a gesture or ``light``, or the code of why no face could be used. Seconds of the course."""

    what: str
    from_s: float
    until_s: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Colour:
    """What the screen was asked to show, sRGB."""

    colour: Rgb
    from_s: float
    until_s: float


@dataclass(frozen=True, slots=True, kw_only=True)
class CaptureCourse:
    """``times``: seconds since the first frame, rising, at most `MOST_POINTS`. ``series``: by name, a number or None
    for each of them; one that was never measured is left out. ``asked``: what was prompted, and when. ``unusable``:
    where no face could be used, and why. ``colours``: of the light. ``counts_from``: how far a series must go for its
    gesture to count, either way. ``witnesses``: each with its own outcome, score and plain values.
    """

    times: tuple[float, ...] = ()
    series: Mapping[Series, tuple[float | None, ...]] = field(default_factory=dict)
    asked: tuple[Span, ...] = ()
    unusable: tuple[Span, ...] = ()
    colours: tuple[Colour, ...] = ()
    counts_from: Mapping[Series, float] = field(default_factory=dict)
    witnesses: tuple[WitnessEvidence, ...] = ()


def course_of(presentation: PresentationFindings) -> CaptureCourse:
    """The course of one capture. Where rows are put together, the one farthest from the middle of the series stands for
    them, so that a blink or a short turn is not lost.
    """
    trace = presentation.trace
    rows = trace.rows
    begin_s = rows[0].time_s if rows else 0.0
    groups = _groups(rows)
    series = {which: _thinned(groups, value) for which, value in _values(trace).items()}
    return CaptureCourse(
        times=tuple(round(group[0].time_s - begin_s, 2) for group in groups),
        series={which: values for which, values in series.items() if any(value is not None for value in values)},
        asked=tuple(
            Span(
                what=prompt.step.gesture.value if isinstance(prompt.step, GestureStep) else _LIGHT,
                from_s=round(prompt.from_s - begin_s, 2),
                until_s=round(prompt.until_s - begin_s, 2),
            )
            for prompt in trace.prompts[:MOST_SPANS]
        ),
        unusable=tuple(
            Span(what=what, from_s=from_s, until_s=until_s)
            for what, from_s, until_s in _spans(((row.time_s, row.problem) for row in rows), begin_s)
        ),
        colours=tuple(
            Colour(colour=colour, from_s=from_s, until_s=until_s)
            for colour, from_s, until_s in _spans(((row.time_s, row.colour) for row in rows), begin_s)
        ),
        counts_from=_counts_from(GestureOptions()),
        witnesses=presentation.witnesses,
    )


def _counts_from(options: GestureOptions) -> dict[Series, float]:
    return {Series.YAW: options.turn, Series.PITCH: options.pitch, Series.CLOSEDNESS: 0.5}


def _groups(rows: Sequence[TraceRow]) -> list[Sequence[TraceRow]]:
    each = max(1, -(-len(rows) // MOST_POINTS))
    return [rows[start : start + each] for start in range(0, len(rows), each)]


_Value = Callable[[TraceRow], float | None]


def _values(trace: Trace) -> dict[Series, _Value]:
    """How each series is read from a row, to as many digits as mean something."""
    neutral = trace.neutral
    # what is behind the head is taken off all of the skin's values, or off none: a series must not jump by it
    behind = all(row.background is not None for row in trace.rows if row.skin is not None)
    yaw, pitch, roll = (0.0, 0.0, 0.0) if neutral is None else (neutral.yaw, neutral.pitch, neutral.roll)
    return {
        Series.YAW: lambda row: _rounded(row.yaw, 1, less=yaw),
        Series.PITCH: lambda row: _rounded(row.pitch, 1, less=pitch),
        Series.ROLL: lambda row: _rounded(row.roll, 1, less=roll),
        Series.CLOSEDNESS: lambda row: _rounded(row.closedness, 2),
        Series.SIZE: lambda row: _rounded(row.size, 3),
        Series.SKIN_RED: lambda row: _skin(row, 0, behind=behind),
        Series.SKIN_BLUE: lambda row: _skin(row, 1, behind=behind),
        Series.TEXTURE: lambda row: _rounded(row.texture, 2),
    }


def _rounded(value: float | None, digits: int, *, less: float = 0.0) -> float | None:
    return None if value is None else round(float(value) - less, digits)


def _skin(row: TraceRow, axis: int, *, behind: bool) -> float | None:
    if row.skin is None:
        return None
    return round(row.skin[axis] - (row.background[axis] if behind and row.background is not None else 0.0), 3)


def _thinned(groups: Sequence[Sequence[TraceRow]], value: _Value) -> tuple[float | None, ...]:
    read = [[found for row in group if (found := value(row)) is not None] for group in groups]
    flat = [found for group in read for found in group]
    if not flat:
        return (None,) * len(groups)
    middle = statistics.median(flat)
    return tuple(max(group, key=lambda found: abs(found - middle)) if group else None for group in read)


def _spans(moments: Iterable[tuple[float, _What | None]], begin_s: float) -> list[tuple[_What, float, float]]:
    """Each run of one value, until the moment that ends it; at most `MOST_SPANS`."""
    found: list[tuple[_What, float, float]] = []
    running: _What | None = None
    since = last = begin_s
    for time_s, what in moments:
        if what != running:
            if running is not None:
                found.append((running, round(since - begin_s, 2), round(time_s - begin_s, 2)))
            running, since = what, time_s
        last = time_s
    if running is not None:
        found.append((running, round(since - begin_s, 2), round(last - begin_s, 2)))
    return found[:MOST_SPANS]
