"""What anybody may fetch, without a key: the public keys that attestations are verified with, and status lists."""

from datetime import timedelta
from typing import Annotated, Final
from urllib.parse import urlsplit

from fastapi import APIRouter, Header, Path
from starlette.responses import Response

from visavis.attestation.keys import issuer_metadata, issuer_metadata_url, jwk_set
from visavis.decision.canonical import canonical_json
from visavis.web.schemas.problems import answers
from visavis.web.schemas.well_known import IssuerMetadata, JwkSet
from visavis.web.setup import ServiceSetup

__all__ = ["STATUS_LIST_TYPE", "routes"]

STATUS_LIST_TYPE: Final = "application/statuslist+jwt"
_TAG: Final = "Public"
_KEYS_FRESH: Final = timedelta(minutes=5)
_CACHING: Final = {
    "ETag": {"description": "Send it as `If-None-Match`.", "schema": {"type": "string"}},
    "Cache-Control": {"description": "How long a copy may be kept.", "schema": {"type": "string"}},
}
_UNCHANGED: Final = {"description": "Not Modified: the copy with that tag is still right.", "headers": _CACHING}
IfNoneMatch = Annotated[str | None, Header(max_length=1000, description="Tags of copies that are at hand.")]


def routes(setup: ServiceSetup) -> APIRouter:
    router = APIRouter(tags=[_TAG])

    @router.get(
        "/.well-known/jwks.json",
        operation_id="read_keys",
        summary="Read the public keys",
        response_model=JwkSet,
        responses={200: {"headers": {"Cache-Control": _CACHING["Cache-Control"]}}, **answers(caller=False)},
    )
    def read_keys() -> Response:
        """Those that sign, will sign, or signed what is still valid."""
        return _keys(jwk_set(setup.attestation_keys.published(setup.clock.now())))

    def read_issuer() -> Response:
        """The same keys, where SD-JWT VC looks for them."""
        return _keys(issuer_metadata(setup.public_url, setup.attestation_keys.published(setup.clock.now())))

    router.add_api_route(
        urlsplit(
            issuer_metadata_url(setup.public_url)
        ).path,  # a service under a path has it behind the well-known part
        read_issuer,
        operation_id="read_issuer",
        summary="Read the issuer's metadata",
        response_model=IssuerMetadata,
        responses={200: {"headers": {"Cache-Control": _CACHING["Cache-Control"]}}, **answers(caller=False)},
    )

    @router.get(
        "/status-lists/{number}",
        operation_id="read_status_list",
        summary="Read a status list",
        response_class=Response,
        responses={
            200: {
                "description": "A Token Status List, signed (draft-ietf-oauth-status-list).",
                "headers": _CACHING,
                "content": {
                    STATUS_LIST_TYPE: {
                        "schema": {"type": "string"},
                        "examples": {
                            "signed": {"value": "eyJhbGciOiJFUzI1NiIsInR5cCI6InN0YXR1c2xpc3Qrand0In0.e30.c2ln"}
                        },
                    }
                },
            },
            304: _UNCHANGED,
            **answers("status_list_unknown", caller=False),
        },
    )
    def read_status_list(
        number: Annotated[str, Path(max_length=100, examples=["1"], description="The list's.")],
        if_none_match: IfNoneMatch = None,
    ) -> Response:
        """Whether attestations were revoked, all of a list at once: so nobody learns which one you looked up."""
        published = setup.status_lists.published(number)
        tag = f'"{published.tag}"'
        headers = {"ETag": tag, "Cache-Control": _kept_for(published.fresh_for)}
        if _matches(if_none_match, tag):
            return Response(status_code=304, headers=headers)
        return Response(published.token, headers=headers, media_type=STATUS_LIST_TYPE)

    return router


def _keys(content: dict[str, object]) -> Response:
    headers = {"Cache-Control": _kept_for(_KEYS_FRESH)}
    return Response(canonical_json(content), headers=headers, media_type="application/json")


def _kept_for(span: timedelta) -> str:
    return f"public, max-age={int(span.total_seconds())}"


def _matches(sent: str | None, tag: str) -> bool:
    """RFC 9110 section 13.1.2, compared weakly."""
    return sent is not None and (
        sent.strip() == "*" or tag in {item.strip().removeprefix("W/") for item in sent.split(",")}
    )
