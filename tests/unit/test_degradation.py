"""Degradations: repeatable, of the stated size, and doing what they say."""

import cv2
import numpy as np
import pytest

from visavis.capture.picture import Picture
from visavis.evaluation import degradation
from visavis.evaluation.degradation import DEGRADATIONS, degrade
from visavis.evaluation.values import FloatArray

EYES = np.array([[100.0, 110.0], [150.0, 112.0]], np.float32)


@pytest.fixture(scope="module")
def picture() -> Picture:
    """A smooth pattern with detail and colour, and a bright dot at each eye."""
    y, x = np.mgrid[0:240, 0:250]
    planes = [128 + 60 * np.sin(x / 9 + turn) * np.cos(y / 11 - turn) + 20 * np.sin(x / 2) for turn in (0, 1, 2)]
    pixels = np.clip(np.dstack(planes), 0, 255).astype(np.uint8)
    return Picture(pixels)


@pytest.mark.parametrize("name", DEGRADATIONS)
def test_the_same_seed_gives_the_same_picture(picture: Picture, name: str) -> None:
    first, second = (degrade(picture, EYES, DEGRADATIONS[name], seed=3) for _ in range(2))
    assert (first.pixels == second.pixels).all()
    assert first.pixels.dtype == np.uint8
    assert first.pixels.shape[2] == 3
    assert not first.pixels.flags.writeable
    assert first.pixels.shape != picture.pixels.shape or (first.pixels != picture.pixels).any()


@pytest.mark.parametrize("name", ["portrait-120", "print-scan", "security-lines", "card-photo"])
def test_another_seed_gives_another_picture(picture: Picture, name: str) -> None:
    first, second = (degrade(picture, EYES, DEGRADATIONS[name], seed=seed).pixels for seed in (3, 4))
    assert (first.astype(int) - second).any()


@pytest.mark.parametrize("width", [120, 80, 384])
def test_a_portrait_is_framed_as_the_standard_has_it(width: int) -> None:
    dots = np.zeros((300, 300, 3), np.uint8)
    eyes = np.array([[120.0, 140.0], [180.0, 140.0]], np.float32)
    for x, y in eyes:
        cv2.circle(dots, (int(x), int(y)), 6, (255, 255, 255), -1)
    framed = degradation.portrait(dots, eyes, width)
    assert framed.shape == (round(width * 45 / 35), width, 3)
    for side, expected in ((slice(0, width // 2), width * 3 / 8), (slice(width // 2, width), width * 5 / 8)):
        rows, columns = np.nonzero(framed[:, side, 0] > 128)
        assert columns.mean() + (side.start or 0) == pytest.approx(expected, abs=1.5)
        assert rows.mean() == pytest.approx(0.43 * framed.shape[0], abs=1.5)


def test_grey_has_no_colour_and_says_so(picture: Picture) -> None:
    grey = degrade(picture, EYES, DEGRADATIONS["grey"], seed=0)
    assert (grey.pixels == grey.pixels[..., :1]).all()
    assert grey.grey


def test_stronger_is_worse(picture: Picture) -> None:
    def change(name: str) -> float:
        result = degrade(picture, EYES, DEGRADATIONS[name], seed=0).pixels
        return float(np.abs(result.astype(int) - picture.pixels).mean())

    assert change("jpeg-20") > change("jpeg-50") > 0
    assert change("blur-2") > change("blur-1") > 0


@pytest.mark.parametrize("level", [40, 128, 215])
def test_a_halftone_keeps_the_tone_and_has_the_pitch_it_was_given(level: int) -> None:
    flat = np.full((240, 240, 3), level, np.uint8)
    printed = degradation.halftone(flat, 8.0, np.random.default_rng(1))
    # ink is 92 % dense on 96 % paper, so tones are compressed, and stay in order
    assert abs(float(printed.mean()) - level) < 40
    assert printed.std() > 20
    spectrum = np.abs(np.fft.fft2(printed[..., 0].astype(float) - printed[..., 0].mean()))
    rows, columns = np.unravel_index(int(spectrum.argmax()), spectrum.shape)
    frequency = np.hypot(min(rows, 240 - rows), min(columns, 240 - columns)) / 240
    assert 1 / frequency == pytest.approx(8.0, rel=0.1)


def test_darker_tones_print_darker() -> None:
    means = [
        degradation.halftone(np.full((120, 120, 3), level, np.uint8), 6.0, np.random.default_rng(1)).mean()
        for level in range(20, 256, 40)
    ]
    assert means == sorted(means)


def test_every_kind_defines_itself() -> None:
    for name, kind in DEGRADATIONS.items():
        assert kind.name == name
        assert kind.definition.endswith(".")
        assert kind.title


def tiny_eyes() -> FloatArray:
    return np.array([[5.0, 5.0], [5.0, 5.0]], np.float32)


@pytest.mark.parametrize("name", DEGRADATIONS)
def test_eyes_in_one_place_do_not_break_it(picture: Picture, name: str) -> None:
    assert degrade(picture, tiny_eyes(), DEGRADATIONS[name], seed=0).pixels.size
