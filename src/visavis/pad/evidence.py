"""What one witness of attack detection found, in terms that a policy's operating point can combine."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Final

from visavis.domain.evidence import Detail, Outcome

__all__ = ["STRAYED", "Witness", "WitnessEvidence", "not_measured"]

STRAYED: Final = "gestures_strayed"
"""The active witness passed, and saw other gestures beside those asked for."""


class Witness(StrEnum):
    """The six witnesses. Each is useful alone, and none of them knows of the others."""

    ACTIVE = "active"
    """The gestures of the challenge, in their order, each within its time."""
    STRUCTURE = "structure"
    """The texture of the turning face moves as a solid relief does."""
    LIGHT = "light"
    """The colours that the screen shows come back from the skin, in time and with the face's own shading."""
    PASSIVE = "passive"
    """A texture network over many frames."""
    CONTINUITY = "continuity"
    """One face on one unbroken track, always alone in the picture."""
    INJECTION = "injection"
    """The stream has the times and the frames of a camera, and answers this challenge."""


@dataclass(frozen=True, slots=True, kw_only=True)
class WitnessEvidence:
    """The word of one witness.

    ``score``: in the witness' own terms, higher is more like a living person; None where there is no such number.
    ``operating_point``: what the score was held against, in words. ``reasons``: codes of `visavis.domain.reasons`, in
    order of weight, advisory ones included, so a witness that passes may still have some. ``details``: plain values
    for a reviewer, never a picture or a template.

    Raises ValueError where an outcome other than `Outcome.PASS` comes without a reason: nobody could act on it.
    """

    witness: Witness
    outcome: Outcome
    score: float | None = None
    operating_point: str | None = None
    reasons: tuple[str, ...] = ()
    details: Mapping[str, Detail] = field(default_factory=dict)

    def __post_init__(self) -> None:
        if self.outcome is not Outcome.PASS and not self.reasons:
            raise ValueError(f"{self.witness.value} gives no reason for {self.outcome.value}")


def not_measured(witness: Witness, *reasons: str) -> WitnessEvidence:
    """A witness that saw nothing it could measure; ``reasons`` say why, where that is known."""
    return WitnessEvidence(witness=witness, outcome=Outcome.NOT_MEASURED, reasons=reasons or ("not_measured",))
