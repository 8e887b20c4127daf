"""The back of the resident identity card of the PRC: issuing authority and period of validity."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from typing import Final

from visavis.document.prc_card.front import CardProblem
from visavis.document.prc_card.labels import BACK, Label, LabelAt, find_labels, without_label
from visavis.document.prc_card.strips import FieldRead, Strip, is_han, joined, specimen_marked, strips_of
from visavis.document.prc_id import LONG_TERM, PrcValidity, ValidityProblem, read_validity
from visavis.document.text_layout import Quad, ReadLine

__all__ = ["BackField", "PrcBack", "read_prc_back"]

_PERIOD: Final = re.compile(r"([0-9]{4})[^0-9]?([0-9]{2})[^0-9]?([0-9]{2})(?![0-9]{9})[^0-9长長期]{0,2}(.*)")
_DAY: Final = re.compile(r"([0-9]{4})[^0-9]?([0-9]{2})[^0-9]?([0-9]{2})(?![0-9])")
_LONG: Final = re.compile(r"[长長].?|.?期")
_ROW_PITCH: Final = 2.6
_LONGEST_AUTHORITY: Final = 60


class BackField(StrEnum):
    AUTHORITY = "authority"
    VALIDITY = "validity"


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class PrcBack:
    """What was read; None where it was not. ``fields`` tells where each field stands, as it was read."""

    authority: str | None
    validity: PrcValidity | None
    fields: dict[BackField, FieldRead]
    problems: tuple[CardProblem | ValidityProblem, ...]
    unread: tuple[BackField, ...]
    marked_specimen: bool


def read_prc_back(
    lines: Sequence[ReadLine], *, today: date, birth_date: date | None = None, page_quad: Quad | None = None
) -> PrcBack:
    """Read the back from lines of text that were read upright. Never raises for what a card may say.

    ``birth_date``: from the front's number, so that the period is held against the holder's age. ``page_quad``: the
    card's corners (4, 2), px of the picture.
    """
    strips = strips_of(lines, page_quad=page_quad)
    labels = find_labels(strips, BACK)
    validity_row, period = _period(strips, labels)
    found = {
        BackField.AUTHORITY: _authority(strips, labels, before=validity_row),
        BackField.VALIDITY: period,
    }
    fields = {field: value for field, value in found.items() if value is not None and value.text}
    problems: list[CardProblem | ValidityProblem] = []
    authority = None
    if BackField.AUTHORITY in fields:
        authority = "".join(c for c in fields[BackField.AUTHORITY].text if is_han(c))[:_LONGEST_AUTHORITY] or None
        if authority is not None and not authority.endswith("局"):
            problems.append(CardProblem.AUTHORITY_UNUSUAL)
    validity = None
    if BackField.VALIDITY in fields:
        written = plain_period(fields[BackField.VALIDITY].text)
        validity = read_validity(written, today=today, birth_date=birth_date)
        problems += validity.problems
    unread = tuple(field for field, value in zip(BackField, (authority, validity), strict=True) if value is None)
    if unread:
        problems.append(CardProblem.FIELD_UNREAD)
    return PrcBack(
        authority=authority,
        validity=validity,
        fields=fields,
        problems=tuple(problems),
        unread=unread,
        marked_specimen=specimen_marked(lines),
    )


def plain_period(text: str) -> str:
    """A period as the card prints it, ``2015.03.02-2035.03.02``, from one whose dots and dash were misread or lost.

    Only what stands between digits is mended; the digits stay as they were read. What is no period comes back as it is.
    """
    found = _PERIOD.search(text)
    if found is None:
        return text
    first, rest = ".".join(found.groups()[:3]), found.group(4)
    last = _DAY.match(rest)
    if last is not None:
        return f"{first}-{'.'.join(last.groups())}"
    return f"{first}-{LONG_TERM}" if _LONG.fullmatch(rest) else text


def _period(strips: tuple[Strip, ...], labels: dict[Label, LabelAt]) -> tuple[int | None, FieldRead | None]:
    """The row of the period of validity, known by its label or by its dates, and what it says."""
    at = labels.get(Label.VALIDITY)
    if at is not None and _PERIOD.search(strips[at.strip].text, at.end):
        return at.strip, strips[at.strip].field(at.end)
    for row, strip in enumerate(strips):
        hit = _PERIOD.search(strip.text)
        if hit is not None:
            return row, strip.field(hit.start())
    return (None, None) if at is None else (at.strip, strips[at.strip].field(at.end))


def _authority(strips: tuple[Strip, ...], labels: dict[Label, LabelAt], *, before: int | None) -> FieldRead | None:
    """Behind its label, or above the period; a long one goes on in the row below."""
    at = labels.get(Label.AUTHORITY)
    if at is not None:
        row, start = at.strip, at.end
    else:
        if before is None or before == 0:
            return None
        row, below = before - 1, strips[before]
        if below.middle - strips[row].middle > _ROW_PITCH * 1.5 * below.height or "局" not in strips[row].text:
            return None
        start = without_label(strips[row].text, Label.AUTHORITY)
    strip = strips[row]
    while start < len(strip.text) and not is_han(strip.text[start]):
        start += 1
    first = strip.field(start)
    if first is None:
        return None
    parts, last = [first], strip
    value_x = strip.x_of(start)
    for following in strips[row + 1 : before]:
        near = abs(following.left - value_x) < 2.5 * following.height
        whole = following.field()
        if not near or whole is None or following.middle - last.middle > _ROW_PITCH * last.height:
            break
        parts.append(whole)
        last = following
    return joined(parts)
