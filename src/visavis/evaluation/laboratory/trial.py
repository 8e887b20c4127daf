"""One presentation played through: the page, the subject before the camera, the channel, and the analyser, in a circle.

The page shows a prompt a moment after the server has sent it, and colours from its own clock; the subject sees what the
page shows; the server sees what the channel delivers; and what it says next is the next prompt. Nothing of the
detection is simulated here: the analyser, its witnesses and their assessment are those of the product.
"""

import random
from collections import deque
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Final, Protocol, TypeVar

from visavis.capture.challenge import Challenge, GestureStep, LightStep
from visavis.capture.frames import decode_frame
from visavis.capture.jpeg_trace import jpeg_trace
from visavis.capture.light_schedule import Rgb
from visavis.capture.picture import Picture
from visavis.domain.evidence import Outcome
from visavis.domain.operating_points import PadOperatingPoint
from visavis.errors import InputError
from visavis.evaluation.laboratory.result import Judged, Said
from visavis.evaluation.laboratory.stage import Cue, Staged
from visavis.pad.assessment import LIGHT_ALONE, assess
from visavis.pad.evidence import WitnessEvidence
from visavis.pad.injection import StreamFacts, StreamSource
from visavis.pad.presentation import PresentationFindings, View

__all__ = ["Analyser", "Capture", "Page", "Played", "judge", "run_trial", "said"]

PROMPT_DELAY_S: Final = (0.03, 0.08)
"""From the server's word until the page shows it: the way back, and a frame or two of the browser."""
SCREEN_LAG_S: Final = (0.01, 0.06)
"""From the moment that the page reports for a colour until the panel gives its light."""
REPORTED_LATE_S: Final = 0.017
"""A page learns of its own drawing with the next frame of the browser."""


_Step = TypeVar("_Step", GestureStep, LightStep)


class Capture(Protocol):
    """One capture of an analyser, as `visavis.pad.presentation.Presentation`."""

    def see(self, picture: Picture, *, captured_s: float, arrived_s: float, encoding: str = "") -> View: ...

    def lit(self, *, until_s: float) -> None: ...

    def finish(self, facts: StreamFacts) -> PresentationFindings: ...


class Analyser(Protocol):
    """What opens captures, as `visavis.pad.presentation.PresentationAnalyser`."""

    def open(
        self, challenge: Challenge, *, source: StreamSource, patient: bool, rng: random.Random | None
    ) -> Capture: ...


@dataclass(frozen=True, slots=True)
class _Word:
    """What the server said: the prompt, and whether the page is to hold its colour."""

    prompt: int | None = None
    hold: bool = False


@dataclass(slots=True)
class Page:
    """The capture page in the holder's browser, on the trial's clock."""

    challenge: Challenge
    rng: random.Random
    _coming: deque[tuple[float, _Word]] = field(default_factory=deque)
    _sent: tuple[float, _Word] = (0.0, _Word())
    _word: _Word = _Word()
    _since_s: float = 0.0
    _now_s: float = 0.0
    _lit_s: float | None = None
    """Of the sequence of colours, what has been shown by now; None before it."""
    _shown: list[float] = field(default_factory=list)
    _lag_s: float = 0.0

    def __post_init__(self) -> None:
        self._lag_s = self.rng.uniform(*SCREEN_LAG_S)

    def told(self, prompt: int | None, *, at_s: float, hold: bool = False) -> None:
        """The server's word, sent at ``at_s``; it is shown a little later, in the order of sending."""
        last_s, word = self._sent
        said = _Word(prompt, hold)
        if said != word:
            self._sent = (max(at_s + self.rng.uniform(*PROMPT_DELAY_S), last_s), said)
            self._coming.append(self._sent)

    def cue(self, time_s: float) -> Cue:
        """What it shows at ``time_s``; asked with times that increase."""
        while self._coming and self._coming[0][0] <= time_s:
            at_s, word = self._coming.popleft()
            self._go_on(at_s)
            if word.prompt != self._word.prompt:
                self._since_s = at_s
            self._word = word
            if self._step(LightStep) is not None and self._lit_s is None:
                self._lit_s, self._shown = 0.0, [at_s]
        self._go_on(time_s)
        return Cue(
            time_s=time_s,
            step=self._step(GestureStep) or self._step(LightStep),
            index=self._word.prompt,
            since_s=time_s - self._since_s,
            colour=self._colour(),
        )

    def shown(self) -> tuple[tuple[float, Rgb], ...] | None:
        """When it showed which colour, as it would report; None where it never did."""
        light = self.challenge.light
        if light is None or not self._shown:
            return None
        # what was to come when the capture ended was not shown
        return tuple(
            (time + self.rng.uniform(0, REPORTED_LATE_S), colour)
            for time, colour in zip(self._shown, light.colours, strict=False)
        )

    @property
    def lit_until_s(self) -> float | None:
        """When the last colour went, as it says once it has shown them all; None before."""
        light = self.challenge.light
        if light is None or self._lit_s is None or self._lit_s < light.duration_s:
            return None
        return self._shown[-1] + light.step_s

    def _go_on(self, time_s: float) -> None:
        """The colours go on with the time, unless the page is to hold the one that it shows."""
        apart, self._now_s = time_s - self._now_s, time_s
        light = self._step(LightStep)
        if self._lit_s is None or light is None or self._word.hold:
            return
        before, self._lit_s = self._lit_s, self._lit_s + apart
        self._shown += [
            time_s - (self._lit_s - start) for start in light.schedule.starts_s if before < start <= self._lit_s
        ]

    def _colour(self) -> Rgb | None:
        """What the panel gives its light to now, which is a little behind."""
        light = self._step(LightStep)
        if light is None or self._lit_s is None:
            return None
        return light.schedule.colour_at(self._lit_s - self._lag_s)

    def _step(self, kind: type[_Step]) -> _Step | None:
        step = None if self._word.prompt is None else self.challenge.steps[self._word.prompt]
        return step if isinstance(step, kind) else None


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class Played:
    """``seconds``: from the opening of the page to the last frame. ``over``: the gestures came to an end in time."""

    seconds: float
    frames: int
    dropped: int
    over: bool
    findings: PresentationFindings


def run_trial(
    analyser: Analyser, staged: Staged, challenge: Challenge, *, patient: bool, rng: random.Random, tells: bool = True
) -> Played:
    """Play ``staged`` until the gestures are decided, or until the challenge expires. ``rng``: for the
    page, and for the moments that the analyser draws.

    ``patient``: go on after the gestures have failed, so that every witness sees a whole capture. ``tells``: the page
    says when the light is over, as those of the service do. Where the frames are kept to be examined by themselves it
    does not: whoever examines them hears no page, and must find the next prompt where it was.
    """
    page = Page(challenge, rng)
    # seeded here, so that a trial can be repeated
    drawn = random.Random(rng.getrandbits(64))
    capture = analyser.open(challenge, source=StreamSource.LIVE, patient=patient, rng=drawn)
    most_s = (challenge.expires_at - challenge.issued_at).total_seconds()
    frames = dropped = 0
    last_s, over = 0.0, False
    for time_s in staged.channel.times():
        if time_s > most_s:
            break
        frame = staged.channel.deliver(staged.subject.scene(page.cue(time_s)), time_s)
        frames, last_s = frames + 1, time_s
        if tells and staged.shown_as_asked and page.lit_until_s is not None:
            capture.lit(until_s=page.lit_until_s)
        try:
            picture = decode_frame(frame.data)
        except InputError:  # as a server would: a frame that cannot be read was not seen
            dropped += 1
            continue
        view = capture.see(
            picture, captured_s=frame.captured_s, arrived_s=frame.arrived_s, encoding=jpeg_trace(frame.data)
        )
        page.told(view.prompt, at_s=frame.arrived_s, hold=view.light_paused)
        if view.over:
            over = True
            break
    facts = StreamFacts(
        source=StreamSource.LIVE,
        nonce=challenge.nonce,
        opened_s=0.0,
        camera=staged.camera_label,
        shown=page.shown() if staged.shown_as_asked else None,
    )
    return Played(seconds=last_s, frames=frames, dropped=dropped, over=over, findings=capture.finish(facts))


def said(evidence: WitnessEvidence) -> Said:
    return Said(
        outcome=evidence.outcome, score=evidence.score, reasons=evidence.reasons, details=dict(evidence.details)
    )


def judge(witnesses: Iterable[WitnessEvidence], point: PadOperatingPoint) -> Judged:
    """The assessment at ``point``, and which single witness stood between this presentation and a pass."""
    words = tuple(witnesses)
    found = assess(words, operating_point=point)
    return Judged(
        outcome=found.outcome,
        with_second_channel=_with_second_channel(found.outcome, found.reasons),
        score=found.score,
        reasons=found.reasons,
        instrument=None if found.instrument is None else found.instrument.value,
        alone=tuple(word.witness for word in words if _decides(word, words, point, found.outcome)),
    )


def _with_second_channel(outcome: Outcome, reasons: tuple[str, ...]) -> Outcome:
    only_light = outcome is Outcome.INCONCLUSIVE and reasons[:1] == (LIGHT_ALONE,)
    return Outcome.PASS if only_light else outcome


def _decides(
    word: WitnessEvidence, words: tuple[WitnessEvidence, ...], point: PadOperatingPoint, outcome: Outcome
) -> bool:
    if outcome is Outcome.PASS or word.outcome is Outcome.PASS:
        return False
    passing = WitnessEvidence(witness=word.witness, outcome=Outcome.PASS)
    changed = tuple(passing if other.witness is word.witness else other for other in words)
    return assess(changed, operating_point=point).outcome is Outcome.PASS
