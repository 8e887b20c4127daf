"""What each witness catches by itself, and how well each score parts attacks from people.

Only presentations that were played to their end count here: one that stopped at a wrong gesture has shown the other
witnesses too little.
"""

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from typing import Final

import numpy as np
from numpy.typing import NDArray

from visavis.domain.evidence import Outcome
from visavis.evaluation.laboratory.result import BONA_FIDE, TrialResult
from visavis.evaluation.pad_report import Curve, CurveAt, WitnessCell, WitnessRow
from visavis.pad.evidence import Witness

__all__ = ["ASSESSMENT", "area_under", "curves", "witness_rows"]

ASSESSMENT: Final = "assessment"
MOST_POINTS: Final = 120

_Score = Callable[[TrialResult], float | None]
_Real = NDArray[np.float64]


def witness_rows(patient: Mapping[str, Sequence[TrialResult]], codes: Sequence[str]) -> tuple[WitnessRow, ...]:
    """One row a species with any presentation, bona fide first, then in the order of ``codes``."""
    living = patient.get(BONA_FIDE, ())
    ordered = [BONA_FIDE, *(code for code in codes if code != BONA_FIDE)]
    return tuple(
        WitnessRow(
            species=code,
            trials=len(patient[code]),
            cells=tuple(_cell(witness, patient[code], () if code == BONA_FIDE else living) for witness in Witness),
        )
        for code in ordered
        if patient.get(code)
    )


def curves(patient: Mapping[str, Sequence[TrialResult]]) -> tuple[Curve, ...]:
    """One for each score that both attacks and people have, and that of the assessment at `standard`."""
    living = patient.get(BONA_FIDE, ())
    attacks = {code: items for code, items in patient.items() if code != BONA_FIDE and items}
    if not living or not attacks:
        return ()
    scores: dict[str, _Score] = {witness.value: _of(witness) for witness in Witness}
    scores[ASSESSMENT] = _of_assessment
    found = [_curve(name, score, attacks, living) for name, score in scores.items()]
    return tuple(curve for curve in found if curve is not None)


def area_under(attacks: Sequence[float], bona_fide: Sequence[float]) -> float | None:
    """How often an attack's score is below a bona fide one's, ties as half (Mann and Whitney); None without either."""
    if not attacks or not bona_fide:
        return None
    a, b = np.sort(np.array(attacks, np.float64)), np.array(bona_fide, np.float64)
    below, up_to = np.searchsorted(a, b, side="left"), np.searchsorted(a, b, side="right")
    return float((below + up_to).mean() / (2 * len(a)))


def _of(witness: Witness) -> _Score:
    def score(item: TrialResult) -> float | None:
        word = item.witnesses.get(witness)
        return None if word is None else word.score

    return score


def _of_assessment(item: TrialResult) -> float | None:
    return None if item.standard is None else item.standard.score


def _cell(witness: Witness, items: Sequence[TrialResult], living: Sequence[TrialResult]) -> WitnessCell:
    words = [item.witnesses.get(witness) for item in items]
    outcomes = Counter(Outcome.NOT_MEASURED if word is None else word.outcome for word in words)
    area = area_under(_scores(items, _of(witness)), _scores(living, _of(witness)))
    return WitnessCell(
        witness=witness,
        passed=outcomes[Outcome.PASS],
        undecided=outcomes[Outcome.INCONCLUSIVE] + outcomes[Outcome.NOT_MEASURED],
        refused=outcomes[Outcome.FAIL],
        auc=None if area is None else round(area, 4),
    )


def _scores(items: Sequence[TrialResult], score: _Score) -> list[float]:
    return [value for item in items if (value := score(item)) is not None]


def _curve(
    name: str, score: _Score, attacks: Mapping[str, Sequence[TrialResult]], living: Sequence[TrialResult]
) -> Curve | None:
    """A presentation without a score has the lowest there is: what was not measured never passes."""
    if not any(_scores(items, score) for items in attacks.values()) or not _scores(living, score):
        return None
    bona_fide = _with_lowest(living, score)
    per_species = [_with_lowest(items, score) for items in attacks.values()]
    values = np.concatenate(per_species)
    weights = np.concatenate([np.full(len(part), 1 / (len(part) * len(per_species))) for part in per_species])
    thresholds = np.unique(np.concatenate([values, bona_fide]))
    finite = thresholds[np.isfinite(thresholds)]
    if len(finite) > MOST_POINTS:
        finite = np.unique(np.quantile(finite, np.linspace(0, 1, MOST_POINTS)))
    points = [
        CurveAt(
            threshold=round(float(at), 6),
            attacks=round(float(weights[values >= at].sum()), 6),
            bona_fide=round(float((bona_fide < at).mean()), 6),
        )
        for at in finite
    ]
    return Curve(
        name=name,
        attacks=len(values),
        bona_fide=len(bona_fide),
        area=round(_weighted_area(values, weights, bona_fide), 4),
        points=tuple(points),
    )


def _with_lowest(items: Sequence[TrialResult], score: _Score) -> _Real:
    values = [score(item) for item in items]
    return np.array([-np.inf if value is None else value for value in values], np.float64)


def _weighted_area(values: _Real, weights: _Real, bona_fide: _Real) -> float:
    total = 0.0
    for value, weight in zip(values, weights, strict=True):
        total += float(weight) * float((bona_fide > value).mean() + 0.5 * (bona_fide == value).mean())
    return total
