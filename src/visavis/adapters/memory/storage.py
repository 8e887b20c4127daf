"""One lock around everything: a unit of work has the whole store to itself."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager

from visavis.adapters.memory.audit import MemoryAudit
from visavis.adapters.memory.figures import MemoryFigures
from visavis.adapters.memory.holder import MemoryHolderTokens
from visavis.adapters.memory.lines import MemoryLines
from visavis.adapters.memory.members import MemoryMembers, MemoryPasskeys, MemoryStaffTokens
from visavis.adapters.memory.results import MemoryAttestations, MemoryPolicies
from visavis.adapters.memory.reviews import MemoryReviews
from visavis.adapters.memory.service import (
    MemoryApiKeys,
    MemoryAttempts,
    MemoryIdempotency,
    MemoryOutbox,
    MemoryRelyingParties,
)
from visavis.adapters.memory.statuses import MemoryStatuses
from visavis.adapters.memory.tables import Journal
from visavis.adapters.memory.verifications import MemorySealed, MemoryVerifications
from visavis.adapters.memory.webhooks import MemoryWebhooks
from visavis.service.ports import UnitOfWork

__all__ = ["MemoryStorage"]


class MemoryUnit:
    """A `visavis.service.ports.UnitOfWork`."""

    def __init__(self, journal: Journal) -> None:
        self.verifications = MemoryVerifications(journal)
        self.sealed = MemorySealed(journal)
        self.outbox = MemoryOutbox(journal)
        self.idempotency = MemoryIdempotency(journal)
        self.api_keys = MemoryApiKeys(journal)
        self.relying_parties = MemoryRelyingParties(journal)
        self.attempts = MemoryAttempts(journal)
        self.lines = MemoryLines(journal)
        self.reviews = MemoryReviews(journal)
        self.audit = MemoryAudit(journal)
        self.statuses = MemoryStatuses(journal)
        self.holder_tokens = MemoryHolderTokens(journal)
        self.webhooks = MemoryWebhooks(journal)
        self.deliveries = self.webhooks.deliveries
        self.policies = MemoryPolicies(journal)
        self.attestations = MemoryAttestations(journal)
        self.members = MemoryMembers(journal)
        self.passkeys = MemoryPasskeys(journal)
        self.staff_tokens = MemoryStaffTokens(journal)
        self.figures = MemoryFigures(journal, self.verifications)


class MemoryStorage:
    """A `visavis.service.ports.Storage`."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._journal = Journal()
        self._unit = MemoryUnit(self._journal)

    @contextmanager
    def writing(self) -> Iterator[UnitOfWork]:
        with self._lock:
            try:
                yield self._unit
            except BaseException:
                self._journal.undo()
                raise
            self._journal.keep()

    @contextmanager
    def reading(self) -> Iterator[UnitOfWork]:
        with self._lock:
            try:
                yield self._unit
            finally:
                self._journal.undo()

    def scrub(self) -> None:
        """Nothing that was dropped is left."""

    def close(self) -> None:
        """Nothing is open."""
