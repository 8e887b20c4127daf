"""Whether two statements of one name agree, where one may be in a national script and the other cut to its room.

The visual zone has a name as its bearer writes it; the machine-readable zone has A to Z, transliterated by one of
several permitted ways (ICAO 9303-3, 6) and cut where there is no room (9303-4 to -7, 4.2.3).
"""

from dataclasses import dataclass
from enum import StrEnum

from visavis.document.mrz.names import MrzName
from visavis.document.transliteration.match import reaches
from visavis.document.transliteration.words import Unknown, ways, words_of

__all__ = ["Agreement", "NameCode", "NameFinding", "PrintedName", "names_agree"]

_Letters = tuple[tuple[str, ...], ...]


class Agreement(StrEnum):
    AGREE = "agree"
    DISAGREE = "disagree"
    NOT_COMPARED = "not_compared"


class NameCode(StrEnum):
    SAME = "name_same"
    """The same letters, by one of the permitted ways to write them."""
    SAME_OTHER_SPACES = "name_same_other_spaces"
    """The same letters, with other gaps between them: a hyphen dropped, a prefix written together."""
    SAME_AS_FAR_AS_IT_GOES = "name_same_as_far_as_it_goes"
    """One is cut for want of room; what is there agrees."""
    PARTS_SWAPPED = "name_parts_swapped"
    PRIMARY_DIFFERS = "name_primary_differs"
    SECONDARY_DIFFERS = "name_secondary_differs"
    BOTH_DIFFER = "name_both_differ"
    NOT_COMPARABLE = "name_not_comparable"
    """A name is missing, too long, or in a script that 9303-3 has no table for."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PrintedName:
    """A name as printed: the primary identifier (mostly the family name) and the secondary (mostly the given names)."""

    primary: str
    secondary: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class NameFinding:
    agreement: Agreement
    code: NameCode


def names_agree(printed: PrintedName, mrz: MrzName) -> NameFinding:
    """Hold a printed name against that of a machine-readable zone, of a document or of its chip. Never raises."""
    try:
        primary, secondary = _letters(printed.primary), _letters(printed.secondary)
    except Unknown:
        return NameFinding(agreement=Agreement.NOT_COMPARED, code=NameCode.NOT_COMPARABLE)
    if not primary or not (mrz.primary or mrz.secondary):
        return NameFinding(agreement=Agreement.NOT_COMPARED, code=NameCode.NOT_COMPARABLE)
    cut = mrz.perhaps_truncated
    first = _part(primary, mrz.primary, cut=cut)
    second = _part(secondary, mrz.secondary, cut=cut)
    if first is not None and second is not None:
        order = (NameCode.SAME, NameCode.SAME_OTHER_SPACES, NameCode.SAME_AS_FAR_AS_IT_GOES)
        return NameFinding(agreement=Agreement.AGREE, code=max(first, second, key=order.index))
    crossed = _part(primary, mrz.secondary, cut=cut), _part(secondary, mrz.primary, cut=cut)
    if secondary and None not in crossed:
        code = NameCode.PARTS_SWAPPED
    elif first is None:
        code = NameCode.PRIMARY_DIFFERS if second is not None else NameCode.BOTH_DIFFER
    else:
        code = NameCode.SECONDARY_DIFFERS
    return NameFinding(agreement=Agreement.DISAGREE, code=code)


def _letters(name: str) -> list[_Letters]:
    """The words of a name, each as what may stand for its letters; words that leave no letter are dropped."""
    return [letters for word in words_of(name) if any(letters := ways(word))]


def _part(words: list[_Letters], components: tuple[str, ...], *, cut: bool) -> NameCode | None:
    """How one identifier agrees; None where it does not."""
    if len(words) == len(components) and all(map(reaches, words, components)):
        return NameCode.SAME
    joined = tuple(letter for word in words for letter in word)
    if reaches(joined, "".join(components)):
        return NameCode.SAME_OTHER_SPACES
    if cut and components and _begins(words, components):
        return NameCode.SAME_AS_FAR_AS_IT_GOES
    return None


def _begins(words: list[_Letters], components: tuple[str, ...]) -> bool:
    """Whether each component begins a word, in order; later words may be missing, earlier ones may be initials."""
    if len(components) > len(words):
        return False
    return all(reaches(word, component, begins=True) for word, component in zip(words, components, strict=False))
