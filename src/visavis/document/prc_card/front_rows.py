"""Which strip of text is which row of the card's front, and where in it the value begins."""

import re
from collections.abc import Sequence
from enum import StrEnum
from typing import Final

from visavis.document.mrz.zone import Sex
from visavis.document.prc_card.labels import Label, LabelAt, without_label
from visavis.document.prc_card.strips import FieldRead, Strip, is_han, joined
from visavis.document.prc_id import is_nationality

__all__ = ["SEXES", "FrontField", "front_fields"]

SEXES: Final = {"男": Sex.MALE, "女": Sex.FEMALE}
_DATE_ROW: Final = re.compile(r"(?:19|20)[0-9]{2}年?[0-9]{1,2}月|[0-9]{4}年[0-9]{1,2}")
_NUMBER_RUN: Final = re.compile(r"[0-9Xx]{12,}")
_MOST_ADDRESS_ROWS: Final = 4
_ROW_PITCH: Final = 3.4
"""Heights of print from one row to the next, at most."""
_WIDEST_LABEL: Final = 9.0
"""Heights from sex to nationality, with the label between them."""


class FrontField(StrEnum):
    NAME = "name"
    SEX = "sex"
    NATIONALITY = "nationality"
    BIRTH_DATE = "birth_date"
    ADDRESS = "address"
    NUMBER = "number"


def front_fields(strips: tuple[Strip, ...], labels: dict[Label, LabelAt]) -> dict[FrontField, FieldRead]:
    """The fields as they were read, those that were."""
    return _Rows(strips, labels).fields()


class _Rows:
    """Which strip is which row of the card, and where its value begins."""

    def __init__(self, strips: tuple[Strip, ...], labels: dict[Label, LabelAt]) -> None:
        self._strips, self._labels = strips, labels
        column = [label for label in (Label.NAME, Label.SEX, Label.BIRTH, Label.ADDRESS) if label in labels]
        begins = [(labels[label], strips[labels[label].strip]) for label in column]
        self._label_x = _median([strip.x_of(at.start) for at, strip in begins])
        self._value_x = _median([strip.x_of(at.end) for at, strip in begins if at.end < len(strip.text)])

    def fields(self) -> dict[FrontField, FieldRead]:
        number, number_row = self._number()
        sex_row = self._sex_row()
        birth_row = self._birth_row()
        name_row = self._row(Label.NAME, above=sex_row if sex_row is not None else birth_row)
        address_row = self._row(Label.ADDRESS, below=birth_row, not_from=number_row)
        candidates = {
            FrontField.NAME: self._value(name_row, Label.NAME),
            FrontField.SEX: None if sex_row is None else self._sex(sex_row),
            FrontField.NATIONALITY: None if sex_row is None else self._nationality(sex_row),
            FrontField.BIRTH_DATE: self._value(birth_row, Label.BIRTH),
            FrontField.ADDRESS: self._address(address_row, before=number_row),
            FrontField.NUMBER: number,
        }
        return {field: value for field, value in candidates.items() if value is not None and value.text}

    def _labelled(self, label: Label) -> int | None:
        return self._labels[label].strip if label in self._labels else None

    def _sex_row(self) -> int | None:
        for label in (Label.SEX, Label.NATIONALITY):
            if label in self._labels:
                return self._labels[label].strip
        birth, name = self._birth_row(), self._labelled(Label.NAME)
        if birth is None:
            return None
        above = range((name + 1) if name is not None else 0, birth)
        return next((row for row in above if set(self._strips[row].text) & set(SEXES)), None)

    def _birth_row(self) -> int | None:
        if Label.BIRTH in self._labels:
            return self._labels[Label.BIRTH].strip
        return next((row for row, strip in enumerate(self._strips) if _DATE_ROW.search(strip.text)), None)

    def _row(
        self, label: Label, *, above: int | None = None, below: int | None = None, not_from: int | None = None
    ) -> int | None:
        """The row with the label, or the nearest in the card's column next to one that is known."""
        if label in self._labels:
            return self._labels[label].strip
        known = above if above is not None else below
        if known is None or self._label_x is None:
            return None
        last = len(self._strips) if not_from is None else not_from
        rows = range(known - 1, -1, -1) if above is not None else range(known + 1, last)
        for row in rows:
            strip = self._strips[row]
            if abs(strip.middle - self._strips[known].middle) > _ROW_PITCH * strip.height:
                return None
            if self._in_column(strip) and any(map(is_han, strip.text)):
                return row
        return None

    def _in_column(self, strip: Strip) -> bool:
        """Whether it begins where labels or values do."""
        if self._label_x is None:
            return True
        right = self._value_x if self._value_x is not None else self._label_x + 6 * strip.height
        return self._label_x - 1.5 * strip.height < strip.left < right + 1.5 * strip.height

    def _value(self, row: int | None, label: Label) -> FieldRead | None:
        if row is None:
            return None
        strip, start = self._strips[row], 0
        if label in self._labels and self._labels[label].strip == row:
            start = self._labels[label].end
        else:
            start = self._begins(strip, label)
        while start < len(strip.text) and strip.text[start] in ":;.,·-":
            start += 1
        return strip.field(start)

    def _begins(self, strip: Strip, label: Label) -> int:
        """Where the value begins in a row whose label was not read as one: by the column, else by its characters."""
        if self._value_x is None:
            return without_label(strip.text, label)
        before = [at for at in range(len(strip.text)) if strip.x_of(at) < self._value_x - 0.6 * strip.height]
        return before[-1] + 1 if before and before[-1] + 1 <= len(label) else without_label(strip.text, label)

    def _sex(self, row: int) -> FieldRead | None:
        strip = self._strips[row]
        start = self._labels[Label.SEX].end if self._labelled(Label.SEX) == row else 0
        end = self._labels[Label.NATIONALITY].start if self._labelled(Label.NATIONALITY) == row else len(strip.text)
        at = next((at for at in range(start, end) if strip.text[at] in SEXES), None)
        return None if at is None else strip.field(at, at + 1)

    def _nationality(self, row: int) -> FieldRead | None:
        strip = self._strips[row]
        labelled = self._labelled(Label.NATIONALITY)
        if labelled is not None:
            strip = self._strips[labelled]
            return strip.field(self._labels[Label.NATIONALITY].end)
        at = next((at for at, character in enumerate(strip.text) if character in SEXES), None)
        if at is None:
            return None
        start = at + 1 + without_label(strip.text[at + 1 :], Label.NATIONALITY)
        return strip.field(start) if start < len(strip.text) else self._nationality_beside(strip)

    def _nationality_beside(self, strip: Strip) -> FieldRead | None:
        """Where the label between sex and nationality was not read, the gap parts the two."""
        sex = strip.pieces[-1]
        for other in self._strips:
            first = other.pieces[0]
            level = abs(first.middle - sex.y_at(first.left)) < 0.8 * sex.height
            if level and 0 < first.left - sex.right < _WIDEST_LABEL * sex.height and is_nationality(other.text):
                return other.field()
        return None

    def _address(self, row: int | None, *, before: int | None) -> FieldRead | None:
        """The row with the label, and those below it that begin where its value does."""
        first = self._value(row, Label.ADDRESS)
        if row is None:
            return None
        parts = [] if first is None else [first]
        strip = self._strips[row]
        last = strip
        value_x = self._value_x
        if first is not None:
            value_x = strip.x_of(len(strip.text) - len(first.text))
        for number in range(row + 1, len(self._strips) if before is None else before):
            following = self._strips[number]
            if following.middle - last.middle > _ROW_PITCH * last.height or len(parts) == _MOST_ADDRESS_ROWS:
                break
            near = value_x is None or abs(following.left - value_x) < 2.5 * following.height
            whole = following.field()
            if near and whole is not None and not _NUMBER_RUN.search(following.text):
                parts.append(whole)
                last = following
        return joined(parts)

    def _number(self) -> tuple[FieldRead | None, int | None]:
        """The longest run of digits, behind its label or below everything else; and its row."""
        labelled = self._labelled(Label.NUMBER)
        runs = [
            (row == labelled, len(hit.group()), row, hit.span())
            for row, strip in enumerate(self._strips)
            for hit in _NUMBER_RUN.finditer(strip.text)
        ]
        if runs:
            _, _, row, span = max(runs)
            return self._strips[row].field(*span), row
        if labelled is None:
            return None, None
        return self._strips[labelled].field(self._labels[Label.NUMBER].end), labelled


def _median(values: Sequence[float]) -> float | None:
    return sorted(values)[len(values) // 2] if values else None
