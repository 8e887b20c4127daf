import numpy as np
import pytest

from perception_material import StubSession, head, picture, seen, turned
from visavis.capture.picture import Picture
from visavis.errors import ModelInvalidError
from visavis.perception.eyes import EyeEstimator, aspect_ratio, lid_opening
from visavis.perception.landmarks import FaceMesh
from visavis.perception.session import FloatTensor

RIGHT_LIDS = ((159, 145), (158, 153), (160, 144))


def with_right_eye_shut(mesh: FaceMesh) -> FaceMesh:
    points = mesh.points.copy()
    for upper, lower in RIGHT_LIDS:
        points[upper] = points[lower]
    return FaceMesh(points=points, presence=1.0)


def brighter_is_more_open(tensor: FloatTensor) -> tuple[FloatTensor, ...]:
    return (np.array([[0.0, 20 * (tensor.mean() - 0.5)]], np.float32),)


def lit(mesh: FaceMesh, *, right: int, left: int) -> Picture:
    """A picture whose halves are split between the eyes."""
    pixels = np.full((240, 320, 3), left, np.uint8)
    pixels[:, : int((mesh.right_eye[0] + mesh.left_eye[0]) / 2)] = right
    return Picture(pixels)


def test_left_and_right_are_the_holders_own() -> None:
    """The holder's right eye is on the left of the picture."""
    mesh = seen(head(), turned())
    assert mesh.right_eye[0] < mesh.left_eye[0]
    estimator = EyeEstimator(StubSession(brighter_is_more_open))
    eyes = estimator.estimate(lit(mesh, right=0, left=255), mesh)
    assert eyes.left_network > 0.99
    assert eyes.right_network < 0.01
    shut = with_right_eye_shut(mesh)
    assert aspect_ratio(shut, left=False) < 0.02 < aspect_ratio(shut, left=True)
    assert lid_opening(shut, left=False) < 0.01 < lid_opening(shut, left=True)


def test_an_eye_counts_as_closed_only_where_both_say_so() -> None:
    mesh = seen(head(), turned())
    estimator = EyeEstimator(StubSession(brighter_is_more_open))
    open_both = estimator.estimate(lit(mesh, right=255, left=255), mesh)
    assert min(open_both.left, open_both.right) > 0.95
    lids_alone = estimator.estimate(lit(mesh, right=255, left=255), with_right_eye_shut(mesh))
    network_alone = estimator.estimate(lit(mesh, right=0, left=255), mesh)
    both = estimator.estimate(lit(mesh, right=0, left=255), with_right_eye_shut(mesh))
    assert lids_alone.right == pytest.approx(0.5, abs=0.05)
    assert network_alone.right == pytest.approx(0.5, abs=0.05)
    assert both.right < 0.05
    assert both.left > 0.95


def test_the_network_sees_a_level_grey_crop() -> None:
    mesh = seen(head(), turned(roll=40))
    session = StubSession(brighter_is_more_open)
    EyeEstimator(session).estimate(picture(value=255), mesh)
    assert [tensor.shape for tensor in session.asked] == [(1, 1, 24, 24)] * 2
    assert session.asked[0].dtype == np.float32
    assert np.allclose(session.asked[0], 1)


def test_another_network_is_refused() -> None:
    session = StubSession(lambda _: (np.zeros((1, 3), np.float32),))
    with pytest.raises(ModelInvalidError) as caught:
        EyeEstimator(session).estimate(picture(), seen(head(), turned()))
    assert caught.value.code == "model_output_unexpected"


def test_a_mesh_without_width_has_no_ratio() -> None:
    flat = FaceMesh(points=np.zeros((468, 3), np.float32), presence=1.0)
    assert aspect_ratio(flat, left=True) == 0
    assert lid_opening(flat, left=True) == 0
