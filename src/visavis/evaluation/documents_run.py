"""Many cases in several processes, and what they gave on disk as it comes."""

import contextlib
import hashlib
import multiprocessing
from collections.abc import Callable, Generator, Iterator, Sequence
from concurrent.futures import Future, ProcessPoolExecutor, as_completed
from concurrent.futures.process import BrokenProcessPool
from contextlib import AbstractContextManager
from dataclasses import dataclass
from importlib.resources import files
from importlib.resources.abc import Traversable
from pathlib import Path
from typing import Final, Protocol

from visavis.errors import VisavisError
from visavis.evaluation.documents_cases import CaseKey, CaseResult, read_case, write_case
from visavis.evaluation.processes import Refusal, serve_first_process, worker_lost
from visavis.evaluation.result_log import ResultLog, open_result_log

__all__ = ["CaseLaboratory", "CaseLog", "CaseOpener", "Faulty", "open_case_log", "program_digest", "run_cases"]

CHUNK: Final = 20
"""Cases that a process measures before it says so: models are opened once for them."""
PACKAGES: Final = (
    "visavis.capture",
    "visavis.document",
    "visavis.evaluation.specimens",
    "visavis.perception",
)
MOST_BYTES: Final = 1_000_000_000


class CaseLaboratory(Protocol):
    def measure(self, key: CaseKey) -> CaseResult: ...


CaseOpener = Callable[[], AbstractContextManager[CaseLaboratory]]
"""Opens a laboratory, in another process too: a function, or a partial of one, that can be pickled."""


@dataclass(frozen=True, slots=True)
class Faulty:
    """A case that was lost to a fault of the program."""

    key: CaseKey
    what: str


def program_digest(things: Sequence[str]) -> str:
    """16 hexadecimal digits: of the modules that draw, photograph and read, and of ``things``, as digests of models."""
    digest = hashlib.sha256()
    for package in PACKAGES:
        for name, content in _modules(files(package), package):
            digest.update(f"{name}\0".encode() + content + b"\0")
    for thing in sorted(things):
        digest.update(f"{thing}\0".encode())
    return digest.hexdigest()[:16]


def _modules(folder: Traversable, name: str) -> Iterator[tuple[str, bytes]]:
    for item in sorted(folder.iterdir(), key=lambda found: found.name):
        if item.is_dir():
            yield from _modules(item, f"{name}.{item.name}")
        elif item.name.endswith(".py"):
            yield f"{name}.{item.name}", item.read_bytes()


CaseLog = ResultLog[CaseKey, CaseResult]


def open_case_log(path: Path) -> AbstractContextManager[CaseLog]:
    """As `visavis.evaluation.result_log.open_result_log`."""
    return open_result_log(
        path, key_of=lambda result: result.key, read=read_case, write=write_case, most_bytes=MOST_BYTES
    )


def run_cases(
    keys: Sequence[CaseKey],
    opener: CaseOpener,
    *,
    log: CaseLog,
    workers: int,
    advance: Callable[[int], None],
) -> tuple[Faulty, ...]:
    """Measure what ``log`` does not hold yet; ``advance`` is told of every chunk. What was lost to a fault comes back.

    Raises what opening the laboratory raised; InstallationError ``worker_lost`` where a process ended by itself.
    Whatever is raised, what was measured is in ``log``.
    """
    missing = [key for key in keys if key not in log.results]
    size = max(1, min(CHUNK, len(missing) // workers))
    chunks = [missing[at : at + size] for at in range(0, len(missing), size)]
    faults: list[Faulty] = []
    with contextlib.closing(_chunks(chunks, opener, workers)) as measured:
        for found in measured:
            if isinstance(found, Refusal):
                raise found.error
            for item in found:
                if isinstance(item, Faulty):
                    faults.append(item)
                else:
                    log.add(item)
            advance(len(found))
    return tuple(faults)


_Found = list[CaseResult | Faulty] | Refusal


def _chunks(chunks: Sequence[Sequence[CaseKey]], opener: CaseOpener, workers: int) -> Generator[_Found, None, None]:
    if workers == 1 or len(chunks) < 2:
        for chunk in chunks:
            yield _measured(chunk, opener)
        return
    others = set(multiprocessing.active_children())
    context = multiprocessing.get_context("spawn")
    pool = ProcessPoolExecutor(workers, mp_context=context, initializer=serve_first_process)
    try:
        waiting: list[Future[_Found]] = [pool.submit(_measured, chunk, opener) for chunk in chunks]
        for future in as_completed(waiting):
            yield future.result()
    except BrokenProcessPool as error:
        raise worker_lost() from error
    finally:
        pool.shutdown(wait=False, cancel_futures=True)
        ours = set(multiprocessing.active_children()) - others
        for process in ours:
            process.terminate()
        for process in ours:
            process.join()


def _measured(chunk: Sequence[CaseKey], opener: CaseOpener) -> _Found:
    """The work of one process."""
    found: list[CaseResult | Faulty] = []
    try:
        with opener() as laboratory:
            for key in chunk:
                try:
                    found.append(laboratory.measure(key))
                except VisavisError:
                    raise
                except Exception as error:  # noqa: BLE001 - one case that fails must not end a run of hours
                    found.append(Faulty(key, type(error).__name__))
    except VisavisError as error:
        return Refusal.of(error)
    return found
