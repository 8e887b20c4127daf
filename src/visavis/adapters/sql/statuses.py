"""Places in status lists, in tables."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Connection, Row

from visavis.adapters.sql.schema_audit import status_lists, status_places
from visavis.adapters.sql.statements import insert_new
from visavis.service.status_ports import ListRow

__all__ = ["SqlStatuses"]


class SqlStatuses:
    """A `visavis.service.status_ports.StatusStore`."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def newest(self) -> int:
        return self._connection.execute(sa.select(sa.func.max(status_lists.c.number))).scalar_one() or 0

    def list_of(self, number: int) -> ListRow | None:
        return self._one(status_lists.c.number == number)

    def find_list(self, uri: str) -> ListRow | None:
        return self._one(status_lists.c.uri == uri)

    def begin(self, row: ListRow) -> None:
        insert_new(self._connection, status_lists, asdict(row))

    def take(self, number: int, candidates: Sequence[int]) -> int | None:
        given = sa.select(status_places.c.place).where(
            status_places.c.list == number, status_places.c.place.in_(candidates)
        )
        taken = set(self._connection.execute(given).scalars())
        for place in candidates:
            # one that somebody else is about to take is waited for, and skipped once it is theirs
            row = {"list": number, "place": place, "status": 0}
            if place not in taken and insert_new(self._connection, status_places, row):
                return place
        return None

    def status(self, number: int, index: int) -> int | None:
        found = sa.select(status_places.c.status).where(*_place(number, index)).with_for_update()
        status: int | None = self._connection.execute(found).scalar_one_or_none()
        return status

    def put(self, number: int, index: int, status: int) -> None:
        self._connection.execute(sa.update(status_places).where(*_place(number, index)).values(status=status))

    def marked(self, number: int) -> Mapping[int, int]:
        found = sa.select(status_places.c.place, status_places.c.status).where(
            status_places.c.list == number, status_places.c.status != sa.literal_column("0")
        )
        return {row.place: row.status for row in self._connection.execute(found)}

    def _one(self, which: sa.ColumnElement[bool]) -> ListRow | None:
        row: Row[Any] | None = self._connection.execute(sa.select(status_lists).where(which)).one_or_none()
        return None if row is None else ListRow(number=row.number, uri=row.uri, size=row.size)


def _place(number: int, index: int) -> tuple[sa.ColumnElement[bool], ...]:
    return status_places.c.list == number, status_places.c.place == index
