"""What tests of webhooks share: a service over a store, and a poster that answers as it is told."""

import itertools
import threading
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field

from store_material import World
from visavis.domain.events import Event, EventKind
from visavis.domain.identifiers import Kind
from visavis.service.deliveries import Deliveries
from visavis.service.webhook_ports import Poster
from visavis.service.webhook_records import DeliveryResult, Posted
from visavis.service.webhooks import Webhooks

URL = "https://receiver.example/hooks"
TOLD = Posted(result=DeliveryResult.ACCEPTED, http_status=204)


def refused(status: int = 500) -> Posted:
    return Posted(result=DeliveryResult.GONE if status == 410 else DeliveryResult.REFUSED, http_status=status)


@dataclass(frozen=True, kw_only=True)
class Sent:
    url: str
    headers: Mapping[str, str]
    body: bytes

    @property
    def event(self) -> str:
        return self.headers["webhook-id"]


@dataclass
class Recorder:
    """A `visavis.service.webhook_ports.Poster` that goes nowhere. ``answer`` says what comes back."""

    answer: Callable[[Sent], Posted] = lambda _: TOLD
    sent: list[Sent] = field(default_factory=list)
    checked: list[str] = field(default_factory=list)
    lock: threading.Lock = field(default_factory=threading.Lock)

    def check(self, url: str) -> None:
        self.checked.append(url)

    def post(self, url: str, *, headers: Mapping[str, str], body: bytes) -> Posted:
        sent = Sent(url=url, headers=dict(headers), body=body)
        with self.lock:
            self.sent.append(sent)
        return self.answer(sent)


def webhooks(world: World, poster: Poster) -> Webhooks:
    return Webhooks(storage=world.storage, sealer=world.sealer, clock=world.clock, identifiers=world.ids, poster=poster)


def deliveries(
    world: World, poster: Poster, *, lanes: int = 4, random: Callable[[], float] = lambda: 0.5
) -> Deliveries:
    """``random``: 0.5 is no jitter at all."""
    return Deliveries(
        storage=world.storage,
        sealer=world.sealer,
        poster=poster,
        clock=world.clock,
        identifiers=world.ids,
        random=random,
        lanes=lanes,
    )


_outcomes: Iterator[str] = itertools.cycle(["accepted", "rejected"])


def happen(world: World, *, kind: EventKind = EventKind.VERIFICATION_DECIDED, party: str | None = None) -> Event:
    """An event in the outbox, as a step of a verification leaves it."""
    now = world.clock.now()
    event = Event(
        id=world.ids.new(Kind.EVENT, now),
        kind=kind,
        relying_party=party or world.party.id,
        subject=world.ids.new(Kind.VERIFICATION, now),
        at=now,
        status="decided",
        outcome=next(_outcomes),
    )
    with world.storage.writing() as unit:
        unit.outbox.append(event)
    return event
