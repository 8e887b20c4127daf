"""Which side of the card some lines of text are from, if any, and which way round the picture lies."""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from visavis.document.prc_card.labels import BACK, FRONT, Label, find_labels
from visavis.document.prc_card.strips import Strip, strips_of
from visavis.document.text_layout import Quad, ReadLine, reading_angle

__all__ = ["LEAST_SCORE", "CardSide", "SideFound", "is_prc_back", "is_prc_front", "prc_side", "quarter_turns"]

LEAST_SCORE: Final = 0.3
"""From here on the lines are of a card: two labels, or one and the number's digits."""
_FRONT_WEIGHTS: Final = {Label.NUMBER: 0.4}
_BACK_WEIGHTS: Final = {Label.VALIDITY: 0.35, Label.AUTHORITY: 0.35, Label.TITLE: 0.2, Label.STATE: 0.15}


class CardSide(StrEnum):
    FRONT = "front"
    BACK = "back"


@dataclass(frozen=True, slots=True, kw_only=True)
class SideFound:
    """``score`` 0..1. ``turns``: how many quarter turns clockwise the print is turned in the picture, 0..3."""

    side: CardSide
    score: float
    turns: int


def is_prc_front(lines: Sequence[ReadLine], *, page_quad: Quad | None = None) -> float:
    """How much speaks for the front of the card, 0..1: its labels, and eighteen characters that are a number's."""
    return _front(strips_of(lines, page_quad=page_quad))


def is_prc_back(lines: Sequence[ReadLine], *, page_quad: Quad | None = None) -> float:
    """How much speaks for the back of the card, 0..1."""
    return _back(strips_of(lines, page_quad=page_quad))


def prc_side(lines: Sequence[ReadLine], *, page_quad: Quad | None = None) -> SideFound | None:
    """The side that the lines are of; None where they are of no such card, or were read upside down.

    Labels can only be read the right way up, so the direction in which lines with labels were read is that of the card.
    """
    strips = strips_of(lines, page_quad=page_quad)
    scores = {CardSide.FRONT: _front(strips), CardSide.BACK: _back(strips)}
    side = max(scores, key=lambda item: scores[item])
    if scores[side] < LEAST_SCORE:
        return None
    return SideFound(side=side, score=scores[side], turns=quarter_turns(lines))


def quarter_turns(lines: Sequence[ReadLine]) -> int:
    """By how many quarter turns clockwise the direction of reading is off the picture's own, 0..3."""
    return round(reading_angle([line.quad for line in lines]) / 90) % 4


def _front(strips: tuple[Strip, ...]) -> float:
    found = find_labels(strips, FRONT)
    score = sum(_FRONT_WEIGHTS.get(label, 0.2) for label in found)
    number = any(
        sum(c.isascii() and (c.isdigit() or c in "Xx") for c in strip.text) in range(17, 20) for strip in strips
    )
    return min(1.0, score + (0.25 if number and found else 0.0))


def _back(strips: tuple[Strip, ...]) -> float:
    return min(1.0, sum(_BACK_WEIGHTS[label] for label in find_labels(strips, BACK)))
