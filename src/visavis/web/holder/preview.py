"""A look at what the camera sees of the document, before a picture of it is taken: what to do better. Nothing is read
of it, and nothing kept.
"""

from dataclasses import replace
from typing import Annotated, Any, Final

from fastapi import APIRouter, Depends, Query, Request
from starlette.concurrency import run_in_threadpool
from starlette.responses import Response

from visavis.capture.frames import FrameLimits, decode_frame
from visavis.capture.picture import RgbImage
from visavis.document.page.advice import AdviceLimits, PageAdvice, PageCondition, advise
from visavis.errors import InstallationError
from visavis.service.holder_links import HolderSession
from visavis.web.holder.context import HolderContext, holder_answers
from visavis.web.holder.document import check_time
from visavis.web.holder.guard import acting
from visavis.web.holder.upload import read_preview
from visavis.web.relying.calling import shown
from visavis.web.schemas.holder import PreviewAnswer
from visavis.web.setup import MOST_PREVIEW_BYTES

__all__ = ["MOST_PREVIEW_SIDE", "routes"]

MOST_PREVIEW_SIDE: Final = 1280
"""Px."""
_LIMITS: Final = FrameLimits(
    max_bytes=MOST_PREVIEW_BYTES, max_pixels=MOST_PREVIEW_SIDE * MOST_PREVIEW_SIDE, side=MOST_PREVIEW_SIDE
)
_LARGEST: Final = 8.0
_FORM: Final[dict[str, Any]] = {
    "requestBody": {
        "required": True,
        "content": {
            "multipart/form-data": {
                "schema": {
                    "type": "object",
                    "additionalProperties": False,
                    "required": ["photo"],
                    "properties": {
                        "photo": {
                            "type": "string",
                            "contentMediaType": "image/jpeg",
                            "description": f"One JPEG of at most {MOST_PREVIEW_BYTES // 1000} KB (with the form around"
                            f" it) and {MOST_PREVIEW_SIDE} pixels a side.",
                        }
                    },
                }
            }
        },
    }
}


def routes(context: HolderContext) -> APIRouter:
    setup = context.setup
    router = APIRouter(prefix="/h/v1", tags=["Holder"])
    Acting = Annotated[HolderSession, Depends(acting(setup, setup.limits.per_preview))]
    desk = setup.desk

    @router.post(
        "/document/preview",
        operation_id="preview_document",
        summary="Look at a preview of the document",
        response_model=PreviewAnswer,
        openapi_extra=_FORM,
        responses=holder_answers(
            "page_foreign",
            "document_not_now",
            "media_type_unknown",
            "upload_malformed",
            "frame_not_jpeg",
            "picture_too_large",
            "picture_too_small",
            "file_too_large",
            body=True,
        ),
    )
    async def preview_document(
        request: Request,
        session: Acting,
        enlarged: Annotated[
            float,
            Query(
                ge=1,
                le=_LARGEST,
                description="How many times longer the sides of the picture will be that is taken in the end.",
                examples=[1.5],
            ),
        ] = 1.0,
    ) -> Response:
        """What to do so that the document can be read. Nothing is read of it, nothing kept, and no upload counted.

        Where the service has more to do it does not look, and says so. Send the next one once this one is answered.
        """
        await run_in_threadpool(_admit, session)
        photo = await read_preview(request)
        return await run_in_threadpool(_answer, photo, enlarged)

    def _admit(session: HolderSession) -> None:
        check_time(context.view(session).row, setup.clock.now())
        if desk is None:
            raise InstallationError(
                "captures_elsewhere", "Nothing looks at pictures in this process.", advice="Ask one that does."
            )

    def _answer(photo: bytes, enlarged: float) -> Response:
        assert desk is not None  # noqa: S101 - as `_admit` found
        found = desk.glance(lambda: _look(photo, enlarged))
        return shown(PreviewAnswer(looked=False, ready=False, advice=()) if found is None else found)

    return router


def _look(photo: bytes, enlarged: float) -> PreviewAnswer:
    pixels = decode_frame(photo, limits=_LIMITS).pixels
    usual = AdviceLimits()
    found = advise(pixels, limits=replace(usual, px_per_mm=usual.px_per_mm / enlarged))
    return PreviewAnswer(
        looked=True,
        ready=found.ready,
        advice=tuple(str(item) for item in found.advice),
        corners=_corners(found, pixels),
    )


def _corners(found: PageCondition, pixels: RgbImage) -> tuple[tuple[float, float], ...] | None:
    if found.quad is None or PageAdvice.NOT_A_DOCUMENT in found.advice:
        return None
    height, width = pixels.shape[:2]
    return tuple((round(float(x) / width, 4), round(float(y) / height, 4)) for x, y in found.quad)
