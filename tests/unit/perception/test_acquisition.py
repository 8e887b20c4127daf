"""The rules of who is meant, with a scripted detector and landmarker: every outcome is a code."""

import numpy as np
import pytest

from perception_material import HEAD, SIDE, Stage, StagedLandmarker, StubSession, face, picture
from visavis.domain.reasons import REASONS
from visavis.perception.acquisition import FaceAcquirer, FaceChoice, share_outside
from visavis.perception.detector import FaceDetector
from visavis.perception.eyes import EyeEstimator
from visavis.perception.geometry import Region
from visavis.perception.landmarks import FaceMesh
from visavis.perception.pose import PoseEstimator


def test_one_face() -> None:
    found = Stage(face(320, 320, 12)).acquire()
    assert found.reason is None
    assert found.face is not None
    assert found.face.inter_eye_px == pytest.approx(12 * 6.3, rel=0.01)
    assert found.face.eyes.left > 0.9
    assert (found.others, found.notes) == ((), ())


def test_nobody() -> None:
    assert Stage().acquire().reason == "no_face"


def test_what_only_looks_like_a_face_is_nobody() -> None:
    """The detector fires, the landmark network's face flag says no."""
    stage = Stage(ghosts=((320, 320, 200),))
    found = stage.acquire()
    assert (found.reason, found.face, found.others) == ("no_face", None, ())


@pytest.mark.parametrize("second", [12, 8, 3])
def test_a_second_face_refuses_and_nobody_is_picked(second: float) -> None:
    found = Stage(face(200, 200, 12), face(470, 470, second)).acquire()
    assert found.reason == "second_face"
    assert found.face is None
    assert len(found.others) == 2
    assert found.others[0].inter_eye_px >= found.others[1].inter_eye_px


def test_a_far_smaller_face_is_noted() -> None:
    found = Stage(face(220, 220, 16), face(560, 560, 2.4)).acquire()
    assert found.reason is None
    assert found.notes == ("background_face",)
    assert len(found.others) == 1


def test_the_central_face_for_labelled_data() -> None:
    found = Stage(face(330, 310, 8), face(120, 120, 12)).acquire(FaceChoice.CENTRAL)
    assert found.face is not None
    assert found.face.box.centre == pytest.approx((330, 310), abs=40)
    assert len(found.others) == 1


@pytest.mark.parametrize(("ratio", "reason"), [(0.4, None), (0.65, None), (0.75, "second_face"), (1.0, "second_face")])
def test_a_ghost_print_is_set_apart_never_dropped(ratio: float, reason: str | None) -> None:
    found = Stage(face(200, 250, 12), face(480, 400, 12 * ratio)).acquire(FaceChoice.PORTRAIT)
    assert found.reason == reason
    assert len(found.others) == (1 if reason is None else 2)


def test_a_face_that_leaves_the_picture() -> None:
    cut = face(40, 320, 12)
    assert share_outside(picture(SIDE, SIDE), cut) > 0.1
    found = Stage(cut).acquire()
    assert (found.reason, found.face) == ("face_cut_off", None)
    assert len(found.others) == 1


@pytest.mark.parametrize(("px", "reason"), [(23, "face_too_small"), (25, None)])
def test_too_few_px_between_the_eyes(px: float, reason: str | None) -> None:
    assert Stage(face(320, 320, px / 6.3)).acquire().reason == reason


def test_two_detections_of_one_face_are_one() -> None:
    found = Stage(face(320, 320, 12), ghosts=((350, 330, 230),)).acquire()
    assert found.reason is None
    assert found.others == ()


@pytest.mark.parametrize("roll", [90, 180, -90])
def test_an_unsure_face_is_looked_at_each_way_round(roll: float) -> None:
    """Only a look along the face is sure."""
    lying = face(320, 320, 12, roll=roll)

    class Turned(StagedLandmarker):
        def _locate(self, picture: object, region: Region) -> FaceMesh:
            mesh = super()._locate(picture, region)
            off = np.degrees(np.angle(np.exp(1j * (region.angle - np.radians(roll)))))
            return mesh if abs(off) < 30 else FaceMesh(points=mesh.points, presence=0.4)

    stage = Stage(lying)
    acquirer = FaceAcquirer(
        FaceDetector(stage.detector),
        Turned(stage),
        PoseEstimator(HEAD),
        EyeEstimator(StubSession(lambda _: (np.array([[0, 9]], np.float32),))),
    )
    found = acquirer.acquire(picture(SIDE, SIDE), choice=FaceChoice.PORTRAIT)
    assert found.face is not None
    assert np.cos(np.radians(found.face.pose.roll - roll)) > 0.99


def test_every_code_has_its_text() -> None:
    for code in ("no_face", "second_face", "face_cut_off", "face_too_small", "background_face"):
        assert REASONS[code].text
