"""Signatures of webhooks (Standard Webhooks 1.0.0, "Signature scheme" and "Webhook headers"): HMAC-SHA-256 over
``id.timestamp.body``, one signature for each secret in force.
"""

import base64
import hashlib
import hmac
import secrets
from collections.abc import Sequence
from datetime import datetime
from typing import Final

from visavis.errors import InputError

__all__ = ["new_secret", "signed_headers"]

_PREFIX: Final = "whsec_"
_SECRET_BYTES: Final = 32
"""Standard Webhooks: 24 to 64."""


def new_secret() -> str:
    """``whsec_`` and 256 random bits in base64."""
    return _PREFIX + base64.b64encode(secrets.token_bytes(_SECRET_BYTES)).decode()


def signed_headers(event: str, body: bytes, *, at: datetime, secrets_in_force: Sequence[str]) -> dict[str, str]:
    """The three headers of a try at that moment. ``event`` stays the same at every try; ``at`` does not.

    Raises InputError ``webhook_id_invalid`` for an identifier with a full stop, which would make what is signed
    ambiguous.
    """
    if "." in event:
        raise InputError("webhook_id_invalid", "A webhook's id has no full stop.", advice="Make another identifier.")
    seconds = str(int(at.timestamp()))
    content = f"{event}.{seconds}.".encode() + body
    return {
        "webhook-id": event,
        "webhook-timestamp": seconds,
        "webhook-signature": " ".join(_signature(secret, content) for secret in secrets_in_force),
    }


def _signature(secret: str, content: bytes) -> str:
    key = base64.b64decode(secret.removeprefix(_PREFIX), validate=True)
    return "v1," + base64.b64encode(hmac.digest(key, content, hashlib.sha256)).decode()
