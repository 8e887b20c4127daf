"""Members, their passkeys and their tokens, in memory."""

import dataclasses
from datetime import datetime

from visavis.adapters.memory.tables import Journal, Table
from visavis.service.member_records import Member, Passkey, StaffToken

__all__ = ["MemoryMembers", "MemoryPasskeys", "MemoryStaffTokens"]


class MemoryMembers:
    """A `visavis.service.member_records.MemberStore`."""

    def __init__(self, journal: Journal) -> None:
        self._rows: Table[str, Member] = Table(journal)

    def add(self, member: Member) -> None:
        self._rows.put(member.id, member)

    def find(self, relying_party: str, member: str, *, lock: bool = False) -> Member | None:  # noqa: ARG002 - alone
        row = self._rows.get(member)
        return row if row is not None and row.relying_party == relying_party else None

    def of_party(self, relying_party: str, *, lock: bool = False) -> tuple[Member, ...]:  # noqa: ARG002 - alone
        mine = (row for row in self._rows if row.relying_party == relying_party)
        return tuple(sorted(mine, key=lambda row: row.id, reverse=True))

    def save(self, member: Member) -> None:
        if member.id in self._rows:
            self._rows.put(member.id, member)


class MemoryPasskeys:
    """A `visavis.service.member_records.PasskeyStore`."""

    def __init__(self, journal: Journal) -> None:
        self._rows: Table[str, Passkey] = Table(journal)

    def add(self, passkey: Passkey) -> bool:
        if self.by_credential(passkey.credential) is not None:
            return False
        self._rows.put(passkey.id, passkey)
        return True

    def by_credential(self, credential: str, *, lock: bool = False) -> Passkey | None:  # noqa: ARG002 - alone
        return next((row for row in self._rows if row.credential == credential), None)

    def of_member(self, member: str) -> tuple[Passkey, ...]:
        mine = (row for row in self._rows if row.member == member)
        return tuple(sorted(mine, key=lambda row: row.id, reverse=True))

    def used(self, passkey: str, *, sign_count: int, backed_up: bool, at: datetime) -> None:
        row = self._rows.get(passkey)
        if row is not None:
            changed = dataclasses.replace(row, sign_count=sign_count, backed_up=backed_up, last_used_at=at)
            self._rows.put(passkey, changed)

    def drop(self, member: str, passkey: str) -> bool:
        row = self._rows.get(passkey)
        return row is not None and row.member == member and self._rows.drop(passkey)

    def drop_all(self, member: str) -> int:
        return sum(self._rows.drop(row.id) for row in self.of_member(member))


class MemoryStaffTokens:
    """A `visavis.service.member_records.StaffTokenStore`."""

    def __init__(self, journal: Journal) -> None:
        self._rows: Table[str, StaffToken] = Table(journal)

    def add(self, token: StaffToken) -> None:
        self._rows.put(token.digest, token)

    def find(self, digest: str) -> StaffToken | None:
        return self._rows.get(digest)

    def of_member(self, member: str) -> tuple[StaffToken, ...]:
        mine = (row for row in self._rows if row.member == member)
        return tuple(sorted(mine, key=lambda row: (row.created_at, row.digest)))

    def seen(self, digest: str, at: datetime) -> None:
        row = self._rows.get(digest)
        if row is not None:
            self._rows.put(digest, dataclasses.replace(row, seen_at=at))

    def drop(self, digest: str) -> bool:
        return self._rows.drop(digest)

    def prune(self, now: datetime, *, limit: int) -> int:
        over = sorted((row for row in self._rows if row.expires_at <= now), key=lambda row: row.expires_at)
        return sum(self._rows.drop(row.digest) for row in over[:limit])
