"""Challenges: what they hold, how many bits they are worth, and that a variant is never a weaker one in silence."""

import math
import random
from collections import Counter
from datetime import UTC, datetime, timedelta, timezone
from itertools import pairwise, product

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from visavis.capture.challenge import (
    Challenge,
    ChallengePolicy,
    Eyes,
    Gesture,
    GestureStep,
    LightStep,
    challenge_entropy,
    gesture_orders,
    issue_challenge,
)
from visavis.errors import PolicyError

NOW = datetime(2026, 5, 4, 12, 0, tzinfo=UTC)
LEFT, RIGHT, UP, DOWN, CLOSE = Gesture
NO_LEFT = {LEFT: RIGHT}


def issue(seed: int, policy: ChallengePolicy | None = None) -> Challenge:
    return issue_challenge(policy=policy or ChallengePolicy(), rng=random.Random(seed), now=NOW)


@settings(max_examples=40)
@given(st.integers(0, 2**64))
def test_every_challenge_holds_what_the_policy_asks(seed: int) -> None:
    policy = ChallengePolicy()
    challenge = issue(seed, policy)
    assert 3 <= len(challenge.gestures) <= 4
    assert {LEFT, RIGHT} & set(challenge.gestures)
    assert CLOSE in challenge.gestures
    assert all(one is not other for one, other in pairwise(challenge.gestures))
    assert challenge.light is not None
    assert len(challenge.light.colours) == 12
    assert len(challenge.nonce) * 4 == 192
    assert len(challenge.pauses_s) == len(challenge.gestures) + 1
    assert all(0.3 <= pause <= 1.3 for pause in challenge.pauses_s)
    assert challenge.expires_at - challenge.issued_at == timedelta(seconds=policy.valid_s)


def test_the_same_randomness_gives_the_same_challenge_and_other_gives_another() -> None:
    assert issue(5) == issue(5)
    assert len({issue(seed).nonce for seed in range(200)}) == 200


def test_the_steps_are_the_gestures_with_the_light_in_its_place() -> None:
    for seed in range(50):
        challenge = issue(seed)
        steps = challenge.steps
        assert [step.gesture for step in steps if isinstance(step, GestureStep)] == list(challenge.gestures)
        assert isinstance(steps[challenge.light_place], LightStep)
        assert tuple(step.pause_s for step in steps) == challenge.pauses_s


def test_the_light_comes_at_every_place_in_turn() -> None:
    places = Counter((one.light_place, len(one.gestures)) for one in map(issue, range(100)))
    assert {place for place, count in places if count == 4} == {0, 1, 2, 3, 4}


def brute_force(gestures: tuple[Gesture, ...], lengths: range) -> set[tuple[Gesture, ...]]:
    return {
        order
        for length in lengths
        for order in product(gestures, repeat=length)
        if CLOSE in order and (LEFT in order or RIGHT in order) and not any(a is b for a, b in pairwise(order))
    }


@pytest.mark.parametrize(("fewest", "most"), [(3, 3), (3, 4), (4, 5)])
def test_the_stated_bits_are_those_of_an_enumeration(fewest: int, most: int) -> None:
    policy = ChallengePolicy(fewest=fewest, most=most, longest=most, least_bits=4, light_steps=8)
    orders = brute_force(tuple(Gesture), range(fewest, most + 1))
    entropy = challenge_entropy(policy)
    assert entropy.order == pytest.approx(math.log2(len(orders)))
    assert entropy.light == pytest.approx(math.log2(math.factorial(8)))
    # of order and place together, as Shannon has it, over every pair there is
    each = [1 / len(orders) / (len(order) + 1) for order in orders for _ in range(len(order) + 1)]
    assert entropy.order + entropy.place == pytest.approx(-sum(p * math.log2(p) for p in each))
    pauses = sum(math.log2(21 ** (len(order) + 1)) for order in orders) / len(orders)
    assert entropy.pauses == pytest.approx(pauses)
    assert entropy.total == pytest.approx(entropy.order + entropy.light + entropy.place + entropy.pauses)


def test_the_usual_policy_has_224_orders_and_all_come_as_often() -> None:
    assert 2 ** challenge_entropy(ChallengePolicy()).order == pytest.approx(224)
    assert set(gesture_orders(tuple(Gesture), fewest=3, most=4)) == brute_force(tuple(Gesture), range(3, 5))
    policy = ChallengePolicy(fewest=3, most=3, longest=3, least_bits=5)
    counts = Counter(issue(seed, policy).gestures for seed in range(850))
    assert len(counts) == 34
    # chi-square with 33 degrees of freedom; 63.9 is its 0.999 quantile, and the seeds are fixed
    assert sum((count - 25) ** 2 / 25 for count in counts.values()) < 63.9


@settings(max_examples=40)
@given(st.integers(0, 2**64))
def test_without_light_there_is_none_and_the_order_is_worth_more(seed: int) -> None:
    policy = ChallengePolicy(light_steps=0)
    challenge = issue(seed, policy)
    assert challenge.light is None
    assert challenge.light_place == 0
    assert not any(isinstance(step, LightStep) for step in challenge.steps)
    assert len(challenge.pauses_s) == len(challenge.gestures)
    entropy = challenge_entropy(policy)
    assert entropy.light == entropy.place == 0
    assert entropy.order >= policy.least_bits_without_light


@settings(max_examples=40)
@given(st.integers(0, 2**64))
def test_a_gesture_that_a_person_cannot_make_is_replaced_and_the_challenge_says_so(seed: int) -> None:
    challenge = issue(seed, ChallengePolicy(replaced=NO_LEFT))
    assert LEFT not in challenge.gestures
    assert RIGHT in challenge.gestures
    assert dict(challenge.replaced) == NO_LEFT


@pytest.mark.parametrize(
    ("policy", "orders"),
    [
        (ChallengePolicy(), 224),
        (ChallengePolicy(light_steps=0), 224),
        (ChallengePolicy(replaced={UP: DOWN}), 104),
        (ChallengePolicy(replaced=NO_LEFT), 76),
        (ChallengePolicy(light_steps=0, replaced=NO_LEFT), 306),
        (ChallengePolicy(replaced={UP: CLOSE, DOWN: CLOSE}), 78),
    ],
)
def test_the_table_of_the_reference_page(policy: ChallengePolicy, orders: int) -> None:
    assert 2 ** challenge_entropy(policy).order == pytest.approx(orders)


def test_where_a_replacement_costs_bits_more_gestures_are_asked_for() -> None:
    usual = ChallengePolicy(light_steps=0)
    limited = ChallengePolicy(light_steps=0, replaced=NO_LEFT)
    assert max(len(issue(seed, usual).gestures) for seed in range(30)) == 4
    assert max(len(issue(seed, limited).gestures) for seed in range(30)) == 5
    assert challenge_entropy(limited).order >= limited.least_bits_without_light


@pytest.mark.parametrize(
    ("policy", "code"),
    [
        (ChallengePolicy(replaced={LEFT: UP, RIGHT: UP}), "challenge_without_turn"),
        (ChallengePolicy(replaced={CLOSE: UP}), "challenge_without_closure"),
        (ChallengePolicy(replaced={LEFT: CLOSE, UP: CLOSE, DOWN: CLOSE}), "challenge_too_predictable"),
        (ChallengePolicy(light_steps=0, longest=4, replaced=NO_LEFT), "challenge_too_predictable"),
        (ChallengePolicy(fewest=3, most=3, longest=3), "challenge_too_predictable"),
    ],
)
def test_a_variant_that_would_weaken_the_challenge_is_refused(policy: ChallengePolicy, code: str) -> None:
    for ask in (lambda: issue(0, policy), lambda: challenge_entropy(policy)):
        with pytest.raises(PolicyError) as caught:
            ask()
        assert caught.value.code == code


@pytest.mark.parametrize("replaced", [{LEFT: LEFT}, {LEFT: RIGHT, RIGHT: LEFT}, {UP: DOWN, DOWN: CLOSE}])
def test_a_replacement_must_be_one(replaced: dict[Gesture, Gesture]) -> None:
    with pytest.raises(PolicyError) as caught:
        ChallengePolicy(replaced=replaced)
    assert caught.value.code == "challenge_replacement_invalid"


@pytest.mark.parametrize(
    "change",
    [
        {"fewest": 1},
        {"fewest": 4, "most": 3},
        {"longest": 7},
        {"light_steps": 25},
        {"light_steps": -1},
        {"pause_s": (0.1, 1.0)},
        {"pause_s": (2.0, 1.0)},
        {"window_s": 60.0},
        {"turn_degrees": 5.0},
        {"pitch_degrees": 5.0},
        {"closure_s": 0.1},
        {"valid_s": 3_600.0},
        {"least_bits": 0.0},
    ],
)
def test_a_policy_out_of_range_is_refused(change: dict[str, float]) -> None:
    with pytest.raises(PolicyError) as caught:
        ChallengePolicy(**change)  # type: ignore[arg-type] # each case has the field's own type
    assert caught.value.code == "challenge_policy_invalid"


def test_whose_eye_is_asked_for_goes_with_the_challenge() -> None:
    assert issue(0, ChallengePolicy(eyes=Eyes.LEFT)).eyes is Eyes.LEFT


@pytest.mark.parametrize("moment", [NOW.replace(tzinfo=None), NOW.astimezone(timezone(timedelta(hours=2)))])
def test_time_is_handed_in_as_utc(moment: datetime) -> None:
    with pytest.raises(ValueError, match="UTC"):
        issue_challenge(policy=ChallengePolicy(), rng=random.Random(0), now=moment)
