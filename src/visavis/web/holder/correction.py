"""A name that was misread, mended by its holder, as far as `visavis.service.corrections` lets them."""

from typing import Annotated

from fastapi import APIRouter, Depends
from starlette.responses import Response

from visavis.service.corrections import correct, corrected_names
from visavis.service.holder_links import HolderSession
from visavis.service.sealed_reading import LABEL, ReadingPlace, ReadingSeal
from visavis.web.holder.context import HolderContext, holder_answers
from visavis.web.holder.document import check_time
from visavis.web.holder.guard import acting
from visavis.web.relying.calling import shown
from visavis.web.schemas.holder import CorrectionAnswer, CorrectionAsked

__all__ = ["routes"]


def routes(context: HolderContext) -> APIRouter:
    setup = context.setup
    router = APIRouter(prefix="/h/v1", tags=["Holder"])
    Acting = Annotated[HolderSession, Depends(acting(setup))]
    seal = ReadingSeal(setup.derive_each(LABEL))

    @router.post(
        "/document/correct",
        operation_id="correct_document",
        summary="Correct a name that was misread",
        response_model=CorrectionAnswer,
        responses=holder_answers(
            "page_foreign",
            "document_not_now",
            "reading_invalid",
            "reading_expired",
            "reading_too_large",
            "correction_not_open",
            "correction_too_much",
            "correction_other_letters",
            body=True,
        ),
    )
    def correct_document(session: Acting, body: CorrectionAsked) -> Response:
        """Answers with the reading as it is now. It is marked in the evidence, and the relying party is told of it.
        Nothing that was checked changes by it.
        """
        row, now = context.view(session).row, setup.clock.now()
        check_time(row, now)
        place = ReadingPlace(verification=row.id, session=session.key, policy_digest=row.policy_digest)
        mended = correct(seal.open(body.reading, place, now=now), dict(body.corrections.items()))
        return shown(
            CorrectionAnswer(
                reading=seal.seal(mended, place, expires_at=row.expires_at),
                values={name: mended.fields[name] for name in mended.as_read},
                corrected=corrected_names(mended),
            )
        )

    return router
