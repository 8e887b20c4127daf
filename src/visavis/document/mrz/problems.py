"""What can be wrong with a machine-readable zone, by stable code. Each is evidence; none stops the reading."""

from dataclasses import dataclass
from enum import StrEnum

from visavis.document.mrz.layout import Field

__all__ = ["Problem", "ProblemCode"]


class ProblemCode(StrEnum):
    CHECK_DIGIT_WRONG = "mrz_check_digit_wrong"
    CHECK_DIGIT_MISSING = "mrz_check_digit_missing"
    CHARACTER_NOT_PERMITTED = "mrz_character_not_permitted"
    """A character that may not stand there; `visavis.document.mrz.layout` says which may."""
    DOCUMENT_CODE_UNEXPECTED = "mrz_document_code_unexpected"
    """P begins a passport, A, C or I a card, V a visa; V is never the second character of a card's (9303-4 to -7)."""
    STATE_UNKNOWN = "mrz_state_unknown"
    """Not among the codes of 9303-3, 5."""
    STATE_HOLDS_DIGITS = "mrz_state_holds_digits"
    DOCUMENT_NUMBER_MISSING = "mrz_document_number_missing"
    LONG_NUMBER_UNREADABLE = "mrz_long_number_unreadable"
    """The number says that it runs on in the optional data, and what stands there is no rest with a check digit."""
    DATE_IMPOSSIBLE = "mrz_date_impossible"
    DATE_HAS_ZERO_PARTS = "mrz_date_has_zero_parts"
    """An unknown month or day written 00; the standard wants fillers (9303-3, 4.8)."""
    DATE_MISSING = "mrz_date_missing"
    SEX_NOT_PERMITTED = "mrz_sex_not_permitted"
    """X is written in the visual zone; the machine-readable zone has the filler."""
    NAME_MISSING = "mrz_name_missing"
    PRIMARY_NAME_MISSING = "mrz_primary_name_missing"
    NAME_SEPARATORS_UNEXPECTED = "mrz_name_separators_unexpected"
    """More than one double filler between names, or letters behind three fillers."""
    BIRTH_AFTER_EXPIRY = "mrz_birth_after_expiry"


@dataclass(frozen=True, slots=True)
class Problem:
    """``position`` counts from 0 through all lines joined; None where the field as a whole is meant."""

    code: ProblemCode
    field: Field | None = None
    position: int | None = None
