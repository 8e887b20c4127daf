"""Fingers that hold a page at its edge."""

import math
import random
from dataclasses import dataclass
from typing import Final

import cv2
import numpy as np
from numpy.typing import NDArray

from visavis.evaluation.specimens.pose import through

__all__ = ["Finger", "draw_fingers", "finger_mask"]

SKIN: Final = ((236, 205, 184), (214, 168, 138), (178, 126, 92), (128, 84, 58), (84, 54, 40))
LENGTH_MM: Final = 60.0
SUBPIXEL: Final = 4
"""Bits below the pixel in the outline."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Finger:
    """A capsule: its tip's centre in mm around the page's middle, the direction it comes from, its width."""

    x: float
    y: float
    angle: float
    width: float
    tone: tuple[int, int, int]


def draw_fingers(rng: random.Random, size_mm: tuple[float, float]) -> tuple[Finger, ...]:
    """One or two, from the left, the right or the top, in the upper two thirds, 1 to 5 mm over the edge: whoever shows
    a document leaves its machine-readable zone free.
    """
    width, height = size_mm
    tone = rng.choice(SKIN)
    found = []
    for _ in range(rng.choice((1, 1, 2))):
        wide, reach = rng.uniform(13, 19), rng.uniform(1, 5)
        side = rng.choice(("left", "right", "top"))
        if side == "top":
            x, y, angle = rng.uniform(-0.45, 0.45) * width, -height / 2 + reach - wide / 2, -math.pi / 2
        else:
            outward = -1 if side == "left" else 1
            x, y = outward * (width / 2 - reach + wide / 2), rng.uniform(-0.45, 0.15) * height
            angle = math.pi if side == "left" else 0.0
        found.append(Finger(x=x, y=y, angle=angle + rng.uniform(-0.5, 0.5), width=wide, tone=tone))
    return tuple(found)


def finger_mask(
    finger: Finger, matrix: NDArray[np.float64], frame: tuple[int, int]
) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """Where it is in the picture (h, w), 0..1, and its colour (h, w, 3), darker towards its sides."""
    around = np.linspace(math.pi / 2, 3 * math.pi / 2, 16) + finger.angle
    tip = np.column_stack([np.cos(around), np.sin(around)]) * finger.width / 2
    back = np.array([math.cos(finger.angle), math.sin(finger.angle)]) * LENGTH_MM
    outline = np.vstack([tip, tip[-1:] + back, tip[:1] + back]) + np.array([finger.x, finger.y])
    seen = np.rint((through(matrix, outline) - 0.5) * (1 << SUBPIXEL)).astype(np.int32)
    mask = np.zeros((frame[1], frame[0]), np.uint8)
    cv2.fillPoly(mask, [seen], 255, lineType=cv2.LINE_AA, shift=SUBPIXEL)
    small = cv2.resize(mask, (frame[0] // 4, frame[1] // 4), interpolation=cv2.INTER_AREA)
    depth = cv2.distanceTransform(np.asarray(small > 127, np.uint8), cv2.DIST_L2, 3)
    shade = 0.62 + 0.38 * np.sqrt(depth / max(float(depth.max()), 1.0))
    whole = cv2.resize(shade.astype(np.float32), frame, interpolation=cv2.INTER_LINEAR)
    tone = whole[..., None] * np.array(finger.tone, np.float32)
    return mask.astype(np.float32) / np.float32(255), np.asarray(tone, np.float32)
