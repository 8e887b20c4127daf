"""The other way over every store: a person looks at the original, and it leads to the same end, once."""

import dataclasses
import json
from datetime import date

import pytest

from store_material import POLICY, World, pseudonyms
from visavis.audit.entry import Actor, ActorKind
from visavis.decision.documents import DocumentNotExpired, HolderAtLeastYears
from visavis.decision.policy import Policy
from visavis.decision.policy_file import parse_policy
from visavis.decision.vocabulary import Disclosure, Requirement
from visavis.domain.events import EventKind
from visavis.domain.in_person import InPersonCheck, InPersonVerdict, ShownDocument, ShownDocumentType
from visavis.domain.states import Conclusion, Decided
from visavis.domain.verification import Verification
from visavis.errors import RefusedError, VisavisError
from visavis.lines.orders import RegisterLine
from visavis.service.in_person import InPersonChecks, checks_asked
from visavis.service.summaries import statement_in
from visavis.service.vault import open_fields

MEMBER = "mem_01hzy6v9fqk3m8w2x4c7d5t0ab"
PASSPORT = ShownDocument(
    kind=ShownDocumentType.PASSPORT, issuing_state="UTO", number="L898902C3", expires=date(2030, 1, 31)
)


def checks(world: World) -> InPersonChecks:
    return InPersonChecks(
        storage=world.storage,
        sealer=world.sealer,
        clock=world.clock,
        identifiers=world.ids,
        pseudonyms=pseudonyms,
    )


def declined(world: World, *, binding: str | None = None) -> str:
    row = world.open(binding=binding)
    return world.verifications.take_alternative(world.party.id, row.id).id


def decide(
    world: World,
    verification: str,
    *,
    shown: ShownDocument = PASSPORT,
    verdict: InPersonVerdict = InPersonVerdict.ACCEPT,
    made: frozenset[InPersonCheck] | None = None,
    policy: Policy | None = None,
) -> Verification:
    policy = policy or world.policy
    return checks(world).decide(
        world.party.id,
        verification,
        policy,
        shown=shown,
        made=frozenset(checks_asked(policy)) if made is None else made,
        verdict=verdict,
        member=MEMBER,
        actor=Actor(kind=ActorKind.RELYING_PARTY, id=MEMBER),
    )


def refused(world: World, verification: str, **more: object) -> str:
    with pytest.raises(VisavisError) as caught:
        decide(world, verification, **more)  # type: ignore[arg-type]  # names of its parameters
    return caught.value.code


def count_of_events(world: World, kind: EventKind) -> int:
    with world.storage.reading() as unit:
        return [item.event.kind for item in unit.outbox.page(world.party.id, limit=50).items].count(kind)


def test_it_grants_what_the_policy_grants_and_registers_the_line(world: World) -> None:
    order = world.order(1)
    verification = declined(world, binding=order.digest)
    row = decide(world, verification)
    assert isinstance(row.state, Decided)
    assert (row.state.conclusion, row.state.receipt) == (Conclusion.ACCEPTED, None)
    stored, decision = world.verifications.get(world.party.id, verification)
    assert stored == row
    assert decision is not None
    assert decision.reasons == ("checked_in_person",)
    assert decision.grants == world.policy.grants
    line = world.register.register(order, verification=verification)
    assert line.person == pseudonyms(world.party.id).person(issuing_state="UTO", number="L898902C3")
    assert count_of_events(world, EventKind.VERIFICATION_DECIDED) == 1


def test_lines_are_counted_together_whichever_way_they_came(world: World) -> None:
    for _ in range(3):
        world.line("L898902C3")
    for _ in range(2):
        register_in_person(world)
    with pytest.raises(RefusedError) as caught:
        register_in_person(world)
    assert caught.value.code == "lines_used_up"
    with pytest.raises(RefusedError) as caught:
        world.line("L898902C3")
    assert caught.value.code == "lines_used_up"


def register_in_person(world: World) -> RegisterLine:
    order = world.order()
    verification = declined(world, binding=order.digest)
    decide(world, verification, shown=dataclasses.replace(PASSPORT, number="l898 902-c3"))
    world.register.register(order, verification=verification)
    return order


def test_of_the_number_only_the_pseudonym_stays(world: World) -> None:
    everything = tuple(Disclosure)
    policy = dataclasses.replace(world.policy, disclose=everything)
    world.policy = policy
    verification = declined(world)
    decide(world, verification, policy=policy)
    with world.storage.reading() as unit:
        told = open_fields(unit, world.sealer, verification, "disclosed")
        decision = unit.verifications.decision(verification)
    assert told == {"document_type": "passport", "issuing_state": "UTO", "date_of_expiry": "2030-01-31"}
    assert decision is not None
    assert "898902" not in json.dumps(dict(decision.summary))
    assert "898902" not in repr(PASSPORT)


def test_the_attestation_says_that_a_person_decided_and_nothing_was_compared(world: World) -> None:
    verification = declined(world)
    decide(world, verification)
    _, decision = world.verifications.get(world.party.id, verification)
    assert decision is not None
    statement = statement_in(decision.summary)
    assert statement is not None
    assert statement.decided_by == "person"
    assert (statement.fmr_bound, statement.attack_detection, statement.evidence) == (None, None, ())


def test_a_rejection_discloses_and_grants_nothing(world: World) -> None:
    verification = declined(world)
    row = decide(world, verification, verdict=InPersonVerdict.REJECT, made=frozenset())
    assert row.conclusion is Conclusion.REJECTED
    assert row.forget_at is None
    _, decision = world.verifications.get(world.party.id, verification)
    assert decision is not None
    assert (decision.reasons, decision.grants) == (("in_person_check_failed",), ())
    assert statement_in(decision.summary) is None
    with world.storage.reading() as unit:
        assert unit.sealed.labels(verification) == ()


def test_the_same_said_again_changes_nothing_and_something_else_is_refused(world: World) -> None:
    verification = declined(world)
    first = decide(world, verification)
    assert decide(world, verification) == first
    assert refused(world, verification, verdict=InPersonVerdict.REJECT) == "step_not_possible"
    other = dataclasses.replace(PASSPORT, number="L898902C4")
    assert refused(world, verification, shown=other) == "step_not_possible"
    assert count_of_events(world, EventKind.VERIFICATION_DECIDED) == 1


def test_it_needs_the_other_way_to_be_chosen_first(world: World) -> None:
    assert refused(world, world.open().id) == "step_not_possible"
    assert refused(world, world.submitted().id) == "step_not_possible"
    assert refused(world, world.accepted("L898902C3").id) == "step_not_possible"
    assert refused(world, "ver_" + "0" * 26) == "verification_unknown"


def test_it_is_for_policies_whose_other_way_it_is(world: World) -> None:
    world.policy = dataclasses.replace(world.policy, alternative="reception")
    verification = declined(world)
    assert refused(world, verification) == "in_person_not_offered"
    other = dataclasses.replace(world.policy, alternative="in_person")
    assert refused(world, verification, policy=other) == "policy_changed"


@pytest.mark.parametrize("missing", list(InPersonCheck)[:4])
def test_nobody_accepts_without_having_looked_at_all(world: World, missing: InPersonCheck) -> None:
    verification = declined(world)
    made = frozenset(checks_asked(world.policy)) - {missing}
    assert refused(world, verification, made=made) == "in_person_checks_missing"
    decide(world, verification)


def test_an_age_is_looked_at_where_the_policy_asks_for_one() -> None:
    assert InPersonCheck.AGE_REACHED not in checks_asked(_with(HolderAtLeastYears(years=18), without=True))
    assert InPersonCheck.AGE_REACHED in checks_asked(_with(HolderAtLeastYears(years=18)))


def _with(rule: HolderAtLeastYears | DocumentNotExpired, *, without: bool = False) -> Policy:
    policy = parse_policy(POLICY)
    return policy if without else dataclasses.replace(policy, requires=(*policy.requires, Requirement(rule=rule)))


def test_a_document_that_has_expired_is_refused_where_the_policy_says_so(world: World) -> None:
    late = dataclasses.replace(PASSPORT, expires=date(2027, 2, 20))
    decide(world, declined(world), shown=late)
    world.policy = dataclasses.replace(
        world.policy, requires=(*world.policy.requires, Requirement(rule=DocumentNotExpired()))
    )
    verification = declined(world)
    assert refused(world, verification, shown=late) == "in_person_document_expired"
    decide(world, verification, shown=dataclasses.replace(PASSPORT, expires=None))


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"issuing_state": "ZZZ"}, "issuing_state_unknown"),
        ({"number": "12"}, "document_number_invalid"),
        ({"number": "A" * 31}, "document_number_invalid"),
        ({"number": "护照一二三四"}, "document_number_invalid"),
        (
            {"kind": ShownDocumentType.IDENTITY_CARD, "issuing_state": "CHN", "number": "110101199003070024"},
            "document_number_invalid",
        ),
    ],
)
def test_what_no_document_bears_is_refused(world: World, change: dict[str, object], code: str) -> None:
    verification = declined(world)
    assert refused(world, verification, shown=dataclasses.replace(PASSPORT, **change)) == code  # type: ignore[arg-type]  # by name


def test_germany_is_one_state_however_it_is_written(world: World) -> None:
    by_zone = pseudonyms(world.party.id).person(issuing_state="D<<", number="C01X00T47")
    row = decide(world, declined(world), shown=dataclasses.replace(PASSPORT, issuing_state="DEU", number="C01X00T47"))
    assert row.person == by_zone


def test_it_is_done_within_a_day(world: World) -> None:
    verification = declined(world)
    world.clock.forward(hours=24)
    assert refused(world, verification) == "verification_expired"


def test_one_person_does_not_do_it_all_day_long(world: World) -> None:
    for _ in range(40):
        decide(world, declined(world))
    verification = declined(world)
    assert refused(world, verification) == "in_person_checks_used_up"
    world.clock.forward(hours=1, seconds=1)
    decide(world, verification)


def test_it_is_theirs_by_name_in_the_audit_log(world: World) -> None:
    verification = declined(world)
    decide(world, verification)
    with world.storage.reading() as unit:
        acts = [act for _, act in unit.audit.waiting(limit=100)]
    (act,) = [item for item in acts if item.act == "verification.checked_in_person"]
    assert (act.actor.id, act.subject, act.details) == (
        MEMBER,
        verification,
        {"from": "declined_for_alternative", "outcome": "accepted"},
    )
