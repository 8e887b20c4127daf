"""Rows of print, zones of them, and lines fitted to a millimetre's part: on drawn pages, without any network."""

import cv2
import numpy as np
import pytest

from visavis.document.mrz.layout import Format
from visavis.document.mrz_picture.decode import DecodedZone
from visavis.document.mrz_picture.groups import groups
from visavis.document.mrz_picture.measures import measure
from visavis.document.mrz_picture.place import page_corners
from visavis.document.mrz_picture.segments import Segment, joined, text_segments
from visavis.document.mrz_picture.strip import LINE_SPACING, PITCH, Strip, fit_strip, line_crop
from visavis.document.mrz_picture.warp import through

SCALE = 10.0
"""px a millimetre of the drawn page."""
WIDTH, HEIGHT = 125.0, 88.0
CORNERS = np.array([[0.0, 0.0], [WIDTH, 0.0], [WIDTH, HEIGHT], [0.0, HEIGHT]]) * SCALE


def drawn_page() -> np.ndarray:
    """A page with two lines of 44 marks as wide and high as those of OCR-B, where the standard has them."""
    page = np.full((round(HEIGHT * SCALE), round(WIDTH * SCALE), 3), 225, np.uint8)
    for line in range(2):
        y = HEIGHT - 11.6 + (line - 0.5) * LINE_SPACING
        for place in range(44):
            x = 6.0 + PITCH * (place + 0.5)
            low = (round((x - 0.85) * SCALE), round((y - 1.2) * SCALE))
            high = (round((x + 0.85) * SCALE), round((y + 1.2) * SCALE))
            cv2.rectangle(page, low, high, (30, 30, 30), 3)
    return page


def photographed(corners: np.ndarray, size: tuple[int, int] = (1600, 1200)) -> np.ndarray:
    """The page with its corners at ``corners`` (4, 2), on a grey table, a little blurred."""
    matrix = cv2.getPerspectiveTransform(CORNERS.astype(np.float32), corners.astype(np.float32))
    page = cv2.warpPerspective(drawn_page(), matrix, size, flags=cv2.INTER_AREA, borderValue=(120, 125, 118))
    return np.asarray(cv2.GaussianBlur(page, (0, 0), 0.8), np.uint8)


def turned(degrees: float, *, side: float = 0.00012) -> np.ndarray:
    """Corners of the page turned about the middle of the picture, seen from the ``side`` a little."""
    angle = np.radians(degrees)
    turn = np.array([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]])
    corners = (CORNERS - CORNERS.mean(axis=0)) * 0.85 @ turn.T
    return np.asarray(corners * (1 + side * corners[:, :1]) + [800, 600], np.float64)


def found_strip(pixels: np.ndarray) -> Strip:
    for pieces in text_segments(pixels):
        for group in groups(joined(pieces)):
            strip = fit_strip(pixels, group.rows)
            if strip is not None:
                return strip
    raise AssertionError("no zone was found")


@pytest.mark.parametrize("degrees", [0, 12, 90, 173, -78])
def test_the_zone_is_found_at_any_rotation(degrees: float) -> None:
    corners = turned(degrees)
    strip = found_strip(photographed(corners))
    # the ends of the lines as they were drawn, in whichever direction they were found
    matrix = np.asarray(cv2.getPerspectiveTransform(CORNERS.astype(np.float32), corners.astype(np.float32)), np.float64)
    y = HEIGHT - 11.6 - LINE_SPACING / 2
    drawn = [through(matrix, np.array([[x, y], [x, y + LINE_SPACING]]) * SCALE) for x in (6.4, 117.3)]
    shown = through(
        strip.to_picture,
        np.array([[x, float(line.y(np.array([x]))[0])] for x in (strip.start, strip.end) for line in strip.lines]),
    )
    for point in np.concatenate(drawn):
        assert np.hypot(*(shown - point).T).min() < 13  # px: one and a half millimetres, half a character


def test_a_strip_turned_twice_is_itself() -> None:
    strip = found_strip(photographed(turned(5)))
    twice = strip.turned().turned()
    x = np.array([20.0, 80.0])
    for one, other in zip(strip.lines, twice.lines, strict=True):
        points = [through(s.to_picture, np.stack([x, line.y(x)], axis=1)) for s, line in ((strip, one), (twice, other))]
        np.testing.assert_allclose(points[0], points[1], atol=1e-6)


def test_a_crop_gives_each_character_its_pitch() -> None:
    pixels = photographed(turned(-8, side=0.0))
    crop = line_crop(pixels, found_strip(pixels), 0, height=48, tall=4.8, places=44)
    dark = (225 - cv2.cvtColor(crop, cv2.COLOR_RGB2GRAY).astype(np.float64))[14:34].sum(axis=0)
    cell = PITCH * 10
    gaps = [dark[round(12 + cell * at) - 2 : round(12 + cell * at) + 3].min() for at in range(1, 44)]
    middles = [dark[round(12 + cell * at + 4) : round(12 + cell * at + 22)].max() for at in range(44)]
    assert np.median(gaps) < 0.4 * np.median(middles)


def test_the_page_follows_from_the_places_of_the_characters() -> None:
    corners = turned(3)
    pixels = photographed(corners)
    strip = found_strip(pixels)
    margin = 1.2
    whole = 44 * PITCH + 2 * margin
    steps = np.asarray((margin + PITCH * (np.arange(44) + 0.5)) / whole, np.float64)
    chances = np.zeros((88, 37))
    chances[:, 0] = 1.0
    zone = DecodedZone(format=Format.TD3, chances=chances, steps=(steps, steps), fit=-0.01)
    page = page_corners(strip, zone, pixels=pixels)
    assert page is not None
    assert np.hypot(*(page - corners).T).max() < 0.05 * WIDTH * SCALE


def test_light_on_a_part_of_the_strip_is_told() -> None:
    pixels = photographed(turned(0))
    strip = found_strip(pixels)
    even = measure(pixels, strip, places=44)
    assert not even.cut_off
    assert even.pitch_px == pytest.approx(PITCH * SCALE * 0.85, rel=0.1)
    x, y = (round(float(one)) for one in through(strip.to_picture, np.array([60.0, 0.0])))
    lit = pixels.copy()
    cv2.circle(lit, (x, y), 90, (250, 250, 250), -1)
    assert measure(lit, strip, places=44).evenness < 0.4 < even.evenness


def test_an_empty_table_has_no_zone() -> None:
    noise = np.random.default_rng(5).integers(90, 150, (600, 800, 3)).astype(np.uint8)
    table = np.asarray(cv2.GaussianBlur(noise, (0, 0), 1.5), np.uint8)
    assert not any(groups(joined(pieces)) for pieces in text_segments(table))


def test_pieces_of_a_row_are_joined_and_rows_are_not() -> None:
    def piece(x: float, y: float) -> Segment:
        return Segment(x=x, y=y, length=100, thickness=10, angle=0.0)

    assert len(joined([piece(100, 50), piece(220, 51), piece(340, 52)])) == 1
    assert len(joined([piece(100, 50), piece(100, 75)])) == 2


def test_three_lines_are_one_zone() -> None:
    rows = [Segment(x=300, y=100 + 50 * at, length=600, thickness=20, angle=0.0) for at in range(3)]
    best = groups(rows)[0]
    assert best.rows == tuple(rows)
