"""What both clients have in common: where the service is, with which key, and how a request looks."""

import random
import uuid
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Final
from urllib.parse import urlsplit

import httpx

from visavis import __version__
from visavis.client.course import Answer, Patience, Send
from visavis.client.errors import AnswerUnusableError

__all__ = ["MOST_BYTES", "TIMEOUT", "BaseSettings", "Settings", "answer_of", "read_within"]

TIMEOUT: Final = httpx.Timeout(30.0, connect=5.0)
MOST_BYTES: Final = 8 * 1024 * 1024
"""Of one answer."""
_LOCAL: Final = frozenset({"localhost", "127.0.0.1", "::1"})


def _now() -> datetime:
    return datetime.now(UTC)


def _new_key() -> str:
    return str(uuid.uuid4())


@dataclass(frozen=True, slots=True, kw_only=True)
class BaseSettings:
    """``url``: where the service is reached from outside. ``jitter``, ``now`` and ``new_key`` are for tests.

    Raises ValueError for an address that is not https, but on the developer's own machine.
    """

    url: str
    patience: Patience = field(default_factory=Patience)
    jitter: Callable[[], float] = field(default=random.random, repr=False)
    now: Callable[[], datetime] = field(default=_now, repr=False)
    new_key: Callable[[], str] = field(default=_new_key, repr=False)

    def __post_init__(self) -> None:
        link = urlsplit(self.url)
        local = link.scheme == "http" and link.hostname in _LOCAL
        if not link.hostname or not (link.scheme == "https" or local) or link.query or link.fragment:
            raise ValueError("the service is at an https address")

    @property
    def base(self) -> str:
        return self.url.rstrip("/")

    def headers(self) -> dict[str, str]:
        """Of every request to the service itself."""
        return {}

    def request(self, http: httpx.Client | httpx.AsyncClient, sent: Send) -> httpx.Request:
        call = sent.call
        own = call.where.startswith("/")
        headers = {"Accept": "application/json", "User-Agent": f"visavis-client/{__version__}"}
        if call.body is not None:
            headers["Content-Type"] = "application/json"
        headers |= {**(self.headers() if own else {}), **call.headers}
        if sent.key is not None:
            headers["Idempotency-Key"] = sent.key
        where = self.base + call.where if own else call.where
        return http.build_request(
            call.method, where, params=dict(call.query) or None, headers=headers, content=call.body
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings(BaseSettings):
    """``issuer``: of the attestations, where that is not ``url``. ``relying_party``: your own id, for which
    attestations must be made.

    Raises ValueError as `BaseSettings`, and for what is no API key: it is worth as much as what it may do.
    """

    api_key: str = field(repr=False)
    relying_party: str | None = None
    issuer: str | None = None

    def __post_init__(self) -> None:
        BaseSettings.__post_init__(self)
        if not self.api_key.isascii() or not self.api_key.isprintable() or " " in self.api_key:
            raise ValueError("this is no API key")

    @property
    def issued_by(self) -> str:
        return self.issuer or self.base

    def headers(self) -> dict[str, str]:
        return {"Authorization": f"Bearer {self.api_key}"}


def read_within(read: int, more: bytes) -> int:
    """How much it is with what came. Raises AnswerUnusableError beyond `MOST_BYTES`."""
    if read + len(more) > MOST_BYTES:
        raise AnswerUnusableError("answer_unusable", f"The answer is larger than {MOST_BYTES >> 20} MiB.")
    return read + len(more)


def answer_of(status: int, headers: Mapping[str, str], body: bytes) -> Answer:
    return Answer(status=status, headers={name.lower(): value for name, value in headers.items()}, body=body)
