"""What happened, for those who must hear of it: identifiers and a status, and by construction nothing personal."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Final

from visavis.domain.states import (
    Consented,
    Decided,
    DeclinedForAlternative,
    Erased,
    Expired,
    Referred,
    Requested,
    State,
    Withdrawn,
)

__all__ = ["Event", "EventKind", "event_kind"]


class EventKind(StrEnum):
    """The public types of events."""

    VERIFICATION_CONSENTED = "verification.consented"
    VERIFICATION_REFERRED = "verification.referred"
    VERIFICATION_DECIDED = "verification.decided"
    VERIFICATION_DECLINED = "verification.declined_for_alternative"
    VERIFICATION_WITHDRAWN = "verification.withdrawn"
    VERIFICATION_EXPIRED = "verification.expired"
    VERIFICATION_ERASED = "verification.erased"
    LINE_REGISTERED = "line.registered"
    LINE_TRANSFERRED = "line.transferred"
    LINE_SIM_REPLACED = "line.sim_replaced"
    LINE_RELEASED = "line.released"
    LINE_DISPUTED = "line.disputed"
    LINE_DISPUTE_CLOSED = "line.dispute_closed"
    WEBHOOK_DISABLED = "webhook.disabled"
    WEBHOOK_TEST = "webhook.test"


@dataclass(frozen=True, slots=True, kw_only=True)
class Event:
    """One event. ``subject`` is the identifier of the verification or the line; ``status`` its state or act;
    ``outcome`` the conclusion, where there is one.
    """

    id: str
    kind: EventKind
    relying_party: str
    subject: str
    at: datetime
    status: str
    outcome: str | None = None
    verification: str | None = None
    """The verification that a line's event rests on."""

    def as_data(self) -> Mapping[str, object]:
        """What a webhook carries (Standard Webhooks: ``type``, ``timestamp``, ``data``)."""
        data = {"id": self.subject, "status": self.status, "outcome": self.outcome, "verification": self.verification}
        return {
            "type": str(self.kind),
            "timestamp": self.at.isoformat(),
            "data": {key: value for key, value in data.items() if value is not None},
        }


_TOLD: Final[Mapping[type[State], EventKind]] = {
    Referred: EventKind.VERIFICATION_REFERRED,
    Decided: EventKind.VERIFICATION_DECIDED,
    DeclinedForAlternative: EventKind.VERIFICATION_DECLINED,
    Withdrawn: EventKind.VERIFICATION_WITHDRAWN,
    Expired: EventKind.VERIFICATION_EXPIRED,
    Erased: EventKind.VERIFICATION_ERASED,
}


def event_kind(before: State, after: State) -> EventKind | None:
    """What the relying party is told of a step; None for the comings and goings of a capture."""
    if isinstance(before, Requested) and isinstance(after, Consented):
        return EventKind.VERIFICATION_CONSENTED
    return _TOLD.get(type(after))
