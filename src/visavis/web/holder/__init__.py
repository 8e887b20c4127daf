"""The holder's side: one router a part, all under /h/v1, for the pages of this very service."""

from fastapi import APIRouter

from visavis.web.holder import agreement, catalogue, correction, document, entry, kept, preview, status
from visavis.web.holder.context import HolderContext
from visavis.web.setup import ServiceSetup

__all__ = ["routes"]


def routes(setup: ServiceSetup) -> APIRouter:
    context = HolderContext(setup)
    router = APIRouter()
    for part in (entry, agreement, document, preview, correction, status, kept, catalogue):
        router.routes.extend(part.routes(context).routes)
    return router
