"""What all instruments share of pictures: a still put into a scene, a smooth warp, and light added to what is there."""

from dataclasses import dataclass
from typing import Final

import cv2
import numpy as np
from numpy.typing import NDArray

from visavis.capture.light_schedule import Rgb, linear_light
from visavis.capture.picture import RgbImage
from visavis.perception.geometry import apply, sample
from visavis.perception.landmarks import LEFT_EYE_CORNERS, RIGHT_EYE_CORNERS

__all__ = ["CELL", "SCENE", "Framing", "Grid", "add_light", "enlarged", "frame_still", "resampled", "warped"]

SCENE: Final = (640, 480)
"""Width and height of a scene, px."""
CELL: Final = 4
"""Side of a cell of the coarse grid on which warps and shades are made, px."""
Grid = NDArray[np.float32]
"""(120, 160) or (120, 160, channels): values at the middles of the cells, or a part of that."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Framing:
    """Where a face is put in the scene. ``eye_px``: between the eye middles. ``x``, ``y``: of the middle of the face's
    box, as a share of the scene's sides.
    """

    eye_px: float = 84.0
    x: float = 0.5
    y: float = 0.5


def frame_still(
    pixels: RgbImage, points: NDArray[np.float32] | NDArray[np.float64], framing: Framing | None = None
) -> tuple[RgbImage, NDArray[np.float64]]:
    """``pixels`` (h, w, 3) and its landmarks (468, 3) moved into a scene (480, 640, 3).

    Scaled as ``framing`` says. What lies beyond the still is its mirror image, blurred the more the
    further out, as a plain room behind.
    """
    framing = framing or Framing()
    seen = np.asarray(points, np.float64)
    right, left = seen[list(RIGHT_EYE_CORNERS), :2].mean(axis=0), seen[list(LEFT_EYE_CORNERS), :2].mean(axis=0)
    across = left - right
    scale = framing.eye_px / max(1.0, float(np.hypot(*across)))
    middle = (seen[:, :2].min(axis=0) + seen[:, :2].max(axis=0)) / 2
    target = np.array([framing.x * SCENE[0], framing.y * SCENE[1]])
    matrix = np.column_stack([np.eye(2) * scale, target - scale * middle])
    inside = sample(pixels, matrix, SCENE, repeat_border=True)
    height, width = pixels.shape[:2]
    low, high = apply(matrix, np.array([[0.0, 0.0], [width, height]]))
    box = np.clip(np.round([*low, *high]).astype(int), 0, [*SCENE, *SCENE])
    moved = np.column_stack([apply(matrix, seen[:, :2]), seen[:, 2] * scale])
    if (box == [0, 0, *SCENE]).all():
        return inside, moved
    left_px, top_px, right_px, bottom_px = (int(value) for value in box)
    part = inside[top_px + 1 : bottom_px - 1, left_px + 1 : right_px - 1]
    sides = (top_px + 1, SCENE[1] - bottom_px + 1, left_px + 1, SCENE[0] - right_px + 1)
    # below, where shoulders would grow a second head, the last row goes on
    part = np.asarray(cv2.copyMakeBorder(part, 0, sides[1], 0, 0, cv2.BORDER_REPLICATE), np.uint8)
    sides = (sides[0], 0, *sides[2:])
    # a mirror image cannot be wider than what it shows
    if sides[0] >= part.shape[0] or max(sides[2:]) >= part.shape[1]:
        around = cv2.copyMakeBorder(part, *sides, cv2.BORDER_REPLICATE)
    else:
        around = cv2.copyMakeBorder(part, *sides, cv2.BORDER_REFLECT)
    soft = cv2.GaussianBlur(around, (0, 0), 9.0)
    mask = np.zeros((SCENE[1], SCENE[0]), np.float32)
    mask[top_px + 1 : bottom_px - 1, left_px + 1 : right_px - 1] = 1
    blend = cv2.GaussianBlur(mask, (0, 0), 3.0)[:, :, None] * mask[:, :, None]
    return np.asarray(around * blend + soft * (1 - blend) + 0.5, np.uint8), moved


def warped(pixels: RgbImage, places: Grid) -> RgbImage:
    """(h, w, 3): ``pixels`` at ``places`` (h, w, 2), px from the middle of the first one; the border repeats."""
    # four channels take half the time of three
    four = cv2.cvtColor(pixels, cv2.COLOR_RGB2RGBA)
    moved = cv2.remap(four, *_apart(places), cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)
    return np.asarray(cv2.cvtColor(moved, cv2.COLOR_RGBA2RGB), np.uint8)


def resampled(field: Grid, places: Grid) -> Grid:
    """``field`` (h, w, ...) at ``places`` (h, w, 2), both on the coarse grid; the border repeats."""
    # two maps: OpenCV 5.0 misreads a single one of two channels where the field has one or three
    found = cv2.remap(field, *_apart(places), cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)
    return np.asarray(found, np.float32)


def _apart(places: Grid) -> tuple[Grid, Grid]:
    return np.ascontiguousarray(places[..., 0]), np.ascontiguousarray(places[..., 1])


def enlarged(cells: Grid, left: int = 0, top: int = 0) -> Grid:
    """Places on the coarse grid (h, w, 2), in cells of a part that begins at ``left``, ``top``, as places in px of the
    scene, one for each pixel of that part.
    """
    height, width = cells.shape[:2]
    corner = np.array([left + 0.5, top + 0.5], np.float32)
    px = (cells + corner) * CELL - np.float32(0.5)
    return np.asarray(cv2.resize(px, (width * CELL, height * CELL)), np.float32)


def add_light(picture: RgbImage, shade: Grid, colour: Rgb, share: float) -> RgbImage:
    """``picture`` with a screen's light on it, in linear light: each pixel times 1 + share · colour · shade.

    ``shade``: (h, w) float32 of any size, 1 where the light falls fully; it is stretched over the picture. The picture
    stands for what the room's light makes of things. sRGB is taken as a power of 2.2 here, since only the ratio counts.
    """
    light = np.float32(share) * np.array(linear_light(colour), np.float32)
    gain = (1 + shade[:, :, None] * light) ** np.float32(1 / 2.2)
    height, width = picture.shape[:2]
    whole = cv2.resize(gain.astype(np.float32), (width, height), interpolation=cv2.INTER_LINEAR)
    return np.asarray(cv2.multiply(picture, whole, dtype=cv2.CV_8U), np.uint8)
