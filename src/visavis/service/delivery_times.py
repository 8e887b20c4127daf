"""When a delivery that failed is tried again, and for how long an endpoint that does not answer is left alone.

Exponential, with jitter, so that receivers that come back are not met by everything at once (Standard Webhooks 1.0.0,
"Deliverability and reliability").
"""

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Final

from visavis.service.webhook_records import DeliveryResult, Posted

__all__ = ["TRIED_FOR", "next_try", "pause"]

TRIED_FOR: Final = timedelta(days=3)
"""After that a delivery is dead; the last try is at the very end."""
_FIRST: Final = timedelta(seconds=5)
_FACTOR: Final = 4
_LONGEST: Final = timedelta(hours=12)
_LONGEST_PAUSE: Final = timedelta(minutes=5)
_JITTER: Final = 0.25
_MOST_DOUBLINGS: Final = 30
_OVERLOADED: Final = frozenset({429, 502, 503, 504})
_NOBODY_THERE: Final = frozenset(
    {
        DeliveryResult.TIMED_OUT,
        DeliveryResult.UNREACHABLE,
        DeliveryResult.NAME_UNKNOWN,
        DeliveryResult.CERTIFICATE_INVALID,
        DeliveryResult.ADDRESS_FORBIDDEN,
    }
)


def next_try(
    *, begun_at: datetime, now: datetime, tries: int, posted: Posted, random: Callable[[], float]
) -> datetime | None:
    """About 5 s, 20 s, 80 s, 5 min, 21 min, 1.4 h, 5.7 h, then every 12 h; later where the receiver asks for it.
    None where its time is over. ``random`` gives numbers in [0, 1).
    """
    end = begun_at + TRIED_FOR
    if now >= end:
        return None
    usual = min(_FIRST * float(_FACTOR ** min(tries - 1, _MOST_DOUBLINGS)), _LONGEST) * _jittered(random)
    asked = min(posted.retry_after or timedelta(), _LONGEST)
    return min(now + max(usual, asked), end)


def pause(*, failures: int, posted: Posted, now: datetime, random: Callable[[], float]) -> datetime | None:
    """Until when nothing is sent to an endpoint that does not answer, or says that it has too much to do. None where
    it answered and refused this one event.
    """
    asked = min(posted.retry_after or timedelta(), _LONGEST)
    if posted.result not in _NOBODY_THERE and posted.http_status not in _OVERLOADED and not asked:
        return None
    usual = min(_FIRST * float(2 ** min(failures - 1, _MOST_DOUBLINGS)), _LONGEST_PAUSE) * _jittered(random)
    return now + max(usual, asked)


def _jittered(random: Callable[[], float]) -> float:
    return 1 - _JITTER + 2 * _JITTER * random()
