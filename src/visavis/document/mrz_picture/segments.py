"""Rows of dark print, found without a network: black-hat, a closing that joins characters but not lines, and boxes.

A line of the zone is some thirty times as long as it is high, its characters stand 2.54 mm apart and its lines 6.35 mm
(ICAO 9303-3, 3.4 and -4 to -7), so one closing of about 2 mm joins what belongs together; three sizes of it serve every
size of a document in a picture.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import cv2
import numpy as np
from numpy.typing import NDArray

from visavis.capture.picture import RgbImage
from visavis.perception.geometry import Points

__all__ = ["Segment", "joined", "segment_of", "text_segments"]

_LONGEST: Final = 1000
_CLOSINGS: Final = (9, 13, 18)
_MOST: Final = 400
"""Segments kept, the longest first: a table full of print is no reason to compare millions of pairs."""
_LEAST_ASPECT: Final = 4.0
_TURN: Final = math.radians(4)


@dataclass(frozen=True, slots=True, kw_only=True)
class Segment:
    """A row of print: its middle, length and thickness in px, and its direction, -pi/2 < ``angle`` <= pi/2."""

    x: float
    y: float
    length: float
    thickness: float
    angle: float

    @property
    def along(self) -> tuple[float, float]:
        return math.cos(self.angle), math.sin(self.angle)

    @property
    def ends(self) -> tuple[tuple[float, float], tuple[float, float]]:
        """The middles of its short sides, in the direction of ``angle``."""
        dx, dy = (part * self.length / 2 for part in self.along)
        return (self.x - dx, self.y - dy), (self.x + dx, self.y + dy)


def segment_of(quad: Points) -> Segment:
    """The segment of a quad (4, 2), whichever of its sides is the longer."""
    (x, y), (width, height), degrees = cv2.minAreaRect(np.asarray(quad, np.float32))
    return _segment(x, y, width, height, degrees)


def _segment(x: float, y: float, width: float, height: float, degrees: float) -> Segment:
    if width < height:
        width, height, degrees = height, width, degrees + 90
    degrees = (degrees + 90) % 180 - 90
    angle = math.radians(degrees if degrees > -90 else 90.0)
    return Segment(x=x, y=y, length=width, thickness=max(height, 1.0), angle=angle)


def text_segments(pixels: RgbImage) -> tuple[tuple[Segment, ...], ...]:
    """Rows of dark print in ``pixels`` (h, w, 3), one tuple for each size of closing; coordinates in its own px."""
    height, width = pixels.shape[:2]
    scale = min(1.0, _LONGEST / max(height, width))
    size = (max(1, round(width * scale)), max(1, round(height * scale)))
    grey = cv2.cvtColor(cv2.resize(pixels, size, interpolation=cv2.INTER_AREA), cv2.COLOR_RGB2GRAY)
    ink = _ink(np.asarray(grey, np.uint8))
    return tuple(_rows(ink, closing, width / size[0], height / size[1]) for closing in _CLOSINGS)


def _ink(grey: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """Where thin dark strokes are, 255 or 0, held against the contrast around them."""
    disc = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (9, 9))
    dark = cv2.morphologyEx(cv2.GaussianBlur(grey, (3, 3), 0), cv2.MORPH_BLACKHAT, disc)
    around = cv2.boxFilter(cv2.dilate(dark, disc), -1, (25, 25))
    return np.asarray(np.where((dark > 0.4 * around) & (dark > 12), 255, 0), np.uint8)


def _rows(ink: NDArray[np.uint8], closing: int, scale_x: float, scale_y: float) -> tuple[Segment, ...]:
    disc = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (closing, closing))
    blobs = cv2.morphologyEx(ink, cv2.MORPH_CLOSE, disc)
    # thin bridges between a line and what lies beside it
    blobs = cv2.morphologyEx(blobs, cv2.MORPH_OPEN, np.ones((closing // 3, closing // 3), np.uint8))
    contours, _ = cv2.findContours(blobs, cv2.RETR_EXTERNAL, cv2.CHAIN_APPROX_SIMPLE)
    long_enough = [one for one in contours if len(one) >= 4 and max(cv2.boundingRect(one)[2:]) >= 2.5 * closing]
    long_enough.sort(key=lambda one: -max(cv2.boundingRect(one)[2:]))
    found = []
    for contour in long_enough[:_MOST]:
        points = (contour.reshape(-1, 2) + 0.5) * [scale_x, scale_y]
        segment = segment_of(points)
        if segment.length >= _LEAST_ASPECT * segment.thickness and segment.thickness <= 2.5 * closing * scale_x:
            found.append(segment)
    return tuple(found)


def joined(segments: Sequence[Segment]) -> tuple[Segment, ...]:
    """Pieces of one row put together: the same direction, one line, and a gap of a few characters at most."""
    left = sorted(segments, key=lambda one: -one.length)
    found = []
    while left:
        whole = left.pop(0)
        while True:
            piece = next((one for one in left if _continues(whole, one)), None)
            if piece is None:
                break
            left.remove(piece)
            whole = _together(whole, piece)
        found.append(whole)
    return tuple(found)


def _continues(one: Segment, other: Segment) -> bool:
    if abs(math.remainder(one.angle - other.angle, math.pi)) > _TURN * (1 + 4 * one.thickness / other.length):
        return False
    along, across = _offset(one, other)
    gap = abs(along) - (one.length + other.length) / 2
    alike = 0.5 < one.thickness / other.thickness < 2.0
    return alike and abs(across) < 0.5 * one.thickness and -one.thickness < gap < 4 * one.thickness


def _offset(one: Segment, other: Segment) -> tuple[float, float]:
    """Where ``other`` lies, along and across the direction of ``one``."""
    cos, sin = one.along
    dx, dy = other.x - one.x, other.y - one.y
    return dx * cos + dy * sin, dy * cos - dx * sin


def _together(one: Segment, other: Segment) -> Segment:
    ends = np.array([*one.ends, *other.ends])
    centre = ends.mean(axis=0)
    (dx, dy) = one.along
    # the direction between the two ends furthest apart, by what both say
    places = (ends - centre) @ [dx, dy]
    first, last = ends[int(places.argmin())], ends[int(places.argmax())]
    angle = math.atan2(last[1] - first[1], last[0] - first[0])
    degrees = (math.degrees(angle) + 90) % 180 - 90
    middle = (first + last) / 2
    return Segment(
        x=float(middle[0]),
        y=float(middle[1]),
        length=float(np.hypot(*(last - first))),
        thickness=max(one.thickness, other.thickness),
        angle=math.radians(degrees if degrees > -90 else 90.0),
    )
