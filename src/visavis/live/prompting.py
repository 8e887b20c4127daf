"""What a page is told while its frames are looked at, and what it tells of the colours that it showed.

The page is told what to show now, never what follows. Where the face is gone while colours run, it holds the one that
it shows until it is told to go on.
"""

import hmac
import math

import msgspec

from visavis.capture.answering import prompt_json
from visavis.capture.challenge import Challenge, LightStep
from visavis.errors import InputError
from visavis.live.line import Line, Stopped
from visavis.live.messages import Frame, ShownColours, Stop, invalid
from visavis.pad.injection import StreamFacts
from visavis.pad.presentation import View

__all__ = ["Prompter"]


class Prompter:
    """Of one capture. ``shown_s``: how long after the last frame the times of the colours are waited for."""

    def __init__(self, line: Line, challenge: Challenge, *, shown_s: float) -> None:
        self._line = line
        self._challenge = challenge
        self._shown_s = shown_s
        self._prompt: int | None = None
        self._prompted = 0
        self._lit = False
        self._held = False
        self._shown: ShownColours | None = None

    async def tell(self, view: View, **more: object) -> None:
        """What changed with this frame, and its guidance; ``more`` goes with it. Raises `Stopped`."""
        if view.prompt != self._prompt:
            self._prompt = view.prompt
            if view.prompt is not None:
                self._prompted += 1
                self._lit = self._lit or isinstance(self._challenge.steps[view.prompt], LightStep)
                await self._line.send("prompt", prompt=msgspec.Raw(prompt_json(self._challenge, view.prompt)))
            else:
                await self._line.send("rest", done=self._prompted)
        if view.light_paused != self._held:
            self._held = view.light_paused
            await self._line.send("hold", held=view.light_paused)
        self._line.looked()
        await self._line.send("view", guidance=[advice.value for advice in view.guidance], **more)

    def take(self, message: object) -> None:
        """A message that is no frame. Raises `Stopped`, and InputError ``capture_message_invalid``."""
        if isinstance(message, Stop):
            raise Stopped
        if not isinstance(message, ShownColours) or not self._lit or self._shown is not None:
            raise invalid("it has no place here")
        if not hmac.compare_digest(message.nonce.encode(), self._challenge.nonce.encode()):
            raise invalid("it answers another challenge")
        if not all(math.isfinite(time) for time, _ in message.colours):
            raise invalid("a colour without a time")
        self._shown = message

    @property
    def lit_until_s(self) -> float | None:
        """When the last colour went, as the page told it, by its clock; None before it did."""
        light = self._challenge.light
        if self._shown is None or light is None or not self._shown.colours:
            return None
        return self._shown.colours[-1][0] + light.step_s

    async def wait_for_colours(self) -> None:
        """The page says when it showed them once it has shown them all, which may be after the last frame."""
        while self._lit and self._shown is None:
            try:
                message = await self._line.next(self._shown_s, "capture_stalled")
            except InputError as error:
                if error.code == "capture_stalled":
                    return
                raise
            if not isinstance(message, Frame):
                self.take(message)

    def facts(self, *, opened_s: float, camera: str) -> StreamFacts:
        """What the page told of itself, and of the colours."""
        return StreamFacts(
            nonce=self._challenge.nonce,
            opened_s=opened_s,
            camera=camera,
            shown=None if self._shown is None else self._shown.as_facts(),
        )
