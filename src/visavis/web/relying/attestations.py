"""The signed answer over HTTP: fetch it, say that you have it, see its status, revoke it."""

from typing import Annotated, Final

from fastapi import APIRouter, Depends
from starlette.responses import Response

from visavis.service.ports import UnitOfWork
from visavis.service.records import Scope
from visavis.web.auth import Caller, caller_with
from visavis.web.idempotent import Once, Reply, once_of, perform
from visavis.web.relying.calling import actor_of, shown
from visavis.web.schemas.attestations import Attestation, AttestationStatus
from visavis.web.schemas.common import VerificationInPath
from visavis.web.schemas.problems import answers
from visavis.web.setup import ServiceSetup

__all__ = ["routes"]

Asked = Annotated[Once, Depends(once_of)]
_TAG: Final = "Attestations"


def routes(setup: ServiceSetup) -> APIRouter:
    router = APIRouter(prefix="/v1/verifications/{verification}/attestation", tags=[_TAG])
    Known = Annotated[Caller, Depends(caller_with(setup, Scope.VERIFICATIONS))]

    @router.get(
        "",
        operation_id="fetch_attestation",
        summary="Fetch the signed answer",
        response_model=Attestation,
        responses=answers("verification_unknown", "nothing_to_attest", "attestation_fetched", "attestation_gone"),
    )
    def fetch_attestation(caller: Known, verification: VerificationInPath) -> Response:
        """Of an accepted verification, within a day of its decision or as long as the policy says. It is made now, and
        kept nowhere: from the first fetch on the same may be fetched again for ten minutes, for the case that an answer
        is lost, and then what it was made of is destroyed.
        """
        named = setup.attestations.acting_as(actor_of(caller))
        return shown(Attestation.of(named.fetch(caller.relying_party, verification)))

    @router.post(
        "/received",
        operation_id="attestation_received",
        summary="Say that you have the signed answer",
        status_code=204,
        response_class=Response,
        responses=answers("verification_unknown", "attestation_unknown", once=True),
    )
    def attestation_received(caller: Known, asked: Asked, verification: VerificationInPath) -> Response:
        """What it was made of is destroyed at once, instead of ten minutes after the first fetch."""

        def act(unit: UnitOfWork) -> Reply:
            named = setup.attestations.acting_as(actor_of(caller)).within(unit)
            named.received(caller.relying_party, verification)
            return Reply(status=204)

        return perform(setup, asked, caller.relying_party, act)

    @router.get(
        "/status",
        operation_id="read_attestation_status",
        summary="Read whether the attestation was revoked",
        response_model=AttestationStatus,
        responses=answers("verification_unknown", "attestation_unknown"),
    )
    def read_attestation_status(caller: Known, verification: VerificationInPath) -> Response:
        """As you issued it. Whoever is shown an attestation asks the status list instead, which tells nobody who asks
        about whom.
        """
        return shown(AttestationStatus.of(setup.attestations.status(caller.relying_party, verification)))

    @router.post(
        "/revoke",
        operation_id="revoke_attestation",
        summary="Revoke the attestation",
        response_model=AttestationStatus,
        responses=answers("verification_unknown", "attestation_unknown", once=True),
    )
    def revoke_attestation(caller: Known, asked: Asked, verification: VerificationInPath) -> Response:
        """For good: from the next status list on nobody takes it. To revoke it twice changes nothing."""

        def act(unit: UnitOfWork) -> Reply:
            named = setup.attestations.acting_as(actor_of(caller)).within(unit)
            return Reply(body=AttestationStatus.of(named.revoke(caller.relying_party, verification)))

        return perform(setup, asked, caller.relying_party, act)

    return router
