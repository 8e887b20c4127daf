"""Who is before the camera in the demonstration: a subject of the laboratory, which sees what the page shows and
nothing more of the service. The page is the product's own client (`visavis.client.holder`).
"""

from dataclasses import dataclass, field

from visavis.capture.challenge import Gesture, GestureStep, LightStep
from visavis.capture.light_schedule import LightSchedule, Rgb
from visavis.client.capture import Prompt
from visavis.evaluation.laboratory.stage import Channel, Cue, Delivered, Subject

__all__ = ["Before"]


@dataclass(slots=True, kw_only=True)
class Before:
    """A `visavis.client.capture.Scene`. One serves one capture. ``frames``: what was sent, by its own times, as
    somebody would have it who filmed the capture.
    """

    subject: Subject
    channel: Channel
    frames: list[Delivered] = field(default_factory=list)
    _began_s: float | None = None
    _step: GestureStep | LightStep | None = None
    _index: int | None = None
    _since_s: float = 0.0
    _colour: Rgb | None = None

    def frame(self, at: float) -> bytes:
        now_s = self._now(at)
        cue = Cue(time_s=now_s, step=self._step, index=self._index, since_s=now_s - self._since_s, colour=self._colour)
        self.frames.append(self.channel.deliver(self.subject.scene(cue), now_s))
        return self.frames[-1].data

    def asked(self, prompt: Prompt | None, at: float) -> None:
        self._since_s = self._now(at)
        self._index, self._step = None, None
        if prompt is None:
            self._colour = None
        elif prompt.colours:
            colours = tuple(_rgb(colour) for colour in prompt.colours)
            schedule = LightSchedule(colours=colours, step_s=prompt.step_s)
            self._index, self._step = prompt.step, LightStep(schedule=schedule, pause_s=0.0)
        else:
            self._index, self._step = prompt.step, GestureStep(gesture=Gesture(prompt.ask), pause_s=0.0)

    def lit(self, colour: str | None, at: float) -> None:
        del at
        self._colour = None if colour is None else _rgb(colour)

    def guided(self, guidance: tuple[str, ...], at: float) -> None:
        """A portrait cannot come closer."""

    def _now(self, at: float) -> float:
        """Seconds since the capture began, by the page's clock."""
        if self._began_s is None:
            self._began_s = at
        return at - self._began_s


def _rgb(text: str) -> Rgb:
    return int(text[1:3], 16), int(text[3:5], 16), int(text[5:7], 16)
