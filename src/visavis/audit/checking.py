"""Verify a whole log, row by row, in one pass and with a few hundred bytes of memory.

What is found
    - A row that was changed, removed, put in or moved: its number, its form, or the hash that the next one names is
      wrong. The last row before a head is held by the head.
    - A head that was changed, removed or moved: heads are numbered and name each other.
    - A log that was cut off or written anew as a whole: it no longer fits a head that somebody kept elsewhere. Without
      such a head nobody could tell, so heads are to be published or handed to somebody else.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from visavis.attestation.public_keys import KeySet
from visavis.attestation.strict_json import json_object
from visavis.audit.entry import MAX_ROW_BYTES, read_entry
from visavis.audit.heads import TreeHead, head_digest, read_head
from visavis.audit.log import SignedHead, Tail
from visavis.audit.merkle import Node
from visavis.decision.canonical import canonical_json
from visavis.errors import AuditError

__all__ = ["HEAD_PREFIX", "MAX_LINE_BYTES", "AuditReport", "LogWalk", "check_log", "head_line", "head_token"]

HEAD_KEY: Final = "head"
MAX_LINE_BYTES: Final = MAX_ROW_BYTES
HEAD_PREFIX: Final = b'{"head":'
"""How the line of a head begins, and that of no row."""


def head_line(token: str) -> bytes:
    """A head as a line of a log's file, between the rows before and after it."""
    return canonical_json({HEAD_KEY: token})


@dataclass(frozen=True, slots=True, kw_only=True)
class AuditReport:
    """A log that holds together. ``covered``: how many of its rows the last head covers. The rows after that are held
    by their chain alone: the last of them could be changed or taken away unnoticed until a head is signed.
    """

    rows: int
    covered: int
    heads: int
    root: bytes
    last_head: TreeHead | None
    first_at: datetime | None
    last_at: datetime | None
    known_heads: int

    @property
    def whole(self) -> bool:
        return self.covered == self.rows


def check_log(lines: Iterable[bytes], *, keys: KeySet, log: str, known_heads: Sequence[str] = ()) -> AuditReport:
    """Verify the lines of a log's file, without their ends. ``known_heads``: tokens of heads that were kept elsewhere.

    Raises `visavis.errors.AuditError` at the first thing that is wrong: ``audit_row_malformed``,
    ``audit_row_out_of_order``, ``audit_chain_broken``, ``audit_head_invalid``, ``audit_head_of_another_log``,
    ``audit_head_out_of_order``, ``audit_head_mismatch``, ``audit_history_rewritten``, ``audit_log_cut_off``.
    """
    walk = LogWalk(keys=keys, log=log, known_heads=known_heads)
    for line in lines:
        walk.step(line)
    return walk.report()


class LogWalk:
    """A log as far as it was read. Raises as `check_log`."""

    def __init__(self, *, keys: KeySet, log: str, known_heads: Sequence[str] = ()) -> None:
        self._keys, self._log = keys, log
        known = (read_head(token, keys=keys, log=log) for token in known_heads)
        self._known = sorted(known, key=lambda head: head.size)
        self._known_count = len(self._known)
        self._tail = Tail()
        self._lines = self._heads = 0
        self._head: SignedHead | None = None
        self._first_at: datetime | None = None
        self._last_at: datetime | None = None
        self._hold_against_known()

    @property
    def size(self) -> int:
        """Rows, without heads."""
        return self._tail.size

    @property
    def tail(self) -> Tail:
        return self._tail

    @property
    def heads(self) -> int:
        return self._heads

    @property
    def last_head(self) -> SignedHead | None:
        return self._head

    def step(self, line: bytes) -> tuple[Node, ...]:
        """Take the next line. The subtrees that it finished; none, if it is a head."""
        self._lines += 1
        try:
            return self._take(line)
        except AuditError as error:
            raise AuditError(error.code, f"Line {self._lines}: {error.message}", advice=error.advice) from error

    def _take(self, line: bytes) -> tuple[Node, ...]:
        if len(line) > MAX_LINE_BYTES:
            raise AuditError("audit_row_malformed", "A row of the log is too long.")
        if line.startswith(HEAD_PREFIX):
            self._take_head(line)
            return ()
        made = self._take_row(line)
        self._hold_against_known()
        return made

    def _take_row(self, line: bytes) -> tuple[Node, ...]:
        entry, leaf = read_entry(line)
        if entry.seq != self._tail.size:
            raise AuditError("audit_row_out_of_order", f"Row {entry.seq} stands where row {self._tail.size} should be.")
        if entry.previous != self._tail.previous:
            raise AuditError(
                "audit_chain_broken", f"Row {entry.seq} does not follow the row before it: one of the two was changed."
            )
        frontier, made = self._tail.frontier.append(leaf)
        self._tail = Tail(frontier, leaf)
        self._first_at = self._first_at or entry.act.at
        self._last_at = entry.act.at
        return made

    def _take_head(self, line: bytes) -> None:
        token = _token(line)
        head = read_head(token, keys=self._keys, log=self._log)
        before = head_digest(self._head.token) if self._head else None
        if head.number != self._heads or head.previous != before:
            raise AuditError("audit_head_out_of_order", f"Head {head.number} does not follow the head before it.")
        if head.size != self._tail.size or head.root != self._tail.frontier.root():
            raise AuditError(
                "audit_head_mismatch", f"Head {head.number} is not over the {self._tail.size} rows before it."
            )
        self._head, self._heads = SignedHead(head=head, token=token), self._heads + 1

    def _hold_against_known(self) -> None:
        """Those of the heads kept elsewhere that are over just as many rows as were seen."""
        while self._known and self._known[0].size == self._tail.size:
            if self._known.pop(0).root != self._tail.frontier.root():
                raise AuditError(
                    "audit_history_rewritten",
                    f"The first {self._tail.size} rows are not those of a head that was kept elsewhere.",
                )

    def report(self) -> AuditReport:
        if self._known:
            raise AuditError(
                "audit_log_cut_off",
                f"There are {self._tail.size} rows, and a head that was kept elsewhere is over {self._known[0].size}.",
            )
        return AuditReport(
            rows=self._tail.size,
            covered=self._head.head.size if self._head else 0,
            heads=self._heads,
            root=self._tail.frontier.root(),
            last_head=self._head.head if self._head else None,
            first_at=self._first_at,
            last_at=self._last_at,
            known_heads=self._known_count,
        )


def head_token(data: bytes) -> str:
    """The token of a head that was kept as it was published, or as its line of the log.

    Raises `visavis.errors.AuditError`, ``audit_head_invalid``.
    """
    if data.startswith(HEAD_PREFIX):
        return _token(data)
    try:
        return data.decode("ascii")
    except ValueError as error:
        raise AuditError("audit_head_invalid", "A head is a token in plain text.") from error


def _token(line: bytes) -> str:
    try:
        table = json_object(line)
    except ValueError:
        table = {}
    token = table.get(HEAD_KEY)
    if not isinstance(token, str) or head_line(token) != line:
        raise AuditError("audit_head_invalid", "A head of the log is not in canonical form.")
    return token
