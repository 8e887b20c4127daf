"""A key of the holder's own, which an attestation can be bound to (its ``cnf``, RFC 7800): shown to be held.

The proof is a token as OpenID for Verifiable Credential Issuance 1.0 has it (appendix F.1, proof type ``jwt``): signed
by the key itself, which stands in its header, for this issuer and this occasion alone. A holder who uses one key for
several relying parties can be followed by it: make a new one each time.
"""

import hmac
from datetime import datetime, timedelta
from typing import Final

from visavis.attestation.public_keys import KeySet, public_jwk
from visavis.attestation.strict_json import JsonObject, base64url_bytes, json_object, moment_of
from visavis.attestation.tokens import MAX_HEADER_CHARACTERS, SigningKey, TokenType, read_token, sign_token
from visavis.errors import InputError, TokenError

__all__ = ["MOST_PROOF_CHARACTERS", "prove_holder_key", "read_holder_key"]

MOST_PROOF_CHARACTERS: Final = 4_000
_AGE: Final = timedelta(minutes=5)
_LEEWAY: Final = timedelta(seconds=60)


def prove_holder_key(key: SigningKey, *, audience: str, nonce: str, now: datetime) -> str:
    """What a holder sends: that ``key`` is theirs, for this issuer and this occasion."""
    jwk = {str(name): str(value) for name, value in key.public_jwk.items()}
    said = {"aud": audience, "nonce": nonce, "iat": int(now.timestamp())}
    return sign_token(said, typ=TokenType.HOLDER_KEY, key=key, header={"jwk": jwk})


def read_holder_key(proof: str, *, expected_audience: str, expected_nonce: str, now: datetime) -> JsonObject:
    """The public key (JWK, its own parameters alone: P-256 or Ed25519) whose holder made the proof.

    ``expected_audience``: the issuer; ``expected_nonce``: what only this occasion has. Raises InputError
    ``holder_key_invalid``: malformed, of another kind, signed by another key, for another issuer or occasion, or not
    made within the last five minutes.
    """
    try:
        keys = KeySet.single(_own_key(proof))
        said = read_token(
            proof, typ=[TokenType.HOLDER_KEY], keys=keys, max_characters=MOST_PROOF_CHARACTERS, by_name=False
        ).payload
        made = moment_of(said.get("iat"))
    except (TokenError, InputError, ValueError) as error:
        raise _invalid("it is no proof of a key that can be taken") from error
    if not (_same(said.get("aud"), expected_audience) and _same(said.get("nonce"), expected_nonce)):
        raise _invalid("it was made for another issuer, or for another verification")
    if not now - _AGE - _LEEWAY <= made <= now + _LEEWAY:
        raise _invalid("it was not made just now")
    return public_jwk(keys.keys[0].key)


def _own_key(proof: str) -> JsonObject:
    head = proof[: MAX_HEADER_CHARACTERS + 1].partition(".")[0]
    jwk = json_object(base64url_bytes(head)).get("jwk")
    if not isinstance(jwk, dict):
        raise ValueError("the header has no key")  # noqa: TRY004 - one answer to whatever is wrong
    return jwk


def _same(value: object, expected: str) -> bool:
    return isinstance(value, str) and hmac.compare_digest(value.encode(errors="surrogatepass"), expected.encode())


def _invalid(what: str) -> InputError:
    return InputError(
        "holder_key_invalid",
        f"The holder's key is not taken: {what}.",
        advice="Sign a new proof with the key that it is of: ES256 or Ed25519.",
    )
