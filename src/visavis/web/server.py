"""A process that serves: uvicorn on a socket that is open already, and an end that leaves nobody without a word."""

import asyncio
import contextlib
import socket
from collections.abc import AsyncIterator, Callable, Iterator
from typing import Final

import uvicorn
from anyio import to_thread
from fastapi import FastAPI

from visavis.errors import ConfigurationError
from visavis.web.setup import ServiceSetup

__all__ = ["Server", "lifespan", "open_socket"]

_BACKLOG: Final = 1024
_CONNECTIONS: Final = 2_000
"""At once in one process; more are answered with 503."""
_MESSAGE_BYTES: Final = 1_100_000
"""Of a message over a WebSocket; the capture's own limit is smaller."""
_LOOK_S: Final = 2.0
_FAREWELL: Final = 0.5
"""The part of the time for going down that captures may take to say so."""


def open_socket(host: str, port: int) -> socket.socket:
    """Bound and listening; port 0 takes a free one. Raises ConfigurationError ``address_not_usable``."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    # the protocol is named: asyncio sends small answers at once (TCP_NODELAY) only where it knows that this is TCP
    listener = socket.socket(family, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    try:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind((host, port))
        listener.listen(_BACKLOG)
    except OSError as error:
        listener.close()
        raise ConfigurationError(
            "address_not_usable",
            f"Port {port} of the address to serve at cannot be used.",
            advice="Name another with --port or --host, or end what uses it.",
        ) from error
    return listener


@contextlib.asynccontextmanager
async def lifespan(_app: FastAPI, *, setup: ServiceSetup) -> AsyncIterator[None]:
    """Of the application: its threads, and a look at how full its pools are every other second."""
    to_thread.current_default_thread_limiter().total_tokens = setup.limits.threads
    watching = asyncio.create_task(_watch(setup))
    try:
        yield
    finally:
        watching.cancel()


async def _watch(setup: ServiceSetup) -> None:
    threads = to_thread.current_default_thread_limiter()
    while True:
        setup.telemetry.pool("threads", busy=threads.borrowed_tokens, size=int(threads.total_tokens))
        for name, look in setup.pools.items():
            busy, size = look()
            setup.telemetry.pool(name, busy=busy, size=size)
        await asyncio.sleep(_LOOK_S)


class Server(uvicorn.Server):
    """``ready`` is called once requests are taken. A signal ends it: captures are told, requests are finished."""

    def __init__(
        self,
        app: FastAPI,
        setup: ServiceSetup,
        *,
        seconds: int,
        trusted_proxies: str = "",
        ready: Callable[[], None] | None = None,
    ) -> None:
        super().__init__(
            uvicorn.Config(
                app,
                ws="websockets-sansio",
                ws_max_size=_MESSAGE_BYTES,
                ws_per_message_deflate=False,
                lifespan="on",
                log_config=None,
                access_log=False,
                server_header=False,
                proxy_headers=bool(trusted_proxies),
                forwarded_allow_ips=trusted_proxies or None,
                limit_concurrency=_CONNECTIONS,
                timeout_keep_alive=30,
                timeout_graceful_shutdown=seconds,
            )
        )
        self._setup = setup
        self._seconds = seconds
        self._ready = ready

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets=sockets)
        if self.started and self._ready is not None:
            self._ready()

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        await self._setup.shutdown.begin(seconds=self._seconds * _FAREWELL)
        await super().shutdown(sockets=sockets)

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        """As uvicorn's, without raising the signal once more at the end: an end that was asked for is no fault."""
        with super().capture_signals():
            yield
            self._captured_signals.clear()
