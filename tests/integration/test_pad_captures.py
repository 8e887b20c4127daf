"""Captures of real people against the witnesses: how they are does not trip them, and what is made of them does.

Short clips at 10 frames/s, to keep within the time of a test; the figures of `docs/reference/challenge.md` come from
all ten, at 10 and at 30.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from random import Random

import numpy as np
import pytest

from pad_material import challenge_of
from visavis.adapters.model_store import ModelStore
from visavis.capture.challenge import ChallengePolicy, Eyes, issue_challenge
from visavis.capture.video import sample_frames
from visavis.domain.evidence import Outcome
from visavis.pad.active import ActiveWitness
from visavis.pad.active_state import Passed
from visavis.pad.continuity import ContinuityWitness
from visavis.pad.injection import InjectionWitness, StreamFacts, StreamSource
from visavis.pad.neutral import NeutralOptions, closedness, find_neutral, sample_of
from visavis.pad.observation import FrameObservation, observe
from visavis.perception.session import FloatTensor
from visavis.wiring import Engine, open_engine

pytestmark = [pytest.mark.faces, pytest.mark.models, pytest.mark.slow]

CLIPS = ("d0", "d11", "d20", "e3")
RATE = 10.0
FILE = StreamFacts(source=StreamSource.FILE)


@dataclass(frozen=True)
class Clip:
    """``vectors``: the embedding of each frame, by its place."""

    frames: tuple[FrameObservation, ...]
    vectors: dict[int, FloatTensor]

    def vector(self, index: int) -> FloatTensor:
        return self.vectors[min(self.vectors, key=lambda known: abs(known - index))]


@pytest.fixture(scope="module")
def engine(model_store: ModelStore) -> Iterator[Engine]:
    with open_engine(calibrated=False) as opened:
        yield opened


@pytest.fixture(scope="module")
def clips(engine: Engine, test_data: Path) -> dict[str, Clip]:
    if not (test_data / "captures").is_dir():
        pytest.skip("no captures here: set VISAVIS_TEST_DATA to a folder that holds captures/")
    return {name: clip_of(engine, test_data / "captures" / f"{name}.mp4") for name in CLIPS}


def clip_of(engine: Engine, file: Path) -> Clip:
    frames, vectors = [], {}
    for index, shown in enumerate(sample_frames(file, per_second=RATE)):
        found = engine.sampler._film_acquirer.acquire(shown.picture)
        if found.face is not None and index % 4 == 0:
            vectors[index] = engine.embedder.embed(shown.picture, [found.face.mesh])[0]
        frames.append(observe(shown.picture, found, captured_s=index / RATE, arrived_s=index / RATE))
    return Clip(tuple(frames), vectors)


def continuity(parts: Sequence[tuple[Clip, int]]) -> Outcome:
    """Of the first so many frames of each clip, one after the other."""
    witness = ContinuityWitness()
    state, number = witness.start(), 0
    for clip, count in parts:
        for index, seen in enumerate(clip.frames[:count]):
            time = number / RATE
            wanted = seen.face is not None and witness.wants_template(state, seen.face, time)
            vector = clip.vector(index) if wanted else None
            state = witness.step(state, replace(seen, captured_s=time, arrived_s=time, vector=vector))
            number += 1
    return witness.evidence(state).outcome


def injection(frames: Sequence[FrameObservation], noise: float = 0.0) -> Outcome:
    witness, rng = InjectionWitness(challenge_of()), np.random.default_rng(0)
    state = witness.start()
    for i, seen in enumerate(frames):
        thumbnail = np.asarray(seen.thumbnail + rng.normal(0, noise, (32, 32)), np.float32)
        state = witness.step(state, replace(seen, captured_s=i / RATE, arrived_s=i / RATE, thumbnail=thumbnail))
    return witness.evidence(state, FILE).outcome


def test_a_person_who_moves_is_one_person_and_no_loop(clips: dict[str, Clip]) -> None:
    for name, clip in clips.items():
        assert len(clip.frames) >= 30, name
        assert continuity([(clip, len(clip.frames))]) is Outcome.PASS, name
        assert injection(clip.frames) is Outcome.PASS, name


def test_a_swap_for_anyone_else_is_found(clips: dict[str, Clip]) -> None:
    pairs = [(one, other) for one in clips for other in clips if one != other]
    missed = [pair for pair in pairs if continuity([(clips[name], 30) for name in pair]) is not Outcome.FAIL]
    assert missed == []


def test_a_loop_and_a_still_of_anyone_are_found(clips: dict[str, Clip]) -> None:
    for name, clip in clips.items():
        assert injection(clip.frames[:25] * 3, noise=0.15) is Outcome.FAIL, name
        assert injection(clip.frames[:1] * 60, noise=0.15) is Outcome.FAIL, name


def test_no_clip_answers_a_challenge_it_does_not_know(clips: dict[str, Clip]) -> None:
    rng = Random(5)
    for _ in range(40):
        challenge = issue_challenge(policy=ChallengePolicy(light_steps=0), rng=rng, now=challenge_of().issued_at)
        witness = ActiveWitness(challenge)
        state, frames = witness.start(), rng.choice(list(clips.values())).frames
        for i, seen in enumerate((frames + frames[::-1]) * 4):
            state = witness.step(state, replace(seen, captured_s=i / RATE, arrived_s=i / RATE))
        assert not isinstance(state.phase, Passed)
        assert witness.evidence(state).outcome is not Outcome.PASS


def test_closed_eyes_are_told_from_open_ones(clips: dict[str, Clip]) -> None:
    """`d11`, a child, closes the eyes for almost half a second; `d20` has narrow eyes, which the network doubts."""
    closed = {}
    for name in ("d11", "d20"):
        samples = [sample_of(seen.face, seen) for seen in clips[name].frames if seen.face is not None]
        neutral = find_neutral(samples, NeutralOptions(settle_s=4, still=90, most_yaw=90, most_pitch=90, most_roll=90))
        assert neutral is not None
        closed[name] = [s.time_s for s in samples if closedness(s.eyes, neutral, Eyes.BOTH) >= 0.5 and abs(s.yaw) < 10]
    assert closed["d20"] == []
    assert [time for time in closed["d11"] if 5.7 <= time <= 6.5]
    assert 0.3 <= closed["d11"][-1] - closed["d11"][0] <= 0.6
