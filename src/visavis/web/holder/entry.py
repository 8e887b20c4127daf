"""How a holder's device comes to a verification, hands it to another device, and leaves it."""

import io
from typing import Annotated, Final

import segno
from fastapi import APIRouter, Depends, Request
from starlette.responses import Response

from visavis.errors import AccessError
from visavis.service.holder_links import HolderSession
from visavis.web.holder.context import HolderContext, holder_answers
from visavis.web.holder.guard import (
    PageHeader,
    acting,
    check_act,
    cookie_of,
    drop_cookie,
    holder_of,
    set_cookie,
    watching,
)
from visavis.web.relying.calling import shown
from visavis.web.schemas.holder import HandOffLink, HolderEntry, LinkToken
from visavis.web.schemas.problems import answers
from visavis.web.scope import facts_of

__all__ = ["holder_url", "qr_svg", "routes"]

_SCALE: Final = 4
"""Px a module: the page may scale it, and without a page it can still be scanned."""


def holder_url(public_url: str, token: str) -> str:
    """The token rides behind #, which no browser sends to anybody."""
    return f"{public_url}/p/verify#{token}"


def qr_svg(text: str) -> str:
    """ISO/IEC 18004, error correction M, with its quiet zone, black on white whatever the page's colours."""
    out = io.BytesIO()
    segno.make(text, error="m", micro=False).save(
        out, kind="svg", scale=_SCALE, light="#ffffff", dark="#000000", xmldecl=False, nl=False, svgclass=None
    )
    return out.getvalue().decode()


def routes(context: HolderContext) -> APIRouter:
    setup = context.setup
    router = APIRouter(prefix="/h/v1", tags=["Holder"])
    Watching = Annotated[HolderSession, Depends(watching(setup))]
    Acting = Annotated[HolderSession, Depends(acting(setup))]

    @router.post(
        "/exchange",
        operation_id="open_link",
        summary="Open a holder's link",
        response_model=HolderEntry,
        responses=answers(
            "holder_link_unknown",
            "holder_link_used",
            "holder_link_expired",
            "capture_running",
            "page_foreign",
            "rate_limited",
            caller=False,
            body=True,
        ),
    )
    def open_link(request: Request, body: LinkToken, x_visavis: PageHeader = None) -> Response:
        """The link's token for a session, once. The device that has the session may ask again; any other device needs a
        link of its own, which `hand_on` gives.
        """
        check_act(setup, request, x_visavis)
        admission = setup.rates.take(setup.limits.per_address, facts_of(request.scope).address)
        admission.check()
        opened = setup.links.exchange(body.token, present=cookie_of(setup, request))
        facts_of(request.scope).actor = opened.session.verification
        answer = shown(
            HolderEntry(verification=opened.session.verification, may_act=opened.session.may_act, code=opened.code)
        )
        if opened.token is not None:
            set_cookie(setup, answer, opened.token)
        return answer

    @router.get(
        "/session",
        operation_id="read_session",
        summary="Read whose device this is",
        response_model=HolderEntry,
        responses=holder_answers(watching=True),
    )
    def read_session(session: Watching) -> Response:
        return shown(HolderEntry(verification=session.verification, may_act=session.may_act))

    @router.post(
        "/handoff",
        operation_id="hand_on",
        summary="Hand the verification to another device",
        response_model=HandOffLink,
        responses=holder_answers("page_foreign", "capture_running", "verification_over", "hand_offs_used_up"),
    )
    def hand_on(session: Acting) -> Response:
        """A link for another device, once, also as a QR code. This device goes on until the other one opens it; then it
        only watches. A link that was given before is void.
        """
        handed = setup.links.hand_off(session)
        url = holder_url(setup.public_url, handed.token)
        return shown(HandOffLink(url=url, qr_svg=qr_svg(url), code=handed.code, expires_at=handed.expires_at))

    @router.post(
        "/leave",
        operation_id="leave",
        summary="Let this device forget the verification",
        status_code=204,
        responses=answers("page_foreign", "rate_limited", caller=False),
    )
    def leave(request: Request, x_visavis: PageHeader = None) -> Response:
        """For a device that several people use. The verification itself goes on."""
        check_act(setup, request, x_visavis)
        try:
            setup.links.leave(holder_of(setup, request))
        except AccessError as error:
            if error.code != "holder_session_unknown":
                raise
        answer = Response(status_code=204)
        drop_cookie(setup, answer)
        return answer

    return router
