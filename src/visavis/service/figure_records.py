"""Figures as they are kept: how often something was so on a day, and never of whom.

A figure names a relying party, a policy and a day. The day is that on which the verification was *opened* (UTC), for
whatever became of it later: so the counts of a day fit together, and what was opened is what ended and what is open.
"""

import bisect
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from enum import StrEnum
from typing import Final, Protocol

__all__ = [
    "BOUNDS",
    "DAILY",
    "MORE",
    "FigureKind",
    "FigureStore",
    "Tally",
    "bucket_of",
    "day_of",
    "quantile",
]


class FigureKind(StrEnum):
    """What is counted; a tally's ``value`` says which of the kind."""

    OPENED = "opened"
    STEP = "step"
    """Verifications that came so far, each once: consented, document_read, capture_begun, concluded, referred."""
    ENDED = "ended"
    """How it ended: a conclusion, or the state that it ended in, with ``cancelled`` for the relying party's."""
    LEFT = "left"
    """Ended without a decision: ``<end>.<stage>``."""
    ATTEMPT = "attempt"
    """Captures: begun, submitted, interrupted, retried, and unacquired (no face that could be compared)."""
    UNACQUIRED_FOR = "unacquired_for"
    DOCUMENT = "document"
    """Pictures of documents: read, or unread."""
    UNREAD_FOR = "unread_for"
    REJECTED_FOR = "rejected_for"
    INCONCLUSIVE_FOR = "inconclusive_for"
    REFERRED_FOR = "referred_for"
    RETRIED_FOR = "retried_for"
    SUSPECTED = "suspected"
    """What attack detection took a capture that failed it for: likely, never proof."""
    IN_PERSON = "in_person"
    """Checks that a person made at the counter, by their conclusion."""
    TIME_NOTICE = "time.notice"
    TIME_DOCUMENT = "time.document"
    TIME_CAPTURE = "time.capture"
    TIME_ANSWER = "time.answer"
    """From the consent to the service's own answer, with all attempts."""
    TIME_REVIEW = "time.review"


DAILY: Final = frozenset({FigureKind.OPENED, FigureKind.ENDED})
"""What is drawn over time; all others are told for a period as a whole."""

_RENARD: Final = (1.0, 1.25, 1.6, 2.0, 2.5, 3.15, 4.0, 5.0, 6.3, 8.0)
BOUNDS: Final = tuple(step * scale for scale in (1, 10, 100, 1e3, 1e4, 1e5) for step in _RENARD if step * scale < 4e5)
"""Upper bounds of the buckets of times, in seconds: the series R10 of ISO 3, up to three days and a half. So a quantile
is off by at most a quarter, whether it is a second or a day.
"""
MORE: Final = "more"
"""The bucket above all bounds."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Tally:
    """``day``: None where a store summed a kind that is not in `DAILY` over the period that was asked for."""

    policy: str
    day: date | None
    kind: FigureKind
    value: str
    count: int


class FigureStore(Protocol):
    """Counts that many write at once. What a unit of work counts is there when it ends, or not at all."""

    def note(self, relying_party: str, policy: str, day: date, marks: Iterable[tuple[FigureKind, str]]) -> None:
        """One more of each mark. Cheap: nothing is waited for, whoever counts the same."""
        ...

    def waiting(self) -> bool:
        """Whether there is anything to fold."""
        ...

    def fold(self, *, limit: int) -> int:
        """Add up to ``limit`` notes to the daily counts, of which nobody sees a difference; returns how many. Those
        that another worker holds are left to it.
        """
        ...

    def of_party(self, relying_party: str, *, first: date, last: date, policy: str | None = None) -> tuple[Tally, ...]:
        """The sums of a period, both days included, as they stood at one moment. Verifications that still wait for the
        holder's consent are counted as opened here, since they were not noted yet.
        """
        ...


def day_of(moment: datetime) -> date:
    """The day in UTC."""
    return moment.astimezone(UTC).date()


def bucket_of(span: timedelta) -> str:
    """The upper bound, in seconds, of the bucket that a span of time falls into, or `MORE`."""
    place = bisect.bisect_left(BOUNDS, span.total_seconds())
    return f"{BOUNDS[place]:g}" if place < len(BOUNDS) else MORE


def quantile(buckets: Mapping[str, int], share: float) -> float:
    """The time, in seconds, that a share (0..1) of the counted ones stayed below: linear within a bucket, and the
    greatest bound for what lies above it. Raises ValueError where nothing was counted.
    """
    total = sum(buckets.values())
    if total <= 0:
        raise ValueError("nothing was counted")
    wanted, seen, lower = share * total, 0, 0.0
    for bound in BOUNDS:
        here = buckets.get(f"{bound:g}", 0)
        if here and seen + here >= wanted:
            return lower + (bound - lower) * max(0.0, wanted - seen) / here
        seen, lower = seen + here, bound
    return lower
