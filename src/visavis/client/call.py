"""One request to the service as a value, and how its answer is read. Nothing here sends anything."""

import dataclasses
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Generic, TypeVar
from urllib.parse import quote

import msgspec

from visavis.client.errors import AnswerUnusableError

__all__ = ["Call", "Page", "changing", "get", "path", "post", "raw"]

T = TypeVar("T")


@dataclass(frozen=True, slots=True, kw_only=True)
class Page(Generic[T]):
    """Part of a list. ``next_cursor`` goes on behind it; None at the end."""

    items: tuple[T, ...]
    next_cursor: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Call(Generic[T]):
    """``where``: a path of the service, or a whole address that anybody may fetch, which gets no API key. ``once``: it
    takes an idempotency key; ``key`` is the caller's own, else each call gets a new one. ``safe``: asked twice, nothing
    is done twice.
    """

    method: str
    where: str
    read: Callable[[bytes], T]
    query: Mapping[str, str] = field(default_factory=dict)
    headers: Mapping[str, str] = field(default_factory=dict)
    body: bytes | None = field(default=None, repr=False)
    once: bool = False
    key: str | None = None
    safe: bool = True

    def after(self, cursor: str) -> "Call[T]":
        """The same, from that cursor on."""
        return dataclasses.replace(self, query={**self.query, "cursor": cursor})


def path(template: str, **names: str) -> str:
    """``template`` with each name in its place, and leading nowhere else. Raises ValueError for one that is none."""
    if any(value in {"", ".", ".."} for value in names.values()):
        raise ValueError("an id is missing")
    return template.format(**{name: quote(value, safe="") for name, value in names.items()})


def get(
    where: str,
    kind: type[T],
    *,
    query: Mapping[str, object | None] | None = None,
    headers: Mapping[str, str] | None = None,
) -> Call[T]:
    """What is None in ``query`` is left out."""
    sent = {name: str(value) for name, value in (query or {}).items() if value is not None}
    return Call(method="GET", where=where, read=_reader(kind), query=sent, headers=headers or {})


def post(
    where: str,
    kind: type[T],
    body: Mapping[str, Any] | None = None,
    *,
    key: str | None = None,
    once: bool = True,
    headers: Mapping[str, str] | None = None,
) -> Call[T]:
    """What is None in ``body`` is left out. ``once=False``: it changes nothing, and takes no idempotency key."""
    content = None
    if body is not None:
        content = msgspec.json.encode({name: value for name, value in body.items() if value is not None})
    return Call(method="POST", where=where, read=_reader(kind), body=content, once=once, key=key, headers=headers or {})


def changing(
    method: str, where: str, kind: type[T], body: Mapping[str, Any] | None = None, *, safe: bool = False
) -> Call[T]:
    """What takes no idempotency key: ``safe`` where asked twice it does no more than once."""
    given = {name: value for name, value in (body or {}).items() if value is not None}
    content = None if body is None else msgspec.json.encode(given)
    return Call(method=method, where=where, read=_reader(kind), body=content, safe=safe)


def raw(where: str, *, headers: Mapping[str, str] | None = None) -> Call[bytes]:
    """Bytes as they are: a picture, a token."""
    return Call(method="GET", where=where, read=bytes, headers=headers or {})


def _reader(kind: type[T]) -> Callable[[bytes], T]:
    def read(content: bytes) -> T:
        if kind is type(None):
            return None
        try:
            return msgspec.json.decode(content, type=kind)
        except msgspec.DecodeError as error:
            raise AnswerUnusableError(
                "answer_unusable",
                "The answer does not have the form that this client knows.",
                advice="See that the address is the service's, and whether there is a newer client.",
            ) from error

    return read
