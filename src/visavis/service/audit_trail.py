"""The audit log of a service: its sequencer, its heads and its proofs, over whatever store there is."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import timedelta
from typing import Final

from visavis.attestation.tokens import SigningKey
from visavis.audit.log import HEAD_EVERY, SignedHead, head_is_due, next_head
from visavis.audit.merkle import consistency_proof, inclusion_proof
from visavis.audit.queue import sequence
from visavis.clock import Clock
from visavis.service.ports import Transactions, UnitOfWork
from visavis.service.transactions import committed

__all__ = ["AuditTrail", "Proof"]

_TOGETHER: Final = 200
_AT_A_TIME: Final = 25
"""Acts put into the log in one piece: SQLite has one writer, for whom everybody waits meanwhile."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Proof:
    """Hashes by which anybody can tell that a head of ``size`` rows covers a row, or the rows of an older head.

    ``head`` is the last head that was signed, over ``size`` rows. See `visavis.audit.merkle.verify_inclusion` and
    `visavis.audit.merkle.verify_consistency`.
    """

    head: str
    size: int
    hashes: tuple[bytes, ...]


class AuditTrail:
    """The log named ``name``. ``key`` gives the key that signs heads now. Safe from several threads and processes."""

    def __init__(self, *, storage: Transactions, clock: Clock, name: str, key: Callable[[], SigningKey]) -> None:
        self._storage = storage
        self._clock = clock
        self._name = name
        self._key = key

    @property
    def name(self) -> str:
        return self._name

    def sequence(self) -> int:
        """Put some of what was noted into the log; returns how many acts, 0 where none waits.

        One worker at a time moves the log on; the others wait for it, and take what is left.
        """
        return committed(self._storage, lambda unit: sequence(unit.audit, limit=_AT_A_TIME))

    def sign_head(self) -> SignedHead:
        """A head over all that was noted until now."""
        self._sequence_all()
        return committed(self._storage, self._sign)

    def sign_head_if_due(self, *, every: timedelta = HEAD_EVERY) -> int:
        """Sign a head where rows wait for one and the last is that old; returns how many were signed."""
        self._sequence_all()

        def work(unit: UnitOfWork) -> int:
            tail = unit.audit.tail()  # held from here on: no two workers sign for the same hour
            if not head_is_due(tail.size, unit.audit.last_head(), now=self._clock.now(), every=every):
                return 0
            self._sign(unit)
            return 1

        return committed(self._storage, work)

    def last_head(self) -> SignedHead | None:
        with self._storage.reading() as unit:
            return unit.audit.last_head()

    def heads(self) -> Iterator[str]:
        """All of them, the first signed first."""
        after: int | None = None
        while True:
            with self._storage.reading() as unit:
                heads = unit.audit.heads(after, limit=_TOGETHER)
            if not heads:
                return
            yield from (head.token for head in heads)
            after = heads[-1].number

    def prove_inclusion(self, index: int) -> Proof:
        """That row ``index`` is under the last head. Raises IndexError where it is not."""
        with self._storage.reading() as unit:
            head = _last(unit)
            hashes = inclusion_proof(unit.audit.node, index=index, size=head.head.size)
            return Proof(head=head.token, size=head.head.size, hashes=hashes)

    def prove_consistency(self, first: int) -> Proof:
        """That the last head covers all that a head over ``first`` rows did. Raises IndexError where it cannot."""
        with self._storage.reading() as unit:
            head = _last(unit)
            hashes = consistency_proof(unit.audit.node, first=first, second=head.head.size)
            return Proof(head=head.token, size=head.head.size, hashes=hashes)

    def _sequence_all(self) -> None:
        while self.sequence():
            pass

    def _sign(self, unit: UnitOfWork) -> SignedHead:
        tail = unit.audit.tail()
        signed = next_head(tail, unit.audit.last_head(), log=self._name, now=self._clock.now(), key=self._key())
        unit.audit.add_head(signed)
        return signed


def _last(unit: UnitOfWork) -> SignedHead:
    head = unit.audit.last_head()
    if head is None:
        raise IndexError("no head was signed yet")
    return head
