"""What to do about a picture that was read and did not do: the preview's advice, and what only the reading shows."""

from collections.abc import Sequence
from typing import Final

import cv2
import numpy as np

from visavis.capture.picture import RgbImage
from visavis.document.page.advice import DEFAULT_LIMITS, AdviceLimits, PageAdvice, advise
from visavis.document.page.rectify import rectify_to
from visavis.document.page.shapes import Quad

__all__ = ["refusal", "runs_off"]

_LONG: Final = 0.12
"""Of the picture's longer side: a shorter line at the border may be writing on something else."""
_TOUCHING: Final = 0.004
"""Of the picture's longer side, from its border."""
_PORTRAIT_PX: Final = (60, 80)
_CLIPPED: Final = 250
_LOST: Final = 0.08
"""Share of the portrait that is nothing but light, and not paper: a light background is rarely as bright as that."""


def refusal(
    pixels: RgbImage, *, lines: Sequence[Quad], portrait: Quad | None = None, limits: AdviceLimits = DEFAULT_LIMITS
) -> tuple[PageAdvice, ...]:
    """Advice for ``pixels`` (h, w, 3), of which too little could be read; the most urgent first, and never empty.

    ``lines``, ``portrait``: (4, 2) in px of the picture, of the lines of text and the portrait found on it. A long line
    that runs off the picture is the surest sign of a page that is cut off. Writing that was found takes back that
    there is no document: then only its outline is missing.
    """
    found = set(advise(pixels, limits=limits).advice)
    if lines:
        found.discard(PageAdvice.NOT_A_DOCUMENT)
    height, width = pixels.shape[:2]
    if any(runs_off(line, (width, height)) for line in lines):
        found.add(PageAdvice.CUT_OFF)
    if portrait is not None and _lost(pixels, portrait):
        found.add(PageAdvice.GLARE_PORTRAIT)
    return tuple(advice for advice in PageAdvice if advice in found) or (PageAdvice.UNREADABLE,)


def runs_off(line: Quad, size: tuple[int, int]) -> bool:
    """Whether a line of text (4, 2) is long, and touches the border of a picture of ``size`` (width, height)."""
    longer = max(size)
    sides = np.linalg.norm(np.roll(line, -1, axis=0) - line, axis=1)
    near = (line < _TOUCHING * longer) | (line > np.array(size) - _TOUCHING * longer)
    return bool(sides.max() >= _LONG * longer and near.any())


def _lost(pixels: RgbImage, portrait: Quad) -> bool:
    try:
        crop = rectify_to(pixels, portrait, _PORTRAIT_PX, grey=True)
    except ValueError:
        return False
    light = cv2.erode((crop >= _CLIPPED).astype(np.uint8), np.ones((3, 3), np.uint8))
    return float(np.mean(light)) > _LOST
