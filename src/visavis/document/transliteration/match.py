"""Whether letters of A to Z stand for a name of a national script, and the recommended letters for it."""

from visavis.document.mrz.names import MrzName
from visavis.document.transliteration.words import Unknown, ways, words_of
from visavis.errors import DocumentError

__all__ = ["reaches", "to_mrz_name", "transliterate"]


def transliterate(name: str) -> tuple[str, ...]:
    """The words of a name in A to Z, each letter in the recommended way.

    Raises DocumentError (not_transliterable) for a character that no table of 9303-3, 6 has, or beyond 256 characters.
    """
    try:
        return tuple(filter(None, ("".join(way[0] for way in ways(word)) for word in words_of(name))))
    except Unknown as error:
        raise DocumentError(
            "not_transliterable",
            "This name has a character that ICAO 9303 gives no letters for.",
            advice="Give the name in Latin, Cyrillic or Arabic letters.",
        ) from error


def to_mrz_name(*, primary: str, secondary: str = "") -> MrzName:
    """A name for `visavis.document.mrz.generate`. Raises as `transliterate`."""
    return MrzName(primary=transliterate(primary), secondary=transliterate(secondary))


def reaches(letters: tuple[tuple[str, ...], ...], spelled: str, *, begins: bool = False) -> bool:
    """Whether one of the ways to write the letters is ``spelled``; with ``begins``, whether one begins with it."""
    at = {0}
    for options in letters:
        following: set[int] = set()
        for place in at:
            for way in options:
                if spelled.startswith(way, place):
                    following.add(place + len(way))
                elif begins and way.startswith(spelled[place:]):
                    return True
        at = following
    return len(spelled) in at
