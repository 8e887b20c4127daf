"""Perception with the real models on public-domain portraits, and on what can be made of them."""

from pathlib import Path

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray

from visavis.adapters.model_store import ModelStore
from visavis.adapters.sessions import open_session
from visavis.capture.picture import Picture, read_picture
from visavis.perception.acquisition import Face, FaceAcquirer, FaceChoice
from visavis.perception.detector import FaceDetector
from visavis.perception.eyes import EyeEstimator
from visavis.perception.features import Embedder
from visavis.perception.landmarks import FaceLandmarker
from visavis.perception.pose import CanonicalMesh, PoseEstimator
from visavis.perception.quality import assess_quality
from visavis.perception.restoration import PortraitRestorer

pytestmark = pytest.mark.models

Pixels = NDArray[np.uint8]
EYES = 90.0


@pytest.fixture(scope="module")
def landmarker(model_store: ModelStore) -> FaceLandmarker:
    return FaceLandmarker(open_session(model_store, "face_landmarks"))


@pytest.fixture(scope="module")
def acquirer(model_store: ModelStore, landmarker: FaceLandmarker) -> FaceAcquirer:
    return FaceAcquirer(
        FaceDetector(open_session(model_store, "blazeface_back")),
        landmarker,
        PoseEstimator(CanonicalMesh.parse(model_store.read("canonical_face_mesh"))),
        EyeEstimator(open_session(model_store, "faceplugin_eye")),
    )


@pytest.fixture(scope="module")
def embedder(model_store: ModelStore) -> Embedder:
    name = "faceplugin_embedding"
    return Embedder.of(open_session(model_store, name), model_store.manifest.get(name))


@pytest.fixture(scope="module")
def people(portraits: Path, acquirer: FaceAcquirer) -> dict[str, Pixels]:
    """Head and shoulders of each portrait, 90 px between the eyes."""
    found = {}
    for name in ("obama", "obama2", "biden"):
        picture = read_picture(portraits / f"{name}.jpg")
        face = only(acquirer, picture)
        pixels = scaled(picture.pixels, EYES / face.inter_eye_px)
        x, y = (int(v * EYES / face.inter_eye_px) for v in face.box.centre)
        found[name] = np.ascontiguousarray(pixels[max(0, y - 240) : y + 320, max(0, x - 250) : x + 250])
    return found


def scaled(pixels: Pixels, factor: float) -> Pixels:
    way = cv2.INTER_AREA if factor < 1 else cv2.INTER_LINEAR
    return np.asarray(cv2.resize(pixels, None, fx=factor, fy=factor, interpolation=way), np.uint8)


def on(canvas: tuple[int, int], *parts: tuple[Pixels, int, int]) -> Picture:
    """``parts`` at their left and top, on grey of ``canvas`` (width, height)."""
    pixels = np.full((canvas[1], canvas[0], 3), 160, np.uint8)
    for part, left, top in parts:
        pixels[top : top + part.shape[0], left : left + part.shape[1]] = part
    return Picture(pixels)


def only(acquirer: FaceAcquirer, picture: Picture, choice: FaceChoice = FaceChoice.ONLY) -> Face:
    found = acquirer.acquire(picture, choice=choice)
    assert found.reason is None
    assert found.face is not None
    return found.face


def likeness(embedder: Embedder, *sides: tuple[Picture, Face]) -> float:
    a, b = (embedder.embed(picture, [face.mesh])[0] for picture, face in sides)
    return float(a @ b)


@pytest.mark.parametrize("name", ["obama", "obama2", "biden"])
def test_a_portrait_is_acquired_and_is_good(acquirer: FaceAcquirer, people: dict[str, Pixels], name: str) -> None:
    picture = Picture(people[name])
    face = only(acquirer, picture)
    assert face.mesh.presence > 0.99
    assert max(abs(face.pose.yaw), abs(face.pose.pitch), abs(face.pose.roll)) < 20
    assert min(face.eyes.left, face.eyes.right) > 0.6
    assert assess_quality(picture, face).blocking == ()


def test_the_embedding_tells_people_apart(
    acquirer: FaceAcquirer, embedder: Embedder, people: dict[str, Pixels]
) -> None:
    sides = {name: (Picture(pixels), only(acquirer, Picture(pixels))) for name, pixels in people.items()}
    assert likeness(embedder, sides["obama"], sides["obama2"]) > 0.5
    assert likeness(embedder, sides["obama"], sides["biden"]) < 0.3


def test_a_mirror_swaps_the_eyes_and_turns_the_head_over(acquirer: FaceAcquirer, people: dict[str, Pixels]) -> None:
    """One eye is covered; in the mirror it is the other eye of the holder."""
    face = only(acquirer, Picture(people["obama"]))
    pixels = people["obama"].copy()
    x, y = (int(v) for v in face.mesh.left_eye)
    pixels[y - 20 : y + 20, x - 30 : x + 30] = 15
    covered = only(acquirer, Picture(pixels))
    mirrored = only(acquirer, Picture(np.ascontiguousarray(pixels[:, ::-1])))
    assert covered.eyes.left_network < 0.5 < covered.eyes.right_network
    assert mirrored.eyes.right_network < 0.5 < mirrored.eyes.left_network
    assert mirrored.pose.yaw == pytest.approx(-covered.pose.yaw, abs=4)
    assert mirrored.pose.roll == pytest.approx(-covered.pose.roll, abs=3)


@pytest.mark.parametrize("share", [1.0, 0.5, 0.3])
def test_a_second_person_refuses(acquirer: FaceAcquirer, people: dict[str, Pixels], share: float) -> None:
    picture = on((1300, 660), (people["obama"], 0, 0), (scaled(people["biden"], share), 650, 0))
    found = acquirer.acquire(picture)
    assert found.reason == "second_face"
    assert found.face is None
    assert len(found.others) == 2


def test_the_central_of_two(acquirer: FaceAcquirer, people: dict[str, Pixels], embedder: Embedder) -> None:
    biden = people["biden"]
    picture = on((1700, 700), (people["obama"], 0, 0), (biden, 850 - biden.shape[1] // 2, 30))
    alone = Picture(biden)
    face = only(acquirer, picture, FaceChoice.CENTRAL)
    assert likeness(embedder, (picture, face), (alone, only(acquirer, alone))) > 0.9


def test_a_ghost_print_is_set_apart(acquirer: FaceAcquirer, people: dict[str, Pixels]) -> None:
    picture = on((1200, 700), (people["obama"], 40, 30), (scaled(people["obama"], 0.4), 800, 200))
    found = acquirer.acquire(picture, choice=FaceChoice.PORTRAIT)
    assert found.reason is None
    assert found.face is not None
    (ghost,) = found.others
    assert ghost.inter_eye_px / found.face.inter_eye_px == pytest.approx(0.4, abs=0.05)


@pytest.mark.parametrize("eyes", [25, 50])
def test_a_large_portrait_does_not_hide_a_small_usable_one(
    acquirer: FaceAcquirer, people: dict[str, Pixels], eyes: float
) -> None:
    """A poster of one person beside the card of another: at the first look the card's portrait is too small."""
    poster = scaled(people["biden"], 4)
    card = scaled(people["obama"], eyes / EYES)
    canvas = (poster.shape[1] + 700, poster.shape[0] + 300)
    picture = on(canvas, (poster, 40, 200), (card, poster.shape[1] + 250, 400))
    found = acquirer.acquire(picture, choice=FaceChoice.PORTRAIT)
    assert found.reason is None
    assert found.face is not None
    assert found.face.inter_eye_px == pytest.approx(4 * EYES, rel=0.1)
    (other,) = found.others
    assert other.inter_eye_px == pytest.approx(eyes, rel=0.15)
    # a probe has background, a document has none
    assert acquirer.acquire(picture, choice=FaceChoice.CENTRAL).reason is None


@pytest.mark.parametrize("name", ["obama", "obama2", "biden"])
@pytest.mark.parametrize("height", [600, 900])
@pytest.mark.parametrize("choice", [FaceChoice.ONLY, FaceChoice.PORTRAIT])
def test_upside_down_is_seen_upside_down(  # an upright mesh over it can look sure, and its template is nobody's
    acquirer: FaceAcquirer, embedder: Embedder, portraits: Path, name: str, height: int, choice: FaceChoice
) -> None:
    whole = read_picture(portraits / f"{name}.jpg").pixels
    upright = scaled(whole, height / whole.shape[0])
    turned = Picture(np.ascontiguousarray(np.rot90(upright, 2)))
    found = acquirer.acquire(turned, choice=choice)
    if found.face is None:  # it may be missed, but not misread
        assert choice is FaceChoice.ONLY
        return
    assert abs(found.face.pose.roll) > 150
    assert likeness(embedder, (turned, found.face), (Picture(upright), only(acquirer, Picture(upright)))) > 0.9


def test_a_face_cut_by_the_border(acquirer: FaceAcquirer, people: dict[str, Pixels]) -> None:
    face = only(acquirer, Picture(people["biden"]))
    edge = int(face.box.x + 0.6 * face.box.width)
    found = acquirer.acquire(Picture(np.ascontiguousarray(people["biden"][:, :edge])))
    assert found.reason in {"face_cut_off", "no_face"}
    assert found.face is None


@pytest.mark.parametrize(("eyes", "reason"), [(20, "face_too_small"), (27, None)])
def test_how_small_a_face_may_be(
    acquirer: FaceAcquirer, people: dict[str, Pixels], eyes: float, reason: str | None
) -> None:
    face = only(acquirer, Picture(people["obama"]))
    small = scaled(people["obama"], eyes / face.inter_eye_px)
    assert acquirer.acquire(on((400, 400), (small, 100, 100))).reason == reason


@pytest.mark.parametrize("turns", [0, 1, 2, 3])
@pytest.mark.parametrize("eyes", [28, 80])
def test_a_portrait_on_a_large_picture_any_way_round(
    acquirer: FaceAcquirer, people: dict[str, Pixels], turns: int, eyes: float
) -> None:
    face = only(acquirer, Picture(people["obama"]))
    part = np.rot90(scaled(people["obama"], eyes / face.inter_eye_px), turns)
    picture = on((3000, 2000), (np.asarray(part, np.uint8), 1900, 1100))
    found = only(acquirer, picture, FaceChoice.PORTRAIT)
    assert found.inter_eye_px == pytest.approx(eyes, rel=0.1)
    # a quarter turn to the left in the picture is a lean to the own right shoulder
    off = np.radians(found.pose.roll - face.pose.roll + 90 * turns)
    assert np.cos(off) > 0.98


def test_nothing_is_nobody(acquirer: FaceAcquirer) -> None:
    noise = np.random.default_rng(2).integers(0, 256, (600, 900, 3), np.uint8)
    for pixels in (noise, np.zeros_like(noise), np.full((50, 30_000, 3), 255, np.uint8)):
        assert acquirer.acquire(Picture(pixels)).reason == "no_face"


def screened(pixels: Pixels, period: float) -> Pixels:
    """As printed with a round-dot screen at 45 degrees in black, and scanned."""
    grey = cv2.cvtColor(pixels, cv2.COLOR_RGB2GRAY).astype(np.float64) / 255
    large = cv2.resize(grey, None, fx=3, fy=3)
    y, x = np.mgrid[0 : large.shape[0], 0 : large.shape[1]] * (2 * np.pi / (3 * period))
    dots = 0.5 + (np.cos((x + y) / 2**0.5) + np.cos((x - y) / 2**0.5)) / 4
    ink = cv2.GaussianBlur((1 - large > dots).astype(np.float64), (0, 0), 1.5)
    scan = cv2.resize(1 - 0.9 * ink, (pixels.shape[1], pixels.shape[0]), interpolation=cv2.INTER_AREA)
    return np.asarray((scan[..., None] * 255).repeat(3, axis=2), np.uint8)


@pytest.mark.parametrize(("period", "least"), [(4, 0.85), (6, 0.6)])
def test_the_dots_of_a_print_are_filtered_out(
    acquirer: FaceAcquirer,
    landmarker: FaceLandmarker,
    embedder: Embedder,
    people: dict[str, Pixels],
    period: float,
    least: float,
) -> None:
    clean = (Picture(people["obama"]), only(acquirer, Picture(people["obama"])))
    printed = Picture(screened(people["obama"], period))
    face = only(acquirer, printed, FaceChoice.PORTRAIT)
    restored = PortraitRestorer(landmarker).restore(printed, face)
    assert restored.note == "screened_print"
    assert restored.trace.frequency == pytest.approx(1 / period, rel=0.15)
    after = likeness(embedder, clean, (restored.picture, restored.face))
    assert after > least
    # a fine, even screen does little harm to begin with; a coarse one does
    assert after > likeness(embedder, clean, (printed, face)) - 0.02


@pytest.mark.parametrize("name", ["obama", "obama2", "biden"])
@pytest.mark.parametrize("factor", [1.0, 0.5])
def test_clean_portraits_are_left_alone(
    acquirer: FaceAcquirer, landmarker: FaceLandmarker, people: dict[str, Pixels], name: str, factor: float
) -> None:
    picture = Picture(scaled(people[name], factor))
    face = only(acquirer, picture)
    restored = PortraitRestorer(landmarker).restore(picture, face)
    assert restored.note is None
    assert restored.picture is picture
    assert restored.face is face


def test_a_blurred_portrait_is_sharpened_to_its_gain(
    acquirer: FaceAcquirer, landmarker: FaceLandmarker, embedder: Embedder, people: dict[str, Pixels]
) -> None:
    clean = (Picture(people["biden"]), only(acquirer, Picture(people["biden"])))
    sigma = 0.06 * clean[1].inter_eye_px
    blurred = Picture(np.asarray(cv2.GaussianBlur(people["biden"], (0, 0), sigma), np.uint8))
    face = only(acquirer, blurred, FaceChoice.PORTRAIT)
    restored = PortraitRestorer(landmarker).restore(blurred, face)
    assert restored.note == "sharpened_portrait"
    assert likeness(embedder, clean, (restored.picture, restored.face)) > likeness(embedder, clean, (blurred, face))


def bar(pixels: Pixels, face: Face) -> Pixels:
    pixels = pixels.copy()
    middle, half = face.mesh.box.centre[0], face.inter_eye_px
    y = (face.mesh.left_eye[1] + face.mesh.right_eye[1]) / 2
    top, bottom = (int(y + side * 0.28 * half) for side in (-1, 1))
    pixels[top:bottom, int(middle - 0.97 * half) : int(middle + 0.97 * half)] = 15
    return pixels


@pytest.mark.parametrize("name", ["obama", "obama2", "biden"])
def test_what_makes_everybody_look_alike_blocks(acquirer: FaceAcquirer, people: dict[str, Pixels], name: str) -> None:
    pixels = people[name]
    face = only(acquirer, Picture(pixels))
    noise = np.random.default_rng(0).normal(0, 5, pixels.shape)
    spoilt = {
        "low_sharpness": np.asarray(cv2.GaussianBlur(pixels, (0, 0), 0.075 * face.inter_eye_px), np.uint8),
        "under_exposed": np.clip(pixels * 0.15 + noise, 0, 255).astype(np.uint8),
        "eyes_covered": bar(pixels, face),
    }
    for code, changed in spoilt.items():
        found = acquirer.acquire(Picture(changed), choice=FaceChoice.CENTRAL)
        if found.face is not None:  # a face that isn't found does no harm
            assert code in assess_quality(Picture(changed), found.face).blocking
