"""Receipts of consent: made from the very notice that was read, and handed out with what became of it since."""

import copy
from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Final

from visavis.domain.consent import ConsentReceipt
from visavis.domain.states import By, Erased, State, Withdrawn
from visavis.domain.verification import Verification
from visavis.service.notices import Notice

__all__ = ["NOT_STATED", "receipt_of", "receipt_since"]

NOT_STATED: Final = "not stated"
"""Where the relying party has named no jurisdiction."""

_SHORTEST: Final = timedelta(seconds=1)


def receipt_of(
    notice: Notice, verification: Verification, *, receipt: str, given_at: datetime, jurisdiction: str
) -> ConsentReceipt:
    """``receipt``: its identifier. Whether it is given in time is not asked here.

    Raises InputError ``consent_receipt_invalid`` where the notice says too much for one, as a site's own words may.
    """
    rights = notice.section("rights").paragraphs
    return ConsentReceipt(
        id=receipt,
        verification=verification.id,
        given_at=given_at,
        valid_for=max(verification.expires_at - given_at, _SHORTEST),
        purpose=verification.purpose,
        purpose_text=notice.purpose,
        policy_digest=verification.policy_digest,
        controller=notice.controller,
        categories=notice.categories,
        disclosed=notice.disclosed,
        retention=notice.retention,
        rights=rights,
        withdrawal=rights[0],
        alternative=notice.alternative,
        notice_digest=notice.digest,
        language=notice.language,
        jurisdiction=jurisdiction or NOT_STATED,
    )


def receipt_since(content: Mapping[str, object], state: State) -> Mapping[str, object]:
    """A receipt as it was given, and behind it that the consent was taken back, where it was (6.3.5, event_state)."""
    taken_back = isinstance(state, Withdrawn | Erased) and state.by is By.HOLDER
    events = content.get("event")
    if not taken_back or not isinstance(events, list):
        return content
    since = copy.deepcopy(dict(content))
    given = dict(events[0])
    given.pop("validity_duration", None)
    since["event"] = [*events, {**given, "event_time": state.at.isoformat(), "event_state": "withdrawn"}]
    return since
