"""From a decision to a signed attestation: what may be stated of it, and who may see what."""

from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from typing import Final

from visavis.attestation.sd_jwt import SdJwt, issue_sd_jwt
from visavis.attestation.statement import (
    VCT,
    AttackDetection,
    Binding,
    DecidedBy,
    EvidenceItem,
    PolicyReference,
    Statement,
)
from visavis.attestation.status_list import StatusReference
from visavis.attestation.strict_json import JsonObject
from visavis.attestation.tokens import SigningKey
from visavis.decision.decide import Decision, DecisionOutcome
from visavis.decision.policy import Policy
from visavis.decision.requirements import BonaFidePresentation, ComparisonAtMostFmr, Success
from visavis.decision.vocabulary import Disclosure
from visavis.domain.evidence import Check, Evidence, EvidenceSet, Outcome
from visavis.domain.operating_points import PadOperatingPoint

__all__ = ["CORRECTED", "issue_attestation", "statement_in_person", "statement_of"]

CORRECTED: Final = "corrected"
"""A detail of the check on a document's agreement with itself: which fields its holder mended, a space between."""


def statement_of(
    *,
    verification: str,
    policy: Policy,
    decision: Decision,
    evidence: EvidenceSet,
    binding: str | None = None,
    accepted_by_person: bool = False,
) -> Statement:
    """What may be attested of a decision under ``policy``. ``binding``: the digest that the holder approved.

    ``accepted_by_person``: the decision referred the case, and somebody who may accepted it.

    Raises ValueError for what was not accepted, for a decision under another policy, and for a binding that the policy
    does not name, or names and is not there: of those nothing is attested.
    """
    wanted = DecisionOutcome.REFERRED if accepted_by_person else DecisionOutcome.ACCEPTED
    if decision.outcome is not wanted or decision.policy_digest != policy.digest:
        raise ValueError("only what this policy accepted is attested")
    if (binding is None) != (policy.binding is None):
        raise ValueError("the binding is not the one that the policy names")
    return Statement(
        id=verification,
        policy=PolicyReference(id=policy.id, version=policy.version, digest=policy.digest),
        decided_by=DecidedBy.PERSON if accepted_by_person else DecidedBy.POLICY,
        grants=tuple(sorted(policy.grants)),
        binding=Binding(kind=policy.binding, digest=binding) if policy.binding and binding else None,
        fmr_bound=_fmr_bound(policy, evidence),
        attack_detection=_attack_detection(policy, evidence),
        warnings=policy.warnings,
        corrected=_corrected(policy, evidence),
        evidence=tuple(
            EvidenceItem(check=item.check, outcome=item.outcome, operating_point=item.operating_point)
            for item in evidence.complete()
            if item.outcome is not Outcome.NOT_MEASURED
        ),
    )


def statement_in_person(*, verification: str, policy: Policy, binding: str | None) -> Statement:
    """What may be attested where a person looked at the original document, and accepted: what that grants, and that
    nothing was compared, measured or held against an operating point.

    Raises ValueError for a binding that the policy does not name, or names and is not there.
    """
    if (binding is None) != (policy.binding is None):
        raise ValueError("the binding is not the one that the policy names")
    return Statement(
        id=verification,
        policy=PolicyReference(id=policy.id, version=policy.version, digest=policy.digest),
        decided_by=DecidedBy.PERSON,
        grants=tuple(sorted(policy.grants)),
        binding=Binding(kind=policy.binding, digest=binding) if policy.binding and binding else None,
        warnings=policy.warnings,
        evidence=(),
    )


def issue_attestation(
    statement: Statement,
    *,
    policy: Policy,
    personal: Mapping[Disclosure, str],
    issuer: str,
    audience: str | None,
    now: datetime,
    valid_for: timedelta,
    status: StatusReference | None,
    key: SigningKey,
    entropy: Callable[[int], bytes],
    holder: JsonObject | None = None,
) -> SdJwt:
    """Sign a statement. ``personal``: of the document, what the policy discloses. ``holder``: the public key (JWK) that
    must be shown to be held wherever the attestation is presented; None for one that the relying party fetches itself.
    ``audience``: the only relying party that may take it; None for any, which a holder's own attestation needs.

    Raises ValueError for personal data that the policy does not disclose, a policy other than the statement's, and a
    validity that is not positive.
    """
    if policy.digest != statement.policy.digest or not set(personal) <= set(policy.disclose):
        raise ValueError("the policy does not disclose this")
    if valid_for < timedelta(seconds=1):
        raise ValueError("an attestation is valid for a second at least")
    issued = int(now.timestamp())
    claims: dict[str, object] = {
        "iss": issuer,
        "vct": VCT,
        "iat": issued,
        "exp": issued + int(valid_for.total_seconds()),
        **statement.as_claims(),
    }
    if audience is not None:
        claims["aud"] = audience
    if status is not None:
        claims["status"] = status.as_claim()
    if holder is not None:
        claims["cnf"] = {"jwk": dict(holder)}
    withheld = {**statement.as_withheld(), **{str(name): value for name, value in personal.items()}}
    return issue_sd_jwt(claims, withheld=withheld, key=key, entropy=entropy)


def _corrected(policy: Policy, evidence: EvidenceSet) -> tuple[str, ...]:
    names = str(evidence.get(Check.DOCUMENT_CONSISTENT).details.get(CORRECTED, "")).split()
    return tuple(name for name in names if name in policy.disclose)


def _fmr_bound(policy: Policy, evidence: EvidenceSet) -> float | None:
    """The rate whose threshold the score was held against; its 95 % upper bound was no higher when it was measured."""
    item = evidence.get(Check.COMPARISON)
    asked = item.details.get("fmr_asked")
    if policy.rule(ComparisonAtMostFmr) is None or item.outcome is not Outcome.PASS or not isinstance(asked, float):
        return None
    return asked


def _attack_detection(policy: Policy, evidence: EvidenceSet) -> AttackDetection | None:
    rule = policy.rule(BonaFidePresentation)
    item = evidence.get(Check.ATTACK_DETECTION)
    if rule is None or item.operating_point is None:
        return None
    if item.outcome is Outcome.PASS:
        return AttackDetection(operating_point=PadOperatingPoint(item.operating_point))
    channel = _channel(evidence.get(Check.SECOND_CHANNEL))
    if channel is not None and isinstance(rule.evaluate(evidence), Success):
        return AttackDetection(operating_point=PadOperatingPoint(item.operating_point), confirmed_by=channel)
    return None


def _channel(item: Evidence) -> str | None:
    channel = item.details.get("channel")
    return channel if item.outcome is Outcome.PASS and isinstance(channel, str) else None
