"""Where the statuses of attestations stand: places in lists that all relying parties share.

One list for all, and not one a party: an attestation's list would else say to whoever sees it for whom it was made, the
number of places given would tell everybody how much business a party does, and a small party's list would be a small
herd, in which a status that is looked up or revoked points at few. A place is drawn at random among all that are free,
so it tells nothing of when the attestation was made beyond which list of a hundred thousand it is in, and neighbours in
the list have nothing in common. (draft-ietf-oauth-status-list-17, sections 12.4 to 12.6)
"""

from collections.abc import Callable
from datetime import datetime
from typing import Final, Self

from visavis.attestation.status_list import LIST_SIZE, Status, StatusList, StatusReference
from visavis.errors import TokenError
from visavis.service.ports import Transactions, UnitOfWork
from visavis.service.status_ports import ListRow
from visavis.service.transactions import Joined, committed

__all__ = ["StoredStatusRegister", "revoke_attestation", "set_status"]

_DRAWS: Final = 32
"""Places that are drawn at once. Where none of them is free, the list is about three quarters full, and another is
begun: no counter is needed, on which everybody would wait for everybody."""


class StoredStatusRegister:
    """A `visavis.attestation.status_list.StatusRegister` over a store. Lists are at ``base/1``, ``base/2``, ...

    ``size``: places in a list, a power of two. Safe from several threads and processes.
    """

    def __init__(
        self, *, storage: Transactions, base: str, entropy: Callable[[int], bytes], size: int = LIST_SIZE
    ) -> None:
        if size < 1 or size & size - 1:
            raise ValueError("the size of a list is a power of two")
        self._storage = storage
        self._base = base
        self._entropy = entropy
        self._size = size

    def within(self, unit: UnitOfWork) -> Self:
        """The same, as part of a unit of work that somebody else ends."""
        return type(self)(storage=Joined(unit), base=self._base, entropy=self._entropy, size=self._size)

    def allocate(self) -> StatusReference:
        """A place of its own for a new attestation, valid."""
        return committed(self._storage, self._allocate)

    def set_status(self, reference: StatusReference, status: Status) -> None:
        """Raises TokenError ``status_unknown_place``, ``status_final``."""
        committed(self._storage, lambda unit: set_status(unit, reference, status))

    def statuses(self, uri: str) -> StatusList:
        """A list as it is now. Raises TokenError ``status_unknown_place``."""
        with self._storage.reading() as unit:
            row = unit.statuses.find_list(uri)
            marked = unit.statuses.marked(row.number) if row is not None else {}
        if row is None:
            raise _unknown_place()
        made = StatusList(row.size)
        for index, status in marked.items():
            made[index] = status
        return made

    def _allocate(self, unit: UnitOfWork) -> StatusReference:
        number = unit.statuses.newest()
        while True:
            row = unit.statuses.list_of(number)
            if row is not None and row.uri == f"{self._base}/{number}":
                index = unit.statuses.take(number, self._draw(row.size))
                if index is not None:
                    return StatusReference(uri=row.uri, index=index)
            number += 1
            unit.statuses.begin(ListRow(number=number, uri=f"{self._base}/{number}", size=self._size))

    def _draw(self, size: int) -> tuple[int, ...]:
        return tuple(int.from_bytes(self._entropy(8), "big") % size for _ in range(_DRAWS))


def set_status(unit: UnitOfWork, reference: StatusReference, status: Status) -> None:
    """As `StoredStatusRegister.set_status`."""
    row = unit.statuses.find_list(reference.uri)
    present = unit.statuses.status(row.number, reference.index) if row is not None else None
    if row is None or present is None:
        raise _unknown_place()
    if present == Status.INVALID and status is not Status.INVALID:
        raise TokenError("status_final", "What was revoked stays revoked.", advice="Issue a new attestation.")
    unit.statuses.put(row.number, reference.index, status)


def revoke_attestation(unit: UnitOfWork, verification: str, at: datetime) -> None:
    """For good, where one was issued: nothing is attested of what was erased."""
    record = unit.attestations.find(verification)
    if record is not None and record.revoked_at is None:
        set_status(unit, StatusReference(uri=record.status_uri, index=record.status_index), Status.INVALID)
        unit.attestations.revoke(verification, at)


def _unknown_place() -> TokenError:
    return TokenError("status_unknown_place", "No attestation has this place in a status list.")
