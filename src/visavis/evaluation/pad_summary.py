"""From the results of trials to the report of attack detection: counting, with bounds, and nothing else."""

import math
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from itertools import pairwise
from statistics import median
from typing import Final

from visavis import __version__
from visavis.domain.evidence import Outcome
from visavis.evaluation.bounds import Rate, rate
from visavis.evaluation.laboratory.result import BONA_FIDE, Judged, TrialResult
from visavis.evaluation.pad_curves import curves, witness_rows
from visavis.evaluation.pad_report import (
    FORMAT,
    POINTS,
    BonaFide,
    BonaFidePoint,
    FrameRateRow,
    PadReport,
    PersonRow,
    PointName,
    ReturnRow,
    SpeciesPoint,
    SpeciesReturn,
    SpeciesRow,
)
from visavis.evaluation.report import ModelName
from visavis.pad.evidence import Witness

__all__ = ["CONCLUSIVE_FROM", "RECORDED", "RETURN_EDGES", "RunFacts", "SpeciesName", "outcome_at", "summarise"]

RECORDED: Final = "recorded"
"""The half of a trial that is a recording of a living person."""
RETURN_EDGES: Final = (0.0, 0.03, 0.045, 0.06, 0.09, 0.13, 0.18, 1.0)
"""Between two of these lie the rows by the share of the screen in the light."""
CONCLUSIVE_FROM: Final = 0.06
"""From this share on, the light is taken as strong enough to tell, for people and for attacks alike."""
NAMED: Final = 4

_T_975: Final = (12.706, 4.303, 3.182, 2.776, 2.571, 2.447, 2.365, 2.306, 2.262, 2.228)
"""Student's t, the 97.5 % quantile, for 1 to 10 degrees of freedom."""
_Z_975: Final = 1.96


@dataclass(frozen=True, slots=True, kw_only=True)
class SpeciesName:
    code: str
    title: str
    level: str


@dataclass(frozen=True, slots=True, kw_only=True)
class RunFacts:
    """What a report says of its run beside the results; fields as in `PadReport`."""

    captures: str
    half: str
    seed: int
    digest: str
    models: tuple[ModelName, ...]
    people: tuple[str, ...]
    patient: int
    faults: int
    now: datetime
    notes: tuple[str, ...] = ()


def summarise(results: Iterable[TrialResult], species: Sequence[SpeciesName], facts: RunFacts) -> PadReport:
    """The report of ``results``; a species without a result is left out."""
    all_results = list(results)
    staged = [item for item in all_results if item.problem is None]
    by_code = _by_code(item for item in staged if item.key.half != RECORDED)
    kept = _by_code(item for item in staged if item.key.half == RECORDED)
    names = {name.code: name for name in species}
    rows = [_species(names[code], items) for code, items in by_code.items() if code in names and code != BONA_FIDE]
    for code, items in kept.items():
        if code != BONA_FIDE:
            known = names.get(code, SpeciesName(code=code, title=code.replace("_", " "), level=RECORDED))
            rows.append(_species(replace(known, title=f"{known.title}, recorded"), items, recorded=True))
    living, recorded = by_code.get(BONA_FIDE), kept.get(BONA_FIDE)
    problems = Counter((item.key.species, item.problem or "") for item in all_results if item.problem is not None)
    patient = {code: [item for item in items if item.key.patient] for code, items in by_code.items()}
    return PadReport(
        format=FORMAT,
        visavis=__version__,
        date=facts.now.date().isoformat(),
        captures=facts.captures,
        half=facts.half,
        seed=facts.seed,
        digest=facts.digest,
        models=facts.models,
        people=facts.people,
        patient=facts.patient,
        conclusive_from=CONCLUSIVE_FROM,
        species=tuple(sorted(rows, key=_badness)),
        bona_fide=_bona_fide(living, recorded=False) if living else None,
        recorded=_bona_fide(recorded, recorded=True) if recorded else None,
        witnesses=witness_rows(patient, [name.code for name in species]),
        curves=curves(patient),
        not_staged=tuple((code, problem, count) for (code, problem), count in sorted(problems.items())),
        faults=facts.faults,
        notes=facts.notes,
    )


def _by_code(items: Iterable[TrialResult]) -> dict[str, list[TrialResult]]:
    parts: dict[str, list[TrialResult]] = defaultdict(list)
    for item in items:
        parts[item.key.species].append(item)
    return dict(parts)


def outcome_at(item: TrialResult, point: PointName) -> Outcome:
    """At one of `POINTS`."""
    judged = _judged(item, point)
    return judged.with_second_channel if point == POINTS[2] else judged.outcome


def _judged(item: TrialResult, point: PointName) -> Judged:
    judged = item.standard if point == POINTS[0] else item.strict
    if judged is None:
        raise ValueError("a result without an assessment is of no presentation")
    return judged


def _badness(row: SpeciesRow) -> tuple[float, float, float, str]:
    rates = [row.at(point).accepted.value or 0.0 for point in POINTS]
    return (-rates[0], -rates[2], -rates[1], row.code)


def _share(items: Sequence[TrialResult], holds: Callable[[TrialResult], bool]) -> Rate:
    return rate(sum(map(holds, items)), len(items))


def _passes(point: PointName) -> Callable[[TrialResult], bool]:
    return lambda item: outcome_at(item, point) is Outcome.PASS


def _stopped(point: PointName) -> Callable[[TrialResult], bool]:
    return lambda item: outcome_at(item, point) is not Outcome.PASS


def _species(name: SpeciesName, items: Sequence[TrialResult], *, recorded: bool = False) -> SpeciesRow:
    standard = [_judged(item, POINTS[0]) for item in items]
    return SpeciesRow(
        code=name.code,
        title=name.title,
        level=name.level,
        recorded=recorded,
        trials=len(items),
        seconds=round(median(item.seconds for item in items), 1),
        points=tuple(_species_point(items, point) for point in POINTS),
        by_return=_by_return(items),
        reasons=_most(code for judged in standard for code in judged.reasons),
        instruments=_most(judged.instrument for judged in standard if judged.instrument),
        last=tuple(Counter(judged.alone[0] for judged in standard if len(judged.alone) == 1).most_common()),
    )


def _species_point(items: Sequence[TrialResult], point: PointName) -> SpeciesPoint:
    outcomes = Counter(outcome_at(item, point) for item in items)
    accepted_by = defaultdict[str, bool](bool)
    for item in items:
        accepted_by[_holder(item)] |= outcome_at(item, point) is Outcome.PASS
    lit = [item for item in items if (r := _return_share(item)) is not None and r >= CONCLUSIVE_FROM]
    return SpeciesPoint(
        point=point,
        accepted=_share(items, _passes(point)),
        refused=outcomes[Outcome.FAIL],
        undecided=outcomes[Outcome.INCONCLUSIVE] + outcomes[Outcome.NOT_MEASURED],
        people=rate(sum(accepted_by.values()), len(accepted_by)),
        lit=_share(lit, _passes(point)) if lit else None,
    )


def _by_return(items: Sequence[TrialResult]) -> tuple[SpeciesReturn, ...]:
    return tuple(
        SpeciesReturn(
            low=low, high=high, standard=_share(part, _passes(POINTS[0])), strict=_share(part, _passes(POINTS[1]))
        )
        for low, high, part in _strata(items)
    )


def _strata(items: Sequence[TrialResult]) -> list[tuple[float, float, list[TrialResult]]]:
    """Those by the share of the screen in the light that hold any presentation."""
    known = [(item, share) for item in items if (share := _return_share(item)) is not None]
    parts = [
        (low, high, [item for item, share in known if low <= share < high]) for low, high in pairwise(RETURN_EDGES)
    ]
    return [part for part in parts if part[2]]


def _return_share(item: TrialResult) -> float | None:
    value = item.conditions.get("return_share")
    return float(value) if isinstance(value, int | float) else None


def _holder(item: TrialResult) -> str:
    """The person that the presentation is to be taken for."""
    return item.people[0] if item.people else "?"


def _bona_fide(items: Sequence[TrialResult], *, recorded: bool) -> BonaFide:
    by_person: dict[str, list[TrialResult]] = defaultdict(list)
    by_rate: dict[float, list[TrialResult]] = defaultdict(list)
    for item in items:
        by_person[_holder(item)].append(item)
        frames_s = item.conditions.get("rate_hz")
        if isinstance(frames_s, int | float):
            by_rate[float(frames_s)].append(item)
    return BonaFide(
        recorded=recorded,
        trials=len(items),
        people=len(by_person),
        seconds=round(median(item.seconds for item in items), 1),
        points=tuple(_bona_fide_point(items, list(by_person.values()), point) for point in POINTS),
        by_person=tuple(_person(name, part) for name, part in sorted(by_person.items())),
        by_return=tuple(_return_row(low, high, part) for low, high, part in _strata(items)),
        by_frame_rate=tuple(
            FrameRateRow(rate_hz=rate_hz, not_accepted=_not_accepted(part)) for rate_hz, part in sorted(by_rate.items())
        ),
        reasons=_why_not(items),
    )


def _bona_fide_point(
    items: Sequence[TrialResult], people: Sequence[Sequence[TrialResult]], point: PointName
) -> BonaFidePoint:
    stopped = _stopped(point)
    return BonaFidePoint(
        point=point,
        attack=_share(items, lambda item: outcome_at(item, point) is Outcome.FAIL),
        no_response=_share(items, lambda item: stopped(item) and outcome_at(item, point) is not Outcome.FAIL),
        not_accepted=_share(items, stopped),
        over_people=interval_over_people([_share(part, stopped).value or 0.0 for part in people]),
    )


def interval_over_people(rates: Sequence[float]) -> tuple[float, float] | None:
    """95 % interval of the mean of ``rates``, one a person, by Student's t; cut at 0 and 1.

    None for fewer than three people, and where all have the same rate: then it would have no width, and say too much.
    """
    count = len(rates)
    if count < 3 or max(rates) == min(rates):
        return None
    mean = sum(rates) / count
    deviation = math.sqrt(sum((value - mean) ** 2 for value in rates) / (count - 1))
    t = _T_975[count - 2] if count - 2 < len(_T_975) else _Z_975 * (1 + 1.5 / (count - 1))
    half = t * deviation / math.sqrt(count)
    return max(0.0, mean - half), min(1.0, mean + half)


def _not_accepted(items: Sequence[TrialResult]) -> tuple[Rate, ...]:
    return tuple(_share(items, _stopped(point)) for point in POINTS)


def _person(name: str, items: Sequence[TrialResult]) -> PersonRow:
    replaced = {f"{gone} by {instead}" for item in items for gone, instead in item.replaced.items()}
    return PersonRow(
        person=name,
        trials=len(items),
        not_accepted=_not_accepted(items),
        replaced=", ".join(sorted(replaced)),
        reasons=_why_not(items),
    )


def _return_row(low: float, high: float, items: Sequence[TrialResult]) -> ReturnRow:
    # gestures that fail before the light say nothing of the light
    light = [word.outcome for item in items if (word := item.witnesses.get(Witness.LIGHT)) is not None]
    shown = [outcome for outcome in light if outcome is not Outcome.NOT_MEASURED]
    return ReturnRow(
        low=low,
        high=high,
        light=rate(sum(outcome is not Outcome.INCONCLUSIVE for outcome in shown), len(shown)),
        accepted=tuple(_share(items, _passes(point)) for point in POINTS),
    )


def _why_not(items: Sequence[TrialResult]) -> tuple[tuple[str, int], ...]:
    """The reasons of the presentations that are not accepted at `standard`."""
    against = [_judged(item, POINTS[0]) for item in items if _stopped(POINTS[0])(item)]
    return _most((code for judged in against for code in judged.reasons), most=2 * NAMED)


def _most(codes: Iterable[str], most: int = NAMED) -> tuple[tuple[str, int], ...]:
    counted: Mapping[str, int] = Counter(codes)
    return tuple(sorted(counted.items(), key=lambda pair: (-pair[1], pair[0]))[:most])
