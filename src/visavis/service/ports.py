"""What the service asks of a store, as small Protocols; memory, SQLite and PostgreSQL give the same.

All of it happens in a *unit of work*: everything that is written in one is there after it, or nothing is. Rows that a
unit of work reads with ``lock`` change under nobody's hands until it ends. Locks are taken in one order, so that two
never wait for each other: verifications by id, then persons, then lines, then the rest.

A relying party is named in every look: what belongs to another party is not found. Lists are bounded, newest first.
"""

from collections.abc import Mapping, Sequence
from contextlib import AbstractContextManager
from datetime import datetime, timedelta
from typing import Protocol

from visavis.audit.queue import AuditTables
from visavis.domain.events import Event
from visavis.domain.lines import Dispute, Line, LineEntry
from visavis.domain.verification import DecisionRecord, Verification
from visavis.service.figure_records import FigureStore
from visavis.service.holder_records import HolderTokenStore
from visavis.service.member_records import MemberStore, PasskeyStore, StaffTokenStore
from visavis.service.records import (
    Answered,
    ApiKey,
    AttestationRecord,
    OutboxItem,
    Page,
    PolicyVersion,
    RelyingParty,
    WrappedKey,
)
from visavis.service.review_records import ReviewStore
from visavis.service.status_ports import StatusStore
from visavis.service.webhook_ports import DeliveryStore, WebhookStore

__all__ = [
    "ApiKeyStore",
    "AttemptStore",
    "AttestationStore",
    "IdempotencyStore",
    "LineStore",
    "OutboxStore",
    "PolicyStore",
    "RelyingPartyStore",
    "SealedStore",
    "Sealer",
    "Storage",
    "Transactions",
    "UnitOfWork",
    "VerificationStore",
]


class VerificationStore(Protocol):
    def add(self, verification: Verification) -> None: ...

    def find(self, relying_party: str, verification: str, *, lock: bool = False) -> Verification | None: ...

    def save(self, verification: Verification) -> Verification:
        """Replace the row of that version, and return it with the next one.

        Raises `visavis.errors.StateError` ``changed_meanwhile``.
        """
        ...

    def page(
        self, relying_party: str, *, limit: int, after: str | None = None, state: str | None = None
    ) -> Page[Verification]: ...

    def overdue(self, now: datetime, *, limit: int) -> tuple[Verification, ...]:
        """Open ones whose time is over, locked; those that another worker holds are left to it."""
        ...

    def to_forget(self, now: datetime, *, limit: int) -> tuple[Verification, ...]:
        """Those whose sealed fields must go, locked; those that another worker holds are left to it."""
        ...

    def record(self, decision: DecisionRecord) -> None:
        """Raises `visavis.errors.StateError` ``decided_already``."""
        ...

    def decision(self, verification: str) -> DecisionRecord | None: ...

    def keep_receipt(self, verification: str, content: Mapping[str, object]) -> None: ...

    def receipt(self, verification: str) -> Mapping[str, object] | None: ...

    def use(self, verification: str, *, grant: str, used_for: str, at: datetime) -> bool:
        """Note that a verification was acted on. False where it was before: once is all there is."""
        ...

    def used(self, verifications: Sequence[str]) -> Mapping[str, datetime]:
        """When those of them that were acted on were."""
        ...


class Sealer(Protocol):
    """AES-256-GCM under keys that are wrapped by the operator's master key."""

    def new_key(self, owner: str) -> WrappedKey: ...

    def seal(self, key: WrappedKey, label: str, content: bytes) -> bytes: ...

    def open(self, key: WrappedKey, label: str, sealed: bytes) -> bytes:
        """Raises `visavis.errors.StorageError`: ``sealed_unreadable``, ``master_key_unknown``."""
        ...

    def rewrap(self, key: WrappedKey) -> WrappedKey:
        """The same key under the present master key."""
        ...

    @property
    def master(self) -> str:
        """The name of the present master key."""
        ...


class SealedStore(Protocol):
    """Sealed fields and the key of each owner: once the key is gone, so are they."""

    def put_key(self, key: WrappedKey) -> None: ...

    def key(self, owner: str) -> WrappedKey | None: ...

    def destroy(self, owner: str) -> bool:
        """Drop the key and all that was sealed under it; False where there was none."""
        ...

    def put(self, owner: str, label: str, sealed: bytes) -> None: ...

    def get(self, owner: str, label: str) -> bytes | None: ...

    def labels(self, owner: str) -> tuple[str, ...]:
        """Of all that lies sealed for an owner, in order."""
        ...

    def wrapped_otherwise(self, master: str, *, limit: int) -> tuple[WrappedKey, ...]:
        """Keys under another master key than that, locked; those that another worker holds are left to it."""
        ...


class OutboxStore(Protocol):
    """Events that wait to be handed over to whoever delivers them: see `visavis.service.deliveries`."""

    def append(self, event: Event) -> None: ...

    def waiting(self, now: datetime) -> bool:
        """Whether there is anything to claim."""
        ...

    def claim(self, now: datetime, *, lease: timedelta, limit: int) -> tuple[OutboxItem, ...]:
        """Events that are due, oldest first, each for one worker: not due again before ``lease`` is over."""
        ...

    def delivered(self, event: str) -> None: ...

    def page(self, relying_party: str, *, limit: int, after: str | None = None) -> Page[OutboxItem]: ...

    def prune(self, before: datetime, *, limit: int) -> int:
        """Forget delivered events from before that moment; returns how many."""
        ...


class IdempotencyStore(Protocol):
    def find_or_claim(self, relying_party: str, key: str, *, request: str, at: datetime) -> Answered | None:
        """None: the key is this unit of work's, which must `answer` it. Else what was answered to it.

        Waits for a unit of work that holds the key.
        """
        ...

    def answer(self, relying_party: str, key: str, answered: Answered) -> None: ...

    def prune(self, before: datetime, *, limit: int) -> int: ...


class ApiKeyStore(Protocol):
    def add(self, key: ApiKey) -> None: ...

    def find(self, key: str) -> ApiKey | None:
        """By id alone: whose it is, is what is asked here."""
        ...

    def of_party(self, relying_party: str) -> tuple[ApiKey, ...]: ...

    def revoke(self, relying_party: str, key: str, at: datetime) -> bool: ...

    def used(self, key: str, at: datetime) -> None: ...


class RelyingPartyStore(Protocol):
    def add(self, party: RelyingParty) -> None: ...

    def find(self, party: str) -> RelyingParty | None: ...

    def all(self) -> tuple[RelyingParty, ...]: ...


class AttemptStore(Protocol):
    """Counters of attempts, and who must wait. ``scope`` says what is counted, ``subject`` is an id or a pseudonym."""

    def count(self, scope: str, subject: str, *, at: datetime, window: timedelta) -> int:
        """Add one, and say how many it were since the window began; an old window begins anew."""
        ...

    def lock(self, scope: str, subject: str, *, until: datetime) -> None: ...

    def locked_until(self, scope: str, subject: str, now: datetime) -> datetime | None: ...

    def clear(self, scope: str, subject: str) -> None: ...

    def prune(self, before: datetime, *, limit: int) -> int:
        """Forget windows that began before that moment and lock nobody any more."""
        ...


class LineStore(Protocol):
    def lock_person(self, relying_party: str, person: str) -> None:
        """From here on nobody else counts or gives lines of this person until the unit of work ends."""
        ...

    def count(self, relying_party: str, person: str) -> int:
        """Active lines of a person."""
        ...

    def add(self, line: Line) -> None: ...

    def find(self, relying_party: str, line: str, *, lock: bool = False) -> Line | None: ...

    def by_number(self, relying_party: str, number: str) -> Line | None:
        """The active line of a number."""
        ...

    def by_card(self, relying_party: str, card: str) -> Line | None:
        """The active line of a card."""
        ...

    def save(self, line: Line) -> Line:
        """As `VerificationStore.save`."""
        ...

    def of_person(self, relying_party: str, person: str, *, limit: int) -> tuple[Line, ...]:
        """Active lines of a person."""
        ...

    def page(self, relying_party: str, *, limit: int, after: str | None = None) -> Page[Line]: ...

    def append(self, entry: LineEntry) -> None: ...

    def history(self, line: str, *, limit: int) -> tuple[LineEntry, ...]:
        """Newest first."""
        ...

    def open_dispute(self, dispute: Dispute) -> None: ...

    def dispute(self, relying_party: str, dispute: str, *, lock: bool = False) -> Dispute | None: ...

    def close_dispute(self, dispute: Dispute) -> None: ...

    def disputes(self, relying_party: str, *, limit: int, after: str | None = None) -> Page[Dispute]:
        """Open ones."""
        ...


class PolicyStore(Protocol):
    """Versions of policies by their digest; they belong to the installation, and are never changed."""

    def keep(self, version: PolicyVersion) -> bool:
        """False, and nothing happens, where that digest is there."""
        ...

    def find(self, digest: str) -> PolicyVersion | None: ...

    def versions(self, policy: str | None, *, limit: int) -> tuple[PolicyVersion, ...]:
        """By name, then the greatest version first, then the newest."""
        ...


class AttestationStore(Protocol):
    """One record a verification."""

    def add(self, record: AttestationRecord) -> None: ...

    def find(self, verification: str) -> AttestationRecord | None: ...

    def revoke(self, verification: str, at: datetime) -> None: ...


class UnitOfWork(Protocol):
    """Everything that is kept, within one transaction."""

    @property
    def verifications(self) -> VerificationStore: ...

    @property
    def sealed(self) -> SealedStore: ...

    @property
    def outbox(self) -> OutboxStore: ...

    @property
    def idempotency(self) -> IdempotencyStore: ...

    @property
    def api_keys(self) -> ApiKeyStore: ...

    @property
    def relying_parties(self) -> RelyingPartyStore: ...

    @property
    def attempts(self) -> AttemptStore: ...

    @property
    def lines(self) -> LineStore: ...

    @property
    def audit(self) -> AuditTables: ...

    @property
    def statuses(self) -> StatusStore: ...

    @property
    def holder_tokens(self) -> HolderTokenStore: ...

    @property
    def webhooks(self) -> WebhookStore: ...

    @property
    def deliveries(self) -> DeliveryStore: ...

    @property
    def policies(self) -> PolicyStore: ...

    @property
    def reviews(self) -> ReviewStore: ...

    @property
    def attestations(self) -> AttestationStore: ...

    @property
    def members(self) -> MemberStore: ...

    @property
    def passkeys(self) -> PasskeyStore: ...

    @property
    def staff_tokens(self) -> StaffTokenStore: ...

    @property
    def figures(self) -> FigureStore: ...


class Transactions(Protocol):
    """Where units of work begin; safe from several threads, a unit of work from one."""

    def writing(self) -> AbstractContextManager[UnitOfWork]:
        """Committed where the block ends, undone where it raises.

        Raises `visavis.errors.StorageError`: ``storage_conflict`` (begin the work again: see
        `visavis.service.transactions.committed`), ``storage_busy``, ``storage_unreachable``, ``storage_failed``.
        """
        ...

    def reading(self) -> AbstractContextManager[UnitOfWork]:
        """For looks alone: whatever is written in it is undone, or refused as ``storage_failed``."""
        ...


class Storage(Transactions, Protocol):
    """A store as a whole, for who opened it."""

    def scrub(self) -> None:
        """Take what was deleted out of the database's files, as far as it lets itself be told to."""
        ...

    def close(self) -> None: ...
