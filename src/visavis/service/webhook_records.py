"""Webhook endpoints of relying parties, and what is owed to each: one delivery for an event and an endpoint."""

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum

from visavis.domain.events import EventKind

__all__ = [
    "DeliveryResult",
    "DeliveryStatus",
    "DisabledReason",
    "Posted",
    "WebhookDelivery",
    "WebhookEndpoint",
]


class DisabledReason(StrEnum):
    """Why nothing is sent to an endpoint."""

    BY_HAND = "by_hand"
    GONE = "gone"
    """It answered 410 Gone."""
    FAILING = "failing"
    """For as long as a delivery is tried, nothing got through."""


@dataclass(frozen=True, slots=True, kw_only=True)
class WebhookEndpoint:
    """Where a relying party wants to hear of events. ``events`` are the types it asked for; none means all of them.

    ``older_secret_until``: until then a second signature, by the secret before, is sent as well. ``failing_since`` is
    the first failure after the last success, ``failures`` how many it were; nothing is sent before ``paused_until``.
    """

    id: str
    relying_party: str
    url: str
    description: str
    events: frozenset[EventKind]
    created_at: datetime
    disabled: DisabledReason | None = None
    disabled_at: datetime | None = None
    older_secret_until: datetime | None = None
    failing_since: datetime | None = None
    failures: int = 0
    paused_until: datetime | None = None
    last_success_at: datetime | None = None

    @property
    def enabled(self) -> bool:
        return self.disabled is None

    def wants(self, kind: EventKind) -> bool:
        return not self.events or kind in self.events


class DeliveryStatus(StrEnum):
    PENDING = "pending"
    DELIVERED = "delivered"
    DEAD = "dead"
    """Given up; sent again only by hand."""


class DeliveryResult(StrEnum):
    """How the last try ended."""

    ACCEPTED = "accepted"
    """Answered with 200 to 299."""
    REFUSED = "refused"
    """Answered with anything else, a redirection among them."""
    GONE = "gone"
    """Answered with 410."""
    TIMED_OUT = "timed_out"
    UNREACHABLE = "unreachable"
    """No connection, or it broke off."""
    NAME_UNKNOWN = "name_unknown"
    ADDRESS_FORBIDDEN = "address_forbidden"
    """The name has an address that is not a public one; nothing was connected to."""
    CERTIFICATE_INVALID = "certificate_invalid"
    ANSWER_INVALID = "answer_invalid"
    """What came back is no HTTP."""
    SECRET_UNREADABLE = "secret_unreadable"  # noqa: S105 - a word, no secret
    """Not sent, since it could not be signed: the master key of this service is not the one of that secret."""
    ENDPOINT_DISABLED = "endpoint_disabled"
    """Not sent."""


@dataclass(frozen=True, slots=True, kw_only=True)
class WebhookDelivery:
    """An event for one endpoint. ``body`` is what is sent, byte by byte the same at every try; ``at`` is when the event
    happened, ``begun_at`` when the time to deliver it began. ``due_at`` is when it is tried next, None where it does
    not wait; ``tries`` have been begun.
    """

    event: str
    endpoint: str
    relying_party: str
    kind: EventKind
    body: bytes = field(repr=False)
    at: datetime
    begun_at: datetime
    status: DeliveryStatus
    due_at: datetime | None
    tries: int = 0
    tried_at: datetime | None = None
    result: DeliveryResult | None = None
    http_status: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Posted:
    """How one try ended. ``retry_after`` is what the receiver asked for, bounded by the poster."""

    result: DeliveryResult
    http_status: int | None = None
    retry_after: timedelta | None = None
