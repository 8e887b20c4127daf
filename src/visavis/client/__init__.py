"""A relying party's client of the service: typed, for threads and for event loops.

    from visavis.client import Client

    with Client("https://verify.operator.example", api_key, relying_party="rlp_...") as client:
        opened = client.verifications.open(purpose="change_of_line", binding=order_digest)
        ...
        answer = client.attestations.verify(client.attestations.fetch(opened.id))

`AsyncClient` has the same methods, to be awaited. It needs nothing of the service. See docs/reference/client.md.
"""

from visavis.client.aio import AsyncClient
from visavis.client.call import Page
from visavis.client.course import Patience
from visavis.client.errors import (
    AnswerUnusableError,
    ClientError,
    ConflictError,
    GoneError,
    NotAllowedError,
    NotFoundError,
    ProblemError,
    RequestInvalidError,
    ServiceFaultError,
    ServiceUnreachableError,
    TooManyRequestsError,
)
from visavis.client.events import Event, read_event
from visavis.client.holder import HolderClient
from visavis.client.sync import Client

__all__ = [
    "AnswerUnusableError",
    "AsyncClient",
    "Client",
    "ClientError",
    "ConflictError",
    "Event",
    "GoneError",
    "HolderClient",
    "NotAllowedError",
    "NotFoundError",
    "Page",
    "Patience",
    "ProblemError",
    "RequestInvalidError",
    "ServiceFaultError",
    "ServiceUnreachableError",
    "TooManyRequestsError",
    "read_event",
]
