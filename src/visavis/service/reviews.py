"""People look at cases that were referred: one at a time, on the record, and as many as the policy asks for.

A case waits in the queue of its relying party. A reviewer takes it for a while (a lease that lapses), looks at what the
policy kept, and gives a verdict with a reason. Where the policy asks for two, another reviewer takes it afterwards, and
neither sees what the other said before the case is closed. What settles it leads the verification to its end in the
same unit of work, and destroys what was kept.
"""

import dataclasses
import re
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from visavis.audit.entry import Act, Actor, ActorKind
from visavis.clock import Clock
from visavis.decision.review import FITTING, ReviewReason, ReviewVerdict, settle
from visavis.domain.identifiers import Identifiers, Kind, is_identifier
from visavis.errors import AccessError, InputError, StateError, UnknownError
from visavis.service.case_material import open_material
from visavis.service.ports import Sealer, Transactions, UnitOfWork
from visavis.service.records import Page, page_limit
from visavis.service.review_ends import conclude_review
from visavis.service.review_notes import checked_note
from visavis.service.review_records import Claim, Kept, Opinion, QueueOrder, ReviewCase, Reviewer
from visavis.service.steps import found
from visavis.service.transactions import InUnits, committed

__all__ = ["LEASE", "MOST_LOOKS", "REVIEWER_FORM", "Given", "Reviews", "checked_reviewer"]

LEASE: Final = timedelta(minutes=15)
MOST_LOOKS: Final = 100
"""At one case, by all who look at it: far more than a review takes, and far less than copying would be worth."""
REVIEWER_FORM: Final = "[a-z0-9][a-z0-9_-]{2,39}"
"""Of a handle: a regular expression."""
_REVIEWER: Final = re.compile(REVIEWER_FORM)


@dataclass(frozen=True, slots=True, kw_only=True)
class Given:
    """A verdict as it is handed in."""

    verdict: ReviewVerdict
    reason: ReviewReason
    note: str = ""


def checked_reviewer(handle: str) -> str:
    """Raises InputError ``reviewer_invalid`` for what is no handle."""
    if not _REVIEWER.fullmatch(handle):
        raise InputError(
            "reviewer_invalid",
            "A reviewer is named by a handle of 3 to 40 lower-case letters, digits, dashes and underscores.",
            advice="Use an id of your own staff's accounts, never a name or an address.",
        )
    return handle


class Reviews(InUnits):
    """``fetch_within``: as of `visavis.service.verifications.Verifications`."""

    def __init__(
        self,
        *,
        storage: Transactions,
        sealer: Sealer,
        clock: Clock,
        identifiers: Identifiers,
        fetch_within: timedelta = timedelta(days=1),
        lease: timedelta = LEASE,
    ) -> None:
        self._storage = storage
        self._sealer = sealer
        self._clock = clock
        self._identifiers = identifiers
        self._fetch_within = fetch_within
        self._lease = lease

    # ---- the queue

    def page(
        self,
        relying_party: str,
        *,
        limit: int = 50,
        after: str | None = None,
        order: QueueOrder = QueueOrder.OLDEST,
        closed: bool = False,
    ) -> Page[ReviewCase]:
        """Cases that wait, or those that are closed. Raises InputError ``page_size_invalid``."""
        with self._storage.reading() as unit:
            return unit.reviews.page(relying_party, limit=page_limit(limit), after=after, order=order, closed=closed)

    def get(self, relying_party: str, case: str) -> ReviewCase:
        """Raises UnknownError ``review_unknown``."""
        with self._storage.reading() as unit:
            return _found(unit, relying_party, case)

    def of_verification(self, relying_party: str, verification: str) -> ReviewCase:
        """Raises UnknownError ``review_unknown``."""
        known = is_identifier(verification, Kind.VERIFICATION)
        with self._storage.reading() as unit:
            row = unit.reviews.of_verification(verification) if known else None
        if row is None or row.relying_party != relying_party:
            raise _unknown()
        return row

    # ---- one reviewer at a time

    def claim(self, relying_party: str, case: str, reviewer: Reviewer) -> ReviewCase:
        """Take it, or take it for longer. Raises StateError ``review_claimed``, ``review_given_already``,
        ``review_closed``; AccessError ``reviewer_conflict``; UnknownError ``review_unknown``.
        """

        def work(unit: UnitOfWork) -> ReviewCase:
            now = self._clock.now()
            row = _open(unit, relying_party, case, now)
            held = row.claim_at(now)
            if held is not None and held.reviewer != reviewer.id:
                raise StateError(
                    "review_claimed", "Another reviewer has this case.", advice="Take another one, or wait for it."
                )
            _may_review(row, reviewer)
            seen = held.seen if held is not None else ()
            mine = Claim(reviewer=reviewer.id, key=reviewer.key, until=min(now + self._lease, row.ends_at), seen=seen)
            self._note(unit, row, "review.claimed", now, reviewer)
            return unit.reviews.save(dataclasses.replace(row, claim=mine))

        return committed(self._storage, work)

    def release(self, relying_party: str, case: str, reviewer: Reviewer) -> ReviewCase:
        """Leave it to others. Raises as `look`."""

        def work(unit: UnitOfWork) -> ReviewCase:
            now = self._clock.now()
            row, _ = _held(unit, relying_party, case, reviewer, now)
            self._note(unit, row, "review.released", now, reviewer)
            return unit.reviews.save(dataclasses.replace(row, claim=None))

        return committed(self._storage, work)

    def look(self, relying_party: str, case: str, reviewer: Reviewer, what: Kept) -> bytes:
        """A JPEG, or JSON; see `visavis.service.case_material`. That it was looked at is noted before it is given.

        Raises StateError ``review_not_claimed``, ``review_closed``, ``looks_used_up``; UnknownError ``review_unknown``,
        ``not_kept``.
        """

        def work(unit: UnitOfWork) -> bytes:
            now = self._clock.now()
            row, mine = _held(unit, relying_party, case, reviewer, now)
            if row.looks >= MOST_LOOKS:
                raise StateError(
                    "looks_used_up",
                    f"This case was looked at {MOST_LOOKS} times.",
                    advice="Decide it with what was seen.",
                )
            content = open_material(unit, self._sealer, row.verification, what) if what in row.kept else None
            if content is None:
                raise UnknownError("not_kept", "The policy kept nothing of this kind.", advice="See what is kept.")
            seen = tuple(dict.fromkeys((*mine.seen, what)))
            self._note(unit, row, "review.looked", now, reviewer, what=what.value)
            looked = dataclasses.replace(row, claim=dataclasses.replace(mine, seen=seen), looks=row.looks + 1)
            unit.reviews.save(looked)
            return content

        return committed(self._storage, work)

    # ---- the verdict

    def decide(self, relying_party: str, case: str, reviewer: Reviewer, given: Given) -> ReviewCase:
        """The case with the verdict: closed where it settles it, else in the queue again for another reviewer.

        Raises InputError ``review_reason_unfitting``, ``review_note_invalid``, ``review_note_personal``; StateError
        ``review_not_claimed``, ``review_closed``, ``review_not_seen``, ``review_not_acceptable``; AccessError
        ``reviewer_conflict``; UnknownError ``review_unknown``.
        """
        if given.reason not in FITTING[given.verdict]:
            fitting = ", ".join(sorted(FITTING[given.verdict]))
            raise InputError(
                "review_reason_unfitting", "This reason does not fit the verdict.", advice=f"Those that do: {fitting}."
            )
        note = checked_note(given.note)

        def work(unit: UnitOfWork) -> ReviewCase:
            now = self._clock.now()
            # in the order in which locks are taken: the verification, then its case
            verification = found(
                unit.verifications.find(relying_party, _found(unit, relying_party, case).verification, lock=True)
            )
            row, mine = _held(unit, relying_party, case, reviewer, now)
            _may_review(row, reviewer)
            if given.verdict is ReviewVerdict.ACCEPT:
                _may_accept(row, mine)
            opinion = Opinion(
                reviewer=reviewer.id,
                key=reviewer.key,
                verdict=given.verdict,
                reason=given.reason,
                at=now,
                note=note,
            )
            saved = unit.reviews.save(dataclasses.replace(row, claim=None, opinions=(*row.opinions, opinion)))
            self._note(unit, saved, "review.given", now, reviewer, verdict=given.verdict.value, reason=opinion.reason)
            settled = settle(saved.review, saved.verdicts)
            if settled is None:
                return saved
            conclude_review(
                unit,
                verification,
                saved,
                settled,
                now=now,
                sealer=self._sealer,
                identifiers=self._identifiers,
                fetch_within=self._fetch_within,
                actor=_actor(reviewer),
            )
            return _found(unit, relying_party, case)

        return committed(self._storage, work)

    def _note(
        self, unit: UnitOfWork, case: ReviewCase, act: str, now: datetime, reviewer: Reviewer, **details: str
    ) -> None:
        told = {"verification": case.verification, "key": reviewer.key, **details}
        unit.audit.note(
            Act(at=now, actor=_actor(reviewer), act=act, subject=case.id, party=case.relying_party, details=told)
        )


def _actor(reviewer: Reviewer) -> Actor:
    return Actor(kind=ActorKind.REVIEWER, id=reviewer.id)


def _unknown() -> UnknownError:
    return UnknownError("review_unknown", "There is no such case here.", advice="Check its id, and whose key you use.")


def _found(unit: UnitOfWork, relying_party: str, case: str, *, lock: bool = False) -> ReviewCase:
    row = unit.reviews.find(relying_party, case, lock=lock) if is_identifier(case, Kind.REVIEW) else None
    if row is None:
        raise _unknown()
    return row


def _open(unit: UnitOfWork, relying_party: str, case: str, now: datetime) -> ReviewCase:
    row = _found(unit, relying_party, case, lock=True)
    if row.closed_at is not None or now >= row.ends_at:
        raise StateError("review_closed", "This case is closed, or its time is over.", advice="Take another one.")
    return row


def _held(
    unit: UnitOfWork, relying_party: str, case: str, reviewer: Reviewer, now: datetime
) -> tuple[ReviewCase, Claim]:
    row = _open(unit, relying_party, case, now)
    mine = row.claim_at(now)
    if mine is None or (mine.reviewer, mine.key) != (reviewer.id, reviewer.key):
        raise StateError("review_not_claimed", "You do not have this case, or no longer.", advice="Claim it first.")
    return row, mine


def _may_review(case: ReviewCase, reviewer: Reviewer) -> None:
    """Another one each time; and who opened the verification may not be the only one that reviews it."""
    if any(opinion.reviewer == reviewer.id for opinion in case.opinions):
        raise StateError(
            "review_given_already", "You have given your verdict on this case.", advice="Leave it to another reviewer."
        )
    opener = case.opened_by
    alone = reviewer.key == opener and all(opinion.key == opener for opinion in case.opinions)
    last = len(case.opinions) + 1 >= case.review.persons
    if opener is not None and case.review.persons > 1 and last and alone:
        raise AccessError(
            "reviewer_conflict",
            "The key that opened this verification would be the only one that reviews it.",
            advice="Have it reviewed with another key.",
        )


def _may_accept(case: ReviewCase, mine: Claim) -> None:
    if not case.acceptable:
        raise StateError(
            "review_not_acceptable",
            "Something stands against this case that the policy leaves to no person.",
            advice="Reject it, or say that it cannot be told.",
        )
    unseen = sorted(label for label in case.kept if label.is_picture and label not in mine.seen)
    if unseen:
        raise StateError(
            "review_not_seen", "Nobody accepts what they did not look at.", advice=f"Look at: {', '.join(unseen)}."
        )
