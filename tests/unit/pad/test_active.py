"""The active witness: only the gestures asked for, in their order, held, in time, from the person's own neutral."""

import random
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pad_material import ALL, CLOSE, DOWN, LEFT, RIGHT, UP, Answer, Capture, Look, Person, challenge_of, frame
from pad_material import right_answers as answers_to
from visavis.capture.challenge import ChallengePolicy, Eyes, Gesture, GestureStep, issue_challenge
from visavis.domain.evidence import Outcome
from visavis.domain.reasons import REASONS
from visavis.pad.active import ActiveWitness
from visavis.pad.active_state import ActiveState, Asked, Failed, Lit, Passed, Pausing, Returning, Settling
from visavis.pad.evidence import STRAYED, Witness
from visavis.pad.guidance import Guidance
from visavis.pad.neutral import NeutralOptions, find_neutral


def outcome(capture: Capture) -> tuple[Outcome, str]:
    evidence = capture.witness.evidence(capture.run())
    assert evidence.witness is Witness.ACTIVE
    assert set(evidence.reasons) <= set(REASONS)
    return evidence.outcome, evidence.reasons[0]


@pytest.mark.parametrize("rate", [8.0, 10.0, 30.0])
@pytest.mark.parametrize("seed", range(3))
def test_a_person_who_does_as_asked_passes_at_every_rate(rate: float, seed: int) -> None:
    challenge = issue_challenge(policy=ChallengePolicy(), rng=random.Random(seed), now=challenge_of().issued_at)
    person = Person(noise=0.4, pitch=-9, yaw=4)
    capture = Capture(
        witness=ActiveWitness(challenge), answers=answers_to(challenge), person=person, rate=rate, jitter=0.3, seed=seed
    )
    assert outcome(capture) == (Outcome.PASS, "gestures_made")
    evidence = capture.witness.evidence(capture.states[-1])
    assert evidence.score == 1
    assert [evidence.details[f"gesture_{i + 1}"] for i in range(len(challenge.gestures))] == list(challenge.gestures)


def test_the_evidence_says_what_was_seen_of_each_gesture() -> None:
    capture = Capture(witness=ActiveWitness(challenge_of()), answers=answers_to(challenge_of()))
    details = capture.witness.evidence(capture.run()).details
    assert details["gesture_1"] == "turn_left"
    assert details["gesture_1_degrees"] == pytest.approx(20, abs=0.5)
    assert 0.5 <= float(details["gesture_1_after_s"] or 0) <= 1.2
    assert details["gesture_2_degrees"] is None
    assert float(details["gesture_2_held_s"] or 0) >= 0.4
    assert (details["gestures"], details["made"], details["lost_s"], details["eyes"]) == (4, 4, 0, "both")


def test_a_mirrored_stream_confuses_left_and_right() -> None:
    def mirror(_time: float, _state: ActiveState, look: Look) -> Look:
        return look.mirrored

    for turn in (LEFT, RIGHT):
        challenge = challenge_of(CLOSE, turn, UP)
        capture = Capture(witness=ActiveWitness(challenge), answers=answers_to(challenge), during=mirror)
        assert outcome(capture) == (Outcome.INCONCLUSIVE, "wrong_gesture")
        details = capture.witness.evidence(capture.states[-1]).details
        assert details["asked"] == turn.value
        assert details["instead"] == (RIGHT if turn is LEFT else LEFT).value


@pytest.mark.parametrize("asked", list(Gesture))
@pytest.mark.parametrize("made", list(Gesture))
def test_a_wrong_gesture_is_told_from_the_right_one(asked: Gesture, made: Gesture) -> None:
    rest = (CLOSE, LEFT) if asked is not CLOSE else (LEFT, CLOSE)
    challenge = challenge_of(asked, *rest)
    answers = answers_to(challenge) | {0: Answer(gesture=made, hold_s=1.0, share=1.3)}
    capture = Capture(witness=ActiveWitness(challenge), answers=answers, person=Person(noise=0.3))
    wrong = (Outcome.INCONCLUSIVE, "gesture_missing" if made is CLOSE else "wrong_gesture")
    assert outcome(capture) == ((Outcome.PASS, "gestures_made") if made is asked else wrong)
    assert capture.states[-1].wrong == (made is not asked and made is not CLOSE)


def moving(*parts: tuple[float, float, Look]) -> Callable[[float, ActiveState, Look], Look]:
    """Each look from when to when after the first prompt came; else what would have been seen."""
    asked: list[float] = []

    def during(time: float, state: ActiveState, look: Look) -> Look:
        if state.prompt is not None and not asked:
            asked.append(time)
        since = time - asked[0] if asked else -1.0
        return next((part for start, end, part in parts if start <= since < end), look)

    return during


@pytest.mark.parametrize(
    ("asked", "look", "seconds"),
    [
        (LEFT, Look(pitch=-12.5), 0.35),  # a glance down
        (LEFT, Look(left=1, right=1), 0.7),  # a sneeze
        (LEFT, Look(left=1, right=1), 1.5),
        (LEFT, Look(yaw=-20), 0.4),  # left and right confused, and seen at once
        (LEFT, Look(yaw=-20), 1.3),  # or after a while
        (CLOSE, Look(pitch=-12.5, left=1, right=1), 1.2),  # closed as asked, with the head bowed
    ],
)
@pytest.mark.parametrize("rate", [8.0, 15.0, 30.0])
def test_what_is_corrected_in_time_is_forgiven(asked: Gesture, look: Look, seconds: float, rate: float) -> None:
    challenge = challenge_of(asked, *((CLOSE, UP) if asked is LEFT else (LEFT, UP)))
    answers = answers_to(challenge) | {0: Answer(gesture=asked, delay_s=2.3, hold_s=0.6)}
    during = moving((0.3, 0.3 + seconds, look))
    capture = Capture(witness=ActiveWitness(challenge), answers=answers, during=during, rate=rate)
    assert outcome(capture) == (Outcome.PASS, "gestures_made")
    advice = {item for state in capture.states for item in state.guidance}
    if look.yaw:
        assert Guidance.OTHER_WAY in advice
    elif look.pitch:
        assert Guidance.FACE_THE_CAMERA in advice


def test_another_turn_that_is_held_twice_is_refused() -> None:
    challenge = challenge_of(LEFT, CLOSE, RIGHT)
    held = Look(yaw=-20)
    twice = moving((0.2, 1.2, held), (1.6, 2.6, held))
    capture = Capture(witness=ActiveWitness(challenge), answers={}, during=twice)
    assert outcome(capture) == (Outcome.FAIL, "wrong_gesture")
    details = capture.witness.evidence(capture.states[-1]).details
    assert (details["wrong"], details["instead"]) == (2, "turn_right")
    for parts in (((0.2, 2.6, held),), ((0.2, 1.2, held), (1.2, 1.4, Look(yaw=-12)), (1.4, 2.6, held))):
        # held for long, and held on without coming back, is one
        once = Capture(witness=ActiveWitness(challenge), answers={}, during=moving(*parts))
        assert outcome(once) == (Outcome.INCONCLUSIVE, "wrong_gesture")
        assert once.states[-1].wrong == 1


def test_the_second_may_come_at_a_later_prompt() -> None:
    challenge = challenge_of(LEFT, CLOSE, RIGHT)
    answers = answers_to(challenge) | {
        0: Answer(gesture=LEFT, delay_s=2.0),
        2: Answer(gesture=LEFT, hold_s=1.2, share=1.3),
    }
    capture = Capture(witness=ActiveWitness(challenge), answers=answers, during=moving((0.2, 1.2, Look(yaw=-20))))
    assert outcome(capture) == (Outcome.FAIL, "wrong_gesture")
    assert len(capture.states[-1].made) == 2


@pytest.mark.parametrize("asked", list(Gesture))
def test_no_gesture_is_told_from_a_wrong_one(asked: Gesture) -> None:
    rest = (CLOSE, LEFT) if asked is not CLOSE else (LEFT, CLOSE)
    challenge = challenge_of(asked, *rest)
    answers = answers_to(challenge) | {0: Answer(gesture=None)}
    capture = Capture(witness=ActiveWitness(challenge), answers=answers, person=Person(noise=0.4))
    assert outcome(capture) == (Outcome.INCONCLUSIVE, "gesture_missing")


@pytest.mark.parametrize(("degrees", "passes"), [(8, False), (13.5, False), (16, True), (25, True)])
def test_a_turn_is_accepted_from_fifteen_degrees_on(degrees: float, passes: bool) -> None:
    challenge = challenge_of(LEFT, CLOSE)
    answers = answers_to(challenge) | {0: Answer(gesture=LEFT, share=degrees / 20)}
    capture = Capture(witness=ActiveWitness(challenge), answers=answers)
    expected = (Outcome.PASS, "gestures_made") if passes else (Outcome.INCONCLUSIVE, "gesture_too_small")
    assert outcome(capture) == expected


def test_a_swing_from_side_to_side_is_no_turn() -> None:
    """24 degrees from peak to peak, 12 from neutral."""
    challenge = challenge_of(LEFT, CLOSE)

    def swing(time: float, state: ActiveState, look: Look) -> Look:
        if not isinstance(state.phase, Asked):
            return look
        return Look(yaw=12.0 if int(time / 0.5) % 2 else -12.0)

    capture = Capture(witness=ActiveWitness(challenge), answers={}, during=swing)
    assert outcome(capture)[0] is not Outcome.PASS


def test_the_neutral_cannot_be_led_away() -> None:
    """Creeping to one side while nothing is asked, so that turning back would look like a turn."""
    challenge = challenge_of(LEFT, CLOSE, pause_s=5.0)

    def creep(time: float, state: ActiveState, look: Look) -> Look:
        if isinstance(state.phase, Pausing):
            return Look(yaw=max(-7.0, -1.5 * time))
        return Look(yaw=9.0) if isinstance(state.phase, Asked) else look

    capture = Capture(witness=ActiveWitness(challenge), answers={}, during=creep)
    assert outcome(capture)[0] is not Outcome.PASS
    assert all(abs((s.neutral.yaw if s.neutral else 1.0) - 1.0) <= 5.01 for s in capture.states)


@pytest.mark.parametrize("hold", [0.05, 0.12])
def test_a_turn_that_is_not_held_is_none(hold: float) -> None:
    challenge = challenge_of(LEFT, CLOSE)
    answers = answers_to(challenge) | {0: Answer(gesture=LEFT, hold_s=hold, ramp_s=0)}
    assert outcome(Capture(witness=ActiveWitness(challenge), answers=answers))[1] == "gesture_too_small"


EYES = [
    Person(),
    Person(ratio=0.17, shut_ratio=0.66, network=0.9),  # narrow
    Person(ratio=0.36, shut_ratio=0.5),
    Person(ratio=0.22, shut_ratio=0.6, network=0.5, shut_network=0.1),  # the network doubts the open eyes
    Person(size=30.0, noise=0.8),  # small
]


@pytest.mark.parametrize("rate", [8.0, 10.0, 30.0])
@pytest.mark.parametrize("person", EYES)
def test_a_deliberate_closure_is_found_and_a_blink_is_none(person: Person, rate: float) -> None:
    challenge = challenge_of(CLOSE, LEFT)
    for seed in range(1, 2 if rate > 10 else 3):
        for hold, expected in ((0.55, Outcome.PASS), (0.15, Outcome.INCONCLUSIVE)):
            answers = answers_to(challenge) | {0: Answer(gesture=CLOSE, hold_s=hold, delay_s=0.5 + 0.017 * seed)}
            capture = Capture(
                witness=ActiveWitness(challenge), answers=answers, person=person, rate=rate, jitter=0.2, seed=seed
            )
            assert outcome(capture)[0] is expected, (hold, seed)


@pytest.mark.parametrize(
    "seen",
    [
        {"ratio": 1.0, "network": 0.0},  # glare on glasses
        {"ratio": 1.1, "network": 0.02},
        {"ratio": 0.7, "network": 1.0},  # laughing: narrow, and open
        {"ratio": 0.9, "network": 0.1},  # a glance down
    ],
)
def test_what_only_one_measure_takes_for_closed_is_not(seen: dict[str, float]) -> None:
    challenge = challenge_of(CLOSE, LEFT)
    person = Person(shut_ratio=seen["ratio"], shut_network=seen["network"])
    capture = Capture(witness=ActiveWitness(challenge), answers=answers_to(challenge), person=person)
    assert outcome(capture)[0] is Outcome.INCONCLUSIVE


def test_looking_down_with_lowered_lids_is_no_closure() -> None:
    challenge = challenge_of(CLOSE, LEFT)

    def lowered(_time: float, state: ActiveState, look: Look) -> Look:
        return Look(pitch=-9, left=1, right=1) if isinstance(state.phase, Asked) else look

    assert outcome(Capture(witness=ActiveWitness(challenge), answers={}, during=lowered))[0] is Outcome.INCONCLUSIVE


@pytest.mark.parametrize(
    ("eyes", "look", "passes"),
    [
        (Eyes.LEFT, Look(left=1), True),
        (Eyes.LEFT, Look(right=1), False),
        (Eyes.RIGHT, Look(right=1), True),
        (Eyes.RIGHT, Look(left=1), False),
        (Eyes.LEFT, Look(left=1, right=1), True),
        (Eyes.BOTH, Look(left=1), False),
        (Eyes.BOTH, Look(right=1), False),
    ],
)
def test_only_the_eye_that_is_named_counts(eyes: Eyes, look: Look, passes: bool) -> None:
    challenge = challenge_of(CLOSE, LEFT, eyes=eyes)

    def close(_time: float, state: ActiveState, other: Look) -> Look:
        return look if isinstance(state.phase, Asked) and state.phase.gesture is CLOSE else other

    capture = Capture(witness=ActiveWitness(challenge), answers=answers_to(challenge), during=close)
    assert (outcome(capture)[0] is Outcome.PASS) == passes
    if eyes is Eyes.BOTH:
        assert any(Guidance.CLOSE_BOTH_EYES in state.guidance for state in capture.states)


def lose(since: float, seconds: float, problem: str = "no_face") -> Capture:
    challenge = challenge_of(LEFT, CLOSE)

    def gone(time: float, _state: ActiveState, look: Look) -> Look:
        return replace(look, problem=problem) if since <= time < since + seconds else look

    answers = {0: Answer(gesture=LEFT, delay_s=3.6), 1: Answer(gesture=CLOSE)}
    return Capture(witness=ActiveWitness(challenge), answers=answers, during=gone)


def test_time_stands_still_while_the_face_is_gone() -> None:
    late = Capture(witness=ActiveWitness(challenge_of(LEFT, CLOSE)), answers={0: Answer(gesture=LEFT, delay_s=4.2)})
    assert outcome(late) == (Outcome.INCONCLUSIVE, "gesture_missing")
    challenge = challenge_of(LEFT, CLOSE)

    def gone(time: float, _state: ActiveState, look: Look) -> Look:
        return replace(look, problem="no_face") if 2.0 <= time < 3.2 else look

    answers = {0: Answer(gesture=LEFT, delay_s=4.2), 1: Answer(gesture=CLOSE)}
    capture = Capture(witness=ActiveWitness(challenge), answers=answers, during=gone)
    assert outcome(capture) == (Outcome.PASS, "gestures_made")
    assert float(capture.witness.evidence(capture.states[-1]).details["lost_s"] or 0) == pytest.approx(1.2, abs=0.1)


def test_the_light_waits_while_the_face_is_gone() -> None:
    challenge = challenge_of(LEFT, CLOSE, light=8, place=0)
    assert challenge.light is not None
    quiet = Capture(witness=ActiveWitness(challenge), answers=answers_to(challenge))
    assert outcome(quiet) == (Outcome.PASS, "gestures_made")
    began = quiet.states[-1].light_began_s
    assert began is not None
    assert quiet.states[-1].light_pauses == ()

    def gone(time: float, _state: ActiveState, look: Look) -> Look:
        short, long = began + 0.5 <= time < began + 0.7, began + 1.3 <= time < began + 2.5
        return replace(look, problem="no_face") if short or long else look

    capture = Capture(witness=ActiveWitness(challenge), answers=answers_to(challenge), during=gone)
    assert outcome(capture) == (Outcome.PASS, "gestures_made")
    last = capture.states[-1]
    # a moment is not waited for; from 0.35 s on it is
    assert len(last.light_pauses) == 1
    assert last.light_paused_s == pytest.approx(1.2 - 0.35, abs=0.15)
    told = [state.captured_s for state in capture.states if state.light_paused]
    assert told[0] == pytest.approx(began + 1.3 + 0.42, abs=0.08)
    assert told[-1] == pytest.approx(began + 2.5, abs=0.08)
    starts = [start - began for start, _ in last.light_shown(challenge.light)]
    # the fifth colour, due at 1.6, was shown before the pause; those after it wait
    assert starts[:5] == pytest.approx([0.4 * index for index in range(5)])
    assert starts[5:] == pytest.approx([0.4 * index + last.light_paused_s for index in range(5, 8)])
    assert last.light_ends_s(challenge.light) == pytest.approx(began + 3.2 + last.light_paused_s)
    ends = [
        next(state.captured_s for state in of if state.light_began_s and state.prompt is None)
        for of in (quiet.states, capture.states)
    ]
    assert ends[1] - ends[0] == pytest.approx(last.light_paused_s, abs=0.1)


@pytest.mark.parametrize(
    ("told_s", "ends_s"),
    [
        (3.3, 3.3),  # as the page says, once what it showed was seen
        (-9.0, 3.2),  # and never before all of it can have been shown
        (9.0, 4.1),
        (None, 4.1),
    ],
)
def test_the_light_is_over_when_the_page_has_shown_it_all(told_s: float | None, ends_s: float) -> None:
    challenge = challenge_of(LEFT, CLOSE, light=8, place=0)
    witness = ActiveWitness(challenge)
    state, time = witness.start(), 0.0
    while not isinstance(state.phase, Pausing) or state.phase.index == 0:
        state, time = witness.step(state, frame(time, Look())), time + 0.1
        if state.light_began_s is not None and told_s is not None:
            state = replace(state, light_told_s=state.light_began_s + told_s)
    assert state.light_began_s is not None
    assert state.captured_s - state.light_began_s == pytest.approx(ends_s, abs=0.11)


def test_the_light_waited_no_longer_than_the_server_s_clock_allows() -> None:
    witness = ActiveWitness(challenge_of(LEFT, CLOSE, light=8, place=0))
    state, time = witness.start(), 0.0
    while not isinstance(state.phase, Lit):
        state, time = witness.step(state, frame(time)), time + 0.1
    for i in range(8):
        state = witness.step(state, frame(time + 0.1 * i, Look(problem="no_face")))
    state = witness.step(state, frame(time + 30, arrived_s=time + 0.8))
    # stopped from 0.4 s on, for 0.4 s of the server's clock
    assert state.light_paused_s == pytest.approx(0.4 + 0.15, abs=0.11)


def test_a_light_that_never_began_was_never_shown() -> None:
    light = challenge_of(light=8).light
    assert light is not None
    assert ActiveState().light_shown(light) == ()
    assert ActiveState().light_ends_s(light) is None


def test_a_face_that_stays_away_from_the_light_ends_it() -> None:
    challenge = challenge_of(LEFT, CLOSE, light=8, place=0)

    def gone(_time: float, state: ActiveState, look: Look) -> Look:
        return replace(look, problem="no_face") if state.light_began_s is not None else look

    capture = Capture(witness=ActiveWitness(challenge), answers=answers_to(challenge), during=gone)
    assert outcome(capture) == (Outcome.INCONCLUSIVE, "face_lost")


@pytest.mark.parametrize(
    ("problem", "reason"),
    [("no_face", "face_lost"), ("second_face", "second_face"), ("face_cut_off", "face_cut_off")],
)
def test_a_face_that_stays_away_ends_it(problem: str, reason: str) -> None:
    assert outcome(lose(2.0, 2.0, problem)) == (Outcome.INCONCLUSIVE, reason)


def test_many_short_losses_end_it_too() -> None:
    challenge = challenge_of(LEFT, CLOSE, pause_s=5)

    def flicker(time: float, _state: ActiveState, look: Look) -> Look:
        return replace(look, problem="no_face") if time > 1 and int(time) % 2 else look

    capture = Capture(witness=ActiveWitness(challenge), answers=answers_to(challenge), during=flicker)
    assert outcome(capture) == (Outcome.INCONCLUSIVE, "face_lost")


def test_what_was_not_seen_was_not_held() -> None:
    """Two frames with closed eyes, half a second apart, may be two blinks."""
    witness = ActiveWitness(challenge_of(CLOSE, LEFT))
    state, time = witness.start(), 0.0
    while not isinstance(state.phase, Asked):
        state, time = witness.step(state, frame(time)), time + 0.05
    for gap in (0.4, 0.5, 0.6):
        state = witness.step(state, frame(time + gap, Look(left=1, right=1)))
        time += gap
    assert not state.made


def told(times: list[tuple[float, float]]) -> ActiveState:
    """Eyes that are seen closed in frames of these capture and arrival times, from the prompt on; then open."""
    witness = ActiveWitness(challenge_of(CLOSE, LEFT))
    state, time = witness.start(), 0.0
    while not isinstance(state.phase, Asked):
        state, time = witness.step(state, frame(time, arrived_s=time + 7)), time + 1 / 30
    for captured_s, arrived_s in times:
        state = witness.step(state, frame(time + captured_s, Look(left=1, right=1), arrived_s=time + 7 + arrived_s))
    later = max(captured_s for captured_s, _ in times) + 0.05
    return witness.step(state, frame(time + later, arrived_s=time + 7 + max(later, times[-1][1])))


@pytest.mark.parametrize("frames", [2, 3, 5])
def test_a_client_s_clock_makes_no_blink_a_closure(frames: int) -> None:
    blink = [(0.12 + 0.345 * i / (frames - 1), 0.033 * i) for i in range(frames)]
    assert not told(blink).made


def test_two_frames_of_closed_eyes_are_a_blink_whatever_lies_between_them() -> None:
    assert not told([(0.0, 0.0), (0.35, 0.35)]).made


def test_frames_that_a_network_held_back_are_as_long_as_they_were() -> None:
    assert told([(0.1 * i, 0.6 + 0.01 * i) for i in range(6)]).made


def test_one_that_stops_early_is_no_pass() -> None:
    witness = ActiveWitness(challenge_of())
    assert witness.evidence(witness.start()).outcome is Outcome.NOT_MEASURED
    capture = Capture(witness=witness, answers=answers_to(witness.challenge))
    capture.run()
    for state in capture.states:
        if len(state.made) == len(witness.challenge.gestures):
            break
        assert witness.evidence(state).outcome is Outcome.INCONCLUSIVE
        assert witness.evidence(state).reasons == ("challenge_unfinished",)


def last_turn(look: Look) -> Capture:
    """A challenge that ends with a turn, after which the holder does as ``look``."""
    challenge = challenge_of(CLOSE, LEFT)

    def after(_time: float, state: ActiveState, seen: Look) -> Look:
        return look if isinstance(state.phase, Returning) else seen

    return Capture(witness=ActiveWitness(challenge), answers=answers_to(challenge), during=after)


@pytest.mark.parametrize(
    ("look", "least_s", "most_s"),
    [(Look(), 0.0, 0.15), (Look(yaw=20.0), 1.4, 1.7), (Look(problem="no_face"), 1.4, 1.7)],
)
def test_the_way_back_from_a_last_turn_is_waited_for_and_asked_of_nobody(
    look: Look, least_s: float, most_s: float
) -> None:
    capture = last_turn(look)
    assert outcome(capture) == (Outcome.PASS, "gestures_made")
    returning = [state for state in capture.states if isinstance(state.phase, Returning)]
    assert all(state.prompt is None and state.moving is LEFT for state in returning)
    since = returning[0].arrived_s
    assert least_s <= capture.states[-1].arrived_s - since <= most_s
    assert isinstance(capture.states[-1].phase, Passed)
    assert capture.witness.evidence(returning[0]).outcome is Outcome.PASS  # a file may end here


def test_the_time_of_the_whole_challenge_is_limited() -> None:
    challenge = replace(challenge_of(pause_s=2.0), expires_at=challenge_of().issued_at + timedelta(seconds=10))
    assert (
        outcome(Capture(witness=ActiveWitness(challenge), answers=answers_to(challenge)))[1] == "challenge_unfinished"
    )


def test_deadlines_are_by_the_clock_of_the_server() -> None:
    """A client whose clock crawls does not get more time for its answer."""
    witness = ActiveWitness(challenge_of(LEFT, CLOSE))
    state, time = witness.start(), 0.0
    while not isinstance(state.phase, Asked):
        state, time = witness.step(state, frame(time)), time + 0.1
    for i in range(50):
        state = witness.step(state, frame(time + 0.01 * i, arrived_s=time + 0.1 * i))
    assert isinstance(state.phase, Failed)
    assert state.phase.reason == "gesture_missing"


def test_frames_out_of_order_change_nothing() -> None:
    witness = ActiveWitness(challenge_of())
    state = witness.step(witness.step(witness.start(), frame(0.0)), frame(0.5))
    assert witness.step(state, frame(0.5, Look(yaw=30))) is state
    assert witness.step(state, frame(0.2, Look(yaw=30))) is state


def test_a_step_is_pure() -> None:
    capture = Capture(witness=ActiveWitness(challenge_of()), answers=answers_to(challenge_of()))
    capture.run()
    state = capture.witness.start()
    for seen, expected in zip(capture.frames, capture.states, strict=True):
        twice = capture.witness.step(state, seen), capture.witness.step(state, seen)
        assert twice == (expected, expected)
        state = expected
    assert capture.witness.step(state, frame(99.0)) is state


def test_no_prompt_before_its_time() -> None:
    challenge = challenge_of(LEFT, CLOSE, UP, pause_s=1.5, light=4, place=1)
    capture = Capture(witness=ActiveWitness(challenge), answers=answers_to(challenge))
    assert outcome(capture)[0] is Outcome.PASS
    shown = [(state.prompt, seen.arrived_s) for state, seen in zip(capture.states, capture.frames, strict=True)]
    starts = [next(time for prompt, time in shown if prompt == index) for index in range(4)]
    ends = [max(time for prompt, time in shown if prompt == index) for index in range(4)]
    # of a pause, the least part may be over where the head was still before it: in the settling, and in the light
    assert 0.6 + 1.2 <= starts[0] < 0.6 + 1.5
    assert starts[1] - ends[0] >= 1.5
    assert 1.2 <= starts[2] - ends[1] < 1.5
    assert starts[3] - ends[2] >= 1.5
    assert ends[1] - starts[1] == pytest.approx(4 * 0.4 + 0.9, abs=0.1)
    assert capture.states[-1].light_began_s == pytest.approx(starts[1])


def test_a_head_that_was_still_while_the_eyes_were_closed_is_not_waited_for_again() -> None:
    challenge = challenge_of(CLOSE, LEFT, pause_s=1.5)
    answers = answers_to(challenge) | {0: Answer(gesture=CLOSE, hold_s=1.6)}
    capture = Capture(witness=ActiveWitness(challenge), answers=answers)
    assert outcome(capture)[0] is Outcome.PASS
    asked = next(i for i, state in enumerate(capture.states) if state.prompt == 1)
    phase = capture.states[asked - 1].phase
    assert isinstance(phase, Pausing)
    assert phase.neutral_s is not None
    assert phase.neutral_s > phase.since_s + 0.4  # the eyes were closed for longer than asked for
    assert capture.frames[asked].arrived_s - phase.since_s >= 1.5
    assert capture.frames[asked].arrived_s - phase.neutral_s == pytest.approx(1.5, abs=0.1)
    opened = next(
        i for i, state in enumerate(capture.states) if getattr(state.phase, "neutral_s", None) == phase.neutral_s
    )
    assert capture.frames[opened].arrived_s - phase.neutral_s == pytest.approx(0.3)


def test_a_gesture_before_its_prompt_counts_for_nothing() -> None:
    challenge = challenge_of(LEFT, CLOSE, pause_s=3.0)

    def early(time: float, _state: ActiveState, _look: Look) -> Look:
        return Look(yaw=20) if 1.0 <= time < 1.6 else Look()

    capture = Capture(witness=ActiveWitness(challenge), answers={}, during=early)
    assert outcome(capture) == (Outcome.INCONCLUSIVE, "gesture_missing")
    assert capture.states[-1].unprompted == 1


@pytest.mark.parametrize(("turns", "reason"), [(2, "gestures_made"), (3, "unprompted_gestures")])
def test_gestures_in_the_light_are_counted(turns: int, reason: str) -> None:
    challenge = challenge_of(LEFT, CLOSE, light=12, place=0)

    def restless(time: float, state: ActiveState, look: Look) -> Look:
        if not isinstance(state.phase, Lit):
            return look
        since = state.arrived_s - state.phase.started_s
        if since > 4.4:
            return Look(left=1, right=1)
        return Look(yaw=20.0) if since % 1.4 > 0.7 and since < 1.4 * turns else Look()

    capture = Capture(witness=ActiveWitness(challenge), answers=answers_to(challenge), during=restless)
    assert outcome(capture)[1] == reason
    assert capture.states[-1].unprompted == turns
    strayed = STRAYED in capture.witness.evidence(capture.states[-1]).reasons
    assert strayed is (reason == "gestures_made")


def test_a_head_that_never_rests_ends_it() -> None:
    challenge = challenge_of(LEFT, CLOSE, pause_s=3.0)

    def restless(time: float, state: ActiveState, look: Look) -> Look:
        return look if isinstance(state.phase, Settling) else Look(yaw=20.0 if time % 1.2 < 0.6 else 0.0)

    capture = Capture(witness=ActiveWitness(challenge), answers={}, during=restless)
    assert outcome(capture) == (Outcome.INCONCLUSIVE, "unprompted_gestures")


def test_eyes_that_stay_closed_get_no_next_prompt() -> None:
    challenge = challenge_of(CLOSE, LEFT)

    def asleep(_time: float, state: ActiveState, look: Look) -> Look:
        return Look(left=1, right=1) if state.made or look.left else look

    capture = Capture(witness=ActiveWitness(challenge), answers=answers_to(challenge), during=asleep)
    assert outcome(capture) == (Outcome.INCONCLUSIVE, "not_back_to_neutral")
    assert Guidance.OPEN_YOUR_EYES in capture.states[-2].guidance


def test_a_blink_does_not_put_off_the_prompt() -> None:
    challenge = challenge_of(LEFT, CLOSE, pause_s=2.0)

    def blinking(time: float, state: ActiveState, look: Look) -> Look:
        return replace(look, left=1, right=1) if isinstance(state.phase, Pausing) and time % 1.0 < 0.15 else look

    capture = Capture(witness=ActiveWitness(challenge), answers=answers_to(challenge), during=blinking)
    capture.run()
    first = next(i for i, state in enumerate(capture.states) if isinstance(state.phase, Asked))
    assert capture.frames[first].arrived_s <= 0.7 + 2.0 + 0.3


def test_nobody_settles_while_turned_away_or_moving() -> None:
    for during in (
        lambda _time, _state, _look: Look(yaw=25),
        lambda time, _state, _look: Look(yaw=20 if time % 0.4 < 0.2 else 0),
    ):
        capture = Capture(witness=ActiveWitness(challenge_of()), answers={}, during=during)
        assert outcome(capture) == (Outcome.INCONCLUSIVE, "no_neutral_pose")
    assert find_neutral([], NeutralOptions()) is None


def test_waiting_for_a_face_ends_with_its_reason() -> None:
    capture = Capture(
        witness=ActiveWitness(challenge_of()), answers={}, during=lambda _t, _s, _l: Look(problem="second_face")
    )
    assert outcome(capture) == (Outcome.INCONCLUSIVE, "second_face")
    assert capture.states[0].guidance == (Guidance.ONE_PERSON_ONLY,)


def test_eyes_closed_at_the_beginning_are_asked_to_open_but_nobody_is_kept_out_for_them() -> None:
    challenge = challenge_of(LEFT, CLOSE, light=12)
    shut = Capture(
        witness=ActiveWitness(challenge),
        answers={},
        person=Person(ratio=0.16, network=0.2, noise=0.1),
        during=lambda _t, _s, look: look,
    )
    shut.run(most_s=8.0)
    asked = [state for state in shut.states if Guidance.OPEN_YOUR_EYES in state.guidance]
    assert 4.0 <= len(asked) / shut.rate <= 5.0
    assert shut.states[-1].neutral is not None


def test_nothing_is_said_to_somebody_who_sits_still_while_the_neutral_is_found() -> None:
    capture = Capture(witness=ActiveWitness(challenge_of()), answers={}, person=Person(noise=0.4))
    capture.run(most_s=1.0)
    assert {state.guidance for state in capture.states} == {()}


def test_memory_is_bounded_at_any_rate() -> None:
    challenge = challenge_of(LEFT, CLOSE, pause_s=5.0)
    capture = Capture(witness=ActiveWitness(challenge), answers=answers_to(challenge), rate=180.0)
    assert outcome(capture)[0] is Outcome.PASS
    assert max(len(state.samples) for state in capture.states) <= 64


@pytest.mark.parametrize(
    ("look", "gesture", "advice"),
    [
        (Look(yaw=8), LEFT, Guidance.TURN_FURTHER),
        (Look(yaw=-9), LEFT, Guidance.OTHER_WAY),
        (Look(yaw=20), LEFT, Guidance.HOLD),
        (Look(pitch=6), UP, Guidance.TURN_FURTHER),
        (Look(pitch=-6), UP, Guidance.OTHER_WAY),
        (Look(yaw=10), CLOSE, Guidance.FACE_THE_CAMERA),
    ],
)
def test_advice_on_the_gesture(look: Look, gesture: Gesture, advice: Guidance) -> None:
    witness = ActiveWitness(
        challenge_of(gesture, *((LEFT, CLOSE) if gesture is not LEFT else (CLOSE, LEFT)))
        if gesture is not CLOSE
        else challenge_of(CLOSE, LEFT)
    )
    state, time = witness.start(), 0.0
    while not isinstance(state.phase, Asked):
        state, time = witness.step(state, frame(time)), time + 0.05
    for i in range(3):
        state = witness.step(state, frame(time + 0.05 * i, look))
    assert state.guidance[0] is advice
    assert advice.value in REASONS


@st.composite
def orders_with_responses(draw: st.DrawFn) -> tuple[list[Gesture], dict[int, Answer]]:
    """Three gestures asked for, and what is done: mostly the right thing, at times too little, too late, or another."""
    order = draw(st.permutations(ALL).map(lambda every: every[:3]).filter(lambda some: CLOSE in some))
    responses = {}
    for index, gesture in enumerate(order):
        other = draw(st.integers(0, 9)) == 0
        responses[index] = Answer(
            gesture=draw(st.sampled_from([*Gesture, None])) if other else gesture,
            delay_s=draw(st.sampled_from([0.2, 0.7, 3.0, 3.6, 5.0])),
            ramp_s=draw(st.sampled_from([0.0, 0.3])),
            hold_s=draw(st.sampled_from([0.0, 0.05, 0.15, 0.4, 0.6, 1.0])),
            share=draw(st.sampled_from([0.6, 0.9, 1.0, 1.4])),
        )
    return order, responses


def seen_in_time(capture: Capture, index: int, gesture: Gesture) -> bool:
    """By its own reckoning over the frames: was ``gesture`` there long enough between this prompt and its end?"""
    run_start: float | None = None
    last = first = None
    for state, after, seen in zip(
        [capture.witness.start(), *capture.states], capture.states, capture.frames, strict=False
    ):
        if state.prompt != index or seen.face is None:
            continue
        first = seen.arrived_s if first is None else first
        pose, person = seen.face.pose, capture.person
        if gesture is CLOSE:
            holds = max(seen.face.eyes.left_network, seen.face.eyes.right_network) < 0.7
        else:
            sign = {LEFT: 1, RIGHT: -1, UP: 1, DOWN: -1}[gesture]
            moved = pose.yaw - person.yaw if gesture in (LEFT, RIGHT) else pose.pitch - person.pitch
            holds = sign * moved > (13 if gesture in (LEFT, RIGHT) else 8.5)
        run_start = (seen.captured_s if run_start is None else run_start) if holds else run_start
        if run_start is not None:
            last = seen.captured_s if holds else last
            if (last or 0) - run_start >= (
                0.07 if gesture is not CLOSE else 0.27
            ) - 1e-6 and seen.arrived_s - first <= 4.1:
                return True
        if not holds:
            run_start = None
        del after
    return False


@settings(max_examples=70)
@given(orders_with_responses(), st.sampled_from([10.0, 20.0]), st.integers(0, 99))
def test_nothing_passes_without_every_gesture_in_its_order_and_time(
    drawn: tuple[list[Gesture], dict[int, Answer]], rate: float, seed: int
) -> None:
    order, responses = drawn
    capture = Capture(
        witness=ActiveWitness(challenge_of(*order)),
        answers=responses,
        person=Person(noise=0.2),
        rate=rate,
        jitter=0.3,
        seed=seed,
    )
    state = capture.run()
    if isinstance(state.phase, Passed):
        assert [made.gesture for made in state.made] == order
        for index, gesture in enumerate(order):
            assert seen_in_time(capture, index, gesture)
    else:
        assert capture.witness.evidence(state).outcome is not Outcome.PASS


@settings(max_examples=40)
@given(st.permutations(ALL), st.permutations(ALL))
def test_the_gestures_of_another_order_never_pass(asked: list[Gesture], played: list[Gesture]) -> None:
    """A replayed clip with all four gestures, each of them made well, right after each prompt."""
    challenge = challenge_of(*asked)
    answers = {i: Answer(gesture=gesture, hold_s=0.8, share=1.3) for i, gesture in enumerate(played)}
    state = Capture(witness=ActiveWitness(challenge), answers=answers, rate=15.0).run()
    assert isinstance(state.phase, Passed) == (asked == played)


@settings(max_examples=40)
@given(
    st.lists(
        st.tuples(st.floats(-35, 35), st.floats(-25, 25), st.sampled_from([0.0, 1.0]), st.floats(0.1, 1.5)),
        min_size=1,
        max_size=40,
    )
)
def test_a_film_that_does_not_listen_to_prompts_passes_only_with_the_gestures_in_it(
    scenes: list[tuple[float, float, float, float]],
) -> None:
    witness = ActiveWitness(challenge_of(LEFT, CLOSE, RIGHT))
    state, time = witness.start(), 0.0
    for i in range(15):
        state = witness.step(state, frame(i / 15))
    time = 1.0
    for yaw, pitch, closed, seconds in scenes:
        for i in range(int(seconds * 15)):
            state = witness.step(state, frame(time + i / 15, Look(yaw=yaw, pitch=pitch, left=closed, right=closed)))
        time += max(1, int(seconds * 15)) / 15
    if isinstance(state.phase, Passed):
        wanted = [lambda s: s[0] >= 13, lambda s: s[2] == 1 and abs(s[0]) < 11, lambda s: s[0] <= -13]
        for scene in scenes:
            if wanted and wanted[0](scene):
                wanted.pop(0)
        assert not wanted


def test_a_challenge_of_the_policy_has_steps_that_the_witness_knows() -> None:
    challenge = issue_challenge(
        policy=ChallengePolicy(light_steps=0), rng=random.Random(0), now=challenge_of().issued_at
    )
    assert all(isinstance(step, GestureStep) for step in challenge.steps)
