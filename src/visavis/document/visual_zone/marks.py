"""Marks over letters that a recogniser lost, put back where the machine-readable zone spells them out.

Small print loses its dots first: ``JÖRG`` is read as ``JORG``, surely, and the zone has ``JOERG``. That is no other
name.
"""

from functools import lru_cache
from typing import Final

from visavis.document.mrz.names import MrzName
from visavis.document.names import Agreement, PrintedName, names_agree
from visavis.document.transliteration.latin import LATIN
from visavis.document.transliteration.words import LONGEST_NAME, Unknown, ways

__all__ = ["with_marks"]

_LOST: Final = {"A": "ÄÅ", "O": "ÖØ", "U": "Ü", "N": "Ñ", "B": "ß", "P": "Þ"}
"""What a letter without marks may have been in print; only letters that 9303-3, 6 spells in another way than bare."""
_MOST_STEPS: Final = 20_000


def with_marks(printed: PrintedName, mrz: MrzName) -> PrintedName:
    """The printed name, with lost marks if these alone make it agree with the zone's; else as it is. Never raises."""
    if names_agree(printed, mrz).agreement is not Agreement.DISAGREE:
        return printed
    primary = _restored(printed.primary, "".join(mrz.primary), cut=mrz.perhaps_truncated)
    secondary = _restored(printed.secondary, "".join(mrz.secondary), cut=mrz.perhaps_truncated)
    if primary is None or secondary is None:
        return printed
    restored = PrintedName(primary=primary, secondary=secondary)
    return restored if names_agree(restored, mrz).agreement is Agreement.AGREE else printed


def _restored(name: str, spelled: str, *, cut: bool) -> str | None:
    """The fewest marks that let ``name`` be spelled so: letter by letter, marks last."""
    if len(name) * max(len(spelled), 1) > _MOST_STEPS or len(name) > LONGEST_NAME:
        return None
    # for each place in the spelling that is reached, the name so far with the fewest marks
    reached: dict[int, tuple[int, str]] = {0: (0, "")}
    for letter in name:
        following: dict[int, tuple[int, str]] = {}
        for place, (marks, so_far) in reached.items():
            for written, added, spellings in _options(letter):
                for way in spellings:
                    ends = cut and bool(spelled) and way.startswith(spelled[place:])
                    if not spelled.startswith(way, place) and not ends:
                        continue
                    at, found = min(place + len(way), len(spelled)), (marks + added, so_far + written)
                    if at not in following or found < following[at]:
                        following[at] = found
        reached = following
    return reached[len(spelled)][1] if len(spelled) in reached else None


@lru_cache(maxsize=512)
def _options(letter: str) -> tuple[tuple[str, int, tuple[str, ...]], ...]:
    """What may have been printed for a letter that was read: itself, or one with a mark; and the spellings of each."""
    try:
        own = tuple({way: None for word in ways(letter) for way in word}) or ("",)
    except Unknown:
        own = ("",) if not letter.isalnum() else ()
    lost = tuple((marked, 1, LATIN[marked]) for marked in _LOST.get(letter.upper(), ""))
    return ((letter, 0, own), *lost)
