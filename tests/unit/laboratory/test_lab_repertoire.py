"""Which gestures are found in a clip, and which clip can stand for a person who answers."""

from __future__ import annotations

from itertools import pairwise

import pytest

from actor_material import Moment, blink, clip_of, lively, resting, trip
from visavis.capture.challenge import Gesture, challenge_entropy
from visavis.evaluation.laboratory.actor import Actor
from visavis.evaluation.laboratory.clips import half_of


def test_every_gesture_is_found_from_near_home_to_its_peak() -> None:
    clip = lively()
    assert set(clip.repertoire) == set(Gesture)
    assert clip.why_not is None
    for gesture, found in clip.repertoire.items():
        poses = [clip.faces[index] for index in (*found.out, *found.peak)]
        first, last = poses[0], poses[-1]
        assert first is not None
        assert last is not None
        away = max(abs(first.pose.yaw), abs(first.pose.pitch))
        assert away < 7, gesture
        assert not found.mirrored
        if gesture is Gesture.TURN_LEFT:
            assert last.pose.yaw == pytest.approx(20)
        if gesture is Gesture.CLOSE_EYES:
            assert last.eyes.left < 0.1
        steps = [abs(one - other) for one, other in pairwise(found.out)]
        assert set(steps) <= {1}, "a way is a stretch of the clip"


def test_idling_is_near_the_home_pose_with_open_eyes() -> None:
    clip = lively()
    for run in clip.gestures.idle:
        for index in run:
            face = clip.faces[index]
            assert face is not None
            assert abs(face.pose.yaw) <= 6.1
            assert face.eyes.left > 0.5


def test_one_side_is_played_in_a_mirror_for_the_other() -> None:
    found = lively(right=0).repertoire
    assert not found[Gesture.TURN_LEFT].mirrored
    assert found[Gesture.TURN_RIGHT].mirrored
    assert found[Gesture.TURN_RIGHT].peak == found[Gesture.TURN_LEFT].peak


def test_a_way_over_another_gesture_is_none() -> None:
    up_first = [Moment(pitch=share * 14) for share in (0.3, 0.7, 1.0, 1.0, 0.7, 0.3)]
    then_left = [Moment(yaw=share * 20, pitch=2) for share in (0.45, 0.7, 0.9, 1.0, 1.0, 1.0, 1.0)]
    around = [*up_first[:4], *then_left, *reversed(then_left[:3]), *reversed(up_first[:4])]
    straight = [*then_left, *reversed(then_left[:3])]
    rest = [*resting(60), *blink(), *resting()]
    assert Gesture.TURN_LEFT not in clip_of([*rest, *around, *resting()]).repertoire
    assert Gesture.TURN_LEFT in clip_of([*rest, *straight, *resting()]).repertoire


@pytest.mark.parametrize(
    ("moments", "reason"),
    [
        ([*resting(60), *blink(), *resting()], "no turn"),
        ([*resting(60), *trip(yaw=8), *resting(), *blink(), *resting()], "no turn"),
        ([*resting(60), *trip(yaw=20), *resting(), *trip(pitch=14), *resting()], "eyes never close"),
        ([Moment(yaw=30)] * 40, "never still"),
        ([Moment()] * 4, "no face"),
    ],
)
def test_a_clip_that_cannot_answer_says_why(moments: list[Moment], reason: str) -> None:
    clip = clip_of(moments)
    assert clip.why_not is not None
    assert reason in clip.why_not
    assert Actor.policy(clip) is None


def test_what_a_clip_lacks_is_replaced_and_never_asked_for() -> None:
    policy = Actor.policy(lively(up=0, down=0))
    assert policy is not None
    assert policy.replaced == {Gesture.LOOK_UP: Gesture.CLOSE_EYES, Gesture.LOOK_DOWN: Gesture.CLOSE_EYES}
    assert challenge_entropy(policy).order >= 6
    up = Actor.policy(lively(up=0))
    assert up is not None
    assert up.replaced == {Gesture.LOOK_UP: Gesture.LOOK_DOWN}
    everything = Actor.policy(lively())
    assert everything is not None
    assert everything.replaced == {}


def test_halves_are_fixed_and_disjoint() -> None:
    assert {name for name in ("d0", "d6", "d11", "d12", "e1") if half_of(name) == "tuning"} == {
        "d0",
        "d6",
        "d11",
        "d12",
        "e1",
    }
    assert all(half_of(name) == "reporting" for name in ("d3", "d18", "d20", "e2", "e3"))
    others = [half_of(f"person{number}") for number in range(200)]
    assert 60 < others.count("tuning") < 140
