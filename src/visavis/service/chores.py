"""The background work of a service: what it is, and how often."""

from collections.abc import Callable
from datetime import timedelta
from typing import Final

from visavis.clock import Clock
from visavis.decision.vocabulary import LONGEST_LOCKOUT
from visavis.service.audit_trail import AuditTrail
from visavis.service.background import Job
from visavis.service.figures import Figures
from visavis.service.idempotency import KEPT
from visavis.service.ports import Storage, UnitOfWork
from visavis.service.transactions import committed
from visavis.service.verifications import Verifications

__all__ = ["chores"]

_SOON: Final = timedelta(seconds=1)
_EVERY_FEW: Final = timedelta(seconds=5)
_OFTEN: Final = timedelta(seconds=10)
_NOW_AND_THEN: Final = timedelta(minutes=5)
_TOGETHER: Final = 500


def chores(*, storage: Storage, clock: Clock, verifications: Verifications, trail: AuditTrail) -> tuple[Job, ...]:
    """What every service has to do. Parts with work of their own add jobs of their own.

    | Job | |
    |---|---|
    | ``sequence`` | puts the acts that were noted into the audit log |
    | ``heads`` | signs a head of it, once an hour |
    | ``expire`` | ends verifications whose time is over |
    | ``forget`` | destroys the keys of what is to be forgotten, and takes them out of the database's files |
    | ``scrub`` | does the latter for what was destroyed at somebody's request |
    | ``prune`` | drops answers under idempotency keys and counters of attempts that have served their time |
    | ``figures`` | adds what steps noted to the daily counts |
    """

    def prune(unit: UnitOfWork) -> int:
        now = clock.now()
        answers = unit.idempotency.prune(now - KEPT, limit=_TOGETHER)
        return answers + unit.attempts.prune(now - LONGEST_LOCKOUT, limit=_TOGETHER)

    def scrub() -> int:
        storage.scrub()
        return 0

    return (
        Job(name="sequence", every=_SOON, work=trail.sequence),
        Job(name="heads", every=_OFTEN, work=trail.sign_head_if_due),
        Job(name="expire", every=_OFTEN, work=verifications.expire_overdue),
        Job(name="forget", every=_OFTEN, work=_then(verifications.forget_due, storage.scrub)),
        Job(name="scrub", every=_NOW_AND_THEN, work=scrub),
        Job(name="figures", every=_EVERY_FEW, work=Figures(storage=storage, clock=clock).fold),
        Job(name="prune", every=_NOW_AND_THEN, work=lambda: committed(storage, prune)),
    )


def _then(work: Callable[[], int], afterwards: Callable[[], None]) -> Callable[[], int]:
    """``work``, and the other once some of it was done and none is left."""
    waiting = False

    def both() -> int:
        nonlocal waiting
        done = work()
        if done:
            waiting = True
        elif waiting:
            afterwards()
            waiting = False
        return done

    return both
