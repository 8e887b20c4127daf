"""Status lists as they are published: signed, and signed again only when something changed or time went by.

A list is public and is asked for by everybody, so that nobody learns which place was looked up: making it must not cost
more than giving it out. A revocation is in what is given out within ``seen_within``, and a copy that somebody keeps is
asked for again within ``fresh_for``.
"""

import hashlib
import re
import threading
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from visavis.attestation.keys import SigningKeyRing
from visavis.attestation.status_list import StatusRegister, sign_status_list
from visavis.clock import Clock
from visavis.errors import TokenError, UnknownError

__all__ = ["PublishedList", "StatusLists"]

_NUMBER: Final = re.compile(r"[1-9][0-9]{0,6}")
_MOST: Final = 256
"""Lists whose last signature is remembered: at three quarters of 131,072 places, 25 million attestations."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PublishedList:
    """``token``: signed; ``tag``: differs where the token does; ``fresh_for``: how long a copy may be kept from now."""

    token: str
    tag: str
    fresh_for: timedelta


@dataclass(frozen=True, slots=True, kw_only=True)
class _Signed:
    token: str
    content: bytes
    kid: str
    signed_at: datetime
    looked_at: datetime


class StatusLists:
    """``base``: the address under which lists are numbered. Safe from several threads."""

    def __init__(
        self,
        *,
        register: StatusRegister,
        keys: SigningKeyRing,
        clock: Clock,
        base: str,
        fresh_for: timedelta = timedelta(minutes=5),
        seen_within: timedelta = timedelta(seconds=15),
        valid_for: timedelta = timedelta(days=1),
    ) -> None:
        self._register = register
        self._keys = keys
        self._clock = clock
        self._base = base
        self._fresh_for = fresh_for
        self._seen_within = seen_within
        self._valid_for = valid_for
        self._signed: dict[str, _Signed] = {}
        self._lock = threading.Lock()

    def published(self, number: str) -> PublishedList:
        """The list of that number. Raises UnknownError ``status_list_unknown``; KeyRingError, StorageError."""
        uri = f"{self._base}/{number}"
        with self._lock:  # one of those who ask signs, the others wait and are given the same
            signed = self._current(uri) if _NUMBER.fullmatch(number) else None
        if signed is None:
            raise UnknownError("status_list_unknown", "There is no such status list.", advice="Check its address.")
        tag = hashlib.sha256(signed.token.encode()).hexdigest()[:32]
        return PublishedList(token=signed.token, tag=tag, fresh_for=self._fresh_for)

    def _current(self, uri: str) -> _Signed | None:
        now = self._clock.now()
        known = self._signed.get(uri)
        if known is not None and now - known.looked_at < self._seen_within:
            return known
        try:
            statuses = self._register.statuses(uri)
        except TokenError:
            return None
        content = hashlib.sha256(str(statuses.as_data()).encode()).digest()
        key = self._keys.signing_key()
        same = known is not None and known.content == content and known.kid == key.kid
        if known is not None and same and now - known.signed_at < self._valid_for / 2:
            signed = _Signed(token=known.token, content=content, kid=key.kid, signed_at=known.signed_at, looked_at=now)
        else:
            token = sign_status_list(
                statuses, uri=uri, now=now, valid_for=self._valid_for, fresh_for=self._fresh_for, key=key
            )
            signed = _Signed(token=token, content=content, kid=key.kid, signed_at=now, looked_at=now)
        if uri not in self._signed and len(self._signed) >= _MOST:
            self._signed.pop(next(iter(self._signed)))
        self._signed[uri] = signed
        return signed
