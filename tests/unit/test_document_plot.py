"""The drawing over a picture: every mark at its place and in its colour, and nothing for what is no place."""

import io

import numpy as np
from PIL import Image

from visavis.cli.document_plot import COLOURS, Mark, MarkKind, draw_marks

PIXELS = np.full((300, 400, 3), 200, np.uint8)


def quad(x: float, y: float, width: float, height: float) -> np.ndarray[tuple[int, int], np.dtype[np.float64]]:
    return np.array([[x, y], [x + width, y], [x + width, y + height], [x, y + height]], np.float64)


def drawn(*marks: Mark, pixels: np.ndarray = PIXELS, caption: str = "") -> np.ndarray:
    with Image.open(io.BytesIO(draw_marks(pixels, marks, caption=caption))) as picture:
        assert picture.format == "PNG"
        return np.asarray(picture.convert("RGB"))


def test_each_mark_is_drawn_where_it_is() -> None:
    for kind, colour in COLOURS.items():
        picture = drawn(Mark(kind=kind, quad=quad(100, 100, 120, 80), label="name"))
        for x, y in ((100, 140), (160, 100), (220, 140), (160, 180)):
            assert tuple(picture[y, x]) == colour
        assert tuple(picture[140, 160]) == (200, 200, 200)
        assert picture.shape == PIXELS.shape


def test_a_large_picture_is_made_smaller_with_its_marks() -> None:
    large = np.full((2_000, 4_000, 3), 200, np.uint8)
    picture = drawn(Mark(kind=MarkKind.PAGE, quad=quad(1_000, 500, 2_000, 1_000)), pixels=large)
    assert picture.shape == (800, 1_600, 3)
    assert tuple(picture[400, 400]) == COLOURS[MarkKind.PAGE]


def test_what_is_no_place_is_left_out_and_a_caption_lies_below() -> None:
    nowhere = quad(0, 0, 10, 10)
    nowhere[2, 1] = np.nan
    picture = drawn(Mark(kind=MarkKind.MRZ, quad=nowhere, label="line 1"), caption="Read.")
    assert picture.shape[0] > PIXELS.shape[0]
    assert np.array_equal(picture[: PIXELS.shape[0]], PIXELS)


def test_a_label_at_the_edge_stays_in_the_picture() -> None:
    picture = drawn(Mark(kind=MarkKind.FIELD, quad=quad(380, 2, 15, 20), label="document number"))
    assert (picture == COLOURS[MarkKind.FIELD]).all(axis=2).sum() > 500
