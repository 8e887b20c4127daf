"""Evidence: what each check found, and nothing about how a policy takes it.

A check that was not made is there all the same, as ``not_measured``; nothing that is missing can pass.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Final

__all__ = ["Check", "Detail", "Evidence", "EvidenceSet", "Outcome"]

Detail = str | int | float | bool | None


class Outcome(StrEnum):
    """The four things a check can say."""

    PASS = "pass"  # noqa: S105 - an outcome, no password
    FAIL = "fail"
    INCONCLUSIVE = "inconclusive"
    """Measured, and the measurement cannot tell: a person can do something about it."""
    NOT_MEASURED = "not_measured"


class Check(StrEnum):
    """Every check there is. A policy's rules and a reviewer's page name them by value."""

    CONSENT = "consent"
    SINGLE_FACE_REFERENCE = "single_face.reference"
    SINGLE_FACE_PROBE = "single_face.probe"
    SAMPLE_QUALITY_REFERENCE = "sample_quality.reference"
    SAMPLE_QUALITY_PROBE = "sample_quality.probe"
    COMPARISON = "comparison"
    ATTACK_DETECTION = "attack_detection"
    CAPTURE_DEVICE = "capture_device"
    """The device with the camera vouched for itself and for the capture."""
    SECOND_CHANNEL = "second_channel"
    """The holder confirmed in a way that is no picture; ``details["channel"]`` says in which."""
    DOCUMENT_AUTHENTIC = "document_authentic"
    DOCUMENT_CONSISTENT = "document_consistent"
    DOCUMENT_VALIDITY = "document_validity"
    HOLDER_AGE = "holder_age"
    """By the document's birth date; no face is asked. ``details["years_asked"]`` says which age."""
    HUMAN_REVIEW = "human_review"
    """A person looked at the case."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Evidence:
    """What one check found.

    ``score`` and ``operating_point`` are in the check's own terms (a cosine similarity and the error rate it was
    held against; a quality from 0 to 100 and the least asked for). ``reasons`` are codes of `visavis.domain.reasons`,
    in order of weight. ``details`` are plain values for a reviewer: never a picture, a template or a name.
    """

    check: Check
    outcome: Outcome
    score: float | None = None
    operating_point: str | None = None
    reasons: tuple[str, ...] = ()
    details: Mapping[str, Detail] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class EvidenceSet:
    """One piece of evidence a check; a check that nobody made answers ``not_measured``.

    Raises ValueError if a check speaks twice: two voices for one check would let the kinder one be picked.
    """

    items: tuple[Evidence, ...] = ()

    def __post_init__(self) -> None:
        seen = [item.check for item in self.items]
        if len(set(seen)) != len(seen):
            twice = sorted({check for check in seen if seen.count(check) > 1})
            raise ValueError(f"more than one evidence for {', '.join(twice)}")

    def __iter__(self) -> Iterator[Evidence]:
        return iter(self.items)

    def get(self, check: Check) -> Evidence:
        for item in self.items:
            if item.check is check:
                return item
        return Evidence(check=check, outcome=Outcome.NOT_MEASURED, reasons=(NOT_MEASURED_REASON,))

    def complete(self) -> "EvidenceSet":
        """Every check there is, the missing ones as ``not_measured``, in the order of `Check`."""
        return EvidenceSet(tuple(self.get(check) for check in Check))


NOT_MEASURED_REASON: Final = "not_measured"
