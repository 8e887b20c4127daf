"""A challenge on its way: sealed, shown a step at a time, answered once, read back as it was."""

import json
import random
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from visavis.capture.answering import (
    AnsweredChallenge,
    OpenChallenge,
    challenge_json,
    check_seal,
    prompt_json,
    read_challenge,
    seal_challenge,
)
from visavis.capture.challenge import Challenge, ChallengePolicy, Eyes, Gesture, issue_challenge
from visavis.errors import ChallengeError, PolicyError

NOW = datetime(2026, 5, 4, 12, 0, tzinfo=UTC)
KEY = bytes(range(32))


def issue(seed: int = 3, **policy: Any) -> Challenge:
    return issue_challenge(policy=ChallengePolicy(**policy), rng=random.Random(seed), now=NOW)


@settings(max_examples=40)
@given(st.integers(0, 2**32), st.booleans())
def test_a_challenge_is_read_back_as_it_was(seed: int, lit: bool) -> None:
    challenge = issue(seed, light_steps=12 * lit, replaced={Gesture.LOOK_UP: Gesture.LOOK_DOWN}, eyes=Eyes.RIGHT)
    assert read_challenge(challenge_json(challenge)) == challenge


def changed(path: str, value: object) -> bytes:
    body = json.loads(challenge_json(issue()))
    *parents, last = path.split(".")
    place = body
    for name in parents:
        place = place[name]
    place[last] = value
    return json.dumps(body).encode()


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"{}",
        b"\xff\xfe",
        b"[" * 100_000,
        b" " * 64_001,
        changed("format", 2),
        changed("challenge.nonce", "ab"),
        changed("challenge.nonce", "g" * 48),
        changed("challenge.gestures", ["turn_left", "turn_left", "close_eyes"]),
        changed("challenge.gestures", ["look_up", "close_eyes", "look_down"]),
        changed("challenge.gestures", ["turn_left", "nod", "close_eyes"]),
        changed("challenge.gestures", ["turn_left", "close_eyes"] * 4),
        changed("challenge.pauses_s", [1.0]),
        changed("challenge.pauses_s", [0.0] * 5),
        changed("challenge.light_place", 9),
        changed("challenge.light", None),
        changed("challenge.light.step_s", 0.01),
        changed("challenge.window_s", 1e9),
        changed("challenge.turn_degrees", 1),
        changed("challenge.pitch_degrees", 1),
        changed("challenge.closure_s", 0),
        changed("challenge.expires_at", "2036-05-04T12:00:00Z"),
        changed("challenge.expires_at", "2026-05-04T12:01:00+02:00"),
        changed("challenge.issued_at", "2026-05-04T12:00:00"),
        changed("unknown", 1),
    ],
)
def test_what_is_no_challenge_is_refused(data: bytes) -> None:
    with pytest.raises(ChallengeError) as caught:
        read_challenge(data)
    assert caught.value.code == "challenge_invalid"


def test_an_unsafe_light_is_refused_where_it_is_read_too() -> None:
    with pytest.raises(PolicyError) as caught:
        read_challenge(changed("challenge.light.colours", [[255, 0, 0], [0, 0, 0]]))
    assert caught.value.code == "challenge_light_unsafe"


def test_a_prompt_tells_nothing_of_what_comes_later() -> None:
    challenge = issue()
    for seed in range(40):
        challenge = issue(seed)
        for index, step in enumerate(challenge.steps):
            body = json.loads(prompt_json(challenge, index))
            gesture = getattr(step, "gesture", None)
            assert body["ask"] == (gesture.value if gesture else "light")
            assert set(body) <= {"nonce", "step", "ask", "within_s", "eyes", "for_s", "colours", "step_s"}
            # the length of what is sent depends on the step alone, not on how many follow
            alone = json.dumps(body)
            others = {str(item.value) for item in Gesture} - {body["ask"]}
            assert not any(other in alone for other in others)
    with pytest.raises(IndexError):
        prompt_json(challenge, len(challenge.steps))
    with pytest.raises(IndexError):
        prompt_json(challenge, -1)


def test_a_prompt_for_the_eyes_says_which_and_how_long() -> None:
    challenge = issue(eyes=Eyes.LEFT)
    index = next(i for i, step in enumerate(challenge.steps) if getattr(step, "gesture", None) is Gesture.CLOSE_EYES)
    body = json.loads(prompt_json(challenge, index))
    assert (body["eyes"], body["for_s"], body["within_s"]) == ("left", 0.5, 6.0)


def test_the_light_goes_out_as_colours_with_their_pace() -> None:
    challenge = issue()
    assert challenge.light is not None
    body = json.loads(prompt_json(challenge, challenge.light_place))
    assert len(body["colours"]) == 12
    assert body["colours"][0] == "#{:02x}{:02x}{:02x}".format(*challenge.light.colours[0])
    assert body["step_s"] == 0.4


def test_a_seal_holds_for_one_challenge_one_verification_and_one_key() -> None:
    challenge = issue()
    seal = seal_challenge(challenge, verification="v-1", key=KEY)
    check_seal(challenge, seal, verification="v-1", key=KEY)
    other = issue(4)
    for one, text, verification, key in (
        (other, seal, "v-1", KEY),
        (challenge, seal, "v-2", KEY),
        (challenge, seal, "v-1", KEY[::-1]),
        (challenge, seal[:-1] + ("0" if seal[-1] != "0" else "1"), "v-1", KEY),
        (challenge, "", "v-1", KEY),
        (challenge, "ü" * 64, "v-1", KEY),
    ):
        with pytest.raises(ChallengeError) as caught:
            check_seal(one, text, verification=verification, key=key)
        assert caught.value.code == "challenge_seal_broken"


def test_a_short_key_is_a_mistake_of_the_caller() -> None:
    with pytest.raises(ValueError, match="16 bytes"):
        seal_challenge(issue(), verification="v", key=b"short")


def test_an_answer_is_taken_once() -> None:
    challenge = issue()
    spent = OpenChallenge(challenge=challenge, verification="v-1").answer(
        nonce=challenge.nonce, verification="v-1", now=NOW + timedelta(seconds=20)
    )
    assert isinstance(spent, AnsweredChallenge)
    assert spent.answered_at == NOW + timedelta(seconds=20)
    with pytest.raises(ChallengeError) as caught:
        spent.answer(nonce=challenge.nonce, verification="v-1", now=NOW + timedelta(seconds=21))
    assert caught.value.code == "challenge_answered"


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"nonce": "0" * 48}, "challenge_of_another"),
        ({"nonce": "ü"}, "challenge_of_another"),
        ({"verification": "v-2"}, "challenge_of_another"),
        ({"now": NOW + timedelta(seconds=61)}, "challenge_expired"),
        ({"now": NOW - timedelta(seconds=1)}, "challenge_expired"),
    ],
)
def test_an_answer_that_is_late_or_for_another_is_refused(change: dict[str, Any], code: str) -> None:
    challenge = issue()
    given_: dict[str, Any] = {"nonce": challenge.nonce, "verification": "v-1", "now": NOW} | change
    with pytest.raises(ChallengeError) as caught:
        OpenChallenge(challenge=challenge, verification="v-1").answer(**given_)
    assert caught.value.code == code
