"""The audit log: append, sign heads, prove.

Where it is kept is behind `AuditStore`. What an append writes is worked out by `extend`, a pure function, so that a
store that has transactions can write a change and the act that records it together or not at all.
"""

import threading
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Final, Protocol

from visavis.attestation.tokens import SigningKey
from visavis.audit.entry import FIRST, Act, Entry
from visavis.audit.heads import TreeHead, head_digest, sign_head
from visavis.audit.merkle import (
    Frontier,
    Node,
    consistency_proof,
    frontier_of,
    inclusion_proof,
    leaf_hash,
    tree_root,
)
from visavis.errors import AuditError

__all__ = [
    "HEAD_EVERY",
    "AuditLog",
    "AuditStore",
    "Extension",
    "MemoryAuditStore",
    "SignedHead",
    "Tail",
    "conflict",
    "extend",
    "head_is_due",
    "next_head",
]

HEAD_EVERY: Final = timedelta(hours=1)


@dataclass(frozen=True, slots=True)
class Tail:
    """All that an append needs of what is there already: a few hundred bytes, however long the log."""

    frontier: Frontier = field(default_factory=Frontier)
    previous: bytes = FIRST
    """The leaf hash of the last entry."""

    @property
    def size(self) -> int:
        return self.frontier.size


@dataclass(frozen=True, slots=True, kw_only=True)
class Extension:
    """What is to be written for some acts: rows, the subtrees they finish, and the tail afterwards."""

    entries: tuple[Entry, ...]
    rows: tuple[bytes, ...]
    nodes: tuple[Node, ...]
    tail: Tail


def extend(tail: Tail, acts: Sequence[Act]) -> Extension:
    """Put acts behind ``tail``. O(log n) hashes an act at most, two on average."""
    entries: list[Entry] = []
    rows: list[bytes] = []
    nodes: list[Node] = []
    frontier, previous = tail.frontier, tail.previous
    for act in acts:
        entry = Entry(seq=frontier.size, previous=previous, act=act)
        row = entry.as_row()
        previous = leaf_hash(row)
        frontier, made = frontier.append(previous)
        entries.append(entry)
        rows.append(row)
        nodes += made
    return Extension(entries=tuple(entries), rows=tuple(rows), nodes=tuple(nodes), tail=Tail(frontier, previous))


@dataclass(frozen=True, slots=True, kw_only=True)
class SignedHead:
    """``token`` is what is published; ``head`` says the same."""

    head: TreeHead
    token: str


def next_head(tail: Tail, last: SignedHead | None, *, log: str, now: datetime, key: SigningKey) -> SignedHead:
    """The head over all that ``tail`` ends, behind the last one."""
    head = TreeHead(
        log=log,
        number=last.head.number + 1 if last else 0,
        previous=head_digest(last.token) if last else None,
        at=now,
        size=tail.size,
        root=tail.frontier.root(),
    )
    return SignedHead(head=head, token=sign_head(head, key))


def head_is_due(size: int, last: SignedHead | None, *, now: datetime, every: timedelta) -> bool:
    """Whether there are rows that no head covers, and the last head is that old."""
    if last is None:
        return size > 0
    return size > last.head.size and now - last.head.at >= every


class AuditStore(Protocol):
    """Rows, subtrees and heads, none of which is ever changed or removed. Safe from several threads."""

    def size(self) -> int:
        """How many rows there are."""
        ...

    def append(self, extension: Extension, *, after: int) -> None:
        """Write it, whole or not at all, behind the first ``after`` rows.

        Raises `visavis.errors.AuditError`, ``audit_conflict``, where there are more or fewer: somebody else was first.
        """
        ...

    def rows(self, start: int = 0, stop: int | None = None) -> Iterator[bytes]: ...

    def node(self, level: int, index: int) -> bytes:
        """The subtree at (level, index), as `visavis.audit.merkle.Nodes`."""
        ...

    def append_head(self, head: SignedHead) -> None:
        """Raises AuditError ``audit_conflict`` where its number is taken, or its size is no longer that of the log."""
        ...

    def last_head(self) -> SignedHead | None: ...


class MemoryAuditStore:
    """For tests, and the model of what every store does."""

    def __init__(self) -> None:
        self._rows: list[bytes] = []
        self._nodes: dict[tuple[int, int], bytes] = {}
        self._heads: list[SignedHead] = []
        self._lock = threading.Lock()

    def size(self) -> int:
        return len(self._rows)

    def append(self, extension: Extension, *, after: int) -> None:
        with self._lock:
            if len(self._rows) != after:
                raise conflict()
            self._rows += extension.rows
            self._nodes.update({(node.level, node.index): node.hash for node in extension.nodes})

    def rows(self, start: int = 0, stop: int | None = None) -> Iterator[bytes]:
        return iter(self._rows[start:stop])

    def node(self, level: int, index: int) -> bytes:
        return self._nodes[level, index]

    def append_head(self, head: SignedHead) -> None:
        with self._lock:
            if head.head.number != len(self._heads) or head.head.size != len(self._rows):
                raise conflict()
            self._heads.append(head)

    def last_head(self) -> SignedHead | None:
        return self._heads[-1] if self._heads else None


class AuditLog:
    """The log named ``name``, in ``store``. Safe from several threads; several processes, as far as the store is."""

    def __init__(self, store: AuditStore, *, name: str, attempts: int = 20) -> None:
        self._store, self._name, self._attempts = store, name, attempts
        self._lock = threading.Lock()
        self._tail = self._read_tail()

    @property
    def name(self) -> str:
        return self._name

    def record(self, *acts: Act) -> tuple[Entry, ...]:
        """Append acts, all of them or none. When this returns, they are written.

        Raises `visavis.errors.AuditError`, ``audit_conflict``, where others were first again and again.
        """
        with self._lock:
            for attempt in range(self._attempts):
                extension = extend(self._tail, acts)
                try:
                    self._store.append(extension, after=self._tail.size)
                except AuditError as error:
                    if error.code != CONFLICT or attempt == self._attempts - 1:
                        raise
                    self._tail = self._read_tail()
                else:
                    self._tail = extension.tail
                    return extension.entries
        raise conflict()

    def sign_head(self, *, now: datetime, key: SigningKey) -> SignedHead:
        """A head over every row there is. Raises AuditError as `record`."""
        with self._lock:
            for attempt in range(self._attempts):
                signed = next_head(self._read_tail(), self._store.last_head(), log=self._name, now=now, key=key)
                try:
                    self._store.append_head(signed)
                except AuditError as error:
                    if error.code != CONFLICT or attempt == self._attempts - 1:
                        raise
                else:
                    return signed
        raise conflict()

    def head_due(self, now: datetime, *, every: timedelta = HEAD_EVERY) -> bool:
        """Whether there are rows that no head covers, and the last head is that old."""
        return head_is_due(self._store.size(), self._store.last_head(), now=now, every=every)

    def prove_inclusion(self, index: int, *, size: int) -> tuple[bytes, ...]:
        """That row ``index`` is under the head over ``size`` rows. Raises IndexError where it is not."""
        return inclusion_proof(self._store.node, index=index, size=size)

    def prove_consistency(self, first: int, second: int) -> tuple[bytes, ...]:
        """That the log of ``second`` rows begins with that of ``first``. Raises IndexError where it cannot."""
        if second > self._store.size():
            raise IndexError(f"the log has no {second} rows")
        return consistency_proof(self._store.node, first=first, second=second)

    def root(self, size: int) -> bytes:
        """The root as it was at ``size`` rows."""
        return tree_root(self._store.node, size)

    def _read_tail(self) -> Tail:
        size = self._store.size()
        if size == 0:
            return Tail()
        return Tail(frontier_of(self._store.node, size), self._store.node(0, size - 1))


CONFLICT: Final = "audit_conflict"


def conflict() -> AuditError:
    return AuditError("audit_conflict", "Somebody else wrote to the audit log first.", advice="Try again.")
