"""Bytes from a path or from memory, bounded, with every problem of a path told by its own code."""

import os
import stat
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from visavis.errors import FileError

__all__ = ["Source", "load_source"]

_UNNAMED: Final = "the input"
_SHORTEN: Final = 80


@dataclass(frozen=True, slots=True)
class Source:
    """What was handed in: ``name`` for messages (a file's own name, never its path) and the bytes."""

    name: str
    data: bytes


def load_source(source: Path | bytes, *, max_bytes: int) -> Source:
    """The bytes of ``source``, at most ``max_bytes`` of them.

    Only a regular file is read; a pipe, a device or a socket could go on for ever. The kind is asked of the opened
    descriptor, so a path that changes hands in between is judged by what is really read.

    Raises `FileError`: ``file_missing``, ``is_a_directory``, ``not_a_regular_file``, ``file_unreadable``,
    ``file_empty``, ``file_too_large``.
    """
    if isinstance(source, bytes):
        name, data = _UNNAMED, source
    else:
        name = _own_name(source)
        data = _read(source, name, max_bytes)
    if not data:
        raise FileError("file_empty", f"{name} is empty.", advice="Choose the file again; it may not have been copied.")
    if len(data) > max_bytes:
        raise _too_large(name, max_bytes)
    return Source(name, data)


def _own_name(path: Path) -> str:
    name = "".join(character if character.isprintable() else "?" for character in path.name) or _UNNAMED
    return name if len(name) <= _SHORTEN else name[: _SHORTEN - 1] + "…"


def _too_large(name: str, max_bytes: int) -> FileError:
    return FileError(
        "file_too_large",
        f"{name} is larger than {max_bytes / 1e6:.0f} MB.",
        advice="Use a smaller file.",
    )


def _read(path: Path, name: str, max_bytes: int) -> bytes:
    descriptor = _open(path, name)
    try:
        status = os.fstat(descriptor)
        if stat.S_ISDIR(status.st_mode):
            raise _directory(name)
        if not stat.S_ISREG(status.st_mode):
            raise FileError(
                "not_a_regular_file",
                f"{name} is a device or a pipe.",
                advice="Save the picture or video as a file first.",
            )
        if status.st_size > max_bytes:
            raise _too_large(name, max_bytes)
        with os.fdopen(descriptor, "rb", closefd=False) as file:
            return file.read(max_bytes + 1)
    except (OSError, MemoryError) as error:
        raise _unreadable(name) from error
    finally:
        os.close(descriptor)


def _open(path: Path, name: str) -> int:
    # O_NONBLOCK: opening a named pipe must not wait for somebody to write into it
    flags = os.O_RDONLY | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_BINARY", 0) | getattr(os, "O_CLOEXEC", 0)
    try:
        return os.open(path, flags)
    except (FileNotFoundError, NotADirectoryError) as error:
        raise FileError("file_missing", f"{name} does not exist.", advice="Check the name and the folder.") from error
    except OSError as error:
        if path.is_dir():  # some systems do not open a directory at all
            raise _directory(name) from error
        raise _unreadable(name) from error
    except ValueError as error:  # a NUL in the path
        raise FileError("file_missing", f"{name} does not exist.", advice="Check the name and the folder.") from error


def _directory(name: str) -> FileError:
    return FileError("is_a_directory", f"{name} is a folder, not a file.", advice="Name one file.")


def _unreadable(name: str) -> FileError:
    return FileError("file_unreadable", f"{name} cannot be read.", advice="Check that you may read it.")
