"""Signed tokens: JWS in its compact form, for attestations, status lists and the heads of the audit log.

RFC 7515 and 7519, read as strictly as RFC 8725 advises. Two algorithms, each for one kind of key: ES256 with P-256,
Ed25519 with that curve (RFC 9864; the older name EdDSA leaves the curve open, and is refused). What a token says about
where its key is to be had (``jwk``, ``jku``, ``x5c``) is never looked at: a key comes from the caller.
"""

from collections.abc import Collection
from dataclasses import dataclass
from enum import StrEnum
from typing import Final, Protocol

from joserfc import jws
from joserfc.errors import JoseError

from visavis.attestation.public_keys import Algorithm, KeySet
from visavis.attestation.strict_json import JsonObject, base64url, base64url_bytes, json_object
from visavis.decision.canonical import canonical_json
from visavis.errors import TokenError

__all__ = ["MAX_TOKEN_CHARACTERS", "SignedToken", "SigningKey", "TokenType", "read_token", "sign_token"]

MAX_TOKEN_CHARACTERS: Final = 100_000
MAX_HEADER_CHARACTERS: Final = 8_000
MAX_SIGNATURE_CHARACTERS: Final = 86
"""64 bytes in both algorithms."""


class TokenType(StrEnum):
    """The ``typ`` of a header: a token of one kind never passes for another (RFC 8725 section 3.11)."""

    ATTESTATION = "dc+sd-jwt"
    KEY_BINDING = "kb+jwt"
    STATUS_LIST = "statuslist+jwt"
    TREE_HEAD = "visavis-tree-head+jwt"
    HOLDER_KEY = "openid4vci-proof+jwt"


class SigningKey(Protocol):
    """A private key that signs and need not be seen: one in memory, or one that never leaves its device."""

    @property
    def kid(self) -> str:
        """The thumbprint of the public key (RFC 7638)."""
        ...

    @property
    def algorithm(self) -> Algorithm: ...

    @property
    def public_jwk(self) -> JsonObject:
        """The public key alone (RFC 7517), with nothing but its own parameters."""
        ...

    def sign(self, message: bytes) -> bytes:
        """64 bytes as JWS wants them: r and s of ECDSA side by side, or the signature of Ed25519."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class SignedToken:
    """A token whose signature is right. ``kid`` is the key that signed it, as the caller's key set names it."""

    header: JsonObject
    payload: dict[str, object]
    kid: str


def sign_token(
    payload: JsonObject, *, typ: TokenType, key: SigningKey, name_key: bool = True, header: JsonObject | None = None
) -> str:
    """The payload as canonical JSON, signed. ``name_key``: with ``kid`` in the header, for keys that are published.
    ``header``: what else stands in it, instead of that name.

    Raises TypeError, ValueError for what has no form in canonical JSON.
    """
    named = header if header is not None else {"kid": key.kid} if name_key else {}
    head = {**named, "alg": str(key.algorithm), "typ": str(typ)}
    message = f"{base64url(canonical_json(head))}.{base64url(canonical_json(payload))}"
    return f"{message}.{base64url(key.sign(message.encode()))}"


def read_token(
    token: str,
    *,
    typ: Collection[str],
    keys: KeySet,
    max_characters: int = MAX_TOKEN_CHARACTERS,
    by_name: bool = True,
) -> SignedToken:
    """The token, if one of ``keys`` signed it. ``by_name``: the one that the header names, where it names one.

    Raises `visavis.errors.TokenError`: ``token_too_large``, ``token_malformed``, ``token_type_wrong``,
    ``token_algorithm_refused``, ``token_extension_unknown``, ``token_key_unknown``, ``token_signature_wrong``.
    """
    if len(token) > max_characters:
        raise TokenError("token_too_large", f"A token has at most {max_characters:,} characters.")
    header, payload = _parts(token)
    if header.get("typ") not in typ:
        raise TokenError("token_type_wrong", f"This is not a token of the type {' or '.join(sorted(typ))}.")
    if "crit" in header or "b64" in header:
        raise TokenError("token_extension_unknown", "The token asks for extensions that nobody here knows.")
    algorithm = _algorithm(header)
    kid = header.get("kid")
    if not isinstance(kid, str | None):
        raise _malformed()
    named = keys.find(kid if by_name else None, algorithm)
    if named is None:
        raise TokenError(
            "token_key_unknown",
            "None of the keys here is the one that the token names.",
            advice="Fetch the issuer's keys once more.",
        )
    registry = jws.JWSRegistry(algorithms=[str(algorithm)], strict_check_header=False)
    registry.max_header_length = MAX_HEADER_CHARACTERS
    registry.max_payload_length = max_characters
    try:
        jws.deserialize_compact(token, named.key, registry=registry)
    except (JoseError, ValueError, TypeError) as error:
        raise TokenError(
            "token_signature_wrong", "The signature is not the issuer's, or something was changed."
        ) from error
    return SignedToken(header=header, payload=payload, kid=named.kid)


def _parts(token: str) -> tuple[dict[str, object], dict[str, object]]:
    parts = token.split(".")
    if len(parts) != 3 or len(parts[0]) > MAX_HEADER_CHARACTERS or len(parts[2]) > MAX_SIGNATURE_CHARACTERS:
        raise _malformed()
    try:
        base64url_bytes(parts[2])  # a signature has one form, or a changed character could go unnoticed
        return json_object(base64url_bytes(parts[0])), json_object(base64url_bytes(parts[1]))
    except ValueError as error:
        raise _malformed() from error


def _algorithm(header: JsonObject) -> Algorithm:
    try:
        return Algorithm(header.get("alg"))  # type: ignore[arg-type]  # anything else than a member is a ValueError
    except ValueError as error:
        known = " or ".join(Algorithm)
        raise TokenError("token_algorithm_refused", f"A token is signed by {known}, and by nothing else.") from error


def _malformed() -> TokenError:
    return TokenError("token_malformed", "This is no signed token in compact form.")
