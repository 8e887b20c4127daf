"""What is kept of the evidence beside a decision: which checks were made and what they said, and nothing personal.

No score is in it: it would tell a forger how near they came. For an accepted verification it also holds what may be
attested, as it stood when it was decided, so that nothing has to be measured or looked up again when the attestation
is fetched.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

import msgspec

from visavis.attestation.issuing import statement_of
from visavis.attestation.statement import Statement
from visavis.decision.decide import Decision, DecisionOutcome
from visavis.decision.policy import Policy
from visavis.domain.evidence import EvidenceSet, Outcome
from visavis.domain.verification import Verification

__all__ = ["CheckSummary", "checks_in", "statement_in", "summary_of", "with_statement", "without_statement"]

_CHECKS: Final = "checks"
_STATEMENT: Final = "statement"


@dataclass(frozen=True, slots=True, kw_only=True)
class CheckSummary:
    """One check that was made. ``reasons`` are codes of `visavis.domain.reasons`."""

    check: str
    outcome: str
    operating_point: str | None = None
    reasons: tuple[str, ...] = ()


def summary_of(
    *,
    verification: Verification,
    policy: Policy,
    decision: Decision,
    evidence: EvidenceSet,
    accepted_by_person: bool = False,
) -> dict[str, object]:
    """Plain values for `visavis.service.verifications.Findings.summary`. ``accepted_by_person``: the decision referred
    the case, and somebody who may accepted it.

    Raises ValueError for a decision under another policy.
    """
    made = [item for item in evidence.complete() if item.outcome is not Outcome.NOT_MEASURED]
    checks = [
        CheckSummary(
            check=item.check, outcome=item.outcome, operating_point=item.operating_point, reasons=tuple(item.reasons)
        )
        for item in made
    ]
    table: dict[str, object] = {_CHECKS: msgspec.to_builtins(checks)}
    if accepted_by_person or decision.outcome is DecisionOutcome.ACCEPTED:
        statement = statement_of(
            verification=verification.id,
            policy=policy,
            decision=decision,
            evidence=evidence,
            binding=verification.opening.binding if policy.binding is not None else None,
            accepted_by_person=accepted_by_person,
        )
        return with_statement(table, statement)
    return table


def with_statement(summary: Mapping[str, object], statement: Statement) -> dict[str, object]:
    """The same with what may be attested."""
    return {**summary, _STATEMENT: msgspec.to_builtins({**statement.as_claims(), **statement.as_withheld()})}


def checks_in(summary: Mapping[str, object]) -> Sequence[CheckSummary]:
    """The checks of a summary, in the order of `visavis.domain.evidence.Check`; none where it holds none."""
    return msgspec.convert(summary.get(_CHECKS, ()), tuple[CheckSummary, ...])


def without_statement(summary: Mapping[str, object]) -> dict[str, object]:
    """The same without what could be attested: of a case that a person did not accept."""
    return {name: value for name, value in summary.items() if name != _STATEMENT}


def statement_in(summary: Mapping[str, object]) -> Statement | None:
    """What may be attested; None where nothing was accepted. Raises as `Statement.of_claims`."""
    claims = summary.get(_STATEMENT)
    return Statement.of_claims(claims) if isinstance(claims, dict) else None
