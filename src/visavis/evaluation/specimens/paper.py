"""The paper under the print: a tint that runs from one colour to another, and fine wavy security lines."""

import random
from typing import Final

import numpy as np
from numpy.typing import NDArray

from visavis.capture.picture import RgbImage

__all__ = ["TINTS", "Tint", "paper"]

Tint = tuple[tuple[int, int, int], tuple[int, int, int], tuple[int, int, int]]

TINTS: Final[tuple[Tint, ...]] = (
    ((226, 238, 246), (246, 232, 238), (110, 150, 190)),
    ((232, 244, 232), (248, 244, 226), (110, 165, 120)),
    ((248, 236, 226), (236, 232, 246), (190, 130, 110)),
    ((240, 240, 240), (228, 240, 244), (140, 140, 150)),
    ((246, 230, 240), (228, 244, 240), (170, 120, 160)),
    ((222, 236, 232), (238, 228, 218), (90, 150, 150)),
)
"""Left, right, and the lines between."""


def paper(
    size: tuple[int, int], px_per_mm: float, tint: Tint, rng: random.Random, *, quiet_from: float | None = None
) -> RgbImage:
    """A sheet of ``size`` (width, height) px. Below ``quiet_from`` (mm) the lines are half as strong, as the
    machine-readable zone needs it (ICAO 9303-3, 2.3: contrast of the print).
    """
    width, height = size
    x = (np.arange(width, dtype=np.float32) / px_per_mm)[None, :]
    y = (np.arange(height, dtype=np.float32) / px_per_mm)[:, None]
    across = np.broadcast_to(x / x[0, -1], (height, width))[..., None]
    left, right, lines = (np.array(colour, np.float32) for colour in tint)
    sheet = left * (1 - across) + right * across
    strength = np.full((height, 1), rng.uniform(0.25, 0.6), np.float32)
    if quiet_from is not None:
        strength[y > quiet_from] *= 0.5
    cover = np.zeros((height, width), np.float32)
    for _ in range(2):
        cover = np.maximum(cover, _waves(x, y, rng))
    # a slow rosette makes the lines come and go
    centre = rng.uniform(20, 70), rng.uniform(15, 45)
    cover *= 0.6 + 0.4 * np.cos(np.hypot(x - centre[0], y - centre[1]) / rng.uniform(3, 8))
    cover *= strength
    mixed = sheet * (1 - cover[..., None]) + lines * cover[..., None]
    return np.asarray(np.clip(np.rint(mixed), 0, 255), np.uint8)


def _waves(x: NDArray[np.float32], y: NDArray[np.float32], rng: random.Random) -> NDArray[np.float32]:
    """A family of lines 0.8 to 1.6 mm apart and a sixth as wide, bent by two waves: 0..1."""
    turn = rng.uniform(0, np.pi)
    cosine, sine = np.float32(np.cos(turn)), np.float32(np.sin(turn))
    along, across = x * cosine + y * sine, y * cosine - x * sine
    bent = across + rng.uniform(0.8, 2.5) * np.sin(along / np.float32(rng.uniform(2, 5)))
    bent += rng.uniform(0.5, 3) * np.sin(along / np.float32(rng.uniform(7, 15)) + np.float32(rng.uniform(0, 6)))
    period = np.float32(rng.uniform(0.8, 1.6))
    phase = bent / period
    distance = np.abs(phase - np.round(phase)) * period
    return np.asarray(np.clip(1 - (distance - 0.04) / 0.09, 0, 1), np.float32)
