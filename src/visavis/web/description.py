"""The description of the interface (OpenAPI 3.1): what the routes themselves do not say."""

import functools
from collections.abc import Callable, Iterator, Mapping
from http import HTTPStatus
from typing import Any, Final

from fastapi import APIRouter, FastAPI
from pydantic.json_schema import models_json_schema

from visavis.web.schemas.problems import ProblemDocument

__all__ = ["describe"]

_TEMPLATE: Final = "#/components/schemas/{model}"
_ABOUT: Final = """\
A relying party opens a verification for a purpose, hands the holder a link, and is told whether a policy accepted: with
reasons, and with a signed answer that it can verify on its own machine.

* **Identifiers** begin with what they are of (`ver_`, `lin_`, `key_`) and sort by the time they were made. What belongs
  to another relying party is answered as what never was.
* **Idempotency-Key**: send a new one with each POST. A request that is repeated with its key is done once, and answered
  with the first answer for 24 hours; the same key with another request is refused (`idempotency_key_reused`).
* **Problems** are `application/problem+json` (RFC 9457). Match on `code`: it is stable, the texts may change.
* **Lists** are newest first. Follow `next_cursor` until it is missing.
* **Limits** are told by `RateLimit-Policy` and `RateLimit`; after a 429, wait as long as `Retry-After` says.
* Nothing in an address, in a label or in an event is about a person, and nothing of yours needs to be.
"""
_TAGS: Final[Mapping[str, str]] = {
    "Verifications": "One question to one holder: is this you? Scope `verifications`.",
    "Attestations": "The signed answer to an accepted verification, an SD-JWT VC. Scope `verifications`.",
    "Lines": "The operator's register: who a number is registered to, shown by verifications. Scope `lines`.",
    "Counter": "Where holder and staff stand before each other. Scopes `verifications` and `lines`.",
    "Reviews": "People look at what was referred: a queue, a claim, looks, a verdict. Scope `review`.",
    "Webhooks": "Where events are sent to, signed: ids and a status, never anything about a person. Scope `webhooks`.",
    "API keys": "Keys of your own relying party. Scope `keys`.",
    "Members": "Your own staff: roles, codes to begin with. For administrators who signed in, and no key.",
    "Staff": "What the sign-in page asks for: passkeys, and the session that `/v1` takes in place of a key.",
    "Policies": "What a purpose asks of a holder, version by version. Scope `policies:read`.",
    "Figures": "What became of verifications, counted: nobody is in them. Scope `figures`.",
    "Holder": "What the holder's own page asks for, in a session of one device.",
    "Public": "What anybody may fetch: public keys and status lists.",
    "Operation": "For the operator's machines.",
}
_HEADERS: Final[Mapping[str, Any]] = {
    "X-Request-Id": {"description": "The request, by which the operator finds it.", "schema": {"type": "string"}},
    "RateLimit-Policy": {
        "description": "How often may be asked, in so many seconds (draft-ietf-httpapi-ratelimit-headers).",
        "schema": {"type": "string"},
        "example": '"key";q=12000;w=60',
    },
    "RateLimit": {
        "description": "How many requests are left, and in how many seconds the whole quota is there again.",
        "schema": {"type": "string"},
        "example": '"key";r=11999;t=1',
    },
    "Idempotent-Replayed": {
        "description": "`true` where this is the first answer, given again.",
        "schema": {"type": "string", "enum": ["true"]},
    },
    "Location": {"description": "Where it is read.", "schema": {"type": "string", "format": "uri-reference"}},
}
_UNSAID: Final = "Successful Response"
"""What the framework says of an answer of which a route says nothing."""


def describe(app: FastAPI, *, events: Callable[[], APIRouter]) -> None:
    """Give ``app`` its whole description: made once, when it is asked for first. ``events``: sent to webhooks."""
    app.description = _ABOUT
    app.openapi_tags = [{"name": name, "description": text} for name, text in _TAGS.items()]
    made = app.openapi

    @functools.cache
    def whole() -> dict[str, Any]:
        app.webhooks = events()
        document = made()
        for operation in _operations(document):
            _complete(operation)
        schemas = document.setdefault("components", {}).setdefault("schemas", {})
        _, defined = models_json_schema([(ProblemDocument, "serialization")], ref_template=_TEMPLATE)
        schemas.update(defined["$defs"])
        document["components"]["headers"] = _HEADERS
        return document

    app.openapi = whole  # type: ignore[method-assign]  # FastAPI's own way to extend the description


def _operations(document: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
    for path in document["paths"].values():
        for name, operation in path.items():
            if name in {"get", "post", "put", "patch", "delete"}:
                yield operation


def _complete(operation: dict[str, Any]) -> None:
    """The headers that every answer has, and the name of the status where a route gives no other description."""
    keyed = any("api_key" in item for item in operation.get("security", ()))
    once = any(item["name"].lower() == "idempotency-key" for item in operation.get("parameters", ()))
    for status, answer in operation["responses"].items():
        names = ["X-Request-Id"]
        names += ["RateLimit-Policy", "RateLimit"] if keyed and status != "401" else []
        names += ["Idempotent-Replayed"] if once and status.startswith("2") else []
        names += ["Location"] if status == "201" else []
        headers = {name: {"$ref": f"#/components/headers/{name}"} for name in names}
        answer["headers"] = {**headers, **answer.get("headers", {})}
        if answer.get("description") == _UNSAID:
            answer["description"] = f"{HTTPStatus(int(status)).phrase}."
