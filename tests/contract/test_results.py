"""Versions of policies and records of attestations: the same over every store."""

import dataclasses
from datetime import timedelta

import pytest

from store_material import BEGIN, POLICY, World
from visavis.decision.library import PolicyLibrary
from visavis.decision.policy_file import parse_policy
from visavis.errors import InputError, StorageError, UnknownError
from visavis.service.policy_shelf import PolicyShelf, PolicySource, read_policies
from visavis.service.records import AttestationRecord, PolicyVersion


def shelf(world: World, *texts: str) -> PolicyShelf:
    sources = [PolicySource(policy=parse_policy(text), text=text) for text in texts]
    return PolicyShelf(storage=world.storage, clock=world.clock, in_force=sources).noted()


def test_a_version_is_there_after_its_file_was_changed(world: World) -> None:
    first = shelf(world, POLICY)
    old = first.current("change_of_line")
    world.clock.forward(days=1)
    changed = shelf(world, POLICY.replace("version = 1", "version = 2").replace("attempts = 2", "attempts = 3"))
    new = changed.current("change_of_line")
    assert new.digest != old.digest
    assert changed.of_digest(new.digest) is new
    again = changed.of_digest(old.digest)
    assert (again, again.digest) == (old, old.digest)
    shown = changed.versions("change_of_line")
    assert [(row.policy.version, row.in_force, row.version.since) for row in shown] == [
        (2, True, BEGIN + timedelta(days=1)),
        (1, False, BEGIN),
    ]
    assert changed.shown(old.digest) == shown[1]
    assert changed.versions() == shown
    assert changed.versions("another") == ()


def test_a_restart_keeps_the_moment_from_which_a_version_was_in_force(world: World) -> None:
    shelf(world, POLICY)
    world.clock.forward(days=1)
    again = shelf(world, POLICY)
    assert again.shown(again.current("change_of_line").digest).version.since == BEGIN


def test_nothing_is_decided_under_a_text_that_came_to_mean_something_else(world: World) -> None:
    first = shelf(world, POLICY)
    changed = PolicyVersion(digest="1" * 64, policy="change_of_line", version=1, text=POLICY, since=BEGIN)
    with world.storage.writing() as unit:
        unit.policies.keep(changed)
    with pytest.raises(StorageError) as caught:
        first.of_digest(changed.digest)
    assert caught.value.code == "policy_version_changed"


def test_what_is_not_there_is_told_by_a_code(world: World) -> None:
    first = shelf(world, POLICY)
    with pytest.raises(InputError) as caught:
        first.current("no_such_policy")
    assert caught.value.code == "purpose_unknown"
    with pytest.raises(UnknownError) as missing:
        first.of_digest("0" * 64)
    assert missing.value.code == "policy_version_unknown"


def test_the_policies_that_come_with_visavis_are_read_with_their_texts() -> None:
    library = PolicyLibrary()
    safe = [name for name in library.names() if library.load(name, allow_unsafe=True).unsafe is None]
    for source in read_policies(library, safe):
        assert parse_policy(source.text) == source.policy


def test_a_record_of_an_attestation_is_revoked_once(world: World) -> None:
    row = world.accepted("P1")
    record = AttestationRecord(
        verification=row.id,
        status_uri="https://verify.operator.example/status-lists/1",
        status_index=131071,
        issued_at=BEGIN,
        expires_at=BEGIN + timedelta(days=30),
        fetch_until=BEGIN + timedelta(minutes=10),
    )
    with world.storage.writing() as unit:
        assert unit.attestations.find(row.id) is None
        unit.attestations.add(record)
    for moment in (BEGIN, BEGIN + timedelta(hours=1)):
        with world.storage.writing() as unit:
            unit.attestations.revoke(row.id, moment)
    with world.storage.reading() as unit:
        assert unit.attestations.find(row.id) == dataclasses.replace(record, revoked_at=BEGIN)
