"""Members, their passkeys and their tokens, in tables."""

import dataclasses
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Connection, Row

from visavis.adapters.sql.schema_members import members, passkeys, staff_tokens
from visavis.adapters.sql.statements import insert_new
from visavis.service.member_records import Member, Passkey, Role, StaffToken, StaffTokenKind

__all__ = ["SqlMembers", "SqlPasskeys", "SqlStaffTokens"]


class SqlMembers:
    """A `visavis.service.member_records.MemberStore`."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def add(self, member: Member) -> None:
        self._connection.execute(sa.insert(members), dataclasses.asdict(member))

    def find(self, relying_party: str, member: str, *, lock: bool = False) -> Member | None:
        mine = sa.select(members).where(members.c.id == member, members.c.relying_party == relying_party)
        row = self._connection.execute(mine.with_for_update() if lock else mine).one_or_none()
        return None if row is None else _member(row)

    def of_party(self, relying_party: str, *, lock: bool = False) -> tuple[Member, ...]:
        mine = sa.select(members).where(members.c.relying_party == relying_party).order_by(members.c.id.desc())
        return tuple(_member(row) for row in self._connection.execute(mine.with_for_update() if lock else mine))

    def save(self, member: Member) -> None:
        mine = sa.update(members).where(members.c.id == member.id)
        self._connection.execute(mine.values(dataclasses.asdict(member)))


class SqlPasskeys:
    """A `visavis.service.member_records.PasskeyStore`."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def add(self, passkey: Passkey) -> bool:
        return insert_new(self._connection, passkeys, dataclasses.asdict(passkey))

    def by_credential(self, credential: str, *, lock: bool = False) -> Passkey | None:
        mine = sa.select(passkeys).where(passkeys.c.credential == credential)
        row = self._connection.execute(mine.with_for_update() if lock else mine).one_or_none()
        return None if row is None else _passkey(row)

    def of_member(self, member: str) -> tuple[Passkey, ...]:
        mine = sa.select(passkeys).where(passkeys.c.member == member).order_by(passkeys.c.id.desc())
        return tuple(_passkey(row) for row in self._connection.execute(mine))

    def used(self, passkey: str, *, sign_count: int, backed_up: bool, at: datetime) -> None:
        mine = sa.update(passkeys).where(passkeys.c.id == passkey)
        self._connection.execute(mine.values(sign_count=sign_count, backed_up=backed_up, last_used_at=at))

    def drop(self, member: str, passkey: str) -> bool:
        mine = sa.delete(passkeys).where(passkeys.c.id == passkey, passkeys.c.member == member)
        return bool(self._connection.execute(mine).rowcount)

    def drop_all(self, member: str) -> int:
        return self._connection.execute(sa.delete(passkeys).where(passkeys.c.member == member)).rowcount


class SqlStaffTokens:
    """A `visavis.service.member_records.StaffTokenStore`."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def add(self, token: StaffToken) -> None:
        self._connection.execute(sa.insert(staff_tokens), dataclasses.asdict(token))

    def find(self, digest: str) -> StaffToken | None:
        mine = sa.select(staff_tokens).where(staff_tokens.c.digest == digest)
        row = self._connection.execute(mine).one_or_none()
        return None if row is None else _token(row)

    def of_member(self, member: str) -> tuple[StaffToken, ...]:
        mine = sa.select(staff_tokens).where(staff_tokens.c.member == member)
        rows = self._connection.execute(mine.order_by(staff_tokens.c.created_at, staff_tokens.c.digest))
        return tuple(_token(row) for row in rows)

    def seen(self, digest: str, at: datetime) -> None:
        mine = sa.update(staff_tokens).where(staff_tokens.c.digest == digest)
        self._connection.execute(mine.values(seen_at=at))

    def drop(self, digest: str) -> bool:
        mine = sa.delete(staff_tokens).where(staff_tokens.c.digest == digest)
        return bool(self._connection.execute(mine).rowcount)

    def prune(self, now: datetime, *, limit: int) -> int:
        over = sa.select(staff_tokens.c.digest).where(staff_tokens.c.expires_at <= now)
        over = over.order_by(staff_tokens.c.expires_at).limit(limit)
        return self._connection.execute(sa.delete(staff_tokens).where(staff_tokens.c.digest.in_(over))).rowcount


def _fields(row: Row[Any]) -> dict[str, Any]:
    return dict(row._mapping)  # noqa: SLF001 - a row's public way to its names


def _member(row: Row[Any]) -> Member:
    return Member(**_fields(row) | {"role": Role(row.role)})


def _passkey(row: Row[Any]) -> Passkey:
    return Passkey(**_fields(row))


def _token(row: Row[Any]) -> StaffToken:
    return StaffToken(**_fields(row) | {"kind": StaffTokenKind(row.kind)})
