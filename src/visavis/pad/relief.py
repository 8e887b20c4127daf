"""The dense relief gain: does the face's texture move as far, for its depth, as a solid head has to?

A flat or bent sheet that turns moves by a smooth map of the plane, nearly a polynomial of degree two. A head adds a
shift that goes with each point's depth. The landmarks cannot tell the two apart, since the network completes a face on
whatever it sees; so here the pixels themselves are followed, and the landmarks say only where the face is, which way it
points, and how deep a face is at each place.

One pair of frames, *a* (neutral) and *b* (turned), scaled alike:

1. Local contrast is equalised, and b is warped onto a twice: by a robust homography of the landmarks, without those of
   eyes, lips and chin, which move by themselves; and by the landmarks' mesh.
2. From each, dense inverse search gives the flow both ways (T. Kroeger et al., "Fast Optical Flow using Dense Inverse
   Search", ECCV 2016), and for each point in the more textured part of the face the pixels say which of the two answers
   is right, or that neither is (`visavis.pad.relief_flow`). Eyes, lips and chin are left out here too.
3. The displacement d of the points is fitted robustly by a polynomial of degree three in x and y, and ``t z``, z being
   the canonical face's depth in a's pose. The quadratic terms take up a cylinder, the cubic ones a smooth warp of a
   picture; ``t`` (2,) is the parallax, px of shift for each px of depth.
4. A rigid head has the parallax ``p = (s_b / s_a) (R_b R_a^T)[0:2, 2]`` in a picture far enough away for weak
   perspective. Over the pairs of a turn the gain is ``g = sum(t . p) / sum(p . p)``: 1 for a rigid face, 0 for a sheet.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import cv2
import numpy as np
from numpy.typing import NDArray

from visavis.capture.picture import Picture
from visavis.pad.relief_flow import best_of, equalised, follow
from visavis.perception.geometry import sample, triangulate
from visavis.perception.landmarks import LEFT_EYE_CORNERS, RIGHT_EYE_CORNERS, FaceMesh
from visavis.perception.pose import CanonicalMesh

__all__ = ["FaceCrop", "Reference", "ReliefMeter", "ReliefOptions", "ReliefPair", "angle_between", "relief_gain"]

_Numbers = NDArray[np.float64]
_Grey = NDArray[np.uint8]
_Floats = NDArray[np.float32]

# fmt: off
_EYES: Final = (
    33, 7, 163, 144, 145, 153, 154, 155, 133, 173, 157, 158, 159, 160, 161, 246,
    263, 249, 390, 373, 374, 380, 381, 382, 362, 398, 384, 385, 386, 387, 388, 466,
)
_LIPS: Final = (
    61, 146, 91, 181, 84, 17, 314, 405, 321, 375, 291, 185, 40, 39, 37, 0, 267, 269, 270, 409,
    78, 95, 88, 178, 87, 14, 317, 402, 318, 324, 308, 191, 80, 81, 82, 13, 312, 311, 310, 415,
)
_CHIN: Final = (18, 83, 148, 149, 152, 171, 175, 176, 199, 200, 201, 208, 313, 377, 378, 396, 400, 421, 428)
# fmt: on
_SHEET_TERMS: Final = 10
_MESH_BLUR: Final = 2.0
"""px: the creases between the triangles of the mesh are none of the face."""
_SUBPIXEL_BITS: Final = 4


@dataclass(frozen=True, slots=True, kw_only=True)
class ReliefOptions:
    """Lengths are in px of the scaled crop, but for ``margin``.

    ``eye_span``: between the outer corners of the eyes, for a face seen from the front. ``margin``: of the crop around
    the mesh, as a share of the mesh's box. ``contrast_sigma``: of the Gaussian in which contrast is local.
    ``most_backward_error``: of a point that goes forward and back. ``textured_share``: which share of the face counts
    as textured; ``least_texture``: the mean square of its gradients (Sobel), at least. ``inset``: of the outline, where
    cheek and background mix. ``step``: of the grid of points.
    ``least_points``: fewer make no measurement. ``homography_error``: of an inlier of the robust homography.
    ``rounds``: of the reweighted fit. ``most_side``: of a crop; a mesh that is larger is no face.
    """

    eye_span: float = 120.0
    margin: float = 0.12
    contrast_sigma: float = 6.0
    most_backward_error: float = 1.5
    textured_share: float = 0.65
    least_texture: float = 100.0
    inset: int = 6
    step: int = 2
    least_points: int = 400
    homography_error: float = 3.0
    rounds: int = 8
    most_side: int = 480


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class FaceCrop:
    """What is kept of a frame: about 75 kB.

    ``grey`` (h, w) uint8, scaled to one size of face. ``points`` (468, 2) float64: the landmarks, px of the crop, a
    pixel's centre at .5. ``rotation`` (3, 3): of the canonical face, in the axes of a picture (x right, y down, z away
    from the camera). ``scale``: px for each cm of the canonical face.
    """

    grey: _Grey
    points: _Numbers
    rotation: _Numbers
    scale: float


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class Reference:
    """A neutral frame made ready: ``even`` is its crop with equal contrast; ``at`` (n, 2) the points that count, row
    and column; ``design`` (n, 11) the terms of the fit at those points, the depth last; ``owner`` (h, w) which triangle
    of the mesh covers each pixel, -1 for none.
    """

    crop: FaceCrop
    even: _Grey
    at: NDArray[np.intp]
    design: _Numbers
    owner: NDArray[np.int32]


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class ReliefPair:
    """One pair. ``parallax``, ``predicted`` (2,): t and p above. ``points``: how many were followed.

    ``scatter``: robust standard deviation, px, of what the fit leaves over. A sheet leaves under a px or so; a living
    face, which also makes faces, two to four.
    """

    parallax: _Numbers
    predicted: _Numbers
    points: int
    scatter: float

    @property
    def gain(self) -> float:
        return relief_gain((self,))


class ReliefMeter:
    """Stateless between calls, so safe from several threads."""

    def __init__(self, canonical: CanonicalMesh, options: ReliefOptions | None = None) -> None:
        self._options = options or ReliefOptions()
        self._weights = canonical.weights[:, None]
        # to the axes of a picture
        self._face = (canonical.vertices - canonical.weights @ canonical.vertices) * [1.0, -1.0, -1.0]
        right, left = self._face[RIGHT_EYE_CORNERS[0]], self._face[LEFT_EYE_CORNERS[0]]
        self._span = float(np.linalg.norm(left - right))
        self._triangles = triangulate(self._face[:, :2])
        moving = np.isin(self._triangles, (*_LIPS, *_CHIN)).any(axis=1) | np.isin(self._triangles, _EYES).all(axis=1)
        self._followed: NDArray[np.bool_] = np.logical_not(moving)
        self._still = ~np.isin(np.arange(len(self._face)), (*_EYES, *_LIPS, *_CHIN))

    def crop(self, picture: Picture, mesh: FaceMesh) -> FaceCrop | None:
        """What is needed of a frame, or None where the mesh has no extent or an absurd one. About 0.6 ms."""
        options = self._options
        seen = mesh.points.astype(np.float64)
        rotation, scale = self._lay_over(seen)
        if not np.isfinite(scale) or scale <= 0:
            return None
        zoom = options.eye_span / (self._span * scale)
        low, high = seen[:, :2].min(axis=0), seen[:, :2].max(axis=0)
        pad = options.margin * (high - low)
        low, high = low - pad, high + pad
        width, height = (int(side) for side in np.ceil((high - low) * zoom))
        if not (options.eye_span / 4 <= min(width, height) and max(width, height) <= options.most_side):
            return None
        matrix = np.column_stack([np.eye(2) * zoom, -low * zoom])
        pixels = sample(picture.pixels, matrix, (width, height), repeat_border=True)
        grey = np.asarray(cv2.cvtColor(pixels, cv2.COLOR_RGB2GRAY), np.uint8)
        return FaceCrop(grey=grey, points=(seen[:, :2] - low) * zoom, rotation=rotation, scale=scale * zoom)

    def _lay_over(self, seen: _Numbers) -> tuple[_Numbers, float]:
        """Rotation and scale of the canonical face on the mesh, as `visavis.perception.pose` does (Kabsch, 1978)."""
        seen = seen - (self._weights * seen).sum(axis=0)
        u, _, vt = np.linalg.svd((self._weights * seen).T @ self._face)
        rotation = u @ np.diag([1.0, 1.0, np.sign(np.linalg.det(u @ vt))]) @ vt
        turned = (self._face @ rotation.T)[:, :2]
        # in the picture's plane alone: the network's own depth is not to be relied on
        spread = float((self._weights * turned * turned).sum())
        return rotation, float((self._weights * seen[:, :2] * turned).sum()) / spread if spread > 0 else 0.0

    def reference(self, crop: FaceCrop) -> Reference | None:
        """A neutral frame made ready for any number of pairs, or None where too little of the face can be followed."""
        options = self._options
        even = equalised(crop.grey, options.contrast_sigma)
        owner = self._owners(crop)
        followed = np.where(self._followed[owner], owner, -1)
        rows, columns = np.nonzero(_inner(followed, options))
        texture = _texture(even)[rows, columns]
        if (texture > options.least_texture).sum() < options.least_points:
            return None
        textured = texture >= max(float(np.quantile(texture, 1 - options.textured_share)), options.least_texture)
        rows, columns = rows[textured], columns[textured]
        x, y = columns + 0.5, rows + 0.5
        depths = (self._face @ crop.rotation.T)[:, 2:] * crop.scale
        planes = self._planes(crop, depths)[owner[rows, columns], :, 0]
        depth = planes[:, 0] * x + planes[:, 1] * y + planes[:, 2]
        x, y = (x - x.mean()) / options.eye_span, (y - y.mean()) / options.eye_span
        sheet = [x**i * y**j for i in range(4) for j in range(4 - i)]
        design = np.column_stack([*sheet, depth - depth.mean()])
        return Reference(crop=crop, even=even, at=np.column_stack([rows, columns]), design=design, owner=owner)

    def _owners(self, crop: FaceCrop) -> NDArray[np.int32]:
        """(h, w): which triangle covers each pixel, -1 for none."""
        owner = np.full(crop.grey.shape, -1, np.int32)
        fixed = np.round((crop.points[self._triangles] - 0.5) * (1 << _SUBPIXEL_BITS)).astype(np.int32)
        for index, triangle in enumerate(fixed):
            cv2.fillConvexPoly(owner, triangle, index, shift=_SUBPIXEL_BITS)
        return owner

    def _planes(self, crop: FaceCrop, values: _Numbers) -> _Numbers:
        """(triangles, 3, k): a, b, c of a x + b y + c over each triangle of the crop, for ``values`` (468, k) at its
        corners; that of a sliver is level.
        """
        corners = np.concatenate([crop.points[self._triangles], np.ones((*self._triangles.shape, 1))], axis=2)
        at_corners = values[self._triangles]
        planes = np.zeros((len(at_corners), 3, values.shape[1]))
        planes[:, 2] = at_corners.mean(axis=1)
        solid = np.abs(np.linalg.det(corners)) > 1.0
        planes[solid] = np.linalg.solve(corners[solid], at_corners[solid])
        return planes

    def _guesses(self, reference: Reference, turned: FaceCrop) -> tuple[_Floats, _Floats] | None:
        """(h, w, 2) each: where in the turned frame each pixel lies if the face is a sheet, and if it is solid."""
        homography, _ = cv2.findHomography(
            reference.crop.points[self._still] - 0.5,
            turned.points[self._still] - 0.5,
            cv2.RANSAC,
            self._options.homography_error,
        )
        if np.shape(homography) != (3, 3) or abs(np.linalg.det(homography)) < 1e-6:
            return None
        height, width = reference.even.shape
        grid = np.stack(np.meshgrid(np.arange(width), np.arange(height)), axis=-1).astype(np.float32)
        sheet = np.asarray(cv2.perspectiveTransform(grid, homography), np.float32)
        planes = self._planes(reference.crop, turned.points).astype(np.float32)
        own = planes[reference.owner]
        centre = grid + np.float32(0.5)
        solid = centre[..., :1] * own[..., 0, :] + centre[..., 1:] * own[..., 1, :] + own[..., 2, :] - np.float32(0.5)
        solid = np.where(reference.owner[..., None] >= 0, solid, sheet)
        return sheet, np.asarray(cv2.GaussianBlur(solid, (0, 0), _MESH_BLUR), np.float32)

    def measure(self, reference: Reference, turned: FaceCrop) -> ReliefPair | None:
        """The parallax of one pair, or None where too few points can be followed. Steps 1 to 4 of the module."""
        options = self._options
        # 1
        guesses = self._guesses(reference, turned)
        if guesses is None:
            return None
        # 2
        sheet, solid = (
            follow(
                reference.even,
                turned.grey,
                guess,
                reference.at,
                sigma=options.contrast_sigma,
                most_backward_error=options.most_backward_error,
            )
            for guess in guesses
        )
        best = best_of(sheet, solid)
        good = best.found
        if good.sum() < options.least_points:
            return None
        # 3
        start = reference.at[:, ::-1].astype(np.float64)
        terms, scatter = _fit(reference.design[good], (best.ends - start)[good], options.rounds)
        # 4
        between = turned.rotation @ reference.crop.rotation.T
        predicted = turned.scale / reference.crop.scale * between[:2, 2]
        return ReliefPair(parallax=terms[_SHEET_TERMS], predicted=predicted, points=int(good.sum()), scatter=scatter)


def relief_gain(pairs: Sequence[ReliefPair]) -> float:
    """The gain over the pairs, each weighing by the square of the parallax it should have.

    Raises ValueError where no pair turns at all.
    """
    predicted = sum(float(pair.predicted @ pair.predicted) for pair in pairs)
    if predicted <= 0:
        raise ValueError("without a turn there is no parallax to compare with")
    return sum(float(pair.parallax @ pair.predicted) for pair in pairs) / predicted


def angle_between(one: FaceCrop, other: FaceCrop) -> float:
    """How far the face turned out of the plane of the picture between two frames, degrees, 0..180."""
    return float(np.degrees(np.arccos(np.clip((other.rotation @ one.rotation.T)[2, 2], -1, 1))))


def _inner(owner: NDArray[np.int32], options: ReliefOptions) -> NDArray[np.bool_]:
    """The points of the grid that lie in the part of the face that is followed, well inside."""
    side = 2 * options.inset + 1
    inner = cv2.erode(np.asarray(owner >= 0, np.uint8), np.ones((side, side), np.uint8), borderValue=0) > 0
    grid = np.zeros(owner.shape, np.bool_)
    grid[options.step // 2 :: options.step, options.step // 2 :: options.step] = True
    return np.asarray(inner & grid, np.bool_)


def _texture(even: _Grey) -> NDArray[np.float32]:
    across, down = cv2.Sobel(even, cv2.CV_32F, 1, 0), cv2.Sobel(even, cv2.CV_32F, 0, 1)
    return np.asarray(cv2.GaussianBlur(across * across + down * down, (0, 0), 4.0), np.float32)


def _fit(design: _Numbers, displacement: _Numbers, rounds: int) -> tuple[_Numbers, float]:
    """The terms (11, 2) and the scatter left over, by least squares reweighted after Cauchy-like weights."""
    weights = np.ones(len(design))
    terms = np.zeros((design.shape[1], 2), np.float64)
    scatter = 0.0
    for _ in range(rounds):
        weighted = design * weights[:, None]
        terms = np.asarray(np.linalg.lstsq(weighted.T @ design, weighted.T @ displacement, rcond=None)[0], np.float64)
        left = np.hypot(*(displacement - design @ terms).T)
        scatter = 1.4826 * float(np.median(left))
        weights = 1 / (1 + (left / (2 * max(scatter, 1e-3))) ** 2) ** 2
    return terms, scatter
