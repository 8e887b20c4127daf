"""Verifications, their decisions and receipts, in tables."""

import dataclasses
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, Final

import msgspec
import sqlalchemy as sa
from sqlalchemy.engine import Connection, Row

from visavis.adapters.sql.schema import consent_receipts, decisions, grant_uses, verifications
from visavis.adapters.sql.statements import insert_new, page_of, plain_fields
from visavis.domain.states import OPEN, STATES, Conclusion, state_name
from visavis.domain.verification import DecisionRecord, Opening, Verification
from visavis.service.problems import changed_meanwhile, consented_already, decided_already
from visavis.service.records import Page

__all__ = ["SqlVerifications"]

# made once, since making a statement takes longer than running it
_THIS: Final = verifications.c.id == sa.bindparam("this_id")
_ADD: Final = sa.insert(verifications)
_FIND: Final = sa.select(verifications).where(_THIS, verifications.c.relying_party == sa.bindparam("this_party"))
_FIND_LOCKED: Final = _FIND.with_for_update()
_SAVE: Final = sa.update(verifications).where(_THIS, verifications.c.version == sa.bindparam("this_version"))
_DECISION: Final = sa.select(decisions).where(decisions.c.verification == sa.bindparam("this_id"))


class SqlVerifications:
    """A `visavis.service.ports.VerificationStore`."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def add(self, verification: Verification) -> None:
        self._connection.execute(_ADD, _values(verification))

    def find(self, relying_party: str, verification: str, *, lock: bool = False) -> Verification | None:
        known = {"this_id": verification, "this_party": relying_party}
        row = self._connection.execute(_FIND_LOCKED if lock else _FIND, known).one_or_none()
        return None if row is None else _verification(row)

    def save(self, verification: Verification) -> Verification:
        saved = dataclasses.replace(verification, version=verification.version + 1)
        values = _values(saved)
        values |= {"this_id": values.pop("id"), "this_version": verification.version}
        if self._connection.execute(_SAVE, values).rowcount != 1:
            raise changed_meanwhile()
        return saved

    def page(
        self, relying_party: str, *, limit: int, after: str | None = None, state: str | None = None
    ) -> Page[Verification]:
        statement = sa.select(verifications).where(verifications.c.relying_party == relying_party)
        if state is not None:
            statement = statement.where(verifications.c.state == state)
        return page_of(self._connection, statement, verifications.c.id, _verification, limit=limit, after=after)

    def overdue(self, now: datetime, *, limit: int) -> tuple[Verification, ...]:
        return self._due(verifications.c.overdue_at, now, limit)

    def to_forget(self, now: datetime, *, limit: int) -> tuple[Verification, ...]:
        return self._due(verifications.c.forget_at, now, limit)

    def record(self, decision: DecisionRecord) -> None:
        if not insert_new(self._connection, decisions, plain_fields(decision)):
            raise decided_already()

    def decision(self, verification: str) -> DecisionRecord | None:
        row = self._connection.execute(_DECISION, {"this_id": verification}).one_or_none()
        if row is None:
            return None
        values = dict(row._mapping)  # noqa: SLF001 - a row's public way to its names
        values |= {"reasons": tuple(row.reasons), "grants": tuple(row.grants), "conclusion": Conclusion(row.conclusion)}
        return DecisionRecord(**values)

    def keep_receipt(self, verification: str, content: Mapping[str, object]) -> None:
        if not insert_new(self._connection, consent_receipts, {"verification": verification, "content": content}):
            raise consented_already()

    def receipt(self, verification: str) -> Mapping[str, object] | None:
        content: Mapping[str, object] | None = self._connection.execute(
            sa.select(consent_receipts.c.content).where(consent_receipts.c.verification == verification)
        ).scalar_one_or_none()
        return content

    def use(self, verification: str, *, grant: str, used_for: str, at: datetime) -> bool:
        values = {"verification": verification, "grant": grant, "used_for": used_for, "at": at}
        return insert_new(self._connection, grant_uses, values)

    def used(self, verifications: Sequence[str]) -> Mapping[str, datetime]:
        if not verifications:
            return {}
        statement = sa.select(grant_uses.c.verification, grant_uses.c.at)
        rows = self._connection.execute(statement.where(grant_uses.c.verification.in_(verifications)))
        return {row.verification: row.at for row in rows}

    def _due(self, column: sa.Column[Any], now: datetime, limit: int) -> tuple[Verification, ...]:
        statement = sa.select(verifications).where(column <= now).order_by(column).limit(limit)
        rows = self._connection.execute(statement.with_for_update(skip_locked=True)).all()
        return tuple(_verification(row) for row in rows)


def _values(verification: Verification) -> dict[str, Any]:
    opening = verification.opening
    return {
        "id": verification.id,
        "relying_party": verification.relying_party,
        "purpose": opening.purpose,
        "policy_version": verification.policy_version,
        "policy_digest": verification.policy_digest,
        "binding": opening.binding,
        "language": opening.language,
        "return_url": opening.return_url,
        "labels": opening.labels,
        "attempts": verification.attempts,
        "opened_at": verification.opened_at,
        "expires_at": verification.expires_at,
        "state": state_name(verification.state),
        "state_data": msgspec.to_builtins(verification.state),
        "overdue_at": verification.expires_at if type(verification.state) in OPEN else None,
        "forget_at": verification.forget_at,
        "person": verification.person,
        "opened_by": verification.opened_by,
        "version": verification.version,
    }


def _verification(row: Row[Any]) -> Verification:
    return Verification(
        id=row.id,
        relying_party=row.relying_party,
        opening=Opening(
            purpose=row.purpose,
            binding=row.binding,
            language=row.language,
            return_url=row.return_url,
            labels=row.labels,
        ),
        policy_version=row.policy_version,
        policy_digest=row.policy_digest,
        attempts=row.attempts,
        opened_at=row.opened_at,
        expires_at=row.expires_at,
        state=msgspec.convert(row.state_data, STATES[row.state]),
        person=row.person,
        opened_by=row.opened_by,
        forget_at=row.forget_at,
        version=row.version,
    )
