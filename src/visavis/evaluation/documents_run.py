"""Many cases in several processes, and what they gave on disk as it comes."""

import contextlib
import fcntl
import hashlib
import multiprocessing
import os
import signal
from collections.abc import Callable, Generator, Iterator, Sequence
from concurrent.futures import Future, ProcessPoolExecutor, as_completed
from concurrent.futures.process import BrokenProcessPool
from contextlib import AbstractContextManager
from dataclasses import dataclass
from importlib.resources import files
from importlib.resources.abc import Traversable
from pathlib import Path
from typing import BinaryIO, Final, Protocol

from visavis.errors import FileError, InstallationError, VisavisError
from visavis.evaluation.documents_cases import CaseKey, CaseResult, read_case, write_case
from visavis.evaluation.files import unwritable
from visavis.files import own_name

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


@dataclass(frozen=True, slots=True)
class _Refusal:
    """An error of visavis on its way between two processes: its own form takes one argument by name."""

    kind: type[VisavisError]
    code: str
    message: str
    advice: str


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


class CaseLog:
    """``results``: all that were measured, by key."""

    def __init__(self, file: BinaryIO, results: dict[CaseKey, CaseResult]) -> None:
        self._file = file
        self.results = results

    def add(self, result: CaseResult) -> None:
        """Written at once. Raises FileError ``output_unwritable``."""
        try:
            self._file.write(write_case(result))
            self._file.flush()
        except OSError as error:
            raise unwritable(Path(self._file.name), error) from error
        self.results[result.key] = result


@contextlib.contextmanager
def open_case_log(path: Path) -> Iterator[CaseLog]:
    """Read what is there, and hold the file against a second run until the end.

    A last line without an end is what a stopped run left; it is taken away. Raises FileError ``output_unwritable``,
    ``output_in_use``, ``file_too_large``.
    """
    try:
        descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_APPEND | os.O_CLOEXEC, 0o600)
    except OSError as error:
        raise unwritable(path, error) from error
    with os.fdopen(descriptor, "r+b") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as error:
            raise FileError(
                "output_in_use",
                f"Another run is writing to {own_name(path)}.",
                advice="Wait for its end, or choose another folder with --out.",
            ) from error
        yield CaseLog(file, _known(file, path))


def _known(file: BinaryIO, path: Path) -> dict[CaseKey, CaseResult]:
    if os.fstat(file.fileno()).st_size > MOST_BYTES:
        raise FileError(
            "file_too_large",
            f"{own_name(path)} holds more results than a run could have made.",
            advice="Choose another folder with --out.",
        )
    found: dict[CaseKey, CaseResult] = {}
    whole = 0
    for line in file:
        if not line.endswith(b"\n"):
            break
        whole += len(line)
        result = read_case(line)
        if result is not None:
            found[result.key] = result
    file.truncate(whole)
    file.seek(0, os.SEEK_END)
    return found


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
            if isinstance(found, _Refusal):
                raise found.kind(found.code, found.message, advice=found.advice)
            for item in found:
                if isinstance(item, Faulty):
                    faults.append(item)
                else:
                    log.add(item)
            advance(len(found))
    return tuple(faults)


_Found = list[CaseResult | Faulty] | _Refusal


def _chunks(chunks: Sequence[Sequence[CaseKey]], opener: CaseOpener, workers: int) -> Generator[_Found, None, None]:
    if workers == 1 or len(chunks) < 2:
        for chunk in chunks:
            yield _measured(chunk, opener)
        return
    others = set(multiprocessing.active_children())
    # Ctrl-C goes to the first process alone, which ends the others
    pool = ProcessPoolExecutor(
        workers,
        mp_context=multiprocessing.get_context("spawn"),
        initializer=signal.signal,
        initargs=(signal.SIGINT, signal.SIG_IGN),
    )
    try:
        waiting: list[Future[_Found]] = [pool.submit(_measured, chunk, opener) for chunk in chunks]
        for future in as_completed(waiting):
            yield future.result()
    except BrokenProcessPool as error:
        raise InstallationError(
            "worker_lost",
            "A process of the measurement ended by itself; what was measured is kept.",
            advice="Run the same command again, with fewer --workers where memory is short.",
        ) from error
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
        return _Refusal(type(error), error.code, error.message, error.advice)
    return found
