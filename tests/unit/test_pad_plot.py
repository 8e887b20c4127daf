"""The drawing of a capture: made from numbers alone, the same each time, and told by more than colour."""

import random
import re
import xml.etree.ElementTree as ET
from collections.abc import Sequence

import numpy as np
import pytest

from pad_material import CLOSE, LEFT, challenge_of
from visavis.capture.challenge import LightStep
from visavis.capture.light_schedule import linear_light
from visavis.domain.evidence import Outcome
from visavis.domain.operating_points import PadOperatingPoint
from visavis.evaluation.pad_plot import PadDrawing, draw_pad
from visavis.pad.assessment import PadEvidence, assess
from visavis.pad.evidence import Witness, WitnessEvidence
from visavis.pad.neutral import Neutral
from visavis.pad.trace import PromptShown, Trace, TraceRow

NEUTRAL = Neutral(yaw=1, pitch=-5, roll=0, left_ratio=0.3, right_ratio=0.3, left_network=0.9, right_network=0.9)
RATE = 6
CHALLENGE = challenge_of(LEFT, CLOSE, light=12)


def assessed(outcomes: dict[Witness, Outcome], details: dict[str, int] | None = None) -> tuple[PadEvidence, ...]:
    witnesses = [
        WitnessEvidence(
            witness=which,
            outcome=outcome,
            reasons=() if outcome is Outcome.PASS else ("check_inconclusive",),
            details=(details or {}) if which is Witness.ACTIVE else {},
        )
        for which, outcome in outcomes.items()
    ]
    return tuple(assess(witnesses, operating_point=point) for point in PadOperatingPoint)


def trace(*, light: bool = True, seconds: float = 20.0) -> Trace:
    rng = random.Random(0)
    rows = []
    for i in range(int(seconds * RATE)):
        time = i / RATE
        lit = light and 2 <= time < 6.8
        step = CHALLENGE.steps[0]
        colour = step.schedule.colour_at(time - 2) if lit and isinstance(step, LightStep) else None
        red, green, blue = linear_light(colour) if colour else (0.0, 0.0, 0.0)
        gone = 9 <= time < 10
        rows.append(
            TraceRow(
                time_s=time,
                yaw=None if gone else 20 * np.sin(time),
                pitch=None if gone else -5 + rng.gauss(0, 0.4),
                roll=None if gone else 0.0,
                closedness=None if gone or time < 0.6 else float(12 <= time < 12.6),
                problem="no_face" if gone else None,
                prompt=0 if lit else None,
                colour=colour,
                skin=(0.1 * (red - green) + 0.3, 0.1 * (blue - green)) if lit else None,
                background=(0.2, 0.1) if lit else None,
                texture=0.97 if i % 4 == 0 else None,
            )
        )
    steps = CHALLENGE.steps
    prompts = tuple(
        PromptShown(index=index, step=step, from_s=begin, until_s=begin + 2)
        for index, (step, begin) in enumerate(zip(steps, (2.0, 8.0, 12.0), strict=True))
    )
    return Trace(rows=tuple(rows), neutral=NEUTRAL, prompts=prompts)


ALL_PASS = dict.fromkeys(Witness, Outcome.PASS)


def words(svg: bytes) -> Sequence[str]:
    """Text that a drawing holds, which stands as comments beside the outlines of its letters."""
    return re.findall(r"<!-- (.*?) -->", svg.decode(), flags=re.DOTALL)


def test_it_is_a_picture_of_numbers_and_the_same_each_time() -> None:
    drawing = PadDrawing(title="clip.mp4: no attack was found", trace=trace(), assessments=assessed(ALL_PASS))
    svg = draw_pad(drawing, form="svg")
    assert ET.fromstring(svg).tag.endswith("svg")  # noqa: S314 - made above, by matplotlib
    assert draw_pad(drawing, form="svg") == svg
    assert b"<image" not in svg


def test_outcomes_have_words_and_marks_beside_their_colours() -> None:
    outcomes = {**ALL_PASS, Witness.LIGHT: Outcome.INCONCLUSIVE, Witness.STRUCTURE: Outcome.FAIL}
    del outcomes[Witness.PASSIVE]
    drawing = PadDrawing(title="clip.mp4", trace=trace(), assessments=assessed(outcomes, {"made": 1}))
    text = " ".join(words(draw_pad(drawing, form="svg")))
    for word in ("pass", "fail", "cannot tell", "not measured", "standard", "strict"):
        assert word in text
    assert {"turn left", "close the eyes", "light"} <= {" ".join(word.split()) for word in words_of_prompts(text)}


def words_of_prompts(text: str) -> list[str]:
    flat = " ".join(text.split())
    return [word for word in ("turn left", "close the eyes", "light", "look up") if word in flat]


def test_without_light_or_challenge_there_is_less_to_draw() -> None:
    full = PadDrawing(title="clip.mp4", trace=trace(), assessments=assessed(ALL_PASS))
    bare = PadDrawing(title="clip.mp4", trace=trace(light=False), assessments=assessed(ALL_PASS), asked=False)
    assert "light: skin" in " ".join(words(draw_pad(full, form="svg")))
    text = " ".join(words(draw_pad(bare, form="svg")))
    assert "light: skin" not in text
    assert "no challenge was given" in text
    assert "turn left" not in " ".join(text.split())


@pytest.mark.parametrize("seconds", [0.0, 0.2])
def test_a_clip_of_next_to_nothing_is_drawn(seconds: float) -> None:
    nothing = PadDrawing(title="clip.mp4", trace=Trace(rows=trace(seconds=seconds).rows), assessments=assessed({}))
    assert draw_pad(nothing).startswith(b"\x89PNG")


def test_there_must_be_something_to_say() -> None:
    with pytest.raises(ValueError, match="nothing to say"):
        draw_pad(PadDrawing(title="clip.mp4", trace=Trace(), assessments=()))
