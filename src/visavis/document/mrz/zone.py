"""A machine-readable zone, read: fields, check digits, and what is odd about it."""

from dataclasses import dataclass
from enum import StrEnum

from visavis.document.dates import PartialDate
from visavis.document.mrz.layout import LAYOUTS, Checked, Field, Format
from visavis.document.mrz.names import MrzName
from visavis.document.mrz.problems import Problem

__all__ = ["CheckOutcome", "CheckResult", "Mrz", "MrzFields", "Sex"]


class Sex(StrEnum):
    FEMALE = "F"
    MALE = "M"
    UNSPECIFIED = "<"


class CheckOutcome(StrEnum):
    RIGHT = "right"
    WRONG = "wrong"
    EMPTY = "empty"
    """A filler over fields that are empty, where the standard lets it stand for 0. As good as right."""
    UNREADABLE = "unreadable"
    """No digit stands there, and none may be missing."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CheckResult:
    """One check digit: as it stands, as it should be. ``position`` counts from 0 through all lines joined."""

    checked: Checked
    outcome: CheckOutcome
    stated: str
    computed: str
    position: int
    over: str
    """The characters it was computed over."""

    @property
    def holds(self) -> bool:
        return self.outcome in {CheckOutcome.RIGHT, CheckOutcome.EMPTY}


@dataclass(frozen=True, slots=True, kw_only=True)
class MrzFields:
    """What the zone says, apart from check digits; `visavis.document.mrz.generate` writes one from it.

    Codes and numbers are without trailing fillers; fillers inside stay. ``optional_data`` has two entries for TD1, else
    one; the rest of a long document number is part of the number, not of these.
    """

    document_code: str
    issuing_state: str
    name: MrzName
    document_number: str
    nationality: str
    birth_date: PartialDate
    sex: Sex
    expiry_date: PartialDate
    optional_data: tuple[str, ...] = ("",)


@dataclass(frozen=True, slots=True, kw_only=True)
class Mrz:
    format: Format
    lines: tuple[str, ...]
    fields: MrzFields
    checks: tuple[CheckResult, ...]
    problems: tuple[Problem, ...]

    @property
    def checks_hold(self) -> bool:
        """Whether every check digit does. It says that the reading fits, not that the document is genuine."""
        return all(check.holds for check in self.checks)

    @property
    def text(self) -> str:
        """All lines joined, as in DG1 of a chip (9303-10)."""
        return "".join(self.lines)

    def raw(self, field: Field) -> str:
        """The field's characters as they stand. Raises KeyError where the format has no such field."""
        return LAYOUTS[self.format].span(field).of(self.text)
