"""Who asks: a relying party by its API key (RFC 6750 section 2.1), or a member of its staff by their session.

Scopes are checked here and nowhere else: a key has those that it was made with, a member those of their role. What
comes with a cookie must also come from a page of this service, where it changes anything (`visavis.web.same_page`).
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Annotated, Final

from fastapi import Depends, Request, Security
from fastapi.security import HTTPAuthorizationCredentials, HTTPBearer

from visavis.errors import AccessError
from visavis.service.member_records import Member
from visavis.service.members import SCOPES_OF
from visavis.service.records import ApiKey, Scope
from visavis.web.same_page import check_act
from visavis.web.scope import facts_of
from visavis.web.setup import ServiceSetup
from visavis.web.staff.guard import STAFF_COOKIE, session_token, staff_of

__all__ = ["Caller", "caller_with"]

BEARER: Final = HTTPBearer(
    auto_error=False,
    scheme_name="api_key",
    bearerFormat="vv1.<id>.<secret>",
    description="An API key of a relying party. What it may be used for is said by its scopes.",
)
_LOOKS: Final = frozenset({"GET", "HEAD", "OPTIONS"})
"""Safe methods (RFC 9110, 9.2.1)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Caller:
    """Who asks, in whose name, and what they may do. ``actor``: the id of the key or of the member.

    One of ``key`` and ``member`` is there.
    """

    relying_party: str
    actor: str
    scopes: frozenset[Scope]
    key: ApiKey | None = None
    member: Member | None = None


def caller_with(setup: ServiceSetup, scope: Scope | None) -> Callable[..., Caller]:
    """A dependency: the caller, who has ``scope`` (None: any will do). A key goes before a session, where both came.

    Raises AccessError ``api_key_missing``, ``api_key_unknown``, ``staff_session_unknown`` (401), ``page_foreign``,
    ``passkey_first``, ``scope_missing`` (403); LimitError ``rate_limited`` (429).
    """

    def caller(
        request: Request,
        credentials: Annotated[HTTPAuthorizationCredentials | None, Depends(BEARER)],
        _cookie: Annotated[str | None, Security(STAFF_COOKIE)],
    ) -> Caller:
        by_session = "authorization" not in request.headers and session_token(setup, request) is not None
        asking = _member(setup, request) if by_session else _machine(setup, request, credentials)
        if scope is not None and scope not in asking.scopes:
            raise _not_for(asking, scope)
        return asking

    return caller


def _machine(setup: ServiceSetup, request: Request, credentials: HTTPAuthorizationCredentials | None) -> Caller:
    facts = facts_of(request.scope)
    try:
        key = _known(setup, credentials)
    except AccessError:
        # whoever has a right key is let in also beside somebody who tries keys from the same address
        setup.rates.take(setup.limits.per_address, facts.address).check()
        raise
    facts.actor = key.id
    admission = setup.rates.take(setup.limits.per_key, key.id)
    facts.headers.extend(admission.headers())
    admission.check()
    return Caller(relying_party=key.relying_party, actor=key.id, scopes=key.scopes, key=key)


def _known(setup: ServiceSetup, credentials: HTTPAuthorizationCredentials | None) -> ApiKey:
    if credentials is None:
        raise AccessError(
            "api_key_missing", "This needs an API key.", advice="Send it as `Authorization: Bearer <key>`."
        )
    return setup.api_keys.authenticate(credentials.credentials)


def _member(setup: ServiceSetup, request: Request) -> Caller:
    if request.method not in _LOOKS:
        check_act(setup, request, request.headers.get("x-visavis"))
    try:
        session = staff_of(setup, request)
    except AccessError:
        setup.rates.take(setup.limits.per_address, facts_of(request.scope).address).check()
        raise
    member = session.member
    if session.enrolling:
        raise AccessError(
            "passkey_first", "Whoever came by a code makes a passkey first.", advice="Go on where you entered the code."
        )
    return Caller(relying_party=member.relying_party, actor=member.id, scopes=SCOPES_OF[member.role], member=member)


def _not_for(asking: Caller, scope: Scope) -> AccessError:
    if asking.member is not None:
        return AccessError(
            "scope_missing",
            f"This asks for {scope}, which is not part of your role.",
            advice="Ask a colleague whose it is, or your administrator.",
        )
    return AccessError(
        "scope_missing", f"This key has not the scope {scope}.", advice="Use a key that was made with it."
    )
