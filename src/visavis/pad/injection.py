"""The injection witness: does the stream look like a camera's, and does it answer this challenge.

Only what was measured to tell, or is plain by itself, decides: a stream that repeats itself, an answer to another
challenge, frames from before it. Clocks that disagree, or a picture size that changes, leave it undecided. All else
(regular times, duplicate and interpolated frames, another encoder, a camera's name) is weak, easily forged or innocent,
and is noted for a reviewer, never held against a person.
"""

import math
from dataclasses import dataclass, field, replace
from enum import StrEnum
from typing import Final

import numpy as np

from visavis.capture.challenge import Challenge
from visavis.capture.light_schedule import LightSchedule, Rgb
from visavis.domain.evidence import Detail, Outcome
from visavis.pad.evidence import Witness, WitnessEvidence, not_measured
from visavis.pad.observation import FrameObservation
from visavis.pad.recurrence import Recurrence, recur
from visavis.perception.session import FloatTensor

__all__ = [
    "InjectionOptions",
    "InjectionState",
    "InjectionWitness",
    "StreamFacts",
    "StreamSource",
    "light_as_asked",
    "names_virtual_camera",
]

VIRTUAL_CAMERAS: Final = (
    "obs virtual",
    "obs-camera",
    "manycam",
    "xsplit",
    "snap camera",
    "e2esoft",
    "splitcam",
    "youcam",
    "sparkocam",
    "webcamoid",
    "akvirtualcamera",
    "unity video capture",
    "v4l2loopback",
    "dummy video device",
    "virtual camera",
    "virtual webcam",
    "fake_device",
)
_WINDOW: Final = 32


class StreamSource(StrEnum):
    LIVE = "live"
    """Frame by frame, while the challenge runs."""
    FILE = "file"
    """A file that was handed in: it has the times of its own making, and nothing binds it to the challenge."""


@dataclass(frozen=True, slots=True, kw_only=True)
class StreamFacts:
    """What is known of a stream beside its frames.

    ``nonce``: what the answer names. ``opened_s``: by the client's clock, when its page received the challenge.
    ``camera``: the label that the browser gives, if any. ``shown``: for each colour of the light sequence, when it
    was shown by the client's clock, and which. ``light_paused_s``: for how long, in all, the page was told to hold a
    colour because the face was gone (`visavis.pad.active_state.ActiveState.light_paused_s`).
    """

    source: StreamSource = StreamSource.LIVE
    nonce: str | None = None
    opened_s: float | None = None
    camera: str = ""
    shown: tuple[tuple[float, Rgb], ...] | None = None
    light_paused_s: float = 0.0


@dataclass(frozen=True, slots=True, kw_only=True)
class InjectionOptions:
    """``repeated``: share of frames with a face that resemble one more than a second away, from which a stream is a
    still or a loop. Measured: 23 of 23 loops, 23 of 23 stills, none of 46 living captures. ``least_contrast``: grey
    levels, root mean square of a thumbnail: less is no picture. ``least_frames``, ``least_s``: needed.

    ``early_s``: how long before the challenge a frame may have been waiting in the camera. ``drift_s``: between the
    two clocks, over the capture. ``ahead_s``: how much sooner after its capture any frame may arrive than the quickest
    of the first and of the last ones: a network delays, and never hastens. ``disordered``: share of frames captured
    before the one that arrived earlier.
    ``step_s``: how far a colour may be off its time.

    Advice only: ``regular_s``, mean deviation of the intervals from their median below which no camera works;
    ``impossible_s``, an interval shorter than any camera's, in ``impossible`` of them; ``duplicate_rms``, grey
    levels, in ``duplicates`` of the frames; ``interpolated_ratio``, residual of a frame from the mean of its neighbours
    over their difference, in ``interpolated`` of them (living captures at 30 frames/s: 1 in 20 below 0.12).
    """

    repeated: float = 0.3
    least_contrast: float = 2.0
    least_frames: int = 20
    least_s: float = 2.0
    early_s: float = 1.0
    drift_s: float = 1.0
    ahead_s: float = 0.4
    disordered: float = 0.05
    step_s: float = 0.15
    regular_s: float = 0.0002
    impossible_s: float = 0.003
    impossible: float = 0.1
    duplicate_rms: float = 0.02
    duplicates: float = 0.2
    interpolated_ratio: float = 0.05
    interpolated: float = 0.2


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class InjectionState:
    """Kept between two frames: the thumbnails of `visavis.pad.recurrence`, two more, 128 times, and counts."""

    frames: int = 0
    recurrence: Recurrence = field(default_factory=Recurrence)
    started_s: float = 0.0
    captured_s: float = 0.0
    earliest_s: float = 0.0
    disordered: int = 0
    least_offset: float = math.inf
    first_offsets: tuple[float, ...] = ()
    last_offsets: tuple[float, ...] = ()
    intervals: tuple[float, ...] = ()
    short_intervals: int = 0
    last: tuple[FloatTensor, ...] = ()
    duplicates: int = 0
    interpolated: int = 0
    moving: int = 0
    size: tuple[int, int] | None = None
    size_changes: int = 0
    encoding: str = ""
    encoding_changes: int = 0


@dataclass(frozen=True, slots=True)
class InjectionWitness:
    """Pure transitions over `InjectionState`."""

    challenge: Challenge
    options: InjectionOptions = field(default_factory=InjectionOptions)

    def start(self) -> InjectionState:
        return InjectionState()

    def step(self, state: InjectionState, observation: FrameObservation) -> InjectionState:
        """The state after one more frame, in the order in which they arrive."""
        offset = observation.arrived_s - observation.captured_s
        size = min(observation.width, observation.height), max(observation.width, observation.height)
        encoding = observation.encoding or state.encoding
        state = replace(
            state,
            frames=state.frames + 1,
            earliest_s=min(state.earliest_s, observation.captured_s) if state.frames else observation.captured_s,
            least_offset=min(state.least_offset, offset),
            first_offsets=(*state.first_offsets, offset)[:_WINDOW],
            last_offsets=(*state.last_offsets, offset)[-_WINDOW:],
            size=size,
            size_changes=state.size_changes + (state.size not in (None, size)),
            encoding=encoding,
            encoding_changes=state.encoding_changes + (state.encoding not in ("", encoding)),
        )
        if state.frames == 1:
            state = replace(state, started_s=observation.captured_s)
        elif observation.captured_s <= state.captured_s:
            return replace(state, disordered=state.disordered + 1)
        else:
            state = self._timed(state, observation.captured_s - state.captured_s)
        recurrence = state.recurrence
        # a camera behind its shutter, or a wall, is the same for as long as it is there
        if observation.face is not None and _rms(observation.thumbnail) >= self.options.least_contrast:
            recurrence = recur(recurrence, observation.thumbnail, observation.captured_s)
        state = replace(state, captured_s=observation.captured_s, recurrence=recurrence)
        return self._compared(state, observation.thumbnail)

    def _timed(self, state: InjectionState, interval: float) -> InjectionState:
        return replace(
            state,
            intervals=(*state.intervals, interval)[-2 * _WINDOW :],
            short_intervals=state.short_intervals + (interval < self.options.impossible_s),
        )

    def _compared(self, state: InjectionState, thumbnail: FloatTensor) -> InjectionState:
        """With the frames just before: the same again, or the middle of its neighbours."""
        options, last = self.options, state.last
        same = bool(last) and _rms(thumbnail - last[-1]) < options.duplicate_rms
        moving = between = False
        if len(last) == 2:
            across = _rms(thumbnail - last[0])
            moving = across > 1.0
            residual = _rms(last[1] - (thumbnail + last[0]) * np.float32(0.5))
            between = moving and residual < options.interpolated_ratio * across
        return replace(
            state,
            last=(*last, thumbnail)[-2:],
            duplicates=state.duplicates + same,
            moving=state.moving + moving,
            interpolated=state.interpolated + between,
        )

    def evidence(self, state: InjectionState, facts: StreamFacts) -> WitnessEvidence:
        if state.frames == 0:
            return not_measured(Witness.INJECTION)
        failures = _named(self._failures(state, facts))
        doubts = _named(self._doubts(state, facts))
        notes = _named(self._notes(state, facts))
        return WitnessEvidence(
            witness=Witness.INJECTION,
            outcome=Outcome.FAIL if failures else Outcome.INCONCLUSIVE if doubts else Outcome.PASS,
            score=1 - state.recurrence.share,
            operating_point=f"fewer than {self.options.repeated:.0%} of the frames seen before in this stream",
            reasons=(*failures, *doubts, *notes),
            details=_details(state, facts),
        )

    def _failures(self, state: InjectionState, facts: StreamFacts) -> dict[str, bool]:
        options = self.options
        early = facts.opened_s is not None and state.earliest_s < facts.opened_s - options.early_s
        return {
            "frozen_or_looped": self._enough(state)
            and state.recurrence.frames >= options.least_frames
            and state.recurrence.share >= options.repeated,
            "answer_to_another": facts.nonce is not None and facts.nonce != self.challenge.nonce,
            "frames_before_challenge": early,
        }

    def _doubts(self, state: InjectionState, facts: StreamFacts) -> dict[str, bool]:
        options, live = self.options, facts.source is StreamSource.LIVE
        light = self.challenge.light
        return {
            "too_few_frames": not self._enough(state) or state.recurrence.frames < options.least_frames,
            "answer_not_bound": live and facts.nonce is None,
            "light_not_as_asked": live
            and light is not None
            and not light_as_asked(light, facts.shown or (), within_s=options.step_s, paused_s=facts.light_paused_s),
            "clocks_disagree": live and (abs(_drift(state)) > options.drift_s or _ahead(state) > options.ahead_s),
            "frames_out_of_order": state.disordered > options.disordered * state.frames,
            "picture_size_changed": state.size_changes > 0,
        }

    def _notes(self, state: InjectionState, facts: StreamFacts) -> dict[str, bool]:
        options, live = self.options, facts.source is StreamSource.LIVE
        intervals = np.array(state.intervals or (0.0,))
        spread = float(np.abs(intervals - np.median(intervals)).mean())
        return {
            "recorded_file": not live,
            "timing_too_regular": live and len(state.intervals) >= options.least_frames and spread < options.regular_s,
            "timing_impossible": state.short_intervals > options.impossible * state.frames,
            "duplicate_frames": state.duplicates > options.duplicates * state.frames,
            "interpolated_frames": state.moving >= options.least_frames
            and state.interpolated > options.interpolated * state.moving,
            "encoder_changed": state.encoding_changes > 0,
            "virtual_camera_named": names_virtual_camera(facts.camera),
        }

    def _enough(self, state: InjectionState) -> bool:
        long = state.captured_s - state.started_s >= self.options.least_s
        return state.frames >= self.options.least_frames and long


def names_virtual_camera(label: str) -> bool:
    """Whether a camera's label is one of a program that plays any picture as a camera. Anyone can change a label."""
    folded = " ".join(label.casefold().split())
    return any(name in folded for name in VIRTUAL_CAMERAS)


def light_as_asked(
    schedule: LightSchedule, shown: tuple[tuple[float, Rgb], ...], *, within_s: float, paused_s: float = 0.0
) -> bool:
    """Whether a page showed the colours asked for, in their order and at their pace, from whenever it began.

    ``paused_s``: for how long it was told to hold a colour; it may be as late as that, but never catch up.
    """
    if tuple(colour for _, colour in shown) != schedule.colours:
        return False
    begun, latest = shown[0][0], 0.0
    for (time, _), start in zip(shown, schedule.starts_s, strict=True):
        late = time - begun - start
        latest = max(latest, late)
        if not latest - within_s <= late <= paused_s + within_s:
            return False
    return True


def _drift(state: InjectionState) -> float:
    """How much later the last frames arrive than the first, seconds: by the quickest of each, as stalls come and go."""
    return min(state.last_offsets) - min(state.first_offsets)


def _ahead(state: InjectionState) -> float:
    """How far the client's clock ran ahead for a while, seconds: over the capture, and beside its drift."""
    return max(0.0, min(*state.first_offsets, *state.last_offsets) - state.least_offset)


def _rms(difference: FloatTensor) -> float:
    return math.sqrt(float(np.vdot(difference, difference)) / difference.size)


def _named(findings: dict[str, bool]) -> list[str]:
    return [reason for reason, found in findings.items() if found]


def _details(state: InjectionState, facts: StreamFacts) -> dict[str, Detail]:
    return {
        "source": facts.source.value,
        "frames": state.frames,
        "seconds": round(state.captured_s - state.started_s, 2),
        "repeated_share": round(state.recurrence.share, 3),
        "duplicates": state.duplicates,
        "interpolated": state.interpolated,
        "out_of_order": state.disordered,
        "clock_drift_s": round(_drift(state), 2),
        "clock_ahead_s": round(_ahead(state), 2),
        "median_interval_s": round(float(np.median(state.intervals)), 4) if state.intervals else None,
        "size_changes": state.size_changes,
        "encoder_changes": state.encoding_changes,
    }
