"""Reading a file that somebody named: bounded, regular files alone, and every problem of a path has its own code.

Beside the kernel and as free of imports, so that every part may use it.
"""

import contextlib
import errno
import os
import stat
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO, Final

from visavis.errors import FileError

__all__ = ["UNNAMED", "open_file", "own_name", "read_file", "too_large"]

UNNAMED: Final = "the input"
SHORTEN: Final = 80


def own_name(path: Path) -> str:
    """A file's own name, printable and short, for a message: never its path."""
    name = "".join(character if character.isprintable() else "?" for character in path.name) or UNNAMED
    return name if len(name) <= SHORTEN else f"{name[: SHORTEN - 1]}…"


@contextlib.contextmanager
def open_file(path: Path) -> Iterator[BinaryIO]:
    """A regular file, open for reading.

    Only a regular file is read; a pipe, a device or a socket could go on for ever. The kind is asked of the opened
    descriptor, so a path that changes hands in between is judged by what is really read.

    Raises `visavis.errors.FileError`: ``file_missing``, ``is_a_directory``, ``not_a_regular_file``,
    ``file_unreadable``, also for what goes wrong while it is read.
    """
    name = own_name(path)
    descriptor = _open(path, name)
    try:
        status = os.fstat(descriptor)
        if stat.S_ISDIR(status.st_mode):
            raise _directory(name)
        if not stat.S_ISREG(status.st_mode):
            raise FileError(
                "not_a_regular_file",
                f"{name} is a device or a pipe.",
                advice="Save what it holds as a file first.",
            )
        with os.fdopen(descriptor, "rb", closefd=False) as file:
            yield file
    except (OSError, MemoryError) as error:
        raise _unreadable(name) from error
    finally:
        os.close(descriptor)


def read_file(path: Path, *, max_bytes: int) -> bytes:
    """The bytes of a regular file, at most ``max_bytes``.

    Raises `visavis.errors.FileError` as `open_file`, and ``file_too_large``.
    """
    with open_file(path) as file:
        if os.fstat(file.fileno()).st_size > max_bytes:
            raise too_large(own_name(path), max_bytes)
        data = file.read(max_bytes + 1)
    if len(data) > max_bytes:  # it grew meanwhile
        raise too_large(own_name(path), max_bytes)
    return data


def too_large(name: str, max_bytes: int) -> FileError:
    size = f"{max_bytes / 1e6:.0f} MB" if max_bytes >= 1e6 else f"{max_bytes // 1024} KiB"
    return FileError("file_too_large", f"{name} is larger than {size}.", advice="Use a smaller file.")


def _open(path: Path, name: str) -> int:
    # O_NONBLOCK: opening a named pipe must not wait for somebody to write into it
    flags = os.O_RDONLY | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_BINARY", 0) | getattr(os, "O_CLOEXEC", 0)
    try:
        return os.open(path, flags)
    except (FileNotFoundError, NotADirectoryError) as error:
        raise FileError("file_missing", f"{name} does not exist.", advice="Check the name and the folder.") from error
    except OSError as error:
        if error.errno == errno.ELOOP:
            raise FileError(
                "file_missing",
                f"{name} does not lead to a file: it is a loop of links.",
                advice="Name the file itself, or mend the link.",
            ) from error
        if path.is_dir():  # some systems do not open a directory at all
            raise _directory(name) from error
        raise _unreadable(name) from error
    except ValueError as error:  # a NUL in the path
        raise FileError("file_missing", f"{name} does not exist.", advice="Check the name and the folder.") from error


def _directory(name: str) -> FileError:
    return FileError("is_a_directory", f"{name} is a folder, not a file.", advice="Name one file.")


def _unreadable(name: str) -> FileError:
    return FileError("file_unreadable", f"{name} cannot be read.", advice="Check that you may read it.")
