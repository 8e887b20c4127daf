"""One trial of the laboratory with an analyser that follows a script: what the page shows, what comes of it."""

import random
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from itertools import count, pairwise

import cv2
import numpy as np
import pytest

from pad_material import CLOSE, LEFT, challenge_of, frame
from pad_results import key
from visavis.capture.challenge import Challenge, GestureStep, LightStep
from visavis.capture.picture import Picture, RgbImage
from visavis.domain.evidence import Outcome
from visavis.domain.operating_points import PadOperatingPoint
from visavis.evaluation.laboratory.measuring import rng_of, told
from visavis.evaluation.laboratory.stage import Cue, Delivered, Staged
from visavis.evaluation.laboratory.trial import Page, Played, judge, run_trial, said
from visavis.pad.evidence import Witness, WitnessEvidence
from visavis.pad.injection import StreamFacts, StreamSource, light_as_asked
from visavis.pad.presentation import PresentationFindings, View
from visavis.pad.trace import Trace

Script = Callable[[float], tuple[int | None, bool]]
"""From the moment of arrival to the prompt, and whether it is over."""


def words(**outcomes: Outcome) -> tuple[WitnessEvidence, ...]:
    """All six; those that are not named pass."""
    return tuple(
        WitnessEvidence(witness=witness, outcome=outcomes.get(witness.value, Outcome.PASS), reasons=("light_too_weak",))
        for witness in Witness
    )


@dataclass
class Scripted:
    script: Script
    seen: list[tuple[float, float]] = field(default_factory=list)
    facts: StreamFacts | None = None
    patient: bool | None = None
    lit_until_s: float | None = None

    def open(self, challenge: Challenge, *, source: StreamSource, patient: bool, rng: object = None) -> "Scripted":
        self.patient = patient
        return self

    def see(self, picture: Picture, *, captured_s: float, arrived_s: float, encoding: str = "") -> View:
        assert encoding
        self.seen.append((captured_s, arrived_s))
        prompt, over = self.script(arrived_s)
        return View(prompt=prompt, guidance=(), over=over, observation=frame(captured_s))

    def lit(self, *, until_s: float) -> None:
        self.lit_until_s = until_s

    def finish(self, facts: StreamFacts) -> PresentationFindings:
        self.facts = facts
        return PresentationFindings(witnesses=words(), trace=Trace(), guidance={})


@dataclass
class Watching:
    cues: list[Cue] = field(default_factory=list)

    def scene(self, cue: Cue) -> RgbImage:
        self.cues.append(cue)
        return np.full((120, 160, 3), 90, np.uint8)


@dataclass
class Wire:
    """Ten frames a second, a tenth of a second late; ``broken``: frames by number that nobody can read."""

    broken: Sequence[int] = ()
    sent: int = 0

    def times(self) -> Iterator[float]:
        return (number / 10 for number in count())

    def deliver(self, scene: RgbImage, time_s: float) -> Delivered:
        _, data = cv2.imencode(".jpg", scene)
        self.sent += 1
        unreadable = self.sent - 1 in self.broken
        return Delivered(data=b"nothing" if unreadable else data.tobytes(), captured_s=time_s, arrived_s=time_s + 0.1)


def play(
    script: Script,
    *,
    light: int = 8,
    broken: Sequence[int] = (),
    asked: bool = True,
    patient: bool = False,
    tells: bool = True,
) -> tuple[Challenge, Watching, Scripted, Played]:
    challenge = challenge_of(LEFT, CLOSE, light=light, place=min(light, 1))
    subject, analyser = Watching(), Scripted(script)
    staged = Staged(subject=subject, channel=Wire(broken), camera_label="A camera", shown_as_asked=asked)
    played = run_trial(analyser, staged, challenge, patient=patient, rng=random.Random(2), tells=tells)
    return challenge, subject, analyser, played


def through(arrived_s: float) -> tuple[int | None, bool]:
    """A turn from 1 s on, the light from 3 s on, the end at 8 s."""
    prompt = None if arrived_s < 1 else 0 if arrived_s < 2 else None if arrived_s < 3 else 1
    return prompt, arrived_s >= 8


def test_a_prompt_is_seen_a_moment_after_it_was_sent() -> None:
    _, subject, _, _ = play(through)
    first = next(cue for cue in subject.cues if cue.index == 0)
    assert isinstance(first.step, GestureStep)
    assert first.step.gesture is LEFT
    # sent at 1.0, shown 30 to 80 ms later, so the frame at 1.1 is the first to see it
    assert first.time_s == pytest.approx(1.1)
    assert 0.02 <= first.since_s <= 0.07
    gone = next(cue for cue in subject.cues if cue.time_s > first.time_s and cue.index is None)
    assert gone.time_s == pytest.approx(2.1)
    assert gone.step is None


def test_the_screen_shows_the_colours_in_their_order_and_then_the_page_again() -> None:
    challenge, subject, _, _ = play(through)
    assert challenge.light is not None
    lit = [cue for cue in subject.cues if cue.index == 1]
    assert isinstance(lit[0].step, LightStep)
    shown = [cue.colour for cue in lit if cue.colour is not None]
    changes = [one for one, other in pairwise([*shown, None]) if one != other]
    assert changes == list(challenge.light.colours)
    assert all(cue.colour is None for cue in subject.cues if cue.index != 1)
    assert lit[-1].colour is None
    assert len(shown) == pytest.approx(32, abs=1)  # 8 colours of 0.4 s at 10 frames/s


def test_the_page_reports_the_colours_as_the_injection_witness_asks() -> None:
    challenge, _, analyser, _ = play(through)
    assert analyser.facts is not None
    assert challenge.light is not None
    shown = analyser.facts.shown
    assert shown is not None
    assert light_as_asked(challenge.light, shown, within_s=0.15)
    assert 3.03 < shown[0][0] < 3.1
    assert analyser.lit_until_s == pytest.approx(shown[-1][0] + 0.4, abs=0.02)
    assert (analyser.facts.nonce, analyser.facts.camera) == (challenge.nonce, "A camera")
    assert analyser.facts.opened_s == 0


def test_a_page_that_never_showed_the_light_reports_none() -> None:
    assert play(lambda _s: (None, _s > 2))[2].facts.shown is None  # type: ignore[union-attr] # finished
    assert play(through, asked=False)[2].lit_until_s is None
    assert play(through, tells=False)[2].lit_until_s is None
    assert play(through, asked=False)[2].facts.shown is None  # type: ignore[union-attr] # finished
    assert play(through, light=0)[2].facts.shown is None  # type: ignore[union-attr] # finished


def test_a_frame_that_cannot_be_read_was_not_seen() -> None:
    _, _, analyser, played = play(lambda s: (None, s > 1), broken=(2, 3))
    assert played.dropped == 2
    assert played.frames == len(analyser.seen) + 2


def test_it_ends_when_the_gestures_are_decided_or_when_the_challenge_expires() -> None:
    over = play(through)[3]
    assert over.over
    assert over.seconds == pytest.approx(7.9)
    late = play(lambda _s: (None, False))[3]
    assert not late.over
    assert late.seconds == pytest.approx(60.0)


def test_patience_is_handed_on() -> None:
    assert play(lambda s: (None, s > 1), patient=True)[2].patient is True


def test_prompts_are_shown_in_the_order_of_their_sending() -> None:
    page = Page(challenge_of(LEFT, CLOSE), random.Random(1))
    for number in range(40):
        page.told(0 if number % 2 else None, at_s=1 + number / 1000)
    seen = [page.cue(1 + number / 1000).index for number in range(200)]
    assert seen[-1] == 0
    assert page.cue(2.0).since_s == pytest.approx(2.0 - 1.039, abs=0.09)


def test_the_colours_wait_while_the_page_is_told_to_hold_them() -> None:
    challenge = challenge_of(LEFT, CLOSE, light=8)
    assert challenge.light is not None
    page = Page(challenge, random.Random(1))
    page.told(0, at_s=1.0)
    held: list[float] = []
    for number in range(100, 700):
        time_s = number / 100
        if number == 200:
            page.told(0, at_s=time_s, hold=True)
        if number == 300:
            page.told(0, at_s=time_s)
        if page.cue(time_s).colour == challenge.light.colours[2]:
            held.append(time_s)
    assert held[-1] - held[0] == pytest.approx(0.4 + 1.0, abs=0.12)
    shown = page.shown()
    assert shown is not None
    assert not light_as_asked(challenge.light, shown, within_s=0.15)
    assert light_as_asked(challenge.light, shown, within_s=0.15, paused_s=1.0)


def test_one_witness_alone_between_an_attack_and_a_pass() -> None:
    found = judge(words(structure=Outcome.FAIL), PadOperatingPoint.STANDARD)
    assert (found.outcome, found.alone) == (Outcome.FAIL, (Witness.STRUCTURE,))
    two = judge(words(structure=Outcome.FAIL, active=Outcome.INCONCLUSIVE), PadOperatingPoint.STANDARD)
    assert two.alone == ()
    assert judge(words(), PadOperatingPoint.STRICT).alone == ()


def test_a_second_channel_counts_where_the_light_alone_cannot_tell() -> None:
    dim = judge(words(light=Outcome.INCONCLUSIVE), PadOperatingPoint.STRICT)
    assert (dim.outcome, dim.with_second_channel) == (Outcome.INCONCLUSIVE, Outcome.PASS)
    more = judge(words(light=Outcome.INCONCLUSIVE, active=Outcome.INCONCLUSIVE), PadOperatingPoint.STRICT)
    assert more.with_second_channel is Outcome.INCONCLUSIVE
    standard = judge(words(light=Outcome.INCONCLUSIVE), PadOperatingPoint.STANDARD)
    assert (standard.outcome, standard.with_second_channel) == (Outcome.PASS, Outcome.PASS)


def test_a_result_says_how_it_ended_and_what_each_witness_said() -> None:
    challenge, _, _, played = play(through)
    result = told(key("print_flat", 0), played, challenge, people=("ann",), conditions={"r": 0.1}, processor_s=1.0)
    assert (result.ended, result.people, result.gestures) == ("passed", ("ann",), ("turn_left", "close_eyes"))
    assert result.light_place == 1
    assert result.witnesses[Witness.LIGHT] == said(played.findings.witnesses[2])
    assert result.standard is not None
    assert result.standard.outcome is Outcome.PASS


def test_random_numbers_are_of_the_trial_and_of_nothing_else() -> None:
    def first(*, digest: str = "a" * 16, patient: int = 0, number: int = 7, purpose: str = "page") -> float:
        return rng_of(key("print_flat", number, patient=patient, digest=digest), purpose).random()

    assert first() == first(digest="b" * 16) == first(patient=20)
    assert first() != first(number=8)
    assert first() != first(purpose="subject")
