"""Figures, in memory."""

from collections import Counter
from collections.abc import Iterable
from datetime import date

from visavis.adapters.memory.tables import Journal, Table
from visavis.adapters.memory.verifications import MemoryVerifications
from visavis.service.figure_records import DAILY, FigureKind, Tally, day_of

__all__ = ["MemoryFigures"]

_Key = tuple[str, str, date, FigureKind, str]


class MemoryFigures:
    """A `visavis.service.figure_records.FigureStore`."""

    def __init__(self, journal: Journal, verifications: MemoryVerifications) -> None:
        self._verifications = verifications
        self._notes: Table[int, tuple[_Key, ...]] = Table(journal)
        self._counts: Table[_Key, int] = Table(journal)
        self._noted = 0  # grows over what was undone as well, as a database's numbers do

    def note(self, relying_party: str, policy: str, day: date, marks: Iterable[tuple[FigureKind, str]]) -> None:
        self._noted += 1
        self._notes.put(self._noted, tuple((relying_party, policy, day, kind, value) for kind, value in marks))

    def waiting(self) -> bool:
        return bool(self._notes.keys())

    def fold(self, *, limit: int) -> int:
        notes = sorted(self._notes.items())[:limit]
        for number, keys in notes:
            self._notes.drop(number)
            for key in keys:
                self._counts.put(key, (self._counts.get(key) or 0) + 1)
        return len(notes)

    def of_party(self, relying_party: str, *, first: date, last: date, policy: str | None = None) -> tuple[Tally, ...]:
        sums: Counter[tuple[str, date | None, FigureKind, str]] = Counter()

        def add(key: _Key, count: int) -> None:
            party, purpose, day, kind, value = key
            if party == relying_party and policy in (None, purpose) and first <= day <= last:
                sums[purpose, day if kind in DAILY else None, kind, value] += count

        for key, count in self._counts.items():
            add(key, count)
        for keys in self._notes:
            for key in keys:
                add(key, 1)
        for row in self._verifications.requested():
            add((row.relying_party, row.purpose, day_of(row.opened_at), FigureKind.OPENED, ""), 1)
        return tuple(
            Tally(policy=purpose, day=day, kind=kind, value=value, count=count)
            for (purpose, day, kind, value), count in sums.items()
        )
