import cv2
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from visavis.perception.geometry import Box, Region, apply, fit_similarity, invert, overlap, sample, scale_of

coordinate = st.floats(-1e4, 1e4)
points = (
    st.lists(st.tuples(coordinate, coordinate), min_size=3, max_size=12)
    .map(np.array)
    .filter(lambda places: np.ptp(places, axis=0).max() > 1)
)
Places = NDArray[np.float64]
Corner = tuple[float, float]


@given(points, st.floats(0.01, 100), st.floats(-np.pi, np.pi), coordinate, coordinate)
def test_a_similarity_is_found_again(source: Places, scale: float, angle: float, x: float, y: float) -> None:
    cos, sin = scale * np.cos(angle), scale * np.sin(angle)
    truth = np.array([[cos, -sin, x], [sin, cos, y]])
    found = fit_similarity(source, apply(truth, source))
    assert np.allclose(apply(found, source), apply(truth, source), atol=1e-6 * scale * 1e4)
    assert scale_of(found) == pytest.approx(scale, rel=1e-6)


@given(points)
def test_a_mirrored_face_is_never_fitted_by_a_reflection(source: Places) -> None:
    found = fit_similarity(source, source * [-1, 1])
    assert np.linalg.det(found[:, :2]) >= 0


def test_no_scale_follows_from_one_point() -> None:
    with pytest.raises(ValueError, match="coincide"):
        fit_similarity(np.ones((5, 2)), np.zeros((5, 2)))


@given(points, st.floats(1, 500), st.floats(-np.pi, np.pi), coordinate, coordinate)
def test_the_way_back_from_a_region(places: Places, side: float, angle: float, x: float, y: float) -> None:
    matrix = Region(x, y, side, angle).to_crop(192)
    assert np.allclose(apply(invert(matrix), apply(matrix, places)), places, atol=1e-4)
    assert np.allclose(apply(matrix, np.array([x, y])), [96, 96], atol=1e-6)


def test_a_region_is_levelled() -> None:
    """Right of a head that leans clockwise is down right in the picture, and right in the crop."""
    matrix = Region(50, 50, 100, np.pi / 6).to_crop(100)
    beside = np.array([50 + 20 * np.cos(np.pi / 6), 50 + 20 * np.sin(np.pi / 6)])
    assert np.allclose(apply(matrix, beside), [70, 50])


def test_a_matrix_without_a_way_back() -> None:
    with pytest.raises(ValueError, match="inverted"):
        invert(np.zeros((2, 3)))


@given(st.tuples(coordinate, coordinate), st.floats(1, 1e3), st.floats(1, 1e3))
def test_overlap_of_a_box_with_itself_and_a_distant_one(corner: Corner, width: float, height: float) -> None:
    box = np.array([*corner, corner[0] + width, corner[1] + height])
    shares = overlap(box, np.array([box, box + 3e4]))
    assert shares[0] == pytest.approx(1)
    assert shares[1] == 0


def test_overlap_of_halves_and_of_nothing() -> None:
    box = np.array([0.0, 0, 2, 2])
    assert overlap(box, np.array([[1.0, 0, 3, 2]]))[0] == pytest.approx(1 / 3)
    assert overlap(np.zeros(4), np.zeros((1, 4)))[0] == 0


def test_a_box_around_points() -> None:
    box = Box.around(np.array([[3.0, 4, 9], [1, 8, 9]]))
    assert box == Box(1, 4, 2, 4)
    assert box.centre == (2, 6)


def test_sampling_at_scale_one_copies_pixels() -> None:
    pixels = np.random.default_rng(1).integers(0, 256, (40, 50, 3), np.uint8)
    crop = sample(pixels, np.array([[1.0, 0, -7], [0, 1, -5]]), (20, 10))
    assert np.array_equal(crop, pixels[5:15, 7:27])


def test_outside_is_black_or_the_border() -> None:
    pixels = np.full((20, 20, 3), 200, np.uint8)
    far = np.array([[1.0, 0, 100], [0, 1, 100]])
    assert sample(pixels, far, (8, 8)).max() == 0
    assert sample(pixels, far, (8, 8), repeat_border=True).min() == 200


def test_shrinking_averages_instead_of_skipping() -> None:
    """One-pixel stripes are grey from afar; sampled without care they would be black or white."""
    stripes = np.zeros((400, 400, 3), np.uint8)
    stripes[:, ::2] = 255
    matrix = np.array([[0.25, 0, 0], [0, 0.25, 0]])
    smooth = sample(stripes, matrix, (100, 100))[5:-5, 5:-5].astype(int)
    assert abs(smooth - 127).max() <= 3
    assert sample(stripes, matrix, (100, 100), smooth_below=0)[5:-5, 5:-5].max() in (0, 255, 128, 127)


def test_a_turned_crop_agrees_with_a_turned_picture() -> None:
    generator = np.random.default_rng(3)
    noise = generator.integers(0, 256, (100, 100, 3), np.uint8)
    pixels = np.asarray(cv2.GaussianBlur(noise, (0, 0), 3), np.uint8)
    crop = sample(pixels, Region(50, 50, 100, np.pi / 2).to_crop(100), (100, 100))
    assert np.abs(crop.astype(int) - np.rot90(pixels).astype(int)).max() <= 1


def test_a_picture_wider_than_opencv_can_warp() -> None:
    pixels = np.zeros((2, 40_000, 3), np.uint8)
    pixels[:, 39_000:] = 255
    crop = sample(pixels, np.array([[1.0, 0, -39_500], [0, 1, 0]]), (10, 2))
    assert crop.min() == 255
