"""Light on a scene: its fall over the frame, a shadow, a glare on the page; and what a camera makes of it.

Everything is in linear light, 0..1 and above; float32 (h, w, 3).
"""

import math
import random
from dataclasses import dataclass
from typing import Final

import cv2
import numpy as np
from numpy.typing import NDArray

from visavis.capture.picture import RgbImage

__all__ = ["Glare", "Light", "draw_light", "exposed", "glaring", "lit", "moved", "noisy", "to_light"]

Linear = NDArray[np.float32]

_GAMMA: Final = 2.2
_TO_LIGHT: Final = (np.arange(256, dtype=np.float32) / 255) ** np.float32(_GAMMA)
_LEVELS: Final = 4096
_FROM_LIGHT: Final = np.rint(255 * (np.arange(_LEVELS) / (_LEVELS - 1)) ** (1 / _GAMMA)).astype(np.uint8)
_COARSE: Final = 8
"""Px of the picture to one of a field of light: light has no edges as sharp as print."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Glare:
    """A lamp's reflection on a glossy page: ``x``, ``y`` in mm around the page's middle, its radii in mm."""

    x: float
    y: float
    long: float
    short: float
    angle: float
    strength: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Light:
    """``angle``: towards the dark end, radians. ``shade``: how much of the light is gone there. ``shadow``: depth,
    place -1..1 and angle of a soft-edged half that lies darker, or None.
    """

    angle: float
    shade: float
    shadow: tuple[float, float, float] | None
    gains: tuple[float, float, float]


def draw_light(rng: random.Random, *, shade: float, shadow: float, exposure: float, cast: float) -> Light:
    """``shadow``: its depth, 0 for none. ``cast``: the most that red and blue are off, as a share."""
    warm = rng.uniform(-cast, cast)
    return Light(
        angle=rng.uniform(0, 2 * math.pi),
        shade=shade,
        shadow=(shadow, rng.uniform(-0.6, 0.6), rng.uniform(0, 2 * math.pi)) if shadow else None,
        gains=(exposure * (1 + warm), exposure, exposure * (1 - warm)),
    )


def to_light(pixels: RgbImage) -> Linear:
    return np.asarray(cv2.LUT(pixels, _TO_LIGHT), np.float32)


def lit(scene: Linear, light: Light) -> Linear:
    """``scene`` under ``light``, in place."""
    height, width = scene.shape[:2]
    x = np.linspace(-1, 1, max(2, width // _COARSE), dtype=np.float32)[None, :]
    y = np.linspace(-1, 1, max(2, height // _COARSE), dtype=np.float32)[:, None]
    along = (x * math.cos(light.angle) + y * math.sin(light.angle)) / math.sqrt(2)
    field = 1 - light.shade * (0.5 + 0.5 * along) - 0.08 * (x * x + y * y)
    if light.shadow is not None:
        depth, place, angle = light.shadow
        across = (
            x * math.cos(angle) + y * math.sin(angle) + 0.15 * np.sin(3 * (y * math.cos(angle) - x * math.sin(angle)))
        )
        field = field * (1 - depth / (1 + np.exp(-(across - place) * 25)))
    whole = cv2.resize(np.asarray(field, np.float32), (width, height), interpolation=cv2.INTER_LINEAR)
    scene *= whole[..., None] * np.array(light.gains, np.float32)
    return scene


def glaring(scene: Linear, glare: Glare, matrix: NDArray[np.float64], page: NDArray[np.float32]) -> Linear:
    """Add a reflection in place. ``matrix``: mm to px; ``page`` (h, w): 1 where the glossy page is, 0 where not."""
    height, width = scene.shape[:2]
    back = np.linalg.inv(matrix)
    u = (np.arange(0, width, _COARSE, dtype=np.float32) + _COARSE / 2)[None, :]
    v = (np.arange(0, height, _COARSE, dtype=np.float32) + _COARSE / 2)[:, None]
    depth = back[2, 0] * u + back[2, 1] * v + back[2, 2]
    x = (back[0, 0] * u + back[0, 1] * v + back[0, 2]) / depth - glare.x
    y = (back[1, 0] * u + back[1, 1] * v + back[1, 2]) / depth - glare.y
    along = (x * math.cos(glare.angle) + y * math.sin(glare.angle)) / glare.long
    across = (y * math.cos(glare.angle) - x * math.sin(glare.angle)) / glare.short
    field = np.asarray(glare.strength * np.exp(-0.5 * (along**2 + across**2) ** 1.5), np.float32)
    whole = cv2.resize(field, (width, height), interpolation=cv2.INTER_LINEAR)
    scene += (whole * (0.15 + 0.85 * page))[..., None]
    return scene


def moved(scene: Linear, length: float, angle: float) -> Linear:
    """Blurred along a straight path of ``length`` px."""
    if length < 0.3:
        return scene
    reach = math.ceil(length / 2)
    kernel = np.zeros((2 * reach + 1, 2 * reach + 1), np.float32)
    for step in np.linspace(-length / 2, length / 2, 8 * reach + 1):
        x, y = reach + step * math.cos(angle), reach + step * math.sin(angle)
        left, top = min(int(x), 2 * reach - 1), min(int(y), 2 * reach - 1)
        for dx, dy in ((0, 0), (1, 0), (0, 1), (1, 1)):
            kernel[top + dy, left + dx] += (1 - abs(x - left - dx)) * (1 - abs(y - top - dy))
    return np.asarray(cv2.filter2D(scene, -1, kernel / kernel.sum()), np.float32)


def noisy(scene: Linear, sigma: float, numbers: np.random.Generator) -> Linear:
    """Shot noise, whose variance grows with the light (``sigma`` at 18 % of it), and a little of read-out, in place."""
    height, width = scene.shape[:2]
    field = numbers.standard_normal((height, width), np.float32)
    deviation = np.sqrt(np.maximum(scene.mean(axis=2), 0) / np.float32(0.18) + np.float32(0.08)) * np.float32(
        sigma * 0.35
    )
    for channel in range(3):  # part of it is the same in all three, as after demosaicing
        down, right = (int(step) for step in numbers.integers(0, (height, width)))
        own = np.roll(field, (down, right), axis=(0, 1))
        scene[..., channel] += deviation * (0.7 * field + 0.7 * own)
    return scene


def exposed(scene: Linear) -> RgbImage:
    """As a picture of 8 bits."""
    levels = np.clip(scene * np.float32(_LEVELS - 1), 0, _LEVELS - 1).astype(np.uint16)
    return np.asarray(_FROM_LIGHT[levels], np.uint8)
