"""How often something may be tried before one must wait: per verification, per document, per relying party."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from visavis.errors import LimitError
from visavis.service.ports import UnitOfWork

__all__ = ["Lockout"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Lockout:
    """``limit`` tries within ``window``; after one more, nothing is taken for ``wait``. ``scope`` says what counts."""

    scope: str
    limit: int
    window: timedelta
    wait: timedelta

    def admit(self, unit: UnitOfWork, subject: str, *, now: datetime) -> None:
        """Raises LimitError ``locked_out``."""
        until = unit.attempts.locked_until(self.scope, subject, now)
        if until is not None:
            raise LimitError(
                "locked_out",
                "This was tried too often.",
                advice=f"Wait {max(1, round((until - now).total_seconds() / 60))} minutes, or take the other way.",
            )

    def count(self, unit: UnitOfWork, subject: str, *, now: datetime) -> int:
        """Note a try; returns how many are left. In a unit of work that ends well: what is undone was not counted."""
        tries = unit.attempts.count(self.scope, subject, at=now, window=self.window)
        if tries > self.limit:
            unit.attempts.lock(self.scope, subject, until=now + self.wait)
        return max(0, self.limit - tries)
