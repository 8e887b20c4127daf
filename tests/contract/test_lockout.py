"""Who tries too often must wait: per document under all policies of a relying party, and per relying party."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

import pytest

from store_material import POLICY, World, pseudonyms, receipt
from visavis.decision.decide import DecisionOutcome
from visavis.decision.policy_file import parse_policy
from visavis.domain.verification import Verification
from visavis.errors import LimitError

LOCKOUT = """
lockout.document = { tries = 3, window = "1h", wait = "30m" }
lockout.relying_party = { tries = 4, window = "1h", wait = "20m" }
"""


@pytest.fixture
def strict(world: World) -> World:
    policy = parse_policy(POLICY.replace("attempts = 2", f"attempts = 2{LOCKOUT}"))
    return replace(world, policy=policy)


def person(world: World, document: str) -> str:
    return pseudonyms(world.party.id).person(issuing_state="UTO", number=document)


def consented(world: World) -> Verification:
    row = world.open()
    return world.verifications.consent(world.party.id, row.id, receipt(row, world.clock.now(), world.ids))


def capture(world: World, document: str, *, row: Verification | None = None) -> Verification:
    row = row or consented(world)
    who = person(world, document)
    return world.verifications.begin_capture(world.party.id, row.id, world.policy, person=who)


def ended(world: World, document: str, outcome: DecisionOutcome) -> None:
    row = capture(world, document)
    world.verifications.submit(world.party.id, row.id)
    world.verifications.conclude(world.party.id, row.id, world.findings(outcome, document=document), world.policy)


def refusal(act: Callable[[], object]) -> LimitError:
    with pytest.raises(LimitError) as caught:
        act()
    assert caught.value.code == "locked_out"
    return caught.value


def test_a_document_is_tried_so_often_and_then_not_for_a_while(strict: World) -> None:
    waiting = consented(strict)
    for _ in range(3):
        capture(strict, "P1")
    refused = refusal(lambda: capture(strict, "P1", row=waiting))
    assert refused.retry_after == 30 * 60
    row, _ = strict.verifications.get(strict.party.id, waiting.id)
    assert row.person is None  # nothing was done: no attempt is used
    capture(strict, "P2", row=waiting)
    strict.clock.forward(minutes=31)
    ended(strict, "P1", DecisionOutcome.ACCEPTED)


def test_an_acceptance_clears_the_tries_of_its_document(strict: World) -> None:
    for _ in range(2):
        ended(strict, "P1", DecisionOutcome.REJECTED)
    ended(strict, "P1", DecisionOutcome.ACCEPTED)
    for _ in range(3):
        capture(strict, "P1")
    refusal(lambda: capture(strict, "P1"))


def test_tries_side_by_side_count_as_those_one_after_another(strict: World) -> None:
    rows = [consented(strict) for _ in range(8)]

    def attempt(row: Verification) -> bool:
        try:
            capture(strict, "P1", row=row)
        except LimitError:
            return False
        return True

    with ThreadPoolExecutor(4) as pool:
        assert sum(pool.map(attempt, rows)) == 3


def test_a_document_that_shows_only_in_the_capture_counts_as_well(strict: World) -> None:
    def late() -> None:
        row = consented(strict)
        strict.verifications.begin_capture(strict.party.id, row.id, strict.policy)
        strict.verifications.submit(strict.party.id, row.id)
        found = strict.findings(DecisionOutcome.REJECTED, document="P1")
        strict.verifications.conclude(strict.party.id, row.id, found, strict.policy)

    for _ in range(3):
        late()
    refusal(late)


def test_another_relying_party_is_not_locked_out(strict: World) -> None:
    for _ in range(3):
        capture(strict, "P1")
    # the same document has another pseudonym there
    other = pseudonyms("rlp_other").person(issuing_state="UTO", number="P1")
    row = consented(strict)
    strict.verifications.begin_capture(strict.party.id, row.id, strict.policy, person=other)


def test_a_relying_party_whose_holders_fail_too_often_waits(strict: World) -> None:
    for number in range(4):
        ended(strict, f"P{number}", DecisionOutcome.REJECTED)
    refused = refusal(strict.open)
    assert refused.retry_after == 20 * 60
    softer = replace(strict, policy=parse_policy(POLICY.replace("change_of_line", "other_purpose")))
    softer.open()  # another purpose is not held up
    strict.clock.forward(minutes=21)
    strict.open()


def test_acceptances_never_lock_a_relying_party_out(strict: World) -> None:
    for number in range(6):
        ended(strict, f"P{number}", DecisionOutcome.ACCEPTED)
    strict.open()
