"""A recorded answer: a video file that is said to answer a challenge, run through attack detection frame by frame.

A file proves less than a live capture, and says so: nobody knows when it was made, whether its challenge was still open
then, or whether the same answer was handed in before (`FILE_NOTES`). Its prompts are found again from its frames, since
nothing else tells when they were shown.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, Protocol

from visavis.capture.challenge import Challenge
from visavis.domain.operating_points import PadOperatingPoint
from visavis.pad.assessment import PadEvidence, assess
from visavis.pad.injection import StreamFacts, StreamSource
from visavis.pad.presentation import PresentationAnalyser, PresentationFindings
from visavis.perception.session import FloatTensor

if TYPE_CHECKING:  # the reader of videos is slow to import, and its frames come from the caller
    from visavis.capture.video import Frame

__all__ = ["FILE_NOTES", "RecordedAnswer", "Watcher", "examine_answer"]

FILE_NOTES: Final = ("recorded_file", "challenge_age_unknown", "challenge_reuse_unknown")
"""What no file can show, as codes of reasons: to be told wherever the answer is."""


class Watcher(Protocol):
    """Told after each frame how far the file was examined."""

    def __call__(self, frames: int, time_s: float, /) -> None: ...


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class RecordedAnswer:
    """``frames`` were examined, over ``seconds``; ``truncated``: the file ends before it says it does."""

    pad: PadEvidence
    findings: PresentationFindings
    frames: int
    seconds: float
    truncated: bool


def examine_answer(
    analyser: PresentationAnalyser,
    frames: "Iterable[Frame]",
    challenge: Challenge,
    *,
    operating_point: PadOperatingPoint,
    compared: FloatTensor | None = None,
    patient: bool = False,
    watcher: Watcher | None = None,
) -> RecordedAnswer:
    """What all six witnesses find in the frames of one video, and what they say together.

    ``frames``: every one of the file, in order (`visavis.capture.video.read_frames`); one is held at a time.
    ``compared``: (d,), the template that was compared with the reference, of the same embedding as the analyser's.
    ``patient``: after the gestures failed go on to the end of the challenge, to explain a file rather than judge it.

    Frames after the last gesture are examined as well: a second person at the end of a file is one. Raises what
    ``frames`` raises, ModelInvalidError as `visavis.pad.presentation.Presentation.see`, and ValueError for a template
    of another length.
    """
    presentation = analyser.open(challenge, source=StreamSource.FILE, patient=patient)
    count, first_s, last_s, truncated = 0, 0.0, 0.0, False
    for frame in frames:
        # a file has one clock, so a frame arrives when it was captured
        presentation.see(frame.picture, captured_s=frame.time_s, arrived_s=frame.time_s)
        first_s = frame.time_s if count == 0 else first_s
        count, last_s, truncated = count + 1, frame.time_s, frame.truncated
        if watcher is not None:
            watcher(count, last_s)
    facts = StreamFacts(source=StreamSource.FILE, nonce=challenge.nonce)
    findings = presentation.finish(facts, compared=compared)
    return RecordedAnswer(
        pad=assess(findings.witnesses, operating_point=operating_point, guidance=findings.guidance),
        findings=findings,
        frames=count,
        seconds=last_s - first_s,
        truncated=truncated,
    )
