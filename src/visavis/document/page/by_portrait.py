"""Which outline is the page, told by the portrait on it; and about where the page is, where no outline was found.

An outline alone may be the portrait's own frame, or a leaf of paper beside the document. A page shows the main portrait
at its left or right, upright as the page is read, in a size that hardly differs from issuer to issuer (zone III of
ICAO 9303-4 to -6; the PRC's card has it at its right). So a portrait tells which outline is the page, and its way up.
"""

from typing import Final

import cv2
import numpy as np

from visavis.document.page.shapes import Quad

__all__ = ["REGION_MM", "read_upright", "region_around"]

_ACROSS: Final = (0.08, 0.44)
"""Where the portrait's middle may lie, in parts of the page's width from the nearer side."""
_DOWN: Final = (0.25, 0.8)
_WIDTH: Final = (0.12, 0.45)
"""Of the portrait's frame, in parts of the page's."""
_MOST_ASLANT: Final = 0.35
"""Radians between the portrait's upper edge and the page's."""
_FRAME_MM: Final = 26.0
"""About the width of a printed portrait."""
_BESIDE: Final = 2.7
_OVER: Final = 1.05
"""Of the frame's width and height, from its middle: as far as a page with it at one side can reach."""
REGION_MM: Final = (2 * _BESIDE * _FRAME_MM, 2 * _OVER * _FRAME_MM * 4 / 3)
"""About the size of `region_around`, which holds a page of ID-1 and more."""


def read_upright(page: Quad, portrait: Quad) -> Quad | None:
    """``page`` (4, 2) with its corners in the order in which it is read, if ``portrait`` (4, 2) can be its main
    portrait; else None. Both in px of one picture, clockwise; ``portrait`` from the upper left of the upright face.
    """
    for way in range(4):
        turned = np.roll(page, -way, axis=0)
        if _is_place(_on_page(turned, portrait)):
            return turned
    return None


def region_around(portrait: Quad) -> Quad:
    """(4, 2) px: where the page of ``portrait`` (4, 2) lies, with much beside it; upright for the face."""
    middle = portrait.mean(axis=0)
    across = (portrait[1] - portrait[0] + portrait[2] - portrait[3]) / 2 * _BESIDE
    down = (portrait[3] - portrait[0] + portrait[2] - portrait[1]) / 2 * _OVER
    return np.array([middle - across - down, middle + across - down, middle + across + down, middle - across + down])


def _on_page(page: Quad, portrait: Quad) -> Quad:
    """The portrait's corners on the page, whose own are (0, 0), (1, 0), (1, 1) and (0, 1)."""
    unit = np.array([[0, 0], [1, 0], [1, 1], [0, 1]], np.float32)
    matrix = cv2.getPerspectiveTransform(np.asarray(page, np.float32), unit)
    return np.asarray(cv2.perspectiveTransform(np.asarray(portrait, np.float64)[None], matrix)[0], np.float64)


def _is_place(portrait: Quad) -> bool:
    right, down = portrait[1] - portrait[0], portrait[3] - portrait[0]
    aslant = abs(float(np.arctan2(right[1], max(right[0], 1e-9))))
    x, y = portrait.mean(axis=0).tolist()
    return (
        bool(right[0] > 0 < down[1])
        and aslant <= _MOST_ASLANT
        and _ACROSS[0] <= min(x, 1 - x) <= _ACROSS[1]
        and _DOWN[0] <= y <= _DOWN[1]
        and _WIDTH[0] <= float(right[0]) <= _WIDTH[1]
    )
