"""`visavis serve` as a process of its own, for the measurements of the service, and clients that cost little."""

import asyncio
import json
import os
import re
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final
from urllib.parse import urlsplit

__all__ = ["Answer", "Connection", "Served", "figure", "percentile", "processor_seconds", "serving", "storage_of"]

_READY: Final = re.compile(r"visavis serves at (http://\S+?)\. ")
_PARTY: Final = re.compile(r"\brlp_[0-9a-z]{26}\b")
_KEY: Final = re.compile(r"^\s+(vv1\.\S+)$", re.MULTILINE)
_PATIENCE_S: Final = 300.0
_KEPT: Final = ("VISAVIS_CONFIG", "VISAVIS_MODELS")
"""Where the models are."""
_MANY: Final = "1000000"
"""Of requests a minute: what is measured is the service, not its limits."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Served:
    """``party`` and ``key`` are empty where the store was not new. ``seconds``: from the start to the word that it is
    ready. ``process``: its id; of several workers, of the one that watches them.
    """

    address: str
    party: str
    key: str = field(repr=False)
    process: int
    seconds: float


@contextmanager
def serving(
    *, data: Path, workers: int = 1, captures: bool = False, database: str = "", **settings: str
) -> Iterator[Served]:
    """``settings``: others, by their names without VISAVIS_. The log is shown where it does not start."""
    environ = {name: value for name, value in os.environ.items() if not name.startswith("VISAVIS_")}
    environ |= {name: value for name, value in os.environ.items() if name in _KEPT}
    given = {
        "database_url": database,
        "captures": str(captures).lower(),
        "rate_per_key": _MANY,
        "rate_per_address": _MANY,
        "log_level": "error",
        **settings,
    }
    environ |= {f"VISAVIS_{name.upper()}": value for name, value in given.items()}
    command = [sys.executable, "-m", "visavis", "serve", "--port", "0", "--data", str(data), "--workers", str(workers)]
    with tempfile.TemporaryFile("w+") as said, tempfile.TemporaryFile("w+") as log:
        began = time.monotonic()
        process = subprocess.Popen(command, env=environ, stdout=said, stderr=log)  # noqa: S603 - our own command
        try:
            words = _words(process, said.fileno(), began)
            ready = _READY.search(words)
            if ready is None:
                log.seek(0)
                raise SystemExit(f"The service did not start.\n{log.read()[-2_000:]}")
            party, key = _PARTY.search(words), _KEY.search(words)
            yield Served(
                address=ready[1],
                party=party[0] if party else "",
                key=key[1] if key else "",
                process=process.pid,
                seconds=time.monotonic() - began,
            )
        finally:
            process.terminate()
            process.wait(60)


def _words(process: "subprocess.Popen[bytes]", said: int, began: float) -> str:
    """What it printed until it was ready, or gone."""
    words = ""
    while not _READY.search(words) and process.poll() is None and time.monotonic() - began < _PATIENCE_S:
        time.sleep(0.01)
        words = os.pread(said, 100_000, 0).decode()
    return words


def processor_seconds(process: int) -> float:
    """Of a process and those below it, in their whole lives. A busy machine hardly changes it."""
    fields = Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()
    below = Path(f"/proc/{process}/task/{process}/children").read_text().split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK") + sum(
        processor_seconds(int(child)) for child in below
    )


def storage_of(database: str) -> str:
    """``sqlite`` or ``postgresql``."""
    return database.partition(":")[0].partition("+")[0] or "sqlite"


@dataclass(frozen=True, slots=True)
class Answer:
    status: int
    body: bytes

    def json(self) -> Any:  # noqa: ANN401 - whatever was answered
        return json.loads(self.body)


class Connection:
    """One HTTP/1.1 connection that is kept open: a tenth of what a whole client costs, since it shares the machine with
    the service that it measures. One request at a time.
    """

    def __init__(self, address: str, key: str) -> None:
        self._host = urlsplit(address)
        self._fixed = f"Host: {self._host.netloc}\r\nAuthorization: Bearer {key}\r\n".encode()
        self._reader: asyncio.StreamReader | None = None
        self._writer: asyncio.StreamWriter | None = None

    async def ask(self, method: str, path: str, body: bytes = b"", headers: Mapping[str, str] | None = None) -> Answer:
        """Raises ConnectionError where the service hangs up."""
        if self._reader is None or self._writer is None:
            self._reader, self._writer = await asyncio.open_connection(self._host.hostname, self._host.port)
        more = "".join(f"{name}: {value}\r\n" for name, value in (headers or {}).items())
        if body:
            more += f"Content-Type: application/json\r\nContent-Length: {len(body)}\r\n"
        self._writer.write(f"{method} {path} HTTP/1.1\r\n".encode() + self._fixed + more.encode() + b"\r\n" + body)
        head = await self._reader.readuntil(b"\r\n\r\n")
        found = re.search(rb"(?i)\r\ncontent-length: (\d+)", head)
        content = await self._reader.readexactly(int(found[1])) if found else b""
        return Answer(int(head[9:12]), content)

    def close(self) -> None:
        if self._writer is not None:
            self._writer.close()


def percentile(values: list[float], share: float) -> float:
    """Of sorted or unsorted values, the one that this share of them does not exceed."""
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, int(share * len(ordered)))]


def figure(name: str, **values: object) -> None:
    """One JSON line."""
    print(json.dumps({"figure": name, **values}), flush=True)
