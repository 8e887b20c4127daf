"""Verify an audit log where it is kept, row by row, and give it out as a file that is verified alike.

Beside what a log's file shows (`visavis.audit.checking`), a store has numbers, subtrees and a tail of its own. They are
held against the rows, so that whatever single row of these tables somebody changed, removed, put in or moved is found,
also behind the last head. The log may grow meanwhile: what is looked at is as long as it was at the beginning.
"""

from collections.abc import Iterator, Sequence
from typing import Final

from visavis.attestation.public_keys import KeySet
from visavis.audit.checking import AuditReport, LogWalk, head_line
from visavis.audit.queue import Ends, StoredHead, StoredRow
from visavis.errors import AuditError
from visavis.service.ports import Transactions

__all__ = ["check_stored", "stored_lines"]

_TOGETHER: Final = 500


def check_stored(storage: Transactions, *, keys: KeySet, log: str, known_heads: Sequence[str] = ()) -> AuditReport:
    """Verify the log in a store; with a few hundred rows in memory at a time, and no long transaction.

    Raises `visavis.errors.AuditError` as `visavis.audit.checking.check_log`, and ``audit_subtree_mismatch``,
    ``audit_tail_mismatch``.
    """
    walk = LogWalk(keys=keys, log=log, known_heads=known_heads)
    ends = _ends(storage)
    for item in _in_order(storage, ends):
        if isinstance(item, StoredHead):
            if item.number != walk.heads or item.size != walk.size:
                raise AuditError("audit_head_out_of_order", f"Head {item.number} stands in the wrong place.")
            walk.step(head_line(item.token))
            continue
        if item.seq != walk.size:
            raise AuditError("audit_row_out_of_order", f"Row {item.seq} stands where row {walk.size} should be.")
        made = walk.step(item.row)
        if b"".join(node.hash for node in made) != item.nodes:
            raise AuditError("audit_subtree_mismatch", f"The subtrees of row {item.seq} are not those of its log.")
    put_in = ends.past_rows > ends.tail.size or ends.past_heads > ends.heads
    if walk.tail != ends.tail or walk.heads != ends.heads or put_in:
        raise AuditError(
            "audit_tail_mismatch",
            f"The log ends with {walk.size} rows and {walk.heads} heads, and its tail says otherwise: "
            "rows were taken away or put in at its end.",
        )
    return walk.report()


def stored_lines(storage: Transactions) -> Iterator[bytes]:
    """The log in a store as the lines of a log's file: see `visavis.audit.checking.check_log`. Nothing is verified."""
    for item in _in_order(storage, _ends(storage)):
        yield head_line(item.token) if isinstance(item, StoredHead) else item.row


def _ends(storage: Transactions) -> Ends:
    with storage.reading() as unit:
        return unit.audit.ends()


def _in_order(storage: Transactions, ends: Ends) -> Iterator[StoredRow | StoredHead]:
    """Rows, and each head behind the rows that it covers, as its place says."""
    heads = _heads(storage, ends.heads)
    head = next(heads, None)
    for seen, row in enumerate(_rows(storage, ends.tail.size)):
        while head is not None and head.size <= seen:
            yield head
            head = next(heads, None)
        yield row
    while head is not None:
        yield head
        head = next(heads, None)


def _rows(storage: Transactions, stop: int) -> Iterator[StoredRow]:
    after: int | None = None
    while True:
        with storage.reading() as unit:
            rows = unit.audit.rows(after, limit=_TOGETHER)
        yield from (row for row in rows if row.seq < stop)
        if not rows or rows[-1].seq >= stop:
            return
        after = rows[-1].seq


def _heads(storage: Transactions, stop: int) -> Iterator[StoredHead]:
    after: int | None = None
    while True:
        with storage.reading() as unit:
            heads = unit.audit.heads(after, limit=_TOGETHER)
        yield from (head for head in heads if head.number < stop)
        if not heads or heads[-1].number >= stop:
            return
        after = heads[-1].number
