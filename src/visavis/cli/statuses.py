"""The exit status of a command that answers with an outcome."""

from collections.abc import Mapping
from typing import Final

from visavis.domain.evidence import Outcome
from visavis.errors import ExitStatus

__all__ = ["STATUSES"]

STATUSES: Final[Mapping[Outcome, ExitStatus]] = {
    Outcome.PASS: ExitStatus.SAME,
    Outcome.FAIL: ExitStatus.NOT_SAME,
    Outcome.INCONCLUSIVE: ExitStatus.INCONCLUSIVE,
    Outcome.NOT_MEASURED: ExitStatus.INCONCLUSIVE,
}
