"""The animated portrait: what turns is solid, what closes is an eye, what is lit has a shape."""

import random
from itertools import pairwise

import numpy as np
import pytest
from numpy.typing import NDArray

from surfaces import head_mesh, noise_texture
from visavis.capture.challenge import Eyes, Gesture, GestureStep
from visavis.capture.picture import Picture, RgbImage
from visavis.evaluation.laboratory.framing import SCENE, Framing, frame_still
from visavis.evaluation.laboratory.motion import FULL, Follower, Look, Wander
from visavis.evaluation.laboratory.puppet import AnimatedPortrait, Puppet, rotation
from visavis.evaluation.laboratory.stage import Cue
from visavis.pad.relief import ReliefMeter
from visavis.perception.landmarks import FaceMesh
from visavis.perception.pose import CanonicalMesh

PX = 14.0
"""Of the synthetic still, for each cm of its head."""


@pytest.fixture(scope="module")
def canonical() -> CanonicalMesh:
    return head_mesh()


@pytest.fixture(scope="module")
def still() -> RgbImage:
    return noise_texture(3, side=700)[60:640]


def mesh_of(canonical: CanonicalMesh, middle: tuple[float, float] = (350.0, 290.0)) -> FaceMesh:
    points = canonical.vertices * [PX, -PX, -PX] + [*middle, 0]
    # where the landmarks for the ears and the outline are looked for
    points[[234, 454]] = [[middle[0] - 7.4 * PX, middle[1], 4 * PX], [middle[0] + 7.4 * PX, middle[1], 4 * PX]]
    return FaceMesh(points=np.asarray(points, np.float32), presence=1.0)


@pytest.fixture(scope="module")
def portrait(canonical: CanonicalMesh, still: RgbImage) -> AnimatedPortrait:
    return AnimatedPortrait(still, mesh_of(canonical))


def turned(portrait: AnimatedPortrait, yaw: float) -> FaceMesh:
    """The landmarks after a turn, by the weak perspective of a face far away; only roughly where they are drawn."""
    points = portrait.points
    middle = points.mean(axis=0)
    axes = np.array([1.0, -1.0, -1.0])
    moved = ((points - middle) * axes) @ rotation(yaw, 0, 0).T * axes + middle
    return FaceMesh(points=np.asarray(moved, np.float32), presence=1.0)


def gain_of(portrait: AnimatedPortrait, canonical: CanonicalMesh, yaw: float) -> float:
    meter = ReliefMeter(canonical)
    neutral = FaceMesh(points=np.asarray(portrait.points, np.float32), presence=1.0)
    first = meter.crop(Picture(portrait.render()), neutral)
    second = meter.crop(Picture(portrait.render(yaw=yaw)), turned(portrait, yaw))
    assert first is not None
    assert second is not None
    reference = meter.reference(first)
    assert reference is not None
    pair = meter.measure(reference, second)
    assert pair is not None
    return pair.gain


def test_at_rest_it_is_the_still(portrait: AnimatedPortrait) -> None:
    picture = portrait.render()

    assert picture.shape == (SCENE[1], SCENE[0], 3)
    assert picture.dtype == np.uint8
    assert np.abs(picture.astype(int) - portrait.still).mean() < 0.5


@pytest.mark.parametrize("yaw", [-14.0, 14.0])
def test_it_turns_as_a_solid(portrait: AnimatedPortrait, canonical: CanonicalMesh, yaw: float) -> None:
    assert gain_of(portrait, canonical, yaw) > 0.6


def test_without_relief_it_turns_as_a_sheet(canonical: CanonicalMesh, still: RgbImage) -> None:
    flat = AnimatedPortrait(still, mesh_of(canonical), relief=0.0)

    assert abs(gain_of(flat, canonical, 14.0)) < 0.25


@pytest.mark.parametrize(("pose", "place"), [((15.0, 0.0), (1, 0)), ((0.0, 12.0), (0, -1))])
def test_the_nose_goes_the_way_that_the_pose_says(
    canonical: CanonicalMesh, pose: tuple[float, float], place: tuple[int, int]
) -> None:
    grey = np.full((580, 700, 3), 120, np.uint8)
    mesh = mesh_of(canonical)
    nose = int(np.argmin(mesh.points[:, 2]))
    x, y = mesh.points[nose, :2].astype(int)
    grey[y - 3 : y + 4, x - 3 : x + 4] = 255
    portrait = AnimatedPortrait(grey, mesh)

    def spot(picture: RgbImage) -> NDArray[np.float64]:
        return np.asarray(np.argwhere(picture[..., 0] > 180).mean(axis=0)[::-1], np.float64)

    moved = spot(portrait.render(yaw=pose[0], pitch=pose[1])) - spot(portrait.render())

    assert moved @ place > 8
    assert abs(moved @ place[::-1]) < 0.5 * (moved @ place)


def test_far_from_the_head_nothing_moves(portrait: AnimatedPortrait) -> None:
    picture = portrait.render(yaw=20, pitch=-10, roll=5, shift=(6, -4))

    assert (picture[:8] == portrait.still[:8]).all()
    assert (picture[:, :8] == portrait.still[:, :8]).all()


def test_each_eye_closes_by_itself(portrait: AnimatedPortrait) -> None:
    def changed(picture: RgbImage) -> NDArray[np.intp]:
        return np.argwhere((picture.astype(int) - portrait.render()).any(axis=2))[:, 1]

    middle = portrait.points[:, 0].mean()
    left, right = changed(portrait.render(left=1)), changed(portrait.render(right=1))

    # the holder's own left is on the right of the picture
    assert len(left) > 100
    assert left.min() > middle
    assert len(right) > 100
    assert right.max() < middle


def test_light_has_the_shape_of_the_face_and_hardly_reaches_the_wall(canonical: CanonicalMesh) -> None:
    grey = np.full((580, 700, 3), 128, np.uint8)
    portrait = AnimatedPortrait(grey, mesh_of(canonical))
    dark = portrait.render().astype(float)
    bright = portrait.render(colour=(255, 255, 255), share=0.5).astype(float)
    gain = ((bright / dark) ** 2.2 - 1)[..., 1]
    x, y = portrait.points[:, :2].mean(axis=0).astype(int)

    assert 0.4 < gain[y - 60 : y - 50, x - 5 : x + 5].mean() <= 0.52
    assert gain[y - 30 : y - 20, x - 75 : x - 68].mean() < 0.92 * gain[y - 60 : y - 50, x - 5 : x + 5].mean()
    assert gain[:40, :40].mean() < 0.08
    red = portrait.render(colour=(255, 0, 0), share=0.5).astype(float)
    assert (red[y - 50, x] - dark[y - 50, x] > [10, -1, -1]).all()
    assert (red[y - 50, x, 1:] == dark[y - 50, x, 1:]).all()


def test_a_puppet_answers_after_its_prompt_and_the_same_way_again(portrait: AnimatedPortrait) -> None:
    def play() -> list[RgbImage]:
        puppet = Puppet(portrait, random.Random(4))
        step = GestureStep(gesture=Gesture.TURN_LEFT, pause_s=0.6)
        cues = [Cue(time_s=i / 10, since_s=i / 10) for i in range(5)]
        cues += [Cue(time_s=0.5 + i / 10, since_s=i / 10, step=step, index=0) for i in range(16)]
        return [puppet.scene(cue) for cue in cues]

    one, two = play(), play()

    assert all((a == b).all() for a, b in zip(one, two, strict=True))
    still, early, late = one[4].astype(int), one[7].astype(int), one[-1].astype(int)
    assert np.abs(late - still).mean() > 3 * np.abs(early - still).mean()


def test_a_still_that_does_not_fill_the_scene_is_continued() -> None:
    small = np.full((90, 80, 3), 90, np.uint8)
    points = np.zeros((468, 3), np.float32)
    points[:, :2] = np.random.default_rng(1).uniform(20, 60, (468, 2))
    points[[33, 133, 263, 362], :2] = [[25, 40], [35, 40], [55, 40], [45, 40]]

    scene, moved = frame_still(small, points, Framing(eye_px=80.0))

    assert scene.shape == (480, 640, 3)
    assert (np.abs(scene.astype(int) - 90) <= 1).all()
    assert np.isclose(np.hypot(*(moved[[33, 133], :2].mean(axis=0) - moved[[263, 362], :2].mean(axis=0))), 80.0)


class TestFollower:
    def look_at(self, follower: Follower, since: list[float], gesture: Gesture = Gesture.TURN_RIGHT) -> list[Look]:
        step = GestureStep(gesture=gesture, pause_s=0.6)
        return [follower.look(Cue(time_s=time, step=step, index=0, since_s=time)) for time in since]

    def test_it_reacts_like_a_person_and_holds_while_it_is_asked(self) -> None:
        times = [i / 20 for i in range(40)]
        looks = self.look_at(Follower(random.Random(1)), times)

        assert all(abs(look.yaw) < 0.5 for look, time in zip(looks, times, strict=True) if time < 0.3)
        assert looks[30].yaw == pytest.approx(-22, abs=1.0)
        assert looks[-1].yaw <= -20

    def test_it_lets_go_when_the_prompt_is_gone(self) -> None:
        follower = Follower(random.Random(1))
        self.look_at(follower, [i / 20 for i in range(40)])
        after = [follower.look(Cue(time_s=2 + i / 20, since_s=i / 20)) for i in range(24)]

        assert after[0].yaw < -18
        assert abs(after[-1].yaw) < 0.5

    def test_who_does_not_hold_comes_back_and_tries_once_more(self) -> None:
        looks = self.look_at(Follower(random.Random(1), held=False), [i / 20 for i in range(80)])
        reached = [look.yaw < -15 for look in looks]

        assert sum(b and not a for a, b in pairwise(reached)) == 2
        assert min(look.yaw for look in looks) == pytest.approx(-22 * 1.15, abs=0.6)

    def test_one_eye_alone_is_closed_where_only_one_is_asked_for(self) -> None:
        follower = Follower(random.Random(1), eyes=Eyes.LEFT)
        looks = self.look_at(follower, [i / 20 for i in range(40)], Gesture.CLOSE_EYES)

        assert looks[-1].left > 0.99
        assert looks[-1].right == 0

    def test_what_it_cannot_answer_is_left(self) -> None:
        answers: dict[Gesture, Look] = dict(FULL)
        del answers[Gesture.CLOSE_EYES]
        looks = self.look_at(
            Follower(random.Random(1), answers=answers), [i / 20 for i in range(40)], Gesture.CLOSE_EYES
        )

        assert all(look == Look() for look in looks)


def test_wandering_is_smooth_and_bounded() -> None:
    wander = Wander(random.Random(2), 2.0, 5.0)
    path = np.array([wander.at(i / 30) for i in range(900)])

    assert (np.abs(path) <= [4.0, 10.0]).all()
    assert (np.abs(np.diff(path, axis=0)).max(axis=0) < [0.7, 1.7]).all()
    assert (path.std(axis=0) > [0.5, 1.2]).all()
