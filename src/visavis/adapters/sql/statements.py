"""Statements that several tables need."""

from collections.abc import Callable, Mapping
from typing import Any, Final, TypeVar

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.engine import Connection, Row

from visavis.service.records import Page

__all__ = ["insert_new", "insert_or_leave", "page_of"]

T = TypeVar("T")

_INSERT: Final[Mapping[str, Any]] = {"sqlite": sqlite.insert, "postgresql": postgresql.insert}


def insert_new(connection: Connection, table: sa.Table, values: Mapping[str, object]) -> bool:
    """False where a row with one of its keys is there; waits for a transaction that is about to write one."""
    key = next(iter(table.primary_key))
    statement = _INSERT[connection.dialect.name](table).on_conflict_do_nothing().returning(key)
    return connection.execute(statement, dict(values)).first() is not None


def insert_or_leave(connection: Connection, table: sa.Table) -> sa.Insert:
    """For many rows: one whose keys are there already leaves it as it is."""
    statement: sa.Insert = _INSERT[connection.dialect.name](table).on_conflict_do_nothing()
    return statement


def page_of(
    connection: Connection,
    statement: sa.Select[Any],
    key: sa.Column[str],
    read: Callable[[Row[Any]], T],
    *,
    limit: int,
    after: str | None,
    ascending: bool = False,
) -> Page[T]:
    """The rows of a statement with the greatest keys below ``after`` (``ascending``: the least above it), and the
    cursor behind them.
    """
    if after is not None:
        statement = statement.where(key > after if ascending else key < after)
    rows = connection.execute(statement.order_by(key.asc() if ascending else key.desc()).limit(limit + 1)).all()
    cursor: str | None = getattr(rows[limit - 1], key.name) if len(rows) > limit else None
    return Page(tuple(read(row) for row in rows[:limit]), cursor)
