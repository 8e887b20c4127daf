"""Reading a line whose length is known, and at each place which characters may stand there.

A recogniser trained by connectionist temporal classification (CTC; A. Graves et al., ICML 2006) gives for every step
along the line a probability of each character and of the *blank*. A reading is a path of one symbol a step; runs of one
character are that character once, and blanks part what is alike. The best text of exactly n characters, the i-th from
the i-th mask, is the best path through the lattice of (characters so far, symbol), found by dynamic programming.

A machine-readable zone is such a line: its length is fixed by its format, and its fields hold letters or digits, so
that O and 0, twins to the network, are told apart by where they stand.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from visavis.perception.session import FloatTensor

__all__ = ["FixedReading", "fixed_reading"]

MAX_CELLS: Final = 4_000_000
"""Positions times steps times characters: a line of a passport has some 220,000."""
_FLOOR: Final = -100.0
"""Below this a log probability says no more than "never", and sums stay exact enough to be told apart."""
_BLANK: Final = -1

_Scores = NDArray[np.float64]


@dataclass(frozen=True, slots=True, kw_only=True)
class FixedReading:
    """The best text of the length asked for; one entry a character in each tuple.

    ``confidence``: 0..1, the character's share against all others of its mask: each weighs as the best path with it in
    that place. A mask of one character gives 1 and so tells nothing; ``seen`` does: the network's own probability of
    the character, 0..1, at the step where the path holds it and it is surest. ``second``: the next best of the mask, ""
    where there is none. ``places``: the character's middle along the line, 0..1 from its left end to its right.
    ``log_likelihood``: of the best path, in nats, at most 0; readings of one line by different masks may be compared.
    """

    text: str
    confidence: tuple[float, ...]
    seen: tuple[float, ...]
    second: tuple[str, ...]
    places: tuple[float, ...]
    log_likelihood: float


def fixed_reading(
    log_probs: FloatTensor, *, alphabet: Sequence[str], masks: Sequence[frozenset[str]]
) -> FixedReading | None:
    """The best reading of exactly ``len(masks)`` characters, each from its mask.

    ``log_probs`` (T, K): natural logarithms, one row a step, one column for each of ``alphabet``, whose first is the
    blank. None where no path fits: fewer steps than characters (alike neighbours need a blank between them), or a mask
    without any character of the alphabet. Raises ValueError where the shapes do not belong together, a value is not a
    number, or there is more to search than any line of text asks for.

    Time: O(n T M) for M characters in all masks together, about 10 ms for a line of a passport.
    """
    if log_probs.ndim != 2 or log_probs.shape[1] != len(alphabet) or np.isnan(log_probs).any():
        raise ValueError("log_probs has a row a step and a column a character, and numbers in it")
    wanted = frozenset().union(*masks)
    columns = [at for at, character in enumerate(alphabet) if at and character in wanted]
    steps = len(log_probs)
    if len(masks) * steps * len(columns) > MAX_CELLS:
        raise ValueError("that is longer than a line of text")
    allowed = np.array([[alphabet[at] in mask for at in columns] for mask in masks], np.bool_)
    if not masks or not columns or steps < len(masks) or not allowed.any(axis=1).all():
        return None
    scores = np.maximum(log_probs.astype(np.float64), _FLOOR)
    blank, symbols = scores[:, 0], scores[:, columns]
    ahead, between = _forward(blank, symbols, allowed)
    end = max(ahead[-1, -1].max(), between[-1, -1])
    if end == -np.inf:
        return None
    path = _best_path(ahead, between)
    behind, _ = _forward(blank[::-1], symbols[::-1], allowed[::-1])
    # the best path that has this character in this place, whichever steps hold it
    through = (ahead + behind[::-1, ::-1] - symbols).max(axis=1)
    return _told(path, through, symbols, [alphabet[at] for at in columns], float(end))


def _forward(blank: _Scores, symbols: _Scores, allowed: NDArray[np.bool_]) -> tuple[_Scores, _Scores]:
    """Scores of the best paths from the first step to each state, the state's own step included.

    The first (n, T, M): step t holds character m as the i-th. The second (n + 1, T): step t holds a blank after i
    characters. A state can hold for many steps: what it gained by holding is a difference of running sums, so that the
    best moment to have entered it is a running maximum, and no loop over the steps is needed.
    """
    steps, count = symbols.shape
    length = len(allowed)
    ahead = np.full((length, steps, count), -np.inf)
    between = np.full((length + 1, steps), -np.inf)
    sums, blank_sums = np.cumsum(symbols, axis=0), np.cumsum(blank)
    before, blank_before = sums - symbols, blank_sums - blank
    between[0] = blank_sums
    entry = np.empty((steps, count))
    rows = np.arange(steps - 1)
    for i in range(length):
        if i == 0:
            entry[0] = 0.0
            entry[1:] = between[0, :-1, None]
        else:
            earlier = ahead[i - 1, :-1]
            best = earlier.argmax(axis=1)
            top = earlier[rows, best]
            entry[0] = -np.inf
            entry[1:] = np.maximum(top, between[i, :-1])[:, None]
            # a character can follow itself only after a blank, else the two are one
            rest = earlier.copy()
            rest[rows, best] = -np.inf
            entry[rows + 1, best] = np.maximum(rest.max(axis=1), between[i, :-1])
        held = np.maximum.accumulate(entry - before, axis=0) + sums
        ahead[i] = np.where(allowed[i], held, -np.inf)
        entered = np.full(steps, -np.inf)
        entered[1:] = ahead[i, :-1].max(axis=1)
        between[i + 1] = np.maximum.accumulate(entered - blank_before) + blank_sums
    return ahead, between


def _best_path(ahead: _Scores, between: _Scores) -> list[tuple[int, int, int, int]]:
    """The best path backwards: for each character in order, its place, column, first and last step."""
    step = ahead.shape[1] - 1
    place = len(ahead) - 1
    column = int(ahead[place, step].argmax())
    if between[place + 1, step] >= ahead[place, step, column]:
        column = _BLANK
    found: list[tuple[int, int, int, int]] = []
    last = step
    while True:
        if column == _BLANK:  # after character `place`; the blanks before the first have place -1
            if place < 0 or step == 0:
                break
            earlier = ahead[place, step - 1]
            best = int(earlier.argmax())
            if earlier[best] >= between[place + 1, step - 1]:
                column, last = best, step - 1
            step -= 1
            continue
        stay = ahead[place, step - 1, column] if step else -np.inf
        parted = between[place, step - 1] if step else -np.inf
        other, next_column = -np.inf, _BLANK
        if place and step:
            earlier = ahead[place - 1, step - 1].copy()
            earlier[column] = -np.inf
            next_column = int(earlier.argmax())
            other = earlier[next_column]
        if step and stay >= max(parted, other) and stay > -np.inf:
            step -= 1
            continue
        found.append((place, column, step, last))
        place -= 1
        if step == 0 or place < 0:
            break
        step -= 1
        column = next_column if other > parted else _BLANK
        last = step
    return found[::-1]


def _told(
    path: list[tuple[int, int, int, int]], through: _Scores, symbols: _Scores, characters: list[str], end: float
) -> FixedReading:
    steps = len(symbols)
    confidence, seen, second, places = [], [], [], []
    for place, column, first, last in path:
        weights = np.exp(through[place] - through[place].max())
        confidence.append(float(weights[column] / weights.sum()))
        others = np.where(np.arange(len(weights)) == column, -np.inf, through[place])
        best = int(others.argmax())
        second.append(characters[best] if others[best] > -np.inf else "")
        seen.append(float(np.exp(min(symbols[first : last + 1, column].max(), 0.0))))
        places.append((first + last + 1) / 2 / steps)
    return FixedReading(
        text="".join(characters[column] for _, column, _, _ in path),
        confidence=tuple(confidence),
        seen=tuple(seen),
        second=tuple(second),
        places=tuple(places),
        log_likelihood=end,
    )
