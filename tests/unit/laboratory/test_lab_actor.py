"""What the actor does, and when."""

from __future__ import annotations

import random
from collections.abc import Iterator
from itertools import pairwise

import cv2
import numpy as np
import pytest

from actor_material import QUIET, clip_of, lively, resting
from visavis.capture.challenge import Gesture, GestureStep
from visavis.evaluation.laboratory.actor import Actor, _between, _flows
from visavis.evaluation.laboratory.clips import Clip
from visavis.evaluation.laboratory.stage import Cue

RATE = 15.0

SCRIPT = {
    Gesture.TURN_LEFT: lambda x, y: x - 320 > 15,
    Gesture.TURN_RIGHT: lambda x, y: x - 320 < -15,
    Gesture.LOOK_UP: lambda x, y: 230 - y > 10,
    Gesture.LOOK_DOWN: lambda x, y: 230 - y < -10,
}


@pytest.fixture(scope="module")
def clip() -> Clip:
    return lively()


def cues(gesture: Gesture | None, *, until_s: float = 4.0, ends_s: float = 6.0) -> Iterator[Cue]:
    """Two seconds of nothing, then one prompt until ``until_s``, then nothing."""
    for number in range(round(ends_s * RATE)):
        time = number / RATE
        asked = gesture is not None and 2 <= time < until_s
        step = GestureStep(gesture=gesture, pause_s=0.6) if asked and gesture is not None else None
        yield Cue(time_s=time, step=step, index=0 if asked else None, since_s=time - 2 if asked else time)


def places(
    actor: Actor, gesture: Gesture | None, *, until_s: float = 4.0, ends_s: float = 6.0
) -> list[tuple[float, float, float]]:
    """Time, and where the middle of the drawn head is: it moves by a pixel a degree."""
    found = []
    for cue in cues(gesture, until_s=until_s, ends_s=ends_s):
        points = actor.look(cue).points
        found.append((cue.time_s, float(points[:, 0].mean()), float(points[:, 1].mean())))
    return found


@pytest.mark.parametrize(
    ("gesture", "mirrored"),
    [*((gesture, False) for gesture in SCRIPT), (Gesture.TURN_LEFT, True), (Gesture.TURN_RIGHT, True)],
)
def test_a_gesture_is_made_after_a_while_held_and_ended(clip: Clip, gesture: Gesture, mirrored: bool) -> None:
    seen = places(Actor(clip, QUIET, random.Random(1), mirrored=mirrored), gesture, until_s=3.6)
    made = [time for time, x, y in seen if SCRIPT[gesture](x, y)]
    assert made
    assert 2.3 <= made[0] <= 2.0 + 0.9 + 0.4 + 1.2, "reaction, join and way"
    assert 0.4 <= made[-1] - made[0] <= 1.6
    assert abs(seen[-1][1] - 320) < 8, "back near home"


def test_closed_eyes_are_held_longer_than_the_blink_of_the_clip(clip: Clip) -> None:
    for seed in range(2):
        actor = Actor(clip, QUIET, random.Random(seed))
        held: list[float] = []
        for cue in cues(Gesture.CLOSE_EYES, until_s=3.4):
            look = actor.look(cue)
            x, y = look.points[:, :2].mean(axis=0).astype(int)
            shut = int(look.scene[int(y) - 36, int(x) - 50].max()) > 100
            if shut and cue.time_s > 2.2 and (not held or cue.time_s - held[-1] < 0.2):
                held.append(cue.time_s)
        assert 2.3 <= held[0] <= 3.5
        assert 0.45 <= held[-1] - held[0] <= 0.95


def test_nothing_is_done_without_a_prompt(clip: Clip) -> None:
    seen = places(Actor(clip, QUIET, random.Random(3)), None)
    xs = np.array([x for _, x, _ in seen])
    assert np.ptp(xs) < 14
    assert np.abs(np.diff(xs)).max() < 5, "nobody jumps"


def test_the_head_never_jumps_while_it_answers(clip: Clip) -> None:
    xs = np.array([x for _, x, _ in places(Actor(clip, QUIET, random.Random(4)), Gesture.TURN_LEFT)])
    assert np.abs(np.diff(xs)).max() < 9


def test_the_same_seed_plays_the_same_and_another_does_not(clip: Clip) -> None:
    one, same, other = (places(Actor(clip, QUIET, random.Random(seed)), Gesture.TURN_LEFT) for seed in (5, 5, 6))
    assert one == same
    assert one != other


def test_a_prompt_that_stays_is_answered_again(clip: Clip) -> None:
    seen = places(Actor(clip, QUIET, random.Random(7)), Gesture.TURN_LEFT, until_s=8.0, ends_s=8.0)
    beyond = [x > 335 for _, x, _ in seen]
    rises = sum(after and not before for before, after in pairwise(beyond))
    assert rises >= 2


def test_whoever_cannot_answer_is_no_actor() -> None:
    with pytest.raises(ValueError, match="no turn"):
        Actor(clip_of(resting(60)), QUIET, random.Random(0))


def test_a_join_moves_the_head_along_instead_of_fading_it() -> None:
    rough = np.random.default_rng(0).integers(0, 256, (480, 700, 3), dtype=np.uint8)
    soft = cv2.GaussianBlur(rough, (0, 0), 6).astype(np.float32)
    texture = np.asarray(np.clip(20 * (soft - soft.mean()) + 128, 0, 255), np.uint8)
    one, target, other = (np.ascontiguousarray(texture[:, shift : shift + 640]) for shift in (12, 6, 0))
    there, back = _flows(one, other)
    halfway = _between(one, other, there, back, 0.5).astype(float)
    faded = (one.astype(float) + other) / 2
    head = np.s_[60:420, 100:540]
    assert np.abs(halfway[head] - target[head]).mean() < 0.3 * np.abs(faded[head] - target[head]).mean()
    assert np.abs(_between(one, other, there, back, 0.0).astype(int) - one).max() <= 1
    assert np.abs(_between(one, other, there, back, 1.0).astype(int) - other).max() <= 1
