"""A writer is killed at random moments: no decision is lost or doubled, nor an event, nor an act of the audit log; the
log is whole, and no line is there twice.
"""

import collections
import os
import subprocess
import sys
from contextlib import closing
from pathlib import Path
from typing import Any

import sqlalchemy as sa

from audit_material import KEYS, LOG, trail
from store_material import make_world
from visavis.adapters.sql import open_storage
from visavis.adapters.sql.engine import open_engine
from visavis.adapters.sql.schema import decisions, grant_uses, line_entries, lines, outbox, verifications
from visavis.audit.entry import read_entry
from visavis.service.audit_check import check_stored, stored_lines

TESTS = Path(__file__).resolve().parent.parent
KILLS = int(os.environ.get("VISAVIS_TEST_KILLS", "8"))
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
        states = {row.id: row.state for row in connection.execute(sa.select(verifications.c.id, verifications.c.state))}
    engine.dispose()
    _check_the_log(url, states, set(registered), heads=max(map(int, said["head"]), default=-1))


STEPS = ("opened", "consented", "capture_begun", "submitted", "decided")
STATES = dict(zip(("requested", "consented", "capturing", "submitted", "decided"), range(1, 6), strict=True))


def _check_the_log(url: str, states: dict[str, str], registered: set[str], *, heads: int) -> None:
    """Of every verification the acts up to its state, and of every line its registration, each once."""
    with closing(open_storage(url)) as storage:
        assert trail(storage).sign_head().head.number > heads  # the last one that a writer was told of is there
        report = check_stored(storage, keys=KEYS, log=LOG)
        assert report.whole
        acts = [read_entry(line)[0].act for line in stored_lines(storage) if not line.startswith(b'{"head":')]
    told = collections.defaultdict(list)
    for act in acts:
        told[act.subject].append(act.act)
    for verification, state in states.items():
        assert told.pop(verification) == [f"verification.{step}" for step in STEPS[: STATES[state]]]
    for line in registered:
        assert told.pop(line) == ["line.registered"]
    assert not told


def _only_consented(connection: sa.Connection) -> int:
    """Verifications that a writer left between consent and decision: one event each."""
    states = ("consented", "capturing", "submitted")
    found = connection.execute(sa.select(sa.func.count()).where(verifications.c.state.in_(states))).scalar_one()
    return int(found)
