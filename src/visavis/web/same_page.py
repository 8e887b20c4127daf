"""Whether a page of this very service asks, for whoever comes with a cookie: holders and staff.

A page elsewhere cannot act in their name: the cookie is sent to no request of another site (SameSite=Strict), the
header X-Visavis cannot be set by a form, and the Origin must be this service's own (OWASP ASVS 5.0, 3.5.1).
"""

from typing import Annotated, Final

from fastapi import Header
from starlette.requests import HTTPConnection

from visavis.errors import AccessError
from visavis.web.setup import ServiceSetup

__all__ = ["PAGE", "PageHeader", "check_act", "check_page"]

PAGE: Final = "1"

PageHeader = Annotated[
    str | None,
    Header(alias="X-Visavis", description="`1`: tells that a page of the service asks.", examples=[PAGE], max_length=8),
]


def check_page(setup: ServiceSetup, connection: HTTPConnection) -> None:
    """Whether a page of this service asks, by its Origin. Raises AccessError ``page_foreign``."""
    if connection.headers.getlist("origin") != [setup.public_url]:
        raise AccessError(
            "page_foreign",
            "This was not asked by a page of this service.",
            advice="Open the link that you were given, and go on there.",
        )


def check_act(setup: ServiceSetup, connection: HTTPConnection, header: str | None) -> None:
    """As `check_page`, for what changes something. Raises AccessError ``page_foreign``."""
    check_page(setup, connection)
    if header != PAGE:
        raise AccessError(
            "page_foreign",
            "This was not asked by a page of this service: the header X-Visavis is missing.",
            advice="Send `X-Visavis: 1`.",
        )
