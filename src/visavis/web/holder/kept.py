"""What is kept about the holder: to see, to take along, to have erased."""

from collections.abc import Mapping
from typing import Annotated, Final

from fastapi import APIRouter, Depends, Request
from starlette.responses import JSONResponse, Response

from visavis.errors import LineError
from visavis.service.holder_links import HolderSession
from visavis.service.holder_rights import KeptItem
from visavis.web.holder.context import HolderContext, HolderView, LanguageAsked, holder_answers
from visavis.web.holder.guard import acting, looking
from visavis.web.holder.status import status_of
from visavis.web.relying.calling import NOT_KEPT, shown
from visavis.web.schemas.holder import HolderStatus, KeptAnswer, KeptThing, PlainData
from visavis.web.words import Words

__all__ = ["routes"]

_ENDS: Final[Mapping[str, str]] = {
    "verification": "until.stays",
    "decision": "until.stays",
    "receipt": "until.stays",
    "attestation": "until.stays",
    "review": "until.stays",
    "lines": "until.released",
    "log": "until.log",
}


def routes(context: HolderContext) -> APIRouter:
    setup = context.setup
    router = APIRouter(prefix="/h/v1", tags=["Holder"])
    Looking = Annotated[HolderSession, Depends(looking(setup))]
    Acting = Annotated[HolderSession, Depends(acting(setup))]

    @router.get(
        "/kept",
        operation_id="read_kept",
        summary="Read what is kept about me, and until when",
        response_model=KeptAnswer,
        responses=holder_answers(),
    )
    def read_kept(request: Request, session: Looking, language: LanguageAsked = None) -> Response:
        """Told by the store itself, thing by thing. Nothing else is kept."""
        view = context.view(session)
        words = context.words(view.row, request, language)
        items = context.rights.kept(session.relying_party, session.verification)
        return shown(KeptAnswer(language=words.language, items=tuple(_thing(item, words, view) for item in items)))

    @router.get(
        "/export",
        operation_id="export_kept",
        summary="Take along what is kept about me",
        response_model=PlainData,
        responses=holder_answers(),
    )
    def export_kept(session: Looking) -> Response:
        """The same with its content, decrypted. Pictures are in base64. That this was asked is noted in the log."""
        content = context.rights.export(session.relying_party, session.verification)
        lines = _lines(context, session)
        headers = NOT_KEPT | {"Content-Disposition": f'attachment; filename="kept-{session.verification}.json"'}
        return JSONResponse({**content, **({"lines": lines} if lines else {})}, headers=headers)

    @router.post(
        "/erase",
        operation_id="erase_kept",
        summary="Have it erased",
        response_model=HolderStatus,
        responses=holder_answers("page_foreign", "changed_meanwhile"),
    )
    def erase_kept(request: Request, session: Acting, language: LanguageAsked = None) -> Response:
        """In every state. What stays is that there was a check, when, under which policy and how it ended, and the
        receipt that consent was given; nothing in it tells of whom. An attestation that was given is revoked.
        """
        row = context.rights.erase(session.relying_party, session.verification)
        view = context.view(session)
        return shown(status_of(view, context.words(row, request, language), session, now=setup.clock.now()))

    return router


def _thing(item: KeptItem, words: Words, view: HolderView) -> KeptThing:
    key, party = f"kept.{item.name}", view.controller.name
    if key in words:
        text = words.say(key, party=party, n=str(item.count))
    else:
        text = words.say("kept.sealed.other", name=item.name.removeprefix("sealed."))
    if item.until is not None:
        end = words.say("until.at", time=f"{item.until:%Y-%m-%d %H:%M} UTC")
    else:
        end = words.say(_ENDS.get(item.name, "until.erased"))
    return KeptThing(name=item.name, text=text, until=item.until, until_text=end, sealed=item.sealed, count=item.count)


def _lines(context: HolderContext, session: HolderSession) -> list[dict[str, object]]:
    """The lines in the holder's name, where this verification shows that it is them."""
    try:
        found = context.setup.line_views.in_my_name(session.relying_party, session.verification)
    except LineError:
        return []
    return [
        {
            "id": item.line.id,
            "msisdn": item.msisdn,
            "iccid": item.iccid,
            "registered_at": item.line.registered_at.isoformat(),
        }
        for item in found
    ]
