"""Lines as quads: their direction, their order, their crops; and boxes from maps of probabilities."""

import math

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray

from visavis.document.ocr.detector import TextDetectorOptions, boxes_of
from visavis.document.ocr.lines import MAX_LINE_WIDTH, Quad, crop_line, extent, half_turned, oriented, reading_order


def quad(x: float, y: float, width: float, height: float, *, degrees: float = 0.0) -> Quad:
    """A box with its middle at (x, y), turned clockwise, read along its width."""
    angle = math.radians(degrees)
    along, down = np.array([math.cos(angle), math.sin(angle)]), np.array([-math.sin(angle), math.cos(angle)])
    a, b = along * width / 2, down * height / 2
    return np.array([[x, y]], np.float64) + np.array([-a - b, a - b, a + b, -a + b], np.float64)


def letters(rows: int, columns: int) -> NDArray[np.uint8]:
    """No two of its four corners have the same colour, so that a turned crop shows."""
    picture = np.full((rows, columns, 3), 128, np.uint8)
    picture[: rows // 2, : columns // 2] = (255, 0, 0)
    picture[: rows // 2, columns // 2 :] = (0, 255, 0)
    picture[rows // 2 :, : columns // 2] = (0, 0, 255)
    return picture


@pytest.mark.parametrize("degrees", [-80, -30, 0, 12, 30, 80, 90])
@pytest.mark.parametrize("start", range(4))
def test_a_line_reads_along_its_length_to_the_right_or_down(degrees: float, start: int) -> None:
    box = quad(200, 200, 150, 20, degrees=degrees)
    (found,) = oriented([np.roll(box, start, axis=0)])
    wanted = half_turned(box) if degrees < -45 else box
    np.testing.assert_allclose(found, wanted, atol=1e-9)


@pytest.mark.parametrize("degrees", [0, 25, 90])
def test_a_single_character_follows_the_lines_around_it(degrees: float) -> None:
    alone = quad(90, 40, 18, 22, degrees=degrees)
    found = oriented([quad(200, 200, 150, 20, degrees=degrees), np.roll(alone, 1, axis=0)])
    np.testing.assert_allclose(found[1], alone, atol=1e-9)
    assert extent(found[1]) == pytest.approx((18, 22))


@pytest.mark.parametrize("degrees", [0, 10, -20, 70])
def test_rows_are_read_one_after_the_other(degrees: float) -> None:
    angle = math.radians(degrees)
    turn = np.array([[math.cos(angle), -math.sin(angle)], [math.sin(angle), math.cos(angle)]])

    def turned(x: float, y: float) -> tuple[float, float]:
        across, down = (turn @ [x, y]).tolist()
        return across, down

    places = [(100, 50, 150), (400, 54, 200), (90, 100, 130), (320, 97, 150), (560, 102, 60), (300, 150, 500)]
    quads = [quad(*turned(x, y), width, 24, degrees=degrees) for x, y, width in places]
    mixed = [3, 5, 0, 4, 1, 2]
    assert [mixed[at] for at in reading_order([quads[at] for at in mixed])] == [0, 1, 2, 3, 4, 5]
    assert reading_order([]) == []


def test_a_crop_is_upright_whichever_way_the_line_stands() -> None:
    picture = letters(24, 120)
    for turns in range(4):
        turned = np.ascontiguousarray(np.rot90(picture, turns))
        height, width = turned.shape[:2]
        corners = np.array([[0, 0], [width, 0], [width, height], [0, height]], np.float64)
        crop = crop_line(turned, np.roll(corners, turns, axis=0), height=24)
        np.testing.assert_array_equal(crop, picture)


def test_a_crop_keeps_the_lines_proportions_and_its_bounds() -> None:
    picture = letters(60, 300)
    assert crop_line(picture, quad(150, 30, 200, 20)).shape == (48, 480, 3)
    assert crop_line(picture, quad(150, 30, 300, 1.5)).shape == (48, MAX_LINE_WIDTH, 3)
    beyond = crop_line(picture, quad(0, 0, 100, 20))
    assert beyond.max(axis=(0, 1)).tolist() == [255, 0, 0]  # the border goes on, no black edge


def test_a_large_line_is_averaged() -> None:
    stripes = np.zeros((480, 960, 3), np.uint8)
    stripes[:, ::2] = 255
    crop = crop_line(stripes, quad(480, 240, 960, 480))
    assert crop.shape == (48, 96, 3)
    assert 120 < crop[:, 2:-2].min() <= crop[:, 2:-2].max() < 136


def test_the_perspective_of_a_line_is_undone() -> None:
    corners = np.array([[20, 10], [270, 30], [260, 70], [30, 90]], np.float64)
    picture = np.zeros((100, 300, 3), np.uint8)
    cv2.fillConvexPoly(picture, corners.astype(np.int32), (255, 255, 255))
    cv2.line(picture, (20, 10), (260, 70), (255, 0, 0), 2)
    crop = crop_line(picture, corners)
    assert crop[2:-2, 2:-2, 0].min() > 200  # nothing of the table around it
    height, width = crop.shape[:2]
    red = crop[:, :, 1] < 128
    assert red[height // 2, width // 2 - 4 : width // 2 + 4].any()  # a diagonal stays one
    assert red[:4, :8].any()
    assert red[-4:, -8:].any()


@pytest.mark.parametrize("bad", [np.zeros((4, 2)), np.zeros((3, 2)), np.full((4, 2), np.nan), quad(5, 5, 20, 0.5)])
def test_what_is_no_area_is_refused(bad: Quad) -> None:
    with pytest.raises(ValueError, match=r"quad|line of text"):
        crop_line(letters(40, 40), bad)


def drawn(*boxes: tuple[int, int, int, int], value: float = 0.9) -> NDArray[np.float32]:
    made = np.full((128, 256), 0.01, np.float32)
    for left, top, right, bottom in boxes:
        made[top:bottom, left:right] = value
    return made


def test_a_core_becomes_a_grown_box_in_px_of_the_picture() -> None:
    (box,) = boxes_of(drawn((40, 50, 200, 60)), size=(512, 256))
    assert box.score == pytest.approx(0.9)
    more = 160 * 10 * 1.6 / (2 * (160 + 10))  # area * ratio / perimeter, on every side
    left, top, right, bottom = 40 - more, 50 - more, 200 + more, 60 + more
    wanted = np.array([[left, top], [right, top], [right, bottom], [left, bottom]])
    np.testing.assert_allclose(box.quad, wanted * 2, atol=0.01)
    assert not box.quad.flags.writeable


def test_boxes_come_in_the_order_of_reading() -> None:
    cores = [(150, 20, 230, 30), (20, 22, 100, 32), (20, 60, 240, 70), (120, 100, 130, 110)]
    found = boxes_of(drawn(*cores), size=(256, 128))
    middles = [box.quad.mean(axis=0) for box in found]
    wanted = [(60, 27), (190, 25), (130, 65), (125, 105)]
    np.testing.assert_allclose(middles, wanted, atol=0.01)


def test_a_turned_core_gives_a_turned_box() -> None:
    made = np.full((256, 256), 0.01, np.float32)
    y, x = np.mgrid[:256, :256]
    angle = math.radians(30)
    along = (x - 128) * math.cos(angle) + (y - 128) * math.sin(angle)
    down = -(x - 128) * math.sin(angle) + (y - 128) * math.cos(angle)
    made[(abs(along) < 80) & (abs(down) < 6)] = 0.95
    (box,) = boxes_of(made, size=(256, 256))
    across = box.quad[1] - box.quad[0]
    assert math.degrees(math.atan2(across[1], across[0])) == pytest.approx(30, abs=1)


def test_what_is_doubtful_small_or_a_hole_is_no_line() -> None:
    assert boxes_of(drawn((40, 50, 200, 60), value=0.35), size=(256, 128)) == ()
    assert boxes_of(drawn((40, 50, 42, 51)), size=(256, 128)) == ()
    assert boxes_of(drawn(), size=(256, 128)) == ()
    ring = drawn((20, 20, 240, 110))
    ring[40:90, 40:220] = 0.01
    assert len(boxes_of(ring, size=(256, 128), options=TextDetectorOptions(least_score=0.0))) == 1


def test_no_more_boxes_than_allowed_and_the_largest_first() -> None:
    cores = [(x, y, x + 8 + (x == 4), y + 6) for y in range(4, 120, 12) for x in range(4, 240, 20)]
    found = boxes_of(drawn(*cores), size=(256, 128), options=TextDetectorOptions(most_boxes=10))
    assert len(found) == 10
    assert max(box.quad[:, 0].min() for box in found) < 20
