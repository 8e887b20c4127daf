"""Verifications over HTTP: open, read, list, cancel, erase."""

from typing import Annotated, Final

from fastapi import APIRouter, Depends, Query
from pydantic.json_schema import SkipJsonSchema
from starlette.responses import Response

from visavis.domain.identifiers import Kind
from visavis.domain.states import By
from visavis.domain.verification import Opening
from visavis.service.ports import UnitOfWork
from visavis.service.records import Scope
from visavis.web.auth import Caller, caller_with
from visavis.web.cursors import cursor_of, place_of
from visavis.web.idempotent import Once, Reply, once_of, perform
from visavis.web.relying.calling import actor_of, shown
from visavis.web.schemas.common import Cursor, PageSize, StateName, VerificationInPath
from visavis.web.schemas.problems import answers
from visavis.web.schemas.verifications import (
    Attempts,
    OpenedVerification,
    OpenVerification,
    Verification,
    VerificationPage,
    attempts_of,
)
from visavis.web.setup import ServiceSetup

__all__ = ["routes"]

Asked = Annotated[Once, Depends(once_of)]
_TAG: Final = "Verifications"


def routes(setup: ServiceSetup) -> APIRouter:
    router = APIRouter(prefix="/v1/verifications", tags=[_TAG])
    Known = Annotated[Caller, Depends(caller_with(setup, Scope.VERIFICATIONS))]

    @router.post(
        "",
        operation_id="open_verification",
        summary="Open a verification",
        status_code=201,
        response_model=OpenedVerification,
        responses=answers(
            "purpose_unknown",
            "binding_missing",
            "binding_invalid",
            "language_invalid",
            "labels_invalid",
            "return_url_invalid",
            "locked_out",
            once=True,
            body=True,
        ),
    )
    def open_verification(caller: Known, asked: Asked, body: OpenVerification) -> Response:
        """Answers with the link for the holder, which nobody can show again. Send an `Idempotency-Key`: then a request
        that is repeated because its answer was lost is answered with the same link.
        """
        opening = Opening(
            purpose=body.purpose,
            binding=body.binding,
            language=body.language,
            return_url=body.return_url,
            labels=body.labels,
        )

        def act(unit: UnitOfWork) -> Reply:
            policy = setup.policies.current(body.purpose)
            opened = setup.verifications.acting_as(actor_of(caller)).within(unit)
            row = opened.open(caller.relying_party, opening, policy)
            token = setup.links.within(unit).issue(row)
            answer = OpenedVerification.opened(row, f"{setup.public_url}/p/verify#{token}")
            headers = {"Location": f"/v1/verifications/{row.id}", "Cache-Control": "no-store"}
            return Reply(status=201, body=answer, headers=headers)

        return perform(setup, asked, caller.relying_party, act)

    @router.get(
        "",
        operation_id="list_verifications",
        summary="List verifications",
        response_model=VerificationPage,
        responses=answers("cursor_invalid"),
    )
    def list_verifications(
        caller: Known,
        limit: PageSize = 50,
        cursor: Cursor = None,
        state: Annotated[StateName | SkipJsonSchema[None], Query(description="Only those in this state.")] = None,
    ) -> Response:
        """Newest first. What is opened meanwhile moves nothing: it comes before the first page."""
        after = place_of(cursor, Kind.VERIFICATION)
        page = setup.verifications.page(caller.relying_party, limit=limit, after=after, state=state)
        used = setup.verifications.used(page.items)
        items = tuple(Verification.of(row, used_at=used.get(row.id)) for row in page.items)
        return shown(VerificationPage(items=items, next_cursor=cursor_of(page.next)))

    @router.get(
        "/{verification}",
        operation_id="read_verification",
        summary="Read a verification",
        response_model=Verification,
        responses=answers("verification_unknown"),
    )
    def read_verification(caller: Known, verification: VerificationInPath) -> Response:
        """Its state and, once it is decided, the decision with its reasons and a summary of the evidence. Nothing in it
        is about a person.
        """
        row, decision = setup.verifications.get(caller.relying_party, verification)
        used = setup.verifications.used([row])
        return shown(Verification.of(row, decision, used_at=used.get(row.id)))

    @router.get(
        "/{verification}/attempts",
        operation_id="read_attempts",
        summary="Read how many attempts are left",
        response_model=Attempts,
        responses=answers("verification_unknown"),
    )
    def read_attempts(caller: Known, verification: VerificationInPath) -> Response:
        """An attempt is used when its capture begins, also where it breaks off."""
        row, _ = setup.verifications.get(caller.relying_party, verification)
        return shown(attempts_of(row))

    @router.post(
        "/{verification}/cancel",
        operation_id="cancel_verification",
        summary="Cancel a verification",
        response_model=Verification,
        responses=answers("verification_unknown", "step_not_possible", "changed_meanwhile", once=True),
    )
    def cancel_verification(caller: Known, asked: Asked, verification: VerificationInPath) -> Response:
        """Ends one that is not decided. What was kept of it is erased at once, and a running capture ends."""

        def act(unit: UnitOfWork) -> Reply:
            named = setup.verifications.acting_as(actor_of(caller)).within(unit)
            row = named.withdraw(caller.relying_party, verification, by=By.RELYING_PARTY)
            return Reply(body=Verification.of(row))

        return perform(setup, asked, caller.relying_party, act)

    @router.post(
        "/{verification}/erase",
        operation_id="erase_verification",
        summary="Erase a verification",
        response_model=Verification,
        responses=answers("verification_unknown", "step_not_possible", "changed_meanwhile", once=True),
    )
    def erase_verification(caller: Known, asked: Asked, verification: VerificationInPath) -> Response:
        """In every state, once. Leaves that there was a verification, when, under which policy and how it was decided;
        its attestation, if one was issued, is revoked.
        """

        def act(unit: UnitOfWork) -> Reply:
            named = setup.verifications.acting_as(actor_of(caller)).within(unit)
            named.erase(caller.relying_party, verification, by=By.RELYING_PARTY)
            row, decision = named.get(caller.relying_party, verification)
            return Reply(body=Verification.of(row, decision))

        return perform(setup, asked, caller.relying_party, act)

    return router
