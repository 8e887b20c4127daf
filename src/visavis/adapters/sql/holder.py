"""Holders' links and sessions, in a table."""

from datetime import datetime
from typing import Any, Final

import sqlalchemy as sa
from sqlalchemy.engine import Connection, Row

from visavis.adapters.sql.schema_holder import holder_tokens
from visavis.adapters.sql.statements import plain_fields
from visavis.service.holder_records import HolderToken, TokenKind

__all__ = ["SqlHolderTokens"]

_ADD: Final = sa.insert(holder_tokens)
_FIND: Final = sa.select(holder_tokens).where(holder_tokens.c.digest == sa.bindparam("this_digest"))


class SqlHolderTokens:
    """A `visavis.service.holder_records.HolderTokenStore`."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def add(self, token: HolderToken) -> None:
        self._connection.execute(_ADD, plain_fields(token))

    def find(self, digest: str) -> HolderToken | None:
        row = self._connection.execute(_FIND, {"this_digest": digest}).one_or_none()
        return None if row is None else _token(row)

    def of_verification(self, verification: str) -> tuple[HolderToken, ...]:
        mine = sa.select(holder_tokens).where(holder_tokens.c.verification == verification)
        rows = self._connection.execute(mine.order_by(holder_tokens.c.created_at, holder_tokens.c.digest))
        return tuple(_token(row) for row in rows)

    def turn(self, digest: str, kind: TokenKind) -> None:
        mine = sa.update(holder_tokens).where(holder_tokens.c.digest == digest)
        self._connection.execute(mine.values(kind=kind))

    def prolong(self, digest: str, until: datetime) -> None:
        mine = sa.update(holder_tokens).where(holder_tokens.c.digest == digest)
        self._connection.execute(mine.values(expires_at=until))

    def drop(self, digest: str) -> bool:
        mine = sa.delete(holder_tokens).where(holder_tokens.c.digest == digest)
        return bool(self._connection.execute(mine).rowcount)

    def over(self, now: datetime, *, limit: int) -> tuple[HolderToken, ...]:
        due = sa.select(holder_tokens).where(holder_tokens.c.expires_at <= now)
        due = due.order_by(holder_tokens.c.expires_at).limit(limit).with_for_update(skip_locked=True)
        return tuple(_token(row) for row in self._connection.execute(due))


def _token(row: Row[Any]) -> HolderToken:
    return HolderToken(
        digest=row.digest,
        verification=row.verification,
        relying_party=row.relying_party,
        kind=TokenKind(row.kind),
        created_at=row.created_at,
        expires_at=row.expires_at,
    )
