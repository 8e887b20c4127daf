"""Sheets that are held before the camera: paper, flat or bent, and what is printed on it.

*Geometry.* A pinhole camera with the field of view of `visavis.evaluation.laboratory.relight`. A flat sheet is a
homography, exactly. A bent one is a parabolic cylinder about its own upright axis, z = -b x^2: the ray of each cell of
a coarse grid is met with it in closed form, and the texture is laid along the arc.

*Print.* The gamut of paper: black that reflects some light, white that is no light source, weaker colours, a little
blur. Sometimes the paper's white border is in view.

*Light.* The sheet answers the screen as a flat matt thing with a little gloss (`FlatArea`); a bent one in three strips,
each with a normal of its own. What is behind is apart, and lit as what is behind.

*Hand.* Held by a person who follows the prompts: never quite still, and tilted as far as they think it takes.

Unrealistic: no creases, no fingers at its edge, no dots of the print, no glare of lamps on glossy paper, and the room
behind is painted.
"""

import random
from dataclasses import dataclass
from itertools import pairwise
from typing import Final

import cv2
import numpy as np
from numpy.typing import NDArray

from visavis.capture.picture import RgbImage
from visavis.evaluation.laboratory.framing import CELL, SCENE, Framing, Grid, frame_still
from visavis.evaluation.laboratory.material import Still
from visavis.evaluation.laboratory.puppet import rotation
from visavis.evaluation.laboratory.relight import FlatArea

__all__ = ["EYES_CM", "FOCAL_PX", "Card", "CardPose", "print_picture", "printed"]

FOCAL_PX: Final = float(SCENE[1])
"""As `visavis.evaluation.laboratory.relight` has it."""
EYES_CM: Final = 6.3
_STRIPS: Final = 3
_FLAT: Final = 1e-5
_BEYOND: Final = 40.0
_TINY: Final = np.float32(1e-9)
_CELLS: Final = (SCENE[0] // CELL, SCENE[1] // CELL)
_Numbers = NDArray[np.float64]


@dataclass(frozen=True, slots=True, kw_only=True)
class CardPose:
    """Where a sheet is held: degrees as of a head (`visavis.perception.pose.HeadPose`); ``x_cm`` to the right of the
    picture, ``y_cm`` up; ``distance_cm`` of its middle.
    """

    yaw: float = 0.0
    pitch: float = 0.0
    roll: float = 0.0
    x_cm: float = 0.0
    y_cm: float = 0.0
    distance_cm: float = 36.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Card:
    """``bend``: b above, 1/cm: 0 flat, positive with its middle towards the camera."""

    width_cm: float
    height_cm: float
    bend: float = 0.0

    def project(self, points: _Numbers, pose: CardPose) -> _Numbers:
        """(n, 2) px of the scene, of ``points`` (n, 2) of the sheet, cm along it from its middle, x right, y up."""
        across = _chord(points[:, 0], self.bend)
        solid = np.column_stack([across, points[:, 1], -self.bend * across**2])
        placed = solid @ rotation(pose.yaw, pose.pitch, pose.roll).T + _middle(pose)
        depth = np.maximum(-placed[:, 2], 1.0)
        return np.column_stack(
            [SCENE[0] / 2 + FOCAL_PX * placed[:, 0] / depth, SCENE[1] / 2 - FOCAL_PX * placed[:, 1] / depth]
        )

    def draw(self, onto: RgbImage, texture: RgbImage, pose: CardPose) -> None:
        """Lay ``texture`` (h, w, 3), which covers the whole sheet, over ``onto`` (480, 640, 3), in place."""
        box = self._box(pose)
        if box is None:
            return
        left, top, right, bottom = box
        part = np.ascontiguousarray(onto[top * CELL : bottom * CELL, left * CELL : right * CELL])
        size = part.shape[1], part.shape[0]
        if abs(self.bend) < _FLAT:
            here = np.array([[1.0, 0.0, -left * CELL], [0.0, 1.0, -top * CELL], [0.0, 0.0, 1.0]])
            matrix = here @ self.homography(texture, pose)
            way = cv2.INTER_LINEAR
            cv2.warpPerspective(texture, matrix, size, dst=part, flags=way, borderMode=cv2.BORDER_TRANSPARENT)
            onto[top * CELL : bottom * CELL, left * CELL : right * CELL] = part
            return
        places = cv2.resize(self._places(texture, pose, box), size, interpolation=cv2.INTER_LINEAR)
        x, y = np.ascontiguousarray(places[..., 0]), np.ascontiguousarray(places[..., 1])
        whole, fraction = cv2.convertMaps(x, y, cv2.CV_16SC2)
        cv2.remap(texture, whole, fraction, cv2.INTER_LINEAR, dst=part, borderMode=cv2.BORDER_TRANSPARENT)
        onto[top * CELL : bottom * CELL, left * CELL : right * CELL] = part

    def _box(self, pose: CardPose) -> tuple[int, int, int, int] | None:
        """Left, top, right, bottom of the part of the scene that the sheet covers, in cells; None for nothing of it."""
        across = np.linspace(-self.width_cm / 2, self.width_cm / 2, 9)
        edge = np.column_stack([np.tile(across, 2), np.repeat([0.5, -0.5], 9) * self.height_cm])
        seen = self.project(edge, pose)
        low = np.clip(np.floor(seen.min(axis=0) / CELL).astype(int) - 1, 0, _CELLS)
        high = np.clip(np.ceil(seen.max(axis=0) / CELL).astype(int) + 1, 0, _CELLS)
        return None if (high <= low).any() else (int(low[0]), int(low[1]), int(high[0]), int(high[1]))

    def homography(self, texture: RgbImage, pose: CardPose) -> _Numbers:
        """(3, 3), of a flat sheet: from its texture to the scene, both counted from the middle of the first pixel."""
        height, width = texture.shape[:2]
        turn, middle = rotation(pose.yaw, pose.pitch, pose.roll), _middle(pose)
        unit = np.array(
            [
                [self.width_cm / width, 0, (0.5 - width / 2) * self.width_cm / width],
                [0, -self.height_cm / height, (height / 2 - 0.5) * self.height_cm / height],
                [0, 0, 1],
            ]
        )
        solid = np.column_stack([turn[:, 0], turn[:, 1], middle]) @ unit
        x, y = 0.5 - SCENE[0] / 2, 0.5 - SCENE[1] / 2
        camera = np.array([[FOCAL_PX, 0, x], [0, -FOCAL_PX, y], [0, 0, -1.0]])
        found = camera @ solid
        return np.asarray(found / found[2, 2])

    def areas(self, pose: CardPose, *, gloss: float) -> tuple[FlatArea, ...]:
        """For the light: the sheet as flat strips, one where it is flat."""
        count = 1 if abs(self.bend) < _FLAT else _STRIPS
        edges = np.linspace(-self.width_cm / 2, self.width_cm / 2, count + 1)
        turn, half = rotation(pose.yaw, pose.pitch, pose.roll), self.height_cm / 2
        found = []
        for left, right in pairwise(edges.tolist()):
            corners = self.project(np.array([[left, half], [right, half], [right, -half], [left, -half]]), pose)
            middle = float(_chord(np.array([(left + right) / 2]), self.bend)[0])
            normal = turn @ np.array([2 * self.bend * middle, 0.0, 1.0])
            normal /= np.linalg.norm(normal)
            if normal[2] > 0.05:
                facing = (float(normal[0]), float(-normal[1]), float(-normal[2]))
                found.append(FlatArea(corners, facing, pose.distance_cm, gloss))
        return tuple(found)

    def _places(self, texture: RgbImage, pose: CardPose, box: tuple[int, int, int, int]) -> Grid:
        """(h, w, 2): for each cell of ``box`` its place on the texture, px; far outside where it misses."""
        height, width = texture.shape[:2]
        left, top, right, bottom = box
        x = ((np.arange(left, right, dtype=np.float32) + 0.5) * CELL - SCENE[0] / 2) / FOCAL_PX
        y = (SCENE[1] / 2 - (np.arange(top, bottom, dtype=np.float32) + 0.5) * CELL) / FOCAL_PX
        turn = rotation(pose.yaw, pose.pitch, pose.roll)
        eye = [float(value) for value in -(turn.T @ _middle(pose))]
        # rays in the axes of the sheet
        ray_x, ray_y, ray_z = (
            np.float32(turn[0, i]) * x[None] + np.float32(turn[1, i]) * y[:, None] - np.float32(turn[2, i])
            for i in range(3)
        )
        # eye + t ray on z = -b x^2
        a = self.bend * ray_x**2
        b = ray_z + 2 * self.bend * eye[0] * ray_x
        c = eye[2] + self.bend * eye[0] ** 2
        square = b * b - 4 * c * a
        root = np.sqrt(np.maximum(square, 0))
        beyond = b + np.where(b < 0, -root, root)
        half = float(_chord(np.array([self.width_cm / 2]), self.bend)[0])
        # a ray may meet the surface twice; what counts is where it first meets the sheet
        first, second = -2 * c / beyond, -beyond / (2 * np.where(np.abs(a) < _TINY, _TINY, a))
        hits = [(way > 0) & (np.abs(eye[0] + way * ray_x) <= half) for way in (first, second)]
        along = np.where(hits[1] & (~hits[0] | (second < first)), second, first)
        across, up = eye[0] + along * ray_x, eye[1] + along * ray_y
        u = _arc(across, self.bend) / self.width_cm * width + width / 2 - 0.5
        v = height / 2 - 0.5 - up / self.height_cm * height
        middle = (self.project(np.zeros((1, 2)), pose)[0, 0] - SCENE[0] / 2) / FOCAL_PX
        beside = np.where(x > middle, width + _BEYOND, -_BEYOND)[None]
        u = np.where((square < 0) | (along <= 0), beside, np.clip(u, -_BEYOND, width + _BEYOND))
        return np.dstack([u, np.clip(v, -_BEYOND, height + _BEYOND)]).astype(np.float32)


def _middle(pose: CardPose) -> _Numbers:
    return np.array([pose.x_cm, pose.y_cm, -pose.distance_cm])


def _arc(across: _Numbers, bend: float) -> _Numbers:
    """Along the sheet, cm, up to x = ``across`` on z = -b x^2."""
    if abs(bend) < _FLAT:
        return across
    steep = 2 * bend * across
    return np.asarray((steep * np.sqrt(1 + steep**2) + np.arcsinh(steep)) / (4 * bend))


def _chord(along: _Numbers, bend: float) -> _Numbers:
    """`_arc` the other way round, by Newton's method: x of the place ``along`` cm along the sheet."""
    across = np.array(along, np.float64)
    for _ in range(8):
        across -= (_arc(across, bend) - along) / np.sqrt(1 + (2 * bend * across) ** 2)
    return across


def print_picture(still: Still, card: Card, *, eyes_cm: float = EYES_CM) -> tuple[RgbImage, _Numbers]:
    """What a sheet shows of a still: (480, w, 3), with the face in its middle at ``eyes_cm`` between the eyes, and the
    landmarks (468, 3) in it.
    """
    width = min(SCENE[0], round(SCENE[1] * card.width_cm / card.height_cm))
    eye_px = eyes_cm * SCENE[1] / card.height_cm
    framed, points = frame_still(still.pixels, still.mesh.points, Framing(eye_px=eye_px, y=0.52))
    left = (SCENE[0] - width) // 2
    return np.ascontiguousarray(framed[:, left : left + width]), points - np.array([left, 0, 0])


def printed(picture: RgbImage, rng: random.Random, *, border_px: int = 0) -> RgbImage:
    """``picture`` as ink on paper, with a white border drawn inside of its edges where ``border_px`` is not 0."""
    numbers = np.random.default_rng(rng.getrandbits(64))
    soft = cv2.GaussianBlur(picture, (0, 0), rng.uniform(0.3, 0.9)).astype(np.float32)
    if border_px:
        inside = np.full(picture.shape, 255, np.float32)
        inner = np.s_[border_px:-border_px, border_px:-border_px]
        inside[inner] = soft[inner]
        soft = inside
    grey = soft @ np.array([0.2126, 0.7152, 0.0722], np.float32)
    muted = grey[:, :, None] + np.float32(rng.uniform(0.7, 0.95)) * (soft - grey[:, :, None])
    black, white = rng.uniform(0.03, 0.08), rng.uniform(0.7, 0.9)
    paper = numbers.uniform(0.96, 1.0, 3).astype(np.float32)
    light = (black + (white - black) * np.clip(muted / 255, 0, 1) ** np.float32(2.2)) * paper
    return np.asarray(255 * light ** (1 / 2.2) + 0.5, np.uint8)
