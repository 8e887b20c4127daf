"""How well each stretch of each line would do as the side of a page.

Everything is summed along the lines once, so that any side between two crossings costs two look-ups; thousands of quads
can then be compared.
"""

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from visavis.document.page.edges import EdgeField, Lines

__all__ = ["Crossings", "Sides", "cross", "measure_sides"]

Table = NDArray[np.float32]

_SIDE_ANGLE: Final = 14
"""Degrees between an edge and the side that it supports."""
_BESIDE: Final = 4.0
"""Px from a line at which the colours to both sides of it are taken."""
_CLEAR: Final = 24.0
"""Difference of mean colours (of three channels, 0..255) that counts as full contrast."""
_ROUND_CORNER: Final = 0.04
"""Of a side's length, at each end: ISO/IEC 7810 rounds the corners of ID-1 by 3.18 mm."""
_BEYOND: Final = ((0.015, 0.05), (0.02, 0.11))
"""Of a side's length: where beyond its ends a line is looked at, from and to. The side of a page ends there."""


@dataclass(frozen=True, slots=True, eq=False)
class Crossings:
    """Where lines cross. ``along`` (n, n): place of the crossing with the column's line, px from the row's base.

    ``bases``, ``directions`` (n, 2): of each line; not finite where lines are parallel.
    """

    bases: NDArray[np.float64]
    directions: NDArray[np.float64]
    along: NDArray[np.float64]

    def points(self, row: NDArray[np.intp], column: NDArray[np.intp]) -> NDArray[np.float64]:
        place = self.along[row, column][:, None]
        return np.asarray(self.bases[row] + self.directions[row] * place, np.float64)


def cross(lines: Lines, size: tuple[int, int]) -> Crossings:
    """All crossings of ``lines`` in a picture of ``size`` (width, height)."""
    normals, distances = lines.normals, lines.distances
    centre = np.array(size) / 2
    directions = np.column_stack([-normals[:, 1], normals[:, 0]])
    bases = centre + normals * (distances - normals @ centre)[:, None]
    with np.errstate(divide="ignore", invalid="ignore"):
        # n_j . (b_i + t u_i) = d_j
        along = (distances[None, :] - bases @ normals.T) / (directions @ normals.T)
    return Crossings(bases, directions, along)


@dataclass(frozen=True, slots=True, eq=False)
class Sides:
    """Of the stretch of a line (row) between its crossings with a pair of lines (column); all but the length 0..1.

    ``length``: px, signed along the line. ``support``: share of the visible stretch that has an edge along it.
    ``before``, ``behind``: the same of what follows beyond its end at the pair's first line, and at the second's.
    ``contrast``: how much the colours on its two sides differ. ``visible``: share of it that lies in the picture.
    """

    length: Table
    support: Table
    before: Table
    behind: Table
    contrast: Table
    visible: Table


def measure_sides(
    field: EdgeField, colours: NDArray[np.uint8], lines: Lines, crossings: Crossings, pairs: NDArray[np.intp]
) -> Sides:
    """``colours`` (h, w, 3): the picture. ``pairs`` (m, 2): which two lines end a side."""
    width, height = field.size
    reach = int(np.ceil(np.hypot(width, height) / 2)) + 1
    steps = np.arange(-reach, reach + 1, dtype=np.float64)
    paths = crossings.bases[:, None] + crossings.directions[:, None] * steps[None, :, None]
    wanted = np.round(np.degrees(lines.angles)).astype(np.int16)[:, None]
    supported = np.zeros(paths.shape[:2], bool)
    for offset in (-1.0, 0.0, 1.0):
        x, y, inside = _places(paths + offset * lines.normals[:, None], width, height)
        angle = field.angle[y, x]
        turned = np.abs((angle - wanted + 90) % 180 - 90)
        supported |= inside & (angle >= 0) & (turned <= _SIDE_ANGLE)
    _, _, visible = _places(paths, width, height)
    sums = [_running(supported), _running(visible)]
    for offset in (-_BESIDE, _BESIDE):
        x, y, _ = _places(paths + offset * lines.normals[:, None], width, height)
        sums.append(_running(colours[y, x] * visible[..., None]))
    return _tables(sums, crossings.along[:, pairs[:, 0]], crossings.along[:, pairs[:, 1]], reach)


def _places(
    paths: NDArray[np.float64], width: int, height: int
) -> tuple[NDArray[np.intp], NDArray[np.intp], NDArray[np.bool_]]:
    x, y = np.floor(paths[..., 0]).astype(np.intp), np.floor(paths[..., 1]).astype(np.intp)
    inside = (x >= 0) & (x < width) & (y >= 0) & (y < height)
    return np.clip(x, 0, width - 1), np.clip(y, 0, height - 1), inside


def _running(values: NDArray[np.bool_] | NDArray[np.uint8]) -> Table:
    """Sums along axis 1 up to, and without, each place."""
    shape = (values.shape[0], values.shape[1] + 1, *values.shape[2:])
    total = np.zeros(shape, np.float32)
    np.cumsum(values, axis=1, dtype=np.float32, out=total[:, 1:])
    return total


def _tables(sums: list[Table], first: NDArray[np.float64], second: NDArray[np.float64], reach: int) -> Sides:
    edges, seen, one_side, other_side = sums
    rows = np.arange(len(edges))[:, None]
    last = edges.shape[1] - 1
    with np.errstate(invalid="ignore"):
        length = second - first
        low, high = np.minimum(first, second), np.maximum(first, second)
        span = high - low
        margin = _ROUND_CORNER * span

        def place(at: NDArray[np.float64]) -> NDArray[np.intp]:
            return np.clip(np.nan_to_num(at, posinf=1e6, neginf=-1e6) + reach + 0.5, 0, last).astype(np.intp)

        def between(table: Table, start: NDArray[np.intp], end: NDArray[np.intp]) -> Table:
            return np.asarray(table[rows, end] - table[rows, start], np.float32)

        start, end = place(low + margin), place(high - margin)
        visible = between(seen, start, end)
        support = between(edges, start, end) / np.maximum(visible, 1)
        below, above = np.zeros_like(support), np.zeros_like(support)
        for gap, beyond in _BEYOND:  # the nearer stretch alone, where the page ends shortly after a line within it
            for table, ends in (
                (below, (place(low - beyond * span), place(low - gap * span))),
                (above, (place(high + gap * span), place(high + beyond * span))),
            ):
                np.maximum(table, between(edges, *ends) / np.maximum(between(seen, *ends), 4), out=table)
        swap = first > second
        difference = (between(one_side, start, end) - between(other_side, start, end)) / np.maximum(visible, 1)[
            ..., None
        ]
        contrast = np.minimum(np.sqrt((difference * difference).sum(-1)) / _CLEAR, 1)
        share = visible / np.maximum(span - 2 * margin, 1)
        tables = (
            length,
            support,
            np.where(swap, above, below),
            np.where(swap, below, above),
            contrast,
            np.minimum(share, 1),
        )
    return Sides(*(np.nan_to_num(np.asarray(table, np.float32), nan=0.0, posinf=0.0, neginf=0.0) for table in tables))
