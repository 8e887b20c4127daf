"""The signed answer to an accepted verification: made when it is fetched, and gone when the relying party has it.

What a policy discloses lies sealed until then, so the attestation cannot be made earlier, and need not be kept. The
rule, for a network that loses answers: from the first fetch on the same may be fetched again for ten minutes (same
place in the status list, same times, other salts); then, or at once when the relying party says that it has it, the key
of what was sealed is destroyed.
"""

import dataclasses
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Final, Protocol

from visavis.attestation.issuing import issue_attestation
from visavis.attestation.keys import SigningKeyRing
from visavis.attestation.statement import Statement
from visavis.attestation.status_list import StatusReference, StatusRegister
from visavis.attestation.strict_json import json_object
from visavis.audit.entry import Actor
from visavis.clock import Clock
from visavis.decision.vocabulary import Disclosure
from visavis.domain.identifiers import Kind, is_identifier
from visavis.domain.states import Conclusion, Decided
from visavis.domain.verification import Verification
from visavis.errors import StateError, UnknownError
from visavis.service.acts import party_of, verification_act
from visavis.service.case_material import HOLDER_KEY
from visavis.service.policy_shelf import PolicyShelf
from visavis.service.ports import Transactions, UnitOfWork
from visavis.service.records import AttestationRecord
from visavis.service.status_register import revoke_attestation
from visavis.service.steps import found
from visavis.service.summaries import statement_in
from visavis.service.transactions import InUnits, Named, committed
from visavis.service.verifications import Verifications

__all__ = ["Attestations", "FetchedAttestation", "Statuses"]

AGAIN: Final = timedelta(minutes=10)
VALID_FOR: Final = timedelta(days=90)


class Statuses(Protocol):
    """Where statuses are kept, in the store."""

    def within(self, unit: UnitOfWork) -> StatusRegister: ...


@dataclass(frozen=True, slots=True, kw_only=True)
class FetchedAttestation:
    """``token``: SD-JWT VC in compact form, with all its disclosures; ``disclosed``: the same fields in plain;
    ``corrected``: those that were misread, and that the holder mended.
    """

    record: AttestationRecord
    token: str = field(repr=False)
    disclosed: Mapping[str, str] = field(repr=False)
    corrected: tuple[str, ...] = ()


class Attestations(InUnits, Named):
    """``issuer``: the service's public address. ``again``: how long after the first fetch it may be fetched again.

    ``valid_for``: of an attestation; a retired key stays published at least as long.
    """

    def __init__(
        self,
        *,
        storage: Transactions,
        clock: Clock,
        verifications: Verifications,
        policies: PolicyShelf,
        statuses: Statuses,
        keys: SigningKeyRing,
        issuer: str,
        entropy: Callable[[int], bytes],
        valid_for: timedelta = VALID_FOR,
        again: timedelta = AGAIN,
    ) -> None:
        self._storage = storage
        self._clock = clock
        self._verifications = verifications
        self._policies = policies
        self._statuses = statuses
        self._keys = keys
        self._issuer = issuer
        self._entropy = entropy
        self._valid_for = valid_for
        self._again = again
        self._actor: Actor | None = None

    def fetch(self, relying_party: str, verification: str) -> FetchedAttestation:
        """The attestation, for the relying party alone.

        Raises UnknownError ``verification_unknown``; StateError ``nothing_to_attest`` for what was not accepted,
        ``attestation_fetched``, ``attestation_gone`` once it is kept no longer; KeyRingError where the keys cannot be
        had: then it may be fetched again.
        """

        def work(unit: UnitOfWork) -> tuple[Verification, AttestationRecord, Statement, Mapping[str, str]]:
            row = _locked(unit, relying_party, verification)
            statement = _statement(unit, row)
            record = self._record(unit, row)
            verifications = self._verifications.within(unit).acting_as(self._actor or party_of(relying_party))
            return row, record, statement, verifications.disclosed(relying_party, verification) or {}

        # signed outside: nobody waits for a device that signs
        row, record, statement, disclosed = committed(self._storage, work)
        holder = disclosed.get(HOLDER_KEY)
        disclosed = {name: value for name, value in disclosed.items() if name != HOLDER_KEY}
        token = issue_attestation(
            statement,
            policy=self._policies.of_digest(row.policy_digest),
            personal={Disclosure(name): value for name, value in disclosed.items()},
            holder=None if holder is None else json_object(holder.encode()),
            issuer=self._issuer,
            audience=relying_party,
            now=record.issued_at,
            valid_for=record.expires_at - record.issued_at,
            status=StatusReference(uri=record.status_uri, index=record.status_index),
            key=self._keys.signing_key(),
            entropy=self._entropy,
        )
        return FetchedAttestation(record=record, token=str(token), disclosed=disclosed, corrected=statement.corrected)

    def received(self, relying_party: str, verification: str) -> None:
        """The relying party has it: what it was made of is destroyed. To say it twice changes nothing.

        Raises UnknownError ``verification_unknown``, ``attestation_unknown``.
        """

        def work(unit: UnitOfWork) -> None:
            _issued(unit, _locked(unit, relying_party, verification))
            named = self._verifications.within(unit).acting_as(self._actor or party_of(relying_party))
            named.fetched(relying_party, verification)

        committed(self._storage, work)

    def status(self, relying_party: str, verification: str) -> AttestationRecord:
        """Raises UnknownError ``verification_unknown``, ``attestation_unknown``."""
        with self._storage.reading() as unit:
            return _issued(unit, _locked(unit, relying_party, verification, lock=False))

    def revoke(self, relying_party: str, verification: str) -> AttestationRecord:
        """For good: from the next status list on, nobody takes it. To revoke it twice changes nothing.

        Raises UnknownError ``verification_unknown``, ``attestation_unknown``.
        """

        def work(unit: UnitOfWork) -> AttestationRecord:
            row = _locked(unit, relying_party, verification)
            record = _issued(unit, row)
            if record.revoked_at is not None:
                return record
            now = self._clock.now()
            revoke_attestation(unit, verification, now)
            actor = self._actor or party_of(relying_party)
            unit.audit.note(verification_act(row, "attestation.revoked", at=now, actor=actor))
            self._verifications.within(unit).acting_as(actor).fetched(relying_party, verification)
            return dataclasses.replace(record, revoked_at=now)

        return committed(self._storage, work)

    def _record(self, unit: UnitOfWork, row: Verification) -> AttestationRecord:
        """The record of an attestation that may be fetched, made where there is none yet."""
        now = self._clock.now()
        record = unit.attestations.find(row.id)
        if row.forget_at is None or row.forget_at <= now:
            raise _fetched() if record is not None else _gone()
        if record is not None:
            return record
        reference = self._statuses.within(unit).allocate()
        record = AttestationRecord(
            verification=row.id,
            status_uri=reference.uri,
            status_index=reference.index,
            issued_at=now,
            expires_at=now + self._valid_for,
            fetch_until=min(row.forget_at, now + self._again),
        )
        unit.attestations.add(record)
        unit.verifications.save(dataclasses.replace(row, forget_at=record.fetch_until))
        actor = self._actor or party_of(row.relying_party)
        unit.audit.note(verification_act(row, "attestation.issued", at=now, actor=actor))
        return record


def _locked(unit: UnitOfWork, relying_party: str, verification: str, *, lock: bool = True) -> Verification:
    known = is_identifier(verification, Kind.VERIFICATION)
    return found(unit.verifications.find(relying_party, verification, lock=lock) if known else None)


def _statement(unit: UnitOfWork, row: Verification) -> Statement:
    accepted = isinstance(row.state, Decided) and row.state.conclusion is Conclusion.ACCEPTED
    decision = unit.verifications.decision(row.id) if accepted else None
    statement = statement_in(decision.summary) if decision is not None else None
    if statement is None:
        raise StateError(
            "nothing_to_attest",
            "Only what was accepted is attested.",
            advice="Read the verification; its decision says why it was not.",
        )
    return statement


def _issued(unit: UnitOfWork, row: Verification) -> AttestationRecord:
    record = unit.attestations.find(row.id)
    if record is None:
        raise UnknownError(
            "attestation_unknown",
            "No attestation was issued of this verification.",
            advice="It is issued when it is fetched first.",
        )
    return record


def _fetched() -> StateError:
    return StateError(
        "attestation_fetched",
        "This attestation was fetched, and what it was made of is kept no longer.",
        advice="Use the one that you fetched, or open a new verification.",
    )


def _gone() -> StateError:
    return StateError(
        "attestation_gone",
        "Nobody fetched this attestation in time, and what it would be made of is kept no longer.",
        advice="Open a new verification, and fetch its result within a day.",
    )
