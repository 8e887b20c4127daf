"""The zone of photographed specimens, with the real models."""

import random
from collections.abc import Callable
from datetime import date
from pathlib import Path

import numpy as np
import pytest

from visavis.adapters.model_store import ModelStore
from visavis.document.mrz.layout import Format
from visavis.document.mrz_picture.find import MrzFound, find_mrz
from visavis.document.mrz_picture.verdict import MrzOutcome, read_mrz
from visavis.document.ocr.reader import OcrReader
from visavis.evaluation.specimens.camera import photograph_frames
from visavis.evaluation.specimens.drawing import draw_specimen
from visavis.evaluation.specimens.fonts import Fonts
from visavis.evaluation.specimens.levels import Level
from visavis.evaluation.specimens.portraits import framed_portraits
from visavis.evaluation.specimens.specimen import SpecimenKind
from visavis.wiring import open_ocr

pytestmark = pytest.mark.models

TODAY = date(2026, 6, 1)
Shoot = Callable[[SpecimenKind, int, int], tuple[tuple[str, ...], tuple[np.ndarray, ...]]]


@pytest.fixture(scope="module")
def ocr(model_store: ModelStore) -> OcrReader:
    assert model_store is not None
    return open_ocr()


@pytest.fixture
def shoot(specimen_fonts: Fonts, portraits: Path) -> Shoot:
    """The lines of a drawn specimen, and frames of it by a good phone."""
    framed = framed_portraits(portraits)

    def frames(kind: SpecimenKind, seed: int, count: int) -> tuple[tuple[str, ...], tuple[np.ndarray, ...]]:
        rng = random.Random(seed)
        specimen = draw_specimen(kind, rng=rng, fonts=specimen_fonts, portraits=framed, today=TODAY)
        shots = photograph_frames(specimen, level=Level.GOOD_PHONE, count=count, rng=rng)
        assert specimen.truth.mrz_lines is not None
        return specimen.truth.mrz_lines, tuple(shot.picture.pixels for shot in shots)

    return frames


def zone_in(pixels: np.ndarray, ocr: OcrReader, picture: str = "a") -> MrzFound:
    found = find_mrz(pixels, ocr=ocr, picture=picture)
    assert found is not None
    return found


@pytest.mark.parametrize(
    ("kind", "form"), [(SpecimenKind.TD3_PAGE, Format.TD3), (SpecimenKind.TD1_CARD_BACK, Format.TD1)]
)
def test_a_photographed_zone_is_read_and_accepted(
    kind: SpecimenKind, form: Format, shoot: Shoot, ocr: OcrReader
) -> None:
    lines, (pixels,) = shoot(kind, 10_003 if form is Format.TD3 else 10_006, 1)
    found = zone_in(pixels, ocr)
    assert found.format is form
    verdict = read_mrz([found], today=TODAY)
    assert verdict.mrz is not None
    assert verdict.mrz.lines == lines
    assert verdict.outcome is MrzOutcome.ACCEPTED
    # upside down it is the same zone, half a turn away
    over = zone_in(np.ascontiguousarray(pixels[::-1, ::-1]), ocr)
    assert over.reading.text == found.reading.text
    assert (over.upright - found.upright) % 4 == 2


def test_two_frames_confirm_a_number(shoot: Shoot, ocr: OcrReader) -> None:
    lines, frames = shoot(SpecimenKind.TD3_PAGE, 10_005, 2)
    verdict = read_mrz([zone_in(one, ocr, str(at)) for at, one in enumerate(frames)], today=TODAY)
    assert verdict.mrz is not None
    assert verdict.mrz.lines == lines
    assert verdict.pictures == 2
    assert verdict.number_confirmed


def test_a_picture_without_a_zone_has_none(ocr: OcrReader, portraits: Path) -> None:
    table = np.full((480, 640, 3), 140, np.uint8)
    assert find_mrz(table, ocr=ocr, picture="a") is None
