"""What a document says, as evidence: does it agree with itself, is it still valid, and is its holder of an age?

It comes from several places: the visual zone and the machine-readable zone of a picture, a number that holds a birth
date, DG1 of a chip. Each is a `visavis.document.consistency.Statement`. What only a picture shows is read; what a chip
says is proven where passive authentication passed. No date is in the evidence: of a birth date it tells whether so many
years are completed, of a day of expiry whether it has passed.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Final

from visavis.document.consistency import (
    NEEDED,
    ComparedField,
    Place,
    Statement,
    consistency,
    consistency_check,
)
from visavis.document.dates import PartialDate
from visavis.document.validity import holder_at_least_years, not_expired
from visavis.domain.evidence import Check, Evidence, Outcome
from visavis.service.chip_evidence import ChipExamination

__all__ = ["age_check", "agreement_check", "document_checks", "validity_check"]

_VALIDITY: Final = {
    Outcome.PASS: "document_valid",
    Outcome.FAIL: "document_expired",
    Outcome.INCONCLUSIVE: "expiry_unclear",
    Outcome.NOT_MEASURED: "expiry_not_read",
}
_AGE: Final = {
    Outcome.PASS: "holder_old_enough",
    Outcome.FAIL: "holder_below_age",
    Outcome.INCONCLUSIVE: "birth_date_unclear",
    Outcome.NOT_MEASURED: "birth_date_not_read",
}
_WHOLE: Final = frozenset({Place.MACHINE_READABLE_ZONE, Place.CHIP})
_NEEDED_OF_A_NUMBER: Final = frozenset({ComparedField.BIRTH_DATE})
NO_PLACE: Final[frozenset[Place]] = frozenset()


def document_checks(
    *,
    chip: ChipExamination | None = None,
    printed: Sequence[Statement] = (),
    endless: bool = False,
    consistent: Evidence | None = None,
    years: int | None = None,
    today: date,
) -> tuple[Evidence, ...]:
    """Everything that can be said of a document beside its portrait; a check that nobody can make is left out.

    ``printed``: what was read from its pictures, a statement each place. ``endless``: it is printed that the document
    does not expire. ``consistent``: what all places came to, the chip among them, where the pictures were read; else
    every two of them are compared here. ``years``: the age that the policy asks for.
    """
    found = [] if chip is None else [chip.authentic]
    statements = list(printed)
    proven = NO_PLACE
    if chip is not None and chip.statement is not None:
        statements.append(chip.statement)
        proven = frozenset({Place.CHIP}) if chip.proven else NO_PLACE
    if consistent is not None:
        found.append(consistent)
    elif len(statements) > 1:
        found.append(agreement_check(statements))
    if statements or endless:
        found.append(validity_check(statements, on=today, proven=proven, endless=endless))
    if statements and years is not None:
        found.append(age_check(statements, years=years, on=today, proven=proven))
    return tuple(found)


def agreement_check(statements: Sequence[Statement]) -> Evidence:
    """Every two places against each other; ``not_measured`` where fewer than two speak. Raises as `consistency`.

    A document with neither zone nor chip says its name and number once: of it the birth date must agree with the one in
    its holder's number.
    """
    twice = any(item.place in _WHOLE for item in statements)
    return consistency_check(consistency(statements), needed=NEEDED if twice else _NEEDED_OF_A_NUMBER)


def validity_check(
    statements: Sequence[Statement], *, on: date, proven: frozenset[Place] = NO_PLACE, endless: bool = False
) -> Evidence:
    """Whether the document is valid on a day, that day included. ``proven``: places that a signature stands behind.

    ``endless``: it is printed that it does not expire, which a day of expiry elsewhere overrules.
    """
    said = [_Said(item.place, item.expiry_date) for item in statements if item.expiry_date is not None]
    found = _found(said, lambda day: not_expired(day, on=on), proven)
    if endless and found.outcome is Outcome.NOT_MEASURED:
        found = _Found(Outcome.PASS, Place.VISUAL_ZONE.value, proven=False)
    return Evidence(
        check=Check.DOCUMENT_VALIDITY,
        outcome=found.outcome,
        reasons=(_VALIDITY[found.outcome],),
        details={"source": found.source, "proven": found.proven},
    )


def age_check(
    statements: Sequence[Statement], *, years: int, on: date, proven: frozenset[Place] = NO_PLACE
) -> Evidence:
    """Whether the holder has completed ``years`` on a day, and nothing else about the birth date.

    A zone has years of two digits, and who is past a hundred reads as a child: where print gives the same day with its
    year in full, that one holds, unless the zone is proven. Raises ValueError for a negative age.
    """
    said = [_Said(item.place, _in_full(item, statements, proven)) for item in statements if item.birth_date is not None]
    found = _found(said, lambda day: holder_at_least_years(day, years, on=on), proven)
    return Evidence(
        check=Check.HOLDER_AGE,
        outcome=found.outcome,
        operating_point=f"at least {years} years",
        reasons=(_AGE[found.outcome],),
        details={"years_asked": years, "source": found.source, "proven": found.proven},
    )


@dataclass(frozen=True, slots=True)
class _Said:
    place: Place
    day: PartialDate | None


@dataclass(frozen=True, slots=True)
class _Found:
    outcome: Outcome
    source: str | None
    proven: bool


def _found(said: Sequence[_Said], ask: Callable[[PartialDate], Outcome], proven: frozenset[Place]) -> _Found:
    """One answer out of several places: a fail of any fails; else the pass of the best place; else what is left.

    A fail goes before a pass because nobody forges a date against themselves, and because two places that differ are
    told as a disagreement as well.
    """
    answers = [(ask(item.day), item.place) for item in said if item.day is not None]
    # among equals what is proven first, then in the order in which the places were given
    answers.sort(key=lambda answer: answer[1] not in proven)
    for outcome in (Outcome.FAIL, Outcome.PASS, Outcome.INCONCLUSIVE):
        for one, place in answers:
            if one is outcome:
                return _Found(outcome, place.value, place in proven)
    return _Found(Outcome.NOT_MEASURED, None, proven=False)


def _in_full(statement: Statement, statements: Sequence[Statement], proven: frozenset[Place]) -> PartialDate | None:
    """The birth date with the year in full where another place prints the same day of another century."""
    day = statement.birth_date
    if day is None or day.year is None or not statement.two_digit_years or statement.place in proven:
        return day
    for other in statements:
        full = other.birth_date
        if other.two_digit_years or full is None or full.year is None or full.year == day.year:
            continue
        if (full.year - day.year) % 100 == 0 and (full.month, full.day) == (day.month, day.day):
            return full
    return day
