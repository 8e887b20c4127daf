"""A page laid flat, with the way back: what is found on it is told in px of the picture that it came from."""

from dataclasses import dataclass
from typing import Final

import numpy as np

from visavis.capture.picture import RgbImage
from visavis.document.page.find import find_pages
from visavis.document.page.rectify import page_homography, rectify_to
from visavis.document.page.shapes import Quad

__all__ = ["FlatPage", "lay_flat", "nearer_outline", "whole_picture"]

MOST_PX_PER_MM: Final = 12.0
LEAST_PX_PER_MM: Final = 5.0
_NEAR: Final = 0.12
"""How far a corner may lie from where the zone puts it, in parts of the page's width."""
_OUTLINES: Final = 3


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class FlatPage:
    """``pixels`` (h, w, 3): the page as it is read. ``quad`` (4, 2): its corners in px of the picture. ``homography``
    (3, 3): from px of the flat page to px of the picture.
    """

    pixels: RgbImage
    quad: Quad
    homography: Quad

    def in_picture(self, points: Quad) -> Quad:
        """``points`` (..., 2) of the flat page, in px of the picture."""
        points = np.asarray(points, np.float64)
        lifted = points @ self.homography[:, :2].T + self.homography[:, 2]
        return np.asarray(lifted[..., :2] / lifted[..., 2:], np.float64)

    def half_turned(self) -> "FlatPage":
        """The same page, read from the other side."""
        height, width = self.pixels.shape[:2]
        turn = np.array([[-1.0, 0.0, width], [0.0, -1.0, height], [0.0, 0.0, 1.0]])
        return FlatPage(
            pixels=np.ascontiguousarray(self.pixels[::-1, ::-1]),
            quad=np.roll(self.quad, 2, axis=0),
            homography=self.homography @ turn,
        )


def lay_flat(pixels: RgbImage, quad: Quad, size_mm: tuple[float, float]) -> FlatPage | None:
    """The page whose corners are ``quad``, about as fine as it is in the picture; None for a quad that is no page."""
    sides = np.linalg.norm(np.roll(quad, -1, axis=0) - quad, axis=1)
    across, down = (sides[0] + sides[2]) / 2 / size_mm[0], (sides[1] + sides[3]) / 2 / size_mm[1]
    px_per_mm = float(np.clip(np.sqrt(across * down), LEAST_PX_PER_MM, MOST_PX_PER_MM))
    size = max(1, round(size_mm[0] * px_per_mm)), max(1, round(size_mm[1] * px_per_mm))
    try:
        flat = rectify_to(pixels, quad, size)
    except ValueError:
        return None
    return FlatPage(pixels=flat, quad=np.asarray(quad, np.float64), homography=page_homography(quad, size))


def whole_picture(pixels: RgbImage) -> FlatPage:
    """The picture as its own page, where no outline is found: a scan, or a page that fills it."""
    height, width = pixels.shape[:2]
    quad = np.array([[0, 0], [width, 0], [width, height], [0, height]], np.float64)
    return FlatPage(pixels=pixels, quad=quad, homography=np.eye(3))


def nearer_outline(pixels: RgbImage, expected: Quad) -> Quad:
    """The outline that is seen where a page is ``expected``, with its corners in that order; else ``expected``.

    A zone tells where its page lies to within some per cent of a side; an outline that agrees with it is truer.
    """
    width = float(np.linalg.norm(expected[1] - expected[0]))
    best, least = expected, _NEAR * width
    for page in find_pages(pixels, most=_OUTLINES):
        for turn in range(4):
            quad = np.roll(page.quad, -turn, axis=0)
            farthest = float(np.linalg.norm(quad - expected, axis=1).max())
            if farthest < least and not page.cut_off:
                best, least = quad, farthest
    return best
