"""A threshold set on half of the people, judged on the other half: what a figure is worth on people not seen before."""

from typing import Final

import numpy as np

from visavis.evaluation.bounds import rate
from visavis.evaluation.metrics import supported_targets
from visavis.evaluation.report import HalfRow
from visavis.evaluation.scores import Trials, all_pairs
from visavis.evaluation.values import FloatArray, IndexArray

__all__ = ["judge_halves"]

SEED: Final = 6


def judge_halves(vectors: FloatArray, subjects: IndexArray) -> tuple[HalfRow, ...]:
    """Both ways round, for every rate that a half's trials support; people are parted at random, seeded.

    Empty where a half has no genuine pair. ``vectors`` (n, d) of unit length, ``subjects`` (n,) whose each is.
    """
    people = np.unique(subjects)
    chosen = np.isin(subjects, np.random.default_rng(SEED).permutation(people)[: people.size // 2])
    if not chosen.any() or chosen.all():
        return ()
    halves = [all_pairs(vectors[part], _renumbered(subjects[part])) for part in (chosen, ~chosen)]
    return tuple(
        row
        for set_on, judged_on in (halves, halves[::-1])
        for target in supported_targets(set_on.impostor.count)
        if (row := _row(set_on, judged_on, target)) is not None
    )


def _renumbered(subjects: IndexArray) -> IndexArray:
    return np.unique(subjects, return_inverse=True)[1].astype(np.int32)


def _row(set_on: Trials, judged_on: Trials, target: float) -> HalfRow | None:
    threshold = set_on.impostor.threshold_at(target)
    if threshold is None or judged_on.genuine.count == 0:
        return None
    limits = np.array([threshold])
    return HalfRow(
        target=target,
        threshold=threshold,
        fmr=rate(int(judged_on.impostor.at_least(limits)[0]), judged_on.impostor.count),
        fnmr=rate(int(judged_on.genuine.below(limits)[0]), judged_on.genuine.count),
    )
