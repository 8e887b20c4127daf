"""Figures in tables: each step appends a note, and notes are added up by one worker at a time."""

from collections import Counter
from collections.abc import Iterable, Mapping
from datetime import UTC, date, datetime, timedelta
from typing import Any, Final

import msgspec
import sqlalchemy as sa
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.engine import Connection

from visavis.adapters.sql.columns import Moment
from visavis.adapters.sql.schema import verifications
from visavis.adapters.sql.schema_figures import figure_notes, figures
from visavis.domain.states import Requested, state_name
from visavis.service.figure_records import DAILY, FigureKind, Tally

__all__ = ["SqlFigures"]

_UPSERT: Final[Mapping[str, Any]] = {"sqlite": sqlite.insert, "postgresql": postgresql.insert}
_DAY: Final = timedelta(days=1)
_DAY_US: Final = _DAY // timedelta(microseconds=1)
_EPOCH: Final = date(1970, 1, 1)
_NOTE: Final = sa.insert(figure_notes)
_NOTED: Final = "noted"
_WAITING: Final = "waiting"
_KEY: Final = ("relying_party", "day", "policy", "kind", "value")


class SqlFigures:
    """A `visavis.service.figure_records.FigureStore`."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def note(self, relying_party: str, policy: str, day: date, marks: Iterable[tuple[FigureKind, str]]) -> None:
        values = {"relying_party": relying_party, "day": day.isoformat(), "policy": policy, "marks": list(marks)}
        self._connection.execute(_NOTE, values)

    def waiting(self) -> bool:
        return self._connection.execute(sa.select(figure_notes.c.number).limit(1)).first() is not None

    def fold(self, *, limit: int) -> int:
        oldest = sa.select(figure_notes).order_by(figure_notes.c.number).limit(limit)
        rows = self._connection.execute(oldest.with_for_update(skip_locked=True)).all()
        if not rows:
            return 0
        counts: Counter[tuple[str, ...]] = Counter()
        for row in rows:
            for kind, value in row.marks:
                counts[row.relying_party, row.day, row.policy, kind, value] += 1
        insert = _UPSERT[self._connection.dialect.name](figures)
        adds = insert.on_conflict_do_update(
            index_elements=list(figures.primary_key), set_={"count": figures.c.count + insert.excluded.count}
        )
        # in one order, so that two workers who add to the same counts never wait for each other
        self._connection.execute(
            adds, [dict(zip(_KEY, key, strict=True)) | {"count": count} for key, count in sorted(counts.items())]
        )
        self._connection.execute(sa.delete(figure_notes).where(figure_notes.c.number.in_([row.number for row in rows])))
        return len(rows)

    def of_party(self, relying_party: str, *, first: date, last: date, policy: str | None = None) -> tuple[Tally, ...]:
        sums: Counter[tuple[str, str, str, str]] = Counter()
        # one statement: it sees a note either where it waits or where it was added, and a verification either where it
        # waits for consent or as counted
        for row in self._connection.execute(_all_of(relying_party, first, last, policy)):
            if row.kind == _NOTED:
                for kind, value in msgspec.json.decode(row.value):
                    sums[row.policy, row.day if kind in DAILY else "", kind, value] += 1
            elif row.kind == _WAITING:
                day = (_EPOCH + _DAY * row.number).isoformat()
                sums[row.policy, day, FigureKind.OPENED, ""] += row.total
            else:
                sums[row.policy, row.day, row.kind, row.value] += row.total
        return tuple(
            Tally(
                policy=purpose,
                day=date.fromisoformat(day) if day else None,
                kind=FigureKind(kind),
                value=value,
                count=count,
            )
            for (purpose, day, kind, value), count in sums.items()
        )


def _all_of(relying_party: str, first: date, last: date, policy: str | None) -> sa.CompoundSelect[Any]:
    """What was counted, what waits to be counted, and what waits for consent."""
    nothing, zero = sa.literal_column("''", sa.Text), sa.literal_column("0", sa.BigInteger)
    daily = figures.c.kind.in_(sorted(DAILY))
    day = sa.case((daily, figures.c.day), else_=nothing).label("day")
    counted = (
        sa.select(
            day,
            figures.c.policy,
            figures.c.kind,
            figures.c.value,
            sa.cast(sa.func.sum(figures.c.count), sa.BigInteger).label("total"),
            zero.label("number"),
        )
        .where(figures.c.relying_party == relying_party)
        .where(figures.c.day.between(first.isoformat(), last.isoformat()))
        .group_by(day, figures.c.policy, figures.c.kind, figures.c.value)
    )
    noted = (
        sa.select(
            figure_notes.c.day,
            figure_notes.c.policy,
            sa.literal_column(f"'{_NOTED}'"),
            sa.type_coerce(figure_notes.c.marks, sa.Text),
            zero,
            zero,
        )
        .where(figure_notes.c.relying_party == relying_party)
        .where(figure_notes.c.day.between(first.isoformat(), last.isoformat()))
    )
    number = sa.type_coerce(verifications.c.opened_at, sa.BigInteger) // sa.literal_column(str(_DAY_US), sa.BigInteger)
    begin, end = _midnight(first), _midnight(last) + _DAY
    waiting = (
        sa.select(
            nothing, verifications.c.purpose, sa.literal_column(f"'{_WAITING}'"), nothing, sa.func.count(), number
        )
        .where(verifications.c.relying_party == relying_party)
        .where(verifications.c.state == state_name(Requested))
        .where(
            verifications.c.opened_at >= sa.literal(begin, Moment), verifications.c.opened_at < sa.literal(end, Moment)
        )
        .group_by(verifications.c.purpose, number)
    )
    if policy is not None:
        counted = counted.where(figures.c.policy == policy)
        noted = noted.where(figure_notes.c.policy == policy)
        waiting = waiting.where(verifications.c.purpose == policy)
    return sa.union_all(counted, noted, waiting)


def _midnight(day: date) -> datetime:
    return datetime(day.year, day.month, day.day, tzinfo=UTC)
