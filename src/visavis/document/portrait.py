"""The main portrait of a photographed document, among every face on it and around it.

Many documents bear the portrait twice: once large and clear, and once as a ghost, which is smaller, paler and mostly of
one colour (ICAO 9303-2 lists it among the security features). A hand that holds the document may bring another face
into the picture. What is chosen is what is largest, richest in contrast and colour, and where portraits stand.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

import cv2
import numpy as np
from numpy.typing import NDArray

from visavis.capture.picture import Picture
from visavis.perception.acquisition import Acquisition, Face
from visavis.perception.geometry import Region, sample
from visavis.perception.quality import QualityPurpose, SampleQuality, assess_quality

__all__ = ["DocumentPortrait", "PortraitSide", "faces_of", "main_portrait", "portrait_quad"]

Quad = NDArray[np.float64]

_CROP: Final = 48
"""Side of the crop that contrast and colour are measured on, px: print has no finer detail to tell them by."""
_LEAST_SIZE: Final = 0.55
"""Of the largest face's distance between the eyes: a smaller face is never the main portrait."""
_CLEAR: Final = 0.12
"""By so much the main portrait must lead, in natural logarithms: else two people are on the document."""
_COLOUR_FLOOR: Final = 0.04
_COLOUR_WEIGHT: Final = 0.35
_CONTRAST_WEIGHT: Final = 0.8
_SIZE_WEIGHT: Final = 2.0
_PLACE_WEIGHT: Final = 0.25
_MARGIN: Final = 0.03


class PortraitSide(StrEnum):
    """Where the issuer puts the main portrait on the page as it is read."""

    LEFT = "left"
    """Zone III of ICAO 9303-4 to -6."""
    RIGHT = "right"
    """The PRC's identity card."""


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class DocumentPortrait:
    """``face``: the main portrait. ``ghosts``: other faces on the page that are paler, smaller or both. ``outside``:
    faces beside the page. ``quality``: of the portrait as it is in the picture, for the comparison. ``quad``: its
    frame, (4, 2) px of the picture, upright for the face.
    """

    face: Face
    ghosts: tuple[Face, ...]
    outside: tuple[Face, ...]
    quality: SampleQuality
    quad: Quad

    @property
    def comparable(self) -> bool:
        """Whether a comparison with it says anything: no component of its quality is under its hard floor."""
        return not self.quality.blocking


def faces_of(acquisition: Acquisition) -> tuple[Face, ...]:
    """Every face that was found, whether or not the acquirer chose one."""
    return acquisition.others if acquisition.face is None else (acquisition.face, *acquisition.others)


def main_portrait(
    picture: Picture,
    faces: Sequence[Face],
    *,
    page_quad: Quad | None = None,
    side: PortraitSide | None = None,
    recognition: float | None = None,
) -> DocumentPortrait | None:
    """The main portrait among ``faces``; None where there is none, or where two are alike in all that tells them apart.

    ``page_quad``: the page's corners (4, 2) as it is read, px of the picture; faces beyond it are beside the document.
    ``side``: where the portrait stands on it, if that is known. ``recognition``: as for `assess_quality`.
    """
    inside = [face for face in faces if page_quad is None or _on_page(face, page_quad)]
    outside = tuple(face for face in faces if not any(face is item for item in inside))
    if not inside:
        return None
    largest = max(face.inter_eye_px for face in inside)
    scored = sorted(
        ((_score(picture, face, largest, page_quad, side), at) for at, face in enumerate(inside)), reverse=True
    )
    best = inside[scored[0][1]]
    if best.inter_eye_px < _LEAST_SIZE * largest:
        return None
    if len(scored) > 1 and scored[0][0] - scored[1][0] < _CLEAR:
        return None
    return DocumentPortrait(
        face=best,
        ghosts=tuple(inside[at] for _, at in scored[1:]),
        outside=outside,
        quality=assess_quality(picture, best, purpose=QualityPurpose.DOCUMENT_PORTRAIT, recognition=recognition),
        quad=portrait_quad(best),
    )


def portrait_quad(face: Face) -> Quad:
    """The frame of a portrait around a face, (4, 2) px, clockwise from the top left of the upright face.

    In the proportions of ISO/IEC 39794-5, D.1: 3:4, the eyes at 45 % of the height, a quarter of the width apart.
    """
    mesh = face.mesh
    right, left = mesh.right_eye, mesh.left_eye
    middle = (right + left) / 2
    # the holder's right eye is on the left of the picture
    across = (left - right) / max(float(np.hypot(*(left - right))), 1e-6)
    down = np.array([-across[1], across[0]])
    width = 4.0 * face.inter_eye_px
    height = width * 4 / 3
    top = middle - 0.45 * height * down
    bottom = top + height * down
    half = width / 2 * across
    return np.array([top - half, top + half, bottom + half, bottom - half])


def _score(picture: Picture, face: Face, largest: float, page: Quad | None, side: PortraitSide | None) -> float:
    contrast, colour = _contrast_and_colour(picture, face)
    score = _SIZE_WEIGHT * np.log(face.inter_eye_px / largest)
    score += _CONTRAST_WEIGHT * np.log(max(contrast, 1.0))
    score += _COLOUR_WEIGHT * np.log(colour + _COLOUR_FLOOR)
    if page is not None and side is not None:
        across = _across(face, page)
        score += _PLACE_WEIGHT * float((across < 0.5) == (side is PortraitSide.LEFT))
    return float(score)


def _contrast_and_colour(picture: Picture, face: Face) -> tuple[float, float]:
    """Spread of the luminance within the face, 0..255, from dark to bright; and how much of a colour it has, 0..1.

    Colour is the spread of hues against one another: a print in one ink, whichever it is, has none.
    """
    box = face.box
    x, y = box.centre
    region = Region(x, y, max(box.width, box.height))
    crop = sample(picture.pixels, region.to_crop(_CROP), (_CROP, _CROP), repeat_border=True)
    inner = crop[_CROP // 8 : -_CROP // 8, _CROP // 8 : -_CROP // 8]
    lab = cv2.cvtColor(np.ascontiguousarray(inner), cv2.COLOR_RGB2LAB).astype(np.float64)
    low, high = np.percentile(lab[..., 0], [5, 95])
    tones = lab[..., 1:].reshape(-1, 2)
    # skin, lips, eyes and hair differ in chroma; across one ink it follows the luminance alone
    luminance = lab[..., 0].reshape(-1, 1) - lab[..., 0].mean()
    centred = tones - tones.mean(axis=0)
    share = (luminance * centred).sum(axis=0) / max(float((luminance**2).sum()), 1e-6)
    rest = centred - luminance * share
    return float(high - low), float(np.clip(np.sqrt((rest**2).sum(axis=1).mean()) / 40, 0, 1))


def _on_page(face: Face, page: Quad) -> bool:
    outline = np.asarray(page, np.float32).reshape(-1, 1, 2)
    size = float(np.sqrt(abs(cv2.contourArea(outline))))
    x, y = face.box.centre
    return cv2.pointPolygonTest(outline, (float(x), float(y)), measureDist=True) > -_MARGIN * size


def _across(face: Face, page: Quad) -> float:
    """How far to the right on the page the face is, 0..1, as the page is read."""
    target = np.array([[0, 0], [1, 0], [1, 1], [0, 1]], np.float32)
    matrix = cv2.getPerspectiveTransform(np.asarray(page, np.float32), target)
    point = np.array([[face.box.centre]], np.float64)
    return float(cv2.perspectiveTransform(point, matrix)[0, 0, 0])
