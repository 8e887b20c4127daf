"""What a counter needs, where holder and staff stand before each other; the shop's page asks for all of it."""

from typing import Annotated, Final

from fastapi import APIRouter, Body, Depends
from starlette.responses import Response

from visavis.decision.policy import Policy
from visavis.errors import AccessError, InputError
from visavis.lines.proof import GRANTS
from visavis.service.ports import UnitOfWork
from visavis.service.records import Scope
from visavis.web.auth import Caller, caller_with
from visavis.web.holder.entry import holder_url, qr_svg
from visavis.web.idempotent import Once, Reply, once_of, perform
from visavis.web.relying.calling import actor_of, shown
from visavis.web.schemas.common import VerificationInPath
from visavis.web.schemas.counter import CheckInPerson, HolderLink, LinePurpose, LinePurposes, LinkCode, PartName
from visavis.web.schemas.problems import answers
from visavis.web.schemas.verifications import Verification
from visavis.web.setup import ServiceSetup

__all__ = ["routes"]

Asked = Annotated[Once, Depends(once_of)]
_TAG: Final = "Counter"
_PARTS: Final[tuple[PartName, ...]] = ("new", "holder", "receiver")


def routes(setup: ServiceSetup) -> APIRouter:
    router = APIRouter(tags=[_TAG])
    Opening = Annotated[Caller, Depends(caller_with(setup, Scope.VERIFICATIONS))]
    OfLines = Annotated[Caller, Depends(caller_with(setup, Scope.LINES))]

    @router.get(
        "/v1/line-purposes",
        operation_id="list_line_purposes",
        summary="List what is good for acts on lines",
        response_model=LinePurposes,
        responses=answers(),
    )
    def list_line_purposes(_caller: OfLines) -> Response:
        """The policies in force whose grants the register asks for, and what their other way asks of your staff."""
        policies = [setup.policies.current(name) for name in setup.policies.names]
        items = [LinePurpose.of(policy, _parts(policy)) for policy in policies if _parts(policy)]
        return shown(LinePurposes(items=tuple(items)))

    @router.post(
        "/v1/verifications/{verification}/alternative",
        operation_id="take_other_way",
        summary="Take the other way for a holder",
        response_model=Verification,
        responses=answers("verification_unknown", "step_not_possible", "changed_meanwhile", once=True),
    )
    def take_other_way(caller: Opening, asked: Asked, verification: VerificationInPath) -> Response:
        """As the holder can on their own page, for somebody who says so and has no page before them. What there was of
        it is erased at once; it is no mark against anybody.
        """

        def act(unit: UnitOfWork) -> Reply:
            named = setup.verifications.acting_as(actor_of(caller)).within(unit)
            return Reply(body=Verification.of(named.take_alternative(caller.relying_party, verification)))

        return perform(setup, asked, caller.relying_party, act)

    @router.post(
        "/v1/verifications/{verification}/in-person-check",
        operation_id="check_in_person",
        summary="Say what a look at the original came to",
        response_model=Verification,
        responses=answers(
            "verification_unknown",
            "member_needed",
            "in_person_not_offered",
            "in_person_checks_missing",
            "in_person_document_expired",
            "in_person_checks_used_up",
            "issuing_state_unknown",
            "document_number_invalid",
            "step_not_possible",
            "verification_expired",
            "changed_meanwhile",
            "locked_out",
            body=True,
        ),
    )
    def check_in_person(
        caller: OfLines, verification: VerificationInPath, body: Annotated[CheckInPerson, Body()]
    ) -> Response:
        """By a member of your staff who signed in, never with a key, after the other way was taken, within a day. It
        decides the verification: what the policy grants is granted, and the attestation says that a person decided.

        It takes no idempotency key: the same said again is answered the same, and no digest is kept of a number.
        """
        row, _ = setup.verifications.get(caller.relying_party, verification)
        if caller.member is None:
            raise AccessError(
                "member_needed",
                "This is done by a person who signed in, and not with a key.",
                advice="Sign in on the service's own page.",
            )
        setup.in_person.decide(
            caller.relying_party,
            verification,
            setup.policies.of_digest(row.policy_digest),
            shown=body.document.row(),
            made=body.checks,
            verdict=body.verdict,
            member=caller.member.id,
            actor=actor_of(caller),
        )
        row, decision = setup.verifications.get(caller.relying_party, verification)
        return shown(Verification.of(row, decision))

    @router.post(
        "/v1/holder-link-code",
        operation_id="draw_holder_link",
        summary="Draw a holder's link to be scanned",
        response_model=LinkCode,
        responses=answers("holder_link_foreign", body=True),
    )
    def draw_holder_link(_caller: Opening, body: HolderLink) -> Response:
        """For a link that you have; nothing of it is kept. It is a POST, so that the link stands in no address."""
        begin = holder_url(setup.public_url, "")
        token = body.holder_url.removeprefix(begin)
        if not body.holder_url.startswith(begin) or not token.isascii() or not token.isprintable() or " " in token:
            raise InputError(
                "holder_link_foreign",
                "This is no link to a page of this service.",
                advice="Send the link as you got it.",
            )
        return shown(LinkCode(qr_svg=qr_svg(body.holder_url)))

    return router


def _parts(policy: Policy) -> tuple[PartName, ...]:
    """Whom a policy's grants are good for in the register."""
    return tuple(part for part in _PARTS if GRANTS[part] in policy.grants)
