"""The words of a language, for a page that is told codes: of reasons, and of what helps while a capture runs."""

import functools
from typing import Final

from fastapi import APIRouter, Request
from starlette.responses import Response

from visavis.web.holder.context import HolderContext, LanguageAsked
from visavis.web.schemas.holder import SaidReason, WordsShown, said
from visavis.web.schemas.problems import answers
from visavis.web.scope import facts_of
from visavis.web.words import LANGUAGES, load_words, nearest_language

__all__ = ["routes"]

_KEPT: Final = {"Cache-Control": "public, max-age=3600"}


def routes(context: HolderContext) -> APIRouter:
    setup = context.setup
    router = APIRouter(prefix="/h/v1", tags=["Holder"])
    written = {language: _written(language) for language in LANGUAGES}

    @router.get(
        "/words",
        operation_id="read_words",
        summary="Read the words of every reason",
        response_model=WordsShown,
        responses=answers("rate_limited", caller=False),
    )
    def read_words(request: Request, language: LanguageAsked = None) -> Response:
        """By code, in one language. The capture tells codes alone; the page says these words for them. Anybody may ask,
        and keep the answer.
        """
        admission = setup.rates.take(setup.limits.per_address, facts_of(request.scope).address)
        admission.check()
        return Response(written[nearest_language(language)], headers=_KEPT, media_type="application/json")

    return router


@functools.cache
def _written(language: str) -> bytes:
    words = load_words(language)
    reasons: dict[str, SaidReason] = {code: said(reason) for code, reason in sorted(words.reasons.items())}
    return WordsShown(language=language, languages=LANGUAGES, reasons=reasons).model_dump_json().encode()
