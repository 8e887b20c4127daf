"""Letter or digit, by height: OCR-B draws its digits a tenth taller than its capitals (ISO 1073-2, size I).

A recogniser of many scripts has seen few pictures of OCR-B and takes most O for 0. Their heights differ by 0.2 mm, and
the document itself shows how tall its print is: in the dates, the names and the check digits there is no doubt which
character stands where.
"""

from typing import Final

import cv2
import numpy as np
from numpy.typing import NDArray

from visavis.capture.picture import RgbImage
from visavis.document.mrz.checks import ALPHABET, DIGITS, FILLER, LETTERS
from visavis.document.mrz.layout import position_masks
from visavis.document.mrz.repair import TWINS
from visavis.document.mrz_picture.decode import DecodedZone
from visavis.document.mrz_picture.strip import PITCH, Strip, line_crop

__all__ = ["glyph_heights", "height_odds"]

_FINE: Final = 12
"""px a millimetre."""
_TALL: Final = 4.4
_LEAST_KNOWN: Final = 4
_WIDE_ENOUGH: Final = 12
"""Characters between the first and the last that a slope is taken from."""
_LEAST_SPREAD: Final = 0.014
"""Of a 0's height; no measurement on a printed document is truer than that."""
_MOST_ODDS: Final = 8.0
_TAILS: Final = 8.0
"""Degrees of freedom."""
_SURE: Final = 0.9
_CAPITAL: Final = 0.905
_TALL_BY_0: Final = {
    "1": 0.995,
    "3": 0.99,
    "4": 0.98,
    "6": 0.983,
    "B": 0.888,
    "C": 0.935,
    "F": 0.92,
    "G": 0.93,
    "J": 0.92,
    "L": 0.89,
    "O": 0.945,
    "Q": 0.93,
    "R": 0.895,
    "S": 0.917,
    "T": 0.925,
    "U": 0.93,
    "V": 0.917,
    "Y": 0.917,
}
"""As the edges of blurred print show them: round letters reach further than the drawing says."""


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


def height_odds(heights: NDArray[np.float64], zone: DecodedZone) -> NDArray[np.float64]:
    """(characters, 37): how well each character fits the height of the print there; natural logarithms, 0 for the best
    of a place and -8 at least. Zero where only letters or only digits may stand: there it has nothing to tell.

    A line's size is taken from its own surest characters, as a straight line along it, for a page is rarely seen from
    straight above. The filler's height says nothing, since its tip blurs. All zero where too few characters are sure.
    """
    text, confidence = zone.text, np.array(zone.confidence)
    length = len(zone.lines[0])
    drawn = _drawn_heights()
    expected = np.array([drawn[ALPHABET.index(character)] for character in text])
    sure = (
        (confidence > _SURE)
        & np.isfinite(heights)
        & np.isfinite(expected)
        & ~(_either(zone) & np.array([c in TWINS for c in text]))
    )
    sizes = heights / expected
    fitted = np.full(len(text), np.nan)
    for start in range(0, len(text), length):
        line = slice(start, start + length)
        fitted[line] = _size_along(sizes[line], sure[line])
    relative = heights / fitted
    errors = np.abs(relative - expected)[sure & np.isfinite(relative)]
    told = np.zeros((len(text), len(ALPHABET)))
    if len(errors) < _LEAST_KNOWN:
        return told
    spread = max(_LEAST_SPREAD, 1.4826 * float(np.median(errors)))
    off = (relative[:, None] - drawn[None]) / spread
    # Student's t: a speck or a fold makes any letter tall
    fit = -(_TAILS + 1) / 2 * np.log1p(off**2 / _TAILS)
    fit[~np.isfinite(fit)] = 0.0
    known = np.isfinite(relative)
    comparable = np.isfinite(drawn)
    told[np.ix_(known, comparable)] = fit[np.ix_(known, comparable)]
    told[:, comparable] -= told[:, comparable].max(axis=1, keepdims=True)
    told[~_either(zone)] = 0.0
    return np.asarray(np.maximum(told, -_MOST_ODDS), np.float64)


def _either(zone: DecodedZone) -> NDArray[np.bool_]:
    """Where letters and digits may stand."""
    masks = [mask for line in position_masks(zone.format) for mask in line]
    return np.array([bool(mask & set(DIGITS)) and bool(mask & set(LETTERS)) for mask in masks])


def _size_along(sizes: NDArray[np.float64], sure: NDArray[np.bool_]) -> NDArray[np.float64]:
    """The size of a line's print along it, robustly; not a number where too little of it is sure."""
    place = np.arange(len(sizes), dtype=np.float64)
    if sure.sum() < _LEAST_KNOWN:
        return np.full(len(sizes), np.nan)
    fitted = np.full(len(sizes), float(np.median(sizes[sure])))
    wide = float(np.ptp(place[sure])) > _WIDE_ENOUGH
    for _ in range(4):
        near = sure & (np.abs(sizes - fitted) < 0.06 * fitted)
        if near.sum() < _LEAST_KNOWN or not wide:
            break
        fitted = np.polyval(np.polyfit(place[near], sizes[near], 1), place)
    return np.asarray(fitted, np.float64)


def _drawn_heights() -> NDArray[np.float64]:
    """(37,): height by that of a 0; not a number for the filler."""
    table = [_TALL_BY_0.get(c, 1.0 if c in DIGITS else _CAPITAL) for c in ALPHABET]
    table[ALPHABET.index(FILLER)] = float("nan")
    return np.array(table)


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
