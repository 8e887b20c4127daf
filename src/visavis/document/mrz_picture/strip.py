"""From rough rows of print to lines: where each runs, bends, begins and ends, to a tenth of a millimetre.

Places are in millimetres of the document's plane: x along the lines, y across them, the first line's middle at y = 0,
the next 6.35 mm below (ICAO 9303-4, -5 and -6: appendix on the nominal dimensions of the machine-readable zone).
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import pairwise
from typing import Final

import cv2
import numpy as np
from numpy.typing import NDArray

from visavis.capture.picture import RgbImage
from visavis.document.mrz_picture.segments import Segment
from visavis.document.mrz_picture.warp import Homography, crop_through, homography, px_per_unit, through

__all__ = ["LINE_SPACING", "MARGIN", "PITCH", "FittedLine", "Strip", "fit_strip", "line_crop"]

PITCH: Final = 2.54
LINE_SPACING: Final = 6.35
MARGIN: Final = 1.2
"""mm before the first and behind the last cell that a crop shows."""
_FINE: Final = 8.0
"""px a millimetre of the strip in which lines are fitted."""
_SLACK: Final = 0.1
"""Of a line's length, looked at beyond both of its rough ends."""
_ABOVE: Final = 4.0
_GLYPH: Final = 2.4
"""Height of OCR-B's capitals and digits at size I, roughly (ISO 1073-2)."""
_GLYPH_WIDTH: Final = 1.7
_SILENCE: Final = 2.3
"""So much without print ends a line; a filler's own bearings are narrower."""
_LONGEST_MM: Final = 160.0


@dataclass(frozen=True, slots=True, kw_only=True)
class FittedLine:
    """``middle``: y of the line's middle as a polynomial of x, the highest power first. ``start``, ``end``: where print
    begins and ends, in mm.
    """

    middle: tuple[float, float, float]
    start: float
    end: float
    ink: float
    """How much print there is, for comparing lines of one strip."""

    def y(self, x: NDArray[np.float64]) -> NDArray[np.float64]:
        return np.asarray(np.polyval(self.middle, x), np.float64)


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class Strip:
    """``to_picture``: from millimetres of the strip to px of the picture."""

    to_picture: Homography
    lines: tuple[FittedLine, ...]

    @property
    def start(self) -> float:
        return self.lines[0].start

    @property
    def end(self) -> float:
        return self.lines[0].end

    def turned(self) -> "Strip":
        """The same zone read from the other side."""
        c, d = self.start + self.end, float(sum(line.y(np.array([0.0]))[0] for line in (self.lines[0], self.lines[-1])))
        lines = [
            FittedLine(
                middle=(-a, 2 * a * c + b, d - (a * c * c + b * c + e)),
                start=c - line.end,
                end=c - line.start,
                ink=line.ink,
            )
            for line in reversed(self.lines)
            for a, b, e in (line.middle,)
        ]
        back = np.array([[-1.0, 0.0, c], [0.0, -1.0, d], [0.0, 0.0, 1.0]])
        return Strip(to_picture=np.asarray(self.to_picture @ back, np.float64), lines=tuple(lines))

    def quads(self, tall: float) -> tuple[NDArray[np.float64], ...]:
        """One (4, 2) a line in px, ``tall`` mm high, clockwise from before its first character's head."""
        found = []
        for line in self.lines:
            x = np.array([line.start, line.end, line.end, line.start])
            y = line.y(x) + np.array([-tall, -tall, tall, tall]) / 2
            found.append(through(self.to_picture, np.stack([x, y], axis=1)))
        return tuple(found)

    def stretch(self, places: int) -> float:
        """By how much a line is stretched so that ``places`` characters have their pitch."""
        return places * PITCH / (self.end - self.start + PITCH - _GLYPH_WIDTH)

    def along(self, share: NDArray[np.float64], *, places: int, margin: float = MARGIN) -> NDArray[np.float64]:
        """The x in mm of what lies at ``share``, 0 to 1, of a crop's width."""
        width = places * PITCH + 2 * margin
        return np.asarray((self.start + self.end) / 2 + (share - 0.5) * width / self.stretch(places), np.float64)


def fit_strip(pixels: RgbImage, rows: Sequence[Segment], *, first: int = 0, lines: int | None = None) -> Strip | None:
    """Fit the lines of a zone whose rows were roughly found, two or three in order. None where they are no such.

    ``lines`` from ``first`` on, counted from the first of ``rows``: -1 and 3 say that a line above two found ones is
    missing. As many as there are rows, from the first one on, by default.
    """
    try:
        frame, length = _rough_frame(rows)
    except ValueError:
        return None
    if not 40 < length < _LONGEST_MM:
        return None
    expected = [(first + number) * LINE_SPACING for number in range(lines or len(rows))]
    x = np.arange(-_SLACK * length, (1 + _SLACK) * length, 1 / _FINE)
    y = np.arange(expected[0] - _ABOVE, expected[-1] + _ABOVE, 1 / _FINE)
    places = through(frame, np.stack(np.meshgrid(x, y), axis=-1))
    scale = px_per_unit(frame, length / 2, (expected[0] + expected[-1]) / 2) / _FINE
    if not np.all(np.isfinite(places)) or not 0.05 < scale < 40:
        return None
    ink = _ink(crop_through(pixels, places, px_per_px=scale))
    found = [_fit(ink, x, y, expected=one) for one in expected]
    whole = [one for one in found if one is not None]
    return Strip(to_picture=frame, lines=_alike(whole)) if len(whole) == len(found) else None


def line_crop(
    pixels: RgbImage, strip: Strip, number: int, *, height: int, tall: float, places: int, margin: float = MARGIN
) -> RgbImage:
    """One line upright, ``height`` px for ``tall`` mm, stretched so that ``places`` characters have their pitch of
    2.54 mm, with ``margin`` mm on both sides.
    """
    line, fine = strip.lines[number], height / tall
    width = max(8, round((places * PITCH + 2 * margin) * fine))
    x = strip.along((np.arange(width) + 0.5) / width, places=places, margin=margin)
    across = (np.arange(height) + 0.5) / fine - tall / 2
    grid = np.stack(np.broadcast_arrays(x[None], line.y(x)[None] + across[:, None]), axis=-1)
    middle = np.array([(strip.start + strip.end) / 2])
    scale = px_per_unit(strip.to_picture, float(middle[0]), float(line.y(middle)[0])) / fine
    return crop_through(pixels, through(strip.to_picture, grid), px_per_px=scale)


def _rough_frame(rows: Sequence[Segment]) -> tuple[Homography, float]:
    """From millimetres to px, and the length in mm that follows from the spacing."""
    longest = max(rows, key=lambda one: one.length)
    along, origin = np.array(longest.along), np.array([longest.x, longest.y])
    places = [float((np.array(end) - origin) @ along) for row in rows for end in row.ends]
    first, last = min(places), max(places)
    corners = []
    for row in (rows[0], rows[-1]):
        # a short piece says little about its direction
        own = np.array(row.along) if row.length > 0.5 * longest.length else along
        middle = np.array([row.x, row.y])
        at, slope = float((middle - origin) @ along), float(own @ along)
        corners.append([middle + own * (place - at) / slope for place in (first, last)])
    across = np.array([-along[1], along[0]])
    spacing = abs(float((np.mean(corners[1], axis=0) - np.mean(corners[0], axis=0)) @ across)) / (len(rows) - 1)
    if spacing < 2 or last - first < 20:
        raise ValueError("too small to be a zone")
    length, bottom = (last - first) / spacing * LINE_SPACING, (len(rows) - 1) * LINE_SPACING
    plane = np.array([[0, 0], [length, 0], [0, bottom], [length, bottom]])
    return homography(plane, np.array([*corners[0], *corners[1]])), length


def _ink(strip: RgbImage) -> NDArray[np.float64]:
    """How dark the thin strokes are, 0 and up."""
    grey = cv2.cvtColor(strip, cv2.COLOR_RGB2GRAY)
    disc = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (11, 11))
    dark = cv2.morphologyEx(cv2.GaussianBlur(grey, (5, 5), 0), cv2.MORPH_BLACKHAT, disc).astype(np.float64)
    return np.asarray(np.where(dark > 4, dark, 0.0), np.float64)


def _fit(
    ink: NDArray[np.float64], x: NDArray[np.float64], y: NDArray[np.float64], *, expected: float
) -> FittedLine | None:
    middle = _middle(ink, x, y, expected)
    if middle is None:
        return None
    rows = np.round((np.polyval(middle, x)[None] + np.arange(-1.3, 1.3, 1 / _FINE)[:, None] - y[0]) * _FINE)
    rows = np.clip(rows, 0, len(y) - 1).astype(int)
    column = ink[rows, np.arange(len(x))[None]].sum(axis=0)
    ends = _ends(column)
    if ends is None:
        return None
    ink_of_it = float(np.median(column[ends[0] : ends[1] + 1]))
    return FittedLine(middle=middle, start=float(x[ends[0]]), end=float(x[ends[1]]), ink=ink_of_it)


def _middle(
    ink: NDArray[np.float64], x: NDArray[np.float64], y: NDArray[np.float64], expected: float
) -> tuple[float, float, float] | None:
    window, step = round(12 * _FINE), round(6 * _FINE)
    near = np.abs(y - expected) < 2.6
    band = np.ones(round(_GLYPH * _FINE))
    points = []
    for at in range(0, max(1, len(x) - window + 1), step):
        profile = ink[:, at : at + window].sum(axis=1)
        best = int(np.argmax(np.where(near, np.convolve(profile, band, mode="same"), -1)))
        close = np.abs(y - y[best]) < 1.5
        weight = float(profile[close].sum())
        if weight > 0:
            points.append(
                (float(x[at : at + window].mean()), float((profile[close] * y[close]).sum() / weight), weight)
            )
    if len(points) < 4:
        return None
    px, py, seen = np.array(points).T
    weight = np.minimum(seen, np.median(seen) * 1.5)
    keep = np.ones(len(px))
    fitted = np.zeros(3)
    for degree in (1, 1, 2, 2):
        fitted[2 - degree :] = np.polyfit(px, py, degree, w=np.sqrt(weight * keep) + 1e-9)
        off = np.abs(py - np.polyval(fitted, px))
        keep = np.maximum(1 - (off / 0.8) ** 2, 0) ** 2 + 1e-3
    return float(fitted[0]), float(fitted[1]), float(fitted[2])


def _ends(column: NDArray[np.float64]) -> tuple[int, int] | None:
    """First and last column of print, going outwards from the middle until there is silence."""
    smooth = np.convolve(column, np.ones(5) / 5, mode="same")
    middle = slice(len(column) // 5, -len(column) // 5)
    level = 0.2 * float(np.percentile(smooth[middle], 75))
    if level <= 0:
        return None
    printed = np.flatnonzero(smooth > level)
    centre = len(column) // 2
    silence = _SILENCE * _FINE
    right = [int(at) for at in printed if at >= centre]
    left = [int(at) for at in printed[::-1] if at < centre]
    if not left or not right:
        return None
    return _reach(left, silence), _reach(right, silence)


def _reach(places: Sequence[int], silence: float) -> int:
    for one, following in pairwise(places):
        if abs(following - one) > silence:
            return one
    return places[-1]


def _alike(lines: Sequence[FittedLine]) -> tuple[FittedLine, ...]:
    """All lines begin and end alike; where one stands out by more than a character, the others are followed."""
    starts, ends = (sorted(getattr(line, name) for line in lines) for name in ("start", "end"))
    start = starts[0] if len(lines) == 2 else starts[0] if starts[1] - starts[0] < PITCH else starts[1]
    end = ends[-1] if len(lines) == 2 else ends[-1] if ends[-1] - ends[-2] < PITCH else ends[-2]
    return tuple(replace(line, start=start, end=end) for line in lines)
