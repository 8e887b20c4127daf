"""A service that really listens, with captures that go by a script, and a page made of Python for its other end."""

import json
import struct
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass, field, replace
from typing import Any, Self

from websockets.exceptions import ConnectionClosed
from websockets.sync.client import ClientConnection, connect

from capture_material import Stage, jpeg, make_stage
from visavis.domain.verification import Verification
from visavis.service.capture_desk import CaptureDesk, DeskOptions
from visavis.service.holder_links import HolderSession
from visavis.web.app import make_service
from visavis.web.capture.session import CaptureLimits
from visavis.web.capture.socket import PATH
from visavis.web.server import Server, open_socket
from visavis.web.setup import ServiceSetup
from web_material import make_setup

HEADER = struct.Struct(">BxxxId")
CALM = DeskOptions(frames_a_second=1e-6, long_wait_s=1e6)
"""However slow the machine of the tests is, the desk does not mind."""
LIMITS = CaptureLimits(hello_s=5.0, stall_s=5.0, shown_s=0.2, check_s=0.05)


@dataclass(kw_only=True)
class Service:
    """``desk``: of its captures."""

    stage: Stage
    setup: ServiceSetup
    desk: CaptureDesk
    server: Server
    address: str
    thread: threading.Thread

    def holder(self) -> tuple[Verification, HolderSession, str]:
        """A holder who agreed, the session, and the cookie of their device."""
        row = self.stage.consented()
        exchanged = self.setup.links.exchange(self.setup.links.issue(row))
        assert exchanged.token is not None
        return row, exchanged.session, f"visavis={exchanged.token}"

    def end(self) -> None:
        self.server.should_exit = True
        self.thread.join(30)
        assert not self.thread.is_alive()


@contextmanager
def serving(
    stage: Stage | None = None,
    *,
    options: DeskOptions | None = None,
    limits: CaptureLimits = LIMITS,
    monotonic: Callable[[], float] = time.monotonic,
) -> Iterator[Service]:
    stage = stage or make_stage()
    listener = open_socket("127.0.0.1", 0)
    address = f"127.0.0.1:{listener.getsockname()[1]}"
    desk = CaptureDesk(options or CALM, timer=monotonic)
    setup = replace(
        make_setup(stage.world),
        public_url=f"http://{address}",
        monotonic=monotonic,
        desk=desk,
        live=stage.captures,
        capture_limits=limits,
    )
    server = Server(make_service(setup), setup, seconds=5)
    thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]})
    thread.start()
    service = Service(stage=stage, setup=setup, desk=desk, server=server, address=address, thread=thread)
    try:
        yield service
    finally:
        server.should_exit = True
        thread.join(30)
        desk.close()
        listener.close()


@dataclass
class Page:
    """One visit. Times of the page's clock go up by a tenth a frame."""

    service: Service
    cookie: str = ""
    origin: str | None = None
    sent: int = 0
    socket: ClientConnection = field(init=False)
    _stack: ExitStack = field(default_factory=ExitStack)

    def __enter__(self) -> Self:
        origin = f"http://{self.service.address}" if self.origin is None else self.origin
        connecting = connect(
            f"ws://{self.service.address}{PATH}",
            additional_headers={"Origin": origin, **({"Cookie": self.cookie} if self.cookie else {})},
            compression=None,
            proxy=None,
        )
        self.socket = self._stack.enter_context(connecting)
        return self

    def __exit__(self, *_: object) -> None:
        self._stack.close()

    def send(self, kind: str, **fields: object) -> None:
        with suppress(ConnectionClosed):  # as a browser's: what is sent after the close goes nowhere
            self.socket.send(json.dumps({"type": kind, **fields}))

    def hello(self, reading: str, **fields: object) -> dict[str, Any]:
        self.send("hello", protocol=1, reading=reading, opened_s=100.0, camera="USB camera", **fields)
        return self.hear()

    def frame(self, data: bytes | None = None, *, number: int | None = None) -> None:
        at = self.sent if number is None else number
        with suppress(ConnectionClosed):
            self.socket.send(HEADER.pack(1, at, 100 + at / 10) + (jpeg(at) if data is None else data))
        self.sent += 1

    def hear(self) -> dict[str, Any]:
        message: dict[str, Any] = json.loads(self.socket.recv(timeout=30))
        return message

    def hear_until(self, kind: str) -> dict[str, Any]:
        while (message := self.hear())["type"] != kind:
            pass
        return message

    def closed(self) -> int | None:
        """The close code, once everything was heard."""
        with suppress(ConnectionClosed):
            while True:
                self.hear()
        return self.socket.close_code

    def answer(self) -> tuple[dict[str, Any], list[dict[str, Any]]]:
        """Frame after frame until the result or an error; all that was heard before it."""
        heard: list[dict[str, Any]] = []
        self.frame()
        while (message := self.hear())["type"] not in ("result", "error"):
            heard.append(message)
            prompt = message.get("prompt", {})
            if prompt.get("ask") == "light":
                start = 100 + self.sent / 10
                times = [start + index * prompt["step_s"] for index in range(len(prompt["colours"]))]
                self.send("shown", nonce=prompt["nonce"], colours=list(zip(times, prompt["colours"], strict=True)))
            if message["type"] == "view":
                with suppress(ConnectionClosed):
                    self.frame()
        return message, heard
