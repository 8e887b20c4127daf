"""Which four lines are the outline of a page."""

from dataclasses import dataclass
from typing import Final

import cv2
import numpy as np
from numpy.typing import NDArray

from visavis.capture.picture import RgbImage
from visavis.document.page.edges import EdgeField, Lines, find_edges, find_lines
from visavis.document.page.shapes import FOCAL_LENGTHS, PageKind, Quad, views
from visavis.document.page.sides import Crossings, Sides, cross, measure_sides

__all__ = ["Outline", "find_outlines", "fit_of_kind"]

_MOST_PAIRS: Final = 700
_MOST_QUADS: Final = 300
_CONVERGING: Final = np.radians(38)
"""Most that two opposite sides may differ in direction; 35 degrees of tilt at arm's length give half of this."""
_CROSSING: Final = np.radians(48)
"""Least angle between neighbouring sides, on the whole."""
_LEAST_AREA: Final = 0.025
"""Of the picture."""
_SMALL_AREA: Final = 0.08
"""Of the picture: smaller, it is likelier the portrait on a page than a page."""
_SMALL_COST: Final = 0.14
"""For each time that the area is halved again."""
_LEAST_SUPPORT: Final = 0.3
"""Of each side; fingers may cover the rest."""
_BORDER_SUPPORT: Final = 0.42
"""What the picture's own border counts for as a side: less than any clear side."""
_ASPECT_STEP: Final = 0.05
_SKEW_STEP: Final = 0.06
_FOCAL_STEP: Final = 0.45
"""What a quad may be off from a rectangle of the right shape, seen through a usual lens, before it costs much: the
logarithm of its aspect, the cosine of its angle, the logarithm of the focal length."""
_KEPT: Final = 14
_PORTRAIT_AREA: Final = 0.12
"""Of the picture, at most, for what may be the portrait on a page that is cut off."""
_NEARLY: Final = 0.14
"""Difference of scores."""
_USUAL_FOCAL: Final = 0.78


@dataclass(frozen=True, slots=True, eq=False)
class Outline:
    """A page, perhaps: ``quad`` clockwise, its long side first, where ``kind`` tells which that is.

    ``score``: about 0 (nothing) to 1 (four clear sides, the right shape). ``tilt``: radians. ``cut``: a side of it is
    the picture's border, or a good part of a side lies beyond it, so that its shape says nothing.
    """

    quad: Quad
    kind: PageKind
    score: float
    tilt: float
    cut: bool


def find_outlines(pixels: RgbImage, *, most_lines: int, most: int = 8) -> tuple[Outline, ...]:
    """The best outlines in ``pixels`` (h, w, 3), a small picture, the best first."""
    field = find_edges(pixels)
    lines = find_lines(field, most=most_lines)
    if len(lines) < 2:
        return ()
    return _outlines(field, pixels, lines, most)


def _outlines(field: EdgeField, colours: NDArray[np.uint8], lines: Lines, most: int) -> tuple[Outline, ...]:
    size, found = field.size, len(lines)
    lines = _with_borders(lines, size)
    crossings = cross(lines, size)
    pairs = _pairs(lines, crossings, found, size)
    if len(pairs) < 2:
        return ()
    sides = measure_sides(field, colours, lines, crossings, pairs)
    sides.support[found:], sides.visible[found:] = _BORDER_SUPPORT, 1.0
    for table in (sides.contrast, sides.before, sides.behind):
        table[found:] = 0.0
    first, second, rough = _combine(sides, lines, crossings, pairs, size)
    if len(first) == 0:
        return ()
    i, j, k, l = pairs[first, 0], pairs[first, 1], pairs[second, 0], pairs[second, 1]  # noqa: E741 - as in the text
    quads = np.stack([crossings.points(a, b) for a, b in ((i, k), (i, l), (j, l), (j, k))], axis=1)
    at_border = (np.maximum(np.maximum(i, j), np.maximum(k, l)) >= found) | _outside(quads, size)
    return _judge(_clockwise(quads), rough, at_border, size, most)


def _with_borders(lines: Lines, size: tuple[int, int]) -> Lines:
    """``lines`` and the picture's own four borders, for a page that is cut off."""
    normals = np.array([[1.0, 0.0], [1.0, 0.0], [0.0, 1.0], [0.0, 1.0]])
    return Lines(
        np.vstack([lines.normals, normals]),
        np.concatenate([lines.distances, [0.0, size[0], 0.0, size[1]]]),
        np.concatenate([lines.angles, [0.0, 0.0, np.pi / 2, np.pi / 2]]),
    )


def _pairs(lines: Lines, crossings: Crossings, found: int, size: tuple[int, int]) -> NDArray[np.intp]:
    """(m, 2): lines that could be opposite sides, those found first before the weaker."""
    first, second = np.triu_indices(len(lines), 1)
    turned = np.abs((lines.angles[first] - lines.angles[second] + np.pi / 2) % np.pi - np.pi / 2)
    apart = np.linalg.norm(crossings.bases[first] - crossings.bases[second], axis=1)
    fit = (turned < _CONVERGING) & (apart > 0.1 * min(size)) & (first < found)  # two borders are no page
    first, second = first[fit], second[fit]
    keep = np.argsort(np.where(second < found, first + second, first), kind="stable")[:_MOST_PAIRS]
    return np.column_stack([first[keep], second[keep]])


def _combine(
    sides: Sides, lines: Lines, crossings: Crossings, pairs: NDArray[np.intp], size: tuple[int, int]
) -> tuple[NDArray[np.intp], NDArray[np.intp], NDArray[np.float32]]:
    """Pairs of pairs that make a quad, and how good its sides are, without its shape."""
    a, b = pairs[:, 0], pairs[:, 1]
    aligned = np.sign((crossings.directions[a] * crossings.directions[b]).sum(1)).astype(np.float32)
    one, other = sides.length[a], sides.length[b] * aligned[:, None]
    # one side's ends in the same order as the opposite side's, or the quad would cross itself
    simple = one * other > 0
    long, short = np.maximum(np.abs(one), np.abs(other)), np.minimum(np.abs(one), np.abs(other))
    fit = simple & (short > 0.42 * long) & (np.minimum(sides.support[a], sides.support[b]) > _LEAST_SUPPORT)
    fit &= np.minimum(sides.visible[a], sides.visible[b]) > 0.6
    mean = (long + short) / 2
    direction = lines.angles[a] + ((lines.angles[b] - lines.angles[a] + np.pi / 2) % np.pi - np.pi / 2) / 2
    crossing = np.abs((direction[:, None] - direction[None, :] + np.pi / 2) % np.pi - np.pi / 2)
    ratio = mean / np.maximum(mean.T, 1)
    both = fit & fit.T & (crossing > _CROSSING) & (ratio > 0.38) & (ratio < 2.6)
    both &= (mean * mean.T > _LEAST_AREA * size[0] * size[1]) & np.triu(np.ones(both.shape, bool), 1)
    first, second = np.nonzero(both)
    if len(first) == 0:
        return first, second, np.empty(0, np.float32)

    def total(table: NDArray[np.float32]) -> NDArray[np.float32]:
        half = table[a] + table[b]
        return np.asarray((half[first, second] + half[second, first]) / 4, np.float32)

    weakest = np.minimum(sides.support[a], sides.support[b])
    least = np.minimum(weakest[first, second], weakest[second, first])
    area = mean[first, second] * mean[second, first] / (size[0] * size[1])
    # a line that goes on beyond a corner is a line of the table's pattern, or the corner is one within the page
    going_on = np.minimum(4 * (total(sides.before) + total(sides.behind)), 5)
    rough = 0.62 * total(sides.support) + 0.2 * least + 0.18 * total(sides.contrast)
    rough += 0.03 * np.log2(np.minimum(area, 0.25) / 0.25) - 0.08 * going_on
    rough += _SMALL_COST * np.log2(np.minimum(area, _SMALL_AREA) / _SMALL_AREA)
    keep = np.argsort(-rough, kind="stable")[:_MOST_QUADS]
    return first[keep], second[keep], np.asarray(rough[keep], np.float32)


def _outside(quads: NDArray[np.float64], size: tuple[int, int]) -> NDArray[np.bool_]:
    """A corner of it lies clearly beyond the picture."""
    slack = 0.01 * max(size)
    beyond = (quads < -slack) | (quads > np.array(size) + slack)
    return np.asarray(beyond.any(axis=(1, 2)))


def _clockwise(quads: NDArray[np.float64]) -> NDArray[np.float64]:
    diagonals = quads[:, 2] - quads[:, 0], quads[:, 3] - quads[:, 1]
    area = diagonals[0][:, 0] * diagonals[1][:, 1] - diagonals[0][:, 1] * diagonals[1][:, 0]
    return np.where(area[:, None, None] < 0, quads[:, ::-1], quads)


def fit_of_kind(quads: NDArray[np.float64], size: tuple[int, int]) -> NDArray[np.float64]:
    """(n, kinds, 2 ways, 2): what each quad costs as each kind, its first side the long one or the other; its tilt."""
    seen = views(quads, size)
    focal = (np.log(np.array(FOCAL_LENGTHS) / _USUAL_FOCAL) / _FOCAL_STEP) ** 2
    answer = np.empty((len(quads), len(PageKind), 2, 2))
    rows = np.arange(len(quads))
    for number, kind in enumerate(PageKind):
        for way, sign in enumerate((1, -1)):
            off = (np.log(seen.aspect) - sign * np.log(kind.aspect)) / _ASPECT_STEP
            costs = np.nan_to_num(off * off + (seen.skew / _SKEW_STEP) ** 2 + 0.3 * focal, nan=1e6)
            best = costs.argmin(axis=1)
            answer[:, number, way] = np.column_stack([costs[rows, best], seen.tilt[rows, best]])
    return answer


def _judge(
    quads: NDArray[np.float64], rough: NDArray[np.float32], cut: NDArray[np.bool_], size: tuple[int, int], most: int
) -> tuple[Outline, ...]:
    fits = fit_of_kind(quads, size)
    flat = fits[..., 0].reshape(len(quads), -1)
    best = flat.argmin(axis=1)
    cost = flat[np.arange(len(quads)), best]
    shape = np.where(cut, 0.18, 0.35 * (1 - np.exp(-cost / 8)))
    scores = rough - shape
    answer: list[Outline] = []
    for index in np.argsort(-scores, kind="stable").tolist():
        quad = quads[index]
        number, way = divmod(int(best[index]), 2)
        outline = Outline(
            quad=upright(np.roll(quad, -way, axis=0)),
            kind=list(PageKind)[number],
            score=float(scores[index]),
            tilt=float(fits[index, number, way, 1]),
            cut=bool(cut[index]),
        )
        if all(np.abs(outline.quad - other.quad).max() > 0.015 * max(size) for other in answer):
            answer.append(outline)
        if len(answer) == max(most, _KEPT):
            break
    return tuple(_outermost_first(answer, size)[:most])


def _outermost_first(outlines: list[Outline], size: tuple[int, int]) -> list[Outline]:
    """A line within a page is likelier than one that goes on outside of it as its sides do.

    So an outline that shares two corners with the best, holds its others, and is nearly as good, comes before it. And
    so does a page that is cut off, with a small outline within it: that is its portrait.
    """
    slack = 0.015 * max(size)
    for index, other in enumerate(outlines[1:], 1):
        best = outlines[0]
        portrait = other.cut and cv2.contourArea(best.quad.astype(np.float32)) < _PORTRAIT_AREA * size[0] * size[1]
        if (other.cut and not portrait) or best.cut or other.score < best.score - _NEARLY:
            continue
        apart = np.linalg.norm(best.quad[:, None] - other.quad[None], axis=2).min(axis=1)
        contour = other.quad.astype(np.float32)
        depth = [cv2.pointPolygonTest(contour, (float(x), float(y)), measureDist=True) for x, y in best.quad]
        if (portrait or np.count_nonzero(apart < slack) == 2) and min(depth) > -slack:
            outlines = [other, *outlines[:index], *outlines[index + 1 :]]
    return outlines


def upright(quad: Quad) -> Quad:
    """Of the two orders that keep the first side, the one that is read more nearly from left to right."""
    across = quad[1] - quad[0]
    turned = across[0] < 0 if abs(across[0]) > abs(across[1]) else across[1] > 0
    return np.asarray(np.roll(quad, 2, axis=0) if turned else quad, np.float64)
