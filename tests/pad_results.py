"""Results of the attack laboratory, made of numbers."""

from __future__ import annotations

import random
from datetime import UTC, datetime

from visavis.domain.evidence import Outcome
from visavis.evaluation.laboratory.result import BONA_FIDE, Judged, Said, TrialKey, TrialResult
from visavis.evaluation.pad_summary import RECORDED, RunFacts, SpeciesName
from visavis.pad.evidence import Witness

SPECIES = (
    SpeciesName(code=BONA_FIDE, title="Living people", level="none"),
    SpeciesName(code="print_flat", title="Flat print <held>", level="print"),
    SpeciesName(code="mesh_puppet", title="Mesh puppet", level="puppet"),
)
FACTS = RunFacts(
    captures="clips <of> people",
    half="reporting",
    seed=1,
    digest="0123456789abcdef",
    models=(),
    people=("ann", "bob", "cid"),
    patient=5,
    faults=0,
    now=datetime(2026, 11, 22, tzinfo=UTC),
    notes=("A note with <angles>.",),
)
LIGHT_ALONE = "light_inconclusive_second_channel"


def key(species: str, number: int, *, half: str = "reporting", patient: int = 5, digest: str = "d" * 16) -> TrialKey:
    return TrialKey(species=species, half=half, number=number, patient=number < patient, seed=1, digest=digest)


def result(
    species: str,
    number: int,
    standard: Outcome,
    strict: Outcome | None = None,
    *,
    person: str = "ann",
    light: Outcome = Outcome.PASS,
    r: float | None = 0.1,
    score: float | None = 0.5,
    half: str = "reporting",
    second: bool = False,
    problem: str | None = None,
    replaced: dict[str, str] | None = None,
) -> TrialResult:
    """``second``: strict is undecided for the light alone."""
    strict = standard if strict is None else strict
    witnesses = {witness: Said(outcome=standard, score=score, reasons=("made_up",)) for witness in Witness}
    witnesses[Witness.LIGHT] = Said(outcome=light, score=score, reasons=("light_too_weak",))
    return TrialResult(
        key=key(species, number, half=half),
        people=(person,),
        conditions={} if r is None else {"return_share": r, "rate_hz": 10.0},
        replaced=replaced or {},
        seconds=12.0,
        frames=120,
        witnesses=witnesses,
        standard=Judged(
            outcome=standard,
            with_second_channel=standard,
            score=score,
            reasons=("no_attack_found",) if standard is Outcome.PASS else ("moves_like_a_sheet",),
            instrument=None if standard is Outcome.PASS else "print",
            alone=() if standard is Outcome.PASS else (Witness.STRUCTURE,),
        ),
        strict=Judged(
            outcome=Outcome.INCONCLUSIVE if second else strict,
            with_second_channel=Outcome.PASS if second else strict,
            reasons=(LIGHT_ALONE,) if second else (),
        ),
        problem=problem,
    )


def many(rng: random.Random, *, each: int = 40) -> list[TrialResult]:
    """People mostly accepted, prints never, puppets half of the time; some recordings."""
    found: list[TrialResult] = []
    for number in range(each):
        r, person = rng.uniform(0.03, 0.24), ("ann", "bob", "cid")[number % 3]
        dim = r < 0.06
        good = Outcome.INCONCLUSIVE if number % 19 == 0 else Outcome.PASS
        light = Outcome.INCONCLUSIVE if dim else Outcome.PASS
        second = dim and good is Outcome.PASS
        found += [
            result(BONA_FIDE, number, good, person=person, r=r, light=light, second=second, score=rng.uniform(0.4, 1)),
            result("print_flat", number, Outcome.FAIL, person=person, r=r, score=rng.uniform(0, 0.5)),
            result(
                "mesh_puppet",
                number,
                Outcome.PASS if number % 2 else Outcome.FAIL,
                person=person,
                r=r,
                score=rng.random(),
            ),
        ]
    found += [result(BONA_FIDE, n, Outcome.PASS, half=RECORDED, person=f"r{n}", r=None) for n in range(4)]
    return found
