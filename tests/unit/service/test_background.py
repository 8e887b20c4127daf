"""Background work: a job that fails or never ends holds up no other, is told, and is tried again ever less often."""

import threading
from collections.abc import Callable
from datetime import timedelta

import pytest

from visavis.errors import StorageError
from visavis.service.background import Job, JobRun, Runner

SOON = timedelta(milliseconds=1)
DEADLINE_S = 20
"""For what takes a moment, on a machine that does too much else."""


class Reports:
    def __init__(self) -> None:
        self.runs: list[JobRun] = []
        self._more = threading.Condition()

    def __call__(self, run: JobRun) -> None:
        with self._more:
            self.runs.append(run)
            self._more.notify_all()

    def of(self, job: str) -> list[JobRun]:
        return [run for run in self.runs if run.job == job]

    def wait_for(self, enough: Callable[[], bool]) -> None:
        with self._more:
            assert self._more.wait_for(enough, DEADLINE_S)


def runner(*jobs: Job, report: Callable[[JobRun], None]) -> Runner:
    return Runner(jobs, report=report, random=lambda: 0.5, monotonic=lambda: 0.0)


def broken() -> int:
    raise StorageError("storage_busy", "The database is too busy.")


def test_a_job_goes_on_until_nothing_is_left() -> None:
    left = [3, 2, 0, 1]
    reports = Reports()
    job = Job(name="tidy", every=SOON, work=lambda: left.pop(0) if left else 0)
    with runner(job, report=reports):
        reports.wait_for(lambda: sum(run.done for run in reports.runs) == 6)
    assert reports.runs[0].done == 5


def test_a_job_that_fails_is_told_and_stops_no_other() -> None:
    reports = Reports()
    made = runner(
        Job(name="bad", every=SOON, work=broken), Job(name="good", every=SOON, work=lambda: 0), report=reports
    )
    with made:
        reports.wait_for(lambda: len(reports.of("bad")) >= 3 and len(reports.of("good")) >= 3)
        assert made.failing == ("bad",)
    assert [run.failures for run in reports.of("bad")[:3]] == [1, 2, 3]
    assert all(isinstance(run.error, StorageError) for run in reports.of("bad"))
    assert not any(run.error for run in reports.of("good"))


def test_a_job_that_never_ends_stops_no_other_and_is_not_waited_for() -> None:
    reports, held = Reports(), threading.Event()
    jobs = (
        Job(name="stuck", every=SOON, work=lambda: held.wait(DEADLINE_S)),
        Job(name="good", every=SOON, work=lambda: 0),
    )
    made = runner(*jobs, report=reports)
    made.start()
    reports.wait_for(lambda: len(reports.of("good")) >= 3)
    assert not made.stop(timeout=0.01)
    held.set()
    assert made.stop()


def test_a_job_that_always_finds_more_is_reported_in_between_and_can_be_stopped() -> None:
    reports = Reports()
    with runner(Job(name="endless", every=SOON, work=lambda: 1), report=reports):
        reports.wait_for(lambda: bool(reports.runs))
    assert reports.runs[0].done == 1000


def test_a_report_that_fails_ends_nothing() -> None:
    turns = threading.Semaphore(0)

    def work() -> int:
        turns.release()
        return 0

    def report(_: JobRun) -> None:
        raise BrokenPipeError

    with runner(Job(name="job", every=SOON, work=work), report=report):
        assert all(turns.acquire(timeout=DEADLINE_S) for _ in range(3))


def test_rest_grows_with_failures_up_to_a_minute_and_varies_by_chance() -> None:
    drawn = [0.0]
    fails = [True]

    def work() -> int:
        return broken() if fails[0] else 0

    made = Runner(
        [Job(name="job", every=timedelta(seconds=4), work=work)],
        report=lambda _: None,
        random=lambda: drawn[0],
        monotonic=lambda: 0.0,
    )
    (turns,) = made._turns  # what a thread does, without one
    assert [turns.turn() for _ in range(5)] == [4, 8, 16, 30, 30]
    drawn[0] = 1.0
    assert turns.turn() == 90
    fails[0] = False
    assert turns.turn() == 6
    assert made.failing == ()


def test_two_jobs_of_one_name_are_a_mistake() -> None:
    job = Job(name="job", every=SOON, work=lambda: 0)
    with pytest.raises(ValueError, match="name of its own"):
        runner(job, job, report=lambda _: None)
