"""Verifications, as a relying party opens and reads them."""

from collections.abc import Mapping
from datetime import datetime
from typing import Annotated, Any, Final, Self

from pydantic import ConfigDict, Field, StringConstraints

from visavis.domain.reasons import REASONS
from visavis.domain.states import By, Conclusion, Erased, Withdrawn, state_name
from visavis.domain.verification import DecisionRecord
from visavis.domain.verification import Verification as Row
from visavis.service.summaries import checks_in
from visavis.web.schemas.common import Digest, Moment, PageOf, StateName, Strict, known_id

__all__ = [
    "Attempts",
    "Decision",
    "OpenVerification",
    "OpenedVerification",
    "Verification",
    "VerificationPage",
]

Label = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9_.-]{1,40}$")]
_BINDING: Final = "4d1ab1b4bd1c1c9c9c6e6c7b0f6d7c7a3b7f0d7d2c5e1f4a8b9c0d1e2f3a4b5c"
_DIGEST: Final = "0c3f2a9b6d1e4f7a8b5c2d9e0f3a6b1c4d7e8f5a2b9c0d3e6f1a4b7c8d5e2f90"
_OPENED: Final[Mapping[str, Any]] = {
    "id": known_id("ver"),
    "purpose": "change_of_line",
    "state": "requested",
    "changed_at": "2027-03-01T09:00:00Z",
    "opened_at": "2027-03-01T09:00:00Z",
    "expires_at": "2027-03-01T09:15:00Z",
    "policy": {"id": "change_of_line", "version": 2, "digest": _DIGEST},
    "binding": _BINDING,
    "language": "en",
    "return_url": "https://shop.operator.example/orders/4711",
    "labels": {"shop": "stockholm-3"},
    "attempts": {"allowed": 3, "begun": 0, "left": 3},
}


class OpenVerification(Strict):
    """What is asked of a holder. Nothing in it is about a person."""

    purpose: str = Field(
        min_length=1, max_length=64, description="The id of a policy in force.", examples=["change_of_line"]
    )
    binding: Digest | None = Field(
        default=None,
        description="SHA-256 of what the holder approves, such as an order; the policy says whether it must be there.",
    )
    return_url: str | None = Field(
        default=None,
        max_length=2000,
        description="Where the holder goes on afterwards: https, or http on the developer's own machine.",
        examples=["https://shop.operator.example/orders/4711"],
    )
    language: str = Field(
        default="en",
        pattern=r"^[a-z]{2,3}(-[A-Za-z0-9]{2,8}){0,3}$",
        description="BCP 47: the language in which the holder is addressed.",
        examples=["zh-CN"],
    )
    labels: dict[Label, Label] = Field(
        default_factory=dict,
        max_length=8,
        description="Your own words for sorting, such as a shop. Nothing about a person belongs here.",
        examples=[{"shop": "stockholm-3"}],
    )

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "purpose": "change_of_line",
                    "binding": _BINDING,
                    "return_url": "https://shop.operator.example/orders/4711",
                    "language": "en",
                    "labels": {"shop": "stockholm-3"},
                }
            ]
        }
    )


class PolicyUsed(Strict):
    """The version of a policy; `GET /v1/policies/{digest}` shows it."""

    id: str = Field(examples=["change_of_line"])
    version: int = Field(ge=1, examples=[2])
    digest: Digest


class Attempts(Strict):
    """An attempt is used when its capture begins, also where it breaks off."""

    allowed: int = Field(ge=0, description="By the policy.", examples=[3])
    begun: int | None = Field(
        default=None, ge=0, description="Missing where the verification is over without a decision.", examples=[1]
    )
    left: int = Field(ge=0, description="0 where it is over.", examples=[2])


class ToldReason(Strict):
    """Why: `code` is stable, the texts are for people and may change."""

    code: str = Field(examples=["face_too_small"])
    text: str = Field(examples=["The face is too small to compare."])
    what_to_do: str = Field(default="", examples=["Move closer, or use a picture with more pixels."])

    @classmethod
    def of(cls, code: str) -> Self:
        known = REASONS.get(code)
        return cls(code=code, text=known.text if known else "", what_to_do=known.advice if known else "")


class CheckMade(Strict):
    """One check. No score is told: it would say how near a forgery came."""

    check: str = Field(examples=["comparison"])
    outcome: str = Field(examples=["pass"])
    operating_point: str | None = Field(default=None, examples=["fmr<=0.0001"])
    reasons: tuple[ToldReason, ...] = ()


class Decision(Strict):
    """Made once, and never changed."""

    outcome: Conclusion
    decided_at: Moment
    reasons: tuple[ToldReason, ...] = Field(
        description="Everything that stood against it. Where accepted: none, or how it was done."
    )
    grants: tuple[str, ...] = Field(
        description="What an accepted verification may be used for, once.", examples=[["line.register"]]
    )
    evidence: tuple[CheckMade, ...] = Field(description="The checks that were made.")

    @classmethod
    def of(cls, record: DecisionRecord) -> Self:
        return cls(
            outcome=record.conclusion,
            decided_at=record.at,
            reasons=tuple(ToldReason.of(code) for code in record.reasons),
            grants=record.grants,
            evidence=tuple(
                CheckMade(
                    check=item.check,
                    outcome=item.outcome,
                    operating_point=item.operating_point,
                    reasons=tuple(ToldReason.of(code) for code in item.reasons),
                )
                for item in checks_in(record.summary)
            ),
        )


class Verification(Strict):
    """A verification. Nothing in it is about a person: what a policy discloses is fetched with the attestation."""

    id: str = Field(examples=[known_id("ver")])
    purpose: str = Field(examples=["change_of_line"])
    state: StateName = Field(examples=["requested"])
    changed_at: Moment = Field(description="When it came into this state.")
    opened_at: Moment
    expires_at: Moment = Field(description="What waits then for the holder, or for a person, expires.")
    policy: PolicyUsed
    binding: Digest | None = None
    language: str = Field(examples=["en"])
    return_url: str | None = Field(default=None, examples=["https://shop.operator.example/orders/4711"])
    labels: dict[str, str] = Field(examples=[{"shop": "stockholm-3"}])
    attempts: Attempts
    outcome: Conclusion | None = Field(default=None, description="How it was decided, also once it is erased.")
    decision: Decision | None = Field(default=None, description="Not in lists.")
    used_at: Moment | None = Field(
        default=None,
        description="When an act rested on it, which it is good for once. Missing in what opens or ends one.",
    )
    ended_by: By | None = Field(default=None, description="Who withdrew or erased it.")
    kept_until: Moment | None = Field(
        default=None, description="When what lies sealed beside it is destroyed; missing where there is nothing."
    )

    model_config = ConfigDict(json_schema_extra={"examples": [dict(_OPENED)]})

    @classmethod
    def of(cls, row: Row, decision: DecisionRecord | None = None, *, used_at: datetime | None = None) -> Self:
        told = None if decision is None else Decision.of(decision)
        return cls(**_fields(row), decision=told, used_at=used_at)


class OpenedVerification(Verification):
    """A new verification, with the holder's link: shown once, and kept nowhere."""

    holder_url: str = Field(
        description="For the holder alone; its secret is in the fragment, which browsers send to nobody.",
        examples=["https://verify.operator.example/p/verify#ZQ3..."],
    )

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [{**_OPENED, "holder_url": "https://verify.operator.example/p/verify#0Z9Y8X7W6V5T4S3R2Q1P"}]
        }
    )

    @classmethod
    def opened(cls, row: Row, holder_url: str) -> Self:
        return cls(**_fields(row), holder_url=holder_url)


class VerificationPage(PageOf[Verification]):
    """Verifications, newest first, without their decisions."""


def attempts_of(row: Row) -> Attempts:
    begun = getattr(row.state, "attempts", 0 if state_name(row.state) == "requested" else None)
    over = state_name(row.state) not in {"requested", "consented", "capturing", "submitted"}
    return Attempts(
        allowed=row.attempts, begun=begun, left=0 if over or begun is None else max(0, row.attempts - begun)
    )


def _fields(row: Row) -> dict[str, Any]:
    state = row.state
    return {
        "id": row.id,
        "purpose": row.purpose,
        "state": state_name(state),
        "changed_at": state.at,
        "opened_at": row.opened_at,
        "expires_at": row.expires_at,
        "policy": PolicyUsed(id=row.purpose, version=row.policy_version, digest=row.policy_digest),
        "binding": row.opening.binding,
        "language": row.opening.language,
        "return_url": row.opening.return_url,
        "labels": dict(row.opening.labels),
        "attempts": attempts_of(row),
        "outcome": row.conclusion,
        "ended_by": state.by if isinstance(state, Withdrawn | Erased) else None,
        "kept_until": row.forget_at,
    }
