"""The screen's light on what stands before it, in linear light: a face, a flat thing, a glossy panel, and what is
behind.

The model, stated so that it can be argued with. It is not the one that the light witness assumes, which takes a point
light at the camera, a matt face in even light, and the normals of the canonical face:

1. *Screen*: an upright rectangle of Lambertian emitters (a phone of 7 x 14 cm), nearer than 1 m, its middle below the
   camera and off to one side; each emitter counts with both cosines and the inverse square of its distance.
2. *Skin*: normals and distances from the mesh of this very frame, by planes through neighbouring points. Albedo, for
   each channel, is the picture itself over the room's light; how much of the picture's shading is the room's, is a
   free parameter (``ambient_flatness``), with a gradient across the picture.
3. *Subsurface scattering*: the diffuse answer is blurred, red the widest, blue the least (after H. W. Jensen et al., "A
   practical model for subsurface light transport", 2001, where red travels about three times as far as blue).
4. *Gloss*: a Blinn-Phong lobe (exponent 20) about each emitter's half vector, in the screen's own colour.
5. *Hair, neck, shoulders*: what is left of the face's light beyond its outline, falling off with distance.
6. *Behind*: the inverse square of the distance from the screen.

Maps of the light are made at an eighth of the picture's size and enlarged; each frame is shaded by its own mesh.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Final, Protocol

import cv2
import numpy as np
from numpy.typing import NDArray

from visavis.capture.light_schedule import Rgb, linear_light
from visavis.capture.picture import RgbImage
from visavis.evaluation.laboratory.camera import SRGB_OFFSET, from_linear, to_linear
from visavis.evaluation.laboratory.screen_light import (
    ScreenLight,
    draw_screen_light,
    received,
    reference_light,
)
from visavis.perception.landmarks import FACE_OVAL, LEFT_EYE_CORNERS, RIGHT_EYE_CORNERS
from visavis.perception.session import FloatTensor

__all__ = [
    "FaceArea",
    "FlatArea",
    "LitArea",
    "PanelArea",
    "Relighter",
    "ScreenLight",
    "draw_screen_light",
    "neighbours_of",
]

_GRID: Final = 8
"""Pixels of the picture to one of a map."""
_EYES_CM: Final = 6.3
_FOCAL: Final = 1.0
"""Of the camera, over the height of the picture: a field of view of 53 degrees down a picture of 640 x 480 held
upright, as phones have.
"""
_NEIGHBOURS: Final = 14
_SCATTER_MM: Final = (3.0, 1.5, 1.0)
_FRESNEL: Final = 0.04
_FINE: Final = 128
_WHOLE: Final = 65535
_NODES: Final = (13, 17)
"""At how many places down and across the light on a plane is found; it hardly bends between them."""

Vectors = NDArray[np.float64]


@dataclass(frozen=True, slots=True, eq=False)
class LightMap:
    """On a grid of one eighth: ``mask`` (h, w) 0..1, where this is; ``diffuse`` (h, w, 3), its light by the screen over
    that by the room, for a white screen and in units of the return share; ``gloss`` (h, w), light that the surface
    throws back as a mirror does, linear 0..1.
    """

    mask: FloatTensor
    diffuse: FloatTensor
    gloss: FloatTensor


class LitArea(Protocol):
    """A part of a picture that the screen lights."""

    def light_map(self, light: ScreenLight, scene: RgbImage) -> LightMap:
        """``scene`` as the room lights it, (h, w, 3)."""
        ...


@dataclass(frozen=True, slots=True, eq=False)
class FaceArea:
    """A face and the person around it. ``points`` (468, 3): the mesh in the picture, px. ``body``: whether hair, neck
    and shoulders around it are lit as well, as those of a person are.
    """

    points: FloatTensor
    body: bool = True
    neighbours: NDArray[np.intp] | None = None
    """(468, k) of `neighbours_of` for any frontal mesh: saves a third of the time where many frames are lit."""

    def light_map(self, light: ScreenLight, scene: RgbImage) -> LightMap:
        height, width = scene.shape[:2]
        points = np.asarray(self.points, np.float64)
        place = _in_space(points, height, width)
        normals = _normals(points, self.neighbours)
        diffuse, specular = received(place, normals, light)
        shape = -(-height // _GRID), -(-width // _GRID)
        at = points[:, :2] / _GRID - 0.5
        size = _eye_distance(points) / _GRID
        spread = _spread(at, np.column_stack([diffuse, specular]), shape, max(0.6, 0.09 * size))
        px_per_mm = size / (10 * _EYES_CM)
        soft = np.stack(
            [cv2.GaussianBlur(spread[..., 0], (0, 0), max(0.3, mm * px_per_mm)) for mm in _SCATTER_MM], axis=-1
        )
        room = _room_light(scene, at, size, light)
        face = _outline(at[list(FACE_OVAL)], shape, 0.12 * size)
        if not self.body:
            return LightMap(face, _as_float(soft / room[..., None]), _as_float(spread[..., 1] * light.gloss))
        around = _around(at, size, shape, face)
        # beyond the outline lie hair, ears and neck, turned away and farther off
        fading = np.maximum(face, 0.45 * around)[..., None] / np.maximum(around, 0.02)[..., None]
        return LightMap(
            around, _as_float(soft * fading / room[..., None]), _as_float(spread[..., 1] * face * light.gloss)
        )


@dataclass(frozen=True, slots=True, eq=False)
class FlatArea:
    """A sheet: a print, or any flat thing. ``corners`` (n, 2): its outline, px. ``normal`` (3,): x right, y down, z
    away from the camera, so a sheet that faces it has (0, 0, -1). ``distance_cm``: from the camera to its middle.
    ``gloss``: 0 matt .. 1 mirror-like, of its specular lobe.
    """

    corners: NDArray[np.float64]
    normal: tuple[float, float, float] = (0.0, 0.0, -1.0)
    distance_cm: float = 35.0
    gloss: float = 0.03
    diffuse: float = 1.0
    """Share of the light that it gives back beside the picture on it: 1 for paper."""

    def light_map(self, light: ScreenLight, scene: RgbImage) -> LightMap:
        shape = -(-scene.shape[0] // _GRID), -(-scene.shape[1] // _GRID)
        normal = np.asarray(self.normal, np.float64)
        normal = normal / np.linalg.norm(normal)
        nodes = [np.linspace(0, count - 1, number) for count, number in zip(shape, _NODES, strict=True)]
        place = _on_plane(nodes, scene.shape[:2], normal, self.distance_cm)
        both = received(place, np.broadcast_to(normal, place.shape), light)
        diffuse, specular = (_between_nodes(values.reshape(_NODES), nodes, shape) for values in both)
        mask = _outline(np.asarray(self.corners, np.float64) / _GRID - 0.5, shape, 0.6)
        lit = self.diffuse * diffuse / _gradient(shape, light)
        return LightMap(mask, _as_float(np.repeat(lit[..., None], 3, axis=2)), _as_float(self.gloss * specular))


@dataclass(frozen=True, slots=True, eq=False)
class PanelArea:
    """A display under glass: it gives its own light, so the screen's adds no diffuse answer but a faint one of the
    glass (4 % at normal incidence, Fresnel), spread over the panel by its coating.

    ``corners``, ``normal``, ``distance_cm`` as of `FlatArea`. ``glass``: the share of the screen's light that comes
    back veiled, over what a white sheet would give.
    """

    corners: NDArray[np.float64]
    normal: tuple[float, float, float] = (0.0, 0.0, -1.0)
    distance_cm: float = 35.0
    glass: float = _FRESNEL

    def light_map(self, light: ScreenLight, scene: RgbImage) -> LightMap:
        flat = FlatArea(self.corners, self.normal, self.distance_cm).light_map(light, scene)
        # a white sheet in the room's light is taken to be at three quarters of the scale
        veil = 0.75 * self.glass * flat.diffuse.mean(axis=2) + 0.5 * self.glass * flat.gloss
        return LightMap(flat.mask, _as_float(np.zeros_like(flat.diffuse)), _as_float(veil))


@dataclass(slots=True)
class Relighter:
    """Lights pictures of one presentation. Keeps room to work in, so not for two threads at once."""

    light: ScreenLight
    _room: list[NDArray[np.uint16]] = field(default_factory=list)

    def relight(
        self,
        scene: RgbImage,
        colour: Rgb | None,
        areas: Sequence[LitArea],
        *,
        distance_cm: float | None = None,
    ) -> RgbImage:
        """``scene`` (h, w, 3) with the screen showing ``colour``; later areas lie before earlier ones, all of them
        before the background. None: the ordinary page, whose light is part of the room's.

        ``distance_cm``: from camera to what the return share is meant for; by default the first face's, or 35.
        """
        if colour is None:
            return scene
        height, width = scene.shape[:2]
        shape = -(-height // _GRID), -(-width // _GRID)
        near = 35.0 if distance_cm is None else distance_cm
        if distance_cm is None:
            near = next((_distance(area.points, height) for area in areas if isinstance(area, FaceArea)), near)
        screen = np.asarray(linear_light(colour)) * self.light.return_share
        reference, behind = reference_light(self.light, near)
        gain = np.full((*shape, 3), behind / reference) / _gradient(shape, self.light)[..., None]
        shine = np.zeros(shape)
        for area in areas:
            found = area.light_map(self.light, scene)
            mask = found.mask[..., None]
            gain = gain * (1 - mask) + mask * found.diffuse / reference
            shine = shine * (1 - found.mask) + found.mask * found.gloss / reference
        return self._shaded(scene, _as_float(1 + gain * screen), shine, screen)

    def _shaded(self, scene: RgbImage, gain: FloatTensor, shine: Vectors, screen: Vectors) -> RgbImage:
        """``scene`` times ``gain``, plus ``shine`` by ``screen``, in linear light. Found in 256ths of a grey level."""
        height, width = scene.shape[:2]
        if not self._room or self._room[0].shape != scene.shape:
            self._room = [np.empty((height, width, 3), np.uint16) for _ in range(3)]
        answer, base, factor = self._room
        cv2.LUT(scene, _power_table(), base)
        rise = gain ** np.float32(1 / 2.4)
        cv2.resize(_as_share(rise - 1), (width, height), factor)
        cv2.multiply(base, factor, answer, 256 / _FINE / _WHOLE)
        most = float(shine.max())
        if most * screen.max() > 1e-4:
            # on what the gain has brightened, gloss shows less
            self._add_gloss(scene, _as_float((shine / most)[..., None] * (rise / gain)), most * screen)
        cv2.add(answer, _dither(height, width), answer)
        shaded = np.empty_like(scene)
        np.right_shift(answer, 8, out=shaded, casting="unsafe")
        return np.asarray(cv2.add(scene, shaded, shaded), np.uint8)

    def _add_gloss(self, scene: RgbImage, share: FloatTensor, most: Vectors) -> None:
        """Where there is any: by a parabola in ``share``, which is true at none, at half and at all of ``most``."""
        answer, _, factor = self._room
        there = share[..., 0] > 1e-3
        rows, columns = (np.flatnonzero(there.any(axis=axis)) for axis in (1, 0))
        top, left = (_GRID * max(0, int(found[0]) - 1) for found in (rows, columns))
        box = np.s_[top : _GRID * (int(rows[-1]) + 2), left : _GRID * (int(columns[-1]) + 2)]
        cv2.resize(_as_share(share), (scene.shape[1], scene.shape[0]), factor)
        linear = to_linear()[:, None]
        none, half, full = (from_linear(linear + part * most) for part in (0.0, 0.5, 1.0))
        bend = np.maximum(4 * half - 2 * full - 2 * none, 0)
        steps = [np.rint(256 * np.minimum(table, 255)).astype(np.uint16)[None] for table in (bend, full - none + bend)]
        curved, straight = (cv2.LUT(scene[box], table) for table in steps)
        cv2.multiply(curved, factor[box], curved, 1 / _WHOLE)
        cv2.subtract(straight, curved, straight)
        cv2.multiply(straight, factor[box], straight, 1 / _WHOLE)
        cv2.add(answer[box], straight, answer[box])


@lru_cache(maxsize=1)
def _power_table() -> NDArray[np.uint16]:
    """(256,) in 128ths of a grey level: by how much sRGB rises where light to the power of 1 / 2.4 rises by all of
    itself; in its toe, where it is linear, by 2.4 times itself.
    """
    value = np.arange(256)
    table: NDArray[np.uint16] = np.rint(_FINE * np.minimum(2.4 * value, value + SRGB_OFFSET)).astype(np.uint16)
    table.setflags(write=False)
    return table


@lru_cache(maxsize=2)
def _dither(height: int, width: int) -> NDArray[np.uint16]:
    """(h, w, 3): from nothing to a grey level, in 256 parts.

    A change of less than half a level would vanish in rounding, as it does not in a camera, where noise comes first.
    """
    field = np.random.default_rng(1).integers(0, 256, (height, width, 3), dtype=np.uint16)
    field.setflags(write=False)
    return field


def _as_share(values: FloatTensor) -> NDArray[np.uint16]:
    """0..1 as 16-bit numbers; what is more counts as 1."""
    shares: NDArray[np.uint16] = np.rint(np.clip(values, 0, 1) * np.float32(_WHOLE)).astype(np.uint16)
    return shares


def _as_float(values: NDArray[np.float64] | NDArray[np.float32]) -> FloatTensor:
    return np.ascontiguousarray(values, np.float32)


def _eye_distance(points: Vectors) -> float:
    """Between the middles of the eyes, px, the depth between them included."""
    right, left = (points[list(corners)].mean(axis=0) for corners in (RIGHT_EYE_CORNERS, LEFT_EYE_CORNERS))
    return max(1.0, float(np.linalg.norm(left - right)))


def _distance(points: FloatTensor, height: int) -> float:
    """From camera to face, cm."""
    return _EYES_CM * _FOCAL * height / _eye_distance(np.asarray(points, np.float64))


def _in_space(points: Vectors, height: int, width: int) -> Vectors:
    """(n, 3) cm from the camera, by the size of the face."""
    scale = _EYES_CM / _eye_distance(points)
    middle = points.mean(axis=0)
    far = _FOCAL * height * scale
    x, y = (points[:, 0] - width / 2) * scale, (points[:, 1] - height / 2) * scale
    return np.column_stack([x, y, far + (points[:, 2] - middle[2]) * scale])


def _normals(points: Vectors, neighbours: NDArray[np.intp] | None) -> Vectors:
    """(n, 3) unit normals towards the camera: planes z = a x + b y + c through each point's neighbours."""
    near = points[neighbours_of(points) if neighbours is None else neighbours]
    parts = near - near.mean(axis=1, keepdims=True)
    (xx, xy, xz), (_, yy, yz), _ = np.moveaxis(np.matmul(parts.swapaxes(1, 2), parts), 0, 2)
    ridge = 1e-3 * (xx + yy) + 1e-9
    xx, yy = xx + ridge, yy + ridge
    determinant = xx * yy - xy * xy
    a, b = (xz * yy - yz * xy) / determinant, (yz * xx - xz * xy) / determinant
    length = np.sqrt(a * a + b * b + 1)
    return np.column_stack([a / length, b / length, -1 / length])


def neighbours_of(points: FloatTensor | Vectors) -> NDArray[np.intp]:
    """(n, k): each point of a mesh, and those nearest to it in the picture."""
    apart = points[:, 0, None] - points[None, :, 0]
    apart *= apart
    down = points[:, 1, None] - points[None, :, 1]
    apart += down * down
    return np.argpartition(apart, _NEIGHBOURS, axis=1)[:, : _NEIGHBOURS + 1]


def _on_plane(nodes: Sequence[Vectors], size: tuple[int, int], normal: Vectors, distance_cm: float) -> Vectors:
    """(h * w, 3) cm: where the ray through each of the ``nodes``, h rows and w columns of the grid, meets the plane
    through the middle axis at ``distance_cm``.
    """
    height, width = size
    rows, columns = np.meshgrid(*nodes, indexing="ij")
    x = ((columns + 0.5) * _GRID - width / 2) / (_FOCAL * height)
    y = ((rows + 0.5) * _GRID - height / 2) / (_FOCAL * height)
    rays = np.stack([x, y, np.ones_like(x)], axis=-1).reshape(-1, 3)
    along = rays @ normal
    along = np.where(np.abs(along) < 0.05, -0.05, along)
    far = np.clip(distance_cm * normal[2] / along, 0.3 * distance_cm, 3 * distance_cm)
    return np.asarray(rays * far[:, None], np.float64)


def _between_nodes(values: Vectors, nodes: Sequence[Vectors], shape: tuple[int, int]) -> Vectors:
    """(h, w): ``values`` at the nodes, continued over the whole grid."""
    down, across = (_linear_weights(at, count) for at, count in zip(nodes, shape, strict=True))
    return np.asarray(down @ values @ across.T, np.float64)


def _linear_weights(nodes: Vectors, count: int) -> Vectors:
    """(count, nodes): what each node, all equally far apart, counts at each whole number from 0 on."""
    apart = np.abs(np.arange(count)[:, None] - nodes) / (nodes[1] - nodes[0])
    return np.asarray(np.maximum(0, 1 - apart), np.float64)


def _spread(at: Vectors, values: Vectors, shape: tuple[int, int], sigma: float) -> FloatTensor:
    """``values`` (n, k) at ``at`` (n, 2) spread over a grid: means weighted by nearness, wider where none is near."""
    columns = np.clip(np.rint(at[:, 0]), 0, shape[1] - 1).astype(int)
    rows = np.clip(np.rint(at[:, 1]), 0, shape[0] - 1).astype(int)
    cell = rows * shape[1] + columns
    count = shape[0] * shape[1]
    planes = [np.bincount(cell, weights=values[:, k], minlength=count) for k in range(values.shape[1])]
    planes.append(np.bincount(cell, minlength=count).astype(np.float64))
    dense = np.stack(planes, axis=-1).reshape(*shape, -1).astype(np.float32)
    narrow = cv2.GaussianBlur(dense, (0, 0), sigma)
    wide = cv2.GaussianBlur(dense, (0, 0), 6 * sigma, borderType=cv2.BORDER_REPLICATE)
    # where no point is near the wide mean decides; everywhere, a little of the overall mean keeps it finite
    both = narrow + np.float32(0.02) * wide
    both[..., :-1] += np.float32(1e-6) * values.mean(axis=0).astype(np.float32)
    both[..., -1] += np.float32(1e-6)
    return np.asarray(both[..., :-1] / both[..., -1:], np.float32)


def _room_light(scene: RgbImage, at: Vectors, size: float, light: ScreenLight) -> FloatTensor:
    """(h, w): the room's light on the person, about 1: the gradient, and a part of the picture's own soft shading."""
    shape = -(-scene.shape[0] // _GRID), -(-scene.shape[1] // _GRID)
    small = scene
    for times in (4, 2, 1):  # halves, which is a quarter of the cost of an eighth at once
        small = np.asarray(cv2.resize(small, (times * shape[1], times * shape[0]), interpolation=cv2.INTER_AREA))
    grey = to_linear()[small] @ np.array([0.2126, 0.7152, 0.0722], np.float32)
    soft = cv2.GaussianBlur(np.maximum(grey, np.float32(0.01)), (0, 0), max(1.0, 0.4 * size))
    columns, rows = np.clip(at, 0, [shape[1] - 1, shape[0] - 1]).astype(int).T
    usual = float(np.median(soft[rows, columns]))
    shading = np.clip(soft / max(usual, 1e-3), 0.35, 2.5) ** (1 - light.ambient_flatness)
    return np.asarray(shading * _gradient(shape, light), np.float32)


def _gradient(shape: tuple[int, int], light: ScreenLight) -> FloatTensor:
    ramp = 1 + light.ambient_gradient * np.linspace(-1, 1, shape[1])
    return np.asarray(np.broadcast_to(ramp, shape), np.float32)


def _outline(corners: Vectors, shape: tuple[int, int], soft: float) -> FloatTensor:
    """(h, w) 0..1: inside of the polygon, with a soft edge."""
    mask = np.zeros(shape, np.float32)
    cv2.fillPoly(mask, [np.rint(corners * 16).astype(np.int32)], 1.0, lineType=cv2.LINE_AA, shift=4)
    return np.asarray(cv2.GaussianBlur(mask, (0, 0), max(0.3, soft / 2)), np.float32)


def _around(at: Vectors, size: float, shape: tuple[int, int], face: FloatTensor) -> FloatTensor:
    """(h, w) 0..1: the person: face, hair, neck and shoulders."""
    mask = np.zeros(shape, np.float32)
    low, high = at.min(axis=0), at.max(axis=0)
    middle, half = (low + high) / 2, (high - low) / 2
    centre = round(middle[0]), round(middle[1] - 0.25 * half[1])
    cv2.ellipse(mask, centre, (max(1, round(1.25 * half[0])), max(1, round(1.4 * half[1]))), 0, 0, 360, 1.0, -1)
    chin, bottom = float(high[1]), float(shape[0])
    neck = [(middle[0] - 0.7 * half[0], chin - 0.4 * half[1]), (middle[0] + 0.7 * half[0], chin - 0.4 * half[1])]
    shoulders = [(middle[0] + 2.6 * half[0], bottom), (middle[0] - 2.6 * half[0], bottom)]
    cv2.fillPoly(mask, [np.rint(np.array(neck + shoulders)).astype(np.int32)], 1.0)
    soft = cv2.GaussianBlur(mask, (0, 0), max(0.5, 0.12 * size))
    return np.asarray(np.maximum(soft, face), np.float32)
