"""Stills animated by software: a smooth warp of the plane, or a mesh with depth; on a display or as a stream."""

import random
from collections.abc import Mapping
from typing import Final

import numpy as np

from visavis.capture.challenge import Challenge
from visavis.capture.light_schedule import Rgb
from visavis.capture.picture import RgbImage
from visavis.evaluation.laboratory.camera import CameraChannel
from visavis.evaluation.laboratory.conditions import Conditions
from visavis.evaluation.laboratory.framing import CELL, SCENE, Framing, Grid, enlarged, frame_still, resampled, warped
from visavis.evaluation.laboratory.instrument import Species, draw_still, own
from visavis.evaluation.laboratory.lids import Lids
from visavis.evaluation.laboratory.material import Material, Still
from visavis.evaluation.laboratory.puppet import AnimatedPortrait, Portrait, Puppet
from visavis.evaluation.laboratory.screens import HeldScreen
from visavis.evaluation.laboratory.stage import Channel, Staged, Subject
from visavis.evaluation.laboratory.streams import InjectedChannel, draw_forged_stream
from visavis.perception.landmarks import LEFT_EYE_CORNERS, NOSE_TIP, RIGHT_EYE_CORNERS, FaceMesh

__all__ = ["MeshPuppet", "Warp2D", "WarpedPortrait"]

_ROUNDS: Final = 6
_DAMPING: Final = 0.8
_REACH: Final = (0.72, 0.95)
_SHARE_PER_DEGREE: Final = (0.034, 0.038)
"""Of the span of the eyes, at the top of the hump, for yaw and pitch: so that the landmarks read what was asked for."""
_SQUEEZE: Final = 0.12


class WarpedPortrait:
    """One still that is warped in its plane: the same pictures as `AnimatedPortrait` is asked for, without any depth.

    For a turn the middle of the face is moved sideways, the more the nearer to the nose, in a smooth hump over the
    whole face; both halves are squeezed and stretched by what follows from that. No relief: the nose does not move
    before the cheeks. ``strength``: of the hump, over what makes the landmarks read the pose that was asked for.
    """

    def __init__(
        self, pixels: RgbImage, mesh: FaceMesh, *, framing: Framing | None = None, strength: float = 1.0
    ) -> None:
        self._still, points = frame_still(pixels, mesh.points, framing)
        self._lids = Lids(self._still, points)
        rows, columns = np.indices((SCENE[1] // CELL, SCENE[0] // CELL), dtype=np.float32)
        self._grid: Grid = np.asarray(np.dstack([columns, rows]), np.float32)
        span = float(np.linalg.norm(points[LEFT_EYE_CORNERS[0]] - points[RIGHT_EYE_CORNERS[0]]))
        self._span = span * strength
        x = ((columns + 0.5) * CELL - points[NOSE_TIP, 0]) / (_REACH[0] * span)
        y = ((rows + 0.5) * CELL - points[NOSE_TIP, 1]) / (_REACH[1] * span)
        self._hump = np.exp(-0.5 * (x * x + y * y)).astype(np.float32)
        self._wide = np.exp(-0.5 * (x * x + y * y) / 2.6).astype(np.float32)
        self._across = (x * _REACH[0] * span).astype(np.float32)
        self._down = (y * _REACH[1] * span).astype(np.float32)

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
        """As `AnimatedPortrait.render`, but for the light: a warp knows of none, and ``colour`` is not looked at."""
        del colour, share
        lean = np.float32(np.radians(roll))
        x = _SHARE_PER_DEGREE[0] * self._span * yaw * self._hump + (shift[0] - lean * self._down) * self._wide
        y = -_SHARE_PER_DEGREE[1] * self._span * pitch * self._hump + (shift[1] + lean * self._across) * self._wide
        x -= _SQUEEZE * (1 - np.cos(np.radians(yaw))) * self._across * self._wide
        step: Grid = np.asarray(np.dstack([x, y]) / CELL, np.float32)
        places: Grid = np.asarray(self._grid - step, np.float32)
        for _ in range(_ROUNDS):
            left_over = self._grid - resampled(step, places) - places
            places += np.float32(_DAMPING) * left_over
        return warped(self._lids.closed(left, right), enlarged(places))


def _staged(
    portrait: Portrait,
    still: Still,
    challenge: Challenge,
    conditions: Conditions,
    rng: random.Random,
    *,
    eye_px: float,
    share: float,
) -> Staged:
    """The animation on a display before a camera, or as a stream: one as often as the other."""
    puppet = Puppet(portrait, rng, eyes=challenge.eyes, share=share, gain=rng.uniform(0.95, 1.15))
    shown = rng.random() < 0.5
    subject: Subject = puppet
    channel: Channel
    if shown:
        subject = HeldScreen(puppet, eye_px=eye_px, conditions=conditions, rng=rng)
        channel = CameraChannel(conditions, own(rng))
    else:
        channel = InjectedChannel(draw_forged_stream(conditions, rng), own(rng))
    details: Mapping[str, float | str] = {
        "through": "display" if shown else "stream",
        "drawn_light": round(share, 3),
    }
    label = "HD Webcam" if shown or rng.random() < 0.7 else "OBS Virtual Camera"
    return Staged(subject=subject, channel=channel, camera_label=label, people=(still.name,), details=details)


class Warp2D(Species):
    """A still animated by a smooth 2-D warp, eyes included, that answers every prompt in real time (`WarpedPortrait`),
    on a display held to the camera or fed in as a stream with forged noise and jitter, half of each. No light is drawn.
    """

    code = "warp_2d"
    title = "Photo animated by a 2-D warp"
    level = "puppet"

    def stage(self, material: Material, challenge: Challenge, conditions: Conditions, rng: random.Random) -> Staged:
        still, eye_px = draw_still(material, rng), rng.uniform(74, 96)
        portrait = WarpedPortrait(
            still.pixels, still.mesh, framing=Framing(eye_px=eye_px), strength=rng.uniform(0.9, 1.2)
        )
        return _staged(portrait, still, challenge, conditions, rng, eye_px=eye_px, share=0.0)


class MeshPuppet(Species):
    """A still on the face's mesh, turned in three dimensions in real time, eyes included, with the page's colours drawn
    on it by n·l (`AnimatedPortrait`); on a display or as a stream with forged noise and jitter, half of each. The
    strength of the drawn light is log-uniform, 0.04 to 0.25 of the room's: the attacker guesses.
    """

    code = "mesh_puppet"
    title = "Photo on a 3-D mesh, light drawn"
    level = "puppet"

    def stage(self, material: Material, challenge: Challenge, conditions: Conditions, rng: random.Random) -> Staged:
        still, eye_px = draw_still(material, rng), rng.uniform(74, 96)
        portrait = AnimatedPortrait(still.pixels, still.mesh, framing=Framing(eye_px=eye_px))
        share = float(np.exp(rng.uniform(np.log(0.04), np.log(0.25))))
        return _staged(portrait, still, challenge, conditions, rng, eye_px=eye_px, share=share)
