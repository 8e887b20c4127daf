"""What stands at each place of a line, from a recogniser's probabilities over time.

The line has a known number of characters, and each place its own alphabet. The forward-backward algorithm of CTC
(A. Graves et al., "Connectionist Temporal Classification", ICML 2006, section 4.1) then gives more than the best
text: the probability of every character at every place, with all ways to reach it summed up. That is what tells a
clear 6 from a 6 that might be a G.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from typing import Final

import numpy as np
from numpy.typing import NDArray

from visavis.document.mrz.checks import ALPHABET, LETTERS
from visavis.document.mrz.layout import Format, position_masks
from visavis.perception.session import FloatTensor

__all__ = ["LinePosterior", "line_fits", "line_posterior", "mrz_probabilities", "permitted"]

Probabilities = NDArray[np.float64]

_FLOOR: Final = 1e-7
"""No probability counts as less: a network that is quite sure for one step may still be wrong there."""


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class LinePosterior:
    """``probabilities`` (places, 37), each row summing to 1, columns in the order of ``ALPHABET``. ``steps`` (places,):
    where along the recogniser's steps each character begins, as an expected value. ``fit``: as of `line_fits`.
    """

    probabilities: Probabilities
    steps: Probabilities
    fit: float


def mrz_probabilities(log_probs: FloatTensor, alphabet: Sequence[str]) -> Probabilities:
    """(T, 38): the 37 characters and last the blank, each 1e-7 at least.

    ``log_probs`` (T, K): natural logarithms, one column for each of ``alphabet``, whose first is the blank. A small
    letter counts for its capital, since the zone has no small ones. Raises ValueError where a character is lacking.
    """
    columns = {character: at for at, character in enumerate(alphabet)}
    if not set(ALPHABET) <= set(columns) or log_probs.shape != (len(log_probs), len(alphabet)):
        raise ValueError("a column for each character, and each character of the zone among them")
    chances = np.exp(log_probs.astype(np.float64))
    merged = chances[:, [*(columns[character] for character in ALPHABET), 0]]
    for at, character in enumerate(ALPHABET):
        small = columns.get(character.lower())
        if character in LETTERS and small is not None:
            merged[:, at] += chances[:, small]
    return np.asarray(np.maximum(merged, _FLOOR), np.float64)


@cache  # a pure function of five values
def permitted(kind: Format) -> tuple[Probabilities, ...]:
    """The masks of `position_masks` as (places, 37), one a line: 1 for what may stand there, else 0."""
    lines = [np.array([[float(c in mask) for c in ALPHABET] for mask in masks]) for masks in position_masks(kind)]
    for one in lines:
        one.flags.writeable = False
    return tuple(lines)


def line_fits(probabilities: Probabilities, masks: Sequence[Probabilities]) -> tuple[float, ...]:
    """How well a line of exactly ``len(one)`` characters explains ``probabilities`` (T, 38), for each of ``masks``.

    The log likelihood per character: near 0 for a clean line, below -2 for what is upside down or of another shape,
    minus infinity where the line has fewer steps than characters. All are worked out side by side: what a step costs
    is calls, not numbers.
    """
    lengths = np.array([len(one) for one in masks])
    places = int(lengths.max())
    permitted = np.zeros((len(masks), places, len(ALPHABET)))
    for mask, one in zip(permitted, masks, strict=True):
        mask[: len(one)] = one
    blank = probabilities[:, -1]
    characters = np.zeros_like(permitted)
    blanks = np.zeros((len(masks), places + 1))
    characters[:, 0], blanks[:, 0] = probabilities[0, :-1] * permitted[:, 0], blank[0]
    log_scale = np.zeros(len(masks))
    into = np.zeros_like(permitted)
    for t in range(len(probabilities)):
        if t:
            done = characters.sum(axis=2)
            into[:] = blanks[:, :-1, None]
            into[:, 1:] += done[:, :-1, None] - characters[:, :-1]  # as in `_Lattice._forward`
            np.maximum(into, 0.0, out=into)
            characters = (into + characters) * (probabilities[t, :-1] * permitted)
            blanks[:, 1:] += done
            blanks *= blank[t]
        total = characters.sum(axis=(1, 2)) + blanks.sum(axis=1)
        total[total <= 0] = 1.0
        characters /= total[:, None, None]
        blanks /= total[:, None]
        log_scale += np.log(total)
    at = np.arange(len(masks))
    last = characters[at, lengths - 1].sum(axis=1) + blanks[at, lengths]
    possible = (last > 0) & (lengths <= len(probabilities))
    fits = (np.log(np.where(possible, last, 1.0)) + log_scale) / lengths
    return tuple(float(fit) for fit in np.where(possible, fits, -np.inf))


def line_posterior(probabilities: Probabilities, masks: Probabilities) -> LinePosterior | None:
    """Forward and backward over ``probabilities`` (T, 38) for exactly ``len(masks)`` characters.

    None where the line has fewer steps than characters.
    """
    if not 0 < len(masks) <= len(probabilities):
        return None
    return _Lattice(probabilities, masks).posterior()


class _Lattice:
    """States: a place's characters (places, 37), and the blanks before each place and behind the last (places + 1).

    Every step is scaled to a sum of one, forward and backward on their own, so only ratios within a step count.
    """

    def __init__(self, probabilities: Probabilities, masks: Probabilities) -> None:
        self._blank = probabilities[:, -1]
        self._emitted = probabilities[:, None, :-1] * masks[None]  # (T, places, 37)
        self._steps, self._places = self._emitted.shape[:2]
        self._log_scale = 0.0

    def posterior(self) -> LinePosterior | None:
        characters, blanks, entered = self._forward()
        after, after_blank = self._backward()
        whole = (characters * after).sum(axis=(1, 2)) + (blanks * after_blank).sum(axis=1)
        if not np.all(whole > 0):
            return None
        # a path enters every place exactly once, at one step
        begins = entered * after / whole[:, None, None]
        probabilities = begins.sum(axis=0)
        per_place = probabilities.sum(axis=1)
        if not np.all(per_place > 0):
            return None
        at = np.arange(self._steps, dtype=np.float64)
        last = float(characters[-1, -1].sum() + blanks[-1, -1])
        return LinePosterior(
            probabilities=probabilities / per_place[:, None],
            steps=np.asarray((begins.sum(axis=2) * at[:, None]).sum(axis=0) / per_place, np.float64),
            fit=(float(np.log(last)) + self._log_scale) / self._places,
        )

    def _forward(self) -> tuple[Probabilities, Probabilities, Probabilities]:
        characters = np.zeros_like(self._emitted)
        entered = np.zeros_like(self._emitted)
        blanks = np.zeros((self._steps, self._places + 1))
        entered[0, 0] = characters[0, 0] = self._emitted[0, 0]
        blanks[0, 0] = self._blank[0]
        self._log_scale = self._scale(characters[0], blanks[0], entered[0])
        into = np.zeros(self._emitted.shape[1:])
        for t in range(1, self._steps):
            before, before_blank = characters[t - 1], blanks[t - 1]
            done = before.sum(axis=1)
            into[:] = before_blank[:-1, None]
            into[1:] += done[:-1, None] - before[:-1]  # the same character twice needs a blank between
            np.maximum(into, 0.0, out=into)
            entered[t] = self._emitted[t] * into
            characters[t] = entered[t] + self._emitted[t] * before
            blanks[t] = before_blank
            blanks[t, 1:] += done
            blanks[t] *= self._blank[t]
            self._log_scale += self._scale(characters[t], blanks[t], entered[t])
        return characters, blanks, entered

    def _backward(self) -> tuple[Probabilities, Probabilities]:
        after = np.zeros_like(self._emitted)
        after_blank = np.zeros((self._steps, self._places + 1))
        after[-1, -1], after_blank[-1, -1] = 1.0, 1.0
        for t in range(self._steps - 2, -1, -1):
            come = self._emitted[t + 1] * after[t + 1]
            come_blank = self._blank[t + 1] * after_blank[t + 1]
            through = come.sum(axis=1)
            after[t] = come + come_blank[1:, None]
            after[t, :-1] += through[1:, None] - come[1:]
            np.maximum(after[t], 0.0, out=after[t])
            after_blank[t] = come_blank
            after_blank[t, :-1] += through
            self._scale(after[t], after_blank[t])
        return after, after_blank

    @staticmethod
    def _scale(characters: Probabilities, blanks: Probabilities, entered: Probabilities | None = None) -> float:
        total = float(characters.sum() + blanks.sum())
        if total <= 0:
            return 0.0
        characters /= total
        blanks /= total
        if entered is not None:
            entered /= total
        return float(np.log(total))
