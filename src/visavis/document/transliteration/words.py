"""A word of a national script to A to Z: what may stand for each of its letters.

The ways to write a whole word are never listed, since their number doubles with each letter that has two.
"""

from typing import Final
from unicodedata import category, normalize

from visavis.document.transliteration.arabic import ARABIC, ARABIC_LAST, NOT_ENCODED, SHADDA
from visavis.document.transliteration.cyrillic import CYRILLIC, CYRILLIC_FIRST
from visavis.document.transliteration.latin import LATIN

__all__ = ["LONGEST_NAME", "Unknown", "ways", "words_of"]

LONGEST_NAME: Final = 256
_SEPARATORS: Final = frozenset(" -‐‑–<,/·\t\n")  # the hyphens of Unicode, too
_OMITTED: Final = frozenset("'’ʼʻ`´.\u200c\u200d\u200e\u200f")
"""Left out without a trace (9303-3, 4.6: apostrophes and the like); joiners and direction marks are no letters."""


class Unknown(ValueError):  # noqa: N818 - a normal answer of a table, turned into "not compared" by its only callers
    """A character that no table here has."""


def words_of(name: str) -> tuple[str, ...]:
    """The words of a name: hyphens, commas and white space separate (9303-3, 4.6). Raises Unknown for a longer name."""
    if len(name) > LONGEST_NAME:
        raise Unknown
    spaced = "".join(" " if c in _SEPARATORS else c for c in normalize("NFC", name) if c not in _OMITTED)
    return tuple(spaced.split())


def ways(word: str) -> tuple[tuple[str, ...], ...]:
    """For each letter of one word, in order: what may stand for it, the recommended way first.

    Raises Unknown where a character is in no table.
    """
    # ß and ı have no single capital of their own, and small dotless i must not become I before it is looked up
    letters = [c if c in LATIN else c.upper() for c in normalize("NFC", word)]
    letters = list("".join(letters))  # some capitals are two letters
    found: list[tuple[str, ...]] = []
    for place, letter in enumerate(letters):
        if letter == SHADDA:
            if not found:
                raise Unknown
            found[-1] = tuple(way * 2 for way in found[-1])
        elif letter not in NOT_ENCODED:
            found.append(_ways_of(letter, first=not found, last=_nothing_follows(letters[place + 1 :])))
    return tuple(found)


def _nothing_follows(letters: list[str]) -> bool:
    return all(letter in NOT_ENCODED or letter == SHADDA for letter in letters)


def _ways_of(letter: str, *, first: bool, last: bool) -> tuple[str, ...]:
    if letter.isascii() and letter.isalpha():
        return (letter,)
    for table in (LATIN, CYRILLIC, ARABIC):
        if letter in table:
            usual = table[letter]
            if last and letter in ARABIC_LAST:
                return ARABIC_LAST[letter]
            return usual + (CYRILLIC_FIRST.get(letter, ()) if first else ())
    decomposed = normalize("NFD", letter)
    base, marks = decomposed[0], decomposed[1:]
    if marks and base.isascii() and base.isalpha() and all(category(mark) == "Mn" for mark in marks):
        return (base,)
    if marks and base in CYRILLIC and all(category(mark) == "Mn" for mark in marks):
        return CYRILLIC[base]  # an accent over a Cyrillic vowel
    raise Unknown
