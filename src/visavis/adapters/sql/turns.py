"""Whose turn it is to write to a SQLite file, which has one writer at a time.

SQLite's own waiting sleeps in ever longer steps, up to a tenth of a second, and lets whoever wakes first go first: two
busy processes wait most of the time, and one of them may wait in vain. So threads of a process queue for a lock, and
the one at its head asks for a lock on a file beside the database, about every millisecond. That lock is the kernel's
own: who dies holds it no more.
"""

import contextlib
import fcntl
import os
import threading
import time
from collections.abc import Iterator
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Final, Protocol

from visavis.errors import StorageError

__all__ = ["AnyTurn", "FileTurn", "Turn"]

_LOOK_S: Final = 0.001


class Turn(Protocol):
    def take(self) -> AbstractContextManager[object]: ...

    def close(self) -> None: ...


class AnyTurn:
    """For databases that see to their writers themselves."""

    def take(self) -> AbstractContextManager[object]:
        return contextlib.nullcontext()

    def close(self) -> None:
        """There is nothing to let go of."""


class FileTurn:
    """Of the threads of this process, and of all processes that write to the same file."""

    def __init__(self, database: Path, *, wait_s: float) -> None:
        self._thread = threading.Lock()
        self._wait_s = wait_s
        flags = os.O_RDWR | os.O_CREAT | getattr(os, "O_CLOEXEC", 0)
        self._file = os.open(f"{database}-turn", flags, 0o600)

    @contextlib.contextmanager
    def take(self) -> Iterator[None]:
        """Raises StorageError ``storage_busy`` after ``wait_s``."""
        until = time.monotonic() + self._wait_s
        if not self._thread.acquire(timeout=self._wait_s):
            raise busy()
        try:
            with self._among_processes(until):
                yield
        finally:
            self._thread.release()

    @contextlib.contextmanager
    def _among_processes(self, until: float) -> Iterator[None]:
        while not self._taken():
            if time.monotonic() > until:
                raise busy()
            time.sleep(_LOOK_S)
        try:
            yield
        finally:
            fcntl.flock(self._file, fcntl.LOCK_UN)

    def _taken(self) -> bool:
        try:
            fcntl.flock(self._file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return False
        return True

    def close(self) -> None:
        if self._file >= 0:
            os.close(self._file)
            self._file = -1


def busy() -> StorageError:
    return StorageError(
        "storage_busy", "The database is too busy.", advice="Try again in a moment; if it stays so, give it more room."
    )
