"""The results of a run on disk: one line each, added as they come, so that a run which is stopped loses nothing."""

import contextlib
import fcntl
import os
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO, Final

from visavis.errors import FileError
from visavis.evaluation.files import unwritable
from visavis.evaluation.laboratory.result import TrialKey, TrialResult, read_result, write_result
from visavis.files import own_name

__all__ = ["TrialLog", "open_log"]

MOST_BYTES: Final = 2_000_000_000


class TrialLog:
    """``results``: all that were measured, by key; lines that cannot be read are left where they are."""

    def __init__(self, file: BinaryIO, results: dict[TrialKey, TrialResult]) -> None:
        self._file = file
        self.results = results

    def add(self, result: TrialResult) -> None:
        """Written at once. Raises FileError ``output_unwritable``."""
        try:
            self._file.write(write_result(result))
            self._file.flush()
        except OSError as error:
            raise unwritable(Path(self._file.name), error) from error
        self.results[result.key] = result


@contextlib.contextmanager
def open_log(path: Path) -> Iterator[TrialLog]:
    """Read what is there, and hold the file against a second run until the end.

    A last line without an end is what a stopped run left; it is taken away. Raises FileError ``output_unwritable``,
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
        yield TrialLog(file, _read(file, path))


def _read(file: BinaryIO, path: Path) -> dict[TrialKey, TrialResult]:
    if os.fstat(file.fileno()).st_size > MOST_BYTES:
        raise FileError(
            "file_too_large",
            f"{own_name(path)} holds more results than a run could have made.",
            advice="Choose another folder with --out.",
        )
    results: dict[TrialKey, TrialResult] = {}
    whole = 0
    for line in file:
        if not line.endswith(b"\n"):
            break
        whole += len(line)
        found = read_result(line)
        if found is not None:
            results[found.key] = found
    file.truncate(whole)
    file.seek(0, os.SEEK_END)
    return results
