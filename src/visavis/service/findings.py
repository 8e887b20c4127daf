"""What a capture comes to: evidence of every kind put together, what is kept of it, and what its holder is told."""

from dataclasses import dataclass
from typing import Final

from visavis.decision.decide import Decision, DecisionOutcome, decide
from visavis.decision.policy import Policy
from visavis.decision.requirements import BonaFidePresentation
from visavis.domain.evidence import Check, Evidence, EvidenceSet, Outcome
from visavis.domain.operating_points import PadOperatingPoint
from visavis.domain.reasons import reason
from visavis.domain.states import Capturing
from visavis.domain.verification import Verification
from visavis.errors import StateError
from visavis.pad.assessment import PadEvidence, assess
from visavis.pad.presentation import PresentationFindings
from visavis.service.capture_course import course_of
from visavis.service.case_material import CaseMaterial
from visavis.service.corrections import corrected_names
from visavis.service.examination import Examiner
from visavis.service.samples import Sample
from visavis.service.sealed_reading import Reading
from visavis.service.summaries import summary_of
from visavis.service.verifications import Findings

__all__ = ["Examined", "consent_check", "examine_capture", "fmr_of", "holders_advice", "what_is_left"]

_MOST_ADVICE: Final = 4


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class Examined:
    """``pad``, ``presentation``: of this capture; the decision rests on ``evidence`` alone."""

    evidence: EvidenceSet
    decision: Decision
    pad: PadEvidence
    presentation: PresentationFindings


def fmr_of(policy: Policy, examiner: Examiner) -> float:
    """The false match rate at which a capture for this policy is compared.

    Raises StateError ``capture_not_asked`` where the policy compares no faces; PolicyError as
    `visavis.decision.policy.Policy.comparison_point`.
    """
    point = policy.comparison_point(examiner.calibration)
    if point is None:
        raise StateError(
            "capture_not_asked", "This verification asks for no capture.", advice="Read the verification again."
        )
    return point.fmr_asked


def consent_check(verification: Verification) -> Evidence:
    """Whether the holder's consent is in force: a verification that is being captured has it, and no other state does
    that a decision could follow from.
    """
    given = isinstance(verification.state, Capturing)
    return Evidence(
        check=Check.CONSENT,
        outcome=Outcome.PASS if given else Outcome.FAIL,
        reasons=("consent_given" if given else "consent_missing",),
    )


def examine_capture(
    *,
    policy: Policy,
    examiner: Examiner,
    reading: Reading,
    probe: Sample,
    presentation: PresentationFindings,
    consent: Evidence,
) -> Examined:
    """Every check there is, and what the policy says to them.

    ``presentation`` is of the very capture that ``probe`` was made of, and its continuity witness was given that
    template. Raises as `Examiner.compare` and `fmr_of`.
    """
    rule = policy.rule(BonaFidePresentation)
    pad = assess(
        presentation.witnesses,
        operating_point=PadOperatingPoint.STANDARD if rule is None else rule.operating_point,
        guidance=presentation.guidance,
    )
    evidence = examiner.examine(
        reading.reference,
        probe,
        fmr=fmr_of(policy, examiner),
        reference_source=reading.source,
        pad=pad,
        document=(*reading.checks, consent),
    )
    return Examined(evidence=evidence, decision=decide(policy, evidence), pad=pad, presentation=presentation)


def what_is_left(
    examined: Examined,
    *,
    verification: Verification,
    policy: Policy,
    reading: Reading,
    picture: bytes | None,
    holder_key: str = "",
) -> Findings:
    """What `visavis.service.verifications.Verifications.conclude` keeps, and what a referred case keeps beside it.

    ``picture``: the best frame of the capture, a JPEG.
    """
    referred = examined.decision.outcome is DecisionOutcome.REFERRED
    kept = None
    if referred and policy.retention.referred:
        kept = CaseMaterial(
            portrait=reading.portrait or None,
            probe=picture,
            reading=reading.fields,
            as_read={name: reading.as_read[name].value for name in corrected_names(reading)},
            evidence=examined.evidence,
            course=course_of(examined.presentation),
        )
    return Findings(
        decision=examined.decision,
        summary=summary_of(
            verification=verification,
            policy=policy,
            decision=examined.decision,
            evidence=examined.evidence,
            accepted_by_person=referred,
        ),
        person=reading.person,
        disclosed={str(name): reading.fields[name] for name in policy.disclose if name in reading.fields},
        holder_key=holder_key,
        kept=kept,
        suspected=examined.pad.instrument if examined.pad.outcome is Outcome.FAIL else None,
        unacquired=_unacquired(examined),
    )


def _unacquired(examined: Examined) -> tuple[str, ...]:
    """Why the capture gave no face that could be compared; empty where it gave one (failure to acquire:
    ISO/IEC 19795-1).
    """
    if examined.evidence.get(Check.COMPARISON).outcome is not Outcome.NOT_MEASURED:
        return ()
    return examined.evidence.get(Check.SINGLE_FACE_PROBE).reasons or ("probe_unusable",)


def holders_advice(examined: Examined) -> tuple[str, ...]:
    """Codes of what the holder can do better at the next attempt, the first first, at most four.

    Nothing after any other decision: what gave a forgery away is no advice.
    """
    if examined.decision.outcome is not DecisionOutcome.INCONCLUSIVE:
        return ()
    codes = dict.fromkeys((*examined.pad.advice, *examined.decision.reasons))
    return tuple(code for code in codes if reason(code).advice)[:_MOST_ADVICE]
