"""Figures: the same counts over every store, whoever counts at the same moment, and whatever is erased later."""

import dataclasses
import threading
from collections.abc import Callable
from datetime import date, timedelta

import pytest

from store_material import BEGIN, World, make_world, receipt
from visavis.decision.decide import DecisionOutcome
from visavis.domain.states import By, ConcludeInPerson, Conclusion
from visavis.service.figure_counting import note_document
from visavis.service.figure_records import FigureKind, Tally
from visavis.service.ports import UnitOfWork
from visavis.service.steps import take
from visavis.service.transactions import committed

DAY = BEGIN.date()


def tallies(world: World, *, first: date = DAY, last: date = DAY, policy: str | None = None) -> tuple[Tally, ...]:
    with world.storage.reading() as unit:
        return unit.figures.of_party(world.party.id, first=first, last=last, policy=policy)


def counted(world: World, kind: FigureKind, **asked: object) -> dict[str, int]:
    found: dict[str, int] = {}
    for tally in tallies(world, **asked):  # type: ignore[arg-type]  # the parameters of `tallies`
        if tally.kind is kind:
            found[tally.value] = found.get(tally.value, 0) + tally.count
    return found


def fold(world: World) -> int:
    return committed(world.storage, lambda unit: unit.figures.fold(limit=100))


def consented(world: World) -> str:
    row = world.open()
    world.verifications.consent(world.party.id, row.id, receipt(row, world.clock.now(), world.ids))
    return row.id


def test_what_was_opened_is_counted_before_it_took_any_step(world: World) -> None:
    world.open()
    world.open()
    with world.storage.reading() as unit:
        assert not unit.figures.waiting(), "opening a verification writes nothing for the figures"
    assert tallies(world) == (Tally(policy=world.policy.id, day=DAY, kind=FigureKind.OPENED, value="", count=2),)


def test_a_course_is_counted_step_by_step_and_the_same_after_it_was_folded(world: World) -> None:
    row = world.open()
    world.clock.forward(seconds=4)
    world.verifications.consent(world.party.id, row.id, receipt(row, world.clock.now(), world.ids))
    world.clock.forward(seconds=30)
    world.verifications.begin_capture(world.party.id, row.id, world.policy)
    world.clock.forward(seconds=9)
    world.verifications.submit(world.party.id, row.id)
    found = world.findings(DecisionOutcome.ACCEPTED, document="P1")
    world.verifications.conclude(world.party.id, row.id, found, world.policy)
    before = tallies(world)
    assert {(item.kind, item.value): item.count for item in before} == {
        (FigureKind.OPENED, ""): 1,
        (FigureKind.STEP, "consented"): 1,
        (FigureKind.STEP, "capture_begun"): 1,
        (FigureKind.STEP, "concluded"): 1,
        (FigureKind.ATTEMPT, "begun"): 1,
        (FigureKind.ATTEMPT, "submitted"): 1,
        (FigureKind.ENDED, "accepted"): 1,
        (FigureKind.TIME_NOTICE, "4"): 1,
        (FigureKind.TIME_DOCUMENT, "31.5"): 1,
        (FigureKind.TIME_CAPTURE, "10"): 1,
        (FigureKind.TIME_ANSWER, "40"): 1,
    }
    assert {item.day for item in before} == {DAY, None}
    assert fold(world) > 0
    assert fold(world) == 0
    assert sorted(map(str, tallies(world))) == sorted(map(str, before))


def test_every_way_out_is_told_by_where_it_was_left(world: World) -> None:
    party = world.party.id
    world.verifications.take_alternative(party, world.open().id)
    world.verifications.take_alternative(party, consented(world))
    world.verifications.withdraw(party, world.submitted().id, by=By.HOLDER)
    world.verifications.withdraw(party, consented(world), by=By.RELYING_PARTY)
    world.verifications.erase(party, consented(world), by=By.HOLDER)
    capturing = consented(world)
    world.verifications.begin_capture(party, capturing, world.policy)
    between = consented(world)
    world.verifications.begin_capture(party, between, world.policy)
    world.verifications.interrupt(party, between)
    world.clock.forward(minutes=16)
    world.verifications.expire_overdue()
    assert counted(world, FigureKind.LEFT) == {
        "declined_for_alternative.notice": 1,
        "declined_for_alternative.document": 1,
        "withdrawn.examination": 1,
        "cancelled.document": 1,
        "erased.document": 1,
        "expired.capture": 1,
        "expired.between_attempts": 1,
    }
    assert counted(world, FigureKind.ENDED) == {
        "declined_for_alternative": 2,
        "withdrawn": 1,
        "cancelled": 1,
        "erased": 1,
        "expired": 2,
    }
    assert counted(world, FigureKind.OPENED) == {"": 7}


def test_a_check_in_person_is_counted_beside_how_it_ended(world: World) -> None:
    row = world.verifications.take_alternative(world.party.id, world.open().id)
    step = ConcludeInPerson(at=world.clock.now(), conclusion=Conclusion.ACCEPTED)
    committed(world.storage, lambda unit: take(unit, row, step, identifiers=world.ids))
    assert counted(world, FigureKind.IN_PERSON) == {"accepted": 1}
    assert counted(world, FigureKind.ENDED) == {"declined_for_alternative": 1}


def test_documents_are_counted_each_time_and_a_read_one_once_as_a_step(world: World) -> None:
    verification = consented(world)
    row, _ = world.verifications.get(world.party.id, verification)

    def shown(unit: UnitOfWork, *problems: str) -> None:
        note_document(unit, row, read=not problems, problems=problems, at=world.clock.now())

    committed(world.storage, lambda unit: shown(unit, "no_document", "blurred"))
    committed(world.storage, shown)
    committed(world.storage, shown)
    assert counted(world, FigureKind.DOCUMENT) == {"read": 2, "unread": 1}
    assert counted(world, FigureKind.STEP) == {"consented": 1, "document_read": 1}
    assert counted(world, FigureKind.UNREAD_FOR) == {"no_document": 1, "blurred": 1}


def test_attacks_suspected_and_faces_not_acquired_are_counted_with_every_conclusion(world: World) -> None:
    for outcome in (DecisionOutcome.INCONCLUSIVE, DecisionOutcome.REJECTED, DecisionOutcome.REFERRED):
        row = world.submitted()
        found = dataclasses.replace(
            world.findings(outcome), suspected="screen", unacquired=("no_face", "no_face", "second_face")
        )
        world.verifications.conclude(world.party.id, row.id, found, world.policy)
    assert counted(world, FigureKind.SUSPECTED) == {"screen": 3}
    assert counted(world, FigureKind.ATTEMPT) == {"begun": 3, "submitted": 3, "retried": 1, "unacquired": 3}
    assert counted(world, FigureKind.UNACQUIRED_FOR) == {"no_face": 3, "second_face": 3}
    assert counted(world, FigureKind.RETRIED_FOR) == {"no_face": 1}
    assert counted(world, FigureKind.REJECTED_FOR) == {"no_face": 1}
    assert counted(world, FigureKind.REFERRED_FOR) == {"no_face": 1}


def test_the_day_is_that_of_the_opening_whatever_comes_later(world: World) -> None:
    row = world.submitted()
    found = world.findings(DecisionOutcome.REFERRED, document="P1")
    world.verifications.conclude(world.party.id, row.id, found, world.policy)
    world.clock.forward(days=2)
    world.verifications.withdraw(world.party.id, row.id, by=By.HOLDER)
    world.open()
    assert counted(world, FigureKind.ENDED) == {"withdrawn": 1}
    assert counted(world, FigureKind.REFERRED_FOR) == {"no_face": 1}
    later = DAY + timedelta(days=2)
    assert counted(world, FigureKind.OPENED, first=later, last=later) == {"": 1}
    assert counted(world, FigureKind.ENDED, first=later, last=later) == {}
    assert {item.day for item in tallies(world, last=later) if item.kind is FigureKind.OPENED} == {DAY, later}


def test_figures_stay_right_after_everything_was_erased_and_forgotten(world: World) -> None:
    rows = [world.accepted(f"P{number}") for number in range(3)]
    before = sorted(map(str, tallies(world)))
    world.verifications.erase(world.party.id, rows[0].id, by=By.HOLDER)
    fold(world)
    world.verifications.erase(world.party.id, rows[1].id, by=By.RELYING_PARTY)
    world.clock.forward(days=30)
    while world.verifications.forget_due():
        pass
    assert sorted(map(str, tallies(world))) == before


def test_what_is_undone_is_not_counted(world: World) -> None:
    row = world.open()

    def cut_off() -> None:
        with world.storage.writing() as unit:
            world.verifications.within(unit).take_alternative(world.party.id, row.id)
            raise RuntimeError("power is gone")

    with pytest.raises(RuntimeError, match="power"):
        cut_off()
    assert counted(world, FigureKind.ENDED) == {}
    assert counted(world, FigureKind.OPENED) == {"": 1}


def test_another_party_and_another_policy_are_counted_apart(world: World) -> None:
    world.accepted("P1")
    other = make_world(world.storage, clock=world.clock)
    other.open()
    assert counted(other, FigureKind.ENDED) == {}
    assert counted(other, FigureKind.OPENED) == {"": 1}
    assert counted(world, FigureKind.OPENED, policy=world.policy.id) == {"": 1}
    assert tallies(world, policy="another") == ()


def together(works: list[Callable[[], None]], until: list[Callable[[], None]]) -> list[BaseException]:
    """Do all of ``works`` at once, and the others over and over until they are done; returns what went wrong."""
    done, faults = threading.Event(), list[BaseException]()

    def run(work: Callable[[], None], *, again: bool) -> None:
        try:
            work()
            while again and not done.is_set():
                work()
        except BaseException as error:  # noqa: BLE001 - told by the test, whatever it is
            faults.append(error)

    first = [threading.Thread(target=run, args=(work,), kwargs={"again": False}) for work in works]
    others = [threading.Thread(target=run, args=(work,), kwargs={"again": True}) for work in until]
    for thread in (*first, *others):
        thread.start()
    for thread in first:
        thread.join()
    done.set()
    for thread in others:
        thread.join()
    return faults


def test_many_who_count_the_same_and_fold_at_once_lose_nothing(world: World) -> None:
    each, writers, seen = 12, 4, [0]

    def write() -> None:
        for _ in range(each):
            world.verifications.take_alternative(world.party.id, world.open().id)

    def gather() -> None:
        committed(world.storage, lambda unit: unit.figures.fold(limit=5))

    def look() -> None:
        opened = counted(world, FigureKind.OPENED).get("", 0)
        assert opened >= seen[0], "a count never goes back, folded or not"
        seen[0] = opened

    assert together([write] * writers, [gather, gather, look]) == []
    while fold(world):
        pass
    assert counted(world, FigureKind.ENDED) == {"declined_for_alternative": each * writers}
    assert counted(world, FigureKind.OPENED) == {"": each * writers}
