"""The captures that run in this process, so that it can go down with a word to each of them."""

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager

from visavis.errors import LimitError
from visavis.live.line import Line

__all__ = ["CaptureHub", "going_down"]


def going_down() -> LimitError:
    """The service stops; another process, or this one again, takes the next capture."""
    return LimitError("service_restarting", "The service is being restarted.", advice="Begin again.", retry_after=3)


class CaptureHub:
    """Used on the event loop."""

    def __init__(self) -> None:
        self._lines: set[Line] = set()
        self._empty = asyncio.Event()
        self._empty.set()

    @contextmanager
    def entered(self, line: Line) -> Iterator[None]:
        self._lines.add(line)
        self._empty.clear()
        try:
            yield
        finally:
            self._lines.discard(line)
            if not self._lines:
                self._empty.set()

    async def close(self) -> None:
        """End every capture, and wait until each has told its page and the store."""
        for line in self._lines:
            line.end(going_down())
        await self._empty.wait()
