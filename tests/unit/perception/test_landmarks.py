import numpy as np
import pytest

from perception_material import StubSession, head, picture, seen, turned
from visavis.errors import ModelInvalidError
from visavis.perception.detector import Detection
from visavis.perception.geometry import Box, Region
from visavis.perception.landmarks import FaceLandmarker, region_of_detection, region_of_mesh
from visavis.perception.session import FloatTensor


def centred(tensor: FloatTensor) -> tuple[FloatTensor, ...]:
    """All points in the middle of the crop, but the nose, 48 px to the right of it and 10 nearer."""
    points = np.tile(np.array([96, 96, 0], np.float32), (468, 1))
    points[1] = (144, 96, -10)
    return points.reshape(1, 1, 1, -1), np.full((1, 1, 1, 1), 2.0, np.float32)


def test_points_come_back_in_px_of_the_picture() -> None:
    session = StubSession(centred)
    (mesh,) = FaceLandmarker(session).locate(picture(), [Region(100, 80, 384, np.pi / 2)])
    assert np.allclose(mesh.points[0], [100, 80, 0], atol=1e-4)
    # right in the crop is down in the picture; one px of the crop is two of the picture
    assert np.allclose(mesh.points[1], [100, 80 + 96, -20], atol=1e-4)
    assert mesh.presence == pytest.approx(1 / (1 + np.exp(-2)))
    assert not mesh.points.flags.writeable
    (tensor,) = session.asked
    assert tensor.shape == (1, 192, 192, 3)
    assert tensor.max() == pytest.approx(128 / 255)


def test_one_mesh_a_region_in_their_order() -> None:
    regions = [Region(x, 50, 60) for x in (40, 90, 140)]
    meshes = FaceLandmarker(StubSession(centred)).locate(picture(), regions)
    assert [round(float(mesh.points[0, 0])) for mesh in meshes] == [40, 90, 140]
    assert FaceLandmarker(StubSession(centred)).locate(picture(), []) == ()


def test_a_second_look_is_centred_and_level() -> None:
    for roll in (-120, -30, 0, 45, 180):
        mesh = seen(head(), turned(roll=roll), centre=(90, 70))
        region = region_of_mesh(mesh)
        assert np.degrees(np.angle(np.exp(1j * (region.angle - np.radians(roll))))) == pytest.approx(0, abs=0.1)
        level = region.to_crop(100)
        placed = mesh.points[:, :2] @ level[:, :2].T + level[:, 2]
        low, high = placed.min(axis=0), placed.max(axis=0)
        assert np.allclose((low + high) / 2, 50, atol=0.01)
        assert (high - low).max() == pytest.approx(100 / 1.5)


def test_the_region_of_a_detection_follows_its_eyes() -> None:
    keypoints = np.zeros((6, 2), np.float32)
    keypoints[0], keypoints[1] = (50, 40), (50, 60)
    region = region_of_detection(Detection(box=Box(30, 20, 40, 50), keypoints=keypoints, score=1))
    assert (region.x, region.y, region.side, region.angle) == pytest.approx((50, 45, 75, np.pi / 2))


def test_another_network_is_refused() -> None:
    session = StubSession(lambda _: (np.zeros(99, np.float32), np.zeros(1, np.float32)))
    with pytest.raises(ModelInvalidError) as caught:
        FaceLandmarker(session).locate(picture(), [Region(50, 50, 60)])
    assert caught.value.code == "model_output_unexpected"
