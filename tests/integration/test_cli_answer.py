"""`visavis verify --challenge` as a user meets it: a video that answers a challenge, and videos that do not."""

import json
import random
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pytest

from answer_material import answered
from media_files import film
from pad_material import CLOSE, DOWN, LEFT, RIGHT, challenge_of
from visavis.adapters.model_store import ModelStore
from visavis.capture.answering import challenge_json
from visavis.capture.challenge import Challenge
from visavis.capture.picture import read_picture
from visavis.cli import main
from visavis.domain.reasons import REASONS
from visavis.evaluation.laboratory.puppet import AnimatedPortrait, Puppet
from visavis.wiring import open_engine

Run = Callable[..., tuple[int, str, str]]
WITNESSES = ["active", "structure", "light", "passive", "continuity", "injection"]
NOTES = ["recorded_file", "challenge_age_unknown", "challenge_reuse_unknown"]


@pytest.fixture
def run(capsys: pytest.CaptureFixture[str], model_store: ModelStore) -> Run:
    def call(*arguments: str | Path) -> tuple[int, str, str]:
        with pytest.raises(SystemExit) as left:
            main([str(item) for item in arguments])
        out, err = capsys.readouterr()
        return int(left.value.code or 0), out, err

    return call


@dataclass(frozen=True, slots=True)
class Material:
    video: Path
    challenge: Path
    another: Path
    still: Path


def kept(challenge: Challenge, to: Path) -> Path:
    to.write_bytes(challenge_json(challenge))
    return to


@pytest.fixture(scope="module")
def material(model_store: ModelStore, portraits: Path, tmp_path_factory: pytest.TempPathFactory) -> Material:
    """A portrait that was animated to answer one challenge; another challenge; and the same portrait, quite still."""
    folder = tmp_path_factory.mktemp("answer")
    challenge = challenge_of(DOWN, LEFT, CLOSE, light=12, place=1)
    picture = read_picture(portraits / "obama.jpg")
    with open_engine(attack_detection=True) as engine:
        assert engine.analyser is not None
        face = engine.acquirer.acquire(picture).face
        assert face is not None
        portrait = AnimatedPortrait(picture.pixels, face.mesh)
        answer = answered(engine.analyser, challenge, Puppet(portrait, random.Random(1), share=0.15))
    assert answer.over
    video, still = folder / "answer.mp4", folder / "still.mp4"
    video.write_bytes(answer.video())
    noise = np.random.default_rng(1)
    shaken = [np.clip(portrait.still + noise.normal(0, 1, (480, 640, 3)), 0, 255).astype(np.uint8) for _ in range(30)]
    still.write_bytes(film(codec="libx264", frames=shaken, rate=10))
    return Material(
        video=video,
        challenge=kept(challenge, folder / "challenge.json"),
        another=kept(challenge_of(RIGHT, CLOSE, DOWN), folder / "another.json"),
        still=still,
    )


def arguments(portraits: Path, video: Path, challenge: Path, *more: str) -> list[str | Path]:
    document = portraits / "obama2.jpg"
    return ["verify", "--document", document, "--probe", video, "--challenge", challenge, *more]


@pytest.mark.models
def test_an_answer_is_examined_and_every_witness_heard(run: Run, portraits: Path, material: Material) -> None:
    status, out, err = run(*arguments(portraits, material.video, material.challenge, "--json"))
    answer = json.loads(out)
    presentation = answer["presentation"]
    assert [item["witness"] for item in presentation["witnesses"]] == WITNESSES
    told = {item["witness"]: item["outcome"] for item in presentation["witnesses"]}
    # an animated portrait with the right light is what a plain camera takes for a person
    assert {told[name] for name in WITNESSES if name not in {"passive", "light"}} == {"pass"}
    assert told["light"] != "fail"
    assert (status, answer["decision"]) == (0, "accepted")
    assert presentation["outcome"] == "pass"
    assert presentation["operating_point"] == "standard"
    assert presentation["frames"] > 100
    assert presentation["truncated"] is False
    assert answer["policy"]["id"] == "presence_comparison"
    assert "without consent" in answer["policy"]["warnings"][0]
    assert "without consent" in err
    evidence = {item["check"]: item for item in answer["evidence"]}
    assert evidence["attack_detection"]["outcome"] == "pass"
    assert evidence["attack_detection"]["details"]["active"] == "pass"
    assert evidence["comparison"]["outcome"] == "pass"
    assert answer["challenge"]["gestures"] == ["look_down", "turn_left", "close_eyes"]
    assert answer["challenge"]["colours"] == 12
    assert [item["code"] for item in answer["notes"]] == NOTES


@pytest.mark.models
def test_the_answer_to_another_challenge_is_none(run: Run, portraits: Path, material: Material) -> None:
    status, out, _ = run(*arguments(portraits, material.video, material.another, "--json"))
    answer = json.loads(out)
    assert status in (1, 3)
    assert answer["decision"] != "accepted"
    assert answer["presentation"]["outcome"] in ("fail", "inconclusive")
    active = answer["presentation"]["witnesses"][0]
    assert active["outcome"] != "pass"
    assert active["details"]["made"] == 0
    (light,) = [item for item in answer["presentation"]["witnesses"] if item["witness"] == "light"]
    assert [item["code"] for item in light["reasons"]] == ["light_not_asked"]


@pytest.mark.models
def test_a_still_is_found_out_and_named_also_by_a_policy_that_asks_for_more(
    run: Run, portraits: Path, material: Material
) -> None:
    status, out, err = run(*arguments(portraits, material.still, material.challenge, "--policy", "sim_registration"))
    assert status == 1
    assert out.startswith("Rejected. Policy sim_registration")
    assert "Witnesses of attack detection, at strict" in out
    (line,) = [line for line in out.splitlines() if line.startswith("  attack_detection")]
    assert line.split() == ["attack_detection", "fail", "0.000", "strict", "frozen_or_looped"]
    assert "looks most like a still or a loop in place of the camera. That is no proof." in out
    assert "Not checked: consent in force, document authentic" in out
    for code in NOTES:
        assert REASONS[code].text in out
    assert "Traceback" not in err


@pytest.mark.models
def test_what_cannot_be_used_is_one_line_before_any_model_loads(
    run: Run, portraits: Path, material: Material, tmp_path: Path
) -> None:
    broken = tmp_path / "broken.json"
    broken.write_text(material.challenge.read_text(encoding="utf-8").replace("close_eyes", "clap"), encoding="utf-8")
    huge = tmp_path / "huge.json"
    huge.write_bytes(b" " * 70_000)
    for video, challenge, code in (
        (material.video, broken, "challenge_invalid"),
        (material.video, huge, "file_too_large"),
        (material.video, tmp_path / "nowhere.json", "file_missing"),
        (material.video, material.video, "file_too_large"),
        (portraits / "obama.jpg", material.challenge, "not_a_video"),
    ):
        status, out, err = run(*arguments(portraits, video, challenge))
        assert (status, out, err.count("\n")) == (2, "", 1), err
        assert err.rstrip().endswith(f"[{code}]")
        assert str(tmp_path) not in err
