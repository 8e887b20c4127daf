"""A table in memory that can undo what was done to it since a transaction began."""

from collections.abc import Callable, Hashable, Iterator
from typing import Generic, TypeVar

from visavis.service.records import Page

__all__ = ["Journal", "Table", "newest"]

K = TypeVar("K", bound=Hashable)
V = TypeVar("V")


class Journal:
    """What must be done to be as before, newest first."""

    def __init__(self) -> None:
        self._undo: list[Callable[[], None]] = []

    def note(self, undo: Callable[[], None]) -> None:
        self._undo.append(undo)

    def keep(self) -> None:
        self._undo.clear()

    def undo(self) -> None:
        while self._undo:
            self._undo.pop()()


class Table(Generic[K, V]):
    """Rows by key. Values are never changed in place."""

    def __init__(self, journal: Journal) -> None:
        self._rows: dict[K, V] = {}
        self._journal = journal

    def __contains__(self, key: K) -> bool:
        return key in self._rows

    def __iter__(self) -> Iterator[V]:
        return iter(tuple(self._rows.values()))

    def keys(self) -> tuple[K, ...]:
        return tuple(self._rows)

    def items(self) -> tuple[tuple[K, V], ...]:
        return tuple(self._rows.items())

    def get(self, key: K) -> V | None:
        return self._rows.get(key)

    def put(self, key: K, value: V) -> None:
        if key in self._rows:
            before = self._rows[key]
            self._journal.note(lambda: self._rows.__setitem__(key, before))
        else:
            self._journal.note(lambda: self._rows.__delitem__(key))
        self._rows[key] = value

    def drop(self, key: K) -> bool:
        if key not in self._rows:
            return False
        before = self._rows.pop(key)
        self._journal.note(lambda: self._rows.__setitem__(key, before))
        return True


def newest(rows: Iterator[V] | tuple[V, ...], key: Callable[[V], str], *, limit: int, after: str | None) -> Page[V]:
    """The rows with the greatest keys below ``after``."""
    found = sorted((row for row in rows if after is None or key(row) < after), key=key, reverse=True)
    return Page(tuple(found[:limit]), key(found[limit - 1]) if len(found) > limit else None)
