"""The pages: HTML under /p, and their files under /p/static. A page holds no secret, so anybody may load it; what it
may see and do is settled by the interface that it asks.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from fastapi import APIRouter, Request
from starlette.exceptions import HTTPException
from starlette.responses import Response

from visavis.web.pages.site import ROOT, SentFile, read_site
from visavis.web.setup import ServiceSetup

__all__ = ["PAGES", "PageOf", "page_headers", "routes"]


@dataclass(frozen=True, slots=True, kw_only=True)
class PageOf:
    """``folder``: under `static`; ``name``: in the address, /p/<name>; ``camera``: whether it may ask for one;
    ``types``: the one policy of Trusted Types that it may make, for the address of a worker.
    """

    name: str
    folder: str
    camera: bool = False
    types: str = "'none'"


PAGES: Final = (
    PageOf(name="verify", folder="verify", camera=True, types="visavis-encoder"),
    PageOf(name="sign-in", folder="staff"),
    PageOf(name="shop", folder="shop", camera=True),
    PageOf(name="review", folder="review"),
    PageOf(name="overview", folder="overview"),
)
_FRESH: Final = "no-cache"
"""Kept, and asked for again each time by its ETag: the pages of a new version come together (RFC 9111, 5.2.2.4)."""
_WEAK: Final = re.compile(r"^W/")


def routes(setup: ServiceSetup) -> APIRouter:
    """None of it is in the description of the interface: it is for browsers, and says so by its type."""
    site = read_site()
    router = APIRouter()
    for page in PAGES:
        if page.folder in site.pages:
            _serve(router, page, site.pages[page.folder], page_headers(setup.public_url, page))

    @router.api_route(ROOT + "{name:path}", methods=["GET", "HEAD"], include_in_schema=False)
    async def read_page_file(request: Request, name: str) -> Response:
        if name not in site.files:
            raise HTTPException(404)
        return _answer(request, site.files[name], {})

    return router


def page_headers(public_url: str, page: PageOf) -> dict[str, str]:
    """Of the HTML: nothing from another host, no script or style but files of the page, nothing that makes a script out
    of text (CSP level 3; Trusted Types), and of the device only what the page is for.
    """
    socket = re.sub("^http", "ws", public_url)
    policy = (
        "default-src 'none'",
        "script-src 'self'",
        "style-src 'self'",
        "img-src 'self' data: blob:",
        "media-src 'self' blob:",
        "worker-src 'self'",
        f"connect-src 'self' {socket}",
        "form-action 'none'",
        "base-uri 'none'",
        "frame-ancestors 'none'",
        "require-trusted-types-for 'script'",
        f"trusted-types {page.types}",
    )
    camera = "(self)" if page.camera else "()"
    return {
        "Content-Security-Policy": "; ".join(policy),
        "Permissions-Policy": f"camera={camera}, microphone=(), geolocation=(), display-capture=(), usb=()",
    }


def _serve(router: APIRouter, page: PageOf, file: SentFile, headers: Mapping[str, str]) -> None:
    @router.api_route(f"/p/{page.name}", methods=["GET", "HEAD"], include_in_schema=False)
    async def read_page(request: Request) -> Response:
        return _answer(request, file, headers)


def _answer(request: Request, file: SentFile, headers: Mapping[str, str]) -> Response:
    packed = file.packed if _takes_gzip(request.headers.get("accept-encoding", "")) else None
    tag = f'"{file.tag}"' if packed is None else f'"{file.tag}-gzip"'
    told = {**headers, "ETag": tag, "Cache-Control": _FRESH, "Vary": "Accept-Encoding"}
    known = {_WEAK.sub("", one.strip()) for one in request.headers.get("if-none-match", "").split(",")}
    if tag in known or "*" in known:
        return Response(status_code=304, headers=told)
    told["Content-Type"] = file.media_type
    if packed is not None:
        told["Content-Encoding"] = "gzip"
    return Response(file.content if packed is None else packed, headers=told)


def _takes_gzip(accepted: str) -> bool:
    """RFC 9110, 12.5.3: named, and not with a weight of zero."""
    for one in accepted.lower().split(","):
        name, *weights = (part.strip() for part in one.split(";"))
        if name == "gzip":
            return not any(re.fullmatch(r"q=0(\.0*)?", weight) for weight in weights)
    return False
