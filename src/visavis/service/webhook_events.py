"""From an event to what is owed to an endpoint."""

from datetime import datetime

import msgspec

from visavis.domain.events import Event
from visavis.service.webhook_records import DeliveryResult, DeliveryStatus, WebhookDelivery, WebhookEndpoint

__all__ = ["delivery_of"]


def delivery_of(event: Event, endpoint: WebhookEndpoint, now: datetime) -> WebhookDelivery:
    """Due now; dead at once where the endpoint is disabled, so that it can be sent by hand later."""
    return WebhookDelivery(
        event=event.id,
        endpoint=endpoint.id,
        relying_party=endpoint.relying_party,
        kind=event.kind,
        body=msgspec.json.encode(event.as_data()),
        at=event.at,
        begun_at=now,
        status=DeliveryStatus.PENDING if endpoint.enabled else DeliveryStatus.DEAD,
        due_at=now if endpoint.enabled else None,
        result=None if endpoint.enabled else DeliveryResult.ENDPOINT_DISABLED,
    )
