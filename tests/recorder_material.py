"""A recorder that runs, an analyser that follows a script, and a page made of Python for its other end."""

import io
import json
import random
import struct
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Self, cast

import uvicorn
from PIL import Image
from websockets.exceptions import ConnectionClosed
from websockets.sync.client import ClientConnection, connect

from visavis.adapters.recording_keys import MasterKey
from visavis.capture.challenge import Challenge, ChallengePolicy
from visavis.capture.picture import Picture
from visavis.clock import FixedClock
from visavis.domain.evidence import Outcome
from visavis.errors import VisavisError
from visavis.pad.evidence import Witness, WitnessEvidence
from visavis.pad.guidance import Guidance
from visavis.pad.injection import StreamFacts
from visavis.pad.observation import FrameObservation
from visavis.pad.presentation import PresentationFindings, View
from visavis.pad.trace import Trace
from visavis.recorder.serve import serve
from visavis.recorder.setup import Analysis, Kept, RecorderLimits, RecorderSetup

NOW = datetime(2026, 11, 22, 5, 0, tzinfo=UTC)
KEY = MasterKey(bytes(range(32)))
NOTHING = cast("FrameObservation", None)
NO_TRACE = cast("Trace", None)


@dataclass
class Scripted:
    """Asks for each step in turn: two frames of rest, then ``frames_each`` of the prompt; then it is over.

    ``paused``: the frames, from 1, at which the face is gone, so that the colours wait.
    """

    challenge: Challenge
    frames_each: int = 2
    passes: bool = True
    guidance: Sequence[Guidance] = (Guidance.CLOSER,)
    paused: Sequence[int] = ()
    seen: list[tuple[float, float, int]] = field(default_factory=list)
    facts: StreamFacts | None = None

    def see(self, picture: Picture, *, captured_s: float, arrived_s: float, encoding: str = "") -> View:
        assert encoding
        self.seen.append((captured_s, arrived_s, picture.width))
        count, turn = len(self.seen), 2 + self.frames_each
        step, place = divmod(count - 1, turn)
        over = count >= turn * len(self.challenge.steps)
        prompt = step if place >= 2 and step < len(self.challenge.steps) and not over else None
        return View(
            prompt=prompt,
            guidance=tuple(self.guidance),
            over=over,
            light_paused=count in self.paused,
            observation=NOTHING,
        )

    def finish(self, facts: StreamFacts) -> PresentationFindings:
        self.facts = facts
        outcome = Outcome.PASS if self.passes else Outcome.INCONCLUSIVE
        active = WitnessEvidence(witness=Witness.ACTIVE, outcome=outcome, reasons=("gesture_missing",))
        return PresentationFindings(witnesses=(active,), trace=NO_TRACE, guidance={})


@dataclass
class Steered:
    """Asks for what a test says, for as long as it says so."""

    challenge: Challenge
    prompt: int | None = None
    paused: bool = False
    over: bool = False

    def see(self, picture: Picture, *, captured_s: float, arrived_s: float, encoding: str = "") -> View:
        return View(prompt=self.prompt, guidance=(), over=self.over, light_paused=self.paused, observation=NOTHING)

    def finish(self, facts: StreamFacts) -> PresentationFindings:
        active = WitnessEvidence(witness=Witness.ACTIVE, outcome=Outcome.PASS)
        return PresentationFindings(witnesses=(active,), trace=NO_TRACE, guidance={})


@dataclass
class Recorder:
    """A recorder under way on this machine's loopback."""

    links: list[str]
    kept: list[Kept]
    analyses: list[Scripted]
    server: list[uvicorn.Server]
    troubles: list[VisavisError]
    faults: list[Exception]
    thread: threading.Thread = field(default_factory=threading.Thread)

    @property
    def host(self) -> str:
        return self.links[0].split("/")[2]

    @property
    def token(self) -> str:
        return self.links[-1].split("#")[1]


def setup_of(folder: Path, **changes: Any) -> RecorderSetup:
    clock = iter(range(10**9))

    def nothing(_: object) -> None:
        pass

    base = RecorderSetup(
        folder=folder,
        key=KEY,
        operator="Example Telecom",
        contact="privacy@telecom.example",
        policy=ChallengePolicy(),
        analyse=Scripted,
        rng=random.Random(5),
        clock=FixedClock(NOW),
        monotonic=lambda: next(clock) / 20,
        announce=nothing,
        keep=nothing,
        trouble=nothing,
        limits=RecorderLimits(shown_s=0.2, stall_s=3),
    )
    return replace(base, **changes)


@contextmanager
def running(setup: RecorderSetup, analyse: Callable[[Challenge], Analysis] | None = None) -> Iterator[Recorder]:
    links: list[str] = []
    kept: list[Kept] = []
    analyses: list[Scripted] = []
    servers: list[uvicorn.Server] = []
    troubles: list[VisavisError] = []
    faults: list[Exception] = []
    ready = threading.Event()

    def opened(challenge: Challenge) -> Analysis:
        analysis = (analyse or setup.analyse)(challenge)
        if isinstance(analysis, Scripted):
            analyses.append(analysis)
        return analysis

    def begin(server: uvicorn.Server) -> None:
        servers.append(server)
        ready.set()

    listening = replace(setup, announce=links.append, keep=kept.append, trouble=troubles.append, analyse=opened)

    def run() -> None:
        try:
            serve(listening, ready=begin)
        except RuntimeError as error:
            faults.append(error)

    thread = threading.Thread(target=run, daemon=True)
    thread.start()
    assert ready.wait(20)
    try:
        yield Recorder(
            links=links,
            kept=kept,
            analyses=analyses,
            thread=thread,
            server=servers,
            troubles=troubles,
            faults=faults,
        )
    finally:
        servers[0].should_exit = True
        thread.join(20)
        assert not thread.is_alive()


def jpeg(number: int = 0, *, width: int = 160, height: int = 120) -> bytes:
    file = io.BytesIO()
    Image.new("RGB", (width, height), (number % 256, 90, 120)).save(file, "JPEG", quality=80)
    return file.getvalue()


class PageOfPython:
    """What the page's own scripts do, as far as the recorder can see."""

    def __init__(self, recorder: Recorder, *, origin: str | None = None, host: str | None = None) -> None:
        self._recorder = recorder
        headers = {} if host is None else {"Host": host}
        self._connecting = connect(
            f"ws://{recorder.host}/capture",
            origin=cast("Any", origin or f"http://{recorder.host}"),
            additional_headers=headers,
            proxy=None,
        )
        self.sequence = 0

    def __enter__(self) -> Self:
        self.socket: ClientConnection = self._connecting.__enter__()
        return self

    def __exit__(self, *_: object) -> None:
        self._connecting.__exit__(None, None, None)

    def send(self, kind: str, **fields: object) -> None:
        self._post(json.dumps({"type": kind, **fields}))

    def _post(self, message: str | bytes) -> None:
        with suppress(ConnectionClosed):  # as a browser's: what is sent after the close goes nowhere
            self.socket.send(message)

    def hear(self) -> dict[str, Any]:
        message: dict[str, Any] = json.loads(self.socket.recv(timeout=20))
        return message

    def hear_until(self, *kinds: str) -> dict[str, Any]:
        while (message := self.hear())["type"] not in kinds:
            pass
        return message

    def hello(self, token: str | None = None) -> dict[str, Any]:
        self.send("hello", token=self._recorder.token if token is None else token)
        return self.hear()

    def begin(self, **changes: object) -> None:
        fields: dict[str, object] = {
            "consent": True,
            "participant": "P-017",
            "language": "zh-Hans",
            "light": True,
            "camera": "USB camera",
            "opened_s": 100.0,
        }
        self.send("begin", **(fields | changes))

    def frame(self, data: bytes | None = None, *, time_s: float | None = None) -> None:
        when = 100.0 + self.sequence / 10 if time_s is None else time_s
        body = jpeg(self.sequence) if data is None else data
        self._post(struct.pack(">B3xId", 1, self.sequence, when) + body)
        self.sequence += 1

    def answer(self) -> tuple[dict[str, Any], list[dict[str, Any]]]:
        """Frames until the recorder has enough; its result, and the prompts that it sent before."""
        assert self.hear()["type"] == "begun"
        prompts: list[dict[str, Any]] = []
        self.frame()
        while True:
            message = self.hear()
            if message["type"] == "prompt":
                prompts.append(message["prompt"])
                if message["prompt"]["ask"] == "light":
                    colours = [[103 + 0.4 * i, colour] for i, colour in enumerate(message["prompt"]["colours"])]
                    self.send("shown", nonce=message["prompt"]["nonce"], colours=colours)
            elif message["type"] == "view":
                self.frame()
            elif message["type"] in ("result", "error"):
                return message, prompts
