"""API keys over HTTP: made, listed, revoked."""

import dataclasses
from typing import Annotated, Final

from fastapi import APIRouter, Depends
from starlette.responses import Response

from visavis.domain.identifiers import Kind
from visavis.service.ports import UnitOfWork
from visavis.service.records import KEY_SCOPES, Scope
from visavis.web.auth import Caller, caller_with
from visavis.web.cursors import cursor_of, place_of
from visavis.web.idempotent import Once, Reply, once_of, perform
from visavis.web.relying.calling import actor_of, shown
from visavis.web.schemas.common import Cursor, PageSize, identifier, identifier_in_path
from visavis.web.schemas.keys import ApiKey, ApiKeyPage, CreateApiKey, NewApiKey
from visavis.web.schemas.problems import answers
from visavis.web.setup import ServiceSetup

__all__ = ["routes"]

KeyId = Annotated[str, identifier(Kind.API_KEY), identifier_in_path(Kind.API_KEY, "an API key")]
Asked = Annotated[Once, Depends(once_of)]
_TAG: Final = "API keys"


def _may_give(caller: Caller) -> frozenset[Scope]:
    """Who adds members gives out every right there is already; a key gives no more than its own."""
    return caller.scopes if caller.member is None else KEY_SCOPES


def routes(setup: ServiceSetup) -> APIRouter:
    router = APIRouter(prefix="/v1/api-keys", tags=[_TAG])
    Known = Annotated[Caller, Depends(caller_with(setup, Scope.KEYS))]

    @router.post(
        "",
        operation_id="create_api_key",
        summary="Make an API key",
        status_code=201,
        response_model=NewApiKey,
        responses=answers("api_key_invalid", "scope_not_yours", "api_keys_used_up", once=True, body=True),
    )
    def create_api_key(caller: Known, asked: Asked, body: CreateApiKey) -> Response:
        """Its secret is shown in this answer alone. It gets no scope that the key you ask with has not itself; an
        administrator gives any that a key can have.
        """

        def act(unit: UnitOfWork) -> Reply:
            keys = setup.api_keys.acting_as(actor_of(caller)).within(unit)
            made = keys.create(caller.relying_party, name=body.name, scopes=body.scopes, may_give=_may_give(caller))
            headers = {"Location": f"/v1/api-keys/{made.key.id}", "Cache-Control": "no-store"}
            return Reply(status=201, body=NewApiKey(key=ApiKey.of(made.key), secret=made.text), headers=headers)

        # the answer is a secret of whoever asked: another caller of the party, with fewer scopes, is not given it
        own = dataclasses.replace(asked, request=asked.request + caller.actor.encode())
        return perform(setup, own, caller.relying_party, act)

    @router.get(
        "",
        operation_id="list_api_keys",
        summary="List API keys",
        response_model=ApiKeyPage,
        responses=answers("cursor_invalid"),
    )
    def list_api_keys(caller: Known, limit: PageSize = 50, cursor: Cursor = None) -> Response:
        """Newest first, with when each was last used; revoked ones among them."""
        page = setup.api_keys.page(caller.relying_party, limit=limit, after=place_of(cursor, Kind.API_KEY))
        items = tuple(ApiKey.of(row) for row in page.items)
        return shown(ApiKeyPage(items=items, next_cursor=cursor_of(page.next)))

    @router.get(
        "/{key}",
        operation_id="read_api_key",
        summary="Read an API key",
        response_model=ApiKey,
        responses=answers("api_key_not_found"),
    )
    def read_api_key(caller: Known, key: KeyId) -> Response:
        """Without its secret part, which is kept nowhere."""
        return shown(ApiKey.of(setup.api_keys.get(caller.relying_party, key)))

    @router.post(
        "/{key}/revoke",
        operation_id="revoke_api_key",
        summary="Revoke an API key",
        response_model=ApiKey,
        responses=answers("api_key_not_found", once=True),
    )
    def revoke_api_key(caller: Known, asked: Asked, key: KeyId) -> Response:
        """For good, from the next request on; also the one you ask with. One that was revoked before is not found."""

        def act(unit: UnitOfWork) -> Reply:
            keys = setup.api_keys.acting_as(actor_of(caller)).within(unit)
            keys.revoke(caller.relying_party, key)
            return Reply(body=ApiKey.of(keys.get(caller.relying_party, key)))

        return perform(setup, asked, caller.relying_party, act)

    return router
