"""The relief gain on surfaces whose shape is known."""

import cv2
import numpy as np
import pytest

from surfaces import Camera, Height, bent, flat, head_height, head_mesh, noise_texture, rotation
from visavis.capture.picture import Picture
from visavis.pad.relief import FaceCrop, ReliefMeter, angle_between, relief_gain
from visavis.perception.landmarks import FaceMesh

SCALE = 14.0
CAMERA = Camera()
MESH = head_mesh()
METER = ReliefMeter(MESH)


def seen(surface: Height, turn: float, *, read_as: float | None = None, seed: int = 3) -> FaceCrop:
    """The surface turned by ``turn`` degrees, with the landmarks of a head turned by ``read_as``."""
    pixels = CAMERA.render(noise_texture(seed), surface, rotation(turn))
    points = CAMERA.project(
        MESH.vertices * [SCALE, -SCALE, -SCALE], rotation(turn if read_as is None else read_as)
    ).astype(np.float32)
    crop = METER.crop(Picture(pixels), FaceMesh(points=points, presence=1.0))
    assert crop is not None
    return crop


def gain(surface: Height, turn: float, *, read_as: float | None = None) -> float:
    reference = METER.reference(seen(surface, 0))
    assert reference is not None
    pair = METER.measure(reference, seen(surface, turn, read_as=read_as))
    assert pair is not None
    return relief_gain([pair])


@pytest.mark.parametrize("turn", [-18.0, -12.0, 12.0, 18.0])
def test_a_solid_head_moves_by_all_of_its_depth(turn: float) -> None:
    assert gain(head_height(SCALE), turn) == pytest.approx(1.0, abs=0.15)


@pytest.mark.parametrize(("turn", "read_as"), [(30.0, 7.0), (45.0, 15.0), (-45.0, -20.0)])
@pytest.mark.parametrize("surface", [flat, bent(330.0), bent(-330.0)], ids=["flat", "convex", "concave"])
def test_a_sheet_has_no_relief_whatever_the_landmarks_claim(surface: Height, turn: float, read_as: float) -> None:
    assert abs(gain(surface, turn, read_as=read_as)) < 0.1


def test_half_a_relief_gives_half_the_gain() -> None:
    half: Height = lambda x, y: head_height(SCALE)(x, y) / 2  # noqa: E731 - a surface is a function
    assert gain(half, 15) == pytest.approx(0.5, abs=0.12)


def test_the_angle_between_two_frames_is_the_turn() -> None:
    assert angle_between(seen(flat, 0), seen(flat, 17)) == pytest.approx(17, abs=0.3)


def test_the_crop_has_one_size_of_face_whatever_the_picture() -> None:
    crop = seen(flat, 0)
    assert np.hypot(*(crop.points[263] - crop.points[33])) == pytest.approx(120, abs=2)


def test_a_face_without_texture_gives_no_pair() -> None:
    blank = Picture(np.full((360, 320, 3), 128, np.uint8))
    points = CAMERA.project(MESH.vertices * [SCALE, -SCALE, -SCALE], rotation(0)).astype(np.float32)
    neutral = METER.crop(blank, FaceMesh(points=points, presence=1.0))
    assert neutral is not None
    assert METER.reference(neutral) is None
    # nor does one that is to be compared with it
    reference = METER.reference(seen(flat, 0))
    assert reference is not None
    assert METER.measure(reference, neutral) is None


@pytest.mark.parametrize("surface", [flat, bent(330.0)], ids=["flat", "convex"])
def test_blur_and_noise_do_not_turn_a_sheet_into_a_face(surface: Height) -> None:
    """Where the pixels cannot tell, the mesh that the landmarks make up must not be believed."""
    rng = np.random.default_rng(8)

    def poor(turn: float, read_as: float) -> FaceCrop:
        pixels = CAMERA.render(noise_texture(3), surface, rotation(turn))
        soft = cv2.GaussianBlur(pixels, (0, 0), 3.0) + rng.normal(0, 6, pixels.shape)
        points = CAMERA.project(MESH.vertices * [SCALE, -SCALE, -SCALE], rotation(read_as)).astype(np.float32)
        crop = METER.crop(Picture(np.clip(soft, 0, 255).astype(np.uint8)), FaceMesh(points=points, presence=1.0))
        assert crop is not None
        return crop

    reference = METER.reference(poor(0, 0))
    assert reference is not None
    pair = METER.measure(reference, poor(35, 14))
    assert pair is None or pair.gain < 0.1


def test_a_smooth_warp_of_a_picture_has_little_relief() -> None:
    """A picture whose middle is pulled to one side, as a simple puppet: landmarks read it as a turn."""
    pixels = CAMERA.render(noise_texture(3), flat, rotation(0))
    rows, columns = np.mgrid[: pixels.shape[0], : pixels.shape[1]].astype(np.float32)
    from_middle = ((columns - CAMERA.width / 2) / 95) ** 2 + ((rows - CAMERA.height / 2) / 125) ** 2
    pulled = cv2.remap(pixels, columns - 22 * np.exp(-from_middle), rows, cv2.INTER_LINEAR)
    points = CAMERA.project(MESH.vertices * [SCALE, -SCALE, -SCALE], rotation(15)).astype(np.float32)
    crop = METER.crop(Picture(np.asarray(pulled, np.uint8)), FaceMesh(points=points, presence=1.0))
    reference = METER.reference(seen(flat, 0))
    assert crop is not None
    assert reference is not None
    pair = METER.measure(reference, crop)
    assert pair is not None
    assert pair.gain < 0.14


def test_a_mesh_without_extent_is_no_face() -> None:
    nothing = FaceMesh(points=np.zeros((468, 3), np.float32), presence=1.0)
    assert METER.crop(Picture(np.zeros((60, 60, 3), np.uint8)), nothing) is None


def test_a_pair_without_a_turn_has_no_gain() -> None:
    with pytest.raises(ValueError, match="turn"):
        relief_gain([])
