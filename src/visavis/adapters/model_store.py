"""The store: a folder of model files that are exactly those of the manifest, or are not used.

    <root>/<name>/<version>/<file>    a model, complete and checked
    <root>/.cache/                    artefacts on the way in; gone when all of them are unpacked
    <root>/.lock                      held by the one pull that is at work

Nothing here reaches for a network: `visavis.adapters.model_pull` fills the store, everything else reads it.
"""

import contextlib
import errno
import hashlib
import os
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Final

from visavis.adapters.storage import not_writable
from visavis.errors import ConfigurationError, ModelDigestError, ModelMissingError
from visavis.files import own_name
from visavis.perception.manifest import Manifest, ModelEntry

__all__ = ["ModelStatus", "ModelStore", "sha256_of"]

LOCK_PATIENCE: Final = 1800.0
POLL: Final = 0.2
CHUNK: Final = 1 << 20


@dataclass(frozen=True, slots=True, kw_only=True)
class ModelStatus:
    """How one model stands in the store; ``digest_ok`` is None where it is absent."""

    entry: ModelEntry
    present: bool
    digest_ok: bool | None

    @property
    def usable(self) -> bool:
        return self.digest_ok is True


class ModelStore:
    """Model files under ``root`` as ``manifest`` declares them. Every read checks the SHA-256 again."""

    def __init__(self, root: Path, manifest: Manifest) -> None:
        self.root = root
        self.manifest = manifest

    def location(self, entry: ModelEntry) -> Path:
        """Where a model's file is kept, present or not."""
        return self.root / entry.name / entry.version / entry.kept_file

    def status(self) -> tuple[ModelStatus, ...]:
        """How every model of the manifest stands, in its order."""
        return tuple(self.status_of(entry) for entry in self.manifest.models)

    def status_of(self, entry: ModelEntry) -> ModelStatus:
        location = self.location(entry)
        if not location.is_file():
            return ModelStatus(entry=entry, present=False, digest_ok=None)
        return ModelStatus(entry=entry, present=True, digest_ok=self._matches(entry, location))

    def path(self, name: str) -> Path:
        """The file of a model, its digest checked now.

        Raises UsageError ``unknown_model``, ModelMissingError ``model_missing``, ModelDigestError
        ``model_digest_mismatch``.
        """
        entry = self.manifest.get(name)
        location = self.location(entry)
        if not location.is_file():
            raise _missing(entry)
        if not self._matches(entry, location):
            raise _mismatch(entry)
        return location

    def read(self, name: str) -> bytes:
        """The bytes of a model, checked: what is returned is what was hashed. Raises as `path`."""
        entry = self.manifest.get(name)
        try:
            with self.location(entry).open("rb") as file:
                data = file.read(entry.kept_bytes + 1)
        except OSError as error:
            raise _missing(entry) from error
        if len(data) != entry.kept_bytes or hashlib.sha256(data).hexdigest() != entry.kept_sha256:
            raise _mismatch(entry)
        return data

    def shipped(self, entry: ModelEntry) -> bytes | None:
        """The file of a model as it came, where an earlier entry kept it so and this one prepares it; else None."""
        if entry.prepared is None:
            return None
        try:
            with (self.root / entry.name / entry.version / entry.file).open("rb") as file:
                data = file.read(entry.bytes + 1)
        except OSError:
            return None
        right = len(data) == entry.bytes and hashlib.sha256(data).hexdigest() == entry.sha256
        return data if right else None

    def install(self, entry: ModelEntry, data: bytes) -> Path:
        """Puts a model in its place: all of it, or nothing. Raises ModelDigestError where the bytes are others."""
        if len(data) != entry.kept_bytes or hashlib.sha256(data).hexdigest() != entry.kept_sha256:
            raise _mismatch(entry)
        location = self.location(entry)
        with self._writable():
            location.parent.mkdir(parents=True, exist_ok=True)
            handle, name = tempfile.mkstemp(prefix=".incoming-", dir=location.parent)
            try:
                with os.fdopen(handle, "wb") as file:
                    file.write(data)
                    file.flush()
                    os.fsync(file.fileno())
                Path(name).chmod(0o644)
                Path(name).replace(location)
            except BaseException:
                with contextlib.suppress(OSError):
                    Path(name).unlink()
                raise
            _sync_folder(location.parent)
        return location

    @property
    def cache(self) -> Path:
        return self.root / ".cache"

    @contextlib.contextmanager
    def lock(self, waiting: Callable[[], None] | None = None, patience: float = LOCK_PATIENCE) -> Iterator[None]:
        """Holds the store for one pull; a second one calls ``waiting`` once and waits for its turn.

        The lock is the operating system's, so it goes with the process that held it, however that one ended. What a
        killed pull left half-written is removed. Raises ConfigurationError ``store_busy``, ``store_not_writable``.
        """
        with self._writable():
            self.root.mkdir(parents=True, exist_ok=True)
            file = (self.root / ".lock").open("a+b")
        with file:
            end = time.monotonic() + patience
            told = False
            while not _try_lock(file):
                if not told and waiting is not None:
                    waiting()
                told = True
                if time.monotonic() >= end:
                    raise ConfigurationError(
                        "store_busy",
                        "Another pull has held the model store for too long.",
                        advice="End it, and pull again.",
                    )
                time.sleep(POLL)
            for left in self.root.glob("*/*/.incoming-*"):
                left.unlink(missing_ok=True)
            yield

    @contextlib.contextmanager
    def _writable(self) -> Iterator[None]:
        try:
            yield
        except OSError as error:
            message = f"The model store cannot be written: {error.strerror or 'input/output error'}."
            if error.errno in (errno.EEXIST, errno.ENOTDIR):
                here = "what is in the place of a folder in it" if self.root.is_dir() else own_name(self.root)
                message = f"The model store cannot be written: {here} is not a folder."
            raise not_writable(message, error.errno) from error

    @staticmethod
    def _matches(entry: ModelEntry, location: Path) -> bool:
        try:
            return location.stat().st_size == entry.kept_bytes and sha256_of(location) == entry.kept_sha256
        except OSError:
            return False


def sha256_of(path: Path) -> str:
    """The SHA-256 of a file, in lower hexadecimal."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _missing(entry: ModelEntry) -> ModelMissingError:
    return ModelMissingError(
        "model_missing",
        f"The model {entry.name} ({entry.version}) is not in the store.",
        advice="Run `visavis models pull`." if entry.default else f"Run `visavis models pull {entry.name}`.",
    )


def _mismatch(entry: ModelEntry) -> ModelDigestError:
    return ModelDigestError(
        "model_digest_mismatch",
        f"The bytes of the model {entry.name} ({entry.version}) are not those its manifest entry names: not used.",
        advice=f"Run `visavis models pull {entry.name}` to fetch it again.",
    )


def _sync_folder(folder: Path) -> None:
    """A rename survives a loss of power once its folder is on the disk; Windows has no such call."""
    if sys.platform != "win32":
        handle = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)


if sys.platform == "win32":
    import msvcrt

    def _try_lock(file: IO[bytes]) -> bool:
        try:
            file.seek(0)
            msvcrt.locking(file.fileno(), msvcrt.LK_NBLCK, 1)
        except OSError:
            return False
        return True

else:
    import fcntl

    def _try_lock(file: IO[bytes]) -> bool:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return False
        return True
