"""A file that answers a challenge: every frame is seen, in its own time, and what a file cannot show stays said."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, cast

import numpy as np
import pytest

from pad_material import challenge_of
from visavis.capture.picture import Picture
from visavis.capture.video import Frame
from visavis.domain.evidence import Outcome
from visavis.domain.operating_points import PadOperatingPoint
from visavis.domain.reasons import REASONS
from visavis.pad.evidence import Witness, WitnessEvidence
from visavis.pad.guidance import Guidance
from visavis.pad.injection import StreamFacts, StreamSource
from visavis.pad.presentation import PresentationAnalyser, PresentationFindings
from visavis.pad.trace import Trace
from visavis.service.recorded_answer import FILE_NOTES, RecordedAnswer, examine_answer

PICTURE = Picture(np.zeros((48, 64, 3), np.uint8), media_type="image/png")
CHALLENGE = challenge_of(light=12)


@dataclass
class Analyser:
    """Keeps what it is given, and finds what it was told to."""

    witnesses: tuple[WitnessEvidence, ...]
    guidance: Mapping[Guidance, float] = field(default_factory=dict)
    opened: list[tuple[Any, ...]] = field(default_factory=list)
    seen: list[tuple[float, float]] = field(default_factory=list)
    finished: list[tuple[StreamFacts, Any]] = field(default_factory=list)

    def open(self, challenge: object, *, source: StreamSource, patient: bool) -> "Analyser":
        self.opened.append((challenge, source, patient))
        return self

    def see(self, picture: Picture, *, captured_s: float, arrived_s: float) -> None:
        assert picture is PICTURE
        self.seen.append((captured_s, arrived_s))

    def finish(self, facts: StreamFacts, *, compared: object) -> PresentationFindings:
        self.finished.append((facts, compared))
        return PresentationFindings(witnesses=self.witnesses, trace=Trace(), guidance=self.guidance)


def passes(*but: WitnessEvidence) -> tuple[WitnessEvidence, ...]:
    said = {item.witness: item for item in but}
    return tuple(said.get(which, WitnessEvidence(witness=which, outcome=Outcome.PASS)) for which in Witness)


def frames(*times: float, truncated: bool = False) -> Iterator[Frame]:
    for time_s in times:
        yield Frame(picture=PICTURE, time_s=time_s, truncated=truncated and time_s == times[-1])


def examine(analyser: Analyser, film: Iterator[Frame], **more: Any) -> RecordedAnswer:
    stand_in = cast("PresentationAnalyser", analyser)
    point = more.pop("operating_point", PadOperatingPoint.STANDARD)
    return examine_answer(stand_in, film, CHALLENGE, operating_point=point, **more)


def test_every_frame_is_seen_at_its_own_time_as_of_a_file() -> None:
    analyser = Analyser(passes())
    vector = np.ones(3, np.float32)
    answer = examine(analyser, frames(0.5, 0.6, 2.0), compared=vector)
    assert analyser.opened == [(CHALLENGE, StreamSource.FILE, False)]
    assert analyser.seen == [(0.5, 0.5), (0.6, 0.6), (2.0, 2.0)]
    ((facts, compared),) = analyser.finished
    assert (facts.source, facts.nonce, facts.shown) == (StreamSource.FILE, CHALLENGE.nonce, None)
    assert compared is vector
    assert (answer.frames, answer.seconds, answer.truncated) == (3, 1.5, False)
    assert answer.pad.outcome is Outcome.PASS


@pytest.mark.parametrize("point", PadOperatingPoint)
def test_it_is_judged_at_the_operating_point_asked_for(point: PadOperatingPoint) -> None:
    weak = WitnessEvidence(witness=Witness.LIGHT, outcome=Outcome.INCONCLUSIVE, reasons=("light_too_weak",))
    answer = examine(Analyser(passes(weak)), frames(0.0), operating_point=point)
    assert answer.pad.operating_point is point
    assert (answer.pad.outcome is Outcome.PASS) is (point is PadOperatingPoint.STANDARD)


def test_what_was_wrong_with_the_light_for_long_is_among_the_advice() -> None:
    unsure = WitnessEvidence(witness=Witness.STRUCTURE, outcome=Outcome.INCONCLUSIVE, reasons=("texture_not_followed",))
    analyser = Analyser(passes(unsure), guidance={Guidance.MORE_LIGHT: 4.0})
    assert examine(analyser, frames(0.0)).pad.advice == ("more_light", "texture_not_followed")


def test_a_watcher_hears_of_each_frame_and_patience_is_passed_on() -> None:
    analyser = Analyser(passes())
    heard: list[tuple[int, float]] = []
    examine(analyser, frames(0.0, 0.1), watcher=lambda count, time_s: heard.append((count, time_s)), patient=True)
    assert heard == [(1, 0.0), (2, 0.1)]
    assert analyser.opened[0][2] is True


def test_a_file_that_ends_too_early_says_so() -> None:
    assert examine(Analyser(passes()), frames(0.0, 0.1, truncated=True)).truncated


def test_no_frame_is_no_pass() -> None:
    answer = examine(Analyser(()), frames())
    assert (answer.frames, answer.seconds) == (0, 0.0)
    assert answer.pad.outcome is Outcome.NOT_MEASURED


def test_what_a_file_cannot_show_has_words() -> None:
    assert set(FILE_NOTES) <= set(REASONS)
