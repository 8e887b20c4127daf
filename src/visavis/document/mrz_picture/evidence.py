"""What may stand at each place, after all that one picture says: the recogniser, its known weakness, and the heights.

A recogniser of many scripts takes letters of OCR-B for the digits they resemble, and rarely the other way: of drawn
zones photographed sharply it took nearly every O for 0, a third of the I for 1, and one in fifteen of B, G, S and Z.
What it says is therefore no final word on these pairs; the height of the print is (`heights`), and check digits are.
"""

from collections.abc import Sequence
from functools import cache
from typing import Final

import numpy as np
from numpy.typing import NDArray

from visavis.document.mrz.checks import ALPHABET, DIGITS, FILLER, LETTERS
from visavis.document.mrz.layout import LAYOUTS, Field, Format, position_masks
from visavis.document.mrz.states import STATES

__all__ = ["fused", "read_off", "weighed"]

Chances = NDArray[np.float64]

_TAKEN_FOR: Final = {
    ("O", "0"): 0.95,
    ("I", "1"): 0.35,
    ("Q", "0"): 0.03,
    ("Q", "O"): 0.03,
    ("Q", "9"): 0.06,
    ("D", "0"): 0.03,
    ("D", "9"): 0.02,
    ("Z", "2"): 0.1,
    ("S", "5"): 0.1,
    ("B", "8"): 0.07,
    ("G", "6"): 0.07,
    ("0", "O"): 0.03,
    ("1", "I"): 0.03,
    ("2", "Z"): 0.01,
    ("5", "S"): 0.01,
    ("8", "B"): 0.01,
    ("6", "G"): 0.01,
}
"""How often the first is read as the second."""
_LETTER_IN_NUMBER: Final = 0.3
_ODD_LETTER: Final = {"O": 0.3, "I": 0.5}
"""Issuers avoid these in numbers, for the same reason that we do not trust them here."""
_RARE: Final = 0.003
"""A digit in a state or a document code, a filler in a date: by an issuer's error, or for a date that nobody knows."""
_CODES_OF_CARDS: Final = frozenset("<ACDELMNPRSTV")
"""Second letters of the document codes that cards bear; the others, O and Q above all, are nearly always misread."""
_Q_IN_NAME: Final = 0.03
"""By O; names of most languages have far fewer."""
_KNOWN_STATE: Final = 0.995
_SHARPNESS: Final = 1.3
"""CTC spreads a character over neighbouring steps and is less sure than it could be."""
_LEAST: Final = 1e-6
_UNSEEN: Final = [ALPHABET.index(character) for character in "6G"]
"""Look-alikes that count the same in every check digit."""


def weighed(chances: Chances, kind: Format, *, odds: NDArray[np.float64]) -> Chances:
    """(characters, 37): ``chances`` of a recogniser, each row summing to 1, with what it confuses, what usually stands
    there, and the ``odds`` by height (characters, 37), natural logarithms.
    """
    sharp = chances**_SHARPNESS
    told = (sharp / sharp.sum(axis=1, keepdims=True)) @ _confusions().T
    found = _shares(told * _usual(kind) * np.exp(odds))
    for field in (Field.ISSUING_STATE, Field.NATIONALITY):
        span = LAYOUTS[kind].span(field)
        found[span.start : span.end] = _as_states(found[span.start : span.end])
    return found


def read_off(chances: Chances) -> tuple[str, tuple[float, ...]]:
    """The likeliest character of each place, all joined, and its chance."""
    text = "".join(ALPHABET[at] for at in chances.argmax(axis=1))
    return text, tuple(float(one) for one in np.clip(chances.max(axis=1), 0.0, 1.0))


def fused(pictures: Sequence[Chances], *, independence: float) -> Chances:
    """Several pictures of one zone together. ``independence``: 1 where they share no fault, 0 where they are one.

    A 6 and a G are told apart as if all were one picture: no check digit would find the fault that they share.
    """
    if not pictures:
        raise ValueError("at least one picture")
    possible = np.any([one > 0 for one in pictures], axis=0)
    mean = np.mean([np.log(np.maximum(one, _LEAST)) for one in pictures], axis=0)
    # n pictures that share their faults count as fewer
    logarithms = mean * (1 + (len(pictures) - 1) * independence)
    found = _shares(np.where(possible, np.exp(logarithms - logarithms.max(axis=1, keepdims=True)), 0.0))
    as_one = np.where(possible, np.exp(mean), 0.0)[:, _UNSEEN]
    whole = as_one.sum(axis=1, keepdims=True)
    found[:, _UNSEEN] = np.where(
        whole > 0, found[:, _UNSEEN].sum(axis=1, keepdims=True) * as_one / np.maximum(whole, 1e-300), found[:, _UNSEEN]
    )
    return found


def _as_states(chances: Chances) -> Chances:
    """The three places of a state, where nearly always one of the known codes stands."""
    places, codes = np.arange(3), _state_codes()
    weights = chances[places[None], codes].prod(axis=1)  # one a code
    known = _KNOWN_STATE / len(codes) * float(weights.sum())
    unknown = (1 - _KNOWN_STATE) / len(ALPHABET) ** 3
    told = np.zeros_like(chances)
    for place in range(3):
        np.add.at(told[place], codes[:, place], weights)
    share = known / (known + unknown)
    return np.asarray(share * told / max(float(weights.sum()), 1e-300) + (1 - share) * chances, np.float64)


@cache
def _state_codes() -> NDArray[np.intp]:
    """(codes, 3): the known states, filled up."""
    padded = sorted(state.ljust(3, FILLER) for state in STATES)
    return np.array([[ALPHABET.index(character) for character in state] for state in padded], np.intp)


def _shares(weights: Chances) -> Chances:
    return np.asarray(weights / weights.sum(axis=1, keepdims=True), np.float64)


@cache
def _confusions() -> Chances:
    """(37, 37): row the character that stands there, column the one that is read."""
    table = np.eye(len(ALPHABET))
    for (stands, read), share in _TAKEN_FOR.items():
        table[ALPHABET.index(stands), ALPHABET.index(read)] = share
    return table


@cache  # a pure function of five values
def _usual(kind: Format) -> Chances:
    layout = LAYOUTS[kind]
    fields = {at: field for field, span in layout.fields for at in range(span.start, span.end)}
    masks = [mask for line in position_masks(kind) for mask in line]
    table = np.array([[_expected(c, fields.get(at)) * (c in mask) for c in ALPHABET] for at, mask in enumerate(masks)])
    if kind in {Format.TD1, Format.TD2}:
        second = layout.span(Field.DOCUMENT_CODE).start + 1
        table[second] *= [1.0 if character in _CODES_OF_CARDS else _RARE for character in ALPHABET]
    return table


def _expected(character: str, field: Field | None) -> float:
    if field is Field.DOCUMENT_NUMBER:
        return _ODD_LETTER.get(character, 1.0) * (_LETTER_IN_NUMBER if character in LETTERS else 1.0)
    if field in {Field.OPTIONAL, Field.OPTIONAL_2}:
        return _ODD_LETTER.get(character, 1.0)
    if field in {Field.ISSUING_STATE, Field.NATIONALITY, Field.DOCUMENT_CODE}:
        return _RARE if character in DIGITS else 1.0
    if field in {Field.BIRTH_DATE, Field.EXPIRY_DATE}:
        return _RARE if character == FILLER else 1.0
    if field is Field.NAME:
        return _Q_IN_NAME if character == "Q" else 1.0
    return _RARE if field is Field.SEX and character == "X" else 1.0
