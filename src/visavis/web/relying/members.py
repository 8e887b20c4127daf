"""Members of a relying party over HTTP: for administrators who signed in, never for a key."""

import dataclasses
from collections.abc import Callable
from typing import Annotated, Final

from fastapi import APIRouter, Depends
from starlette.responses import Response

from visavis.domain.identifiers import Kind
from visavis.service.ports import UnitOfWork
from visavis.service.records import Scope
from visavis.web.auth import Caller, caller_with
from visavis.web.cursors import cursor_of, place_of
from visavis.web.idempotent import Once, Reply, once_of, perform
from visavis.web.relying.calling import NOT_KEPT, actor_of, shown
from visavis.web.schemas.common import Cursor, PageSize, identifier, identifier_in_path
from visavis.web.schemas.members import AddMember, ChangeRole, Member, MemberCode, MemberPage
from visavis.web.schemas.problems import answers
from visavis.web.setup import ServiceSetup

__all__ = ["routes"]

MemberId = Annotated[str, identifier(Kind.MEMBER), identifier_in_path(Kind.MEMBER, "a member")]
Asked = Annotated[Once, Depends(once_of)]
_TAG: Final = "Members"


def routes(setup: ServiceSetup) -> APIRouter:
    router = APIRouter(prefix="/v1/members", tags=[_TAG])
    known = caller_with(setup, Scope.MEMBERS)
    _add_codes(router, setup, known)
    _add_others(router, setup, known)
    return router


def _add_codes(router: APIRouter, setup: ServiceSetup, known: Callable[..., Caller]) -> None:
    Known = Annotated[Caller, Depends(known)]

    @router.post(
        "",
        operation_id="add_member",
        summary="Add a member",
        status_code=201,
        response_model=MemberCode,
        responses=answers("member_invalid", "members_used_up", once=True, body=True),
    )
    def add_member(caller: Known, asked: Asked, body: AddMember) -> Response:
        """Their code is shown in this answer alone: give it to them in person, or on a way that only they read."""

        def act(unit: UnitOfWork) -> Reply:
            members = setup.members.acting_as(actor_of(caller)).within(unit)
            made = members.add(caller.relying_party, name=body.name, role=body.role)
            headers = {"Location": f"/v1/members/{made.known.member.id}", **NOT_KEPT}
            return Reply(status=201, body=MemberCode.made(made), headers=headers)

        return perform(setup, _own(asked, caller), caller.relying_party, act)

    @router.post(
        "/{member}/code",
        operation_id="give_member_code",
        summary="Give a member a new code",
        response_model=MemberCode,
        responses=answers("member_unknown", "member_disabled", once=True),
    )
    def give_member_code(caller: Known, asked: Asked, member: MemberId) -> Response:
        """For who lost their device, or never began. Their passkeys, sessions and older codes end at once; what they
        did stays theirs.
        """

        def act(unit: UnitOfWork) -> Reply:
            members = setup.members.acting_as(actor_of(caller)).within(unit)
            return Reply(body=MemberCode.made(members.begin_anew(caller.relying_party, member)), headers=NOT_KEPT)

        return perform(setup, _own(asked, caller), caller.relying_party, act)


def _add_others(router: APIRouter, setup: ServiceSetup, known: Callable[..., Caller]) -> None:
    Known = Annotated[Caller, Depends(known)]

    @router.get(
        "",
        operation_id="list_members",
        summary="List members",
        response_model=MemberPage,
        responses=answers("cursor_invalid"),
    )
    def list_members(caller: Known, limit: PageSize = 50, cursor: Cursor = None) -> Response:
        """Newest first, with when each signed in last; disabled ones among them."""
        page = setup.members.page(caller.relying_party, limit=limit, after=place_of(cursor, Kind.MEMBER))
        items = tuple(Member.of(row) for row in page.items)
        return shown(MemberPage(items=items, next_cursor=cursor_of(page.next)))

    @router.get(
        "/{member}",
        operation_id="read_member",
        summary="Read a member",
        response_model=Member,
        responses=answers("member_unknown"),
    )
    def read_member(caller: Known, member: MemberId) -> Response:
        """Also one who was disabled: the audit log tells of members by their ids."""
        return shown(Member.of(setup.members.get(caller.relying_party, member)))

    @router.post(
        "/{member}/role",
        operation_id="change_member_role",
        summary="Give a member another role",
        response_model=Member,
        responses=answers("member_unknown", "member_disabled", "last_administrator", once=True, body=True),
    )
    def change_member_role(caller: Known, asked: Asked, member: MemberId, body: ChangeRole) -> Response:
        """Their sessions end; they sign in again as what they are now."""

        def act(unit: UnitOfWork) -> Reply:
            members = setup.members.acting_as(actor_of(caller)).within(unit)
            return Reply(body=Member.of(members.change_role(caller.relying_party, member, body.role)))

        return perform(setup, asked, caller.relying_party, act)

    @router.post(
        "/{member}/disable",
        operation_id="disable_member",
        summary="Disable a member",
        response_model=Member,
        responses=answers("member_unknown", "member_disabled", "last_administrator", once=True),
    )
    def disable_member(caller: Known, asked: Asked, member: MemberId) -> Response:
        """For good, and at once: sessions, passkeys and codes end. The last administrator stays."""

        def act(unit: UnitOfWork) -> Reply:
            members = setup.members.acting_as(actor_of(caller)).within(unit)
            return Reply(body=Member.of(members.disable(caller.relying_party, member)))

        return perform(setup, asked, caller.relying_party, act)


def _own(asked: Once, caller: Caller) -> Once:
    """The answer holds a code: another administrator who sends the same key is not given it."""
    return dataclasses.replace(asked, request=asked.request + caller.actor.encode())
