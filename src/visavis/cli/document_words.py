"""What was read of a document, in words for people, as JSON, and as marks on its pictures. Personal data, all of it."""

from collections.abc import Mapping, Sequence
from datetime import date
from pathlib import Path
from typing import Final

import click
import numpy as np

from visavis.capture.picture import Picture
from visavis.cli.document_plot import Mark, MarkKind, draw_marks
from visavis.cli.words import COLOURS, advice_lines, evidence_json, reasons_json
from visavis.document.consistency import Finding, Place, Statement
from visavis.document.dates import PartialDate
from visavis.document.mrz.names import MrzName
from visavis.document.mrz_picture.verdict import MrzVerdict
from visavis.document.names import PrintedName
from visavis.document.page.shapes import Quad
from visavis.document.reading import DocumentKind, DocumentReading, PageReading
from visavis.service.document_evidence import document_checks

__all__ = ["plots", "reading_json", "reading_lines"]

KINDS: Final[Mapping[DocumentKind | None, str]] = {
    DocumentKind.TD1: "a card with three lines for machines (TD1)",
    DocumentKind.TD2: "a card with two lines for machines (TD2)",
    DocumentKind.TD3: "a passport's page (TD3)",
    DocumentKind.MRV_A: "a visa (MRV-A)",
    DocumentKind.MRV_B: "a visa (MRV-B)",
    DocumentKind.PRC_CARD: "a resident identity card of the PRC",
    DocumentKind.OTHER: "a document without lines for machines",
    None: "nothing that is known as a document",
}
PLACES: Final = {
    Place.VISUAL_ZONE: "printed",
    Place.MACHINE_READABLE_ZONE: "for machines",
    Place.PERSONAL_NUMBER: "by the number",
    Place.CHIP: "chip",
}
FIELDS: Final = (
    "name",
    "document_number",
    "birth_date",
    "expiry_date",
    "sex",
    "nationality",
    "issuing_state",
)


def reading_json(reading: DocumentReading, names: Sequence[str], *, today: date) -> dict[str, object]:
    return {
        "schema": "visavis.document/1",
        "kind": None if reading.kind is None else reading.kind.value,
        "accepted": reading.accepted,
        "advice": reasons_json(reading.advice),
        "mrz": None if reading.mrz is None else _mrz_json(reading.mrz),
        "statements": {item.place.value: _fields(item) for item in reading.statements},
        "endless": reading.endless,
        "disagreements": [_finding_json(item) for item in reading.consistency.disagreements],
        "evidence": [
            evidence_json(item)
            for item in document_checks(
                printed=reading.statements, endless=reading.endless, consistent=reading.consistent, today=today
            )
        ],
        "card": _card_json(reading),
        "pages": [_page_json(page, name) for page, name in zip(reading.pages, names, strict=True)],
    }


def reading_lines(reading: DocumentReading, names: Sequence[str], *, today: date) -> list[str]:
    """A heading, every place beside the others, the evidence, and what to do."""
    sure = "was read" if reading.accepted else "was not read surely"
    head = f"{KINDS[reading.kind][:1].upper()}{KINDS[reading.kind][1:]}"
    lines = [click.style(f"{head}: {sure}.", fg="green" if reading.accepted else "yellow", bold=True)]
    lines += advice_lines(reading.advice)
    lines += _table(reading.statements)
    lines += [f"  {name.replace('_', ' '):<18}{value}" for name, value in (_card_json(reading) or {}).items() if value]
    if reading.mrz is not None and reading.mrz.mrz is not None and reading.accepted:
        lines += [f"  {line}" for line in reading.mrz.mrz.lines]
        if reading.mrz.repair is not None:
            lines.append("  One character was mended so that the check digits hold.")
    for item in reading.consistency.disagreements:
        between = " and ".join(PLACES[place] for place in item.between)
        lines.append(click.style(f"  {item.field.value.replace('_', ' ')}: {between} disagree ({item.code})", fg="red"))
    checks = document_checks(
        printed=reading.statements, endless=reading.endless, consistent=reading.consistent, today=today
    )
    for check in checks:
        mark = click.style(f"{check.outcome.value:<13}", fg=COLOURS[check.outcome])
        lines.append(f"  {check.check.value:<26}{mark}{', '.join(check.reasons)}".rstrip())
    for page, name in zip(reading.pages, names, strict=True):
        took = sum(page.ms.values())
        lines.append(f"{name}: {_found_words(page)}; {took:.0f} ms")
    return lines


def plots(reading: DocumentReading, pictures: Sequence[Picture], to: Path) -> dict[Path, bytes]:
    """A drawing of each picture: ``to`` for the first, then ``to`` with -2, -3 before its ending."""
    drawn: dict[Path, bytes] = {}
    for number, (page, picture) in enumerate(zip(reading.pages, pictures, strict=True), start=1):
        place = to if number == 1 else to.with_name(f"{to.stem}-{number}{to.suffix}")
        caption = f"{'' if page.kind is None else page.kind.value.upper()}  {_found_words(page)}".strip()
        drawn[place] = draw_marks(picture.pixels, _marks(page), caption=caption)
    return drawn


def _marks(page: PageReading) -> list[Mark]:
    marks: list[Mark] = []
    if page.page_quad is not None:
        marks.append(Mark(kind=MarkKind.PAGE, quad=page.page_quad, label="page"))
    if page.mrz is not None:
        marks += [
            Mark(kind=MarkKind.MRZ, quad=quad, label=f"line {number}")
            for number, quad in enumerate(page.mrz.lines_quads, start=1)
        ]
    marks += [
        Mark(kind=MarkKind.FIELD, quad=quad, label=name if at == 0 else "")
        for name, quads in _field_quads(page)
        for at, quad in enumerate(quads)
    ]
    if page.portrait is not None and page.flat is not None:
        marks.append(Mark(kind=MarkKind.PORTRAIT, quad=page.flat.in_picture(page.portrait.quad), label="portrait"))
    return marks


def _field_quads(page: PageReading) -> list[tuple[str, tuple[Quad, ...]]]:
    found: list[tuple[str, tuple[Quad, ...]]] = []
    if page.visual_zone is not None:
        found += [(value.field.value, value.quads) for value in page.visual_zone.values]
    if page.prc_front is not None:
        found += [(name.value, value.quads) for name, value in page.prc_front.fields.items()]
    if page.prc_back is not None:
        found += [(name.value, value.quads) for name, value in page.prc_back.fields.items()]
    return [(name.replace("_", " "), quads) for name, quads in found]


def _found_words(page: PageReading) -> str:
    parts = [] if page.page_quad is None else ["the page"]
    parts += [] if page.mrz is None else ["the lines for machines"]
    fields = len(_field_quads(page))
    parts += [f"{fields} printed fields"] if fields else []
    parts += [] if page.portrait is None else [f"the portrait, quality {page.portrait.quality.unified:.0f} of 100"]
    return ", ".join(parts) or "nothing found"


def _table(statements: Sequence[Statement]) -> list[str]:
    """A row for each field, a column for each place."""
    if not statements:
        return []
    columns = [_fields(item) for item in statements]
    rows = [["", *(PLACES[item.place] for item in statements)]]
    rows += [
        [name.replace("_", " "), *(column.get(name) or "-" for column in columns)]
        for name in FIELDS
        if any(column.get(name) for column in columns)
    ]
    widths = [max(len(row[at]) for row in rows) for at in range(len(rows[0]))]
    return [
        "  " + "  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip() for row in rows
    ]


def _fields(said: Statement) -> dict[str, str | None]:
    return {
        "name": _name(said.name),
        "document_number": said.document_number,
        "birth_date": _date(said.birth_date),
        "expiry_date": _date(said.expiry_date),
        "sex": None if said.sex is None else said.sex.value,
        "nationality": said.nationality,
        "issuing_state": said.issuing_state,
    }


def _name(name: PrintedName | MrzName | None) -> str | None:
    if name is None:
        return None
    if isinstance(name, PrintedName):
        return ", ".join(part for part in (name.primary, name.secondary) if part)
    return ", ".join(" ".join(part) for part in (name.primary, name.secondary) if part)


def _date(day: PartialDate | None) -> str | None:
    """ISO 8601, with ``?`` for what is not known."""
    if day is None or not day.known:
        return None
    year = "????" if day.year is None else f"{day.year:04d}"
    return "-".join([year, *("??" if part is None else f"{part:02d}" for part in (day.month, day.day))])


def _mrz_json(verdict: MrzVerdict) -> dict[str, object]:
    taken = verdict.mrz if verdict.accepted else None
    return {
        "outcome": verdict.outcome.value,
        "lines": None if taken is None else list(taken.lines),
        "belief": round(verdict.belief, 6),
        "mended": verdict.repair is not None,
        "number_confirmed": verdict.number_confirmed,
        "confirmed_by": [place.value for place in verdict.confirmed_by],
        "pictures": verdict.pictures,
        "problems": [] if taken is None else [problem.code.value for problem in taken.problems],
    }


def _card_json(reading: DocumentReading) -> dict[str, str | None] | None:
    """What the PRC's card says beside what every document does."""
    fronts = [page.prc_front for page in reading.pages if page.prc_front is not None]
    backs = [page.prc_back for page in reading.pages if page.prc_back is not None]
    if not fronts and not backs:
        return None
    front, back = fronts[0] if fronts else None, backs[0] if backs else None
    validity = None if back is None else back.validity
    return {
        "ethnicity": None if front is None else front.nationality,
        "address": None if front is None else front.address,
        "authority": None if back is None else back.authority,
        "valid_from": None if validity is None or validity.issued is None else validity.issued.isoformat(),
        "valid_until": None
        if validity is None
        else "without end"
        if validity.long_term
        else None
        if validity.expires is None
        else validity.expires.isoformat(),
    }


def _finding_json(finding: Finding) -> dict[str, object]:
    return {
        "field": finding.field.value,
        "between": [place.value for place in finding.between],
        "code": str(finding.code),
    }


def _page_json(page: PageReading, name: str) -> dict[str, object]:
    portrait = page.portrait
    in_picture = None if portrait is None or page.flat is None else page.flat.in_picture(portrait.quad)
    return {
        "file": name,
        "kind": None if page.kind is None else page.kind.value,
        "page": _places([page.page_quad] if page.page_quad is not None else []),
        "mrz_lines": _places(() if page.mrz is None else page.mrz.lines_quads),
        "fields": {name: _places(quads) for name, quads in _field_quads(page)},
        "portrait": None
        if portrait is None or in_picture is None
        else {"place": _places([in_picture]), "quality": round(portrait.quality.unified, 1)},
        "number_printed": page.number_printed,
        "advice": reasons_json(page.advice),
        "ms": {step: round(spent, 1) for step, spent in page.ms.items()},
    }


def _places(quads: Sequence[Quad]) -> list[list[list[float]]]:
    """Corners in px of the picture, clockwise, as each is read."""
    return [np.round(np.asarray(quad, np.float64), 1).tolist() for quad in quads if np.isfinite(quad).all()]
