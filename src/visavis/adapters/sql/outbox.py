"""Events that wait to be told, in a table."""

from datetime import datetime, timedelta
from typing import Any, Final

import sqlalchemy as sa
from sqlalchemy.engine import Connection, Row

from visavis.adapters.sql.schema import outbox
from visavis.adapters.sql.statements import page_of
from visavis.domain.events import Event, EventKind
from visavis.service.records import OutboxItem, OutboxStatus, Page

__all__ = ["SqlOutbox"]

_ADD: Final = sa.insert(outbox)
_WAITING: Final = sa.select(outbox.c.event).where(outbox.c.due_at <= sa.bindparam("now")).limit(1)


class SqlOutbox:
    """A `visavis.service.ports.OutboxStore`."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def append(self, event: Event) -> None:
        self._connection.execute(
            _ADD,
            {
                "event": event.id,
                "relying_party": event.relying_party,
                "kind": event.kind,
                "subject": event.subject,
                "verification": event.verification,
                "state": event.status,
                "outcome": event.outcome,
                "at": event.at,
                "status": OutboxStatus.PENDING,
                "due_at": event.at,
                "tries": 0,
            },
        )

    def waiting(self, now: datetime) -> bool:
        return self._connection.execute(_WAITING, {"now": now}).first() is not None

    def claim(self, now: datetime, *, lease: timedelta, limit: int) -> tuple[OutboxItem, ...]:
        due = sa.select(outbox).where(outbox.c.due_at <= now).order_by(outbox.c.due_at, outbox.c.event).limit(limit)
        rows = self._connection.execute(due.with_for_update(skip_locked=True)).all()
        if rows:
            taken = sa.update(outbox).where(outbox.c.event.in_([row.event for row in rows]))
            self._connection.execute(taken.values(due_at=now + lease, tries=outbox.c.tries + 1))
        return tuple(_item(row, due_at=now + lease, tries=row.tries + 1) for row in rows)

    def delivered(self, event: str) -> None:
        self._set(event, status=OutboxStatus.DELIVERED, due_at=None)

    def page(self, relying_party: str, *, limit: int, after: str | None = None) -> Page[OutboxItem]:
        statement = sa.select(outbox).where(outbox.c.relying_party == relying_party)
        return page_of(self._connection, statement, outbox.c.event, _item, limit=limit, after=after)

    def prune(self, before: datetime, *, limit: int) -> int:
        old = sa.select(outbox.c.event).where(outbox.c.status == OutboxStatus.DELIVERED, outbox.c.at < before)
        return self._connection.execute(sa.delete(outbox).where(outbox.c.event.in_(old.limit(limit)))).rowcount

    def _set(self, event: str, **values: Any) -> None:  # noqa: ANN401 - columns of the table
        self._connection.execute(sa.update(outbox).where(outbox.c.event == event).values(**values))


def _item(row: Row[Any], *, due_at: datetime | None = None, tries: int | None = None) -> OutboxItem:
    event = Event(
        id=row.event,
        kind=EventKind(row.kind),
        relying_party=row.relying_party,
        subject=row.subject,
        at=row.at,
        status=row.state,
        outcome=row.outcome,
        verification=row.verification,
    )
    return OutboxItem(
        event=event,
        status=OutboxStatus(row.status),
        due_at=due_at or row.due_at,
        tries=row.tries if tries is None else tries,
    )
