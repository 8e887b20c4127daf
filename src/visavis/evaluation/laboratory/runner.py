"""Many trials in several processes, each with models of its own.

A process gets one trial at a time over a pipe of its own and sends back one result, so that one that dies takes no
other along, and a run that is stopped has every finished trial on disk.
"""

import contextlib
import multiprocessing
import os
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from multiprocessing.connection import Connection, wait
from multiprocessing.context import SpawnProcess
from typing import Final, Protocol

from msgspec.structs import replace

from visavis.errors import VisavisError
from visavis.evaluation.laboratory.log import TrialLog
from visavis.evaluation.laboratory.result import TrialKey, TrialResult
from visavis.evaluation.processes import Refusal, serve_first_process, worker_lost

__all__ = ["Laboratory", "Opener", "RunOutcome", "RunProgress", "keys_of", "run_trials"]

ONE_THREAD: Final = {"OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1", "MKL_NUM_THREADS": "1"}
"""For the processes: two of them with a thread for every core each would only wait for one another."""


class Laboratory(Protocol):
    """What one process measures with."""

    def measure(self, key: TrialKey) -> TrialResult: ...


Opener = Callable[[], AbstractContextManager[Laboratory]]
"""Opens a laboratory in another process, so it must be a function, or a partial of one, that can be pickled."""


class RunProgress(Protocol):
    def begin(self, total: int) -> None: ...

    def advance(self, result: TrialResult) -> None: ...

    def fault(self, key: TrialKey, what: str) -> None: ...


@dataclass(slots=True)
class RunOutcome:
    """``measured``: trials of this run; ``known``: of earlier ones; ``faults``: that could not be measured."""

    measured: int = 0
    known: int = 0
    faults: list[TrialKey] = field(default_factory=list)


def keys_of(digests: Mapping[str, str], *, half: str, trials: int, patient: int, seed: int) -> tuple[TrialKey, ...]:
    """The trials of a run: ``trials`` of each species, the first ``patient`` of them patient. ``digests``: by code.

    All species go on together, so that a run which is stopped has as many of each.
    """
    return tuple(
        TrialKey(species=code, half=half, number=number, patient=number < patient, seed=seed, digest=digest)
        for number in range(trials)
        for code, digest in digests.items()
    )


def run_trials(
    keys: Sequence[TrialKey], opener: Opener, *, log: TrialLog, workers: int, progress: RunProgress
) -> RunOutcome:
    """Measure what ``log`` does not hold yet; a patient trial stands for the same one without patience as well.

    Raises what opening the laboratory raised; InstallationError ``worker_lost`` where a process ended by itself, as one
    does that was given too little memory. Whatever is raised, what was measured is in ``log``.
    """
    missing = [key for key in keys if key not in log.results and replace(key, patient=True) not in log.results]
    outcome = RunOutcome(known=len(keys) - len(missing))
    progress.begin(len(missing))
    if not missing:
        return outcome
    waiting = iter(missing)
    with _processes(opener, min(workers, len(missing))) as processes:
        while processes:
            for connection in wait(list(processes)):
                if not isinstance(connection, Connection):
                    continue
                answer = _receive(connection)
                if isinstance(answer, Refusal):
                    raise answer.error
                if isinstance(answer, TrialResult):
                    log.add(answer)
                    outcome.measured += 1
                    progress.advance(answer)
                elif isinstance(answer, _Fault):
                    outcome.faults.append(answer.key)
                    progress.fault(answer.key, answer.what)
                following = next(waiting, None)
                _send(connection, following)
                if following is None:
                    processes.pop(connection).join()
    return outcome


@dataclass(frozen=True, slots=True)
class _Ready:
    """A process has its models, and waits for its first trial."""


@dataclass(frozen=True, slots=True)
class _Fault:
    key: TrialKey
    what: str


_Answer = _Ready | _Fault | TrialResult | Refusal


def _receive(connection: Connection) -> _Answer:
    try:
        answer: _Answer = connection.recv()
    except (EOFError, OSError) as error:
        raise worker_lost() from error
    return answer


def _send(connection: Connection, key: TrialKey | None) -> None:
    try:
        connection.send(key)
    except OSError as error:
        raise worker_lost() from error


@contextlib.contextmanager
def _processes(opener: Opener, count: int) -> Iterator[dict[Connection, SpawnProcess]]:
    context = multiprocessing.get_context("spawn")
    started: dict[Connection, SpawnProcess] = {}
    try:
        with _environment(ONE_THREAD):
            for _ in range(count):
                ours, theirs = context.Pipe()
                process = context.Process(target=_work, args=(theirs, opener), daemon=True)
                process.start()
                theirs.close()
                started[ours] = process
        yield dict(started)
    finally:
        for process in started.values():
            process.terminate()
        for connection, process in started.items():
            process.join()
            connection.close()


@contextlib.contextmanager
def _environment(values: Mapping[str, str]) -> Iterator[None]:
    """A new process reads these when it loads its libraries; what the user set stays."""
    added = [name for name in values if name not in os.environ]
    os.environ.update({name: values[name] for name in added})
    try:
        yield
    finally:
        for name in added:
            del os.environ[name]


def _work(connection: Connection, opener: Opener) -> None:
    """The life of one process."""
    serve_first_process()
    with connection:
        try:
            with opener() as laboratory:
                connection.send(_Ready())
                while (key := connection.recv()) is not None:
                    connection.send(_measured(laboratory, key))
        except VisavisError as error:
            connection.send(Refusal.of(error))
        except (EOFError, BrokenPipeError):
            return  # the first process is gone


def _measured(laboratory: Laboratory, key: TrialKey) -> TrialResult | _Fault:
    try:
        return laboratory.measure(key)
    except Exception as error:  # noqa: BLE001 - one presentation that cannot be made must not end a run of hours
        return _Fault(key, f"{type(error).__name__}: {error}")
