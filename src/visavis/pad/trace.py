"""What a capture looked like over time, for people who would rather look than read: numbers only, bounded."""

from dataclasses import dataclass
from typing import Final

import numpy as np

from visavis.capture.challenge import Challenge, Eyes, GestureStep, LightStep
from visavis.capture.light_schedule import Rgb
from visavis.pad.light_response import log_chromaticity
from visavis.pad.neutral import Neutral, closedness
from visavis.pad.observation import Colours, FrameObservation
from visavis.perception.session import FloatTensor

__all__ = ["MOST_ROWS", "PromptShown", "Trace", "TraceRow", "Tracer"]

MOST_ROWS: Final = 2400
"""80 seconds at 30 frames/s; a longer capture keeps every second row, and again."""

Chromaticity = tuple[float, float]


@dataclass(frozen=True, slots=True, kw_only=True)
class TraceRow:
    """One frame. ``time_s``: of capture. Without a face, pose and eyes are None and ``problem`` says why.

    ``yaw``, ``pitch``, ``roll``: degrees, as `visavis.perception.pose.HeadPose`. ``closedness``: of the eyes asked for,
    0 open .. 1 closed against the own open ones, None until the neutral is known. ``prompt``: the step that was shown.
    ``colour``: what the screen was asked to show, sRGB. ``skin``, ``background``: (log R/G, log B/G) in linear
    light, on frames of the light sequence. ``texture``: the passive witness' score, on the frames that it looked at.
    ``template``: the continuity witness took one. ``size``: between the eyes, as a share of the picture's width.
    """

    time_s: float
    yaw: float | None = None
    pitch: float | None = None
    roll: float | None = None
    closedness: float | None = None
    problem: str | None = None
    prompt: int | None = None
    colour: Rgb | None = None
    skin: Chromaticity | None = None
    background: Chromaticity | None = None
    texture: float | None = None
    template: bool = False
    size: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class PromptShown:
    """Step ``index`` of the challenge, and the times of capture from and until which it was shown."""

    index: int
    step: GestureStep | LightStep
    from_s: float
    until_s: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Trace:
    """``neutral``: as the gestures were measured from it at the end; None where it was never found."""

    rows: tuple[TraceRow, ...] = ()
    neutral: Neutral | None = None
    prompts: tuple[PromptShown, ...] = ()


class Tracer:
    """Collects the rows of one capture. At most `MOST_ROWS`, each under half a kilobyte: 1.2 MB."""

    def __init__(self, challenge: Challenge) -> None:
        self._steps = challenge.steps
        self._eyes: Eyes = challenge.eyes
        self._rows: list[TraceRow] = []
        self._every = 1
        self._seen = 0
        self._prompts: list[PromptShown] = []
        self._open: int | None = None

    def add(
        self,
        observation: FrameObservation,
        *,
        prompt: int | None,
        neutral: Neutral | None,
        colour: Rgb | None,
        texture: float | None,
    ) -> None:
        time_s = observation.captured_s
        self._show(prompt, time_s)
        self._seen += 1
        if self._seen % self._every:
            return
        face, colours = observation.face, observation.colours
        self._rows.append(
            TraceRow(
                time_s=time_s,
                yaw=None if face is None else face.pose.yaw,
                pitch=None if face is None else face.pose.pitch,
                roll=None if face is None else face.pose.roll,
                closedness=None if face is None or neutral is None else closedness(face.eyes, neutral, self._eyes),
                problem=observation.problem,
                prompt=prompt,
                colour=colour,
                skin=_chromaticity(colours, "skin"),
                background=_chromaticity(colours, "background"),
                texture=texture,
                template=observation.vector is not None,
                size=None if face is None else face.inter_eye_px / observation.width,
            )
        )
        if len(self._rows) >= MOST_ROWS:
            del self._rows[::2]
            self._every *= 2

    def _show(self, prompt: int | None, time_s: float) -> None:
        if self._open is not None and self._prompts:
            last = self._prompts[-1]
            self._prompts[-1] = PromptShown(
                index=last.index, step=last.step, from_s=last.from_s, until_s=max(time_s, last.until_s)
            )
        if prompt is not None and prompt != self._open:
            self._prompts.append(PromptShown(index=prompt, step=self._steps[prompt], from_s=time_s, until_s=time_s))
        self._open = prompt

    def trace(self, neutral: Neutral | None) -> Trace:
        return Trace(rows=tuple(self._rows), neutral=neutral, prompts=tuple(self._prompts))


def _chromaticity(colours: Colours | None, which: str) -> Chromaticity | None:
    if colours is None:
        return None
    values: FloatTensor = colours.skin if which == "skin" else colours.background
    first, second = log_chromaticity(values.astype(np.float64)).tolist()
    return (first, second) if first == first and second == second else None  # noqa: PLR0124 - NaN is not itself
