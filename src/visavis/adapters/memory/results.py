"""Versions of policies and records of attestations, in memory."""

import dataclasses
from datetime import datetime

from visavis.adapters.memory.tables import Journal, Table
from visavis.service.records import AttestationRecord, PolicyVersion

__all__ = ["MemoryAttestations", "MemoryPolicies"]


class MemoryPolicies:
    """A `visavis.service.ports.PolicyStore`."""

    def __init__(self, journal: Journal) -> None:
        self._rows: Table[str, PolicyVersion] = Table(journal)

    def keep(self, version: PolicyVersion) -> bool:
        new = version.digest not in self._rows
        if new:
            self._rows.put(version.digest, version)
        return new

    def find(self, digest: str) -> PolicyVersion | None:
        return self._rows.get(digest)

    def versions(self, policy: str | None, *, limit: int) -> tuple[PolicyVersion, ...]:
        rows = sorted((row for row in self._rows if policy in (None, row.policy)), key=lambda row: row.digest)
        rows.sort(key=lambda row: (row.version, row.since), reverse=True)
        rows.sort(key=lambda row: row.policy)
        return tuple(rows[:limit])


class MemoryAttestations:
    """A `visavis.service.ports.AttestationStore`."""

    def __init__(self, journal: Journal) -> None:
        self._rows: Table[str, AttestationRecord] = Table(journal)

    def add(self, record: AttestationRecord) -> None:
        self._rows.put(record.verification, record)

    def find(self, verification: str) -> AttestationRecord | None:
        return self._rows.get(verification)

    def revoke(self, verification: str, at: datetime) -> None:
        row = self._rows.get(verification)
        if row is not None and row.revoked_at is None:
            self._rows.put(verification, dataclasses.replace(row, revoked_at=at))
