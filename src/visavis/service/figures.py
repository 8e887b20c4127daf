"""The figures of a relying party over a period: what was counted, put together, and no person in them."""

from collections import Counter, defaultdict
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum
from typing import Final

from visavis.clock import Clock
from visavis.errors import InputError
from visavis.service.figure_records import FigureKind, day_of
from visavis.service.ports import Transactions
from visavis.service.transactions import committed

__all__ = ["ENDS", "MOST_DAYS", "USUAL_DAYS", "FigureReport", "Figures", "Span", "Stride"]

MOST_DAYS: Final = 400
"""Of a period: a year, and the same month of the year before."""
USUAL_DAYS: Final = 30
ENDS: Final = (
    "accepted",
    "rejected",
    "inconclusive",
    "declined_for_alternative",
    "withdrawn",
    "cancelled",
    "expired",
    "erased",
)
"""Every way in which a verification ends."""
_TOGETHER: Final = 500


class Stride(StrEnum):
    """How long the spans of a series are."""

    DAY = "day"
    WEEK = "week"
    """From Monday to Sunday (ISO 8601); the first and the last one are cut where the period is."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Span:
    """Some days of a period, both included: what was opened in them, and what became of that, by `ENDS`."""

    first: date
    last: date
    opened: int
    ended: Mapping[str, int]

    @property
    def open(self) -> int:
        """What is not over yet."""
        return self.opened - sum(self.ended.values())


@dataclass(frozen=True, slots=True, kw_only=True)
class FigureReport:
    """``counts``: of every kind, by value; a value that was never counted is not there. ``policies``: those that
    anything was opened under, sorted.
    """

    first: date
    last: date
    stride: Stride
    policy: str | None
    policies: tuple[str, ...]
    counts: Mapping[FigureKind, Mapping[str, int]]
    series: tuple[Span, ...]

    def count(self, kind: FigureKind, value: str = "") -> int:
        return self.counts.get(kind, {}).get(value, 0)

    def ranked(self, kind: FigureKind) -> tuple[tuple[str, int], ...]:
        """The values of a kind, the most frequent first."""
        return tuple(sorted(self.counts.get(kind, {}).items(), key=lambda item: (-item[1], item[0])))


class Figures:
    """Safe from several threads."""

    def __init__(self, *, storage: Transactions, clock: Clock) -> None:
        self._storage = storage
        self._clock = clock

    def report(
        self,
        relying_party: str,
        *,
        first: date | None = None,
        last: date | None = None,
        policy: str | None = None,
        stride: Stride = Stride.DAY,
    ) -> FigureReport:
        """Of the days from ``first`` to ``last`` in UTC; the last thirty where nothing is said.

        Raises InputError ``period_invalid``.
        """
        end = last or day_of(self._clock.now())
        begin = first or date.fromordinal(max(1, end.toordinal() - USUAL_DAYS + 1))
        if not 0 <= (end - begin).days < MOST_DAYS or end.year > _LAST_YEAR:
            raise InputError(
                "period_invalid",
                f"A period has 1 to {MOST_DAYS} days.",
                advice="Let it end on the day on which it begins, or later.",
            )
        with self._storage.reading() as unit:
            tallies = unit.figures.of_party(relying_party, first=begin, last=end, policy=policy)
        counts: defaultdict[FigureKind, Counter[str]] = defaultdict(Counter)
        daily: defaultdict[date, Counter[str]] = defaultdict(Counter)
        for tally in tallies:
            counts[tally.kind][tally.value] += tally.count
            if tally.day is not None:
                daily[tally.day][tally.value] += tally.count
        return FigureReport(
            first=begin,
            last=end,
            stride=stride,
            policy=policy,
            policies=tuple(sorted({tally.policy for tally in tallies if tally.kind is FigureKind.OPENED})),
            counts=counts,
            series=_series(begin, end, stride, daily),
        )

    def fold(self) -> int:
        """Add some of what was noted to the daily counts; returns how much, 0 where nothing is left."""
        with self._storage.reading() as unit:
            if not unit.figures.waiting():  # so that a writer's turn is not taken for nothing
                return 0
        return committed(self._storage, lambda unit: unit.figures.fold(limit=_TOGETHER))


_LAST_YEAR: Final = 9000
"""No calendar ends while a series is made."""


def _series(first: date, last: date, stride: Stride, daily: Mapping[date, Mapping[str, int]]) -> tuple[Span, ...]:
    """What was opened stands under the empty value, as `FigureKind.OPENED` has none."""
    spans, begin = [], first
    while begin <= last:
        end = begin if stride is Stride.DAY else min(last, begin + timedelta(days=6 - begin.weekday()))
        sums: Counter[str] = Counter()
        for offset in range((end - begin).days + 1):
            sums.update(daily.get(begin + timedelta(days=offset), {}))
        spans.append(
            Span(first=begin, last=end, opened=sums[""], ended={name: sums[name] for name in ENDS if sums[name]})
        )
        begin = end + timedelta(days=1)
    return tuple(spans)
