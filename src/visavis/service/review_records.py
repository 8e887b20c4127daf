"""A case that waits for people to look at it, as it is kept. Nothing in it tells of the holder."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Protocol

from visavis.decision.review import ReviewVerdict
from visavis.decision.vocabulary import Review, TryLimit
from visavis.service.records import Page

__all__ = ["Claim", "Kept", "Opinion", "QueueOrder", "ReviewCase", "ReviewStore", "Reviewer"]


class QueueOrder(StrEnum):
    OLDEST = "oldest"
    """Who waits longest comes first."""
    NEWEST = "newest"


class Kept(StrEnum):
    """What is kept for a review: the labels under which it is sealed."""

    PORTRAIT = "portrait"
    PROBE = "probe"
    READING = "reading"
    EVIDENCE = "evidence"

    @property
    def is_picture(self) -> bool:
        return self in {Kept.PORTRAIT, Kept.PROBE}


@dataclass(frozen=True, slots=True, kw_only=True)
class Reviewer:
    """Who reviews. ``id`` is a handle that the relying party gives its people, opaque here: no name, no address;
    ``key`` is the API key with which they came.
    """

    id: str
    key: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Claim:
    """One reviewer has the case until then. ``seen``: what they looked at since they took it."""

    reviewer: str
    key: str
    until: datetime
    seen: tuple[Kept, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Opinion:
    """What one reviewer said. ``reason`` is a `visavis.decision.review.ReviewReason`; ``note`` is gone once the
    verification is erased.
    """

    reviewer: str
    key: str
    verdict: ReviewVerdict
    reason: str
    at: datetime
    note: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class ReviewCase:
    """``ends_at``: what is kept for it goes then, and with it the case. ``reasons``: why it was referred. ``summary``
    is the decision's, as it would be were the case accepted. ``review``, ``grants``, ``keep_accepted`` and ``limit``
    (of a relying party's tries) are those of the policy under which it was opened. ``acceptable``: all that stands
    against it was left to a person. ``opened_by`` is the API key that opened the verification, None where that is not
    known. ``end`` is the state of the verification after the case.
    """

    id: str
    verification: str
    relying_party: str
    purpose: str
    referred_at: datetime
    ends_at: datetime
    reasons: tuple[str, ...]
    summary: Mapping[str, object]
    review: Review
    grants: tuple[str, ...] = ()
    keep_accepted: timedelta = timedelta()
    limit: TryLimit | None = None
    kept: tuple[Kept, ...] = ()
    acceptable: bool = False
    opened_by: str | None = None
    claim: Claim | None = None
    looks: int = 0
    opinions: tuple[Opinion, ...] = field(default=())
    closed_at: datetime | None = None
    end: str | None = None
    version: int = 1

    def claim_at(self, now: datetime) -> Claim | None:
        """The claim that holds; None where nobody has the case, or no longer."""
        return self.claim if self.claim is not None and now < self.claim.until else None

    @property
    def verdicts(self) -> tuple[ReviewVerdict, ...]:
        return tuple(opinion.verdict for opinion in self.opinions)


class ReviewStore(Protocol):
    """Cases by relying party. A case is locked after its verification, and before nothing."""

    def add(self, case: ReviewCase) -> None: ...

    def find(self, relying_party: str, case: str, *, lock: bool = False) -> ReviewCase | None: ...

    def of_verification(self, verification: str, *, lock: bool = False) -> ReviewCase | None: ...

    def save(self, case: ReviewCase) -> ReviewCase:
        """As `visavis.service.ports.VerificationStore.save`."""
        ...

    def page(
        self, relying_party: str, *, limit: int, after: str | None, order: QueueOrder, closed: bool
    ) -> Page[ReviewCase]:
        """By the moment at which they were referred."""
        ...
