"""What is kept of a frame, and that it is little."""

import math
from dataclasses import replace

import numpy as np
import pytest

from visavis.capture.picture import Picture
from visavis.pad.observation import THUMBNAIL_SIDE, observe, thumbnail_of
from visavis.perception.acquisition import Acquisition, Face
from visavis.perception.eyes import EyeOpenness
from visavis.perception.geometry import Box
from visavis.perception.landmarks import FaceMesh
from visavis.perception.pose import HeadPose


def picture(seed: int = 0, width: int = 64, height: int = 96) -> Picture:
    return Picture(np.random.default_rng(seed).integers(0, 256, (height, width, 3), np.uint8))


def face() -> Face:
    mesh = FaceMesh(points=np.zeros((468, 3), np.float32), presence=1.0)
    eyes = EyeOpenness(left=1, right=1, left_ratio=0.3, right_ratio=0.3, left_network=1, right_network=1)
    return Face(mesh=mesh, pose=HeadPose(yaw=0, pitch=0, roll=0), eyes=eyes, box=mesh.box, inter_eye_px=80.0)


def test_an_acquired_face_is_taken_over_with_the_frame() -> None:
    one = face()
    seen = observe(picture(), Acquisition(reason=None, face=one), captured_s=1.5, arrived_s=7.0, encoding="x")
    assert (seen.face, seen.problem, seen.other_faces) == (one, None, 0)
    assert (seen.width, seen.height, seen.captured_s, seen.arrived_s, seen.encoding) == (64, 96, 1.5, 7.0, "x")


@pytest.mark.parametrize(
    ("acquisition", "others"),
    [
        (Acquisition(reason="no_face", face=None), 0),
        (Acquisition(reason="second_face", face=None, others=(face(), face())), 1),
        (Acquisition(reason="face_cut_off", face=None, others=(face(),)), 0),
        (Acquisition(reason=None, face=face(), others=(face(), face()), notes=("background_face",)), 2),
    ],
)
def test_other_faces_are_counted_without_the_one(acquisition: Acquisition, others: int) -> None:
    seen = observe(picture(), acquisition, captured_s=0, arrived_s=0)
    assert seen.other_faces == others
    assert seen.problem == acquisition.reason


def test_a_thumbnail_has_no_mean_and_follows_the_picture() -> None:
    one = thumbnail_of(picture(0))
    assert one.shape == (THUMBNAIL_SIDE, THUMBNAIL_SIDE)
    assert one.dtype == np.float32
    assert abs(float(one.mean())) < 1e-3
    assert not one.flags.writeable
    assert float(np.abs(one - thumbnail_of(picture(1))).max()) > 1


def test_brightness_alone_leaves_the_thumbnail() -> None:
    dark = Picture(np.asarray(picture().pixels // 2, np.uint8))
    bright = Picture(np.asarray(dark.pixels + 100, np.uint8))
    assert np.allclose(thumbnail_of(dark), thumbnail_of(bright), atol=1e-2)


def test_brightness_is_that_of_the_face() -> None:
    pixels = np.zeros((96, 64, 3), np.uint8)
    pixels[20:60, 10:50] = 200
    points = np.array([[10, 20, 0], [50, 60, 0]] * 234, np.float32)
    mesh = FaceMesh(points=points, presence=1.0)
    lit = replace(face(), mesh=mesh, box=mesh.box)
    seen = observe(Picture(pixels), Acquisition(reason=None, face=lit), captured_s=0, arrived_s=0)
    assert seen.brightness == pytest.approx(200, abs=0.1)
    gone = replace(lit, box=Box(-90, -90, 20, 20))
    assert observe(Picture(pixels), Acquisition(reason=None, face=gone), captured_s=0, arrived_s=0).brightness is None
    assert (
        observe(Picture(pixels), Acquisition(reason="no_face", face=None), captured_s=0, arrived_s=0).brightness is None
    )


def test_an_observation_keeps_no_pixels() -> None:
    large = picture(width=1280, height=720)
    seen = observe(large, Acquisition(reason=None, face=face()), captured_s=0, arrived_s=0)
    arrays = [seen.thumbnail, seen.face.mesh.points] if seen.face else []
    assert arrays
    assert not any(np.shares_memory(array, large.pixels) for array in arrays)
    assert sum(array.nbytes for array in arrays) < 12_000


@pytest.mark.parametrize("time", [math.nan, math.inf, 1e308, -1.1e9])
def test_a_time_that_is_no_number_is_a_mistake_of_the_caller(time: float) -> None:
    with pytest.raises(ValueError, match="finite"):
        observe(picture(), Acquisition(reason="no_face", face=None), captured_s=time, arrived_s=0)
