"""Who comes as a holder: a device with the cookie of a session, and for every act a page of this very service
(`visavis.web.same_page`).
"""

from collections.abc import Callable
from typing import Annotated, Final

from fastapi import Request, Security
from fastapi.security import APIKeyCookie
from starlette.requests import HTTPConnection
from starlette.responses import Response

from visavis.errors import AccessError
from visavis.service.holder_links import HolderSession
from visavis.web.rates import Quota
from visavis.web.same_page import PageHeader, check_act, check_page
from visavis.web.scope import facts_of
from visavis.web.setup import ServiceSetup

__all__ = [
    "PageHeader",
    "acting",
    "check_act",
    "check_page",
    "cookie_of",
    "drop_cookie",
    "holder_of",
    "set_cookie",
    "watching",
]

_SECURE: Final = "__Host-visavis"
"""A browser takes it from this very host alone, over TLS, for all of its paths (RFC 6265bis, 4.1.3.2)."""
_PLAIN: Final = "visavis"
"""Where the service is reached on the developer's own machine, without TLS."""
_COOKIE: Final = APIKeyCookie(
    name=_SECURE,
    auto_error=False,
    scheme_name="holder_session",
    description="The session of a holder's device; `visavis` where the service is reached without TLS.",
)


def _name(setup: ServiceSetup) -> str:
    return _SECURE if setup.secure else _PLAIN


def cookie_of(setup: ServiceSetup, connection: HTTPConnection) -> str | None:
    """The token of the session that a request, or a WebSocket, carries."""
    return connection.cookies.get(_name(setup))


def set_cookie(setup: ServiceSetup, response: Response, token: str) -> None:
    """It ends with the browser: a device in a shop must not keep it for whoever comes next."""
    response.set_cookie(_name(setup), token, path="/", secure=setup.secure, httponly=True, samesite="strict")


def drop_cookie(setup: ServiceSetup, response: Response) -> None:
    response.delete_cookie(_name(setup), path="/", secure=setup.secure, httponly=True, samesite="strict")


def holder_of(setup: ServiceSetup, connection: HTTPConnection, quota: Quota | None = None) -> HolderSession:
    """The session of a request or of a WebSocket, counted towards its rate, or towards a ``quota`` of its own.

    Raises AccessError ``holder_session_unknown`` (401), which the address is charged for; LimitError ``rate_limited``.
    """
    facts = facts_of(connection.scope)
    try:
        session = setup.links.session(cookie_of(setup, connection))
    except AccessError:
        setup.rates.take(setup.limits.per_address, facts.address).check()
        raise
    facts.actor = session.verification
    admission = setup.rates.take(quota or setup.limits.per_session, session.key)
    facts.headers.extend(admission.headers())
    admission.check()
    return session


def watching(setup: ServiceSetup) -> Callable[..., HolderSession]:
    """A dependency: a holder's device, also one that only watches. Raises as `holder_of`."""

    def session(request: Request, _cookie: Annotated[str | None, Security(_COOKIE)] = None) -> HolderSession:
        return holder_of(setup, request)

    return session


def looking(setup: ServiceSetup) -> Callable[..., HolderSession]:
    """A dependency: the device that acts, for what only its holder may see. Raises as `holder_of`; AccessError
    ``holder_only_watches``.
    """

    def session(request: Request, _cookie: Annotated[str | None, Security(_COOKIE)] = None) -> HolderSession:
        return _active(holder_of(setup, request))

    return session


def acting(setup: ServiceSetup, quota: Quota | None = None) -> Callable[..., HolderSession]:
    """A dependency: the device that acts, and does so now; ``quota`` as of `holder_of`. Raises as `looking` and
    `check_act`.
    """

    def session(
        request: Request, x_visavis: PageHeader = None, _cookie: Annotated[str | None, Security(_COOKIE)] = None
    ) -> HolderSession:
        check_act(setup, request, x_visavis)
        return _active(holder_of(setup, request, quota))

    return session


def _active(session: HolderSession) -> HolderSession:
    if not session.may_act:
        raise AccessError(
            "holder_only_watches",
            "This device handed the verification on, and can only watch it.",
            advice="Go on with the other device.",
        )
    return session
