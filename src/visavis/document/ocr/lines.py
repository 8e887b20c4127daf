"""Lines of text as quadrilaterals: which way they read, in which order, and each as an upright crop.

A quad (4, 2) is float64, px, clockwise from the corner before the first character's head: the first edge runs along the
heads of the characters in the direction of reading. A pixel's centre is at .5.
"""

import math
from collections.abc import Sequence
from typing import Final

import cv2
import numpy as np
from numpy.typing import NDArray

from visavis.capture.picture import RgbImage

__all__ = ["LINE_HEIGHT", "MAX_LINE_WIDTH", "Quad", "crop_line", "extent", "half_turned", "oriented", "reading_order"]

Quad = NDArray[np.float64]

LINE_HEIGHT: Final = 48
"""Of a crop that the recogniser takes, px."""
MAX_LINE_WIDTH: Final = 3200
"""Of a crop, px: a line of a passport has about 1,100."""
_MOST_OVERSAMPLING: Final = 8
_CLEARLY_LONG: Final = 1.5
"""A box this much longer than high tells its own direction; a single character does not."""
_SAME_ROW: Final = 0.5
"""Two lines are of one row whose middles differ by less than this share of the lower one's height."""


def extent(quad: Quad) -> tuple[float, float]:
    """Length along the reading direction and height across it, px: the means of opposite edges."""
    top, right, bottom, left = (math.dist(quad[at], quad[(at + 1) % 4]) for at in range(4))
    return (top + bottom) / 2, (right + left) / 2


def half_turned(quad: Quad) -> Quad:
    """The same line read from the other side."""
    return np.roll(quad, 2, axis=0)


def crop_line(pixels: RgbImage, quad: Quad, *, height: int = LINE_HEIGHT, condensed: float = 1.0) -> RgbImage:
    """The line upright, (height, width, 3), its width as long as the quad is to its height, at most `MAX_LINE_WIDTH`.

    ``condensed``: over 0 to 1, by which the width alone is made smaller.

    The perspective of the quad is undone; what lies outside of the picture repeats its border. A large line is
    averaged, not skipped through. Raises ValueError for a quad that is no area.
    """
    if quad.shape != (4, 2) or not np.isfinite(quad).all():
        raise ValueError("a quad has four corners")
    length, thickness = extent(quad)
    if min(length, thickness) < 1:
        raise ValueError("a line of text has a length and a height")
    width = min(max(round(condensed * length / thickness * height), 1), MAX_LINE_WIDTH)
    finer = min(max(round(thickness / height), 1), _MOST_OVERSAMPLING)
    size = (width * finer, height * finer)
    corners = np.array([[0, 0], [size[0], 0], size, [0, size[1]]], np.float32)
    # OpenCV counts from the centre of the first pixel
    matrix = cv2.getPerspectiveTransform(quad.astype(np.float32) - np.float32(0.5), corners - np.float32(0.5))
    crop = cv2.warpPerspective(pixels, matrix, size, flags=cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)
    if finer > 1:
        crop = cv2.resize(crop, (width, height), interpolation=cv2.INTER_AREA)
    return np.asarray(crop, np.uint8)


def oriented(quads: Sequence[Quad]) -> list[Quad]:
    """Each quad, given clockwise from any of its corners, started where its reading starts, as far as boxes can tell.

    A long box reads along its length: from left to right, or down where it stands more upright than level; which of
    both ends is the first is for the recogniser to say (`half_turned`). A box as short as a character follows the
    direction of the others.
    """
    long = [_along(quad) for quad in quads]
    sure = [quad for quad in long if extent(quad)[0] >= _CLEARLY_LONG * extent(quad)[1]]
    direction = _direction(sure) if sure else np.array([1.0, 0.0])
    return [_towards(quad, direction) for quad in long]


def reading_order(quads: Sequence[Quad]) -> list[int]:
    """Indices of oriented quads row by row, and along each row, in the direction that most of the text reads."""
    if not quads:
        return []
    along = _direction(quads)
    across = np.array([-along[1], along[0]])
    middles = np.array([quad.mean(axis=0) for quad in quads])
    forward, down = middles @ along, middles @ across
    heights = np.array([extent(quad)[1] for quad in quads])
    rows: list[list[int]] = []
    for at in np.argsort(down, kind="stable").tolist():
        row = rows[-1] if rows else []
        near = [other for other in row if abs(down[at] - down[other]) < _SAME_ROW * min(heights[at], heights[other])]
        if near and (len(row) < 2 or _fits(at, row, down, heights)):
            row.append(at)
        else:
            rows.append([at])
    return [at for row in rows for at in sorted(row, key=lambda item: float(forward[item]))]


def _fits(at: int, row: list[int], down: Quad, heights: Quad) -> bool:
    """Whether a box belongs to the whole row, not only to the box before it, which may stand lower."""
    return bool(abs(down[at] - np.median(down[row])) < _SAME_ROW * max(heights[at], float(np.median(heights[row]))))


def _along(quad: Quad) -> Quad:
    """Started so that the first edge is a long one, and points right, or down where it is steep."""
    turned = quad if math.dist(quad[0], quad[1]) >= math.dist(quad[1], quad[2]) else np.roll(quad, -1, axis=0)
    x, y = turned[1] - turned[0]
    ahead = x > 0 if abs(x) >= abs(y) else y > 0
    return turned if ahead else half_turned(turned)


def _towards(quad: Quad, direction: Quad) -> Quad:
    length, thickness = extent(quad)
    if length >= _CLEARLY_LONG * thickness:
        return quad
    turns = [np.roll(quad, -turn, axis=0) for turn in range(4)]
    return max(turns, key=lambda turned: float((turned[1] - turned[0]) @ direction / math.dist(turned[0], turned[1])))


def _direction(quads: Sequence[Quad]) -> Quad:
    """The unit vector along which the text reads: the mean over all lines, each weighing as it is long."""
    vectors = np.array([quad[1] - quad[0] + quad[2] - quad[3] for quad in quads])
    longest = vectors[np.linalg.norm(vectors, axis=1).argmax()]
    mean = np.where((vectors @ longest >= 0)[:, None], vectors, -vectors).sum(axis=0)
    return np.asarray(mean / max(float(np.linalg.norm(mean)), 1e-9), np.float64)
