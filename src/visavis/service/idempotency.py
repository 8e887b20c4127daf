"""A request that comes twice is done once: Idempotency-Key (IETF draft-ietf-httpapi-idempotency-key-header-07).

The key is claimed in the unit of work that does the work, so an answer is kept if and only if its effect is. A second
request waits for the first, and is given its answer.
"""

import dataclasses
import hashlib
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Final

from visavis.errors import InputError, StateError
from visavis.service.ports import UnitOfWork
from visavis.service.records import Answered

__all__ = ["KEPT", "once"]

KEPT: Final = timedelta(hours=24)
_LONGEST: Final = 255


def once(
    unit: UnitOfWork,
    relying_party: str,
    key: str,
    *,
    request: bytes,
    at: datetime,
    act: Callable[[UnitOfWork], Answered],
) -> Answered:
    """What ``act`` answers, or answered to this key before. ``request`` is all that makes it another request: method,
    path and body. The key's own text is kept nowhere.

    Raises InputError ``idempotency_key_invalid``; StateError ``idempotency_key_reused`` for the same key with another
    request; and what ``act`` raises, after which the key is free again.
    """
    if not 1 <= len(key) <= _LONGEST or not key.isascii() or not key.isprintable():
        raise InputError(
            "idempotency_key_invalid",
            f"An idempotency key has 1 to {_LONGEST} printable ASCII letters.",
            advice="Send a new UUID for each request.",
        )
    name, digest = hashlib.sha256(key.encode()).hexdigest(), hashlib.sha256(request).hexdigest()
    before = unit.idempotency.find_or_claim(relying_party, name, request=digest, at=at)
    if before is None:
        answered = dataclasses.replace(act(unit), request=digest, at=at)
        unit.idempotency.answer(relying_party, name, answered)
        return answered
    if before.request != digest:
        raise StateError(
            "idempotency_key_reused",
            "This idempotency key was used for another request.",
            advice="Send a new key for a new request.",
        )
    return before
