"""Advice for a picture that was read and did not do."""

import numpy as np
import pytest
from test_page_advice import QUAD, SIZE, taken

from visavis.document.page.advice import PageAdvice
from visavis.document.page.refusal import refusal, runs_off
from visavis.document.page.shapes import Quad


def line(x: float, y: float, length: float) -> Quad:
    return np.array([[x, y], [x + length, y], [x + length, y + 16], [x, y + 16]])


@pytest.mark.parametrize(
    ("quad", "off"),
    [
        (line(200, 300, 300), False),
        (line(2, 300, 300), True),
        (line(700, 300, 259), True),
        (line(2, 300, 60), False),  # a short one may lie on the table
        (line(200, 703, 300), True),
    ],
)
def test_a_long_line_at_the_border_runs_off(quad: Quad, off: bool) -> None:
    assert runs_off(quad, SIZE) is off


def test_a_line_that_runs_off_says_cut_off() -> None:
    assert refusal(taken(), lines=[line(1, 300, 400)]) == (PageAdvice.CUT_OFF,)


def test_nothing_wrong_to_be_seen_still_asks_for_another_picture() -> None:
    assert refusal(taken(), lines=[line(200, 300, 300)]) == (PageAdvice.UNREADABLE,)


def test_writing_without_an_outline_is_a_document() -> None:
    bare = np.full((720, 960, 3), 120, np.uint8)
    assert refusal(bare, lines=[]) == (PageAdvice.NOT_A_DOCUMENT,)
    assert refusal(bare, lines=[line(200, 300, 300)]) == (PageAdvice.UNREADABLE,)


def test_light_on_the_portrait_is_named() -> None:
    portrait = QUAD[0] + np.array([[40.0, 100], [235, 100], [235, 335], [40, 335]])
    spoilt = taken(spot=(0.19, 0.5))
    assert PageAdvice.GLARE_PORTRAIT in refusal(spoilt, lines=[], portrait=portrait)
    assert PageAdvice.GLARE_PORTRAIT not in refusal(taken(), lines=[], portrait=portrait)
