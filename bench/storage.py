"""How fast the store opens, reads, lists and sweeps verifications, at one thousand and at one million of them.

    bench/storage.py [--sizes 1000 1000000] [--database postgresql://...]

One JSON line a figure; ``own_cpu_ms`` is the processor's time of this process alone, which a busy machine hardly
changes: on SQLite all of the work but the waiting for the disk, on PostgreSQL our part of it. Without ``--database`` a
SQLite file in a temporary folder is used, on the disk of that folder; with it, a database that must be empty, and is
full of nonsense afterwards.
"""

import argparse
import json
import secrets
import statistics
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Final

import sqlalchemy as sa

from visavis.adapters.sql import SqlStorage, open_storage
from visavis.adapters.sql.engine import open_engine
from visavis.adapters.sql.upgrade import upgrade
from visavis.domain.identifiers import Identifiers, Kind
from visavis.domain.states import Requested
from visavis.domain.verification import Opening, Verification

ROUNDS: Final = 200
PARTIES: Final = ("rlp_" + "0" * 26, "rlp_" + "1" * 26)
NUMBERS: Final = {
    "sqlite": "WITH RECURSIVE numbers(n) AS (SELECT {first} UNION ALL SELECT n + 1 FROM numbers WHERE n < {last})",
    "postgresql": "WITH numbers(n) AS (SELECT * FROM generate_series({first}, {last}))",
}
IDS: Final = {"sqlite": "printf('ver_%026d', n)", "postgresql": "'ver_' || lpad(n::text, 26, '0')"}
FILL: Final = """
INSERT INTO verifications (
    id, relying_party, purpose, policy_version, policy_digest, binding, language, labels, attempts,
    opened_at, expires_at, state, state_data, person, version
)
{numbers}
SELECT
    {id}, CASE WHEN (n / 2) * 2 = n THEN '{even}' ELSE '{odd}' END, 'bench', 1, '{digest}', '{digest}', 'en', '{{}}', 3,
    n, n + 900000000, 'decided', '{{"at":"2027-03-01T09:00:00Z","receipt":"r","conclusion":"accepted"}}', '{person}', 5
FROM numbers
"""


def fill(url: str, first: int, last: int) -> None:
    """Decided verifications, as after years of work; their ids sort before all that are opened from now on."""
    engine = open_engine(url)
    kind = engine.dialect.name
    words = {"even": PARTIES[0], "odd": PARTIES[1], "digest": "a" * 64, "person": "p" * 43, "id": IDS[kind]}
    with engine.begin() as connection:
        connection.exec_driver_sql("SET LOCAL statement_timeout = 0" if kind == "postgresql" else "SELECT 1")
        connection.exec_driver_sql(FILL.format(numbers=NUMBERS[kind].format(first=first, last=last), **words))
    with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        connection.exec_driver_sql("ANALYZE verifications")
    engine.dispose()


def measured(what: str, size: int, kind: str, act: Callable[[], object]) -> None:
    for _ in range(20):
        act()
    times, work = [], []
    for _ in range(ROUNDS):
        begin, used = time.perf_counter(), time.process_time()
        act()
        times.append((time.perf_counter() - begin) * 1e3)
        work.append((time.process_time() - used) * 1e3)
    times.sort()
    figure = {
        "median_ms": round(statistics.median(times), 3),
        "p99_ms": round(times[int(len(times) * 0.99)], 3),
        "own_cpu_ms": round(statistics.median(work), 3),
    }
    print(json.dumps({"figure": f"storage.{what}", "database": kind, "verifications": size, **figure}), flush=True)


def measure(storage: SqlStorage, size: int, kind: str) -> None:
    ids, now = Identifiers(secrets.token_bytes), datetime.now(UTC)

    def new() -> Verification:
        return Verification(
            id=ids.new(Kind.VERIFICATION, now),
            relying_party=PARTIES[0],
            opening=Opening(purpose="bench", binding="b" * 64),
            policy_version=1,
            policy_digest="a" * 64,
            attempts=3,
            opened_at=now,
            expires_at=now + timedelta(minutes=15),
            state=Requested(at=now),
        )

    def write() -> None:
        with storage.writing() as unit:
            unit.verifications.add(new())

    def read() -> None:
        number = secrets.randbelow(size // 2) * 2
        with storage.reading() as unit:
            unit.verifications.find(PARTIES[0], f"ver_{number:026d}")

    def listed(state: str | None) -> Callable[[], None]:
        def act() -> None:
            with storage.reading() as unit:
                unit.verifications.page(PARTIES[0], limit=50, after=f"ver_{secrets.randbelow(size):026d}", state=state)

        return act

    def sweep() -> None:
        with storage.writing() as unit:
            unit.verifications.overdue(now, limit=50)

    measured("open", size, kind, write)
    measured("read", size, kind, read)
    measured("list", size, kind, listed(None))
    measured("list_by_state", size, kind, listed("decided"))
    measured("sweep", size, kind, sweep)


@contextmanager
def address(named: str | None) -> Iterator[str]:
    if named is not None:
        yield named
        return
    with tempfile.TemporaryDirectory(prefix="visavis-bench-") as folder:
        yield f"sqlite:///{Path(folder) / 'store.db'}"


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--sizes", type=int, nargs="+", default=[1_000, 1_000_000])
    parser.add_argument("--database", help="an empty database; its content is replaced by nonsense")
    arguments = parser.parse_args()
    with address(arguments.database) as url:
        upgrade(url)
        storage, there = open_storage(url), 0
        kind = sa.make_url(url).get_backend_name()
        for size in sorted(arguments.sizes):
            fill(url, there, size - 1)
            there = size
            measure(storage, size, kind)
        storage.close()
    return 0


if __name__ == "__main__":
    sys.exit(main())
