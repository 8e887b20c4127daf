"""The rules that a policy can be made of.

A rule looks at evidence and answers `Success`, or a `Failure` with everything that stands against it. It never sees a
picture, a template, a clock or a setting, so an old verification can be decided again. What is missing never passes:
a check that was not made, a score that is not there, an operating point that nobody stated or that is looser than the
one asked for.
"""

import math
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Annotated, ClassVar, Final, Protocol

from msgspec import Meta

from visavis.domain.evidence import Check, Evidence, EvidenceSet, Outcome

__all__ = [
    "RULES",
    "BonaFidePresentation",
    "ComparisonAtMostFmr",
    "ConsentInForce",
    "DocumentAuthentic",
    "DocumentConsistent",
    "DocumentNotExpired",
    "Failure",
    "Finding",
    "PadOperatingPoint",
    "Rule",
    "RuleRegistry",
    "SampleQuality",
    "Side",
    "SingleFace",
    "Success",
    "Verdict",
]


@dataclass(frozen=True, slots=True)
class Finding:
    """What one check says against a rule. ``outcome`` is never a pass; ``reasons`` is never empty."""

    check: Check
    outcome: Outcome
    reasons: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Success:
    """The rule is met."""


@dataclass(frozen=True, slots=True)
class Failure:
    """The rule is not met. ``failed`` and ``inconclusive`` may both hold, by different checks."""

    findings: tuple[Finding, ...]

    @property
    def failed(self) -> bool:
        return any(item.outcome is Outcome.FAIL for item in self.findings)

    @property
    def inconclusive(self) -> bool:
        """True where a check could not tell or was not made."""
        return any(item.outcome is not Outcome.FAIL for item in self.findings)

    @property
    def reasons(self) -> tuple[str, ...]:
        return tuple(dict.fromkeys(code for item in self.findings for code in item.reasons))


Verdict = Success | Failure


class Rule(Protocol):
    """A rule with its parameters: frozen, and told from others by ``name``, the tag in a policy file.

    ``biometric`` rules process a face, so a policy with one needs consent and attack detection as well. A rule that is
    not ``referable`` may not be handed to a person when it is not met.
    """

    name: ClassVar[str]
    summary: ClassVar[str]
    biometric: ClassVar[bool]
    referable: ClassVar[bool]

    @property
    def checks(self) -> tuple[Check, ...]:
        """The checks whose evidence the rule reads: what a service must measure."""
        ...

    def evaluate(self, evidence: EvidenceSet) -> Verdict: ...


class Side(StrEnum):
    PROBE = "probe"
    REFERENCE = "reference"


class PadOperatingPoint(StrEnum):
    """The operating points of attack detection, by name. The stricter refuses more attacks and more people."""

    STANDARD = "standard"
    STRICT = "strict"


STRICTNESS: Final = {PadOperatingPoint.STANDARD: 0, PadOperatingPoint.STRICT: 1}

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
        return _all_pass(evidence, self.checks)


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
        return _all_pass(evidence, self.checks)


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
        return _verdict(self._finding(evidence.get(check)) for check in self.checks)

    def _finding(self, item: Evidence) -> Finding | None:
        if item.outcome is not Outcome.PASS:
            return _finding(item)
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
        return _at_operating_point(item, measured_at, self.fmr, stricter=lambda a, b: a < b)


@dataclass(frozen=True, slots=True, kw_only=True)
class BonaFidePresentation:
    """``operating_point``: how strictly attack detection combines its witnesses (ISO/IEC 30107-3).

    Evidence states the one it was measured at. A pass at a stricter one counts, a pass at a looser one doesn't.
    """

    name: ClassVar[str] = "bona_fide_presentation"
    summary: ClassVar[str] = "A living, present person: no picture, screen, mask, recording or injected stream."
    biometric: ClassVar[bool] = True
    referable: ClassVar[bool] = True

    operating_point: PadOperatingPoint

    @property
    def checks(self) -> tuple[Check, ...]:
        return (Check.ATTACK_DETECTION,)

    def evaluate(self, evidence: EvidenceSet) -> Verdict:
        item = evidence.get(Check.ATTACK_DETECTION)
        try:
            measured_at = STRICTNESS[PadOperatingPoint(item.operating_point or "")]
        except ValueError:
            measured_at = None
        return _at_operating_point(item, measured_at, STRICTNESS[self.operating_point], stricter=lambda a, b: a > b)


@dataclass(frozen=True, slots=True, kw_only=True)
class DocumentAuthentic:
    name: ClassVar[str] = "document_authentic"
    summary: ClassVar[str] = "The issuing state made this document, proven to the end of the chain."
    biometric: ClassVar[bool] = False
    referable: ClassVar[bool] = True

    @property
    def checks(self) -> tuple[Check, ...]:
        return (Check.DOCUMENT_AUTHENTIC,)

    def evaluate(self, evidence: EvidenceSet) -> Verdict:
        return _all_pass(evidence, self.checks)


@dataclass(frozen=True, slots=True, kw_only=True)
class DocumentConsistent:
    name: ClassVar[str] = "document_consistent"
    summary: ClassVar[str] = "What the document says in several places agrees."
    biometric: ClassVar[bool] = False
    referable: ClassVar[bool] = True

    @property
    def checks(self) -> tuple[Check, ...]:
        return (Check.DOCUMENT_CONSISTENT,)

    def evaluate(self, evidence: EvidenceSet) -> Verdict:
        return _all_pass(evidence, self.checks)


@dataclass(frozen=True, slots=True, kw_only=True)
class DocumentNotExpired:
    name: ClassVar[str] = "document_not_expired"
    summary: ClassVar[str] = "The document was valid on the day it was shown."
    biometric: ClassVar[bool] = False
    referable: ClassVar[bool] = True

    @property
    def checks(self) -> tuple[Check, ...]:
        return (Check.DOCUMENT_VALIDITY,)

    def evaluate(self, evidence: EvidenceSet) -> Verdict:
        return _all_pass(evidence, self.checks)


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
        DocumentAuthentic,
        DocumentConsistent,
        DocumentNotExpired,
    )
)


class _Stricter(Protocol):
    def __call__(self, a: float, b: float, /) -> bool: ...


def _at_operating_point(item: Evidence, measured_at: float | None, asked: float, *, stricter: _Stricter) -> Verdict:
    if item.outcome in {Outcome.INCONCLUSIVE, Outcome.NOT_MEASURED}:
        return _verdict([_finding(item)])
    if measured_at is None:
        return _inconclusive(item.check, "operating_point_unknown")
    if item.outcome is Outcome.PASS:
        return _inconclusive(item.check, "measured_at_looser_point") if stricter(asked, measured_at) else Success()
    if stricter(measured_at, asked):
        return _inconclusive(item.check, "measured_at_stricter_point")
    return _verdict([_finding(item)])


def _inconclusive(check: Check, code: str) -> Failure:
    return Failure((Finding(check, Outcome.INCONCLUSIVE, (code,)),))


def _all_pass(evidence: EvidenceSet, checks: Sequence[Check]) -> Verdict:
    return _verdict(_finding(evidence.get(check)) for check in checks)


def _verdict(findings: Iterable[Finding | None]) -> Verdict:
    against = tuple(item for item in findings if item is not None)
    return Failure(against) if against else Success()


UNSAID: Final = {
    Outcome.FAIL: "check_failed",
    Outcome.INCONCLUSIVE: "check_inconclusive",
    Outcome.NOT_MEASURED: "not_measured",
}


def _finding(item: Evidence) -> Finding | None:
    """What an item says against a rule; an item that gives no reason gets a general one."""
    if item.outcome is Outcome.PASS:
        return None
    return Finding(item.check, item.outcome, item.reasons or (UNSAID[item.outcome],))
