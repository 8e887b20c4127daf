"""How a verification stands, in plain words, and what its page does next."""

from datetime import datetime
from typing import Annotated, Final, Literal

from fastapi import APIRouter, Depends, Request
from starlette.responses import Response

from visavis.domain.states import Capturing, Consented, Decided, Referred, Requested, Submitted, state_name
from visavis.domain.verification import Verification
from visavis.service.holder_links import HolderSession
from visavis.service.holder_rights import reasons_for_holders
from visavis.service.notices import alternative_text, document_asked, purpose_text
from visavis.web.holder.context import HolderContext, HolderView, LanguageAsked, holder_answers
from visavis.web.holder.guard import watching
from visavis.web.relying.calling import shown
from visavis.web.schemas.holder import HolderStatus, ResultShown, said
from visavis.web.schemas.verifications import attempts_of
from visavis.web.words import Words

__all__ = ["routes", "status_of"]

Next = Literal["consent", "document", "capture", "wait", "alternative", "done"]
_IN_TIME: Final = Requested | Consented
"""What waits for the holder, and is over with the time."""


def status_of(view: HolderView, words: Words, session: HolderSession, *, now: datetime) -> HolderStatus:
    row = view.row
    following = _next(view, now)
    over = isinstance(row.state, _IN_TIME) and now >= row.expires_at
    key = "expired" if over else state_name(row.state)
    result = None
    if isinstance(row.state, Decided):
        key = str(row.state.conclusion)
        codes = () if view.decision is None else reasons_for_holders(view.decision.reasons)
        result = ResultShown.model_validate(
            {"conclusion": key, "reasons": tuple(said(words.reason(code)) for code in codes)}
        )
    return HolderStatus(
        verification=row.id,
        state=state_name(row.state),
        text=words.say(f"state.{key}", party=view.controller.name),
        next=following,
        may_act=session.may_act,
        expires_at=row.expires_at,
        attempts_left=0 if over else attempts_of(row).left,
        agreed=view.agreed,
        language=words.language,
        party=view.controller.name,
        contact=view.controller.contact,
        purpose=purpose_text(view.policy, words),
        other_way=alternative_text(view.policy, words),
        return_url=row.opening.return_url if following == "done" else None,
        result=result,
    )


def _next(view: HolderView, now: datetime) -> Next:
    row = view.row
    if isinstance(row.state, _IN_TIME) and now >= row.expires_at:
        return "done"
    match row.state:
        case Requested():
            return "consent"
        case Consented():
            return _shown_next(view, row)
        case Capturing() | Submitted() | Referred():
            return "wait"
        case _:
            return "done"


def _shown_next(view: HolderView, row: Verification) -> Next:
    if attempts_of(row).left == 0:
        return "alternative"
    return "document" if document_asked(view.policy) else "capture"


def routes(context: HolderContext) -> APIRouter:
    setup = context.setup
    router = APIRouter(prefix="/h/v1", tags=["Holder"])
    Watching = Annotated[HolderSession, Depends(watching(setup))]

    @router.get(
        "/status",
        operation_id="read_status",
        summary="Read how it stands",
        response_model=HolderStatus,
        responses=holder_answers(watching=True),
    )
    def read_status(request: Request, session: Watching, language: LanguageAsked = None) -> Response:
        """The state in plain words, and once it is decided the result with its reasons. Also for a device that handed
        the verification on. Ask every second or two while `next` is `wait`.
        """
        view = context.view(session)
        return shown(status_of(view, context.words(view.row, request, language), session, now=setup.clock.now()))

    return router
