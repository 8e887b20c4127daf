import struct
from contextlib import suppress

import cv2
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from perception_material import head, seen, turned
from visavis.errors import ModelInvalidError
from visavis.perception.landmarks import LANDMARKS, FaceMesh
from visavis.perception.pose import CanonicalMesh, HeadPose, PoseEstimator

ANGLE = 0.01
PERSPECTIVE = 3.0
"""Degrees by which a camera 60 cm away moves the estimate, which knows of no perspective."""


@given(st.floats(-80, 80), st.floats(-60, 60), st.floats(-170, 170))
def test_the_angles_of_a_turned_head_come_back(yaw: float, pitch: float, roll: float) -> None:
    face = head()
    pose = PoseEstimator(face).estimate(seen(face, turned(yaw, pitch, roll)))
    assert pose.yaw == pytest.approx(yaw, abs=ANGLE)
    assert pose.pitch == pytest.approx(pitch, abs=ANGLE)
    assert pose.roll == pytest.approx(roll, abs=ANGLE)


def test_signs_in_the_words_of_the_docstring() -> None:
    """What a person sees in an unmirrored picture, without any rotation matrix."""
    face = head()
    straight = seen(face, turned()).points
    nose = 1

    def moved(**angles: float) -> tuple[FaceMesh, NDArray[np.float32], HeadPose]:
        mesh = seen(face, turned(**angles))
        return mesh, mesh.points[nose, :2] - straight[nose, :2], PoseEstimator(face).estimate(mesh)

    mesh, shift, pose = moved(yaw=20)
    assert shift[0] > 5
    assert pose.yaw == pytest.approx(20, abs=ANGLE)
    mesh, shift, pose = moved(pitch=20)
    assert shift[1] < -5
    assert pose.pitch == pytest.approx(20, abs=ANGLE)
    mesh, shift, pose = moved(roll=20)
    # leaning to the own left shoulder: the own left eye, on the right of the picture, goes down
    assert mesh.left_eye[1] > mesh.right_eye[1] + 5
    assert pose.roll == pytest.approx(20, abs=ANGLE)


@given(st.floats(-30, 30), st.floats(-30, 30), st.floats(-30, 30))
def test_a_cameras_perspective_moves_little(yaw: float, pitch: float, roll: float) -> None:
    face = head()
    pose = PoseEstimator(face).estimate(seen(face, turned(yaw, pitch, roll), distance=60))
    assert pose.yaw == pytest.approx(yaw, abs=PERSPECTIVE)
    assert pose.pitch == pytest.approx(pitch, abs=PERSPECTIVE)
    assert pose.roll == pytest.approx(roll, abs=PERSPECTIVE)


@pytest.mark.parametrize("angles", [(0, 0, 0), (25, 0, 0), (0, 20, 0), (-15, 10, 12), (30, -20, -25)])
def test_it_agrees_with_the_perspective_n_points_of_opencv(angles: tuple[float, float, float]) -> None:
    face = head()
    focal, distance = 640.0, 60.0
    mesh = seen(face, turned(*angles), centre=(320, 240), px_per_cm=focal / distance, distance=distance)
    camera = np.array([[focal, 0, 320], [0, focal, 240], [0, 0, 1]])
    ok, vector, _ = cv2.solvePnP(face.vertices, mesh.points[:, :2].astype(np.float64), camera, np.zeros(4))
    assert ok
    # OpenCV's camera has y down and z away from it
    rotation = np.diag([1.0, -1, -1]) @ np.asarray(cv2.Rodrigues(vector)[0], np.float64)
    theirs = PoseEstimator(face).estimate(seen(face, rotation))
    ours = PoseEstimator(face).estimate(mesh)
    assert ours.yaw == pytest.approx(theirs.yaw, abs=PERSPECTIVE)
    assert ours.pitch == pytest.approx(theirs.pitch, abs=PERSPECTIVE)
    assert ours.roll == pytest.approx(theirs.roll, abs=PERSPECTIVE)


def test_a_mirrored_picture_turns_yaw_and_roll_over() -> None:
    half = head().vertices[:234]
    face = CanonicalMesh(np.vstack([half, half * [-1, 1, 1]]), head().weights)
    mesh = seen(face, turned(15, 5, 10))
    mirrored = FaceMesh(
        points=(np.roll(mesh.points, 234, axis=0) * [-1, 1, 1] + [320, 0, 0]).astype(np.float32), presence=1
    )
    pose = PoseEstimator(face).estimate(mirrored)
    assert (pose.yaw, pose.pitch, pose.roll) == pytest.approx((-15, 5, -10), abs=ANGLE)


# the protocol buffer


def varint(number: int) -> bytes:
    out = bytearray()
    while number > 127:
        out.append(number & 127 | 128)
        number >>= 7
    return bytes((*out, number))


def field(number: int, payload: bytes) -> bytes:
    return varint(number << 3 | 2) + varint(len(payload)) + payload


def encoded(*, packed: bool = True, vertices: int = LANDMARKS, index: int = 5, weight: float = 2.0) -> bytes:
    numbers = np.arange(vertices * 5, dtype="<f4").tobytes()
    if packed:
        buffer = field(3, numbers)
    else:
        buffer = b"".join(varint(3 << 3 | 5) + numbers[i : i + 4] for i in range(0, len(numbers), 4))
    mesh = varint(1 << 3) + varint(0) + buffer + varint(4 << 3) + varint(300)
    weights = field(2, varint(1 << 3) + varint(index) + varint(2 << 3 | 5) + struct.pack("<f", weight))
    return field(1, mesh) + weights + weights.replace(varint(index), varint(index + 1), 1)


@pytest.mark.parametrize("packed", [True, False])
def test_the_model_file_is_read(packed: bool) -> None:
    mesh = CanonicalMesh.parse(encoded(packed=packed))
    assert mesh.vertices.shape == (LANDMARKS, 3)
    assert np.array_equal(mesh.vertices[1], [5, 6, 7])
    assert mesh.weights.sum() == pytest.approx(1)
    assert mesh.weights[5] > 0
    assert not mesh.vertices.flags.writeable


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"\x00" * 10,
        b"\xff" * 30,
        encoded()[:-3],
        encoded()[:500],
        encoded(vertices=467),
        encoded(index=468),
        encoded(weight=-1),
        encoded(weight=float("nan")),
        field(1, b"\x1d\x00"),
        b"\x0b" + encoded(),
        b"\x00" * ((1 << 20) + 1),
    ],
)
def test_bytes_that_are_no_such_model(data: bytes) -> None:
    with pytest.raises(ModelInvalidError) as caught:
        CanonicalMesh.parse(data)
    assert caught.value.code == "canonical_mesh_invalid"


@given(st.binary(max_size=200), st.integers(0, 9000))
def test_any_damage_ends_in_the_one_error(noise: bytes, at: int) -> None:
    good = encoded()
    damaged = good[:at] + noise + good[at + len(noise) :]
    with suppress(ModelInvalidError):
        CanonicalMesh.parse(damaged)
