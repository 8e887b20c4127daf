"""The register of lines, in tables."""

import dataclasses
import hashlib
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Connection, Row

from visavis.adapters.sql.schema import ACTIVE, disputes, line_entries, lines
from visavis.adapters.sql.statements import insert_new, page_of
from visavis.domain.lines import Dispute, DisputeEnd, Line, LineAct, LineEntry, LineStatus
from visavis.service.problems import changed_meanwhile
from visavis.service.records import Page

__all__ = ["SqlLines"]


class SqlLines:
    """A `visavis.service.ports.LineStore`."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def lock_person(self, relying_party: str, person: str) -> None:
        if self._connection.dialect.name != "postgresql":
            return  # SQLite has one writer at a time
        # an advisory lock leaves no row that would tell of a person who has no line any more
        digest = hashlib.sha256(f"lines\x00{relying_party}\x00{person}".encode()).digest()
        number = int.from_bytes(digest[:8], "big", signed=True)
        self._connection.execute(sa.select(sa.func.pg_advisory_xact_lock(number)))

    def count(self, relying_party: str, person: str) -> int:
        statement = sa.select(sa.func.count()).select_from(lines).where(*_of_person(relying_party, person))
        return int(self._connection.execute(statement).scalar_one())

    def add(self, line: Line) -> None:
        self._connection.execute(sa.insert(lines), dataclasses.asdict(line))

    def find(self, relying_party: str, line: str, *, lock: bool = False) -> Line | None:
        statement = sa.select(lines).where(lines.c.id == line, lines.c.relying_party == relying_party)
        return self._one(statement.with_for_update() if lock else statement)

    def by_number(self, relying_party: str, number: str) -> Line | None:
        return self._one(
            sa.select(lines).where(lines.c.relying_party == relying_party, lines.c.number == number, ACTIVE)
        )

    def by_card(self, relying_party: str, card: str) -> Line | None:
        return self._one(sa.select(lines).where(lines.c.relying_party == relying_party, lines.c.card == card, ACTIVE))

    def save(self, line: Line) -> Line:
        saved = dataclasses.replace(line, version=line.version + 1)
        statement = sa.update(lines).where(lines.c.id == line.id, lines.c.version == line.version)
        if self._connection.execute(statement.values(dataclasses.asdict(saved))).rowcount != 1:
            raise changed_meanwhile()
        return saved

    def of_person(self, relying_party: str, person: str, *, limit: int) -> tuple[Line, ...]:
        statement = sa.select(lines).where(*_of_person(relying_party, person)).order_by(lines.c.id.desc()).limit(limit)
        return tuple(_line(row) for row in self._connection.execute(statement))

    def page(self, relying_party: str, *, limit: int, after: str | None = None) -> Page[Line]:
        statement = sa.select(lines).where(lines.c.relying_party == relying_party)
        return page_of(self._connection, statement, lines.c.id, _line, limit=limit, after=after)

    def append(self, entry: LineEntry) -> None:
        if not insert_new(self._connection, line_entries, dataclasses.asdict(entry)):
            raise changed_meanwhile()

    def history(self, line: str, *, limit: int) -> tuple[LineEntry, ...]:
        statement = sa.select(line_entries).where(line_entries.c.line == line)
        rows = self._connection.execute(statement.order_by(line_entries.c.sequence.desc()).limit(limit))
        return tuple(
            LineEntry(
                line=row.line,
                sequence=row.sequence,
                act=LineAct(row.act),
                at=row.at,
                person=row.person,
                verifications=tuple(row.verifications),
            )
            for row in rows
        )

    def open_dispute(self, dispute: Dispute) -> None:
        self._connection.execute(sa.insert(disputes), dataclasses.asdict(dispute))

    def dispute(self, relying_party: str, dispute: str, *, lock: bool = False) -> Dispute | None:
        statement = sa.select(disputes).where(disputes.c.id == dispute, disputes.c.relying_party == relying_party)
        row = self._connection.execute(statement.with_for_update() if lock else statement).one_or_none()
        return None if row is None else _dispute(row)

    def close_dispute(self, dispute: Dispute) -> None:
        values = {"closed_at": dispute.closed_at, "end": dispute.end}
        self._connection.execute(sa.update(disputes).where(disputes.c.id == dispute.id).values(values))

    def disputes(self, relying_party: str, *, limit: int, after: str | None = None) -> Page[Dispute]:
        statement = sa.select(disputes).where(disputes.c.relying_party == relying_party, disputes.c.closed_at.is_(None))
        return page_of(self._connection, statement, disputes.c.id, _dispute, limit=limit, after=after)

    def _one(self, statement: sa.Select[Any]) -> Line | None:
        row = self._connection.execute(statement).one_or_none()
        return None if row is None else _line(row)


def _of_person(relying_party: str, person: str) -> tuple[sa.ColumnElement[bool], ...]:
    return lines.c.relying_party == relying_party, lines.c.person == person, ACTIVE


def _line(row: Row[Any]) -> Line:
    values = dict(row._mapping)  # noqa: SLF001 - a row's public way to its names
    return Line(**values | {"status": LineStatus(row.status)})


def _dispute(row: Row[Any]) -> Dispute:
    values = dict(row._mapping)  # noqa: SLF001 - a row's public way to its names
    return Dispute(**values | {"end": None if row.end is None else DisputeEnd(row.end)})
