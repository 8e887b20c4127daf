"""From the outbox to the endpoints: at least once, each event under the same webhook-id at every try.

1. What waits in the outbox becomes one delivery for every endpoint that wants it, in the transaction that takes it out:
   no event is lost, and none is fanned out twice.
2. Lanes (threads) claim a delivery each, under a lease, post it, and write down how it ended. Many processes do so at
   once and share the work. One that dies between post and note leaves a lease that runs out, and the event is sent
   again: a receiver knows it by its webhook-id.
3. What failed is tried again as `visavis.service.delivery_times` says, for three days. An endpoint to which nothing got
   through in that time, or that answered 410 Gone, is disabled, and an event tells the party's other endpoints.

An endpoint has at most `MOST_AT_ONCE` lanes of a process, and those with fewest come first: one that is slow, or that
has much to catch up with, does not hold up the rest.
"""

import collections
import dataclasses
import threading
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor, wait
from datetime import datetime, timedelta
from typing import Final

from visavis.audit.entry import SYSTEM, Act
from visavis.clock import Clock
from visavis.domain.events import Event, EventKind
from visavis.domain.identifiers import Identifiers, Kind
from visavis.service.delivery_times import next_try, pause
from visavis.service.ports import Sealer, Transactions, UnitOfWork
from visavis.service.records import OutboxItem
from visavis.service.transactions import committed
from visavis.service.webhook_events import delivery_of
from visavis.service.webhook_ports import Poster
from visavis.service.webhook_records import (
    DeliveryResult,
    DeliveryStatus,
    DisabledReason,
    Posted,
    WebhookDelivery,
    WebhookEndpoint,
)
from visavis.service.webhook_secrets import drop_older, in_force
from visavis.service.webhook_signing import signed_headers

__all__ = ["KEPT", "LEASE", "MOST_AT_ONCE", "Deliveries"]

KEPT: Final = timedelta(days=30)
"""Events that were handed over, and deliveries, whatever became of them."""
LEASE: Final = timedelta(minutes=2)
"""Longer than a post may take, looking the name up included."""
MOST_AT_ONCE: Final = 4
_FANNED_OUT: Final = 100
_CANDIDATES: Final = 200
_NOTED_EVERY: Final = timedelta(minutes=1)


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class _Claimed:
    delivery: WebhookDelivery
    endpoint: WebhookEndpoint
    secrets: tuple[str, ...] = dataclasses.field(repr=False)


class Deliveries:
    """What a background worker calls, every second or so, in every process. Safe from several threads.

    ``random`` gives numbers in [0, 1). ``told`` is called with the result of every try, for a counter. `close` ends it.
    """

    def __init__(
        self,
        *,
        storage: Transactions,
        sealer: Sealer,
        poster: Poster,
        clock: Clock,
        identifiers: Identifiers,
        random: Callable[[], float],
        lanes: int = 8,
        told: Callable[[DeliveryResult], None] = lambda _: None,
    ) -> None:
        self._storage = storage
        self._sealer = sealer
        self._poster = poster
        self._clock = clock
        self._identifiers = identifiers
        self._random = random
        self._told = told
        self._lanes = lanes
        self._pool = ThreadPoolExecutor(lanes, thread_name_prefix="visavis-webhooks")
        self._lock = threading.Lock()
        self._turn = threading.Lock()
        self._running: set[Future[int]] = set()
        self._busy: collections.Counter[str] = collections.Counter()
        self._closing = threading.Event()

    def run_once(self, *, patience: float | None = 1.0) -> int:
        """Hand over what waits in the outbox, and send what is due; how many posts were ended.

        Waits ``patience`` seconds for the posts (None: for all); those that take longer go on, and are counted by a
        later call. Raises as `visavis.service.ports.Transactions.writing`.
        """
        self.fan_out()
        with self._storage.reading() as unit:
            due = bool(unit.deliveries.waiting(self._clock.now(), limit=1))
        with self._lock:
            if due and not self._closing.is_set():
                while len(self._running) < self._lanes:
                    self._running.add(self._pool.submit(self._lane))
            running = set(self._running)
        done, _ = wait(running, timeout=patience)
        with self._lock:
            self._running -= done
        return sum(lane.result() for lane in done)

    def fan_out(self) -> int:
        """Make deliveries of what waits in the outbox; how many events it were."""
        total = 0
        while True:
            now = self._clock.now()
            with self._storage.reading() as unit:
                if not unit.outbox.waiting(now):
                    return total  # most looks find nothing, and should make nobody wait
            count = committed(self._storage, self._fan_out_some)
            if not count:
                return total  # others have them
            total += count

    def prune(self, *, limit: int = 1_000) -> int:
        """Forget what is older than `KEPT`, and secrets that sign no more; how many rows it were."""
        now = self._clock.now()

        def work(unit: UnitOfWork) -> int:
            outlived = unit.webhooks.outlived_secrets(now, limit=limit)
            for row in outlived:
                drop_older(unit, self._sealer, row.id)
                unit.webhooks.save(dataclasses.replace(row, older_secret_until=None))
            gone = unit.deliveries.prune(now - KEPT, limit=limit) + unit.outbox.prune(now - KEPT, limit=limit)
            return gone + len(outlived)

        return committed(self._storage, work)

    def close(self) -> None:
        """Begin no more posts, and wait for those that are under way."""
        self._closing.set()
        self._pool.shutdown(wait=True, cancel_futures=True)

    def _fan_out_some(self, unit: UnitOfWork) -> int:
        now = self._clock.now()
        items = unit.outbox.claim(now, lease=LEASE, limit=_FANNED_OUT)
        parties = {item.event.relying_party for item in items}
        endpoints = {party: unit.webhooks.of_party(party) for party in parties}
        unit.deliveries.add([row for item in items for row in _owed(item, endpoints[item.event.relying_party], now)])
        for item in items:
            unit.outbox.delivered(item.event.id)
        return len(items)

    def _lane(self) -> int:
        count = 0
        while not self._closing.is_set():
            claimed = self._claim()
            if claimed is None:
                break
            try:
                self._send(claimed)
            finally:
                with self._lock:
                    self._busy[claimed.endpoint.id] -= 1
            count += 1
        return count

    def _claim(self) -> _Claimed | None:
        with self._turn:  # one after another, so that each sees what the others hold
            claimed = committed(self._storage, self._claim_one)
            if claimed is not None:
                with self._lock:
                    self._busy[claimed.endpoint.id] += 1
        return claimed

    def _claim_one(self, unit: UnitOfWork) -> _Claimed | None:
        now = self._clock.now()
        waiting = unit.deliveries.waiting(now, limit=_CANDIDATES)
        free = [name for name in waiting if self._busy[name] < MOST_AT_ONCE]
        for name in sorted(free, key=lambda name: self._busy[name]):
            delivery = unit.deliveries.claim(name, now, lease=LEASE)
            if delivery is None:
                continue
            endpoint = unit.webhooks.find(delivery.relying_party, name)
            if endpoint is not None:
                secrets = in_force(unit, self._sealer, endpoint, now)
                return _Claimed(delivery=delivery, endpoint=endpoint, secrets=secrets)
        return None

    def _send(self, claimed: _Claimed) -> None:
        delivery = claimed.delivery
        posted = Posted(result=DeliveryResult.SECRET_UNREADABLE)
        if claimed.secrets:
            now = self._clock.now()
            headers = signed_headers(delivery.event, delivery.body, at=now, secrets_in_force=claimed.secrets)
            posted = self._poster.post(claimed.endpoint.url, headers=headers, body=delivery.body)
        self._told(posted.result)
        committed(self._storage, lambda unit: self._note(unit, claimed, posted))

    def _note(self, unit: UnitOfWork, claimed: _Claimed, posted: Posted) -> None:
        now, delivery = self._clock.now(), claimed.delivery
        ended = dataclasses.replace(
            delivery, tried_at=now, result=posted.result, http_status=posted.http_status, due_at=None
        )
        if posted.result is DeliveryResult.ACCEPTED:
            unit.webhooks.succeeded(delivery.endpoint, now, noted_every=_NOTED_EVERY)
            unit.deliveries.settle(dataclasses.replace(ended, status=DeliveryStatus.DELIVERED))
            return
        endpoint = unit.webhooks.find(delivery.relying_party, delivery.endpoint, lock=True)
        if endpoint is None:
            return  # removed meanwhile, with its deliveries
        again = next_try(begun_at=delivery.begun_at, now=now, tries=delivery.tries, posted=posted, random=self._random)
        reason = None
        moved = endpoint.url != claimed.endpoint.url  # what an older address answered says nothing of this one
        if posted.result is DeliveryResult.GONE and not moved:
            reason, again = DisabledReason.GONE, None
        elif again is None and (endpoint.last_success_at is None or endpoint.last_success_at < delivery.begun_at):
            reason = DisabledReason.FAILING
        status = DeliveryStatus.DEAD if again is None else DeliveryStatus.PENDING
        unit.deliveries.settle(dataclasses.replace(ended, status=status, due_at=again))
        if moved:
            return
        failing = self._failing(endpoint, posted, now)
        unit.webhooks.save(failing)
        if reason is not None and endpoint.enabled:
            self._disable(unit, failing, reason, now)

    def _failing(self, endpoint: WebhookEndpoint, posted: Posted, now: datetime) -> WebhookEndpoint:
        failures = endpoint.failures + 1
        until = pause(failures=failures, posted=posted, now=now, random=self._random)
        return dataclasses.replace(
            endpoint,
            failing_since=endpoint.failing_since or now,
            failures=failures,
            paused_until=until or endpoint.paused_until,
        )

    def _disable(self, unit: UnitOfWork, endpoint: WebhookEndpoint, reason: DisabledReason, now: datetime) -> None:
        unit.webhooks.save(dataclasses.replace(endpoint, disabled=reason, disabled_at=now))
        unit.deliveries.bury(endpoint.id)
        unit.audit.note(
            Act(
                at=now,
                actor=SYSTEM,
                act="webhook.disabled",
                subject=endpoint.id,
                party=endpoint.relying_party,
                details={"reason": str(reason)},
            )
        )
        unit.outbox.append(
            Event(
                id=self._identifiers.new(Kind.EVENT, now),
                kind=EventKind.WEBHOOK_DISABLED,
                relying_party=endpoint.relying_party,
                subject=endpoint.id,
                at=now,
                status="disabled",
                outcome=str(reason),
            )
        )


def _owed(item: OutboxItem, endpoints: tuple[WebhookEndpoint, ...], now: datetime) -> list[WebhookDelivery]:
    return [delivery_of(item.event, row, now) for row in endpoints if row.wants(item.event.kind)]
