"""Verifications and what is sealed beside them, in memory."""

import dataclasses
from collections.abc import Mapping, Sequence
from datetime import datetime

from visavis.adapters.memory.tables import Journal, Table, newest
from visavis.domain.states import OPEN, Requested, state_name
from visavis.domain.verification import DecisionRecord, Verification
from visavis.service.problems import changed_meanwhile, consented_already, decided_already
from visavis.service.records import Page, WrappedKey

__all__ = ["MemorySealed", "MemoryVerifications"]


class MemoryVerifications:
    """A `visavis.service.ports.VerificationStore`."""

    def __init__(self, journal: Journal) -> None:
        self._rows: Table[str, Verification] = Table(journal)
        self._decisions: Table[str, DecisionRecord] = Table(journal)
        self._receipts: Table[str, Mapping[str, object]] = Table(journal)
        self._uses: Table[str, tuple[str, str, datetime]] = Table(journal)

    def add(self, verification: Verification) -> None:
        self._rows.put(verification.id, verification)

    def find(self, relying_party: str, verification: str, *, lock: bool = False) -> Verification | None:  # noqa: ARG002 - alone
        row = self._rows.get(verification)
        return row if row is not None and row.relying_party == relying_party else None

    def save(self, verification: Verification) -> Verification:
        row = self._rows.get(verification.id)
        if row is None or row.version != verification.version:
            raise changed_meanwhile()
        saved = dataclasses.replace(verification, version=row.version + 1)
        self._rows.put(saved.id, saved)
        return saved

    def page(
        self, relying_party: str, *, limit: int, after: str | None = None, state: str | None = None
    ) -> Page[Verification]:
        rows = tuple(
            row
            for row in self._rows
            if row.relying_party == relying_party and (state is None or state_name(row.state) == state)
        )
        return newest(rows, lambda row: row.id, limit=limit, after=after)

    def overdue(self, now: datetime, *, limit: int) -> tuple[Verification, ...]:
        due = (row for row in self._rows if type(row.state) in OPEN and row.expires_at <= now)
        return tuple(sorted(due, key=lambda row: row.expires_at)[:limit])

    def to_forget(self, now: datetime, *, limit: int) -> tuple[Verification, ...]:
        due = [(row.forget_at, row) for row in self._rows if row.forget_at is not None and row.forget_at <= now]
        return tuple(row for _, row in sorted(due, key=lambda pair: pair[0])[:limit])

    def requested(self) -> tuple[Verification, ...]:
        """Those that wait for the holder's consent."""
        return tuple(row for row in self._rows if isinstance(row.state, Requested))

    def record(self, decision: DecisionRecord) -> None:
        if decision.verification in self._decisions:
            raise decided_already()
        self._decisions.put(decision.verification, decision)

    def decision(self, verification: str) -> DecisionRecord | None:
        return self._decisions.get(verification)

    def keep_receipt(self, verification: str, content: Mapping[str, object]) -> None:
        if verification in self._receipts:
            raise consented_already()
        self._receipts.put(verification, content)

    def receipt(self, verification: str) -> Mapping[str, object] | None:
        return self._receipts.get(verification)

    def use(self, verification: str, *, grant: str, used_for: str, at: datetime) -> bool:
        if verification in self._uses:
            return False
        self._uses.put(verification, (grant, used_for, at))
        return True

    def used(self, verifications: Sequence[str]) -> Mapping[str, datetime]:
        found = {verification: self._uses.get(verification) for verification in verifications}
        return {verification: use[2] for verification, use in found.items() if use is not None}


class MemorySealed:
    """A `visavis.service.ports.SealedStore`."""

    def __init__(self, journal: Journal) -> None:
        self._keys: Table[str, WrappedKey] = Table(journal)
        self._fields: Table[tuple[str, str], bytes] = Table(journal)

    def put_key(self, key: WrappedKey) -> None:
        self._keys.put(key.owner, key)

    def key(self, owner: str) -> WrappedKey | None:
        return self._keys.get(owner)

    def destroy(self, owner: str) -> bool:
        for field in [field for field in self._fields.keys() if field[0] == owner]:  # noqa: SIM118 - a table, no dict
            self._fields.drop(field)
        return self._keys.drop(owner)

    def put(self, owner: str, label: str, sealed: bytes) -> None:
        self._fields.put((owner, label), sealed)

    def get(self, owner: str, label: str) -> bytes | None:
        return self._fields.get((owner, label))

    def labels(self, owner: str) -> tuple[str, ...]:
        return tuple(sorted(label for whose, label in self._fields.keys() if whose == owner))  # noqa: SIM118 - as above

    def wrapped_otherwise(self, master: str, *, limit: int) -> tuple[WrappedKey, ...]:
        return tuple(key for key in self._keys if key.master != master)[:limit]
