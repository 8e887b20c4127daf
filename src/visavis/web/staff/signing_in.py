"""How members sign in, by a passkey; how they get their first one, by a code; and how they sign out."""

from collections.abc import Callable
from typing import Annotated, Final

from fastapi import APIRouter, Depends, Request, Security
from starlette.responses import Response

from visavis.domain.identifiers import Kind
from visavis.errors import AccessError
from visavis.service.members import SCOPES_OF
from visavis.service.staff_sessions import StaffSession
from visavis.web.relying.calling import shown
from visavis.web.same_page import PageHeader, check_act
from visavis.web.schemas.common import identifier, identifier_in_path
from visavis.web.schemas.problems import answers
from visavis.web.schemas.staff import (
    EnterCode,
    Me,
    NewPasskey,
    Party,
    Passkey,
    PasskeyList,
    PasskeyOptions,
    SignIn,
    SignInOptions,
)
from visavis.web.scope import facts_of
from visavis.web.setup import ServiceSetup
from visavis.web.staff.guard import (
    STAFF_COOKIE,
    challenge_of,
    drop_cookies,
    give_challenge,
    give_session,
    session_token,
    staff_of,
)

__all__ = ["routes"]

PasskeyId = Annotated[str, identifier(Kind.PASSKEY), identifier_in_path(Kind.PASSKEY, "a passkey of one's own")]
_TAG: Final = "Staff"
_IN_SESSION: Final = ("staff_session_unknown", "rate_limited")


def routes(setup: ServiceSetup) -> APIRouter:
    router = APIRouter(prefix="/s/v1", tags=[_TAG])
    _add_ways_in(router, setup)
    _add_passkeys(router, setup)
    _add_session(router, setup)
    return router


def _signed_in(setup: ServiceSetup, *, acting: bool) -> Callable[..., StaffSession]:
    """A dependency: a member's session, also one that only enrols; ``acting``: a page of the service asks, and does
    something. Raises as `staff_of` and `check_act`.
    """

    def looking_session(
        request: Request, _cookie: Annotated[str | None, Security(STAFF_COOKIE)] = None
    ) -> StaffSession:
        return staff_of(setup, request)

    def acting_session(
        request: Request, x_visavis: PageHeader = None, _cookie: Annotated[str | None, Security(STAFF_COOKIE)] = None
    ) -> StaffSession:
        check_act(setup, request, x_visavis)
        return staff_of(setup, request)

    return acting_session if acting else looking_session


def _trying(setup: ServiceSetup) -> Callable[..., None]:
    """A dependency: somebody who is not known yet, from a page of the service, and not too often from one address."""

    def trying(request: Request, x_visavis: PageHeader = None) -> None:
        check_act(setup, request, x_visavis)
        facts = facts_of(request.scope)
        admission = setup.rates.take(setup.limits.per_sign_in, facts.address)
        facts.headers.extend(admission.headers())
        admission.check()

    return trying


def _add_ways_in(router: APIRouter, setup: ServiceSetup) -> None:
    trying = [Depends(_trying(setup))]

    @router.post(
        "/sign-in/options",
        operation_id="begin_sign_in",
        summary="Ask for a challenge to sign in with",
        response_model=SignInOptions,
        responses=answers("page_foreign", "passkeys_need_a_name", caller=False),
        dependencies=trying,
    )
    def begin_sign_in() -> Response:
        """Good once, for five minutes, in this browser: a cookie binds it."""
        begun = setup.passkeys.begin_sign_in()
        answer = shown(SignInOptions.of(begun))
        give_challenge(setup, answer, begun.token)
        return answer

    @router.post(
        "/sign-in",
        operation_id="sign_in",
        summary="Sign in with a passkey",
        response_model=Me,
        responses=answers(
            "page_foreign", "sign_in_failed", "sign_in_stale", "passkeys_need_a_name", caller=False, body=True
        ),
        dependencies=trying,
    )
    def sign_in(request: Request, body: SignIn) -> Response:
        """The session goes into a cookie that no script reads. One that this browser had ends."""
        opened = setup.passkeys.sign_in(
            body.id,
            body.model_dump(by_alias=True, exclude_none=True),
            begun=challenge_of(setup, request),
            present=session_token(setup, request),
        )
        facts_of(request.scope).actor = opened.session.member.id
        answer = shown(_me(setup, opened.session))
        give_session(setup, answer, opened.token)
        return answer

    @router.post(
        "/code",
        operation_id="enter_code",
        summary="Enter a one-time code",
        response_model=Me,
        responses=answers("page_foreign", "sign_in_code_unknown", caller=False, body=True),
        dependencies=trying,
    )
    def enter_code(request: Request, body: EnterCode) -> Response:
        """It is used up by this, and opens a session of 15 minutes in which a passkey is made, and nothing else."""
        opened = setup.staff.enter(body.code, present=session_token(setup, request))
        facts_of(request.scope).actor = opened.session.member.id
        answer = shown(_me(setup, opened.session))
        give_session(setup, answer, opened.token)
        return answer


def _add_passkeys(router: APIRouter, setup: ServiceSetup) -> None:
    Acting = Annotated[StaffSession, Depends(_signed_in(setup, acting=True))]
    Looking = Annotated[StaffSession, Depends(_signed_in(setup, acting=False))]

    @router.post(
        "/passkeys/options",
        operation_id="begin_passkey",
        summary="Ask for a challenge to make a passkey with",
        response_model=PasskeyOptions,
        responses=answers(
            *_IN_SESSION, "page_foreign", "sign_in_again", "passkeys_used_up", "passkeys_need_a_name", caller=False
        ),
    )
    def begin_passkey(session: Acting) -> Response:
        """For who came by a code, or signed in within the last ten minutes."""
        asked = setup.passkeys.begin_registration(session)
        answer = shown(PasskeyOptions.of(asked))
        give_challenge(setup, answer, asked.begun.token)
        return answer

    @router.post(
        "/passkeys",
        operation_id="add_passkey",
        summary="Keep a passkey",
        response_model=Me,
        responses=answers(
            *_IN_SESSION,
            "page_foreign",
            "sign_in_again",
            "sign_in_stale",
            "passkey_refused",
            "passkeys_used_up",
            "passkeys_need_a_name",
            caller=False,
            body=True,
        ),
    )
    def add_passkey(request: Request, session: Acting, body: NewPasskey) -> Response:
        """Who came by a code is signed in with it."""
        response = body.model_dump(by_alias=True, exclude_none=True)
        opened = setup.passkeys.register(session, response, begun=challenge_of(setup, request))
        answer = shown(_me(setup, session if opened is None else opened.session))
        if opened is not None:
            give_session(setup, answer, opened.token)
        return answer

    @router.get(
        "/passkeys",
        operation_id="list_passkeys",
        summary="List one's own passkeys",
        response_model=PasskeyList,
        responses=answers(*_IN_SESSION, caller=False),
    )
    def list_passkeys(session: Looking) -> Response:
        """Newest first, with when each was used last."""
        return shown(PasskeyList(items=tuple(Passkey.of(row) for row in setup.passkeys.of(session))))

    @router.post(
        "/passkeys/{passkey}/remove",
        operation_id="remove_passkey",
        summary="Remove a passkey of one's own",
        status_code=204,
        responses=answers(
            *_IN_SESSION, "page_foreign", "sign_in_again", "passkey_unknown", "passkey_last", caller=False
        ),
    )
    def remove_passkey(session: Acting, passkey: PasskeyId) -> Response:
        """Of a device that one has no more. The last one stays."""
        setup.passkeys.remove(session, passkey)
        return Response(status_code=204)


def _add_session(router: APIRouter, setup: ServiceSetup) -> None:
    Looking = Annotated[StaffSession, Depends(_signed_in(setup, acting=False))]

    @router.get(
        "/me",
        operation_id="read_me",
        summary="Read who is signed in",
        response_model=Me,
        responses=answers(*_IN_SESSION, caller=False),
    )
    def read_me(session: Looking) -> Response:
        """With the role and what it may do: `/v1` takes the session where the role has the scope."""
        return shown(_me(setup, session))

    @router.post(
        "/sign-out",
        operation_id="sign_out",
        summary="Sign out",
        status_code=204,
        responses=answers("page_foreign", "rate_limited", caller=False),
    )
    def sign_out(request: Request, x_visavis: PageHeader = None) -> Response:
        """Also for who is signed in no longer: the browser forgets the session."""
        check_act(setup, request, x_visavis)
        try:
            setup.staff.sign_out(staff_of(setup, request))
        except AccessError as error:
            if error.code != "staff_session_unknown":
                raise
        answer = Response(status_code=204)
        drop_cookies(setup, answer)
        return answer


def _me(setup: ServiceSetup, session: StaffSession) -> Me:
    member = session.member
    known = setup.members.get(member.relying_party, member.id)
    with setup.storage.reading() as unit:
        party = unit.relying_parties.find(member.relying_party)
    return Me(
        member=member.id,
        name=known.name,
        role=member.role,
        scopes=() if session.enrolling else tuple(sorted(SCOPES_OF[member.role])),
        relying_party=Party(id=member.relying_party, name=party.name if party is not None else ""),
        enrolling=session.enrolling,
        ends_at=session.ends_at,
        idle_minutes=int(setup.staff.idle.total_seconds() // 60),
    )
