"""Verifications and their signed answers."""

from collections.abc import Mapping

from visavis.client.call import Call, Page, get, path, post
from visavis.client.models import Attempts, Attestation, AttestationStatus, LinkCode, OpenedVerification, Verification

__all__ = [
    "attempts",
    "attestation_received",
    "attestation_status",
    "cancel",
    "erase",
    "fetch_attestation",
    "link_code",
    "open_verification",
    "page",
    "read",
    "revoke_attestation",
    "take_other_way",
]

_ONE = "/v1/verifications/{id}"


def open_verification(
    *,
    purpose: str,
    binding: str | None = None,
    return_url: str | None = None,
    language: str | None = None,
    labels: Mapping[str, str] | None = None,
    key: str | None = None,
) -> Call[OpenedVerification]:
    """Ask a holder. ``binding``: SHA-256, in hexadecimal, of what is being approved. ``key``: an idempotency key of
    your own, such as the id of your order; without one each call has a new one.
    """
    body = {
        "purpose": purpose,
        "binding": binding,
        "return_url": return_url,
        "language": language,
        "labels": dict(labels) if labels is not None else None,
    }
    return post("/v1/verifications", OpenedVerification, body, key=key)


def read(verification: str) -> Call[Verification]:
    return get(path(_ONE, id=verification), Verification)


def page(*, state: str | None = None, limit: int | None = None, cursor: str | None = None) -> Call[Page[Verification]]:
    """Newest first, without their decisions."""
    query = {"state": state, "limit": limit, "cursor": cursor}
    return get("/v1/verifications", Page[Verification], query=query)


def attempts(verification: str) -> Call[Attempts]:
    return get(path(_ONE + "/attempts", id=verification), Attempts)


def cancel(verification: str, *, key: str | None = None) -> Call[Verification]:
    """End one that is not decided."""
    return post(path(_ONE + "/cancel", id=verification), Verification, key=key)


def erase(verification: str, *, key: str | None = None) -> Call[Verification]:
    """Leave a skeleton of it; its attestation is revoked."""
    return post(path(_ONE + "/erase", id=verification), Verification, key=key)


def take_other_way(verification: str, *, key: str | None = None) -> Call[Verification]:
    """For a holder who says that they want it, and has no page before them. What there was of it is erased."""
    return post(path(_ONE + "/alternative", id=verification), Verification, key=key)


def link_code(holder_url: str) -> Call[LinkCode]:
    """A link of yours as a QR code."""
    return post("/v1/holder-link-code", LinkCode, {"holder_url": holder_url}, once=False)


def fetch_attestation(verification: str) -> Call[Attestation]:
    """The signed answer, and the fields that the policy discloses. May be repeated for ten minutes."""
    return get(path(_ONE + "/attestation", id=verification), Attestation)


def attestation_received(verification: str, *, key: str | None = None) -> Call[None]:
    """You have it: what it was made of is destroyed at once."""
    return post(path(_ONE + "/attestation/received", id=verification), type(None), key=key)


def attestation_status(verification: str) -> Call[AttestationStatus]:
    return get(path(_ONE + "/attestation/status", id=verification), AttestationStatus)


def revoke_attestation(verification: str, *, key: str | None = None) -> Call[AttestationStatus]:
    """For good."""
    return post(path(_ONE + "/attestation/revoke", id=verification), AttestationStatus, key=key)
