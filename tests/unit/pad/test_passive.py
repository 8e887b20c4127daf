"""The passive witness: its crop and its statistics with a made network, then the two real pictures."""

from pathlib import Path

import numpy as np
import pytest

from visavis.adapters.model_store import ModelStore
from visavis.adapters.sessions import open_session
from visavis.capture.picture import Picture, read_picture
from visavis.domain.evidence import Outcome
from visavis.domain.reasons import REASONS
from visavis.errors import ModelInvalidError
from visavis.pad.evidence import WitnessEvidence
from visavis.pad.observation import FrameObservation, thumbnail_of
from visavis.pad.passive import PassiveOptions, PassiveWitness, TextureNetwork
from visavis.perception.acquisition import Face
from visavis.perception.detector import BACK_RANGE, FaceDetector
from visavis.perception.eyes import EyeOpenness
from visavis.perception.landmarks import FaceLandmarker, FaceMesh, region_of_detection
from visavis.perception.manifest import Task
from visavis.perception.pose import HeadPose
from visavis.perception.session import FloatTensor, ModelIdentity

EYES = EyeOpenness(left=1, right=1, left_ratio=0.3, right_ratio=0.3, left_network=1, right_network=1)


class Made:
    """Gives these logits for a living person, one run after the other, and remembers what it was fed."""

    identity = ModelIdentity("made", "1", "0" * 64)

    def __init__(self, *logits: float, outputs: int = 3) -> None:
        self._logits = logits
        self._outputs = outputs
        self.fed: list[FloatTensor] = []

    def run(self, tensor: FloatTensor, /) -> tuple[FloatTensor, ...]:
        live = self._logits[len(self.fed) % len(self._logits)]
        self.fed.append(tensor)
        return (np.array([[live, *[0.0] * (self._outputs - 1)]], np.float32),)


def mesh(left: float, top: float, width: float, height: float) -> FaceMesh:
    points = np.zeros((468, 3), np.float32)
    points[:, 0], points[:, 1] = left, top
    points[1, :2] = left + width, top + height
    return FaceMesh(points=points, presence=1.0)


def observation(picture: Picture, time_s: float, where: FaceMesh | None) -> FrameObservation:
    face = None
    if where is not None:
        pose = HeadPose(yaw=0, pitch=0, roll=0)
        face = Face(mesh=where, pose=pose, eyes=EYES, box=where.box, inter_eye_px=60.0)
    return FrameObservation(
        captured_s=time_s, arrived_s=time_s, width=1, height=1, thumbnail=thumbnail_of(picture), face=face
    )


PICTURE = Picture(np.full((200, 300, 3), (250, 100, 10), np.uint8))
FACE = mesh(130, 80, 40, 40)


def judged(
    session: Made, frames: int, *, apart_s: float = 0.5, options: PassiveOptions | None = None
) -> WitnessEvidence:
    witness = PassiveWitness(TextureNetwork(session), options)
    state = witness.start()
    for index in range(frames):
        state = witness.see(state, PICTURE, observation(PICTURE, index * apart_s, FACE))
    return witness.judge(state)


def test_the_network_is_fed_bgr_as_it_was_trained() -> None:
    session = Made(0.0)
    TextureNetwork(session).score(PICTURE, FACE)
    (tensor,) = session.fed
    assert tensor.shape == (1, 3, 128, 128)
    assert tensor.dtype == np.float32
    assert tensor[0, :, 64, 64].tolist() == [10, 100, 250]


def test_the_crop_is_cut_at_the_border_and_never_padded() -> None:
    session = Made(0.0)
    TextureNetwork(session).score(PICTURE, mesh(5, 5, 150, 150))
    assert session.fed[0].min() == 10


def test_a_face_outside_of_the_picture_has_no_texture() -> None:
    assert TextureNetwork(Made(0.0)).score(PICTURE, mesh(900, 900, 20, 20)) is None


def test_another_number_of_classes_is_refused() -> None:
    with pytest.raises(ModelInvalidError, match="three numbers"):
        TextureNetwork(Made(0.0, outputs=2)).score(PICTURE, FACE)


def test_sure_frames_pass_and_a_few_outliers_do_not_count() -> None:
    evidence = judged(Made(*[9.0] * 19, -9.0), 20)
    assert evidence.outcome is Outcome.PASS
    assert evidence.score is not None
    assert evidence.score > 0.99
    assert evidence.details["advisory"] is True


def test_doubt_is_inconclusive_and_never_a_fail() -> None:
    evidence = judged(Made(-9.0), 20)
    assert evidence.outcome is Outcome.INCONCLUSIVE
    assert evidence.reasons == ("texture_of_a_copy",)
    assert evidence.score == pytest.approx(0, abs=0.01)


def test_half_of_the_frames_in_doubt_is_doubt() -> None:
    assert judged(Made(9.0, -9.0), 20).outcome is Outcome.INCONCLUSIVE


def test_few_frames_say_nothing() -> None:
    evidence = judged(Made(9.0), 4)
    assert evidence.outcome is Outcome.INCONCLUSIVE
    assert evidence.reasons == ("too_few_frames",)


def test_no_face_is_not_measured() -> None:
    witness = PassiveWitness(TextureNetwork(Made(9.0)))
    state = witness.see(witness.start(), PICTURE, observation(PICTURE, 0.0, None))
    assert witness.judge(state).outcome is Outcome.NOT_MEASURED


def test_frames_are_looked_at_on_a_schedule_with_changing_crops_and_bounded_memory() -> None:
    session = Made(1.0)
    judged(session, 60, apart_s=0.1)
    assert len(session.fed) == 9  # five every 0.3 s, then one a second
    options = PassiveOptions(most_frames=7)
    assert judged(Made(1.0), 40, options=options).details["frames"] == 7
    varied = Picture(np.random.default_rng(1).integers(0, 255, (200, 300, 3), np.uint8))
    network = TextureNetwork(session)
    session.fed.clear()
    for margin in PassiveOptions().margins:
        network.score(varied, FACE, margin=margin)
    assert not np.array_equal(session.fed[0], session.fed[1])


def test_a_clock_that_goes_back_does_not_stop_it() -> None:
    session = Made(1.0)
    witness = PassiveWitness(TextureNetwork(session))
    state = witness.start()
    for time_s in (100.0, 5.0, 6.0):
        state = witness.see(state, PICTURE, observation(PICTURE, time_s, FACE))
    assert state.seen == 3


def test_reasons_have_texts() -> None:
    assert all(REASONS[code].text for code in ("texture_of_a_copy", "too_few_frames"))


@pytest.mark.models
@pytest.mark.faces
def test_a_real_print_is_told_from_a_real_frame(model_store: ModelStore, test_data: Path) -> None:
    manifest = model_store.manifest
    detector = FaceDetector(open_session(model_store, manifest.default(Task.DETECTOR).name), BACK_RANGE)
    landmarker = FaceLandmarker(open_session(model_store, manifest.default(Task.LANDMARKS).name))
    network = TextureNetwork(open_session(model_store, manifest.default(Task.TEXTURE).name))

    def scores(name: str) -> list[float]:
        picture = read_picture(test_data / "attacks" / name)
        regions = [region_of_detection(detector.detect(picture)[0])]
        (found,) = landmarker.refine(picture, landmarker.locate(picture, regions))
        return [network.score(picture, found, margin=margin) or 0.0 for margin in PassiveOptions().margins]

    assert max(scores("print_1.jpg")) < 0.05
    assert np.mean(scores("bona_fide_1.jpg")) > 0.6
