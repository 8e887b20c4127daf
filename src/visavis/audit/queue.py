"""From the queue into the log: acts are noted where they happen, and put into their places a moment later.

An act is noted in the transaction of what it tells of, so that the two are there together or not at all; nobody waits
for the log's tail to do it. A sequencer takes what was noted, in the order of its numbers, and writes the chain. It
holds the tail until it is done, so there is one at a time, however many processes there are. What was noted is dropped
from the queue in the transaction that writes its row: no act is lost, and none is there twice.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Protocol

from visavis.audit.entry import Act
from visavis.audit.log import Extension, SignedHead, Tail, extend

__all__ = ["AuditTables", "Ends", "StoredHead", "StoredRow", "sequence"]


@dataclass(frozen=True, slots=True, kw_only=True)
class StoredRow:
    """A row as it stands in a store. ``nodes``: the hashes of the subtrees it finished, from the leaf upwards, one
    behind the other.
    """

    seq: int
    row: bytes
    nodes: bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class StoredHead:
    number: int
    size: int
    token: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Ends:
    """Where a store says that its log ends: its tail, and how many ``heads`` there are. ``past_rows``, ``past_heads``:
    one more than the greatest numbers that stand in the store, looked up before: what was put in behind the end.
    """

    tail: Tail
    heads: int
    past_rows: int
    past_heads: int


class AuditTables(Protocol):
    """The audit log within a unit of work: rows and heads are never changed or removed."""

    def note(self, act: Act) -> None:
        """Put it into the queue."""
        ...

    def waiting(self, *, limit: int) -> tuple[tuple[int, Act], ...]:
        """What is in the queue, by number, the oldest first."""
        ...

    def queued(self) -> int:
        """How many wait."""
        ...

    def drop(self, numbers: Iterable[int]) -> None:
        """Take out of the queue what has its row."""
        ...

    def tail(self) -> Tail:
        """Where the log ends. Nobody else moves it until the unit of work ends."""
        ...

    def append(self, extension: Extension) -> None:
        """Write it behind the tail, which this unit of work holds."""
        ...

    def add_head(self, head: SignedHead) -> None:
        """Behind the last head; this unit of work holds the tail."""
        ...

    def last_head(self) -> SignedHead | None: ...

    def node(self, level: int, index: int) -> bytes:
        """The subtree at (level, index), as `visavis.audit.merkle.Nodes`. Raises LookupError."""
        ...

    def ends(self) -> Ends: ...

    def rows(self, after: int | None, *, limit: int) -> tuple[StoredRow, ...]:
        """In order, behind number ``after``; None begins with whatever stands first."""
        ...

    def heads(self, after: int | None, *, limit: int) -> tuple[StoredHead, ...]:
        """As `rows`."""
        ...


def sequence(tables: AuditTables, *, limit: int) -> int:
    """Put some of what waits into the log; how many they were, 0 where nothing waits."""
    if not tables.waiting(limit=1):
        return 0  # most looks find nothing, and should make nobody wait
    tail = tables.tail()
    waiting = tables.waiting(limit=limit)  # again: another worker may have been here
    if waiting:
        tables.append(extend(tail, [act for _, act in waiting]))
        tables.drop(number for number, _ in waiting)
    return len(waiting)
