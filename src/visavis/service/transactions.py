"""A piece of work, done in one unit of work, begun again where it met another; and what takes part in one that somebody
else ends, or is done in somebody's name.
"""

import copy
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Final, Self, TypeVar

from visavis.audit.entry import Actor
from visavis.errors import StorageError
from visavis.service.ports import Transactions, UnitOfWork

__all__ = ["InUnits", "Joined", "Named", "committed"]

T = TypeVar("T")

_TRIES: Final = 8


def committed(storage: Transactions, work: Callable[[UnitOfWork], T]) -> T:
    """What ``work`` returns, once all that it wrote is there for good.

    ``work`` may be called several times, each in a unit of work of its own, and so must do nothing outside of it.
    Raises what it raises, and as `visavis.service.ports.Transactions.writing`.
    """
    for left in range(_TRIES - 1, -1, -1):
        try:
            with storage.writing() as unit:
                result = work(unit)
        except StorageError as error:
            if error.code != "storage_conflict" or not left:
                raise
        else:
            return result
    raise AssertionError("the last try returns or raises")


class Joined:
    """`visavis.service.ports.Transactions` that are one unit of work of somebody else's: all that is done in them is
    there when that one ends, or not at all.

    So an answer to a request and its effect are kept together (`visavis.service.idempotency.once`).
    """

    def __init__(self, unit: UnitOfWork) -> None:
        self._unit = unit

    @contextmanager
    def writing(self) -> Iterator[UnitOfWork]:
        yield self._unit

    @contextmanager
    def reading(self) -> Iterator[UnitOfWork]:
        yield self._unit


class InUnits:
    """What works in units of work of its own, from a ``_storage``."""

    _storage: Transactions

    def within(self, unit: UnitOfWork) -> Self:
        """The same, as part of a unit of work that somebody else ends."""
        joined = copy.copy(self)
        joined._storage = Joined(unit)  # noqa: SLF001 - a copy of its own
        return joined


class Named:
    """What notes its acts in the name of an ``_actor``, who is nobody in particular unless they are named."""

    _actor: Actor | None

    def acting_as(self, actor: Actor) -> Self:
        """The same, in somebody's name: the audit log tells that it was them."""
        named = copy.copy(self)
        named._actor = actor  # noqa: SLF001 - a copy of its own
        return named
