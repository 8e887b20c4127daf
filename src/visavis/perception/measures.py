"""What can be measured on the pixels of one face, in the native units of ISO/IEC 29794-5:2025.

Every measure is taken on one small crop, upright and 64 px between the eyes, so that the cost does not grow with the
picture and the same texture gives the same number at every size. (The standard works on an aligned 616 px image; where
it names a region in terms of the eyes, that is the one used here.)
"""

from dataclasses import dataclass
from typing import Final

import cv2
import numpy as np
from numpy.typing import NDArray

from visavis.capture.picture import Picture, RgbImage
from visavis.perception.geometry import Matrix, apply, fit_similarity, invert, sample
from visavis.perception.landmarks import CHIN, FACE_OVAL, MOUTH_CORNERS, NOSE_TIP, FaceMesh

__all__ = ["PixelMeasures", "measure_pixels", "mouth_opening"]

_SIDE: Final = 256
_EYES: Final = 64.0
"""Between the eyes in the crop, px."""
_TOP: Final = 0.42
"""Where the eyes are in the crop, from its top."""
_MOUTH: Final = ((13, 14), (82, 87), (312, 317), (81, 178), (311, 402))
"""Inner upper and lower lip, from the middle outwards."""
_LEAST_BACKGROUND: Final = 60
"""Of the crop thinned four times: with fewer points outside the head there is no background to judge."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PixelMeasures:
    """``dark``, ``bright``: share of the face's pixels with luminance 0..25, and 247..255 (under- and over-exposure).

    ``light``: mean luminance of the face, 0..1.

    ``colour``: mean of the second strongest of red, green and blue over that of the strongest, 0..1: 1 in a grey
    picture, 0 in pure red light.

    ``contrast``: standard deviation of the face's luma (not linear) over its mean, about 0.1 to 0.6.

    ``entropy``: of the luminance histogram of the face, bits, 0..8 (dynamic range).

    ``light_overlap``: shared part of the luminance histograms of the two cheeks, 0..1 (illumination uniformity).

    ``light_ratio``: mean luminance of the darker cheek over that of the lighter one, 0..1.

    ``detail``: log2 of the texture up to 1 px over that between 2 and 4 px (standard deviations of Gaussians) at 64 px
    between the eyes, or, where lower, of the next octave over the next but one, less 0.1; the first is the more exact,
    the second still falls where a strong blur has left the first nothing but noise. About -0.8 sharp, -1.9 sharp with
    42 px between the eyes, below -2.45 blurred.

    ``eye_texture``: the weaker eye's texture over that of the whole face; near 0 behind a bar or a patch.

    ``background``: mean gradient of the luminance beside and above the head, None where none is seen.
    """

    dark: float
    bright: float
    colour: float
    contrast: float
    entropy: float
    light_overlap: float
    light_ratio: float
    detail: float
    light: float
    eye_texture: float
    background: float | None


def measure_pixels(picture: Picture, mesh: FaceMesh) -> PixelMeasures:
    """Raises ValueError where the landmarks coincide."""
    matrix = fit_similarity(_five(mesh), _PLACES)
    crop = sample(picture.pixels, matrix, (_SIDE, _SIDE), repeat_border=True)
    points = apply(matrix, mesh.points[:, :2])
    face = np.zeros((_SIDE, _SIDE), np.uint8)
    cv2.fillPoly(face, [np.round(points[list(FACE_OVAL)]).astype(np.int32)], 1)
    if not face.any():
        raise ValueError("the outline of the face holds no pixel")
    luminance = _luminance(crop)
    histogram = np.bincount(luminance[face > 0], minlength=256) / np.count_nonzero(face)
    seen = histogram[histogram > 0]
    five = apply(matrix, _five(mesh))
    overlap, ratio = _cheeks(luminance, five)
    grey = np.asarray(cv2.cvtColor(crop, cv2.COLOR_RGB2GRAY), np.uint8)
    bands = _bands(grey)
    colour, contrast = _colours(crop, grey, face)
    return PixelMeasures(
        dark=float(histogram[:26].sum()),
        bright=float(histogram[247:].sum()),
        colour=colour,
        contrast=contrast,
        entropy=float(-(seen * np.log2(seen)).sum()),
        light_overlap=overlap,
        light_ratio=ratio,
        detail=_detail(bands, face),
        light=float(histogram @ np.arange(256) / 255),
        eye_texture=_eye_texture(bands[2], five, face),
        background=_background(picture, luminance, points, invert(matrix)),
    )


def mouth_opening(mesh: FaceMesh) -> float:
    """The widest opening between the inner lips over the distance from the eyes' midpoint to the chin (T in the
    standard).
    """
    points = mesh.points[:, :2].astype(np.float64)
    length = float(np.hypot(*(points[CHIN] - (mesh.right_eye + mesh.left_eye) / 2)))
    pairs = points[np.array(_MOUTH)]
    widest = float(np.hypot(*(pairs[:, 0] - pairs[:, 1]).T).max())
    return widest / length if length > 0 else 0.0


def _five(mesh: FaceMesh) -> NDArray[np.float64]:
    rest = mesh.points[[NOSE_TIP, *MOUTH_CORNERS], :2].astype(np.float64)
    return np.vstack([mesh.right_eye, mesh.left_eye, rest])


def _places() -> NDArray[np.float64]:
    # the five points of an average upright face, in units of its inter-eye distance
    face = np.array([[-0.5, 0.003], [0.5, -0.003], [0.0007, 0.5714], [-0.411, 1.1568], [0.4173, 1.1521]])
    return face * _EYES + [_SIDE / 2, _TOP * _SIDE]


def _linear_light() -> NDArray[np.float32]:
    # IEC 61966-2-1 (sRGB) to linear light, then the luminance weights of red, green and blue
    value = np.arange(256) / 255
    linear = np.where(value > 0.04045, ((value + 0.055) / 1.055) ** 2.4, value / 12.92)
    return (linear[:, None] * [0.2126, 0.7152, 0.0722] * 255).astype(np.float32)


_PLACES: Final = _places()
_LIGHT: Final = _linear_light()


def _luminance(crop: RgbImage) -> NDArray[np.uint8]:
    """Linear luminance (h, w), 0..255."""
    red, green, blue = (cv2.LUT(np.ascontiguousarray(crop[..., i]), _LIGHT[:, i]) for i in range(3))
    return np.asarray(np.minimum(red + green + blue + 0.5, 255), np.uint8)


def _cheeks(luminance: NDArray[np.uint8], five: NDArray[np.float64]) -> tuple[float, float]:
    """Squares of 0.3 inter-eye distances, outward from the eyes, from halfway between eyes and mouth down."""
    side = int(0.3 * _EYES)
    top = float(five[:2, 1].mean() + five[3:, 1].mean()) / 2
    lefts = (float(five[0, 0]) - side, float(five[1, 0]))
    zones = []
    for left in lefts:
        x, y = (int(np.clip(v, 0, _SIDE - side)) for v in (left, top))
        zones.append(luminance[y : y + side, x : x + side])
    shares = [np.bincount((zone >> 2).ravel(), minlength=64) / zone.size for zone in zones]
    means = sorted(float(zone.mean()) for zone in zones)
    return float(np.minimum(*shares).sum()), (means[0] + 0.5) / (means[1] + 0.5)


def _colours(crop: RgbImage, grey: NDArray[np.uint8], face: NDArray[np.uint8]) -> tuple[float, float]:
    _, middle, most = sorted(cv2.mean(crop, mask=face)[:3])
    mean, deviation = (float(value.item()) for value in cv2.meanStdDev(grey, mask=face))
    # half a level: black has no colour, and no contrast
    return float((middle + 0.5) / (most + 0.5)), deviation / (mean + 0.5)


def _bands(grey: NDArray[np.uint8]) -> tuple[NDArray[np.float32], ...]:
    """Texture up to 1 px, from 1 to 2, from 2 to 4 (at half the size), and from 4 to 8 (at a quarter)."""
    finest = grey.astype(np.float32)
    # each blur adds to the one before: sigma 1, then 2, 4 and 8 px
    one = cv2.GaussianBlur(finest, (0, 0), 1)
    two = cv2.GaussianBlur(one, (0, 0), 3**0.5)
    half = np.ascontiguousarray(two[::2, ::2])
    four = cv2.GaussianBlur(half, (0, 0), 3**0.5)
    quarter = np.ascontiguousarray(four[::2, ::2])
    eight = cv2.GaussianBlur(quarter, (0, 0), 3**0.5)
    pairs = ((finest, one), (one, two), (half, four), (quarter, eight))
    return tuple(np.asarray(finer - coarser, np.float32) for finer, coarser in pairs)


def _detail(bands: tuple[NDArray[np.float32], ...], face: NDArray[np.uint8]) -> float:
    # away from the outline, which is sharp in any picture; unless nothing is left
    inner = np.asarray(cv2.erode(face, np.ones((7, 7), np.uint8)), np.uint8)
    inner = inner if inner.any() else face
    masks = (inner, inner, np.ascontiguousarray(inner[::2, ::2]), np.ascontiguousarray(inner[::4, ::4]))
    level = [_rms(band, mask) for band, mask in zip(bands, masks, strict=True)]
    fine, broad = ((level[i] + 0.05) / (level[i + 2] + 0.5) for i in (0, 1))
    return float(min(np.log2(fine), np.log2(broad) - 0.1))


def _eye_texture(coarse: NDArray[np.float32], five: NDArray[np.float64], face: NDArray[np.uint8]) -> float:
    """In a box of 0.5 by 0.25 inter-eye distances about each eye: lids and iris are the strongest texture of a face."""
    # medians, so that the edge of what covers an eye doesn't pass for an eye
    usual = float(np.median(np.abs(coarse[face[::2, ::2] > 0]))) + 0.05
    weakest = np.inf
    for x, y in five[:2] / 2:
        left, right = (int(np.clip(x + side * 0.125 * _EYES, 0, coarse.shape[1])) for side in (-1, 1))
        top, bottom = (int(np.clip(y + side * 0.0625 * _EYES, 0, coarse.shape[0])) for side in (-1, 1))
        patch = coarse[top:bottom, left:right]
        if not patch.size:
            return 0.0
        weakest = min(weakest, float(np.median(np.abs(patch))))
    return float(weakest / usual)


def _rms(band: NDArray[np.floating], mask: NDArray[np.uint8]) -> float:
    return float(cv2.norm(band, cv2.NORM_L2, mask) / np.sqrt(max(cv2.countNonZero(mask), 1)))


def _background(
    picture: Picture, luminance: NDArray[np.uint8], points: NDArray[np.float64], back: Matrix
) -> float | None:
    """Outside an ellipse-like hull of 1.35 by 1.6 times the face's outline, above the chin, inside the picture."""
    outline = points[list(FACE_OVAL)]
    middle = outline.mean(axis=0)
    mask = np.zeros((_SIDE, _SIDE), np.uint8)
    mask[: int(np.clip(points[CHIN, 1] - 0.1 * _EYES, 1, _SIDE))] = 1
    cv2.fillPoly(mask, [np.round(middle + (outline - middle) * [1.35, 1.6]).astype(np.int32)], 0)
    x, y = np.meshgrid(np.arange(0, _SIDE, 4) + 0.5, np.arange(0, _SIDE, 4) + 0.5)
    place = apply(back, np.stack([x, y], axis=-1))
    inside = ((place > 2) & (place < np.array([picture.width, picture.height]) - 2)).all(axis=-1)
    seen = (mask[::4, ::4] > 0) & inside
    if seen.sum() < _LEAST_BACKGROUND:
        return None
    thin = cv2.resize(luminance, (_SIDE // 2, _SIDE // 2), interpolation=cv2.INTER_AREA)
    gradient = np.hypot(cv2.Sobel(thin, cv2.CV_32F, 1, 0), cv2.Sobel(thin, cv2.CV_32F, 0, 1))
    return float(gradient[::2, ::2][seen].mean())
