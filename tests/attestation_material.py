"""Attestations to test with: one policy, one accepted verification, one issuer."""

import functools
import itertools
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

from visavis.attestation.issuing import issue_attestation, statement_of
from visavis.attestation.keys import SoftwareKey
from visavis.attestation.public_keys import Algorithm, KeySet
from visavis.attestation.sd_jwt import SdJwt
from visavis.attestation.statement import Statement
from visavis.attestation.tokens import SigningKey
from visavis.decision.decide import decide
from visavis.decision.library import PolicyLibrary
from visavis.decision.policy import Policy
from visavis.decision.vocabulary import Disclosure
from visavis.domain.evidence import Check, Evidence, EvidenceSet, Outcome

NOW = datetime(2026, 3, 1, 12, 0, tzinfo=UTC)
ISSUER = "https://verify.operator.example"
SHOP = "rlp_shop"
ORDER = "ab" * 32
PERSONAL = {
    Disclosure.FAMILY_NAME: "Möbius",
    Disclosure.GIVEN_NAMES: "Anna Maria",
    Disclosure.DOCUMENT_NUMBER: "D23145890",
    Disclosure.ISSUING_STATE: "D",
}


def counted_entropy() -> Callable[[int], bytes]:
    """Bytes that differ at every call and are the same in every run."""
    numbers = itertools.count(1)
    return lambda length: next(numbers).to_bytes(length, "big")


@functools.cache
def policy() -> Policy:
    return PolicyLibrary().load("sim_registration")


def accepted_evidence(policy: Policy, **changes: Evidence) -> EvidenceSet:
    """Everything that the policy asks for, passed. ``changes`` by the name of a check."""
    items = []
    for check in sorted(policy.checks, key=list(Check).index):
        details: dict[str, Any] = {}
        score: float | None = None
        point: str | None = None
        if check is Check.COMPARISON:
            details, score, point = {"fmr_asked": 1e-4, "reference_source": "chip"}, 0.61, "fmr<=1e-4"
        if check is Check.ATTACK_DETECTION:
            point = "strict"
        if check in {Check.SAMPLE_QUALITY_PROBE, Check.SAMPLE_QUALITY_REFERENCE}:
            score = 80.0
        if check is Check.DOCUMENT_VALIDITY:
            details = {"expiry_proven": True}
        made = Evidence(check=check, outcome=Outcome.PASS, score=score, operating_point=point, details=details)
        items.append(changes.get(check.name.lower(), made))
    return EvidenceSet(tuple(items))


@functools.cache
def statement() -> Statement:
    asked = policy()
    evidence = accepted_evidence(asked)
    return statement_of(
        verification="ver_0001", policy=asked, decision=decide(asked, evidence), evidence=evidence, binding=ORDER
    )


def issue(key: SigningKey, **changes: Any) -> SdJwt:
    options: dict[str, Any] = {
        "statement": statement(),
        "policy": policy(),
        "personal": PERSONAL,
        "issuer": ISSUER,
        "audience": SHOP,
        "now": NOW,
        "valid_for": timedelta(days=1),
        "status": None,
        "key": key,
        "entropy": counted_entropy(),
        **changes,
    }
    return issue_attestation(options.pop("statement"), **options)


def keys_of(*keys: SoftwareKey) -> KeySet:
    return KeySet.of({"keys": [{**key.public_jwk, "kid": key.kid} for key in keys]})


ALGORITHMS = tuple(Algorithm)
