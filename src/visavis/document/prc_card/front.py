"""The front of the resident identity card of the PRC: name, sex, nationality, birth date, address, number.

1. Boxes on the card are gathered into rows, and these cut at wide gaps into strips.
2. Labels are found within the strips, stuck to their values or not; a row whose label was not read is known by its
   neighbours above and below.
3. What stands between a label and the next one, or the end of the strip, is the value.

The number is never repaired (GB 11643 catches a misreading; a number that was mended until it fits is another
person's).
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from typing import Final

from visavis.document.consistency import Place, Statement
from visavis.document.dates import PartialDate
from visavis.document.mrz.zone import Sex
from visavis.document.names import PrintedName
from visavis.document.prc_card.front_rows import SEXES, FrontField, front_fields
from visavis.document.prc_card.labels import FRONT, find_labels
from visavis.document.prc_card.strips import FieldRead, is_han, specimen_marked, strips_of
from visavis.document.prc_id import NumberProblem, PrcNumber, against_print, is_nationality, read_number
from visavis.document.text_layout import Quad, ReadLine

__all__ = ["CardProblem", "FrontField", "PrcFront", "read_prc_front"]

_DATE: Final = re.compile(r"((?:19|20)[0-9]{2})[^0-9]{0,2}([0-9]{1,2})[^0-9]{1,2}([0-9]{1,2})(?![0-9])")
_LONGEST_NAME: Final = 40


class CardProblem(StrEnum):
    """Beside `visavis.document.prc_id.NumberProblem` and `ValidityProblem`. None of them stops the reading."""

    FIELD_UNREAD = "prc_field_unread"
    """A field that every card has was not found, or could not be understood."""
    NAME_CHARACTERS = "prc_name_characters"
    """Beside Chinese characters and the dot of a name there was something else, which was left out."""
    NATIONALITY_UNLISTED = "prc_nationality_unlisted"
    """None of the 56 nationalities, so most likely misread."""
    AUTHORITY_UNUSUAL = "prc_authority_unusual"
    """The issuing authority does not end with 局, as a public security bureau's does."""


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class PrcFront:
    """What was read; None where it was not. ``sex`` and ``birth_date`` are the printed ones: `number` has its own.

    ``fields`` tells for each field as it was read where it stands. ``marked_specimen``: the card says that it is one.
    """

    name: str | None
    sex: Sex | None
    nationality: str | None
    birth_date: PartialDate | None
    address: str | None
    number: PrcNumber | None
    fields: dict[FrontField, FieldRead]
    problems: tuple[CardProblem | NumberProblem, ...]
    unread: tuple[FrontField, ...]
    marked_specimen: bool

    @property
    def statements(self) -> tuple[Statement, ...]:
        """What is printed and what the number says, for `visavis.document.consistency`."""
        printed = Statement(
            place=Place.VISUAL_ZONE,
            name=None if self.name is None else PrintedName(primary=self.name),
            document_number=None if self.number is None else self.number.number,
            birth_date=self.birth_date,
            sex=self.sex,
        )
        told = self.number
        if told is None or not told.valid or told.birth_date is None:
            return (printed,)
        number = Statement(place=Place.PERSONAL_NUMBER, birth_date=PartialDate.of(told.birth_date), sex=told.sex)
        return printed, number

    @property
    def best_birth_date(self) -> PartialDate | None:
        """From a valid number, which is surer than the small print, else as printed."""
        if self.number is not None and self.number.valid and self.number.birth_date is not None:
            return PartialDate.of(self.number.birth_date)
        return self.birth_date

    @property
    def best_sex(self) -> Sex | None:
        """As `best_birth_date`."""
        return self.number.sex if self.number is not None and self.number.valid else self.sex


def read_prc_front(lines: Sequence[ReadLine], *, today: date, page_quad: Quad | None = None) -> PrcFront:
    """Read the front from lines of text that were read upright. Never raises for what a card may say.

    ``page_quad``: the card's corners (4, 2), px of the picture; text beyond them is of the table below.
    """
    strips = strips_of(lines, page_quad=page_quad)
    fields = front_fields(strips, find_labels(strips, FRONT))
    problems: list[CardProblem | NumberProblem] = []
    name = _name(fields.get(FrontField.NAME), problems)
    sex = _sex(fields.get(FrontField.SEX))
    nationality = _nationality(fields.get(FrontField.NATIONALITY), problems)
    birth = _birth(fields.get(FrontField.BIRTH_DATE))
    address = fields[FrontField.ADDRESS].text if FrontField.ADDRESS in fields else None
    number = read_number(fields[FrontField.NUMBER].text, today=today) if FrontField.NUMBER in fields else None
    if number is not None:
        problems += [*number.problems, *against_print(number, birth_date=birth, sex=sex)]
    values = zip(FrontField, (name, sex, nationality, birth, address, number), strict=True)
    unread = tuple(field for field, value in values if value is None)
    if unread:
        problems.append(CardProblem.FIELD_UNREAD)
    return PrcFront(
        name=name,
        sex=sex,
        nationality=nationality,
        birth_date=birth,
        address=address,
        number=number,
        fields=fields,
        problems=tuple(problems),
        unread=unread,
        marked_specimen=specimen_marked(lines),
    )


def _name(read: FieldRead | None, problems: list[CardProblem | NumberProblem]) -> str | None:
    if read is None:
        return None
    dotted = "".join("·" if c in ".•・∙‧●" else c for c in read.text)
    name = "".join(c for c in dotted if is_han(c) or c == "·").strip("·")[:_LONGEST_NAME]
    if name != dotted:
        problems.append(CardProblem.NAME_CHARACTERS)
    return name or None


def _sex(read: FieldRead | None) -> Sex | None:
    return None if read is None else SEXES.get(read.text)


def _nationality(read: FieldRead | None, problems: list[CardProblem | NumberProblem]) -> str | None:
    """The longest of the 56 that the value begins with: behind it stands nothing on the card."""
    if read is None:
        return None
    for length in range(min(5, len(read.text)), 0, -1):
        if is_nationality(read.text[:length]):
            return read.text[:length].removesuffix("族")
    problems.append(CardProblem.NATIONALITY_UNLISTED)
    return None


def _birth(read: FieldRead | None) -> PartialDate | None:
    found = None if read is None else _DATE.search(read.text)
    if found is None:
        return None
    year, month, day = (int(part) for part in found.groups())
    try:
        return PartialDate(year=year, month=month, day=day)
    except ValueError:
        return None
