"""Where everything stands: the five formats as data.

Positions are counted from 0 through all lines joined. A mask is the set of characters that may stand at a position; it
is as wide as real documents need, not as narrow as the standard: issuers put digits into the document code's second
place and, by error, into states.
"""

from dataclasses import dataclass
from enum import StrEnum
from functools import cache
from typing import Final

from visavis.document.mrz.checks import ALPHABET, DIGITS, FILLER, LETTERS

__all__ = ["LAYOUTS", "Checked", "Digit", "Field", "Format", "Layout", "Span", "position_masks"]


class Format(StrEnum):
    TD1 = "td1"
    """Card, three lines of 30 (9303-5)."""
    TD2 = "td2"
    """Larger card, two lines of 36 (9303-6)."""
    TD3 = "td3"
    """Passport, two lines of 44 (9303-4)."""
    MRV_A = "mrv_a"
    """Full-size visa, two lines of 44 (9303-7)."""
    MRV_B = "mrv_b"
    """Smaller visa, two lines of 36 (9303-7)."""


class Field(StrEnum):
    DOCUMENT_CODE = "document_code"
    ISSUING_STATE = "issuing_state"
    DOCUMENT_NUMBER = "document_number"
    NATIONALITY = "nationality"
    BIRTH_DATE = "birth_date"
    SEX = "sex"
    EXPIRY_DATE = "expiry_date"
    NAME = "name"
    OPTIONAL = "optional"
    OPTIONAL_2 = "optional_2"
    """TD1 has a second field for optional data, in its second line."""


class Checked(StrEnum):
    """What a check digit stands for."""

    DOCUMENT_NUMBER = "document_number"
    BIRTH_DATE = "birth_date"
    EXPIRY_DATE = "expiry_date"
    OPTIONAL = "optional"
    COMPOSITE = "composite"


@dataclass(frozen=True, slots=True)
class Span:
    start: int
    end: int
    """Exclusive."""

    def of(self, text: str) -> str:
        return text[self.start : self.end]


@dataclass(frozen=True, slots=True)
class Digit:
    """A check digit: where it stands, and over what."""

    checked: Checked
    position: int
    over: tuple[Span, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Layout:
    format: Format
    lines: int
    length: int
    fields: tuple[tuple[Field, Span], ...]
    digits: tuple[Digit, ...]
    long_numbers: bool = False
    """Numbers of more than nine characters run on in the optional data (9303-5 and 9303-6, 4.2.2.1)."""

    @property
    def size(self) -> int:
        return self.lines * self.length

    @property
    def visa(self) -> bool:
        return self.format in {Format.MRV_A, Format.MRV_B}

    def span(self, field: Field) -> Span:
        """Raises KeyError where the format has no such field."""
        return dict(self.fields)[field]


def _two_lines(kind: Format, length: int, *, optional: int, digits: tuple[Digit, ...], long: bool = False) -> Layout:
    """The second lines begin alike in TD2, TD3 and both visas; they differ in the optional data and what follows it."""
    at = length
    return Layout(
        format=kind,
        lines=2,
        length=length,
        long_numbers=long,
        fields=(
            (Field.DOCUMENT_CODE, Span(0, 2)),
            (Field.ISSUING_STATE, Span(2, 5)),
            (Field.NAME, Span(5, length)),
            (Field.DOCUMENT_NUMBER, Span(at, at + 9)),
            (Field.NATIONALITY, Span(at + 10, at + 13)),
            (Field.BIRTH_DATE, Span(at + 13, at + 19)),
            (Field.SEX, Span(at + 20, at + 21)),
            (Field.EXPIRY_DATE, Span(at + 21, at + 27)),
            (Field.OPTIONAL, Span(at + 28, at + 28 + optional)),
        ),
        digits=(
            Digit(Checked.DOCUMENT_NUMBER, at + 9, (Span(at, at + 9),)),
            Digit(Checked.BIRTH_DATE, at + 19, (Span(at + 13, at + 19),)),
            Digit(Checked.EXPIRY_DATE, at + 27, (Span(at + 21, at + 27),)),
            *digits,
        ),
    )


_TD1: Final = Layout(
    format=Format.TD1,
    lines=3,
    length=30,
    long_numbers=True,
    fields=(
        (Field.DOCUMENT_CODE, Span(0, 2)),
        (Field.ISSUING_STATE, Span(2, 5)),
        (Field.DOCUMENT_NUMBER, Span(5, 14)),
        (Field.OPTIONAL, Span(15, 30)),
        (Field.BIRTH_DATE, Span(30, 36)),
        (Field.SEX, Span(37, 38)),
        (Field.EXPIRY_DATE, Span(38, 44)),
        (Field.NATIONALITY, Span(45, 48)),
        (Field.OPTIONAL_2, Span(48, 59)),
        (Field.NAME, Span(60, 90)),
    ),
    digits=(
        Digit(Checked.DOCUMENT_NUMBER, 14, (Span(5, 14),)),
        Digit(Checked.BIRTH_DATE, 36, (Span(30, 36),)),
        Digit(Checked.EXPIRY_DATE, 44, (Span(38, 44),)),
        Digit(Checked.COMPOSITE, 59, (Span(5, 30), Span(30, 37), Span(38, 45), Span(48, 59))),
    ),
)
_TD2: Final = _two_lines(
    Format.TD2,
    36,
    optional=7,
    long=True,
    digits=(Digit(Checked.COMPOSITE, 71, (Span(36, 46), Span(49, 56), Span(57, 71))),),
)
_TD3: Final = _two_lines(
    Format.TD3,
    44,
    optional=14,
    digits=(
        Digit(Checked.OPTIONAL, 86, (Span(72, 86),)),
        Digit(Checked.COMPOSITE, 87, (Span(44, 54), Span(57, 64), Span(65, 87))),
    ),
)

LAYOUTS: Final = {
    Format.TD1: _TD1,
    Format.TD2: _TD2,
    Format.TD3: _TD3,
    Format.MRV_A: _two_lines(Format.MRV_A, 44, optional=16, digits=()),
    Format.MRV_B: _two_lines(Format.MRV_B, 36, optional=8, digits=()),
}

_FIELD_MASKS: Final = {
    Field.DOCUMENT_CODE: LETTERS + DIGITS + FILLER,
    Field.ISSUING_STATE: ALPHABET,
    Field.DOCUMENT_NUMBER: ALPHABET,
    Field.NATIONALITY: ALPHABET,
    Field.BIRTH_DATE: DIGITS + FILLER,
    Field.SEX: "MFX" + FILLER,
    Field.EXPIRY_DATE: DIGITS + FILLER,
    Field.NAME: LETTERS + FILLER,
    Field.OPTIONAL: ALPHABET,
    Field.OPTIONAL_2: ALPHABET,
}


@cache  # a pure function of five values
def position_masks(kind: Format) -> tuple[tuple[frozenset[str], ...], ...]:
    """What may stand where: one set of characters a position, one tuple of positions a line.

    For a decoder that holds every position to its alphabet, and for repair. Check digits are digits; that of a document
    number may be a filler where long numbers are allowed, that of TD3's optional data where those are empty.
    """
    layout = LAYOUTS[kind]
    flat = [frozenset(DIGITS)] * layout.size
    for field, span in layout.fields:
        flat[span.start : span.end] = [frozenset(_FIELD_MASKS[field])] * (span.end - span.start)
    # the first letter of the document code says what it is: never a digit or filler, and V for visas alone
    flat[0] = frozenset("V") if layout.visa else frozenset(LETTERS) - {"V"}
    for digit in layout.digits:
        may_be_filler = digit.checked is Checked.OPTIONAL or (
            digit.checked is Checked.DOCUMENT_NUMBER and layout.long_numbers
        )
        flat[digit.position] = frozenset(DIGITS + FILLER if may_be_filler else DIGITS)
    return tuple(tuple(flat[at : at + layout.length]) for at in range(0, layout.size, layout.length))
