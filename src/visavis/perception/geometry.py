"""Plane geometry of faces, as pure functions.

Coordinates are continuous: the pixel in column ``j`` covers ``[j, j + 1)``, so its centre is at ``j + 0.5``, and a
picture of width ``w`` spans ``[0, w]``. x runs to the right, y down, angles are radians, clockwise as seen on the
screen. A *matrix* is a 2 x 3 affine map of column vectors, float64.
"""

import math
from dataclasses import dataclass
from typing import Final, NamedTuple

import cv2
import numpy as np
from numpy.typing import NDArray

from visavis.capture.picture import RgbImage

__all__ = [
    "Box",
    "Matrix",
    "Points",
    "Region",
    "apply",
    "fit_similarity",
    "invert",
    "overlap",
    "sample",
    "scale_of",
    "triangulate",
]

Matrix = NDArray[np.float64]
Points = NDArray[np.float32] | NDArray[np.float64]

_SHRINK_FILTER: Final = 0.75
"""Below this scale bilinear sampling skips pixels, so the source is shrunk by area averaging first."""


class Box(NamedTuple):
    """An upright rectangle in px; ``x``, ``y`` is the top left corner, which may lie outside the picture."""

    x: float
    y: float
    width: float
    height: float

    @property
    def centre(self) -> tuple[float, float]:
        return self.x + self.width / 2, self.y + self.height / 2

    @classmethod
    def around(cls, points: Points) -> "Box":
        """The smallest box that holds ``points`` (n, 2 or more columns), n >= 1."""
        x, y = points[:, 0], points[:, 1]  # column by column: numpy is slow along a short last axis
        left, top = x.min(), y.min()
        return cls(float(left), float(top), float(x.max() - left), float(y.max() - top))


@dataclass(frozen=True, slots=True)
class Region:
    """A square in the picture that may be turned: centre and side in px, ``angle`` in radians, clockwise."""

    x: float
    y: float
    side: float
    angle: float = 0.0

    def to_crop(self, size: int) -> Matrix:
        """The matrix from the picture to an upright crop of ``size`` px a side."""
        scale = size / self.side
        cos, sin = math.cos(self.angle) * scale, math.sin(self.angle) * scale
        return np.array(
            [
                [cos, sin, size / 2 - (cos * self.x + sin * self.y)],
                [-sin, cos, size / 2 - (cos * self.y - sin * self.x)],
            ]
        )


def fit_similarity(source: Points, target: Points) -> Matrix:
    """The rotation, uniform scale and shift (never a reflection) that brings ``source`` (n, 2) nearest to ``target``.

    Least squares over n >= 2 points. Raises ValueError where all source points coincide.
    S. Umeyama, "Least-squares estimation of transformation parameters between two point patterns", TPAMI 13(4), 1991;
    in the plane the rotation has the closed form used here.
    """
    source, target = np.asarray(source, np.float64), np.asarray(target, np.float64)
    source_mean, target_mean = source.mean(axis=0), target.mean(axis=0)
    s, t = source - source_mean, target - target_mean
    spread = float((s * s).sum())
    if not np.isfinite(spread) or spread <= 0:
        raise ValueError("the points coincide, so no scale follows from them")
    cos = float((s * t).sum()) / spread
    sin = float((s[:, 0] * t[:, 1] - s[:, 1] * t[:, 0]).sum()) / spread
    linear = np.array([[cos, -sin], [sin, cos]])
    return np.column_stack([linear, target_mean - linear @ source_mean])


def apply(matrix: Matrix, points: Points) -> NDArray[np.float64]:
    """``points`` (..., 2) through ``matrix``."""
    return np.asarray(np.asarray(points, np.float64) @ matrix[:, :2].T + matrix[:, 2], np.float64)


def invert(matrix: Matrix) -> Matrix:
    """The way back. Raises ValueError where there is none."""
    (a, b, x), (c, d, y) = matrix.tolist()
    determinant = a * d - b * c
    if not math.isfinite(determinant) or determinant == 0:
        raise ValueError("the matrix cannot be inverted")
    a, b, c, d = d / determinant, -b / determinant, -c / determinant, a / determinant
    return np.array([[a, b, -(a * x + b * y)], [c, d, -(c * x + d * y)]])


def scale_of(matrix: Matrix) -> float:
    """How much longer lengths become, where ``matrix`` is a similarity."""
    return math.hypot(matrix[0, 0], matrix[1, 0])


def overlap(box: NDArray[np.float64], others: NDArray[np.float64]) -> NDArray[np.float64]:
    """Intersection over union of ``box`` (4,) with ``others`` (n, 4), both as left, top, right, bottom; 0..1."""
    width = np.clip(np.minimum(box[2], others[:, 2]) - np.maximum(box[0], others[:, 0]), 0, None)
    height = np.clip(np.minimum(box[3], others[:, 3]) - np.maximum(box[1], others[:, 1]), 0, None)
    shared = width * height
    area = (box[2] - box[0]) * (box[3] - box[1])
    union = area + (others[:, 2] - others[:, 0]) * (others[:, 3] - others[:, 1]) - shared
    return np.asarray(shared / np.where(union > 0, union, 1), np.float64)


def sample(
    pixels: RgbImage,
    matrix: Matrix,
    size: tuple[int, int],
    *,
    smooth_below: float = _SHRINK_FILTER,
    repeat_border: bool = False,
    cubic: bool = False,
) -> RgbImage:
    """A crop of ``size`` (width, height) of ``pixels`` (h, w, 3), where ``matrix`` leads from the picture to the crop.

    Bilinear (``cubic``: bicubic). Where the crop is smaller than ``smooth_below`` times its source, the source is
    averaged first, so that fine texture doesn't turn into a false pattern. Outside of the picture is black, or with
    ``repeat_border`` the nearest pixel. Only the part of the picture that is needed is touched, so a crop of a picture
    of any size costs the same.
    """
    width, height = size
    back = invert(matrix)
    corners = apply(back, np.array([[0, 0], [width, 0], [0, height], [width, height]], np.float64))
    picture_height, picture_width = pixels.shape[:2]
    low = np.clip(np.floor(corners.min(axis=0)) - 2, 0, [picture_width - 1, picture_height - 1]).astype(int)
    high = np.clip(np.ceil(corners.max(axis=0)) + 2, low + 1, [picture_width, picture_height]).astype(int)
    part = pixels[low[1] : high[1], low[0] : high[0]]
    linear, shift = matrix[:, :2], matrix[:, 2] + matrix[:, :2] @ low
    scale = scale_of(matrix)
    if scale < smooth_below:
        smaller = np.maximum(np.round((high - low) * scale), 1).astype(int)
        part = np.asarray(cv2.resize(part, (int(smaller[0]), int(smaller[1])), interpolation=cv2.INTER_AREA), np.uint8)
        linear = linear @ np.diag((high - low) / smaller)
    # OpenCV counts from the centre of the first pixel
    shift = shift + linear @ [0.5, 0.5] - 0.5
    crop = cv2.warpAffine(
        part,
        np.column_stack([linear, shift]),
        (width, height),
        flags=cv2.INTER_CUBIC if cubic else cv2.INTER_LINEAR,
        borderMode=cv2.BORDER_REPLICATE if repeat_border else cv2.BORDER_CONSTANT,
    )
    return np.asarray(crop, np.uint8)


def triangulate(points: Points) -> NDArray[np.intp]:
    """(n, 3): the Delaunay triangles over ``points`` (m, 2), as indices of their corners."""
    low, high = points.min(axis=0), points.max(axis=0)
    spread = ((points - low) / np.maximum(high - low, 1e-6) * 1000 + 10).astype(np.float32)
    division = cv2.Subdiv2D((0, 0, 1020, 1020))
    index: dict[tuple[float, float], int] = {}
    for number, (x, y) in enumerate(spread.tolist()):
        division.insert((x, y))
        index[x, y] = number
    found = []
    for row in np.asarray(division.getTriangleList()).tolist():
        corners = [index.get((row[i], row[i + 1])) for i in (0, 2, 4)]
        if None not in corners:  # else it leads to the corners of the division itself
            found.append(corners)
    return np.array(found, np.intp)
