"""One WebSocket, held to its limits: what comes is read at once, with the time of its arrival, and waits its turn."""

import asyncio
import contextlib
from collections import deque
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass

from starlette.websockets import WebSocket, WebSocketDisconnect

from visavis.errors import InputError, VisavisError
from visavis.live.messages import CREDITS, Frame, encode, read_frame

__all__ = ["Line", "LineLimits", "Stopped", "open_line"]


class Stopped(Exception):  # noqa: N818  # no error: a person may stop
    """The person stopped, or went away."""


@dataclass(frozen=True, slots=True, kw_only=True)
class LineLimits:
    """``messages_a_second``: of any kind, over any second. ``most_frame_bytes``: one JPEG; ``most_bytes``: of all that
    comes.
    """

    messages_a_second: int = 60
    most_frame_bytes: int = 2_000_000
    most_bytes: int = 300_000_000


class Line:
    """``read_message`` makes a message of a text, or raises InputError. ``looked`` is called once for each frame that
    was used: the page may have `CREDITS` frames under way, no more.
    """

    def __init__(
        self,
        socket: WebSocket,
        limits: LineLimits,
        monotonic: Callable[[], float],
        read_message: Callable[[str], object],
    ) -> None:
        self._socket = socket
        self._limits = limits
        self._monotonic = monotonic
        self._read_message = read_message
        # at most the messages of the rate limit wait here: a page that sends more is cut off
        self._waiting: asyncio.Queue[object] = asyncio.Queue()
        self._times: deque[float] = deque()
        self._received = 0
        self._bytes = 0
        self._looked = 0

    async def send(self, kind: str, **fields: object) -> None:
        """Raises `Stopped` where nobody is there any more."""
        try:
            await self._socket.send_text(encode(kind, **fields))
        except (WebSocketDisconnect, RuntimeError) as error:
            raise Stopped from error

    async def next(self, within_s: float, code: str) -> object:
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

    def end(self, why: VisavisError) -> None:
        """Whoever takes the next message is given this instead."""
        self._waiting.put_nowait(why)

    async def read(self) -> None:
        """Until the page goes or does what it must not; whoever waits is told."""
        try:
            while (message := await self._socket.receive())["type"] != "websocket.disconnect":
                arrived_s = self._monotonic()
                data = message.get("bytes")
                text = message.get("text") or ""
                self._count(arrived_s, len(text) if data is None else len(data))
                if data is None:
                    self._waiting.put_nowait(self._read_message(text))
                else:
                    self._waiting.put_nowait(self._frame(data, arrived_s))
            self._waiting.put_nowait(Stopped())
        except (WebSocketDisconnect, RuntimeError):
            self._waiting.put_nowait(Stopped())
        except InputError as error:
            self._waiting.put_nowait(error)

    def _count(self, now_s: float, size: int) -> None:
        times = self._times
        times.append(now_s)
        while times[0] < now_s - 1:
            times.popleft()
        self._bytes += size
        if len(times) > self._limits.messages_a_second or self._bytes > self._limits.most_bytes:
            raise _too_fast()

    def _frame(self, data: bytes, arrived_s: float) -> Frame:
        if self._received - self._looked >= CREDITS:
            raise _too_fast()
        most = self._limits.most_frame_bytes
        frame = read_frame(data, sequence=self._received, arrived_s=arrived_s, most_bytes=most)
        self._received += 1
        return frame


def _too_fast() -> InputError:
    return InputError("capture_too_fast", "The page sent too much at once.", advice="Load the page again.")


@asynccontextmanager
async def open_line(
    socket: WebSocket,
    limits: LineLimits,
    monotonic: Callable[[], float],
    read_message: Callable[[str], object],
) -> AsyncIterator[Line]:
    line = Line(socket, limits, monotonic, read_message)
    reading = asyncio.create_task(line.read())
    try:
        yield line
    finally:
        reading.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await reading
