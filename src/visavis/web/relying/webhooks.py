"""Webhook endpoints over HTTP: added, changed, given another secret, removed; what was sent there, and sent again."""

import dataclasses
from collections.abc import Mapping
from datetime import timedelta
from typing import Annotated, Any, Final

from fastapi import APIRouter, Depends, Header, Query
from pydantic.json_schema import SkipJsonSchema
from starlette.responses import Response

from visavis.domain.identifiers import Kind
from visavis.service.ports import UnitOfWork
from visavis.service.records import Scope
from visavis.service.webhook_records import DeliveryStatus
from visavis.service.webhooks import NewWebhookSecret, Webhooks
from visavis.web.auth import Caller, caller_with
from visavis.web.cursors import cursor_of, place_of
from visavis.web.idempotent import Once, Reply, once_of, perform
from visavis.web.relying.calling import NOT_KEPT, actor_of, shown
from visavis.web.schemas.common import Cursor, PageSize, identifier, identifier_in_path
from visavis.web.schemas.problems import answers
from visavis.web.schemas.webhooks import (
    AddWebhook,
    ChangeWebhook,
    Delivery,
    DeliveryPage,
    NewWebhook,
    ReplayDead,
    Replayed,
    RotateSecret,
    Webhook,
    WebhookEvent,
    WebhookList,
)
from visavis.web.setup import ServiceSetup

__all__ = ["events", "routes"]

WebhookId = Annotated[str, identifier(Kind.WEBHOOK), identifier_in_path(Kind.WEBHOOK, "a webhook endpoint")]
EventId = Annotated[str, identifier(Kind.EVENT), identifier_in_path(Kind.EVENT, "an event: its webhook-id")]
Status = Annotated[DeliveryStatus | SkipJsonSchema[None], Query(description="Only those.")]
Asked = Annotated[Once, Depends(once_of)]
_TAG: Final = "Webhooks"
_OF_ONE: Final[Mapping[str, Any]] = {"responses": answers("webhook_unknown")}


def routes(setup: ServiceSetup) -> APIRouter:  # noqa: C901 - one route after another
    router = APIRouter(prefix="/v1/webhooks", tags=[_TAG])
    Known = Annotated[Caller, Depends(caller_with(setup, Scope.WEBHOOKS))]

    def named(caller: Caller, unit: UnitOfWork) -> Webhooks:
        return setup.webhooks.acting_as(actor_of(caller)).within(unit)

    @router.post(
        "",
        operation_id="add_webhook",
        summary="Add a webhook endpoint",
        status_code=201,
        response_model=NewWebhook,
        responses=answers(
            "webhook_url_invalid",
            "webhook_url_forbidden",
            "webhook_description_invalid",
            "webhooks_used_up",
            once=True,
            body=True,
        ),
    )
    def add_webhook(caller: Known, asked: Asked, body: AddWebhook) -> Response:
        """It is in use at once. Its secret is shown in this answer alone."""

        def act(unit: UnitOfWork) -> Reply:
            made = named(caller, unit).add(
                caller.relying_party, url=body.url, description=body.description, events=body.events
            )
            return _secret(made, status=201)

        return perform(setup, _own(asked, caller), caller.relying_party, act)

    @router.get(
        "",
        operation_id="list_webhooks",
        summary="List webhook endpoints",
        response_model=WebhookList,
        responses=answers(),
    )
    def list_webhooks(caller: Known) -> Response:
        """Newest first, disabled ones among them."""
        rows = setup.webhooks.of_party(caller.relying_party)
        return shown(WebhookList(items=tuple(Webhook.of(row) for row in rows)))

    @router.get(
        "/{webhook}", operation_id="read_webhook", summary="Read a webhook endpoint", response_model=Webhook, **_OF_ONE
    )
    def read_webhook(caller: Known, webhook: WebhookId) -> Response:
        """Without its secret."""
        return shown(Webhook.of(setup.webhooks.get(caller.relying_party, webhook)))

    @router.patch(
        "/{webhook}",
        operation_id="change_webhook",
        summary="Change, enable or disable a webhook endpoint",
        response_model=Webhook,
        responses=answers(
            "webhook_unknown",
            "webhook_url_invalid",
            "webhook_url_forbidden",
            "webhook_description_invalid",
            body=True,
        ),
    )
    def change_webhook(caller: Known, webhook: WebhookId, body: ChangeWebhook) -> Response:
        """What happens while it is disabled is kept for 30 days as dead deliveries, which can be replayed."""
        service = setup.webhooks.acting_as(actor_of(caller))
        return shown(Webhook.of(service.update(caller.relying_party, webhook, **body.given())))

    @router.delete(
        "/{webhook}", operation_id="remove_webhook", summary="Remove a webhook endpoint", status_code=204, **_OF_ONE
    )
    def remove_webhook(caller: Known, webhook: WebhookId) -> Response:
        """With its secrets and its deliveries."""
        setup.webhooks.acting_as(actor_of(caller)).remove(caller.relying_party, webhook)
        return Response(status_code=204, headers=NOT_KEPT)

    @router.post(
        "/{webhook}/rotate-secret",
        operation_id="rotate_webhook_secret",
        summary="Give a webhook endpoint another secret",
        response_model=NewWebhook,
        responses=answers("webhook_unknown", once=True, body=True),
    )
    def rotate_webhook_secret(caller: Known, asked: Asked, webhook: WebhookId, body: RotateSecret) -> Response:
        """It is shown in this answer alone. Until `older_secret_until` two signatures are sent, so that the receiver
        can change over without losing anything.
        """

        def act(unit: UnitOfWork) -> Reply:
            overlap = timedelta(hours=body.overlap_hours)
            return _secret(named(caller, unit).rotate(caller.relying_party, webhook, overlap=overlap))

        return perform(setup, _own(asked, caller), caller.relying_party, act)

    @router.post(
        "/{webhook}/test",
        operation_id="test_webhook",
        summary="Send a test event",
        status_code=202,
        response_model=Delivery,
        responses=answers("webhook_unknown", "webhook_disabled", once=True),
    )
    def test_webhook(caller: Known, asked: Asked, webhook: WebhookId) -> Response:
        """`webhook.test`, to this endpoint alone; what became of it stands among its deliveries."""

        def act(unit: UnitOfWork) -> Reply:
            made = named(caller, unit).send_test(caller.relying_party, webhook)
            return Reply(status=202, body=Delivery.of(made))

        return perform(setup, asked, caller.relying_party, act)

    @router.get(
        "/{webhook}/deliveries",
        operation_id="list_webhook_deliveries",
        summary="List what was sent, waits, or was given up",
        response_model=DeliveryPage,
        responses=answers("webhook_unknown", "cursor_invalid"),
    )
    def list_webhook_deliveries(
        caller: Known, webhook: WebhookId, limit: PageSize = 50, cursor: Cursor = None, status: Status = None
    ) -> Response:
        """Newest event first."""
        after = place_of(cursor, Kind.EVENT)
        page = setup.webhooks.deliveries(caller.relying_party, webhook, limit=limit, after=after, status=status)
        items = tuple(Delivery.of(row) for row in page.items)
        return shown(DeliveryPage(items=items, next_cursor=cursor_of(page.next)))

    @router.post(
        "/{webhook}/deliveries/{event}/replay",
        operation_id="replay_webhook_delivery",
        summary="Send one event again",
        status_code=202,
        response_model=Delivery,
        responses=answers("webhook_unknown", "webhook_delivery_unknown", "webhook_disabled", once=True),
    )
    def replay_webhook_delivery(caller: Known, asked: Asked, webhook: WebhookId, event: EventId) -> Response:
        """Whatever became of it, and under the same `webhook-id`."""

        def act(unit: UnitOfWork) -> Reply:
            again = named(caller, unit).replay(caller.relying_party, webhook, event)
            return Reply(status=202, body=Delivery.of(again))

        return perform(setup, asked, caller.relying_party, act)

    @router.post(
        "/{webhook}/replay",
        operation_id="replay_dead_webhook_deliveries",
        summary="Send again what was given up",
        status_code=202,
        response_model=Replayed,
        responses=answers("webhook_unknown", "webhook_disabled", once=True, body=True),
    )
    def replay_dead_webhook_deliveries(caller: Known, asked: Asked, webhook: WebhookId, body: ReplayDead) -> Response:
        """After an outage: every dead delivery of an event since that moment, each for three days again."""

        def act(unit: UnitOfWork) -> Reply:
            count = named(caller, unit).replay_dead(caller.relying_party, webhook, since=body.since)
            return Reply(status=202, body=Replayed(count=count))

        return perform(setup, asked, caller.relying_party, act)

    return router


def events() -> APIRouter:
    """What is sent to a webhook endpoint, for the description: OpenAPI 3.1 has a place for it."""
    router = APIRouter(tags=[_TAG])

    @router.post("event", operation_id="receive_event", summary="An event is sent to your endpoint")
    def receive_event(
        body: WebhookEvent,
        webhook_id: Annotated[str, Header(description="Of the event, the same at every try.")],
        webhook_timestamp: Annotated[int, Header(description="Of this try, in seconds since 1970.")],
        webhook_signature: Annotated[
            str, Header(description="`v1,` and HMAC-SHA-256 of `id.timestamp.body` in base64; two during a rotation.")
        ],
    ) -> None:
        """Answer with 200 to 299 within 15 seconds; anything else is tried again for three days. Events come at least
        once and in any order. How to check them: `docs/reference/webhooks.md`.
        """

    return router


def _secret(made: NewWebhookSecret, *, status: int = 200) -> Reply:
    headers = {**NOT_KEPT, **({"Location": f"/v1/webhooks/{made.endpoint.id}"} if status == 201 else {})}
    return Reply(status=status, body=NewWebhook(webhook=Webhook.of(made.endpoint), secret=made.secret), headers=headers)


def _own(asked: Once, caller: Caller) -> Once:
    """The answer is a secret for the key that asked: no other key of the party is given it."""
    return dataclasses.replace(asked, request=asked.request + caller.actor.encode())
