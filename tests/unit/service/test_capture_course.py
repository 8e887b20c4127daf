"""How a capture went, for the reviewer of a referred case: short and rounded numbers, and nothing that shows a face."""

import dataclasses
import random
from datetime import UTC, datetime

import msgspec
import pytest

from visavis.capture.challenge import ChallengePolicy, GestureStep, LightStep, issue_challenge
from visavis.domain.evidence import Check, Evidence, Outcome
from visavis.pad.evidence import Witness, WitnessEvidence
from visavis.pad.neutral import Neutral
from visavis.pad.presentation import PresentationFindings
from visavis.pad.trace import PromptShown, Trace, TraceRow
from visavis.service.capture_course import MOST_POINTS, MOST_SPANS, CaptureCourse, Series, course_of
from visavis.service.case_material import KeptEvidence
from visavis.web.schemas.review_course import CourseKept

NOW = datetime(2027, 3, 1, 9, 0, tzinfo=UTC)
CHALLENGE = issue_challenge(policy=ChallengePolicy(), rng=random.Random(5), now=NOW)
GESTURE = next(step for step in CHALLENGE.steps if isinstance(step, GestureStep))
LIGHT = next(step for step in CHALLENGE.steps if isinstance(step, LightStep))
NEUTRAL = Neutral(yaw=3.0, pitch=-6.0, roll=1.0, left_ratio=0.3, right_ratio=0.3, left_network=0.9, right_network=0.9)
SAID = WitnessEvidence(
    witness=Witness.STRUCTURE, outcome=Outcome.FAIL, score=0.02, reasons=("moves_like_a_sheet",), details={"pairs": 9}
)


def found(*rows: TraceRow, neutral: Neutral | None = NEUTRAL, prompts: tuple[PromptShown, ...] = ()) -> CaptureCourse:
    trace = Trace(rows=rows, neutral=neutral, prompts=prompts)
    return course_of(PresentationFindings(witnesses=(SAID,), trace=trace, guidance={}))


def row(time_s: float, **more: object) -> TraceRow:
    return dataclasses.replace(TraceRow(time_s=time_s, yaw=3.0, pitch=-6.0, roll=1.0), **more)  # type: ignore[arg-type]  # fields of a row


def test_times_begin_at_the_first_frame_and_angles_at_the_own_neutral() -> None:
    course = found(row(1000.0), row(1000.123456, yaw=23.04567, pitch=-1.5))
    assert course.times == (0.0, 0.12)
    assert course.series[Series.YAW] == (0.0, 20.0)
    assert course.series[Series.PITCH] == (0.0, 4.5)
    assert found(row(0), neutral=None).series[Series.YAW] == (3.0,)


def test_what_was_never_measured_is_left_out_and_a_gap_stays_a_gap() -> None:
    course = found(row(0, size=0.14159), row(0.1, yaw=None, pitch=None, roll=None, problem="no_face"), row(0.2))
    assert course.series[Series.YAW] == (0.0, None, 0.0)
    assert course.series[Series.SIZE] == (0.142, None, None)
    assert set(course.series) == {Series.YAW, Series.PITCH, Series.ROLL, Series.SIZE}


@pytest.mark.parametrize("count", [1, MOST_POINTS, MOST_POINTS + 1, 2400])
def test_no_more_points_than_a_plot_shows_and_a_blink_is_not_lost(count: int) -> None:
    blink = count // 2
    rows = [row(i / 30, closedness=0.97 if i == blink else 0.04) for i in range(count)]
    course = found(*rows)
    assert len(course.times) <= MOST_POINTS
    assert all(len(values) == len(course.times) for values in course.series.values())
    assert list(course.times) == sorted(set(course.times))
    assert max(value or 0 for value in course.series[Series.CLOSEDNESS]) == 0.97


def test_prompts_colours_and_what_could_not_be_used_are_spans() -> None:
    red, blue = (200, 20, 20), (20, 20, 200)
    prompts = (
        PromptShown(index=0, step=GESTURE, from_s=5.0, until_s=6.5),
        PromptShown(index=1, step=LIGHT, from_s=7.0, until_s=9.0),
    )
    rows = [
        row(5.0),
        row(5.5, problem="no_face"),
        row(6.0, problem="no_face"),
        row(7.0, colour=red),
        row(7.4, colour=blue),
        row(7.8),
    ]
    course = found(*rows, prompts=prompts)
    assert [(item.what, item.from_s, item.until_s) for item in course.asked] == [
        (GESTURE.gesture.value, 0.0, 1.5),
        ("light", 2.0, 4.0),
    ]
    assert [(item.what, item.from_s, item.until_s) for item in course.unusable] == [("no_face", 0.5, 2.0)]
    assert [(item.colour, item.from_s, item.until_s) for item in course.colours] == [(red, 2.0, 2.4), (blue, 2.4, 2.8)]


def test_a_face_that_comes_and_goes_all_the_time_makes_no_endless_list() -> None:
    rows = [row(i / 10, problem="no_face" if i % 2 else None) for i in range(1000)]
    assert len(found(*rows).unusable) == MOST_SPANS


def test_the_skin_is_held_against_what_is_behind_it_on_all_frames_or_on_none() -> None:
    lit = {"skin": (0.5, 0.25), "background": (0.2, 0.1)}
    assert found(row(0, **lit), row(1, **lit)).series[Series.SKIN_RED] == (0.3, 0.3)
    assert found(row(0, **lit), row(1, **lit)).series[Series.SKIN_BLUE] == (0.15, 0.15)
    unseen = {**lit, "background": None}
    assert found(row(0, **lit), row(1, **unseen)).series[Series.SKIN_RED] == (0.5, 0.5)


def test_a_capture_without_a_frame_has_its_witnesses_all_the_same() -> None:
    course = found()
    assert (course.times, course.series, course.asked) == ((), {}, ())
    assert course.witnesses == (SAID,)


def test_it_is_sealed_as_json_and_comes_back_as_it_was() -> None:
    course = found(row(0, closedness=0.1, colour=(1, 2, 3)), row(0.1))
    kept = KeptEvidence(checks=(Evidence(check=Check.COMPARISON, outcome=Outcome.PASS),), course=course)
    content = msgspec.json.encode(kept)
    assert KeptEvidence.read(content) == kept
    assert KeptEvidence.read(b'{"checks": []}') == KeptEvidence()
    told = CourseKept.of(course).model_dump(mode="json")
    assert told["witnesses"][0]["reasons"][0]["code"] == "moves_like_a_sheet"
    assert told["series"]["closedness"] == [0.1, None]


def test_the_longest_course_stays_small() -> None:
    """Of what is sealed: a few kilobytes, and no series of as many numbers as a template has."""
    rng = random.Random(1)
    rows = [
        row(
            i / 30,
            yaw=rng.gauss(0, 20),
            closedness=rng.random(),
            size=rng.random(),
            skin=(rng.random(), rng.random()),
            texture=rng.random(),
        )
        for i in range(2400)
    ]
    assert len(msgspec.json.encode(found(*rows))) < 16_000
