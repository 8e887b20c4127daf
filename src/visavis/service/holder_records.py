"""What is kept of the links and sessions of holders: digests, and whose they are. Nothing of it opens anything."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Protocol

__all__ = ["HolderToken", "HolderTokenStore", "TokenKind"]


class TokenKind(StrEnum):
    """What a holder's token is good for."""

    LINK = "link"
    """Opens the verification for the first time. Once."""
    CONTINUATION = "continuation"
    """Hands the verification to another device. Once."""
    USED = "used"
    """A link that was opened: kept until its time is over, to tell so."""
    SESSION = "session"
    """The one device that acts."""
    WATCHING = "watching"
    """A device that handed the verification on: it sees how it goes, and does nothing."""


@dataclass(frozen=True, slots=True, kw_only=True)
class HolderToken:
    """``digest``: SHA-256 of the token, in 64 lower-case hexadecimal digits."""

    digest: str
    verification: str
    relying_party: str
    kind: TokenKind
    created_at: datetime
    expires_at: datetime


class HolderTokenStore(Protocol):
    """The verification is locked by whoever changes its tokens, so that two devices never act at once."""

    def add(self, token: HolderToken) -> None: ...

    def find(self, digest: str) -> HolderToken | None: ...

    def of_verification(self, verification: str) -> tuple[HolderToken, ...]:
        """Oldest first."""
        ...

    def turn(self, digest: str, kind: TokenKind) -> None: ...

    def prolong(self, digest: str, until: datetime) -> None: ...

    def drop(self, digest: str) -> bool: ...

    def over(self, now: datetime, *, limit: int) -> tuple[HolderToken, ...]:
        """Those whose time is over, oldest first, locked; those that another worker holds are left to it."""
        ...
