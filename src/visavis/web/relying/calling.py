"""What the relying party's routes have in common: in whose name they act, and how an answer is written."""

from typing import Final

from pydantic import BaseModel
from starlette.responses import Response

from visavis.audit.entry import Actor, ActorKind
from visavis.web.auth import Caller

__all__ = ["NOT_KEPT", "actor_of", "shown"]

NOT_KEPT: Final = {"Cache-Control": "no-store"}
"""No proxy, and no client, keeps what may be about a person or opens something."""


def actor_of(caller: Caller) -> Actor:
    """For the audit log: the API key, or the member."""
    kind = ActorKind.RELYING_PARTY if caller.member is None else ActorKind.MEMBER
    return Actor(kind=kind, id=caller.actor)


def shown(body: BaseModel) -> Response:
    """The answer to a look: made by its schema, so it needs no second check."""
    return Response(body.model_dump_json(exclude_none=True), headers=NOT_KEPT, media_type="application/json")
