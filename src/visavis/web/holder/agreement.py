"""Notice, consent with its receipt, the other way, and taking the consent back."""

from typing import Annotated

from fastapi import APIRouter, Depends, Request
from starlette.responses import JSONResponse, Response

from visavis.domain.identifiers import Kind
from visavis.domain.verification import Verification
from visavis.errors import UnknownError
from visavis.service.holder_links import HolderSession
from visavis.service.receipts import receipt_of, receipt_since
from visavis.web.holder.context import HolderContext, LanguageAsked, holder_answers
from visavis.web.holder.guard import acting, looking
from visavis.web.holder.status import status_of
from visavis.web.relying.calling import NOT_KEPT, shown
from visavis.web.schemas.holder import ConsentGiven, HolderStatus, NoticeDocument, NoticePart, PlainData
from visavis.web.words import LANGUAGES

__all__ = ["routes"]


def routes(context: HolderContext) -> APIRouter:
    setup = context.setup
    router = APIRouter(prefix="/h/v1", tags=["Holder"])
    Looking = Annotated[HolderSession, Depends(looking(setup))]
    Acting = Annotated[HolderSession, Depends(acting(setup))]

    @router.get(
        "/notice",
        operation_id="read_notice",
        summary="Read the notice",
        response_model=NoticeDocument,
        responses=holder_answers(),
    )
    def read_notice(request: Request, session: Looking, language: LanguageAsked = None) -> Response:
        """Who asks, for what, what is looked at, what they learn, what is kept and until when, the holder's rights and
        the other way: made from the policy under which the verification was opened.
        """
        view = context.view(session)
        notice = context.notice(view, context.words(view.row, request, language))
        return shown(
            NoticeDocument(
                language=notice.language,
                languages=LANGUAGES,
                title=notice.title,
                sections=tuple(
                    NoticePart.model_validate(
                        {"name": part.name, "heading": part.heading, "paragraphs": part.paragraphs}
                    )
                    for part in notice.sections
                ),
                consent=notice.consent,
                digest=notice.digest,
            )
        )

    @router.post(
        "/consent",
        operation_id="give_consent",
        summary="Agree",
        response_model=HolderStatus,
        responses=holder_answers(
            "page_foreign",
            "notice_changed",
            "step_not_possible",
            "consented_already",
            "verification_expired",
            body=True,
        ),
    )
    def give_consent(request: Request, session: Acting, body: ConsentGiven) -> Response:
        """To the notice of that digest, which must be the one that holds. A receipt is kept, and handed out."""
        view = context.view(session)
        notice = context.notice(view, context.words(view.row, request, body.language))
        notice.check(body.notice_digest)
        now = setup.clock.now()
        receipt = receipt_of(
            notice,
            view.row,
            receipt=setup.identifiers.new(Kind.RECEIPT, now),
            given_at=now,
            jurisdiction="" if view.party is None else view.party.jurisdiction,
        )
        row = setup.verifications.consent(session.relying_party, session.verification, receipt)
        return _status(request, session, row, body.language)

    @router.get(
        "/receipt",
        operation_id="read_receipt",
        summary="Read the consent receipt",
        response_model=PlainData,
        responses=holder_answers("receipt_unknown"),
    )
    def read_receipt(session: Looking) -> Response:
        """ISO/IEC TS 27560:2023, for the holder to keep. Where the consent was taken back it says so."""
        row, _ = setup.verifications.get(session.relying_party, session.verification)
        with setup.storage.reading() as unit:
            content = unit.verifications.receipt(row.id)
        if content is None:
            raise UnknownError("receipt_unknown", "Nothing was agreed to here.", advice="Read the notice first.")
        headers = NOT_KEPT | {"Content-Disposition": f'attachment; filename="consent-{row.id}.json"'}
        return JSONResponse(receipt_since(content, row.state), headers=headers)

    @router.post(
        "/alternative",
        operation_id="take_alternative",
        summary="Take the other way",
        response_model=HolderStatus,
        responses=holder_answers("page_foreign", "step_not_possible", "changed_meanwhile"),
    )
    def take_alternative(request: Request, session: Acting, language: LanguageAsked = None) -> Response:
        """Without the face. What there was is erased at once."""
        row = setup.verifications.take_alternative(session.relying_party, session.verification)
        return _status(request, session, row, language)

    @router.post(
        "/withdraw",
        operation_id="withdraw",
        summary="Take the consent back",
        response_model=HolderStatus,
        responses=holder_answers("page_foreign", "changed_meanwhile"),
    )
    def withdraw(request: Request, session: Acting, language: LanguageAsked = None) -> Response:
        """At any moment. What is open ends and what there was is erased at once; after a decision it is as `erase`."""
        row = context.rights.withdraw(session.relying_party, session.verification)
        return _status(request, session, row, language)

    def _status(request: Request, session: HolderSession, row: Verification, language: str | None) -> Response:
        view = context.view(session)
        return shown(status_of(view, context.words(row, request, language), session, now=setup.clock.now()))

    return router
