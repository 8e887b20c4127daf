"""The animated portrait as the real models see it: a face that turns, closes its eyes, and answers a challenge."""

import random
from collections.abc import Iterator
from pathlib import Path

import pytest

from pad_material import challenge_of
from visavis.adapters.model_store import ModelStore
from visavis.capture.challenge import Gesture
from visavis.capture.picture import Picture, RgbImage, read_picture
from visavis.evaluation.laboratory.puppet import AnimatedPortrait, Puppet
from visavis.evaluation.laboratory.stage import Cue
from visavis.pad.active import ActiveWitness
from visavis.pad.observation import observe
from visavis.perception.acquisition import Face
from visavis.wiring import Engine, open_engine

pytestmark = pytest.mark.models

RATE = 8.0


@pytest.fixture(scope="module")
def engine(model_store: ModelStore) -> Iterator[Engine]:
    with open_engine() as opened:
        yield opened


@pytest.fixture(scope="module")
def portrait(engine: Engine, portraits: Path) -> AnimatedPortrait:
    still = read_picture(portraits / "obama.jpg")
    found = engine.acquirer.acquire(still).face
    assert found is not None
    return AnimatedPortrait(still.pixels, found.mesh)


def seen(engine: Engine, pixels: RgbImage) -> Face:
    found = engine.acquirer.acquire(Picture(pixels))
    assert found.face is not None, found.reason
    return found.face


def test_it_turns_as_far_as_it_says(engine: Engine, portrait: AnimatedPortrait) -> None:
    neutral = seen(engine, portrait.render()).pose
    left, right = (seen(engine, portrait.render(yaw=yaw)).pose for yaw in (22.0, -22.0))
    up, down = (seen(engine, portrait.render(pitch=pitch)).pose for pitch in (14.0, -14.0))

    assert left.yaw - neutral.yaw > 18
    assert right.yaw - neutral.yaw < -18
    assert up.pitch - neutral.pitch > 11
    assert down.pitch - neutral.pitch < -11


def test_closed_eyes_are_read_as_closed(engine: Engine, portrait: AnimatedPortrait) -> None:
    opened, closed = (seen(engine, portrait.render(left=share, right=share)).eyes for share in (0.0, 1.0))
    only_left = seen(engine, portrait.render(left=1.0)).eyes

    assert min(opened.left_network, opened.right_network) > 0.9
    assert max(closed.left_network, closed.right_network) < 0.2
    assert closed.left_ratio < 0.8 * opened.left_ratio
    assert closed.right_ratio < 0.8 * opened.right_ratio
    assert only_left.left_network < 0.2
    assert only_left.right_network > 0.9


def test_a_puppet_answers_a_whole_challenge(engine: Engine, portrait: AnimatedPortrait) -> None:
    challenge = challenge_of(Gesture.CLOSE_EYES, Gesture.TURN_RIGHT, Gesture.LOOK_UP)
    witness = ActiveWitness(challenge)
    puppet = Puppet(portrait, random.Random(3))
    state, index, since_s, time_s = witness.start(), None, 0.0, 0.0
    while not state.over and time_s < 30:
        if state.prompt != index:
            index, since_s = state.prompt, time_s
        step = None if index is None else challenge.steps[index]
        picture = Picture(puppet.scene(Cue(time_s=time_s, step=step, index=index, since_s=time_s - since_s)))
        found = engine.acquirer.acquire(picture)
        state = witness.step(state, observe(picture, found, captured_s=time_s, arrived_s=time_s))
        time_s += 1 / RATE

    assert witness.evidence(state).outcome == "pass", witness.evidence(state)
