"""How well the writing on a page could be read, measured without reading it."""

from dataclasses import dataclass
from typing import Final

import cv2
import numpy as np
from numpy.typing import NDArray

from visavis.capture.picture import RgbImage
from visavis.document.page.rectify import rectify_to
from visavis.document.page.shapes import PageKind, Quad

__all__ = ["CELL_PX", "Condition", "Grey", "flat_grey", "measure_blur", "measure_condition"]

Grey = NDArray[np.uint8]

CELL_PX: Final = 6
"""Px per mm of the flat page that is measured, so that a cell is a square millimetre, and its resolution's limit."""
_PAPER_SHARE: Final = 0.6
"""Which of the cells, by brightness, is taken as unprinted paper."""
_INK: Final = 0.055
"""Standard deviation within a cell, in parts of the paper's brightness, from which there is writing in it."""
_PRESMOOTHING: Final = 0.7
"""Sigma in px, against noise; taken off again."""
_SECOND_BLUR: Final = 1.4
"""Sigma in px of the known blur that is added."""
_SHARPEST: Final = 0.03
"""Share of the page's pixels taken as edges."""
_CLIPPED: Final = 247
"""Mean of a cell that holds nothing but light."""
_ABOVE_PAPER: Final = 10
"""How far a reflection is brighter than the paper around the writing, grey levels."""
_LEAST_GLARE: Final = 9
"""Cells in one piece, mm2: half a dozen letters."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Condition:
    """``paper``, 0..255: brightness of the unprinted paper. ``writing``, 0..1: share of the page with writing in it.

    ``blur_mm``: the standard deviation of the blur in its worse direction, in mm on the page; from about 0.02 up to
    0.6, beyond which it can't be told. ``glare`` (rows, columns) bool: the square millimetres lost in a reflection.
    """

    paper: float
    writing: float
    blur_mm: float
    glare: NDArray[np.bool_]


def flat_grey(pixels: RgbImage, quad: Quad, kind: PageKind) -> Grey:
    """The page in grey, at `CELL_PX` px per mm."""
    width, height = (int(side) * CELL_PX for side in kind.size_mm)
    return rectify_to(pixels, quad, (width, height), grey=True)


def measure_condition(grey: Grey) -> Condition:
    """``grey``: as from `flat_grey`."""
    means, deviations = _cells(grey)
    paper = float(np.quantile(means, _PAPER_SHARE))
    writing = float(np.mean(deviations > _INK * max(paper, 20.0)))
    return Condition(
        paper=paper,
        writing=writing,
        blur_mm=measure_blur(grey) / CELL_PX,
        glare=_glare(means, deviations, paper),
    )


def _cells(grey: Grey) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """Mean and standard deviation of each cell."""
    rows, columns = grey.shape[0] // CELL_PX, grey.shape[1] // CELL_PX
    whole = grey[: rows * CELL_PX, : columns * CELL_PX].astype(np.float32)
    means, squares = (
        np.asarray(cv2.resize(values, (columns, rows), interpolation=cv2.INTER_AREA), np.float32)
        for values in (whole, whole * whole)
    )
    return means, np.sqrt(np.maximum(squares - means * means, 0))


def measure_blur(grey: Grey) -> float:
    """Standard deviation of the blur of ``grey`` (h, w), px, in the worse of the two directions along its sides.

    An edge that is blurred once more, by a known amount, loses the less of its slope the more it was blurred before:
    S. Zhuo and T. Sim, "Defocus map estimation from a single image", Pattern Recognition 44(9), 2011, section 3. Taken
    over the steepest edges after that blur, which noise doesn't reach; each direction by itself, since motion blurs
    one alone. For strokes thinner than the blur it comes out too small, but never smaller for more blur.
    """
    once = np.asarray(cv2.GaussianBlur(grey, (0, 0), _PRESMOOTHING), np.float32)
    twice = np.asarray(cv2.GaussianBlur(once, (0, 0), _SECOND_BLUR), np.float32)
    if min(grey.shape) < 8:
        return 0.0
    worst = 0.0
    for axis in (0, 1):
        before, after = (np.abs(_slope(values, axis)).ravel() for values in (once, twice))
        some = after[::5]
        steepest = after >= np.partition(some, int((1 - _SHARPEST) * len(some)))[int((1 - _SHARPEST) * len(some))]
        ratio = float(before[steepest].sum() / max(float(after[steepest].sum()), 1e-6))
        total = _SECOND_BLUR**2 / max(ratio * ratio - 1, 1e-3)
        worst = max(worst, float(np.sqrt(max(total - _PRESMOOTHING**2, 0.0))))
    return worst


def _slope(values: NDArray[np.float32], axis: int) -> NDArray[np.float32]:
    """Central differences, where both directions have them."""
    if axis == 0:
        return values[2:, 1:-1] - values[:-2, 1:-1]
    return values[1:-1, 2:] - values[1:-1, :-2]


def _glare(means: NDArray[np.float32], deviations: NDArray[np.float32], paper: float) -> NDArray[np.bool_]:
    """Cells without writing, as bright as the camera can show, clearly brighter than the paper, in pieces that matter.

    The share of clipped pixels alone says little: white paper in good light is clipped as well, and stays legible.
    """
    bright = (means >= _CLIPPED) & (means >= paper + _ABOVE_PAPER) & (deviations < _INK * paper)
    count, labels, statistics, _ = cv2.connectedComponentsWithStats(bright.astype(np.uint8), connectivity=8)
    large = np.zeros(count, bool)
    large[1:] = np.asarray(statistics)[1:, cv2.CC_STAT_AREA] >= _LEAST_GLARE
    return np.asarray(large[np.asarray(labels)], bool)
