"""The audit log in a store: nothing noted is lost or doubled, and no row can be changed, removed or moved unnoticed."""

import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from sqlalchemy.engine import Connection, Engine

from audit_material import KEYS, LOG, act, note, trail, written
from store_material import BEGIN, POLICY, MovableClock, World, receipt
from visavis.adapters.audit_file import audit_lines
from visavis.adapters.memory import MemoryStorage
from visavis.adapters.sql import open_storage
from visavis.adapters.sql.engine import open_engine
from visavis.adapters.sql.schema_audit import audit_entries, audit_heads, audit_tail
from visavis.audit.checking import check_log
from visavis.audit.entry import HOLDER, Actor, ActorKind, read_entry
from visavis.audit.heads import read_head
from visavis.audit.merkle import leaf_hash, verify_consistency, verify_inclusion
from visavis.decision.decide import DecisionOutcome
from visavis.domain.states import By
from visavis.errors import AuditError, StateError
from visavis.service.api_keys import ApiKeys
from visavis.service.audit_check import check_stored, stored_lines
from visavis.service.parties import RelyingParties
from visavis.service.policy_shelf import PolicyShelf, PolicySource
from visavis.service.ports import Storage, UnitOfWork
from visavis.service.records import Scope
from visavis.service.transactions import committed


def acts(storage: Storage) -> list[tuple[str, str, str | None]]:
    """(act, who, subject) of every row, in order."""
    while trail(storage).sequence():
        pass
    rows = [read_entry(line)[0].act for line in stored_lines(storage)]
    return [(row.act, str(row.actor.kind), row.subject) for row in rows]


# ---- noting


def test_an_act_is_there_with_what_it_tells_of_or_not_at_all(storage: Storage) -> None:
    note(storage, 1)

    def broken(unit: UnitOfWork) -> None:
        unit.audit.note(act(2))
        raise StateError("no", "no")

    with pytest.raises(StateError):
        committed(storage, broken)
    note(storage, 3)
    assert trail(storage).sequence() == 2
    assert trail(storage).sequence() == 0
    assert [subject for _, _, subject in acts(storage)] == ["thing_1", "thing_3"]
    assert check_stored(storage, keys=KEYS, log=LOG).rows == 2


def test_every_step_is_noted_by_whoever_took_it(world: World) -> None:
    row = world.submitted()
    refused = world.open()
    with pytest.raises(StateError):
        world.verifications.submit(world.party.id, refused.id)
    found = world.findings(DecisionOutcome.REFERRED, document="P1")
    world.verifications.conclude(world.party.id, row.id, found, world.policy)
    reviewer = Actor(kind=ActorKind.REVIEWER, id="mem_1")
    found = world.findings(DecisionOutcome.ACCEPTED, document="P1")
    world.verifications.acting_as(reviewer).conclude(world.party.id, row.id, found, world.policy)
    shop = Actor(kind=ActorKind.RELYING_PARTY, id="key_1")
    world.verifications.acting_as(shop).disclosed(world.party.id, row.id)
    world.verifications.acting_as(shop).fetched(world.party.id, row.id)
    world.verifications.erase(world.party.id, row.id, by=By.HOLDER)
    told = [(name, who) for name, who, subject in acts(world.storage) if subject == row.id]
    assert told == [
        ("verification.opened", "relying_party"),
        ("verification.consented", "holder"),
        ("verification.capture_begun", "holder"),
        ("verification.submitted", "holder"),
        ("verification.referred", "system"),
        ("verification.decided", "reviewer"),
        ("verification.disclosed", "relying_party"),
        ("verification.fetched", "relying_party"),
        ("verification.erased", "holder"),
    ]
    assert [name for name, _, subject in acts(world.storage) if subject == refused.id] == ["verification.opened"]
    text = b"".join(stored_lines(world.storage))
    assert b"ERIKSSON" not in text
    assert world.policy.digest.encode() in text


def test_what_the_machinery_does_is_nobodys(world: World) -> None:
    expired, forgotten = world.open(), world.accepted("P1")
    world.clock.forward(days=2)
    world.verifications.acting_as(HOLDER).expire_overdue()
    world.verifications.acting_as(HOLDER).forget_due()
    told = acts(world.storage)
    assert ("verification.expired", "system", expired.id) in told
    assert ("verification.forgotten", "system", forgotten.id) in told


def test_acts_on_lines_and_keys_are_noted(world: World) -> None:
    line = world.line("P1")
    keys = ApiKeys(storage=world.storage, clock=world.clock, identifiers=world.ids)
    key = keys.create(world.party.id, name="shop", scopes=[Scope.LINES]).key
    keys.acting_as(Actor(kind=ActorKind.RELYING_PARTY, id=key.id)).revoke(world.party.id, key.id)
    told = acts(world.storage)
    assert ("line.registered", "operator", line.id) in told
    assert told[-2:] == [("api_key.created", "operator", key.id), ("api_key.revoked", "relying_party", key.id)]


def test_what_the_operator_sets_up_is_noted_once(world: World) -> None:
    parties = RelyingParties(storage=world.storage, clock=world.clock, identifiers=world.ids)
    party = parties.add("Another operator", contact="privacy@operator.example", jurisdiction="SE")
    in_force = [PolicySource(policy=world.policy, text=POLICY)]
    for _ in range(2):
        PolicyShelf(storage=world.storage, clock=world.clock, in_force=in_force).noted()
    while trail(world.storage).sequence():
        pass
    told = [read_entry(line)[0].act for line in stored_lines(world.storage)]
    assert [(act.act, act.party, act.policy.digest if act.policy else None) for act in told] == [
        ("relying_party.created", party.id, None),
        ("policy.came_into_force", None, world.policy.digest),
    ]
    assert b"Another" not in b"".join(stored_lines(world.storage))


def test_a_consent_given_twice_is_noted_once(world: World) -> None:
    row = world.open()
    world.verifications.consent(world.party.id, row.id, receipt(row, world.clock.now(), world.ids))
    with pytest.raises(StateError):
        world.verifications.consent(world.party.id, row.id, receipt(row, world.clock.now(), world.ids))
    assert [name for name, _, _ in acts(world.storage)].count("verification.consented") == 1


# ---- sequencing


def test_workers_at_once_make_one_chain_of_all_that_was_noted(storage: Storage) -> None:
    done = threading.Event()

    def noting(first: int) -> None:
        note(storage, *range(first, first + 25))

    def sequencing(_: int) -> None:
        while not done.is_set():
            trail(storage).sequence()

    with ThreadPoolExecutor(6) as pool:
        workers = [pool.submit(sequencing, number) for number in range(3)]
        for writer in [pool.submit(noting, 100 * number) for number in range(3)]:
            writer.result()
        done.set()
        for worker in workers:
            worker.result()
    trail(storage).sign_head()
    report = check_stored(storage, keys=KEYS, log=LOG)
    assert report.whole
    subjects = [subject for _, _, subject in acts_before_heads(storage)]
    assert sorted(subjects) == sorted(f"thing_{100 * number + place}" for number in range(3) for place in range(25))
    for number in range(3):  # what one writer noted is in its order
        mine = [f"thing_{100 * number + place}" for place in range(25)]
        assert [item for item in subjects if item in set(mine)] == mine


def acts_before_heads(storage: Storage) -> list[tuple[str, str, str]]:
    rows = [read_entry(line)[0].act for line in stored_lines(storage) if not line.startswith(b'{"head"')]
    return [(row.act, str(row.actor.kind), str(row.subject)) for row in rows]


def test_more_than_one_load_is_sequenced(storage: Storage) -> None:
    def work(unit: UnitOfWork) -> None:
        for number in range(450):
            unit.audit.note(act(number))

    committed(storage, work)
    assert trail(storage).sequence() == 25
    trail(storage).sign_head()
    assert check_stored(storage, keys=KEYS, log=LOG).covered == 450


# ---- heads and proofs


def test_a_head_is_signed_once_an_hour_and_only_where_rows_wait_for_it(storage: Storage) -> None:
    clock = MovableClock()
    log = trail(storage, clock)
    assert log.sign_head_if_due() == 0
    note(storage, 1)
    assert log.sign_head_if_due() == 1
    note(storage, 2)
    assert log.sign_head_if_due() == 0
    clock.forward(hours=1)
    assert log.sign_head_if_due() == 1
    assert log.sign_head_if_due(every=timedelta()) == 0
    assert [read_head(token, keys=KEYS, log=LOG).size for token in log.heads()] == [1, 2]
    assert check_stored(storage, keys=KEYS, log=LOG).last_head == read_head(list(log.heads())[-1], keys=KEYS, log=LOG)


def test_whoever_looks_at_the_same_moment_finds_the_head_signed(storage: Storage) -> None:
    note(storage, 1)
    with ThreadPoolExecutor(4) as pool:
        signed = list(pool.map(lambda _: trail(storage).sign_head_if_due(), range(4)))
    assert sum(signed) == 1


def test_proofs_hold_for_every_row_and_every_older_head(storage: Storage) -> None:
    log = written(storage, rows=13, heads=(3, 8, 13))
    lines = [line for line in stored_lines(storage) if not line.startswith(b'{"head"')]
    for index, line in enumerate(lines):
        proof = log.prove_inclusion(index)
        root = read_head(proof.head, keys=KEYS, log=LOG).root
        for row, right in ((line, True), (line + b" ", False)):
            held = verify_inclusion(leaf=leaf_hash(row), index=index, size=proof.size, proof=proof.hashes, root=root)
            assert held is right
    for token in log.heads():
        first = read_head(token, keys=KEYS, log=LOG)
        proof = log.prove_consistency(first.size)
        last = read_head(proof.head, keys=KEYS, log=LOG)
        assert verify_consistency(
            first=first.size, first_root=first.root, second=last.size, second_root=last.root, proof=proof.hashes
        )
    with pytest.raises(IndexError):
        log.prove_inclusion(13)
    with pytest.raises(IndexError):
        trail(MemoryStorage()).prove_inclusion(0)


def test_what_is_given_out_is_a_file_that_is_verified_alike(storage: Storage, tmp_path: Path) -> None:
    log = written(storage, rows=9, heads=(4, 9))
    file = tmp_path / "log.jsonl"
    file.write_bytes(b"".join(line + b"\n" for line in stored_lines(storage)))
    report = check_stored(storage, keys=KEYS, log=LOG)
    assert check_log(audit_lines(file), keys=KEYS, log=LOG) == report
    assert (report.rows, report.covered, report.heads, report.first_at) == (9, 9, 2, BEGIN)
    assert check_stored(storage, keys=KEYS, log=LOG, known_heads=list(log.heads())).known_heads == 2


def test_an_empty_log_is_whole(storage: Storage) -> None:
    assert check_stored(storage, keys=KEYS, log=LOG).whole


# ---- behind its back

ROWS, HEADS = 11, (3, 8)
"""Three rows are behind the last head: what happens to them is found as well."""


def whole(storage: Storage) -> bool:
    try:
        check_stored(storage, keys=KEYS, log=LOG)
    except AuditError:
        return False
    return True


def other(value: Any) -> list[Any]:
    """What somebody might put in its place."""
    if isinstance(value, int):
        return [value - 1, value + 1, value + 1000]
    if isinstance(value, bytes):
        return [value[:-1] + bytes([value[-1] ^ 1]), value[1:], b""]
    middle = len(value) // 2
    flipped = "A" if value[middle] != "A" else "B"
    return [value[:middle] + flipped + value[middle + 1 :], value + " ", value[:-1], ""]


def changes(connection: Connection) -> list[tuple[str, sa.Executable]]:
    """Every single column of every row changed, every row removed, every two rows exchanged, and rows put in."""
    found: list[tuple[str, sa.Executable]] = []
    for table in (audit_entries, audit_heads, audit_tail):
        key = next(iter(table.primary_key))
        rows = connection.execute(sa.select(table).order_by(key)).mappings().all()
        for row in rows:
            mine = key == row[key.name]
            found.append((f"{table.name} {row[key.name]} removed", sa.delete(table).where(mine)))
            for column in table.columns:
                taken = {item[key.name] for item in rows} if column is key else set()
                for value in other(row[column.name]):
                    if value not in taken:
                        words = f"{table.name} {row[key.name]} {column.name} {value!r:.40}"
                        found.append((words, sa.update(table).where(mine).values({column.name: value})))
        found += [
            (
                f"{table.name} {one[key.name]} and {two[key.name]} exchanged",
                sa.update(table)
                .where(key.in_([one[key.name], two[key.name]]))
                .values(
                    {
                        column.name: sa.case((key == one[key.name], two[column.name]), else_=one[column.name])
                        for column in table.columns
                        if column is not key
                    }
                ),
            )
            for place, one in enumerate(rows)
            for two in rows[place + 1 :]
        ]
        if table is not audit_tail:
            last = rows[-1]
            found += [
                (f"{table.name} put in as {number}", sa.insert(table).values({**last, key.name: number}))
                for number in (-1, last[key.name] + 1, last[key.name] + 5)
            ]
    return found


def restore(engine: Engine, kept: dict[str, list[dict[str, Any]]]) -> None:
    with engine.begin() as connection:
        for table in (audit_entries, audit_heads, audit_tail):
            connection.execute(sa.delete(table))
            connection.execute(sa.insert(table), kept[table.name])


@pytest.fixture
def behind(url: str) -> Iterator[tuple[Storage, Engine]]:
    """A store, and another way into its database."""
    with closing(open_storage(url)) as storage:
        engine = open_engine(url)
        yield storage, engine
        engine.dispose()


def test_whatever_single_row_was_changed_removed_moved_or_put_in_is_found(behind: tuple[Storage, Engine]) -> None:
    storage, engine = behind
    written(storage, rows=ROWS, heads=HEADS)
    assert whole(storage)
    with engine.connect() as connection:
        kept = {
            table.name: [dict(row) for row in connection.execute(sa.select(table)).mappings()]
            for table in (audit_entries, audit_heads, audit_tail)
        }
        every = changes(connection)
    assert len(every) > 150
    missed = []
    for words, statement in every:
        with engine.begin() as connection:
            assert connection.execute(statement).rowcount  # of what is put in, psycopg does not say how many
        if whole(storage):
            missed.append(words)
        restore(engine, kept)
    assert missed == []
    assert whole(storage)
    note(storage, 99)
    trail(storage).sequence()
    assert whole(storage)


def test_a_chain_that_was_mended_is_found_by_its_head(behind: tuple[Storage, Engine]) -> None:
    storage, engine = behind
    written(storage, rows=6, heads=(6,))
    with engine.begin() as connection:
        tokens = [dict(row) for row in connection.execute(sa.select(audit_heads)).mappings()]
        for table in (audit_entries, audit_tail, audit_heads):
            connection.execute(sa.delete(table))
    for number in (0, 1, 7, 3, 4, 5):  # one act is another now, and all hashes fit
        note(storage, number)
        trail(storage).sequence()
    with engine.begin() as connection:
        connection.execute(sa.insert(audit_heads), tokens)
        connection.execute(sa.update(audit_tail).values(heads=1))
    with pytest.raises(AuditError) as caught:
        check_stored(storage, keys=KEYS, log=LOG)
    assert caught.value.code == "audit_head_mismatch"


def test_what_is_verified_may_grow_meanwhile(storage: Storage) -> None:
    written(storage, rows=5, heads=(3,))
    lines = stored_lines(storage)
    first = next(lines)
    note(storage, 50)
    trail(storage).sign_head()
    assert len([first, *lines]) == 6
