"""The rules about the document: who made it, whether it agrees with itself, whether it is still valid, and an age.

What a picture shows of a document is read, and not proven: who prints a card prints what they like on it. What a chip
says is proven where the issuing state's signature holds to the end of the chain, and there alone. Evidence states which
of the two it rests on in ``details["proven"]``, and a policy says whether it takes what is only read.
"""

from dataclasses import dataclass
from typing import Annotated, ClassVar, Final

from msgspec import Meta

from visavis.decision.verdict import (
    Finding,
    Success,
    Verdict,
    all_pass,
    at_operating_point,
    finding_of,
    inconclusive,
    verdict_of,
)
from visavis.domain.evidence import Check, Evidence, EvidenceSet, Outcome

__all__ = ["MOST_YEARS", "DocumentAuthentic", "DocumentConsistent", "DocumentNotExpired", "HolderAtLeastYears"]

MOST_YEARS: Final = 120
REVOCATION_UNKNOWN: Final = "chip_revocation_unknown"


@dataclass(frozen=True, slots=True, kw_only=True)
class DocumentAuthentic:
    """Evidence: `visavis.document.chip.passive.authenticity`, which passes for a whole chain alone.

    ``revocation_known``: it must also be told, by a current list, that the signer was not revoked. Evidence that passed
    without such a list gives the reason ``chip_revocation_unknown``.
    """

    name: ClassVar[str] = "document_authentic"
    summary: ClassVar[str] = "The issuing state made this document, proven to the end of the chain."
    biometric: ClassVar[bool] = False
    referable: ClassVar[bool] = True

    revocation_known: bool = False

    @property
    def checks(self) -> tuple[Check, ...]:
        return (Check.DOCUMENT_AUTHENTIC,)

    def evaluate(self, evidence: EvidenceSet) -> Verdict:
        item = evidence.get(Check.DOCUMENT_AUTHENTIC)
        if self.revocation_known and item.outcome is Outcome.PASS and REVOCATION_UNKNOWN in item.reasons:
            return inconclusive(item.check, REVOCATION_UNKNOWN)
        return verdict_of([finding_of(item)])


@dataclass(frozen=True, slots=True, kw_only=True)
class DocumentConsistent:
    """Evidence: `visavis.document.consistency.consistency_check`, over every two places that were read."""

    name: ClassVar[str] = "document_consistent"
    summary: ClassVar[str] = "What the document says in several places agrees."
    biometric: ClassVar[bool] = False
    referable: ClassVar[bool] = True

    @property
    def checks(self) -> tuple[Check, ...]:
        return (Check.DOCUMENT_CONSISTENT,)

    def evaluate(self, evidence: EvidenceSet) -> Verdict:
        return all_pass(evidence, self.checks)


@dataclass(frozen=True, slots=True, kw_only=True)
class DocumentNotExpired:
    """``proven``: only a day of expiry that a chip's signature covers is taken; what is read counts as not made.

    A fail counts wherever it was read: nobody forges a day that has passed.
    """

    name: ClassVar[str] = "document_not_expired"
    summary: ClassVar[str] = "The document was valid on the day it was shown."
    biometric: ClassVar[bool] = False
    referable: ClassVar[bool] = True

    proven: bool = False

    @property
    def checks(self) -> tuple[Check, ...]:
        return (Check.DOCUMENT_VALIDITY,)

    def evaluate(self, evidence: EvidenceSet) -> Verdict:
        item = evidence.get(Check.DOCUMENT_VALIDITY)
        return _unproven(item) if self.proven and not _proven(item) else verdict_of([finding_of(item)])


@dataclass(frozen=True, slots=True, kw_only=True)
class HolderAtLeastYears:
    """``years``: completed years by the document's birth date, 1 to 120; nothing is ever told from a face.

    Evidence states in ``details["years_asked"]`` the age that was asked about, and nothing nearer to the birth date. A
    pass counts where that age is at least ``years``, a fail where it is at most ``years``; anything else says nothing
    about the age asked for. ``proven``: as in `DocumentNotExpired`.
    """

    name: ClassVar[str] = "holder_at_least_years"
    summary: ClassVar[str] = "The holder has reached an age, by the document's birth date; nothing more is told of it."
    biometric: ClassVar[bool] = False
    referable: ClassVar[bool] = True

    years: Annotated[int, Meta(ge=1, le=MOST_YEARS)]
    proven: bool = False

    @property
    def checks(self) -> tuple[Check, ...]:
        return (Check.HOLDER_AGE,)

    def evaluate(self, evidence: EvidenceSet) -> Verdict:
        item = evidence.get(Check.HOLDER_AGE)
        asked = item.details.get("years_asked")
        # a truth value is a whole number to Python, and no age
        measured_at = asked if isinstance(asked, int) and not isinstance(asked, bool) and asked > 0 else None
        verdict = at_operating_point(item, measured_at, self.years, stricter=lambda a, b: a > b)
        return _unproven(item) if self.proven and verdict == Success() and not _proven(item) else verdict


def _proven(item: Evidence) -> bool:
    """Whether a pass rests on a signature. Anything but a pass needs none: it is against the holder already."""
    return item.outcome is not Outcome.PASS or item.details.get("proven") is True


def _unproven(item: Evidence) -> Verdict:
    return verdict_of([Finding(item.check, Outcome.NOT_MEASURED, ("not_proven",))])
