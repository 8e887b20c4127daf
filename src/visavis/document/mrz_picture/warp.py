"""Crops through a homography, averaged first where the picture has more pixels than the crop."""

from typing import Final

import cv2
import numpy as np
from numpy.typing import NDArray

from visavis.capture.picture import RgbImage
from visavis.perception.geometry import Points

__all__ = ["Homography", "crop_through", "homography", "px_per_unit", "through"]

Homography = NDArray[np.float64]

_SHRINK_BELOW: Final = 0.75


def homography(source: Points, target: Points) -> Homography:
    """(3, 3): brings ``source`` (n, 2) to ``target`` (n, 2), n >= 4, by least squares. ValueError where none does."""
    matrix, _ = cv2.findHomography(np.asarray(source, np.float64), np.asarray(target, np.float64), 0)
    found = np.asarray(matrix, np.float64)  # OpenCV says None where there is none, its types do not
    if found.shape != (3, 3) or not np.all(np.isfinite(found)):
        raise ValueError("no homography leads from these points to those")
    return found


def through(matrix: Homography, points: Points) -> NDArray[np.float64]:
    """``points`` (..., 2) through ``matrix`` (3, 3)."""
    points = np.asarray(points, np.float64)
    lifted = points @ matrix[:, :2].T + matrix[:, 2]
    return np.asarray(lifted[..., :2] / lifted[..., 2:], np.float64)


def px_per_unit(matrix: Homography, x: float, y: float) -> float:
    """How many px of the picture one unit of the plane takes at (x, y), the geometric mean of both directions."""
    step = 0.5
    corners = np.array([[x - step, y], [x + step, y], [x, y - step], [x, y + step]])
    left, right, top, bottom = through(matrix, corners)
    return float(np.sqrt(np.hypot(*(right - left)) * np.hypot(*(bottom - top))))


def crop_through(pixels: RgbImage, places: NDArray[np.float64], *, px_per_px: float) -> RgbImage:
    """The crop whose pixel (row, column) shows the picture at ``places`` (h, w, 2), in continuous coordinates.

    ``px_per_px``: picture px that one px of the crop covers. Outside of the picture the nearest pixel is repeated.
    """
    height, width = pixels.shape[:2]
    flat = places.reshape(-1, 2)
    low = np.clip(np.floor(flat.min(axis=0)) - 2, 0, [width - 1, height - 1]).astype(int)
    high = np.clip(np.ceil(flat.max(axis=0)) + 2, low + 1, [width, height]).astype(int)
    part = pixels[low[1] : high[1], low[0] : high[0]]
    shift, scale = low.astype(np.float64), np.ones(2)
    if px_per_px * _SHRINK_BELOW > 1:
        smaller = np.maximum(np.round((high - low) / px_per_px), 1).astype(int)
        part = np.asarray(cv2.resize(part, (int(smaller[0]), int(smaller[1])), interpolation=cv2.INTER_AREA), np.uint8)
        scale = smaller / (high - low)
    maps = ((places - shift) * scale - 0.5).astype(np.float32)
    crop = cv2.remap(part, maps[..., 0], maps[..., 1], cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)
    return np.asarray(crop, np.uint8)
