"""Somebody of the relying party's staff looks at the original document: the other way, to the same end.

It follows on `declined_for_alternative`, whoever chose that, and is decided by the person who looked. Of what they
type, the number becomes the very pseudonym that a capture would have made of it, so that a person's lines are counted
together whichever way they came; what the policy discloses of the rest waits to be fetched. No picture, no face, no
score.

What a program cannot see here is whether they looked. So it is theirs by name in the audit log, it is slowed down where
one person does it too often, and an attestation says that a person decided, and that nothing was compared.
"""

import dataclasses
from collections.abc import Callable, Mapping
from datetime import date, datetime, timedelta
from typing import Final

from visavis.attestation.issuing import statement_in_person
from visavis.audit.entry import Actor
from visavis.clock import Clock
from visavis.decision.documents import DocumentNotExpired, HolderAtLeastYears
from visavis.decision.policy import Policy
from visavis.decision.vocabulary import Disclosure
from visavis.document.mrz.states import STATES
from visavis.document.prc_id import read_number
from visavis.domain.identifiers import Identifiers
from visavis.domain.in_person import IN_PERSON, InPersonCheck, InPersonVerdict, ShownDocument, ShownDocumentType
from visavis.domain.pseudonyms import PseudonymKey
from visavis.domain.states import ConcludeInPerson, Conclusion, Decided, DeclinedForAlternative
from visavis.domain.verification import DecisionRecord, Verification
from visavis.errors import InputError, LimitError, StateError
from visavis.service.case_material import DISCLOSED
from visavis.service.lockout import end_tries
from visavis.service.ports import Sealer, Transactions, UnitOfWork
from visavis.service.steps import found, take
from visavis.service.summaries import with_statement
from visavis.service.transactions import InUnits, committed
from visavis.service.vault import seal_fields

__all__ = ["CHECK_WITHIN", "InPersonChecks", "checks_asked", "offers_in_person"]

CHECK_WITHIN: Final = timedelta(hours=24)
"""After the other way was chosen: the order that it was opened for is no older."""
_LABEL: Final = "in_person"
_MOST: Final = 40
_WINDOW: Final = timedelta(hours=1)
_LETTERS: Final = range(4, 31)
_PRC: Final = "CHN"
_ALWAYS: Final = (
    InPersonCheck.ORIGINAL_HELD,
    InPersonCheck.FEATURES_SEEN,
    InPersonCheck.PHOTOGRAPH_COMPARED,
    InPersonCheck.DETAILS_COMPARED,
)
_CONCLUSIONS: Final[Mapping[InPersonVerdict, Conclusion]] = {
    InPersonVerdict.ACCEPT: Conclusion.ACCEPTED,
    InPersonVerdict.REJECT: Conclusion.REJECTED,
}
_REASONS: Final[Mapping[Conclusion, str]] = {
    Conclusion.ACCEPTED: "checked_in_person",
    Conclusion.REJECTED: "in_person_check_failed",
}


def offers_in_person(policy: Policy) -> bool:
    """Whether the other way of a policy is that a person looks."""
    return policy.alternative == IN_PERSON


def checks_asked(policy: Policy) -> tuple[InPersonCheck, ...]:
    """What somebody must have done before they accept under ``policy``."""
    aged = policy.rule(HolderAtLeastYears) is not None
    return (*_ALWAYS, *((InPersonCheck.AGE_REACHED,) if aged else ()))


class InPersonChecks(InUnits):
    """``fetch_within``: as of `visavis.service.verifications.Verifications`."""

    def __init__(
        self,
        *,
        storage: Transactions,
        sealer: Sealer,
        clock: Clock,
        identifiers: Identifiers,
        pseudonyms: Callable[[str], PseudonymKey],
        fetch_within: timedelta = timedelta(days=1),
    ) -> None:
        self._storage = storage
        self._sealer = sealer
        self._clock = clock
        self._identifiers = identifiers
        self._pseudonyms = pseudonyms
        self._fetch_within = fetch_within

    def decide(
        self,
        relying_party: str,
        verification: str,
        policy: Policy,
        *,
        shown: ShownDocument,
        made: frozenset[InPersonCheck],
        verdict: InPersonVerdict,
        member: str,
        actor: Actor,
    ) -> Verification:
        """``policy``: of the verification; ``made``: what was done; ``member``: the id of who did it, and ``actor`` the
        same for the audit log. The same said again, as after an answer that was lost, changes nothing.

        Raises UnknownError ``verification_unknown``; StateError ``in_person_not_offered``, ``step_not_possible``,
        ``verification_expired``, ``policy_changed``; InputError ``issuing_state_unknown``, ``document_number_invalid``,
        ``in_person_checks_missing``, ``in_person_document_expired``; LimitError ``in_person_checks_used_up``.
        """

        def work(unit: UnitOfWork) -> Verification:
            now = self._clock.now()
            before = found(unit.verifications.find(relying_party, verification, lock=True))
            _may_be_checked(before, policy)
            state = _checked_state(shown.issuing_state)
            person = self._pseudonyms(relying_party).person(
                issuing_state=state, number=_checked_number(shown, state, today=now.date())
            )
            conclusion = _CONCLUSIONS[verdict]
            if _said_already(unit, before, conclusion, person):
                return before
            if conclusion is Conclusion.ACCEPTED:
                _may_be_accepted(policy, shown, made, today=now.date())
            _in_time(before, now)
            self._count(unit, member, now)
            return self._conclude(unit, before, policy, conclusion, person, shown, made, now, actor)

        return committed(self._storage, work)

    def _count(self, unit: UnitOfWork, member: str, now: datetime) -> None:
        if unit.attempts.count("in_person.member", member, at=now, window=_WINDOW) > _MOST:
            raise LimitError(
                "in_person_checks_used_up",
                f"One person checks {_MOST} documents an hour at most.",
                advice="Go on later, or let somebody else do it.",
                retry_after=int(_WINDOW.total_seconds()),
            )

    def _conclude(
        self,
        unit: UnitOfWork,
        before: Verification,
        policy: Policy,
        conclusion: Conclusion,
        person: str,
        shown: ShownDocument,
        made: frozenset[InPersonCheck],
        now: datetime,
        actor: Actor,
    ) -> Verification:
        accepted = conclusion is Conclusion.ACCEPTED
        known = dataclasses.replace(before, person=person)
        if accepted:
            told = _told(policy, shown)
            if told:
                seal_fields(unit, self._sealer, before.id, DISCLOSED, told)
        end_tries(unit, known, policy.lockout.relying_party, accepted=accepted, now=now)
        until = now + max(policy.retention.accepted, self._fetch_within) if accepted else None
        saved = take(
            unit,
            dataclasses.replace(known, forget_at=until),
            ConcludeInPerson(at=now, conclusion=conclusion),
            identifiers=self._identifiers,
            actor=actor,
        )
        summary: dict[str, object] = {_LABEL: {"document": shown.kind.value, "checks": sorted(made)}}
        if accepted:
            statement = statement_in_person(
                verification=before.id,
                policy=policy,
                binding=before.opening.binding if policy.binding is not None else None,
            )
            summary = with_statement(summary, statement)
        unit.verifications.record(
            DecisionRecord(
                verification=before.id,
                conclusion=conclusion,
                at=now,
                reasons=(_REASONS[conclusion],),
                policy=policy.id,
                policy_version=policy.version,
                policy_digest=policy.digest,
                grants=policy.grants if accepted else (),
                summary=summary,
            )
        )
        return saved


def _may_be_checked(row: Verification, policy: Policy) -> None:
    if policy.digest != row.policy_digest:
        raise StateError("policy_changed", "This was opened under another policy.", advice="Use that one.")
    if not offers_in_person(policy):
        raise StateError(
            "in_person_not_offered",
            "The other way of this policy is not that a person looks at the document.",
            advice="Offer the way that the policy names.",
        )


def _said_already(unit: UnitOfWork, row: Verification, conclusion: Conclusion, person: str) -> bool:
    if not isinstance(row.state, Decided) or (row.state.conclusion, row.person) != (conclusion, person):
        return False
    decision = unit.verifications.decision(row.id)
    return decision is not None and _LABEL in decision.summary


def _in_time(row: Verification, now: datetime) -> None:
    """What was not chosen yet, or is over, is refused by its own step."""
    if isinstance(row.state, DeclinedForAlternative) and now >= row.state.at + CHECK_WITHIN:
        raise StateError(
            "verification_expired",
            "The time of this verification is over.",
            advice="Ask the relying party to open a new one.",
        )


def _checked_state(text: str) -> str:
    code = text.upper().strip("< ")
    if code not in STATES:
        raise InputError(
            "issuing_state_unknown",
            "No state and no organisation has this code.",
            advice="Use the code on the document: three letters of ICAO 9303-3, such as SWE.",
        )
    return code


def _checked_number(shown: ShownDocument, state: str, *, today: date) -> str:
    """Raises for what no document bears; where a number guards itself, for one that was mistyped."""
    plain = "".join(letter for letter in shown.number if letter.isalnum())
    citizens = state == _PRC and shown.kind is ShownDocumentType.IDENTITY_CARD
    right = read_number(plain, today=today).valid if citizens else len(plain) in _LETTERS and plain.isascii()
    if not right:
        raise InputError(
            "document_number_invalid",
            "This is no number of such a document.",
            advice="Type it again as it is printed, letter by letter.",
        )
    return plain


def _may_be_accepted(policy: Policy, shown: ShownDocument, made: frozenset[InPersonCheck], *, today: date) -> None:
    missing = [item for item in checks_asked(policy) if item not in made]
    if missing:
        raise InputError(
            "in_person_checks_missing",
            "Nobody accepts a document without having looked at all that is asked for.",
            advice=f"Still to do: {', '.join(missing)}.",
        )
    dated = policy.rule(DocumentNotExpired) is not None
    # a day's grace for who stands west of Greenwich, where it is still the day before
    if dated and shown.expires is not None and shown.expires < today - timedelta(days=1):
        raise InputError(
            "in_person_document_expired",
            "This document has expired, and the policy asks for one that has not.",
            advice="Ask for another document.",
        )


def _told(policy: Policy, shown: ShownDocument) -> dict[str, str]:
    """What the policy discloses of what was typed; never the number, of which the pseudonym alone stays."""
    there = {
        Disclosure.DOCUMENT_TYPE: shown.kind.value,
        Disclosure.ISSUING_STATE: _checked_state(shown.issuing_state),
        Disclosure.DATE_OF_EXPIRY: None if shown.expires is None else shown.expires.isoformat(),
    }
    return {str(name): value for name, value in there.items() if value is not None and name in policy.disclose}
