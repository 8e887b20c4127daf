"""The secrets of an endpoint: sealed under a key of its own, the present one and, for a while, the one before."""

from collections.abc import Mapping
from datetime import datetime
from typing import Final

from visavis.errors import StorageError
from visavis.service.ports import Sealer, UnitOfWork
from visavis.service.vault import open_fields, seal_fields
from visavis.service.webhook_records import WebhookEndpoint

__all__ = ["drop_older", "in_force", "keep_first", "keep_next"]

_LABEL: Final = "webhook"


def keep_first(unit: UnitOfWork, sealer: Sealer, endpoint: str, secret: str) -> None:
    seal_fields(unit, sealer, endpoint, _LABEL, {"present": secret})


def keep_next(unit: UnitOfWork, sealer: Sealer, endpoint: str, secret: str, *, with_older: bool) -> None:
    """Under a new key, so that the old one is gone for good where it is not to be kept. What cannot be read is not
    kept either: a rotation helps a site that lost its master key.
    """
    before = _readable(unit, sealer, endpoint) if with_older else {}
    unit.sealed.destroy(endpoint)
    older = {"older": before["present"]} if "present" in before else {}
    seal_fields(unit, sealer, endpoint, _LABEL, {"present": secret, **older})


def drop_older(unit: UnitOfWork, sealer: Sealer, endpoint: str) -> None:
    kept = _readable(unit, sealer, endpoint)
    if "present" in kept:
        unit.sealed.destroy(endpoint)
        keep_first(unit, sealer, endpoint, kept["present"])


def in_force(unit: UnitOfWork, sealer: Sealer, endpoint: WebhookEndpoint, now: datetime) -> tuple[str, ...]:
    """The present one first. Nothing where they cannot be read."""
    kept = _readable(unit, sealer, endpoint.id)
    overlap = endpoint.older_secret_until is not None and now < endpoint.older_secret_until
    names = ("present", "older") if overlap else ("present",)
    return tuple(kept[name] for name in names if name in kept)


def _readable(unit: UnitOfWork, sealer: Sealer, endpoint: str) -> Mapping[str, str]:
    try:
        return open_fields(unit, sealer, endpoint, _LABEL) or {}
    except StorageError as error:
        if error.code in {"sealed_unreadable", "master_key_unknown"}:
            return {}
        raise
