"""Statements that several tables need."""

import dataclasses
import functools
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any, Final, TypeVar

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.engine import Connection, Row

from visavis.service.records import Page

if TYPE_CHECKING:
    from _typeshed import DataclassInstance

__all__ = ["insert_new", "insert_or_leave", "page_of", "plain_fields"]

T = TypeVar("T")

_INSERT: Final[Mapping[str, Any]] = {"sqlite": sqlite.insert, "postgresql": postgresql.insert}


def insert_new(connection: Connection, table: sa.Table, values: Mapping[str, object]) -> bool:
    """False where a row with one of its keys is there; waits for a transaction that is about to write one."""
    return connection.execute(_new(connection.dialect.name, table), dict(values)).first() is not None


@functools.cache
def _new(dialect: str, table: sa.Table) -> sa.Insert:
    # made once for each table: making a statement takes longer than running it
    statement: sa.Insert = _INSERT[dialect](table).on_conflict_do_nothing().returning(next(iter(table.primary_key)))
    return statement


def insert_or_leave(connection: Connection, table: sa.Table) -> sa.Insert:
    """For many rows: one whose keys are there already leaves it as it is."""
    statement: sa.Insert = _INSERT[connection.dialect.name](table).on_conflict_do_nothing()
    return statement


def plain_fields(record: "DataclassInstance") -> dict[str, Any]:
    """A record's fields by their names, as they are: `dataclasses.asdict` would copy what is in them as well."""
    return {item.name: getattr(record, item.name) for item in dataclasses.fields(record)}


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
