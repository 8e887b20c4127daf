"""Lines of text as a recogniser would give them, made from a layout: for tests that need no picture and no model."""

import random
from collections.abc import Sequence
from dataclasses import dataclass
from unicodedata import east_asian_width

import numpy as np
from numpy.typing import NDArray

Quad = NDArray[np.float64]


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class MadeLine:
    """As `visavis.document.text_layout.ReadLine` asks."""

    quad: Quad
    text: str
    confidence: float = 0.98


def line(text: str, x: float, y: float, height: float = 3.2, *, advance: float | None = None) -> MadeLine:
    """``x``, ``y``: its top left corner, mm. ``advance``: mm a character, else as wide as such print is."""
    width = sum(1.0 if east_asian_width(c) in "WF" else 0.55 for c in text) * height
    if advance is not None:
        width = advance * len(text)
    return MadeLine(quad=np.array([[x, y], [x + width, y], [x + width, y + height], [x, y + height]]), text=text)


def photographed(
    lines: Sequence[MadeLine],
    *,
    corners: Quad | None = None,
    page: tuple[float, float] = (85.6, 53.98),
    jitter: float = 0.0,
    seed: int = 1,
) -> list[MadeLine]:
    """The lines where a camera would see them.

    ``corners``: where the page's corners come to lie, px, the page's own top left first; by default 10 px a mm.
    ``jitter``: standard deviation of each corner of a box, px. The order is shuffled: a detector has none.
    """
    rng = np.random.default_rng(seed)
    width, height = page
    flat = np.array([[0, 0], [width, 0], [width, height], [0, height]], np.float64)
    seen = flat * 10 if corners is None else np.asarray(corners, np.float64)
    matrix = homography(flat, seen)
    found = []
    for made in lines:
        points = np.column_stack([made.quad, np.ones(4)]) @ matrix.T
        quad = points[:, :2] / points[:, 2:] + rng.normal(0, jitter, (4, 2))
        found.append(MadeLine(quad=quad, text=made.text, confidence=made.confidence))
    random.Random(seed).shuffle(found)
    return found


def homography(source: Quad, target: Quad) -> NDArray[np.float64]:
    """(3, 3): the plane projective map that brings four points to four others."""
    rows, values = [], []
    for (x, y), (u, v) in zip(source.tolist(), target.tolist(), strict=True):
        rows += [[x, y, 1, 0, 0, 0, -u * x, -u * y], [0, 0, 0, x, y, 1, -v * x, -v * y]]
        values += [u, v]
    return np.append(np.linalg.solve(np.array(rows), np.array(values)), 1).reshape(3, 3)


FLAT_CARD = np.array([[0, 0], [856, 0], [856, 540], [0, 540]], np.float64)
TILTED_CARD = np.array([[210, 160], [1010, 235], [960, 760], [130, 640]], np.float64)
"""A card seen from the side by a camera that is held askew."""


def turned_corners(corners: Quad, turns: int) -> Quad:
    """The corners of a page that is turned by so many quarter turns clockwise, in a picture of 1,200 px a side."""
    x, y = corners[:, 0], corners[:, 1]
    for _ in range(turns % 4):
        x, y = 1200 - y, x
    return np.column_stack([x, y])
