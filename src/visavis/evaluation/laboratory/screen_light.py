"""The screen as a light: where it is, how strong, and what reaches a surface from it.

An upright rectangle of Lambertian emitters, nearer than a metre, with its middle below the camera and off to one side.
"""

import random
from dataclasses import dataclass
from functools import lru_cache
from typing import Final

import numpy as np
from numpy.typing import NDArray

from visavis.evaluation.laboratory.conditions import Conditions

__all__ = ["ScreenLight", "draw_screen_light", "received", "reference_light"]

_EMITTERS: Final = (2, 4)
_GLOSSY: Final = 20.0

Vectors = NDArray[np.float64]


@dataclass(frozen=True, slots=True, kw_only=True)
class ScreenLight:
    """The screen and the room of one presentation.

    ``return_share``: white light of the screen over the room's on a matt patch in the middle of the face that faces the
    screen. ``middle_cm``: of the screen from the camera, x to the right of the picture, y down. ``size_cm``: width and
    height. ``background_m``, ``ambient_gradient``, ``ambient_flatness``, ``gloss``: as in `Conditions`.
    """

    return_share: float
    middle_cm: tuple[float, float] = (1.0, 7.0)
    size_cm: tuple[float, float] = (7.0, 14.0)
    background_m: float = 1.0
    ambient_gradient: float = 0.0
    ambient_flatness: float = 0.5
    gloss: float = 0.06

    @property
    def emitters(self) -> Vectors:
        """(n, 3) cm from the camera: x right, y down, z away from it, of equal parts of the screen."""
        return _emitters(self.middle_cm, self.size_cm)


@lru_cache(maxsize=8)
def _emitters(middle_cm: tuple[float, float], size_cm: tuple[float, float]) -> Vectors:
    across, down = _EMITTERS
    x = (np.arange(across) + 0.5) / across - 0.5
    y = (np.arange(down) + 0.5) / down - 0.5
    grid = np.stack(np.meshgrid(x * size_cm[0], y * size_cm[1]), axis=-1).reshape(-1, 2)
    places = np.column_stack([grid + middle_cm, np.zeros(len(grid))])
    places.setflags(write=False)
    return places


def draw_screen_light(conditions: Conditions, rng: random.Random) -> ScreenLight:
    """The screen of ``conditions``: its middle 4 to 9 cm under the camera and up to 4 cm to either side, uniform."""
    return ScreenLight(
        return_share=conditions.return_share,
        middle_cm=(rng.uniform(-4, 4), rng.uniform(4, 9)),
        background_m=conditions.background_m,
        ambient_gradient=conditions.ambient_gradient,
        ambient_flatness=conditions.ambient_flatness,
        gloss=conditions.gloss,
    )


def received(place: Vectors, normals: Vectors, light: ScreenLight) -> tuple[Vectors, Vectors]:
    """(n,) each: diffuse irradiance by a white screen, and its specular lobe towards the camera, in the same unit."""
    # (emitters, n, 3), float32: a tenth of a millisecond for each emitter
    way = (light.emitters[:, None] - place[None]).astype(np.float32)
    far = np.sqrt(np.einsum("enk,enk->en", way, way))
    way /= far[..., None]
    view = (-place / np.linalg.norm(place, axis=1, keepdims=True)).astype(np.float32)
    turned = np.asarray(normals, np.float32)
    # the screen faces along z: its own cosine
    strength = np.clip(-way[..., 2], 0, 1) / far**2 / len(way)
    facing = np.clip(np.einsum("nk,enk->en", turned, way), 0, 1)
    half = way + view
    length = np.sqrt(np.einsum("enk,enk->en", half, half))
    lobe = np.clip(np.einsum("nk,enk->en", turned, half) / length, 0, 1) ** _GLOSSY
    diffuse, specular = (strength * facing).sum(axis=0), (strength * lobe * (facing > 0)).sum(axis=0)
    return diffuse.astype(np.float64), specular.astype(np.float64)


def reference_light(light: ScreenLight, distance_cm: float) -> tuple[float, float]:
    """What a matt patch that faces the screen's middle receives at the middle of the picture, and what a wall behind
    the face receives.
    """
    place = np.array([[0.0, 0.0, distance_cm], [0.0, 0.0, distance_cm + 100 * light.background_m]])
    way = np.array([*light.middle_cm, 0.0]) - place[0]
    normals = np.array([way / np.linalg.norm(way), [0.0, 0.0, -1.0]])
    near, behind = received(place, normals, light)[0].tolist()
    return near, behind
