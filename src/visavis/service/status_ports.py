"""What the register of statuses asks of a store."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

__all__ = ["ListRow", "StatusStore"]


@dataclass(frozen=True, slots=True, kw_only=True)
class ListRow:
    """A status list: its number, from 1 on, the address it is published at, and how many places it has."""

    number: int
    uri: str
    size: int


class StatusStore(Protocol):
    """Places in status lists, within a unit of work. None is ever given twice, and none is given back."""

    def newest(self) -> int:
        """The number of the list that was begun last; 0 where there is none."""
        ...

    def list_of(self, number: int) -> ListRow | None: ...

    def find_list(self, uri: str) -> ListRow | None: ...

    def begin(self, row: ListRow) -> None:
        """Begin a list, unless somebody else has begun that number."""
        ...

    def take(self, number: int, candidates: Sequence[int]) -> int | None:
        """The first of these places that is free, which is taken from here on; None where none is."""
        ...

    def status(self, number: int, index: int) -> int | None:
        """Of a place that was given, and that nobody else changes until the unit of work ends."""
        ...

    def put(self, number: int, index: int, status: int) -> None: ...

    def marked(self, number: int) -> Mapping[int, int]:
        """Places that are anything but valid (0)."""
        ...
