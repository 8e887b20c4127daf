"""Mean colours in linear light, from pictures painted for it."""

import cv2
import numpy as np
import pytest

from surfaces import Camera, head_mesh, rotation
from visavis.capture.picture import Picture
from visavis.pad.colours import PATCHES, ColourMeter
from visavis.perception.landmarks import FACE_OVAL, FaceMesh
from visavis.perception.pose import HeadPose

MESH = head_mesh()
METER = ColourMeter(MESH)
CAMERA = Camera(width=400, height=400)
GREY_128 = 0.2158605
"""Linear light of 128 in sRGB, IEC 61966-2-1."""


def mesh(scale: float = 9.0) -> FaceMesh:
    """Landmarks of the made head, with an outline around it."""
    points = CAMERA.project(MESH.vertices * [scale, -scale, -scale], rotation(0)).astype(np.float32)
    around = np.linspace(0, 2 * np.pi, len(FACE_OVAL), endpoint=False)
    points[list(FACE_OVAL), 0] = 200 + 8 * scale * np.sin(around)
    points[list(FACE_OVAL), 1] = 200 - 9.5 * scale * np.cos(around)
    return FaceMesh(points=points, presence=1.0)


def painted(face: tuple[int, int, int], room: tuple[int, int, int], where: FaceMesh) -> np.ndarray:
    pixels = np.full((400, 400, 3), room, np.uint8)
    outline = np.round(where.points[list(FACE_OVAL), :2]).astype(np.int32)
    cv2.fillPoly(pixels, [outline], face)
    return pixels


def test_skin_and_background_are_linear_means() -> None:
    where = mesh()
    colours = METER.measure(Picture(painted((128, 128, 128), (0, 255 - 127, 64), where)), where)
    assert colours.skin == pytest.approx([GREY_128] * 3, abs=0.004)
    assert colours.background == pytest.approx([0, GREY_128, 0.0513], abs=0.002)
    assert colours.patches.shape == (len(PATCHES), 3)
    assert np.nanmean(colours.patches) == pytest.approx(GREY_128, abs=0.004)


def test_eyes_and_mouth_do_not_count_as_skin() -> None:
    where = mesh()
    pixels = painted((128, 128, 128), (90, 90, 90), where)
    for middle in ((-3.0, -2.5), (3.0, -2.5), (0.0, 4.0)):
        x, y = np.array(middle) * 9.0 + 200
        cv2.circle(pixels, (round(x), round(y)), 4, (255, 0, 0), -1)
    assert METER.measure(Picture(pixels), where).skin == pytest.approx([GREY_128] * 3, abs=0.01)


def test_clipped_pixels_say_nothing() -> None:
    where = mesh()
    pixels = painted((128, 128, 128), (90, 90, 90), where)
    pixels[150:170, 180:220] = 255
    assert METER.measure(Picture(pixels), where).skin == pytest.approx([GREY_128] * 3, abs=0.012)
    blown = METER.measure(Picture(np.full((400, 400, 3), 255, np.uint8)), where)
    assert np.isnan(blown.skin).all()
    assert np.isnan(blown.patches).all()


def test_a_face_that_fills_the_picture_has_no_background() -> None:
    where = mesh(scale=24.0)
    assert np.isnan(METER.measure(Picture(painted((128, 128, 128), (9, 9, 9), where)), where).background).all()


def test_a_face_beyond_the_border_gives_no_number_and_no_error() -> None:
    points = mesh().points + np.float32(5000)
    colours = METER.measure(Picture(np.full((400, 400, 3), 100, np.uint8)), FaceMesh(points=points, presence=1.0))
    assert np.isnan(colours.skin).all()


def test_parts_face_the_camera_as_the_head_turns() -> None:
    front = METER.facing(HeadPose(yaw=0, pitch=0, roll=0))
    assert front.shape == (len(PATCHES),)
    assert (front > 0.2).all()
    assert (front <= 1).all()
    left, right = (METER.facing(HeadPose(yaw=yaw, pitch=0, roll=0)) for yaw in (25.0, -25.0))
    side = MESH.vertices[list(PATCHES), 0]  # positive on the holder's own left
    # turned to the own left, the right side of the face comes to the camera
    assert np.corrcoef(left - right, side)[0, 1] < -0.7
    up = METER.facing(HeadPose(yaw=0, pitch=25.0, roll=0))
    assert np.corrcoef(up - front, MESH.vertices[list(PATCHES), 1])[0, 1] < -0.5
    assert METER.facing(HeadPose(yaw=0, pitch=0, roll=40.0)) == pytest.approx(front)
