"""The page of a document in a photograph taken by hand."""

from dataclasses import dataclass
from typing import Final

import cv2
import numpy as np

from visavis.capture.picture import RgbImage
from visavis.document.page.quads import Outline, find_outlines, fit_of_kind, upright
from visavis.document.page.refine import refine
from visavis.document.page.shapes import PageKind, Quad

__all__ = ["FoundPage", "find_page", "find_pages", "small_copy"]

_SEARCH_SIDE: Final = 560
"""Px of the longer side in which lines are looked for."""
_LINES: Final = 54
_LEAST_SCORE: Final = 0.4


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class FoundPage:
    """``quad`` (4, 2): the corners in px, clockwise, the long side first; of the two ways that remain, the one that is
    read more nearly from left to right. Which way the page is read, the outline can't tell: its writing does.

    ``kind``: by its shape after perspective, which is a guess where the page is tilted and the focal length unknown.
    ``score``: about 0..1. ``tilt``: degrees between the page and the picture's plane, 0..90. ``cut_off``: a part of
    the page lies beyond the picture, so that the corners there are guesses or the picture's own.
    """

    quad: Quad
    kind: PageKind
    score: float
    tilt: float
    cut_off: bool


def find_page(pixels: RgbImage) -> FoundPage | None:
    """The page in ``pixels`` (h, w, 3), at any rotation and up to 35 degrees of tilt; None where nothing is like one.

    Lines are found in a small copy, four of them are chosen by how well they are supported as sides and by the shape
    that they enclose, and these are refined at full size. A side may be interrupted, by fingers for one. Takes 50 to
    150 ms, whatever the picture's size.
    """
    found = find_pages(pixels, most=1)
    return found[0] if found else None


def find_pages(pixels: RgbImage, *, most: int) -> tuple[FoundPage, ...]:
    """As `find_page`, and what else could be one, the likeliest first: where the first holds no text, try the next."""
    small, scale = small_copy(pixels, _SEARCH_SIDE)
    outlines = find_outlines(small, most_lines=_LINES, most=max(4, most))
    return tuple(_refined(pixels, outline, scale) for outline in outlines[:most] if outline.score >= _LEAST_SCORE)


def small_copy(pixels: RgbImage, longest: int) -> tuple[RgbImage, float]:
    """``pixels`` with a longer side of at most ``longest`` px, and how many px of the picture make one of these."""
    height, width = pixels.shape[:2]
    scale = max(1.0, max(width, height) / longest)
    if scale == 1:
        return pixels, 1.0
    whole = int(scale)
    if whole > 1:  # whole blocks of pixels are averaged several times faster
        width, height = width - width % whole, height - height % whole
        blocks = pixels[:height, :width]
        pixels = np.asarray(cv2.resize(blocks, None, fx=1 / whole, fy=1 / whole, interpolation=cv2.INTER_AREA))
    size = max(1, round(width / scale)), max(1, round(height / scale))
    return np.asarray(cv2.resize(pixels, size, interpolation=cv2.INTER_AREA), np.uint8), scale


def _refined(pixels: RgbImage, outline: Outline, scale: float) -> FoundPage:
    quad = outline.quad * scale
    kind, tilt = outline.kind, outline.tilt
    if not outline.cut:
        quad = refine(pixels, quad, reach=max(4.0, 3.0 * scale))
        fits = fit_of_kind(quad[None], (pixels.shape[1], pixels.shape[0]))[0]
        number, way = divmod(int(fits[..., 0].argmin()), 2)
        quad = upright(np.roll(quad, -way, axis=0))
        kind, tilt = list(PageKind)[number], float(fits[number, way, 1])
    return FoundPage(quad=quad, kind=kind, score=outline.score, tilt=float(np.degrees(tilt)), cut_off=outline.cut)
