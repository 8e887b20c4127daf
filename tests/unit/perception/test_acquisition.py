"""The rules of who is meant, with a scripted detector and landmarker: every outcome is a code."""

import numpy as np
import pytest

from perception_material import StubSession, head, picture, seen, turned
from visavis.domain.reasons import REASONS
from visavis.perception.acquisition import Acquisition, AcquisitionOptions, FaceAcquirer, FaceChoice, share_outside
from visavis.perception.detector import BACK_RANGE, FaceDetector, anchor_centres
from visavis.perception.eyes import EyeEstimator
from visavis.perception.geometry import Region, apply
from visavis.perception.landmarks import FaceLandmarker, FaceMesh
from visavis.perception.pose import PoseEstimator
from visavis.perception.session import FloatTensor

HEAD = head()
SIDE = 640


def face(x: float, y: float, px_per_cm: float, *, roll: float = 0, presence: float = 0.9999) -> FaceMesh:
    return seen(HEAD, turned(roll=roll), centre=(x, y), px_per_cm=px_per_cm, presence=presence)


class Stage:
    """A picture of ``faces``: the detector sees them all, the landmarker the one that its region is on."""

    def __init__(self, *faces: FaceMesh, ghosts: tuple[tuple[float, float, float], ...] = ()) -> None:
        self.faces = faces
        self.ghosts = ghosts
        self.detector = StubSession(self._detect)

    def acquire(self, choice: FaceChoice = FaceChoice.ONLY, options: AcquisitionOptions | None = None) -> Acquisition:
        acquirer = FaceAcquirer(
            FaceDetector(self.detector),
            _Landmarker(self),
            PoseEstimator(HEAD),
            EyeEstimator(StubSession(lambda _: (np.array([[0, 9]], np.float32),))),
            options,
        )
        return acquirer.acquire(picture(SIDE, SIDE), choice=choice)

    def _detect(self, tensor: FloatTensor) -> tuple[FloatTensor, ...]:
        anchors = anchor_centres(256, BACK_RANGE.grids)
        boxes, scores = np.zeros((1, 896, 16), np.float32), np.full((1, 896, 1), -20, np.float32)
        places = [(*mesh.box.centre, max(mesh.box.width, mesh.box.height)) for mesh in self.faces]
        for x, y, side in (np.array(place) * 256 / SIDE for place in (*places, *self.ghosts)):
            index = int(np.hypot(*(anchors - [x, y]).T).argmin())
            row = np.vstack([[x, y], [side, side], np.tile([x, y], (6, 1))])
            row[3, 0] += side / 4  # the left eye, right of the right one
            row[0] -= anchors[index]
            row[2:] -= anchors[index]
            boxes[0, index], scores[0, index] = row.ravel(), 4
        return boxes, scores


class _Landmarker(FaceLandmarker):
    def __init__(self, stage: Stage) -> None:
        super().__init__(StubSession(lambda _: ()))
        self._stage = stage

    def _locate(self, picture: object, region: Region) -> FaceMesh:
        for mesh in self._stage.faces:
            placed = apply(region.to_crop(100), np.array(mesh.box.centre))
            if np.abs(placed - 50).max() < 20:
                return mesh
        return face(region.x, region.y, 1, presence=0.01)


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

    class Turned(_Landmarker):
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
