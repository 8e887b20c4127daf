"""POST requests that are done once, however often they arrive (Idempotency-Key), and their answers.

What is kept of an answer for the next 24 hours is sealed: it may hold the text of an API key or a holder's link.
"""

from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Annotated, Final

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from fastapi import Header, Request
from pydantic import BaseModel
from starlette.responses import Response

from visavis.errors import StorageError
from visavis.service.idempotency import once
from visavis.service.ports import UnitOfWork
from visavis.service.records import Answered
from visavis.service.transactions import committed
from visavis.web.setup import ServiceSetup

__all__ = ["Once", "Reply", "once_of", "perform"]

_LABEL: Final = "visavis answers kept under an idempotency key"
_NONCE: Final = 12


@dataclass(frozen=True, slots=True, kw_only=True)
class Reply:
    """An answer before it is written. ``body``: None for an empty one."""

    status: int = 200
    body: BaseModel | None = None
    headers: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Once:
    """``key``: the idempotency key that was sent, or None; ``request``: all that makes it another request."""

    key: str | None
    request: bytes


async def once_of(
    request: Request,
    idempotency_key: Annotated[
        str | None,
        Header(
            description="A new one for each request, such as a UUID. The same key with the same request is answered"
            " again with the first answer, for 24 hours; with another request it is refused."
        ),
    ] = None,
) -> Once:
    """A dependency: `Annotated[Once, Depends(once_of)]`."""
    body = await request.body()
    query = request.scope.get("query_string", b"")
    parts = (request.method.encode(), request.scope["path"].encode(), query, body)
    return Once(key=idempotency_key, request=b"".join(len(part).to_bytes(8, "big") + part for part in parts))


def perform(setup: ServiceSetup, asked: Once, relying_party: str, act: Callable[[UnitOfWork], Reply]) -> Response:
    """Do ``act`` and answer, in one unit of work: both are there, or neither.

    ``act`` may be called several times (`visavis.service.transactions.committed`); it does everything in the unit of
    work that it is given, as through `Verifications.within`. Raises what it raises, and as
    `visavis.service.idempotency.once`.
    """

    def work(unit: UnitOfWork) -> tuple[Answered, bytes, bool]:
        fresh: list[bytes] = []

        def answered(unit: UnitOfWork) -> Answered:
            reply = act(unit)
            body = b"" if reply.body is None else reply.body.model_dump_json(exclude_none=True).encode()
            fresh[:] = [body]
            sealed = _seal(setup, relying_party, body) if asked.key is not None and body else body
            return Answered(request="", at=setup.clock.now(), status=reply.status, body=sealed, headers=reply.headers)

        if asked.key is None:
            done = answered(unit)
        else:
            done = once(unit, relying_party, asked.key, request=asked.request, at=setup.clock.now(), act=answered)
        if fresh:
            return done, fresh[0], False
        return done, _open(setup, relying_party, done.body) if done.body else b"", True

    done, body, again = committed(setup.storage, work)
    headers = dict(done.headers)
    if again:
        headers["Idempotent-Replayed"] = "true"
    return Response(body, status_code=done.status, headers=headers, media_type="application/json" if body else None)


def _seal(setup: ServiceSetup, relying_party: str, body: bytes) -> bytes:
    nonce = setup.entropy(_NONCE)
    return nonce + AESGCM(setup.derive(_LABEL)).encrypt(nonce, body, relying_party.encode())


def _open(setup: ServiceSetup, relying_party: str, sealed: bytes) -> bytes:
    for key in setup.derive_each(_LABEL):
        with suppress(InvalidTag, ValueError):
            return AESGCM(key).decrypt(sealed[:_NONCE], sealed[_NONCE:], relying_party.encode())
    raise StorageError(
        "answer_unreadable",
        "The answer to this idempotency key was kept under another master key.",
        advice="Read what was done, and send a new key for a new request.",
    )
