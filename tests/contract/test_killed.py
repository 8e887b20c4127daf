"""A writer is killed at random moments: no decision is lost or doubled, no event is lost, no line is there twice."""

import collections
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import sqlalchemy as sa

from store_material import make_world
from visavis.adapters.sql import open_storage
from visavis.adapters.sql.engine import open_engine
from visavis.adapters.sql.schema import decisions, grant_uses, line_entries, lines, outbox, verifications

TESTS = Path(__file__).resolve().parent.parent
KILLS = int(os.environ.get("VISAVIS_TEST_KILLS", "12"))
"""By hand: 200."""


def test_nothing_is_lost_doubled_or_half_done(url: str) -> None:
    storage = open_storage(url)
    party = make_world(storage).party.id
    storage.close()
    command = [sys.executable, str(TESTS / "killed_writers.py"), url, party, str(KILLS), "20270301"]
    done = subprocess.run(command, capture_output=True, text=True, timeout=600 + 10 * KILLS, check=False)
    assert done.returncode == 0, done.stderr[-3000:]
    said = collections.defaultdict(set)
    for word, *rest in (line.split() for line in done.stdout.splitlines()):
        said[word].update(rest)
    assert said["decided"], "no writer came to anything: the test shows nothing"

    engine = open_engine(url)
    with engine.connect() as connection:

        def column(statement: sa.Select[Any]) -> list[str]:
            return list(connection.execute(statement).scalars())

        decided = column(sa.select(verifications.c.id).where(verifications.c.state == "decided"))
        recorded = column(sa.select(decisions.c.verification))
        told = column(sa.select(outbox.c.subject).where(outbox.c.kind == "verification.decided"))
        assert said["decided"] <= set(decided)
        assert sorted(decided) == sorted(recorded) == sorted(told)

        registered = column(sa.select(lines.c.id))
        assert said["line"] <= set(registered)
        assert sorted(registered) == sorted(
            column(sa.select(outbox.c.subject).where(outbox.c.kind == "line.registered"))
        )
        assert sorted(registered) == sorted(column(sa.select(line_entries.c.line)))
        used = column(sa.select(grant_uses.c.verification))
        entries = connection.execute(sa.select(line_entries.c.verifications)).scalars()
        assert sorted(used) == sorted(name for row in entries for name in row)
        for each in (lines.c.number, lines.c.card):
            assert all(count == 1 for count in collections.Counter(column(sa.select(each))).values())
        assert max(collections.Counter(column(sa.select(lines.c.person))).values(), default=0) <= 5

        waiting = column(sa.select(outbox.c.event).where(outbox.c.status == "pending"))
        delivered = column(sa.select(outbox.c.event).where(outbox.c.status == "delivered"))
        assert said["told"] <= set(delivered)
        assert len(waiting) + len(delivered) == 2 * len(decided) + len(registered) + _only_consented(connection)
        if connection.dialect.name == "sqlite":
            assert connection.exec_driver_sql("PRAGMA integrity_check").scalar_one() == "ok"
    engine.dispose()


def _only_consented(connection: sa.Connection) -> int:
    """Verifications that a writer left between consent and decision: one event each."""
    states = ("consented", "capturing", "submitted")
    found = connection.execute(sa.select(sa.func.count()).where(verifications.c.state.in_(states))).scalar_one()
    return int(found)
