"""Labels within a line: ``3. Prénoms/Given names (2)`` is a label alone, ``Sex/Sexe F`` a label and its value."""

from dataclasses import dataclass
from functools import lru_cache
from typing import Final

from visavis.document.visual_zone.label_words import WORDS, VisualField
from visavis.document.visual_zone.plain import plain, plain_character, within_one

__all__ = ["Segment", "segments_of"]

_LONGEST: Final = 160
_MISTAKES_FROM: Final = 8
"""Letters: a label of fewer must have been read right."""
_STUCK_FROM: Final = 7
"""Letters: a longer label may be followed by anything, since the space before the value may be lost."""
_TRIVIAL: Final = 2
"""Letters: so many beside a label are its number or the (s) of a plural."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Segment:
    """A part of a line, from ``start`` to ``end``: a label where ``fields`` is not empty, else perhaps a value.

    Several ``fields``: the label's languages are not of one mind, as French *nom* and Italian *nome*.
    """

    start: int
    end: int
    fields: tuple[VisualField, ...] = ()
    languages: frozenset[str] = frozenset()


_MOST_TRIES: Final = 2
"""Words of a line at which a misread label is looked for in vain."""
_PUNCTUATION: Final = " \t/|:;,.()[]*#-–—·'\"°º"

_Meaning = tuple[tuple[VisualField, ...], frozenset[str]]


@lru_cache(maxsize=1)
def _phrases() -> dict[str, _Meaning]:
    """Every label, plain, with its meanings and languages."""
    found: dict[str, tuple[list[VisualField], set[str]]] = {}
    for language, fields in WORDS.items():
        for field, words in fields.items():
            for word in words.split(","):
                meanings, languages = found.setdefault(plain(word), ([], set()))
                if field not in meanings:
                    meanings.append(field)
                languages.add(language)
    return {phrase: (tuple(fields), frozenset(languages)) for phrase, (fields, languages) in found.items()}


@lru_cache(maxsize=1)
def _by_beginning() -> dict[str, tuple[str, ...]]:
    """Labels by their first letter, the longest first."""
    table: dict[str, list[str]] = {}
    for phrase in sorted(_phrases(), key=len, reverse=True):
        table.setdefault(phrase[0], []).append(phrase)
    return {first: tuple(phrases) for first, phrases in table.items()}


def segments_of(text: str) -> tuple[Segment, ...]:
    """The parts of a line, in order: labels, and what stands before, between and behind them.

    Numbers of fields and punctuation belong to no part. A word that a slash ties to a label is that label in a language
    that is not known here.
    """
    text = text[:_LONGEST]
    letters = [(plain_character(c), at) for at, c in enumerate(text)]
    squeezed = "".join(p for p, _ in letters)
    places = [at for p, at in letters for _ in p]
    labels: list[Segment] = []
    at = failed = 0
    while at < len(squeezed):
        after_label = bool(labels) and places[at] == labels[-1].end
        hit = None
        if after_label or _begins_word(text, places[at]):
            hit = _label_at(text, squeezed, places, at, closely=failed < _MOST_TRIES)
            failed += hit is None
        if hit is None:
            at += 1
            continue
        phrase, length = hit
        end = places[at + length - 1] + 1
        fields, languages = _phrases()[phrase]
        labels.append(Segment(start=places[at], end=end, fields=fields, languages=languages))
        at += length
    return _with_values(text, _without_doubt(labels, text))


def _label_at(text: str, squeezed: str, places: list[int], at: int, *, closely: bool) -> tuple[str, int] | None:
    """The longest label that begins here, and how many plain letters of the text it takes.

    ``closely``: also one with a letter misread.
    """
    for phrase in _by_beginning().get(squeezed[at], ()):
        if squeezed.startswith(phrase, at) and _ends_word(text, places, at + len(phrase), phrase):
            return phrase, len(phrase)
    for phrase, mistaken in _mistaken(squeezed, at) if closely else ():
        if _ends_word(text, places, at + mistaken, phrase):
            return phrase, mistaken
    return None


@lru_cache(maxsize=1)
def _long_phrases() -> dict[tuple[int, str], tuple[str, ...]]:
    """Labels that may be misread by a letter, by their first letter (0) and by their second (1)."""
    table: dict[tuple[int, str], list[str]] = {}
    for phrase in sorted(_phrases(), key=len, reverse=True):
        if len(phrase) >= _MISTAKES_FROM:
            table.setdefault((0, phrase[0]), []).append(phrase)
            table.setdefault((1, phrase[1]), []).append(phrase)
    return {key: tuple(phrases) for key, phrases in table.items()}


def _mistaken(squeezed: str, at: int) -> list[tuple[str, int]]:
    """Long labels that may have been meant here, with one letter mistaken, lost or added; the longest first."""
    if len(squeezed) - at < _MISTAKES_FROM - 1:
        return []
    # with one mistake at most, the first letter is right, or the second, or one is missing or too many before it
    table, first, second = _long_phrases(), squeezed[at], squeezed[at + 1]
    likely = {phrase for key in ((0, first), (1, second), (0, second), (1, first)) for phrase in table.get(key, ())}
    found = []
    for phrase in likely:
        for length in (len(phrase), len(phrase) - 1, len(phrase) + 1):
            if at + length <= len(squeezed) and within_one(squeezed[at : at + length], phrase):
                found.append((phrase, length))
                break
    return sorted(found, key=lambda item: (-len(item[0]), item))


def _begins_word(text: str, place: int) -> bool:
    if place == 0:
        return True
    before, first = text[place - 1], text[place]
    return not before.isalpha() or (before.islower() and first.isupper()) or not first.isascii()


def _ends_word(text: str, places: list[int], following: int, phrase: str) -> bool:
    """Whether a word may end here: before no letter, before a capital behind small letters, or behind a long label."""
    if following >= len(places) or len(phrase) >= _STUCK_FROM or not phrase.isascii():
        return True
    place = places[following]
    before, first = text[place - 1], text[place]
    return not before.isalpha() or not first.isalnum() or (before.islower() and first.isupper())


def _without_doubt(labels: list[Segment], text: str) -> list[Segment]:
    """Neighbours that a slash or nothing parts are one label, in several languages; their common meaning holds."""
    merged: list[Segment] = []
    for label in labels:
        last = merged[-1] if merged else None
        tied = last is not None and len(plain(text[last.end : label.start])) <= _TRIVIAL
        if last is None or not tied:
            merged.append(label)
            continue
        common = tuple(field for field in last.fields if field in label.fields)
        either = common or _either(last.fields, label.fields)
        if not either:
            merged.append(label)
            continue
        merged[-1] = Segment(start=last.start, end=label.end, fields=either, languages=last.languages | label.languages)
    return merged


def _either(one: tuple[VisualField, ...], other: tuple[VisualField, ...]) -> tuple[VisualField, ...]:
    """A name as a whole gives way to the part that the other language names: German *Name* beside *surname*."""
    if VisualField.NAME in one:
        return other if set(other) <= {VisualField.SURNAME, VisualField.GIVEN_NAMES} else ()
    if VisualField.NAME in other:
        return one if set(one) <= {VisualField.SURNAME, VisualField.GIVEN_NAMES} else ()
    return ()


def _with_values(text: str, labels: list[Segment]) -> tuple[Segment, ...]:
    found: list[Segment] = []
    at = 0
    for label in labels:
        part = _part(text, at, label.start, least=_TRIVIAL + 1)
        ahead = part is not None and text[part.end : label.start].strip() == "/" and not _has_digits(text, part)
        if part is not None and ahead:
            found.append(_extended(label, start=part.start, end=label.end))
        else:
            _take(found, part, text)
            found.append(label)
        at = label.end
    _take(found, _part(text, at, len(text), least=1), text)
    return tuple(found)


def _part(text: str, start: int, end: int, *, least: int) -> Segment | None:
    """What stands there without the punctuation around it and the numbers of fields, if ``least`` letters remain."""
    between = text[start:end]
    bare = between.strip(_PUNCTUATION)
    if len(plain(bare)) < least or _counts(bare, between, first=start == 0):
        return None
    at = start + between.index(bare)
    return Segment(start=at, end=at + len(bare))


def _take(found: list[Segment], part: Segment | None, text: str) -> None:
    """Put a part behind the others: a slash makes it a translation of the label before it, else it stands alone."""
    if part is None:
        return
    last = found[-1] if found and found[-1].fields else None
    tied = last is not None and text[last.end : part.start].strip() == "/"
    if last is not None and tied and not _has_digits(text, part) and len(plain(text[part.start : part.end])) > _TRIVIAL:
        found[-1] = _extended(last, start=last.start, end=part.end)
    else:
        found.append(part)


def _extended(label: Segment, *, start: int, end: int) -> Segment:
    return Segment(start=start, end=end, fields=label.fields, languages=label.languages)


def _has_digits(text: str, part: Segment) -> bool:
    return any(c.isdigit() for c in text[part.start : part.end])


def _counts(bare: str, between: str, *, first: bool) -> bool:
    """Whether this is the number of a field, as in ``(4a)`` or ``3.``."""
    bracketed = f"({bare})" in between or f"[{bare}]" in between
    return (bracketed and len(bare) <= 5) or (first and len(bare) <= 2 and bare[:1].isdigit())
