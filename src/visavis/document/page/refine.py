"""The sides of a page to a fraction of a pixel, in the picture at its full size."""

from typing import Final

import cv2
import numpy as np
from numpy.typing import NDArray

from visavis.capture.picture import RgbImage
from visavis.document.page.shapes import Quad

__all__ = ["refine"]

_STATIONS: Final = 96
"""Places along a side at which it is looked for."""
_FROM: Final = 0.06
"""Of a side's length: its corners are rounded, or a neighbour's."""
_STEPS: Final = 14
"""Steps to each side, for the coarse search and the fine one alike."""
_STRONGEST: Final = 3.0
"""What one place may count for, in medians: one bright letter doesn't outvote the side."""


def refine(pixels: RgbImage, quad: Quad, *, reach: float) -> Quad:
    """``quad`` with each side moved, within ``reach`` px of where it is, to the line with the most contrast across it.

    A side is searched by both of its ends at once: of all lines that end within the reach, that one is taken along
    which the contrast, capped place by place, adds up to most. Fingers, shadows and glare on a part of it do no harm.
    Then the places near that line are fitted by weighted least squares.
    """
    quad = np.asarray(quad, np.float64)
    while True:
        lines = [_side(pixels, quad[corner], quad[(corner + 1) % 4], reach) for corner in range(4)]
        corners = [_meet(lines[corner - 1], lines[corner]) for corner in range(4)]
        refined = np.array([old if new is None else new for old, new in zip(quad, corners, strict=True)])
        moved = np.linalg.norm(refined - quad, axis=1)
        quad = np.where((moved < 4 * reach + 4)[:, None], refined, quad)
        if reach <= _STEPS:
            return np.asarray(quad, np.float64)
        reach = max(float(_STEPS) / 2, reach / 4)


def _side(
    pixels: RgbImage, start: NDArray[np.float64], end: NDArray[np.float64], reach: float
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Two points of the side between ``start`` and ``end``."""
    span = end - start
    length = float(np.linalg.norm(span))
    if length < 8:
        return start, end
    along = span / length
    normal = np.array([along[1], -along[0]])
    step = reach / _STEPS
    offsets = np.arange(-_STEPS - 1, _STEPS + 2, dtype=np.float64) * step
    shares = np.linspace(_FROM, 1 - _FROM, _STATIONS)
    strength = _contrast(pixels, start, span, normal, shares, offsets, step)
    cap = max(1e-6, _STRONGEST * float(np.median(strength.max(axis=1))))
    capped = np.minimum(strength, cap)
    # every line from one offset at the first station to another at the last
    count = capped.shape[1]
    ends = np.arange(count)
    weights = np.linspace(0, 1, _STATIONS)
    columns = np.round(ends[:, None, None] * (1 - weights) + ends[None, :, None] * weights).astype(np.intp)
    totals = capped[np.arange(_STATIONS), columns].sum(axis=-1)
    # between equals, the one that moves less
    middle = (count - 1) / 2
    away = (np.abs(ends[:, None] - middle) + np.abs(ends[None, :] - middle)) / count
    first, last = np.unravel_index(int((totals * (1 - 0.1 * away)).argmax()), totals.shape)
    expected = float(first) * (1 - weights) + float(last) * weights
    return _fit(capped, expected, shares, start, span, normal, step)


def _contrast(
    pixels: RgbImage,
    start: NDArray[np.float64],
    span: NDArray[np.float64],
    normal: NDArray[np.float64],
    shares: NDArray[np.float64],
    offsets: NDArray[np.float64],
    step: float,
) -> NDArray[np.float32]:
    """(stations, offsets - 2): strength of the edge across the side."""
    places = start + span * shares[:, None]
    grid = places[:, None] + normal * offsets[None, :, None] - 0.5
    # a few lines side by side are averaged: what is no edge along the side disappears
    spacing = span / _STATIONS
    total = np.zeros((*grid.shape[:2], 3), np.float32)
    shifts = (-0.4, -0.2, 0.0, 0.2, 0.4)
    for shift in shifts:
        at = (grid + shift * spacing).astype(np.float32)
        total += cv2.remap(pixels, at[..., 0], at[..., 1], cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)
    total /= len(shifts)
    if step < 1:  # sampled more finely than the pixels are
        total = np.asarray(cv2.GaussianBlur(total, (0, 0), sigmaX=0.6 / step, sigmaY=0.4), np.float32)
    slope = total[:, 2:] - total[:, :-2]
    return np.asarray(np.sqrt((slope * slope).sum(axis=-1)), np.float32)


def _fit(
    strength: NDArray[np.float32],
    expected: NDArray[np.float64],
    shares: NDArray[np.float64],
    start: NDArray[np.float64],
    span: NDArray[np.float64],
    normal: NDArray[np.float64],
    step: float,
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    count = strength.shape[1]
    near = np.clip(np.round(expected)[:, None] + np.arange(-2, 3), 0, count - 1).astype(np.intp)
    values = np.take_along_axis(strength, near, axis=1).astype(np.float64)
    weight = values.sum(axis=1)
    places = (values * near).sum(axis=1) / np.maximum(weight, 1e-9)
    design = np.column_stack([np.ones_like(shares), shares])
    trust = weight.copy()
    solution = np.array([expected[0], expected[-1] - expected[0]])
    for _ in range(4):
        root = np.sqrt(trust)
        solution, *_ = np.linalg.lstsq(design * root[:, None], places * root, rcond=None)
        left = np.abs(places - design @ solution)
        trust = weight / (1 + (left / 0.5) ** 2)  # Cauchy's weights
    offset = (design[[0, -1]] @ solution - (count - 1) / 2) * step
    first = start + span * shares[0] + normal * offset[0]
    last = start + span * shares[-1] + normal * offset[1]
    return first, last


def _meet(
    one: tuple[NDArray[np.float64], NDArray[np.float64]], other: tuple[NDArray[np.float64], NDArray[np.float64]]
) -> NDArray[np.float64] | None:
    u, v = one[1] - one[0], other[1] - other[0]
    below = u[0] * v[1] - u[1] * v[0]
    if abs(below) < 0.2 * float(np.linalg.norm(u)) * float(np.linalg.norm(v)):
        return None
    between = other[0] - one[0]
    return np.asarray(one[0] + u * (between[0] * v[1] - between[1] * v[0]) / below, np.float64)
