"""The main portrait among several faces: never the ghost, the hand's owner, or one of two that are alike."""

import numpy as np
import pytest
from numpy.typing import NDArray

from perception_material import head, seen, turned
from visavis.capture.picture import Picture
from visavis.document.portrait import PortraitSide, faces_of, main_portrait, portrait_quad
from visavis.perception.acquisition import Acquisition, Face
from visavis.perception.eyes import EyeOpenness
from visavis.perception.pose import PoseEstimator

HEAD = head()
PAGE = np.array([[100, 100], [900, 100], [900, 600], [100, 600]], np.float64)
EYES = EyeOpenness(left=1, right=1, left_ratio=0.3, right_ratio=0.3, left_network=1, right_network=1)


def face(x: float, y: float, px_per_cm: float, *, roll: float = 0) -> Face:
    mesh = seen(HEAD, turned(roll=roll), centre=(x, y), px_per_cm=px_per_cm)
    pose = PoseEstimator(HEAD).estimate(mesh)
    return Face(mesh=mesh, pose=pose, eyes=EYES, box=mesh.box, inter_eye_px=mesh.eye_distance)


def painted(*faces: tuple[Face, float, bool]) -> Picture:
    """A pale page with faces of so much contrast, 0..1, in colour or in one ink."""
    rng = np.random.default_rng(4)
    pixels = np.full((700, 1000, 3), 225.0)
    for who, strength, coloured in faces:
        paint(pixels, who, strength, coloured=coloured, rng=rng)
    return Picture(np.clip(pixels, 0, 255).astype(np.uint8))


def paint(pixels: NDArray[np.float64], who: Face, strength: float, *, coloured: bool, rng: np.random.Generator) -> None:
    left, top, width, height = (round(value) for value in who.box)
    patch = np.kron(rng.uniform(-1, 1, (12, 12, 3)), np.ones((height // 12 + 1, width // 12 + 1, 1)))[:height, :width]
    if not coloured:
        patch = patch.mean(axis=2, keepdims=True) * np.array([0.9, 1.0, 1.2])
    pixels[top : top + height, left : left + width] += strength * (90 * patch - 60)


MAIN = face(300, 320, 12)
GHOST = face(720, 400, 7)


def test_the_larger_and_clearer_face_is_the_portrait() -> None:
    picture = painted((MAIN, 1, True), (GHOST, 0.4, False))
    for order in ([MAIN, GHOST], [GHOST, MAIN]):
        found = main_portrait(picture, order, page_quad=PAGE, side=PortraitSide.LEFT)
        assert found is not None
        assert found.face is MAIN
        assert found.ghosts == (GHOST,)
        assert found.outside == ()
        assert found.quality.component("inter_eye_distance").score > 50


@pytest.mark.parametrize("coloured", [True, False])
def test_a_ghost_as_large_as_the_portrait_is_told_by_its_ink(coloured: bool) -> None:
    ghost = face(720, 330, 12.5)
    picture = painted((MAIN, 1, coloured), (ghost, 0.35, False))
    found = main_portrait(picture, [ghost, MAIN], page_quad=PAGE)
    assert found is not None
    assert found.face is MAIN


def test_two_portraits_that_are_alike_are_none() -> None:
    other = face(720, 330, 12)
    rng = np.random.default_rng(4)
    pixels = np.full((700, 1000, 3), 225.0)
    paint(pixels, MAIN, 1, coloured=True, rng=rng)
    box = [round(value) for value in MAIN.box]
    there = [round(value) for value in other.box]
    same = pixels[box[1] : box[1] + box[3], box[0] : box[0] + box[2]].copy()
    pixels[there[1] : there[1] + box[3], there[0] : there[0] + box[2]] = same
    picture = Picture(np.clip(pixels, 0, 255).astype(np.uint8))
    assert main_portrait(picture, [MAIN, other], page_quad=PAGE) is None
    # the one that stands where the issuer puts portraits is the main one
    left = main_portrait(picture, [MAIN, other], page_quad=PAGE, side=PortraitSide.LEFT)
    right = main_portrait(picture, [MAIN, other], page_quad=PAGE, side=PortraitSide.RIGHT)
    assert left is not None
    assert right is not None
    assert (left.face, right.face) == (MAIN, other)


def test_a_face_beside_the_page_is_never_the_portrait() -> None:
    holder = face(850, 60, 20)
    picture = painted((MAIN, 1, True))
    found = main_portrait(picture, [holder, MAIN], page_quad=PAGE)
    assert found is not None
    assert found.face is MAIN
    assert found.outside == (holder,)
    assert main_portrait(picture, [holder], page_quad=PAGE) is None
    assert main_portrait(picture, []) is None


@pytest.mark.parametrize("roll", [0, 90, 180, -90])
def test_the_frame_turns_with_the_face(roll: float) -> None:
    who = face(500, 350, 10, roll=roll)
    quad = portrait_quad(who)
    middle = (who.mesh.right_eye + who.mesh.left_eye) / 2
    width, height = np.hypot(*(quad[1] - quad[0])), np.hypot(*(quad[3] - quad[0]))
    assert height / width == pytest.approx(4 / 3)
    assert width == pytest.approx(4 * who.inter_eye_px)
    down = (quad[3] - quad[0]) / height
    assert (middle - (quad[0] + quad[1]) / 2) @ down == pytest.approx(0.45 * height)
    # the chin is below the eyes as the frame is read
    assert (who.mesh.points[152, :2] - middle) @ down > 0


def test_faces_of_a_search_that_chose_none() -> None:
    assert faces_of(Acquisition(reason=None, face=MAIN, others=(GHOST,))) == (MAIN, GHOST)
    assert faces_of(Acquisition(reason="second_face", face=None, others=(MAIN, GHOST))) == (MAIN, GHOST)
