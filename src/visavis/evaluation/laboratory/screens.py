"""Displays that are held before the camera, and what is played on them.

*Panel.* A flat sheet (`Card`) that gives its own light: what it shows does not depend on the room, its black is lifted
by the room's reflection, its white is its own, a little bluish. The grid of its pixels shows through softly, and turns
into waves where the camera samples it. Its bezel is in view or not, as it is held.

*Light.* The screen of the victim's page adds no light to what a display shows; the glass throws back a small part of
it, over the whole panel about equally: a tenth to a third of what it would add to skin.

Unrealistic: no true subpixels, no flicker of the backlight, no viewing angle; reflections are even, without the shape
of what is reflected.
"""

import random
from collections.abc import Mapping
from typing import Final

import cv2
import numpy as np

from visavis.capture.challenge import Gesture
from visavis.capture.picture import RgbImage
from visavis.evaluation.laboratory.cards import FOCAL_PX, Card, CardPose
from visavis.evaluation.laboratory.conditions import Conditions
from visavis.evaluation.laboratory.framing import SCENE
from visavis.evaluation.laboratory.instrument import paint_room
from visavis.evaluation.laboratory.motion import Follower, Look, Wander
from visavis.evaluation.laboratory.relight import PanelArea, Relighter, draw_screen_light
from visavis.evaluation.laboratory.stage import Cue, Subject

__all__ = ["HeldScreen", "StillSubject"]

_BEZEL: Final = 18


class StillSubject:
    """A `visavis.evaluation.laboratory.stage.Subject` that never changes: a picture (480, 640, 3)."""

    def __init__(self, picture: RgbImage) -> None:
        self._picture = picture

    def scene(self, cue: Cue) -> RgbImage:
        del cue
        return self._picture


class HeldScreen:
    """A `visavis.evaluation.laboratory.stage.Subject`: ``content`` on a display in somebody's hand, before a room.

    ``eye_px``: between the eyes of what is shown, in its own picture: the display is held as near as makes the face as
    large as one is. ``answers``: tilts by which the hand answers prompts; none for content that answers by itself.
    """

    def __init__(
        self,
        content: Subject,
        *,
        eye_px: float,
        conditions: Conditions,
        rng: random.Random,
        answers: Mapping[Gesture, Look] | None = None,
    ) -> None:
        self._content = content
        width = rng.uniform(19, 27)
        bezel = width * _BEZEL / SCENE[0]
        self._card = Card(width_cm=width + 2 * bezel, height_cm=width * SCENE[1] / SCENE[0] + 2 * bezel)
        eyes_cm = eye_px * width / SCENE[0]
        self.distance_cm = max(14.0, eyes_cm * FOCAL_PX / rng.uniform(66, 95))
        self._follower = Follower(rng, answers=answers or {})
        self._tremor = Wander(rng, 1.2, 1.2, 1.0)
        self._sway = Wander(rng, 0.3, 0.3, 0.4)
        self._room = paint_room(rng)
        self._relighter = Relighter(draw_screen_light(conditions, rng))
        self.glass = rng.uniform(0.03, 0.09)
        numbers = np.random.default_rng(rng.getrandbits(64))
        self._curves = _panel_curves(rng, numbers)
        self._grid = _pixel_grid(rng, numbers)
        self._bezel = [float(numbers.uniform(6, 30))] * 3

    def scene(self, cue: Cue) -> RgbImage:
        look = self._follower.look(cue)
        yaw, pitch, roll = self._tremor.at(cue.time_s)
        x, y, z = self._sway.at(cue.time_s)
        pose = CardPose(
            yaw=yaw + look.yaw,
            pitch=pitch + look.pitch,
            roll=roll,
            x_cm=x,
            y_cm=y,
            distance_cm=self.distance_cm + z,
        )
        shown = cv2.LUT(self._content.scene(cue), self._curves)
        shown = cv2.multiply(shown, self._grid, dtype=cv2.CV_8U)
        panel = cv2.copyMakeBorder(shown, _BEZEL, _BEZEL, _BEZEL, _BEZEL, cv2.BORDER_CONSTANT, value=self._bezel)
        picture = self._room.copy()
        self._card.draw(picture, np.asarray(panel, np.uint8), pose)
        if cue.colour is None:
            return picture
        (flat,) = self._card.areas(pose, gloss=0.0) or (None,)
        areas = [] if flat is None else [PanelArea(flat.corners, flat.normal, flat.distance_cm, self.glass)]
        return self._relighter.relight(picture, cue.colour, areas, distance_cm=pose.distance_cm)


def _panel_curves(rng: random.Random, numbers: np.random.Generator) -> RgbImage:
    """(1, 256, 3): from what is shown to what the camera sees of it."""
    light = np.linspace(0, 1, 256)[:, None] ** (2.2 * rng.uniform(0.95, 1.1))
    white = rng.uniform(0.8, 1.05) * numbers.uniform(0.95, 1.0, 3) * np.array([0.98, 1.0, 1.03])
    seen = rng.uniform(0.005, 0.03) + light * white
    return np.asarray(255 * np.clip(seen, 0, 1) ** (1 / 2.2) + 0.5, np.uint8)[None]


def _pixel_grid(rng: random.Random, numbers: np.random.Generator) -> np.ndarray:
    """(480, 640, 3) float32 about 1: the panel's pixels, finer than the camera's, so that they beat."""
    strength = rng.uniform(0.005, 0.03)
    across, down = np.meshgrid(np.arange(SCENE[0]), np.arange(SCENE[1]))
    pitch = 2 * np.pi / rng.uniform(2.1, 3.4)
    phases = numbers.uniform(0, 2 * np.pi, 4)
    columns = [np.cos(pitch * across + phase) for phase in phases[:3]]
    rows = np.cos(pitch * down + phases[3])
    return np.asarray(1 + strength * (np.dstack(columns) + 0.6 * rows[:, :, None]), np.float32)
