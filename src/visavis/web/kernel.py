"""What holds for every request: an id, limits on its size and time, headers of its answer, one line in the log, and an
answer also where visavis is at fault.
"""

from collections.abc import Sequence
from typing import Final

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from visavis.web.problems import INTERNAL, problem_response
from visavis.web.scope import RequestFacts
from visavis.web.setup import ServiceSetup

__all__ = ["Kernel"]

_ID_BYTES: Final = 12


class Kernel:
    """ASGI middleware, outermost."""

    def __init__(self, app: ASGIApp, *, setup: ServiceSetup) -> None:
        self._app = app
        self._setup = setup

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        facts = RequestFacts(id=self._setup.entropy(_ID_BYTES).hex(), address=_address(scope))
        facts.put(scope)
        begun = False

        async def answered(message: Message) -> None:
            nonlocal begun
            if message["type"] == "http.response.start":
                begun = True
                extra = [("x-request-id", facts.id), *facts.headers]
                message = {**message, "headers": [*message.get("headers", ()), *_encoded(extra)]}
            await send(message)

        try:
            await self._app(scope, receive, answered)
        except Exception:
            if begun:
                raise
            await problem_response(INTERNAL, instance=facts.id)(scope, receive, answered)


def _encoded(headers: Sequence[tuple[str, str]]) -> list[tuple[bytes, bytes]]:
    return [(name.lower().encode("latin-1"), value.encode("latin-1")) for name, value in headers]


def _address(scope: Scope) -> str:
    client = scope.get("client")
    return str(client[0]) if client else "-"
