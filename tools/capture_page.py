"""A page made of Python: it speaks the capture protocol (docs/reference/capture-protocol.md) for a subject of the
laboratory, so that the demonstration, the benchmark and a test can stand before the service's camera.
"""

import json
import struct
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any, Final, Protocol

from visavis.capture.challenge import Gesture, GestureStep, LightStep
from visavis.capture.light_schedule import LightSchedule, Rgb
from visavis.evaluation.laboratory.stage import Channel, Cue, Subject

__all__ = ["HEADER", "Connection", "Ended", "LivePage", "play", "step_of"]

HEADER: Final = struct.Struct(">BxxxId")
_SHOWN_LATE_S: Final = 0.04
"""From the server's word until the page shows it."""


class Connection(Protocol):
    """`websockets.sync.client.ClientConnection`, as far as it is needed."""

    def send(self, message: str | bytes, /) -> None: ...

    def recv(self, timeout: float | None = None, /) -> str | bytes: ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Ended:
    """``message``: the ``result`` or the ``error``. ``frames`` were sent; ``prompts`` were asked, in their order."""

    message: dict[str, Any]
    frames: int
    prompts: tuple[str, ...]


def step_of(prompt: dict[str, Any]) -> GestureStep | LightStep:
    """What a prompt asks for, as the laboratory's subjects take it."""
    if prompt["ask"] != "light":
        return GestureStep(gesture=Gesture(prompt["ask"]), pause_s=0.0)
    colours = tuple(_rgb(colour) for colour in prompt["colours"])
    return LightStep(schedule=LightSchedule(colours=colours, step_s=prompt["step_s"]), pause_s=0.0)


def _rgb(text: str) -> Rgb:
    return int(text[1:3], 16), int(text[3:5], 16), int(text[5:7], 16)


@dataclass(slots=True)
class LivePage:
    """What the page shows at a time by its own clock, and what it tells of the colours."""

    nonce: str = ""
    prompts: list[str] = field(default_factory=list)
    _index: int | None = None
    _step: GestureStep | LightStep | None = None
    _since_s: float = 0.0
    _now_s: float = 0.0
    _lit_s: float = 0.0
    _held: bool = False
    _shown: list[tuple[float, str]] = field(default_factory=list)
    _colours: int = 0
    _told: bool = False

    def hear(self, message: dict[str, Any], *, now_s: float) -> None:
        """A word of the server; what it asks is shown a little later."""
        if message["type"] == "prompt":
            prompt = message["prompt"]
            self.nonce, self._index, self._step = prompt["nonce"], prompt["step"], step_of(prompt)
            self._since_s = now_s + _SHOWN_LATE_S
            self._lit_s = -_SHOWN_LATE_S
            self._colours = len(prompt.get("colours", ())) or self._colours
            self.prompts.append(prompt["ask"])
        elif message["type"] == "rest":
            self._index, self._step, self._since_s = None, None, now_s
        elif message["type"] == "hold":
            self._held = message["held"]

    def cue(self, now_s: float) -> Cue:
        """What a subject sees now; asked with times that increase."""
        apart, self._now_s = now_s - self._now_s, now_s
        if self._step is None or now_s < self._since_s:
            return Cue(time_s=now_s, since_s=max(0.0, now_s - self._since_s))
        colour = None
        if isinstance(self._step, LightStep):
            if not self._held:
                before, self._lit_s = self._lit_s, self._lit_s + apart
                self._note(self._step.schedule, before, now_s)
            colour = self._step.schedule.colour_at(self._lit_s)
        return Cue(time_s=now_s, step=self._step, index=self._index, since_s=now_s - self._since_s, colour=colour)

    def _note(self, schedule: LightSchedule, before_s: float, now_s: float) -> None:
        for start_s, colour in zip(schedule.starts_s, schedule.colours, strict=True):
            if before_s < start_s <= self._lit_s or (start_s == 0.0 and before_s < 0.0 <= self._lit_s):
                self._shown.append((now_s - (self._lit_s - start_s), "#{:02x}{:02x}{:02x}".format(*colour)))

    def shown(self) -> str | None:
        """The message that tells of the colours, once they were all shown; None before that, and after it."""
        # the server may have gone on while the last colour was still shown
        if self._told or not self._shown or len(self._shown) < self._colours:
            return None
        self._told = True
        return json.dumps({"type": "shown", "nonce": self.nonce, "colours": self._shown})


def play(
    socket: Connection,
    reading: str,
    subject: Subject,
    channel: Channel,
    *,
    camera: str = "USB camera",
    wait: Callable[[float], None],
) -> Ended:
    """A whole capture over an open socket, one frame under way at a time. ``wait`` returns at a moment by the page's
    clock, which begins at 0: in real time, or at once where the service's clock is the test's own.
    """
    page = LivePage()
    socket.send(json.dumps({"type": "hello", "protocol": 1, "reading": reading, "opened_s": 0.0, "camera": camera}))
    message = _heard(socket)
    frames = 0
    for captured_s in channel.times():
        if message["type"] in ("result", "error"):
            break
        wait(captured_s)
        frame = channel.deliver(subject.scene(page.cue(captured_s)), captured_s)
        wait(frame.arrived_s)
        socket.send(HEADER.pack(1, frames, frame.captured_s) + frame.data)
        frames += 1
        for message in _answers(socket):
            page.hear(message, now_s=frame.arrived_s)
        shown = page.shown()
        if shown is not None:
            socket.send(shown)
        if message["type"] == "view":
            continue
        break
    if message["type"] not in ("result", "error"):
        message = _last(socket)
    return Ended(message=message, frames=frames, prompts=tuple(page.prompts))


def _heard(socket: Connection) -> dict[str, Any]:
    message: dict[str, Any] = json.loads(socket.recv(60))
    return message


def _answers(socket: Connection) -> Iterator[dict[str, Any]]:
    """What the server says to one frame, its view or its last word at the end."""
    while True:
        message = _heard(socket)
        yield message
        if message["type"] in ("view", "finishing", "result", "error"):
            return


def _last(socket: Connection) -> dict[str, Any]:
    while (message := _heard(socket))["type"] not in ("result", "error"):
        pass
    return message
