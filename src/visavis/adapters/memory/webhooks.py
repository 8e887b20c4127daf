"""Webhook endpoints and deliveries, in memory."""

import dataclasses
from collections.abc import Sequence
from datetime import datetime, timedelta

from visavis.adapters.memory.tables import Journal, Table, newest
from visavis.service.records import Page
from visavis.service.webhook_records import DeliveryResult, DeliveryStatus, WebhookDelivery, WebhookEndpoint

__all__ = ["MemoryDeliveries", "MemoryWebhooks"]


class MemoryDeliveries:
    """A `visavis.service.webhook_ports.DeliveryStore`."""

    def __init__(self, journal: Journal, endpoints: Table[str, WebhookEndpoint]) -> None:
        self._rows: Table[tuple[str, str], WebhookDelivery] = Table(journal)
        self._endpoints = endpoints

    def add(self, deliveries: Sequence[WebhookDelivery]) -> None:
        for item in deliveries:
            if (item.endpoint, item.event) not in self._rows:
                self._rows.put((item.endpoint, item.event), item)

    def find(self, relying_party: str, endpoint: str, event: str, *, lock: bool = False) -> WebhookDelivery | None:  # noqa: ARG002 - alone
        row = self._rows.get((endpoint, event))
        return row if row is not None and row.relying_party == relying_party else None

    def waiting(self, now: datetime, *, limit: int) -> tuple[str, ...]:
        free = {
            row.id for row in self._endpoints if row.enabled and (row.paused_until is None or row.paused_until <= now)
        }
        oldest: dict[str, datetime] = {}
        for row in self._rows:
            if row.due_at is not None and row.due_at <= now and row.endpoint in free:
                oldest[row.endpoint] = min(row.due_at, oldest.get(row.endpoint, row.due_at))
        return tuple(sorted(oldest, key=lambda name: (oldest[name], name))[:limit])

    def claim(self, endpoint: str, now: datetime, *, lease: timedelta) -> WebhookDelivery | None:
        due = [
            (row.due_at, row.event, row)
            for row in self._rows
            if row.endpoint == endpoint and row.due_at is not None and row.due_at <= now
        ]
        if not due:
            return None
        _, _, row = min(due, key=lambda item: item[:2])
        claimed = dataclasses.replace(row, due_at=now + lease, tries=row.tries + 1)
        self.save(claimed)
        return claimed

    def settle(self, delivery: WebhookDelivery) -> bool:
        row = self._rows.get((delivery.endpoint, delivery.event))
        if row is None:
            return False
        if delivery.status is not DeliveryStatus.DELIVERED and (row.due_at is None or row.tries != delivery.tries):
            return False
        self.save(delivery)
        return True

    def save(self, delivery: WebhookDelivery) -> None:
        self._rows.put((delivery.endpoint, delivery.event), delivery)

    def bury(self, endpoint: str) -> int:
        waiting = [row for row in self._rows if row.endpoint == endpoint and row.due_at is not None]
        for row in waiting:
            dead = DeliveryStatus.DEAD
            self.save(dataclasses.replace(row, status=dead, due_at=None, result=DeliveryResult.ENDPOINT_DISABLED))
        return len(waiting)

    def revive(self, endpoint: str, now: datetime, *, since: datetime, limit: int) -> int:
        dead = [
            row
            for row in self._rows
            if row.endpoint == endpoint and row.status is DeliveryStatus.DEAD and row.at >= since
        ]
        chosen = sorted(dead, key=lambda row: row.event)[:limit]
        for row in chosen:
            self.save(dataclasses.replace(row, status=DeliveryStatus.PENDING, due_at=now, begun_at=now, tries=0))
        return len(chosen)

    def page(
        self, endpoint: str, *, limit: int, after: str | None = None, status: DeliveryStatus | None = None
    ) -> Page[WebhookDelivery]:
        rows = tuple(row for row in self._rows if row.endpoint == endpoint and status in {None, row.status})
        return newest(rows, lambda row: row.event, limit=limit, after=after)

    def prune(self, before: datetime, *, limit: int) -> int:
        old = [key for key, row in self._rows.items() if row.at < before][:limit]
        return sum(self._rows.drop(key) for key in old)

    def drop_all(self, endpoint: str) -> None:
        for key, row in self._rows.items():
            if row.endpoint == endpoint:
                self._rows.drop(key)


class MemoryWebhooks:
    """A `visavis.service.webhook_ports.WebhookStore`, and beside it the deliveries to its endpoints."""

    def __init__(self, journal: Journal) -> None:
        self._rows: Table[str, WebhookEndpoint] = Table(journal)
        self.deliveries = MemoryDeliveries(journal, self._rows)

    def add(self, endpoint: WebhookEndpoint) -> None:
        self._rows.put(endpoint.id, endpoint)

    def find(self, relying_party: str, endpoint: str, *, lock: bool = False) -> WebhookEndpoint | None:  # noqa: ARG002 - alone
        row = self._rows.get(endpoint)
        return row if row is not None and row.relying_party == relying_party else None

    def of_party(self, relying_party: str) -> tuple[WebhookEndpoint, ...]:
        rows = (row for row in self._rows if row.relying_party == relying_party)
        return tuple(sorted(rows, key=lambda row: row.id, reverse=True))

    def save(self, endpoint: WebhookEndpoint) -> None:
        self._rows.put(endpoint.id, endpoint)

    def succeeded(self, endpoint: str, at: datetime, *, noted_every: timedelta) -> None:
        row = self._rows.get(endpoint)
        if row is None:
            return
        if row.failures or row.last_success_at is None or row.last_success_at <= at - noted_every:
            well = dataclasses.replace(row, failing_since=None, failures=0, paused_until=None, last_success_at=at)
            self._rows.put(endpoint, well)

    def remove(self, relying_party: str, endpoint: str) -> bool:
        if self.find(relying_party, endpoint) is None:
            return False
        self.deliveries.drop_all(endpoint)
        return self._rows.drop(endpoint)

    def outlived_secrets(self, now: datetime, *, limit: int) -> tuple[WebhookEndpoint, ...]:
        over = [row for row in self._rows if row.older_secret_until is not None and row.older_secret_until <= now]
        return tuple(over[:limit])
