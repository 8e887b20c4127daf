"""Writing results: whole or not at all."""

import os
import tempfile
from pathlib import Path

from visavis.errors import FileError
from visavis.files import own_name

__all__ = ["prepare_folder", "write_whole"]


def prepare_folder(folder: Path) -> None:
    """Make ``folder``, so that a long measurement does not find out at its end that it cannot write.

    Raises FileError ``output_unwritable``.
    """
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise _unwritable(folder) from error
    if not os.access(folder, os.W_OK):
        raise _unwritable(folder)


def write_whole(path: Path, content: bytes) -> None:
    """Write beside the place, then move into it: a reader sees the old file or the new one, never half of one.

    Raises FileError ``output_unwritable``.
    """
    temporary = None
    try:
        descriptor, temporary = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
        with os.fdopen(descriptor, "wb") as stream:
            stream.write(content)
        os.chmod(temporary, 0o644)  # noqa: PTH101 - a report may be read by others; mkstemp makes it private
        os.replace(temporary, path)  # noqa: PTH105 - beside the call above
    except OSError as error:
        if temporary is not None:
            Path(temporary).unlink(missing_ok=True)
        raise _unwritable(path) from error


def _unwritable(path: Path) -> FileError:
    return FileError(
        "output_unwritable", f"{own_name(path)} cannot be written.", advice="Choose another place with --out."
    )
