"""Endpoints that are told of events, and what became of each delivery."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from visavis.client.call import Call, Page, changing, get, path, post
from visavis.client.models import Delivery, NewWebhook, Replayed, Webhook

__all__ = [
    "add",
    "change",
    "deliveries",
    "read",
    "remove",
    "replay",
    "replay_dead",
    "rotate_secret",
    "send_test",
    "webhooks",
]

_ONE = "/v1/webhooks/{id}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Webhooks:
    """Newest first, disabled ones among them."""

    items: tuple[Webhook, ...]


def add(*, url: str, description: str = "", events: Iterable[str] = (), key: str | None = None) -> Call[NewWebhook]:
    """``events``: the types that are sent there; none means all of them. The secret is in this answer alone."""
    body = {"url": url, "description": description, "events": sorted(events)}
    return post("/v1/webhooks", NewWebhook, body, key=key)


def webhooks() -> Call[Webhooks]:
    """All of them; there are at most 20."""
    return get("/v1/webhooks", Webhooks)


def read(webhook: str) -> Call[Webhook]:
    return get(path(_ONE, id=webhook), Webhook)


def change(
    webhook: str,
    *,
    url: str | None = None,
    description: str | None = None,
    events: Iterable[str] | None = None,
    enabled: bool | None = None,
) -> Call[Webhook]:
    """What is None stays as it is."""
    body = {
        "url": url,
        "description": description,
        "events": None if events is None else sorted(events),
        "enabled": enabled,
    }
    return changing("PATCH", path(_ONE, id=webhook), Webhook, body, safe=True)


def remove(webhook: str) -> Call[None]:
    """With its secrets and its deliveries. Not repeated where no answer came: it may be gone."""
    return changing("DELETE", path(_ONE, id=webhook), type(None))


def rotate_secret(webhook: str, *, overlap_hours: int = 24, key: str | None = None) -> Call[NewWebhook]:
    """Another secret; the one before signs as well for so long."""
    return post(path(_ONE + "/rotate-secret", id=webhook), NewWebhook, {"overlap_hours": overlap_hours}, key=key)


def send_test(webhook: str, *, key: str | None = None) -> Call[Delivery]:
    """Send a test event to it."""
    return post(path(_ONE + "/test", id=webhook), Delivery, key=key)


def deliveries(
    webhook: str, *, status: str | None = None, limit: int | None = None, cursor: str | None = None
) -> Call[Page[Delivery]]:
    """Newest event first; ``status``: pending, delivered or dead."""
    query = {"status": status, "limit": limit, "cursor": cursor}
    return get(path(_ONE + "/deliveries", id=webhook), Page[Delivery], query=query)


def replay(webhook: str, event: str, *, key: str | None = None) -> Call[Delivery]:
    """Send one event again, under the same id."""
    return post(path(_ONE + "/deliveries/{event}/replay", id=webhook, event=event), Delivery, key=key)


def replay_dead(webhook: str, *, since: datetime, key: str | None = None) -> Call[Replayed]:
    """Send again what was given up, of events since that moment."""
    return post(path(_ONE + "/replay", id=webhook), Replayed, {"since": since}, key=key)
