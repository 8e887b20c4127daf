"""Find the machine-readable zone in a picture, and read it: any rotation, either way up.

Rows of dark print come first (`visavis.document.mrz_picture.segments`, some ten milliseconds); where they give no zone,
the text detector's lines do. Each candidate is straightened, read, and believed as far as its format explains it.
"""

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import Final

import numpy as np
from numpy.typing import NDArray

from visavis.capture.picture import RgbImage
from visavis.document.mrz.layout import LAYOUTS, Format
from visavis.document.mrz.vote import MrzReading
from visavis.document.mrz_picture.decode import DecodedZone, best_format, best_line_fit, decode, read_lines
from visavis.document.mrz_picture.evidence import read_off, weighed
from visavis.document.mrz_picture.groups import groups
from visavis.document.mrz_picture.heights import glyph_heights, height_odds
from visavis.document.mrz_picture.measures import StripMeasures, measure
from visavis.document.mrz_picture.place import page_corners
from visavis.document.mrz_picture.segments import Segment, joined, segment_of, text_segments
from visavis.document.mrz_picture.strip import LINE_SPACING, Strip, fit_strip, line_crop
from visavis.document.ocr.reader import OcrReader

__all__ = ["MrzFound", "find_mrz"]

_TALL: Final = 4.6
"""mm of the document that a crop's height shows; its characters are 2.4 mm high."""
_QUAD_TALL: Final = 3.4
_HEIGHT: Final = 48
_CLEAR: Final = -0.5
"""A fit of a zone that is surely one, and surely the right way up."""
_CLEAR_LINE: Final = -0.8
"""The same for one line of it."""
_LEAST_LINE: Final = -2.5
_OPEN: Final = 1.5
"""Two ways up whose line fits differ by less are both read in full."""
_LEAST: Final = -1.1
"""Below this it is other print."""
_LONG: Final = 14.0
"""Length by spacing: TD1 has 12, TD2 14.4, TD3 17.6."""
_MOST_TRIES: Final = 4
"""Candidates of each finder that are read at most: reading costs more than all else."""
_DETECTOR_SIDE: Final = 736
"""Px of the longer side: a line is long, so it is found where its characters are too small to be read."""


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class MrzFound:
    """A zone as one picture shows it.

    ``chances`` (characters, 37): what may stand where, for each character of all lines joined, columns in the order of
    ``visavis.document.mrz.checks.ALPHABET``. ``lines_quads``: one (4, 2) a line, in px, clockwise from its first
    character's head. ``page_quad``: the corners of the page by the lines' known places on it, as read; None where they
    would lie absurdly. ``upright``: quarter turns, counter-clockwise, after which the picture stands upright, 0 to 3.
    ``weakest``: mean of the three weakest confidences, 0 to 1. ``fit``: log likelihood per character, near 0 for clean
    print. ``unevenness``: of the characters' places (`DecodedZone.unevenness`). ``measures``: of the strip's picture.
    """

    reading: MrzReading
    format: Format
    chances: NDArray[np.float64]
    lines_quads: tuple[NDArray[np.float64], ...]
    page_quad: NDArray[np.float64] | None
    upright: int
    weakest: float
    fit: float
    unevenness: float
    measures: StripMeasures

    @property
    def contrast(self) -> float:
        return self.measures.contrast


def find_mrz(pixels: RgbImage, *, ocr: OcrReader, picture: str) -> MrzFound | None:
    """The zone in ``pixels`` (h, w, 3), or None. ``picture`` names the picture in a vote: readings of one picture share
    it.

    Raises only ModelInvalidError, where a model is not what it says.
    """
    best = _best_of(pixels, _by_ink(pixels), ocr, None)
    if best is None or best[1].fit < _CLEAR:
        best = _best_of(pixels, _by_detector(pixels, ocr), ocr, best)
    if best is None or best[1].fit < _LEAST:
        return None
    return _found(pixels, *best, picture=picture)


def _best_of(
    pixels: RgbImage, candidates: Iterator[tuple[Strip, bool]], ocr: OcrReader, best: tuple[Strip, DecodedZone] | None
) -> tuple[Strip, DecodedZone] | None:
    """The candidate that reads best, or ``best``; the first clear one ends the search."""
    for strip, above in islice(candidates, _MOST_TRIES):
        read = _read(pixels, strip, ocr, above=above)
        if read is not None and (best is None or read[1].fit > best[1].fit):
            best = read
        if best is not None and best[1].fit > _CLEAR:
            break
    return best


def _by_ink(pixels: RgbImage) -> Iterator[tuple[Strip, bool]]:
    """Straightened zones, the likeliest first, and whether print lies rather above (True) or below them."""
    found = []
    for pieces in text_segments(pixels):
        rows = joined(pieces)
        found += [(group, rows) for group in groups(rows)]
    for group, rows in sorted(found, key=lambda item: -item[0].likely):
        yield from _strips(pixels, group.rows, rows)


def _by_detector(pixels: RgbImage, ocr: OcrReader) -> Iterator[tuple[Strip, bool]]:
    boxes = ocr.detector.detect(pixels, longest=_DETECTOR_SIDE)
    rows = joined([segment_of(box.quad) for box in boxes])
    for group in groups(rows):
        yield from _strips(pixels, group.rows, rows)


def _strips(pixels: RgbImage, group: Sequence[Segment], rows: Sequence[Segment]) -> Iterator[tuple[Strip, bool]]:
    above = _print_above(group, rows)
    strip = fit_strip(pixels, group)
    if strip is None:
        return
    if len(group) == 3 or (strip.end - strip.start) >= _LONG * LINE_SPACING:
        yield strip, above
        return
    # two lines of a card's three: the third runs into other print, or was not found
    both = [fit_strip(pixels, group, first=first, lines=3) for first in (-1, 0)]
    for one in sorted((one for one in both if one is not None), key=lambda one: -min(line.ink for line in one.lines)):
        yield one, above


def _print_above(group: Sequence[Segment], rows: Sequence[Segment]) -> bool:
    """A zone lies at the foot of its page, so most other print beside it tells which way up it is."""
    longest = max(group, key=lambda one: one.length)
    cos, sin = longest.along
    weight = 0.0
    for row in rows:
        if row in group:
            continue
        dx, dy = row.x - longest.x, row.y - longest.y
        along, across = dx * cos + dy * sin, dy * cos - dx * sin
        if abs(along) < 0.6 * longest.length and abs(across) < 0.8 * longest.length:
            weight -= math.copysign(row.length, across)
    return weight >= 0


def _read(pixels: RgbImage, strip: Strip, ocr: OcrReader, *, above: bool) -> tuple[Strip, DecodedZone] | None:
    """The zone of a strip, or None for what is none.

    One line tells whether it is a zone at all and mostly which way up; where it leaves that open, all lines decide.
    """
    likelier = strip if above else strip.turned()
    first = _Side(pixels, likelier, ocr)
    if first.one_line > _CLEAR_LINE:
        sides = [first]
    else:
        other = _Side(pixels, likelier.turned(), ocr)
        better, worse = sorted((first, other), key=lambda side: -side.one_line)
        if better.one_line < _LEAST_LINE:
            return None
        sides = [better, worse] if better.one_line - worse.one_line < _OPEN else [better]
    kind, side = max(((side.best(), side) for side in sides), key=lambda item: item[0][1])
    zone = decode(side.lines(), kind[0])
    return None if zone is None else (side.strip, zone)


class _Side:
    """A strip read one way up; each line once."""

    def __init__(self, pixels: RgbImage, strip: Strip, ocr: OcrReader) -> None:
        self.strip = strip
        self._pixels = pixels
        self._recogniser = ocr.recogniser
        count = len(strip.lines)
        self._places = 30 if count == 3 else 44
        # the middle line, or the one of two with more print: the same one whichever way the strip is held
        self._first = 1 if count == 3 else int(strip.lines[0].ink < strip.lines[1].ink)
        (line,) = self._probabilities([self._first])
        self._known = {self._first: line}
        self.one_line = best_line_fit(line, self._first, of=count)

    def _probabilities(self, numbers: Sequence[int]) -> tuple[NDArray[np.float64], ...]:
        crops = [
            line_crop(self._pixels, self.strip, at, height=_HEIGHT, tall=_TALL, places=self._places) for at in numbers
        ]
        return read_lines(self._recogniser, crops)

    def lines(self) -> list[NDArray[np.float64]]:
        lacking = [at for at in range(len(self.strip.lines)) if at not in self._known]
        if lacking:
            self._known |= dict(zip(lacking, self._probabilities(lacking), strict=True))
        return [self._known[at] for at in range(len(self.strip.lines))]

    def best(self) -> tuple[Format, float]:
        return best_format(self.lines())


def _found(pixels: RgbImage, strip: Strip, zone: DecodedZone, *, picture: str) -> MrzFound:
    heights = glyph_heights(pixels, strip, zone)
    chances = weighed(zone.chances, zone.format, odds=height_odds(heights, zone))
    text, confidence = read_off(chances)
    quads = strip.quads(_QUAD_TALL)
    length = LAYOUTS[zone.format].length
    lines = [text[at : at + length] for at in range(0, len(text), length)]
    right = quads[0][1] - quads[0][0]
    return MrzFound(
        reading=MrzReading(text="\n".join(lines), picture=picture, confidence=confidence),
        format=zone.format,
        chances=chances,
        lines_quads=quads,
        page_quad=page_corners(strip, zone, pixels=pixels),
        upright=round(math.atan2(right[1], right[0]) / (math.pi / 2)) % 4,
        weakest=sum(sorted(confidence)[:3]) / 3,
        fit=zone.fit,
        unevenness=zone.unevenness,
        measures=measure(pixels, strip, places=length),
    )
