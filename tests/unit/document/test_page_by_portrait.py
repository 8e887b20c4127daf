"""Which outline is the page: the one on which the portrait stands as issuers put it."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from visavis.document.page.by_portrait import REGION_MM, read_upright, region_around
from visavis.document.page.shapes import Quad

PAGE = (85.6, 53.98)


def rectangle(left: float, top: float, right: float, bottom: float) -> Quad:
    return np.array([[left, top], [right, top], [right, bottom], [left, bottom]])


def seen(quad: Quad, *, angle: float = 0.0, scale: float = 10.0, keystone: float = 0.0) -> Quad:
    """From millimetres of a page to px of a picture."""
    x, y = ((quad - np.array(PAGE) / 2) * scale).T
    away = 1 + keystone * x / (PAGE[0] * scale)
    cos, sin = np.cos(angle), np.sin(angle)
    return np.stack([(x * cos - y * sin) / away, (x * sin + y * cos) / away], axis=1) + 1000.0


OUTLINE = rectangle(0, 0, *PAGE)
LEFT = rectangle(5, 14, 30, 46)
RIGHT = rectangle(58, 8, 82, 40)


@given(st.floats(-np.pi, np.pi), st.integers(0, 3), st.floats(-0.25, 0.25), st.sampled_from([LEFT, RIGHT]))
def test_the_page_of_a_portrait_is_read_the_way_the_face_stands(
    angle: float, first: int, keystone: float, portrait: Quad
) -> None:
    page, face = (seen(quad, angle=angle, keystone=keystone) for quad in (OUTLINE, portrait))
    found = read_upright(np.roll(page, first, axis=0), face)
    assert found is not None
    np.testing.assert_allclose(found, page)


@pytest.mark.parametrize(
    "outline",
    [
        rectangle(4, 13, 31, 47),  # the portrait's own frame
        rectangle(0, 0, 42, 50),  # half of the card
        rectangle(-120, -200, 300, 260),  # a leaf of paper under the card
        rectangle(40, 0, 125.6, 53.98),  # beside it
    ],
)
def test_other_outlines_are_not_the_page(outline: Quad) -> None:
    assert read_upright(seen(outline), seen(LEFT)) is None


def test_a_face_that_lies_across_the_page_is_no_portrait_of_it() -> None:
    across = np.roll(seen(rectangle(8, 14, 33, 39)), 1, axis=0)
    assert read_upright(seen(OUTLINE), across) is None


@pytest.mark.parametrize("portrait", [LEFT, RIGHT])
@pytest.mark.parametrize("angle", [0.0, 0.4, 1.7, 3.1])
def test_the_region_around_a_portrait_holds_its_card_upright_but_for_a_margin(portrait: Quad, angle: float) -> None:
    region = region_around(seen(portrait, angle=angle))
    right = region[1] - region[0]
    assert np.arctan2(right[1], right[0]) == pytest.approx(angle, abs=1e-6)
    # the card's corners in the region's own frame, each from 0 to 1
    frame = np.stack([region[1] - region[0], region[3] - region[0]], axis=1)
    inside = np.linalg.solve(frame, (seen(OUTLINE, angle=angle) - region[0]).T)
    assert inside.min() >= -0.05
    assert inside.max() <= 1.05
    assert np.linalg.norm(right) / np.linalg.norm(region[3] - region[0]) == pytest.approx(
        REGION_MM[0] / REGION_MM[1], rel=0.1
    )
