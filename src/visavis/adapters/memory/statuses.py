"""Places in status lists, in memory."""

from collections.abc import Mapping, Sequence

from visavis.adapters.memory.tables import Journal, Table
from visavis.service.status_ports import ListRow

__all__ = ["MemoryStatuses"]


class MemoryStatuses:
    """A `visavis.service.status_ports.StatusStore`."""

    def __init__(self, journal: Journal) -> None:
        self._lists: Table[int, ListRow] = Table(journal)
        self._places: Table[tuple[int, int], int] = Table(journal)

    def newest(self) -> int:
        return max(self._lists.keys(), default=0)

    def list_of(self, number: int) -> ListRow | None:
        return self._lists.get(number)

    def find_list(self, uri: str) -> ListRow | None:
        return next((row for row in self._lists if row.uri == uri), None)

    def begin(self, row: ListRow) -> None:
        if row.number not in self._lists:
            self._lists.put(row.number, row)

    def take(self, number: int, candidates: Sequence[int]) -> int | None:
        free = next((place for place in candidates if (number, place) not in self._places), None)
        if free is not None:
            self._places.put((number, free), 0)
        return free

    def status(self, number: int, index: int) -> int | None:
        return self._places.get((number, index))

    def put(self, number: int, index: int, status: int) -> None:
        self._places.put((number, index), status)

    def marked(self, number: int) -> Mapping[int, int]:
        return {place: status for (where, place), status in self._places.items() if where == number and status}
