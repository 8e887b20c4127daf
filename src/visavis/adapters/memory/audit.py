"""The audit log, in memory."""

from collections.abc import Iterable

from visavis.adapters.memory.tables import Journal, Table
from visavis.audit.entry import Act
from visavis.audit.log import Extension, SignedHead, Tail
from visavis.audit.queue import Ends, StoredHead, StoredRow

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

    def queued(self) -> int:
        return len(self._queue.keys())

    def drop(self, numbers: Iterable[int]) -> None:
        for number in numbers:
            self._queue.drop(number)

    def tail(self) -> Tail:
        return self._tail.get(None) or Tail()

    def append(self, extension: Extension) -> None:
        for entry, row in zip(extension.entries, extension.rows, strict=True):
            self._rows.put(entry.seq, row)
        for node in extension.nodes:
            self._nodes.put((node.level, node.index), node.hash)
        self._tail.put(None, extension.tail)

    def node(self, level: int, index: int) -> bytes:
        found = self._nodes.get((level, index))
        if found is None:
            raise LookupError("there is no such subtree")
        return found

    def add_head(self, head: SignedHead) -> None:
        self._heads.put(head.head.number, head)

    def last_head(self) -> SignedHead | None:
        return max(self._heads, key=lambda item: item.head.number, default=None)

    def ends(self) -> Ends:
        rows, heads = len(self._rows.keys()), len(self._heads.keys())
        return Ends(tail=self.tail(), heads=heads, past_rows=rows, past_heads=heads)

    def rows(self, after: int | None, *, limit: int) -> tuple[StoredRow, ...]:
        start = 0 if after is None else after + 1
        found = ((seq, self._rows.get(seq)) for seq in range(start, min(start + limit, self.tail().size)))
        return tuple(StoredRow(seq=seq, row=row, nodes=self._made_by(seq)) for seq, row in found if row is not None)

    def heads(self, after: int | None, *, limit: int) -> tuple[StoredHead, ...]:
        heads = sorted((item.head.number, item) for item in self._heads if after is None or item.head.number > after)
        return tuple(StoredHead(number=number, size=item.head.size, token=item.token) for number, item in heads[:limit])

    def _made_by(self, seq: int) -> bytes:
        """Subtree (level, index) is finished by row ``((index + 1) << level) - 1``."""
        levels = ((seq + 1) & -(seq + 1)).bit_length()
        return b"".join(self.node(level, (seq + 1 >> level) - 1) for level in range(levels))
