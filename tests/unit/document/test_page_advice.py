"""Advice for a picture of a document: each on a situation made for it, and none on a good picture."""

import random

import cv2
import numpy as np
import pytest
from page_scenes import camera, draw_page, draw_table, put

from visavis.capture.picture import RgbImage
from visavis.document.page.advice import AdviceLimits, PageAdvice, advise, glare_places
from visavis.document.page.condition import flat_grey, measure_blur, measure_condition
from visavis.document.page.shapes import PageKind, Quad
from visavis.domain.reasons import reason

SIZE = (960, 720)
QUAD = np.array([[150.0, 140], [820, 152], [812, 580], [138, 562]])


def taken(
    seed: int = 1,
    *,
    quad: Quad = QUAD,
    kind: PageKind = PageKind.ID1,
    empty: bool = False,
    light: float = 1.0,
    lens: float = 0.0,
    motion: int = 0,
    spot: tuple[float, float] | None = None,
) -> RgbImage:
    """A page on a table, photographed; ``spot``: where on the page, in parts of it, a lamp is mirrored."""
    rng = random.Random(seed)
    page, table = draw_page(kind, rng, empty=empty, paper=205), draw_table(SIZE, "grain", rng, brightness=80)
    if spot is not None:
        ys, xs = np.mgrid[: page.shape[0], : page.shape[1]].astype(np.float32)
        away = (xs - spot[0] * page.shape[1]) ** 2 / 90**2 + (ys - spot[1] * page.shape[0]) ** 2 / 60**2
        page = np.clip(page + 400 * np.exp(-away / 2)[..., None], 0, 255).astype(np.uint8)
    pixels = put(page, table, quad)
    if lens:
        pixels = np.asarray(cv2.GaussianBlur(pixels, (0, 0), lens), np.uint8)
    if motion:
        pixels = np.asarray(cv2.blur(pixels, (motion, 1)), np.uint8)
    dim = np.asarray(pixels * light, np.uint8)
    return camera(dim, rng, noise=2.5)


@pytest.mark.parametrize(("seed", "kind"), [(1, PageKind.ID1), (2, PageKind.ID1), (3, PageKind.ID1)])
def test_a_good_picture_needs_no_advice(seed: int, kind: PageKind) -> None:
    found = advise(taken(seed, kind=kind))
    assert found.advice == ()
    assert found.ready
    assert found.quad is not None
    assert np.abs(found.quad - QUAD).max() < 12


def test_a_page_beyond_the_border_is_cut_off() -> None:
    assert PageAdvice.CUT_OFF in advise(taken(quad=QUAD + np.array([320.0, 0]))).advice
    assert PageAdvice.CUT_OFF in advise(taken(quad=QUAD - np.array([0.0, 260]))).advice


def test_a_page_far_away_is_too_small() -> None:
    far = (QUAD - QUAD.mean(axis=0)) * 0.45 + [480, 360]
    assert PageAdvice.TOO_SMALL in advise(taken(quad=far)).advice
    # the picture that will be read may have more pixels than the preview
    assert PageAdvice.TOO_SMALL not in advise(taken(quad=far), limits=AdviceLimits(px_per_mm=2.0)).advice


def test_an_unfocused_picture_is_blurred() -> None:
    assert PageAdvice.BLURRED in advise(taken(lens=3.2)).advice
    assert PageAdvice.BLURRED not in advise(taken(lens=0.7)).advice


def test_a_moved_camera_blurs_one_direction() -> None:
    assert PageAdvice.BLURRED in advise(taken(motion=13)).advice


def test_more_blur_never_measures_less() -> None:
    grey = flat_grey(taken(), QUAD, PageKind.ID1)
    blurs = [measure_blur(np.asarray(cv2.GaussianBlur(grey, (0, 0), sigma), np.uint8)) for sigma in (0.5, 1.0, 1.7, 3)]
    assert blurs == sorted(blurs)
    assert blurs[-1] > 1.5 * blurs[0]


def test_a_dim_page_is_too_dark() -> None:
    assert PageAdvice.TOO_DARK in advise(taken(light=0.2)).advice
    assert PageAdvice.TOO_DARK not in advise(taken(light=0.7)).advice
    assert advise(np.full((300, 400, 3), 8, np.uint8)).advice == (PageAdvice.TOO_DARK,)


@pytest.mark.parametrize(
    ("spot", "named"),
    [
        ((0.2, 0.25), PageAdvice.GLARE_TOP_LEFT),
        ((0.85, 0.25), PageAdvice.GLARE_TOP_RIGHT),
        ((0.2, 0.8), PageAdvice.GLARE_BOTTOM_LEFT),
        ((0.85, 0.8), PageAdvice.GLARE_BOTTOM_RIGHT),
        ((0.52, 0.5), PageAdvice.GLARE_CENTRE),
    ],
)
def test_a_reflection_is_named_by_its_place(spot: tuple[float, float], named: PageAdvice) -> None:
    found = advise(taken(spot=spot))
    assert named in found.advice
    assert found.glare > 0
    others = {advice for advice in found.advice if advice.name.startswith("GLARE")} - {named}
    assert len(others) <= 1


def test_white_paper_in_good_light_is_no_glare() -> None:
    page = np.full((318, 510), 250, np.uint8)
    page[100:110, 50:400:7] = 40
    assert not measure_condition(page).glare.any()


def test_what_is_no_page_is_no_document() -> None:
    rng = random.Random(4)
    assert advise(camera(draw_table(SIZE, "grain", rng), rng)).advice == (PageAdvice.NOT_A_DOCUMENT,)


def test_an_empty_sheet_is_no_document() -> None:
    assert advise(taken(empty=True)).advice[:1] == (PageAdvice.NOT_A_DOCUMENT,)


def test_a_page_seen_from_the_side_is_tilted() -> None:
    # 50 degrees about the long side, from 260 mm, through a lens of 0.78 picture widths
    angle, corners = np.radians(50), np.array([[-42.8, -27, 0], [42.8, -27, 0], [42.8, 27, 0], [-42.8, 27, 0]])
    turn = np.array([[1, 0, 0], [0, np.cos(angle), -np.sin(angle)], [0, np.sin(angle), np.cos(angle)]])
    placed = corners @ turn.T + [0, 0, 150]
    quad = placed[:, :2] / placed[:, 2:] * 0.78 * SIZE[0] + [SIZE[0] / 2, SIZE[1] / 2]
    assert PageAdvice.TILTED in advise(taken(quad=quad)).advice


def test_places_of_glare_are_named_largest_first() -> None:
    glare = np.zeros((54, 85), bool)
    glare[2:12, 2:20] = True
    glare[40:46, 70:82] = True
    places = glare_places(glare)
    assert list(places) == [PageAdvice.GLARE_TOP_LEFT, PageAdvice.GLARE_BOTTOM_RIGHT]
    assert places[PageAdvice.GLARE_TOP_LEFT] == pytest.approx(180 / glare.size)
    assert glare_places(np.zeros((54, 85), bool)) == {}


@pytest.mark.parametrize("advice", list(PageAdvice))
def test_every_advice_has_words_and_something_to_do(advice: PageAdvice) -> None:
    words = reason(advice.value)
    assert words.text
    assert words.advice
