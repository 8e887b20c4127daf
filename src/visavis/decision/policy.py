"""A policy: what must be shown before a purpose is granted, as data.

A `Policy` that exists is sound: it is checked when it is made, whether from a file or in Python, so nothing downstream
needs to ask again whether a biometric policy has consent, attack detection and another way for the holder. A purpose is
a policy's id, and no code knows any.
"""

import dataclasses
import hashlib
from dataclasses import dataclass, field
from datetime import timedelta
from typing import TypeVar

from visavis.comparison.calibration import Calibration, OperatingPoint
from visavis.decision.canonical import canonical_json
from visavis.decision.parameters import parameters
from visavis.decision.problems import refusal
from visavis.decision.requirements import ComparisonAtMostFmr, Rule
from visavis.decision.soundness import soundness_problems
from visavis.decision.vocabulary import (
    Corrections,
    Disclosure,
    Lockout,
    ReferenceSource,
    Requirement,
    Retention,
    Review,
    TryLimit,
    Unsafe,
)
from visavis.domain.distance import Distance
from visavis.domain.evidence import Check
from visavis.errors import CalibrationError, PolicyError

__all__ = ["Policy"]

R = TypeVar("R", bound=Rule)


@dataclass(frozen=True, slots=True, kw_only=True)
class Policy:
    """Every field as in the file; see ``docs/reference/policies.md``.

    Raises `visavis.errors.PolicyError`, ``policy_invalid``, with every problem in a line of its own.
    """

    id: str
    version: int
    title: str = ""
    reference_source: tuple[ReferenceSource, ...] = ()
    binding: str | None = None
    grants: tuple[str, ...] = ()
    alternative: str
    attempts: int
    ttl: timedelta
    retention: Retention = field(default_factory=Retention)
    lockout: Lockout = field(default_factory=Lockout)
    review: Review = field(default_factory=Review)
    distance: Distance = Distance.HAND_HELD
    disclose: tuple[Disclosure, ...] = ()
    corrections: Corrections = Corrections.NAMES
    requires: tuple[Requirement, ...]
    unsafe: Unsafe | None = None
    digest: str = dataclasses.field(init=False, repr=False, compare=False)
    """SHA-256, lower-case hexadecimal, over the RFC 8785 canonical JSON of `as_data`."""

    def __post_init__(self) -> None:
        given = {item.name: getattr(self, item.name) for item in dataclasses.fields(self) if item.init}
        problems = soundness_problems(given)
        if problems:
            raise refusal(f"The policy {self.id}", problems)
        # once, since every verification that is opened names it
        object.__setattr__(self, "digest", hashlib.sha256(canonical_json(self.as_data())).hexdigest())

    @property
    def checks(self) -> frozenset[Check]:
        """The checks without which some rule cannot be met: what a service must measure."""
        return frozenset(check for item in self.requires for check in item.rule.checks)

    @property
    def warnings(self) -> tuple[str, ...]:
        """What must be shown wherever this policy decides; empty for a safe policy."""
        if self.unsafe is None:
            return ()
        missing = " and ".join(item.replace("_", " ") for item in self.unsafe.without)
        return (f"The policy {self.id} is unsafe: it decides without {missing}. {self.unsafe.because}",)

    def rule(self, kind: type[R]) -> R | None:
        """The rule of that kind, or None; there is at most one."""
        return next((item.rule for item in self.requires if isinstance(item.rule, kind)), None)

    def comparison_point(self, calibration: Calibration | None) -> OperatingPoint | None:
        """The threshold at which a comparison is to be made for this policy; None if it asks for no comparison.

        Raises `visavis.errors.PolicyError`: ``calibration_missing``, or ``fmr_not_supported`` (cause:
        `visavis.errors.CalibrationError`).
        """
        rule = self.rule(ComparisonAtMostFmr)
        if rule is None:
            return None
        if calibration is None:
            raise PolicyError(
                "calibration_missing",
                f"The policy {self.id} asks for a false match rate, and the model in use has no calibration.",
                advice="Make one with `visavis evaluate comparison`.",
            )
        try:
            return calibration.threshold_at(rule.fmr)
        except CalibrationError as error:
            raise PolicyError(error.code, f"The policy {self.id}: {error.message}", advice=error.advice) from error

    def as_data(self) -> dict[str, object]:
        """The whole meaning of the policy in plain values: defaults filled in, durations in seconds, sets sorted.

        The order of rules, grants and disclosures means nothing, so it does not move the digest; the order of
        reference sources is a preference, and does.
        """
        return {
            "id": self.id,
            "version": self.version,
            "title": self.title,
            "reference_source": [str(item) for item in self.reference_source],
            "binding": self.binding,
            "grants": sorted(self.grants),
            "alternative": self.alternative,
            "attempts": self.attempts,
            "ttl": _seconds(self.ttl),
            "retention": {
                "accepted": _seconds(self.retention.accepted),
                "rejected": _seconds(self.retention.rejected),
                "referred": _seconds(self.retention.referred),
            },
            "disclose": sorted(str(item) for item in self.disclose),
            "requires": sorted((_requirement_data(item) for item in self.requires), key=lambda item: str(item["rule"])),
            "unsafe": None
            if self.unsafe is None
            else {"without": sorted(str(item) for item in self.unsafe.without), "because": self.unsafe.because},
            **self._younger_data(),
        }

    def _younger_data(self) -> dict[str, object]:
        """Keys that came after the first policies were in use: only where they say something else than their default,
        so that a policy without them means what it did, and has the digest that it had.
        """
        data: dict[str, object] = {}
        if self.review != Review():
            data["review"] = {"persons": self.review.persons, "on_disagreement": str(self.review.on_disagreement)}
        if self.lockout != Lockout():
            data["lockout"] = {
                "document": _limit_data(self.lockout.document),
                "relying_party": _limit_data(self.lockout.relying_party),
            }
        if self.distance is not Distance.HAND_HELD:
            data["distance"] = str(self.distance)
        if self.corrections is not Corrections.NAMES:
            data["corrections"] = str(self.corrections)
        return data


def _limit_data(limit: TryLimit | None) -> dict[str, object] | None:
    if limit is None:
        return None
    return {"tries": limit.tries, "window": _seconds(limit.window), "wait": _seconds(limit.wait)}


def _seconds(span: timedelta) -> int:
    return int(span.total_seconds())


def _requirement_data(item: Requirement) -> dict[str, object]:
    return {
        "rule": item.rule.name,
        "on_fail": str(item.on_fail),
        "on_inconclusive": str(item.on_inconclusive),
        **parameters(item.rule),
    }
