"""A person made of drawn frames: a clip whose every frame says in its colours which pose it shows."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import cv2
import numpy as np

from visavis.capture.picture import RgbImage
from visavis.evaluation.laboratory.clips import Clip
from visavis.evaluation.laboratory.conditions import Conditions
from visavis.evaluation.laboratory.repertoire import find_repertoire
from visavis.perception.acquisition import Face
from visavis.perception.eyes import EyeOpenness
from visavis.perception.landmarks import FACE_OVAL, LEFT_EYE_CORNERS, RIGHT_EYE_CORNERS, FaceMesh
from visavis.perception.pose import HeadPose
from visavis.perception.session import FloatTensor

QUIET = Conditions(
    rate_hz=25.0,
    jitter_s=0.0,
    dropped=0.0,
    noise=0.5,
    exposure_drift=0.0,
    white_balance_drift=0.0,
    jpeg_quality=90,
    capture_delay_s=0.02,
    shake_px=0.0,
    shake_hz=1.0,
    sway_px=0.0,
    network_delay_s=0.05,
    network_jitter_s=0.005,
    return_share=0.2,
    background_m=1.0,
    ambient_gradient=0.0,
    ambient_flatness=1.0,
    gloss=0.0,
)


def egg(x: float = 320.0, y: float = 230.0, size: float = 100.0) -> FloatTensor:
    """(468, 3): points on the front of an egg, px; ``size`` between the eyes. Oval and eyes lie as on a face."""
    points = np.zeros((468, 2))
    golden = math.pi * (3 - math.sqrt(5))
    for index in range(468):
        radius, angle = 0.96 * math.sqrt((index + 0.5) / 468), index * golden
        points[index] = radius * math.cos(angle), radius * math.sin(angle)
    for number, index in enumerate(FACE_OVAL):
        angle = 2 * math.pi * number / len(FACE_OVAL)
        points[index] = math.sin(angle), -math.cos(angle)
    points[list(RIGHT_EYE_CORNERS)] = [[-0.6, -0.25], [-0.26, -0.25]]
    points[list(LEFT_EYE_CORNERS)] = [[0.6, -0.25], [0.26, -0.25]]
    across = size / 0.86
    depth = -np.sqrt(np.clip(1 - (points**2).sum(axis=1), 0, 1))
    return np.column_stack([x + across * points[:, 0], y + 1.3 * across * points[:, 1], 1.1 * across * depth]).astype(
        np.float32
    )


@dataclass(frozen=True)
class Moment:
    """What one frame of a clip shows, from zero. ``shut``: 0 open .. 1 closed."""

    yaw: float = 0.0
    pitch: float = 0.0
    shut: float = 0.0


def face_of(moment: Moment) -> Face:
    mesh = FaceMesh(points=egg(x=320 + moment.yaw, y=230 - moment.pitch), presence=1.0)
    ratio, network = 0.3 * (1 - 0.5 * moment.shut), 0.97 - 0.95 * moment.shut
    eyes = EyeOpenness(
        left=network, right=network, left_ratio=ratio, right_ratio=ratio, left_network=network, right_network=network
    )
    pose = HeadPose(yaw=moment.yaw, pitch=moment.pitch, roll=0.0)
    return Face(mesh=mesh, pose=pose, eyes=eyes, box=mesh.box, inter_eye_px=100.0)


def drawn(moment: Moment) -> RgbImage:
    """A wall, and an egg in front of it whose grey and place tell the pose."""
    scene = np.full((480, 640, 3), (90, 110, 100), np.uint8)
    centre = round(320 + moment.yaw), round(230 - moment.pitch)
    cv2.ellipse(scene, centre, (110, 145), 0, 0, 360, (190, 150, 130), -1)
    lids = (30, 30, 30) if moment.shut < 0.5 else (180, 140, 120)
    for side in (-50, 50):
        cv2.circle(scene, (centre[0] + side, centre[1] - 35), 12, lids, -1)
    scene.setflags(write=False)
    return scene


def clip_of(moments: Sequence[Moment], *, name: str = "drawn", fps: float = 25.0) -> Clip:
    faces = [face_of(moment) for moment in moments]
    times = [index / fps for index in range(len(moments))]
    return Clip(
        name=name,
        fps=fps,
        frames=tuple(drawn(moment) for moment in moments),
        faces=tuple(faces),
        times_s=tuple(times),
        gestures=find_repertoire(faces, times),
    )


def resting(frames: int = 25) -> list[Moment]:
    return [Moment(yaw=1.5 * math.sin(index / 5), pitch=math.cos(index / 7)) for index in range(frames)]


def trip(*, yaw: float = 0.0, pitch: float = 0.0, frames: int = 10, peak: int = 5) -> list[Moment]:
    """Out to a pose, a while there, and back."""
    out = [Moment(yaw=yaw * index / frames, pitch=pitch * index / frames) for index in range(frames)]
    return [*out, *[Moment(yaw=yaw, pitch=pitch)] * peak, *reversed(out)]


def blink(closed: int = 3) -> list[Moment]:
    return [Moment(shut=0.4), *[Moment(shut=1.0)] * closed, Moment(shut=0.4)]


def lively(*, left: float = 20.0, right: float = 20.0, up: float = 13.0, down: float = 13.0) -> Clip:
    """A clip with every gesture, as far as told; 0 leaves one out."""
    parts = [trip(yaw=left), trip(yaw=-right), trip(pitch=up), trip(pitch=-down), blink()]
    return clip_of([moment for part in parts for moment in (*resting(), *part)] + resting())
