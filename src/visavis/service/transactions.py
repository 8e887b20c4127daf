"""A piece of work, done in one unit of work, begun again where it met another."""

from collections.abc import Callable
from typing import Final, TypeVar

from visavis.errors import StorageError
from visavis.service.ports import Storage, UnitOfWork

__all__ = ["committed"]

T = TypeVar("T")

_TRIES: Final = 8


def committed(storage: Storage, work: Callable[[UnitOfWork], T]) -> T:
    """What ``work`` returns, once all that it wrote is there for good.

    ``work`` may be called several times, each in a unit of work of its own, and so must do nothing outside of it.
    Raises what it raises, and as `visavis.service.ports.Storage.writing`.
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
