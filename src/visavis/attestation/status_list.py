"""Token Status List: one long list of small numbers, of which an attestation names its own.

By draft-ietf-oauth-status-list-17; section numbers are its.
Revoking changes a number and nothing else. A relying party fetches the whole list, so that the issuer does not learn
which attestation was looked up; indexes are drawn at random, so that neighbours in time are no neighbours in the list.
"""

import math
import threading
import zlib
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import IntEnum
from typing import Final, Protocol

from visavis.attestation.public_keys import KeySet
from visavis.attestation.strict_json import EPOCH, JsonObject, base64url, base64url_bytes, moment_of, moment_or_none
from visavis.attestation.tokens import SigningKey, TokenType, read_token, sign_token
from visavis.errors import TokenError

__all__ = [
    "LIST_SIZE",
    "MAX_LIST_BYTES",
    "MemoryStatusRegister",
    "Status",
    "StatusList",
    "StatusListToken",
    "StatusReference",
    "StatusRegister",
    "draw_index",
    "read_status_list",
    "sign_status_list",
]

BITS: Final = (1, 2, 4, 8)
LIST_SIZE: Final = 1 << 17
"""Places in a list; at two bits each, 32 KiB before compression."""
FILL: Final = 0.75
"""How full a list gets before another is begun: an index is found in four draws on average even then."""
MAX_LIST_BYTES: Final = 1 << 22
"""After decompression. A few hundred bytes could otherwise unfold into gigabytes."""
MAX_LIST_CHARACTERS: Final = 3_000_000
_MAX_INDEX: Final = MAX_LIST_BYTES * 8


class Status(IntEnum):
    """Section 7.1. Other numbers are an application's own, and here no pass."""

    VALID = 0
    INVALID = 1
    """Revoked for good."""
    SUSPENDED = 2
    """Not for now."""


@dataclass(frozen=True, slots=True, kw_only=True)
class StatusReference:
    """Where an attestation's status stands: the list, by the address it is published at, and the place in it."""

    uri: str
    index: int

    def as_claim(self) -> JsonObject:
        """The ``status`` claim (section 6.2)."""
        return {"status_list": {"idx": self.index, "uri": self.uri}}

    @classmethod
    def of_claim(cls, claim: object) -> "StatusReference | None":
        """None for a status of another mechanism. Raises `visavis.errors.TokenError`, ``status_claim_malformed``."""
        if isinstance(claim, dict) and "status_list" not in claim:
            return None
        match claim:
            case {"status_list": {"idx": int() as index, "uri": str() as uri}} if not isinstance(index, bool):
                if 0 <= index < _MAX_INDEX and uri:
                    return cls(uri=uri, index=index)
        raise TokenError("status_claim_malformed", "The status claim names no place in a list.")


class StatusList:
    """``size`` numbers of 1, 2, 4 or 8 ``bits``, all 0 (valid) at first. Packed from the least significant bit on.

    Raises ValueError for other bits, and for a size below 1 or beyond `MAX_LIST_BYTES`.
    """

    def __init__(self, size: int = LIST_SIZE, *, bits: int = 2) -> None:
        if bits not in BITS or not 0 < size <= MAX_LIST_BYTES * 8 // bits:
            raise ValueError("a status list has 1, 2, 4 or 8 bits a place, and at most 4 MiB")
        self.bits = bits
        self._bytes = bytearray(-(-size * bits // 8))

    @property
    def size(self) -> int:
        """Places, of which the last few may be there only to fill a byte."""
        return len(self._bytes) * 8 // self.bits

    def __getitem__(self, index: int) -> int:
        byte, shift = self._place(index)
        return self._bytes[byte] >> shift & (1 << self.bits) - 1

    def __setitem__(self, index: int, status: int) -> None:
        byte, shift = self._place(index)
        mask = (1 << self.bits) - 1
        if not 0 <= status <= mask:
            raise ValueError(f"a status of {self.bits} bits is 0..{mask}")
        self._bytes[byte] = self._bytes[byte] & ~(mask << shift) | status << shift

    def _place(self, index: int) -> tuple[int, int]:
        if not 0 <= index < self.size:
            raise IndexError(f"the list has {self.size} places")
        byte, within = divmod(index * self.bits, 8)
        return byte, within

    def copy(self) -> "StatusList":
        made = StatusList(self.size, bits=self.bits)
        made._bytes = bytearray(self._bytes)
        return made

    def as_data(self) -> JsonObject:
        """Section 4.2: the bytes compressed (zlib, highest level), in base64url."""
        return {"bits": self.bits, "lst": base64url(zlib.compress(bytes(self._bytes), 9))}

    @classmethod
    def of_data(cls, data: object) -> "StatusList":
        """Never unfolds more than `MAX_LIST_BYTES`.

        Raises `visavis.errors.TokenError`: ``status_list_malformed``, ``status_list_too_large``.
        """
        match data:
            case {"bits": (1 | 2 | 4 | 8) as bits, "lst": str() as text} if not isinstance(bits, bool | float):
                pass
            case _:
                raise _malformed()
        unfold = zlib.decompressobj()
        try:
            content = unfold.decompress(base64url_bytes(text), MAX_LIST_BYTES + 1)
        except (ValueError, zlib.error) as error:
            raise _malformed() from error
        if len(content) > MAX_LIST_BYTES:
            raise TokenError("status_list_too_large", f"The status list is larger than {MAX_LIST_BYTES >> 20} MiB.")
        if not unfold.eof or unfold.unused_data or not content:
            raise _malformed()
        made = cls(len(content) * 8 // bits, bits=bits)
        made._bytes = bytearray(content)
        return made


@dataclass(frozen=True, slots=True, kw_only=True)
class StatusListToken:
    """A list as it was signed. ``fresh_for``: how long a copy may be kept before another is fetched, or None."""

    uri: str
    issued_at: datetime
    expires_at: datetime | None
    fresh_for: timedelta | None
    statuses: StatusList


def sign_status_list(
    statuses: StatusList, *, uri: str, now: datetime, valid_for: timedelta, fresh_for: timedelta, key: SigningKey
) -> str:
    """The list as it is published at ``uri`` (section 5.1)."""
    issued = int(now.timestamp())
    payload = {
        "sub": uri,
        "iat": issued,
        "exp": issued + int(valid_for.total_seconds()),
        "ttl": int(fresh_for.total_seconds()),
        "status_list": statuses.as_data(),
    }
    return sign_token(payload, typ=TokenType.STATUS_LIST, key=key)


def read_status_list(token: str, *, uri: str, keys: KeySet, now: datetime, leeway: timedelta) -> StatusListToken:
    """A list that one of ``keys`` signed for ``uri`` and that is in force at ``now`` (section 8.3).

    Raises `visavis.errors.TokenError`: as `visavis.attestation.tokens.read_token`; ``status_list_malformed``,
    ``status_list_too_large``, ``status_list_other`` for the list of another address, ``status_list_expired``,
    ``status_list_from_the_future``.
    """
    payload = read_token(token, typ=[TokenType.STATUS_LIST], keys=keys, max_characters=MAX_LIST_CHARACTERS).payload
    if payload.get("sub") != uri:
        raise TokenError("status_list_other", "This status list belongs to another address.")
    try:
        issued, expires = moment_of(payload.get("iat")), moment_or_none(payload.get("exp"))
        fresh_until = moment_or_none(payload.get("ttl"))
    except ValueError as error:
        raise _malformed() from error
    if issued > now + leeway:
        raise TokenError("status_list_from_the_future", "The status list was issued later than now.")
    if expires is not None and expires <= now - leeway:
        raise TokenError("status_list_expired", "The status list is past its time.", advice="Fetch it once more.")
    return StatusListToken(
        uri=uri,
        issued_at=issued,
        expires_at=expires,
        fresh_for=None if fresh_until is None else fresh_until - EPOCH,
        statuses=StatusList.of_data(payload.get("status_list")),
    )


def draw_index(taken: Callable[[int], bool], *, size: int, entropy: Callable[[int], bytes]) -> int:
    """A place that is not ``taken``, each as likely as any other. Fast as long as a good part is free.

    ``size`` is a power of two, so that random bits fall evenly. Raises ValueError for another.
    """
    if size < 1 or size & size - 1:
        raise ValueError("the size of a list is a power of two")
    while True:
        index = int.from_bytes(entropy(8), "big") % size
        if not taken(index):
            return index


class StatusRegister(Protocol):
    """Where statuses are kept. Safe from several threads; no place is ever given twice."""

    def allocate(self) -> StatusReference:
        """A place of its own for a new attestation, valid."""
        ...

    def set_status(self, reference: StatusReference, status: Status) -> None:
        """Raises `visavis.errors.TokenError`, ``status_unknown_place``, for a place that was never given; and
        ``status_final`` where `Status.INVALID` would become something else: revoked is for good.
        """
        ...

    def statuses(self, uri: str) -> StatusList:
        """A copy of one list, to be signed. Raises TokenError ``status_unknown_place``."""
        ...


class MemoryStatusRegister:
    """Lists under ``base``: ``base/1``, ``base/2``, ... One is begun when three quarters of the last are given."""

    def __init__(self, base: str, *, entropy: Callable[[int], bytes], size: int = LIST_SIZE) -> None:
        self._base, self._entropy, self._size = base, entropy, size
        self._lists: dict[str, StatusList] = {}
        self._given: dict[str, set[int]] = {}
        self._uri = ""
        self._lock = threading.Lock()

    def allocate(self) -> StatusReference:
        with self._lock:
            if not self._uri or len(self._given[self._uri]) >= math.ceil(self._size * FILL):
                self._uri = f"{self._base}/{len(self._lists) + 1}"
                self._lists[self._uri], self._given[self._uri] = StatusList(self._size), set()
            given = self._given[self._uri]
            index = draw_index(given.__contains__, size=self._size, entropy=self._entropy)
            given.add(index)
            return StatusReference(uri=self._uri, index=index)

    def set_status(self, reference: StatusReference, status: Status) -> None:
        with self._lock:
            if reference.index not in self._given.get(reference.uri, ()):
                raise _unknown_place()
            statuses = self._lists[reference.uri]
            if statuses[reference.index] == Status.INVALID and status is not Status.INVALID:
                raise TokenError("status_final", "What was revoked stays revoked.", advice="Issue a new attestation.")
            statuses[reference.index] = status

    def statuses(self, uri: str) -> StatusList:
        with self._lock:
            if uri not in self._lists:
                raise _unknown_place()
            return self._lists[uri].copy()


def _malformed() -> TokenError:
    return TokenError("status_list_malformed", "This is no status list.")


def _unknown_place() -> TokenError:
    return TokenError("status_unknown_place", "No attestation has this place in a status list.")
