"""Streams of pictures of people through the real models: the tracker finds what the acquirer finds, and a whole capture
comes to its evidence.
"""

from collections.abc import Iterator, Sequence
from itertools import islice
from pathlib import Path

import cv2
import numpy as np
import pytest

from pad_material import CLOSE, LEFT, challenge_of
from visavis.adapters.model_store import ModelStore
from visavis.capture.frames import decode_frame
from visavis.capture.picture import Picture, RgbImage, read_picture
from visavis.capture.video import sample_frames
from visavis.domain.evidence import Outcome
from visavis.pad.evidence import Witness
from visavis.pad.injection import StreamFacts
from visavis.perception.acquisition import Acquisition
from visavis.wiring import Engine, open_engine

pytestmark = [pytest.mark.models]

RATE = 10.0


@pytest.fixture(scope="module")
def engine(model_store: ModelStore) -> Iterator[Engine]:
    with open_engine(calibrated=False, attack_detection=True) as opened:
        yield opened


def head_of(engine: Engine, file: Path) -> RgbImage:
    """The square about the head in a portrait, 2.2 times as large as the face."""
    picture = read_picture(file)
    face = engine.acquirer.acquire(picture).face
    assert face is not None
    (x, y), half = face.box.centre, 1.1 * max(face.box.width, face.box.height)
    left, top, right, bottom = (max(0, int(value)) for value in (x - half, y - half, x + half, y + half))
    return np.ascontiguousarray(picture.pixels[top:bottom, left:right])


def on_canvas(pixels: RgbImage, *, middle: tuple[float, float], height: float, angle: float = 0.0) -> RgbImage:
    """``pixels`` in a grey frame of 640 x 480, ``height`` px high, turned by degrees."""
    scale = height / pixels.shape[0]
    matrix = cv2.getRotationMatrix2D((pixels.shape[1] / 2, pixels.shape[0] / 2), angle, scale)
    matrix[:, 2] += np.array(middle) - [pixels.shape[1] / 2, pixels.shape[0] / 2]
    frame = cv2.warpAffine(pixels, matrix, (640, 480), borderValue=(90, 100, 95), flags=cv2.INTER_AREA)
    return np.asarray(frame, np.uint8)


def wandering(pixels: RgbImage, count: int) -> list[Picture]:
    """A portrait that goes from side to side, nearer and away, and leans."""
    frames = []
    for index in range(count):
        phase = index / RATE
        frames.append(
            Picture(
                on_canvas(
                    pixels,
                    middle=(320 + 60 * np.sin(1.5 * phase), 240 + 25 * np.sin(2.3 * phase)),
                    height=430 * (1 + 0.2 * np.sin(0.9 * phase)),
                    angle=12 * np.sin(1.1 * phase),
                )
            )
        )
    return frames


def both(engine: Engine, frames: Sequence[Picture]) -> tuple[list[Acquisition], list[Acquisition]]:
    """What the acquirer finds in each frame by itself, and what the tracker finds."""
    tracker, alone, followed = engine.tracker, [], []
    track = tracker.start()
    for index, frame in enumerate(frames):
        alone.append(tracker.acquirer.acquire(frame))
        track, found = tracker.follow(track, frame, time_s=index / RATE)
        followed.append(found)
    return alone, followed


def angles_apart(one: Acquisition, other: Acquisition) -> float:
    assert one.face is not None
    assert other.face is not None
    a, b = one.face.pose, other.face.pose
    return max(abs(a.yaw - b.yaw), abs(a.pitch - b.pitch), abs(a.roll - b.roll))


def assert_alike(alone: Sequence[Acquisition], followed: Sequence[Acquisition]) -> None:
    assert [item.reason for item in followed] == [item.reason for item in alone]
    apart = [angles_apart(a, b) for a, b in zip(alone, followed, strict=True) if a.face is not None]
    # of the largest of three angles; by itself each trembles by 0.4
    assert np.median(apart) < 1.5
    assert np.quantile(apart, 0.9) < 3.0
    for a, b in zip(alone, followed, strict=True):
        assert a.face is not None
        assert b.face is not None
        shift = np.linalg.norm(a.face.mesh.points[:, :2] - b.face.mesh.points[:, :2], axis=1).mean()
        assert shift < 0.06 * a.face.inter_eye_px


@pytest.mark.parametrize("name", ["obama.jpg", "biden.jpg"])
def test_a_portrait_that_moves_is_followed(engine: Engine, portraits: Path, name: str) -> None:
    pixels = head_of(engine, portraits / name)
    assert_alike(*both(engine, wandering(pixels, 25)))


def test_a_second_person_is_found_in_time_and_until_gone(engine: Engine, portraits: Path) -> None:
    one = head_of(engine, portraits / "obama.jpg")
    two = head_of(engine, portraits / "biden.jpg")
    alone = on_canvas(one, middle=(200, 240), height=420)
    together = alone.copy()
    together[:, 400:] = on_canvas(two, middle=(520, 260), height=330)[:, 400:]
    scenes = [together if 7 <= index < 18 else alone for index in range(26)]
    _, followed = both(engine, [Picture(pixels) for pixels in scenes])
    said = [item.reason for item in followed]
    first = said.index("second_face")
    assert 7 <= first <= 7 + 5
    assert set(said[:7]) == {None}
    assert set(said[first:18]) == {"second_face"}
    assert set(said[20:]) == {None}


def test_a_small_second_person_is_found_within_two_seconds(engine: Engine, portraits: Path) -> None:
    """One who is too far away to be seen in the picture as a whole, and near enough to count."""
    one = head_of(engine, portraits / "obama.jpg")
    two = head_of(engine, portraits / "biden.jpg")
    alone = on_canvas(one, middle=(180, 260), height=240)
    together = alone.copy()
    together[:, 420:] = on_canvas(two, middle=(540, 120), height=80)[:, 420:]
    assert engine.tracker.acquirer.acquire(Picture(alone)).reason is None
    assert engine.tracker.acquirer.acquire(Picture(together)).reason == "second_face"
    _, followed = both(engine, [Picture(together if index >= 3 else alone) for index in range(30)])
    said = [item.reason for item in followed]
    first = said.index("second_face")
    assert first <= 3 + 20
    assert set(said[first:]) == {"second_face"}


@pytest.mark.slow
def test_a_whole_capture_of_a_portrait_comes_to_its_evidence(engine: Engine, portraits: Path) -> None:
    """A picture answers nothing, and before a laboratory every witness still gets its share."""
    assert engine.analyser is not None
    pixels = head_of(engine, portraits / "obama.jpg")
    challenge = challenge_of(LEFT, CLOSE, light=8, place=1)
    capture = engine.analyser.open(challenge, patient=True)
    noise = np.random.default_rng(1)
    over, number = False, 0
    compared = None
    while not over and number < 200:
        shift = 6 * np.sin(number / 4)
        frame = on_canvas(pixels, middle=(320 + shift, 240), height=430)
        noisy = np.clip(frame + noise.normal(0, 3, frame.shape), 0, 255).astype(np.uint8)
        data = cv2.imencode(".jpg", noisy[:, :, ::-1], [cv2.IMWRITE_JPEG_QUALITY, 85])[1].tobytes()
        view = capture.see(decode_frame(data), captured_s=number / RATE, arrived_s=number / RATE)
        over, number = view.over, number + 1
        compared = view.observation.vector if compared is None else compared
    assert over
    found = {item.witness: item for item in capture.finish(StreamFacts(), compared=compared).witnesses}
    assert found[Witness.ACTIVE].reasons == ("gesture_missing",)
    assert found[Witness.CONTINUITY].outcome is Outcome.PASS
    assert found[Witness.STRUCTURE].reasons == ("turn_too_small",)
    assert found[Witness.LIGHT].outcome is Outcome.INCONCLUSIVE
    assert found[Witness.PASSIVE].outcome is not Outcome.NOT_MEASURED


def test_attack_detection_is_loaded_where_it_is_asked_for(model_store: ModelStore) -> None:
    with open_engine(calibrated=False) as plain:
        assert plain.analyser is None
        assert plain.tracker is not None


@pytest.mark.faces
@pytest.mark.slow
@pytest.mark.parametrize("name", ["d12", "d20", "e2"])
def test_real_people_are_followed(engine: Engine, test_data: Path, name: str) -> None:
    """`d12` makes faces behind glasses, where landmarks tremble most; `d20` has narrow eyes, `e2` moves much."""
    file = test_data / "captures" / f"{name}.mp4"
    if not file.is_file():
        pytest.skip("no captures here: set VISAVIS_TEST_DATA to a folder that holds captures/")
    frames = [frame.picture for frame in islice(sample_frames(file, per_second=RATE), 60)]
    alone, followed = both(engine, frames)
    assert [item.reason for item in followed] == [item.reason for item in alone]
    apart = [angles_apart(a, b) for a, b in zip(alone, followed, strict=True) if a.face is not None]
    assert np.median(apart) < 1.5
