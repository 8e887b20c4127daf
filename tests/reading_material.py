"""Readings of documents, made by hand: zones that were read surely or not, print, and a chip's statement."""

import dataclasses
from datetime import date

import numpy as np

from chip_holder import fields
from visavis.document.consistency import Place, Statement, said_by
from visavis.document.dates import PartialDate
from visavis.document.mrz.checks import ALPHABET
from visavis.document.mrz.generate import generate_mrz
from visavis.document.mrz.layout import Format
from visavis.document.mrz.parse import parse_mrz
from visavis.document.mrz.vote import MrzReading
from visavis.document.mrz_picture.find import MrzFound
from visavis.document.mrz_picture.measures import StripMeasures
from visavis.document.names import PrintedName
from visavis.document.reading import DocumentKind, PageReading
from visavis.document.reading_summary import PlacedLine
from visavis.document.visual_zone.zone import VisualZone

TODAY = date(2026, 11, 22)
EXPIRES = date(2031, 5, 4)
SHARP = StripMeasures(contrast=0.6, evenness=0.9, slope=4.0, pitch_px=20.0, cut_off=False)
LINES = generate_mrz(fields(expires=EXPIRES), Format.TD3)
# wrong in two fields: no single change makes its check digits hold
SPOILT = (LINES[0], LINES[1].replace("850615", "850616").replace("310504", "310507"))
SURE = 0.9999


def found(
    lines: tuple[str, ...] = LINES, *, sure: float = SURE, doubt: int | None = None, picture: str = "1"
) -> MrzFound:
    """A zone that was read surely; at ``doubt`` nothing is known of which character stands there."""
    text = "".join(lines)
    chances = np.full((len(text), len(ALPHABET)), (1 - sure) / (len(ALPHABET) - 1))
    for at, character in enumerate(text):
        chances[at, ALPHABET.index(character)] = sure
    if doubt is not None:
        chances[doubt] = 1 / len(ALPHABET)
    return MrzFound(
        reading=MrzReading(text="\n".join(lines), picture=picture, confidence=(sure,) * len(text)),
        format=Format.TD3,
        chances=chances,
        lines_quads=(),
        page_quad=None,
        upright=0,
        weakest=sure,
        fit=-0.1,
        unevenness=0.05,
        measures=SHARP,
    )


def printed(**changes: object) -> VisualZone:
    said = Statement(
        place=Place.VISUAL_ZONE,
        name=PrintedName(primary="Specimenova", secondary="Anna Maria"),
        document_number="L898902C3",
        birth_date=PartialDate(year=1985, month=6, day=15),
        expiry_date=PartialDate.of(EXPIRES),
    )
    statement = dataclasses.replace(said, **changes)  # type: ignore[arg-type]  # fields by name
    return VisualZone(statement=statement, values=(), languages=(), unread=())


def chip(**changes: object) -> Statement:
    zone = said_by(parse_mrz("\n".join(LINES), today=TODAY), place=Place.CHIP)
    return dataclasses.replace(zone, **changes)  # type: ignore[arg-type]  # fields by name


def line(text: str) -> PlacedLine:
    return PlacedLine(quad=np.array([[10, 10], [200, 10], [200, 30], [10, 30]], np.float64), text=text, confidence=0.99)


def page(mrz: MrzFound | None = None, zone: VisualZone | None = None) -> PageReading:
    return PageReading(kind=DocumentKind.TD3, mrz=mrz, visual_zone=zone)
