"""What the service keeps beside verifications and lines: parties, keys, wrapped keys, what waits to be told."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Final, Generic, TypeVar

from visavis.domain.events import Event
from visavis.errors import InputError

__all__ = [
    "KEY_SCOPES",
    "MOST_PER_PAGE",
    "Answered",
    "ApiKey",
    "AttestationRecord",
    "OutboxItem",
    "OutboxStatus",
    "Page",
    "PolicyVersion",
    "RelyingParty",
    "Scope",
    "WrappedKey",
    "page_limit",
]

T = TypeVar("T")

MOST_PER_PAGE: Final = 200


@dataclass(frozen=True, slots=True)
class Page(Generic[T]):
    """Part of a list, newest first. ``next`` is the cursor that goes on behind it; None at the end."""

    items: tuple[T, ...]
    next: str | None = None


def page_limit(limit: int) -> int:
    """Raises `visavis.errors.InputError` ``page_size_invalid``."""
    if not 1 <= limit <= MOST_PER_PAGE:
        raise InputError(
            "page_size_invalid", f"A page has 1 to {MOST_PER_PAGE} items.", advice="Follow the cursor for more."
        )
    return limit


@dataclass(frozen=True, slots=True, kw_only=True)
class RelyingParty:
    """Who may open verifications. ``lines_per_person`` is the limit of its register.

    ``name``, ``contact`` (an address or a link) and ``jurisdiction`` (ISO 3166, as SE) are what a holder reads: without
    a contact nobody can be asked for consent.
    """

    id: str
    name: str
    created_at: datetime
    lines_per_person: int = 5
    contact: str = ""
    jurisdiction: str = ""


class Scope(StrEnum):
    """What a caller may do: an API key as it was made, a member by their role."""

    VERIFICATIONS = "verifications"
    LINES = "lines"
    REVIEW = "review"
    KEYS = "keys"
    POLICIES_READ = "policies:read"
    WEBHOOKS = "webhooks"
    FIGURES = "figures"
    MEMBERS = "members"
    """Of people who signed in, alone: no key adds people, or gives them roles."""


KEY_SCOPES: Final = frozenset(Scope) - {Scope.MEMBERS}
"""What an API key may be made for."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ApiKey:
    """A key as it is kept. ``digest`` is the SHA-256 of its secret part, which is shown once and kept nowhere."""

    id: str
    relying_party: str
    name: str
    scopes: frozenset[Scope]
    digest: bytes = field(repr=False)
    created_at: datetime
    revoked_at: datetime | None = None
    last_used_at: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class WrappedKey:
    """A data key under the master key named by ``master``. ``owner`` is the verification or line that it is for."""

    owner: str
    master: str
    wrapped: bytes = field(repr=False)


class OutboxStatus(StrEnum):
    PENDING = "pending"
    DELIVERED = "delivered"
    """To whoever delivers it to each endpoint: see `visavis.service.deliveries`."""


@dataclass(frozen=True, slots=True, kw_only=True)
class OutboxItem:
    """An event that waits to be told, or was. ``due_at`` is when it is tried next, None where it does not wait;
    ``tries`` have been begun.
    """

    event: Event
    status: OutboxStatus
    due_at: datetime | None
    tries: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Answered:
    """What was answered to a request under an idempotency key. ``request`` is the digest of that request's content;
    ``body`` is sealed by the caller where it holds a secret.
    """

    request: str
    at: datetime
    status: int
    body: bytes = field(repr=False, default=b"")
    headers: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class PolicyVersion:
    """A version of a policy that was in force from ``since`` on, by its digest. ``text``: its file, TOML."""

    digest: str
    policy: str
    version: int
    text: str
    since: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class AttestationRecord:
    """That an attestation was issued, and where its status stands; nothing of what it says.

    ``fetch_until``: until then the same may be fetched again.
    """

    verification: str
    status_uri: str
    status_index: int
    issued_at: datetime
    expires_at: datetime
    fetch_until: datetime
    revoked_at: datetime | None = None
