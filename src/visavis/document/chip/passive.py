"""Passive authentication: did the issuing state sign what the chip holds (ICAO Doc 9303-11 section 5.1)?

It proves that nothing was changed, and that the state whose key signed is the one that DG1 names. It does not prove
that the chip is no copy: a copy holds the same bytes.

The time of signing, at which the certificates must have been valid, is the signingTime attribute where the signature
covers one; else the date of issue in DG12, where its hash is right; else the date of issue that the caller knows; else
now, because a signer's certificate outlives the documents it signed (ICAO Doc 9303-12 section 4.2).
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, time, timedelta
from enum import StrEnum
from typing import Final

from visavis.document.chip.certificates import Certificate
from visavis.document.chip.files import ChipFiles
from visavis.document.chip.issuing_state import read_issuing_state, same_state
from visavis.document.chip.keys import AlgorithmPolicy, Unsupported, digest
from visavis.document.chip.lds import read_common, read_document_details
from visavis.document.chip.security_object import SECURITY_OBJECT, SecurityObject, read_security_object
from visavis.document.chip.signed_data import Signer, find_signer, signature_fault
from visavis.document.chip.trust import Chain, ChainState, Revocation, TrustStore, check_chain
from visavis.domain.evidence import Check, Detail, Evidence, Outcome
from visavis.errors import ChipError

__all__ = ["ChipFindings", "GroupState", "SignatureState", "SignerFindings", "authenticity", "verify_chip"]

CLOCKS: Final = timedelta(days=1)
"""By how much a signer's clock may be ahead of ours."""
NEEDED: Final = (1, 2)
"""The machine-readable zone and the portrait: without them there is nothing to be authentic."""


class GroupState(StrEnum):
    """One data group against the signed list."""

    MATCHES = "matches"
    MISMATCH = "hash_mismatch"
    UNLISTED = "unlisted"
    """It was read, and the list does not name it."""
    NOT_READ = "not_read"
    """The list names it. Fingerprints are kept from ordinary readers, so this is common."""
    UNSUPPORTED = "unsupported"


class SignatureState(StrEnum):
    VALID = "valid"
    INVALID = "invalid"
    UNSUPPORTED = "unsupported"
    NO_CERTIFICATE = "no_certificate"
    """The signer's certificate is neither in the chip nor in the store."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SignerFindings:
    """One signer. ``fault`` says what is wrong with the signature (`visavis.document.chip.signed_data.Fault`, or
    ``content_type_not_allowed``). ``signed_at`` is the time that the certificates were held against, ``signed_at_rule``
    where it is from: ``signing_time``, ``date_of_issue``, ``date_of_issue_given`` or ``now``. ``country``: of the
    signer's certificate, two letters. ``country_agrees``: it and those of the certificates above are the issuing state
    of DG1; None where that cannot be told, or DG1 is not what was signed.
    """

    signature: SignatureState
    fault: str = ""
    chain: Chain | None = None
    country: str = ""
    country_agrees: bool | None = None
    key: str = ""
    signed_at: datetime | None = None
    signed_at_rule: str = ""
    weaknesses: tuple[str, ...] = ()
    unsupported: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class ChipFindings:
    """Everything that passive authentication found. ``index_agrees``: EF.COM names what the list names; None
    without a readable EF.COM. ``store_empty``: there was nothing to trust.
    """

    digest: str
    groups: Mapping[int, GroupState]
    signers: tuple[SignerFindings, ...]
    index_agrees: bool | None
    store_empty: bool
    outcome: Outcome
    reasons: tuple[str, ...]


def verify_chip(
    files: ChipFiles,
    *,
    trust: TrustStore,
    now: datetime,
    issued_on: date | None = None,
    policy: AlgorithmPolicy | None = None,
    revocation_required: bool = False,
) -> ChipFindings:
    """Hold the data groups against EF.SOD, its signatures against their certificates, and those against ``trust``.

    ``now`` carries a time zone. ``issued_on``: the date of issue, where the caller knows it. With
    ``revocation_required`` a signer whose revocation cannot be told does not pass.

    Raises `ChipError` where EF.SOD cannot be read: as `read_security_object`. ValueError for a ``now`` without zone.
    """
    if now.tzinfo is None:
        raise ValueError("now needs a time zone")
    rules = policy or AlgorithmPolicy()
    listed = read_security_object(files.sod)
    groups = _groups(files, listed)
    moment = _issued(files, groups, issued_on)
    state = _issuing_state(files, groups)
    signers = tuple(
        _of_state(_signer(listed, signer, trust, now, moment, rules), state) for signer in listed.signed.signers
    )
    agrees = _index_agrees(files, listed)
    reasons = _reasons(groups, signers, listed, rules, agrees=agrees, revocation_required=revocation_required)
    return ChipFindings(
        digest=listed.digest.what if isinstance(listed.digest, Unsupported) else listed.digest,
        groups=groups,
        signers=signers,
        index_agrees=agrees,
        store_empty=not trust,
        outcome=_outcome(reasons, revocation_required=revocation_required),
        reasons=reasons,
    )


def authenticity(findings: ChipFindings) -> Evidence:
    """The findings as evidence for a policy. Nothing of the holder is in it."""
    states = list(findings.groups.values())
    details: dict[str, Detail] = {
        "groups_matching": states.count(GroupState.MATCHES),
        "groups_read": sum(state is not GroupState.NOT_READ for state in states),
        "digest": findings.digest,
        "signature": ", ".join(signer.signature.value for signer in findings.signers),
        "chain": ", ".join(signer.chain.state.value for signer in findings.signers if signer.chain is not None),
        "signer_country": ", ".join(signer.country for signer in findings.signers if signer.country),
        "signer_country_agrees": _all_agree(findings),
    }
    return Evidence(check=Check.DOCUMENT_AUTHENTIC, outcome=findings.outcome, reasons=findings.reasons, details=details)


def _all_agree(findings: ChipFindings) -> bool | None:
    told = {signer.country_agrees for signer in findings.signers}
    return False if False in told else None if None in told or not told else True


def _groups(files: ChipFiles, listed: SecurityObject) -> dict[int, GroupState]:
    states: dict[int, GroupState] = {}
    for number in sorted({*listed.hashes, *files.groups}):
        data, expected = files.groups.get(number), listed.hashes.get(number)
        if data is None:
            states[number] = GroupState.NOT_READ
        elif expected is None:
            states[number] = GroupState.UNLISTED
        elif isinstance(listed.digest, Unsupported):
            states[number] = GroupState.UNSUPPORTED
        else:
            same = digest(listed.digest, data) == expected
            states[number] = GroupState.MATCHES if same else GroupState.MISMATCH
    return states


def _issued(files: ChipFiles, groups: Mapping[int, GroupState], issued_on: date | None) -> tuple[datetime, str] | None:
    day, rule = issued_on, "date_of_issue_given"
    if groups.get(12) is GroupState.MATCHES:
        try:
            written = read_document_details(files.groups[12]).issued_on
        except ChipError:
            written = None
        if written is not None:
            day, rule = written, "date_of_issue"
    return None if day is None else (datetime.combine(day, time(12), tzinfo=UTC), rule)


def _issuing_state(files: ChipFiles, groups: Mapping[int, GroupState]) -> str | None:
    """The issuing state of DG1 as it was signed; empty where it cannot be read, None where it was not signed."""
    if groups.get(1) is not GroupState.MATCHES:
        return None
    try:
        return read_issuing_state(files.groups[1])
    except ChipError:
        return ""


def _of_state(signer: SignerFindings, state: str | None) -> SignerFindings:
    if state is None or signer.chain is None:
        return signer
    countries = (signer.country, *(item.country for item in signer.chain.path))
    told = {same_state(state, country) for country in countries}
    return replace(signer, country_agrees=False if False in told else None if None in told else True)


def _signer(
    listed: SecurityObject,
    signer: Signer,
    trust: TrustStore,
    now: datetime,
    issued: tuple[datetime, str] | None,
    policy: AlgorithmPolicy,
) -> SignerFindings:
    certificate = find_signer(signer, listed.signed.certificates) or find_signer(signer, trust.signers)
    if certificate is None:
        return SignerFindings(signature=SignatureState.NO_CERTIFICATE)
    fault: str | Unsupported | None = signature_fault(listed.signed, signer, certificate)
    if listed.signed.content_type != SECURITY_OBJECT:
        fault = "content_type_not_allowed"
    at, rule = _time_of_signing(signer, now, issued)
    chain = check_chain(certificate, trust, at=at, now=now, policy=policy)
    if at > now + CLOCKS and chain.state is ChainState.TRUSTED:
        chain = replace(chain, state=ChainState.NOT_YET_VALID, notes=("the time of signing is in the future",))
    unsupported = (fault.what,) if isinstance(fault, Unsupported) else ()
    state = SignatureState.VALID if fault is None else SignatureState.INVALID
    return SignerFindings(
        signature=SignatureState.UNSUPPORTED if unsupported else state,
        fault=fault if isinstance(fault, str) else "",
        chain=chain,
        country=certificate.country,
        key=_key_words(certificate),
        signed_at=at,
        signed_at_rule=rule,
        weaknesses=tuple(dict.fromkeys((*_weaknesses(signer, certificate, policy), *chain.weaknesses))),
        unsupported=unsupported,
    )


def _time_of_signing(signer: Signer, now: datetime, issued: tuple[datetime, str] | None) -> tuple[datetime, str]:
    if signer.signing_time is not None:
        return signer.signing_time, "signing_time"
    return issued or (now, "now")


def _key_words(certificate: Certificate) -> str:
    key = certificate.key
    return key.what if isinstance(key, Unsupported) else f"{key.name}, {key.bits} bits"


def _weaknesses(signer: Signer, certificate: Certificate, policy: AlgorithmPolicy) -> list[str]:
    used = {signer.digest}
    if not isinstance(signer.algorithm, Unsupported):
        used |= {signer.algorithm.digest, signer.algorithm.mask_digest}
    found = [f"{name.upper()} in the signature" for name in sorted(map(str, used)) if name in policy.weak_digests]
    key = certificate.key
    if not isinstance(key, Unsupported) and (weak := key.weakness(policy)):
        found.append(weak)
    return found


def _index_agrees(files: ChipFiles, listed: SecurityObject) -> bool | None:
    if files.com is None:
        return None
    try:
        return set(read_common(files.com).groups) == set(listed.hashes)
    except ChipError:
        return None


_FAILS: Final = (
    "chip_hash_mismatch",
    "chip_group_unlisted",
    "chip_signature_invalid",
    "chip_signer_forged",
    "chip_signer_country_differs",
    "chip_signer_revoked",
    "chip_signer_expired",
    "chip_signer_not_yet_valid",
)
_STOPS: Final = (
    "chip_algorithm_unsupported",
    "chip_algorithm_weak",
    "chip_signer_untrusted",
    "chip_signer_country_unknown",
    "chip_group_missing",
)
_NOTES: Final = ("chip_revocation_unknown", "chip_index_disagrees")
_CHAIN_REASONS: Final[Mapping[ChainState, str]] = {
    ChainState.UNTRUSTED: "chip_signer_untrusted",
    ChainState.FORGED: "chip_signer_forged",
    ChainState.REVOKED: "chip_signer_revoked",
    ChainState.EXPIRED: "chip_signer_expired",
    ChainState.NOT_YET_VALID: "chip_signer_not_yet_valid",
    ChainState.UNSUPPORTED: "chip_algorithm_unsupported",
}
_SIGNATURE_REASONS: Final[Mapping[SignatureState, str]] = {
    SignatureState.INVALID: "chip_signature_invalid",
    SignatureState.UNSUPPORTED: "chip_algorithm_unsupported",
    SignatureState.NO_CERTIFICATE: "chip_signer_untrusted",
}


def _reasons(
    groups: Mapping[int, GroupState],
    signers: tuple[SignerFindings, ...],
    listed: SecurityObject,
    policy: AlgorithmPolicy,
    *,
    agrees: bool | None,
    revocation_required: bool,
) -> tuple[str, ...]:
    """Every reason, the heaviest first. Of several signers one whole one is enough, as long as none is a forgery."""
    found: set[str] = set()
    states = set(groups.values())
    found |= {"chip_hash_mismatch"} if GroupState.MISMATCH in states else set()
    found |= {"chip_group_unlisted"} if GroupState.UNLISTED in states else set()
    found |= {"chip_algorithm_unsupported"} if GroupState.UNSUPPORTED in states else set()
    if any(groups.get(number) in (None, GroupState.NOT_READ) for number in NEEDED):
        found.add("chip_group_missing")
    if listed.digest in policy.weak_digests:
        found.add("chip_algorithm_weak")
    signed = groups.get(1) is GroupState.MATCHES
    each = [_signer_reasons(signer, country_needed=signed) for signer in signers]
    best = min(each, key=lambda codes: len(codes - set(_NOTES)) * 10 + len(codes))
    whole = not best - set(_NOTES)
    for codes in each:
        found |= codes & set(_FAILS) if whole else codes
    if whole:
        found |= best
    if agrees is False:
        found.add("chip_index_disagrees")
    order = (*_FAILS, *_STOPS, *_NOTES)
    told = tuple(code for code in order if code in found)
    passes = not found & {*_FAILS, *_STOPS} and not (revocation_required and "chip_revocation_unknown" in found)
    return ("chip_authentic", *told) if passes else told


def _signer_reasons(signer: SignerFindings, *, country_needed: bool) -> set[str]:
    found: set[str] = set()
    if signer.signature in _SIGNATURE_REASONS:
        found.add(_SIGNATURE_REASONS[signer.signature])
    if signer.weaknesses:
        found.add("chip_algorithm_weak")
    chain = signer.chain
    if chain is not None and chain.state in _CHAIN_REASONS:
        found.add(_CHAIN_REASONS[chain.state])
    if signer.country_agrees is False:
        found.add("chip_signer_country_differs")
    if chain is not None and chain.state is ChainState.TRUSTED:
        if chain.revocation is not Revocation.CLEAR:
            found.add("chip_revocation_unknown")
        if country_needed and signer.country_agrees is None:
            found.add("chip_signer_country_unknown")
    return found


def _outcome(reasons: tuple[str, ...], *, revocation_required: bool) -> Outcome:
    told = set(reasons)
    if told & set(_FAILS):
        return Outcome.FAIL
    unclear = set(_STOPS) | ({"chip_revocation_unknown"} if revocation_required else set())
    return Outcome.INCONCLUSIVE if told & unclear else Outcome.PASS
