"""Writing results: whole or not at all."""

import errno
import os
import tempfile
from collections.abc import Mapping
from pathlib import Path

from visavis.errors import FileError
from visavis.files import own_name

__all__ = ["prepare_folder", "unwritable", "write_together", "write_whole"]


def prepare_folder(folder: Path) -> None:
    """Make ``folder``, so that a long measurement does not find out at its end that it cannot write.

    Raises FileError ``output_unwritable``.
    """
    try:
        folder.mkdir(parents=True, exist_ok=True)
        if not os.access(folder, os.W_OK):
            raise PermissionError(errno.EACCES, os.strerror(errno.EACCES))
    except OSError as error:
        raise unwritable(folder, error) from error


def write_whole(path: Path, content: bytes) -> None:
    """Write beside the place, then move into it: a reader sees the old file or the new one, never half of one.

    Raises FileError ``output_unwritable``.
    """
    write_together({path: content})


def write_together(contents: Mapping[Path, bytes]) -> None:
    """Write every file beside its place, and move them into their places once all are written: all of them, or none.

    Raises FileError ``output_unwritable``, with what was there before still in its place.
    """
    written: dict[Path, Path] = {}
    path = Path()
    try:
        for path, content in contents.items():
            if path.is_dir():
                raise IsADirectoryError(errno.EISDIR, os.strerror(errno.EISDIR))
            descriptor, temporary = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
            written[path] = Path(temporary)
            with os.fdopen(descriptor, "wb") as stream:
                stream.write(content)
                stream.flush()
                os.fsync(stream.fileno())  # some disks say only now that they are full
            written[path].chmod(0o644)  # a report may be read by others; mkstemp makes it private
        for path, ready in written.items():
            ready.replace(path)
    except OSError as error:
        raise unwritable(path, error) from error
    finally:
        for ready in written.values():
            ready.unlink(missing_ok=True)  # what did not move


def unwritable(path: Path, error: OSError) -> FileError:
    """What to raise where the system would not write ``path``."""
    no_room = error.errno in (errno.ENOSPC, errno.EDQUOT)
    return FileError(
        "output_unwritable",
        f"{own_name(path)} cannot be written{': the disk is full' if no_room else ''}.",
        advice="Free some space, or choose another place with --out."
        if no_room
        else "Choose another place with --out.",
    )
