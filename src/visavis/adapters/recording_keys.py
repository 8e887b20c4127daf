"""The operator's master key: 32 random bytes in a file of their own, beside which no recording can be read."""

import contextlib
import os
import secrets
import stat
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from visavis.errors import FileError
from visavis.files import own_name, read_file

__all__ = ["KEY_BYTES", "MasterKey", "make_key", "read_key"]

KEY_BYTES: Final = 32
"""AES-256."""
_OTHERS: Final = stat.S_IRWXG | stat.S_IRWXO


@dataclass(frozen=True, slots=True)
class MasterKey:
    """Wraps the key of each recording. Its bytes are never shown. Raises ValueError for another length."""

    secret: bytes = field(repr=False)

    def __post_init__(self) -> None:
        if len(self.secret) != KEY_BYTES:
            raise ValueError(f"a master key has {KEY_BYTES} bytes")


def make_key(file: Path) -> None:
    """Write a new key to ``file``, which only its owner may read, and which must not exist yet.

    Raises FileError ``recording_key_exists``, ``recording_key_not_written``.
    """
    name = own_name(file)
    try:
        descriptor = os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL | getattr(os, "O_CLOEXEC", 0), 0o600)
    except FileExistsError as error:
        raise FileError(
            "recording_key_exists",
            f"{name} exists already, and a key that is overwritten takes its recordings with it.",
            advice="Choose another name.",
        ) from error
    except (OSError, ValueError) as error:
        raise _not_written(name) from error
    try:
        with os.fdopen(descriptor, "wb") as stream:
            stream.write(secrets.token_bytes(KEY_BYTES))
            stream.flush()
            os.fsync(stream.fileno())
    except OSError as error:
        with contextlib.suppress(OSError):
            file.unlink()
        raise _not_written(name) from error


def _not_written(name: str) -> FileError:
    return FileError(
        "recording_key_not_written",
        f"{name} cannot be written.",
        advice="Check that the folder exists, has room, and that you may write there.",
    )


def read_key(file: Path) -> MasterKey:
    """The key in ``file``.

    Raises FileError as `visavis.files.read_file`; ``recording_key_invalid`` for a file that holds no key;
    ``recording_key_exposed`` where others than its owner may read or change it (on systems with such rights).
    """
    name = own_name(file)
    if os.name == "posix":
        with contextlib.suppress(OSError):  # read_file says what is wrong with it
            if stat.S_IMODE(file.stat().st_mode) & _OTHERS:
                raise FileError(
                    "recording_key_exposed",
                    f"{name} may be read or changed by other users of this machine.",
                    advice="Let its owner alone have it: chmod 600.",
                )
    try:
        data = read_file(file, max_bytes=KEY_BYTES)
    except FileError as error:
        if error.code != "file_too_large":
            raise
        data = b""
    if len(data) != KEY_BYTES:
        raise FileError(
            "recording_key_invalid",
            f"{name} holds no key: a key is {KEY_BYTES} bytes.",
            advice="Make one with `visavis capture key --out FILE`.",
        )
    return MasterKey(data)
