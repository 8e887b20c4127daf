"""The right advice comes first, on made situations: public-domain portraits in frames of 640 x 480, real perception.

Each situation is a short stream at 10 frames/s from its very first frame, as a holder who has just sat down sees it.
"""

from collections.abc import Callable, Iterable, Iterator
from pathlib import Path

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray

from pad_material import challenge_of
from surfaces import Camera, head_height, rotation
from visavis.adapters.model_store import ModelStore
from visavis.capture.picture import Picture, RgbImage, read_picture
from visavis.pad.active import ActiveWitness
from visavis.pad.guidance import Guidance
from visavis.pad.observation import observe
from visavis.perception.acquisition import Face
from visavis.perception.tracking import FaceTracking
from visavis.wiring import Engine, open_engine

pytestmark = pytest.mark.models

WIDTH, HEIGHT = 640, 480
RATE = 10.0
EYES = 90.0
"""Px between the eyes of somebody who sits right."""
MIDDLE = (320.0, 250.0)
RIGHT_LIDS = (33, 246, 161, 160, 159, 158, 157, 173, 133, 155, 154, 153, 145, 144, 163, 7)
LEFT_LIDS = (263, 466, 388, 387, 386, 385, 384, 398, 362, 382, 381, 380, 374, 373, 390, 249)
DISTANCE = {Guidance.CLOSER, Guidance.FARTHER}


class Sitter:
    """Somebody in front of the camera. ``frame``: as they would be seen from there."""

    def __init__(self, engine: Engine, file: Path) -> None:
        self._picture = read_picture(file)
        face = engine.acquirer.acquire(self._picture).face
        assert face is not None
        self.face: Face = face
        self._turned: dict[float, RgbImage] = {}

    def frame(
        self, *, eyes: float = EYES, middle: tuple[float, float] = MIDDLE, lean: float = 0.0, width: int = WIDTH
    ) -> RgbImage:
        """``eyes``: px between them. ``middle``: of the face. ``lean``: degrees in the plane of the picture."""
        zoom = eyes / self.face.inter_eye_px
        x, y = self.face.box.centre
        matrix = np.asarray(cv2.getRotationMatrix2D((x, y), lean, zoom), np.float64)
        matrix[:, 2] += np.array(middle) - (x, y)
        # blurred first, as a lens does, so that what is made small has no false detail
        source = cv2.GaussianBlur(self._picture.pixels, (0, 0), 0.4 / zoom) if zoom < 0.8 else self._picture.pixels
        return np.asarray(cv2.warpAffine(source, matrix, (width, HEIGHT), borderMode=cv2.BORDER_REPLICATE), np.uint8)

    def turned(self, yaw: float) -> RgbImage:
        """The portrait on the surface of a head that has turned."""
        yaw = round(yaw, 3)
        if yaw not in self._turned:
            flat = self.frame(middle=(WIDTH / 2, HEIGHT / 2))
            camera, turn = Camera(width=WIDTH, height=HEIGHT, distance=1200), rotation(yaw - 0.8 * self.face.pose.yaw)
            self._turned[yaw] = camera.render(flat, head_height(EYES / 6.3), turn, rounds=3)
        return self._turned[yaw]

    def asleep(self) -> RgbImage:
        """With lids of the colour of the cheeks, and lashes, painted over the eyes."""
        zoom = EYES / self.face.inter_eye_px
        points = (self.face.mesh.points[:, :2] - self.face.box.centre) * zoom + MIDDLE
        pixels = self.frame().astype(np.float32)
        for ring, cheek in ((RIGHT_LIDS, 50), (LEFT_LIDS, 280)):
            x, y = points[cheek].astype(int)
            skin = 0.9 * pixels[y - 4 : y + 5, x - 4 : x + 5].reshape(-1, 3).mean(axis=0)
            lid = points[list(ring)].mean(axis=0) + (points[list(ring)] - points[list(ring)].mean(axis=0)) * [1.3, 1.9]
            mask = np.zeros((HEIGHT, WIDTH), np.float32)
            cv2.fillPoly(mask, [np.round(lid).astype(np.int32)], 1.0)
            mask = np.asarray(cv2.GaussianBlur(mask, (0, 0), 1.5), np.float32)
            pixels = pixels * (1 - mask[..., None]) + skin * mask[..., None]
            lashes = np.round(points[list(ring[9:])]).astype(np.int32)
            cv2.polylines(pixels, [lashes], isClosed=False, color=(0.35 * skin).tolist(), thickness=2)
        return np.asarray(pixels, np.uint8)


@pytest.fixture(scope="module")
def engine(model_store: ModelStore) -> Iterator[Engine]:
    with open_engine(calibrated=False) as opened:
        yield opened


@pytest.fixture(scope="module")
def tracker(engine: Engine) -> FaceTracking:
    return engine.tracker


@pytest.fixture(scope="module")
def sitters(engine: Engine, portraits: Path) -> dict[str, Sitter]:
    return {name: Sitter(engine, portraits / f"{name}.jpg") for name in ("obama", "biden")}


def advised(tracker: FaceTracking, frames: Iterable[RgbImage]) -> list[tuple[Guidance, ...]]:
    """What the page shows after each frame, until the first gesture is asked for."""
    witness, rng = ActiveWitness(challenge_of(pause_s=5.0)), np.random.default_rng(3)
    state, track, shown = witness.start(), tracker.start(), []
    noise = rng.normal(0, 2, (3, HEIGHT, WIDTH, 1)).astype(np.float32)
    for number, pixels in enumerate(frames):
        noisy = np.clip(pixels + noise[number % 3], 0, 255).astype(np.uint8)
        time = number / RATE
        track, found = tracker.follow(track, Picture(noisy), time_s=time)
        state = witness.step(state, observe(Picture(noisy), found, captured_s=time, arrived_s=time))
        shown.append(state.guidance)
    return shown


def darker(pixels: RgbImage, share: float) -> RgbImage:
    return np.asarray(np.clip(pixels * share, 0, 255), np.uint8)


def with_lens_cap(_: Sitter) -> RgbImage:
    return np.full((HEIGHT, WIDTH, 3), 6, np.uint8)


def from_behind(_: Sitter) -> RgbImage:
    """Hair, neck and shoulders before a wall."""
    pixels = np.full((HEIGHT, WIDTH, 3), (170, 165, 150), np.uint8)
    cv2.ellipse(pixels, (320, 520), (260, 170), 0, 0, 360, (60, 70, 90), -1)
    cv2.rectangle(pixels, (275, 300), (365, 400), (190, 150, 130), -1)
    cv2.ellipse(pixels, (320, 220), (105, 135), 0, 0, 360, (50, 38, 30), -1)
    return np.asarray(cv2.GaussianBlur(pixels, (0, 0), 2), np.uint8)


def side_by_side(sitter: Sitter) -> RgbImage:
    half = sitter.frame(eyes=65, middle=(160, 250), width=WIDTH // 2)
    return np.ascontiguousarray(np.hstack([half, half[:, ::-1]]))


def before_a_window(sitter: Sitter) -> RgbImage:
    """A face in its own shadow: the camera sees the bright day behind it."""
    pixels = np.full((HEIGHT, WIDTH, 3), 235, np.uint8)
    around = np.zeros((HEIGHT, WIDTH), np.float32)
    cv2.ellipse(around, (320, 240), (120, 175), 0, 0, 360, 1.0, -1)
    around = np.asarray(cv2.GaussianBlur(around, (0, 0), 6), np.float32)[..., None]
    return np.asarray(pixels * (1 - around) + darker(sitter.frame(), 0.42) * around, np.uint8)


def lamp_in_the_glasses(sitter: Sitter) -> RgbImage:
    """The white rectangles of a lamp on both lenses."""
    pixels, zoom = sitter.frame(), EYES / sitter.face.inter_eye_px
    points = (sitter.face.mesh.points[:, :2] - sitter.face.box.centre) * zoom + MIDDLE
    for ring in (RIGHT_LIDS, LEFT_LIDS):
        x, y = points[list(ring)].mean(axis=0).astype(int)
        cv2.rectangle(pixels, (x - 16, y - 15), (x + 20, y - 3), (255, 255, 255), -1)
    return pixels


SITUATIONS: dict[str, tuple[Callable[[Sitter], RgbImage], Guidance]] = {
    "far away": (lambda sitter: sitter.frame(eyes=32), Guidance.CLOSER),
    "too near": (lambda sitter: sitter.frame(eyes=185), Guidance.FARTHER),
    "much too near": (lambda sitter: sitter.frame(eyes=330), Guidance.FARTHER),
    "off to the left": (lambda sitter: sitter.frame(middle=(105, 250)), Guidance.CENTRE),
    "off to the right": (lambda sitter: sitter.frame(middle=(535, 250)), Guidance.CENTRE),
    "too low": (lambda sitter: sitter.frame(middle=(320, 385)), Guidance.CENTRE),
    "cut off by the left border": (lambda sitter: sitter.frame(middle=(45, 250)), Guidance.CENTRE),
    "cut off by the upper border": (lambda sitter: sitter.frame(middle=(320, 30)), Guidance.CENTRE),
    "dark": (lambda sitter: darker(sitter.frame(), 0.2), Guidance.MORE_LIGHT),
    "nearly black": (lambda sitter: darker(sitter.frame(), 0.03), Guidance.MORE_LIGHT),
    "the lens covered": (with_lens_cap, Guidance.MORE_LIGHT),
    "too bright": (lambda sitter: darker(sitter.frame(), 4.0), Guidance.LESS_LIGHT),
    "bright sun behind": (before_a_window, Guidance.LIGHT_BEHIND),
    "glasses glare": (lamp_in_the_glasses, Guidance.GLARE_ON_GLASSES),
    "turned to the left": (lambda sitter: sitter.turned(45), Guidance.FACE_THE_CAMERA),
    "turned to the right": (lambda sitter: sitter.turned(-45), Guidance.FACE_THE_CAMERA),
    "seen from behind": (from_behind, Guidance.FACE_THE_CAMERA),
    "nobody there": (lambda _: np.full((HEIGHT, WIDTH, 3), 140, np.uint8), Guidance.FACE_THE_CAMERA),
    "eyes closed": (Sitter.asleep, Guidance.OPEN_YOUR_EYES),
    "two people": (side_by_side, Guidance.ONE_PERSON_ONLY),
}


ALSO = ("too near", "bright sun behind", "glasses glare", "nearly black", "turned to the right", "two people")
PAIRS = [("obama", name) for name in SITUATIONS] + [("biden", name) for name in ALSO]


@pytest.mark.parametrize(("who", "name"), PAIRS)
def test_the_right_advice_comes_first(tracker: FaceTracking, sitters: dict[str, Sitter], who: str, name: str) -> None:
    make, expected = SITUATIONS[name]
    shown = advised(tracker, [make(sitters[who])] * 8)
    assert [guidance[0] for guidance in shown[6:] if guidance] == [expected] * 2, shown
    assert not any(set(guidance) >= DISTANCE for guidance in shown)


@pytest.mark.parametrize("who", ["obama", "biden"])
def test_nothing_is_said_to_somebody_who_sits_right(
    tracker: FaceTracking, sitters: dict[str, Sitter], who: str
) -> None:
    for eyes in (60.0, EYES, 120.0):
        assert set(advised(tracker, [sitters[who].frame(eyes=eyes)] * 9)) == {()}


MOVES: dict[str, Callable[[Sitter, float], RgbImage]] = {
    "to and fro": lambda sitter, wave: sitter.frame(middle=(320 + 55 * wave, 250)),
    "up and down": lambda sitter, wave: sitter.frame(middle=(320, 250 + 60 * wave)),
    "leaning": lambda sitter, wave: sitter.frame(lean=14 * wave),
    "rocking": lambda sitter, wave: sitter.frame(eyes=EYES * (1 + 0.2 * wave)),
    "shaking the head": lambda sitter, wave: sitter.turned(20 * wave),
}


@pytest.mark.parametrize("name", MOVES)
def test_somebody_who_moves_is_asked_to_hold_still(
    tracker: FaceTracking, sitters: dict[str, Sitter], name: str
) -> None:
    waves = np.sin(2 * np.pi * np.arange(14) / RATE)
    shown = advised(tracker, [MOVES[name](sitters["obama"], wave) for wave in waves])
    assert {guidance[0] for guidance in shown[6:] if guidance} == {Guidance.HOLD_STILL}, shown
    assert all(shown[6:])


def test_a_hand_that_trembles_is_still_enough(tracker: FaceTracking, sitters: dict[str, Sitter]) -> None:
    rng = np.random.default_rng(1)
    frames = [sitters["obama"].frame(middle=(320 + x, 250 + y)) for x, y in rng.normal(0, 3, (12, 2))]
    assert set(advised(tracker, frames)) == {()}


def test_nearer_and_nearer_is_never_told_to_come_closer_once_it_was_enough(
    tracker: FaceTracking, sitters: dict[str, Sitter]
) -> None:
    """Over all sizes: come closer, then nothing, then move back, and never the other way round."""
    stages = []
    for eyes in np.geomspace(30, 400, 16):
        distance = [
            advice
            for advice in advised(tracker, [sitters["obama"].frame(eyes=float(eyes))] * 2)[-1]
            if advice in DISTANCE
        ]
        assert len(distance) <= 1, eyes
        stages.append({Guidance.CLOSER: 0, Guidance.FARTHER: 2}[distance[0]] if distance else 1)
    assert stages == sorted(stages), stages
    assert set(stages) == {0, 1, 2}


@pytest.mark.parametrize("way", ["nearer", "farther"])
def test_moving_through_all_distances_in_one_capture(
    tracker: FaceTracking, sitters: dict[str, Sitter], way: str
) -> None:
    """One stream: each of the two comes once, and never both, also where the face is so near that it is lost."""
    sizes: NDArray[np.float64] = np.geomspace(30, 520, 45)
    shown = advised(
        tracker, [sitters["obama"].frame(eyes=float(eyes)) for eyes in sizes[:: 1 if way == "nearer" else -1]]
    )
    spoken = [[advice for advice in guidance if advice in DISTANCE] for guidance in shown]
    assert max(len(said) for said in spoken) == 1
    order = [said[0] for said in spoken if said]
    changes = [one for one, before in zip(order, [None, *order], strict=False) if one is not before]
    assert changes == [Guidance.CLOSER, Guidance.FARTHER][:: 1 if way == "nearer" else -1]
    if way == "nearer":
        assert shown[-1][0] is Guidance.FARTHER
