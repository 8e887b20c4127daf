"""People made of noise for the attack laboratory: clips and stills with every gesture, and not one real face."""

from functools import cache

import numpy as np

from surfaces import head_mesh, noise_texture
from visavis.capture.challenge import Gesture
from visavis.evaluation.laboratory.clips import Clip
from visavis.evaluation.laboratory.material import Material, Still
from visavis.evaluation.laboratory.puppet import AnimatedPortrait, rotation
from visavis.evaluation.laboratory.repertoire import Excursion, Repertoire
from visavis.perception.acquisition import Face
from visavis.perception.eyes import EyeOpenness
from visavis.perception.landmarks import FaceMesh
from visavis.perception.pose import HeadPose

PX = 14.0
"""Of a still, for each cm of its head."""
_PEAKS = {
    Gesture.TURN_LEFT: (20.0, 0.0, 0.0),
    Gesture.TURN_RIGHT: (-20.0, 0.0, 0.0),
    Gesture.LOOK_UP: (0.0, 13.0, 0.0),
    Gesture.LOOK_DOWN: (0.0, -13.0, 0.0),
    Gesture.CLOSE_EYES: (0.0, 0.0, 1.0),
}
_IDLE = 10


def mesh_of_noise(middle: tuple[float, float] = (350.0, 290.0)) -> FaceMesh:
    """Landmarks of a head of `surfaces.head_mesh`, as seen from the front."""
    points = head_mesh().vertices * [PX, -PX, -PX] + [*middle, 0]
    # where ears, the tip of the nose and the corners of eyes are looked for
    x, y = middle
    points[[234, 454]] = [[x - 7.4 * PX, y, 4 * PX], [x + 7.4 * PX, y, 4 * PX]]
    points[[133, 362]] = [[x - 2 * PX, y - 2.5 * PX, 0], [x + 2 * PX, y - 2.5 * PX, 0]]
    points[1] = [x, y + PX, points[:, 2].min()]
    return FaceMesh(points=np.asarray(points, np.float32), presence=1.0)


@cache
def still_of_noise(seed: int) -> Still:
    tint = np.random.default_rng(seed).uniform(0.75, 1.0, 3)
    pixels = np.asarray(noise_texture(seed, side=700)[60:640] * tint, np.uint8)
    return Still(name=f"noise{seed}", pixels=pixels, mesh=mesh_of_noise())


@cache
def clip_of_noise(seed: int) -> Clip:
    """Ten frames at rest, then three out and two at the peak for each gesture, at 15 frames/s."""
    still = still_of_noise(seed)
    portrait = AnimatedPortrait(still.pixels, still.mesh)
    poses = [(0.3 * np.sin(i), 0.2 * np.cos(i), 0.0) for i in range(_IDLE)]
    trips = {}
    for gesture, peak in _PEAKS.items():
        start = len(poses)
        poses += [(share * peak[0], share * peak[1], share * peak[2]) for share in (0.2, 0.5, 0.8, 0.97, 1.0)]
        trips[gesture] = Excursion(
            gesture=gesture,
            out=tuple(range(start, start + 3)),
            peak=tuple(range(start + 3, start + 5)),
            mirrored=False,
            reach=1.3,
        )
    frames = [portrait.render(yaw=yaw, pitch=pitch, left=shut, right=shut) for yaw, pitch, shut in poses]
    return Clip(
        name=still.name,
        fps=15.0,
        frames=tuple(frames),
        faces=tuple(_face(portrait, *pose) for pose in poses),
        times_s=tuple(i / 15 for i in range(len(poses))),
        gestures=Repertoire(idle=(tuple(range(_IDLE)),), excursions=trips),
    )


def material_of_noise() -> Material:
    """Two people."""
    return Material(clips=(clip_of_noise(1), clip_of_noise(2)), stills=(still_of_noise(1), still_of_noise(2)))


def _face(portrait: AnimatedPortrait, yaw: float, pitch: float, shut: float) -> Face:
    axes = np.array([1.0, -1.0, -1.0])
    middle = portrait.points.mean(axis=0)
    points = ((portrait.points - middle) * axes) @ rotation(yaw, pitch, 0).T * axes + middle
    mesh = FaceMesh(points=np.asarray(points, np.float32), presence=1.0)
    ratio, network = 0.3 * (1 - 0.5 * shut), 0.98 * (1 - shut)
    return Face(
        mesh=mesh,
        pose=HeadPose(yaw=yaw, pitch=pitch, roll=0.0),
        eyes=EyeOpenness(
            left=network,
            right=network,
            left_ratio=ratio,
            right_ratio=ratio,
            left_network=network,
            right_network=network,
        ),
        box=mesh.box,
        inter_eye_px=84.0,
    )
