"""What a document says in several places, held against itself: visual zone, machine-readable zone, chip.

Field by field and place by place; every disagreement is listed with its code, none is weighed here. Values are not
repeated in the findings: who may see them has them already.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from itertools import combinations
from typing import Final

from visavis.document.dates import PartialDate
from visavis.document.mrz.names import MrzName
from visavis.document.mrz.repair import TWINS
from visavis.document.mrz.zone import Mrz, Sex
from visavis.document.names import Agreement, NameCode, PrintedName, names_agree
from visavis.domain.evidence import Check, Evidence, Outcome

__all__ = [
    "NEEDED",
    "ComparedField",
    "Consistency",
    "Finding",
    "FindingCode",
    "Place",
    "Statement",
    "consistency",
    "consistency_check",
    "fields_agree",
    "said_by",
]


class Place(StrEnum):
    VISUAL_ZONE = "visual_zone"
    MACHINE_READABLE_ZONE = "machine_readable_zone"
    CHIP = "chip"
    PERSONAL_NUMBER = "personal_number"
    """What a number says about its holder, as that of the PRC's identity card."""


class ComparedField(StrEnum):
    NAME = "name"
    DOCUMENT_NUMBER = "document_number"
    BIRTH_DATE = "birth_date"
    EXPIRY_DATE = "expiry_date"
    SEX = "sex"
    NATIONALITY = "nationality"
    ISSUING_STATE = "issuing_state"


class FindingCode(StrEnum):
    """Beside `NameCode`."""

    SAME = "same"
    MISSING = "missing"
    """One place does not say it."""
    PARTLY_KNOWN = "partly_known"
    """What both know of a date agrees; one knows more."""
    CENTURY_FROM_PRINT = "century_from_print"
    """The year of two digits was taken for another century; the one that is written in full holds."""
    DATE_DIFFERS = "date_differs"
    NUMBER_DIFFERS = "number_differs"
    NUMBER_DIFFERS_BY_TWINS = "number_differs_by_twins"
    """Only in characters that are mistaken for one another, as 0 and O: read it again."""
    SEX_DIFFERS = "sex_differs"
    STATE_DIFFERS = "state_differs"


@dataclass(frozen=True, slots=True, kw_only=True)
class Statement:
    """What one place says. None: it does not say that, or it was not read.

    States are codes of three letters, or D. ``two_digit_years``: its years came from two digits, so only those count.
    """

    place: Place
    name: PrintedName | MrzName | None = None
    document_number: str | None = None
    birth_date: PartialDate | None = None
    expiry_date: PartialDate | None = None
    sex: Sex | None = None
    nationality: str | None = None
    issuing_state: str | None = None
    two_digit_years: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    field: ComparedField
    between: tuple[Place, Place]
    agreement: Agreement
    code: FindingCode | NameCode


@dataclass(frozen=True, slots=True, kw_only=True)
class Consistency:
    findings: tuple[Finding, ...]

    @property
    def disagreements(self) -> tuple[Finding, ...]:
        return tuple(finding for finding in self.findings if finding.agreement is Agreement.DISAGREE)

    @property
    def compared(self) -> int:
        """In how many findings something was really compared: without any, nothing is consistent either."""
        return sum(finding.agreement is not Agreement.NOT_COMPARED for finding in self.findings)


def said_by(mrz: Mrz, *, place: Place = Place.MACHINE_READABLE_ZONE) -> Statement:
    """The statement of a machine-readable zone: of the document, or of its chip (DG1)."""
    fields = mrz.fields
    return Statement(
        place=place,
        name=fields.name,
        document_number=fields.document_number or None,
        birth_date=fields.birth_date,
        expiry_date=fields.expiry_date,
        sex=fields.sex,
        nationality=fields.nationality or None,
        issuing_state=fields.issuing_state or None,
        two_digit_years=True,
    )


def consistency(statements: Sequence[Statement]) -> Consistency:
    """Every pair of places, every field. Raises ValueError where one place speaks twice."""
    places = [statement.place for statement in statements]
    if len(set(places)) != len(places):
        raise ValueError("one statement for each place")
    pairs = combinations(statements, 2)
    return Consistency(findings=tuple(finding for one, two in pairs for finding in fields_agree(one, two)))


NEEDED: Final = frozenset({ComparedField.NAME, ComparedField.DOCUMENT_NUMBER, ComparedField.BIRTH_DATE})
"""What must have been read in two places at least before a document counts as consistent."""


def consistency_check(found: Consistency, *, needed: frozenset[ComparedField] = NEEDED) -> Evidence:
    """Evidence for a policy: any disagreement fails, and what was not compared cannot pass.

    A number that differs in look-alikes alone is inconclusive: it was more likely misread than forged, and another
    picture tells. ``details`` count what was compared, and name the places that differ; values stay out.
    """
    unclear = [f for f in found.disagreements if f.code is FindingCode.NUMBER_DIFFERS_BY_TWINS]
    wrong = [f for f in found.disagreements if f.code is not FindingCode.NUMBER_DIFFERS_BY_TWINS]
    agreed = {f.field for f in found.findings if f.agreement is Agreement.AGREE}
    # each field once, in the order of ComparedField
    reasons = [f"{name}_disagrees" for name in ComparedField if any(f.field is name for f in wrong)]
    if unclear:
        reasons.append("document_number_unclear")
    if wrong:
        outcome = Outcome.FAIL
    elif unclear:
        outcome = Outcome.INCONCLUSIVE
    elif found.compared == 0:
        outcome, reasons = Outcome.NOT_MEASURED, ["not_measured"]
    elif needed <= agreed:
        outcome, reasons = Outcome.PASS, ["document_agrees"]
    else:
        outcome, reasons = Outcome.INCONCLUSIVE, ["too_little_compared"]
    return Evidence(
        check=Check.DOCUMENT_CONSISTENT,
        outcome=outcome,
        reasons=tuple(reasons),
        details={
            "compared": found.compared,
            "disagreements": len(found.disagreements),
            # of the places that differ about a field, the first two: more tell nobody more
            **{f"{f.field}_between": ", ".join(f.between) for f in reversed(found.disagreements)},
        },
    )


def fields_agree(one: Statement, two: Statement) -> tuple[Finding, ...]:
    """Two places, every field, in the order of `ComparedField`."""
    short = one.two_digit_years or two.two_digit_years
    found = {
        ComparedField.NAME: _names(one.name, two.name),
        ComparedField.DOCUMENT_NUMBER: _numbers(one.document_number, two.document_number),
        ComparedField.BIRTH_DATE: _dates(one.birth_date, two.birth_date, short=short),
        ComparedField.EXPIRY_DATE: _dates(one.expiry_date, two.expiry_date, short=short),
        ComparedField.SEX: _sexes(one.sex, two.sex),
        ComparedField.NATIONALITY: _states(one.nationality, two.nationality),
        ComparedField.ISSUING_STATE: _states(one.issuing_state, two.issuing_state),
    }
    return tuple(
        Finding(field=name, between=(one.place, two.place), agreement=agreement, code=code)
        for name, (agreement, code) in found.items()
    )


_Found = tuple[Agreement, FindingCode | NameCode]
_MISSING: Final[_Found] = (Agreement.NOT_COMPARED, FindingCode.MISSING)
_SAME: Final[_Found] = (Agreement.AGREE, FindingCode.SAME)


def _names(one: PrintedName | MrzName | None, two: PrintedName | MrzName | None) -> _Found:
    if one is None or two is None:
        return _MISSING
    if isinstance(one, PrintedName) and isinstance(two, PrintedName):
        same = _plain(one) == _plain(two)
        code = NameCode.SAME if same else NameCode.BOTH_DIFFER
        return (Agreement.AGREE if same else Agreement.DISAGREE), code
    if isinstance(one, PrintedName):
        printed, zone = one, two
    elif isinstance(two, PrintedName):
        printed, zone = two, one
    else:
        # of two zones the one that is not cut stands for the printed name
        whole, zone = (two, one) if one.perhaps_truncated else (one, two)
        printed = PrintedName(primary=" ".join(whole.primary), secondary=" ".join(whole.secondary))
    if isinstance(zone, PrintedName):  # cannot be: one of the two was chosen as the printed name
        return _MISSING
    finding = names_agree(printed, zone)
    return finding.agreement, finding.code


def _plain(name: PrintedName) -> tuple[tuple[str, ...], ...]:
    return tuple(tuple(part.casefold().split()) for part in (name.primary, name.secondary))


def _numbers(one: str | None, two: str | None) -> _Found:
    """Numbers without what only parts them: fillers, spaces, hyphens (9303-3, 4.5 turns the latter into fillers)."""
    if one is None or two is None:
        return _MISSING
    a, b = ("".join(c for c in number.upper() if c.isalnum()) for number in (one, two))
    if not a or not b:
        return _MISSING
    if a == b:
        return _SAME
    twins = len(a) == len(b) and all(x == y or y in TWINS.get(x, "") for x, y in zip(a, b, strict=True))
    return Agreement.DISAGREE, FindingCode.NUMBER_DIFFERS_BY_TWINS if twins else FindingCode.NUMBER_DIFFERS


def _dates(one: PartialDate | None, two: PartialDate | None, *, short: bool) -> _Found:
    if one is None or two is None or not one.known or not two.known:
        return _MISSING
    if one == two:
        return _SAME
    if one.compatible(two):
        return Agreement.AGREE, FindingCode.PARTLY_KNOWN
    if short and _century_apart(one, two):
        return Agreement.AGREE, FindingCode.CENTURY_FROM_PRINT
    return Agreement.DISAGREE, FindingCode.DATE_DIFFERS


def _century_apart(one: PartialDate, two: PartialDate) -> bool:
    if one.year is None or two.year is None or (one.year - two.year) % 100:
        return False
    return all(a is None or b is None or a == b for a, b in ((one.month, two.month), (one.day, two.day)))


def _sexes(one: Sex | None, two: Sex | None) -> _Found:
    if one is None or two is None:
        return _MISSING
    return _SAME if one is two else (Agreement.DISAGREE, FindingCode.SEX_DIFFERS)


def _states(one: str | None, two: str | None) -> _Found:
    """Germany is D in machine-readable zones, and DEU where ISO 3166-1 is followed."""
    if one is None or two is None:
        return _MISSING
    a, b = ("DEU" if state.upper() == "D" else state.upper() for state in (one, two))
    return _SAME if a == b else (Agreement.DISAGREE, FindingCode.STATE_DIFFERS)
