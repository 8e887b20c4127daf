"""Scores of many comparisons, in bounded memory.

Genuine scores are few and kept whole. Impostor scores can be a hundred million: a histogram of fine bins keeps them
all, and the highest ones, from which every low false match rate is read, are kept exactly with the pictures they
come from.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from visavis.errors import TableError
from visavis.evaluation.values import FloatArray, IndexArray

__all__ = [
    "MAX_GENUINE",
    "GenuineScores",
    "ImpostorScores",
    "ImpostorTally",
    "Trials",
    "all_pairs",
    "cosines",
    "listed_pairs",
]

MAX_GENUINE: Final = 5_000_000
"""Genuine pairs kept, at the most; 80 MB."""

Score = Callable[[FloatArray, FloatArray], FloatArray]

BINS: Final = 1 << 17
"""Of the histogram, over the cosines -1..1: 1.5e-5 a bin."""

STEPS: Final = 1_000_000
"""Thresholds a unit of score: a threshold is written with six decimals, rounded up, so never lets more through."""

TAIL_SHARE: Final = 0.02
"""Of the impostor scores kept exactly, so that every false match rate up to 2 % has an exact threshold."""

TAIL_AT_LEAST: Final = 250_000
TAIL_AT_MOST: Final = 2_000_000
BLOCK_ROWS: Final = 256


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class GenuineScores:
    """``scores`` (n,), float64 ascending, with the pictures ``first`` and ``second`` of each, and whose they are."""

    scores: NDArray[np.float64]
    first: IndexArray
    second: IndexArray
    subject: IndexArray

    @property
    def count(self) -> int:
        return int(self.scores.size)

    def below(self, thresholds: NDArray[np.float64]) -> NDArray[np.int64]:
        """For each threshold, how many a decision ``score >= threshold`` rejects."""
        return np.searchsorted(self.scores, thresholds, side="left").astype(np.int64)


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class ImpostorScores:
    """``tail`` (k,), float64, holds the highest scores, descending; ``histogram`` (BINS,) counts all of them."""

    count: int
    histogram: NDArray[np.int64]
    tail: NDArray[np.float64]
    first: IndexArray
    second: IndexArray

    @property
    def exact(self) -> bool:
        """Whether every score is in the tail."""
        return self.tail.size == self.count

    def at_least(self, thresholds: NDArray[np.float64]) -> NDArray[np.int64]:
        """For each threshold, how many a decision ``score >= threshold`` accepts.

        Exact in the tail; below it, at most one bin too many, never one too few.
        """
        in_tail = np.searchsorted(-self.tail, -thresholds, side="right").astype(np.int64)
        if self.exact:
            return in_tail
        from_bin = np.cumsum(self.histogram[::-1])[::-1]
        return np.where(thresholds > self.tail[-1], in_tail, from_bin[_bins(thresholds)])

    def threshold_at(self, fmr: float) -> float | None:
        """The lowest threshold, in steps of 1e-6, whose false match rate is not above ``fmr``.

        None where ``fmr`` is above what the tail holds exactly, or where there is no impostor score at all.
        """
        if self.count == 0:
            return None
        allowed = int(np.floor(fmr * self.count * (1.0 + 1e-12)))
        if allowed >= self.tail.size:
            return -1.0 if self.exact else None
        steps = np.floor(self.tail[allowed] * STEPS) + 1.0
        return float(steps / STEPS)


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Trials:
    """The scores of one measurement.

    ``subjects`` (n,) holds a number for each picture: whose it is. Where ``people_known`` is false these are only
    groups of pictures that a list links as the same person. ``all_formed`` tells that every pair was compared.
    """

    genuine: GenuineScores
    impostor: ImpostorScores
    subjects: IndexArray
    people_known: bool
    all_formed: bool

    @property
    def sizes(self) -> NDArray[np.int64]:
        """How many pictures each person has, (people,)."""
        return np.bincount(self.subjects)

    @property
    def people(self) -> int:
        return int((self.sizes > 0).sum())


class ImpostorTally:
    """Takes impostor scores block by block and keeps the histogram and the exact tail of them."""

    def __init__(self, expected: int) -> None:
        wanted = min(max(int(np.ceil(expected * TAIL_SHARE)), TAIL_AT_LEAST), TAIL_AT_MOST)
        self._room = wanted
        self._count = 0
        self._histogram = np.zeros(BINS, np.int64)
        self._kept: list[tuple[FloatArray, IndexArray, IndexArray]] = []
        self._kept_count = 0
        self._floor = np.float32(-np.inf)

    def add(self, scores: FloatArray, first: IndexArray, second: IndexArray) -> None:
        self._count += int(scores.size)
        self._histogram += np.bincount(_bins(scores), minlength=BINS)
        above = np.flatnonzero(scores >= self._floor)
        if above.size:
            self._kept.append((scores[above], first[above], second[above]))
            self._kept_count += int(above.size)
        if self._kept_count > 2 * self._room:
            self._cut()

    def _cut(self) -> None:
        scores, first, second = (np.concatenate(part) for part in zip(*self._kept, strict=True))
        # by score, then by picture, so that the same pairs in other blocks leave the same tail
        order = np.lexsort((second, first, -scores))[: self._room]
        self._kept = [(scores[order], first[order], second[order])]
        self._kept_count = int(order.size)
        if order.size == self._room:
            self._floor = scores[order[-1]]

    def result(self) -> ImpostorScores:
        if self._kept:
            self._cut()
        empty = (np.zeros(0, np.float32), np.zeros(0, np.int32), np.zeros(0, np.int32))
        tail, first, second = self._kept[0] if self._kept else empty
        return ImpostorScores(
            count=self._count, histogram=self._histogram, tail=tail.astype(np.float64), first=first, second=second
        )


def _bins(scores: FloatArray | NDArray[np.float64]) -> NDArray[np.int64]:
    return np.clip((scores.astype(np.float64) + 1.0) * (BINS / 2), 0, BINS - 1).astype(np.int64)


def _genuine(parts: list[tuple[FloatArray, IndexArray, IndexArray]], subjects: IndexArray) -> GenuineScores:
    if parts:
        scores, first, second = (np.concatenate(part) for part in zip(*parts, strict=True))
    else:
        scores, first, second = np.zeros(0, np.float32), np.zeros(0, np.int32), np.zeros(0, np.int32)
    order = np.lexsort((second, first, scores))
    first = first[order]
    return GenuineScores(
        scores=scores[order].astype(np.float64), first=first, second=second[order], subject=subjects[first]
    )


def cosines(rows: FloatArray, columns: FloatArray) -> FloatArray:
    """Of unit vectors: (rows, columns)."""
    scores: FloatArray = rows @ columns.T
    return scores


def _blocks(vectors: FloatArray, score: Score) -> Iterator[tuple[int, FloatArray]]:
    """Rows from ``start`` on against all columns from ``start`` on: (rows, n - start)."""
    for start in range(0, len(vectors), BLOCK_ROWS):
        yield start, score(vectors[start : start + BLOCK_ROWS], vectors[start:])


def all_pairs(vectors: FloatArray, subjects: IndexArray, *, score: Score = cosines) -> Trials:
    """Every pair that can be formed: ``vectors`` (n, d), ``subjects`` (n,) whose picture each is.

    ``score`` gives -1..1, higher for more alike; vectors are of unit length for the usual one.

    Raises TableError("too_many_trials") where more than `MAX_GENUINE` genuine pairs would be formed.
    """
    sizes = np.bincount(subjects)
    formed = int((sizes * (sizes - 1) // 2).sum())
    if formed > MAX_GENUINE:
        raise TableError(
            "too_many_trials",
            f"{formed:,} genuine pairs can be formed; at most {MAX_GENUINE:,} are taken.",
            advice="Use fewer pictures a person.",
        )
    total = len(vectors) * (len(vectors) - 1) // 2
    tally = ImpostorTally(total - formed)
    genuine: list[tuple[FloatArray, IndexArray, IndexArray]] = []
    for start, block in _blocks(vectors, score):
        rows, columns = block.shape
        upper = np.arange(columns)[None, :] > np.arange(rows)[:, None]
        same = subjects[start : start + rows, None] == subjects[None, start:]
        genuine.append(_taken(block, upper & same, start))
        tally.add(*_taken(block, upper & ~same, start))
    return Trials(
        genuine=_genuine(genuine, subjects),
        impostor=tally.result(),
        subjects=subjects,
        people_known=True,
        all_formed=True,
    )


def _taken(block: FloatArray, wanted: NDArray[np.bool_], start: int) -> tuple[FloatArray, IndexArray, IndexArray]:
    row, column = np.nonzero(wanted)
    scores = np.clip(block[row, column], np.float32(-1), np.float32(1))
    return scores, (row + start).astype(np.int32), (column + start).astype(np.int32)


def listed_pairs(
    scores: FloatArray,
    first: IndexArray,
    second: IndexArray,
    same: NDArray[np.bool_],
    *,
    subjects: IndexArray,
    people_known: bool,
) -> Trials:
    """The pairs of a list, scored: all (n,) but ``subjects``, which holds a number for each picture."""
    tally = ImpostorTally(int((~same).sum()))
    tally.add(scores[~same], first[~same], second[~same])
    return Trials(
        genuine=_genuine([(scores[same], first[same], second[same])], subjects),
        impostor=tally.result(),
        subjects=subjects,
        people_known=people_known,
        all_formed=False,
    )
