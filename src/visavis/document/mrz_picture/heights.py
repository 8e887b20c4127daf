"""Letter or digit, by height: OCR-B draws its digits a tenth taller than its capitals (ISO 1073-2, size I).

A recogniser of many scripts has seen few pictures of OCR-B and takes most O for 0. Their heights differ by some 0.3 mm,
and the document itself shows how tall its letters and its digits are: in the dates, the names and the check digits
there is no doubt which is which.
"""

from dataclasses import dataclass
from typing import Final

import cv2
import numpy as np
from numpy.typing import NDArray

from visavis.capture.picture import RgbImage
from visavis.document.mrz.checks import DIGITS, FILLER, LETTERS
from visavis.document.mrz.layout import position_masks
from visavis.document.mrz_picture.decode import DecodedZone
from visavis.document.mrz_picture.strip import PITCH, Strip, line_crop

__all__ = ["digit_odds", "glyph_heights"]

_FINE: Final = 12
"""px a millimetre."""
_TALL: Final = 4.4
_LEAST_KNOWN: Final = 4
_LEAST_SPREAD: Final = 0.04
"""mm; no measurement on a printed document is truer than that."""
_MOST_ODDS: Final = 8.0
_SURE: Final = 0.9


@dataclass(frozen=True, slots=True, kw_only=True)
class _Known:
    mean: float
    spread: float
    count: int


def glyph_heights(pixels: RgbImage, strip: Strip, zone: DecodedZone) -> NDArray[np.float64]:
    """(characters,): how far above the line's foot the print in each cell reaches, mm; not a number for an empty one.

    The foot is that of the whole line, so that the tail of a Q makes no tall letter of it.
    """
    length = len(zone.lines[0])
    place = np.arange(length, dtype=np.float64)
    found = []
    for number, steps in enumerate(zone.steps):
        crop = line_crop(pixels, strip, number, height=round(_TALL * _FINE), tall=_TALL, places=length)
        dark = _darkness(crop)
        slope, first = np.polyfit(place, steps, 1)
        edges = np.array([_edges(dark, centre) for centre in (first + slope * place) * crop.shape[1]])
        found.append(_foot(place, edges[:, 1]) - edges[:, 0])
    return np.concatenate(found)


def digit_odds(heights: NDArray[np.float64], zone: DecodedZone) -> NDArray[np.float64]:
    """(characters,): how much rather a digit than a letter stands there, as a natural logarithm within +-8.

    Zero where the zone shows too few characters that are surely one or the other, or where they do not differ.
    """
    masks = [mask for line in position_masks(zone.format) for mask in line]
    text, confidence = zone.text, np.array(zone.confidence)
    sure = (confidence > _SURE) & np.isfinite(heights)
    digit = np.array([mask <= set(DIGITS + FILLER) for mask in masks]) & np.array([c in DIGITS for c in text])
    letter = np.array([not mask & set(DIGITS) for mask in masks]) & np.array([c in LETTERS for c in text])
    digits, letters = _known(heights[digit & sure]), _known(heights[letter & sure])
    if digits is None or letters is None or digits.mean <= letters.mean:
        return np.zeros(len(text))
    spread = max(_LEAST_SPREAD, digits.spread, letters.spread)
    odds = ((heights - letters.mean) ** 2 - (heights - digits.mean) ** 2) / (2 * spread**2)
    return np.asarray(np.clip(np.nan_to_num(odds, nan=0.0), -_MOST_ODDS, _MOST_ODDS), np.float64)


def _known(heights: NDArray[np.float64]) -> _Known | None:
    if len(heights) < _LEAST_KNOWN:
        return None
    middle = float(np.median(heights))
    # a robust spread, a little widened for the small number of them
    spread = 1.4826 * float(np.median(np.abs(heights - middle))) * (1 + 2 / len(heights))
    return _Known(mean=middle, spread=spread, count=len(heights))


def _darkness(crop: RgbImage) -> NDArray[np.float64]:
    grey = cv2.cvtColor(crop, cv2.COLOR_RGB2GRAY)
    paper = cv2.dilate(
        cv2.resize(grey, None, fx=0.25, fy=0.25, interpolation=cv2.INTER_AREA), np.ones((9, 9), np.uint8)
    )
    paper = cv2.resize(cv2.blur(paper, (9, 9)), (grey.shape[1], grey.shape[0]))
    return np.asarray(cv2.subtract(paper, cv2.GaussianBlur(grey, (3, 3), 0)), np.float64)


def _edges(dark: NDArray[np.float64], centre: float) -> tuple[float, float]:
    """Where the print of a cell rises to half its strength and where it falls again, mm from the crop's upper side."""
    half = 0.45 * PITCH * _FINE
    cell = dark[:, max(0, round(centre - half)) : max(0, round(centre + half))]
    none = float("nan"), float("nan")
    if cell.shape[1] < half:
        return none
    # the few darkest px of each row: a diagonal's tip is narrow
    few = round(0.3 * _FINE)
    profile = np.partition(cell, cell.shape[1] - few, axis=1)[:, -few:].mean(axis=1)
    level = 0.5 * float(np.percentile(profile, 85))
    above = np.flatnonzero(profile > level)
    if level < 4 or not len(above):
        return none
    top, foot = int(above[0]), int(above[-1])
    if top == 0 or foot + 1 == len(profile):
        return none
    start = top - (profile[top] - level) / (profile[top] - profile[top - 1])
    end = foot + (profile[foot] - level) / (profile[foot] - profile[foot + 1])
    return float(start) / _FINE, float(end) / _FINE


def _foot(place: NDArray[np.float64], feet: NDArray[np.float64]) -> NDArray[np.float64]:
    """The line on which most characters stand."""
    fitted = np.full(len(place), np.nanmedian(feet) if np.isfinite(feet).any() else np.nan)
    for _ in range(3):
        near = np.abs(feet - fitted) < 0.25  # false where it is not a number
        if near.sum() < 8:
            break
        fitted = np.polyval(np.polyfit(place[near], feet[near], 2), place)
    return np.asarray(fitted, np.float64)
