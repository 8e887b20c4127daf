"""What a receiver of webhooks does with a request: see that it comes from the service, and only then read it.

Standard Webhooks 1.0.0: HMAC-SHA-256 over ``id.timestamp.body``, one signature a secret in force.

Steps
    1. The headers are there, and the moment is near: an old message may be one that somebody recorded.
    2. One of the signatures is made with one of the secrets.
    3. The body is read.

That an event was handled already is the receiver's to know, by its id: it comes at least once, and keeps its id.
"""

import base64
import binascii
import hashlib
import hmac
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Final

import msgspec

from visavis.errors import TokenError

__all__ = ["EVENT_AGE", "Event", "read_event"]

EVENT_AGE: Final = timedelta(minutes=5)
_PREFIX: Final = "whsec_"
_VERSION: Final = "v1"
_LONGEST: Final = 100_000


@dataclass(frozen=True, slots=True, kw_only=True)
class EventData:
    """``id``: of the verification, the line or the endpoint; ``outcome``: of a decision."""

    id: str
    status: str = ""
    outcome: str | None = None
    verification: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class _Body:
    type: str
    timestamp: datetime
    data: EventData


@dataclass(frozen=True, slots=True, kw_only=True)
class Event:
    """``id`` stays the same at every try; ``happened_at`` is not when it was sent."""

    id: str
    type: str
    happened_at: datetime
    data: EventData


def read_event(
    body: bytes, headers: Mapping[str, str], *, secrets: Sequence[str], now: datetime, age: timedelta = EVENT_AGE
) -> Event:
    """The event in a request, once it is known to come from the service. ``body``: as it arrived, not parsed and
    written again. ``secrets``: those that may sign, two of them while one takes over from the other.

    Raises `visavis.errors.TokenError`: ``webhook_headers_missing``, ``webhook_too_old``, ``webhook_signature_wrong``,
    ``webhook_body_invalid``; ValueError for a secret that is none.
    """
    given = {name.lower(): value for name, value in headers.items()}
    name, seconds, signatures = (given.get(f"webhook-{part}", "") for part in ("id", "timestamp", "signature"))
    if not (name and signatures and seconds.isascii() and seconds.isdigit() and len(seconds) <= 12):
        raise TokenError("webhook_headers_missing", "This request does not have the headers of a webhook.")
    if abs(now - datetime.fromtimestamp(int(seconds), UTC)) > age:
        raise TokenError("webhook_too_old", "This webhook was not sent just now.", advice="Check the clock.")
    content = f"{name}.{seconds}.".encode() + body
    right = [_signature(secret, content) for secret in secrets]
    told = [part.partition(",") for part in signatures.split(" ")]
    theirs = [text.encode() for version, _, text in told if version == _VERSION]
    # every pair is compared, so that the time tells nothing of which
    if not any([hmac.compare_digest(mine, text) for mine in right for text in theirs]):  # noqa: C419 - see above
        raise TokenError("webhook_signature_wrong", "This webhook is not signed with a secret of yours.")
    if len(body) > _LONGEST:
        raise _invalid()
    try:
        read = msgspec.json.decode(body, type=_Body)
    except msgspec.DecodeError as error:
        raise _invalid() from error
    return Event(id=name, type=read.type, happened_at=read.timestamp, data=read.data)


def _signature(secret: str, content: bytes) -> bytes:
    try:
        key = base64.b64decode(secret.removeprefix(_PREFIX), validate=True)
    except binascii.Error as error:
        raise ValueError("this is no secret of a webhook") from error
    if len(key) < 24:
        raise ValueError("this is no secret of a webhook")
    return base64.b64encode(hmac.digest(key, content, hashlib.sha256))


def _invalid() -> TokenError:
    return TokenError("webhook_body_invalid", "This webhook is none that this client knows.")
