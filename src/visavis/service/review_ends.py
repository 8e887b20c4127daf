"""How a case begins and ends: with the step of its verification, in the same unit of work."""

import dataclasses
from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Final

from visavis.audit.entry import Actor
from visavis.decision.decide import Decision
from visavis.decision.policy import Policy
from visavis.decision.review import ReviewVerdict, left_to_a_person, settle
from visavis.domain.identifiers import Identifiers, Kind
from visavis.domain.states import Conclude, Conclusion
from visavis.domain.verification import DecisionRecord, Verification
from visavis.service.case_material import DISCLOSED, reseal_fields_alone
from visavis.service.figure_counting import REASONS_OF, marks_of
from visavis.service.lockout import end_tries
from visavis.service.ports import Sealer, UnitOfWork
from visavis.service.review_records import Kept, ReviewCase
from visavis.service.steps import take
from visavis.service.summaries import without_statement

__all__ = ["conclude_review", "conclusion_of", "new_case"]

_CONCLUSIONS: Final[Mapping[ReviewVerdict, Conclusion]] = {
    ReviewVerdict.ACCEPT: Conclusion.ACCEPTED,
    ReviewVerdict.REJECT: Conclusion.REJECTED,
    ReviewVerdict.CANNOT_TELL: Conclusion.INCONCLUSIVE,
}


def new_case(
    verification: Verification,
    *,
    decision: Decision,
    summary: Mapping[str, object],
    policy: Policy,
    kept: tuple[Kept, ...],
    now: datetime,
    identifiers: Identifiers,
) -> ReviewCase:
    """The case of a verification that is referred now."""
    return ReviewCase(
        id=identifiers.new(Kind.REVIEW, now),
        verification=verification.id,
        relying_party=verification.relying_party,
        purpose=verification.purpose,
        referred_at=now,
        ends_at=verification.expires_at,
        reasons=decision.reasons,
        summary=summary,
        review=policy.review,
        grants=policy.grants,
        keep_accepted=policy.retention.accepted,
        limit=policy.lockout.relying_party,
        kept=kept,
        acceptable=left_to_a_person(decision),
        opened_by=verification.opened_by,
    )


def conclusion_of(case: ReviewCase) -> Conclusion | None:
    """What the reviewers' verdicts lead to; None while another person is asked."""
    settled = settle(case.review, case.verdicts)
    return None if settled is None else _CONCLUSIONS[settled]


def conclude_review(
    unit: UnitOfWork,
    verification: Verification,
    case: ReviewCase,
    verdict: ReviewVerdict,
    *,
    now: datetime,
    sealer: Sealer,
    identifiers: Identifiers,
    fetch_within: timedelta,
    actor: Actor,
) -> Verification:
    """Lead the verification, which is locked, to where the verdict leads. What was kept for the review is destroyed; of
    an accepted one, what the policy discloses waits to be fetched, as after any acceptance.

    Raises as `visavis.service.steps.take`.
    """
    conclusion = _CONCLUSIONS[verdict]
    accepted = conclusion is Conclusion.ACCEPTED
    if accepted:
        reseal_fields_alone(unit, sealer, verification.id, DISCLOSED)
    else:
        unit.sealed.destroy(verification.id)
    end_tries(unit, verification, case.limit, accepted=accepted, now=now)
    until = now + max(case.keep_accepted, fetch_within) if accepted else None
    step = Conclude(at=now, conclusion=conclusion)
    theirs = dict.fromkeys(opinion.reason for opinion in case.opinions if opinion.verdict is verdict)
    reasons = () if accepted else tuple(dict.fromkeys((*theirs, *case.reasons)))
    marks = marks_of(REASONS_OF[conclusion], reasons) if reasons else []
    waiting = dataclasses.replace(verification, forget_at=until)
    saved = take(unit, waiting, step, identifiers=identifiers, actor=actor, marks=marks)
    unit.verifications.record(
        DecisionRecord(
            verification=verification.id,
            conclusion=conclusion,
            at=now,
            reasons=reasons,
            policy=verification.purpose,
            policy_version=verification.policy_version,
            policy_digest=verification.policy_digest,
            grants=case.grants if accepted else (),
            summary={
                **(case.summary if accepted else without_statement(case.summary)),
                "review": {"persons": len(case.opinions), "reasons": sorted({item.reason for item in case.opinions})},
            },
        )
    )
    return saved
