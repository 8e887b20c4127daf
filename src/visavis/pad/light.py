"""The light witness: do the colours that the screen shows come back from the skin, in their order and at once, more
than from the background, and as they would from a face rather than from a flat thing?

It keeps about two hundred numbers a frame while the sequence is shown, and judges once at the end
(`visavis.pad.light_response` for the signal itself, `visavis.pad.light_shape` for the shape of a face in it).

A response that is missing is no finding: the room may be bright and the screen small. What speaks against the holder is
a contradiction: colours that jump at the screen's pace in another order; a response of the whole picture at once, as
from a tint put over a stream; a strong response without the shape of a face, as from a print, a screen, or a tint put
over the face alone.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import Final

import numpy as np
from numpy.typing import NDArray

from visavis.capture.light_schedule import LightSchedule, linear_light
from visavis.domain.evidence import Outcome
from visavis.pad.colours import ColourMeter
from visavis.pad.evidence import Witness, WitnessEvidence, not_measured
from visavis.pad.light_response import (
    Frames,
    Jumps,
    Numbers,
    Response,
    ResponseOptions,
    answers_at_another_time,
    jumps,
    log_chromaticity,
    respond,
)
from visavis.pad.light_shape import Shape, shape_of
from visavis.pad.observation import FrameObservation
from visavis.perception.pose import HeadPose

__all__ = ["LightOptions", "LightState", "LightWitness", "Shown"]

Shown = tuple[float, tuple[float, float, float]]
"""When a colour came, on the clock of `FrameObservation.captured_s`, and its linear RGB, 0..1."""
_MOST_FRAMES: Final = 600
_LEAST_COLOURS: Final = 6
_LONGEST_SLACK_S: Final = 0.5
_LONGEST_DELAY_S: Final = 4.0
"""By which the end of the sequence may be put off: the face may be gone for so long, and the colours wait for it."""
_WATCHED: Final = 0.75
"""Of the colours: so many must have been seen in two frames each. 0.4 s are about three frames even at 8 a second."""
_LONGEST_UNSEEN: Final = 2.0
"""Colours that may go by between two frames."""
_PART_SEEN: Final = 0.85
"""Of the frames: a part that glare or the edge takes away for longer is left out."""
_LEAST_FACING: Final = 0.15
"""A part that hardly faces the screen is a sliver, or hidden."""
_LEAST_LIGHT: Final = 0.003
"""Of full scale, linear: darker than that, 8 bits tell no colour."""


@dataclass(frozen=True, slots=True, kw_only=True)
class LightOptions:
    """``least_frames``: fewer say nothing. ``least_return``: the slope of the skin's log-chromaticity from which an
    answer is taken; about two thirds of the screen's share in the light. ``least_ratio``: of the response of skin minus
    background over that of skin.

    ``return_errors``: how many of its standard errors the answer must have.

    ``shape_pass``: `Shape.slope` from which the answer is that of a face; ``shape_flat``, the slope that flat things
    reach, must also lie ``shape_errors`` standard errors below it (1.64: with 95 %). For a fail the slope and two
    standard errors are under ``shape_fail``, and one is at most ``shape_error``.
    ``even_light``: from this slope of the brightness on, the room's light comes from where the screen is; a face then
    answers like a flat thing, and it is no contradiction.

    ``contrast``: of `Jumps`, from which colours jump at the screen's pace. ``least_parts``: of the face.
    """

    least_frames: int = 24
    least_return: float = 0.01
    return_errors: float = 3.0
    least_ratio: float = 0.4
    shape_pass: float = 0.2
    shape_flat: float = 0.05
    shape_errors: float = 1.64
    shape_fail: float = 0.15
    shape_error: float = 0.15
    even_light: float = 0.6
    contrast: float = 8.0
    least_parts: int = 24
    response: ResponseOptions = field(default_factory=ResponseOptions)


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class LightState:
    """``frames``: (time, 3 skin, 3 background, n x 3 parts, yaw, pitch) of each frame around the sequence, at most 600.
    ``slack_s``: by how much the times in ``shown`` may be off, all by the same, early or late.
    """

    shown: tuple[Shown, ...]
    ends_s: float
    slack_s: float = 0.0
    frames: tuple[NDArray[np.float64], ...] = ()


class LightWitness:
    """A fold: `start`, `see` for each frame, `judge`. Stateless itself."""

    def __init__(self, meter: ColourMeter, options: LightOptions | None = None) -> None:
        self._meter = meter
        self._options = options or LightOptions()

    def start(self, schedule: LightSchedule, *, at_s: float, slack_s: float = 0.0) -> LightState:
        """``at_s``: when the first colour was sent to be shown, on the clock of ``captured_s``. ``slack_s``: by how
        much that may be wrong, either way, as for a recorded file, whose clock nobody told.
        """
        shown = [
            (at_s + start, linear_light(colour))
            for start, colour in zip(schedule.starts_s, schedule.colours, strict=True)
        ]
        return self.start_with(shown, ends_s=at_s + schedule.duration_s, slack_s=slack_s)

    def start_with(self, shown: Sequence[Shown], *, ends_s: float, slack_s: float = 0.0) -> LightState:
        """Any sequence of colours, in order of time. Raises ValueError for one that is not, or for a slack of more than
        half a second.
        """
        times = [start for start, _ in shown]
        if not shown or sorted(set(times)) != times or ends_s <= times[-1]:
            raise ValueError("the colours must come one after the other")
        if not 0 <= slack_s <= _LONGEST_SLACK_S:
            raise ValueError("when the light began must be known to half a second")
        return LightState(shown=tuple(shown), ends_s=ends_s, slack_s=slack_s)

    def retimed(self, state: LightState, shown: Sequence[Shown], *, ends_s: float) -> LightState:
        """The same frames, against the times at which the colours were really shown: those that the page reports, or
        that `visavis.pad.active_state.ActiveState.light_shown` gives where the sequence waited for the face. Call it
        before `judge`. Raises ValueError as `start_with`.
        """
        return replace(self.start_with(shown, ends_s=ends_s, slack_s=state.slack_s), frames=state.frames)

    def see(self, state: LightState, observation: FrameObservation) -> LightState:
        """The state with this frame in it, if it has a face and `visavis.pad.observation.Colours`. Which frames count
        is settled by `judge`: here the colours may still be put off.
        """
        face, colours, time_s = observation.face, observation.colours, observation.captured_s
        first_s, last_s = state.shown[0][0] - state.slack_s, state.ends_s + state.slack_s + _LONGEST_DELAY_S
        if face is None or colours is None or not first_s <= time_s <= last_s:
            return state
        if len(state.frames) >= _MOST_FRAMES or not np.isfinite(colours.skin).all():
            return state
        pose = (face.pose.yaw, face.pose.pitch)
        row = np.concatenate([[time_s], colours.skin, colours.background, colours.patches.ravel(), pose])
        return replace(state, frames=(*state.frames, row.astype(np.float64)))

    def judge(self, state: LightState) -> WitnessEvidence:
        """``pass`` and ``fail`` only where the light is strong enough to tell. Some 100 ms: for a worker."""
        options = self._options
        if len(state.shown) < _LEAST_COLOURS:
            return not_measured(Witness.LIGHT, "light_not_shown")
        rows = np.array(sorted(state.frames, key=lambda row: float(row[0])))
        # until the longest lag after the start, a frame may still show what was there before
        begins_s = state.shown[0][0] + options.response.longest_lag + state.slack_s
        kept = _between(rows, begins_s, state.ends_s - state.slack_s)
        if len(kept) == 0:
            return not_measured(Witness.LIGHT)
        # single frames without a background must not hide a tint over everything
        behind = np.isfinite(rows[:, 4:7]).all(axis=1)
        with_it = _between(rows[behind], begins_s, state.ends_s - state.slack_s)
        seen = len(with_it) >= options.least_frames
        if seen:
            rows, kept = rows[behind], with_it
        if len(kept) < options.least_frames or not _watched(state, rows[:, 0]):
            return self.not_seen()
        return self._judge(state, rows, kept, seen=seen)

    def not_seen(self) -> WitnessEvidence:
        """The evidence where too little was seen of the light, or nobody can say when it was shown."""
        return self._evidence(Outcome.INCONCLUSIVE, "light_not_seen", {}, None)

    def _judge(self, state: LightState, every: Numbers, rows: Numbers, *, seen: bool) -> WitnessEvidence:
        """``every``: also the rows before and after the sequence. ``seen``: with their background."""
        options = self._options
        starts = np.array([start for start, _ in state.shown])
        frames = Frames(
            rows[:, 0] - starts[0],
            starts - starts[0],
            np.array([colour for _, colour in state.shown]),
            state.ends_s - float(starts[0]),
        )
        response = replace(
            options.response, earliest_lag=-state.slack_s, longest_lag=options.response.longest_lag + state.slack_s
        )
        whole = respond(frames, log_chromaticity(rows[:, 1:4]), response)
        face = respond(frames, _before(rows, seen=seen), response) if seen else whole
        ratio = max(face.gain, 0.0) / whole.gain if seen and whole.gain > 0 else None
        shape = self._shape(rows, frames, face)
        beat = jumps(frames, _before(rows, seen=seen), response)
        outcome, reason = self._decide(whole, face, beat, ratio, shape)
        if reason == "light_in_other_order":
            around = replace(frames, times=every[:, 0] - starts[0])
            if answers_at_another_time(
                around, _before(every, seen=seen), options.response, least_gain=options.least_return
            ):
                outcome, reason = Outcome.INCONCLUSIVE, "light_not_seen"
        details: dict[str, float | str | None] = {
            "frames": len(rows),
            "return": round(face.gain, 4),
            "return_error": round(face.error, 4),
            # a weaker answer would have been missed: says how much a missing one means
            "noticed_from": round(max(options.least_return, options.return_errors * face.error), 4),
            "threshold": round(face.threshold, 3),
            "lag_s": round(face.lag_s, 3),
            "ratio": None if ratio is None else round(ratio, 3),
            "shape_slope": None if shape is None else round(shape.slope, 3),
            "shape_error": None if shape is None else round(shape.error, 3),
            "jump_contrast": round(beat.contrast, 2),
        }
        return self._evidence(outcome, reason, details, face.score)

    def _shape(self, rows: Numbers, frames: Frames, face: Response) -> Shape | None:
        """Of the parts that face the screen and were seen in most frames, over the frames that show them all."""
        options = self._options
        parts = rows[:, 7:-2].reshape(len(rows), -1, 3)
        yaw, pitch = np.median(rows[:, -2:], axis=0)
        facing = self._meter.facing(HeadPose(yaw=float(yaw), pitch=float(pitch), roll=0.0))
        # NaN is not bright enough either
        bright = np.asarray((parts >= _LEAST_LIGHT).all(axis=2), np.bool_)
        good = (bright.mean(axis=0) >= _PART_SEEN) & (facing >= _LEAST_FACING)
        whole = np.asarray(bright[:, good].all(axis=1), np.bool_)
        while good.any() and whole.mean() < _PART_SEEN:
            # parts that are missing in turn would take every frame with them: the worst goes
            good[int(np.argmin(np.where(good, bright.mean(axis=0), np.inf)))] = False
            whole = np.asarray(bright[:, good].all(axis=1), np.bool_)
        if good.sum() < options.least_parts:
            return None
        parts = parts[whole]
        return shape_of(
            replace(frames, times=frames.times[whole]),
            log_chromaticity(parts[:, good]),
            facing=facing[good],
            places=self._meter.places[good],
            brightness=parts[:, good].mean(axis=(0, 2)),
            response=face,
            options=options.response,
        )

    def _decide(
        self, whole: Response, face: Response, beat: Jumps, ratio: float | None, shape: Shape | None
    ) -> tuple[Outcome, str | None]:
        options = self._options
        tinted = ratio is not None and ratio < options.least_ratio
        if tinted and whole.responds and whole.gain >= options.least_return:
            return Outcome.FAIL, "light_on_everything"
        if not face.responds:
            other = beat.contrast >= options.contrast and beat.size >= options.least_return
            return (Outcome.FAIL, "light_in_other_order") if other else (Outcome.INCONCLUSIVE, "light_too_weak")
        if face.gain < max(options.least_return, options.return_errors * face.error):
            return Outcome.INCONCLUSIVE, "light_too_weak"
        # without a background the shape alone must tell a face from a tint over everything, and it can
        unclear = "background_not_seen" if ratio is None else "light_shape_unclear"
        return self._decide_shape(shape, unclear)

    def _decide_shape(self, shape: Shape | None, unclear: str) -> tuple[Outcome, str | None]:
        options = self._options
        if shape is None:
            return Outcome.INCONCLUSIVE, unclear
        above_flat = shape.slope - options.shape_errors * shape.error >= options.shape_flat
        if shape.slope >= options.shape_pass and above_flat:
            return Outcome.PASS, None
        flat = shape.slope + 2 * shape.error < options.shape_fail and shape.error <= options.shape_error
        if flat and shape.lit < options.even_light:
            return Outcome.FAIL, "light_without_shape"
        return Outcome.INCONCLUSIVE, unclear

    def _evidence(
        self, outcome: Outcome, reason: str | None, details: dict[str, float | str | None], score: float | None
    ) -> WitnessEvidence:
        options = self._options
        return WitnessEvidence(
            witness=Witness.LIGHT,
            outcome=outcome,
            score=score,
            operating_point=(
                f"correlation over that of {1 - options.response.false_alarms:.0%} of shuffled sequences,"
                f" return >= {options.least_return:.0%}, ratio >= {options.least_ratio:g},"
                f" shape >= {options.shape_pass:g}"
            ),
            reasons=() if reason is None else (reason,),
            details=details,
        )


def _between(rows: Numbers, begins_s: float, ends_s: float) -> Numbers:
    return rows[(rows[:, 0] >= begins_s) & (rows[:, 0] <= ends_s)] if len(rows) else rows


def _before(rows: Numbers, *, seen: bool) -> Numbers:
    """(n, 2): the skin's log-chromaticity, minus that of what is behind it where that is ``seen``."""
    skin = log_chromaticity(rows[:, 1:4])
    return np.asarray(skin - log_chromaticity(rows[:, 4:7]) if seen else skin, np.float64)


def _watched(state: LightState, times: Numbers) -> bool:
    """Whether the frames cover the sequence: counted in colours, as one may be held until the face is back."""
    starts = [start for start, _ in state.shown]
    count = len(starts)
    places = np.interp(times, [*starts, state.ends_s], np.arange(count + 1.0))
    inside = places[(times >= starts[0]) & (times < state.ends_s)]
    each = np.bincount(inside.astype(int), minlength=count)[:count]
    longest = np.diff(np.concatenate([[0.0], inside, [float(count)]])).max()
    return bool((each >= 2).mean() >= _WATCHED and longest <= _LONGEST_UNSEEN)
