"""Work that nobody asks for: each job in a thread of its own, in every process, again and again until it is stopped.

A job that is slow or fails holds up no other, and says so. Several processes do the same jobs: each job takes rows that
no other worker holds, and waits a moment that chance draws, so that processes that were started together do not meet
at every turn.
"""

import contextlib
import threading
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import timedelta
from types import TracebackType
from typing import Final, Self

__all__ = ["Job", "JobRun", "Runner"]

_LONGEST_PAUSE_S: Final = 60.0
"""After failures; a job that rests longer by itself keeps its pace."""
_AT_A_STRETCH: Final = 1_000
"""Turns of a job that finds ever more to do, before it is reported and rests."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Job:
    """``work`` does some of what there is to do, and returns how much that was; 0 where nothing is left. It is called
    from one thread, and again at once as long as it finds something. ``every``: how long it rests then, on average.
    """

    name: str
    every: timedelta
    work: Callable[[], int]


@dataclass(frozen=True, slots=True, kw_only=True)
class JobRun:
    """One stretch of a job, for a counter and a log. ``done``: what it did before it ended or failed; ``failures``: how
    often it has failed in a row.
    """

    job: str
    done: int
    seconds: float
    error: Exception | None = None
    failures: int = 0


class Runner:
    """``report`` hears of every stretch of work, from the job's thread. ``random``: numbers in [0, 1); ``monotonic``:
    seconds that never go back. To be used as a context, or with `start` and `stop`.
    """

    def __init__(
        self,
        jobs: Iterable[Job],
        *,
        report: Callable[[JobRun], None],
        random: Callable[[], float],
        monotonic: Callable[[], float],
    ) -> None:
        self._stopping = threading.Event()
        self._turns = [_Turns(job, self._stopping, report, random, monotonic) for job in jobs]
        names = [turns.job.name for turns in self._turns]
        if len(set(names)) != len(names):
            raise ValueError("each job has a name of its own")
        self._threads: list[threading.Thread] = []

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()

    def start(self) -> None:
        if self._threads:
            raise RuntimeError("it runs already")
        self._threads = [
            threading.Thread(target=turns.run, name=f"visavis-{turns.job.name}", daemon=True) for turns in self._turns
        ]
        for thread in self._threads:
            thread.start()

    def stop(self, *, timeout: float | None = 30.0) -> bool:
        """Let every job finish what it has begun, and no more. False where one did not within ``timeout`` seconds."""
        self._stopping.set()
        for thread in self._threads:
            thread.join(timeout)
        return not any(thread.is_alive() for thread in self._threads)

    @property
    def failing(self) -> tuple[str, ...]:
        """The jobs whose last stretch failed."""
        return tuple(turns.job.name for turns in self._turns if turns.failures)


class _Turns:
    """The turns of one job."""

    def __init__(
        self,
        job: Job,
        stopping: threading.Event,
        report: Callable[[JobRun], None],
        random: Callable[[], float],
        monotonic: Callable[[], float],
    ) -> None:
        self.job = job
        self.failures = 0
        self._stopping = stopping
        self._report = report
        self._random = random
        self._monotonic = monotonic

    def run(self) -> None:
        pause = self.job.every.total_seconds() * self._random()
        while not self._stopping.wait(pause):
            pause = self.turn()

    def turn(self) -> float:
        """A stretch of work; returns for how many seconds the job rests."""
        begun, done, error = self._monotonic(), 0, None
        try:
            for _ in range(_AT_A_STRETCH):
                some = self.job.work()
                done += some
                if not some or self._stopping.is_set():
                    break
        except Exception as caught:  # noqa: BLE001 - whatever it is, it is reported, and the other jobs go on
            error = caught
        self.failures = self.failures + 1 if error else 0
        run = JobRun(
            job=self.job.name,
            done=done,
            seconds=self._monotonic() - begun,
            error=error,
            failures=self.failures,
        )
        with contextlib.suppress(Exception):  # a log that cannot be written ends no job
            self._report(run)
        rest = self.job.every.total_seconds()
        if error:
            rest = max(rest, min(rest * 2.0 ** min(self.failures, 16), _LONGEST_PAUSE_S))
        return rest * (0.5 + self._random())
