"""The pictures of a document taken together: one zone, one statement a place, one answer."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date

from visavis.document.consistency import Place, Statement, consistency, said_by
from visavis.document.dates import PartialDate
from visavis.document.evidence import mrz_document_evidence, prc_card_evidence, unsure_fields
from visavis.document.mrz.zone import Mrz
from visavis.document.mrz_picture.verdict import MrzOutcome, MrzVerdict, confirm_number, read_mrz
from visavis.document.names import PrintedName
from visavis.document.page.shapes import Quad
from visavis.document.prc_card.back import PrcBack
from visavis.document.prc_card.front import PrcFront
from visavis.document.reading import DocumentKind, DocumentReading, PageReading
from visavis.document.visual_zone.label_words import VisualField
from visavis.document.visual_zone.zone import VisualZone, printed_number
from visavis.domain.evidence import Check, Evidence, Outcome

__all__ = ["PageText", "PlacedLine", "summed_up"]


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
        return _of_zone(pages, verdict, zone)
    front = next((page.prc_front for page in pages if page.prc_front is not None), None)
    back = next((page.prc_back for page in pages if page.prc_back is not None), None)
    if front is not None or back is not None:
        return _of_card(pages, front, back)
    statements = () if zone is None else (zone.statement,)
    kind = next((page.kind for page in pages if page.kind is not None), None)
    return DocumentReading(
        kind=kind,
        pages=tuple(pages),
        mrz=None,
        statements=statements,
        consistency=consistency(statements),
        consistent=_not_compared(),
        endless=False,
        accepted=False,
        advice=_advice_of(pages) or ("document_unreadable",),
    )


def _confirmed(
    verdict: MrzVerdict, zones: Sequence[VisualZone], texts: Sequence[PageText]
) -> tuple[MrzVerdict, frozenset[int]]:
    """The verdict with its number held against what is printed, and the pictures in which it stands once more."""
    if verdict.mrz is None:
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


def _of_zone(pages: Sequence[PageReading], verdict: MrzVerdict, zone: VisualZone | None) -> DocumentReading:
    statements: list[Statement] = []
    if verdict.mrz is not None and verdict.outcome is not MrzOutcome.ANOTHER_PICTURE:
        said = said_by(verdict.mrz)
        # a number that nobody confirmed is no statement yet
        statements.append(said if verdict.accepted else replace(said, document_number=None))
    if zone is not None:
        statements.append(_printed(zone, verdict.mrz))
    found = consistency(statements)
    if verdict.mrz is None or verdict.outcome is MrzOutcome.ANOTHER_PICTURE:
        consistent = _not_compared()
    else:
        consistent = mrz_document_evidence(
            found,
            mrz=verdict.mrz,
            number_confirmed=verdict.number_confirmed,
            unsure=frozenset() if zone is None else unsure_fields(zone),
        )
    return DocumentReading(
        kind=next(page.kind for page in pages if page.mrz is not None),
        pages=tuple(pages),
        mrz=verdict,
        statements=tuple(statements),
        consistency=found,
        consistent=consistent,
        endless=False,
        accepted=verdict.accepted,
        advice=() if verdict.accepted else verdict.advice,
    )


def _printed(zone: VisualZone, mrz: Mrz | None) -> Statement:
    """A surname read alone is a name only where the zone has no more: else the rest was most likely not read."""
    surname = zone.get(VisualField.SURNAME)
    alone = mrz is not None and not mrz.fields.name.secondary
    if zone.statement.name is None and surname is not None and alone:
        return replace(zone.statement, name=PrintedName(primary=str(surname.value)))
    return zone.statement


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
    unread = front is not None and not accepted
    return DocumentReading(
        kind=DocumentKind.PRC_CARD,
        pages=tuple(pages),
        mrz=None,
        statements=tuple(statements),
        consistency=consistency(statements),
        consistent=_not_compared() if front is None else prc_card_evidence(front, back),
        endless=validity is not None and validity.long_term,
        accepted=accepted,
        advice=_advice_of(pages) or ("document_unreadable",) if unread else (),
    )


def _advice_of(pages: Sequence[PageReading]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(code for page in pages for code in page.advice))


def _not_compared() -> Evidence:
    return Evidence(check=Check.DOCUMENT_CONSISTENT, outcome=Outcome.NOT_MEASURED, reasons=("not_measured",))
