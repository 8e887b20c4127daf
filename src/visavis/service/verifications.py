"""The course of a verification in the store: each step, what it leaves and the event that tells of it, in one piece.

Every act is one unit of work. A step that the present state does not take changes nothing and tells nobody.
"""

import dataclasses
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from visavis.audit.entry import SYSTEM, Actor
from visavis.clock import Clock
from visavis.decision.decide import Decision, DecisionOutcome
from visavis.decision.policy import Policy
from visavis.domain.consent import ConsentReceipt
from visavis.domain.identifiers import Identifiers, Kind, is_identifier
from visavis.domain.states import (
    BeginCapture,
    By,
    Conclude,
    Conclusion,
    Consent,
    Decided,
    Erase,
    Expire,
    Interrupt,
    Refer,
    Referred,
    Requested,
    Step,
    Submit,
    Submitted,
    TakeAlternative,
    TryAgain,
    Withdraw,
)
from visavis.domain.verification import DecisionRecord, Opening, Verification
from visavis.errors import InputError, StateError
from visavis.service.acts import party_of, verification_act
from visavis.service.case_material import DISCLOSED, HOLDER_KEY, CaseMaterial, keep_material, reseal_fields_alone
from visavis.service.figure_counting import REASONS_OF, Mark, marks_of
from visavis.service.figure_records import FigureKind
from visavis.service.lockout import begin_try, check_party, end_tries
from visavis.service.ports import Sealer, Transactions, UnitOfWork
from visavis.service.records import Page, page_limit
from visavis.service.review_ends import new_case
from visavis.service.steps import found, take
from visavis.service.transactions import InUnits, Named, committed
from visavis.service.vault import open_fields, seal_fields

__all__ = ["DISCLOSED", "Findings", "Verifications"]

_TOGETHER: Final = 50


@dataclass(frozen=True, slots=True, kw_only=True)
class Findings:
    """What an examination leaves: the decision, a summary of the evidence without anything personal, the holder's
    pseudonym, and what was read of the document. Of that, what the policy discloses is kept, sealed, where the decision
    is to accept or to refer; ``kept`` only where it is to refer, and the policy keeps something of referred cases.
    ``holder_key``: a public key as JSON, see `visavis.attestation.holder_keys`; empty for none.
    ``summary`` of a referred case is what it would be were it accepted by a person. ``suspected``: the attack
    instrument that a capture which failed attack detection looks like; ``unacquired``: why there was no face to
    compare, where there was none. Both are counted, and kept nowhere else.
    """

    decision: Decision
    summary: Mapping[str, object]
    person: str | None = None
    disclosed: Mapping[str, str] = dataclasses.field(default_factory=dict)
    holder_key: str = ""
    kept: CaseMaterial | None = dataclasses.field(default=None, repr=False)
    suspected: str | None = None
    unacquired: tuple[str, ...] = ()

    def marks(self, kind: FigureKind | None) -> list[Mark]:
        """What the figures count of it; ``kind``: as what its reasons are counted, None where they are not."""
        marks = [] if kind is None else marks_of(kind, self.decision.reasons)
        if self.suspected is not None:
            marks.append((FigureKind.SUSPECTED, self.suspected))
        if self.unacquired:
            marks += [(FigureKind.ATTEMPT, "unacquired"), *marks_of(FigureKind.UNACQUIRED_FOR, self.unacquired)]
        return marks


def _same_policy(verification: Verification, policy: Policy, *digests: str) -> None:
    if {policy.digest, *digests} != {verification.policy_digest}:
        raise StateError(
            "policy_changed",
            "This was decided under another policy than the one it was opened with.",
            advice="Decide it again under that policy.",
        )


def _may_try_again(verification: Verification) -> bool:
    return isinstance(verification.state, Submitted) and verification.state.attempts < verification.attempts


class Verifications(InUnits, Named):
    """Opens verifications and leads them through their states.

    Unless somebody is named, an act is told as the holder's, the relying party's or the machinery's, as it is by its
    nature.

    ``fetch_within``: how long what the policy discloses waits, sealed, for the relying party to fetch it.
    """

    def __init__(
        self,
        *,
        storage: Transactions,
        sealer: Sealer,
        clock: Clock,
        identifiers: Identifiers,
        fetch_within: timedelta = timedelta(days=1),
    ) -> None:
        self._storage = storage
        self._sealer = sealer
        self._clock = clock
        self._identifiers = identifiers
        self._fetch_within = fetch_within
        self._actor: Actor | None = None

    @property
    def fetch_within(self) -> timedelta:
        return self._fetch_within

    # ---- the relying party

    def open(self, relying_party: str, opening: Opening, policy: Policy) -> Verification:
        """Raises InputError ``purpose_mismatch``, ``binding_missing``; LimitError ``locked_out``."""
        if opening.purpose != policy.id:
            raise InputError("purpose_mismatch", "The purpose is not the policy's.", advice="Name the policy's id.")
        if policy.binding is not None and opening.binding is None:
            raise InputError(
                "binding_missing",
                f"The policy {policy.id} asks for a binding: {policy.binding}.",
                advice="Send the digest of what is being approved.",
            )
        now = self._clock.now()
        verification = Verification(
            id=self._identifiers.new(Kind.VERIFICATION, now),
            relying_party=relying_party,
            opening=opening,
            policy_version=policy.version,
            policy_digest=policy.digest,
            attempts=policy.attempts,
            opened_at=now,
            expires_at=now + policy.ttl,
            state=Requested(at=now),
            opened_by=self._key(),
        )

        def work(unit: UnitOfWork) -> None:
            check_party(unit, relying_party, policy, now)
            unit.verifications.add(verification)
            self._note(unit, verification, "verification.opened", now)

        committed(self._storage, work)
        return verification

    def get(self, relying_party: str, verification: str) -> tuple[Verification, DecisionRecord | None]:
        """The verification and its decision. Raises UnknownError ``verification_unknown``."""
        known = is_identifier(verification, Kind.VERIFICATION)
        with self._storage.reading() as unit:
            row = found(unit.verifications.find(relying_party, verification) if known else None)
            return row, unit.verifications.decision(verification) if row.conclusion is not None else None

    def page(
        self, relying_party: str, *, limit: int = 50, after: str | None = None, state: str | None = None
    ) -> Page[Verification]:
        """Newest first. Raises InputError ``page_size_invalid``."""
        with self._storage.reading() as unit:
            return unit.verifications.page(relying_party, limit=page_limit(limit), after=after, state=state)

    def used(self, rows: Iterable[Verification]) -> Mapping[str, datetime]:
        """By id, when those of ``rows`` that were accepted were acted on; who may see ``rows`` may see it."""
        accepted = [row.id for row in rows if row.conclusion is Conclusion.ACCEPTED]
        if not accepted:
            return {}
        with self._storage.reading() as unit:
            return unit.verifications.used(accepted)

    def disclosed(self, relying_party: str, verification: str) -> Mapping[str, str] | None:
        """What an accepted verification tells of the holder; None where it tells nothing (any more)."""
        row, _ = self.get(relying_party, verification)
        if row.conclusion is not Conclusion.ACCEPTED:
            return None

        def work(unit: UnitOfWork) -> Mapping[str, str] | None:
            fields = open_fields(unit, self._sealer, verification, DISCLOSED)
            if fields is not None:
                self._note(unit, row, "verification.disclosed", self._clock.now())
            return fields

        return committed(self._storage, work)

    def fetched(self, relying_party: str, verification: str) -> None:
        """The relying party has what was disclosed: its key is destroyed."""

        def work(unit: UnitOfWork) -> None:
            before = self._locked(unit, relying_party, verification)
            destroyed = isinstance(before.state, Decided) and unit.sealed.destroy(verification)
            if destroyed or (isinstance(before.state, Decided) and before.forget_at is not None):
                saved = unit.verifications.save(dataclasses.replace(before, forget_at=None))
                self._note(unit, saved, "verification.fetched", self._clock.now())

        committed(self._storage, work)

    # ---- the holder

    def consent(self, relying_party: str, verification: str, receipt: ConsentReceipt) -> Verification:
        def work(unit: UnitOfWork) -> Verification:
            before = self._locked(unit, relying_party, verification)
            unit.verifications.keep_receipt(verification, receipt.as_data())
            return self._take(unit, before, Consent(at=self._clock.now(), receipt=receipt.id))

        return committed(self._storage, work)

    def begin_capture(
        self, relying_party: str, verification: str, policy: Policy, *, person: str | None = None
    ) -> Verification:
        """An attempt is used. ``person``: the pseudonym of whom the document shows, where it was read already.

        Raises StateError ``attempts_used_up``, ``policy_changed``; LimitError ``locked_out``.
        """

        def work(unit: UnitOfWork) -> Verification:
            before = self._locked(unit, relying_party, verification)
            _same_policy(before, policy)
            now, known = self._clock.now(), dataclasses.replace(before, person=person or before.person)
            begun = self._take(unit, known, BeginCapture(at=now, allowed=before.attempts))
            begin_try(unit, known.person, policy, now)
            return begun

        return committed(self._storage, work)

    def interrupt(self, relying_party: str, verification: str) -> Verification:
        return self._commit_step(relying_party, verification, lambda now: Interrupt(at=now))

    def submit(self, relying_party: str, verification: str) -> Verification:
        return self._commit_step(relying_party, verification, lambda now: Submit(at=now))

    def take_alternative(self, relying_party: str, verification: str) -> Verification:
        return self._commit_step(relying_party, verification, lambda now: TakeAlternative(at=now))

    def withdraw(self, relying_party: str, verification: str, *, by: By) -> Verification:
        """The consent is taken back, or the relying party cancels: what was kept is erased at once."""
        return self._commit_step(relying_party, verification, lambda now: Withdraw(at=now, by=by))

    def erase(self, relying_party: str, verification: str, *, by: By) -> Verification:
        """Leaves a skeleton: that there was a verification, when, under which policy, and how it ended."""
        return self._commit_step(relying_party, verification, lambda now: Erase(at=now, by=by))

    # ---- the decision

    def conclude(self, relying_party: str, verification: str, findings: Findings, policy: Policy) -> Verification:
        """What follows from the decision: an end, a reviewer, or another attempt.

        The decision, what it discloses and the event that tells of it are there together or not at all. Raises
        StateError ``step_not_possible``, ``decided_already``, ``policy_changed``; LimitError ``locked_out`` for a
        document that was not known before.
        """

        def work(unit: UnitOfWork) -> Verification:
            before = self._locked(unit, relying_party, verification)
            _same_policy(before, policy, findings.decision.policy_digest)
            return self._conclude(unit, before, findings, policy)

        return committed(self._storage, work)

    def _conclude(self, unit: UnitOfWork, before: Verification, findings: Findings, policy: Policy) -> Verification:
        now = self._clock.now()
        outcome = findings.decision.outcome
        if outcome is DecisionOutcome.INCONCLUSIVE and _may_try_again(before):
            return self._take(unit, before, TryAgain(at=now), findings.marks(FigureKind.RETRIED_FOR))
        known = dataclasses.replace(before, person=findings.person or before.person)
        if known.person != before.person:
            begin_try(unit, known.person, policy, now)  # a document that was not read before the capture
        if outcome is DecisionOutcome.REFERRED:
            self._keep(unit, before.id, findings, policy)
            return self._refer(unit, known, findings, policy, now)
        conclusion = Conclusion(outcome)
        accepted = conclusion is Conclusion.ACCEPTED
        until = now + max(policy.retention.accepted, self._fetch_within) if accepted else None
        if accepted:
            if isinstance(before.state, Referred):
                reseal_fields_alone(unit, self._sealer, before.id, DISCLOSED)  # without what was kept for a reviewer
            self._keep(unit, before.id, findings, policy)
        else:
            unit.sealed.destroy(before.id)  # what was kept for a reviewer
        end_tries(unit, known, policy.lockout.relying_party, accepted=accepted, now=now)
        step, marks = Conclude(at=now, conclusion=conclusion), findings.marks(REASONS_OF.get(conclusion))
        saved = self._take(unit, dataclasses.replace(known, forget_at=until), step, marks)
        unit.verifications.record(
            DecisionRecord(
                verification=before.id,
                conclusion=conclusion,
                at=now,
                reasons=findings.decision.reasons,
                policy=policy.id,
                policy_version=policy.version,
                policy_digest=policy.digest,
                grants=policy.grants if accepted else (),
                summary=findings.summary,
            )
        )
        return saved

    def _refer(
        self, unit: UnitOfWork, known: Verification, findings: Findings, policy: Policy, now: datetime
    ) -> Verification:
        """The case waits for people as long as the policy keeps referred ones; where it keeps nothing, for as long as
        an accepted one waits to be fetched, and they must see for themselves.
        """
        keeps = policy.retention.referred
        kept = keep_material(unit, self._sealer, known.id, findings.kept) if keeps and findings.kept is not None else ()
        end = now + (keeps or self._fetch_within)
        waiting = dataclasses.replace(known, expires_at=end, forget_at=end)
        saved = self._take(unit, waiting, Refer(at=now), findings.marks(FigureKind.REFERRED_FOR))
        case = new_case(
            saved,
            decision=findings.decision,
            summary=findings.summary,
            policy=policy,
            kept=kept,
            now=now,
            identifiers=self._identifiers,
        )
        unit.reviews.add(case)
        return saved

    def _keep(self, unit: UnitOfWork, verification: str, findings: Findings, policy: Policy) -> None:
        """What the policy discloses, and nothing else of what was read."""
        fields = {str(name): findings.disclosed[name] for name in policy.disclose if name in findings.disclosed}
        if findings.holder_key:
            fields[HOLDER_KEY] = findings.holder_key
        if fields:
            seal_fields(unit, self._sealer, verification, DISCLOSED, fields)

    # ---- background work

    def expire_overdue(self) -> int:
        """End some of those whose time is over; returns how many, 0 when there is none left."""

        def work(unit: UnitOfWork) -> int:
            now = self._clock.now()
            overdue = unit.verifications.overdue(now, limit=_TOGETHER)
            for verification in overdue:
                self._take(unit, verification, Expire(at=now))
            return len(overdue)

        return committed(self._storage, work)

    def forget_due(self) -> int:
        """Destroy the keys of some of those whose time is over; returns how many, 0 when there is none left."""

        def work(unit: UnitOfWork) -> int:
            now = self._clock.now()
            due = unit.verifications.to_forget(now, limit=_TOGETHER)
            for verification in due:
                unit.sealed.destroy(verification.id)
                saved = unit.verifications.save(dataclasses.replace(verification, forget_at=None))
                unit.audit.note(verification_act(saved, "verification.forgotten", at=now, actor=SYSTEM))
            return len(due)

        return committed(self._storage, work)

    # ---- one step

    def _commit_step(self, relying_party: str, verification: str, step: Callable[[datetime], Step]) -> Verification:
        def work(unit: UnitOfWork) -> Verification:
            return self._take(unit, self._locked(unit, relying_party, verification), step(self._clock.now()))

        return committed(self._storage, work)

    def _locked(self, unit: UnitOfWork, relying_party: str, verification: str) -> Verification:
        return found(unit.verifications.find(relying_party, verification, lock=True))

    def _take(
        self, unit: UnitOfWork, verification: Verification, step: Step, marks: Iterable[Mark] = ()
    ) -> Verification:
        return take(unit, verification, step, identifiers=self._identifiers, actor=self._actor, marks=marks)

    def _key(self) -> str | None:
        """The API key in whose name this acts, where it is one."""
        name = self._actor.id if self._actor is not None else None
        return name if name is not None and is_identifier(name, Kind.API_KEY) else None

    def _note(self, unit: UnitOfWork, row: Verification, act: str, now: datetime) -> None:
        actor = self._actor or party_of(row.relying_party)
        unit.audit.note(verification_act(row, act, at=now, actor=actor))
