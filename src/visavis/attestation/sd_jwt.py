"""SD-JWT: a signed token whose holder chooses what of it to show (RFC 9901).

A claim that may be withheld is not in the token: its salted digest is. The claim itself travels beside the token as a
*disclosure*, and whoever gets the disclosure can hold it against the digest. Decoys fill the list of digests up to a
fixed length, so that its length tells nothing.
"""

import dataclasses
import hashlib
import json
from collections.abc import Callable, Collection
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from visavis.attestation.strict_json import JsonObject, base64url, base64url_bytes, json_value
from visavis.attestation.tokens import SigningKey, TokenType, sign_token
from visavis.errors import TokenError

__all__ = [
    "DIGESTS",
    "RESERVED_NAMES",
    "SALT_BYTES",
    "Disclosure",
    "SdJwt",
    "disclosure_digest",
    "issue_sd_jwt",
    "present",
    "split_sd_jwt",
]

SALT_BYTES: Final = 16
"""128 bits, as RFC 9901 section 9.3 advises."""
DIGESTS: Final = 12
"""The list of digests is filled up to a multiple of this."""
RESERVED_NAMES: Final = frozenset({"_sd", "...", "_sd_alg"})
MAX_SD_JWT_CHARACTERS: Final = 200_000
MAX_DISCLOSURES: Final = 200


@dataclass(frozen=True, slots=True, kw_only=True)
class Disclosure:
    """One claim beside the token. ``encoded`` is the text that travels, and that the digest is made of."""

    name: str | None
    """None for an element of a list."""
    value: object
    encoded: str

    @classmethod
    def of(cls, name: str, value: object, *, salt: bytes) -> "Disclosure":
        """RFC 9901 section 4.2.1. ``salt``: `SALT_BYTES` of randomness, never used twice."""
        text = json.dumps([base64url(salt), name, value], ensure_ascii=False, separators=(",", ":"), allow_nan=False)
        return cls(name=name, value=value, encoded=base64url(text.encode()))

    @classmethod
    def read(cls, encoded: str) -> "Disclosure":
        """RFC 9901 section 7.1, steps 3.2.2 and 3.3.2. Raises `visavis.errors.TokenError`, ``disclosure_malformed``."""
        try:
            parts = json_value(base64url_bytes(encoded))
        except ValueError as error:
            raise _malformed() from error
        match parts:
            case [str(), value]:
                return cls(name=None, value=value, encoded=encoded)
            case [str(), str() as name, value] if name not in RESERVED_NAMES:
                return cls(name=name, value=value, encoded=encoded)
        raise _malformed()

    @property
    def digest(self) -> str:
        return disclosure_digest(self.encoded)


def disclosure_digest(encoded: str) -> str:
    """SHA-256 over the text that travels, not over what it decodes to (RFC 9901 section 4.2.3)."""
    return base64url(hashlib.sha256(encoded.encode()).digest())


@dataclass(frozen=True, slots=True, kw_only=True)
class SdJwt:
    """A token in its parts. ``key_binding``: the holder's own token at the end, or none."""

    issued: str
    disclosures: tuple[str, ...]
    key_binding: str | None = None

    def __str__(self) -> str:
        return f"{self.presented}{self.key_binding or ''}"

    @property
    def presented(self) -> str:
        """All that the holder's token vouches for: the issuer's part and what is disclosed (RFC 9901 section 4.3.1)."""
        return "~".join((self.issued, *self.disclosures, ""))


def split_sd_jwt(text: str) -> SdJwt:
    """The parts of a compact SD-JWT, none of them looked into.

    Raises `visavis.errors.TokenError`: ``token_too_large``, ``token_malformed``.
    """
    if len(text) > MAX_SD_JWT_CHARACTERS or text.count("~") > MAX_DISCLOSURES + 1:
        raise TokenError(
            "token_too_large",
            f"An SD-JWT has at most {MAX_SD_JWT_CHARACTERS:,} characters and {MAX_DISCLOSURES} disclosures.",
        )
    issued, *rest = text.split("~")
    if not rest or not all(rest[:-1]):
        raise TokenError(
            "token_malformed",
            "This is no SD-JWT: its parts are set apart, and ended, by ~.",
            advice="Take the token whole, with the ~ at its end.",
        )
    return SdJwt(issued=issued, disclosures=tuple(rest[:-1]), key_binding=rest[-1] or None)


def issue_sd_jwt(
    claims: JsonObject,
    *,
    withheld: JsonObject,
    key: SigningKey,
    entropy: Callable[[int], bytes],
    typ: TokenType = TokenType.ATTESTATION,
) -> SdJwt:
    """Sign ``claims`` for all to see, and ``withheld`` as digests, each with its disclosure.

    ``entropy`` gives that many random bytes: `secrets.token_bytes`. Disclosures are in the order of ``withheld``; the
    digests are sorted, which says nothing of that order, and filled up with decoys.

    Raises ValueError for a claim that is named twice or bears a name of RFC 9901's own.
    """
    names = [*claims, *withheld]
    if len(set(names)) != len(names) or RESERVED_NAMES.intersection(names):
        raise ValueError("a claim is named twice, or bears a reserved name")
    disclosures = [Disclosure.of(name, value, salt=entropy(SALT_BYTES)) for name, value in withheld.items()]
    decoys = -len(disclosures) % DIGESTS or (0 if disclosures else DIGESTS)
    digests = [item.digest for item in disclosures] + [base64url(entropy(32)) for _ in range(decoys)]
    payload = {**claims, "_sd": sorted(digests), "_sd_alg": "sha-256"}
    return SdJwt(issued=sign_token(payload, typ=typ, key=key), disclosures=tuple(item.encoded for item in disclosures))


def present(
    token: SdJwt,
    *,
    disclose: Collection[str],
    holder: SigningKey | None = None,
    audience: str = "",
    nonce: str = "",
    now: datetime | None = None,
) -> SdJwt:
    """What a holder hands on: the issuer's part and the claims named in ``disclose``.

    With ``holder``, whose public key the token confirms, it is bound to one ``audience`` and one ``nonce`` of theirs at
    the moment ``now`` (RFC 9901 section 4.3). Raises ValueError for a name that no disclosure has, and for a binding
    without all three; `visavis.errors.TokenError`, ``disclosure_malformed``.
    """
    read = [Disclosure.read(encoded) for encoded in token.disclosures]
    lacking = set(disclose) - {item.name for item in read}
    if lacking:
        raise ValueError(f"no disclosure is named {', '.join(sorted(lacking))}")
    shown = SdJwt(issued=token.issued, disclosures=tuple(item.encoded for item in read if item.name in disclose))
    if holder is None:
        return shown
    if now is None or not audience or not nonce:
        raise ValueError("a binding names an audience, a nonce and a moment")
    claims = {
        "iat": int(now.timestamp()),
        "aud": audience,
        "nonce": nonce,
        "sd_hash": disclosure_digest(shown.presented),
    }
    binding = sign_token(claims, typ=TokenType.KEY_BINDING, key=holder, name_key=False)
    return dataclasses.replace(shown, key_binding=binding)


def _malformed() -> TokenError:
    return TokenError("disclosure_malformed", "A disclosure is no list of a salt, a name and a value.")
