"""The keys of an installation, in a folder for its owner alone, made where there are none yet.

| File or folder | |
|---|---|
| ``master.key`` | wraps the key of each verification and line |
| ``pseudonyms.key`` | from which each relying party's pseudonyms come |
| ``attestations/`` | the ring that signs attestations and status lists |
| ``audit/`` | the ring that signs the heads of the audit log |
| ``metrics.token`` | who has it may see the numbers |
"""

import base64
import binascii
import contextlib
import fcntl
import os
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Final

from visavis.adapters.keyring import KeyRing, derived_key
from visavis.adapters.recording_keys import KEY_BYTES, MasterKey, make_key, read_key
from visavis.adapters.signing_keys import FileSigningKeyRing, PrivateKeys
from visavis.errors import ConfigurationError, FileError

__all__ = ["ServiceKeys", "forget_pseudonyms", "make_folder", "open_service_keys"]

MASTER: Final = "master.key"
PSEUDONYMS: Final = "pseudonyms.key"
METRICS: Final = "metrics.token"
_LOCK: Final = ".lock"


@dataclass(frozen=True, slots=True, kw_only=True)
class ServiceKeys:
    """``older``: master keys that were in force before; ``made``: the pseudonyms' key is new, so nothing may rest on an
    older one.
    """

    master: MasterKey
    older: tuple[MasterKey, ...]
    pseudonym_root: bytes = field(repr=False)
    attestations: FileSigningKeyRing
    audit: FileSigningKeyRing
    metrics_token: str = field(repr=False)
    made: bool

    def sealer(self) -> KeyRing:
        return KeyRing(self.master, self.older)

    def derive_each(self, label: str) -> tuple[bytes, ...]:
        """A key for another use, from each master key, the present one first."""
        return tuple(derived_key(key, label) for key in (self.master, *self.older))


def open_service_keys(
    folder: Path,
    *,
    now: datetime,
    master: str | None = None,
    older: Sequence[Path] = (),
    private: Callable[[str], PrivateKeys | None] = lambda _: None,
) -> ServiceKeys:
    """The keys in ``folder``. ``master``: the master key itself, 32 bytes in base64, where it is not to be a file.
    ``private``: where the private keys of a ring are, by its name, where they are not to be files.

    Raises ConfigurationError ``data_folder_not_writable``, ``master_key_invalid``, ``service_key_unusable``;
    KeyRingError as `visavis.adapters.signing_keys.FileSigningKeyRing`.
    """
    make_folder(folder)
    with _alone(folder):
        present = _read(folder / MASTER, make=True)[0] if master is None else _of_text(master)
        root, made = _read(folder / PSEUDONYMS, make=True)
        token, _ = _read(folder / METRICS, make=True)
    return ServiceKeys(
        master=present,
        older=tuple(_read(file, make=False)[0] for file in older),
        pseudonym_root=root.secret,
        attestations=_ring(folder / "attestations", now, private),
        audit=_ring(folder / "audit", now, private),
        metrics_token=token.secret.hex(),
        made=made,
    )


def _ring(folder: Path, now: datetime, private: Callable[[str], PrivateKeys | None]) -> FileSigningKeyRing:
    return FileSigningKeyRing(folder, now=now, secrets=private(folder.name))


def forget_pseudonyms(folder: Path) -> None:
    """Take away the key that was just made and must not be used."""
    (folder / PSEUDONYMS).unlink()


def make_folder(folder: Path) -> None:
    """For its owner alone. Raises ConfigurationError ``data_folder_not_writable``."""
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    except (OSError, ValueError) as error:
        raise _not_writable() from error


def _of_text(text: str) -> MasterKey:
    try:
        return MasterKey(base64.b64decode(text.strip(), validate=True))
    except (binascii.Error, ValueError) as error:
        raise ConfigurationError(
            "master_key_invalid",
            f"VISAVIS_MASTER_KEY is no key: {KEY_BYTES} bytes in base64 are asked for.",
            advice="Make one with `openssl rand -base64 32`.",
        ) from error


def _read(file: Path, *, make: bool) -> tuple[MasterKey, bool]:
    """The key in a file, and whether it was made just now."""
    try:
        made = make and not file.exists()
        if made:
            make_key(file)
        return read_key(file), made
    except FileError as error:
        raise ConfigurationError(
            "service_key_unusable",
            f"A key of the service cannot be used. {error.message}",
            advice="It must be a file of 32 bytes that its owner alone may read (chmod 600); take it from a copy.",
        ) from error


@contextlib.contextmanager
def _alone(folder: Path) -> Iterator[None]:
    """The only one who makes keys here. The lock is the system's: it goes with the process, however that ends."""
    try:
        descriptor = os.open(folder / _LOCK, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    except OSError as error:
        raise _not_writable() from error
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX)
        yield
    finally:
        os.close(descriptor)


def _not_writable() -> ConfigurationError:
    return ConfigurationError(
        "data_folder_not_writable",
        "The data folder cannot be made or written.",
        advice="Name another with --data or VISAVIS_DATA, or check its rights.",
    )
