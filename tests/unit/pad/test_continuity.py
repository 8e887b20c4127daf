"""The continuity witness: a second person, a swap and an unexplained break are found; a shaky hand is no attack."""

import random
from collections.abc import Callable, Iterable
from dataclasses import replace
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pad_material import Look, Person, frame
from visavis.domain.evidence import Outcome
from visavis.domain.reasons import REASONS
from visavis.pad.continuity import ContinuityOptions, ContinuityState, ContinuityWitness
from visavis.pad.evidence import WitnessEvidence
from visavis.pad.observation import FrameObservation
from visavis.perception.session import FloatTensor

WITNESS = ContinuityWitness()


def towards(cosine: float, seed: int = 0, size: int = 64) -> FloatTensor:
    """A unit vector with this cosine to the first axis."""
    rest = np.random.default_rng(seed).normal(size=size)
    rest[0] = 0
    vector = cosine * np.eye(size)[0] + np.sqrt(1 - cosine**2) * rest / np.linalg.norm(rest)
    return np.asarray(vector, np.float32)


def fold(frames: Iterable[FrameObservation]) -> ContinuityState:
    state = WITNESS.start()
    for seen in frames:
        state = WITNESS.step(state, seen)
    return state


def capture(
    *,
    seconds: float = 10.0,
    rate: float = 10.0,
    look: Callable[[float], Look] = lambda _time: Look(),
    vector: Callable[[float], FloatTensor] = lambda time: towards(0.95, int(time * 1000)),
    middle: Callable[[float], tuple[float, float]] = lambda _time: (320.0, 240.0),
    person: Callable[[float], Person] = lambda _time: Person(),
    other_faces: Callable[[float], int] = lambda _time: 0,
) -> tuple[WitnessEvidence, ContinuityState, int]:
    """As a session does it: an embedding where the witness wants one. Gives how many there were, too."""
    state, count = WITNESS.start(), 0
    for i in range(int(seconds * rate)):
        time = i / rate
        seen = frame(time, look(time), person(time), middle=middle(time), other_faces=other_faces(time))
        if seen.face is not None and WITNESS.wants_template(state, seen.face, time):
            seen, count = replace(seen, vector=vector(time)), count + 1
        state = WITNESS.step(state, seen)
    evidence = WITNESS.evidence(state)
    assert set(evidence.reasons) <= set(REASONS)
    return evidence, state, count


def turning(time: float) -> Look:
    return Look(yaw=20 * np.sin(time))


def test_one_person_alone_passes_with_a_dozen_templates() -> None:
    for rate in (8.0, 10.0, 30.0):
        evidence, _, count = capture(look=turning, rate=rate)
        assert (evidence.outcome, evidence.reasons) == (Outcome.PASS, ())
        assert evidence.score is not None
        assert evidence.score > 0.8
        assert 6 <= count <= 16


def test_templates_are_wanted_from_the_front_at_the_turn_and_now_and_then() -> None:
    times: list[tuple[float, float]] = []

    def note(time: float) -> FloatTensor:
        times.append((time, turning(time).yaw))
        return towards(0.9)

    capture(look=turning, vector=note)
    assert all(abs(yaw) <= 12 for _, yaw in times[:3])
    assert any(yaw >= 12 for _, yaw in times)
    assert any(yaw <= -12 for _, yaw in times)


def test_a_small_face_is_not_embedded() -> None:
    evidence, _, count = capture(person=lambda _time: Person(size=30))
    assert count == 0
    assert (evidence.outcome, evidence.reasons) == (Outcome.INCONCLUSIVE, ("too_few_templates",))


def test_a_face_swapped_midway_is_another_person() -> None:
    evidence, _, _ = capture(vector=lambda time: towards(0.95 if time < 5 else 0.1, int(time * 10)))
    assert evidence.outcome is Outcome.FAIL
    assert evidence.reasons[0] == "second_person"
    assert evidence.details["least_cosine"] == pytest.approx(0.1, abs=0.1)


def test_a_swap_while_the_face_is_away_is_found_at_once() -> None:
    evidence, state, _ = capture(
        look=lambda time: Look(problem="no_face" if 5 <= time < 6 else None),
        vector=lambda time: towards(0.95 if time < 5.5 else 0.0, int(time * 10)),
    )
    assert evidence.outcome is Outcome.FAIL
    assert state.unvouched


def test_after_a_template_that_disagrees_another_is_wanted_at_once() -> None:
    """So that a swap near the end is no mere doubt."""
    evidence, _, count = capture(vector=lambda time: towards(0.95 if time < 8 else 0.0, int(time * 10)), seconds=9)
    assert (evidence.outcome, evidence.reasons[0]) == (Outcome.FAIL, "second_person")
    assert count <= 14


def test_one_odd_template_is_doubt_and_no_fail() -> None:
    odd = iter([1.0, 1.0, 1.0, 0.2])
    evidence, _, _ = capture(vector=lambda time: towards(next(odd, 0.95), int(time * 10)))
    assert (evidence.outcome, evidence.reasons) == (Outcome.INCONCLUSIVE, ("templates_disagree",))


def test_a_grimace_that_the_next_look_takes_back_is_a_note() -> None:
    odd = iter([1.0, 1.0, 1.0, 0.36])
    evidence, state, _ = capture(look=turning, vector=lambda time: towards(next(odd, 0.95), int(time * 10)))
    assert (evidence.outcome, evidence.reasons) == (Outcome.PASS, ("template_disagrees",))
    assert state.compared - state.agreed == 1


def test_two_odd_templates_in_a_row_or_one_at_the_end_stay_doubt() -> None:
    twice = iter([1.0, 1.0, 1.0, 0.4, 0.4])
    evidence, _, _ = capture(look=turning, vector=lambda time: towards(next(twice, 0.95), int(time * 10)))
    assert (evidence.outcome, evidence.reasons) == (Outcome.INCONCLUSIVE, ("templates_disagree",))
    late = capture(look=turning, vector=lambda time: towards(0.95 if time < 7.95 else 0.4, int(time * 10)), seconds=8.1)
    evidence, state, _ = late
    assert state.doubted
    assert (evidence.outcome, evidence.reasons) == (Outcome.INCONCLUSIVE, ("templates_disagree",))


def test_a_template_between_the_two_lines_is_doubt() -> None:
    evidence, _, _ = capture(vector=lambda time: towards(0.42 if time > 4 else 1.0, 3))
    assert evidence.outcome is Outcome.INCONCLUSIVE
    assert "templates_disagree" in evidence.reasons


def test_a_short_loss_is_vouched_for_by_the_next_template() -> None:
    evidence, state, _ = capture(look=lambda time: Look(problem="no_face" if 5 <= time < 6 else None))
    assert evidence.outcome is Outcome.PASS
    assert state.breaks == 1
    assert evidence.details["longest_loss_s"] == pytest.approx(1.1, abs=0.05)


def test_a_break_at_the_very_end_stays_open() -> None:
    """Nothing was seen of who came back."""
    evidence, _, _ = capture(
        look=lambda time: Look(problem="no_face" if 8 <= time < 9 else None, yaw=24.0 if time >= 9 else 0.0)
    )
    assert (evidence.outcome, evidence.reasons) == (Outcome.INCONCLUSIVE, ("track_broken",))


def test_a_face_that_is_away_too_long_in_all() -> None:
    evidence, _, _ = capture(look=lambda time: Look(problem="no_face" if int(time) % 2 else None), seconds=14)
    assert (evidence.outcome, evidence.reasons) == (Outcome.INCONCLUSIVE, ("face_lost",))


def beside(since_s: float, until_s: float) -> Callable[[float], Look]:
    return lambda time: Look(problem="second_face" if since_s <= time < until_s else None)


@pytest.mark.parametrize(
    ("until_s", "outcome", "reason"),
    [
        (5.15, Outcome.PASS, "second_face_moment"),
        (5.35, Outcome.INCONCLUSIVE, "second_face"),
        (6.35, Outcome.INCONCLUSIVE, "second_face"),
        (6.65, Outcome.FAIL, "second_face"),
    ],
)
def test_a_second_face_is_a_fail_only_where_it_stays(until_s: float, outcome: Outcome, reason: str) -> None:
    """Who walks by in the background is no attack, and no pass either."""
    evidence, state, _ = capture(look=beside(5, until_s))
    assert (evidence.outcome, evidence.reasons) == (outcome, (reason,))
    assert WITNESS.failed(state) is (outcome is Outcome.FAIL)


@pytest.mark.parametrize(("share", "outcome"), [(0.59, Outcome.INCONCLUSIVE), (0.61, Outcome.FAIL)])
def test_only_a_second_face_of_comparable_size_is_a_fail(share: float, outcome: Outcome) -> None:
    frames = [frame(i / 10, vector=towards(0.95, i)) for i in range(5)]
    frames += [replace(frame(0.5 + i / 10, Look(problem="second_face")), second_share=share) for i in range(60)]
    evidence = WITNESS.evidence(fold(frames))
    assert (evidence.outcome, evidence.reasons) == (outcome, ("second_face",))


def test_a_face_that_is_carried_over_counts_no_frames_and_the_next_look_its_time() -> None:
    def told(*looked: int) -> WitnessEvidence:
        frames = [frame(i / 10, vector=towards(0.95, i)) for i in range(5)]
        second = [replace(frame(0.5 + i / 10, Look(problem="second_face")), carried=i not in looked) for i in range(20)]
        return WITNESS.evidence(fold([*frames, *second, frame(2.5, vector=towards(0.95, 9))]))

    assert (told(0).outcome, told(0).reasons) == (Outcome.PASS, ("second_face_moment",))
    assert told(0).details["second_face_frames"] == 1
    assert (told(0, 5, 10).outcome, told(0, 5, 10).reasons[0]) == (Outcome.INCONCLUSIVE, "second_face")
    assert (told(0, 5, 10, 15).outcome, told(0, 5, 10, 15).reasons[0]) == (Outcome.FAIL, "second_face")


def test_two_faces_from_the_first_frame_on_are_no_missing_face() -> None:
    evidence = WITNESS.evidence(fold(frame(i / 10, Look(problem="second_face")) for i in range(30)))
    assert (evidence.outcome, evidence.reasons[0]) == (Outcome.FAIL, "second_face")


def test_one_template_alone_is_doubt_even_where_no_other_was_compared() -> None:
    evidence = WITNESS.evidence(fold([frame(0.0, vector=towards(1.0)), frame(0.3, vector=towards(0.0))]))
    assert evidence.outcome is Outcome.INCONCLUSIVE
    assert evidence.reasons[0] == "templates_disagree"


def test_someone_far_behind_is_a_note() -> None:
    evidence, _, _ = capture(other_faces=lambda time: int(time > 5))
    assert (evidence.outcome, evidence.reasons) == (Outcome.PASS, ("background_face",))


def test_a_jump_needs_to_be_vouched_for() -> None:
    def hop(time: float) -> tuple[float, float]:
        return (160.0, 240.0) if time < 5 else (460.0, 240.0)

    evidence, state, _ = capture(middle=hop)
    assert state.jumps == 1
    assert (evidence.outcome, evidence.reasons) == (Outcome.PASS, ("face_jumped",))
    evidence, _, _ = capture(middle=hop, vector=lambda time: towards(0.95 if time < 5 else 0.0, int(time * 10)))
    assert evidence.outcome is Outcome.FAIL


def test_a_sudden_change_of_size_is_a_jump() -> None:
    _, state, _ = capture(person=lambda time: Person(size=100 if time < 5 else 60))
    assert state.jumps == 1


def test_a_shaky_hand_is_no_jump() -> None:
    """As the shakiest capture measured: 1.2 inter-eye distances between frames at 10 frames/s."""
    rng = random.Random(4)
    _, state, _ = capture(middle=lambda _time: (320 + rng.uniform(-60, 60), 240 + rng.uniform(-60, 60)))
    assert state.jumps == 0


def test_without_a_face_nothing_is_measured() -> None:
    evidence = WITNESS.evidence(fold(frame(i / 10, Look(problem="no_face")) for i in range(20)))
    assert (evidence.outcome, evidence.reasons) == (Outcome.NOT_MEASURED, ("no_face",))


def test_without_templates_it_is_no_pass() -> None:
    evidence = WITNESS.evidence(fold(frame(i / 10) for i in range(50)))
    assert (evidence.outcome, evidence.reasons) == (Outcome.INCONCLUSIVE, ("too_few_templates",))


def test_templates_far_from_the_neutral_pose_are_not_compared() -> None:
    frames = [frame(i / 10, vector=towards(0.95, i)) for i in range(5)]
    frames += [frame(0.5 + i / 10, Look(yaw=30), vector=towards(0.0, i)) for i in range(5)]
    assert WITNESS.evidence(fold(frames)).outcome is Outcome.PASS


def test_vectors_of_two_models_are_a_mistake_of_the_caller() -> None:
    with pytest.raises(ValueError, match="one model"):
        fold([frame(0.0, vector=towards(1.0)), frame(0.1, vector=towards(1.0, size=32))])


@pytest.mark.parametrize(("others", "outcome"), [(1, Outcome.PASS), (2, Outcome.INCONCLUSIVE), (4, Outcome.FAIL)])
def test_a_grimace_made_again_is_no_second_person_and_no_pass(others: int, outcome: Outcome) -> None:
    frames = [frame(0.1 * i, vector=towards(1.0)) for i in range(3)]
    cosines = [value for _ in range(others) for value in (0.3, 0.9)] + [0.9] * (11 - 2 * others)
    frames += [frame(1 + 0.1 * i, vector=towards(cosine, i)) for i, cosine in enumerate(cosines)]
    state = fold(frames)
    assert WITNESS.evidence(state).outcome is outcome
    assert not WITNESS.failed(state)


def test_who_is_somebody_else_most_of_the_time_ends_the_capture() -> None:
    frames = [frame(0.1 * i, vector=towards(1.0)) for i in range(3)]
    frames += [frame(1 + 0.1 * i, vector=towards(0.1, i)) for i in range(4)]
    assert not WITNESS.failed(fold(frames[:-1]))
    assert WITNESS.failed(fold(frames))


def test_frames_out_of_order_change_nothing() -> None:
    state = fold([frame(0.0), frame(1.0)])
    assert WITNESS.step(state, frame(0.5)) is state


@settings(max_examples=40)
@given(
    st.lists(
        st.integers(-20, 90).filter(lambda n: n not in (25, 37, 45)).map(lambda n: n / 100), min_size=4, max_size=20
    )
)
def test_it_passes_only_where_nearly_every_template_agrees(cosines: list[float]) -> None:
    frames = [frame(0.0, vector=towards(1.0)), frame(0.3, vector=towards(1.0)), frame(0.6, vector=towards(1.0))]
    frames += [frame(1 + 0.1 * i, vector=towards(cosine, i)) for i, cosine in enumerate(cosines)]
    outcome = WITNESS.evidence(fold(frames)).outcome
    options = ContinuityOptions()
    agree = [cosine >= options.same for cosine in cosines]
    if all(agree):
        assert outcome is Outcome.PASS
    twice = any(not one and not other for one, other in pairwise(agree))
    if twice or not agree[-1] or agree.count(False) > options.disagreeing * (len(agree) + 2):
        assert outcome is not Outcome.PASS
    others = sum(cosine < options.other - 1e-6 for cosine in cosines)
    if others >= 2:
        assert outcome is not Outcome.PASS
    if others >= max(2, options.disagreeing * (len(cosines) + 2)):
        assert outcome is Outcome.FAIL
