"""The likeliest zone whose check digits hold, and how much of all such zones' probability it has.

Check digits are linear modulo 10, so every character other than the likeliest of its place shifts the remainders of
its check digits by a fixed amount. One pass over the places sums up all zones by their remainders; those at zero are
the zones that hold. That finds what checks cannot see as well: two changes that cancel, or a G for a 6.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from visavis.document.mrz.checks import ALPHABET, FILLER, value
from visavis.document.mrz.layout import LAYOUTS, Checked, Digit, Field, Format

__all__ = ["Belief", "believe"]

_WEIGHTS: Final = (7, 3, 1)
_LEAST: Final = 1e-5
"""Characters this much less likely than the likeliest of their place are left out."""
_MOST_STATES: Final = 1500

Remainders = tuple[int, ...]
Change = tuple[int, str]


@dataclass(frozen=True, slots=True, kw_only=True)
class Belief:
    """``text``: the likeliest zone that holds, all lines joined. ``changes``: places in which it differs from the
    likeliest characters. ``whole``: its share among all zones that hold, times the chances of what no check digit
    covers; 0 to 1. ``number``: the share of the document number alone.
    """

    text: str
    changes: tuple[int, ...]
    whole: float
    number: float


@dataclass(frozen=True, slots=True)
class _Way:
    """All zones with the same remainders: their weight together, the heaviest one, and what it changes."""

    together: float
    heaviest: float
    changes: tuple[Change, ...] = ()


def believe(chances: NDArray[np.float64], kind: Format) -> Belief | None:
    """The best zone by ``chances`` (characters, 37). None where no zone that holds is anywhere near likely.

    A number that runs on in the optional data is held by the composite check digit alone.
    """
    layout = LAYOUTS[kind]
    text = "".join(ALPHABET[at] for at in chances.argmax(axis=1))
    digits = [digit for digit in layout.digits if not _runs_on(text, kind, digit)]
    weights = _check_weights(digits, len(text))
    covered = np.flatnonzero(weights.any(axis=1))
    values = np.array([value(character) for character in text])
    start = tuple(int(one) for one in (values @ weights) % 10)
    zero = (0,) * len(digits)
    ways = _ways(chances, text, weights, covered.tolist(), start)
    if zero not in ways:
        return None
    best = ways[zero]
    span = layout.span(Field.DOCUMENT_NUMBER)
    of_number = set(range(span.start, span.end))
    changed = dict(best.changes)
    zone = "".join(changed.get(at, character) for at, character in enumerate(text))
    # with its number held fast, the rest has this share; the number has what is lacking
    fixed = _fixed(chances, zone, of_number)
    rest = _ways(fixed, zone, weights, covered.tolist(), zero).get(zero, _Way(1.0, 1.0))
    free = [at for at in range(len(text)) if not weights[at].any()]
    unchecked = float(np.prod(chances.max(axis=1)[free]))
    share, rest_share = best.heaviest / best.together, rest.heaviest / rest.together
    return Belief(
        text=zone,
        changes=tuple(sorted(changed)),
        whole=share * unchecked,
        number=min(1.0, share / rest_share),
    )


def _runs_on(text: str, kind: Format, digit: Digit) -> bool:
    return LAYOUTS[kind].long_numbers and digit.checked is Checked.DOCUMENT_NUMBER and text[digit.position] == FILLER


def _check_weights(digits: Iterable[Digit], size: int) -> NDArray[np.int64]:
    """(size, checks): by how much one more in a place raises the remainder of each check digit."""
    columns = []
    for digit in digits:
        column = np.zeros(size, np.int64)
        places = [at for span in digit.over for at in range(span.start, span.end)]
        for order, at in enumerate(places):
            column[at] += _WEIGHTS[order % 3]
        column[digit.position] -= 1
        columns.append(column)
    return np.stack(columns, axis=1)


def _ways(
    chances: NDArray[np.float64], text: str, weights: NDArray[np.int64], covered: list[int], start: Remainders
) -> dict[Remainders, _Way]:
    ways = {start: _Way(1.0, 1.0)}
    for at in covered:
        top = ALPHABET.index(text[at])
        ratios = chances[at] / max(float(chances[at, top]), 1e-12)
        others = [int(other) for other in np.flatnonzero(ratios > _LEAST) if other != top]
        if not others:
            continue
        shifts = [
            (float(ratios[o]), ALPHABET[o], ((value(ALPHABET[o]) - value(text[at])) * weights[at]).tolist())
            for o in others
        ]
        ways = _widened(ways, at, shifts)
    return ways


def _widened(
    ways: dict[Remainders, _Way], at: int, shifts: list[tuple[float, str, list[int]]]
) -> dict[Remainders, _Way]:
    found = dict(ways)
    for remainders, way in ways.items():
        for ratio, character, shift in shifts:
            key = tuple((one + by) % 10 for one, by in zip(remainders, shift, strict=True))
            known = found.get(key)
            heaviest, changes = way.heaviest * ratio, (*way.changes, (at, character))
            if known is None:
                found[key] = _Way(way.together * ratio, heaviest, changes)
            elif heaviest > known.heaviest:
                found[key] = _Way(known.together + way.together * ratio, heaviest, changes)
            else:
                found[key] = _Way(known.together + way.together * ratio, known.heaviest, known.changes)
    if len(found) <= _MOST_STATES:
        return found
    kept = sorted(found.items(), key=lambda item: -item[1].together)[:_MOST_STATES]
    return dict(kept)


def _fixed(chances: NDArray[np.float64], text: str, places: set[int]) -> NDArray[np.float64]:
    held = chances.copy()
    for at in places:
        held[at] = 0.0
        held[at, ALPHABET.index(text[at])] = 1.0
    return held
