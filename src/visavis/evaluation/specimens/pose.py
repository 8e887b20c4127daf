"""Where the camera is: from millimetres on the table to pixels of the picture, by a pinhole camera."""

import math
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

__all__ = ["Pose", "Quad", "homography", "through"]

Quad = NDArray[np.float64]

FOCAL: Final = 0.85
"""Of the frame's longer side: a phone's main camera."""
MARGIN: Final = 0.015
"""Of the frame, around the page."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Pose:
    """``turn_deg``: of the page in the picture, clockwise, quarter turns included. ``tilt_deg``: of the page's plane,
    around an axis in it at ``axis_deg``. ``fill``: as in `visavis.evaluation.specimens.levels.Conditions`. ``across``,
    ``down``: -1..1, where the page lies in the room that is left.
    """

    turn_deg: float
    tilt_deg: float
    axis_deg: float
    fill: float
    across: float
    down: float


def homography(pose: Pose, page_mm: tuple[float, float], frame: tuple[int, int]) -> NDArray[np.float64]:
    """(3, 3): from mm around the page's middle, x right and y down as the page is read, to px of a ``frame``."""
    width, height = frame
    half = np.array(page_mm) / 2
    corners = np.array([[-1, -1], [1, -1], [1, 1], [-1, 1]]) * half
    rotation = _rotation(pose)
    focal = FOCAL * max(frame)
    distance = 4.0 * max(page_mm)
    matrix = np.eye(3)
    for _ in range(12):  # the distance at which the page fills its share; converges at once without tilt
        matrix = _project(rotation, distance, focal, frame)
        seen = through(matrix, corners)
        took = float(((seen.max(axis=0) - seen.min(axis=0)) / np.array(frame)).max())
        distance *= took / pose.fill
    seen = through(matrix, corners)
    low, high = seen.min(axis=0), seen.max(axis=0)
    room = (np.array([width, height]) * (1 - 2 * MARGIN) - (high - low)) / 2
    middle = np.array([width, height]) / 2 + np.maximum(room, 0) * [pose.across, pose.down]
    shift = np.eye(3)
    shift[:2, 2] = middle - (low + high) / 2
    return np.asarray(shift @ matrix, np.float64)


def through(matrix: NDArray[np.float64], points: NDArray[np.float64]) -> NDArray[np.float64]:
    """``points`` (n, 2) through a homography."""
    mapped = np.column_stack([points, np.ones(len(points))]) @ matrix.T
    return np.asarray(mapped[:, :2] / mapped[:, 2:], np.float64)


def _rotation(pose: Pose) -> NDArray[np.float64]:
    turn, tilt, axis = (math.radians(angle) for angle in (pose.turn_deg, pose.tilt_deg, pose.axis_deg))
    flat = np.array([[math.cos(turn), -math.sin(turn), 0], [math.sin(turn), math.cos(turn), 0], [0, 0, 1]])
    x, y = math.cos(axis), math.sin(axis)
    cross = np.array([[0, 0, y], [0, 0, -x], [-y, x, 0]])  # O. Rodrigues' formula
    tilted = np.eye(3) + math.sin(tilt) * cross + (1 - math.cos(tilt)) * cross @ cross
    return np.asarray(tilted @ flat, np.float64)


def _project(
    rotation: NDArray[np.float64], distance: float, focal: float, frame: tuple[int, int]
) -> NDArray[np.float64]:
    camera = np.array([[focal, 0, frame[0] / 2], [0, focal, frame[1] / 2], [0, 0, 1]])
    return np.asarray(camera @ np.column_stack([rotation[:, 0], rotation[:, 1], [0, 0, distance]]), np.float64)
