"""What the processes of a measurement say to the first one beside their results."""

from dataclasses import dataclass
from typing import Self

from visavis.errors import InstallationError, VisavisError

__all__ = ["Refusal", "worker_lost"]


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


def worker_lost() -> InstallationError:
    return InstallationError(
        "worker_lost",
        "A process of the measurement ended by itself; what was measured is kept.",
        advice="Run the same command again, with fewer --workers where memory is short.",
    )
