"""The right advice for a frame, on made situations."""

from dataclasses import replace

import pytest

from pad_material import Look, Person, frame
from visavis.domain.reasons import REASONS
from visavis.pad.guidance import Guidance, GuidanceOptions, guide_frame
from visavis.pad.observation import FrameObservation


def advice(observation: FrameObservation) -> tuple[Guidance, ...]:
    return guide_frame(observation, GuidanceOptions())


def test_nothing_to_say_where_all_is_well() -> None:
    assert advice(frame(0)) == ()


@pytest.mark.parametrize(
    ("observation", "expected"),
    [
        (frame(0, Look(problem="no_face")), (Guidance.FACE_THE_CAMERA,)),
        (frame(0, Look(problem="second_face"), other_faces=1), (Guidance.ONE_PERSON_ONLY,)),
        (frame(0, Look(problem="face_too_small")), (Guidance.CLOSER,)),
        (frame(0, Look(problem="face_cut_off")), (Guidance.CENTRE, Guidance.FARTHER)),
        (frame(0, Look(problem="a_new_problem")), (Guidance.FACE_THE_CAMERA,)),
        (frame(0, person=Person(size=40)), (Guidance.CLOSER,)),
        (frame(0, person=Person(size=90), width=1920, height=1080, middle=(960, 540)), (Guidance.CLOSER,)),
        (frame(0, person=Person(size=150)), (Guidance.FARTHER,)),
        (frame(0, middle=(120, 240)), (Guidance.CENTRE,)),
        (frame(0, middle=(320, 70)), (Guidance.CENTRE,)),
        (frame(0, brightness=20), (Guidance.MORE_LIGHT,)),
        (frame(0, brightness=240), (Guidance.LESS_LIGHT,)),
        (frame(0, person=Person(size=40), brightness=20), (Guidance.CLOSER, Guidance.MORE_LIGHT)),
    ],
)
def test_what_a_frame_asks_for(observation: FrameObservation, expected: tuple[Guidance, ...]) -> None:
    assert advice(observation) == expected


def test_an_unknown_brightness_says_nothing() -> None:
    assert advice(replace(frame(0), brightness=None)) == ()


def test_every_advice_has_its_words() -> None:
    assert all(REASONS[item.value].advice for item in Guidance)
