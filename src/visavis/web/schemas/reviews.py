"""Reviews of referred cases, as a relying party's reviewers see them."""

from collections.abc import Mapping
from datetime import datetime
from enum import StrEnum
from typing import Any, Final, Self

from pydantic import ConfigDict, Field

from visavis.decision.review import FITTING, ReviewReason, ReviewVerdict
from visavis.decision.vocabulary import OnDisagreement
from visavis.service.case_material import KeptEvidence
from visavis.service.review_notes import MOST_NOTE
from visavis.service.review_records import Kept, ReviewCase
from visavis.service.review_records import Opinion as Given
from visavis.web.schemas.common import Moment, PageOf, StateName, Strict, known_id
from visavis.web.schemas.review_course import CourseKept
from visavis.web.schemas.verifications import ToldReason

__all__ = [
    "CheckKept",
    "EvidenceKept",
    "GiveVerdict",
    "Opinion",
    "PictureKept",
    "ReadingKept",
    "Review",
    "ReviewPage",
    "ReviewState",
    "StateAsked",
]

_CASE: Final[Mapping[str, Any]] = {
    "id": known_id("rev"),
    "verification": known_id("ver"),
    "purpose": "change_of_line",
    "purpose_title": "Register, transfer or replace a SIM card",
    "state": "waiting",
    "referred_at": "2027-03-01T09:03:00Z",
    "waiting_seconds": 540,
    "ends_at": "2027-03-04T09:03:00Z",
    "reasons": [{"code": "document_number_differs", "text": "The number differs.", "what_to_do": ""}],
    "kept": ["portrait", "probe", "reading", "evidence"],
    "acceptable": True,
    "persons": 2,
    "on_disagreement": "stricter",
    "verdicts_given": 0,
    "looks": 0,
}


class ReviewState(StrEnum):
    WAITING = "waiting"
    """Nobody has it."""
    CLAIMED = "claimed"
    CLOSED = "closed"


class PictureKept(StrEnum):
    PORTRAIT = Kept.PORTRAIT.value
    PROBE = Kept.PROBE.value


class StateAsked(StrEnum):
    OPEN = "open"
    CLOSED = "closed"


class Opinion(Strict):
    """What one reviewer said."""

    reviewer: str = Field(examples=["agent-17"])
    verdict: ReviewVerdict
    reason: ToldReason
    note: str = Field(default="", examples=["Glasses in one picture."])
    given_at: Moment

    @classmethod
    def of(cls, given: Given) -> Self:
        return cls(
            reviewer=given.reviewer,
            verdict=given.verdict,
            reason=ToldReason.of(given.reason),
            note=given.note,
            given_at=given.at,
        )


class Review(Strict):
    """A case that was referred to people. Nothing in it is about the holder: what was kept is looked at, not listed."""

    id: str = Field(examples=[known_id("rev")])
    verification: str = Field(examples=[known_id("ver")])
    purpose: str = Field(examples=["change_of_line"])
    purpose_title: str = Field(
        description="As people read it: of the version in force, or the purpose's name where there is none any more.",
        examples=["Register, transfer or replace a SIM card"],
    )
    state: ReviewState
    referred_at: Moment
    waiting_seconds: int = Field(ge=0, description="Since it was referred; until it was closed.", examples=[540])
    ends_at: Moment = Field(description="What is kept is destroyed then, and the verification expires.")
    reasons: tuple[ToldReason, ...] = Field(description="Why it was referred.")
    kept: tuple[Kept, ...] = Field(description="What there is to look at while it waits.")
    acceptable: bool = Field(
        description="Whether a person may accept it: false where something stands against it that is left to no person."
    )
    persons: int = Field(ge=1, le=2, description="How many must look at it, by the policy.", examples=[2])
    on_disagreement: OnDisagreement
    verdicts_given: int = Field(ge=0, le=3, examples=[0])
    claimed_by: str | None = Field(default=None, examples=["agent-17"])
    claimed_until: Moment | None = None
    looks: int = Field(ge=0, description="How often somebody looked at what is kept.", examples=[4])
    opinions: tuple[Opinion, ...] | None = Field(
        default=None, description="Once it is closed: before, nobody is told what others said."
    )
    closed_at: Moment | None = None
    end: StateName | None = Field(default=None, description="The state of the verification after it.")

    model_config = ConfigDict(json_schema_extra={"examples": [dict(_CASE)]})

    @classmethod
    def of(cls, case: ReviewCase, now: datetime, *, title: str) -> Self:
        claim = case.claim_at(now)
        state = ReviewState.WAITING if claim is None else ReviewState.CLAIMED
        closed = case.closed_at is not None
        return cls(
            id=case.id,
            verification=case.verification,
            purpose=case.purpose,
            purpose_title=title,
            state=ReviewState.CLOSED if closed else state,
            referred_at=case.referred_at,
            waiting_seconds=max(0, int(((case.closed_at or now) - case.referred_at).total_seconds())),
            ends_at=case.ends_at,
            reasons=tuple(ToldReason.of(code) for code in case.reasons),
            kept=() if closed else case.kept,
            acceptable=case.acceptable,
            persons=case.review.persons,
            on_disagreement=case.review.on_disagreement,
            verdicts_given=len(case.opinions),
            claimed_by=claim.reviewer if claim is not None else None,
            claimed_until=claim.until if claim is not None else None,
            looks=case.looks,
            opinions=tuple(Opinion.of(given) for given in case.opinions) if closed else None,
            closed_at=case.closed_at,
            end=case.end,
        )


class ReviewPage(PageOf[Review]):
    """Cases, by the moment at which they were referred."""


_REASONS: Final = "; ".join(f"{verdict}: {', '.join(sorted(FITTING[verdict]))}" for verdict in ReviewVerdict)


class GiveVerdict(Strict):
    """A verdict with its reason."""

    verdict: ReviewVerdict
    reason: ReviewReason = Field(description=f"One that fits the verdict. {_REASONS}.")
    note: str = Field(
        default="",
        max_length=MOST_NOTE,
        description="In your own words, if you must, and nothing about the holder. Numbers of six digits and more,"
        " addresses and links are refused; names cannot be told from words, so leave them out.",
        examples=["Glasses in one picture."],
    )

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {"verdict": "accept", "reason": "reviewed_same_person", "note": "Glasses in one picture."},
                {"verdict": "reject", "reason": "reviewed_document_suspect"},
            ]
        }
    )


class ReadingKept(Strict):
    """What was read of the document, by field. Personal: shown while a case waits, and kept by nobody."""

    fields: dict[str, str] = Field(examples=[{"family_name": "ERIKSSON", "document_number": "L898902C3"}])
    as_read: dict[str, str] = Field(
        default_factory=dict,
        description="The fields that the holder corrected, as they were read before.",
        examples=[{"family_name": "ERIKSS0N"}],
    )


class CheckKept(Strict):
    """One check, with what it measured. A score is for a reviewer's eyes: it would tell a forger how near they came."""

    check: str = Field(examples=["comparison"])
    outcome: str = Field(examples=["fail"])
    score: float | None = Field(default=None, examples=[0.31])
    operating_point: str | None = None
    reasons: tuple[ToldReason, ...] = ()
    details: dict[str, Any] = Field(default_factory=dict, examples=[{"fmr_asked": 0.0001}])


class EvidenceKept(Strict):
    """``course``: how the capture went over time; null where the case was kept without it."""

    checks: tuple[CheckKept, ...]
    course: CourseKept | None = None

    @classmethod
    def of(cls, kept: KeptEvidence) -> Self:
        return cls(
            checks=tuple(
                CheckKept(
                    check=item.check,
                    outcome=item.outcome,
                    score=item.score,
                    operating_point=item.operating_point,
                    reasons=tuple(ToldReason.of(code) for code in item.reasons),
                    details=dict(item.details),
                )
                for item in kept.checks
            ),
            course=None if kept.course is None else CourseKept.of(kept.course),
        )
