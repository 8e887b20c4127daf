"""Mean colours of skin, parts of the face and background, in linear light: all that the light witness keeps of a frame.

A mean over a thousand pixels shows a change of a few thousandths, far below what one pixel's noise or 8 bits allow.
"""

from typing import Final

import cv2
import numpy as np
from numpy.typing import NDArray

from visavis.capture.picture import Picture, RgbImage
from visavis.pad.observation import Colours
from visavis.perception.geometry import Box, Region, apply
from visavis.perception.landmarks import FACE_OVAL, FaceMesh
from visavis.perception.layers import sample_picture
from visavis.perception.pose import CanonicalMesh, HeadPose
from visavis.perception.session import FloatTensor

__all__ = ["PATCHES", "ColourMeter"]

# fmt: off
PATCHES: Final = (
    151, 170, 435, 116, 461, 368, 424, 450, 215, 68, 120, 333, 216, 352, 426, 199, 351, 65, 364, 139,
    295, 50, 135, 147, 276, 98, 429, 124, 236, 280, 202, 192, 416, 69, 340, 53, 83, 432, 36, 245,
    228, 8, 395, 411, 299, 281, 327, 164, 187, 138, 367, 266, 104, 298, 218, 313, 334, 350, 383, 108,
)
# fmt: on
"""The landmarks in the middle of the parts: sixty, spread evenly over the skin, 8 mm or more from eyes, lips and
outline (farthest points first, on the canonical face)."""

# fmt: off
_HOLES: Final = (
    (33, 246, 161, 160, 159, 158, 157, 173, 133, 155, 154, 153, 145, 144, 163, 7),
    (263, 466, 388, 387, 386, 385, 384, 398, 362, 382, 381, 380, 374, 373, 390, 249),
    (61, 185, 40, 39, 37, 0, 267, 269, 270, 409, 291, 375, 321, 405, 314, 17, 84, 181, 91, 146),
)
# fmt: on
_SIDE: Final = 72
_HALF: Final = 4
_NEIGHBOURS: Final = 14
_TOO_BRIGHT: Final = 250
_LEAST_SHARE: Final = 0.2
_STRIDE: Final = 6
_LEAST_BACKGROUND: Final = 0.03
"""Of the picture; a smaller background is a few pixels of anything."""
_SCREEN_BELOW: Final = 11.0
"""Degrees: the middle of a telephone's screen lies some 7 cm below its camera, at 35 cm; that of a laptop 12, at 55."""


def _srgb_to_linear() -> FloatTensor:
    """IEC 61966-2-1, for 0..255."""
    value = np.arange(256) / 255
    return np.where(value <= 0.04045, value / 12.92, ((value + 0.055) / 1.055) ** 2.4).astype(np.float32)


class ColourMeter:
    """Stateless between calls, so safe from several threads."""

    def __init__(self, canonical: CanonicalMesh) -> None:
        self._linear = _srgb_to_linear()
        self._normals = np.array([_normal(canonical.vertices, landmark) for landmark in PATCHES])
        self.places: NDArray[np.float64] = canonical.vertices[list(PATCHES), :2]
        """(n, 2): where the parts are on the canonical face seen from the front, cm."""

    def measure(self, picture: Picture, mesh: FaceMesh) -> Colours:
        """The colours of one frame. About half a millisecond at 640 x 480."""
        box = mesh.box
        side = max(box.width, box.height, 1.0) * 1.02
        matrix = Region(*box.centre, side).to_crop(_SIDE)
        crop = sample_picture(picture, matrix, (_SIDE, _SIDE))
        light = self._linear[crop]
        points = apply(matrix, mesh.points[:, :2])
        # a clipped pixel says nothing about the light; black is beyond the border of the picture
        brightest = _brightest(crop)
        usable = np.asarray((brightest < _TOO_BRIGHT) & (brightest > 0), np.bool_)
        face = _skin(points)
        skin = light[face & usable]
        # beside the outline hair and background mix in, which answer less: that would look like the shape of a face
        inner = cv2.erode(np.asarray(face, np.uint8), np.ones((3, 3), np.uint8), borderValue=0) > 0
        patches = _patches(light, np.asarray(usable & inner, np.bool_), points[list(PATCHES)])
        return Colours(
            skin=skin.mean(axis=0) if len(skin) else np.full(3, np.nan, np.float32),
            background=self._background(picture.pixels, box),
            patches=patches,
        )

    def facing(self, pose: HeadPose) -> NDArray[np.float64]:
        """(n,): the cosine between each part's normal and the way to the middle of the screen, 0..1."""
        yaw, pitch = np.radians(pose.yaw), np.radians(pose.pitch + _SCREEN_BELOW)
        # the screen as the head sees it, in the axes of the canonical face; roll changes nothing
        towards = np.array([-np.sin(yaw) * np.cos(pitch), -np.sin(pitch), np.cos(yaw) * np.cos(pitch)])
        return np.asarray(np.clip(self._normals @ towards, 0.0, 1.0), np.float64)

    def _background(self, pixels: RgbImage, box: Box) -> FloatTensor:
        """The mean of what is beside and above the head, over the shoulders; NaN where that is too little."""
        height, width = pixels.shape[:2]
        lowest = int(np.clip(box.y + 0.5 * box.height, 0, height))
        highest = int(np.clip(box.y - 0.6 * box.height, 0, height))
        left, right = (int(np.clip(value, 0, width)) for value in (box.x - 0.35 * box.width, box.x + 1.35 * box.width))
        parts = [pixels[:lowest, :left], pixels[:lowest, right:], pixels[:highest, left:right]]
        flat = np.concatenate([part[::_STRIDE, ::_STRIDE].reshape(-1, 3) for part in parts])
        flat = flat[_brightest(flat) < _TOO_BRIGHT]
        if len(flat) * _STRIDE**2 < _LEAST_BACKGROUND * height * width:
            return np.full(3, np.nan, np.float32)
        return np.asarray(self._linear[flat].mean(axis=0), np.float32)


def _brightest(colours: RgbImage) -> NDArray[np.uint8]:
    """The greatest of the three; faster than a maximum over the short last axis."""
    return np.maximum(np.maximum(colours[..., 0], colours[..., 1]), colours[..., 2])


def _skin(points: NDArray[np.float64]) -> NDArray[np.bool_]:
    mask = np.zeros((_SIDE, _SIDE), np.uint8)
    whole = np.round(points - 0.5).astype(np.int32)
    cv2.fillPoly(mask, [whole[list(FACE_OVAL)]], 1)
    for hole in _HOLES:
        cv2.fillPoly(mask, [whole[list(hole)]], 0)
    # the edges of all of them are mixed with what is beyond
    edges = [whole[list(edge)] for edge in (FACE_OVAL, *_HOLES)]
    cv2.polylines(mask, edges, isClosed=True, color=0, thickness=3)
    return np.asarray(mask > 0, np.bool_)


def _patches(light: FloatTensor, usable: NDArray[np.bool_], centres: NDArray[np.float64]) -> FloatTensor:
    """(n, 3): the means of the usable pixels in squares about the centres; NaN where they are too few."""
    side = 2 * _HALF + 1
    both = np.dstack([light * usable[:, :, None], usable]).astype(np.float32)
    sums = cv2.boxFilter(both, -1, (side, side), normalize=False, borderType=cv2.BORDER_CONSTANT)
    column, row = np.clip(np.nan_to_num(centres), 0, _SIDE - 1).astype(int).T
    found = sums[row, column]
    means = np.full((len(centres), 3), np.nan, np.float32)
    enough = found[:, 3] >= _LEAST_SHARE * side**2
    means[enough] = found[enough, :3] / found[enough, 3:]
    return means


def _normal(vertices: NDArray[np.float64], landmark: int) -> NDArray[np.float64]:
    """The normal, out of the face, of the plane nearest to the landmarks around this one."""
    distance = np.linalg.norm(vertices - vertices[landmark], axis=1)
    near = vertices[np.argsort(distance, kind="stable")[:_NEIGHBOURS]]
    normal = np.linalg.svd(near - near.mean(axis=0))[2][2]
    return np.asarray(normal * np.sign(normal[2] or 1.0), np.float64)
