"""Opening a database, and what each kind needs so that a unit of work means the same on both."""

import math
import os
import sqlite3
import sys
import time
from pathlib import Path
from typing import Final

import sqlalchemy as sa
from sqlalchemy import event, exc
from sqlalchemy.engine import URL, Connection, Engine, make_url
from sqlalchemy.engine.interfaces import DBAPIConnection
from sqlalchemy.pool import ConnectionPoolEntry, PoolProxiedConnection

from visavis.adapters.sql.turns import AnyTurn, FileTurn, Turn, busy
from visavis.errors import ConfigurationError, StorageError

__all__ = ["WRITES", "as_storage_error", "open_engine", "turn_of"]

WRITES: Final = "visavis_writes"
"""The execution option of a connection whose transaction will write."""

_WAIT_S: Final = 10
_USED: Final = "used"
_RESTED_S: Final = 5.0
_POSTGRESQL_OPTIONS: Final = (
    f"-c lock_timeout={_WAIT_S * 1000} -c statement_timeout=30000 -c idle_in_transaction_session_timeout=60000"
)


def open_engine(url: str, *, connections: int = 8, reader: bool = False) -> Engine:
    """``sqlite:///FILE`` or ``postgresql://...``; nothing is connected yet.

    ``reader``: for looks alone. PostgreSQL's READ COMMITTED shows each statement what is there by then, with a
    transaction around it or without; so readers have none, which saves two round trips, and can write nothing.

    A SQLite file that does not exist is made, for its owner alone. Raises ConfigurationError ``database_url_invalid``;
    StorageError ``storage_unreachable`` where the file cannot be made.
    """
    try:
        parsed = make_url(url)
    except exc.ArgumentError as error:
        raise _invalid() from error
    match parsed.get_backend_name():
        case "sqlite" if parsed.database and parsed.database != ":memory:":
            return _sqlite(parsed.set(drivername="sqlite+pysqlite"), Path(parsed.database), connections)
        case "postgresql":
            return _postgresql(parsed.set(drivername="postgresql+psycopg"), connections, reader=reader)
        case _:
            raise _invalid()


def _invalid() -> ConfigurationError:
    return ConfigurationError(
        "database_url_invalid",
        "The address of the database is neither sqlite:///FILE nor postgresql://...",
        advice="Correct VISAVIS_DATABASE_URL.",
    )


def _sqlite(url: URL, file: Path, connections: int) -> Engine:
    try:
        os.close(os.open(file, os.O_RDWR | os.O_CREAT | getattr(os, "O_CLOEXEC", 0), 0o600))
    except (OSError, ValueError) as error:
        raise unreachable() from error
    engine = sa.create_engine(
        url,
        pool_size=connections,
        max_overflow=0,
        pool_timeout=_WAIT_S,
        pool_use_lifo=True,  # the one that was used last has the newest pages in its cache
        connect_args={"timeout": _WAIT_S},
    )
    event.listen(engine, "connect", _prepare_sqlite)
    event.listen(engine, "begin", _begin_sqlite)
    return engine


def _prepare_sqlite(connection: DBAPIConnection, _entry: ConnectionPoolEntry) -> None:
    # None: the driver begins nothing by itself, so that BEGIN IMMEDIATE can be ours
    connection.isolation_level = None
    cursor = connection.cursor()
    for pragma in (
        "journal_mode=WAL",
        "synchronous=FULL",  # what was answered must outlive a loss of power
        "foreign_keys=ON",
        "secure_delete=ON",  # a key that was destroyed leaves zeros
        "temp_store=MEMORY",
        "cache_size=-8000",  # KiB: keys of digests lie all over a large file
        "journal_size_limit=0",  # a checkpoint leaves no old page behind in the log
    ):
        cursor.execute(f"PRAGMA {pragma}")
    cursor.close()


def _begin_sqlite(connection: Connection) -> None:
    # a transaction that reads first and writes later could be refused in the middle: those that will write say so first
    writes = connection.get_execution_options().get(WRITES, False)
    connection.exec_driver_sql("BEGIN IMMEDIATE" if writes else "BEGIN")


def _postgresql(url: URL, connections: int, *, reader: bool) -> Engine:
    options = f"{_POSTGRESQL_OPTIONS} -c default_transaction_read_only=on" if reader else _POSTGRESQL_OPTIONS
    engine = sa.create_engine(
        url,
        pool_size=connections,
        max_overflow=0,
        pool_timeout=_WAIT_S,
        pool_use_lifo=True,
        # with row locks; what they cannot cover, unique indexes do
        isolation_level="AUTOCOMMIT" if reader else "READ COMMITTED",
        connect_args={"options": options, "connect_timeout": _WAIT_S, "application_name": "visavis"},
    )
    event.listen(engine, "checkin", _note_use)
    event.listen(engine, "checkout", _look_after_rest)
    return engine


def _note_use(_connection: DBAPIConnection | None, entry: ConnectionPoolEntry) -> None:
    entry.info[_USED] = time.monotonic()


def _look_after_rest(connection: DBAPIConnection, entry: ConnectionPoolEntry, _proxy: PoolProxiedConnection) -> None:
    """A connection that rested is asked whether it is still there; the pool opens another where it is not. To ask
    before every use would cost a round trip each.
    """
    if time.monotonic() - entry.info.get(_USED, -math.inf) < _RESTED_S:
        return
    try:
        cursor = connection.cursor()
        cursor.execute("SELECT 1")
        cursor.close()
        connection.rollback()
    except Exception as error:
        raise exc.DisconnectionError from error


def turn_of(engine: Engine, url: str) -> Turn:
    """Who may write now."""
    if engine.dialect.name != "sqlite":
        return AnyTurn()
    try:
        return FileTurn(Path(str(make_url(url).database)), wait_s=_WAIT_S)
    except OSError as error:
        raise unreachable() from error


def as_storage_error(error: exc.SQLAlchemyError) -> StorageError:
    """What a failure of the database means for the work that met it. No address, statement or value is in it."""
    if isinstance(error, exc.TimeoutError):
        return busy()
    if not isinstance(error, exc.DBAPIError):
        return _failed()
    cause = error.orig
    state = getattr(cause, "sqlstate", None) if _is_psycopg(cause, "Error") else None
    name = getattr(cause, "sqlite_errorname", "") if isinstance(cause, sqlite3.Error) else ""
    if name in _UNIQUE or state in _CONFLICTS:
        return StorageError(
            "storage_conflict", "Two pieces of work met in the database, and this one gave way.", advice="Try again."
        )
    if name.startswith(("SQLITE_BUSY", "SQLITE_LOCKED")) or state == "55P03":
        return busy()
    away = state is None or state[:2] in _AWAY if _is_psycopg(cause, "OperationalError") else False
    if away or error.connection_invalidated or name == "SQLITE_CANTOPEN":
        return unreachable()
    return _failed()


def _is_psycopg(error: BaseException | None, kind: str) -> bool:
    """Whether it is an error of that class of psycopg, which is imported only where a PostgreSQL is asked."""
    module = sys.modules.get("psycopg")
    return module is not None and isinstance(error, getattr(module, kind))


_UNIQUE: Final = frozenset({"SQLITE_CONSTRAINT_UNIQUE", "SQLITE_CONSTRAINT_PRIMARYKEY"})
_CONFLICTS: Final = frozenset({"23505", "40001", "40P01"})
"""unique_violation, serialization_failure, deadlock_detected."""
_AWAY: Final = frozenset({"08", "57", "53", "28", "3D"})
"""Classes: connection, operator intervention, resources, authorisation, no such database."""


def unreachable() -> StorageError:
    return StorageError(
        "storage_unreachable",
        "The database cannot be reached.",
        advice="Check that it runs, its address in VISAVIS_DATABASE_URL, and that visavis may use it.",
    )


def _failed() -> StorageError:
    return StorageError(
        "storage_failed",
        "The database did not do what was asked of it.",
        advice="Look into its log, its disk and its version: `visavis db upgrade`.",
    )
