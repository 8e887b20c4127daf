"""The processes of a measurement: how they live, and what they say to the first one beside their results."""

import multiprocessing
import os
import signal
import threading
from dataclasses import dataclass
from multiprocessing.process import BaseProcess
from typing import Self

from visavis.errors import InstallationError, VisavisError

__all__ = ["Refusal", "serve_first_process", "worker_lost"]


@dataclass(frozen=True, slots=True)
class Refusal:
    """An error of visavis on its way between two processes: its own form takes one argument by name."""

    kind: type[VisavisError]
    code: str
    message: str
    advice: str

    @classmethod
    def of(cls, error: VisavisError) -> Self:
        return cls(type(error), error.code, error.message, error.advice)

    @property
    def error(self) -> VisavisError:
        return self.kind(self.code, self.message, advice=self.advice)


def serve_first_process() -> None:
    """What a worker does before all else: Ctrl-C goes to the first process alone, which ends the others; and where
    that one is killed, nobody is left to hand the results to, so the worker ends, too.
    """
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    first = multiprocessing.parent_process()
    if first is not None:
        threading.Thread(target=_end_with, args=(first,), daemon=True).start()


def _end_with(process: BaseProcess) -> None:
    process.join()
    os._exit(1)  # from a thread, there is no other way


def worker_lost() -> InstallationError:
    return InstallationError(
        "worker_lost",
        "A process of the measurement ended by itself; what was measured is kept.",
        advice="Run the same command again, with fewer --workers where memory is short.",
    )
