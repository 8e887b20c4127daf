"""Versions of policies and records of attestations, in tables."""

import dataclasses
from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from visavis.adapters.sql.schema_results import attestations, policies
from visavis.adapters.sql.statements import insert_new
from visavis.service.records import AttestationRecord, PolicyVersion

__all__ = ["SqlAttestations", "SqlPolicies"]


class SqlPolicies:
    """A `visavis.service.ports.PolicyStore`."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def keep(self, version: PolicyVersion) -> bool:
        return insert_new(self._connection, policies, dataclasses.asdict(version))

    def find(self, digest: str) -> PolicyVersion | None:
        row = self._connection.execute(sa.select(policies).where(policies.c.digest == digest)).mappings().one_or_none()
        return None if row is None else PolicyVersion(**row)

    def versions(self, policy: str | None, *, limit: int) -> tuple[PolicyVersion, ...]:
        statement = sa.select(policies)
        if policy is not None:
            statement = statement.where(policies.c.policy == policy)
        order = (policies.c.policy, policies.c.version.desc(), policies.c.since.desc(), policies.c.digest)
        rows = self._connection.execute(statement.order_by(*order).limit(limit)).mappings()
        return tuple(PolicyVersion(**row) for row in rows)


class SqlAttestations:
    """A `visavis.service.ports.AttestationStore`."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def add(self, record: AttestationRecord) -> None:
        self._connection.execute(sa.insert(attestations), dataclasses.asdict(record))

    def find(self, verification: str) -> AttestationRecord | None:
        statement = sa.select(attestations).where(attestations.c.verification == verification)
        row = self._connection.execute(statement).mappings().one_or_none()
        return None if row is None else AttestationRecord(**row)

    def revoke(self, verification: str, at: datetime) -> None:
        known = attestations.c.verification == verification
        statement = sa.update(attestations).where(known, attestations.c.revoked_at.is_(None))
        self._connection.execute(statement.values(revoked_at=at))
