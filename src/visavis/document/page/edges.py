"""Straight lines in a small picture, the weak ones too.

A page may hardly differ from the table, and the table may be full of lines. So edges count by how much they stand out
from what is around them, lines are found by a Hough transform in which each edge votes along its own direction only,
and no direction may take all the places (boards and tiles have many lines, all alike).
"""

from dataclasses import dataclass
from typing import Final

import cv2
import numpy as np
from numpy.typing import NDArray

from visavis.capture.picture import RgbImage

__all__ = ["EdgeField", "Lines", "find_edges", "find_lines"]

_SMOOTHING: Final = 0.9
"""Sigma in px, against the noise of a small sensor and the blocks of JPEG."""
_NEIGHBOURHOOD: Final = 41
"""Side of the window, in px, from which an edge must stand out."""
_FLOOR: Final = (4.0, 14.0)
"""Of the Sobel magnitude, in a clean picture and in a noisy one: less is noise, however calm its surroundings."""
_ABOVE_NOISE: Final = 2.0
"""The floor within these bounds, in medians of the magnitude, which is about the noise wherever nothing else is."""
_WEAK: Final = 1.4
_STRONG: Final = 2.6
"""Canny's two thresholds, in units of the neighbourhood's mean magnitude."""
_MOST_EDGES: Final = 24_000
_VOTE_WIDTH: Final = 4
"""Degrees to each side for which an edge votes; a weak edge's direction is no better."""
_LEAST_VOTES: Final = 3.0
"""After smoothing: about 15 px of a clean line."""
_SAME_DIRECTION: Final = 10
"""Degrees within which lines share their places."""
_FIT_DISTANCE: Final = 2.2
"""Px from a line, for its edges."""
_FIT_ANGLE: Final = 12
"""Degrees from a line's direction, for its edges."""


@dataclass(frozen=True, slots=True, eq=False)
class EdgeField:
    """``angle`` (h, w) int16: direction of the gradient where there is an edge, in degrees 0..179, else -1.

    ``points`` (n, 2): the edges' places, px. ``angles`` (n,): theirs. ``size``: (width, height).
    """

    angle: NDArray[np.int16]
    points: NDArray[np.float32]
    angles: NDArray[np.int16]
    size: tuple[int, int]


@dataclass(frozen=True, slots=True, eq=False)
class Lines:
    """n lines x * cos(angle) + y * sin(angle) = distance, angles 0..pi: ``normals`` (n, 2), the others (n,)."""

    normals: NDArray[np.float64]
    distances: NDArray[np.float64]
    angles: NDArray[np.float64]

    def __len__(self) -> int:
        return len(self.distances)


def find_edges(pixels: RgbImage) -> EdgeField:
    """Edges of ``pixels`` (h, w, 3); of each pixel's three channels the one with the strongest gradient counts."""
    smooth = cv2.GaussianBlur(pixels, (0, 0), _SMOOTHING)
    across, down = (np.asarray(cv2.Sobel(smooth, cv2.CV_16S, *order, ksize=3), np.int16) for order in ((1, 0), (0, 1)))
    strength = np.abs(across) + np.abs(down)
    strongest = strength.max(axis=2)
    dx, dy = across[..., 0].astype(np.float32), down[..., 0].astype(np.float32)
    for channel in (1, 2):
        best = strength[..., channel] == strongest
        np.copyto(dx, across[..., channel], where=best)
        np.copyto(dy, down[..., channel], where=best)
    magnitude = np.asarray(cv2.magnitude(dx, dy), np.float32)
    # of roots, so that a few strong edges near by (writing) don't hide the weak one of the page
    window = (_NEIGHBOURHOOD, _NEIGHBOURHOOD)
    around = np.asarray(cv2.boxFilter(np.sqrt(magnitude), -1, window, borderType=cv2.BORDER_REFLECT_101)) ** 2
    floor = float(np.clip(_ABOVE_NOISE * np.median(magnitude[::3, ::3]), *_FLOOR))
    scale = 256.0 / (around + floor)
    standing_x, standing_y = (np.clip(part * scale, -32000, 32000).astype(np.int16) for part in (dx, dy))
    edges = np.asarray(cv2.Canny(standing_x, standing_y, 256 * _WEAK, 256 * _STRONG, L2gradient=True))
    ys, xs = np.nonzero(edges)
    if len(xs) > _MOST_EDGES:  # a carpet: every so many will do, the lines stay what they are
        keep = np.linspace(0, len(xs) - 1, _MOST_EDGES).astype(int)
        ys, xs = ys[keep], xs[keep]
    angles = np.round(np.degrees(np.arctan2(dy[ys, xs], dx[ys, xs]))).astype(np.int16) % 180
    field = np.full(edges.shape, -1, np.int16)
    field[ys, xs] = angles
    points = np.column_stack([xs, ys]).astype(np.float32) + np.float32(0.5)
    return EdgeField(field, points, angles.astype(np.int16), (int(edges.shape[1]), int(edges.shape[0])))


def find_lines(field: EdgeField, *, most: int) -> Lines:
    """At most ``most`` lines, the longest first, each fitted to its edges.

    D. H. Ballard, "Generalizing the Hough transform to detect arbitrary shapes", Pattern Recognition 13(2), 1981: an
    edge whose direction is known votes only for the lines that run along it.
    """
    if len(field.points) == 0:
        return Lines(np.empty((0, 2)), np.empty(0), np.empty(0))
    votes = _vote(field)
    peaks = _peaks(votes, most)
    half = votes.shape[1] // 2
    centre = np.array(field.size) / 2
    angles = np.radians(peaks[:, 0].astype(np.float64))
    normals = np.column_stack([np.cos(angles), np.sin(angles)])
    distances = peaks[:, 1] - half + 0.5 + normals @ centre
    return _fit(field, normals, distances)


def _vote(field: EdgeField) -> NDArray[np.float32]:
    """(180, distances): a vote for each line, distances counted from the picture's middle."""
    width, height = field.size
    half = int(np.ceil(np.hypot(width, height) / 2)) + 2
    points = field.points - np.array([width / 2, height / 2], np.float32)
    all_angles = np.radians(np.arange(180, dtype=np.float32))
    cos, sin = np.cos(all_angles), np.sin(all_angles)
    turns = np.arange(-_VOTE_WIDTH, _VOTE_WIDTH + 1)
    angle = (field.angles + turns[:, None]) % 180
    distance = points[:, 0] * cos[angle] + points[:, 1] * sin[angle] + np.float32(half)
    bins = angle * (2 * half) + distance.astype(np.intp)
    weights = np.broadcast_to((1 - np.abs(turns) / (_VOTE_WIDTH + 2))[:, None], bins.shape)
    table = np.bincount(bins.ravel(), weights.ravel(), minlength=180 * 2 * half)
    return table.reshape(180, 2 * half).astype(np.float32)


def _peaks(votes: NDArray[np.float32], most: int) -> NDArray[np.int64]:
    """(n, 2): angle in degrees and column of the strongest lines."""
    # angles close on themselves with the distance's sign turned
    wrap = 6
    wide = np.vstack([votes[-wrap:, ::-1], votes, votes[:wrap, ::-1]])
    smooth = np.asarray(cv2.GaussianBlur(wide, (5, 5), 1.0), np.float32)
    highest = np.asarray(cv2.dilate(smooth, np.ones((7, 5), np.uint8)), np.float32)
    ys, xs = np.nonzero((smooth >= highest) & (smooth > _LEAST_VOTES))
    inner = (ys >= wrap) & (ys < wrap + 180)
    ys, xs = ys[inner], xs[inner]
    order = np.argsort(-smooth[ys, xs], kind="stable")
    quota = max(6, most // 3)
    taken = np.zeros(180, np.int64)
    chosen: list[tuple[int, int]] = []
    for index in order.tolist():
        angle, column = int(ys[index]) - wrap, int(xs[index])
        near = np.arange(angle - _SAME_DIRECTION, angle + _SAME_DIRECTION + 1) % 180
        if taken[near].sum() >= quota:
            continue
        taken[angle] += 1
        chosen.append((angle, column))
        if len(chosen) == most:
            break
    return np.array(chosen, np.int64).reshape(-1, 2)


def _fit(field: EdgeField, normals: NDArray[np.float64], distances: NDArray[np.float64]) -> Lines:
    """Each line through the edges beside it, by total least squares."""
    angles = np.degrees(np.arctan2(normals[:, 1], normals[:, 0]))
    for line, (normal, distance) in enumerate(zip(normals.copy(), distances.copy(), strict=True)):
        near = np.flatnonzero(np.abs(field.points @ normal.astype(np.float32) - np.float32(distance)) < _FIT_DISTANCE)
        turned = np.abs((field.angles[near] - round(angles[line]) + 90) % 180 - 90)
        mine = field.points[near[turned <= _FIT_ANGLE]].astype(np.float64)
        if len(mine) < 8:
            continue
        middle = mine.mean(axis=0)
        fitted = np.linalg.eigh((mine - middle).T @ (mine - middle))[1][:, 0]
        if abs(fitted @ normal) < np.cos(np.radians(4)):
            continue  # a bundle of short edges, not a line
        normals[line] = fitted
        distances[line] = fitted @ middle
    behind = (normals[:, 1] < 0) | ((normals[:, 1] == 0) & (normals[:, 0] < 0))
    normals[behind] *= -1
    distances[behind] *= -1
    return Lines(normals, distances, np.arctan2(normals[:, 1], normals[:, 0]) % np.pi)
