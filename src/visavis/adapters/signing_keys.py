"""Signing keys in a folder: ``ring.json`` says which key is what, and beside it each private key has a file of its own.

The folder and everything in it belong to one user (0700, 0600). A retired key's private half is destroyed: only its
public half, in ``ring.json``, is needed any more. Several processes may share a folder: changes are made under a lock
and put in place whole, and each process sees them at its next signature. Private keys may also be elsewhere, behind
`PrivateKeys`: then the folder holds nothing secret.
"""

import contextlib
import fcntl
import os
import stat
import tempfile
import threading
from collections.abc import Collection, Iterator
from dataclasses import asdict
from datetime import datetime, timedelta
from pathlib import Path
from typing import Final, Protocol

import msgspec

from visavis.attestation.keys import KeyState, PublishedKey, RingState, SoftwareKey, unknown_key
from visavis.attestation.public_keys import Algorithm
from visavis.attestation.strict_json import json_value
from visavis.attestation.tokens import SigningKey
from visavis.decision.canonical import canonical_json
from visavis.errors import FileError, KeyRingError
from visavis.files import read_file

__all__ = ["FileSigningKeyRing", "KeyFiles", "PrivateKeys"]

RING: Final = "ring.json"
LOCK: Final = ".lock"
MAX_RING_BYTES: Final = 200_000
MAX_KEY_BYTES: Final = 20_000
_OTHERS: Final = stat.S_IRWXG | stat.S_IRWXO
_SUFFIXES: Final = (".pem", ".jwk")


class PrivateKeys(Protocol):
    """Where private keys are made and stay, by kid. None but the ring's own are seen."""

    def make(self, algorithm: Algorithm) -> SigningKey: ...

    def take(self, key: SoftwareKey) -> None:
        """Keep a key that was made elsewhere. Raises `visavis.errors.KeyRingError` where that cannot be."""
        ...

    def find(self, kid: str) -> SigningKey | None: ...

    def keep_only(self, kids: Collection[str]) -> None:
        """Destroy all others."""
        ...

    def any(self) -> bool:
        """Whether there is one at all."""
        ...


class KeyFiles:
    """`PrivateKeys` as files in a folder: PEM as they are made, PEM or JWK as they are read."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def make(self, algorithm: Algorithm) -> SigningKey:
        key = SoftwareKey.generate(algorithm)
        self.take(key)
        return key

    def take(self, key: SoftwareKey) -> None:
        _write(self._folder / f"{key.kid}.pem", key.pem())

    def find(self, kid: str) -> SigningKey | None:
        path = next((path for suffix in _SUFFIXES if (path := self._folder / f"{kid}{suffix}").is_file()), None)
        if path is None:
            return None
        try:
            _check_private(path)
            content = read_file(path, max_bytes=MAX_KEY_BYTES)
        except (FileError, FileNotFoundError):
            if path.exists():
                raise
            return None  # destroyed in between: the ring was rotated
        return SoftwareKey.read(content)

    def keep_only(self, kids: Collection[str]) -> None:
        for path in self._folder.iterdir():
            if path.suffix in _SUFFIXES and path.stem not in kids:
                path.unlink()

    def any(self) -> bool:
        return any(path.suffix in _SUFFIXES for path in self._folder.iterdir())


class FileSigningKeyRing:
    """The ring in ``folder``, made with two new keys of ``algorithm`` where there is none yet. ``secrets`` keeps the
    private keys; by default they are files of the same folder.

    A site that has a key already puts it there with `bring`. Raises `visavis.errors.KeyRingError`:
    ``key_ring_not_writable``, ``key_ring_broken``, ``key_ring_exposed`` where other users could read a key.
    """

    def __init__(
        self,
        folder: Path,
        *,
        now: datetime,
        algorithm: Algorithm = Algorithm.ES256,
        secrets: PrivateKeys | None = None,
    ) -> None:
        self._folder, self._algorithm = folder, algorithm
        self._private = secrets or KeyFiles(folder)
        self._lock = threading.Lock()
        self._seen: tuple[int, int, int] | None = None
        self._state: RingState | None = None
        self._secrets: dict[str, SigningKey] = {}
        with _writing():
            folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        with self._changing():
            if not (folder / RING).exists():
                if self._private.any():  # a new ring would do away with them
                    raise _broken()
                current, following = self._private.make(algorithm), self._private.make(algorithm)
                self._put(RingState.begun(current=current, following=following, now=now))
        self.signing_key()

    def signing_key(self) -> SigningKey:
        """Raises KeyRingError also where the current key's own file is missing: ``signing_key_missing``."""
        with self._lock:
            kid = self._read().current.kid
            while True:
                try:
                    return self._secret(kid)
                except KeyRingError:
                    # somebody may have rotated in between, who does away with the private half of what was current
                    before, kid = kid, self._read().current.kid
                    if kid == before:
                        raise

    def published(self, now: datetime) -> tuple[PublishedKey, ...]:
        with self._lock:
            return self._read().published(now)

    def rotate(self, *, now: datetime, overlap: timedelta) -> None:
        with self._lock, self._changing():
            state = self._read()
            self._put(state.rotated(following=self._private.make(self._algorithm), now=now, overlap=overlap))

    def bring(self, key: SoftwareKey, *, now: datetime) -> None:
        """Put a key of the site's own in the place of the next one. It signs after the next rotation."""
        with self._lock, self._changing():
            state = self._read().awaiting(key, now=now)
            self._private.take(key)
            self._put(state)

    def withdraw(self, kid: str, *, now: datetime) -> None:
        with self._lock, self._changing():
            state = self._read()
            if kid not in {key.kid for key in state.published(now)}:
                raise unknown_key()
            self._put(state.withdrawn(kid, following=self._private.make(self._algorithm), now=now))

    def _read(self) -> RingState:
        """The ring as it is now: the file is read again only when it is another one."""
        path = self._folder / RING
        try:
            found = path.stat()
        except OSError as error:
            raise _broken() from error
        seen = (found.st_ino, found.st_mtime_ns, found.st_size)
        if self._state is None or seen != self._seen:
            _check_private(path)
            try:
                rows = msgspec.convert(json_value(read_file(path, max_bytes=MAX_RING_BYTES)), list[PublishedKey])
                self._state, self._seen, self._secrets = RingState(tuple(rows)), seen, {}
            except (FileError, ValueError) as error:
                raise _broken() from error
        return self._state

    def _secret(self, kid: str) -> SigningKey:
        if kid not in self._secrets:
            key = self._private.find(kid)
            if key is None:
                raise KeyRingError(
                    "signing_key_missing",
                    "The private half of the current key is not where it was made.",
                    advice="Put it back from a copy, or withdraw the key.",
                )
            if key.kid != kid:
                raise _broken()
            self._secrets[kid] = key
        return self._secrets[kid]

    def _put(self, state: RingState) -> None:
        """The ring, whose keys are all there by now; then away with the private keys that sign no more."""
        with _writing():
            _write(self._folder / RING, canonical_json([_row(key) for key in state.keys]) + b"\n")
            self._state = None
            self._private.keep_only({key.kid for key in state.keys if key.state is not KeyState.RETIRED})

    @contextlib.contextmanager
    def _changing(self) -> Iterator[None]:
        """The only one who changes the ring. The lock is the system's: it goes with the process, however that ends."""
        with _writing():
            descriptor = os.open(self._folder / LOCK, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX)
            yield
        finally:
            os.close(descriptor)


def _row(key: PublishedKey) -> dict[str, object]:
    row = asdict(key)
    return {**row, "since": key.since.isoformat(), "until": key.until.isoformat() if key.until else None}


def _write(path: Path, content: bytes) -> None:
    """Whole or not at all, and never readable by others, not even for a moment: mkstemp makes it 0600."""
    descriptor, name = tempfile.mkstemp(dir=path.parent, prefix=".incoming-")
    try:
        with os.fdopen(descriptor, "wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        Path(name).replace(path)
    except BaseException:
        with contextlib.suppress(OSError):
            Path(name).unlink()
        raise
    folder = os.open(path.parent, os.O_RDONLY)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)


@contextlib.contextmanager
def _writing() -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise KeyRingError(
            "key_ring_not_writable",
            "The folder of the signing keys cannot be written.",
            advice="Check that it exists, has room, and that you may write there.",
        ) from error


def _check_private(path: Path) -> None:
    if stat.S_IMODE(path.stat().st_mode) & _OTHERS:
        raise KeyRingError(
            "key_ring_exposed",
            "The signing keys may be read or changed by other users of this machine.",
            advice="Let their owner alone have them: chmod 600 each file, and replace the keys if others had them.",
        )


def _broken() -> KeyRingError:
    return KeyRingError(
        "key_ring_broken",
        f"{RING} is missing, or does not fit the keys beside it.",
        advice="Put it back from a copy; only where nothing was ever signed, remove the private keys and start again.",
    )
