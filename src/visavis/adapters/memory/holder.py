"""Holders' links and sessions, in memory."""

import dataclasses
from datetime import datetime

from visavis.adapters.memory.tables import Journal, Table
from visavis.service.holder_records import HolderToken, TokenKind

__all__ = ["MemoryHolderTokens"]


class MemoryHolderTokens:
    """A `visavis.service.holder_records.HolderTokenStore`."""

    def __init__(self, journal: Journal) -> None:
        self._rows: Table[str, HolderToken] = Table(journal)

    def add(self, token: HolderToken) -> None:
        self._rows.put(token.digest, token)

    def find(self, digest: str) -> HolderToken | None:
        return self._rows.get(digest)

    def of_verification(self, verification: str) -> tuple[HolderToken, ...]:
        mine = (row for row in self._rows if row.verification == verification)
        return tuple(sorted(mine, key=lambda row: (row.created_at, row.digest)))

    def turn(self, digest: str, kind: TokenKind) -> None:
        row = self._rows.get(digest)
        if row is not None:
            self._rows.put(digest, dataclasses.replace(row, kind=kind))

    def prolong(self, digest: str, until: datetime) -> None:
        row = self._rows.get(digest)
        if row is not None:
            self._rows.put(digest, dataclasses.replace(row, expires_at=until))

    def drop(self, digest: str) -> bool:
        return self._rows.drop(digest)

    def over(self, now: datetime, *, limit: int) -> tuple[HolderToken, ...]:
        due = (row for row in self._rows if row.expires_at <= now)
        return tuple(sorted(due, key=lambda row: row.expires_at)[:limit])
