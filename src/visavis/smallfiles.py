"""Reading a small text-like file: a policy, a calibration. Bounded, and every problem of a path has its code.

Beside the kernel and as free of imports, so that `visavis.decision` may use it.
"""

import os
import stat
from pathlib import Path

from visavis.errors import FileError

__all__ = ["own_name", "read_small_file"]


def own_name(path: Path) -> str:
    """A file's own name, printable and short, for a message."""
    name = "".join(character if character.isprintable() else "?" for character in path.name) or "the file"
    return name if len(name) <= 80 else f"{name[:79]}…"


def read_small_file(path: Path, *, max_bytes: int) -> bytes:
    """The bytes of a regular file, at most ``max_bytes``.

    Raises `visavis.errors.FileError`: ``file_missing``, ``is_a_directory``, ``not_a_regular_file``,
    ``file_unreadable``, ``file_too_large``.
    """
    name = own_name(path)
    try:
        # opening a named pipe must not wait for somebody to write into it
        descriptor = os.open(path, os.O_RDONLY | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_BINARY", 0))
    except (FileNotFoundError, NotADirectoryError) as error:
        raise FileError("file_missing", f"{name} does not exist.", advice="Check the name and the folder.") from error
    except (OSError, ValueError) as error:  # ValueError: a NUL in the path
        raise _unreadable(name) from error
    try:
        mode = os.fstat(descriptor).st_mode
        if stat.S_ISDIR(mode):
            raise FileError("is_a_directory", f"{name} is a folder, not a file.", advice="Name one file.")
        if not stat.S_ISREG(mode):
            raise FileError("not_a_regular_file", f"{name} is a device or a pipe.", advice="Name a regular file.")
        with os.fdopen(os.dup(descriptor), "rb") as file:
            data = file.read(max_bytes + 1)
    except OSError as error:
        raise _unreadable(name) from error
    finally:
        os.close(descriptor)
    if len(data) > max_bytes:
        raise FileError(
            "file_too_large", f"{name} is larger than {max_bytes // 1024} KiB.", advice="Name another file."
        )
    return data


def _unreadable(name: str) -> FileError:
    return FileError("file_unreadable", f"{name} cannot be read.", advice="Check that you may read it.")
