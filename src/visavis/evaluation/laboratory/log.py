"""The results of the attack laboratory on disk."""

from contextlib import AbstractContextManager
from pathlib import Path
from typing import Final

from visavis.evaluation.laboratory.result import TrialKey, TrialResult, read_result, write_result
from visavis.evaluation.result_log import ResultLog, open_result_log

__all__ = ["TrialLog", "open_log"]

MOST_BYTES: Final = 2_000_000_000

TrialLog = ResultLog[TrialKey, TrialResult]


def open_log(path: Path) -> AbstractContextManager[TrialLog]:
    """As `visavis.evaluation.result_log.open_result_log`."""
    return open_result_log(
        path, key_of=lambda result: result.key, read=read_result, write=write_result, most_bytes=MOST_BYTES
    )
