"""The rules that a policy can be made of.

A rule looks at evidence and answers `Success`, or a `Failure` with everything that stands against it. It never sees a
picture, a template, a clock or a setting, so an old verification can be decided again. What is missing never passes:
a check that was not made, a score that is not there, an operating point that nobody stated or that is looser than the
one asked for.
"""

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Annotated, ClassVar, Final

from msgspec import Meta

from visavis.decision.documents import (
    DocumentAuthentic,
    DocumentConsistent,
    DocumentNotExpired,
    HolderAtLeastYears,
)
from visavis.decision.presence import AttestedCapture, BonaFidePresentation, Channel, ReviewedByPerson, SecondChannel
from visavis.decision.verdict import (
    Failure,
    Finding,
    Rule,
    Success,
    Verdict,
    all_pass,
    at_operating_point,
    finding_of,
    verdict_of,
)
from visavis.domain.evidence import Check, Evidence, EvidenceSet, Outcome
from visavis.domain.operating_points import PadOperatingPoint

__all__ = [
    "RULES",
    "AttestedCapture",
    "BonaFidePresentation",
    "Channel",
    "ComparisonAtMostFmr",
    "ConsentInForce",
    "DocumentAuthentic",
    "DocumentConsistent",
    "DocumentNotExpired",
    "Failure",
    "Finding",
    "HolderAtLeastYears",
    "PadOperatingPoint",
    "ReviewedByPerson",
    "Rule",
    "RuleRegistry",
    "SampleQuality",
    "SecondChannel",
    "Side",
    "SingleFace",
    "Success",
    "Verdict",
]


class Side(StrEnum):
    PROBE = "probe"
    REFERENCE = "reference"


QUALITY_CHECKS: Final = {Side.PROBE: Check.SAMPLE_QUALITY_PROBE, Side.REFERENCE: Check.SAMPLE_QUALITY_REFERENCE}


@dataclass(frozen=True, slots=True, kw_only=True)
class ConsentInForce:
    name: ClassVar[str] = "consent_in_force"
    summary: ClassVar[str] = "The holder agreed, and has not taken it back."
    biometric: ClassVar[bool] = False
    referable: ClassVar[bool] = False  # nobody looks at a face without its owner's consent

    @property
    def checks(self) -> tuple[Check, ...]:
        return (Check.CONSENT,)

    def evaluate(self, evidence: EvidenceSet) -> Verdict:
        return all_pass(evidence, self.checks)


@dataclass(frozen=True, slots=True, kw_only=True)
class SingleFace:
    name: ClassVar[str] = "single_face"
    summary: ClassVar[str] = "One face, and one only, in the reference and in the probe."
    biometric: ClassVar[bool] = True
    referable: ClassVar[bool] = True

    @property
    def checks(self) -> tuple[Check, ...]:
        return (Check.SINGLE_FACE_REFERENCE, Check.SINGLE_FACE_PROBE)

    def evaluate(self, evidence: EvidenceSet) -> Verdict:
        return all_pass(evidence, self.checks)


@dataclass(frozen=True, slots=True, kw_only=True)
class SampleQuality:
    """``minimum``: unified quality, 1..100 (ISO/IEC 29794-5). A sample below it is inconclusive: take it again."""

    name: ClassVar[str] = "sample_quality"
    summary: ClassVar[str] = "The pictures are good enough to answer either way."
    biometric: ClassVar[bool] = True
    referable: ClassVar[bool] = True

    minimum: Annotated[float, Meta(ge=1.0, le=100.0)]
    on: Annotated[tuple[Side, ...], Meta(min_length=1, max_length=2)] = (Side.PROBE, Side.REFERENCE)

    @property
    def checks(self) -> tuple[Check, ...]:
        return tuple(QUALITY_CHECKS[side] for side in self.on)

    def evaluate(self, evidence: EvidenceSet) -> Verdict:
        return verdict_of(self._finding(evidence.get(check)) for check in self.checks)

    def _finding(self, item: Evidence) -> Finding | None:
        if item.outcome is not Outcome.PASS:
            return finding_of(item)
        if item.score is None or math.isnan(item.score):
            return Finding(item.check, Outcome.NOT_MEASURED, ("not_measured",))
        if item.score < self.minimum:
            reasons = tuple(dict.fromkeys(("low_quality", *item.reasons)))
            return Finding(item.check, Outcome.INCONCLUSIVE, reasons)
        return None


@dataclass(frozen=True, slots=True, kw_only=True)
class ComparisonAtMostFmr:
    """``fmr``: the false match rate asked for, 1e-9..1e-2.

    Evidence states in ``details["fmr_asked"]`` the rate whose threshold the score was held against. A pass counts where
    that rate is at most ``fmr``; a fail counts where it is at least ``fmr``, since a score below a looser threshold is
    below the stricter one as well. Anything else says nothing at the rate asked for, and is inconclusive.
    """

    name: ClassVar[str] = "comparison_at_most_fmr"
    summary: ClassVar[str] = "Probe and reference match, at a false match rate no higher than asked for."
    biometric: ClassVar[bool] = True
    referable: ClassVar[bool] = True

    fmr: Annotated[float, Meta(ge=1e-9, le=1e-2)]

    @property
    def checks(self) -> tuple[Check, ...]:
        return (Check.COMPARISON,)

    def evaluate(self, evidence: EvidenceSet) -> Verdict:
        item = evidence.get(Check.COMPARISON)
        asked = item.details.get("fmr_asked")
        # neither a truth value nor a whole number lies between 0 and 1
        measured_at = asked if isinstance(asked, float) and 0.0 < asked < 1.0 else None
        return at_operating_point(item, measured_at, self.fmr, stricter=lambda a, b: a < b)


class RuleRegistry:
    """The rules by name. Raises ValueError where two bear one name: the kinder one could then be picked."""

    __slots__ = ("_rules",)

    def __init__(self, rules: Sequence[type[Rule]]) -> None:
        names = [rule.name for rule in rules]
        twice = sorted({name for name in names if names.count(name) > 1})
        if twice:
            raise ValueError(f"more than one rule named {', '.join(twice)}")
        self._rules = {rule.name: rule for rule in rules}

    def __iter__(self) -> Iterator[type[Rule]]:
        return iter(self._rules.values())

    @property
    def names(self) -> tuple[str, ...]:
        return tuple(self._rules)

    def get(self, name: str) -> type[Rule] | None:
        return self._rules.get(name)


RULES: Final = RuleRegistry(
    (
        ConsentInForce,
        SingleFace,
        SampleQuality,
        ComparisonAtMostFmr,
        BonaFidePresentation,
        SecondChannel,
        AttestedCapture,
        ReviewedByPerson,
        DocumentAuthentic,
        DocumentConsistent,
        DocumentNotExpired,
        HolderAtLeastYears,
    )
)
