"""Several processes on one socket: begun together, replaced where one dies, ended together."""

import contextlib
import multiprocessing
import signal
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from multiprocessing.connection import Connection, wait
from multiprocessing.context import SpawnProcess
from types import FrameType
from typing import Final

from visavis.errors import InstallationError
from visavis.web.logs import Log

__all__ = ["Work", "run_workers"]

Work = Callable[[Callable[[], None], threading.Event], None]
"""What a process does: it calls the first once it is ready, and goes down when the second is set, or by SIGTERM."""

_START_S: Final = 60.0
_AGAIN_S: Final = 1.0
"""Between a death and the next birth, so that what dies at once does not eat the machine."""
_READY: Final = b"ready"


@dataclass(slots=True)
class _Worker:
    process: SpawnProcess
    line: Connection
    ready: bool = False


def run_workers(
    work: Work, count: int, *, seconds: float, log: Log, ready: Callable[[], None], gone: Callable[[int], None]
) -> None:
    """Until SIGTERM or SIGINT. ``work`` can be pickled; ``ready`` is called once, when all are; ``gone`` with the
    number of each process that is no more. ``seconds``: for going down, after which a process is killed.

    Raises InstallationError ``worker_not_started`` where one ends before it was ready.
    """
    stop = threading.Event()
    workers = [_begin(work) for _ in range(count)]
    told = False
    with _signals(stop):
        try:
            while not stop.is_set():
                _look(workers, work, log, gone, stop)
                if not told and all(worker.ready for worker in workers):
                    told = True
                    ready()
        finally:
            _end(workers, seconds, gone)


def _begin(work: Work) -> _Worker:
    context = multiprocessing.get_context("spawn")
    here, there = context.Pipe()
    process = context.Process(target=_run, args=(work, there), name="visavis-worker")
    process.start()
    there.close()
    return _Worker(process, here)


def _look(workers: list[_Worker], work: Work, log: Log, gone: Callable[[int], None], stop: threading.Event) -> None:
    """What the processes say within the next half second, and who is no more."""
    for said in wait([worker.line for worker in workers], timeout=0.5):
        worker = next(item for item in workers if item.line is said)
        try:
            worker.ready = worker.line.recv_bytes() == _READY
        except (EOFError, OSError):
            worker.process.join(1)
    for place, worker in enumerate(workers):
        if worker.process.is_alive() or stop.is_set():
            continue
        worker.line.close()
        gone(worker.process.pid or 0)
        if not worker.ready:
            raise InstallationError(
                "worker_not_started",
                "A process of the service ended before it was ready.",
                advice="What it said before tells why; see the log.",
            )
        log.error("worker_died", status=worker.process.exitcode)
        stop.wait(_AGAIN_S)
        workers[place] = _begin(work)


def _end(workers: list[_Worker], seconds: float, gone: Callable[[int], None]) -> None:
    for worker in workers:
        with contextlib.suppress(OSError):
            worker.process.terminate()
    deadline = time.monotonic() + seconds
    for worker in workers:
        worker.process.join(max(0.1, deadline - time.monotonic()))
        if worker.process.is_alive():
            worker.process.kill()
            worker.process.join()
        worker.line.close()
        gone(worker.process.pid or 0)


@contextlib.contextmanager
def _signals(stop: threading.Event) -> Iterator[None]:
    def asked(_number: int, _frame: FrameType | None) -> None:
        stop.set()

    before = {number: signal.signal(number, asked) for number in (signal.SIGTERM, signal.SIGINT)}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


# ---- in the process itself


def _run(work: Work, line: Connection) -> None:
    # Ctrl-C reaches the whole group: the parent alone decides, and sends SIGTERM
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    orphaned = threading.Event()
    threading.Thread(target=_listen, args=(line, orphaned), daemon=True).start()
    work(lambda: line.send_bytes(_READY), orphaned)


def _listen(line: Connection, orphaned: threading.Event) -> None:
    """A process whose parent is no more goes down as well."""
    try:
        while True:
            line.recv_bytes()
    except (EOFError, OSError):
        orphaned.set()
