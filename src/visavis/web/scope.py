"""What the kernel knows of a request under way, kept in its ASGI scope."""

from dataclasses import dataclass, field
from typing import Final, cast

from starlette.types import Scope

__all__ = ["RequestFacts", "facts_of"]

_PLACE: Final = "visavis.request"


@dataclass(slots=True, kw_only=True)
class RequestFacts:
    """``headers`` are added to the answer, whatever it is; ``actor`` is an id of the service's own, for the log."""

    id: str
    address: str
    headers: list[tuple[str, str]] = field(default_factory=list)
    actor: str | None = None
    code: str | None = None

    def put(self, scope: Scope) -> None:
        scope[_PLACE] = self


def facts_of(scope: Scope) -> RequestFacts:
    """Of a request that came through the kernel; without an id where it did not, as in a test of one router alone."""
    return cast("RequestFacts", scope.setdefault(_PLACE, RequestFacts(id="-", address="-")))
