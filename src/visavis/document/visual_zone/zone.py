"""The visual zone of a passport or card, read by its labels, and held against the machine-readable zone.

1. Lines are brought into one frame; those of the machine-readable zone are left out, since it is what they are held
   against.
2. Labels are found in every line, in eight languages, stuck to their values or not.
3. Values are paired with labels by where they stand, and only where they can be a value of that field.
4. What was understood is a `Statement`, as the machine-readable zone and the chip make one.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date
from typing import Final

import cv2
import numpy as np

from visavis.document.consistency import Consistency, Place, Statement, consistency, said_by
from visavis.document.dates import PartialDate
from visavis.document.mrz.zone import Mrz, Sex
from visavis.document.names import PrintedName
from visavis.document.text_layout import Quad, ReadLine, pieces_of
from visavis.document.visual_zone.label_words import VisualField
from visavis.document.visual_zone.marks import with_marks
from visavis.document.visual_zone.pairing import Pair, pair_up, split_lines
from visavis.document.visual_zone.printed_dates import PrintedDate
from visavis.document.visual_zone.values import Value, like_mrz

__all__ = ["ValueRead", "VisualZone", "against_mrz", "printed_number", "read_visual_zone", "statement_beside"]

_LEAST_NUMBER: Final = 5


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class ValueRead:
    """One value. ``text`` as it was read; ``value`` as it was understood; quads (4, 2) in px of the picture.

    ``languages``: of the label, as far as it was known. ``confidence`` 0..1, of the least sure line.
    """

    field: VisualField
    text: str
    value: Value
    quads: tuple[Quad, ...]
    label: Quad
    languages: frozenset[str]
    confidence: float


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class VisualZone:
    """``statement``: for `consistency`. ``values``: each value with its place. ``languages``: of the labels, the
    commonest first. ``unread``: fields whose label was found without a value that it could be.
    """

    statement: Statement
    values: tuple[ValueRead, ...]
    languages: tuple[str, ...]
    unread: tuple[VisualField, ...]

    def get(self, field: VisualField) -> ValueRead | None:
        return next((value for value in self.values if value.field is field), None)

    @property
    def personal_number(self) -> str | None:
        found = self.get(VisualField.PERSONAL_NUMBER)
        return None if found is None or not isinstance(found.value, str) else str(found.value)

    @property
    def issue_date(self) -> PartialDate | None:
        found = self.get(VisualField.ISSUE_DATE)
        return None if found is None or not isinstance(found.value, PrintedDate) else found.value.date


def read_visual_zone(
    lines: Sequence[ReadLine], *, today: date, page_quad: Quad | None = None, mrz_quads: Sequence[Quad] = ()
) -> VisualZone:
    """Read what is printed, from lines of text that were read upright. Never raises for what a document may say.

    ``page_quad``: the page's corners (4, 2), px of the picture; text beyond them does not count. ``mrz_quads``: where
    the lines of the machine-readable zone stand; without them they are known by their characters.
    """
    labels, values = split_lines(pieces_of(_printed(lines, mrz_quads), page_quad=page_quad))
    pairs = [pair for pair in pair_up(labels, values, today=today) if pair.field is not VisualField.OTHER]
    read = tuple(_read(pair) for pair in pairs)
    seen = dict.fromkeys(label.fields[0] for label in labels if label.fields[0] is not VisualField.OTHER)
    found = {value.field for value in read}
    spoken = [language for label in labels for language in sorted(label.languages)]
    languages = tuple(sorted(set(spoken), key=lambda item: (-spoken.count(item), item)))
    return VisualZone(
        statement=_statement({value.field: value.value for value in read}),
        values=read,
        languages=languages,
        unread=tuple(field for field in seen if field not in found),
    )


def against_mrz(zone: VisualZone, mrz: Mrz) -> Consistency:
    """The visual zone against a machine-readable zone, field by field."""
    return consistency([statement_beside(zone, mrz), said_by(mrz)])


def statement_beside(zone: VisualZone, mrz: Mrz | None) -> Statement:
    """What the visual zone says, to be held against ``mrz``.

    Marks over letters that the recogniser lost are put back (`visavis.document.visual_zone.marks`). A surname that was
    read without given names is a name only where the machine-readable zone has none either: else they were most likely
    not read.
    """
    statement, surname = zone.statement, zone.get(VisualField.SURNAME)
    if mrz is None:
        return statement
    name = statement.name
    if name is None and surname is not None and not mrz.fields.name.secondary:
        name = PrintedName(primary=str(surname.value))
    return (
        statement if not isinstance(name, PrintedName) else replace(statement, name=with_marks(name, mrz.fields.name))
    )


def printed_number(
    lines: Sequence[ReadLine], number: str, *, mrz_quads: Sequence[Quad], page_quad: Quad | None = None
) -> Quad | None:
    """Where the document number is printed once more on the page, with a label or without; None where it is not seen.

    Only a word or line that is this number and nothing else counts, and nothing within ``mrz_quads``: a part of the
    machine-readable zone, read by another reader, has the same faults and confirms nothing.
    """
    wanted = _bare(number)
    if len(wanted) < _LEAST_NUMBER:
        return None
    for piece in pieces_of(_printed(lines, mrz_quads), page_quad=page_quad):
        if _bare(piece.text) == wanted:
            return piece.quad
        at = 0
        for word in piece.text.split(" "):
            if _bare(word) == wanted:
                return piece.part(at, at + len(word)).quad
            at += len(word) + 1
    return None


def _printed(lines: Sequence[ReadLine], mrz_quads: Sequence[Quad]) -> list[ReadLine]:
    return [line for line in lines if not like_mrz(line.text) and not _within(line.quad, mrz_quads)]


def _within(quad: Quad, others: Sequence[Quad]) -> bool:
    middle = np.asarray(quad, np.float64).mean(axis=0)
    if not np.isfinite(middle).all():
        return True
    point = (float(middle[0]), float(middle[1]))
    return any(cv2.pointPolygonTest(np.asarray(other, np.float32), point, measureDist=False) >= 0 for other in others)


def _bare(text: str) -> str:
    return "".join(c for c in text.upper() if c.isalnum())


def _read(pair: Pair) -> ValueRead:
    return ValueRead(
        field=pair.field,
        text=" ".join(piece.text for piece in pair.pieces),
        value=pair.value,
        quads=tuple(piece.quad for piece in pair.pieces),
        label=pair.label.piece.quad,
        languages=pair.label.languages,
        confidence=min(piece.confidence for piece in pair.pieces),
    )


def _statement(values: dict[VisualField, Value]) -> Statement:
    birth, expiry = (_date(values.get(field)) for field in (VisualField.BIRTH_DATE, VisualField.EXPIRY_DATE))
    sex = values.get(VisualField.SEX)
    return Statement(
        place=Place.VISUAL_ZONE,
        name=_name(values),
        document_number=_text(values.get(VisualField.DOCUMENT_NUMBER)),
        birth_date=None if birth is None else birth.date,
        expiry_date=None if expiry is None else expiry.date,
        sex=sex if isinstance(sex, Sex) else None,
        nationality=_text(values.get(VisualField.NATIONALITY)),
        issuing_state=_text(values.get(VisualField.ISSUING_STATE)),
        two_digit_years=any(found is not None and found.short for found in (birth, expiry)),
    )


def _name(values: dict[VisualField, Value]) -> PrintedName | None:
    """Both parts, or a whole name that a comma parts; a name whose parts nobody can tell is not compared."""
    surname, given = _text(values.get(VisualField.SURNAME)), _text(values.get(VisualField.GIVEN_NAMES))
    whole = _text(values.get(VisualField.NAME))
    if surname is not None:
        return None if given is None else PrintedName(primary=surname, secondary=given)
    if whole is None or "," not in whole:
        return None
    primary, _, secondary = whole.partition(",")
    return PrintedName(primary=primary.strip(), secondary=secondary.replace(",", " ").strip())


def _date(value: Value | None) -> PrintedDate | None:
    return value if isinstance(value, PrintedDate) else None


def _text(value: Value | None) -> str | None:
    return str(value) if isinstance(value, str) else None
