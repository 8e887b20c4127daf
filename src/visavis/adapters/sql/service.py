"""Parties, API keys, idempotency keys and counters of attempts, in tables."""

import dataclasses
from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any, Final

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.engine import Connection, Row

from visavis.adapters.sql.schema import api_keys, attempts, idempotency, relying_parties
from visavis.adapters.sql.statements import insert_new, plain_fields
from visavis.service.records import Answered, ApiKey, RelyingParty, Scope

__all__ = ["SqlApiKeys", "SqlAttempts", "SqlIdempotency", "SqlRelyingParties"]

# made once, since making a statement takes longer than running it
_API_KEY: Final = sa.select(api_keys).where(api_keys.c.id == sa.bindparam("this_id"))
_ANSWER: Final = sa.update(idempotency).where(
    idempotency.c.relying_party == sa.bindparam("this_party"), idempotency.c.key == sa.bindparam("this_key")
)
_LOCKED: Final = sa.select(attempts.c.locked_until).where(
    attempts.c.scope == sa.bindparam("this_scope"),
    attempts.c.subject == sa.bindparam("this_subject"),
    attempts.c.locked_until > sa.bindparam("now"),
)


class SqlRelyingParties:
    """A `visavis.service.ports.RelyingPartyStore`."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def add(self, party: RelyingParty) -> None:
        self._connection.execute(sa.insert(relying_parties), dataclasses.asdict(party))

    def find(self, party: str) -> RelyingParty | None:
        row = self._connection.execute(sa.select(relying_parties).where(relying_parties.c.id == party)).one_or_none()
        return None if row is None else RelyingParty(**_fields(row))

    def all(self) -> tuple[RelyingParty, ...]:
        rows = self._connection.execute(sa.select(relying_parties).order_by(relying_parties.c.id.desc())).all()
        return tuple(RelyingParty(**_fields(row)) for row in rows)


class SqlApiKeys:
    """A `visavis.service.ports.ApiKeyStore`."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def add(self, key: ApiKey) -> None:
        values = {item.name: getattr(key, item.name) for item in dataclasses.fields(key)}
        self._connection.execute(sa.insert(api_keys), values | {"scopes": sorted(key.scopes)})

    def find(self, key: str) -> ApiKey | None:
        row = self._connection.execute(_API_KEY, {"this_id": key}).one_or_none()
        return None if row is None else _api_key(row)

    def of_party(self, relying_party: str) -> tuple[ApiKey, ...]:
        statement = sa.select(api_keys).where(api_keys.c.relying_party == relying_party)
        return tuple(_api_key(row) for row in self._connection.execute(statement.order_by(api_keys.c.id.desc())))

    def revoke(self, relying_party: str, key: str, at: datetime) -> bool:
        mine = (api_keys.c.id == key, api_keys.c.relying_party == relying_party, api_keys.c.revoked_at.is_(None))
        return bool(self._connection.execute(sa.update(api_keys).where(*mine).values(revoked_at=at)).rowcount)

    def used(self, key: str, at: datetime) -> None:
        self._connection.execute(sa.update(api_keys).where(api_keys.c.id == key).values(last_used_at=at))


class SqlIdempotency:
    """A `visavis.service.ports.IdempotencyStore`."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def find_or_claim(self, relying_party: str, key: str, *, request: str, at: datetime) -> Answered | None:
        values = {"relying_party": relying_party, "key": key, "request": request, "at": at}
        if insert_new(self._connection, idempotency, {**values, "status": 0, "body": b"", "headers": {}}):
            return None
        row = self._connection.execute(sa.select(idempotency).where(*_key(relying_party, key))).one()
        return Answered(request=row.request, at=row.at, status=row.status, body=row.body, headers=row.headers)

    def answer(self, relying_party: str, key: str, answered: Answered) -> None:
        values = plain_fields(answered) | {"this_party": relying_party, "this_key": key}
        self._connection.execute(_ANSWER, values)

    def prune(self, before: datetime, *, limit: int) -> int:
        old = sa.select(idempotency.c.relying_party, idempotency.c.key).where(idempotency.c.at < before).limit(limit)
        pair = sa.tuple_(idempotency.c.relying_party, idempotency.c.key)
        return self._connection.execute(sa.delete(idempotency).where(pair.in_(old))).rowcount


class SqlAttempts:
    """A `visavis.service.ports.AttemptStore`."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def count(self, scope: str, subject: str, *, at: datetime, window: timedelta) -> int:
        insert = _UPSERT[self._connection.dialect.name](attempts)
        old = attempts.c.began_at <= at - window
        statement = insert.values(scope=scope, subject=subject, began_at=at, count=1).on_conflict_do_update(
            index_elements=[attempts.c.scope, attempts.c.subject],
            set_={
                "count": sa.case((old, 1), else_=attempts.c.count + 1),
                "began_at": sa.case((old, insert.excluded.began_at), else_=attempts.c.began_at),
            },
        )
        return int(self._connection.execute(statement.returning(attempts.c.count)).scalar_one())

    def lock(self, scope: str, subject: str, *, until: datetime) -> None:
        values = {"scope": scope, "subject": subject, "began_at": until, "count": 0, "locked_until": until}
        statement = _UPSERT[self._connection.dialect.name](attempts).values(values)
        self._connection.execute(
            statement.on_conflict_do_update(
                index_elements=[attempts.c.scope, attempts.c.subject], set_={"locked_until": until}
            )
        )

    def locked_until(self, scope: str, subject: str, now: datetime) -> datetime | None:
        known = {"this_scope": scope, "this_subject": subject, "now": now}
        until: datetime | None = self._connection.execute(_LOCKED, known).scalar_one_or_none()
        return until

    def clear(self, scope: str, subject: str) -> None:
        self._connection.execute(sa.delete(attempts).where(attempts.c.scope == scope, attempts.c.subject == subject))

    def prune(self, before: datetime, *, limit: int) -> int:
        free = sa.or_(attempts.c.locked_until.is_(None), attempts.c.locked_until < before)
        old = sa.select(attempts.c.scope, attempts.c.subject).where(attempts.c.began_at < before, free).limit(limit)
        pair = sa.tuple_(attempts.c.scope, attempts.c.subject)
        return self._connection.execute(sa.delete(attempts).where(pair.in_(old))).rowcount


_UPSERT: Final[Mapping[str, Any]] = {"sqlite": sqlite.insert, "postgresql": postgresql.insert}


def _key(relying_party: str, key: str) -> tuple[sa.ColumnElement[bool], ...]:
    return idempotency.c.relying_party == relying_party, idempotency.c.key == key


def _fields(row: Row[Any]) -> dict[str, Any]:
    return dict(row._mapping)  # noqa: SLF001 - a row's public way to its names


def _api_key(row: Row[Any]) -> ApiKey:
    return ApiKey(**_fields(row) | {"scopes": frozenset(Scope(item) for item in row.scopes)})
