"""How many requests a second the service answers: verifications opened and read, over HTTP, on one machine with this.

    bench/service_load.py [--database postgresql://...] [--workers 2] [--connections 16] [--seconds 15]

Half of the requests open a verification, with an idempotency key, and half read the one that was opened last. First as
many as it can, on connections that each ask again once they were answered; then at half of that rate, at moments that
were fixed before, each latency counted from its moment, so that a service that stalls cannot hide it. One JSON line a
figure; ``service_cpu_ms`` and ``generator_cpu_ms`` are processor time a request, which a busy machine hardly changes
(on PostgreSQL without the server's own). Without ``--database`` it is SQLite in a temporary folder; with it an empty
database, which is full of nonsense afterwards. The service loads no models; its rate limits are lifted.
"""

import argparse
import asyncio
import itertools
import json
import os
import sys
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from serving import Connection, Served, figure, percentile, processor_seconds, serving, storage_of
from visavis.adapters.sql.upgrade import upgrade

WARM_S: Final = 3.0
_OPEN: Final = json.dumps({"purpose": "sim_registration", "binding": "ab" * 32, "labels": {"shop": "bench"}}).encode()


@dataclass(slots=True)
class Load:
    """``took``: seconds, of each request by its kind. ``late``: of those, requests that were not answered 2xx."""

    served: Served
    took: dict[str, list[float]] = field(default_factory=lambda: {"open": [], "read": []})
    failed: int = 0
    numbers: Iterator[int] = field(default_factory=itertools.count)

    async def one(self, connection: Connection, last: str | None, since: float) -> str | None:
        """One request; the id of what was opened, to be read next."""
        if last is None:
            key = f"bench-{os.getpid()}-{next(self.numbers)}-{since}"
            answer = await connection.ask("POST", "/v1/verifications", _OPEN, {"Idempotency-Key": key})
            self._done("open", answer.status == 201, since)
            return str(answer.json()["id"]) if answer.status == 201 else None
        answer = await connection.ask("GET", f"/v1/verifications/{last}")
        self._done("read", answer.status == 200, since)
        return None

    def _done(self, kind: str, right: bool, since: float) -> None:
        self.took[kind].append(time.perf_counter() - since)
        self.failed += not right

    def connection(self) -> Connection:
        return Connection(self.served.address, self.served.key)

    def all(self) -> list[float]:
        return self.took["open"] + self.took["read"]


async def flat_out(served: Served, connections: int, seconds: float) -> tuple[Load, float]:
    """As many as it can; what was asked, and for how long."""
    load, began = Load(served), time.perf_counter()
    end = began + seconds

    async def ask() -> None:
        connection, last = load.connection(), None
        while (now := time.perf_counter()) < end:
            last = await load.one(connection, last, now)
        connection.close()

    await asyncio.gather(*(ask() for _ in range(connections)))
    return load, time.perf_counter() - began


async def at_rate(served: Served, rate: float, connections: int, seconds: float) -> tuple[Load, float]:
    """At moments that are fixed before: each connection takes every so-manieth."""
    load, began = Load(served), time.perf_counter() + 0.1
    count = int(rate * seconds)

    async def ask(first: int) -> None:
        connection, last = load.connection(), None
        for number in range(first, count, connections):
            due = began + number / rate
            await asyncio.sleep(max(0.0, due - time.perf_counter()))
            last = await load.one(connection, last, due)
        connection.close()

    await asyncio.gather(*(ask(first) for first in range(connections)))
    return load, time.perf_counter() - began


def told(name: str, load: Load, seconds: float, **more: object) -> float:
    """Print a figure; its requests a second."""
    rate = len(load.all()) / seconds
    latency = {
        f"{kind}_{word}_ms": round(percentile(values, share) * 1e3, 2)
        for kind, values in (("all", load.all()), *load.took.items())
        for word, share in (("p50", 0.5), ("p99", 0.99))
    }
    figure(name, **more, requests=len(load.all()), failed=load.failed, requests_s=round(rate, 1), **latency)
    return rate


def measure(served: Served, arguments: argparse.Namespace) -> None:
    if not served.key:
        raise SystemExit("This database is not empty: a new one makes the relying party that asks.")
    asyncio.run(flat_out(served, arguments.connections, WARM_S))
    about = {"database": storage_of(arguments.database), "workers": arguments.workers}
    used, own = processor_seconds(served.process), time.process_time()
    load, seconds = asyncio.run(flat_out(served, arguments.connections, arguments.seconds))
    count = max(1, len(load.all()))
    cost = {
        "service_cpu_ms": round((processor_seconds(served.process) - used) / count * 1e3, 3),
        "generator_cpu_ms": round((time.process_time() - own) / count * 1e3, 3),
    }
    rate = told("service.load.most", load, seconds, **about, connections=arguments.connections, **cost)
    half = arguments.rate or rate / 2
    load, seconds = asyncio.run(at_rate(served, half, arguments.connections, arguments.seconds))
    told("service.load.half", load, seconds, **about, asked_s=round(half, 1))


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--database", default="", help="an empty PostgreSQL; its content is nonsense afterwards")
    parser.add_argument("--workers", type=int, default=1)
    parser.add_argument("--connections", type=int, default=16)
    parser.add_argument("--seconds", type=float, default=15.0)
    parser.add_argument("--rate", type=float, help="requests a second of the second part, instead of half the first")
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="visavis-bench-") as folder:
        if arguments.database:
            upgrade(arguments.database)
        with serving(data=Path(folder) / "data", workers=arguments.workers, database=arguments.database) as served:
            measure(served, arguments)
    return 0


if __name__ == "__main__":
    sys.exit(main())
