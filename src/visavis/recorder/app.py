"""The recorder's web application: a page, its modules and words, and one WebSocket.

It answers only under the name and port of this machine's own loopback, and only a page that it served itself; the
token of the link is compared in constant time, and used up by one recording.
"""

import hmac
import secrets
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from importlib import resources
from typing import Final

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route, WebSocketRoute
from starlette.types import ASGIApp, Message, Receive, Scope, Send
from starlette.websockets import WebSocket, WebSocketDisconnect

from visavis.errors import InputError, VisavisError
from visavis.live.line import Line, LineLimits, Stopped, open_line
from visavis.live.messages import invalid
from visavis.recorder.messages import Hello, read_message
from visavis.recorder.session import run_capture
from visavis.recorder.setup import Kept, RecorderSetup
from visavis.recorder.words import LANGUAGES

__all__ = ["Desk", "make_app"]

HOSTS: Final = ("127.0.0.1", "localhost")
_TYPES: Final = {
    ".html": "text/html; charset=utf-8",
    ".js": "text/javascript; charset=utf-8",
    ".css": "text/css; charset=utf-8",
    ".json": "application/json",
    ".svg": "image/svg+xml",
}


class Desk:
    """Who may record: one page at a time, with the token of the link that is out."""

    def __init__(self, setup: RecorderSetup, done: Callable[[Exception | None], None]) -> None:
        self._setup = setup
        self._done = done
        self._left = setup.captures
        self._busy = False
        self._token = ""
        self._hand_out()

    @contextmanager
    def seat(self, token: str) -> Iterator[None]:
        """Raises InputError ``capture_link_invalid``, ``capture_busy``."""
        if not self._token or not hmac.compare_digest(token.encode(), self._token.encode()):
            raise InputError(
                "capture_link_invalid",
                "This link is not valid, or was used already.",
                advice="Use the link that `visavis capture record` printed last.",
            )
        if self._busy:
            raise InputError("capture_busy", "Another page is recording.", advice="Close the other page.")
        self._busy = True
        try:
            yield
        finally:
            self._busy = False
            if self._left == 0:
                self._done(None)

    def fail(self, error: Exception) -> None:
        """Nothing more can be recorded."""
        self._token = ""
        self._done(error)

    def spend(self, kept: Kept) -> str | None:
        """The token is used up; the one of the next capture, or None after the last."""
        self._left -= 1
        self._token = ""
        self._setup.keep(kept)
        if self._left == 0:
            return None
        self._hand_out()
        return self._token

    def _hand_out(self) -> None:
        self._token = secrets.token_urlsafe(32)
        self._setup.announce(self._token)


def make_app(
    setup: RecorderSetup, *, port: int, worker: ThreadPoolExecutor, done: Callable[[Exception | None], None]
) -> ASGIApp:
    """``worker``: of one thread; ``done``: called after the last capture, or with the fault that ends it all."""
    desk = Desk(setup, done)
    files = dict(_page_files())

    async def page(request: Request) -> Response:
        name = request.path_params.get("name", "index.html")
        if name not in files:
            return PlainTextResponse("There is nothing here.", status_code=404)
        return Response(files[name], headers={"Content-Type": _TYPES[name[name.rindex(".") :]]})

    async def capture(socket: WebSocket) -> None:
        await socket.accept()
        recording = setup.limits.recording
        limits = LineLimits(
            messages_a_second=setup.limits.messages_a_second,
            most_frame_bytes=recording.most_frame_bytes,
            most_bytes=2 * recording.most_bytes,  # the recording says more exactly when it is full
        )
        async with open_line(socket, limits, setup.monotonic, read_message) as line:
            with suppress(Stopped):
                try:
                    await _visit(line, desk, setup, worker)
                except VisavisError as error:
                    setup.trouble(error)
                    await line.send("error", code=error.code)
                except Stopped:
                    pass
                except Exception as error:  # noqa: BLE001  # a fault of ours: the page is told, and the recorder ends by it
                    desk.fail(error)
                    await line.send("error", code="internal_error")
        with suppress(RuntimeError, WebSocketDisconnect):
            await socket.close()

    routes = [Route("/", page), Route("/{name:path}", page), WebSocketRoute("/capture", capture)]
    return _Guard(Starlette(routes=routes), port)


async def _visit(line: Line, desk: Desk, setup: RecorderSetup, worker: ThreadPoolExecutor) -> None:
    hello = await line.next(setup.limits.hello_s, "capture_timeout")
    if not isinstance(hello, Hello):
        raise invalid("it did not say which link it came by")
    with desk.seat(hello.token):
        kept = await run_capture(line, setup, worker)
        following = desk.spend(kept)
        if kept.trouble is not None:
            await line.send("error", code=kept.trouble.code)
        else:
            await line.send("erased" if kept.erased else "kept", next=following)


def _page_files() -> Iterator[tuple[str, bytes]]:
    folder = resources.files(__package__) / "page"
    for item in folder.iterdir():
        if item.is_file():
            yield item.name, item.read_bytes()
    for language in LANGUAGES:
        yield f"words/{language}.json", (folder / "words" / f"{language}.json").read_bytes()


class _Guard:
    """Refuses every other host name (a page elsewhere may have made its own name point here) and every other origin,
    and gives each answer the headers that keep the page to itself.
    """

    def __init__(self, app: ASGIApp, port: int) -> None:
        self._app = app
        self._hosts = frozenset(f"{host}:{port}" for host in HOSTS)
        self._origins = frozenset(f"http://{host}" for host in self._hosts)
        sockets = " ".join(sorted(f"ws://{host}" for host in self._hosts))
        self._headers = [
            (name.lower().encode(), value.encode())
            for name, value in {
                "Content-Security-Policy": "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self';"
                f" connect-src 'self' {sockets}; base-uri 'none'; form-action 'none'; frame-ancestors 'none';"
                " require-trusted-types-for 'script'; trusted-types 'none'",
                "Permissions-Policy": "camera=(self), microphone=(), geolocation=(), display-capture=(), usb=()",
                "Referrer-Policy": "no-referrer",
                "X-Content-Type-Options": "nosniff",
                "X-Frame-Options": "DENY",
                "Cross-Origin-Opener-Policy": "same-origin",
                "Cross-Origin-Resource-Policy": "same-origin",
                "Cache-Control": "no-store",
            }.items()
        ]

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if not self._welcome(scope):
            if scope["type"] == "websocket":
                await send({"type": "websocket.close", "code": 1008})
            elif scope["type"] == "http":
                await PlainTextResponse("This is not for you.", status_code=403)(scope, receive, send)
            return

        async def guarded(message: Message) -> None:
            if message["type"] == "http.response.start":
                message = {**message, "headers": [*message.get("headers", ()), *self._headers]}
            await send(message)

        await self._app(scope, receive, guarded)

    def _welcome(self, scope: Scope) -> bool:
        if scope["type"] not in ("http", "websocket"):
            return False
        headers = scope["headers"]
        hosts = [value.decode("latin-1") for name, value in headers if name == b"host"]
        origins = [value.decode("latin-1") for name, value in headers if name == b"origin"]
        if len(hosts) != 1 or hosts[0] not in self._hosts:
            return False
        if scope["type"] == "websocket":
            return origins == [f"http://{hosts[0]}"]
        return scope["method"] in ("GET", "HEAD") and set(origins) <= self._origins
