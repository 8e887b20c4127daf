"""The steps between states: all that are legal, and that nothing else is."""

import dataclasses
import itertools
from datetime import UTC, datetime, timedelta

import msgspec
import pytest

from visavis.domain import states
from visavis.domain.events import EventKind, event_kind
from visavis.domain.states import (
    OPEN,
    STATES,
    BeginCapture,
    By,
    Capturing,
    Conclude,
    ConcludeInPerson,
    Conclusion,
    Consent,
    Consented,
    Decided,
    DeclinedForAlternative,
    Erase,
    Erased,
    Expire,
    Expired,
    Interrupt,
    Refer,
    Referred,
    Requested,
    State,
    Step,
    Submit,
    Submitted,
    TakeAlternative,
    TryAgain,
    Withdraw,
    Withdrawn,
    advance,
    state_name,
)
from visavis.errors import StateError

AT = datetime(2027, 3, 1, tzinfo=UTC)
LATER = AT + timedelta(minutes=1)
EVERY_STATE: tuple[State, ...] = (
    Requested(at=AT),
    Consented(at=AT, receipt="r", attempts=1),
    Capturing(at=AT, receipt="r", attempts=1),
    Submitted(at=AT, receipt="r", attempts=1),
    Referred(at=AT, receipt="r", attempts=1),
    Decided(at=AT, receipt="r", conclusion=Conclusion.ACCEPTED),
    DeclinedForAlternative(at=AT),
    Withdrawn(at=AT, by=By.HOLDER),
    Expired(at=AT),
    Erased(at=AT, by=By.HOLDER, was="decided"),
)
EVERY_STEP: tuple[Step, ...] = (
    Consent(at=LATER, receipt="r"),
    BeginCapture(at=LATER, allowed=3),
    Interrupt(at=LATER),
    Submit(at=LATER),
    TryAgain(at=LATER),
    Refer(at=LATER),
    Conclude(at=LATER, conclusion=Conclusion.REJECTED),
    ConcludeInPerson(at=LATER, conclusion=Conclusion.ACCEPTED),
    TakeAlternative(at=LATER),
    Withdraw(at=LATER, by=By.HOLDER),
    Expire(at=LATER),
    Erase(at=LATER, by=By.OPERATOR),
)
ENDS = {TakeAlternative: DeclinedForAlternative, Withdraw: Withdrawn, Expire: Expired}
LEGAL: dict[tuple[type, type], type] = {
    (Requested, Consent): Consented,
    (Consented, BeginCapture): Capturing,
    (Capturing, Submit): Submitted,
    (Capturing, Interrupt): Consented,
    (Submitted, TryAgain): Consented,
    (Submitted, Refer): Referred,
    (Submitted, Conclude): Decided,
    (Referred, Conclude): Decided,
    (DeclinedForAlternative, ConcludeInPerson): Decided,
    **{(state, step): end for state in OPEN for step, end in ENDS.items()},
    **{(type(state), Erase): Erased for state in EVERY_STATE if not isinstance(state, Erased)},
}


def test_the_lists_of_this_test_are_whole() -> None:
    assert {type(state) for state in EVERY_STATE} == set(STATES.values())
    assert set(states.Step.__args__) == {type(step) for step in EVERY_STEP}


@pytest.mark.parametrize("state", EVERY_STATE, ids=state_name)
@pytest.mark.parametrize("step", EVERY_STEP, ids=lambda step: type(step).__name__)
def test_a_step_is_taken_where_it_is_legal_and_nowhere_else(state: State, step: Step) -> None:
    legal = LEGAL.get((type(state), type(step)))
    if legal is None:
        with pytest.raises(StateError) as caught:
            advance(state, step)
        assert caught.value.code == "step_not_possible"
        return
    after = advance(state, step)
    assert type(after) is legal
    assert after.at == LATER


def test_the_last_attempt_is_the_last() -> None:
    used = Consented(at=AT, receipt="r", attempts=3)
    with pytest.raises(StateError) as caught:
        advance(used, BeginCapture(at=LATER, allowed=3))
    assert caught.value.code == "attempts_used_up"
    begun = advance(dataclasses.replace(used, attempts=2), BeginCapture(at=LATER, allowed=3))
    assert begun == Capturing(at=LATER, receipt="r", attempts=3)
    assert advance(begun, Interrupt(at=LATER)) == dataclasses.replace(used, at=LATER)


def test_an_erased_one_says_how_it_had_ended() -> None:
    erased = advance(EVERY_STATE[5], Erase(at=LATER, by=By.HOLDER))
    assert erased == Erased(at=LATER, by=By.HOLDER, was="decided", conclusion=Conclusion.ACCEPTED)


@pytest.mark.parametrize("state", EVERY_STATE, ids=state_name)
def test_a_state_is_read_as_it_was_written(state: State) -> None:
    plain = msgspec.json.decode(msgspec.json.encode(msgspec.to_builtins(state)))
    assert msgspec.convert(plain, STATES[state_name(state)]) == state


def test_every_end_is_told_and_no_coming_and_going_of_a_capture() -> None:
    told = {
        event_kind(state, advance(state, step))
        for state, step in itertools.product(EVERY_STATE, EVERY_STEP)
        if (type(state), type(step)) in LEGAL
    }
    assert told == {None, *(kind for kind in EventKind if kind.startswith("verification."))}
    assert event_kind(EVERY_STATE[2], EVERY_STATE[1]) is None
