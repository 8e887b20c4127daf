"""Parties, keys, the outbox and the rest of the service's bookkeeping, in memory."""

import dataclasses
from datetime import datetime, timedelta

from visavis.adapters.memory.tables import Journal, Table, newest
from visavis.domain.events import Event
from visavis.service.records import Answered, ApiKey, OutboxItem, OutboxStatus, Page, RelyingParty

__all__ = ["MemoryApiKeys", "MemoryAttempts", "MemoryIdempotency", "MemoryOutbox", "MemoryRelyingParties"]


class MemoryOutbox:
    """A `visavis.service.ports.OutboxStore`."""

    def __init__(self, journal: Journal) -> None:
        self._rows: Table[str, OutboxItem] = Table(journal)

    def append(self, event: Event) -> None:
        self._rows.put(event.id, OutboxItem(event=event, status=OutboxStatus.PENDING, due_at=event.at))

    def waiting(self, now: datetime) -> bool:
        return any(row.due_at is not None and row.due_at <= now for row in self._rows)

    def claim(self, now: datetime, *, lease: timedelta, limit: int) -> tuple[OutboxItem, ...]:
        due = [(row.due_at, row.event.id, row) for row in self._rows if row.due_at is not None and row.due_at <= now]
        claimed = []
        for _, _, row in sorted(due, key=lambda item: item[:2])[:limit]:
            taken = dataclasses.replace(row, due_at=now + lease, tries=row.tries + 1)
            self._rows.put(row.event.id, taken)
            claimed.append(taken)
        return tuple(claimed)

    def delivered(self, event: str) -> None:
        self._set(event, status=OutboxStatus.DELIVERED, due_at=None)

    def page(self, relying_party: str, *, limit: int, after: str | None = None) -> Page[OutboxItem]:
        rows = tuple(row for row in self._rows if row.event.relying_party == relying_party)
        return newest(rows, lambda row: row.event.id, limit=limit, after=after)

    def prune(self, before: datetime, *, limit: int) -> int:
        old = [row for row in self._rows if row.status is OutboxStatus.DELIVERED and row.event.at < before][:limit]
        return sum(self._rows.drop(row.event.id) for row in old)

    def _set(self, event: str, **changes: OutboxStatus | datetime | int | None) -> None:
        row = self._rows.get(event)
        if row is not None:
            self._rows.put(event, dataclasses.replace(row, **changes))  # type: ignore[arg-type]  # names of its fields


class MemoryIdempotency:
    """A `visavis.service.ports.IdempotencyStore`."""

    def __init__(self, journal: Journal) -> None:
        self._rows: Table[tuple[str, str], Answered] = Table(journal)

    def find_or_claim(self, relying_party: str, key: str, *, request: str, at: datetime) -> Answered | None:
        row = self._rows.get((relying_party, key))
        if row is None:
            self._rows.put((relying_party, key), Answered(request=request, at=at, status=0))
        return row

    def answer(self, relying_party: str, key: str, answered: Answered) -> None:
        self._rows.put((relying_party, key), answered)

    def prune(self, before: datetime, *, limit: int) -> int:
        old = [key for key, row in self._rows.items() if row.at < before][:limit]
        return sum(self._rows.drop(key) for key in old)


class MemoryApiKeys:
    """A `visavis.service.ports.ApiKeyStore`."""

    def __init__(self, journal: Journal) -> None:
        self._rows: Table[str, ApiKey] = Table(journal)

    def add(self, key: ApiKey) -> None:
        self._rows.put(key.id, key)

    def find(self, key: str) -> ApiKey | None:
        return self._rows.get(key)

    def of_party(self, relying_party: str) -> tuple[ApiKey, ...]:
        rows = (row for row in self._rows if row.relying_party == relying_party)
        return tuple(sorted(rows, key=lambda row: row.id, reverse=True))

    def revoke(self, relying_party: str, key: str, at: datetime) -> bool:
        row = self._rows.get(key)
        if row is None or row.relying_party != relying_party or row.revoked_at is not None:
            return False
        self._rows.put(key, dataclasses.replace(row, revoked_at=at))
        return True

    def used(self, key: str, at: datetime) -> None:
        row = self._rows.get(key)
        if row is not None:
            self._rows.put(key, dataclasses.replace(row, last_used_at=at))


class MemoryRelyingParties:
    """A `visavis.service.ports.RelyingPartyStore`."""

    def __init__(self, journal: Journal) -> None:
        self._rows: Table[str, RelyingParty] = Table(journal)

    def add(self, party: RelyingParty) -> None:
        self._rows.put(party.id, party)

    def find(self, party: str) -> RelyingParty | None:
        return self._rows.get(party)

    def all(self) -> tuple[RelyingParty, ...]:
        return tuple(sorted(self._rows, key=lambda row: row.id, reverse=True))


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class _Window:
    began_at: datetime
    count: int = 0
    locked_until: datetime | None = None


class MemoryAttempts:
    """A `visavis.service.ports.AttemptStore`."""

    def __init__(self, journal: Journal) -> None:
        self._rows: Table[tuple[str, str], _Window] = Table(journal)

    def count(self, scope: str, subject: str, *, at: datetime, window: timedelta) -> int:
        row = self._rows.get((scope, subject)) or _Window(began_at=at)
        if row.began_at <= at - window:
            row = dataclasses.replace(row, began_at=at, count=0)
        row = dataclasses.replace(row, count=row.count + 1)
        self._rows.put((scope, subject), row)
        return row.count

    def lock(self, scope: str, subject: str, *, until: datetime) -> None:
        row = self._rows.get((scope, subject)) or _Window(began_at=until)
        self._rows.put((scope, subject), dataclasses.replace(row, locked_until=until))

    def locked_until(self, scope: str, subject: str, now: datetime) -> datetime | None:
        row = self._rows.get((scope, subject))
        return row.locked_until if row is not None and row.locked_until is not None and row.locked_until > now else None

    def clear(self, scope: str, subject: str) -> None:
        self._rows.drop((scope, subject))

    def prune(self, before: datetime, *, limit: int) -> int:
        old = [
            key
            for key, row in self._rows.items()
            if row.began_at < before and (row.locked_until is None or row.locked_until < before)
        ]
        return sum(self._rows.drop(key) for key in old[:limit])
