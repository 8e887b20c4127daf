"""A real `visavis serve`, in a process of its own, on this machine's loopback."""

import os
import re
import signal
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from threading import Thread
from typing import Any

import httpx

from visavis.config import load_configuration

KEY = re.compile(r"vv1\.key_[0-9a-z]{26}\.[\w-]{43}")
SERVES = re.compile(r"visavis serves at (http://\S+)\. ")
LIMIT_S = 400
"""For a start or an end: a machine that does other work is no failure."""


@dataclass(kw_only=True)
class Service:
    """``url``: where it serves; ``key``: of the relying party for development, where this was the first start."""

    process: "subprocess.Popen[str]"
    url: str
    said: list[str]
    log: Path

    @property
    def key(self) -> str | None:
        found = KEY.search("\n".join(self.said))
        return found[0] if found else None

    def get(self, path: str, *, key: str | None = None, **more: Any) -> httpx.Response:
        sent = {} if key is None else {"Authorization": f"Bearer {key}"}
        return httpx.get(self.url + path, headers=sent, timeout=LIMIT_S, trust_env=False, **more)

    def end(self, number: signal.Signals = signal.SIGTERM) -> int:
        """The exit status."""
        self.process.send_signal(number)
        return self.process.wait(LIMIT_S)


def environment(folder: Path, **settings: str) -> dict[str, str]:
    """Without this machine's own settings, but with its models."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("VISAVIS_", "XDG_"))}
    models = str(load_configuration().store)
    return {**kept, "HOME": str(folder), "VISAVIS_MODELS": models, "OMP_NUM_THREADS": "1", **settings}


def command(*arguments: object) -> list[str]:
    return [sys.executable, "-m", "visavis", *map(str, arguments)]


def run(
    folder: Path, *arguments: object, settings: Mapping[str, str] | None = None
) -> "subprocess.CompletedProcess[str]":
    """A command that ends by itself."""
    env = environment(folder, **(settings or {}))
    return subprocess.run(command(*arguments), env=env, capture_output=True, text=True, timeout=LIMIT_S, check=False)


@contextmanager
def serving(folder: Path, *arguments: object, **settings: str) -> Iterator[Service]:
    """Over the data folder ``folder/data``; without models unless ``VISAVIS_CAPTURES`` says so. Killed at the end where
    it has not ended.
    """
    log = folder / f"log{len(list(folder.glob('log*')))}"
    env = environment(folder, **{"VISAVIS_CAPTURES": "false", **settings})
    asked = command("serve", "--port", 0, "--data", folder / "data", *arguments)
    with log.open("w") as stream:
        process = subprocess.Popen(asked, env=env, stdout=subprocess.PIPE, stderr=stream, text=True)
    said: list[str] = []
    try:
        yield Service(process=process, url=_url(process, said, log), said=said, log=log)
    finally:
        if process.poll() is None:
            process.kill()
            process.wait(LIMIT_S)
        if process.stdout is not None:
            process.stdout.close()


def _url(process: "subprocess.Popen[str]", said: list[str], log: Path) -> str:
    found: list[str] = []

    def read() -> None:
        for line in process.stdout or ():
            said.append(line.rstrip("\n"))
            if match := SERVES.search(line):
                found.append(match[1])
                return

    reader = Thread(target=read, daemon=True)
    reader.start()
    reader.join(LIMIT_S)
    assert found, f"it did not start: {said} {log.read_text()[-2000:]}"
    return found[0]
