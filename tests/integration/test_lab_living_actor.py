"""One real person from a clip, before the real analyser: who answers is taken for living."""

import random
from datetime import UTC, datetime
from pathlib import Path

import pytest

from visavis.adapters.model_store import ModelStore
from visavis.capture.challenge import issue_challenge
from visavis.domain.evidence import Outcome
from visavis.domain.operating_points import PadOperatingPoint
from visavis.evaluation.laboratory.actor import Actor
from visavis.evaluation.laboratory.camera import CameraChannel
from visavis.evaluation.laboratory.clips import load_clips
from visavis.evaluation.laboratory.conditions import draw_conditions
from visavis.evaluation.laboratory.stage import Staged
from visavis.evaluation.laboratory.trial import judge, run_trial
from visavis.pad.evidence import Witness
from visavis.wiring import open_engine

pytestmark = [pytest.mark.faces, pytest.mark.models, pytest.mark.slow]

PERSON = "d11"
"""Of the tuning half: turns to one side, nods, and closes the eyes for almost half a second."""


def test_an_actor_from_a_clip_answers_and_passes(model_store: ModelStore, test_data: Path, tmp_path: Path) -> None:
    file = test_data / "captures" / f"{PERSON}.mp4"
    if not file.is_file():
        pytest.skip("no captures here: set VISAVIS_TEST_DATA to a folder that holds captures/")
    (tmp_path / file.name).symlink_to(file)
    with open_engine(calibrated=False, attack_detection=True) as engine:
        assert engine.analyser is not None
        (clip,) = load_clips(tmp_path, engine)
        assert clip.name == PERSON
        policy = Actor.policy(clip)
        assert policy is not None
        rng = random.Random("an actor")
        conditions = draw_conditions(rng)
        challenge = issue_challenge(policy=policy, rng=rng, now=datetime(2026, 5, 4, tzinfo=UTC))
        staged = Staged(subject=Actor(clip, conditions, rng), channel=CameraChannel(conditions, rng))
        played = run_trial(engine.analyser, staged, challenge, patient=False, rng=rng)
    outcomes = {word.witness: (word.outcome, word.reasons) for word in played.findings.witnesses}
    assert outcomes[Witness.ACTIVE][0] is Outcome.PASS, outcomes
    assert judge(played.findings.witnesses, PadOperatingPoint.STANDARD).outcome is Outcome.PASS, outcomes
