"""The structure witness over whole turns: made surfaces, then living people and cards made from portraits."""

from collections.abc import Iterable, Iterator
from functools import cache
from pathlib import Path

import numpy as np
import pytest

from surfaces import Camera, Height, bent, flat, head_height, head_mesh, noise_texture, rotation
from visavis.adapters.model_store import ModelStore
from visavis.adapters.sessions import open_session
from visavis.capture.picture import Picture, read_picture
from visavis.capture.video import read_frames
from visavis.domain.evidence import Outcome
from visavis.domain.reasons import REASONS
from visavis.pad.evidence import WitnessEvidence
from visavis.pad.observation import FrameObservation, thumbnail_of
from visavis.pad.relief import ReliefMeter, ReliefPair
from visavis.pad.structure import Measured, Side, StructureState, StructureWitness, TurnRelief
from visavis.perception.acquisition import Face
from visavis.perception.detector import SHORT_RANGE, FaceDetector
from visavis.perception.eyes import EyeOpenness
from visavis.perception.landmarks import FaceLandmarker, FaceMesh, region_of_detection
from visavis.perception.manifest import Task
from visavis.perception.pose import CanonicalMesh, HeadPose, PoseEstimator

SCALE = 14.0
HEAD = head_height(SCALE)
CAMERA = Camera()
MESH = head_mesh()
EYES = EyeOpenness(left=1, right=1, left_ratio=0.3, right_ratio=0.3, left_network=1, right_network=1)

Seen = tuple[Picture, FrameObservation]


def observed(picture: Picture, time_s: float, mesh: FaceMesh | None, pose: HeadPose | None) -> FrameObservation:
    face = None
    if mesh is not None and pose is not None:
        face = Face(mesh=mesh, pose=pose, eyes=EYES, box=mesh.box, inter_eye_px=mesh.eye_distance)
    return FrameObservation(
        captured_s=time_s,
        arrived_s=time_s,
        width=picture.width,
        height=picture.height,
        thumbnail=thumbnail_of(picture),
        face=face,
        problem=None if face else "no_face",
    )


@cache
def rendered(surface: Height, turn: float) -> Picture:
    return Picture(CAMERA.render(noise_texture(4), surface, rotation(turn)))


def made(surface: Height | None, turns: Iterable[float], *, under_read: float = 1.0) -> Iterator[Seen]:
    """Frames at 10 a second of a surface at these angles; landmarks and pose say ``under_read`` times as much.

    Without a surface the picture is plain grey.
    """
    plain = Picture(np.full((CAMERA.height, CAMERA.width, 3), 128, np.uint8))
    for index, turn in enumerate(turns):
        picture = plain if surface is None else rendered(surface, turn)
        read = turn * under_read
        points = CAMERA.project(MESH.vertices * [SCALE, -SCALE, -SCALE], rotation(read)).astype(np.float32)
        mesh = FaceMesh(points=points, presence=1.0)
        yield picture, observed(picture, index / 10, mesh, HeadPose(yaw=read, pitch=0.0, roll=0.0))


def fold(witness: StructureWitness, frames: Iterable[Seen]) -> StructureState:
    state = witness.start()
    for picture, observation in frames:
        state = witness.see(state, picture, observation)
    return state


@pytest.fixture(scope="module")
def witness() -> StructureWitness:
    return StructureWitness(ReliefMeter(MESH))


STILL = [0.0] * 8


def test_a_head_that_turns_passes(witness: StructureWitness) -> None:
    evidence = witness.judge(fold(witness, made(HEAD, [*STILL, 6, 11, 13, 15, 16])))
    assert evidence.outcome is Outcome.PASS
    assert evidence.score == pytest.approx(1.0, abs=0.15)
    assert evidence.reasons == ()
    assert evidence.details["pairs"] == 4
    assert "left_gain" in evidence.details


def test_what_was_measured_ahead_is_what_is_measured_at_the_end(witness: StructureWitness) -> None:
    turns = [*STILL, 6, 11, 13, 15, 16, 8, 1, 0, -6, -11, -14, -16]
    state, measured = witness.start(), Measured()
    ahead = []
    for picture, observation in made(HEAD, turns):
        state = witness.see(state, picture, observation)
        ahead.append(witness.ahead(state, measured, now_s=observation.captured_s, sides=2))
    assert not any(ahead[: len(STILL) + 3]), "a frame that a wider one may displace waits"
    while witness.ahead(state, measured, now_s=99.0, sides=2):
        pass
    before = dict(measured.pairs)
    evidence = witness.judge(state, measured)
    assert measured.pairs == before, "nothing was left to do"
    alone = witness.judge(state)
    assert (evidence.score, evidence.details) == (alone.score, alone.details)
    assert int(str(alone.details["pairs"])) >= 5


@pytest.mark.parametrize("surface", [flat, bent(330.0)], ids=["flat", "bent"])
def test_a_card_that_turns_fails(witness: StructureWitness, surface: Height) -> None:
    evidence = witness.judge(fold(witness, made(surface, [*STILL, -30, -35, -38, -40], under_read=0.4)))
    assert evidence.outcome is Outcome.FAIL
    assert evidence.reasons == ("moves_like_a_sheet",)
    assert evidence.score is not None
    assert abs(evidence.score) < 0.1


@pytest.mark.parametrize(
    ("one", "other", "expected"),
    [
        (0.0, 0.5, (Outcome.INCONCLUSIVE, "relief_unclear")),  # plainly a sheet, whatever the other turn is
        (0.07, 0.5, (Outcome.INCONCLUSIVE, "relief_unclear")),
        (0.09, 0.5, (Outcome.PASS, None)),
        (0.0, 0.1, (Outcome.FAIL, "moves_like_a_sheet")),
    ],
)
@pytest.mark.parametrize("swapped", [False, True])
def test_no_turn_makes_up_for_another(
    witness: StructureWitness, one: float, other: float, expected: tuple[Outcome, str | None], *, swapped: bool
) -> None:
    gains = (other, one) if swapped else (one, other)
    turns = [
        TurnRelief(side=side, widest=20, pairs=6, gain=gain, scatter=1.0)
        for side, gain in zip((Side.LEFT, Side.RIGHT), gains, strict=True)
    ]
    pair = ReliefPair(parallax=np.ones(2), predicted=np.ones(2), points=300, scatter=1.0)
    assert witness._decide(turns, [pair] * 12, sum(gains) / 2) == expected


def test_a_card_that_turns_a_little_is_not_accused(witness: StructureWitness) -> None:
    evidence = witness.judge(fold(witness, made(flat, [*STILL, 26, 27, 28], under_read=0.4)))
    assert evidence.outcome is Outcome.INCONCLUSIVE
    assert evidence.reasons == ("turn_too_small",)


@pytest.mark.parametrize("turns", [STILL, [*STILL, 3, 5, 8, 9]])
def test_without_a_turn_it_asks_for_one(witness: StructureWitness, turns: list[float]) -> None:
    evidence = witness.judge(fold(witness, made(None, turns)))
    assert evidence.outcome is Outcome.INCONCLUSIVE
    assert evidence.reasons == ("turn_too_small",)
    assert evidence.score is None


def test_two_frames_are_too_few(witness: StructureWitness) -> None:
    evidence = witness.judge(fold(witness, made(HEAD, [*STILL, 14, 16])))
    assert evidence.outcome is Outcome.INCONCLUSIVE
    assert evidence.reasons == ("texture_not_followed",)


def test_without_a_face_nothing_is_measured(witness: StructureWitness) -> None:
    picture = Picture(np.zeros((60, 60, 3), np.uint8))
    evidence = witness.judge(fold(witness, [(picture, observed(picture, 0.0, None, None))]))
    assert evidence.outcome is Outcome.NOT_MEASURED
    assert evidence.reasons == ("neutral_not_seen",)


def test_memory_is_bounded_and_the_widest_frames_stay(witness: StructureWitness) -> None:
    swings = [18 * np.sin(i / 3) for i in range(80)]
    state = fold(witness, made(None, [*STILL, *swings]))
    assert set(state.turned) == {Side.LEFT, Side.RIGHT}
    assert all(len(kept) == 6 for kept in state.turned.values())
    assert min(item.away for kept in state.turned.values() for item in kept) > 14
    assert not state.settling
    crops = [item.crop for kept in state.turned.values() for item in kept]
    assert sum(crop.grey.nbytes + crop.points.nbytes for crop in crops) < 2_500_000


def test_a_baseline_may_be_told(witness: StructureWitness) -> None:
    state = witness.start(HeadPose(yaw=10.0, pitch=0.0, roll=0.0))
    for picture, observation in made(HEAD, [10, 10, -2, -4, -5]):
        state = witness.see(state, picture, observation)
    assert state.neutral is not None
    assert len(state.turned[Side.RIGHT]) == 3


def test_reasons_have_texts() -> None:
    for code in (
        "moves_like_a_sheet",
        "neutral_not_seen",
        "relief_unclear",
        "texture_not_followed",
        "turn_too_small",
    ):
        assert REASONS[code].text


class Reader:
    """Detector once, then landmarks from frame to frame."""

    def __init__(self, store: ModelStore) -> None:
        manifest = store.manifest
        self.canonical = CanonicalMesh.parse(store.read(manifest.default(Task.FACE_MESH).name))
        self._detector = FaceDetector(open_session(store, manifest.default(Task.FAST_DETECTOR).name), SHORT_RANGE)
        self._landmarker = FaceLandmarker(open_session(store, manifest.default(Task.LANDMARKS).name))
        self._pose = PoseEstimator(self.canonical)

    def judge(self, pictures: Iterable[tuple[float, Picture]]) -> WitnessEvidence:
        witness = StructureWitness(ReliefMeter(self.canonical))
        return witness.judge(fold(witness, self._observed(pictures)))

    def _observed(self, pictures: Iterable[tuple[float, Picture]]) -> Iterator[Seen]:
        mesh: FaceMesh | None = None
        for time_s, picture in pictures:
            if mesh is None:
                detections = self._detector.detect(picture)[:1]
                (mesh,) = self._landmarker.locate(picture, [region_of_detection(item) for item in detections]) or (
                    None,
                )
            if mesh is not None:
                (mesh,) = self._landmarker.refine(picture, [mesh])
                mesh = mesh if mesh.presence > 0.5 else None
            yield picture, observed(picture, time_s, mesh, None if mesh is None else self._pose.estimate(mesh))

    def card(self, portrait: Path) -> np.ndarray[tuple[int, ...], np.dtype[np.uint8]]:
        """The portrait as a print of 300 x 340 px with the eyes 62 px apart."""
        picture = read_picture(portrait, target_side=640)
        detection = self._detector.detect(picture)[0]
        region = region_of_detection(detection, margin=2.2)
        low = np.maximum(np.array([region.x, region.y]) - region.side / 2, 0).astype(int)
        part = picture.pixels[low[1] : low[1] + int(region.side), low[0] : low[0] + int(region.side)]
        import cv2

        return np.asarray(cv2.resize(part, (300, 340), interpolation=cv2.INTER_AREA), np.uint8)


@pytest.fixture(scope="module")
def reader(model_store: ModelStore) -> Reader:
    return Reader(model_store)


@pytest.mark.models
@pytest.mark.faces
@pytest.mark.parametrize("clip", ["e1", "e3"])
def test_living_people_who_turn_pass(reader: Reader, test_data: Path, clip: str) -> None:
    file = test_data / "captures" / f"{clip}.mp4"
    evidence = reader.judge((frame.time_s, frame.picture) for frame in read_frames(file))
    assert evidence.outcome is Outcome.PASS
    assert evidence.score is not None
    assert evidence.score > 0.4


@pytest.mark.models
@pytest.mark.parametrize(
    ("portrait", "surface"),
    [("obama.jpg", flat), ("obama.jpg", bent(420.0)), ("biden.jpg", bent(420.0))],
    ids=["flat", "convex", "another_convex"],
)
def test_a_steep_card_of_a_portrait_never_passes(
    reader: Reader, portraits: Path, portrait: str, surface: Height
) -> None:
    texture = reader.card(portraits / portrait)
    camera = Camera(width=400, height=400, distance=900.0)
    rng = np.random.default_rng(2)
    shown = {angle: camera.render(texture, surface, rotation(angle)) for angle in (0.0, *np.arange(30.0, 60.0, 5.0))}

    def frame(angle: float) -> Picture:
        noisy = shown[angle] + rng.normal(0, 2.5, (400, 400, 3))
        return Picture(np.clip(noisy, 0, 255).astype(np.uint8))

    angles = [*[0.0] * 7, *shown]
    evidence = reader.judge((index / 10, frame(angle)) for index, angle in enumerate(angles))
    assert evidence.outcome is not Outcome.PASS
    if evidence.score is not None and evidence.details["pairs"] != 1:
        assert evidence.score < 0.15
