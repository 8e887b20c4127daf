"""One WebSocket, held to its limits: what comes is read at once, with the time of its arrival, and waits its turn."""

import asyncio
import contextlib
from collections import deque
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager

from starlette.websockets import WebSocket, WebSocketDisconnect

from visavis.errors import InputError
from visavis.recorder.messages import CREDITS, ClientMessage, Frame, encode, read_frame, read_message
from visavis.recorder.setup import RecorderLimits

__all__ = ["Line", "Stopped", "open_line"]


class Stopped(Exception):  # noqa: N818  # no error: a person may stop
    """The person stopped, or went away."""


class Line:
    """``looked`` is called once for each frame that was used: the page may have `CREDITS` frames under way, no more."""

    def __init__(self, socket: WebSocket, limits: RecorderLimits, monotonic: Callable[[], float]) -> None:
        self._socket = socket
        self._limits = limits
        self._monotonic = monotonic
        # at most the messages of the rate limit wait here: a page that sends more is cut off
        self._waiting: asyncio.Queue[ClientMessage | Frame | Exception] = asyncio.Queue()
        self._times: deque[float] = deque()
        self._received = 0
        self._looked = 0

    async def send(self, kind: str, **fields: object) -> None:
        """Raises `Stopped` where nobody is there any more."""
        try:
            await self._socket.send_text(encode(kind, **fields))
        except (WebSocketDisconnect, RuntimeError) as error:
            raise Stopped from error

    async def next(self, within_s: float, code: str) -> ClientMessage | Frame:
        """The next message. Raises `Stopped`; InputError ``code`` where none comes, and what a wrong one raises."""
        try:
            async with asyncio.timeout(within_s):
                item = await self._waiting.get()
        except TimeoutError as error:
            raise InputError(code, "Nothing came from the page for a while.", advice="Begin again.") from error
        if isinstance(item, Exception):
            self._waiting.put_nowait(item)  # it stays so
            raise item
        return item

    def looked(self) -> None:
        self._looked += 1

    async def read(self) -> None:
        """Until the page goes or does what it must not; whoever waits is told."""
        try:
            while (message := await self._socket.receive())["type"] != "websocket.disconnect":
                arrived_s = self._monotonic()
                self._count(arrived_s)
                data = message.get("bytes")
                if data is None:
                    self._waiting.put_nowait(read_message(message.get("text") or ""))
                else:
                    self._waiting.put_nowait(self._frame(data, arrived_s))
            self._waiting.put_nowait(Stopped())
        except (WebSocketDisconnect, RuntimeError):
            self._waiting.put_nowait(Stopped())
        except InputError as error:
            self._waiting.put_nowait(error)

    def _count(self, now_s: float) -> None:
        times = self._times
        times.append(now_s)
        while times[0] < now_s - 1:
            times.popleft()
        if len(times) > self._limits.messages_a_second:
            raise _too_fast()

    def _frame(self, data: bytes, arrived_s: float) -> Frame:
        if self._received - self._looked >= CREDITS:
            raise _too_fast()
        most = self._limits.recording.most_frame_bytes
        frame = read_frame(data, sequence=self._received, arrived_s=arrived_s, most_bytes=most)
        self._received += 1
        return frame


def _too_fast() -> InputError:
    return InputError("capture_too_fast", "The page sent too much at once.", advice="Load the page again.")


@asynccontextmanager
async def open_line(socket: WebSocket, limits: RecorderLimits, monotonic: Callable[[], float]) -> AsyncIterator[Line]:
    line = Line(socket, limits, monotonic)
    reading = asyncio.create_task(line.read())
    try:
        yield line
    finally:
        reading.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await reading
