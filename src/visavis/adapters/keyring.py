"""Keys of single verifications and lines, under the operator's master key: destroying one erases what it sealed.

AES-256-GCM throughout, with random nonces of 96 bits: a key seals a handful of fields, a master key far fewer than the
2^32 keys that NIST SP 800-38D section 8.3 allows. Owner and label are associated data, so that nothing sealed can be
moved to another place unseen.
"""

import hashlib
import hmac
import secrets
from collections.abc import Sequence
from typing import Final

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDFExpand

from visavis.adapters.recording_keys import KEY_BYTES, MasterKey
from visavis.errors import StorageError
from visavis.service.records import WrappedKey

__all__ = ["KeyRing", "derived_key"]

_NONCE: Final = 12
_KEY: Final = b"visavis data key\x00"
_FIELD: Final = b"visavis sealed field\x00"


class KeyRing:
    """A `visavis.service.ports.Sealer`: the present master key, and older ones until all keys are wrapped anew."""

    def __init__(self, present: MasterKey, older: Sequence[MasterKey] = ()) -> None:
        self._master = _name(present)
        self._keys = {_name(key): key for key in (present, *older)}

    @property
    def master(self) -> str:
        return self._master

    def knows(self, key: WrappedKey) -> bool:
        """Whether its master key is here."""
        return key.master in self._keys

    def new_key(self, owner: str) -> WrappedKey:
        return self._wrap(owner, AESGCM.generate_key(KEY_BYTES * 8))

    def seal(self, key: WrappedKey, label: str, content: bytes) -> bytes:
        return _encrypt(self._unwrap(key), content, _place(key.owner, label))

    def open(self, key: WrappedKey, label: str, sealed: bytes) -> bytes:
        return _decrypt(self._unwrap(key), sealed, _place(key.owner, label))

    def rewrap(self, key: WrappedKey) -> WrappedKey:
        return self._wrap(key.owner, self._unwrap(key))

    def _wrap(self, owner: str, secret: bytes) -> WrappedKey:
        wrapped = _encrypt(self._keys[self._master].secret, secret, _KEY + owner.encode())
        return WrappedKey(owner=owner, master=self._master, wrapped=wrapped)

    def _unwrap(self, key: WrappedKey) -> bytes:
        master = self._keys.get(key.master)
        if master is None:
            raise StorageError(
                "master_key_unknown",
                "Something was sealed under a master key that is not here.",
                advice="Name the older master key as well, until all keys are wrapped anew.",
            )
        return _decrypt(master.secret, key.wrapped, _KEY + key.owner.encode())


def derived_key(master: MasterKey, label: str) -> bytes:
    """A key of 32 bytes for another use, from the master key (HKDF-Expand, RFC 5869 section 2.3: the master key is
    random through and through). ``label`` tells uses apart.
    """
    return HKDFExpand(SHA256(), KEY_BYTES, b"visavis derived key\x00" + label.encode()).derive(master.secret)


def _name(key: MasterKey) -> str:
    """Tells master keys apart, and nothing about them."""
    return hmac.digest(key.secret, b"visavis name of a master key", hashlib.sha256).hex()[:16]


def _place(owner: str, label: str) -> bytes:
    return _FIELD + owner.encode() + b"\x00" + label.encode()


def _encrypt(secret: bytes, content: bytes, place: bytes) -> bytes:
    nonce = secrets.token_bytes(_NONCE)
    return nonce + AESGCM(secret).encrypt(nonce, content, place)


def _decrypt(secret: bytes, sealed: bytes, place: bytes) -> bytes:
    try:
        return AESGCM(secret).decrypt(sealed[:_NONCE], sealed[_NONCE:], place)
    except (InvalidTag, ValueError) as error:
        raise StorageError(
            "sealed_unreadable",
            "Something sealed cannot be opened: it was changed, or belongs elsewhere.",
            advice="Take the database from a backup, together with the master key of that day.",
        ) from error
