"""The pictures of a document taken together: one zone, one statement a place, one answer."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date
from typing import Final

from visavis.document.consistency import Consistency, Place, Statement, consistency, consistency_check, said_by
from visavis.document.dates import PartialDate
from visavis.document.evidence import mrz_document_evidence, prc_card_evidence, unsure_fields
from visavis.document.mrz.layout import Field
from visavis.document.mrz.zone import Mrz
from visavis.document.mrz_picture.verdict import MrzOutcome, MrzVerdict, confirm_number, is_sure_number, read_mrz
from visavis.document.page.advice import PageAdvice
from visavis.document.page.shapes import Quad
from visavis.document.prc_card.back import PrcBack
from visavis.document.prc_card.front import PrcFront
from visavis.document.reading import DocumentKind, DocumentReading, PageReading
from visavis.document.visual_zone.zone import VisualZone, printed_number, statement_beside
from visavis.domain.evidence import Check, Evidence, Outcome

__all__ = ["SIDE_MISSING", "PageText", "PlacedLine", "summed_up", "with_chip"]

UNREADABLE: Final = PageAdvice.UNREADABLE.value
SIDE_MISSING: Final = "document_side_missing"
_SAME_ZONE: Final = 0.9
"""Share of the characters in which one picture's zone must be the one that was accepted; two documents share half."""
_TAKEN_FOR: Final = frozenset({("0", "O"), ("1", "I")})
"""Digits that a recogniser of many scripts reads where print has the letter: in print nothing tells them apart."""


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class PlacedLine:
    """A line of text: ``quad`` (4, 2) in px of the picture, as it reads; ``confidence`` 0..1."""

    quad: Quad
    text: str
    confidence: float


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class PageText:
    """What was read on one page, and where its zone stands."""

    lines: tuple[PlacedLine, ...] = ()
    page_quad: Quad | None = None
    mrz_quads: tuple[Quad, ...] = ()


def summed_up(pages: Sequence[PageReading], texts: Sequence[PageText], *, today: date) -> DocumentReading:
    """One reading out of those of each picture. ``texts``: as many, in the same order."""
    zones = [page.visual_zone for page in pages if page.visual_zone is not None]
    zone = max(zones, key=lambda item: len(item.values)) if zones else None
    founds = [page.mrz for page in pages if page.mrz is not None]
    if founds:
        verdict = read_mrz(founds, today=today)
        verdict, seen = _confirmed(verdict, zones, texts)
        pages = [replace(page, number_printed=at in seen) for at, page in enumerate(pages)]
        return _of_zone([_own(page, verdict, zone) for page in pages], verdict, zone)
    front = next((page.prc_front for page in pages if page.prc_front is not None), None)
    back = next((page.prc_back for page in pages if page.prc_back is not None), None)
    if front is not None or back is not None:
        return _of_card([_bare_of(page, keep=page.prc_front is front is not None) for page in pages], front, back)
    pages = [_bare_of(page, keep=page.visual_zone is zone is not None) for page in pages]
    statements = () if zone is None else (zone.statement,)
    advice = _advice_of(pages) or (UNREADABLE,)
    kind = next((page.kind for page in pages if page.kind is not None), None)
    return DocumentReading(
        kind=kind,
        pages=tuple(pages),
        mrz=None,
        statements=statements,
        consistency=consistency(statements),
        consistent=_not_compared(advice),
        endless=False,
        accepted=False,
        advice=advice,
    )


def _confirmed(
    verdict: MrzVerdict, zones: Sequence[VisualZone], texts: Sequence[PageText]
) -> tuple[MrzVerdict, frozenset[int]]:
    """The verdict with its number held against what is printed, and the pictures in which it stands once more.

    One recogniser reads both, with one weakness: where two letters may have been read as their digits in the zone, with
    check digits that hold all the same, it would read them so in print too, and print confirms nothing.
    """
    if verdict.mrz is None or _blind(verdict, verdict.mrz):
        return verdict, frozenset()
    number = verdict.mrz.fields.document_number
    for zone in zones:
        if zone.statement.document_number is not None:
            verdict = confirm_number(verdict, zone.statement.document_number, by=Place.VISUAL_ZONE)
    seen = frozenset(
        at
        for at, text in enumerate(texts)
        if printed_number(text.lines, number, mrz_quads=text.mrz_quads, page_quad=text.page_quad) is not None
    )
    if seen:
        verdict = confirm_number(verdict, number, by=Place.VISUAL_ZONE)
    return verdict, seen


def _own(page: PageReading, verdict: MrzVerdict, zone: VisualZone | None) -> PageReading:
    """A portrait counts on a page that says whose it is: the zone that was read, or the print that is held against it.

    Else a picture of somebody else could lie among those of a genuine document.
    """
    if page.mrz is None:
        return _bare_of(page, keep=page.visual_zone is zone is not None)
    text = "" if verdict.mrz is None else verdict.mrz.text
    own = page.mrz.reading.text.replace("\n", "")
    alike = sum(one == two for one, two in zip(own, text, strict=False))
    return _bare_of(page, keep=len(own) == len(text) and alike >= _SAME_ZONE * len(text))


def _bare_of(page: PageReading, *, keep: bool) -> PageReading:
    return page if keep or page.portrait is None else replace(page, portrait=None)


def _blind(verdict: MrzVerdict, mrz: Mrz) -> bool:
    """Whether the number could hold letters in place of digits that neither check digits nor print would tell.

    Two O read as 0 cancel at weights 7 and 3, as two I read as 1 do; a G read as 6 is never seen.
    """
    number = mrz.fields.document_number
    return max(number.count("0"), number.count("1")) > 1 or any(mrz.text[at] == "6" for at in verdict.doubtful)


def _sure_number(verdict: MrzVerdict) -> bool:
    """Whether the zone's number needs nobody to confirm it."""
    mended = verdict.repair is not None and verdict.repair.field is Field.DOCUMENT_NUMBER
    return verdict.mrz is not None and is_sure_number(verdict, alone=True) and not mended


def with_chip(reading: DocumentReading, chip: Statement) -> DocumentReading:
    """The reading held against what DG1 of the document's chip says, which may also confirm the zone's number.

    ``chip``: `Place.CHIP`. Raises ValueError where the reading has one already.
    """
    zones = [page.visual_zone for page in reading.pages if page.visual_zone is not None]
    if reading.mrz is None:
        found = consistency([*reading.statements, chip])
        everything = (*reading.statements, chip)
        return replace(reading, statements=everything, consistency=found, consistent=consistency_check(found))
    verdict = reading.mrz
    if chip.document_number is not None:
        verdict = confirm_number(verdict, chip.document_number, by=Place.CHIP)
    zone = max(zones, key=lambda item: len(item.values)) if zones else None
    return _of_zone(reading.pages, verdict, zone, chip=chip)


def _of_zone(
    pages: Sequence[PageReading], verdict: MrzVerdict, zone: VisualZone | None, *, chip: Statement | None = None
) -> DocumentReading:
    statements: list[Statement] = []
    if verdict.mrz is not None and verdict.outcome is not MrzOutcome.ANOTHER_PICTURE:
        said = said_by(verdict.mrz)
        # a number that nobody confirmed is no statement yet
        statements.append(said if verdict.accepted else replace(said, document_number=None))
    if zone is not None:
        statements.append(_printed(zone, verdict))
    if chip is not None:
        statements.append(chip)
    found = consistency(statements)
    return DocumentReading(
        kind=next(page.kind for page in pages if page.mrz is not None),
        pages=tuple(pages),
        mrz=verdict,
        statements=tuple(statements),
        consistency=found,
        consistent=_zone_evidence(found, verdict, zone, chip),
        endless=False,
        accepted=verdict.accepted,
        advice=() if verdict.accepted else verdict.advice,
    )


def _zone_evidence(
    found: Consistency, verdict: MrzVerdict, zone: VisualZone | None, chip: Statement | None
) -> Evidence:
    if verdict.mrz is not None and verdict.outcome is not MrzOutcome.ANOTHER_PICTURE:
        return mrz_document_evidence(
            found,
            mrz=verdict.mrz,
            number_confirmed=verdict.number_confirmed,
            unsure=frozenset() if zone is None else unsure_fields(zone),
        )
    return _not_compared(verdict.advice) if chip is None else consistency_check(found)


def _printed(zone: VisualZone, verdict: MrzVerdict) -> Statement:
    """What is printed, to be held against the zone. A digit is the letter that the zone surely has in its place."""
    said = statement_beside(zone, verdict.mrz)
    printed = said.document_number
    if verdict.mrz is None or printed is None or not _sure_number(verdict):
        return said
    number = verdict.mrz.fields.document_number
    pairs = list(zip(_bare(printed), _bare(number), strict=False))
    same = len(_bare(printed)) == len(_bare(number)) and all(
        one == two or (one, two) in _TAKEN_FOR for one, two in pairs
    )
    return replace(said, document_number=number) if same else said


def _bare(number: str) -> str:
    return "".join(character for character in number.upper() if character.isalnum())


def _of_card(pages: Sequence[PageReading], front: PrcFront | None, back: PrcBack | None) -> DocumentReading:
    statements = [] if front is None else list(front.statements)
    validity = None if back is None else back.validity
    if validity is not None and validity.expires is not None:
        expires = PartialDate.of(validity.expires)
        if statements:
            statements[0] = replace(statements[0], expiry_date=expires)
        else:
            statements.append(Statement(place=Place.VISUAL_ZONE, expiry_date=expires))
    number = None if front is None else front.number
    accepted = number is not None and number.valid
    unread = _advice_of(pages) or (UNREADABLE,)
    return DocumentReading(
        kind=DocumentKind.PRC_CARD,
        pages=tuple(pages),
        mrz=None,
        statements=tuple(statements),
        consistency=consistency(statements),
        consistent=_not_compared(unread) if front is None else prc_card_evidence(front, back),
        endless=validity is not None and validity.long_term,
        accepted=accepted,
        advice=() if accepted else (SIDE_MISSING,) if front is None else unread,
    )


def _advice_of(pages: Sequence[PageReading]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(code for page in pages for code in page.advice))


def _not_compared(advice: tuple[str, ...]) -> Evidence:
    """Looked at, and not read well enough to say anything: another picture may."""
    return Evidence(check=Check.DOCUMENT_CONSISTENT, outcome=Outcome.INCONCLUSIVE, reasons=advice)
