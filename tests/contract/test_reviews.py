"""People look at referred cases, over every store: one at a time, on the record, as many as the policy asks for."""

import contextlib
import threading
from collections.abc import Callable
from datetime import timedelta

import pytest

from review_material import ACCEPT, MATERIAL, PORTRAIT, PROBE, READING, REFERS, REJECT, UNCLEAR, Desk, make_desk
from store_material import World, make_world
from visavis.decision.decide import RuleOutcome, RuleResult
from visavis.decision.policy_file import parse_policy
from visavis.decision.review import ReviewReason, ReviewVerdict
from visavis.domain.evidence import Check
from visavis.domain.states import By, Conclusion, Decided, Expired, Withdrawn
from visavis.errors import StateError, VisavisError
from visavis.service.case_material import CaseMaterial, KeptEvidence, KeptReading
from visavis.service.review_notes import checked_note
from visavis.service.review_records import Kept, QueueOrder, ReviewCase, Reviewer
from visavis.service.reviews import LEASE, MOST_LOOKS, Given, checked_reviewer


@pytest.fixture
def desk(world: World) -> Desk:
    return make_desk(world)


@pytest.fixture
def two(world: World) -> Desk:
    return make_desk(world, review="review = { persons = 2 }")


@pytest.fixture
def three(world: World) -> Desk:
    return make_desk(world, review='review = { persons = 2, on_disagreement = "third_person" }')


def refusal(act: Callable[[], object]) -> str:
    with pytest.raises(VisavisError) as caught:
        act()
    return caught.value.code


# --- the queue --------------------------------------------------------------------------------------------------------


def test_a_referred_case_waits_with_its_reasons(desk: Desk) -> None:
    case = desk.refer()
    assert (case.reasons, case.kept, case.acceptable, case.opened_by) == (("no_face",), tuple(Kept), True, desk.key)
    assert case.ends_at - case.referred_at == timedelta(hours=72)
    assert desk.verification(case).expires_at == case.ends_at
    assert desk.reviews.get(desk.party, case.id) == case
    assert desk.sealed(case) == [*Kept, "disclosed"]
    assert not any(word in repr(case) for word in ("ERIKSSON", "L898902C3"))


def test_the_queue_goes_by_waiting_time_in_pages(desk: Desk) -> None:
    cases = []
    for number in range(5):
        cases.append(desk.refer(document=f"P{number}").id)
        desk.world.clock.forward(minutes=1)
    for order, expected in ((QueueOrder.OLDEST, cases), (QueueOrder.NEWEST, cases[::-1])):
        got, after = [], None
        while True:
            page = desk.reviews.page(desk.party, limit=2, after=after, order=order)
            got += [case.id for case in page.items]
            after = page.next
            if after is None:
                break
        assert got == expected
    desk.say(desk.reviews.get(desk.party, cases[2]), desk.who("ann"), REJECT)
    assert [case.id for case in desk.reviews.page(desk.party).items] == [*cases[:2], *cases[3:]]
    assert [case.id for case in desk.reviews.page(desk.party, closed=True).items] == [cases[2]]


def test_what_is_another_partys_is_not_found(desk: Desk) -> None:
    case = desk.refer()
    other = make_world(desk.world.storage).party.id
    ann = desk.who("ann")
    assert desk.reviews.page(other).items == ()
    for act in (
        lambda: desk.reviews.get(other, case.id),
        lambda: desk.reviews.of_verification(other, case.verification),
        lambda: desk.reviews.claim(other, case.id, ann),
        lambda: desk.reviews.release(other, case.id, ann),
        lambda: desk.reviews.look(other, case.id, ann, Kept.PROBE),
        lambda: desk.reviews.decide(other, case.id, ann, ACCEPT),
        lambda: desk.reviews.get(desk.party, "rev_" + "0" * 26),
        lambda: desk.reviews.get(desk.party, "no id"),
    ):
        assert refusal(act) == "review_unknown"


# --- one at a time ----------------------------------------------------------------------------------------------------


def test_one_reviewer_has_it_until_they_leave_it_or_time_passes(desk: Desk) -> None:
    case, ann, ben = desk.refer(), desk.who("ann"), desk.who("ben")
    held = desk.reviews.claim(desk.party, case.id, ann)
    assert held.claim is not None
    assert (held.claim.reviewer, held.claim.until) == ("ann", desk.world.clock.now() + LEASE)
    assert refusal(lambda: desk.reviews.claim(desk.party, case.id, ben)) == "review_claimed"
    assert refusal(lambda: desk.reviews.look(desk.party, case.id, ben, Kept.PROBE)) == "review_not_claimed"
    assert refusal(lambda: desk.reviews.release(desk.party, case.id, ben)) == "review_not_claimed"
    assert refusal(lambda: desk.reviews.decide(desk.party, case.id, ben, REJECT)) == "review_not_claimed"
    # the same handle with another key is not the same
    ann_elsewhere = desk.who("ann", other=True)
    assert refusal(lambda: desk.reviews.look(desk.party, case.id, ann_elsewhere, Kept.PROBE)) == "review_not_claimed"
    desk.reviews.release(desk.party, case.id, ann)
    desk.reviews.claim(desk.party, case.id, ben)
    desk.world.clock.forward(seconds=LEASE.total_seconds())
    assert refusal(lambda: desk.reviews.decide(desk.party, case.id, ben, REJECT)) == "review_not_claimed"
    desk.reviews.claim(desk.party, case.id, ann)


def test_a_claim_is_taken_for_longer_and_keeps_what_was_seen(desk: Desk) -> None:
    case, ann = desk.refer(), desk.who("ann")
    desk.looked(case, ann)
    desk.world.clock.forward(minutes=10)
    again = desk.reviews.claim(desk.party, case.id, ann)
    assert again.claim is not None
    assert (again.claim.until, again.claim.seen) == (desk.world.clock.now() + LEASE, tuple(Kept))
    desk.reviews.release(desk.party, case.id, ann)
    fresh = desk.reviews.claim(desk.party, case.id, ann)
    assert fresh.claim is not None
    assert fresh.claim.seen == ()


def test_of_many_who_claim_at_once_one_gets_it(desk: Desk) -> None:
    case = desk.refer()
    got: list[str] = []

    def claim(name: str) -> None:
        try:
            desk.reviews.claim(desk.party, case.id, desk.who(name))
        except StateError as error:
            got.append(error.code)
        else:
            got.append("")

    threads = [threading.Thread(target=claim, args=(f"reviewer-{number}",)) for number in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(got) == ["", *["review_claimed"] * 7]


# --- looking ----------------------------------------------------------------------------------------------------------


def test_every_look_is_counted_and_on_the_record(desk: Desk) -> None:
    case, ann = desk.refer(), desk.who("ann")
    desk.reviews.claim(desk.party, case.id, ann)
    assert desk.reviews.look(desk.party, case.id, ann, Kept.PORTRAIT) == PORTRAIT
    assert desk.reviews.look(desk.party, case.id, ann, Kept.PROBE) == PROBE
    assert desk.reviews.look(desk.party, case.id, ann, Kept.PROBE) == PROBE
    assert KeptReading.read(desk.reviews.look(desk.party, case.id, ann, Kept.READING)).fields == READING
    (evidence,) = KeptEvidence.read(desk.reviews.look(desk.party, case.id, ann, Kept.EVIDENCE)).checks
    assert (evidence.check, evidence.score) == (Check.COMPARISON, 0.31)
    assert desk.reviews.get(desk.party, case.id).looks == 5
    looks = [(who, details["what"], details["key"]) for act, who, details in desk.acts() if act == "review.looked"]
    seen = ["portrait", "probe", "probe", "reading", "evidence"]
    assert looks == [("ann", what, desk.key) for what in seen]


def test_looks_have_an_end(desk: Desk) -> None:
    case, ann = desk.refer(), desk.who("ann")
    desk.reviews.claim(desk.party, case.id, ann)
    for _ in range(MOST_LOOKS):
        desk.reviews.look(desk.party, case.id, ann, Kept.PROBE)
    assert refusal(lambda: desk.reviews.look(desk.party, case.id, ann, Kept.PROBE)) == "looks_used_up"
    desk.reviews.decide(desk.party, case.id, ann, REJECT)


def test_nothing_is_kept_where_the_policy_keeps_nothing(world: World) -> None:
    desk = make_desk(world)
    world.policy = parse_policy(REFERS.replace('referred = "72h"', 'referred = "0s"'))
    case, ann = desk.refer(), desk.who("ann")
    assert (case.kept, desk.sealed(case)) == ((), ["disclosed"])
    assert case.ends_at - case.referred_at == timedelta(days=1)
    desk.reviews.claim(desk.party, case.id, ann)
    assert refusal(lambda: desk.reviews.look(desk.party, case.id, ann, Kept.PROBE)) == "not_kept"
    done = desk.reviews.decide(desk.party, case.id, ann, ACCEPT)  # whoever stands before them
    assert desk.verification(done).conclusion is Conclusion.ACCEPTED


# --- the verdict ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("given", "conclusion", "left"),
    [
        (ACCEPT, Conclusion.ACCEPTED, ["disclosed"]),
        (REJECT, Conclusion.REJECTED, []),
        (UNCLEAR, Conclusion.INCONCLUSIVE, []),
    ],
)
def test_a_verdict_ends_it_with_its_event_and_destroys_what_was_kept(
    desk: Desk, given: Given, conclusion: Conclusion, left: list[str]
) -> None:
    case = desk.refer()
    with desk.world.storage.reading() as unit:
        key = unit.sealed.key(case.verification)
    done = desk.say(case, desk.who("ann"), given)
    assert (done.end, done.closed_at, done.claim) == ("decided", desk.world.clock.now(), None)
    row, record = desk.world.verifications.get(desk.party, case.verification)
    assert record is not None
    assert isinstance(row.state, Decided)
    assert row.state.conclusion is record.conclusion is conclusion
    accepted = conclusion is Conclusion.ACCEPTED
    assert record.grants == (("line.register", "line.receive") if accepted else ())
    assert record.reasons == (() if accepted else (given.reason, "no_face"))
    assert ("statement" in record.summary) == accepted
    assert record.summary["review"] == {"persons": 1, "reasons": [given.reason]}
    assert desk.sealed(case) == left
    with desk.world.storage.reading() as unit:
        assert unit.sealed.key(case.verification) != key  # gone, and all that ever lay under it
        events = [item.event for item in unit.outbox.page(desk.party, limit=50).items]
    assert [event.outcome for event in events if event.kind == "verification.decided"] == [conclusion]
    told = desk.world.verifications.disclosed(desk.party, case.verification)
    assert told == ({"family_name": "ERIKSSON", "document_number": "P1"} if accepted else None)
    decided = [who for act, who, _ in desk.acts() if act in {"review.given", "verification.decided"}]
    assert decided == ["ann", "ann"]
    assert refusal(lambda: desk.reviews.claim(desk.party, case.id, desk.who("ben"))) == "review_closed"


def test_nobody_accepts_what_they_did_not_look_at(desk: Desk) -> None:
    case, ann = desk.refer(), desk.who("ann")
    desk.reviews.claim(desk.party, case.id, ann)
    desk.reviews.look(desk.party, case.id, ann, Kept.PROBE)
    assert refusal(lambda: desk.reviews.decide(desk.party, case.id, ann, ACCEPT)) == "review_not_seen"
    desk.reviews.look(desk.party, case.id, ann, Kept.PORTRAIT)
    desk.reviews.decide(desk.party, case.id, ann, ACCEPT)


def test_a_person_does_not_accept_what_was_left_to_none(desk: Desk) -> None:
    unmet = RuleResult(rule="single_face", outcome=RuleOutcome.FAILED)
    case, ann = desk.refer(results=(unmet,)), desk.who("ann")
    assert not case.acceptable
    desk.looked(case, ann)
    assert refusal(lambda: desk.reviews.decide(desk.party, case.id, ann, ACCEPT)) == "review_not_acceptable"
    desk.reviews.decide(desk.party, case.id, ann, UNCLEAR)


def test_a_reason_fits_its_verdict(desk: Desk) -> None:
    case, ann = desk.refer(), desk.who("ann")
    wrong = Given(verdict=ReviewVerdict.ACCEPT, reason=ReviewReason.OTHER_PERSON)
    assert refusal(lambda: desk.reviews.decide(desk.party, case.id, ann, wrong)) == "review_reason_unfitting"


# --- two persons ------------------------------------------------------------------------------------------------------


def test_two_persons_say_the_same(two: Desk) -> None:
    case = two.refer()
    first = two.say(case, two.who("ann"), ACCEPT)
    assert (first.closed_at, first.claim, len(first.opinions)) == (None, None, 1)
    assert two.verification(case).conclusion is None
    assert two.sealed(case) == [*Kept, "disclosed"]
    assert refusal(lambda: two.reviews.claim(two.party, case.id, two.who("ann"))) == "review_given_already"
    assert refusal(lambda: two.reviews.claim(two.party, case.id, two.who("ann", other=True))) == "review_given_already"
    done = two.say(case, two.who("ben", other=True), ACCEPT)
    assert [opinion.reviewer for opinion in done.opinions] == ["ann", "ben"]
    assert two.verification(case).conclusion is Conclusion.ACCEPTED


@pytest.mark.parametrize(
    ("first", "second", "conclusion"),
    [
        (ACCEPT, REJECT, Conclusion.REJECTED),
        (REJECT, ACCEPT, Conclusion.REJECTED),
        (ACCEPT, UNCLEAR, Conclusion.INCONCLUSIVE),
    ],
)
def test_where_two_disagree_the_stricter_holds(two: Desk, first: Given, second: Given, conclusion: Conclusion) -> None:
    case = two.refer()
    assert two.say(case, two.who("ann"), first).closed_at is None  # also a rejection waits for the second
    two.say(case, two.who("ben", other=True), second)
    assert two.verification(case).conclusion is conclusion
    assert two.sealed(case) == []


def test_a_third_person_is_asked_where_the_policy_says_so(three: Desk) -> None:
    case = three.refer()
    three.say(case, three.who("ann"), ACCEPT)
    assert three.say(case, three.who("ben", other=True), REJECT).closed_at is None
    for name in ("ann", "ben"):
        again = three.who(name, other=True)
        assert refusal(lambda again=again: three.reviews.claim(three.party, case.id, again)) == "review_given_already"  # type: ignore[misc]  # bound early
    three.say(case, three.who("cat"), ACCEPT)
    row, record = three.world.verifications.get(three.party, case.verification)
    assert row.conclusion is Conclusion.ACCEPTED
    assert record is not None
    assert record.summary["review"] == {"persons": 3, "reasons": ["reviewed_other_person", "reviewed_same_person"]}


def test_the_key_that_opened_it_is_not_the_only_one_that_reviews_it(two: Desk) -> None:
    case = two.refer()
    two.say(case, two.who("ann"), ACCEPT)
    assert refusal(lambda: two.reviews.claim(two.party, case.id, two.who("ben"))) == "reviewer_conflict"
    two.say(case, two.who("ben", other=True), ACCEPT)
    case = two.refer(document="P2")
    two.say(case, two.who("ann", other=True), ACCEPT)
    two.say(case, two.who("ben"), ACCEPT)
    assert two.verification(case).conclusion is Conclusion.ACCEPTED


# --- other ends -------------------------------------------------------------------------------------------------------


def test_the_time_of_retention_ends_it(desk: Desk) -> None:
    case, ann = desk.refer(), desk.who("ann")
    desk.world.clock.forward(hours=71, minutes=55)
    held = desk.looked(case, ann)
    assert desk.reviews.get(desk.party, held.id).claim_at(desk.world.clock.now()) is not None
    desk.world.clock.forward(minutes=5)
    for act in (
        lambda: desk.reviews.look(desk.party, case.id, ann, Kept.PROBE),
        lambda: desk.reviews.decide(desk.party, case.id, ann, ACCEPT),
        lambda: desk.reviews.claim(desk.party, case.id, ann),
    ):
        assert refusal(act) == "review_closed"  # also before anybody swept
    desk.world.verifications.forget_due()
    assert desk.world.verifications.expire_overdue() == 1
    assert desk.sealed(case) == []
    assert isinstance(desk.verification(case).state, Expired)
    assert desk.reviews.get(desk.party, case.id).end == "expired"


def test_a_holder_who_withdraws_ends_it_under_the_reviewers_hands(desk: Desk) -> None:
    case, ann = desk.refer(), desk.who("ann")
    desk.looked(case, ann)
    desk.world.verifications.withdraw(desk.party, case.verification, by=By.HOLDER)
    assert isinstance(desk.verification(case).state, Withdrawn)
    assert desk.sealed(case) == []
    assert refusal(lambda: desk.reviews.look(desk.party, case.id, ann, Kept.PROBE)) == "review_closed"
    assert refusal(lambda: desk.reviews.decide(desk.party, case.id, ann, ACCEPT)) == "review_closed"
    assert desk.reviews.get(desk.party, case.id).end == "withdrawn"


def test_erasing_takes_the_notes_as_well(desk: Desk) -> None:
    case = desk.refer()
    done = desk.say(case, desk.who("ann"), ACCEPT)
    assert done.opinions[0].note == ACCEPT.note
    desk.world.verifications.erase(desk.party, case.verification, by=By.HOLDER)
    (opinion,) = desk.reviews.get(desk.party, case.id).opinions
    assert (opinion.note, opinion.reason) == ("", "reviewed_same_person")
    assert desk.reviews.get(desk.party, case.id).end == "decided"


def test_a_verdict_and_a_withdrawal_at_once_end_in_one_of_them(desk: Desk) -> None:
    ends = []
    for number in range(6):
        case, ann = desk.refer(document=f"P{number}"), desk.who("ann")
        desk.looked(case, ann)
        start = threading.Barrier(2)

        def tell(case: ReviewCase = case, ann: Reviewer = ann, start: threading.Barrier = start) -> None:
            start.wait()
            with contextlib.suppress(StateError):
                desk.reviews.decide(desk.party, case.id, ann, ACCEPT)

        def leave(case: ReviewCase = case, start: threading.Barrier = start) -> None:
            start.wait()
            with contextlib.suppress(StateError):
                desk.world.verifications.withdraw(desk.party, case.verification, by=By.HOLDER)

        threads = [threading.Thread(target=tell), threading.Thread(target=leave)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        closed = desk.reviews.get(desk.party, case.id)
        _, record = desk.world.verifications.get(desk.party, case.verification)
        assert (closed.end == "decided") == (record is not None)
        assert not set(desk.sealed(case)) & set(Kept)
        ends.append(closed.end)
    assert set(ends) <= {"decided", "withdrawn"}


def test_a_verdict_counts_as_any_other_decision(world: World) -> None:
    limit = "[lockout]\nrelying_party = { tries = 2, window = '1h', wait = '10m' }\n[[requires]]"
    desk = make_desk(world)
    world.policy = parse_policy(REFERS.replace("[[requires]]", limit, 1))
    cases = [desk.refer(document=f"P{number}") for number in range(4)]
    desk.say(cases[0], desk.who("ann"), ACCEPT)
    desk.say(cases[1], desk.who("ann"), REJECT)
    world.open()
    desk.say(cases[2], desk.who("ann"), UNCLEAR)
    assert refusal(world.open) == "locked_out"


# --- words ------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("note", ["", "Same scar on the chin.", "Born in another year, 1990?", "Glasses (2 of 3)"])
def test_notes_that_are_taken(note: str) -> None:
    assert checked_note(f" {note} ") == note


@pytest.mark.parametrize(
    ("note", "code"),
    [
        ("x" * 281, "review_note_invalid"),
        ("two\nlines", "review_note_invalid"),
        ("call 0701234567", "review_note_personal"),
        ("call 070-123 45 67", "review_note_personal"),
        ("born 1990-01-02", "review_note_personal"),
        ("born 02/01/1990", "review_note_personal"),
        ("ids ١٢٣٤٥٦", "review_note_personal"),
        ("mail a@b.example", "review_note_personal"),
        ("see https://b.example/x", "review_note_personal"),
        ("ERIKSSON<<ANNA", "review_note_personal"),
    ],
)
def test_notes_that_are_refused_and_not_repeated(note: str, code: str) -> None:
    with pytest.raises(VisavisError) as caught:
        checked_note(note)
    assert caught.value.code == code
    assert note not in str(caught.value)


@pytest.mark.parametrize("handle", ["", "ab", "Ann", "a@b.example", "ann b", "å-1", "a" * 41, "-ann"])
def test_what_is_no_handle(handle: str) -> None:
    assert refusal(lambda: checked_reviewer(handle)) == "reviewer_invalid"
    assert checked_reviewer("mbr_01j9") == "mbr_01j9"


def test_material_is_pictures_and_words() -> None:
    for picture in (b"GIF89a", b"\xff\xd8\xff" + bytes(1024 * 1024)):
        with pytest.raises(ValueError, match="JPEG"):
            CaseMaterial(probe=picture)
    assert "ERIKSSON" not in repr(MATERIAL)
