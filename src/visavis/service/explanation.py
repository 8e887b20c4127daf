"""What attack detection finds in any clip, with or without a challenge, at every operating point."""

import random
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Final

from visavis.capture.challenge import Challenge, ChallengePolicy, issue_challenge
from visavis.domain.operating_points import PadOperatingPoint
from visavis.pad.assessment import PadEvidence, assess
from visavis.pad.evidence import Witness, WitnessEvidence, not_measured
from visavis.pad.guidance import Guidance
from visavis.pad.presentation import PresentationAnalyser
from visavis.pad.trace import Trace
from visavis.service.recorded_answer import FILE_NOTES, Watcher, examine_answer

if TYPE_CHECKING:  # as in `visavis.service.recorded_answer`
    from visavis.capture.video import Frame

__all__ = ["Explanation", "explain"]

UNASKED: Final = ("recorded_file",)
"""What a clip that answers nothing cannot show."""


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class Explanation:
    """``challenge``: None where the clip answers none; then the active witness and the light are not measured.

    ``witnesses``: all six. ``standard``, ``strict``: what they say together. ``notes``: codes of what no file can show.
    ``guidance``: for how many seconds each advice would have been shown.
    """

    challenge: Challenge | None
    witnesses: tuple[WitnessEvidence, ...]
    standard: PadEvidence
    strict: PadEvidence
    trace: Trace
    guidance: Mapping[Guidance, float]
    notes: tuple[str, ...]
    frames: int
    seconds: float
    truncated: bool


def explain(
    analyser: PresentationAnalyser,
    frames: "Iterable[Frame]",
    challenge: Challenge | None,
    *,
    watcher: Watcher | None = None,
) -> Explanation:
    """Everything that can be said of the frames of one video.

    After a gesture that failed the prompts go on, so that the other witnesses see the rest of the challenge: where a
    verification would only say that it could not tell, an attack may be found here. Raises as `examine_answer` does.
    """
    answer = examine_answer(
        analyser,
        frames,
        challenge or _nothing_asked(),
        operating_point=PadOperatingPoint.STANDARD,
        patient=True,
        watcher=watcher,
    )
    found = answer.findings
    witnesses = found.witnesses if challenge is not None else tuple(map(_unasked, found.witnesses))
    standard, strict = (
        assess(witnesses, operating_point=point, guidance=found.guidance)
        for point in (PadOperatingPoint.STANDARD, PadOperatingPoint.STRICT)
    )
    return Explanation(
        challenge=challenge,
        witnesses=standard.witnesses,
        standard=standard,
        strict=strict,
        trace=found.trace,
        guidance=found.guidance,
        notes=FILE_NOTES if challenge is not None else UNASKED,
        frames=answer.frames,
        seconds=answer.seconds,
        truncated=answer.truncated,
    )


def _unasked(evidence: WitnessEvidence) -> WitnessEvidence:
    """Gestures that nobody asked for prove nothing, and no light was shown that anybody knows of."""
    if evidence.witness in (Witness.ACTIVE, Witness.LIGHT):
        return not_measured(evidence.witness, "challenge_not_given")
    return evidence


def _nothing_asked() -> Challenge:
    """Stands where the analysis needs a challenge, always the same; nobody was shown it, so it counts for nothing."""
    return issue_challenge(
        policy=ChallengePolicy(light_steps=0), rng=random.Random(0), now=datetime(2000, 1, 1, tzinfo=UTC)
    )
