"""The application: every router of the service, and around them what holds for every request."""

import functools

from fastapi import FastAPI
from starlette.responses import JSONResponse

from visavis import __version__
from visavis.web import health, holder, pages
from visavis.web.capture import socket as capture
from visavis.web.description import describe
from visavis.web.errors import install_error_handlers
from visavis.web.kernel import Kernel
from visavis.web.relying import (
    attestations,
    counter,
    figures,
    keys,
    lines,
    members,
    policies,
    reviews,
    verifications,
    webhooks,
    well_known,
)
from visavis.web.server import lifespan
from visavis.web.setup import ServiceSetup
from visavis.web.staff import signing_in

__all__ = ["make_service"]


def make_service(setup: ServiceSetup) -> FastAPI:
    """Routers are listed here; each is made by its module's ``routes(setup)``, with its whole prefix in it
    and nothing else that an including application would have to add.
    """
    app = FastAPI(
        title="visavis",
        version=__version__,
        summary="1:1 identity verification: a person proves, with consent, that they hold a document.",
        openapi_url=None,
        docs_url=None,
        redoc_url=None,
        redirect_slashes=False,
        separate_input_output_schemas=False,
        lifespan=functools.partial(lifespan, setup=setup),
        license_info={"name": "Apache-2.0", "identifier": "Apache-2.0"},
    )
    for audience in (
        verifications,
        attestations,
        lines,
        counter,
        reviews,
        webhooks,
        keys,
        members,
        signing_in,
        policies,
        figures,
        well_known,
        holder,
        capture,
        pages,
        health,
    ):
        # not include_router: it would examine every route once more, when the first request comes
        app.router.routes.extend(audience.routes(setup).routes)
    describe(app, events=webhooks.events)

    @app.get("/openapi.json", include_in_schema=False)
    def description() -> JSONResponse:
        # in a thread: it is made when it is asked for first, which takes the better part of a second
        return JSONResponse(app.openapi())

    install_error_handlers(app)
    app.add_middleware(Kernel, setup=setup)
    return app
