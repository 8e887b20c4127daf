"""Webhook endpoints and deliveries, as a relying party works with them."""

from collections.abc import Mapping
from datetime import timedelta
from typing import Annotated, Any, Final, Self

from pydantic import ConfigDict, Field, JsonValue

from visavis.domain.events import EventKind
from visavis.service.webhook_records import (
    DeliveryResult,
    DeliveryStatus,
    DisabledReason,
    WebhookDelivery,
    WebhookEndpoint,
)
from visavis.service.webhooks import LONGEST_OVERLAP, MOST_REPLAYED, OVERLAP
from visavis.web.schemas.common import Moment, PageOf, Strict, known_id

__all__ = [
    "AddWebhook",
    "ChangeWebhook",
    "Delivery",
    "DeliveryPage",
    "NewWebhook",
    "ReplayDead",
    "Replayed",
    "RotateSecret",
    "Webhook",
    "WebhookEvent",
    "WebhookList",
]

_HOUR: Final = timedelta(hours=1)
_URL: Final = "https://shop.operator.example/visavis"
_SECRET: Final = "whsec_AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8="  # noqa: S105 - of the examples
_WEBHOOK: Final[dict[str, JsonValue]] = {
    "id": known_id("whk"),
    "url": _URL,
    "description": "orders of the web shop",
    "events": ["line.registered", "verification.decided"],
    "enabled": True,
    "created_at": "2027-03-01T09:00:00Z",
    "failures": 0,
}
_DELIVERY: Final[Mapping[str, Any]] = {
    "event": known_id("evt"),
    "type": "verification.decided",
    "happened_at": "2027-03-01T09:04:00Z",
    "status": "pending",
    "tries": 2,
    "due_at": "2027-03-01T09:04:26Z",
    "tried_at": "2027-03-01T09:04:06Z",
    "result": "refused",
    "http_status": 503,
}

Url = Annotated[
    str,
    Field(
        min_length=1,
        max_length=2000,
        description="A public https address, on a port that the operator allows (443 and 8443, unless set otherwise).",
        examples=[_URL],
    ),
]
Description = Annotated[
    str, Field(max_length=200, description="For your own list.", examples=["orders of the web shop"])
]
Events = Annotated[
    frozenset[EventKind],
    Field(
        max_length=len(EventKind),
        description="The types that are sent there; none means all of them, also those that are new some day.",
        examples=[["line.registered", "verification.decided"]],
    ),
]


class AddWebhook(Strict):
    """Where you want to hear of what happens."""

    url: Url
    description: Description = ""
    events: Events = frozenset()

    model_config = ConfigDict(
        json_schema_extra={"examples": [{key: _WEBHOOK[key] for key in ("url", "description", "events")}]}
    )


class ChangeWebhook(Strict):
    """What is missing stays as it is. What was given up meanwhile is sent again by a replay alone."""

    url: Url = ""
    description: Description = ""
    events: Events = frozenset()
    enabled: bool = Field(default=True, description="Enabling one forgets why it was disabled.")

    model_config = ConfigDict(json_schema_extra={"examples": [{"enabled": False}, {"events": []}]})

    def given(self) -> dict[str, Any]:
        """What was said, and nothing else."""
        return {name: getattr(self, name) for name in self.model_fields_set}


class RotateSecret(Strict):
    """The secret before signs as well for a while, so that the receiver can change over."""

    overlap_hours: int = Field(
        default=OVERLAP // _HOUR,
        ge=0,
        le=LONGEST_OVERLAP // _HOUR,
        description="0 where the secret is known to somebody else.",
        examples=[24],
    )


class Webhook(Strict):
    """An endpoint as it is known here: without its secret."""

    id: str = Field(examples=[known_id("whk")])
    url: str = Field(examples=[_URL])
    description: str = Field(examples=["orders of the web shop"])
    events: tuple[EventKind, ...] = Field(description="None: all of them.")
    enabled: bool
    disabled_reason: DisabledReason | None = Field(
        default=None, description="`gone`: it answered 410; `failing`: for three days nothing got through."
    )
    disabled_at: Moment | None = None
    created_at: Moment
    older_secret_until: Moment | None = Field(default=None, description="Until then two signatures are sent.")
    last_success_at: Moment | None = Field(default=None, description="To the minute.")
    failures: int = Field(ge=0, description="Since then.")
    failing_since: Moment | None = None
    paused_until: Moment | None = Field(default=None, description="Nothing is sent before, since it did not answer.")

    model_config = ConfigDict(json_schema_extra={"examples": [_WEBHOOK]})

    @classmethod
    def of(cls, row: WebhookEndpoint) -> Self:
        return cls(
            id=row.id,
            url=row.url,
            description=row.description,
            events=tuple(sorted(row.events)),
            enabled=row.enabled,
            disabled_reason=row.disabled,
            disabled_at=row.disabled_at,
            created_at=row.created_at,
            older_secret_until=row.older_secret_until,
            last_success_at=row.last_success_at,
            failures=row.failures,
            failing_since=row.failing_since,
            paused_until=row.paused_until,
        )


class NewWebhook(Strict):
    """The secret, once: nobody can show it again."""

    webhook: Webhook
    secret: str = Field(
        description="By which the receiver checks signatures: `whsec_` and 32 bytes in base64.", examples=[_SECRET]
    )

    model_config = ConfigDict(json_schema_extra={"examples": [{"webhook": _WEBHOOK, "secret": _SECRET}]})


class WebhookList(Strict):
    """All of them, newest first; there are at most 20."""

    items: tuple[Webhook, ...]


class Delivery(Strict):
    """An event for one endpoint. `event` is its `webhook-id`, the same at every try."""

    event: str = Field(examples=[known_id("evt")])
    type: EventKind
    happened_at: Moment
    status: DeliveryStatus = Field(description="`dead`: given up; sent again by a replay alone.")
    tries: int = Field(ge=0, description="Since it was made, or replayed.")
    due_at: Moment | None = Field(default=None, description="When it is tried next.")
    tried_at: Moment | None = None
    result: DeliveryResult | None = Field(default=None, description="How the last try ended.")
    http_status: int | None = Field(default=None, description="What the receiver answered then, if it did.")

    model_config = ConfigDict(json_schema_extra={"examples": [dict(_DELIVERY)]})

    @classmethod
    def of(cls, row: WebhookDelivery) -> Self:
        return cls(
            event=row.event,
            type=row.kind,
            happened_at=row.at,
            status=row.status,
            tries=row.tries,
            due_at=row.due_at,
            tried_at=row.tried_at,
            result=row.result,
            http_status=row.http_status,
        )


class DeliveryPage(PageOf[Delivery]):
    """Deliveries, newest first; they are kept for 30 days."""


class ReplayDead(Strict):
    """Which of the deliveries that were given up are sent again."""

    since: Moment = Field(description="Of events that happened at that moment or later.")


class Replayed(Strict):
    """How many it were."""

    count: int = Field(
        ge=0, le=MOST_REPLAYED, description=f"Where it is {MOST_REPLAYED}, there may be more: ask again.", examples=[3]
    )


class WebhookEventData(Strict):
    """What it was about: identifiers and a status, and never anything about a person."""

    id: str = Field(
        description="The verification (`ver_`), line (`lin_`) or webhook endpoint (`whk_`).", examples=[known_id("ver")]
    )
    status: str = Field(description="Its state or what was done.", examples=["decided"])
    outcome: str | None = Field(default=None, description="Where there is one.", examples=["accepted"])
    verification: str | None = Field(default=None, description="That a line's event rests on.")


class WebhookEvent(Strict):
    """The body of a webhook (Standard Webhooks 1.0.0)."""

    type: EventKind
    timestamp: Moment = Field(description="When it happened; when it was sent stands in `webhook-timestamp`.")
    data: WebhookEventData
