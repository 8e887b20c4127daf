"""Public keys as they are published: JWK and JWK Set (RFC 7517), named by their thumbprints (RFC 7638)."""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from joserfc.errors import JoseError
from joserfc.jwk import ECKey, OKPKey

from visavis.attestation.strict_json import JsonObject, json_object
from visavis.errors import InputError

__all__ = ["Algorithm", "KeySet", "NamedKey", "public_jwk"]

MAX_KEYS: Final = 64
MAX_KEY_SET_BYTES: Final = 200_000
_PARTS: Final = {"EC": ("kty", "crv", "x", "y"), "OKP": ("kty", "crv", "x")}
_MAX_NAME: Final = 200


class Algorithm(StrEnum):
    """How a token is signed: a name that says the curve as well."""

    ES256 = "ES256"
    """ECDSA over P-256 with SHA-256 (RFC 7518 section 3.4)."""
    ED25519 = "Ed25519"
    """EdDSA over Ed25519 (RFC 8037), by its full name (RFC 9864)."""


_CURVES: Final = {("EC", "P-256"): Algorithm.ES256, ("OKP", "Ed25519"): Algorithm.ED25519}


@dataclass(frozen=True, slots=True, kw_only=True)
class NamedKey:
    """A public key that may verify: ``kid`` as published, or its thumbprint."""

    kid: str
    algorithm: Algorithm
    key: ECKey | OKPKey


@dataclass(frozen=True, slots=True)
class KeySet:
    """The keys that a verifier believes. An empty one believes nobody."""

    keys: tuple[NamedKey, ...] = ()

    @classmethod
    def parse(cls, data: bytes) -> "KeySet":
        """A JWK Set as a file holds it. Raises as `of`."""
        if len(data) > MAX_KEY_SET_BYTES:
            raise _invalid(f"it is larger than {MAX_KEY_SET_BYTES // 1000} kB")
        try:
            return cls.of(json_object(data))
        except ValueError as error:
            raise _invalid("it is no JSON object") from error

    @classmethod
    def of(cls, table: JsonObject) -> "KeySet":
        """A JWK Set: ``{"keys": [...]}``. Keys of other kinds and uses are left out (RFC 7517 section 5).

        Raises `visavis.errors.InputError`: ``key_set_invalid``, and ``key_set_private`` for one that holds a private
        key: whoever publishes that has no secret any more.
        """
        items = table.get("keys")
        if not isinstance(items, Sequence) or isinstance(items, str) or len(items) > MAX_KEYS:
            raise _invalid(f'it has no list "keys" of at most {MAX_KEYS}')
        keys = tuple(key for key in map(_named, items) if key is not None)
        if len({key.kid for key in keys}) != len(keys):
            raise _invalid("two of its keys have one name")
        return cls(keys)

    @classmethod
    def single(cls, jwk: JsonObject) -> "KeySet":
        """One key, as a confirmation claim holds it (RFC 7800 section 3.2)."""
        return cls.of({"keys": [jwk]})

    def find(self, kid: str | None, algorithm: Algorithm) -> NamedKey | None:
        """The key of that name and algorithm. A token without a name is for the only key of its algorithm."""
        fitting = [key for key in self.keys if key.algorithm is algorithm and kid in (None, key.kid)]
        return fitting[0] if len(fitting) == 1 else None


def public_jwk(key: ECKey | OKPKey) -> dict[str, str]:
    """The parameters of the public key alone, in the order of RFC 7638."""
    table = key.as_dict(private=False)
    return {name: str(table[name]) for name in sorted(_PARTS[key.key_type])}


def _named(item: object) -> NamedKey | None:
    if not isinstance(item, dict):
        raise _invalid("one of its keys is no object")
    if "d" in item or "k" in item:
        raise InputError(
            "key_set_private",
            "The key set holds a private key, so anybody who has read it can sign.",
            advice="Replace that key, and publish the public parts alone.",
        )
    kind, curve = item.get("kty"), item.get("crv")
    if not isinstance(kind, str) or not isinstance(curve, str):
        return None
    algorithm = _CURVES.get((kind, curve))
    if algorithm is None or item.get("use", "sig") != "sig" or item.get("alg", algorithm) != algorithm:
        return None
    try:
        parts = {name: item[name] for name in _PARTS[kind]}
        key = (ECKey if kind == "EC" else OKPKey).import_key(parts)
        key.public_key  # noqa: B018 - a point that is not on the curve is told here
        kid = item.get("kid", key.thumbprint())
    except (JoseError, KeyError, ValueError, TypeError) as error:
        raise _invalid("one of its keys is no point of its curve") from error
    if not isinstance(kid, str) or not 0 < len(kid) <= _MAX_NAME:
        raise _invalid("one of its keys has no usable name")
    return NamedKey(kid=kid, algorithm=algorithm, key=key)


def _invalid(why: str) -> InputError:
    return InputError("key_set_invalid", f"This is no usable key set: {why}.", advice="Fetch the issuer's keys again.")
