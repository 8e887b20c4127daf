"""The results of a run on disk: one line each, added as they come, so that a run which is stopped loses nothing."""

import contextlib
import fcntl
import os
from collections.abc import Callable, Hashable, Iterator
from pathlib import Path
from typing import BinaryIO, Generic, TypeVar

from visavis.errors import FileError
from visavis.evaluation.files import unwritable
from visavis.files import own_name

__all__ = ["ResultLog", "open_result_log"]

K = TypeVar("K", bound=Hashable)
R = TypeVar("R")


class ResultLog(Generic[K, R]):
    """``results``: all that were measured, by key; lines that cannot be read are left where they are."""

    def __init__(
        self, file: BinaryIO, results: dict[K, R], *, key_of: Callable[[R], K], write: Callable[[R], bytes]
    ) -> None:
        self._file = file
        self._key_of = key_of
        self._write = write
        self.results = results

    def add(self, result: R) -> None:
        """Written at once. Raises FileError ``output_unwritable``."""
        try:
            self._file.write(self._write(result))
            self._file.flush()
        except OSError as error:
            raise unwritable(Path(self._file.name), error) from error
        self.results[self._key_of(result)] = result


@contextlib.contextmanager
def open_result_log(
    path: Path,
    *,
    key_of: Callable[[R], K],
    read: Callable[[bytes], R | None],
    write: Callable[[R], bytes],
    most_bytes: int,
) -> Iterator[ResultLog[K, R]]:
    """Read what is there, and hold the file against a second run until the end.

    ``read``: of one line; None for one that cannot be read. ``write``: one line, with its line break. A last line
    without an end is what a stopped run left; it is taken away. Raises FileError ``output_unwritable``,
    ``output_in_use``, ``file_too_large``.
    """
    try:
        descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_APPEND | os.O_CLOEXEC, 0o600)
    except OSError as error:
        raise unwritable(path, error) from error
    with os.fdopen(descriptor, "r+b") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as error:
            raise FileError(
                "output_in_use",
                f"Another run is writing to {own_name(path)}.",
                advice="Wait for its end, or choose another folder with --out.",
            ) from error
        if os.fstat(file.fileno()).st_size > most_bytes:
            raise FileError(
                "file_too_large",
                f"{own_name(path)} holds more results than a run could have made.",
                advice="Choose another folder with --out.",
            )
        found = {key_of(result): result for result in _whole_lines(file, read)}
        yield ResultLog(file, found, key_of=key_of, write=write)


def _whole_lines(file: BinaryIO, read: Callable[[bytes], R | None]) -> Iterator[R]:
    """The results in ``file``, which is cut after its last whole line and left at its end."""
    whole = 0
    for line in file:
        if not line.endswith(b"\n"):
            break
        whole += len(line)
        result = read(line)
        if result is not None:
            yield result
    file.truncate(whole)
    file.seek(0, os.SEEK_END)
