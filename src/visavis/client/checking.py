"""An attestation that was fetched is verified, with the issuer's keys and its status list. Without input or output of
its own, as `visavis.client.course`.
"""

from collections.abc import Generator
from datetime import datetime
from typing import Final
from urllib.parse import urlsplit

from visavis.attestation import KeySet, VerifiedAttestation, verify
from visavis.client.call import Call, raw
from visavis.errors import StatusUnknownError

__all__ = ["Checking", "checking"]

_KEYS: Final = "/.well-known/jwks.json"

Checking = Generator[Call[bytes], bytes, VerifiedAttestation]


def checking(
    token: str, *, issuer: str, audience: str, now: datetime, nonce: str | None, keys: KeySet | None
) -> Checking:
    """Yields what must be fetched, and is sent its content. ``keys``: None to fetch those that the issuer publishes.

    The status list is looked for at the issuer's own host alone, and only once the issuer's signature is verified.
    Raises as `visavis.attestation.verify`.
    """
    if keys is None:
        keys = KeySet.parse((yield raw(issuer + _KEYS)))
    asked: list[str] = []

    def first(uri: str) -> str:
        asked.append(uri)
        raise LookupError("to be fetched")

    try:
        return verify(token, issuer=issuer, keys=keys, now=now, audience=audience, nonce=nonce, status_list=first)
    except StatusUnknownError:
        if not asked or _origin(asked[0]) != _origin(issuer):
            raise
    content = (yield raw(asked[0])).decode("ascii", errors="replace")
    return verify(
        token,
        issuer=issuer,
        keys=keys,
        now=now,
        audience=audience,
        nonce=nonce,
        status_list={asked[0]: content}.__getitem__,
    )


def _origin(address: str) -> tuple[str, str | None, int | None]:
    link = urlsplit(address)
    return link.scheme, link.hostname, link.port
