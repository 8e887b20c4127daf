"""The audit log, in memory."""

from collections.abc import Iterable

from visavis.adapters.memory.tables import Journal, Table
from visavis.audit.entry import Act
from visavis.audit.log import Extension, SignedHead, Tail, conflict

__all__ = ["MemoryAudit"]


class MemoryAudit:
    """A `visavis.audit.queue.AuditTables`."""

    def __init__(self, journal: Journal) -> None:
        self._queue: Table[int, Act] = Table(journal)
        self._rows: Table[int, bytes] = Table(journal)
        self._nodes: Table[tuple[int, int], bytes] = Table(journal)
        self._heads: Table[int, SignedHead] = Table(journal)
        self._tail: Table[None, Tail] = Table(journal)
        self._noted = 0  # grows over what was undone as well, as a database's numbers do

    def note(self, act: Act) -> None:
        self._noted += 1
        self._queue.put(self._noted, act)

    def waiting(self, *, limit: int) -> tuple[tuple[int, Act], ...]:
        return tuple(sorted(self._queue.items(), key=lambda item: item[0])[:limit])

    def drop(self, numbers: Iterable[int]) -> None:
        for number in numbers:
            self._queue.drop(number)

    def tail(self, *, lock: bool = False) -> Tail:  # noqa: ARG002 - alone
        return self._tail.get(None) or Tail()

    def append(self, extension: Extension) -> None:
        for entry, row in zip(extension.entries, extension.rows, strict=True):
            self._rows.put(entry.seq, row)
        for node in extension.nodes:
            self._nodes.put((node.level, node.index), node.hash)
        self._tail.put(None, extension.tail)

    def rows(self, start: int, *, limit: int) -> tuple[bytes, ...]:
        size = self.tail().size
        found = (self._rows.get(seq) for seq in range(start, min(start + limit, size)))
        return tuple(row for row in found if row is not None)

    def node(self, level: int, index: int) -> bytes:
        found = self._nodes.get((level, index))
        if found is None:
            raise LookupError("there is no such subtree")
        return found

    def add_head(self, head: SignedHead) -> None:
        if head.head.number in self._heads:
            raise conflict()
        self._heads.put(head.head.number, head)

    def last_head(self) -> SignedHead | None:
        return max(self._heads, key=lambda item: item.head.number, default=None)
