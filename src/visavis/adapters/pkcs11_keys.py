"""Signing keys that never leave their device: a hardware module or a card behind PKCS #11.

The device makes the pair, signs, and gives out the public half alone (CKA_SENSITIVE, not CKA_EXTRACTABLE). Needs the
extra ``pkcs11``. P-256 alone: not every device knows Ed25519.
"""

import contextlib
import hashlib
import threading
from collections.abc import Callable, Collection, Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pkcs11
from asn1crypto.core import OctetString
from cryptography.hazmat.primitives.asymmetric.ec import SECP256R1, EllipticCurvePublicKey
from joserfc.jwk import ECKey
from pkcs11.types import SignMixin
from pkcs11.util.ec import encode_named_curve_parameters

from visavis.attestation.keys import SoftwareKey
from visavis.attestation.public_keys import Algorithm, public_jwk
from visavis.attestation.strict_json import JsonObject
from visavis.attestation.tokens import SigningKey
from visavis.errors import KeyRingError

__all__ = ["Device", "DeviceKey", "DeviceKeys"]


@dataclass(frozen=True, slots=True)
class DeviceKey:
    """A key on the device: its public half, and a way to have something signed."""

    _public: ECKey = field(repr=False)
    _sign: Callable[[bytes], bytes] = field(repr=False)

    @property
    def kid(self) -> str:
        return self._public.thumbprint()

    @property
    def algorithm(self) -> Algorithm:
        return Algorithm.ES256

    @property
    def public_jwk(self) -> JsonObject:
        return public_jwk(self._public)

    def sign(self, message: bytes) -> bytes:
        return self._sign(hashlib.sha256(message).digest())


class Device:
    """One token, logged in to once, as PKCS #11 wants it: ``module`` is its library, ``token`` the token's label.

    Safe from several threads, which take turns. Raises `visavis.errors.KeyRingError`, ``key_device_unavailable``.
    """

    def __init__(self, module: Path, *, token: str, pin: str) -> None:
        self._lock = threading.Lock()
        with _device():
            self._session = pkcs11.lib(str(module)).get_token(token_label=token).open(rw=True, user_pin=pin)

    @contextlib.contextmanager
    def session(self) -> Iterator[pkcs11.Session]:
        """The session, for one at a time."""
        with self._lock, _device():
            yield self._session

    def close(self) -> None:
        with self.session() as session:
            session.close()


class DeviceKeys:
    """`visavis.adapters.signing_keys.PrivateKeys` on a device. ``label`` is that of one ring's keys: each ring has its
    own, and keys with another are neither seen nor touched. Raises as `Device`.
    """

    def __init__(self, device: Device, *, label: str) -> None:
        self._device, self._label = device, label

    def make(self, algorithm: Algorithm) -> SigningKey:
        """Raises KeyRingError ``key_device_algorithm`` for anything but `Algorithm.ES256`."""
        if algorithm is not Algorithm.ES256:
            raise KeyRingError(
                "key_device_algorithm",
                "Keys on a device are of P-256.",
                advice="Choose ES256, or keep the keys in files.",
            )
        with self._device.session() as session:
            parameters = session.create_domain_parameters(
                pkcs11.KeyType.EC,
                {pkcs11.Attribute.EC_PARAMS: encode_named_curve_parameters("secp256r1")},
                local=True,
            )
            public, private = parameters.generate_keypair(
                store=True,
                label=self._label,
                mechanism=pkcs11.Mechanism.EC_KEY_PAIR_GEN,
                private_template={pkcs11.Attribute.SENSITIVE: True, pkcs11.Attribute.EXTRACTABLE: False},
            )
            key = self._key(public, private)
            for half in (public, private):
                half[pkcs11.Attribute.ID] = key.kid.encode()
            return key

    def take(self, key: SoftwareKey) -> None:
        """Raises KeyRingError ``key_device_takes_none``: a key that was ever outside is not one of a device's."""
        raise KeyRingError(
            "key_device_takes_none",
            f"The key {key.kid} was made outside of the device.",
            advice="Let the device make its own keys.",
        )

    def find(self, kid: str) -> SigningKey | None:
        with self._device.session() as session:
            public = self._first(session, pkcs11.ObjectClass.PUBLIC_KEY, kid)
            private = self._first(session, pkcs11.ObjectClass.PRIVATE_KEY, kid)
            return None if public is None or private is None else self._key(public, private)

    def keep_only(self, kids: Collection[str]) -> None:
        with self._device.session() as session:
            for item in list(session.get_objects({pkcs11.Attribute.LABEL: self._label})):
                if bytes(item[pkcs11.Attribute.ID]).decode(errors="replace") not in kids:
                    item.destroy()

    def any(self) -> bool:
        with self._device.session() as session:
            return bool(list(session.get_objects({pkcs11.Attribute.LABEL: self._label})))

    def _first(self, session: pkcs11.Session, kind: pkcs11.ObjectClass, kid: str) -> pkcs11.Object | None:
        wanted = {
            pkcs11.Attribute.CLASS: kind,
            pkcs11.Attribute.LABEL: self._label,
            pkcs11.Attribute.ID: kid.encode(),
        }
        return next(iter(list(session.get_objects(wanted))), None)

    def _key(self, public: pkcs11.Object, private: pkcs11.Object) -> DeviceKey:
        point = OctetString.load(bytes(public[pkcs11.Attribute.EC_POINT])).native
        key = ECKey.import_key(EllipticCurvePublicKey.from_encoded_point(SECP256R1(), point))
        if not isinstance(private, SignMixin):
            raise TypeError("no private key")

        def sign(digest: bytes) -> bytes:
            with self._device.session():
                return bytes(private.sign(digest, mechanism=pkcs11.Mechanism.ECDSA))

        return DeviceKey(key, sign)


@contextlib.contextmanager
def _device() -> Iterator[None]:
    try:
        yield
    except (pkcs11.PKCS11Error, RuntimeError, ValueError, TypeError) as error:
        raise KeyRingError(
            "key_device_unavailable",
            "The device with the signing keys does not answer as it should.",
            advice="Check its library, the token's label and the PIN.",
        ) from error
