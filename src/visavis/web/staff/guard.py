"""The cookies of staff: the session of a member, and the browser that was given a challenge."""

from typing import Final

from fastapi.security import APIKeyCookie
from starlette.requests import HTTPConnection
from starlette.responses import Response

from visavis.service.staff_sessions import StaffSession
from visavis.web.scope import facts_of
from visavis.web.setup import ServiceSetup

__all__ = ["STAFF_COOKIE", "challenge_of", "cookie_name", "drop_cookies", "give_challenge", "give_session", "staff_of"]

_SECURE: Final = "__Host-"
"""A browser takes it from this very host alone, over TLS, for all of its paths (RFC 6265bis, 4.1.3.2)."""
_SESSION: Final = "visavis-staff"
_CHALLENGE: Final = "visavis-staff-challenge"
STAFF_COOKIE: Final = APIKeyCookie(
    name=_SECURE + _SESSION,
    auto_error=False,
    scheme_name="staff_session",
    description="The session of a member who signed in; `visavis-staff` where the service is reached without TLS. Every"
    " request but a GET needs `X-Visavis: 1`, and the service's own Origin, as well.",
)


def cookie_name(setup: ServiceSetup, kind: str = _SESSION) -> str:
    """Of the session, or of the challenge."""
    return f"{_SECURE}{kind}" if setup.secure else kind


def session_token(setup: ServiceSetup, connection: HTTPConnection) -> str | None:
    return connection.cookies.get(cookie_name(setup))


def challenge_of(setup: ServiceSetup, connection: HTTPConnection) -> str | None:
    return connection.cookies.get(cookie_name(setup, _CHALLENGE))


def give_session(setup: ServiceSetup, response: Response, token: str) -> None:
    """It ends with the browser, at the latest: a tablet in a shop must not keep it for whoever comes next."""
    _set(setup, response, cookie_name(setup), token)
    _drop(setup, response, cookie_name(setup, _CHALLENGE))


def give_challenge(setup: ServiceSetup, response: Response, token: str) -> None:
    _set(setup, response, cookie_name(setup, _CHALLENGE), token)


def drop_cookies(setup: ServiceSetup, response: Response) -> None:
    for kind in (_SESSION, _CHALLENGE):
        _drop(setup, response, cookie_name(setup, kind))


def staff_of(setup: ServiceSetup, connection: HTTPConnection) -> StaffSession:
    """The session of a request, counted towards its rate.

    Raises AccessError ``staff_session_unknown`` (401); LimitError ``rate_limited``.
    """
    session = setup.staff.session(session_token(setup, connection))
    facts = facts_of(connection.scope)
    facts.actor = session.member.id
    admission = setup.rates.take(setup.limits.per_session, session.key)
    facts.headers.extend(admission.headers())
    admission.check()
    return session


def _set(setup: ServiceSetup, response: Response, name: str, token: str) -> None:
    response.set_cookie(name, token, path="/", secure=setup.secure, httponly=True, samesite="strict")


def _drop(setup: ServiceSetup, response: Response, name: str) -> None:
    response.delete_cookie(name, path="/", secure=setup.secure, httponly=True, samesite="strict")
