"""A piece of work, done in one unit of work, begun again where it met another."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Final, TypeVar

from visavis.errors import StorageError
from visavis.service.ports import Transactions, UnitOfWork

__all__ = ["Joined", "committed"]

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
