"""The audit log in tables."""

from collections.abc import Iterable
from typing import Any, Final

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from visavis.adapters.sql.schema_audit import audit_entries, audit_heads, audit_queue, audit_tail
from visavis.adapters.sql.statements import insert_new
from visavis.audit.entry import Act, read_act
from visavis.audit.heads import head_as_written
from visavis.audit.log import Extension, SignedHead, Tail, conflict
from visavis.audit.merkle import HASH_BYTES, Frontier
from visavis.decision.canonical import canonical_json

__all__ = ["SqlAudit"]

_TAIL: Final = 1


class SqlAudit:
    """A `visavis.audit.queue.AuditTables`."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def note(self, act: Act) -> None:
        self._connection.execute(sa.insert(audit_queue), {"act": canonical_json(act.as_data()).decode()})

    def waiting(self, *, limit: int) -> tuple[tuple[int, Act], ...]:
        rows = self._connection.execute(sa.select(audit_queue).order_by(audit_queue.c.number).limit(limit))
        return tuple((row.number, read_act(as_bytes(row.act))) for row in rows)

    def drop(self, numbers: Iterable[int]) -> None:
        self._connection.execute(sa.delete(audit_queue).where(audit_queue.c.number.in_(list(numbers))))

    def tail(self, *, lock: bool = False) -> Tail:
        statement = sa.select(audit_tail).where(audit_tail.c.id == _TAIL)
        if lock:
            empty = {"id": _TAIL, "size": 0, "previous": Tail().previous, "tops": b""}
            row = self._connection.execute(statement.with_for_update()).one_or_none()
            if row is None and insert_new(self._connection, audit_tail, empty):
                return Tail()
            statement = statement.with_for_update()
        row = self._connection.execute(statement).one_or_none()
        return Tail() if row is None else Tail(Frontier(row.size, split_hashes(row.tops)), row.previous)

    def append(self, extension: Extension) -> None:
        nodes: dict[int, list[bytes]] = {}
        for node in extension.nodes:  # from level 0 on for each row, as `Frontier.append` finishes them
            nodes.setdefault((node.index + 1 << node.level) - 1, []).append(node.hash)
        self._connection.execute(
            sa.insert(audit_entries),
            [
                {"seq": entry.seq, "row": row.decode(), "nodes": b"".join(nodes[entry.seq])}
                for entry, row in zip(extension.entries, extension.rows, strict=True)
            ],
        )
        tail = extension.tail
        values = {"size": tail.size, "previous": tail.previous, "tops": b"".join(tail.frontier.tops)}
        self._connection.execute(sa.update(audit_tail).where(audit_tail.c.id == _TAIL).values(values))

    def rows(self, start: int, *, limit: int) -> tuple[bytes, ...]:
        statement = sa.select(audit_entries.c.row).where(audit_entries.c.seq >= start).order_by(audit_entries.c.seq)
        return tuple(as_bytes(row) for row in self._connection.execute(statement.limit(limit)).scalars())

    def node(self, level: int, index: int) -> bytes:
        seq = (index + 1 << level) - 1
        statement = sa.select(audit_entries.c.nodes).where(audit_entries.c.seq == seq)
        nodes = split_hashes(self._connection.execute(statement).scalar_one_or_none() or b"")
        if level >= len(nodes):
            raise LookupError("there is no such subtree")
        return nodes[level]

    def add_head(self, head: SignedHead) -> None:
        values = {"number": head.head.number, "size": head.head.size, "token": head.token}
        if not insert_new(self._connection, audit_heads, values):
            raise conflict()

    def last_head(self) -> SignedHead | None:
        newest = sa.select(audit_heads.c.token).order_by(audit_heads.c.number.desc()).limit(1)
        token = self._connection.execute(newest).scalar_one_or_none()
        return None if token is None else SignedHead(head=head_as_written(token), token=token)


def split_hashes(data: bytes) -> tuple[bytes, ...]:
    return tuple(data[place : place + HASH_BYTES] for place in range(0, len(data), HASH_BYTES))


def as_bytes(value: Any) -> bytes:  # noqa: ANN401 - SQLite keeps in a column what somebody puts there
    """What stands in a column of text, whatever that is: it is held against a hash."""
    return value if isinstance(value, bytes) else str(value).encode(errors="surrogateescape")
