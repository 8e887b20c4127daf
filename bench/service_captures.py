"""How many captures a service carries at once: real WebSockets, ten frames a second each, against `visavis serve`.

    bench/service_captures.py [--at-once 4 8 12 16 24] [--seconds 30] [--workers 1] [--threads 2]

One JSON line a load. ``guidance_ms``: from a frame's sending to its `view`, at the client. ``decision_ms``: from the
last frame's sending to the result. ``refused``: captures that were told to come again later, which is what the service
does before it slows those that run; a client that is refused comes again after the time that it was told.
``cpu_ms_a_frame``: processor time over the frames that were answered, with all that a capture costs beside its frames;
of the service with one worker alone. A busy machine changes it least.

The holder is the laboratory's animated portrait, whose gestures were drawn before the measurement, so that the clients
take little of the machine that they share with the service: the same pictures come again, for which the injection
witness fails the captures in the end. All the work is done all the same, up to the decision and its place in the store.
"""

import argparse
import asyncio
import hashlib
import io
import json
import os
import random
import statistics
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, Final

import httpx
from PIL import Image
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed

sys.path.append(str(Path(__file__).resolve().parent.parent / "tools"))

from capture_page import HEADER, LivePage  # its own page, without the laboratory's camera
from serving import figure, percentile, serving
from visavis.adapters.service_keys import open_service_keys
from visavis.capture.challenge import Gesture, GestureStep
from visavis.capture.picture import RgbImage, read_picture
from visavis.decision.vocabulary import ReferenceSource
from visavis.evaluation.laboratory.puppet import AnimatedPortrait, Puppet
from visavis.evaluation.laboratory.stage import Cue, Subject
from visavis.service.samples import Role, Sample
from visavis.service.sealed_reading import LABEL, Reading, ReadingPlace, ReadingSeal
from visavis.wiring import open_engine

RATE: Final = 10.0
REST: Final = 80
ANSWER: Final = 26
BUDGET_MS: Final = {"guidance": 150.0, "decision": 300.0}
POLICY: Final = """
id = "bench"
version = 1
title = "For measuring how many captures are carried"
reference_source = ["document_portrait"]
alternative = "in_person"
attempts = 3
ttl = "60m"

[[requires]]
rule = "consent_in_force"
[[requires]]
rule = "single_face"
[[requires]]
rule = "bona_fide_presentation"
operating_point = "strict"
[[requires]]
rule = "comparison_at_most_fmr"
fmr = 1e-4
"""


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class Pictures:
    """JPEG frames: of a holder at rest, and of each gesture from its prompt on."""

    rest: list[bytes]
    answers: dict[Gesture, list[bytes]]

    def at(self, cue: Cue, number: int) -> bytes:
        if isinstance(cue.step, GestureStep):
            index = round(cue.since_s * RATE)
            if index < ANSWER:
                return self.answers[cue.step.gesture][index]
        place = number % (2 * REST - 2)
        return self.rest[min(place, 2 * REST - 2 - place)]


def draw(portrait: AnimatedPortrait) -> Pictures:
    def film(step: GestureStep | None, count: int) -> list[bytes]:
        subject: Subject = Puppet(portrait, random.Random(7))
        for index in range(10):
            subject.scene(Cue(time_s=index / RATE, since_s=index / RATE))
        times = ((index, 1.0 + index / RATE) for index in range(count))
        index_of_step = None if step is None else 0
        return [
            jpeg(subject.scene(Cue(time_s=at_s, step=step, index=index_of_step, since_s=index / RATE)))
            for index, at_s in times
        ]

    answers = {gesture: film(GestureStep(gesture=gesture, pause_s=0.0), ANSWER) for gesture in Gesture}
    return Pictures(rest=film(None, REST), answers=answers)


def jpeg(pixels: RgbImage) -> bytes:
    file = io.BytesIO()
    Image.fromarray(pixels).save(file, "JPEG", quality=85)
    return file.getvalue()


def pictures() -> Pictures:
    import portraits

    if not portraits.present(portraits.FOLDER):
        portraits.fetch(portraits.FOLDER)
    still = read_picture(portraits.FOLDER / "obama.jpg")
    with open_engine() as engine:
        face = engine.acquirer.acquire(still).face
    if face is None:
        raise SystemExit("The portrait shows no face.")
    return draw(AnimatedPortrait(still.pixels, face.mesh))


@dataclass(frozen=True, slots=True, kw_only=True)
class Ticket:
    """A holder who agreed and showed a document: what their page brings."""

    cookie: str
    reading: str


class Office:
    """Opens verifications over HTTP, and seals a document's reading as the upload would."""

    def __init__(self, address: str, key: str, data: Path) -> None:
        self._address = address
        self._key = key
        keys = open_service_keys(data / "keys", now=datetime.now(UTC), master=None, older=())
        self._seal = ReadingSeal(keys.derive_each(LABEL))

    def ticket(self) -> Ticket:
        headers = {"Origin": self._address, "X-Visavis": "1"}
        with httpx.Client(base_url=self._address, headers=headers, timeout=60) as client:
            opened = client.post(
                "/v1/verifications", json={"purpose": "bench"}, headers={"Authorization": f"Bearer {self._key}"}
            )
            made = opened.raise_for_status().json()
            token = made["holder_url"].split("#")[1]
            client.post("/h/v1/exchange", json={"token": token}).raise_for_status()
            notice = client.get("/h/v1/notice", params={"language": "en"}).raise_for_status().json()
            agreed = {"notice_digest": notice["digest"], "language": notice["language"]}
            client.post("/h/v1/consent", json=agreed).raise_for_status()
            cookie = client.cookies["visavis"]
        place = ReadingPlace(
            verification=made["id"],
            session=hashlib.sha256(cookie.encode()).hexdigest(),
            policy_digest=made["policy"]["digest"],
        )
        # without a template the comparison is not made, which spares a hundredth of a millisecond
        reading = Reading(
            reference=Sample(role=Role.REFERENCE, reason="no_face"), source=ReferenceSource.DOCUMENT_PORTRAIT
        )
        sealed = self._seal.seal(reading, place, expires_at=datetime.now(UTC) + timedelta(hours=1))
        return Ticket(cookie=cookie, reading=sealed)


@dataclass(slots=True)
class Seen:
    """Of one load."""

    guidance: list[float] = field(default_factory=list)
    decisions: list[float] = field(default_factory=list)
    rates: list[float] = field(default_factory=list)
    credits: list[int] = field(default_factory=list)
    outcomes: dict[str, int] = field(default_factory=dict)
    refused: int = 0
    running: int = 0
    most: int = 0


async def capture(address: str, ticket: Ticket, shown: Pictures, seen: Seen) -> float | None:
    """One capture; after how many seconds to come again where it was refused."""
    url = address.replace("http://", "ws://") + "/h/v1/capture"
    headers = {"Origin": address, "Cookie": f"visavis={ticket.cookie}"}
    async with connect(url, additional_headers=headers, compression=None, proxy=None, max_size=1 << 20) as socket:
        await socket.send(
            json.dumps({"type": "hello", "protocol": 1, "reading": ticket.reading, "opened_s": time.monotonic()})
        )
        first = json.loads(await socket.recv())
        if first["type"] != "begun":
            seen.refused += first["code"] == "capture_busy"
            seen.outcomes[first["code"]] = seen.outcomes.get(first["code"], 0) + 1
            return float(first.get("retry_after", 5))
        seen.running += 1
        seen.most = max(seen.most, seen.running)
        try:
            await Visit(socket, first["credits"], shown, seen).run()
        finally:
            seen.running -= 1
    return None


class Visit:
    """A capture under way: one task sends, one hears."""

    def __init__(self, socket: ClientConnection, credits_: int, shown: Pictures, seen: Seen) -> None:
        self._socket = socket
        self._credits = credits_
        self._shown = shown
        self._seen = seen
        self._page = LivePage()
        self._sent: list[float] = []
        self._answered = 0
        self._over = False

    async def run(self) -> None:
        began = time.monotonic()
        sending = asyncio.create_task(self._send())
        try:
            last = await self._hear()
        finally:
            self._over = True
            sending.cancel()
        spent = time.monotonic() - began
        outcome = last.get("outcome", last.get("code", "?"))
        self._seen.outcomes[outcome] = self._seen.outcomes.get(outcome, 0) + 1
        if self._answered > 20:
            self._seen.rates.append(self._answered / spent)

    async def _send(self) -> None:
        due = time.monotonic()
        try:
            while not self._over:
                due += 1 / RATE
                await asyncio.sleep(max(0.0, due - time.monotonic()))
                now = time.monotonic()
                cue = self._page.cue(now)
                if len(self._sent) - self._answered < self._credits:
                    data = self._shown.at(cue, len(self._sent))
                    self._sent.append(now)
                    await self._socket.send(HEADER.pack(1, len(self._sent) - 1, now) + data)
                told = self._page.shown()
                if told is not None:
                    await self._socket.send(told)
        except ConnectionClosed:
            return

    async def _hear(self) -> dict[str, Any]:
        while True:
            message: dict[str, Any] = json.loads(await self._socket.recv())
            now = time.monotonic()
            self._page.hear(message, now_s=now)
            if message["type"] == "view":
                self._seen.guidance.append(now - self._sent[self._answered])
                self._seen.credits.append(message["credits"])
                self._credits = message["credits"]
                self._answered += 1
            elif message["type"] == "finishing":
                self._over = True
            elif message["type"] in ("result", "error"):
                if message["type"] == "result":
                    self._seen.decisions.append(now - self._sent[self._answered - 1])
                return message


async def load(address: str, tickets: list[list[Ticket]], shown: Pictures, *, seconds: float) -> Seen:
    """A holder for each row of ``tickets``, with one capture after the other."""
    seen = Seen()
    until = time.monotonic() + seconds

    async def holder(index: int) -> None:
        await asyncio.sleep(index * 4.0 / len(tickets))  # people do not come at the same moment
        waiting = list(tickets[index])
        while waiting and time.monotonic() < until:
            wait_s = await capture(address, waiting.pop(), shown, seen)
            if wait_s is not None:
                await asyncio.sleep(min(wait_s, max(0.0, until - time.monotonic())))

    await asyncio.gather(*(holder(index) for index in range(len(tickets))))
    return seen


@contextmanager
def bench_policies() -> Iterator[str]:
    with tempfile.TemporaryDirectory() as folder:
        (Path(folder) / "bench.toml").write_text(POLICY, encoding="utf-8")
        yield folder


def memory_mb(process: int) -> float:
    """Resident, at its highest."""
    status = Path(f"/proc/{process}/status").read_text(encoding="utf-8")
    line = next(line for line in status.splitlines() if line.startswith("VmHWM"))
    return round(int(line.split()[1]) / 1024)


def processor_s(process: int) -> float:
    """What a process spent so far, all of its threads together."""
    fields = Path(f"/proc/{process}/stat").read_text(encoding="utf-8").rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def ms(values: list[float], share: float) -> float | None:
    return round(1000 * percentile(values, share), 1) if values else None


def report(at_once: int, seen: Seen, *, service_s: float, clients_s: float) -> None:
    """``service_s``, ``clients_s``: of the processor."""
    guidance, decision = ms(seen.guidance, 0.95), ms(seen.decisions, 0.95)
    figure(
        "captures_at_once",
        asked=at_once,
        most_running=seen.most,
        refused=seen.refused,
        guidance_ms={"p50": ms(seen.guidance, 0.5), "p95": guidance},
        decision_ms={"p50": ms(seen.decisions, 0.5), "p95": decision, "count": len(seen.decisions)},
        frames_a_second=round(statistics.median(seen.rates), 1) if seen.rates else None,
        least_credits=min(seen.credits, default=None),
        cpu_ms_a_frame={
            "service": round(1000 * service_s / max(1, len(seen.guidance)), 1),
            "clients": round(1000 * clients_s / max(1, len(seen.guidance)), 1),
        },
        outcomes=seen.outcomes,
        carried=seen.most == at_once and guidance is not None and guidance <= BUDGET_MS["guidance"],
        decided_in_time=decision is not None and decision <= BUDGET_MS["decision"],
    )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--at-once", type=int, nargs="+", default=[4, 8, 12, 16, 24])
    parser.add_argument("--seconds", type=float, default=30.0, help="of each load")
    parser.add_argument("--workers", type=int, default=1)
    parser.add_argument("--threads", type=int, default=2, help="for inference, in each worker")
    options = parser.parse_args()
    shown = pictures()
    with tempfile.TemporaryDirectory() as folder, bench_policies() as policies:
        data = Path(folder) / "data"
        with serving(
            data=data,
            workers=options.workers,
            captures=True,
            policies=policies,
            capture_threads=str(options.threads),
            rate_per_session="100000",
        ) as served:
            figure("service_ready", seconds=round(served.seconds, 2))
            office = Office(served.address, served.key, data)
            for at_once in options.at_once:
                tickets = [[office.ticket() for _ in range(3)] for _ in range(at_once)]
                before = processor_s(served.process), time.process_time()
                seen = asyncio.run(load(served.address, tickets, shown, seconds=options.seconds))
                after = processor_s(served.process), time.process_time()
                report(at_once, seen, service_s=after[0] - before[0], clients_s=after[1] - before[1])
            if options.workers == 1:
                figure("service_memory", highest_mb=memory_mb(served.process))


if __name__ == "__main__":
    main()
