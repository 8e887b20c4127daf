"""How often something may be tried before one must wait: per document and per relying party, as the policy says.

*Per document*: a capture for a document that was read is a try, from its beginning on, so that tries made side by side
count as those made one after another. An acceptance clears it. Documents are known by their pseudonym at the relying
party, and tries under all of its policies count together. *Per relying party and policy*: a verification that ends
without acceptance is a try; after too many, no other is opened for a while. Both hold beside the attempts that each
verification has. (NIST SP 800-63B-4 section 3.2.2: what fails again and again is slowed down.)
"""

import math
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from visavis.decision.policy import Policy
from visavis.decision.vocabulary import TryLimit
from visavis.domain.verification import Verification
from visavis.errors import LimitError
from visavis.service.ports import UnitOfWork

__all__ = ["Lockout", "begin_try", "check_party", "end_tries"]

DOCUMENT: Final = "document"
RELYING_PARTY: Final = "relying_party"


@dataclass(frozen=True, slots=True, kw_only=True)
class Lockout:
    """``limit`` tries within ``window``; then nothing is taken for ``wait``. ``scope`` says what counts."""

    scope: str
    limit: int
    window: timedelta
    wait: timedelta

    @classmethod
    def of_policy(cls, scope: str, limit: TryLimit) -> "Lockout":
        return cls(scope=scope, limit=limit.tries, window=limit.window, wait=limit.wait)

    def admit(self, unit: UnitOfWork, subject: str, *, now: datetime) -> None:
        """Raises LimitError ``locked_out``."""
        until = unit.attempts.locked_until(self.scope, subject, now)
        if until is not None:
            seconds = math.ceil((until - now).total_seconds())
            raise LimitError(
                "locked_out",
                "This was tried too often.",
                advice=f"Wait {max(1, round(seconds / 60))} minutes, or take the other way.",
                retry_after=seconds,
            )

    def count(self, unit: UnitOfWork, subject: str, *, now: datetime) -> int:
        """Note a try; returns how many are left. In a unit of work that ends well: what is undone was not counted."""
        tries = unit.attempts.count(self.scope, subject, at=now, window=self.window)
        if tries >= self.limit:
            unit.attempts.lock(self.scope, subject, until=now + self.wait)
        return max(0, self.limit - tries)

    def take(self, unit: UnitOfWork, subject: str, *, now: datetime) -> None:
        """Note a try, if one may be made. Of those who come at once, no more get through than ``limit`` allows.

        Raises LimitError ``locked_out``, and then nothing was counted, in a unit of work that is undone by it.
        """
        tries = unit.attempts.count(self.scope, subject, at=now, window=self.window)
        self.admit(unit, subject, now=now)  # behind the count, which waits for whoever is counting: so it sees them
        if tries >= self.limit:
            unit.attempts.lock(self.scope, subject, until=now + self.wait)


def begin_try(unit: UnitOfWork, person: str | None, policy: Policy, now: datetime) -> None:
    """A capture for the document of ``person``, a pseudonym, begins. Raises LimitError ``locked_out``."""
    if person is not None:
        Lockout.of_policy(DOCUMENT, policy.lockout.document).take(unit, person, now=now)


def end_tries(
    unit: UnitOfWork, verification: Verification, limit: TryLimit | None, *, accepted: bool, now: datetime
) -> None:
    """A verification was decided: an acceptance clears the tries of the document, anything else is one of the party.
    ``limit``: the policy's for a relying party.
    """
    if accepted and verification.person is not None:
        unit.attempts.clear(DOCUMENT, verification.person)
    if not accepted and limit is not None:
        lockout = Lockout.of_policy(RELYING_PARTY, limit)
        lockout.count(unit, _party(verification.relying_party, verification.purpose), now=now)


def check_party(unit: UnitOfWork, relying_party: str, policy: Policy, now: datetime) -> None:
    """Another verification is to be opened. Raises LimitError ``locked_out``."""
    if policy.lockout.relying_party is not None:
        lockout = Lockout.of_policy(RELYING_PARTY, policy.lockout.relying_party)
        lockout.admit(unit, _party(relying_party, policy.id), now=now)


def _party(relying_party: str, policy: str) -> str:
    return f"{relying_party}:{policy}"
