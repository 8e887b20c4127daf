"""Cases that people review, in memory."""

import dataclasses

from visavis.adapters.memory.tables import Journal, Table, newest
from visavis.service.problems import changed_meanwhile
from visavis.service.records import Page
from visavis.service.review_records import QueueOrder, ReviewCase

__all__ = ["MemoryReviews"]


class MemoryReviews:
    """A `visavis.service.review_records.ReviewStore`."""

    def __init__(self, journal: Journal) -> None:
        self._rows: Table[str, ReviewCase] = Table(journal)

    def add(self, case: ReviewCase) -> None:
        self._rows.put(case.id, case)

    def find(self, relying_party: str, case: str, *, lock: bool = False) -> ReviewCase | None:  # noqa: ARG002 - alone
        row = self._rows.get(case)
        return row if row is not None and row.relying_party == relying_party else None

    def of_verification(self, verification: str, *, lock: bool = False) -> ReviewCase | None:  # noqa: ARG002 - alone
        return next((row for row in self._rows if row.verification == verification), None)

    def save(self, case: ReviewCase) -> ReviewCase:
        row = self._rows.get(case.id)
        if row is None or row.version != case.version:
            raise changed_meanwhile()
        saved = dataclasses.replace(case, version=row.version + 1)
        self._rows.put(saved.id, saved)
        return saved

    def page(
        self, relying_party: str, *, limit: int, after: str | None, order: QueueOrder, closed: bool
    ) -> Page[ReviewCase]:
        rows = tuple(
            row for row in self._rows if row.relying_party == relying_party and (row.closed_at is not None) == closed
        )
        if order is QueueOrder.NEWEST:
            return newest(rows, lambda row: row.id, limit=limit, after=after)
        found = sorted((row for row in rows if after is None or row.id > after), key=lambda row: row.id)
        return Page(tuple(found[:limit]), found[limit - 1].id if len(found) > limit else None)
