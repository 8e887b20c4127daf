"""What holds for every request: an id, limits on its size, time and number, headers of its answer, one line in the log,
and an answer also where visavis itself is at fault.
"""

import ipaddress
from collections.abc import Sequence
from contextlib import ExitStack
from typing import Final

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from visavis.web.bodies import announced_too_large, bounded
from visavis.web.headers import with_defaults
from visavis.web.logs import fault
from visavis.web.problems import INTERNAL, Problem, problem_of, problem_response
from visavis.web.rates import rate_limited
from visavis.web.scope import RequestFacts
from visavis.web.setup import ServiceSetup
from visavis.web.telemetry import RequestSpan

__all__ = ["Kernel"]

_ID_BYTES: Final = 12
_UNKNOWN_ROUTE: Final = "(none)"
_UNCOUNTED: Final = frozenset({"/healthz", "/readyz", "/metrics"})
"""Asked by machines of the operator's own, every few seconds."""
_KNOWN: Final = ("/v1/", "/h/v1/")
"""What is counted by API key, or by the session of a holder's device: a whole shop, or half a mobile network, may
stand behind one address. It is charged for those that are not known (`visavis.web.auth`, `visavis.web.holder.guard`).
"""
_FILES: Final = "/p/"
"""A page is some dozens of files at once."""
_METHODS: Final = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})
_TRY_LATER: Final = 1013
_INTERNAL: Final = 1011
_SERVER_ERROR: Final = 500


class Kernel:
    """ASGI middleware, the outermost of the service."""

    def __init__(self, app: ASGIApp, *, setup: ServiceSetup) -> None:
        self._app = app
        self._setup = setup

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        match scope["type"]:
            case "http":
                await self._request(scope, receive, send)
            case "websocket":
                await self._socket(scope, receive, send)
            case _:
                await self._app(scope, receive, send)

    # ---- a request

    async def _request(self, scope: Scope, receive: Receive, send: Send) -> None:
        setup = self._setup
        begun = setup.telemetry.clock()
        facts = self._facts(scope)
        status = 0
        method = scope["method"] if scope["method"] in _METHODS else "(other)"

        async def answered(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
                extra = [("x-request-id", facts.id), *facts.headers]
                headers = [*message.get("headers", ()), *_encoded(extra)]
                message = {**message, "headers": with_defaults(headers, secure=setup.secure)}
            await send(message)

        with ExitStack() as stack:
            span: RequestSpan | None = None
            if setup.telemetry.tracer is not None:
                span = stack.enter_context(setup.telemetry.tracer.request(method, scope["headers"]))
            refusal = self._refusal(scope, facts) or announced_too_large(scope, setup.limits)
            try:
                if refusal is not None:
                    facts.code = refusal.code
                    await problem_response(refusal, instance=facts.id)(scope, receive, answered)
                else:
                    await self._app(scope, bounded(receive, scope, setup.limits, setup.monotonic), answered)
            except Exception as error:  # noqa: BLE001 - whatever it is, there is an answer, and its text is told nobody
                self._fault(scope, facts, error)
                if not status:
                    await problem_response(INTERNAL, instance=facts.id)(scope, receive, answered)
            finally:
                self._note(scope, facts, method, status, setup.telemetry.clock() - begun, span)

    def _note(
        self, scope: Scope, facts: RequestFacts, method: str, status: int, seconds: float, span: RequestSpan | None
    ) -> None:
        route = _route(scope)
        if span is not None:
            span.ended(route, status)
        self._setup.telemetry.request(method, route, status, seconds)
        if facts.code is not None:
            self._setup.telemetry.refused(facts.code)
        if scope["path"] in _UNCOUNTED and status < _SERVER_ERROR:
            return
        told = {"code": facts.code, "actor": facts.actor}
        self._setup.log.info(
            "request",
            request=facts.id,
            method=method,
            route=route,
            status=status,
            ms=round(seconds * 1000, 2),
            **{name: value for name, value in told.items() if value is not None},
        )

    # ---- a socket

    async def _socket(self, scope: Scope, receive: Receive, send: Send) -> None:
        facts = self._facts(scope)
        setup = self._setup
        if self._refusal(scope, facts) is not None:
            await send({"type": "websocket.close", "code": _TRY_LATER, "reason": "rate_limited"})
            return
        begun = setup.telemetry.clock()
        try:
            await self._app(scope, receive, send)
        except Exception as error:  # noqa: BLE001 - as above
            self._fault(scope, facts, error)
            try:
                await send({"type": "websocket.close", "code": _INTERNAL, "reason": INTERNAL.code})
            except RuntimeError:
                return  # closed already
        finally:
            setup.log.info(
                "socket",
                request=facts.id,
                route=_route(scope),
                ms=round((setup.telemetry.clock() - begun) * 1000, 2),
                **({} if facts.code is None else {"code": facts.code}),
            )

    # ---- both

    def _fault(self, scope: Scope, facts: RequestFacts, error: Exception) -> None:
        facts.code = INTERNAL.code
        self._setup.log.error("fault", request=facts.id, route=_route(scope), **fault(error))

    def _facts(self, scope: Scope) -> RequestFacts:
        facts = RequestFacts(id=self._setup.entropy(_ID_BYTES).hex(), address=_address(scope))
        facts.put(scope)
        return facts

    def _refusal(self, scope: Scope, facts: RequestFacts) -> Problem | None:
        """Where this address asked too often."""
        if scope["path"] in _UNCOUNTED or scope["path"].startswith(_KNOWN):
            return None
        limits = self._setup.limits
        quota = limits.page_files if scope["path"].startswith(_FILES) else limits.per_address
        admission = self._setup.rates.take(quota, facts.address)
        facts.headers.extend(admission.headers())
        return None if admission.admitted else problem_of(rate_limited(admission.reset))


def _encoded(headers: Sequence[tuple[str, str]]) -> list[tuple[bytes, bytes]]:
    return [(name.lower().encode("latin-1"), value.encode("latin-1")) for name, value in headers]


def _route(scope: Scope) -> str:
    """The route's template: it holds no id."""
    return str(getattr(scope.get("route"), "path", _UNKNOWN_ROUTE))


def _address(scope: Scope) -> str:
    """Who is charged: an IPv4 address, or the 64 bits of an IPv6 address that one household has to itself."""
    client = scope.get("client")
    try:
        address = ipaddress.ip_address(client[0]) if client else None
    except ValueError:
        return "-"
    if isinstance(address, ipaddress.IPv6Address):
        if address.ipv4_mapped is not None:
            return str(address.ipv4_mapped)
        return str(ipaddress.IPv6Network((address, 64), strict=False).network_address)
    return str(address) if address is not None else "-"
