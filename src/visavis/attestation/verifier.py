"""Verify an attestation: everything that a relying party needs, and nothing of the service.

The caller says what they expect, by keyword; what is not as expected is an error with a code, and what is returned may
be believed. Nothing is fetched here: keys and status lists come from the caller.

Steps
    1. The parts are taken apart, within limits.
    2. The issuer's signature is verified, with an algorithm from a short list and a key of the caller's.
    3. Every disclosure is held against the digests that were signed (RFC 9901 section 7.1).
    4. Issuer, type, audience and times are as expected.
    5. The holder's key binding, where a nonce was asked for (RFC 9901 section 7.3).
    6. The status, in a list that the issuer signed (draft-ietf-oauth-status-list-17 section 8.3).
"""

import hmac
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from visavis.attestation.public_keys import KeySet
from visavis.attestation.sd_jwt import SdJwt, disclosure_digest, split_sd_jwt
from visavis.attestation.statement import VCT, Statement
from visavis.attestation.status_list import Status, StatusReference, read_status_list
from visavis.attestation.strict_json import JsonObject, moment_of, moment_or_none
from visavis.attestation.tokens import TokenType, read_token
from visavis.attestation.unveil import unveil
from visavis.errors import InputError, StatusUnknownError, TokenError

__all__ = ["KEY_BINDING_AGE", "LEEWAY", "StatusListSource", "VerifiedAttestation", "verify"]

LEEWAY: Final = timedelta(seconds=30)
"""How far two clocks may be apart."""
KEY_BINDING_AGE: Final = timedelta(minutes=5)
"""How old the holder's own token may be."""
MAX_LEEWAY: Final = timedelta(minutes=10)

StatusListSource = Callable[[str], str]
"""Gives the status list token that is published at an address. It may raise whatever it likes: the status is unknown
then. Only addresses that the issuer signed are asked for."""

_NEVER_WITHHELD: Final = frozenset({"iss", "nbf", "exp", "iat", "cnf", "vct", "vct#integrity", "status", "aud"})
"""What a holder must not be able to leave out (SD-JWT VC, and ``aud`` and ``iat`` beside it)."""
_OF_NO_CONCERN: Final = frozenset({"kid", "alg", "use", "key_ops"})
"""A confirmed key is the key, whatever the holder's wallet calls it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class VerifiedAttestation:
    """An attestation that may be believed.

    ``claims`` are all that is visible; ``disclosed`` names those that were withheld and shown. ``statement`` is ours,
    None for an attestation of another type. ``holder_present``: whoever presents it holds the confirmed key; False
    where no nonce was asked for. ``status`` is None where the attestation has none, or nobody was to look.
    """

    issuer: str
    vct: str
    issued_at: datetime
    expires_at: datetime
    kid: str
    claims: JsonObject
    disclosed: frozenset[str]
    statement: Statement | None
    holder_present: bool
    status: Status | None


def verify(
    token: str,
    *,
    issuer: str,
    keys: KeySet,
    now: datetime,
    audience: str | None,
    nonce: str | None = None,
    vct: str = VCT,
    status_list: StatusListSource | None = None,
    unsafe_without_status: bool = False,
    leeway: timedelta = LEEWAY,
    key_binding_age: timedelta = KEY_BINDING_AGE,
) -> VerifiedAttestation:
    """What the attestation says, once everything about it is right.

    ``audience``: whoever verifies; None only for an attestation that is for anybody. ``nonce``: the fresh value that
    the holder was given; with it the attestation must be bound to the holder's key, without it no binding is taken.
    ``status_list`` is needed for an attestation that has a status, unless ``unsafe_without_status``: then a revoked one
    passes.

    Raises `visavis.errors.TokenError`, with one of the codes of docs/reference/attestation.md;
    `visavis.errors.StatusUnknownError` where all is right but the status; ValueError for a leeway beyond ten minutes, a
    moment without a time zone and a nonce without an audience, which are mistakes of the caller's.
    """
    if (
        now.tzinfo is None
        or not timedelta() <= leeway <= MAX_LEEWAY
        or (nonce is not None and not (nonce and audience))
    ):
        raise ValueError("an aware moment, a leeway of ten minutes at most, and an audience with every nonce")
    parts = split_sd_jwt(token)
    signed = read_token(parts.issued, typ=[TokenType.ATTESTATION], keys=keys)
    unveiled = unveil(signed.payload, parts.disclosures)
    if unveiled.disclosed & _NEVER_WITHHELD:
        raise TokenError("claim_must_not_be_withheld", "A claim is disclosed that every reader must see.")
    claims = unveiled.claims
    _expect(claims, "iss", issuer, code="issuer_unexpected", what="issuer")
    _expect(claims, "vct", vct, code="type_unexpected", what="type")
    _check_audience(claims.get("aud"), audience)
    issued_at, expires_at = _times(claims, now=now, leeway=leeway)
    _check_binding(parts, claims, audience=audience, nonce=nonce, now=now, leeway=leeway, age=key_binding_age)
    return VerifiedAttestation(
        issuer=issuer,
        vct=vct,
        issued_at=issued_at,
        expires_at=expires_at,
        kid=signed.kid,
        claims=claims,
        disclosed=unveiled.disclosed,
        statement=Statement.of_claims(claims) if vct == VCT else None,
        holder_present=nonce is not None,
        status=None
        if unsafe_without_status
        else _status(claims.get("status"), source=status_list, keys=keys, now=now, leeway=leeway),
    )


def _expect(claims: JsonObject, name: str, expected: str, *, code: str, what: str) -> None:
    if claims.get(name) != expected:
        raise TokenError(code, f"The {what} of the attestation is not the one expected.")


def _check_audience(claim: object, audience: str | None) -> None:
    if claim is None:
        return
    named = claim if isinstance(claim, list) else [claim]
    if audience is None or audience not in named:
        raise TokenError("audience_unexpected", "The attestation was made for another party.")


def _times(claims: JsonObject, *, now: datetime, leeway: timedelta) -> tuple[datetime, datetime]:
    try:
        issued, expires = moment_of(claims.get("iat")), moment_of(claims.get("exp"))
        from_then = moment_or_none(claims.get("nbf")) or issued
    except ValueError as error:
        raise TokenError("times_malformed", "The attestation does not say from when to when it is valid.") from error
    if max(issued, from_then) > now + leeway:
        raise TokenError("attestation_not_yet_valid", "The attestation is not valid yet.", advice="Check the clock.")
    if expires <= now - leeway:
        raise TokenError("attestation_expired", "The attestation is past its time.", advice="Ask for another one.")
    return issued, expires


def _check_binding(
    parts: SdJwt,
    claims: JsonObject,
    *,
    audience: str | None,
    nonce: str | None,
    now: datetime,
    leeway: timedelta,
    age: timedelta,
) -> None:
    if nonce is None:
        if parts.key_binding is not None:
            raise TokenError(
                "key_binding_unexpected",
                "The attestation comes with a holder's answer that nobody asked for.",
                advice="Verify it with the nonce that the holder was given.",
            )
        return
    if parts.key_binding is None:
        raise TokenError("key_binding_missing", "The holder's answer to the nonce is missing.")
    confirmed = claims.get("cnf")
    jwk = confirmed.get("jwk") if isinstance(confirmed, dict) else None
    if not isinstance(jwk, dict):
        raise TokenError("key_binding_impossible", "The attestation confirms no key of the holder's.")
    try:
        holder = KeySet.single({name: value for name, value in jwk.items() if name not in _OF_NO_CONCERN})
    except InputError as error:
        raise TokenError("key_binding_impossible", "The key that the attestation confirms is none.") from error
    answer = read_token(parts.key_binding, typ=[TokenType.KEY_BINDING], keys=holder, by_name=False).payload
    for name, expected, code in (
        ("aud", audience, "key_binding_audience"),
        ("nonce", nonce, "key_binding_nonce"),
        ("sd_hash", disclosure_digest(parts.presented), "key_binding_other_presentation"),
    ):
        if not _same(answer.get(name), expected):
            raise TokenError(code, "The holder's answer is for another occasion.")
    try:
        made = moment_of(answer.get("iat"))
    except ValueError as error:
        raise TokenError("times_malformed", "The holder's answer does not say when it was made.") from error
    if not now - age - leeway <= made <= now + leeway:
        raise TokenError("key_binding_too_old", "The holder's answer was not made just now.")


def _same(value: object, expected: str | None) -> bool:
    """In a time that does not tell where they differ."""
    if not isinstance(value, str) or expected is None:
        return False
    return hmac.compare_digest(value.encode(errors="surrogatepass"), expected.encode(errors="surrogatepass"))


def _status(
    claim: object, *, source: StatusListSource | None, keys: KeySet, now: datetime, leeway: timedelta
) -> Status | None:
    if claim is None:
        return None
    reference = StatusReference.of_claim(claim)
    if reference is None or source is None:
        raise StatusUnknownError(
            "status_not_checked",
            "The attestation can be revoked, and nobody looked whether it was.",
            advice="Give the issuer's status list.",
        )
    try:
        text = source(reference.uri)
    except Exception as error:
        raise _unknown("The status list could not be had.") from error
    if not isinstance(text, str):
        raise _unknown("The status list could not be had.")
    try:
        statuses = read_status_list(text.strip(), uri=reference.uri, keys=keys, now=now, leeway=leeway).statuses
        status = statuses[reference.index]
    except (TokenError, IndexError) as error:
        code = f" [{error.code}]" if isinstance(error, TokenError) else ""
        raise _unknown(f"The status list that was given does not tell{code}.") from error
    if status == Status.INVALID:
        raise TokenError("attestation_revoked", "The attestation was revoked.")
    if status == Status.SUSPENDED:
        raise TokenError("attestation_suspended", "The attestation is suspended for now.", advice="Ask again later.")
    if status != Status.VALID:
        raise TokenError("status_not_valid", "The attestation has a status that is no pass here.")
    return Status.VALID


def _unknown(message: str) -> StatusUnknownError:
    return StatusUnknownError(
        "status_unknown", message, advice="Fetch the list once more, and do not accept until then."
    )
