"""Policies, as a relying party reads them before it relies on them."""

from typing import Any, Self

from pydantic import ConfigDict, Field

from visavis.service.policy_shelf import ShownPolicy
from visavis.web.schemas.common import Digest, Moment, Strict

__all__ = ["PolicyList", "PolicySummary", "ShownPolicyDocument"]

_SUMMARY: dict[str, Any] = {
    "id": "change_of_line",
    "version": 2,
    "digest": "0c3f2a9b6d1e4f7a8b5c2d9e0f3a6b1c4d7e8f5a2b9c0d3e6f1a4b7c8d5e2f90",
    "title": "Register, transfer or replace a SIM card",
    "in_force": True,
    "since": "2027-02-01T00:00:00Z",
}


class PolicySummary(Strict):
    """One version of a policy."""

    id: str = Field(examples=["change_of_line"])
    version: int = Field(ge=1, examples=[2])
    digest: Digest
    title: str = Field(examples=["Register, transfer or replace a SIM card"])
    in_force: bool = Field(description="New verifications of this purpose are opened under it.")
    since: Moment = Field(description="From when on it was in force here.")

    model_config = ConfigDict(json_schema_extra={"examples": [_SUMMARY]})

    @classmethod
    def of(cls, shown: ShownPolicy) -> Self:
        return cls(**_summary(shown))


class PolicyList(Strict):
    """Every version that was ever in force here: by name, the newest first."""

    items: tuple[PolicySummary, ...]


class ShownPolicyDocument(PolicySummary):
    """A version in full. `policy` is what the digest is made over: SHA-256 of its canonical JSON (RFC 8785)."""

    policy: dict[str, Any] = Field(
        description="Its whole meaning: what must be shown, what is disclosed, granted and kept, for how many seconds."
    )

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    **_SUMMARY,
                    "policy": {
                        "id": "change_of_line",
                        "version": 2,
                        "attempts": 3,
                        "ttl": 900,
                        "requires": [{"rule": "consent_in_force", "on_fail": "reject", "on_inconclusive": "retry"}],
                    },
                }
            ]
        }
    )

    @classmethod
    def shown(cls, shown: ShownPolicy) -> Self:
        return cls(**_summary(shown), policy=shown.policy.as_data())


def _summary(shown: ShownPolicy) -> dict[str, Any]:
    return {
        "id": shown.policy.id,
        "version": shown.policy.version,
        "digest": shown.version.digest,
        "title": shown.policy.title,
        "in_force": shown.in_force,
        "since": shown.version.since,
    }
