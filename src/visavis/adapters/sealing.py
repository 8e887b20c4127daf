"""Sealed files: written once, read whole or not at all, and gone for good once their key is destroyed.

Each file has a random key of its own, wrapped by the operator's master key. The content is cut into pieces, each sealed
by AES-256-GCM under a nonce that counts them and marks the last one (the STREAM construction of Hoang, Reyhanitabar,
Rogaway and Vizár, CRYPTO 2015), with the head of the file as associated data: no piece can be changed, dropped, moved,
or taken from another file unseen. The wrapped key is written last, so a file that was broken off can be read by nobody.
The layout is in `docs/reference/recording-format.md`.
"""

import contextlib
import os
import secrets
import tempfile
from collections.abc import Iterator
from pathlib import Path
from types import TracebackType
from typing import Final, Self

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from visavis.adapters.recording_keys import KEY_BYTES, MasterKey
from visavis.adapters.storage import NO_ROOM
from visavis.errors import FileError
from visavis.files import own_name, read_file

__all__ = ["UNFINISHED", "SealedWriter", "destroy", "not_erased", "sealed_pieces", "unreadable"]

MAGIC: Final = b"\x89VVCAP\r\n"
VERSION: Final = 1
UNFINISHED: Final = ".vvcap-unfinished-"
"""How the name of a file begins while it is being written."""
PIECE: Final = 65_536
_TAG: Final = 16
_PREFIX: Final = 7
_NONCE: Final = 12
_HEAD: Final = len(MAGIC) + 4 + 16 + 8
_HEADER: Final = _HEAD + _NONCE + KEY_BYTES + _TAG
_WRAPPING: Final = b"visavis recording key\x00"
_CONTENT: Final = b"visavis recording\x00"
_MOST_PIECES: Final = 2**32 - 1


def unreadable(name: str) -> FileError:
    """The one answer to a wrong key, a changed bit, a missing end, and a file of another kind."""
    return FileError(
        "recording_unreadable",
        f"{name} cannot be opened: it is no recording of this key, or it was changed or cut off.",
        advice="Name the key that it was recorded with, or take the file from a backup.",
    )


class SealedWriter:
    """Seals what it is given into ``file``, which appears there when `commit` is called, whole, and not before.

    A context manager: leaving it without `commit` discards everything. Memory: one piece. Not for two threads at once.
    Raises FileError ``recording_not_written`` where the disk does not take it, ``recording_exists`` where there is
    a file of that name, ``recording_too_large`` beyond ``most_bytes`` of content.
    """

    def __init__(self, file: Path, key: MasterKey, *, most_bytes: int) -> None:
        self._file = file
        self._master = key
        self._left = most_bytes
        self._pending = bytearray()
        self._count = 0
        prefix = secrets.token_bytes(_PREFIX)
        self._prefix = prefix
        self._head = MAGIC + VERSION.to_bytes(2, "big") + bytes(2) + secrets.token_bytes(16) + prefix + bytes(1)
        self._secret = AESGCM.generate_key(KEY_BYTES * 8)
        self._cipher = AESGCM(self._secret)
        try:
            handle, name = tempfile.mkstemp(prefix=UNFINISHED, dir=file.parent)
        except (OSError, ValueError) as error:
            raise self._not_written(error) from error
        self._part = Path(name)
        self._stream = os.fdopen(handle, "wb")
        self._open = True
        try:
            self._stream.write(self._head + bytes(_HEADER - _HEAD))
        except OSError as error:
            self.discard()
            raise self._not_written(error) from error

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self.discard()

    def write(self, data: bytes) -> None:
        if len(data) > self._left:
            raise FileError(
                "recording_too_large",
                f"The recording {own_name(self._file)} grows too large.",
                advice="Record again with a smaller picture, or a shorter challenge.",
            )
        self._left -= len(data)
        self._pending += data
        try:
            # a full piece waits until more comes, since it may be the last
            while len(self._pending) > PIECE:
                self._seal(last=False)
        except OSError as error:
            self.discard()
            raise self._not_written(error) from error

    def commit(self) -> None:
        """Seal the end, hand out the wrapped key, and give the file its name."""
        try:
            self._seal(last=True)
            self._stream.flush()
            os.fsync(self._stream.fileno())
            nonce = secrets.token_bytes(_NONCE)
            wrapped = AESGCM(self._master.secret).encrypt(nonce, self._secret, _WRAPPING + self._head)
            self._stream.seek(_HEAD)
            self._stream.write(nonce + wrapped)
            self._stream.flush()
            os.fsync(self._stream.fileno())
            self._stream.close()
            _give_name(self._part, self._file)
            _sync_folder(self._file.parent)
        except FileExistsError as error:
            raise FileError(
                "recording_exists",
                f"{own_name(self._file)} exists already.",
                advice="Choose another name.",
            ) from error
        except OSError as error:
            raise self._not_written(error) from error
        finally:
            self.discard()

    def discard(self) -> None:
        """Drop what was written, and its key; nothing happens after `commit`."""
        if self._open:
            self._open = False
            self._pending.clear()
            with contextlib.suppress(OSError):
                self._stream.close()
            with contextlib.suppress(OSError):
                self._part.unlink()

    def _seal(self, *, last: bool) -> None:
        piece = bytes(self._pending[:PIECE])
        del self._pending[:PIECE]
        if self._count >= _MOST_PIECES:
            raise OverflowError("too many pieces for one key")
        nonce = _piece_nonce(self._prefix, self._count, last=last)
        self._stream.write(self._cipher.encrypt(nonce, piece, _CONTENT + self._head))
        self._count += 1

    def _not_written(self, error: OSError | ValueError) -> FileError:
        full = isinstance(error, OSError) and error.errno in NO_ROOM
        return FileError(
            "recording_not_written",
            f"The recording {own_name(self._file)} cannot be written.",
            advice="Free some space." if full else "Check that the folder exists and that you may write there.",
        )


def sealed_pieces(file: Path, key: MasterKey, *, most_bytes: int) -> Iterator[bytes]:
    """The content, piece by piece; nothing of it may be used before the last piece came without an error.

    Raises FileError as `visavis.files.read_file` and `unreadable`.
    """
    name = own_name(file)
    # what sealing adds is 16 bytes in 65,536
    data = memoryview(read_file(file, max_bytes=most_bytes + most_bytes // 1024 + 2 * _HEADER))
    head, sealed = bytes(data[:_HEAD]), data[_HEADER:]
    fixed = MAGIC + VERSION.to_bytes(2, "big")
    if len(data) < _HEADER + _TAG or head[: len(fixed)] != fixed:
        raise unreadable(name)
    wrapped = bytes(data[_HEAD:_HEADER])
    prefix = head[-8:-1]
    try:
        secret = AESGCM(key.secret).decrypt(wrapped[:_NONCE], wrapped[_NONCE:], _WRAPPING + head)
        cipher = AESGCM(secret)
        starts = range(0, len(sealed), PIECE + _TAG)
        for index, start in enumerate(starts):
            nonce = _piece_nonce(prefix, index, last=index == len(starts) - 1)
            yield cipher.decrypt(nonce, bytes(sealed[start : start + PIECE + _TAG]), _CONTENT + head)
    except (InvalidTag, ValueError) as error:
        raise unreadable(name) from error


def _piece_nonce(prefix: bytes, index: int, *, last: bool) -> bytes:
    return prefix + index.to_bytes(4, "big") + bytes([last])


def destroy(file: Path) -> None:
    """Erase a sealed file, its wrapped key first: what is left of it on the disk can then be opened by nobody.

    A file of another kind is left alone. How far overwriting reaches on a disk that copies on write, or in a backup, is
    beyond this. Raises FileError ``file_missing``, ``not_a_recording``, ``recording_not_erased``.
    """
    name = own_name(file)
    flags = os.O_RDWR | getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_CLOEXEC", 0)
    try:
        descriptor = os.open(file, flags)
    except (FileNotFoundError, NotADirectoryError, ValueError) as error:
        raise FileError("file_missing", f"{name} does not exist.", advice="Check the name and the folder.") from error
    except OSError as error:
        raise not_erased(name) from error
    try:
        with os.fdopen(descriptor, "r+b", buffering=0) as stream:
            if stream.read(len(MAGIC)) != MAGIC:
                raise FileError(
                    "not_a_recording",
                    f"{name} is no recording, so it was left alone.",
                    advice="Name a file that `visavis capture list` shows.",
                )
            # the first bytes stay, so that an erasure that is broken off here can be done again
            stream.seek(len(MAGIC))
            stream.write(bytes(_HEADER - len(MAGIC)))
            os.fsync(stream.fileno())
        file.unlink()
        _sync_folder(file.parent)
    except OSError as error:
        raise not_erased(name) from error


def not_erased(name: str) -> FileError:
    return FileError(
        "recording_not_erased",
        f"{name} could not be erased.",
        advice="Check that it is a file and that you may change it and its folder; then erase it again.",
    )


def _give_name(part: Path, file: Path) -> None:
    """Unlike a rename, a link never goes over another file; some disks of cameras and servers have no links."""
    try:
        os.link(part, file)
    except FileExistsError:
        raise
    except OSError:
        if os.path.lexists(file):
            raise FileExistsError(str(file)) from None
        part.rename(file)


def _sync_folder(folder: Path) -> None:
    """So that a loss of power does not undo the name; where a folder cannot be synced, the system sees to it."""
    with contextlib.suppress(OSError):
        descriptor = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)
