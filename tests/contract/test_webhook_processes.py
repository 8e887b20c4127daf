"""Webhooks between processes: a receiver that fails and then takes, and a sender that is killed at the worst moment."""

import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path

from store_material import MovableClock, World, make_world
from visavis.adapters.http import HttpPoster, TargetRules
from visavis.adapters.sql import open_storage
from visavis.service.deliveries import LEASE
from visavis.service.webhook_records import DeliveryStatus, WebhookDelivery
from visavis.service.webhook_secrets import in_force
from webhook_material import URL, Recorder, deliveries, happen, webhooks

PROGRAM = Path(__file__).resolve().parent.parent / "webhook_processes.py"


@contextmanager
def process(*arguments: str) -> Iterator["subprocess.Popen[str]"]:
    started = subprocess.Popen([sys.executable, str(PROGRAM), *arguments], stdout=subprocess.PIPE, text=True)
    try:
        yield started
    finally:
        started.kill()
        started.communicate()


def said(started: "subprocess.Popen[str]") -> list[str]:
    assert started.stdout is not None
    line = started.stdout.readline()
    assert line, "it ended by itself"
    return line.split()


def endpoint_of(world: World) -> tuple[str, str]:
    """An endpoint and its secret. The clock is the machine's, since the receiver's is."""
    world.clock.moment = datetime.now(UTC)
    made = webhooks(world, Recorder()).add(world.party.id, url=URL)
    return made.endpoint.id, made.secret


def lead(world: World, endpoint: str, port: str) -> str:
    """Let the endpoint be the receiver on loopback."""
    origin = f"http://127.0.0.1:{port}"
    webhooks(world, Recorder()).update(world.party.id, endpoint, url=f"{origin}/hooks")
    return origin


def only_delivery(world: World, endpoint: str) -> WebhookDelivery:
    (row,) = webhooks(world, Recorder()).deliveries(world.party.id, endpoint).items
    return row


def poster(origin: str) -> HttpPoster:
    return HttpPoster(TargetRules.of(ports=[443], unsafe_origins=[origin]), clock=MovableClock())


def test_a_receiver_that_fails_three_times_takes_it_at_the_fourth(url: str) -> None:
    world = make_world(open_storage(url))
    endpoint, secret = endpoint_of(world)
    with process("receive", secret, "3") as receiver:
        origin = lead(world, endpoint, said(receiver)[1])
        event = happen(world)
        worker = deliveries(world, poster(origin))
        waits = []
        for _ in range(4):
            assert worker.run_once(patience=None) == 1
            row = only_delivery(world, endpoint)
            if row.due_at is not None:
                waits.append(row.due_at - world.clock.now())
                world.clock.moment = row.due_at
        worker.close()
        assert [said(receiver) for _ in range(4)] == [*[["refused", event.id]] * 3, ["took", event.id]]
    row = only_delivery(world, endpoint)
    assert waits == [timedelta(seconds=seconds) for seconds in (5, 20, 80)]
    assert (row.status, row.tries, row.http_status) == (DeliveryStatus.DELIVERED, 4, 204)
    world.storage.close()


def test_a_sender_that_is_killed_between_post_and_note_is_followed_by_another_with_the_same_id(url: str) -> None:
    world = make_world(open_storage(url))
    endpoint, secret = endpoint_of(world)
    with process("receive", secret, "0") as receiver:
        origin = lead(world, endpoint, said(receiver)[1])
        event = happen(world)
        with process("send", url, origin) as sender:
            assert said(sender) == ["posted", "accepted"]
        assert sender.returncode == -9
        assert said(receiver) == ["took", event.id]
        row = only_delivery(world, endpoint)
        assert (row.status, row.tries) == (DeliveryStatus.PENDING, 1)  # it never came to write it down
        worker = deliveries(world, poster(origin))
        assert worker.run_once(patience=None) == 0  # the dead sender's lease
        world.clock.moment = datetime.now(UTC) + LEASE
        assert worker.run_once(patience=None) == 1
        worker.close()
        assert said(receiver) == ["took", event.id]
    row = only_delivery(world, endpoint)
    assert (row.status, row.tries) == (DeliveryStatus.DELIVERED, 2)
    with world.storage.reading() as unit:
        assert len(in_force(unit, world.sealer, webhooks(world, Recorder()).of_party(world.party.id)[0], row.at)) == 1
    world.storage.close()
