"""From the queue into the log: acts are noted where they happen, and put into their places a moment later.

An act is noted in the transaction of what it tells of, so that the two are there together or not at all; nobody waits
for the log's tail to do it. A sequencer takes what was noted, in the order of its numbers, and writes the chain. It
holds the tail until it is done, so there is one at a time, however many processes there are. What was noted is dropped
from the queue in the transaction that writes its row: no act is lost, and none is there twice.
"""

from collections.abc import Iterable
from typing import Protocol

from visavis.audit.entry import Act
from visavis.audit.log import Extension, SignedHead, Tail, extend

__all__ = ["AuditTables", "sequence"]


class AuditTables(Protocol):
    """The audit log within a unit of work: rows, subtrees and heads are never changed or removed."""

    def note(self, act: Act) -> None:
        """Put it into the queue."""
        ...

    def waiting(self, *, limit: int) -> tuple[tuple[int, Act], ...]:
        """What is in the queue, by number, the oldest first."""
        ...

    def drop(self, numbers: Iterable[int]) -> None:
        """Take out of the queue what has its row."""
        ...

    def tail(self, *, lock: bool = False) -> Tail:
        """Where the log ends. With ``lock`` nobody else moves it until the unit of work ends."""
        ...

    def append(self, extension: Extension) -> None:
        """Write it behind a tail that this unit of work has locked."""
        ...

    def rows(self, start: int, *, limit: int) -> tuple[bytes, ...]:
        """From row ``start`` on."""
        ...

    def node(self, level: int, index: int) -> bytes:
        """The subtree at (level, index), as `visavis.audit.merkle.Nodes`. Raises LookupError."""
        ...

    def add_head(self, head: SignedHead) -> None: ...

    def last_head(self) -> SignedHead | None: ...


def sequence(tables: AuditTables, *, limit: int) -> int:
    """Put some of what waits into the log; how many it were, 0 where nothing waits."""
    if not tables.waiting(limit=1):
        return 0  # most looks find nothing, and should make nobody wait
    tail = tables.tail(lock=True)
    waiting = tables.waiting(limit=limit)  # again: another worker may have been here
    if waiting:
        tables.append(extend(tail, [act for _, act in waiting]))
        tables.drop(number for number, _ in waiting)
    return len(waiting)
