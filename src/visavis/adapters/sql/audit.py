"""The audit log in tables."""

from collections.abc import Iterable
from typing import Any, Final

import sqlalchemy as sa
from sqlalchemy.engine import Connection, Row

from visavis.adapters.sql.schema_audit import audit_entries, audit_heads, audit_queue, audit_tail
from visavis.adapters.sql.statements import insert_new
from visavis.audit.entry import Act, read_act
from visavis.audit.heads import head_as_written
from visavis.audit.log import Extension, SignedHead, Tail
from visavis.audit.merkle import HASH_BYTES, Frontier
from visavis.audit.queue import Ends, StoredHead, StoredRow
from visavis.decision.canonical import canonical_json
from visavis.errors import AuditError

__all__ = ["SqlAudit"]

_ONLY: Final = 1
_NOTE: Final = sa.insert(audit_queue)
_WAITING: Final = sa.select(audit_queue).order_by(audit_queue.c.number).limit(sa.bindparam("most", type_=sa.Integer))
_TAIL: Final = sa.select(audit_tail).where(audit_tail.c.id == _ONLY)


class SqlAudit:
    """A `visavis.audit.queue.AuditTables`."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def note(self, act: Act) -> None:
        self._connection.execute(_NOTE, {"act": canonical_json(act.as_data()).decode()})

    def waiting(self, *, limit: int) -> tuple[tuple[int, Act], ...]:
        rows = self._connection.execute(_WAITING, {"most": limit})
        return tuple((row.number, read_act(as_bytes(row.act))) for row in rows)

    def queued(self) -> int:
        return self._connection.execute(sa.select(sa.func.count()).select_from(audit_queue)).scalar_one()

    def drop(self, numbers: Iterable[int]) -> None:
        self._connection.execute(sa.delete(audit_queue).where(audit_queue.c.number.in_(list(numbers))))

    def tail(self) -> Tail:
        row = self._connection.execute(_TAIL.with_for_update()).one_or_none()
        if row is None:
            empty = {"id": _ONLY, "size": 0, "previous": Tail().previous, "tops": b"", "heads": 0}
            insert_new(self._connection, audit_tail, empty)  # waits for who is about to do the same
            row = self._connection.execute(_TAIL.with_for_update()).one()
        return _tail(row)

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
        self._connection.execute(sa.update(audit_tail).where(audit_tail.c.id == _ONLY).values(values))

    def node(self, level: int, index: int) -> bytes:
        seq = (index + 1 << level) - 1
        statement = sa.select(audit_entries.c.nodes).where(audit_entries.c.seq == seq)
        nodes = split_hashes(self._connection.execute(statement).scalar_one_or_none() or b"")
        if level >= len(nodes):
            raise LookupError("there is no such subtree")
        return nodes[level]

    def add_head(self, head: SignedHead) -> None:
        values = {"number": head.head.number, "size": head.head.size, "token": head.token}
        self._connection.execute(sa.insert(audit_heads), values)
        more = sa.update(audit_tail).where(audit_tail.c.id == _ONLY).values(heads=audit_tail.c.heads + 1)
        self._connection.execute(more)

    def last_head(self) -> SignedHead | None:
        newest = sa.select(audit_heads.c.token).order_by(audit_heads.c.number.desc()).limit(1)
        token = self._connection.execute(newest).scalar_one_or_none()
        return None if token is None else SignedHead(head=head_as_written(token), token=token)

    def ends(self) -> Ends:
        # the tail last: whoever writes in between moves it as well
        rows, heads = self._past(audit_entries.c.seq), self._past(audit_heads.c.number)
        row = self._connection.execute(_TAIL).one_or_none()
        tail, count = (Tail(), 0) if row is None else (_tail(row), row.heads)
        return Ends(tail=tail, heads=count, past_rows=rows, past_heads=heads)

    def _past(self, key: sa.Column[int]) -> int:
        last: int | None = self._connection.execute(sa.select(sa.func.max(key))).scalar_one_or_none()
        return 0 if last is None else last + 1

    def rows(self, after: int | None, *, limit: int) -> tuple[StoredRow, ...]:
        found = self._connection.execute(_behind(audit_entries, audit_entries.c.seq, after).limit(limit))
        return tuple(StoredRow(seq=row.seq, row=as_bytes(row.row), nodes=as_bytes(row.nodes)) for row in found)

    def heads(self, after: int | None, *, limit: int) -> tuple[StoredHead, ...]:
        found = self._connection.execute(_behind(audit_heads, audit_heads.c.number, after).limit(limit))
        return tuple(StoredHead(number=row.number, size=row.size, token=str(row.token)) for row in found)


def _tail(row: Row[Any]) -> Tail:
    """Raises AuditError ``audit_tail_mismatch`` where somebody made of it what is none."""
    try:
        return Tail(Frontier(row.size, split_hashes(row.tops)), row.previous)
    except (ValueError, TypeError) as error:
        raise AuditError("audit_tail_mismatch", "The tail of the audit log is none.") from error


def _behind(table: sa.Table, key: sa.Column[int], after: int | None) -> sa.Select[Any]:
    statement = sa.select(table).order_by(key)
    return statement if after is None else statement.where(key > after)


def split_hashes(data: bytes) -> tuple[bytes, ...]:
    return tuple(data[place : place + HASH_BYTES] for place in range(0, len(data), HASH_BYTES))


def as_bytes(value: Any) -> bytes:  # noqa: ANN401 - SQLite keeps in a column what somebody puts there
    """What stands in a column of text, whatever that is: it is held against a hash."""
    return value if isinstance(value, bytes) else str(value).encode(errors="surrogateescape")
