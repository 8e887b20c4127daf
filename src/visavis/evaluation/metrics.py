"""Error rates of a comparison, from its scores.

A decision is *the same person* where ``score >= threshold``. FMR is the share of impostor comparisons so decided, FNMR
the share of genuine comparisons not so decided (ISO/IEC 19795-1:2021, 3.30 and 3.31); both are over comparisons that
were made, so pictures without a usable face are reported beside them, as failure to acquire.
"""

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from visavis.evaluation.bounds import Rate, rate, wilson
from visavis.evaluation.scores import Trials

__all__ = [
    "TARGETS",
    "CurvePoint",
    "EqualErrorRate",
    "FoldAccuracy",
    "FoldRow",
    "Histogram",
    "OperatingPoint",
    "balanced_fmr",
    "balanced_fnmr",
    "best_threshold",
    "curve",
    "equal_error_rate",
    "fold_accuracy",
    "histogram",
    "operating_point",
    "steady_threshold",
    "supported_targets",
]

TARGETS: Final = (1e-2, 1e-3, 1e-4, 1e-5, 1e-6)
"""False match rates that a report looks at, as far as the trials allow."""


@dataclass(frozen=True, slots=True, kw_only=True)
class OperatingPoint:
    """What a threshold set for the false match rate ``target`` gave on the trials it was set on.

    ``fnmr_balanced`` counts every person once, ``fmr_balanced`` every pair of people; None where people are not known.
    """

    target: float
    threshold: float
    fmr: Rate
    fnmr: Rate
    fnmr_wilson_95: tuple[float, float]
    fmr_balanced: float | None
    fnmr_balanced: float | None


@dataclass(frozen=True, slots=True, kw_only=True)
class EqualErrorRate:
    """Where FMR and FNMR meet: their mean at the threshold at which they differ least."""

    value: float
    threshold: float


@dataclass(frozen=True, slots=True, kw_only=True)
class CurvePoint:
    threshold: float
    fmr: float
    fnmr: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Histogram:
    """Counts between ``edges``; one more edge than counts."""

    edges: tuple[float, ...]
    genuine: tuple[int, ...]
    impostor: tuple[int, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class FoldRow:
    fold: str
    threshold: float
    right: int
    trials: int


@dataclass(frozen=True, slots=True, kw_only=True)
class FoldAccuracy:
    """Share of right decisions, each fold decided with the `steady_threshold` of the other folds.

    ``standard_error`` is the deviation over the folds divided by the root of their number, as the protocol of Labeled
    Faces in the Wild defines it. A pair that could not be compared counts as wrong. ``by_single_best`` is the share of
    right decisions with the one best threshold of the other folds instead, the common reading of that protocol, which
    moves with single pairs.
    """

    folds: tuple[FoldRow, ...]
    mean: float
    deviation: float
    standard_error: float
    by_single_best: float
    not_compared: int


def supported_targets(trials: int, targets: tuple[float, ...] = TARGETS) -> tuple[float, ...]:
    """The false match rates that this many impostor trials can speak of at all, by the rule of 3: 3 / rate of them."""
    return tuple(target for target in targets if trials * target >= 3.0 - 1e-9)


def operating_point(trials: Trials, target: float) -> OperatingPoint | None:
    """The point for one false match rate; None where the trials give no threshold for it."""
    threshold = trials.impostor.threshold_at(target)
    if threshold is None or trials.genuine.count == 0:
        return None
    limits = np.array([threshold])
    matches = int(trials.impostor.at_least(limits)[0])
    misses = int(trials.genuine.below(limits)[0])
    return OperatingPoint(
        target=target,
        threshold=threshold,
        fmr=rate(matches, trials.impostor.count),
        fnmr=rate(misses, trials.genuine.count),
        fnmr_wilson_95=wilson(misses, trials.genuine.count),
        fmr_balanced=balanced_fmr(trials, threshold),
        fnmr_balanced=balanced_fnmr(trials, threshold),
    )


def balanced_fnmr(trials: Trials, threshold: float) -> float | None:
    """FNMR of each person who has genuine trials, averaged over these people; None where people are not known."""
    genuine = trials.genuine
    if not trials.people_known or genuine.count == 0:
        return None
    made = np.bincount(genuine.subject)
    missed = np.bincount(genuine.subject[genuine.scores < threshold], minlength=made.size)
    people = made > 0
    return float((missed[people] / made[people]).mean())


def balanced_fmr(trials: Trials, threshold: float) -> float | None:
    """FMR of each pair of people, averaged over these pairs.

    None unless people are known and every pair was formed, or where the threshold lies below the exact scores.
    """
    impostor, sizes, people = trials.impostor, trials.sizes, trials.people
    if not (trials.people_known and trials.all_formed) or people < 2:
        return None
    if not impostor.exact and threshold <= impostor.tail[-1]:
        return None
    accepted = int(impostor.at_least(np.array([threshold]))[0])
    first, second = trials.subjects[impostor.first[:accepted]], trials.subjects[impostor.second[:accepted]]
    weight = 1.0 / (sizes[first].astype(np.float64) * sizes[second])
    return float(weight.sum() / (people * (people - 1) / 2))


def equal_error_rate(trials: Trials) -> EqualErrorRate | None:
    """The rate at which both errors are as near to equal as the scores allow; None without both kinds of trial."""
    genuine, impostor = trials.genuine, trials.impostor
    if genuine.count == 0 or impostor.count == 0:
        return None
    # between genuine scores only the FMR changes, so candidates are these scores and every kept impostor score
    limits = np.unique(np.concatenate([genuine.scores, np.nextafter(genuine.scores, 2.0), impostor.tail, [1.1]]))
    fmr = impostor.at_least(limits) / impostor.count
    fnmr = genuine.below(limits) / genuine.count
    best = int(np.argmin(np.abs(fmr - fnmr)))
    return EqualErrorRate(value=float((fmr[best] + fnmr[best]) / 2), threshold=float(limits[best]))


def curve(trials: Trials, *, points: int = 200) -> tuple[CurvePoint, ...]:
    """The DET curve by rising threshold, evenly spaced in the logarithm of the FMR, down to one false match.

    FMR never rises and FNMR never falls along it. Empty without both kinds of trial.
    """
    genuine, impostor = trials.genuine, trials.impostor
    if genuine.count == 0 or impostor.count == 0:
        return ()
    ranks = np.unique(np.geomspace(1, impostor.tail.size, points).astype(np.int64) - 1)
    body = np.linspace(genuine.scores[0], impostor.tail[-1], points // 4)
    limits = np.unique(np.concatenate([impostor.tail[ranks], body, [np.nextafter(impostor.tail[0], 2.0)]]))
    fmr = impostor.at_least(limits) / impostor.count
    fnmr = genuine.below(limits) / genuine.count
    return tuple(
        CurvePoint(threshold=float(a), fmr=float(b), fnmr=float(c)) for a, b, c in zip(limits, fmr, fnmr, strict=True)
    )


def histogram(trials: Trials, *, bins: int = 64) -> Histogram:
    """Scores of both kinds over the range that they cover, in even bins."""
    genuine, impostor = trials.genuine, trials.impostor
    filled = np.flatnonzero(impostor.histogram)
    width = 2.0 / impostor.histogram.size
    ends = [-1.0 + width * filled[0], -1.0 + width * (filled[-1] + 1)] if filled.size else []
    ends += [genuine.scores[0], genuine.scores[-1]] if genuine.count else []
    if not ends:
        return Histogram(edges=(-1.0, 1.0), genuine=(0,), impostor=(0,))
    low, high = np.floor(min(ends) * 50) / 50, np.ceil(max(ends) * 50 + 1e-9) / 50
    edges = np.linspace(low, high, bins + 1)
    centres = -1.0 + width * (np.arange(impostor.histogram.size) + 0.5)
    counted, _ = np.histogram(centres[filled], edges, weights=impostor.histogram[filled])
    return Histogram(
        edges=tuple(round(float(edge), 6) for edge in edges),
        genuine=tuple(int(count) for count in np.histogram(genuine.scores, edges)[0]),
        impostor=tuple(int(count) for count in counted),
    )


def steady_threshold(scores: NDArray[np.float64], same: NDArray[np.bool_]) -> float:
    """The threshold for the most right decisions ``score >= threshold``, without the luck of single pairs.

    The middle of the range of thresholds whose accuracy lies within one standard error of the best one (the rule of one
    standard error; Breiman et al., "Classification and Regression Trees", 1984). Raises ValueError without scores.
    """
    limits, right = _right_decisions(scores, same)
    best = right.max() / scores.size
    within = limits[right >= right.max() - np.sqrt(best * (1 - best) * scores.size)]
    return float((within[0] + within[-1]) / 2)


def best_threshold(scores: NDArray[np.float64], same: NDArray[np.bool_]) -> float:
    """The threshold with the most right decisions; amid several, the middle one of them. Raises as above."""
    limits, right = _right_decisions(scores, same)
    best = np.flatnonzero(right == right.max())
    return float(limits[best[best.size // 2]])


def _right_decisions(
    scores: NDArray[np.float64], same: NDArray[np.bool_]
) -> tuple[NDArray[np.float64], NDArray[np.int64]]:
    """Every threshold that differs, halfway between neighbouring scores, and how many decisions it gets right."""
    if scores.size == 0:
        raise ValueError("no scores")
    values = np.unique(scores)
    between = (values[1:] + values[:-1]) / 2
    limits = np.concatenate([[values[0] - 1e-6], between, [values[-1] + 1e-6]])
    genuine, impostor = np.sort(scores[same]), np.sort(scores[~same])
    return limits, genuine.size - np.searchsorted(genuine, limits) + np.searchsorted(impostor, limits)


def fold_accuracy(scores: NDArray[np.float64], same: NDArray[np.bool_], folds: NDArray[np.str_]) -> FoldAccuracy | None:
    """Cross-validated accuracy over the folds; None for fewer than two.

    ``scores`` (n,) holds NaN for a pair that could not be compared: it is left out when a threshold is chosen and
    counts as wrong when it is judged.
    """
    names = sorted(set(folds.tolist()), key=lambda name: (len(name), name))
    compared = ~np.isnan(scores)
    rows, by_best = [], []
    for name in names:
        here = folds == name
        others = ~here & compared
        if not others.any():
            return None
        threshold = steady_threshold(scores[others], same[others])
        single = best_threshold(scores[others], same[others])
        right, right_by_best = (
            int((compared[here] & ((scores[here] >= limit) == same[here])).sum()) for limit in (threshold, single)
        )
        by_best.append(right_by_best / int(here.sum()))
        rows.append(FoldRow(fold=name, threshold=threshold, right=right, trials=int(here.sum())))
    if len(rows) < 2:
        return None
    shares = np.array([row.right / row.trials for row in rows])
    deviation = float(shares.std(ddof=1))
    return FoldAccuracy(
        folds=tuple(rows),
        mean=float(shares.mean()),
        deviation=deviation,
        standard_error=deviation / len(rows) ** 0.5,
        by_single_best=float(np.mean(by_best)),
        not_compared=int((~compared).sum()),
    )
