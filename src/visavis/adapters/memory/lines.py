"""The register of lines, in memory."""

import dataclasses

from visavis.adapters.memory.tables import Journal, Table, newest
from visavis.domain.lines import Dispute, Line, LineEntry, LineStatus
from visavis.service.problems import changed_meanwhile
from visavis.service.records import Page

__all__ = ["MemoryLines"]


class MemoryLines:
    """A `visavis.service.ports.LineStore`."""

    def __init__(self, journal: Journal) -> None:
        self._rows: Table[str, Line] = Table(journal)
        self._entries: Table[tuple[str, int], LineEntry] = Table(journal)
        self._disputes: Table[str, Dispute] = Table(journal)

    def lock_person(self, relying_party: str, person: str) -> None:
        """The unit of work has everything to itself."""

    def count(self, relying_party: str, person: str) -> int:
        return len(self._active(relying_party, person))

    def add(self, line: Line) -> None:
        self._rows.put(line.id, line)

    def find(self, relying_party: str, line: str, *, lock: bool = False) -> Line | None:  # noqa: ARG002 - alone
        row = self._rows.get(line)
        return row if row is not None and row.relying_party == relying_party else None

    def by_number(self, relying_party: str, number: str) -> Line | None:
        return next((row for row in self._of_party(relying_party) if row.number == number), None)

    def by_card(self, relying_party: str, card: str) -> Line | None:
        return next((row for row in self._of_party(relying_party) if row.card == card), None)

    def save(self, line: Line) -> Line:
        row = self._rows.get(line.id)
        if row is None or row.version != line.version:
            raise changed_meanwhile()
        saved = dataclasses.replace(line, version=row.version + 1)
        self._rows.put(saved.id, saved)
        return saved

    def of_person(self, relying_party: str, person: str, *, limit: int) -> tuple[Line, ...]:
        return newest(self._active(relying_party, person), lambda row: row.id, limit=limit, after=None).items

    def page(self, relying_party: str, *, limit: int, after: str | None = None) -> Page[Line]:
        rows = tuple(row for row in self._rows if row.relying_party == relying_party)
        return newest(rows, lambda row: row.id, limit=limit, after=after)

    def append(self, entry: LineEntry) -> None:
        if (entry.line, entry.sequence) in self._entries:
            raise changed_meanwhile()
        self._entries.put((entry.line, entry.sequence), entry)

    def history(self, line: str, *, limit: int) -> tuple[LineEntry, ...]:
        rows = [row for row in self._entries if row.line == line]
        return tuple(sorted(rows, key=lambda row: row.sequence, reverse=True)[:limit])

    def open_dispute(self, dispute: Dispute) -> None:
        self._disputes.put(dispute.id, dispute)

    def dispute(self, relying_party: str, dispute: str, *, lock: bool = False) -> Dispute | None:  # noqa: ARG002 - alone
        row = self._disputes.get(dispute)
        return row if row is not None and row.relying_party == relying_party else None

    def close_dispute(self, dispute: Dispute) -> None:
        self._disputes.put(dispute.id, dispute)

    def disputes(self, relying_party: str, *, limit: int, after: str | None = None) -> Page[Dispute]:
        rows = tuple(row for row in self._disputes if row.relying_party == relying_party and row.closed_at is None)
        return newest(rows, lambda row: row.id, limit=limit, after=after)

    def _of_party(self, relying_party: str) -> tuple[Line, ...]:
        return tuple(
            row for row in self._rows if row.relying_party == relying_party and row.status is LineStatus.ACTIVE
        )

    def _active(self, relying_party: str, person: str) -> tuple[Line, ...]:
        return tuple(row for row in self._of_party(relying_party) if row.person == person)
