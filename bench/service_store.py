"""Whether the service grows slower as its store grows: open, read and list over HTTP, at two sizes of the store.

    bench/service_store.py [--sizes 1000 1000000] [--database postgresql://...] [--rounds 300]

The store is filled in bulk with decided verifications, as after years of work; then each request is made one after
another on one connection. One JSON line a figure, and at the end one for each kind of request with the ratio of the
medians. `bench/storage.py` measures the same without HTTP. Without ``--database`` it is SQLite in a temporary folder;
with it an empty database, which is full of nonsense afterwards.
"""

import argparse
import asyncio
import json
import secrets
import statistics
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from datetime import UTC, datetime
from pathlib import Path

from serving import Connection, Served, figure, percentile, serving, storage_of
from storage import PARTIES, fill
from visavis.adapters.sql import open_storage
from visavis.adapters.sql.upgrade import upgrade
from visavis.clock import SystemClock
from visavis.domain.identifiers import Identifiers
from visavis.service.api_keys import ApiKeys
from visavis.service.records import KEY_SCOPES, RelyingParty

_OPEN = json.dumps({"purpose": "sim_registration", "binding": "ab" * 32}).encode()


def party_with_key(url: str) -> str:
    """The relying party that the filled verifications belong to, and the text of a key of it."""
    with closing(open_storage(url)) as storage:
        for place, party in enumerate(PARTIES):
            row = RelyingParty(id=party, name=f"Bench {place}", created_at=datetime.now(UTC))
            with storage.writing() as unit:
                unit.relying_parties.add(row)
        keys = ApiKeys(storage=storage, clock=SystemClock(), identifiers=Identifiers(secrets.token_bytes))
        return keys.create(PARTIES[0], name="bench", scopes=tuple(KEY_SCOPES)).text


async def timed(connection: Connection, rounds: int, request: Callable[[], tuple[str, str, bytes]]) -> list[float]:
    """Milliseconds, of each round after some that warm."""
    took = []
    for number in range(20 + rounds):
        method, path, body = request()
        began = time.perf_counter()
        answer = await connection.ask(method, path, body)
        if answer.status not in (200, 201):
            raise SystemExit(f"{method} {path.partition('?')[0]}: {answer.status} {answer.body[:200]!r}")
        if number >= 20:
            took.append((time.perf_counter() - began) * 1e3)
    return took


async def measure(served: Served, key: str, size: int, kind: str, rounds: int) -> dict[str, float]:
    """The median of each kind of request, in milliseconds."""
    connection = Connection(served.address, key)
    first = (await connection.ask("GET", "/v1/verifications?limit=50")).json()
    cursors = [first.get("next_cursor")]
    for _ in range(5):
        page = (await connection.ask("GET", f"/v1/verifications?limit=50&cursor={cursors[-1]}")).json()
        cursors.append(page.get("next_cursor", cursors[0]))

    def read() -> tuple[str, str, bytes]:
        return "GET", f"/v1/verifications/ver_{secrets.randbelow(size // 2) * 2:026d}", b""

    requests: dict[str, Callable[[], tuple[str, str, bytes]]] = {
        "open": lambda: ("POST", "/v1/verifications", _OPEN),
        "read": read,
        "list": lambda: ("GET", f"/v1/verifications?limit=50&cursor={secrets.choice(cursors)}", b""),
        "list_by_state": lambda: ("GET", "/v1/verifications?limit=50&state=decided", b""),
    }
    medians = {}
    for name, request in requests.items():
        took = await timed(connection, rounds, request)
        medians[name] = statistics.median(took)
        values = {"median_ms": round(medians[name], 2), "p99_ms": round(percentile(took, 0.99), 2)}
        figure(f"service.store.{name}", database=kind, verifications=size, **values)
    connection.close()
    return medians


@contextmanager
def filled(named: str, data: Path) -> Iterator[str]:
    """The address of the database that the service is to use."""
    if named:
        upgrade(named)
        yield named
        return
    data.mkdir(parents=True)
    url = f"sqlite:///{data / 'bench.db'}"
    upgrade(url)
    yield url


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--sizes", type=int, nargs=2, default=[1_000, 1_000_000])
    parser.add_argument("--database", default="", help="an empty PostgreSQL; its content is nonsense afterwards")
    parser.add_argument("--rounds", type=int, default=300)
    arguments = parser.parse_args()
    small, large = sorted(arguments.sizes)
    with tempfile.TemporaryDirectory(prefix="visavis-bench-") as folder:
        data = Path(folder) / "data"
        with filled(arguments.database, data) as url:
            key, kind = party_with_key(url), storage_of(url)
            fill(url, 0, small - 1)
            with serving(data=data, database=url, development_party="false") as served:
                before = asyncio.run(measure(served, key, small, kind, arguments.rounds))
                fill(url, small, large - 1)
                after = asyncio.run(measure(served, key, large, kind, arguments.rounds))
    for name, median in after.items():
        figure(f"service.store.{name}.ratio", database=kind, of=[small, large], ratio=round(median / before[name], 2))
    return 0


if __name__ == "__main__":
    sys.exit(main())
