"""What became of verifications, counted."""

from datetime import date

from visavis.client.call import Call, get
from visavis.client.models import Figures

__all__ = ["read"]


def read(
    *, first: date | None = None, last: date | None = None, policy: str | None = None, by: str | None = None
) -> Call[Figures]:
    """Of what was opened on these days, in UTC; the last thirty, where none is named. ``by``: ``day`` or ``week``."""
    query = {
        "from": None if first is None else first.isoformat(),
        "to": None if last is None else last.isoformat(),
        "policy": policy,
        "by": by,
    }
    return get("/v1/figures", Figures, query=query)
