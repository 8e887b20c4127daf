"""The page finder, on drawn pages whose corners are known."""

import random

import numpy as np
import pytest
from page_scenes import TABLES, camera, corner_error, draw_page, draw_table, put, scene

from visavis.document.page.find import find_page, find_pages, small_copy
from visavis.document.page.rectify import rectify, rectify_to
from visavis.document.page.shapes import PageKind, quad_homography, views

CLOSE = 0.02
"""Of the page's width."""
SIZE = (800, 600)


@pytest.mark.parametrize("turn", [4, 92, 137, 268])
def test_a_page_is_found_at_any_rotation(turn: int) -> None:
    made = scene(1, table="grain", turn=turn, tilt=18, size=SIZE, kind=PageKind.ID3, brightness=60)
    found = find_page(made.pixels)
    assert found is not None
    assert corner_error(found.quad, made.quad) < CLOSE
    assert not found.cut_off


@pytest.mark.parametrize("table", TABLES)
def test_a_page_is_found_on_every_table_with_a_finger_on_it(table: str) -> None:
    made = scene(5, table=table, kind=PageKind.ID1, fill=0.55, tilt=15, hands=1, size=SIZE, brightness=90)
    found = find_page(made.pixels)
    assert found is not None
    assert corner_error(found.quad, made.quad) < CLOSE


@pytest.mark.parametrize("seed", [11, 12])
def test_a_page_is_found_at_the_largest_tilt(seed: int) -> None:
    made = scene(seed, table="plain", tilt=35, fill=0.5, size=SIZE, brightness=60)
    found = find_page(made.pixels)
    assert found is not None
    assert corner_error(found.quad, made.quad) < CLOSE
    assert found.tilt == pytest.approx(35, abs=12)


def test_a_page_is_found_on_a_table_almost_as_bright() -> None:
    made = scene(5, table="plain", tilt=10, fill=0.6, size=SIZE, paper=205, brightness=180, noise=1.5)
    found = find_page(made.pixels)
    assert found is not None
    assert corner_error(found.quad, made.quad) < CLOSE


def test_corners_are_refined_to_a_fraction_of_a_small_pixel() -> None:
    made = scene(2, table="plain", fill=0.6, tilt=12, size=(1600, 1200), brightness=60)
    found = find_page(made.pixels)
    assert found is not None
    assert corner_error(found.quad, made.quad) < 0.002


def test_the_long_side_comes_first_and_runs_to_the_right() -> None:
    made = scene(6, table="plain", kind=PageKind.ID1, turn=180, tilt=0, fill=0.6, size=SIZE, brightness=60)
    found = find_page(made.pixels)
    assert found is not None
    across, down = found.quad[1] - found.quad[0], found.quad[3] - found.quad[0]
    assert np.linalg.norm(across) > np.linalg.norm(down)
    assert across[0] > 0
    assert across[0] * down[1] - across[1] * down[0] > 0  # clockwise, y down
    assert found.kind is PageKind.ID1


def test_an_empty_table_has_no_page() -> None:
    for table in ("plain", "grain"):
        assert find_page(camera(draw_table(SIZE, table, random.Random(1)), random.Random(2))) is None
    assert find_pages(np.full((60, 50, 3), 128, np.uint8), most=3) == ()


def test_a_page_beyond_the_border_is_called_cut_off() -> None:
    rng = random.Random(7)
    quad = np.array([[250.0, 120], [900, 130], [895, 540], [245, 530]])
    pixels = camera(put(draw_page(PageKind.ID1, rng), draw_table(SIZE, "plain", rng, brightness=60), quad), rng)
    found = find_page(pixels)
    assert found is not None
    assert found.cut_off


def test_a_page_laid_flat_is_the_page_that_was_drawn() -> None:
    page = draw_page(PageKind.ID1, random.Random(3))
    quad = np.array([[310.0, 90], [1090, 160], [1010, 700], [250, 590]])
    pixels = put(page, np.full((800, 1280, 3), 40, np.uint8), quad)
    flat = rectify(pixels, quad, kind=PageKind.ID1, px_per_mm=8)
    assert flat.shape == (432, 685, 3)
    straight = np.array([[0.0, 0], [page.shape[1], 0], [page.shape[1], page.shape[0]], [0, page.shape[0]]])
    shrunk = rectify_to(page, straight, (685, 432))
    inner = np.s_[30:-30, 30:-30]
    assert np.abs(flat[inner].astype(float) - shrunk[inner]).mean() < 6
    turned = rectify(pixels, np.roll(quad, 2, axis=0), kind=PageKind.ID1, px_per_mm=8)
    assert np.abs(turned[::-1, ::-1].astype(float) - flat).mean() < 1


@pytest.mark.parametrize("px_per_mm", [0.0, -1.0, 41.0])
def test_only_a_sensible_resolution_is_taken(px_per_mm: float) -> None:
    quad = np.array([[10.0, 10], [90, 10], [90, 60], [10, 60]])
    with pytest.raises(ValueError, match="px_per_mm"):
        rectify(np.zeros((100, 100, 3), np.uint8), quad, kind=PageKind.ID1, px_per_mm=px_per_mm)


@pytest.mark.parametrize("last", [(50.0, 10.0), (float("nan"), 3.0)])
def test_corners_on_a_line_are_no_page(last: tuple[float, float]) -> None:
    quad = np.array([[10.0, 10], [90, 10], [70, 10], last])
    with pytest.raises(ValueError, match="line"):
        rectify(np.zeros((100, 100, 3), np.uint8), quad, kind=PageKind.ID1, px_per_mm=4)


def test_the_shape_is_told_through_the_right_lens() -> None:
    # an ID-1 card of 85.6 x 54 mm, tilted by 30 degrees about its long side, 300 mm away, lens of 0.9 picture widths
    corners = np.array([[-42.8, -27, 0], [42.8, -27, 0], [42.8, 27, 0], [-42.8, 27, 0]])
    angle = np.radians(30)
    turn = np.array([[1, 0, 0], [0, np.cos(angle), -np.sin(angle)], [0, np.sin(angle), np.cos(angle)]])
    placed = corners @ turn.T + [0, 0, 300]
    quad = placed[:, :2] / placed[:, 2:] * 900 + [500, 400]
    seen = views(quad[None], (1000, 800))
    assert seen.aspect[0, 2] == pytest.approx(85.6 / 54, rel=1e-6)
    assert seen.skew[0, 2] == pytest.approx(0, abs=1e-9)
    assert seen.tilt[0, 2] == pytest.approx(angle, rel=1e-6)
    unit = np.array([[0, 0, 1], [1, 0, 1], [1, 1, 1], [0, 1, 1]]) @ quad_homography(quad[None])[0].T
    np.testing.assert_allclose(unit[:, :2] / unit[:, 2:], quad)


def test_a_small_copy_keeps_its_proportions() -> None:
    pixels = np.zeros((1501, 2003, 3), np.uint8)
    small, scale = small_copy(pixels, 560)
    assert max(small.shape) <= 560
    assert small.shape[0] * scale == pytest.approx(1501, abs=scale + 4)
    assert small.shape[1] * scale == pytest.approx(2003, abs=scale + 4)
    same, one = small_copy(small, 560)
    assert same is small
    assert one == 1
