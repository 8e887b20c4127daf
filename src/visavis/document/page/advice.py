"""What a person can do for a picture of a document that can be read: in a live preview, before anything is read."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

import numpy as np
from numpy.typing import NDArray

from visavis.capture.picture import RgbImage
from visavis.document.page.condition import flat_grey, measure_condition
from visavis.document.page.find import small_copy
from visavis.document.page.quads import Outline, find_outlines
from visavis.document.page.shapes import Quad

__all__ = ["AdviceLimits", "PageAdvice", "PageCondition", "advise", "glare_places"]


class PageAdvice(StrEnum):
    """The values are codes of `visavis.domain.reasons`, where each has its words. In the order in which they matter."""

    NOT_A_DOCUMENT = "not_a_document"
    CUT_OFF = "document_cut_off"
    TOO_DARK = "document_too_dark"
    TOO_SMALL = "document_too_small"
    TILTED = "document_tilted"
    BLURRED = "document_blurred"
    GLARE_MRZ = "glare_mrz"
    GLARE_PORTRAIT = "glare_portrait"
    GLARE_CENTRE = "glare_centre"
    GLARE_TOP_LEFT = "glare_top_left"
    GLARE_TOP_RIGHT = "glare_top_right"
    GLARE_BOTTOM_LEFT = "glare_bottom_left"
    GLARE_BOTTOM_RIGHT = "glare_bottom_right"
    UNREADABLE = "document_unreadable"


@dataclass(frozen=True, slots=True, kw_only=True)
class AdviceLimits:
    """Where advice begins. ``score``: of an outline, that it is taken for a page. ``px_per_mm``: of the picture that
    will be read, 12 px to a character of OCR-B. ``tilt``: degrees. ``blur_mm``: a stroke of OCR-B is 0.35 mm wide.
    ``paper``: brightness, 0..255, under which noise is as strong as print. ``writing``: share of the page.
    """

    score: float = 0.45
    px_per_mm: float = 4.7
    tilt: float = 37.0
    blur_mm: float = 0.24
    paper: float = 62.0
    writing: float = 0.04


DEFAULT_LIMITS: Final = AdviceLimits()
_PREVIEW_SIDE: Final = 352
"""Px of the longer side in which a preview is searched."""
_PREVIEW_LINES: Final = 30
_DARK_ROOM: Final = 28.0
"""Mean brightness of a whole picture under which nothing is said about what is in it."""
_CENTRE: Final = 0.22
"""Half the width of the part called the centre, in parts of the page."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class PageCondition:
    """``advice``: the most urgent first, empty where the picture will do. ``quad`` (4, 2): as of `FoundPage`, to a few
    px; None where there is no page. The measures are those of `Condition`, and 0 where there is no page;
    ``glare``: share of the page that is lost in reflections.
    """

    advice: tuple[PageAdvice, ...]
    quad: Quad | None = None
    px_per_mm: float = 0.0
    tilt: float = 0.0
    blur_mm: float = 0.0
    paper: float = 0.0
    writing: float = 0.0
    glare: float = 0.0

    @property
    def ready(self) -> bool:
        return not self.advice


def advise(pixels: RgbImage, *, limits: AdviceLimits = DEFAULT_LIMITS) -> PageCondition:
    """What to do about ``pixels`` (h, w, 3), a frame of a live preview or a photograph; costs the same for any size.

    Whether what looks like a written page is a document, only reading it tells: a sheet of a letter in the right
    shape passes here. Parts of the page are named as they are seen in the picture.
    """
    small, scale = small_copy(pixels, _PREVIEW_SIDE)
    outlines = find_outlines(small, most_lines=_PREVIEW_LINES, most=2)
    if not outlines or outlines[0].score < limits.score:
        dark = float(small[::4, ::4].mean()) < _DARK_ROOM
        return PageCondition(advice=(PageAdvice.TOO_DARK if dark else PageAdvice.NOT_A_DOCUMENT,))
    return _advise_on(pixels, outlines[0], scale, limits)


def _advise_on(pixels: RgbImage, outline: Outline, scale: float, limits: AdviceLimits) -> PageCondition:
    quad = outline.quad * scale
    width, height = outline.kind.size_mm
    sides = np.linalg.norm(np.roll(quad, -1, axis=0) - quad, axis=1)
    px_per_mm = float(np.sqrt((sides[0] + sides[2]) * (sides[1] + sides[3]) / (4 * width * height)))
    tilt = float(np.degrees(outline.tilt))
    condition = measure_condition(flat_grey(pixels, quad, outline.kind))
    parts = glare_places(condition.glare)
    found = {
        PageAdvice.NOT_A_DOCUMENT: condition.writing < limits.writing and condition.paper >= limits.paper,
        PageAdvice.CUT_OFF: outline.cut,
        PageAdvice.TOO_DARK: condition.paper < limits.paper,
        PageAdvice.TOO_SMALL: not outline.cut and px_per_mm < limits.px_per_mm,
        PageAdvice.TILTED: not outline.cut and tilt > limits.tilt,
        PageAdvice.BLURRED: condition.blur_mm > limits.blur_mm,
        **dict.fromkeys(parts, True),
    }
    return PageCondition(
        advice=tuple(advice for advice in PageAdvice if found.get(advice)),
        quad=quad,
        px_per_mm=px_per_mm,
        tilt=tilt,
        blur_mm=condition.blur_mm,
        paper=condition.paper,
        writing=condition.writing,
        glare=float(condition.glare.mean()),
    )


def glare_places(glare: NDArray[np.bool_]) -> Mapping[PageAdvice, float]:
    """Where on the page the light is, the larger part first, each with its share of the page.

    ``glare`` (rows, columns): of the page as it is seen. A part with under a fifth of the light isn't named.
    """
    rows, columns = np.nonzero(glare)
    if len(rows) == 0:
        return {}
    y, x = (rows + 0.5) / glare.shape[0], (columns + 0.5) / glare.shape[1]
    centre = (np.abs(y - 0.5) < _CENTRE) & (np.abs(x - 0.5) < _CENTRE)
    places = {
        PageAdvice.GLARE_CENTRE: centre,
        PageAdvice.GLARE_TOP_LEFT: ~centre & (y < 0.5) & (x < 0.5),
        PageAdvice.GLARE_TOP_RIGHT: ~centre & (y < 0.5) & (x >= 0.5),
        PageAdvice.GLARE_BOTTOM_LEFT: ~centre & (y >= 0.5) & (x < 0.5),
        PageAdvice.GLARE_BOTTOM_RIGHT: ~centre & (y >= 0.5) & (x >= 0.5),
    }
    counts = {advice: int(np.count_nonzero(place)) for advice, place in places.items()}
    named = sorted((advice for advice, count in counts.items() if count >= len(rows) / 5), key=lambda a: -counts[a])
    return {advice: counts[advice] / glare.size for advice in named}
