"""Which value belongs to which label, by where they stand: in the label's own line, beside it, or under it.

Distances are in heights of print, so that neither the size of the picture nor that of the document matters. Every pair
that can be has a cost; the cheapest pairs are taken first, and each label and each value once.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date
from typing import Final

from visavis.document.text_layout import Piece
from visavis.document.visual_zone.label_words import VisualField
from visavis.document.visual_zone.labels import segments_of
from visavis.document.visual_zone.values import NAME_FIELDS, Value, read_value

__all__ = ["Label", "Pair", "pair_up", "split_lines"]

_LEVEL: Final = 0.6
_FARTHEST_BESIDE: Final = 14.0
_FARTHEST_BELOW: Final = 3.4
_NEAREST_BELOW: Final = 0.55
_ASIDE: Final = 2.5
_SAME_PRINT: Final = 1.35
_MOST_LABELS: Final = 80
_MOST_VALUES: Final = 160


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class Label:
    piece: Piece
    fields: tuple[VisualField, ...]
    languages: frozenset[str]


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class Pair:
    """``pieces``: one, or for a name that goes on in the next row, two."""

    field: VisualField
    label: Label
    pieces: tuple[Piece, ...]
    value: Value


def split_lines(pieces: Sequence[Piece]) -> tuple[list[Label], list[Piece]]:
    """Labels, and what may be values. A line of several labels or values is cut where its columns begin.

    Only so many lines are looked at, the first first, as a document can have labels and values.
    """
    labels, values = list[Label](), list[Piece]()
    for piece in pieces:
        if len(labels) >= _MOST_LABELS or len(values) >= _MOST_VALUES:
            break
        for segment in segments_of(piece.text):
            part = piece.part(segment.start, segment.end)
            if segment.fields:
                labels.append(Label(piece=part, fields=segment.fields, languages=segment.languages))
            else:
                values.append(part)
    labels = _settle_names(labels)
    return labels, [part for value in values for part in _columns(value, labels)]


def pair_up(labels: Sequence[Label], values: Sequence[Piece], *, today: date) -> tuple[Pair, ...]:
    """The pairs, the likeliest first; each field once."""
    candidates: list[tuple[float, int, int, VisualField, Value, Piece]] = []
    for at, label in enumerate(labels):
        for number, value in enumerate(values):
            cost = _cost(label, value, labels)
            if cost is None:
                continue
            for field, part in ((field, part) for field in label.fields for part in _parts(label, value)):
                read = read_value(field, part.text, today=today)
                if read is not None:
                    candidates.append((cost, at, number, field, read, part))
                    break
    used_labels, used_values, fields = set[int](), set[int](), set[VisualField]()
    pairs: list[Pair] = []
    for _, at, number, field, read, part in sorted(candidates, key=lambda item: item[:3]):
        again = field in fields and field is not VisualField.OTHER
        if at in used_labels or number in used_values or again:
            continue
        used_labels.add(at)
        used_values.add(number)
        fields.add(field)
        pairs.append(Pair(field=field, label=labels[at], pieces=(part,), value=read))
    free = [value for number, value in enumerate(values) if number not in used_values]
    return tuple(_continued(pair, free, labels, today=today) for pair in pairs)


def _parts(label: Label, value: Piece) -> tuple[Piece, ...]:
    """A value as a whole, and what of it stands under its label: a box may have caught the end of its neighbour."""
    unit = (label.piece.height + value.height) / 2
    if value.left > label.piece.left - 0.6 * unit:
        return (value,)
    lefts = ((at, value.part(at, at + 1).left) for at in range(1, len(value.text)))
    start = next((at for at, left in lefts if left > label.piece.left - 0.6 * unit), None)
    return (value,) if start is None else (value, value.part(start, len(value.text)))


def _settle_names(labels: list[Label]) -> list[Label]:
    """What *name*, *nom* or *nome* means follows from the labels beside it."""
    sure = {label.fields[0] for label in labels if len(label.fields) == 1}
    surname, given = VisualField.SURNAME in sure, VisualField.GIVEN_NAMES in sure
    settled = []
    for label in labels:
        fields = label.fields
        if VisualField.NAME in fields or len(fields) > 1:
            if given and not surname and set(fields) & {VisualField.NAME, VisualField.SURNAME}:
                fields = (VisualField.SURNAME,)
            elif surname and not given and set(fields) & {VisualField.NAME, VisualField.GIVEN_NAMES}:
                fields = (VisualField.GIVEN_NAMES,)
        settled.append(replace(label, fields=fields))
    return settled


def _columns(value: Piece, labels: Sequence[Label]) -> list[Piece]:
    """A line of values under a row of labels, cut where labels begin."""
    above = [label.piece for label in labels if _is_above(label.piece, value)]
    if len(above) < 2:
        return [value]
    starts = [0] + [at for at in range(1, len(value.text)) if value.text[at - 1] == " " and value.text[at] != " "]
    places = {at: value.part(at, len(value.text)).left for at in starts}
    cuts = {0}
    for label in sorted(above, key=lambda piece: piece.left)[1:]:
        near = min(starts, key=lambda at: abs(places[at] - label.left))
        if abs(places[near] - label.left) < 2 * value.height:
            cuts.add(near)
    ends = [*sorted(cuts)[1:], len(value.text)]
    parts = [value.part(start, end) for start, end in zip(sorted(cuts), ends, strict=True)]
    return [replace(part, text=part.text.strip()) for part in parts if part.text.strip()]


def _is_above(label: Piece, value: Piece) -> bool:
    """Whether the label heads a part of the value."""
    unit = (label.height + value.height) / 2
    down = value.y_at(label.left) - label.middle
    within = value.left - _ASIDE * unit < label.left < value.right - 0.3 * unit
    return within and _NEAREST_BELOW * unit < down < 2.2 * unit


def _cost(label: Label, value: Piece, labels: Sequence[Label]) -> float | None:
    """How far from each other they stand; None where they cannot belong together."""
    one = label.piece
    unit = (one.height + value.height) / 2
    gap = (value.left - one.right) / unit
    off = abs(value.y_at(value.left) - one.y_at(value.left)) / unit
    if off < _LEVEL and -1.0 < gap < _FARTHEST_BESIDE:
        between = any(_level_between(one, value, other.piece) for other in labels)
        return None if between else 0.25 + 0.08 * max(gap, 0)
    x = max(one.left, value.left)
    down = (value.y_at(x) - one.y_at(x)) / unit
    aside = (value.left - one.left) / unit
    if not _NEAREST_BELOW < down < _FARTHEST_BELOW or not -_ASIDE < aside < _ASIDE:
        return None
    if any(_heads_between(one, value, other.piece) for other in labels):
        return None
    return 0.35 * abs(aside) + 0.5 * max(down - 1, 0)


def _level_between(one: Piece, value: Piece, other: Piece) -> bool:
    level = abs(other.middle - one.y_at(other.left)) < _LEVEL * one.height
    return other is not one and level and one.left < other.left < value.left


def _heads_between(one: Piece, value: Piece, other: Piece) -> bool:
    """Whether another label stands over the value and under this one."""
    if other is one or abs(other.left - value.left) > 3 * value.height:
        return False
    x = other.left
    return one.y_at(x) + 0.3 * one.height < other.middle < value.y_at(x) - 0.3 * value.height


def _continued(pair: Pair, free: list[Piece], labels: Sequence[Label], *, today: date) -> Pair:
    """A name with its second row, which begins under the first in the same print, before the next label."""
    if pair.field not in NAME_FIELDS:
        return pair
    (first,) = pair.pieces
    for value in free:
        ratio = max(first.height, value.height) / min(first.height, value.height)
        down = (value.y_at(first.left) - first.y_at(first.left)) / first.height
        near = abs(value.left - first.left) < 1.0 * first.height and 0.7 < down < 1.7
        parted = any(_heads_between(first, value, label.piece) for label in labels)
        if not near or parted or ratio > _SAME_PRINT:
            continue
        more = read_value(pair.field, value.text, today=today)
        if isinstance(more, str):
            return replace(pair, pieces=(first, value), value=f"{pair.value} {more}")
    return pair
