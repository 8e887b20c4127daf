"""The tables of the audit log, and of the places in status lists: what others hold the service to.

A row of the log carries the subtrees that it finished: subtree (level, index) is finished by row
``((index + 1) << level) - 1``, and stands there in place ``level``. So the tree needs no table of its own.
"""

from typing import Final

import sqlalchemy as sa
from sqlalchemy import BigInteger, Column, ForeignKey, Index, Integer, LargeBinary, Table, Text

from visavis.adapters.sql.schema import metadata

__all__ = ["audit_entries", "audit_heads", "audit_queue", "audit_tail", "status_lists", "status_places"]

audit_queue: Final = Table(
    "audit_queue",
    metadata,
    # SQLite numbers its rows by itself only where the column is an INTEGER, which has 64 bits there
    Column("number", BigInteger().with_variant(Integer, "sqlite"), primary_key=True, autoincrement=True),
    Column("act", Text, nullable=False),
)

audit_entries: Final = Table(
    "audit_entries",
    metadata,
    Column("seq", BigInteger, primary_key=True, autoincrement=False),
    Column("row", Text, nullable=False),  # canonical JSON, which is ASCII
    Column("nodes", LargeBinary, nullable=False),
)

audit_tail: Final = Table(
    "audit_tail",
    metadata,
    Column("id", Integer, primary_key=True, autoincrement=False),  # 1, and no other
    Column("size", BigInteger, nullable=False),
    Column("previous", LargeBinary, nullable=False),
    Column("tops", LargeBinary, nullable=False),
    Column("heads", BigInteger, nullable=False),
)

audit_heads: Final = Table(
    "audit_heads",
    metadata,
    Column("number", BigInteger, primary_key=True, autoincrement=False),
    Column("size", BigInteger, nullable=False),
    Column("token", Text, nullable=False),
)

status_lists: Final = Table(
    "status_lists",
    metadata,
    Column("number", Integer, primary_key=True, autoincrement=False),
    Column("uri", Text, nullable=False),
    Column("size", Integer, nullable=False),
    Index(None, "uri", unique=True),
)

status_places: Final = Table(
    "status_places",
    metadata,
    Column("list", Integer, ForeignKey("status_lists.number"), primary_key=True, autoincrement=False),
    Column("place", Integer, primary_key=True, autoincrement=False),
    Column("status", Integer, nullable=False),
)
Index(
    "ix_status_places_marked",
    status_places.c.list,
    status_places.c.place,
    sqlite_where=status_places.c.status != sa.literal_column("0"),
    postgresql_where=status_places.c.status != sa.literal_column("0"),
)
