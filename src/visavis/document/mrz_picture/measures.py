"""How well the strip of a zone is seen: what tells best whether a reading can be trusted, and what to do about it."""

from dataclasses import dataclass
from typing import Final

import cv2
import numpy as np
from numpy.typing import NDArray

from visavis.capture.picture import RgbImage
from visavis.document.mrz_picture.strip import PITCH, Strip, line_crop
from visavis.document.mrz_picture.warp import px_per_unit

__all__ = ["StripMeasures", "measure"]

_HEIGHT: Final = 32
_TALL: Final = 4.0
_WINDOW: Final = round(4 * PITCH * _HEIGHT / _TALL)
"""Four characters: a highlight of a lamp is rarely narrower."""


@dataclass(frozen=True, slots=True, kw_only=True)
class StripMeasures:
    """``contrast``: between paper and ink where it is lowest, over four characters, 0 to 1. ``evenness``: that by the
    usual contrast of the strip, 0 to 1; low where light or a shadow lies on a part. ``slope``: how steep edges are, a
    share of the contrast per millimetre; below 1.5 is blurred. ``pitch_px``: px of the picture a character takes.
    ``cut_off``: a line leaves the picture.
    """

    contrast: float
    evenness: float
    slope: float
    pitch_px: float
    cut_off: bool


def measure(pixels: RgbImage, strip: Strip, *, places: int) -> StripMeasures:
    contrasts, slopes = [], []
    for number in range(len(strip.lines)):
        crop = line_crop(pixels, strip, number, height=_HEIGHT, tall=_TALL, places=places, margin=0.0)
        grey = cv2.GaussianBlur(cv2.cvtColor(crop, cv2.COLOR_RGB2GRAY), (3, 3), 0).astype(np.float64)
        for at in range(0, max(1, grey.shape[1] - _WINDOW + 1), _WINDOW // 2):
            part = grey[:, at : at + _WINDOW]
            low, high = np.percentile(part, (5, 95))
            contrasts.append(float(high - low) / 255)
            steep = np.abs(np.diff(part, axis=1))
            slopes.append(float(np.percentile(steep, 97)) * _HEIGHT / _TALL / max(float(high - low), 8.0))
    usual = float(np.median(contrasts))
    corners = np.concatenate(strip.quads(_TALL))
    return StripMeasures(
        contrast=min(contrasts),
        evenness=min(contrasts) / max(usual, 1e-6),
        slope=float(np.median(slopes)),
        pitch_px=_pitch_px(strip),
        cut_off=_outside(corners, pixels),
    )


def _pitch_px(strip: Strip) -> float:
    middle = (strip.start + strip.end) / 2
    return px_per_unit(strip.to_picture, middle, float(strip.lines[0].y(np.array([middle]))[0])) * PITCH


def _outside(corners: NDArray[np.float64], pixels: RgbImage) -> bool:
    height, width = pixels.shape[:2]
    return bool((corners < 0).any() or (corners > [width, height]).any())
