"""The operator's register over HTTP: orders, acts, looks and cases. A number is never part of an address."""

import secrets
from collections.abc import Callable
from typing import Annotated, Final

from fastapi import APIRouter, Body, Depends
from starlette.responses import Response

from visavis.domain.identifiers import Kind
from visavis.domain.lines import Iccid, LineAct, Msisdn
from visavis.domain.lines import Line as LineRow
from visavis.lines import orders
from visavis.lines.register import LineRegister
from visavis.service.ports import UnitOfWork
from visavis.service.records import Scope
from visavis.web.auth import Caller, caller_with
from visavis.web.cursors import cursor_of, place_of
from visavis.web.idempotent import Once, Reply, once_of, perform
from visavis.web.relying.calling import actor_of, shown
from visavis.web.schemas.common import Cursor, PageSize, VerificationInPath, identifier, identifier_in_path
from visavis.web.schemas.lines import (
    CloseDispute,
    Dispute,
    DisputePage,
    FindLine,
    HolderAct,
    Line,
    LineEvent,
    LineHistory,
    LineOrder,
    LinePage,
    LinesInMyName,
    PrepareOrder,
    PrepareRegister,
    PrepareReplace,
    RegisterLine,
    ReplaceSim,
    TransferLine,
)
from visavis.web.schemas.problems import answers
from visavis.web.setup import ServiceSetup

__all__ = ["routes"]

LineId = Annotated[str, identifier(Kind.LINE), identifier_in_path(Kind.LINE, "a line")]
DisputeId = Annotated[str, identifier(Kind.DISPUTE), identifier_in_path(Kind.DISPUTE, "a case")]
Asked = Annotated[Once, Depends(once_of)]
_TAG: Final = "Lines"
_NONCE_BYTES: Final = 16
_NUMBERS: Final = ("msisdn_invalid", "iccid_invalid", "iccid_check_digit_wrong")
_PROOF: Final = (
    "verification_unknown",
    "verification_not_accepted",
    "grant_missing",
    "binding_mismatch",
    "verification_too_old",
    "verification_used",
    "holder_unknown",
    "changed_meanwhile",
)
_HELD: Final = (*_PROOF, "line_unknown", "not_the_holder", "line_released", "line_disputed")


def routes(setup: ServiceSetup) -> APIRouter:
    router = APIRouter(tags=[_TAG])
    caller_of_lines = caller_with(setup, Scope.LINES)
    _add_orders(router, caller_of_lines)
    _add_acts(router, setup, caller_of_lines)
    _add_looks(router, setup, caller_of_lines)
    _add_disputes(router, setup, caller_of_lines)
    return router


def _order(party: str, asked: PrepareOrder) -> orders.Order:
    nonce = asked.nonce or secrets.token_urlsafe(_NONCE_BYTES)
    match asked:
        case PrepareRegister():
            msisdn, iccid = Msisdn.parse(asked.msisdn), Iccid.parse(asked.iccid)
            return orders.RegisterLine(relying_party=party, nonce=nonce, msisdn=msisdn, iccid=iccid)
        case PrepareReplace():
            return orders.ReplaceSim(relying_party=party, nonce=nonce, line=asked.line, iccid=Iccid.parse(asked.iccid))
    kinds: dict[str, type[orders.TransferLine | orders.ReleaseLine | orders.DisputeLine]] = {
        LineAct.TRANSFER: orders.TransferLine,
        LineAct.RELEASE: orders.ReleaseLine,
        LineAct.DISPUTE: orders.DisputeLine,
    }
    return kinds[asked.act](relying_party=party, nonce=nonce, line=asked.line)


def _add_orders(router: APIRouter, caller_of_lines: Callable[..., Caller]) -> None:
    Known = Annotated[Caller, Depends(caller_of_lines)]

    @router.post(
        "/v1/line-orders",
        operation_id="prepare_line_order",
        summary="Prepare an order",
        response_model=LineOrder,
        responses=answers(*_NUMBERS, "order_nonce_invalid", body=True),
    )
    def prepare_line_order(caller: Known, body: Annotated[PrepareOrder, Body()]) -> Response:
        """The digest of what is to be done, to be taken as the `binding` of a verification, so that the holder verifies
        for this act on this line alone. Nothing is kept of it; ask as often as you like.
        """
        return shown(LineOrder.of(_order(caller.relying_party, body)))


def _add_acts(router: APIRouter, setup: ServiceSetup, caller_of_lines: Callable[..., Caller]) -> None:
    Known = Annotated[Caller, Depends(caller_of_lines)]

    def act_of(caller: Caller, asked: Once, act: Callable[[LineRegister], LineRow], *, status: int = 200) -> Response:
        def work(unit: UnitOfWork) -> Reply:
            line = act(setup.lines.acting_as(actor_of(caller)).within(unit))
            headers = {"Location": f"/v1/lines/{line.id}"} if status == 201 else {}
            return Reply(status=status, body=Line.of(line), headers=headers)

        return perform(setup, asked, caller.relying_party, work)

    @router.post(
        "/v1/lines",
        operation_id="register_line",
        summary="Register a line",
        status_code=201,
        response_model=Line,
        responses=answers(
            *_NUMBERS, *_PROOF, "number_registered", "card_in_use", "lines_used_up", once=True, body=True
        ),
    )
    def register_line(caller: Known, asked: Asked, body: RegisterLine) -> Response:
        """A new line, in the name of whoever the verification shows. It must grant `line.register`."""
        order = orders.RegisterLine(
            relying_party=caller.relying_party,
            nonce=body.nonce,
            msisdn=Msisdn.parse(body.msisdn),
            iccid=Iccid.parse(body.iccid),
        )
        return act_of(caller, asked, lambda lines: lines.register(order, verification=body.verification), status=201)

    @router.post(
        "/v1/lines/{line}/transfer",
        operation_id="transfer_line",
        summary="Transfer a line",
        response_model=Line,
        responses=answers(*_HELD, "same_verification", "same_person", "lines_used_up", once=True, body=True),
    )
    def transfer_line(caller: Known, asked: Asked, line: LineId, body: TransferLine) -> Response:
        """To somebody else. The registered holder and the receiver both verified themselves for this very order."""
        order = orders.TransferLine(relying_party=caller.relying_party, nonce=body.nonce, line=line)
        return act_of(caller, asked, lambda lines: lines.transfer(order, giver=body.giver, receiver=body.receiver))

    @router.post(
        "/v1/lines/{line}/replace-sim",
        operation_id="replace_sim",
        summary="Replace a SIM card",
        response_model=Line,
        responses=answers(*_HELD, *_NUMBERS[1:], "card_in_use", once=True, body=True),
    )
    def replace_sim(caller: Known, asked: Asked, line: LineId, body: ReplaceSim) -> Response:
        """Only for the registered holder, verified again: so nobody else gets a card for the number."""
        order = orders.ReplaceSim(
            relying_party=caller.relying_party, nonce=body.nonce, line=line, iccid=Iccid.parse(body.iccid)
        )
        return act_of(caller, asked, lambda lines: lines.replace_sim(order, verification=body.verification))

    @router.post(
        "/v1/lines/{line}/release",
        operation_id="release_line",
        summary="Release a line",
        response_model=Line,
        responses=answers(*_HELD, once=True, body=True),
    )
    def release_line(caller: Known, asked: Asked, line: LineId, body: HolderAct) -> Response:
        """It belongs to nobody any more: its digits are erased, its number and its card are free."""
        order = orders.ReleaseLine(relying_party=caller.relying_party, nonce=body.nonce, line=line)
        return act_of(caller, asked, lambda lines: lines.release(order, verification=body.verification))

    @router.post(
        "/v1/lines/{line}/dispute",
        operation_id="dispute_line",
        summary="Dispute a line",
        status_code=201,
        response_model=Dispute,
        responses=answers(*_HELD, once=True, body=True),
    )
    def dispute_line(caller: Known, asked: Asked, line: LineId, body: HolderAct) -> Response:
        """In the name of whoever the line is registered to, and who says that it should not be. Until the case is
        closed, nothing is done with the line.
        """
        order = orders.DisputeLine(relying_party=caller.relying_party, nonce=body.nonce, line=line)

        def work(unit: UnitOfWork) -> Reply:
            lines = setup.lines.acting_as(actor_of(caller)).within(unit)
            return Reply(status=201, body=Dispute.of(lines.dispute(order, verification=body.verification)))

        return perform(setup, asked, caller.relying_party, work)


def _add_looks(router: APIRouter, setup: ServiceSetup, caller_of_lines: Callable[..., Caller]) -> None:
    Known = Annotated[Caller, Depends(caller_of_lines)]

    @router.get(
        "/v1/lines",
        operation_id="list_lines",
        summary="List lines",
        response_model=LinePage,
        responses=answers("cursor_invalid"),
    )
    def list_lines(caller: Known, limit: PageSize = 50, cursor: Cursor = None) -> Response:
        """Newest first, released ones among them, without their digits."""
        page = setup.line_views.page(caller.relying_party, limit=limit, after=place_of(cursor, Kind.LINE))
        return shown(LinePage(items=tuple(Line.of(row) for row in page.items), next_cursor=cursor_of(page.next)))

    @router.get(
        "/v1/lines/{line}",
        operation_id="read_line",
        summary="Read a line",
        response_model=Line,
        responses=answers("line_unknown"),
    )
    def read_line(caller: Known, line: LineId) -> Response:
        """With its number and its card, as long as it is not released."""
        return shown(Line.shown(setup.line_views.get(caller.relying_party, line)))

    @router.get(
        "/v1/lines/{line}/history",
        operation_id="read_line_history",
        summary="Read the history of a line",
        response_model=LineHistory,
        responses=answers("line_unknown"),
    )
    def read_line_history(caller: Known, line: LineId) -> Response:
        """Each act, when, and the verifications that it rests on; it stays when the line is released."""
        entries = setup.line_views.history(caller.relying_party, line)
        return shown(LineHistory(items=tuple(LineEvent.of(entry) for entry in entries)))

    @router.post(
        "/v1/line-search",
        operation_id="find_line",
        summary="Find a line by its number",
        response_model=Line,
        responses=answers("line_unknown", "msisdn_invalid", body=True),
    )
    def find_line(caller: Known, body: FindLine) -> Response:
        """A look that is a POST, so that the number stands in no address, and in no log of addresses. It changes
        nothing, so it takes no idempotency key.
        """
        return shown(Line.shown(setup.line_views.by_number(caller.relying_party, Msisdn.parse(body.msisdn))))

    @router.get(
        "/v1/verifications/{verification}/lines",
        operation_id="lines_in_my_name",
        summary="List the lines in a holder's name",
        response_model=LinesInMyName,
        responses=answers("verification_unknown", "verification_too_old"),
    )
    def lines_in_my_name(caller: Known, verification: VerificationInPath) -> Response:
        """The active lines of whoever an accepted verification of the last 24 hours shows. A look uses nothing up."""
        lines = setup.line_views.in_my_name(caller.relying_party, verification)
        return shown(LinesInMyName(items=tuple(Line.shown(line) for line in lines)))


def _add_disputes(router: APIRouter, setup: ServiceSetup, caller_of_lines: Callable[..., Caller]) -> None:
    Known = Annotated[Caller, Depends(caller_of_lines)]

    @router.get(
        "/v1/line-disputes",
        operation_id="list_disputes",
        summary="List open cases",
        response_model=DisputePage,
        responses=answers("cursor_invalid"),
    )
    def list_disputes(caller: Known, limit: PageSize = 50, cursor: Cursor = None) -> Response:
        """Newest first. Somebody says of a line in their name that it should not be."""
        page = setup.line_views.disputes(caller.relying_party, limit=limit, after=place_of(cursor, Kind.DISPUTE))
        return shown(DisputePage(items=tuple(Dispute.of(row) for row in page.items), next_cursor=cursor_of(page.next)))

    @router.post(
        "/v1/line-disputes/{dispute}/close",
        operation_id="close_dispute",
        summary="Close a case",
        response_model=Line,
        responses=answers("dispute_unknown", "dispute_closed", "changed_meanwhile", once=True, body=True),
    )
    def close_dispute(caller: Known, asked: Asked, dispute: DisputeId, body: CloseDispute) -> Response:
        """`upheld`: the line is released at once. `dismissed`: it stays as it is. Answers with the line."""

        def work(unit: UnitOfWork) -> Reply:
            lines = setup.lines.acting_as(actor_of(caller)).within(unit)
            return Reply(body=Line.of(lines.close_dispute(caller.relying_party, dispute, body.end)))

        return perform(setup, asked, caller.relying_party, work)
