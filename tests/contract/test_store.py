"""What every store does alike: whole units of work, strict parties, lists that go on, and sweeps."""

import dataclasses
from contextlib import suppress
from datetime import timedelta

import pytest

from store_material import BEGIN, World, make_world, receipt
from visavis.decision.decide import DecisionOutcome
from visavis.domain.consent import ConsentReceipt
from visavis.domain.events import EventKind
from visavis.domain.states import By, Conclusion, Erased, state_name
from visavis.errors import AccessError, InputError, LimitError, StateError, StorageError, UnknownError
from visavis.service.api_keys import ApiKeys
from visavis.service.idempotency import once
from visavis.service.lockout import Lockout
from visavis.service.ports import Storage, UnitOfWork
from visavis.service.records import Answered, Scope
from visavis.service.transactions import committed


def kinds(world: World) -> list[EventKind]:
    with world.storage.reading() as unit:
        return sorted(item.event.kind for item in unit.outbox.page(world.party.id, limit=200).items)


def test_a_verification_is_read_as_it_was_written(world: World) -> None:
    row = world.open()
    again, decision = world.verifications.get(world.party.id, row.id)
    assert again == row
    assert decision is None
    done = world.accepted("P1")
    again, decision = world.verifications.get(world.party.id, done.id)
    assert again == done
    assert again.version == 5
    assert decision is not None
    assert (decision.conclusion, decision.grants) == (Conclusion.ACCEPTED, world.policy.grants)
    assert decision.summary == {"comparison": "pass"}
    assert kinds(world) == [EventKind.VERIFICATION_CONSENTED, EventKind.VERIFICATION_DECIDED]


def test_what_raises_leaves_nothing(world: World) -> None:
    row = world.open()

    def work(unit: UnitOfWork) -> None:
        unit.verifications.add(dataclasses.replace(row, id="ver_" + "0" * 26))
        unit.verifications.save(dataclasses.replace(row, expires_at=BEGIN))
        unit.sealed.put_key(world.sealer.new_key(row.id))
        assert unit.attempts.count("a", "b", at=BEGIN, window=timedelta(hours=1)) == 1
        raise LookupError

    with pytest.raises(LookupError):
        committed(world.storage, work)
    with world.storage.reading() as unit:
        assert unit.verifications.page(world.party.id, limit=10).items == (row,)
        assert unit.sealed.key(row.id) is None
    with world.storage.writing() as unit:
        assert unit.attempts.count("a", "b", at=BEGIN, window=timedelta(hours=1)) == 1


def test_a_look_writes_nothing(world: World) -> None:
    row = world.open()
    with suppress(StorageError), world.storage.reading() as unit:
        unit.sealed.put_key(world.sealer.new_key(row.id))
    with world.storage.reading() as unit:
        assert unit.sealed.key(row.id) is None


def test_a_decision_and_its_event_are_one(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    row = world.submitted()
    monkeypatch.setattr("visavis.service.steps.Event", _broken)
    with pytest.raises(RuntimeError):
        world.verifications.conclude(world.party.id, row.id, world.findings(DecisionOutcome.ACCEPTED), world.policy)
    monkeypatch.undo()
    again, _ = world.verifications.get(world.party.id, row.id)
    assert again == row
    with world.storage.reading() as unit:
        assert unit.verifications.decision(row.id) is None
    assert kinds(world) == [EventKind.VERIFICATION_CONSENTED]


def _broken(**_: object) -> None:
    raise RuntimeError


def test_an_older_version_is_refused(world: World) -> None:
    row = world.open()
    world.verifications.withdraw(world.party.id, row.id, by=By.RELYING_PARTY)
    with pytest.raises(StateError) as caught, world.storage.writing() as unit:
        unit.verifications.save(row)
    assert caught.value.code == "changed_meanwhile"


def test_a_decision_is_made_once(world: World) -> None:
    row = world.accepted("P1")
    with pytest.raises(StateError) as caught:
        world.verifications.conclude(world.party.id, row.id, world.findings(DecisionOutcome.REJECTED), world.policy)
    assert caught.value.code == "step_not_possible"
    _, decision = world.verifications.get(world.party.id, row.id)
    assert decision is not None
    with pytest.raises(StateError) as caught, world.storage.writing() as unit:
        unit.verifications.record(decision)
    assert caught.value.code == "decided_already"


def test_parties_do_not_see_each_other(world: World) -> None:
    other = make_world(world.storage)
    row = world.accepted("P1")
    line = world.line("P1")
    for look in (
        lambda: world.verifications.get(other.party.id, row.id),
        lambda: world.verifications.erase(other.party.id, row.id, by=By.RELYING_PARTY),
        lambda: world.verifications.disclosed(other.party.id, row.id),
        lambda: world.views.get(other.party.id, line.id),
        lambda: world.views.history(other.party.id, line.id),
        lambda: world.views.in_my_name(other.party.id, row.id),
    ):
        with pytest.raises(UnknownError):
            look()
    with world.storage.reading() as unit:
        assert unit.verifications.page(other.party.id, limit=10).items == ()
        assert unit.outbox.page(other.party.id, limit=10).items == ()
        assert unit.lines.page(other.party.id, limit=10).items == ()
        assert unit.lines.by_number(other.party.id, line.number) is None


def test_one_document_has_another_pseudonym_at_each_party(world: World) -> None:
    other = make_world(world.storage)
    assert world.accepted("P1").person is not None
    assert world.accepted("P1").person != other.accepted("P1").person
    assert world.accepted("P1").person == world.accepted(" p-1").person


def test_a_list_goes_on_where_it_ended(world: World) -> None:
    rows = []
    for _ in range(7):
        world.clock.forward(seconds=1)
        rows.append(world.open().id)
    seen: list[str] = []
    cursor = None
    for _ in range(10):
        page = world.verifications.page(world.party.id, limit=3, after=cursor)
        seen += [row.id for row in page.items]
        cursor = page.next
        world.clock.forward(seconds=1)
        world.open()  # what is new meanwhile comes before the cursor, and moves nothing
        if cursor is None:
            break
    assert seen == rows[::-1]
    with pytest.raises(InputError):
        world.verifications.page(world.party.id, limit=1000)


def test_a_list_by_state(world: World) -> None:
    done = world.accepted("P1")
    world.open()
    assert [row.id for row in world.verifications.page(world.party.id, state="decided").items] == [done.id]
    assert len(world.verifications.page(world.party.id, state="requested").items) == 1


def test_inconclusive_may_try_again_until_the_attempts_are_used(world: World) -> None:
    row = world.submitted()
    cannot_tell = world.findings(DecisionOutcome.INCONCLUSIVE)
    again = world.verifications.conclude(world.party.id, row.id, cannot_tell, world.policy)
    assert state_name(again.state) == "consented"
    world.verifications.begin_capture(world.party.id, row.id, world.policy)
    world.verifications.submit(world.party.id, row.id)
    last = world.verifications.conclude(world.party.id, row.id, cannot_tell, world.policy)
    assert last.conclusion is Conclusion.INCONCLUSIVE


def test_a_capture_that_breaks_off_uses_its_attempt(world: World) -> None:
    row = world.submitted()  # one attempt
    world.verifications.conclude(world.party.id, row.id, world.findings(DecisionOutcome.INCONCLUSIVE), world.policy)
    world.verifications.begin_capture(world.party.id, row.id, world.policy)
    world.verifications.interrupt(world.party.id, row.id)
    with pytest.raises(StateError) as caught:
        world.verifications.begin_capture(world.party.id, row.id, world.policy)
    assert caught.value.code == "attempts_used_up"


def test_another_policy_does_not_decide(world: World) -> None:
    row = world.submitted()
    findings = world.findings(DecisionOutcome.ACCEPTED)
    other = dataclasses.replace(findings, decision=dataclasses.replace(findings.decision, policy_digest="0" * 64))
    with pytest.raises(StateError) as caught:
        world.verifications.conclude(world.party.id, row.id, other, world.policy)
    assert caught.value.code == "policy_changed"


def test_nothing_is_begun_after_its_time(world: World) -> None:
    row = world.open()
    world.clock.forward(minutes=15)
    with pytest.raises(StateError) as caught:
        world.verifications.consent(world.party.id, row.id, _receipt(world, row.id))
    assert caught.value.code == "verification_expired"
    with world.storage.reading() as unit:
        assert unit.verifications.receipt(row.id) is None


def _receipt(world: World, verification: str) -> ConsentReceipt:
    row, _ = world.verifications.get(world.party.id, verification)
    return receipt(row, world.clock.now(), world.ids)


def test_what_is_overdue_expires_once(world: World) -> None:
    rows = [world.open() for _ in range(3)]
    done = world.accepted("P1")
    assert world.verifications.expire_overdue() == 0
    world.clock.forward(minutes=16)
    assert world.verifications.expire_overdue() == 3
    assert world.verifications.expire_overdue() == 0
    assert kinds(world).count(EventKind.VERIFICATION_EXPIRED) == 3
    assert all(state_name(world.verifications.get(world.party.id, row.id)[0].state) == "expired" for row in rows)
    assert world.verifications.get(world.party.id, done.id)[0] == done


def test_what_is_disclosed_is_sealed_and_goes_when_fetched(world: World) -> None:
    row = world.submitted()
    findings = world.findings(DecisionOutcome.ACCEPTED, document="P1")
    more = dataclasses.replace(findings, disclosed={**findings.disclosed, "date_of_birth": "1990-01-01"})
    world.verifications.conclude(world.party.id, row.id, more, world.policy)  # whose policy tells no date of birth
    with world.storage.reading() as unit:
        sealed = unit.sealed.get(row.id, "disclosed")
    assert sealed is not None
    assert b"ERIKSSON" not in sealed
    assert world.verifications.disclosed(world.party.id, row.id) == {
        "family_name": "ERIKSSON",
        "document_number": "P1",
    }
    world.verifications.fetched(world.party.id, row.id)
    assert world.verifications.disclosed(world.party.id, row.id) is None
    again, _ = world.verifications.get(world.party.id, row.id)
    assert again.forget_at is None
    assert again.conclusion is Conclusion.ACCEPTED


def test_what_nobody_fetches_goes_when_its_time_is_over(world: World) -> None:
    row = world.accepted("P1")
    world.clock.forward(hours=23)
    assert world.verifications.forget_due() == 0
    world.clock.forward(hours=2)
    assert world.verifications.forget_due() == 1
    assert world.verifications.forget_due() == 0
    with world.storage.reading() as unit:
        assert unit.sealed.key(row.id) is None
        assert unit.sealed.get(row.id, "disclosed") is None


def test_a_referred_case_is_kept_for_its_time_and_decided_by_a_person(world: World) -> None:
    row = world.submitted()
    referred = world.verifications.conclude(
        world.party.id, row.id, world.findings(DecisionOutcome.REFERRED, document="P1"), world.policy
    )
    assert referred.expires_at == world.clock.now() + timedelta(hours=72)
    world.clock.forward(hours=70)
    assert world.verifications.expire_overdue() == 0
    assert world.verifications.disclosed(world.party.id, row.id) is None  # nothing is told before it is accepted
    done = world.verifications.conclude(world.party.id, row.id, world.findings(DecisionOutcome.ACCEPTED), world.policy)
    assert done.person == referred.person
    assert world.verifications.disclosed(world.party.id, row.id) is not None


def test_a_rejected_case_keeps_nothing(world: World) -> None:
    row = world.submitted()
    world.verifications.conclude(
        world.party.id, row.id, world.findings(DecisionOutcome.REFERRED, document="P1"), world.policy
    )
    done = world.verifications.conclude(world.party.id, row.id, world.findings(DecisionOutcome.REJECTED), world.policy)
    assert done.forget_at is None
    with world.storage.reading() as unit:
        assert unit.sealed.key(row.id) is None


@pytest.mark.parametrize("after_decision", [False, True])
def test_erasing_leaves_a_skeleton(world: World, after_decision: bool) -> None:
    row = world.accepted("P1") if after_decision else world.submitted()
    gone = world.verifications.erase(world.party.id, row.id, by=By.HOLDER)
    again, decision = world.verifications.get(world.party.id, row.id)
    assert again == gone
    assert isinstance(again.state, Erased)
    assert again.state.was == ("decided" if after_decision else "submitted")
    assert (again.person, again.opening.binding, again.opening.labels) == (None, None, {})
    assert (decision is not None) == after_decision
    with world.storage.reading() as unit:
        assert unit.sealed.key(row.id) is None
        assert unit.verifications.receipt(row.id) is not None
    with pytest.raises(StateError):
        world.verifications.erase(world.party.id, row.id, by=By.HOLDER)


def test_keys_are_wrapped_anew_and_what_they_seal_stays(world: World) -> None:
    from visavis.adapters.keyring import KeyRing
    from visavis.adapters.recording_keys import MasterKey
    from visavis.service.vault import open_fields, rewrap_all

    rows = [world.accepted(f"P{number}") for number in range(3)]
    old, new = MasterKey(bytes(32)), MasterKey(bytes(31) + b"\x01")
    rotated = KeyRing(new, [old])
    assert rewrap_all(world.storage, rotated) == 3
    assert rewrap_all(world.storage, rotated) == 0
    with world.storage.reading() as unit:
        for row in rows:
            assert open_fields(unit, KeyRing(new), row.id, "disclosed") is not None
        with pytest.raises(StorageError) as caught:
            open_fields(unit, KeyRing(old), rows[0].id, "disclosed")
    assert caught.value.code == "master_key_unknown"


def test_events_are_claimed_by_one_worker_until_the_lease_is_over(world: World) -> None:
    world.accepted("P1")
    lease = timedelta(seconds=30)
    with world.storage.writing() as unit:
        first = unit.outbox.claim(BEGIN, lease=lease, limit=10)
    assert [item.tries for item in first] == [1, 1]
    with world.storage.writing() as unit:
        assert unit.outbox.claim(BEGIN, lease=lease, limit=10) == ()
        unit.outbox.delivered(first[0].event.id)
    with world.storage.writing() as unit:
        again = unit.outbox.claim(BEGIN + lease, lease=lease, limit=10)
        assert [(item.event, item.tries) for item in again] == [(first[1].event, 2)]
        assert unit.outbox.claim(BEGIN + lease, lease=lease, limit=10) == ()
        assert unit.outbox.prune(BEGIN + timedelta(days=1), limit=10) == 1
        assert len(unit.outbox.page(world.party.id, limit=10).items) == 1


def test_an_idempotency_key_does_once(storage: Storage) -> None:
    calls = []

    def act(unit: UnitOfWork) -> Answered:
        calls.append(unit)
        return Answered(request="", at=BEGIN, status=201, body=b"made", headers={"location": "/x"})

    def ask(key: str, request: bytes, party: str = "p") -> Answered:
        return committed(storage, lambda unit: once(unit, party, key, request=request, at=BEGIN, act=act))

    first = ask("k", b"POST /x {}")
    assert ask("k", b"POST /x {}") == first
    assert (first.status, first.body, first.headers) == (201, b"made", {"location": "/x"})
    assert len(calls) == 1
    with pytest.raises(StateError) as caught:
        ask("k", b"POST /x {1}")
    assert caught.value.code == "idempotency_key_reused"
    ask("k", b"POST /x {1}", party="q")  # another party's key is another key
    assert len(calls) == 2
    with storage.writing() as unit:
        assert unit.idempotency.prune(BEGIN + timedelta(days=1), limit=100) == 2
    ask("k", b"POST /x {1}")
    assert len(calls) == 3


def test_an_act_and_the_answer_to_it_are_one(world: World) -> None:
    order = world.order(1)
    verification = world.accepted("P1", binding=order.digest).id

    def ask(key: str, *, fail: bool) -> Answered:
        def act(unit: UnitOfWork) -> Answered:
            line = world.register.within(unit).register(order, verification=verification)
            if fail:
                raise LookupError
            return Answered(request="", at=BEGIN, status=201, body=line.id.encode())

        return committed(
            world.storage, lambda unit: once(unit, world.party.id, key, request=b"register", at=BEGIN, act=act)
        )

    with pytest.raises(LookupError):
        ask("k", fail=True)
    assert world.views.page(world.party.id).items == ()
    made = ask("k", fail=False)
    assert ask("k", fail=True) == made
    assert [line.id.encode() for line in world.views.page(world.party.id).items] == [made.body]


def test_a_request_that_failed_frees_its_key(storage: Storage) -> None:
    def fail(unit: UnitOfWork) -> Answered:
        raise InputError("x", "y")

    def work(act: object) -> Answered:
        return committed(storage, lambda unit: once(unit, "p", "k", request=b"r", at=BEGIN, act=act))  # type: ignore[arg-type]  # either

    with pytest.raises(InputError):
        work(fail)
    assert work(lambda unit: Answered(request="", at=BEGIN, status=200)).status == 200


def test_api_keys(world: World) -> None:
    keys = ApiKeys(storage=world.storage, clock=world.clock, identifiers=world.ids)
    made = keys.create(world.party.id, name="shop", scopes=[Scope.LINES, Scope.VERIFICATIONS])
    assert made.key.digest not in made.text.encode()
    assert made.text not in repr(made)
    found = keys.authenticate(made.text)
    assert found.relying_party == world.party.id
    assert found.scopes == {Scope.LINES, Scope.VERIFICATIONS}
    assert keys.of_party(world.party.id)[0].last_used_at == BEGIN
    world.clock.forward(seconds=59)
    keys.authenticate(made.text)
    assert keys.of_party(world.party.id)[0].last_used_at == BEGIN
    world.clock.forward(seconds=1)
    keys.authenticate(made.text)
    assert keys.of_party(world.party.id)[0].last_used_at == world.clock.now()
    other = make_world(world.storage)
    with pytest.raises(UnknownError):
        keys.revoke(other.party.id, made.key.id)
    keys.revoke(world.party.id, made.key.id)
    for text in (made.text, "", "vv1", "vv1..", made.text[:-1], made.text.replace("vv1", "vv2"), "é" * 500):
        with pytest.raises(AccessError):
            keys.authenticate(text)


def test_too_many_tries_lock_out_for_a_while(world: World) -> None:
    lockout = Lockout(scope="person", limit=2, window=timedelta(hours=1), wait=timedelta(minutes=30))

    def attempt(subject: str) -> int:
        def work(unit: UnitOfWork) -> int:
            lockout.admit(unit, subject, now=world.clock.now())
            return lockout.count(unit, subject, now=world.clock.now())

        return committed(world.storage, work)

    assert [attempt("a") for _ in range(2)] == [1, 0]
    with pytest.raises(LimitError) as caught:
        attempt("a")
    assert "30 minutes" in caught.value.advice
    assert attempt("b") == 1
    world.clock.forward(minutes=31)
    attempt("a")  # one more in the same window, and so locked again
    with pytest.raises(LimitError):
        attempt("a")
    world.clock.forward(minutes=31)
    assert attempt("a") == 1  # a new window
    world.clock.forward(hours=2)
    with world.storage.writing() as unit:
        assert unit.attempts.prune(world.clock.now(), limit=10) == 2
