"""All lines of text in a picture: found, cut out upright, and read."""

import math
from dataclasses import dataclass
from typing import Final

from visavis.capture.picture import RgbImage
from visavis.document.ocr.detector import TextBox, TextDetector
from visavis.document.ocr.lines import Quad, crop_line, extent, half_turned, reading_order
from visavis.document.ocr.recogniser import LineReading, TextRecogniser

__all__ = ["OcrReader", "TextLine"]

_TRIED: Final = 4
"""So many lines tell which way up the text is."""
_SHORT: Final = 8.0
"""Length over height of a line that is long enough to tell, and costs little to read twice."""


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class TextLine:
    """``quad`` (4, 2), px of the picture, as it reads. ``confidence``: the mean of the characters', 0..1."""

    quad: Quad
    text: str
    confidence: float
    reading: LineReading


class OcrReader:
    """A detector and a recogniser together. Stateless between calls, so safe from several threads if its models are."""

    def __init__(self, detector: TextDetector, recogniser: TextRecogniser) -> None:
        self._detector = detector
        self._recogniser = recogniser

    @property
    def detector(self) -> TextDetector:
        return self._detector

    @property
    def recogniser(self) -> TextRecogniser:
        return self._recogniser

    def lines(
        self, pixels: RgbImage, *, longest: int = 960, either_way: bool = False, condensed: float = 1.0
    ) -> tuple[TextLine, ...]:
        """Every line of text with a character in it, row by row. ``longest``: as `TextDetector.detect`.

        With ``either_way`` a picture that stands on its head is read, too: a few lines are read from both sides, and
        all follow the surer one. ``condensed``: as of `crop_line`; time goes with it. Raises as the detector and the
        recogniser.
        """
        quads = [box.quad for box in self._detector.detect(pixels, longest=longest) if _is_area(box)]
        if either_way and quads and self._on_its_head(pixels, quads, condensed):
            turned = [half_turned(quad) for quad in quads]
            quads = [turned[at] for at in reading_order(turned)]
        readings = self._recogniser.read([crop_line(pixels, quad, condensed=condensed) for quad in quads])
        return tuple(
            TextLine(quad=quad, text=reading.text, confidence=_mean(reading), reading=reading)
            for quad, reading in zip(quads, readings, strict=True)
            if reading.text.strip()
        )

    def _on_its_head(self, pixels: RgbImage, quads: list[Quad], condensed: float) -> bool:
        tried = sorted(quads, key=_shortness)[:_TRIED]
        both = [crop_line(pixels, quad, condensed=condensed) for quad in (*tried, *map(half_turned, tried))]
        sure = [_mean(reading) * len(reading.text) for reading in self._recogniser.read(both)]
        return sum(sure[len(tried) :]) > sum(sure[: len(tried)])


def _shortness(quad: Quad) -> float:
    """Small for a line whose length is near to `_SHORT` of its heights."""
    length, height = extent(quad)
    return abs(math.log(length / height / _SHORT))


def _mean(reading: LineReading) -> float:
    return sum(reading.confidence) / len(reading.confidence) if reading.confidence else 0.0


def _is_area(box: TextBox) -> bool:
    return min(extent(box.quad)) >= 1
