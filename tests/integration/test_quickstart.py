"""The quickstart of the relying party, as a reader would do it: its blocks, in their order, against a real service.

Ports are free ones, and the service looks at no pictures, so that no models are loaded: the holder's part, of which the
page says only that it happens, is played in the service's own store.
"""

import os
import re
import shutil
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from queue import Empty, Queue

import pytest

from attestation_material import accepted_evidence
from store_material import receipt
from visavis.decision.decide import decide
from visavis.service.summaries import summary_of
from visavis.service.verifications import Findings
from visavis.service_wiring import open_service
from visavis.settings import load_settings
from visavis.web.logs import open_log

pytestmark = pytest.mark.slow

PAGE = Path(__file__).parents[2] / "docs" / "quickstart" / "relying-party.md"
BLOCK = re.compile(r"(?:<!-- run: (?P<run>\S+) -->\n)?```(?P<kind>\w+)\n(?P<text>.*?)```\n", re.DOTALL)
PROGRAMS = Path(sys.executable).parent
PATIENCE = 300.0


@dataclass(frozen=True, kw_only=True)
class Block:
    run: str
    text: str


def blocks() -> list[Block]:
    found = list(BLOCK.finditer(PAGE.read_text(encoding="utf-8")))
    unmarked = [item["text"][:60] for item in found if item["run"] is None and item["kind"] != "text"]
    assert not unmarked, f"nothing says how these are run: {unmarked}"
    return [Block(run=item["run"], text=item["text"]) for item in found if item["run"] is not None]


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


class Said:
    """What a process says, line by line."""

    def __init__(self, process: "subprocess.Popen[str]") -> None:
        self.process = process
        self.heard: list[str] = []
        self._lines: Queue[str | None] = Queue()
        threading.Thread(target=self._listen, daemon=True).start()

    def _listen(self) -> None:
        assert self.process.stdout is not None
        for line in self.process.stdout:
            self._lines.put(line)
        self._lines.put(None)

    def until(self, pattern: str) -> "re.Match[str]":
        """The first line to come in which it is found."""
        end = time.monotonic() + PATIENCE
        while (left := end - time.monotonic()) > 0:
            try:
                line = self._lines.get(timeout=left)
            except Empty:
                break
            assert line is not None, f"it ended without {pattern!r}: {''.join(self.heard)}"
            self.heard.append(line)
            if found := re.search(pattern, line):
                return found
        raise AssertionError(f"{pattern!r} did not come: {''.join(self.heard)}")


@contextmanager
def started(command: list[str], folder: Path, environ: dict[str, str]) -> Iterator[Said]:
    process = subprocess.Popen(
        command, cwd=folder, env=environ, text=True, stdout=subprocess.PIPE, stderr=subprocess.STDOUT
    )
    try:
        yield Said(process)
    finally:
        process.terminate()
        process.wait(30)
        assert process.stdout is not None
        process.stdout.close()


@dataclass
class Shell:
    """A reader's shell: what one block sets, the next ones know."""

    folder: Path
    environ: dict[str, str]
    before: str = ""

    def run(self, text: str) -> str:
        # what was set is set again, and what was done is not done again
        script = f"set -euo pipefail\n{self.before}\n{text}"
        done = subprocess.run(
            ["bash", "-c", script], cwd=self.folder, env=self.environ, text=True, capture_output=True, check=False
        )
        assert done.returncode == 0, f"{text}\n{done.stdout}{done.stderr}"
        self.before += "\n".join(re.findall(r"^[A-Z]+=.*$", text, re.MULTILINE)) + "\n"
        return done.stdout


def played(data: Path, port: int, party: str, verification: str) -> None:
    """The holder agrees, shows a document and is accepted."""
    settings = load_settings({}, data=data, captures=False, port=port)
    with open_service(settings, log=open_log("error")) as setup:
        row, _ = setup.verifications.get(party, verification)
        policy = setup.policies.of_digest(row.policy_digest)
        evidence = accepted_evidence(policy)
        decision = decide(policy, evidence)
        setup.verifications.consent(party, row.id, receipt(row, setup.clock.now(), setup.identifiers))
        setup.verifications.begin_capture(party, row.id, policy)
        setup.verifications.submit(party, row.id)
        found = Findings(
            decision=decision,
            summary=summary_of(verification=row, policy=policy, decision=decision, evidence=evidence),
            person=setup.pseudonyms(party).person(issuing_state="UTO", number="L898902C3"),
            disclosed={"family_name": "ERIKSSON", "document_number": "L898902C3"},
        )
        setup.verifications.conclude(party, row.id, found, policy)


def test_the_page_does_what_it_says(tmp_path: Path) -> None:
    assert shutil.which("curl"), "curl is needed; on Debian: apt-get install curl"
    port, hooks = free_port(), free_port()
    steps: dict[str, list[str]] = {}
    for block in blocks():
        text = block.text.replace(":8000", f":{port}").replace("9000", str(hooks))
        text = text.replace(".venv/bin/", f"{PROGRAMS}/").replace("visavis serve", f"visavis serve --port {port}")
        steps.setdefault(block.run, []).append(text)
    environ = {name: value for name, value in os.environ.items() if not name.startswith("VISAVIS_")}
    environ |= {"VISAVIS_CAPTURES": "false"}
    with ExitStack() as stack:
        # exec: a signal reaches the service itself
        served = f"exec env {steps['service'][0]}"
        service = stack.enter_context(started(["bash", "-c", served], tmp_path, environ))
        party = service.until(r"\brlp_[0-9a-z]{26}\b")[0]
        key = service.until(r"vv1\.\S+")[0]
        service.until(f"serves at http://127.0.0.1:{port}")
        names = steps["names"][0].replace("rlp_...", party).replace("vv1....", key)
        known = {**environ, "SERVICE": f"http://127.0.0.1:{port}", "PARTY": party, "KEY": key}
        shell = Shell(tmp_path, known)
        shell.run(names)
        add, opened, read, verify = steps["shell"]
        shell.run(add)
        for name in ("receiver.py", "open.py", "fetch.py"):
            (tmp_path / name).write_text(steps[name][0], encoding="utf-8")
        receiver = stack.enter_context(started([sys.executable, "-u", "receiver.py"], tmp_path, known))
        shell.run(opened)
        first = shell.run(read)
        verification = re.search(r"\bver_[0-9a-z]{26}\b", first)
        assert verification is not None
        assert '"state":"requested"' in first
        lines = shell.run(f"{sys.executable} open.py").splitlines()
        assert re.fullmatch(r"ver_[0-9a-z]{26} requested 3", lines[0])
        assert lines[1].startswith(f"http://127.0.0.1:{port}/p/verify#")
        played(tmp_path / "visavis-data", port, party, verification[0])
        assert receiver.until(r"verification\.decided (ver_\w+) accepted")[1] == verification[0]
        told = shell.run(f"{sys.executable} fetch.py")
        assert "document number L898902C3" in told
        assert "policy sim_registration" in told
        assert '"outcome":"accepted"' in shell.run(read)
        assert shell.run(verify)
