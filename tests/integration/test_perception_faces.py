"""Recall on real photographs: what nobody could draw."""

import csv
from collections import Counter
from pathlib import Path

import cv2
import numpy as np
import pytest

from visavis.adapters.model_store import ModelStore
from visavis.adapters.sessions import open_session
from visavis.capture.picture import Picture, read_picture
from visavis.perception.acquisition import FaceAcquirer, FaceChoice
from visavis.perception.detector import FaceDetector
from visavis.perception.eyes import EyeEstimator
from visavis.perception.landmarks import FaceLandmarker
from visavis.perception.pose import CanonicalMesh, PoseEstimator
from visavis.perception.quality import assess_quality

pytestmark = [pytest.mark.models, pytest.mark.faces, pytest.mark.slow]

SOME = 150
"""Pictures of LFW in a test run, spread over the folder; docs/reference/accuracy.md has all of them."""


@pytest.fixture(scope="module")
def acquirer(model_store: ModelStore) -> FaceAcquirer:
    return FaceAcquirer(
        FaceDetector(open_session(model_store, "blazeface_back")),
        FaceLandmarker(open_session(model_store, "face_landmarks")),
        PoseEstimator(CanonicalMesh.parse(model_store.read("canonical_face_mesh"))),
        EyeEstimator(open_session(model_store, "faceplugin_eye")),
    )


@pytest.fixture(scope="module")
def lfw(test_data: Path) -> list[Path]:
    folder = test_data / "faces" / "lfw"
    with (folder / "pairs.csv").open(newline="") as file:
        names = sorted({row[side] for row in csv.DictReader(file) for side in ("file_a", "file_b")})
    return [folder / "images" / name for name in names[:: max(1, len(names) // SOME)]]


def test_every_photograph_of_a_person_alone_is_acquired(acquirer: FaceAcquirer, test_data: Path) -> None:
    files = sorted((test_data / "faces" / "deepface").glob("*.jpg"))
    assert len(files) == 61
    blocked = []
    for file in files:
        picture = read_picture(file)
        found = acquirer.acquire(picture)
        assert found.reason is None, f"{file.name}: {found.reason}"
        assert found.face is not None
        if assess_quality(picture, found.face).blocking:
            blocked.append(file.name)
    assert blocked == []


def test_hardly_any_face_in_the_wild_is_missed_or_blocked(acquirer: FaceAcquirer, lfw: list[Path]) -> None:
    missed, blocked = Counter[str](), 0
    for file in lfw:
        picture = read_picture(file)
        found = acquirer.acquire(picture, choice=FaceChoice.CENTRAL)
        if found.face is None:
            missed[found.reason or ""] += 1
        elif assess_quality(picture, found.face).blocking:
            blocked += 1
    assert missed.total() <= 0.01 * len(lfw), missed
    assert blocked <= 0.03 * len(lfw)


@pytest.mark.parametrize("spoil", ["blur", "strong_blur", "dark"])
def test_what_makes_everybody_look_alike_is_blocked(acquirer: FaceAcquirer, lfw: list[Path], spoil: str) -> None:
    noise = np.random.default_rng(0)
    seen, let_through = 0, 0
    for file in lfw[::4]:
        pixels = read_picture(file).pixels
        if spoil == "dark":
            changed = np.clip(pixels * 0.15 + noise.normal(0, 5, pixels.shape), 0, 255).astype(np.uint8)
        else:
            # 2 and 3 px where there are 35 between the eyes; LFW has 42
            sigma = {"blur": 2.4, "strong_blur": 3.6}[spoil]
            changed = np.asarray(cv2.GaussianBlur(pixels, (0, 0), sigma), np.uint8)
        found = acquirer.acquire(Picture(changed), choice=FaceChoice.CENTRAL)
        if found.face is not None:
            seen += 1
            let_through += not assess_quality(Picture(changed), found.face).blocking
    assert seen > 0
    assert let_through <= 0.05 * seen
