"""Check digits of the machine-readable zone (ICAO 9303-3, 4.9)."""

from typing import Final

__all__ = ["ALPHABET", "DIGITS", "FILLER", "LETTERS", "check_digit", "undetectable", "value"]

DIGITS: Final = "0123456789"
LETTERS: Final = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
FILLER: Final = "<"
ALPHABET: Final = DIGITS + LETTERS + FILLER
_WEIGHTS: Final = (7, 3, 1)
_VALUES: Final = {character: 0 if character == FILLER else place for place, character in enumerate(ALPHABET)}


def value(character: str) -> int:
    """What a character counts: 0 to 9 for digits, 10 to 35 for letters, 0 for the filler. Else ValueError."""
    counts = _VALUES.get(character)
    if counts is None:
        raise ValueError("not a character of the machine-readable zone")
    return counts


def check_digit(text: str) -> int:
    """The weighted sum modulo 10, weights 7, 3, 1 repeated. Raises ValueError for any other alphabet."""
    return sum(value(character) * _WEIGHTS[place % 3] for place, character in enumerate(text)) % 10


def undetectable(one: str, other: str) -> bool:
    """Whether a check digit cannot tell these two apart at any place.

    7, 3 and 1 have inverses modulo 10, so exactly the pairs whose values differ by a multiple of 10 pass unseen:
    0 A K U and the filler; 1 B L V; ... 6 G Q; ... 9 J T.
    """
    return (value(one) - value(other)) % 10 == 0
