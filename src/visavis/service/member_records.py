"""The people who work with the service for a relying party, as they are kept: roles, passkeys, and digests of tokens.

What colleagues call a member lies sealed (`visavis.service.members`): nothing here says who anybody is.
"""

from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Protocol

__all__ = [
    "Member",
    "MemberStore",
    "Passkey",
    "PasskeyStore",
    "Role",
    "StaffToken",
    "StaffTokenKind",
    "StaffTokenStore",
]


class Role(StrEnum):
    """What somebody is there for. What each may do: `visavis.service.members.SCOPES_OF`."""

    CLERK = "clerk"
    """Opens verifications and changes lines, with the holder before them."""
    SUPERVISOR = "supervisor"
    """A clerk who also sees how it goes."""
    REVIEWER = "reviewer"
    """Decides what was referred to a person."""
    AUDITOR = "auditor"
    """Looks, and changes nothing."""
    ADMINISTRATOR = "administrator"
    """Gives out keys, webhooks and roles, and sees nobody's case."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Member:
    """Disabled for good where ``disabled_at`` is there."""

    id: str
    relying_party: str
    role: Role
    created_at: datetime
    disabled_at: datetime | None = None
    last_signed_in_at: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Passkey:
    """A credential of a member (WebAuthn Level 3, section 4).

    ``credential``: its id, base64url; ``public_key``: COSE_Key; ``sign_count``: the highest that was seen, 0 of what
    does not count; ``backed_up``: whether it lives in an account of its maker's and so on several devices.
    """

    id: str
    member: str
    relying_party: str
    credential: str
    public_key: bytes = field(repr=False)
    sign_count: int
    backed_up: bool
    created_at: datetime
    last_used_at: datetime | None = None


class StaffTokenKind(StrEnum):
    """What a token of staff is good for."""

    CODE = "code"
    """Begins an enrolment. Once."""
    ENROLMENT = "enrolment"
    """The session of somebody who came by a code: it registers a passkey, and does nothing else."""
    SESSION = "session"
    """Somebody who signed in with their passkey."""
    SIGN_IN = "sign_in"
    """A browser that was given a challenge to sign in with. Once."""
    REGISTRATION = "registration"
    """A session that was given a challenge for a new passkey. Once."""


@dataclass(frozen=True, slots=True, kw_only=True)
class StaffToken:
    """``digest``: SHA-256 of the token, in 64 lower-case hexadecimal digits. ``member`` and ``relying_party``: None for
    a sign-in, of which nobody knows yet whose it will be. ``seen_at``: when it was used last, to the minute.
    """

    digest: str
    kind: StaffTokenKind
    member: str | None
    relying_party: str | None
    created_at: datetime
    expires_at: datetime
    seen_at: datetime


class MemberStore(Protocol):
    def add(self, member: Member) -> None: ...

    def find(self, relying_party: str, member: str, *, lock: bool = False) -> Member | None: ...

    def of_party(self, relying_party: str, *, lock: bool = False) -> tuple[Member, ...]:
        """Newest first, disabled ones among them. With ``lock`` nobody else's role changes until the unit ends."""
        ...

    def save(self, member: Member) -> None:
        """Replace the row, which was found with ``lock``."""
        ...


class PasskeyStore(Protocol):
    """The member is locked by whoever adds or drops passkeys of theirs."""

    def add(self, passkey: Passkey) -> bool:
        """False, and nothing happens, where that credential is somebody's already."""
        ...

    def by_credential(self, credential: str, *, lock: bool = False) -> Passkey | None:
        """Whose it is, is what is asked here."""
        ...

    def of_member(self, member: str) -> tuple[Passkey, ...]:
        """Newest first."""
        ...

    def used(self, passkey: str, *, sign_count: int, backed_up: bool, at: datetime) -> None: ...

    def drop(self, member: str, passkey: str) -> bool: ...

    def drop_all(self, member: str) -> int: ...


class StaffTokenStore(Protocol):
    def add(self, token: StaffToken) -> None: ...

    def find(self, digest: str) -> StaffToken | None: ...

    def of_member(self, member: str) -> tuple[StaffToken, ...]:
        """Oldest first."""
        ...

    def seen(self, digest: str, at: datetime) -> None: ...

    def drop(self, digest: str) -> bool:
        """Whether it was there: of two who drop it at once, one is told so."""
        ...

    def prune(self, now: datetime, *, limit: int) -> int:
        """Forget some of those whose time is over; returns how many."""
        ...
