"""Events carry identifiers and a status: whatever happens, nothing else is sent, and no secret is in the database."""

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from store_material import World, make_world
from visavis.adapters.memory import MemoryStorage
from visavis.adapters.sql import open_storage
from visavis.decision.decide import DecisionOutcome
from visavis.domain.events import Event, EventKind
from visavis.domain.identifiers import Kind, is_identifier
from visavis.domain.states import STATES, By
from visavis.lines.orders import TransferLine
from webhook_material import URL, Recorder, deliveries, webhooks

WORDS = {*STATES, "active", "released", "test", "disabled", "accepted", "rejected", "failing", "gone"}
SUBJECTS = (Kind.VERIFICATION, Kind.LINE, Kind.WEBHOOK)


def much_happens(world: World) -> None:
    """A line is registered, transferred and disputed; one verification is rejected, others withdrawn and erased."""
    line = world.line("DOC4711X", number=7)
    order = TransferLine(relying_party=world.party.id, nonce="n" * 22, line=line.id)
    pair = [world.accepted(name, binding=order.digest).id for name in ("DOC4711X", "DOC4712Y")]
    world.register.transfer(order, giver=pair[0], receiver=pair[1])
    row = world.submitted()
    world.verifications.conclude(world.party.id, row.id, world.findings(DecisionOutcome.REJECTED), world.policy)
    world.verifications.withdraw(world.party.id, world.submitted().id, by=By.RELYING_PARTY)
    world.verifications.erase(world.party.id, row.id, by=By.RELYING_PARTY)


def test_no_event_has_any_other_field() -> None:
    world = make_world(MemoryStorage())
    poster = Recorder()
    service = webhooks(world, poster)
    made = service.add(world.party.id, url=URL)
    service.send_test(world.party.id, made.endpoint.id)
    much_happens(world)
    worker = deliveries(world, poster)
    worker.run_once(patience=None)
    worker.close()
    bodies = [json.loads(sent.body) for sent in poster.sent]
    assert {body["type"] for body in bodies} >= {
        "line.registered",
        "line.transferred",
        "verification.consented",
        "verification.decided",
        "verification.erased",
        "verification.withdrawn",
        "webhook.test",
    }
    for body in bodies:
        assert set(body) == {"type", "timestamp", "data"}
        data = body["data"]
        assert {"id", "status"} <= set(data) <= {"id", "status", "outcome", "verification"}
        assert any(is_identifier(data["id"], kind) for kind in SUBJECTS)
        assert is_identifier(data.get("verification", f"ver_{'0' * 26}"), Kind.VERIFICATION)
        assert {data["status"], data.get("outcome", "accepted")} <= WORDS
    everything = b"".join(sent.body for sent in poster.sent) + str([sent.headers for sent in poster.sent]).encode()
    for personal in (b"ERIKSSON", b"DOC471", b"46700000007", b"894600", b"change_of_line"):
        assert personal not in everything


@pytest.mark.parametrize("kind", list(EventKind))
def test_an_event_of_any_kind_has_room_for_nothing_else(kind: EventKind) -> None:
    """By construction: these are all the fields there are, and each but the moment is a word or an identifier."""
    world = make_world(MemoryStorage())
    event = Event(
        id="evt_1",
        kind=kind,
        relying_party="rlp_1",
        subject="ver_1",
        at=world.clock.now(),
        status="decided",
        outcome="accepted",
        verification="ver_2",
    )
    assert event.as_data() == {
        "type": str(kind),
        "timestamp": "2027-03-01T09:00:00+00:00",
        "data": {"id": "ver_1", "status": "decided", "outcome": "accepted", "verification": "ver_2"},
    }


def test_no_secret_is_in_the_files_of_the_database(database: Callable[[str], str], tmp_path: Path) -> None:
    storage = open_storage(database("sqlite"))
    world = make_world(storage)
    service = webhooks(world, Recorder())
    first = service.add(world.party.id, url=URL)
    second = service.rotate(world.party.id, first.endpoint.id)
    files = b"".join(file.read_bytes() for file in sorted(tmp_path.iterdir()))
    assert URL.encode() in files  # so that the search below is one
    for secret in (first.secret, second.secret):
        assert secret.encode() not in files
        assert secret.removeprefix("whsec_")[:20].encode() not in files
    storage.close()
