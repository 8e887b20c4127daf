"""Specimens as drawn: marked as such, with zones that hold, print at its measure, and the same again from a seed."""

import random
from datetime import date
from pathlib import Path

import cv2
import numpy as np
import pytest

from visavis.capture.picture import RgbImage
from visavis.document.mrz.parse import parse_mrz
from visavis.errors import FileError
from visavis.evaluation.specimens import Fonts, Specimen, SpecimenKind, draw_specimen, load_fonts
from visavis.evaluation.specimens.fonts import FONT_FILES
from visavis.perception.geometry import Box

TODAY = date(2026, 11, 22)


def portrait(shade: int) -> RgbImage:
    return np.full((154, 120, 3), shade, np.uint8)


def cut(page: RgbImage, box: Box) -> RgbImage:
    return page[int(box.y) : int(box.y + box.height), int(box.x) : int(box.x + box.width)]


@pytest.fixture(scope="module")
def specimens(specimen_fonts: Fonts) -> dict[SpecimenKind, Specimen]:
    return {
        kind: draw_specimen(kind, rng=random.Random(11), fonts=specimen_fonts, portraits=(portrait(60),), today=TODAY)
        for kind in SpecimenKind
    }


@pytest.mark.parametrize("kind", SpecimenKind)
def test_a_page_has_its_size_and_says_that_it_is_a_specimen(
    specimens: dict[SpecimenKind, Specimen], kind: SpecimenKind
) -> None:
    page = specimens[kind].page.astype(int)
    width, height = kind.size_mm
    assert page.shape == (round(height * 14), round(width * 14), 3)
    red = (page[..., 0] - page[..., 1] > 100) & (page[..., 0] > 150)
    assert red.sum() > 1000


@pytest.mark.parametrize("kind", [SpecimenKind.TD1_CARD_BACK, SpecimenKind.TD3_PAGE])
def test_the_zone_that_is_drawn_holds_and_says_what_the_truth_says(
    specimens: dict[SpecimenKind, Specimen], kind: SpecimenKind
) -> None:
    truth = specimens[kind].truth
    assert truth.mrz_lines is not None
    found = parse_mrz("\n".join(truth.mrz_lines), today=TODAY)
    assert truth.mrz_fields is not None
    assert found.checks_hold
    assert found.fields.document_number == truth.mrz_fields.document_number
    assert found.fields.sex is truth.mrz_fields.sex
    if truth.document_number is not None:
        assert truth.document_number == found.fields.document_number


@pytest.mark.parametrize(("kind", "lines", "length"), [("td1_card_back", 3, 30), ("td3_page", 2, 44)])
def test_the_zone_is_printed_at_the_standards_measure(
    specimens: dict[SpecimenKind, Specimen], kind: str, lines: int, length: int
) -> None:
    specimen = specimens[SpecimenKind(kind)]
    box = specimen.truth.mrz_box
    assert box is not None
    dark = cut(np.asarray(cv2.cvtColor(specimen.page, cv2.COLOR_RGB2GRAY), np.uint8), box) < 90
    below = cv2.cvtColor(specimen.page[round(box.y + box.height) :], cv2.COLOR_RGB2GRAY)
    assert box.width / 14 == pytest.approx(length * 2.54 + 2)
    # nothing dark stands in the margin below, and rows of print begin 6.35 mm apart
    assert below.min() > 90
    rows = dark.max(axis=1).astype(int)
    begins = np.flatnonzero(np.diff(rows) == 1)
    assert len(begins) == lines
    assert np.diff(begins) == pytest.approx(6.35 * 14, abs=4)
    columns = np.flatnonzero(dark.max(axis=0))
    assert (columns[-1] - columns[0]) / 14 == pytest.approx(length * 2.54 - 0.9, abs=0.6)


def test_both_sides_from_one_seed_belong_to_one_holder(specimens: dict[SpecimenKind, Specimen]) -> None:
    front, back = specimens[SpecimenKind.TD1_CARD_FRONT].truth, specimens[SpecimenKind.TD1_CARD_BACK].truth
    assert back.mrz_fields is not None
    assert front.document_number == back.mrz_fields.document_number
    assert front.birth_date == back.mrz_fields.birth_date.complete
    assert front.mrz_lines is None
    assert back.surname is None


def test_the_portrait_and_its_ghost_are_where_the_truth_says(specimens: dict[SpecimenKind, Specimen]) -> None:
    for kind in (SpecimenKind.TD1_CARD_FRONT, SpecimenKind.TD3_PAGE):
        specimen = specimens[kind]
        main, ghost = specimen.truth.portrait_box, specimen.truth.ghost_box
        assert main is not None
        assert ghost is not None
        levels = [float(np.median(cut(specimen.page, box).astype(float))) for box in (main, ghost)]
        assert levels[0] == pytest.approx(60, abs=10)
        assert 90 < levels[1] < 220  # see-through
        assert ghost.width < main.width * 0.6


def test_an_address_takes_three_lines_at_most(specimen_fonts: Fonts) -> None:
    for seed in (1, 2):
        specimen = draw_specimen(
            SpecimenKind.PRC_FRONT,
            rng=random.Random(seed),
            fonts=specimen_fonts,
            portraits=(portrait(90),),
            today=TODAY,
        )
        assert 1 <= len(specimen.truth.address) <= 3


def test_a_seed_draws_the_same_again_and_another_seed_does_not(
    specimen_fonts: Fonts, specimens: dict[SpecimenKind, Specimen]
) -> None:
    first = specimens[SpecimenKind.TD1_CARD_BACK]

    def draw(seed: int) -> Specimen:
        return draw_specimen(
            SpecimenKind.TD1_CARD_BACK, rng=random.Random(seed), fonts=specimen_fonts, portraits=(), today=TODAY
        )

    again, other = draw(11), draw(12)
    assert np.array_equal(again.page, first.page)
    assert again.truth == first.truth
    assert other.truth.mrz_lines != first.truth.mrz_lines


def test_a_page_with_a_portrait_needs_one(specimen_fonts: Fonts) -> None:
    with pytest.raises(ValueError, match="portrait"):
        draw_specimen(SpecimenKind.TD3_PAGE, rng=random.Random(1), fonts=specimen_fonts, portraits=(), today=TODAY)


def test_fonts_that_are_missing_or_altered_are_refused_by_name(tmp_path: Path) -> None:
    for font in FONT_FILES.values():
        (tmp_path / font.name).write_bytes(b"another font")
    with pytest.raises(FileError) as refused:
        load_fonts(tmp_path)
    assert refused.value.code == "fonts_missing"
    assert "OCRB.otf" in refused.value.message
    assert str(tmp_path) not in str(refused.value)
