"""The background work of a process of the service, with its failures in the log and its turns among the numbers."""

import random
from datetime import timedelta

from visavis.errors import VisavisError
from visavis.service.audit_trail import AuditTrail
from visavis.service.background import Job, JobRun, Runner
from visavis.service.chores import chores
from visavis.service.deliveries import Deliveries
from visavis.service.ports import Storage
from visavis.web.logs import fault
from visavis.web.setup import ServiceSetup

__all__ = ["background"]


def background(setup: ServiceSetup, *, storage: Storage, trail: AuditTrail, deliveries: Deliveries) -> Runner:
    """Not started yet. ``storage``: that of the setup, as a whole."""

    def measure() -> int:
        with storage.reading() as unit:
            setup.telemetry.waiting("audit", unit.audit.queued())
        return 0

    def report(run: JobRun) -> None:
        setup.telemetry.job(run.job, failed=run.error is not None)
        if isinstance(run.error, VisavisError):
            setup.log.warning("job_failed", job=run.job, failures=run.failures, code=run.error.code)
        elif run.error is not None:
            setup.log.error("job_failed", job=run.job, failures=run.failures, **fault(run.error))
        elif run.done:
            setup.log.debug("job_done", job=run.job, done=run.done)

    jobs = (
        *chores(storage=storage, clock=setup.clock, verifications=setup.verifications, trail=trail),
        Job(name="links", every=timedelta(minutes=1), work=setup.links.sweep),
        Job(name="staff", every=timedelta(minutes=1), work=setup.staff.sweep),
        Job(name="deliver", every=timedelta(seconds=1), work=deliveries.run_once),
        Job(name="prune_deliveries", every=timedelta(minutes=1), work=deliveries.prune),
        Job(name="measure", every=timedelta(seconds=10), work=measure),
    )
    # chance that spreads work over time, and protects nothing
    return Runner(jobs, report=report, random=random.Random().random, monotonic=setup.monotonic)
