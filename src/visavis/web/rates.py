"""How often somebody may ask: a generic cell rate algorithm (ITU-T I.371), one moment kept for each who asks.

A quota of ``q`` in ``w`` seconds may be used at once, and comes back evenly. Counted within a process: with N workers
at most N times as much gets through. What must be exact (attempts, lockouts) is counted in the store.

The header fields are those of draft-ietf-httpapi-ratelimit-headers-10.
"""

import math
import threading
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from visavis.errors import LimitError

__all__ = ["Admission", "Quota", "RateLimiter", "rate_limited"]

_MOST_SUBJECTS: Final = 100_000
"""Remembered at once; beyond it, who asked longest ago is forgotten."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Quota:
    """``name`` is the policy's in the header fields; ``amount`` requests in ``window`` seconds."""

    name: str
    amount: int
    window: int

    @property
    def interval(self) -> float:
        """Seconds for one request to come back."""
        return self.window / self.amount


@dataclass(frozen=True, slots=True, kw_only=True)
class Admission:
    """``remaining`` requests may follow at once; after ``reset`` seconds the whole quota is there again, or, where
    ``admitted`` is False, the next request.
    """

    quota: Quota
    admitted: bool
    remaining: int
    reset: int

    def headers(self) -> tuple[tuple[str, str], ...]:
        """``RateLimit-Policy`` and ``RateLimit``: lists of strings with parameters (RFC 9651)."""
        return (
            ("RateLimit-Policy", f'"{self.quota.name}";q={self.quota.amount};w={self.quota.window}'),
            ("RateLimit", f'"{self.quota.name}";r={self.remaining};t={self.reset}'),
        )

    def check(self) -> None:
        """Raises LimitError ``rate_limited`` where it is not admitted."""
        if not self.admitted:
            raise rate_limited(self.reset)


def rate_limited(retry_after: int) -> LimitError:
    """``retry_after``: in seconds."""
    return LimitError(
        "rate_limited",
        "This was asked too often.",
        advice="Wait as long as Retry-After says.",
        retry_after=retry_after,
    )


class RateLimiter:
    """Safe from several threads. ``monotonic``: seconds that never go back."""

    def __init__(self, monotonic: Callable[[], float], *, most_subjects: int = _MOST_SUBJECTS) -> None:
        self._monotonic = monotonic
        self._most = most_subjects
        self._full_at: OrderedDict[tuple[str, str], float] = OrderedDict()
        self._lock = threading.Lock()

    def take(self, quota: Quota, subject: str) -> Admission:
        """Count one request of ``subject``, if the quota has room for it."""
        with self._lock:
            now = self._monotonic()
            place = (quota.name, subject)
            after = max(now, self._full_at.get(place, now)) + quota.interval
            used = after - now
            # a tolerance for sums of floats: the last request of a quota is its own
            over = used - quota.window - 1e-6
            if over > 0:
                return Admission(quota=quota, admitted=False, remaining=0, reset=max(1, math.ceil(over)))
            self._full_at[place] = after
            self._full_at.move_to_end(place)
            self._forget(now)
            remaining = max(0, math.floor((quota.window - used) / quota.interval + 1e-6))
            return Admission(quota=quota, admitted=True, remaining=remaining, reset=math.ceil(used - 1e-6))

    def _forget(self, now: float) -> None:
        """Those whose quota is whole again, a few at a time, and whoever is one too many."""
        for _ in range(2):
            place, full_at = next(iter(self._full_at.items()))
            if full_at > now and len(self._full_at) <= self._most:
                return
            del self._full_at[place]
            if not self._full_at:
                return
