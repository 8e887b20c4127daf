"""Textured surfaces before a pinhole camera: sheets of paper, bent sheets and solid reliefs that turn."""

from collections.abc import Callable
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from visavis.pad.relief import _CHIN, _EYES, _LIPS
from visavis.perception.landmarks import LANDMARKS
from visavis.perception.pose import CanonicalMesh

Numbers = NDArray[np.float64]
Height = Callable[[Numbers, Numbers], Numbers]
"""Depth, away from the camera, of the surface over each place of its texture, all in px of the texture."""


def flat(x: Numbers, y: Numbers) -> Numbers:
    return np.zeros(np.broadcast(x, y).shape)


def bent(radius: float) -> Height:
    """A cylinder about the vertical axis: its middle towards the camera for a positive radius."""
    reach = 0.65 * abs(radius)
    return lambda x, y: np.minimum(x * x, reach**2) / (2 * radius) + 0 * y


def rotation(yaw: float, pitch: float = 0.0, roll: float = 0.0) -> Numbers:
    """Degrees, in the axes of a picture (x right, y down, z away). Positive yaw: what is near moves to the right."""
    yaw, pitch, roll = np.radians([-yaw, -pitch, roll])
    across = np.array([[np.cos(yaw), 0, np.sin(yaw)], [0, 1, 0], [-np.sin(yaw), 0, np.cos(yaw)]])
    up = np.array([[1, 0, 0], [0, np.cos(pitch), -np.sin(pitch)], [0, np.sin(pitch), np.cos(pitch)]])
    lean = np.array([[np.cos(roll), -np.sin(roll), 0], [np.sin(roll), np.cos(roll), 0], [0, 0, 1]])
    return np.asarray(across @ up @ lean)


@dataclass(frozen=True, kw_only=True)
class Camera:
    """``distance``: from the middle of the surface, px of its texture, which is also the focal length: scale 1."""

    width: int = 320
    height: int = 360
    distance: float = 3000.0

    def render(
        self, texture: NDArray[np.uint8], height: Height, turn: Numbers, *, behind: int = 100, rounds: int = 5
    ) -> NDArray[np.uint8]:
        """(height, width, 3): each ray meets the surface by Newton's method; beyond the texture is ``behind``."""
        x, y = np.meshgrid(np.arange(self.width) + 0.5 - self.width / 2, np.arange(self.height) + 0.5 - self.height / 2)
        ray = np.stack([x / self.distance, y / self.distance, np.ones_like(x)], axis=-1) @ turn
        eye = turn.T @ np.array([0.0, 0.0, -self.distance])
        along = -eye[2] / np.where(np.abs(ray[..., 2]) < 1e-6, 1e-6, ray[..., 2])
        for _ in range(rounds):
            x, y, z = (eye[i] + along * ray[..., i] for i in range(3))
            slope_x = height(x + 0.5, y) - height(x - 0.5, y)
            slope_y = height(x, y + 0.5) - height(x, y - 0.5)
            steep = ray[..., 2] - slope_x * ray[..., 0] - slope_y * ray[..., 1]
            steep = np.where(np.abs(steep) < 0.05, 0.05, steep)
            along = along - np.clip((z - height(x, y)) / steep, -100, 100)
        u = (eye[0] + along * ray[..., 0] + texture.shape[1] / 2 - 0.5).astype(np.float32)
        v = (eye[1] + along * ray[..., 1] + texture.shape[0] / 2 - 0.5).astype(np.float32)
        return np.asarray(
            cv2.remap(
                texture, u, v, cv2.INTER_LINEAR, borderMode=cv2.BORDER_CONSTANT, borderValue=(behind, behind, behind)
            ),
            np.uint8,
        )

    def project(self, points: Numbers, turn: Numbers) -> Numbers:
        """(n, 3): x, y in px of the picture, z in the same scale, of ``points`` (n, 3) of the surface."""
        turned = points @ turn.T
        zoom = self.distance / (self.distance + turned[:, 2:])
        return np.column_stack([turned[:, :2] * zoom + [self.width / 2, self.height / 2], turned[:, 2:] * zoom])


def noise_texture(seed: int, side: int = 400) -> NDArray[np.uint8]:
    """(side, side, 3) grey noise of several sizes of grain, as skin and hair have."""
    rng = np.random.default_rng(seed)
    total = sum(
        cv2.GaussianBlur(rng.normal(0, 1, (side, side)), (0, 0), sigma) * sigma * weight
        for sigma, weight in ((1.5, 1.0), (4.0, 1.0), (12.0, 1.0))
    )
    grey = np.clip(128 + 45 * np.asarray(total), 0, 255).astype(np.uint8)
    return np.repeat(grey[:, :, None], 3, axis=2)


HEAD_SPAN = 9.0
"""Between the outer corners of the eyes of the head below, cm."""


def head_height(scale: float) -> Height:
    """A head's front, ``scale`` px a cm: half an ellipsoid, and a nose on it."""

    def height(x: Numbers, y: Numbers) -> Numbers:
        x, y = x / scale, y / scale
        dome = 7.0 * (1 - np.sqrt(np.clip(1 - (x / 10) ** 2 - (y / 12.5) ** 2, 0.02, 1)))
        nose = 2.4 * np.exp(-((x / 1.5) ** 2) - ((y - 1) / 2.2) ** 2)
        return np.asarray((dome - nose) * scale)

    return height


def head_mesh(seed: int = 5) -> CanonicalMesh:
    """A canonical mesh on that head, with the points of eyes, lips and chin where they belong: no model is needed."""
    rng = np.random.default_rng(seed)
    places = np.column_stack([rng.uniform(-7, 7, LANDMARKS), rng.uniform(-8.5, 8.5, LANDMARKS)])
    outside = (places[:, 0] / 7) ** 2 + (places[:, 1] / 8.5) ** 2 > 1
    places[outside] *= 0.7
    places[list(_EYES[:16])] = [-3.0, -2.5] + rng.uniform(-1, 1, (16, 2)) * [1.3, 0.5]
    places[list(_EYES[16:])] = [3.0, -2.5] + rng.uniform(-1, 1, (16, 2)) * [1.3, 0.5]
    places[list(_LIPS)] = [0, 4.0] + rng.uniform(-1, 1, (len(_LIPS), 2)) * [2.3, 0.8]
    places[list(_CHIN)] = [0, 7.0] + rng.uniform(-1, 1, (len(_CHIN), 2)) * [1.5, 0.9]
    places[33], places[263] = (-HEAD_SPAN / 2, -2.5), (HEAD_SPAN / 2, -2.5)
    depth = head_height(1.0)(places[:, 0], places[:, 1])
    # y up and z out of the face, as MediaPipe's
    return CanonicalMesh(np.column_stack([places[:, 0], -places[:, 1], -depth]), np.full(LANDMARKS, 1 / LANDMARKS))
