"""`visavis challenge`, as a shell sees it: what it prints can be read again, and no variant is weaker in silence."""

import json
from pathlib import Path

import pytest

from visavis.capture.answering import read_challenge
from visavis.capture.challenge import Eyes, Gesture
from visavis.cli import main


def run(*arguments: str) -> int:
    with pytest.raises(SystemExit) as caught:
        main(["challenge", *arguments])
    assert isinstance(caught.value.code, int)
    return caught.value.code


def test_prints_a_challenge_and_says_what_it_asks(capsys: pytest.CaptureFixture[str]) -> None:
    assert run() == 0
    told = capsys.readouterr()
    challenge = read_challenge(told.out.encode())
    assert challenge.light is not None
    assert 3 <= len(challenge.gestures) <= 4
    assert (challenge.expires_at - challenge.issued_at).total_seconds() == 60
    assert told.err.count("\n") == len(challenge.steps) + 2
    assert "12 colours in 4.8 s" in told.err
    assert "Order 7.8 bits (1 in 224), light 25.8 bits" in told.err
    assert challenge.nonce not in told.err


def test_two_are_never_the_same(capsys: pytest.CaptureFixture[str]) -> None:
    seen = set()
    for _ in range(5):
        assert run() == 0
        seen.add(json.loads(capsys.readouterr().out)["challenge"]["nonce"])
    assert len(seen) == 5


def test_without_light_the_order_bears_more(capsys: pytest.CaptureFixture[str]) -> None:
    assert run("--no-light", "--gestures", "turn_left,look_up,look_down,close_eyes") == 0
    told = capsys.readouterr()
    challenge = read_challenge(told.out.encode())
    assert challenge.light is None
    assert challenge.replaced == {Gesture.TURN_RIGHT: Gesture.TURN_LEFT}
    assert "Order 8.3 bits (1 in 306), no light" in told.err
    assert "In place of turn_right: turn_left." in told.err


@pytest.mark.parametrize("eyes", Eyes)
def test_one_eye(eyes: Eyes, capsys: pytest.CaptureFixture[str]) -> None:
    assert run("--eyes", eyes.value) == 0
    told = capsys.readouterr()
    assert read_challenge(told.out.encode()).eyes is eyes
    if eyes is not Eyes.BOTH:
        assert f"close the {eyes.value} eye" in told.err


def test_gestures_that_a_person_cannot_make_are_replaced_by_name(capsys: pytest.CaptureFixture[str]) -> None:
    assert run("--gestures", "turn_right, close_eyes ,look_up,turn_left") == 0
    assert read_challenge(capsys.readouterr().out.encode()).replaced == {Gesture.LOOK_DOWN: Gesture.LOOK_UP}
    assert run("--replace", "look_up=close_eyes", "--replace", "look_down=turn_left") == 0
    replaced = {Gesture.LOOK_UP: Gesture.CLOSE_EYES, Gesture.LOOK_DOWN: Gesture.TURN_LEFT}
    assert read_challenge(capsys.readouterr().out.encode()).replaced == replaced


@pytest.mark.parametrize(
    ("arguments", "code"),
    [
        (("--gestures", "turn_left,stand_up"), "gesture_unknown"),
        (("--gestures", ""), "gesture_unknown"),
        (("--replace", "turn_left"), "gesture_unknown"),
        (("--replace", "=turn_left"), "gesture_unknown"),
        (("--replace", "turn_left=turn_left"), "challenge_replacement_invalid"),
        (("--replace", "turn_left=turn_right", "--replace", "turn_left=look_up"), "gesture_replaced_twice"),
        (("--replace", "turn_left=turn_right", "--replace", "turn_right=turn_left"), "challenge_replacement_invalid"),
        (("--gestures", "close_eyes"), "challenge_without_turn"),
        (("--gestures", "turn_left,turn_right"), "challenge_without_closure"),
        (("--gestures", "turn_left,close_eyes"), "challenge_too_predictable"),
        (("--gestures", "turn_left,look_up,close_eyes", "--no-light"), "challenge_too_predictable"),
    ],
)
def test_what_cannot_be_asked_is_refused(
    arguments: tuple[str, ...], code: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(*arguments) == 2
    told = capsys.readouterr()
    assert told.out == ""
    assert told.err.count("\n") == 1
    assert told.err.rstrip().endswith(f"[{code}]")


def test_to_a_file(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = tmp_path / "challenge.json"
    assert run("--out", str(file)) == 0
    told = capsys.readouterr()
    assert told.err == ""
    assert read_challenge(file.read_bytes()).nonce[:8] in told.out
    assert [path.name for path in tmp_path.iterdir()] == ["challenge.json"]
    assert run("--out", str(tmp_path)) == 2
    assert "[output_unwritable]" in capsys.readouterr().err


def test_as_text_alone(capsys: pytest.CaptureFixture[str]) -> None:
    assert run("--text") == 0
    told = capsys.readouterr()
    assert told.err == ""
    assert told.out.startswith("Challenge ")
    assert "{" not in told.out
