"""`visavis pad` as a user meets it, on an animated public-domain portrait: attack detection takes it for a person."""

import importlib.util
import json
import random
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path

import av
import numpy as np
import pytest

from pad_material import challenge_of
from visavis.adapters.model_store import ModelStore
from visavis.capture.answering import challenge_json
from visavis.capture.challenge import Challenge, Gesture
from visavis.capture.picture import Picture, RgbImage, read_picture
from visavis.cli import main
from visavis.evaluation.laboratory.puppet import AnimatedPortrait, Puppet
from visavis.evaluation.laboratory.trial import Page
from visavis.wiring import open_engine

pytestmark = [pytest.mark.models, pytest.mark.slow]

Run = Callable[..., tuple[int, str, str]]
RATE = 10
ASKED = challenge_of(Gesture.CLOSE_EYES, Gesture.TURN_LEFT, Gesture.TURN_RIGHT, pause_s=0.6)


@pytest.fixture
def run(capsys: pytest.CaptureFixture[str], model_store: ModelStore) -> Run:
    """The command in this process: its exit status, standard output and standard error."""

    def call(*arguments: str | Path) -> tuple[int, str, str]:
        with pytest.raises(SystemExit) as left:
            main(["pad", *(str(item) for item in arguments)])
        out, err = capsys.readouterr()
        return int(left.value.code or 0), out, err

    return call


def film(frames: Sequence[RgbImage], to: Path) -> Path:
    with av.open(str(to), "w") as out:
        stream = out.add_stream("mpeg4", rate=RATE)
        stream.width, stream.height, stream.pix_fmt, stream.bit_rate = 640, 480, "yuv420p", 8_000_000
        for frame in frames:
            out.mux(stream.encode(av.VideoFrame.from_ndarray(frame, format="rgb24")))
        out.mux(stream.encode())
    return to


@pytest.fixture(scope="module")
def answer(model_store: ModelStore, portraits: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A portrait that was animated to answer `ASKED`, prompt by prompt, as a file."""
    rng, noise = random.Random(4), np.random.default_rng(4)
    frames: list[RgbImage] = []
    with open_engine(calibrated=False, attack_detection=True) as engine:
        assert engine.analyser is not None
        picture = read_picture(portraits / "obama.jpg")
        face = engine.acquirer.acquire(picture).face
        assert face is not None
        puppet = Puppet(AnimatedPortrait(picture.pixels, face.mesh), rng)
        page, capture, over = Page(ASKED, rng), engine.analyser.open(ASKED), False
        while not over:
            assert len(frames) < 40 * RATE, "the portrait does not answer"
            time = len(frames) / RATE
            grain = noise.normal(0, 1.5, (480, 640, 1)).astype(np.float32)
            frame = np.asarray(np.clip(puppet.scene(page.cue(time)) + grain, 0, 255), np.uint8)
            frames.append(frame)
            view = capture.see(Picture(frame), captured_s=time, arrived_s=time)
            page.told(view.prompt, at_s=time)
            over = view.over
    return film([*frames, *frames[-3:]], tmp_path_factory.mktemp("pad") / "answer.mp4")


def saved(challenge: Challenge, folder: Path) -> Path:
    file = folder / "challenge.json"
    file.write_bytes(challenge_json(challenge))
    return file


def test_an_answer_is_explained_witness_by_witness_and_drawn(run: Run, answer: Path, tmp_path: Path) -> None:
    plot = tmp_path / "out.png"
    status, out, err = run(answer, "--challenge", saved(ASKED, tmp_path), "--plot", plot)
    assert (status, err) == (0, ""), out
    assert out.startswith("No attack was found.\nanswer.mp4: ")
    for heading in ("Active  pass", "Structure  pass", "Light  not measured", "Passive  ", "Continuity  pass"):
        assert f"\n{heading}" in out
    assert "The gestures were made as asked." in out
    assert "\n  standard: pass." in out
    assert "nothing tells when it was recorded" in out
    assert str(tmp_path) not in out
    assert plot.read_bytes().startswith(b"\x89PNG")


def test_the_same_answer_to_another_challenge_is_an_attack(run: Run, answer: Path, tmp_path: Path) -> None:
    other = replace(ASKED, gestures=(Gesture.TURN_RIGHT, Gesture.CLOSE_EYES, Gesture.TURN_LEFT), nonce="cd" * 24)
    status, out, _ = run(answer, "--challenge", saved(other, tmp_path), "--json")
    found = json.loads(out)
    assert found["schema"] == "visavis.pad/1"
    witnesses = {item["witness"]: item for item in found["witnesses"]}
    assert list(witnesses) == ["active", "structure", "light", "passive", "continuity", "injection"]
    assert witnesses["active"]["outcome"] in {"fail", "inconclusive"}
    assert status == {"fail": 1, "inconclusive": 3}[found["standard"]["outcome"]]
    assert found["challenge"]["gestures"] == ["turn_right", "close_eyes", "turn_left"]
    assert found["standard"]["operating_point"] == "standard"
    assert found["strict"]["outcome"] == found["standard"]["outcome"]
    assert found["standard"]["reasons"]


def test_without_a_challenge_nothing_is_taken_for_an_answer(run: Run, answer: Path) -> None:
    status, out, _ = run(answer, "--json")
    found = json.loads(out)
    assert status == 3
    assert found["challenge"] is None
    witnesses = {item["witness"]: item for item in found["witnesses"]}
    for name in ("active", "light"):
        assert witnesses[name]["outcome"] == "not_measured"
        assert witnesses[name]["reasons"][0]["code"] == "challenge_not_given"
    assert witnesses["structure"]["outcome"] == witnesses["continuity"]["outcome"] == "pass"
    assert found["standard"]["outcome"] == "inconclusive"


def test_a_still_is_an_attack_also_without_a_challenge(run: Run, portraits: Path, tmp_path: Path) -> None:
    picture = read_picture(portraits / "obama.jpg").pixels
    still = np.ascontiguousarray(picture[100:580, 135:775])
    status, out, _ = run(film([still] * 60, tmp_path / "still.mp4"))
    assert status == 1
    assert out.startswith("This looks like an attack.")
    assert "Injection  fail" in out
    assert "it looks most like a still or a loop in place of the camera. That is no proof." in out


@pytest.mark.parametrize(
    ("name", "options", "code"),
    [
        ("clip.mp4", ["--plot", "drawing.txt"], "plot_format_unknown"),
        ("clip.mp4", ["--challenge", "bad.json"], "challenge_invalid"),
        ("clip.mp4", ["--challenge", "missing.json"], "file_missing"),
        ("missing.mp4", [], "file_missing"),
        ("obama.jpg", [], "not_a_video"),
        ("clip.mp4", ["--plot", "bad.json/drawing.png"], "output_unwritable"),
    ],
)
def test_what_cannot_be_used_is_one_line_with_a_code(
    run: Run, portraits: Path, tmp_path: Path, name: str, options: list[str], code: str
) -> None:
    film([np.zeros((480, 640, 3), np.uint8)] * 3, tmp_path / "clip.mp4")
    (tmp_path / "bad.json").write_text('{"format": 1}')
    file = portraits / name if name.endswith(".jpg") else tmp_path / name
    status, out, err = run(file, *(item if item.startswith("--") else tmp_path / item for item in options))
    assert (status, out) == (2, "")
    assert err.count("\n") == 1
    assert err.rstrip().endswith(f"[{code}]")
    assert str(tmp_path) not in err


def test_a_drawing_needs_its_extra_before_anything_is_measured(
    run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    find = importlib.util.find_spec
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None if name == "matplotlib" else find(name))
    status, _, err = run(tmp_path / "missing.mp4", "--plot", tmp_path / "drawing.png")
    assert status == 4
    assert err.rstrip().endswith("[evaluation_extra_missing]")


def test_a_clip_without_anybody_is_no_answer(run: Run, tmp_path: Path) -> None:
    status, out, _ = run(film([np.full((480, 640, 3), 90, np.uint8)] * 12, tmp_path / "room.mp4"))
    assert status == 3
    assert out.startswith("No answer")
