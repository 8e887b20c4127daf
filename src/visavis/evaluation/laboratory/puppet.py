"""A face animated in three dimensions from one still: the species *mesh puppet*, and the demonstration's holder.

The 468 landmarks of the still carry its depth. Between them it is filled in over their Delaunay triangles; beyond the
face it falls away smoothly towards the axis of the neck, so that hair, ears and neck follow and nothing tears. A new
pose is that height field, turned about the neck and seen in perspective. Each pixel of the new picture looks for its
place on the still by fixed-point iteration on a coarse grid: a few milliseconds, and no rasteriser.

The eyes close as `visavis.evaluation.laboratory.lids` does it. Light is added by n·l of the same height field, a little
of it to neck, shoulders and background: an attacker's own guess at what a screen does.

Unrealistic: nothing is drawn that the still does not show (the far side of the nose, teeth, a gaze that moves), the
face makes no expression, the background stretches about the head, and the relief is the landmark network's own, to
which the detector is partial.
"""

import random
from collections.abc import Sequence
from typing import Final, Protocol

import cv2
import numpy as np
from numpy.typing import NDArray

from visavis.capture.challenge import Eyes
from visavis.capture.light_schedule import Rgb
from visavis.capture.picture import RgbImage
from visavis.evaluation.laboratory.framing import (
    CELL,
    SCENE,
    Framing,
    Grid,
    add_light,
    enlarged,
    frame_still,
    resampled,
    warped,
)
from visavis.evaluation.laboratory.lids import Lids
from visavis.evaluation.laboratory.motion import Follower, Wander
from visavis.evaluation.laboratory.stage import Cue
from visavis.perception.geometry import triangulate
from visavis.perception.landmarks import FACE_OVAL, LEFT_EYE_CORNERS, RIGHT_EYE_CORNERS, FaceMesh

__all__ = ["AnimatedPortrait", "Portrait", "Puppet", "rotation"]

_EYE_SPAN_CM: Final = 8.9
"""Between the outer corners of the eyes, of MediaPipe's canonical face."""
_DISTANCE_CM: Final = 48.0
"""From the camera, of somebody who holds a phone."""
_ROUNDS: Final = 6
_DAMPING: Final = 0.8
_EARS: Final = (234, 454)
_AROUND: Final = np.float32(0.07)
"""Of the light on the face, what reaches a wall at 1.3 m behind it."""


def rotation(yaw: float, pitch: float, roll: float) -> NDArray[np.float64]:
    """(3, 3): Ry(yaw) Rx(-pitch) Rz(-roll), degrees, axes x right, y up, z to the camera, as `HeadPose` reads it."""
    a, b, c = np.radians([yaw, -pitch, -roll])
    turn = np.array([[np.cos(a), 0, np.sin(a)], [0, 1, 0], [-np.sin(a), 0, np.cos(a)]])
    nod = np.array([[1, 0, 0], [0, np.cos(b), -np.sin(b)], [0, np.sin(b), np.cos(b)]])
    lean = np.array([[np.cos(c), -np.sin(c), 0], [np.sin(c), np.cos(c), 0], [0, 0, 1]])
    return np.asarray(turn @ nod @ lean)


class AnimatedPortrait:
    """One still that can be turned, made to close its eyes, and lit. Deterministic; keeps a few megabytes of lids.

    ``pixels`` (h, w, 3) RGB and ``mesh``: a frontal still and its landmarks. ``framing``: where it is put.
    ``relief``: of the depth, 1 as the landmarks say; 0 is a flat card that is foreshortened like one.
    """

    def __init__(
        self, pixels: RgbImage, mesh: FaceMesh, *, framing: Framing | None = None, relief: float = 1.0
    ) -> None:
        self._still, points = frame_still(pixels, mesh.points, framing)
        self._points = points
        span = np.linalg.norm(points[LEFT_EYE_CORNERS[0]] - points[RIGHT_EYE_CORNERS[0]])
        self._cm = float(span) / _EYE_SPAN_CM
        cells = np.column_stack([(points[:, :2]) / CELL, -points[:, 2]])
        depth, outside = _depth_field(cells)
        floor = float(-points[list(_EARS), 2].mean()) - 0.6 * self._cm
        beyond = outside * CELL / self._cm
        # cm beyond the face: hair and neck fall away to the axis, and far from the head nothing moves
        depth = floor + (depth - floor) * np.exp(-beyond / 5.0).astype(np.float32)
        depth = (cv2.GaussianBlur(depth, (0, 0), 0.09 * self._cm) - floor) * np.float32(relief)
        moves = _fade(beyond, 3.5, 11.0)
        # only this part of the scene is ever drawn anew
        across, down = np.flatnonzero(moves.any(axis=0)), np.flatnonzero(moves.any(axis=1))
        self._left, self._top = int(across[0]), int(down[0])
        part = np.s_[down[0] : down[-1] + 1, across[0] : across[-1] + 1]
        self._depth, self._moves = np.asarray(depth[part], np.float32), moves[part] / np.float32(CELL)
        rows, columns = np.indices(self._depth.shape, dtype=np.float32)
        self._x = (columns + self._left + 0.5) * CELL - 0.5
        self._y = (rows + self._top + 0.5) * CELL - 0.5
        self._grid = np.dstack([columns, rows])
        self._distance = _DISTANCE_CM * self._cm
        ears = points[list(_EARS), :2].mean(axis=0)
        self._pivot = np.array([ears[0], ears[1] + 4.0 * self._cm])
        self._normals = _normals(depth)
        self._lit = _lit_share(points, beyond, self._cm)
        self._part = part
        self._lids = Lids(self._still, points)

    @property
    def still(self) -> RgbImage:
        """(480, 640, 3): the still as it was put into the scene, eyes open, looking ahead."""
        return self._still

    @property
    def points(self) -> NDArray[np.float64]:
        """(468, 3): its landmarks in the scene, px."""
        return self._points

    def render(
        self,
        *,
        yaw: float = 0.0,
        pitch: float = 0.0,
        roll: float = 0.0,
        left: float = 0.0,
        right: float = 0.0,
        shift: tuple[float, float] = (0.0, 0.0),
        colour: Rgb | None = None,
        share: float = 0.0,
    ) -> RgbImage:
        """(480, 640, 3) uint8 sRGB. Degrees from the still's own pose; ``left``, ``right``: closed eyes, 0..1.

        ``shift``: of the head, px. ``colour``, ``share``: what the screen shows, and the light of a white one over
        that of the room, both at the face.
        """
        turn = rotation(yaw, pitch, roll)
        places = self._places(turn, shift)
        still = self._lids.closed(left, right)
        picture = still.copy()
        whole = enlarged(places, self._left, self._top)
        part = np.s_[self._top * CELL :, self._left * CELL :]
        picture[part][: whole.shape[0], : whole.shape[1]] = warped(still, whole)
        if colour is None or share <= 0:
            return picture
        facing = np.clip(self._normals @ turn[2].astype(np.float32), 0, 1)
        shade = self._lit * facing + _AROUND * (1 - self._lit)
        shade[self._part] = resampled(shade, places + np.array([self._left, self._top], np.float32))
        return add_light(picture, shade, colour, share)

    def _places(self, turn: NDArray[np.float64], shift: tuple[float, float]) -> Grid:
        """(h, w, 2): for each cell of the part that moves, its place on the still, in cells of that part."""
        t = turn.astype(np.float32)
        middle = np.array(SCENE, np.float32) / 2
        away = np.float32(self._distance)
        near = (away - self._depth) / away
        pivot_x, pivot_y = (self._pivot - middle).astype(np.float32)
        x = (self._x - middle[0]) * near - pivot_x
        y = -((self._y - middle[1]) * near - pivot_y)
        z = self._depth
        new_x = t[0, 0] * x + t[0, 1] * y + t[0, 2] * z + pivot_x
        new_y = -(t[1, 0] * x + t[1, 1] * y + t[1, 2] * z) + pivot_y
        zoom = away / (away - (t[2, 0] * x + t[2, 1] * y + t[2, 2] * z))
        step = np.empty((*self._depth.shape, 2), np.float32)
        step[..., 0] = (new_x * zoom + middle[0] + shift[0] - self._x) * self._moves
        step[..., 1] = (new_y * zoom + middle[1] + shift[1] - self._y) * self._moves
        places = self._grid - step
        for _ in range(_ROUNDS):
            there = resampled(step, places)
            places += np.float32(_DAMPING) * (self._grid - there - places)
        return places


def _depth_field(points: NDArray[np.float64]) -> tuple[Grid, Grid]:
    """Depth (120, 160) over the grid, continued beyond the face, and how many cells beyond it each cell lies.

    ``points`` (468, 3): x, y in cells, and the depth.
    """
    width, height = SCENE[0] // CELL, SCENE[1] // CELL
    fine = 4
    depth = np.zeros((height * fine, width * fine), np.float32)
    known = np.zeros(depth.shape, np.uint8)
    for triangle in triangulate(points[:, :2]):
        corners = points[triangle, :2] * fine
        low = np.clip(np.floor(corners.min(axis=0)).astype(int), 0, [depth.shape[1], depth.shape[0]])
        high = np.clip(np.ceil(corners.max(axis=0)).astype(int) + 1, 0, [depth.shape[1], depth.shape[0]])
        if (high <= low).any():
            continue
        x, y = np.meshgrid(np.arange(low[0], high[0]) + 0.5, np.arange(low[1], high[1]) + 0.5)
        sides = np.column_stack([corners, np.ones(3)])
        if abs(np.linalg.det(sides)) < 1e-3:
            continue
        shares = np.stack([x, y, np.ones_like(x)], axis=-1) @ np.linalg.inv(sides)
        inside = (shares >= -1e-6).all(axis=-1)
        block = np.s_[low[1] : high[1], low[0] : high[0]]
        depth[block][inside] = (shares @ points[triangle, 2])[inside]
        known[block][inside] = 1
    weight = cv2.resize(known.astype(np.float32), (width, height), interpolation=cv2.INTER_AREA)
    total = cv2.resize(depth * known, (width, height), interpolation=cv2.INTER_AREA)
    face = weight > 0.25
    depth = np.where(face, total / np.maximum(weight, 1e-6), 0).astype(np.float32)
    field = depth.copy()
    for sigma in (40.0, 12.0, 4.0, 1.5):
        blurred = cv2.GaussianBlur(face.astype(np.float32), (0, 0), sigma)
        near = cv2.GaussianBlur(depth, (0, 0), sigma) / np.maximum(blurred, 1e-6)
        sure = np.clip(blurred * 8, 0, 1) if sigma < 40 else np.float32(1)
        field = np.where(face, depth, near * sure + field * (1 - sure)).astype(np.float32)
    outside = cv2.distanceTransform(np.asarray(~face, np.uint8), cv2.DIST_L2, cv2.DIST_MASK_PRECISE)
    return field, np.asarray(outside, np.float32)


def _normals(depth: Grid) -> Grid:
    """(h, w, 3): unit normals, x right, y up, z to the camera. ``depth``: px, on a grid of `CELL` px."""
    smooth = cv2.GaussianBlur(depth, (0, 0), 1.0)
    across = cv2.Sobel(smooth, cv2.CV_32F, 1, 0, scale=1 / (8 * CELL))
    down = cv2.Sobel(smooth, cv2.CV_32F, 0, 1, scale=1 / (8 * CELL))
    normals = np.dstack([-across, down, np.ones_like(depth)])
    return np.asarray(normals / np.linalg.norm(normals, axis=2, keepdims=True), np.float32)


def _fade(distance: Grid, start: float, end: float) -> Grid:
    """1 up to ``start``, 0 from ``end`` on, smooth between."""
    share = np.clip((end - distance) / (end - start), 0, 1)
    return np.asarray(share * share * (3 - 2 * share), np.float32)


def _lit_share(points: NDArray[np.float64], beyond: Grid, cm: float) -> Grid:
    """(120, 160): how much of the light that reaches the face reaches each cell: head, neck and shoulders, the rest."""
    body = np.zeros(beyond.shape, np.uint8)
    oval = points[list(FACE_OVAL), :2]
    chin, middle = oval[:, 1].max() / CELL, oval[:, 0].mean() / CELL
    unit = cm / CELL
    outline = [[-5, -2], [-6, 4], [-19, 8], [-22, 60], [22, 60], [19, 8], [6, 4], [5, -2]]
    corners = np.array([[middle + x * unit, chin + y * unit] for x, y in outline])
    cv2.fillPoly(body, [np.round(corners).astype(np.int32)], 1)
    shoulders = cv2.GaussianBlur(body.astype(np.float32), (0, 0), 0.6 * unit) * np.float32(0.6)
    return np.asarray(np.maximum(_fade(beyond, 2.0, 5.0), shoulders), np.float32)


class Portrait(Protocol):
    """A still that can be animated, by whatever means: see `AnimatedPortrait.render`."""

    def render(
        self,
        *,
        yaw: float = 0.0,
        pitch: float = 0.0,
        roll: float = 0.0,
        left: float = 0.0,
        right: float = 0.0,
        shift: tuple[float, float] = (0.0, 0.0),
        colour: Rgb | None = None,
        share: float = 0.0,
    ) -> RgbImage: ...


class Puppet:
    """A `visavis.evaluation.laboratory.stage.Subject`: an animated portrait that answers every prompt as it comes.

    ``share``: the light of the page's screen over that of the room, drawn onto the puppet with its own shading; 0: the
    attacker ignores the colours. ``gain``: of the angles over what `Follower` does. ``eyes``: which of them it closes;
    not looked at where a ``follower`` is given.
    """

    def __init__(
        self,
        portrait: Portrait,
        rng: random.Random,
        *,
        eyes: Eyes = Eyes.BOTH,
        share: float = 0.0,
        gain: float = 1.0,
        follower: Follower | None = None,
    ) -> None:
        self._portrait = portrait
        self._share, self._gain = share, gain
        self._follower = follower or Follower(rng, eyes=eyes)
        self._pose = Wander(rng, 0.9, 0.7, 0.8)
        self._sway = Wander(rng, 3.5, 2.5)
        self._blinks = _blinks(rng)

    def scene(self, cue: Cue) -> RgbImage:
        look = self._follower.look(cue)
        yaw, pitch, roll = self._pose.at(cue.time_s)
        x, y = self._sway.at(cue.time_s)
        blink = max((1.0 - abs(cue.time_s - moment) / 0.11 for moment in self._blinks), default=0.0)
        blink = max(0.0, min(1.0, 1.6 * blink)) if cue.step is None else 0.0
        return self._portrait.render(
            yaw=yaw + self._gain * look.yaw,
            pitch=pitch + self._gain * look.pitch,
            roll=roll,
            left=max(look.left, blink),
            right=max(look.right, blink),
            shift=(x, y),
            colour=cue.colour,
            share=self._share,
        )


def _blinks(rng: random.Random, *, until_s: float = 90.0) -> Sequence[float]:
    moments, time = [], rng.uniform(1.5, 4.0)
    while time < until_s:
        moments.append(time)
        time += rng.uniform(2.5, 6.0)
    return moments
