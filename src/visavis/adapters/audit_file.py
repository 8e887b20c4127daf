"""The audit log in a file: a line for each row and each head, in the order in which they came.

One process writes; the system's lock keeps others out and goes with the process. A row is on the disk before `append`
returns. A line that a power failure left half-written was promised to nobody, and is taken away at the next start.
"""

import fcntl
import os
import threading
from collections.abc import Iterator
from itertools import islice
from pathlib import Path
from typing import Final

from visavis.attestation.public_keys import KeySet
from visavis.audit.checking import HEAD_PREFIX, MAX_LINE_BYTES, LogWalk, head_line
from visavis.audit.log import Extension, SignedHead, conflict
from visavis.errors import AuditError, ConfigurationError
from visavis.files import open_file

__all__ = ["FileAuditStore", "audit_lines"]

_BEGINNINGS: Final = (HEAD_PREFIX, b'{"act":')


def audit_lines(path: Path) -> Iterator[bytes]:
    """The lines of a log's file, without their ends. A last line without an end is given as it is.

    Raises `visavis.errors.FileError` as `visavis.files.open_file`; AuditError ``audit_row_malformed`` for a line beyond
    all bounds.
    """
    with open_file(path) as file:
        while line := file.readline(MAX_LINE_BYTES + 2):
            if len(line) > MAX_LINE_BYTES + 1:
                raise AuditError("audit_row_malformed", "A row of the log is too long.")
            yield line.removesuffix(b"\n")


class FileAuditStore:
    """The log ``name`` in ``path``, made where there is none. What is there is verified before anything is added to it:
    a head is never signed over rows that somebody changed.

    ``keys`` are those that signed the heads so far. Raises `visavis.errors.AuditError` as
    `visavis.audit.checking.check_log`; `visavis.errors.ConfigurationError`: ``audit_log_busy``,
    ``audit_log_not_writable``.
    """

    def __init__(self, path: Path, *, name: str, keys: KeySet) -> None:
        self._path = path
        self._lock = threading.Lock()
        self._nodes: dict[tuple[int, int], bytes] = {}
        try:
            self._file = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        except OSError as error:
            raise _not_writable() from error
        try:
            self._seize()
            self._drop_half_line()
            walk = LogWalk(keys=keys, log=name)
            for line in audit_lines(path):
                self._nodes.update({(node.level, node.index): node.hash for node in walk.step(line)})
        except BaseException:
            os.close(self._file)
            raise
        self._size, self._last_head = walk.size, walk.last_head

    def close(self) -> None:
        """Let go of the file, for another process."""
        os.close(self._file)

    def size(self) -> int:
        return self._size

    def append(self, extension: Extension, *, after: int) -> None:
        with self._lock:
            if self._size != after:
                raise conflict()
            self._write(b"".join(row + b"\n" for row in extension.rows))
            self._nodes.update({(node.level, node.index): node.hash for node in extension.nodes})
            self._size += len(extension.rows)

    def rows(self, start: int = 0, stop: int | None = None) -> Iterator[bytes]:
        """Reads the file from its beginning."""
        return islice((line for line in audit_lines(self._path) if not line.startswith(HEAD_PREFIX)), start, stop)

    def node(self, level: int, index: int) -> bytes:
        return self._nodes[level, index]

    def append_head(self, head: SignedHead) -> None:
        with self._lock:
            number = self._last_head.head.number + 1 if self._last_head else 0
            if head.head.number != number or head.head.size != self._size:
                raise conflict()
            self._write(head_line(head.token) + b"\n")
            self._last_head = head

    def last_head(self) -> SignedHead | None:
        return self._last_head

    def _write(self, data: bytes) -> None:
        """All of it, on the disk, or none: what was written of it is taken away again."""
        begun = os.lseek(self._file, 0, os.SEEK_END)
        try:
            view = memoryview(data)
            while view:
                view = view[os.write(self._file, view) :]
            os.fsync(self._file)
        except OSError as error:
            os.ftruncate(self._file, begun)
            raise _not_writable() from error

    def _seize(self) -> None:
        try:
            fcntl.flock(self._file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as error:
            raise ConfigurationError(
                "audit_log_busy",
                "Another process writes to the audit log.",
                advice="Let one process write to a file; several share a database.",
            ) from error

    def _drop_half_line(self) -> None:
        size = os.lseek(self._file, 0, os.SEEK_END)
        begun = max(0, size - MAX_LINE_BYTES - 1)
        end = os.pread(self._file, size - begun, begun)
        whole = end.rfind(b"\n") + 1
        half = end[whole:]
        ours = any(half.startswith(item) or item.startswith(half) for item in _BEGINNINGS)
        if half and ours and (whole or not begun):  # what is none of ours is left for the walk to refuse
            os.ftruncate(self._file, begun + whole)


def _not_writable() -> ConfigurationError:
    return ConfigurationError(
        "audit_log_not_writable",
        "The audit log cannot be written.",
        advice="Check that its folder exists, has room, and that you may write there.",
    )
