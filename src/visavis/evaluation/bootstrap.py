"""How much a figure would move with other people.

Pairs that share a person move together, so bounds for independent trials are too narrow. Here whole people are drawn
again with replacement: a person drawn k times brings each genuine pair k times, and two people drawn k and l times
bring each pair between them k * l times (a two-way bootstrap; Bolle, Ratha and Pankanti, "Error analysis of pattern
recognition systems: the subsets bootstrap", 2004; Poh and Bengio, 2007).
"""

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from visavis.evaluation.scores import Trials

__all__ = ["DRAWS", "Spread", "spread_at"]

DRAWS: Final = 1000
SEED: Final = 19795
LIMIT_ENTRIES: Final = 100_000_000
"""Impostor scores looked at in all draws together; with more, fewer draws are made."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Spread:
    """The middle 95 % over draws of people.

    ``fnmr`` is at a threshold chosen anew in each draw for the same target: what a site would see that calibrates on
    other people. ``fmr`` is at the threshold held.
    """

    draws: int
    people: int
    fmr: tuple[float, float]
    fnmr: tuple[float, float]


def spread_at(trials: Trials, target: float, threshold: float, *, draws: int = DRAWS) -> Spread | None:
    """The spread of one operating point; deterministic.

    None where fewer than ten people have genuine trials, or where the scores kept exactly do not reach far enough below
    the threshold to choose it anew.
    """
    genuine, impostor, people = trials.genuine, trials.impostor, trials.people
    if genuine.count == 0 or np.unique(genuine.subject).size < 10:
        return None
    reach = impostor.tail.size if impostor.exact else min(impostor.tail.size, int(impostor.count * target * 1.5) + 1000)
    draws = max(100, min(draws, LIMIT_ENTRIES // max(reach, 1)))
    first, second = trials.subjects[impostor.first[:reach]], trials.subjects[impostor.second[:reach]]
    tail = impostor.tail[:reach]
    accepted = int(np.searchsorted(-tail, -threshold, side="right"))
    numbers = np.flatnonzero(trials.sizes)
    rng = np.random.default_rng(SEED)
    fmr, fnmr = [], []
    for _ in range(draws):
        times = np.zeros(trials.sizes.size)
        times[numbers] = np.bincount(rng.integers(people, size=people), minlength=people)
        total = _impostor_weight(trials, times)
        weight_genuine = times[genuine.subject]
        if total <= 0 or weight_genuine.sum() <= 0:
            continue
        weight = np.cumsum(times[first] * times[second])
        allowed = int(np.searchsorted(weight, target * total * (1 + 1e-12), side="right"))
        if allowed >= reach and not impostor.exact:
            return None
        limit = tail[allowed] if allowed < reach else -np.inf
        # the lowest threshold that keeps the target lies just above tail[allowed]
        fnmr.append(float(weight_genuine[genuine.scores <= limit].sum() / weight_genuine.sum()))
        fmr.append(float(weight[accepted - 1] / total) if accepted else 0.0)
    if not fnmr:
        return None
    return Spread(draws=len(fnmr), people=people, fmr=_middle(fmr), fnmr=_middle(fnmr))


def _impostor_weight(trials: Trials, times: NDArray[np.float64]) -> float:
    """How many impostor trials a draw holds, counted as often as its people were drawn."""
    if trials.all_formed:
        pictures = times * trials.sizes
        return float((pictures.sum() ** 2 - (pictures**2).sum()) / 2)
    impostor = trials.impostor  # a list of pairs is kept whole
    return float((times[trials.subjects[impostor.first]] * times[trials.subjects[impostor.second]]).sum())


def _middle(values: list[float]) -> tuple[float, float]:
    low, high = np.quantile(values, [0.025, 0.975])
    return float(low), float(high)
