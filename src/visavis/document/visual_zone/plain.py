"""Text reduced to what labels and names of states are compared by: small letters without marks, and digits."""

from collections.abc import Iterable
from functools import lru_cache
from typing import Final
from unicodedata import normalize

__all__ = ["plain", "plain_character", "within_one"]

_SPECIAL: Final = {"ß": "ss", "æ": "ae", "œ": "oe", "ø": "o", "đ": "d", "ł": "l", "ı": "i", "þ": "th", "ð": "d"}


@lru_cache(maxsize=2048)
def plain_character(character: str) -> str:
    """What a character is reduced to; nothing where it is no letter and no digit. Other scripts are kept."""
    small = character.casefold()
    small = _SPECIAL.get(small, small)
    return "".join(c for c in normalize("NFKD", small) if c.isalnum())


def plain(text: Iterable[str]) -> str:
    """All of it, without spaces: recognisers lose them."""
    return "".join(map(plain_character, text))


def within_one(read: str, printed: str) -> bool:
    """Whether one letter at most was mistaken, lost or added."""
    if read == printed:
        return True
    if abs(len(read) - len(printed)) > 1:
        return False
    shorter = min(len(read), len(printed))
    front = next((at for at in range(shorter) if read[at] != printed[at]), shorter)
    back = next((at for at in range(shorter) if read[-1 - at] != printed[-1 - at]), shorter)
    return front + back >= max(len(read), len(printed)) - 1
