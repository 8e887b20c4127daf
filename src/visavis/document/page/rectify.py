"""A page as a flat picture."""

from typing import Final

import cv2
import numpy as np

from visavis.capture.picture import RgbImage
from visavis.document.page.shapes import PageKind, Quad, quad_homography

__all__ = ["MAX_PX_PER_MM", "page_homography", "rectify", "rectify_to"]

MAX_PX_PER_MM: Final = 40.0
"""About 1000 dots per inch: an ID-3 page then has 17.6 megapixels."""
_SHRINK: Final = 0.6
"""Below this scale the picture is averaged first, as in `visavis.perception.geometry.sample`."""


def page_homography(quad: Quad, size: tuple[float, float]) -> Quad:
    """(3, 3): from a page of ``size`` (width, height, any unit) to the picture in which its corners are ``quad``."""
    return np.asarray(quad_homography(quad[None])[0] @ np.diag([1 / size[0], 1 / size[1], 1.0]), np.float64)


def rectify(pixels: RgbImage, quad: Quad, *, kind: PageKind, px_per_mm: float) -> RgbImage:
    """The page whose corners are ``quad`` (4, 2), the page's own top left first, as it is seen from straight above.

    ``pixels`` (h, w, 3). What lies outside of the picture repeats its border. Raises ValueError for a quad that is no
    page (corners on a line, or not finite), and for a ``px_per_mm`` not within 0..`MAX_PX_PER_MM`.
    """
    if not 0 < px_per_mm <= MAX_PX_PER_MM:
        raise ValueError("px_per_mm is out of range")
    width, height = kind.size_mm
    return rectify_to(pixels, quad, (max(1, round(width * px_per_mm)), max(1, round(height * px_per_mm))))


def rectify_to(pixels: RgbImage, quad: Quad, size: tuple[int, int], *, grey: bool = False) -> RgbImage:
    """As `rectify`, to ``size`` (width, height) in px; with ``grey`` (height, width), in a third of the time.

    Only the part of the picture around the page is touched.
    """
    quad = np.asarray(quad, np.float64)
    homography = page_homography(quad, size)
    if not np.isfinite(homography).all() or abs(np.linalg.det(homography)) < 1e-12:
        raise ValueError("three corners of the page lie on a line")
    bounds = np.array([pixels.shape[1], pixels.shape[0]])
    low = np.clip(np.floor(quad.min(axis=0)) - 2, 0, bounds - 1).astype(int)
    high = np.clip(np.ceil(quad.max(axis=0)) + 2, low + 1, bounds).astype(int)
    part = pixels[low[1] : high[1], low[0] : high[0]]
    if grey:
        part = np.asarray(cv2.cvtColor(part, cv2.COLOR_RGB2GRAY), np.uint8)
    onto_part = np.eye(3)
    onto_part[:2, 2] = -low
    scale = min(
        1.0, max(size) / max(float(np.linalg.norm(quad[1] - quad[0])), float(np.linalg.norm(quad[2] - quad[1])))
    )
    if scale < _SHRINK:
        smaller = np.maximum(np.round((high - low) * scale), 1).astype(int)
        part = np.asarray(cv2.resize(part, (int(smaller[0]), int(smaller[1])), interpolation=cv2.INTER_AREA), np.uint8)
        onto_part = np.diag([*(smaller / (high - low)), 1.0]) @ onto_part
    half = np.eye(3)
    half[:2, 2] = 0.5  # OpenCV counts from the centre of the first pixel
    matrix = np.linalg.inv(half) @ onto_part @ homography @ half
    flat = cv2.warpPerspective(
        part, matrix, size, flags=cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP, borderMode=cv2.BORDER_REPLICATE
    )
    return np.asarray(flat, np.uint8)
