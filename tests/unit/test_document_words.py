"""What `visavis document read` says of a reading: what was accepted, and nothing that was not."""

import dataclasses
import io
import json
from pathlib import Path

import click
import numpy as np
from PIL import Image

from chip_holder import SURNAME
from reading_material import LINES, SPOILT, TODAY, found, page, printed
from visavis.capture.picture import Picture
from visavis.cli.document_words import plots, reading_json, reading_lines
from visavis.document.dates import PartialDate
from visavis.document.reading import DocumentReading, PageReading
from visavis.document.reading_summary import PageText, summed_up

QUAD = np.array([[20, 20], [280, 20], [280, 180], [20, 180]], np.float64)


def reading(*pages: PageReading) -> DocumentReading:
    return summed_up(pages, [PageText() for _ in pages], today=TODAY)


def text_of(read: DocumentReading) -> str:
    return click.unstyle("\n".join(reading_lines(read, ["page.jpg"] * len(read.pages), today=TODAY)))


def test_an_accepted_reading_is_told_place_by_place() -> None:
    read = reading(page(found(), printed()))
    shown = text_of(read)
    assert shown.startswith("A passport's page (TD3): was read.")
    for word in (SURNAME, "L898902C3", "1985-06-15", "2031-05-04", LINES[1], "document_consistent"):
        assert word in shown
    told = json.loads(json.dumps(reading_json(read, ["page.jpg"], today=TODAY)))
    assert told["schema"] == "visavis.document/1"
    assert told["accepted"] is True
    assert told["mrz"]["lines"] == list(LINES)
    assert told["statements"]["visual_zone"]["birth_date"] == "1985-06-15"
    assert {item["check"]: item["outcome"] for item in told["evidence"]} == {
        "document_consistent": "pass",
        "document_validity": "pass",
    }


def test_what_was_not_accepted_is_not_told() -> None:
    read = reading(page(found(SPOILT)))
    shown = text_of(read)
    assert "was not read surely" in shown
    assert SURNAME not in shown
    told = json.dumps(reading_json(read, ["page.jpg"], today=TODAY))
    assert SURNAME not in told
    assert json.loads(told)["advice"]


def test_a_disagreement_and_an_unknown_day_are_told() -> None:
    read = reading(page(found(), printed(birth_date=PartialDate(year=1984), expiry_date=PartialDate(year=2031))))
    shown = text_of(read)
    assert "1984-??-??" in shown
    assert "birth date: for machines and printed disagree" in shown


def test_every_picture_is_drawn() -> None:
    marked = dataclasses.replace(page(dataclasses.replace(found(), lines_quads=(QUAD,))), page_quad=QUAD)
    read = reading(marked, dataclasses.replace(page(found(picture="2")), page_quad=QUAD))
    picture = Picture(pixels=np.full((200, 300, 3), 255, np.uint8))
    drawn = plots(read, [picture, picture], Path("out.png"))
    assert [place.name for place in drawn] == ["out.png", "out-2.png"]
    for data in drawn.values():
        with Image.open(io.BytesIO(data)) as shown:
            assert shown.format == "PNG"
            assert len(shown.convert("RGB").getcolors(1 << 20) or []) > 2
