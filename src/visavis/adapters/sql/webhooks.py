"""Webhook endpoints and deliveries, in tables."""

import dataclasses
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Connection, Row

from visavis.adapters.sql.schema_webhooks import webhook_deliveries, webhook_endpoints
from visavis.adapters.sql.statements import insert_or_leave, page_of
from visavis.domain.events import EventKind
from visavis.service.records import Page
from visavis.service.webhook_records import (
    DeliveryResult,
    DeliveryStatus,
    DisabledReason,
    WebhookDelivery,
    WebhookEndpoint,
)

__all__ = ["SqlDeliveries", "SqlWebhooks"]


class SqlWebhooks:
    """A `visavis.service.webhook_ports.WebhookStore`."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def add(self, endpoint: WebhookEndpoint) -> None:
        self._connection.execute(sa.insert(webhook_endpoints), _endpoint_values(endpoint))

    def find(self, relying_party: str, endpoint: str, *, lock: bool = False) -> WebhookEndpoint | None:
        statement = sa.select(webhook_endpoints).where(*_mine(relying_party, endpoint))
        row = self._connection.execute(statement.with_for_update() if lock else statement).one_or_none()
        return None if row is None else _endpoint(row)

    def of_party(self, relying_party: str) -> tuple[WebhookEndpoint, ...]:
        statement = sa.select(webhook_endpoints).where(webhook_endpoints.c.relying_party == relying_party)
        return tuple(
            _endpoint(row) for row in self._connection.execute(statement.order_by(webhook_endpoints.c.id.desc()))
        )

    def save(self, endpoint: WebhookEndpoint) -> None:
        row = _mine(endpoint.relying_party, endpoint.id)
        self._connection.execute(sa.update(webhook_endpoints).where(*row).values(_endpoint_values(endpoint)))

    def succeeded(self, endpoint: str, at: datetime, *, noted_every: timedelta) -> None:
        stale = sa.or_(
            webhook_endpoints.c.failures > 0,
            webhook_endpoints.c.last_success_at.is_(None),
            webhook_endpoints.c.last_success_at <= at - noted_every,
        )
        self._connection.execute(
            sa.update(webhook_endpoints)
            .where(webhook_endpoints.c.id == endpoint, stale)
            .values(failing_since=None, failures=0, paused_until=None, last_success_at=at)
        )

    def remove(self, relying_party: str, endpoint: str) -> bool:
        gone = self._connection.execute(sa.delete(webhook_endpoints).where(*_mine(relying_party, endpoint))).rowcount
        if gone:
            self._connection.execute(sa.delete(webhook_deliveries).where(webhook_deliveries.c.endpoint == endpoint))
        return bool(gone)

    def outlived_secrets(self, now: datetime, *, limit: int) -> tuple[WebhookEndpoint, ...]:
        statement = sa.select(webhook_endpoints).where(webhook_endpoints.c.older_secret_until <= now).limit(limit)
        rows = self._connection.execute(statement.with_for_update(skip_locked=True)).all()
        return tuple(_endpoint(row) for row in rows)


class SqlDeliveries:
    """A `visavis.service.webhook_ports.DeliveryStore`."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def add(self, deliveries: Sequence[WebhookDelivery]) -> None:
        if deliveries:
            statement = insert_or_leave(self._connection, webhook_deliveries)
            self._connection.execute(statement, [dataclasses.asdict(item) for item in deliveries])

    def find(self, relying_party: str, endpoint: str, event: str, *, lock: bool = False) -> WebhookDelivery | None:
        statement = sa.select(webhook_deliveries).where(
            *_one(endpoint, event), webhook_deliveries.c.relying_party == relying_party
        )
        row = self._connection.execute(statement.with_for_update() if lock else statement).one_or_none()
        return None if row is None else _delivery(row)

    def waiting(self, now: datetime, *, limit: int) -> tuple[str, ...]:
        oldest = (
            sa.select(sa.func.min(webhook_deliveries.c.due_at))
            .where(webhook_deliveries.c.endpoint == webhook_endpoints.c.id, webhook_deliveries.c.due_at <= now)
            .scalar_subquery()
        )
        free = sa.or_(webhook_endpoints.c.paused_until.is_(None), webhook_endpoints.c.paused_until <= now)
        due = (
            sa.select(webhook_endpoints.c.id, oldest.label("oldest"))
            .where(webhook_endpoints.c.disabled.is_(None), free)
            .subquery()
        )
        statement = sa.select(due.c.id).where(due.c.oldest.is_not(None)).order_by(due.c.oldest, due.c.id).limit(limit)
        return tuple(self._connection.execute(statement).scalars())

    def claim(self, endpoint: str, now: datetime, *, lease: timedelta) -> WebhookDelivery | None:
        due = sa.select(webhook_deliveries).where(
            webhook_deliveries.c.endpoint == endpoint, webhook_deliveries.c.due_at <= now
        )
        oldest = due.order_by(webhook_deliveries.c.due_at, webhook_deliveries.c.event).limit(1)
        row = self._connection.execute(oldest.with_for_update(skip_locked=True)).one_or_none()
        if row is None:
            return None
        claimed = dataclasses.replace(_delivery(row), due_at=now + lease, tries=row.tries + 1)
        changes = {"due_at": claimed.due_at, "tries": claimed.tries}
        self._connection.execute(sa.update(webhook_deliveries).where(*_one(endpoint, row.event)).values(changes))
        return claimed

    def settle(self, delivery: WebhookDelivery) -> bool:
        where = [*_one(delivery.endpoint, delivery.event)]
        if delivery.status is not DeliveryStatus.DELIVERED:
            where += [webhook_deliveries.c.due_at.is_not(None), webhook_deliveries.c.tries == delivery.tries]
        changed = sa.update(webhook_deliveries).where(*where).values(_state(delivery))
        return bool(self._connection.execute(changed).rowcount)

    def save(self, delivery: WebhookDelivery) -> None:
        where = _one(delivery.endpoint, delivery.event)
        self._connection.execute(sa.update(webhook_deliveries).where(*where).values(_state(delivery)))

    def bury(self, endpoint: str) -> int:
        waiting = (webhook_deliveries.c.endpoint == endpoint, webhook_deliveries.c.due_at.is_not(None))
        dead = {"status": DeliveryStatus.DEAD, "due_at": None, "result": DeliveryResult.ENDPOINT_DISABLED}
        return self._connection.execute(sa.update(webhook_deliveries).where(*waiting).values(dead)).rowcount

    def revive(self, endpoint: str, now: datetime, *, since: datetime, limit: int) -> int:
        mine = (
            webhook_deliveries.c.endpoint == endpoint,
            webhook_deliveries.c.status == DeliveryStatus.DEAD,
            webhook_deliveries.c.at >= since,
        )
        dead = sa.select(webhook_deliveries.c.event).where(*mine).order_by(webhook_deliveries.c.event).limit(limit)
        again = {"status": DeliveryStatus.PENDING, "due_at": now, "begun_at": now, "tries": 0}
        statement = sa.update(webhook_deliveries).where(
            webhook_deliveries.c.endpoint == endpoint, webhook_deliveries.c.event.in_(dead)
        )
        return self._connection.execute(statement.values(again)).rowcount

    def page(
        self, endpoint: str, *, limit: int, after: str | None = None, status: DeliveryStatus | None = None
    ) -> Page[WebhookDelivery]:
        statement = sa.select(webhook_deliveries).where(webhook_deliveries.c.endpoint == endpoint)
        if status is not None:
            statement = statement.where(webhook_deliveries.c.status == status)
        return page_of(self._connection, statement, webhook_deliveries.c.event, _delivery, limit=limit, after=after)

    def prune(self, before: datetime, *, limit: int) -> int:
        old = (
            sa.select(webhook_deliveries.c.endpoint, webhook_deliveries.c.event)
            .where(webhook_deliveries.c.at < before)
            .limit(limit)
        )
        pair = sa.tuple_(webhook_deliveries.c.endpoint, webhook_deliveries.c.event)
        return self._connection.execute(sa.delete(webhook_deliveries).where(pair.in_(old))).rowcount


def _mine(relying_party: str, endpoint: str) -> tuple[sa.ColumnElement[bool], ...]:
    return webhook_endpoints.c.id == endpoint, webhook_endpoints.c.relying_party == relying_party


def _one(endpoint: str, event: str) -> tuple[sa.ColumnElement[bool], ...]:
    return webhook_deliveries.c.endpoint == endpoint, webhook_deliveries.c.event == event


def _state(delivery: WebhookDelivery) -> dict[str, object]:
    names = ("begun_at", "status", "due_at", "tries", "tried_at", "result", "http_status")
    return {name: getattr(delivery, name) for name in names}


def _endpoint_values(endpoint: WebhookEndpoint) -> dict[str, object]:
    return dataclasses.asdict(endpoint) | {"events": sorted(endpoint.events)}


def _endpoint(row: Row[Any]) -> WebhookEndpoint:
    disabled = None if row.disabled is None else DisabledReason(row.disabled)
    events = frozenset(EventKind(item) for item in row.events)
    return WebhookEndpoint(**_fields(row) | {"disabled": disabled, "events": events})


def _delivery(row: Row[Any]) -> WebhookDelivery:
    result = None if row.result is None else DeliveryResult(row.result)
    kinds = {"kind": EventKind(row.kind), "status": DeliveryStatus(row.status), "result": result}
    return WebhookDelivery(**_fields(row) | kinds)


def _fields(row: Row[Any]) -> dict[str, Any]:
    return dict(row._mapping)  # noqa: SLF001 - a row's public way to its names
