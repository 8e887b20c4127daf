"""Which rows of print could be a zone: two or three of a length, parallel, one below the other, evenly spaced."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from visavis.document.mrz_picture.segments import Segment

__all__ = ["Group", "groups"]

_MOST_GROUPS: Final = 3
_MOST_SEGMENTS: Final = 60
_PARALLEL: Final = math.radians(5)
_LEAST_ASPECT: Final = 9.0
_LEAST_SPACING: Final = 0.6
"""Of the rows' thickness: the box around a line that is bent a little is thicker than the line."""
_LENGTH_BY_SPACING: Final = (9.0, 24.0)
"""TD1 12, TD2 14.4, TD3 17.6 (2.54 mm a character, 6.35 mm a line), and what 35 degrees of perspective make of it."""


@dataclass(frozen=True, slots=True)
class Group:
    """Two or three rows in the order across them; ``likely``: for comparing groups, higher is likelier."""

    rows: tuple[Segment, ...]
    likely: float


def groups(segments: Sequence[Segment]) -> tuple[Group, ...]:
    """The likeliest zones, best first, at most three.

    Of three evenly spaced rows the pairs are not given too: what reads as no TD1 is read again by the caller.
    """
    rows = sorted((one for one in segments if one.length >= _LEAST_ASPECT * one.thickness), key=lambda s: -s.length)
    rows = rows[:_MOST_SEGMENTS]
    pairs = [(one, other) for at, one in enumerate(rows) for other in rows[at + 1 :] if _belong(one, other)]
    found: list[tuple[float, tuple[Segment, ...]]] = [(_likely(pair), _ordered(pair)) for pair in pairs]
    for one, other in pairs:
        for third in rows:
            if third in (one, other):
                continue
            three = _ordered((one, other, third))
            if _evenly(three):
                found.append((_likely(three) + 1.0, three))
    return _distinct(sorted(found, key=lambda item: -item[0]))


def _across(one: Segment, other: Segment) -> tuple[float, float]:
    cos, sin = one.along
    dx, dy = other.x - one.x, other.y - one.y
    return dx * cos + dy * sin, dy * cos - dx * sin


def _belong(one: Segment, other: Segment) -> bool:
    """Whether two rows could be neighbouring lines of one zone."""
    if abs(math.remainder(one.angle - other.angle, math.pi)) > _PARALLEL:
        return False
    longer, shorter = max(one.length, other.length), min(one.length, other.length)
    along, across = _across(one, other)
    thickness = (one.thickness + other.thickness) / 2
    spaced = _LEAST_SPACING * thickness < abs(across) < 5.5 * thickness
    low, high = _LENGTH_BY_SPACING
    return (
        shorter > 0.7 * longer
        and abs(along) < 0.2 * longer
        and spaced
        and low <= longer / abs(across) <= high
        and max(one.thickness, other.thickness) < 2.2 * min(one.thickness, other.thickness)
    )


def _evenly(three: tuple[Segment, ...]) -> bool:
    first, middle, last = three
    if not (_belong(first, middle) and _belong(middle, last)):
        return False
    upper, lower = abs(_across(middle, first)[1]), abs(_across(middle, last)[1])
    return 0.75 < upper / lower < 1.33


def _ordered(rows: Sequence[Segment]) -> tuple[Segment, ...]:
    longest = max(rows, key=lambda one: one.length)
    return tuple(sorted(rows, key=lambda one: _across(longest, one)[1]))


def _likely(rows: Sequence[Segment]) -> float:
    """Long, thin, and of one length."""
    lengths = [one.length for one in rows]
    thickness = sum(one.thickness for one in rows) / len(rows)
    return min(max(lengths) / thickness, 45.0) / 45.0 + min(lengths) / max(lengths)


def _distinct(found: Sequence[tuple[float, tuple[Segment, ...]]]) -> tuple[Group, ...]:
    """No group whose rows all stand in a better one."""
    kept: list[Group] = []
    for likely, rows in found:
        if len(kept) == _MOST_GROUPS:
            break
        if not any(set(rows) <= set(better.rows) for better in kept):
            kept.append(Group(rows, likely))
    return tuple(kept)
