"""What a page looks like when it is photographed: its size, its homography, its tilt.

A *quad* is (4, 2) float64: the corners in px, clockwise as seen, x to the right and y down, a pixel's centre at .5. The
first corner is the page's own top left, and the second its top right, as far as that is known.
"""

from dataclasses import dataclass
from enum import StrEnum
from typing import Final

import numpy as np
from numpy.typing import NDArray

__all__ = ["FOCAL_LENGTHS", "PageKind", "Quad", "Views", "quad_homography", "views"]

Quad = NDArray[np.float64]

FOCAL_LENGTHS: Final = (0.62, 0.75, 0.9, 1.15, 1.6)
"""Focal lengths tried, in longer sides of the picture: 22 to 58 mm in the terms of small-format film. Phones have 24 to
28 mm, and up to twice that through their second lens."""


class PageKind(StrEnum):
    """ISO/IEC 7810:2019, 5: the nominal sizes of cards. An ID-3 page is one leaf of a passport (ICAO 9303-4, 3)."""

    ID1 = "id1"
    ID3 = "id3"

    @property
    def size_mm(self) -> tuple[float, float]:
        """(width, height), the long side first."""
        return (85.60, 53.98) if self is PageKind.ID1 else (125.0, 88.0)

    @property
    def aspect(self) -> float:
        width, height = self.size_mm
        return width / height


@dataclass(frozen=True, slots=True, eq=False)
class Views:
    """How n quads (rows) look through each of `FOCAL_LENGTHS` (columns), if they are pictures of rectangles.

    ``aspect``: first side over second. ``skew``: cosine of the angle at the corners, which is 0 for a rectangle.
    ``tilt``: radians between the page and the picture's plane.
    """

    aspect: NDArray[np.float64]
    skew: NDArray[np.float64]
    tilt: NDArray[np.float64]


def quad_homography(quads: NDArray[np.float64]) -> NDArray[np.float64]:
    """(n, 3, 3): from the unit square (0, 0), (1, 0), (1, 1), (0, 1) to each of ``quads`` (n, 4, 2).

    The closed form of P. Heckbert, "Fundamentals of texture mapping and image warping", 1989, section 2.2.3. A quad
    without a homography (three corners on a line) comes back with numbers that are not finite or without meaning.
    """
    a, b, c, d = (quads[:, corner] for corner in range(4))
    first, second, total = b - c, d - c, a - b + c - d
    with np.errstate(divide="ignore", invalid="ignore"):
        below = first[:, 0] * second[:, 1] - first[:, 1] * second[:, 0]
        g = (total[:, 0] * second[:, 1] - total[:, 1] * second[:, 0]) / below
        h = (first[:, 0] * total[:, 1] - first[:, 1] * total[:, 0]) / below
        columns = np.empty((len(quads), 3, 3))
        columns[:, :2, 0] = b - a + g[:, None] * b
        columns[:, :2, 1] = d - a + h[:, None] * d
        columns[:, :2, 2] = a
        columns[:, 2, 0], columns[:, 2, 1], columns[:, 2, 2] = g, h, 1.0
    return columns


def views(quads: NDArray[np.float64], size: tuple[int, int]) -> Views:
    """``quads`` (n, 4, 2) in a picture of ``size`` (width, height), whose axis goes through its middle.

    The two sides of a rectangle lead to two columns of its homography; seen through the right focal length these are
    at right angles, and their lengths are as the sides'. Z. Zhang and L.-W. He, "Whiteboard scanning and image
    enhancement", Digital Signal Processing 17(2), 2007, section 4. Solving for the focal length breaks down for a page
    that lies flat, where it leaves no trace; so a few are tried.
    """
    width, height = size
    homography = quad_homography(quads - [width / 2, height / 2])
    focal = np.array(FOCAL_LENGTHS) * max(width, height)
    rays = np.repeat(homography[:, None, :, :2], len(focal), axis=1)
    rays[:, :, :2] /= focal[None, :, None, None]
    first, second = rays[..., 0], rays[..., 1]
    with np.errstate(divide="ignore", invalid="ignore"):
        lengths = np.sqrt((first * first).sum(-1)), np.sqrt((second * second).sum(-1))
        skew = (first * second).sum(-1) / (lengths[0] * lengths[1])
        normal = np.cross(first, second)
        tilt = np.arccos(np.clip(np.abs(normal[..., 2]) / np.sqrt((normal * normal).sum(-1)), 0, 1))
        return Views(lengths[0] / lengths[1], skew, tilt)
