"""Signing keys: one that signs, one that will, and those whose signatures still count.

A key is published before it signs and after it has stopped, so that nobody meets a signature whose key they could not
fetch: *next*, *current*, *retired*. What a ring does is a function of a frozen `RingState`; where it is kept is behind
the `SigningKeyRing` port.
"""

import dataclasses
import threading
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Final, Protocol
from urllib.parse import urlsplit, urlunsplit

from cryptography.hazmat.primitives.asymmetric.ec import SECP256R1, EllipticCurvePrivateKey
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import load_pem_private_key
from joserfc import jws
from joserfc.errors import JoseError
from joserfc.jwk import ECKey, OKPKey

from visavis.attestation.public_keys import Algorithm, KeySet, public_jwk
from visavis.attestation.strict_json import JsonObject, json_object
from visavis.attestation.tokens import SigningKey
from visavis.errors import KeyRingError

__all__ = [
    "KeyState",
    "MemorySigningKeyRing",
    "PublishedKey",
    "RingState",
    "SigningKeyRing",
    "SoftwareKey",
    "issuer_metadata",
    "issuer_metadata_url",
    "jwk_set",
    "key_set",
]

_SIGNERS: Final = jws.JWSRegistry(algorithms=list(map(str, Algorithm)))


@dataclass(frozen=True, slots=True)
class SoftwareKey:
    """A private key in this process's memory. Its secret is never shown."""

    _key: ECKey | OKPKey = field(repr=False)

    @classmethod
    def generate(cls, algorithm: Algorithm = Algorithm.ES256) -> "SoftwareKey":
        """A new key, from the system's own randomness."""
        match algorithm:
            case Algorithm.ES256:
                return cls(ECKey.generate_key("P-256"))
            case Algorithm.ED25519:
                return cls(OKPKey.generate_key("Ed25519"))

    @classmethod
    def read(cls, data: bytes) -> "SoftwareKey":
        """A private key as a site brings it: PEM (PKCS #8 or SEC 1, without a passphrase) or a JWK.

        Raises `visavis.errors.KeyRingError`, ``signing_key_invalid``, also for a kind that visavis does not sign with.
        """
        try:
            return cls(_from_pem(data) if b"-----BEGIN" in data[:4096] else _from_jwk(json_object(data)))
        except (JoseError, ValueError, TypeError, KeyError) as error:
            raise KeyRingError(
                "signing_key_invalid",
                "This is no private key to sign with.",
                advice="Bring one of P-256 or Ed25519, as PEM without a passphrase or as a JWK.",
            ) from error

    @property
    def kid(self) -> str:
        return self._key.thumbprint()

    @property
    def algorithm(self) -> Algorithm:
        return Algorithm.ES256 if isinstance(self._key, ECKey) else Algorithm.ED25519

    @property
    def public_jwk(self) -> JsonObject:
        return public_jwk(self._key)

    def sign(self, message: bytes) -> bytes:
        return _SIGNERS.get_alg(str(self.algorithm)).sign(message, self._key)

    def pem(self) -> bytes:
        """PKCS #8, in clear: for a file that its owner alone may read."""
        return self._key.as_pem(private=True)


def _from_pem(data: bytes) -> ECKey | OKPKey:
    key = load_pem_private_key(data, password=None)
    if isinstance(key, EllipticCurvePrivateKey) and isinstance(key.curve, SECP256R1):
        return ECKey.import_key(key)
    if isinstance(key, Ed25519PrivateKey):
        return OKPKey.import_key(key)
    raise ValueError("another kind of key")


def _from_jwk(table: JsonObject) -> ECKey | OKPKey:
    names = ("kty", "crv", "x", "y", "d") if table.get("kty") == "EC" else ("kty", "crv", "x", "d")
    parts = {name: table[name] for name in names}
    match parts["kty"], parts["crv"]:
        case "EC", "P-256":
            return ECKey.import_key(parts)  # type: ignore[arg-type]  # joserfc checks each part itself
        case "OKP", "Ed25519":
            return OKPKey.import_key(parts)  # type: ignore[arg-type]  # as above
    raise ValueError("another kind of key")


class KeyState(StrEnum):
    NEXT = "next"
    """Published, and does not sign yet."""
    CURRENT = "current"
    """Signs."""
    RETIRED = "retired"
    """Signs no more; published until its last signature has run out."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PublishedKey:
    """``since``: when it came into this state. ``until``: when a retired key is published no more."""

    jwk: Mapping[str, str]
    kid: str
    algorithm: Algorithm
    state: KeyState
    since: datetime
    until: datetime | None = None

    @classmethod
    def of(cls, key: SigningKey, state: KeyState, since: datetime) -> "PublishedKey":
        jwk = {name: str(value) for name, value in key.public_jwk.items()}
        return cls(jwk=jwk, kid=key.kid, algorithm=key.algorithm, state=state, since=since)


@dataclass(frozen=True, slots=True)
class RingState:
    """Which key is what. Every step gives a new value; none makes a key or looks at a clock.

    Raises ValueError unless exactly one key is current, exactly one is next, and every name is given once.
    """

    keys: tuple[PublishedKey, ...]

    def __post_init__(self) -> None:
        states = [key.state for key in self.keys]
        if states.count(KeyState.CURRENT) != 1 or states.count(KeyState.NEXT) != 1:
            raise ValueError("a ring has one current key and one next")
        if len({key.kid for key in self.keys}) != len(self.keys):
            raise ValueError("a key is in a ring once")

    @classmethod
    def begun(cls, *, current: SigningKey, following: SigningKey, now: datetime) -> "RingState":
        return cls(
            (PublishedKey.of(current, KeyState.CURRENT, now), PublishedKey.of(following, KeyState.NEXT, now)),
        )

    @property
    def current(self) -> PublishedKey:
        return next(key for key in self.keys if key.state is KeyState.CURRENT)

    def published(self, now: datetime) -> tuple[PublishedKey, ...]:
        """Current, next, and those retired whose time is not over."""
        return tuple(key for key in self.keys if key.until is None or now < key.until)

    def rotated(self, *, following: SigningKey, now: datetime, overlap: timedelta) -> "RingState":
        """Next signs, current is retired for ``overlap``, ``following`` is next.

        ``overlap`` is at least as long as what was signed is valid: an attestation outlives its key's last day.
        """
        kept = []
        for key in self.published(now):
            match key.state:
                case KeyState.CURRENT:
                    kept.append(dataclasses.replace(key, state=KeyState.RETIRED, since=now, until=now + overlap))
                case KeyState.NEXT:
                    kept.append(dataclasses.replace(key, state=KeyState.CURRENT, since=now))
                case KeyState.RETIRED:
                    kept.append(key)
        return RingState((*kept, PublishedKey.of(following, KeyState.NEXT, now)))

    def awaiting(self, following: SigningKey, *, now: datetime) -> "RingState":
        """With another next key: one that the site made elsewhere. It signs after the next rotation."""
        kept = [key for key in self.published(now) if key.state is not KeyState.NEXT]
        return RingState((*kept, PublishedKey.of(following, KeyState.NEXT, now)))

    def withdrawn(self, kid: str, *, following: SigningKey, now: datetime) -> "RingState":
        """Without a key that others may hold: what it signed stops to count as soon as verifiers fetch the keys again.

        Raises KeyError for a key that the ring does not have.
        """
        lost = next((key for key in self.published(now) if key.kid == kid), None)
        if lost is None:
            raise KeyError(kid)
        kept = [key for key in self.published(now) if key is not lost]
        if lost.state is KeyState.CURRENT:
            kept = [
                dataclasses.replace(key, state=KeyState.CURRENT, since=now) if key.state is KeyState.NEXT else key
                for key in kept
            ]
        if lost.state is not KeyState.RETIRED:
            kept.append(PublishedKey.of(following, KeyState.NEXT, now))
        return RingState(tuple(kept))


class SigningKeyRing(Protocol):
    """Where the keys are. Safe from several threads."""

    def signing_key(self) -> SigningKey:
        """The current key. Raises `visavis.errors.KeyRingError` where the keys cannot be had."""
        ...

    def published(self, now: datetime) -> tuple[PublishedKey, ...]: ...

    def rotate(self, *, now: datetime, overlap: timedelta) -> None: ...

    def withdraw(self, kid: str, *, now: datetime) -> None:
        """Raises `visavis.errors.KeyRingError`, ``signing_key_unknown``."""
        ...


class MemorySigningKeyRing:
    """Keys that end with the process: for tests, and for a service that is only looked at."""

    def __init__(
        self, *, now: datetime, algorithm: Algorithm = Algorithm.ES256, make: Callable[[], SoftwareKey] | None = None
    ) -> None:
        self._make = make or (lambda: SoftwareKey.generate(algorithm))
        current, following = self._make(), self._make()
        self._secrets = {key.kid: key for key in (current, following)}
        self._state = RingState.begun(current=current, following=following, now=now)
        self._lock = threading.Lock()

    def signing_key(self) -> SigningKey:
        with self._lock:
            return self._secrets[self._state.current.kid]

    def published(self, now: datetime) -> tuple[PublishedKey, ...]:
        with self._lock:
            return self._state.published(now)

    def rotate(self, *, now: datetime, overlap: timedelta) -> None:
        following = self._make()
        with self._lock:
            self._take(self._state.rotated(following=following, now=now, overlap=overlap), following)

    def withdraw(self, kid: str, *, now: datetime) -> None:
        following = self._make()
        with self._lock:
            try:
                state = self._state.withdrawn(kid, following=following, now=now)
            except KeyError as error:
                raise unknown_key() from error
            self._take(state, following)

    def _take(self, state: RingState, following: SoftwareKey) -> None:
        keep = {key.kid for key in state.keys if key.state is not KeyState.RETIRED}
        self._secrets = {kid: key for kid, key in (*self._secrets.items(), (following.kid, following)) if kid in keep}
        self._state = state


def unknown_key() -> KeyRingError:
    return KeyRingError(
        "signing_key_unknown", "There is no such key in the ring.", advice="Name one of the published keys by its kid."
    )


def jwk_set(keys: Sequence[PublishedKey]) -> dict[str, object]:
    """The JWK Set to publish (RFC 7517): public parts, use, algorithm and name, the current key first."""
    order = [KeyState.CURRENT, KeyState.NEXT, KeyState.RETIRED]
    rows = sorted(keys, key=lambda key: order.index(key.state))
    return {"keys": [{**key.jwk, "use": "sig", "alg": str(key.algorithm), "kid": key.kid} for key in rows]}


def key_set(keys: Sequence[PublishedKey]) -> KeySet:
    """What a verifier would make of the published keys."""
    return KeySet.of(jwk_set(keys))


def issuer_metadata(issuer: str, keys: Sequence[PublishedKey]) -> dict[str, object]:
    """The document at `issuer_metadata_url` (SD-JWT VC draft 14, JWT VC Issuer Metadata)."""
    return {"issuer": issuer, "jwks": jwk_set(keys)}


def issuer_metadata_url(issuer: str) -> str:
    """Where an issuer's keys are: the well-known part comes between the host and the path."""
    parts = urlsplit(issuer)
    path = f"/.well-known/jwt-vc-issuer{parts.path.rstrip('/')}"
    return urlunsplit((parts.scheme, parts.netloc, path, "", ""))
