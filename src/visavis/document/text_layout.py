"""Where recognised lines of text stand on a page: straightened into one frame, cut into pieces, gathered into rows.

A picture may lie any way round; what counts is the direction in which its lines were read. Nothing here looks at
pixels.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Final, Protocol
from unicodedata import east_asian_width

import cv2
import numpy as np
from numpy.typing import NDArray

__all__ = ["LONGEST_LINE", "MOST_LINES", "Piece", "Quad", "ReadLine", "Row", "pieces_of", "reading_angle", "rows_of"]

Quad = NDArray[np.float64]

MOST_LINES: Final = 240
"""More than any document has; of more, the surest are taken, so that a picture full of text costs no more."""
LONGEST_LINE: Final = 128
_OUTSIDE: Final = 0.02
_SAME_ROW: Final = 0.55
_HEIGHT_RATIO: Final = 2.3
_CROSSWISE: Final = 35.0


class ReadLine(Protocol):
    """What is needed of a recognised line, as `visavis.document.ocr` gives it: ``quad`` (4, 2), px of the picture,
    clockwise from the corner where reading begins; ``text``; ``confidence`` 0..1.
    """

    @property
    def quad(self) -> Quad: ...

    @property
    def text(self) -> str: ...

    @property
    def confidence(self) -> float: ...


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class Piece:
    """A line of text or a part of one. ``quad`` is in px of the picture, ``flat`` in the page's own frame: x in the
    direction of reading, y down, both in one unit. The rest follows from ``flat``: ``middle`` is the y of its middle,
    ``slope`` how far it falls for each unit to the right.
    """

    text: str
    confidence: float
    quad: Quad
    flat: Quad
    left: float = field(init=False)
    right: float = field(init=False)
    middle: float = field(init=False)
    height: float = field(init=False)
    slope: float = field(init=False)

    def __post_init__(self) -> None:
        (x0, y0), (x1, y1), (x2, y2), (x3, y3) = self.flat.tolist()
        dx, dy = x1 + x2 - x0 - x3, y1 + y2 - y0 - y3
        derived = {
            "left": (x0 + x3) / 2,
            "right": (x1 + x2) / 2,
            "middle": (y0 + y1 + y2 + y3) / 4,
            "height": max(math.hypot(x3 - x0, y3 - y0), 1e-6),
            "slope": min(max(dy / dx, -1.0), 1.0) if dx > 1e-9 else 0.0,
        }
        for name, value in derived.items():
            object.__setattr__(self, name, value)

    def y_at(self, x: float) -> float:
        """Where its middle line, drawn on, passes ``x``."""
        return self.middle + self.slope * (x - (self.left + self.right) / 2)

    def part(self, start: int, end: int) -> "Piece":
        """Its characters from ``start`` to ``end``. Where they stand follows from their number and kind alone."""
        widths = np.array([_width(character) for character in self.text], np.float64)
        total = float(widths.sum()) or 1.0
        edges = float(widths[:start].sum()) / total, float(widths[:end].sum()) / total
        return Piece(
            text=self.text[start:end],
            confidence=self.confidence,
            quad=_between(self.quad, *edges),
            flat=_between(self.flat, *edges),
        )


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class Row:
    """Pieces that stand on one line of print, from left to right; at least one."""

    pieces: tuple[Piece, ...]

    @property
    def middle(self) -> float:
        return float(np.mean([piece.middle for piece in self.pieces]))

    @property
    def height(self) -> float:
        return float(np.median([piece.height for piece in self.pieces]))

    @property
    def left(self) -> float:
        return self.pieces[0].left

    @property
    def text(self) -> str:
        return " ".join(piece.text for piece in self.pieces)


def pieces_of(lines: Sequence[ReadLine], *, page_quad: Quad | None = None) -> tuple[Piece, ...]:
    """The lines in the page's own frame, without those outside of ``page_quad`` (4, 2), which begins at any corner.

    Without a page, the frame is only turned, so that perspective stays. Lines that run across the others are left out,
    as on the edge of a card; a box about as wide as high was only turned the wrong way, and is turned back.
    """
    kept = [line for line in lines if line.text.strip() and np.isfinite(line.quad).all()]
    kept = sorted(kept, key=lambda line: -line.confidence)[:MOST_LINES]
    if page_quad is not None:
        kept = [line for line in kept if _inside(line.quad, page_quad)]
    quads = [np.asarray(line.quad, np.float64) for line in kept]
    flats = quads if page_quad is None else _rectified(quads, page_quad)
    if not kept:
        return ()
    angle = np.radians(reading_angle(flats))
    turn = np.array([[np.cos(angle), np.sin(angle)], [-np.sin(angle), np.cos(angle)]])
    found = []
    for line, quad, flat in zip(kept, quads, flats, strict=True):
        upright, shift = _along(flat @ turn.T)
        if upright is not None:
            text = line.text.strip()[:LONGEST_LINE]
            found.append(Piece(text=text, confidence=line.confidence, quad=np.roll(quad, shift, axis=0), flat=upright))
    return tuple(found)


def reading_angle(quads: Sequence[Quad]) -> float:
    """The direction in which most of the text was read, degrees, -180..180: 0 to the right, 90 downwards."""
    if not quads:
        return 0.0
    along = np.array([quad[1] + quad[2] - quad[0] - quad[3] for quad in quads]) / 2
    lengths = np.hypot(along[:, 0], along[:, 1])
    heights = np.array([np.hypot(*(quad[3] - quad[0])) for quad in quads])
    # a box as wide as high says little about its direction
    weights = lengths * np.clip(lengths / np.maximum(heights, 1e-6) - 1, 0.01, 4)
    angles = np.degrees(np.arctan2(along[:, 1], along[:, 0]))
    apart = (angles[:, None] - angles[None, :] + 180) % 360 - 180
    support = (np.abs(apart) < 15) @ weights
    best = int(np.argmax(support))
    near = np.abs(apart[:, best]) < 15
    return float((angles[best] + np.average(apart[near, best], weights=weights[near]) + 180) % 360 - 180)


def rows_of(pieces: Sequence[Piece]) -> tuple[Row, ...]:
    """Rows from top to bottom. A piece joins the row whose last piece, drawn on, points to it."""
    rows: list[list[Piece]] = []
    long = [piece.slope for piece in pieces if piece.right - piece.left > 4 * piece.height]
    usual = float(np.median(long)) if long else 0.0
    for piece in sorted(pieces, key=lambda item: item.left):
        best, nearest = None, _SAME_ROW
        for row in rows:
            last = row[-1]
            ratio = max(last.height, piece.height) / min(last.height, piece.height)
            shared = min(last.right, piece.right) - piece.left
            if ratio > _HEIGHT_RATIO or shared > 0.5 * min(last.right - last.left, piece.right - piece.left):
                continue
            slope = last.slope if last.right - last.left > 4 * last.height else usual
            expected = last.y_at(last.right) + slope * (piece.left - last.right)
            off = abs(piece.y_at(piece.left) - expected) / ((last.height + piece.height) / 2)
            if off < nearest:
                best, nearest = row, off
        if best is None:
            rows.append([piece])
        else:
            best.append(piece)
    return tuple(sorted((Row(pieces=tuple(row)) for row in rows), key=lambda row: row.middle))


def _along(flat: Quad) -> tuple[Quad | None, int]:
    """The quad with its corners in the page's reading order, and by how many places they were moved; None: across."""
    dx, dy = (flat[1] + flat[2] - flat[0] - flat[3]).tolist()
    off = float(np.degrees(np.arctan2(dy, dx)))
    if abs(off) <= _CROSSWISE:
        return flat, 0
    width, height = np.hypot(*(flat[1] - flat[0])), np.hypot(*(flat[3] - flat[0]))
    if max(width, height) > 1.8 * max(min(width, height), 1e-6):
        return None, 0
    shift = round(off / 90)
    return np.roll(flat, shift, axis=0), shift


def _between(quad: Quad, start: float, end: float) -> Quad:
    top, bottom = quad[1] - quad[0], quad[2] - quad[3]
    return np.array([quad[0] + start * top, quad[0] + end * top, quad[3] + end * bottom, quad[3] + start * bottom])


def _width(character: str) -> float:
    """How wide a character is printed, roughly, in heights."""
    if east_asian_width(character) in {"W", "F"}:
        return 1.0
    return 0.3 if character in " .,:;'|!ilI1" else 0.55


def _inside(quad: Quad, page: Quad) -> bool:
    """Whether the middle of the quad lies on the page, or nearly."""
    outline = np.asarray(page, np.float32).reshape(-1, 1, 2)
    middle = quad.mean(axis=0)
    size = float(np.sqrt(abs(cv2.contourArea(outline))))
    return cv2.pointPolygonTest(outline, (float(middle[0]), float(middle[1])), measureDist=True) > -_OUTSIDE * size


def _rectified(quads: Sequence[Quad], page: Quad) -> list[Quad]:
    """The quads as seen from straight above the page, in px of about the same size."""
    sides = [float(np.hypot(*(page[(i + 1) % 4] - page[i]))) for i in range(4)]
    width, height = (sides[0] + sides[2]) / 2, (sides[1] + sides[3]) / 2
    if min(width, height) < 1 or not cv2.isContourConvex(np.asarray(page, np.float32).reshape(-1, 1, 2)):
        return list(quads)
    target = np.array([[0, 0], [width, 0], [width, height], [0, height]], np.float32)
    matrix = cv2.getPerspectiveTransform(np.asarray(page, np.float32), target)
    if not quads:
        return []
    points = np.concatenate(quads).reshape(-1, 1, 2)
    flat = np.asarray(cv2.perspectiveTransform(points, matrix), np.float64).reshape(-1, 4, 2)
    return list(flat)
