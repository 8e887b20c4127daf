"""Going down politely: what must be told before the connections are closed."""

import asyncio
from collections.abc import Awaitable, Callable

__all__ = ["Shutdown"]


class Shutdown:
    """The capture desk registers here what ends its captures with a word to their holders. Used on the event loop."""

    def __init__(self) -> None:
        self._begun = False
        self._acts: list[Callable[[], Awaitable[None]]] = []

    @property
    def begun(self) -> bool:
        """Whether no new capture should begin any more."""
        return self._begun

    def register(self, act: Callable[[], Awaitable[None]]) -> None:
        """``act`` is awaited once, beside the others, before any connection is closed. What it raises is dropped: the
        service goes down all the same.
        """
        self._acts.append(act)

    async def begin(self, *, seconds: float) -> None:
        """Do what was registered, for at most that long. A second call does nothing."""
        if self._begun:
            return
        self._begun = True
        waiting = asyncio.gather(*(act() for act in self._acts), return_exceptions=True)
        await asyncio.wait([waiting], timeout=seconds)
