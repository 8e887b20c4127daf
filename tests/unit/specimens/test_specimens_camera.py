"""Photographs of specimens: where the page is said to lie it lies, at every level, and the same again from a seed."""

import random
from datetime import date
from itertools import pairwise

import cv2
import numpy as np
import pytest

from visavis.evaluation.specimens import (
    Fonts,
    Level,
    Photograph,
    Specimen,
    SpecimenKind,
    draw_specimen,
    photograph,
    photograph_frames,
)
from visavis.evaluation.specimens.levels import CONDITIONS
from visavis.evaluation.specimens.pose import Pose, homography, through

TODAY = date(2026, 11, 22)
CORNERS = np.array([[-1, -1], [1, -1], [1, 1], [-1, 1]])


@pytest.fixture(scope="module")
def specimen(specimen_fonts: Fonts) -> Specimen:
    return draw_specimen(
        SpecimenKind.TD1_CARD_BACK, rng=random.Random(5), fonts=specimen_fonts, portraits=(), today=TODAY
    )


def seen_again(taken: Photograph, specimen: Specimen) -> float:
    """How well the page, cut out at the quad, fits the page as drawn: the correlation of both."""
    height, width = (side // 4 for side in specimen.page.shape[:2])
    corners = np.array([[0, 0], [width, 0], [width, height], [0, height]], np.float32)
    matrix = cv2.getPerspectiveTransform(taken.quad.astype(np.float32) - 0.5, corners - 0.5)
    cut = cv2.warpPerspective(taken.picture.pixels, matrix, (width, height), flags=cv2.INTER_AREA)
    drawn = cv2.resize(specimen.page, (width, height), interpolation=cv2.INTER_AREA)
    fine = [cv2.cvtColor(image, cv2.COLOR_RGB2GRAY).astype(np.float32) for image in (cut, drawn)]
    fine = [image - cv2.GaussianBlur(image, (0, 0), 6) for image in fine]  # without the light's fall
    return float(np.corrcoef(fine[0].ravel(), fine[1].ravel())[0, 1])


@pytest.fixture(scope="module")
def poor(specimen: Specimen) -> dict[int, Photograph]:
    """By seed; the seeds are such that every quarter turn is among them."""
    return {seed: photograph(specimen, level=Level.POOR_PHONE, rng=random.Random(seed)) for seed in (1, 2, 5, 9)}


def test_the_page_lies_where_the_quad_says_in_reading_order(specimen: Specimen, poor: dict[int, Photograph]) -> None:
    assert {taken.difficulty["quarter_turns"] for taken in poor.values()} == {0, 1, 2, 3}
    for taken in poor.values():
        assert seen_again(taken, specimen) > 0.45
        upside_down = type(taken)(picture=taken.picture, quad=np.roll(taken.quad, 2, axis=0), difficulty={})
        assert seen_again(upside_down, specimen) < 0.2


@pytest.mark.parametrize("level", Level)
@pytest.mark.parametrize("kind", [SpecimenKind.TD3_PAGE, SpecimenKind.PRC_FRONT])
def test_the_page_is_whole_and_fills_its_share_at_every_pose(level: Level, kind: SpecimenKind) -> None:
    conditions, rng = CONDITIONS[level], random.Random(3)
    half = np.array(kind.size_mm) / 2
    for _ in range(60):
        pose = Pose(
            turn_deg=90 * rng.randrange(4) + rng.uniform(*conditions.turn),
            tilt_deg=rng.uniform(*conditions.tilt),
            axis_deg=rng.uniform(0, 360),
            fill=rng.uniform(*conditions.fill),
            across=rng.uniform(-1, 1),
            down=rng.uniform(-1, 1),
        )
        frame = (conditions.longer, conditions.longer * 3 // 4)
        quad = through(homography(pose, kind.size_mm, frame), CORNERS * half)
        assert (quad >= 0).all()
        assert (quad <= frame).all()
        took = ((quad.max(axis=0) - quad.min(axis=0)) / frame).max()
        assert took == pytest.approx(pose.fill, rel=0.02)
        x, y = quad[:, 0], quad[:, 1]
        assert np.dot(x, np.roll(y, -1)) > np.dot(y, np.roll(x, -1))  # clockwise as seen: y runs down


def test_tilt_is_the_angle_between_the_page_and_the_camera() -> None:
    """A page tilted about an upright axis looks narrower by the cosine, and its nearer side looks taller."""
    small = (1.0, 1.0)  # far away in its own measure, so that there is no perspective to speak of
    flat = through(homography(_pose(0), small, (1000, 1000)), CORNERS * 0.5)
    tilted = through(homography(_pose(35), small, (1000, 1000)), CORNERS * 0.5)
    ratio = [np.ptp(quad[:, 0]) / np.ptp(quad[:, 1]) for quad in (flat, tilted)]
    assert ratio[0] == pytest.approx(1)
    assert ratio[1] == pytest.approx(np.cos(np.radians(35)), rel=0.25)
    sides = [np.linalg.norm(tilted[3] - tilted[0]), np.linalg.norm(tilted[2] - tilted[1])]
    assert max(sides) / min(sides) > 1.05


def _pose(tilt: float) -> Pose:
    return Pose(turn_deg=0, tilt_deg=tilt, axis_deg=90, fill=0.5, across=0, down=0)


def test_a_studio_is_easier_than_a_poor_phone(specimen: Specimen, poor: dict[int, Photograph]) -> None:
    studio = photograph(specimen, level=Level.STUDIO, rng=random.Random(9))
    assert studio.difficulty["glare"] == studio.difficulty["fingers"] == studio.difficulty["clutter"] == 0
    assert float(studio.difficulty["px_per_mm"]) > float(poor[9].difficulty["px_per_mm"])
    assert float(studio.difficulty["noise"]) < float(poor[9].difficulty["noise"])
    assert seen_again(studio, specimen) > max(seen_again(taken, specimen) for taken in poor.values())


def test_frames_show_one_scene_with_a_moving_hand(specimen: Specimen) -> None:
    frames = photograph_frames(specimen, level=Level.POOR_PHONE, count=3, rng=random.Random(21))
    assert len(frames) == 3
    assert len({frame.difficulty["table"] for frame in frames}) == 1
    assert len({frame.difficulty["quarter_turns"] for frame in frames}) == 1
    moved = [np.abs(one.quad - two.quad).max() for one, two in pairwise(frames)]
    assert all(0.5 < far < 0.3 * frames[0].picture.width for far in moved)
    assert all(seen_again(frame, specimen) > 0.45 for frame in frames)
    assert len({frame.difficulty["focus"] for frame in frames}) == 3


def test_a_seed_takes_the_same_picture_again_and_another_seed_does_not(
    specimen: Specimen, poor: dict[int, Photograph]
) -> None:
    again = photograph(specimen, level=Level.POOR_PHONE, rng=random.Random(9))
    assert np.array_equal(again.picture.pixels, poor[9].picture.pixels)
    assert np.array_equal(again.quad, poor[9].quad)
    assert again.difficulty == poor[9].difficulty
    assert not np.array_equal(again.quad, poor[5].quad)
    assert not again.picture.pixels.flags.writeable
