"""One capture over one WebSocket: from the page's hello to the decision, or to whatever ends it before.

Frames are read as they come and looked at one after another on the desk's threads; nothing blocks the event loop. Any
way out that is no decision interrupts the capture in the store, also where the task itself is cancelled.
"""

import asyncio
import math
from collections.abc import Callable
from concurrent.futures import Future
from contextlib import suppress
from dataclasses import dataclass
from functools import partial
from typing import Final, TypeVar

from visavis.errors import InputError, StorageError
from visavis.live.line import Line
from visavis.live.messages import Frame, invalid
from visavis.live.prompting import Prompter
from visavis.pad.presentation import View
from visavis.service.capture_desk import CaptureDesk
from visavis.service.holder_links import HolderSession
from visavis.service.live_capture import MOST_FRAME_BYTES, CaptureEnd, CaptureWish, LiveCapture, LiveCaptures
from visavis.web.capture.hub import going_down
from visavis.web.capture.messages import PROTOCOL, Hello
from visavis.web.telemetry import Telemetry

__all__ = ["CaptureLimits", "CaptureSession"]

T = TypeVar("T")

_FRAME: Final = "frame"
_DECISION: Final = "decision"


@dataclass(frozen=True, slots=True, kw_only=True)
class CaptureLimits:
    """Seconds. ``hello_s``: for the first message; ``stall_s``: without any; ``shown_s``: for the times of the colours
    after the last frame; ``slack_s``: beyond the challenge's own time; ``check_s``: between two looks whether the
    verification still waits for this capture.
    """

    hello_s: float = 10.0
    stall_s: float = 10.0
    shown_s: float = 2.0
    slack_s: float = 15.0
    check_s: float = 5.0


class CaptureSession:
    """``monotonic``: the desk's own timer."""

    def __init__(
        self,
        line: Line,
        holder: HolderSession,
        *,
        live: LiveCaptures,
        desk: CaptureDesk,
        telemetry: Telemetry,
        monotonic: Callable[[], float],
        limits: CaptureLimits,
    ) -> None:
        self._line = line
        self._holder = holder
        self._live = live
        self._desk = desk
        self._telemetry = telemetry
        self._monotonic = monotonic
        self._limits = limits
        self._began_s = 0.0
        self._last_s = 0.0
        self._ahead: Future[bool] | None = None

    async def run(self) -> CaptureEnd:
        """Raises `Stopped`, VisavisError: no decision was made then."""
        hello = await self._line.next(self._limits.hello_s, "capture_timeout")
        if not isinstance(hello, Hello) or not math.isfinite(hello.opened_s):
            raise invalid("it did not begin with a hello")
        wish = CaptureWish(
            relying_party=self._holder.relying_party,
            verification=self._holder.verification,
            session=self._holder.key,
            reading=hello.reading,
            light=hello.light,
            eyes=hello.eyes,
            replaced=hello.replaced,
            holder_key=hello.holder_key,
        )
        with self._desk.seat():
            capture = await self._begun(wish)
            try:
                end = await self._course(capture, hello)
            except BaseException:
                await _kept(asyncio.get_running_loop().run_in_executor(None, capture.interrupt))
                raise
        self._telemetry.took(_DECISION, self._monotonic() - self._last_s)
        await self._line.send("result", **_told(end))
        return end

    async def _begun(self, wish: CaptureWish) -> LiveCapture:
        """Where this task is cancelled meanwhile, what was begun is interrupted all the same."""
        beginning = asyncio.get_running_loop().run_in_executor(None, self._live.begin, wish)
        try:
            return await asyncio.shield(beginning)
        except asyncio.CancelledError:
            await asyncio.wait([beginning])
            if beginning.exception() is None:
                await _kept(asyncio.get_running_loop().run_in_executor(None, beginning.result().interrupt))
            raise

    async def _course(self, capture: LiveCapture, hello: Hello) -> CaptureEnd:
        challenge = capture.challenge
        valid_s = (challenge.expires_at - challenge.issued_at).total_seconds()
        prompter = Prompter(self._line, challenge, shown_s=self._limits.shown_s)
        self._began_s = self._monotonic()
        framing = capture.framing
        await self._line.send(
            "begun",
            protocol=PROTOCOL,
            credits=self._desk.credits,
            most_frame_bytes=MOST_FRAME_BYTES,
            valid_s=valid_s,
            oval={"width": framing.oval_width, "height": framing.oval_height},
            side=framing.side,
        )
        try:
            await self._watch(capture, prompter, until_s=self._began_s + valid_s + self._limits.slack_s)
        finally:
            await self._stop_ahead()
        await self._line.send("finishing")
        await prompter.wait_for_colours()
        facts = prompter.facts(opened_s=hello.opened_s, camera=hello.camera)
        return await self._on_desk(self._desk.finish(partial(capture.conclude, facts)))

    async def _watch(self, capture: LiveCapture, prompter: Prompter, *, until_s: float) -> None:
        """Look at each frame until enough was seen."""
        checked_s = self._began_s
        while True:
            message = await self._line.next(self._limits.stall_s, "capture_stalled")
            now_s = self._monotonic()
            if now_s > until_s:
                raise InputError("capture_timeout", "This took too long.", advice="Begin again.")
            if now_s - checked_s > self._limits.check_s:
                checked_s = now_s
                with suppress(StorageError):  # no reason to end it: the decision needs the store, a look does not
                    await _kept(asyncio.get_running_loop().run_in_executor(None, capture.check))
            if not isinstance(message, Frame):
                prompter.take(message)
                if prompter.lit_until_s is not None:
                    capture.lit(until_s=prompter.lit_until_s)
                continue
            view = await self._look(capture, message)
            await prompter.tell(view, credits=self._desk.credits)
            self._last_s = message.arrived_s
            self._telemetry.took(_FRAME, self._monotonic() - message.arrived_s)
            if view.over:
                return
            if self._ahead is None or self._ahead.done():
                self._ahead = self._desk.ahead(capture.ahead)

    async def _stop_ahead(self) -> None:
        """What was begun ahead is done, or will not be."""
        if self._ahead is not None and not self._ahead.cancel():
            with suppress(Exception):  # what is wrong shows once more when it is asked for in earnest
                await _kept(asyncio.wrap_future(self._ahead))
        self._ahead = None

    async def _look(self, capture: LiveCapture, frame: Frame) -> View:
        look = partial(capture.look, frame.data, captured_s=frame.captured_s, arrived_s=frame.arrived_s - self._began_s)
        return await self._on_desk(self._desk.frame(look, arrived_s=frame.arrived_s))

    async def _on_desk(self, future: "Future[T]") -> T:
        """Raises LimitError ``service_restarting`` where the desk was closed before it was done."""
        waiting = asyncio.wrap_future(future)
        try:
            return await _kept(waiting)
        except asyncio.CancelledError:
            if waiting.cancelled():
                raise going_down() from None
            raise


async def _kept(future: "asyncio.Future[T]") -> T:
    """Its result; never left before it is done, since a thread works on the capture meanwhile."""
    try:
        return await asyncio.shield(future)
    except asyncio.CancelledError:
        if not future.done():
            await asyncio.wait([future])
        raise


def _told(end: CaptureEnd) -> dict[str, object]:
    return {
        "outcome": end.outcome.value,
        "state": end.state,
        "attempts_left": end.attempts_left,
        "advice": list(end.advice),
    }
