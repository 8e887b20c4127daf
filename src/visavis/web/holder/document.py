"""The document: pictures of it, or the files of its chip, read once and handed back sealed."""

from datetime import datetime
from typing import Annotated, Any, Final

from fastapi import APIRouter, Depends, Request
from starlette.concurrency import run_in_threadpool
from starlette.responses import Response

from visavis.domain.states import Consented
from visavis.domain.verification import Verification
from visavis.errors import InstallationError, LimitError, StateError
from visavis.service.document_fields import ReadField
from visavis.service.document_upload import MOST_PICTURES, DocumentExaminer, ExaminedDocument
from visavis.service.figure_counting import note_document
from visavis.service.holder_links import HolderSession
from visavis.service.sealed_reading import LABEL, ReadingPlace, ReadingSeal
from visavis.service.transactions import committed
from visavis.web.holder.context import HolderContext, HolderView, LanguageAsked, holder_answers
from visavis.web.holder.guard import acting
from visavis.web.holder.upload import MOST_PICTURE_BYTES, Uploaded, UploadRoom, decode, read_upload
from visavis.web.relying.calling import shown
from visavis.web.schemas.holder import DocumentAnswer, ReadFieldShown, said
from visavis.web.words import Words

__all__ = ["MOST_UPLOADS", "check_time", "routes"]

MOST_UPLOADS: Final = 20
"""Of one verification: enough for unsteady hands, and too few to keep a reader busy with."""
MOST_AT_ONCE: Final = 12
"""Uploads in memory, of all holders in a process; of one session there is one."""
_FORM: Final[dict[str, Any]] = {
    "requestBody": {
        "required": True,
        "content": {
            "multipart/form-data": {
                "schema": {
                    "type": "object",
                    "additionalProperties": False,
                    "properties": {
                        "photo": {
                            "type": "array",
                            "maxItems": MOST_PICTURES,
                            "items": {"type": "string", "contentMediaType": "image/*"},
                            "description": "Pictures of one document: JPEG, PNG, WebP or HEIC, at most"
                            f" {MOST_PICTURE_BYTES // 1_000_000} MB each. Several of one side are read together.",
                        },
                        "chip": {
                            "type": "array",
                            "items": {"type": "string", "contentMediaType": "application/octet-stream"},
                            "description": "The files of one chip as they were read: EF.SOD and the data groups.",
                        },
                    },
                }
            }
        },
    }
}


def routes(context: HolderContext) -> APIRouter:
    setup = context.setup
    router = APIRouter(prefix="/h/v1", tags=["Holder"])
    Acting = Annotated[HolderSession, Depends(acting(setup))]
    seal, room = ReadingSeal(setup.derive_each(LABEL)), UploadRoom(MOST_AT_ONCE)
    models, desk = setup.models, setup.desk
    examiner = (
        None if models is None else DocumentExaminer(reader=models.documents, sampler=models.sampler, trust=setup.trust)
    )

    @router.post(
        "/document",
        operation_id="show_document",
        summary="Show the document",
        response_model=DocumentAnswer,
        openapi_extra=_FORM,
        responses=holder_answers(
            "page_foreign",
            "document_not_now",
            "uploads_used_up",
            "documents_busy",
            "media_type_unknown",
            "upload_malformed",
            "upload_empty",
            "pictures_too_many",
            "not_a_picture",
            "picture_too_large",
            "picture_too_small",
            "file_too_large",
            "chip_sod_missing",
            body=True,
        ),
    )
    async def show_document(request: Request, session: Acting, language: LanguageAsked = None) -> Response:
        """Pictures of it, or the files of its chip, or both. Answers with what was read, for the holder to look at,
        with what to do better, and with the reading itself, sealed: the page holds it and sends it with the capture.
        The service keeps nothing of it. To add the other side, send all pictures again.
        """
        await run_in_threadpool(_admit, session)
        with room.seat(session.key):
            uploaded = await read_upload(request)
            return await run_in_threadpool(_answer, request, session, uploaded, language)

    def _admit(session: HolderSession) -> HolderView:
        """Before the pictures are let in, and again once they are there."""
        view = context.view(session)
        check_time(view.row, setup.clock.now())
        if examiner is None or desk is None:
            raise InstallationError(
                "captures_elsewhere", "Nothing looks at pictures in this process.", advice="Ask one that does."
            )
        return view

    def _answer(request: Request, session: HolderSession, uploaded: Uploaded, language: str | None) -> Response:
        view, now = _admit(session), setup.clock.now()
        left = _count(view.row, now)
        assert examiner is not None  # noqa: S101 - as `_admit` found
        assert desk is not None  # noqa: S101 - likewise
        asked = examiner

        def examine() -> ExaminedDocument:
            return asked.examine(
                [decode(photo) for photo in uploaded.photos],
                uploaded.chip,
                policy=view.policy,
                pseudonyms=setup.pseudonyms(view.row.relying_party),
                now=now,
                today=now.astimezone().date(),  # by the day where the service stands
            )

        with setup.telemetry.stage("document_read"):
            found = desk.document(examine)
        read = found.reading is not None
        committed(setup.storage, lambda unit: note_document(unit, view.row, read=read, problems=found.problems, at=now))
        words = context.words(view.row, request, language)
        return shown(_shown(found, words, left, _sealed(found, session, view.row)))

    def _count(row: Verification, now: datetime) -> int:
        """How many are left. Counted before they are read, since reading is what costs."""
        life = row.expires_at - row.opened_at
        tries = committed(
            setup.storage, lambda unit: unit.attempts.count("holder.document", row.id, at=now, window=life)
        )
        if tries > MOST_UPLOADS:
            raise LimitError(
                "uploads_used_up",
                f"A document is shown {MOST_UPLOADS} times at most.",
                advice="Take the other way, or ask for a new verification.",
            )
        return MOST_UPLOADS - tries

    def _sealed(found: ExaminedDocument, session: HolderSession, row: Verification) -> str | None:
        if found.reading is None:
            return None
        place = ReadingPlace(verification=row.id, session=session.key, policy_digest=row.policy_digest)
        return seal.seal(found.reading, place, expires_at=row.expires_at)

    return router


def check_time(row: Verification, now: datetime) -> None:
    """Raises StateError ``document_not_now``."""
    if not isinstance(row.state, Consented) or now >= row.expires_at:
        raise StateError(
            "document_not_now",
            "The document is shown after the consent, and before the capture.",
            advice="Read the status, and go on from there.",
        )


def _shown(found: ExaminedDocument, words: Words, left: int, reading: str | None) -> DocumentAnswer:
    open_now = {} if found.reading is None else found.reading.as_read
    return DocumentAnswer(
        kind=found.kind,
        text=words.say("document.taken" if reading is not None else "document.again"),
        fields=tuple(_field(item, words, correctable=item.name in open_now) for item in found.fields),
        problems=tuple(said(words.reason(code)) for code in found.problems),
        portrait_found=found.portrait_found,
        chip_proven=found.chip_proven,
        reading=reading,
        uploads_left=left,
    )


def _field(item: ReadField, words: Words, *, correctable: bool) -> ReadFieldShown:
    return ReadFieldShown.model_validate(
        {
            "name": str(item.name),
            "label": words.say(f"field.{item.name}"),
            "value": item.value,
            "place": str(item.place),
            "doubtful": item.doubtful,
            "proven": item.proven,
            "correctable": correctable,
        }
    )
