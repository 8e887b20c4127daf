"""One capture, from the person's agreement to the sealed file, over one WebSocket.

Frames are read as they come, and looked at one after another on a worker thread: decoded, shown to the analyser, then
sealed. The page is told what to show now, never what follows. Whatever ends the capture before its result (the person,
the connection, a fault) leaves nothing on the disk.
"""

import asyncio
import math
import secrets
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Final, TypeVar

from visavis.adapters.recordings import SUFFIX, Consent, Ending, Opening, RecordedFrame, RecordingWriter
from visavis.adapters.sealing import destroy
from visavis.capture.challenge import Challenge, issue_challenge
from visavis.capture.frames import FrameLimits, decode_frame
from visavis.capture.jpeg_trace import jpeg_trace
from visavis.domain.evidence import Outcome
from visavis.errors import FileError, InputError
from visavis.live.line import Line, Stopped
from visavis.live.messages import Frame, Stop, invalid
from visavis.live.prompting import Prompter
from visavis.pad.evidence import Witness
from visavis.pad.presentation import PresentationFindings, View
from visavis.recorder.messages import Begin, Done, Erase
from visavis.recorder.setup import Analysis, Kept, RecorderSetup
from visavis.recorder.words import LANGUAGES, Notice, notice

__all__ = ["notice_for", "run_capture"]

_SLACK_S: Final = 15.0
_T = TypeVar("_T")


def notice_for(setup: RecorderSetup, language: str) -> Notice:
    """What a person reads and agrees to."""
    return notice(
        language,
        operator=setup.operator,
        contact=setup.contact,
        purpose=setup.purpose,
        light=setup.policy.light_steps > 0,
    )


async def run_capture(line: Line, setup: RecorderSetup, worker: ThreadPoolExecutor) -> Kept:
    """From the welcome on, to the person's last word. Raises `Stopped`, VisavisError: nothing is kept then."""
    await line.send(
        "welcome",
        notices={language: notice_for(setup, language).paragraphs for language in LANGUAGES},
        light=setup.policy.light_steps > 0,
    )
    begin = await line.next(setup.limits.consent_s, "capture_timeout")
    if isinstance(begin, Stop | Done):
        raise Stopped
    if not isinstance(begin, Begin) or begin.language not in LANGUAGES or not math.isfinite(begin.opened_s):
        raise invalid("it did not begin with an agreement")
    now = setup.clock.now()
    shown = notice_for(setup, begin.language)
    consent = Consent(
        participant=begin.participant,
        purpose=shown.purpose,
        notice_sha256=shown.sha256,
        language=begin.language,
        given_at=now,
    )
    policy = setup.policy if begin.light else replace(setup.policy, light_steps=0)
    challenge = issue_challenge(policy=policy, rng=setup.rng, now=now)
    file = setup.folder / f"{now:%Y%m%dT%H%M%SZ}-{secrets.token_hex(3)}{SUFFIX}"
    capture = _Capture(line, setup, worker, challenge, begin)
    kept = await capture.run(file, consent)
    return await capture.last_word(kept)


class _Capture:
    def __init__(
        self, line: Line, setup: RecorderSetup, worker: ThreadPoolExecutor, challenge: Challenge, begin: Begin
    ) -> None:
        self._line = line
        self._setup = setup
        self._worker = worker
        self._challenge = challenge
        self._begin = begin
        self._began_s = setup.monotonic()
        self._arrived = (0.0, 0.0)
        self._frames = 0
        self._prompter = Prompter(line, challenge, shown_s=setup.limits.shown_s)

    async def run(self, file: Path, consent: Consent) -> Kept:
        opening = Opening(challenge=self._challenge, consent=consent, species=self._setup.species)
        with RecordingWriter(file, self._setup.key, opening, limits=self._setup.limits.recording) as writer:
            analysis = await self._work(partial(self._setup.analyse, self._challenge))
            await self._line.send("begun")
            await self._watch(analysis, writer)
            await self._line.send("finishing")
            await self._prompter.wait_for_colours()
            facts = self._prompter.facts(opened_s=self._begin.opened_s, camera=self._begin.camera)
            findings = await self._work(partial(analysis.finish, facts))
            ending, reasons = _ending(findings)
            await self._work(partial(writer.finish, facts, ending))
        first, last = self._arrived
        return Kept(
            file=file, ending=ending, reasons=reasons, frames=self._frames, duration_s=last - first, erased=False
        )

    async def last_word(self, kept: Kept) -> Kept:
        """The file is complete now. The person may still take the consent back; silence keeps it."""
        try:
            await self._line.send(
                "result", result="recorded", ending=kept.ending.value, file=kept.file.name, frames=kept.frames
            )
            while True:
                message = await self._line.next(self._setup.limits.after_s, "capture_timeout")
                if isinstance(message, Erase):
                    return await self._erased(kept)
                if isinstance(message, Done | Stop):
                    return kept
        except (Stopped, InputError):
            return kept

    async def _erased(self, kept: Kept) -> Kept:
        """Erased, or with what stood in the way: the capture is over either way, and nobody is left to believe else."""
        try:
            await self._work(partial(destroy, kept.file))
        except FileError as error:
            return replace(kept, trouble=error)
        return replace(kept, erased=True)

    async def _watch(self, analysis: Analysis, writer: RecordingWriter) -> None:
        """Look at each frame until the analyser has seen enough."""
        limits, valid = self._setup.limits, self._challenge.expires_at - self._challenge.issued_at
        while True:
            message = await self._line.next(limits.stall_s, "capture_stalled")
            if self._setup.monotonic() - self._began_s > valid.total_seconds() + _SLACK_S:
                raise InputError("capture_timeout", "This took too long.", advice="Begin again.")
            if isinstance(message, Frame):
                view = await self._work(partial(self._look, analysis, writer, message))
                await self._prompter.tell(view)
                if view.over:
                    return
            else:
                self._prompter.take(message)

    def _look(self, analysis: Analysis, writer: RecordingWriter, frame: Frame) -> View:
        """On the worker thread."""
        most = self._setup.limits.recording.most_frame_bytes
        picture = decode_frame(frame.data, limits=FrameLimits(max_bytes=most))
        arrived_s = frame.arrived_s - self._began_s
        view = analysis.see(picture, captured_s=frame.captured_s, arrived_s=arrived_s, encoding=jpeg_trace(frame.data))
        writer.add(RecordedFrame(data=frame.data, captured_s=frame.captured_s, arrived_s=arrived_s))
        self._arrived = (self._arrived[0] if self._frames else arrived_s, arrived_s)
        self._frames += 1
        return view

    async def _work(self, call: Callable[[], _T]) -> _T:
        """On the worker thread; never left before it is done, since the file belongs to it meanwhile."""
        future = asyncio.get_running_loop().run_in_executor(self._worker, call)
        try:
            return await asyncio.shield(future)
        except asyncio.CancelledError:
            await asyncio.wait([future])
            raise


def _ending(findings: PresentationFindings) -> tuple[Ending, tuple[str, ...]]:
    active = next(item for item in findings.witnesses if item.witness is Witness.ACTIVE)
    return (Ending.COMPLETE if active.outcome is Outcome.PASS else Ending.UNFINISHED), active.reasons
