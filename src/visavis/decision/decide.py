"""The decision: a pure function of a policy and the evidence.

No clock, no chance, no setting: the same two values give the same decision, today and when a case is looked at again.

Steps
    1. A comparison with a reference from a source that the policy does not take, or that is not stated, counts as not
       made. One that fails on samples poorer than the policy takes tells nothing: a better picture is asked for before
       anybody is turned away.
    2. Every rule is asked; none is skipped because another failed.
    3. A rule that is not met has consequences: what failed, the requirement's ``on_fail``; what could not be told or
       was not measured, its ``on_inconclusive``.
    4. Any *reject* rejects; else any *refer* refers; else any *retry* is inconclusive.
    5. Accepted is what remains where there are rules and every one of them is met. There is no other way to it.
"""

import dataclasses
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

from visavis.decision.policy import Policy
from visavis.decision.requirements import Failure, Finding, SampleQuality, Success
from visavis.decision.vocabulary import Requirement
from visavis.domain.evidence import Check, Evidence, EvidenceSet, Outcome

__all__ = ["Consequence", "Decision", "DecisionOutcome", "RuleOutcome", "RuleResult", "decide"]


class DecisionOutcome(StrEnum):
    ACCEPTED = "accepted"
    REJECTED = "rejected"
    REFERRED = "referred"
    """A person decides."""
    INCONCLUSIVE = "inconclusive"
    """Try again, or take the other way."""


class RuleOutcome(StrEnum):
    MET = "met"
    FAILED = "failed"
    INCONCLUSIVE = "inconclusive"


class Consequence(StrEnum):
    REJECT = "reject"
    REFER = "refer"
    RETRY = "retry"


@dataclass(frozen=True, slots=True, kw_only=True)
class RuleResult:
    """What one rule said. ``consequences`` and ``findings`` are empty where it is met, and only there."""

    rule: str
    outcome: RuleOutcome
    consequences: tuple[Consequence, ...] = ()
    findings: tuple[Finding, ...] = ()

    @property
    def reasons(self) -> tuple[str, ...]:
        return tuple(dict.fromkeys(code for item in self.findings for code in item.reasons))


@dataclass(frozen=True, slots=True, kw_only=True)
class Decision:
    """The answer, and everything it rests on. ``reasons``: all codes against it, each once; empty when accepted."""

    outcome: DecisionOutcome
    reasons: tuple[str, ...]
    results: tuple[RuleResult, ...]
    policy_id: str
    policy_version: int
    policy_digest: str
    warnings: tuple[str, ...] = ()


def decide(policy: Policy, evidence: EvidenceSet) -> Decision:
    """What the policy says to the evidence. Never raises for evidence, however poor."""
    admitted = _admitted(policy, evidence)
    results = tuple(_result(item, admitted) for item in policy.requires)
    return Decision(
        outcome=_outcome(results),
        reasons=tuple(dict.fromkeys(code for result in results for code in result.reasons)),
        results=results,
        policy_id=policy.id,
        policy_version=policy.version,
        policy_digest=policy.digest,
        warnings=policy.warnings,
    )


def _admitted(policy: Policy, evidence: EvidenceSet) -> EvidenceSet:
    """The evidence as far as this policy hears it. Nothing becomes a pass here."""
    heard = _heard(policy, evidence)
    if heard is evidence.get(Check.COMPARISON):
        return evidence
    return EvidenceSet(tuple(heard if item.check is Check.COMPARISON else item for item in evidence))


def _heard(policy: Policy, evidence: EvidenceSet) -> Evidence:
    comparison = evidence.get(Check.COMPARISON)
    known = [str(item) for item in policy.reference_source]
    if comparison.outcome is not Outcome.NOT_MEASURED and comparison.details.get("reference_source") not in known:
        return Evidence(check=Check.COMPARISON, outcome=Outcome.NOT_MEASURED, reasons=("reference_source_not_allowed",))
    quality = policy.rule(SampleQuality)
    if comparison.outcome is Outcome.FAIL and quality is not None:
        verdict = quality.evaluate(evidence)
        if isinstance(verdict, Failure):
            return dataclasses.replace(comparison, outcome=Outcome.INCONCLUSIVE, reasons=verdict.reasons)
    return comparison


def _result(requirement: Requirement, evidence: EvidenceSet) -> RuleResult:
    verdict = requirement.rule.evaluate(evidence)
    match verdict:
        case Success():
            return RuleResult(rule=requirement.rule.name, outcome=RuleOutcome.MET)
        case Failure():
            consequences = set()
            if verdict.failed:
                consequences.add(Consequence(requirement.on_fail))
            if verdict.inconclusive or not verdict.failed:
                consequences.add(Consequence(requirement.on_inconclusive))
            return RuleResult(
                rule=requirement.rule.name,
                outcome=RuleOutcome.FAILED if verdict.failed else RuleOutcome.INCONCLUSIVE,
                consequences=tuple(sorted(consequences, key=list(Consequence).index)),
                findings=verdict.findings,
            )


def _outcome(results: Sequence[RuleResult]) -> DecisionOutcome:
    consequences = {item for result in results for item in result.consequences}
    if Consequence.REJECT in consequences:
        return DecisionOutcome.REJECTED
    if Consequence.REFER in consequences:
        return DecisionOutcome.REFERRED
    if results and all(result.outcome is RuleOutcome.MET for result in results):
        return DecisionOutcome.ACCEPTED
    return DecisionOutcome.INCONCLUSIVE
