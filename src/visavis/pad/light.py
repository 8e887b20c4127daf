"""The light witness: do the colours that the screen shows come back from the skin, in their order and at once, more
than from the background, and as they would from a face rather than from a flat thing?

It keeps about fifty numbers a frame while the sequence is shown, and judges once at the end
(`visavis.pad.light_response` for the signal itself).

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
    Response,
    ResponseOptions,
    jumps,
    log_chromaticity,
    part_gains,
    respond,
)
from visavis.pad.observation import FrameObservation

__all__ = ["LightOptions", "LightState", "LightWitness", "Shape", "Shown"]

Shown = tuple[float, tuple[float, float, float]]
"""When a colour came, on the clock of `FrameObservation.captured_s`, and its linear RGB, 0..1."""
_MOST_FRAMES: Final = 900
_LEAST_COLOURS: Final = 6
_LONGEST_SLACK_S: Final = 0.5
_LONGEST_DELAY_S: Final = 4.0
"""By which the end of the sequence may be put off: the face may be gone for so long, and the colours wait for it."""
_SHADE: Final = 0.1
"""How much the light of the room differs between parts of a face, as a share."""


@dataclass(frozen=True, slots=True, kw_only=True)
class LightOptions:
    """``least_frames``: fewer say nothing. ``least_return``: the share r of the screen in the light on the face from
    which an answer is taken. ``least_ratio``: of the response of skin minus background over that of skin.

    ``shape_pass``: slope of the parts' gains over how much they face the screen, 1 for a face in even light, 0 for a
    flat thing; it must also be ``shape_errors`` standard errors above 0 (1.64: with 95 %). For a fail two standard
    errors more than the slope are under ``shape_fail``, and one is at most ``shape_error``. ``even_light``: from this
    slope of the brightness on, the room's light comes from where the screen is; a face then answers like a flat thing,
    and it is no contradiction.

    ``contrast``: of `Jumps`, from which colours jump at the screen's pace. ``least_parts``: of the face.
    """

    least_frames: int = 24
    least_return: float = 0.03
    least_ratio: float = 0.4
    shape_pass: float = 0.4
    shape_errors: float = 1.64
    shape_fail: float = 0.4
    shape_error: float = 0.15
    even_light: float = 0.6
    contrast: float = 8.0
    least_parts: int = 7
    response: ResponseOptions = field(default_factory=ResponseOptions)


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class LightState:
    """``frames``: (time, 3 skin, 3 background, n x 3 parts, n cosines) of each frame in the sequence, at most 900.
    ``slack_s``: by how much the times in ``shown`` may be off, all by the same.
    """

    shown: tuple[Shown, ...]
    ends_s: float
    slack_s: float = 0.0
    frames: tuple[NDArray[np.float64], ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Shape:
    """``slope`` of the gains over the cosines and its ``error``; ``lit``: the slope of the brightness itself."""

    slope: float
    error: float
    lit: float


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
        facing = self._meter.facing(face.pose)
        row = np.concatenate([[time_s], colours.skin, colours.background, colours.patches.ravel(), facing])
        return replace(state, frames=(*state.frames, row.astype(np.float64)))

    def judge(self, state: LightState) -> WitnessEvidence:
        """``pass`` and ``fail`` only where the light is strong enough to tell. Some 100 ms: for a worker."""
        options = self._options
        if len(state.shown) < _LEAST_COLOURS:
            return not_measured(Witness.LIGHT, "light_not_shown")
        # until the longest lag after the start, a frame may still show what was there before
        begins_s = state.shown[0][0] + options.response.longest_lag
        frames = [row for row in state.frames if begins_s <= float(row[0]) <= state.ends_s - state.slack_s]
        if len(frames) < options.least_frames:
            reason = "light_not_seen" if frames else "not_measured"
            return self._evidence(Outcome.INCONCLUSIVE if frames else Outcome.NOT_MEASURED, reason, {}, None)
        return self._judge(state, frames)

    def _judge(self, state: LightState, kept: Sequence[NDArray[np.float64]]) -> WitnessEvidence:
        options = self._options
        rows = np.array(sorted(kept, key=lambda row: float(row[0])))
        parts = (rows.shape[1] - 7) // 4
        starts = np.array([start for start, _ in state.shown])
        frames = Frames(rows[:, 0] - starts[0], starts - starts[0], np.array([colour for _, colour in state.shown]))
        whole_range = replace(options.response, earliest_lag=-state.slack_s)
        skin, background = log_chromaticity(rows[:, 1:4]), log_chromaticity(rows[:, 4:7])
        seen = bool(np.isfinite(background).all())
        behind = background if seen else np.zeros_like(skin)
        whole = respond(frames, skin, whole_range)
        face = respond(frames, skin - behind, whole_range) if seen else whole
        ratio = max(face.gain, 0.0) / whole.gain if whole.gain > 0 else None
        colours = rows[:, 7 : 7 + 3 * parts].reshape(len(rows), parts, 3)
        signals = log_chromaticity(colours) - behind[:, None]
        gains, errors = part_gains(frames, signals, face, options.response)
        shape = _shape(gains, errors, rows[:, 7 + 3 * parts :].mean(axis=0), colours.sum(axis=2).mean(axis=0), options)
        beat = jumps(frames, skin - behind, options.response)
        outcome, reason = self._decide(whole, face, beat, ratio if seen else None, shape)
        details: dict[str, float | str | None] = {
            "frames": len(rows),
            "return": round(face.gain, 4),
            "threshold": round(face.threshold, 3),
            "lag_s": round(face.lag_s, 3),
            "ratio": None if ratio is None or not seen else round(ratio, 3),
            "shape_slope": None if shape is None else round(shape.slope, 3),
            "shape_error": None if shape is None else round(shape.error, 3),
            "jump_contrast": round(beat.contrast, 2),
        }
        return self._evidence(outcome, reason, details, face.score)

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
        if face.gain < options.least_return:
            return Outcome.INCONCLUSIVE, "light_too_weak"
        return (Outcome.INCONCLUSIVE, "background_not_seen") if ratio is None else self._decide_shape(shape)

    def _decide_shape(self, shape: Shape | None) -> tuple[Outcome, str | None]:
        options = self._options
        if shape is None:
            return Outcome.INCONCLUSIVE, "light_shape_unclear"
        if shape.slope >= options.shape_pass and shape.slope > options.shape_errors * shape.error:
            return Outcome.PASS, None
        flat = shape.slope + 2 * shape.error < options.shape_fail and shape.error <= options.shape_error
        if flat and shape.lit < options.even_light:
            return Outcome.FAIL, "light_without_shape"
        return Outcome.INCONCLUSIVE, "light_shape_unclear"

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


def _shape(
    gains: NDArray[np.float64],
    errors: NDArray[np.float64],
    facing: NDArray[np.float64],
    brightness: NDArray[np.float64],
    options: LightOptions,
) -> Shape | None:
    """The slope of the gains over n . l, each over its mean; None where too few parts were seen in every frame."""
    good = np.isfinite(gains) & np.isfinite(errors) & np.isfinite(brightness) & (brightness > 0)
    if good.sum() < options.least_parts or not 0 < gains[good].mean() < np.inf:
        return None
    own = errors[good] / gains[good].mean()
    slope, error = _line(facing[good], gains[good] / gains[good].mean(), own)
    lit, _ = _line(facing[good], brightness[good] / brightness[good].mean(), np.zeros(len(own)))
    return Shape(slope=slope, error=error, lit=lit)


def _line(facing: NDArray[np.float64], values: NDArray[np.float64], errors: NDArray[np.float64]) -> tuple[float, float]:
    """Slope of ``values`` over ``facing`` divided by its mean, and its standard error.

    Least squares, each value weighing by its own error and by how much parts of a face differ anyway. The error is the
    larger of what those give and of what the scatter about the line gives.
    """
    weights = 1 / (errors**2 + _SHADE**2)
    weights /= weights.sum()
    x = facing / facing.mean()
    x = x - weights @ x
    y = values - weights @ values
    spread = max(float(weights @ (x * x)), 1e-9)
    slope = float(weights @ (x * y)) / spread
    expected = float(np.sqrt(((weights * x * errors) ** 2).sum())) / spread
    scatter = float(np.sqrt(((weights * x * (y - slope * x)) ** 2).sum() * len(x) / (len(x) - 2))) / spread
    return slope, max(expected, scatter)
