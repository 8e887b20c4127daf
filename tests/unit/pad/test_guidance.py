"""The right advice for a frame, on made situations."""

from dataclasses import replace
from itertools import pairwise

import pytest

from pad_material import Look, Person, frame
from visavis.domain.distance import Distance
from visavis.domain.reasons import REASONS
from visavis.pad.framing import framing_at
from visavis.pad.guidance import Guidance, GuidanceFold, GuidanceOptions, guide_frame
from visavis.pad.observation import FrameObservation
from visavis.perception.geometry import Box


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


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        ({"brightness": 40.0, "highlight": 140.0}, ()),  # dark skin in good light
        ({"brightness": 40.0, "highlight": 80.0}, (Guidance.MORE_LIGHT,)),
        ({"clipped": 0.5}, (Guidance.LESS_LIGHT,)),
    ],
)
def test_light_is_judged_by_more_than_the_mean(change: dict[str, float], expected: tuple[Guidance, ...]) -> None:
    values = {"brightness": 120.0, "highlight": 200.0, "clipped": 0.0, **change}
    seen = replace(frame(0), brightness=values["brightness"], highlight=values["highlight"], clipped=values["clipped"])
    assert advice(seen) == expected


@pytest.mark.parametrize(
    ("scene", "expected"), [(5.0, Guidance.MORE_LIGHT), (250.0, Guidance.LESS_LIGHT), (120.0, Guidance.FACE_THE_CAMERA)]
)
def test_nobody_is_found_in_the_dark(scene: float, expected: Guidance) -> None:
    assert advice(replace(frame(0, Look(problem="no_face")), scene=scene)) == (expected,)


@pytest.mark.parametrize(
    ("box", "expected"), [(Box(-40, 100, 200, 260), Guidance.CENTRE), (Box(100, -100, 500, 640), Guidance.FARTHER)]
)
def test_a_face_that_is_cut_off_is_aside_or_too_near(box: Box, expected: Guidance) -> None:
    assert advice(replace(frame(0, Look(problem="face_cut_off")), refused=box)) == (expected,)


def spoken(frames: list[FrameObservation], *, still: bool = False) -> list[tuple[Guidance, ...]]:
    fold = GuidanceFold()
    state, shown = fold.start(), []
    for seen in frames:
        state = fold.step(state, seen, still=still)
        shown.append(state.shown)
    return shown


def sized(*sizes: float) -> list[FrameObservation]:
    return [frame(i / 15, person=Person(size=size)) for i, size in enumerate(sizes)]


def test_advice_does_not_flicker_at_its_limit() -> None:
    shown = spoken(sized(*[48.5, 47.5] * 30))
    assert sum(one != other for one, other in pairwise(shown)) <= 1


def test_a_slip_of_one_frame_is_not_worth_a_word() -> None:
    frames = [frame(i / 15, Look(problem="no_face") if i == 20 else Look()) for i in range(40)]
    assert set(spoken(frames)) == {()}


def test_advice_stays_long_enough_to_be_read_and_then_goes() -> None:
    shown = spoken(sized(*[90.0] * 5, *[40.0] * 4, *[90.0] * 40))
    times = [i / 15 for i, said in enumerate(shown) if said == (Guidance.CLOSER,)]
    assert 0.6 <= times[-1] - times[0] <= 1.0
    assert shown[-1] == ()


def test_an_opposite_does_not_wait_for_its_turn() -> None:
    shown = spoken(sized(*[40.0] * 10, *[170.0] * 10))
    assert not any(set(said) >= {Guidance.CLOSER, Guidance.FARTHER} for said in shown)
    assert shown[13] == (Guidance.FARTHER,)


@pytest.mark.parametrize(("size", "expected"), [(170.0, Guidance.FARTHER), (40.0, Guidance.CLOSER)])
def test_a_face_that_is_lost_is_asked_to_undo_what_lost_it(size: float, expected: Guidance) -> None:
    gone = [frame((10 + i) / 15, Look(problem="no_face")) for i in range(60)]
    shown = spoken([*sized(*[size] * 10), *gone])
    assert all(said[0] is expected for said in shown[:50])
    assert shown[-1] == (Guidance.FACE_THE_CAMERA,)


def test_a_camera_may_take_its_time_to_adapt() -> None:
    frames = [frame(i / 15, brightness=20 if i < 6 else 120) for i in range(30)]
    assert set(spoken(frames)) == {()}
    assert spoken([frame(i / 15, brightness=20) for i in range(30)])[-1] == (Guidance.MORE_LIGHT,)


def test_moving_is_a_fault_only_where_nothing_is_asked() -> None:
    frames = [frame(i / 15, middle=(320 + (60 if i % 6 < 3 else -60), 240)) for i in range(30)]
    assert spoken(frames, still=True)[-1] == (Guidance.HOLD_STILL,)
    assert spoken(frames)[-1] == ()


def test_memory_is_bounded() -> None:
    fold = GuidanceFold()
    state = fold.start()
    for i in range(2000):
        state = fold.step(state, frame(i / 1000), still=True)
        assert len(state.places) <= 32


@pytest.mark.parametrize(
    ("brightness", "highlight", "scene", "expected"),
    [
        (60.0, 90.0, 190.0, (Guidance.LIGHT_BEHIND,)),
        (30.0, 60.0, 190.0, (Guidance.LIGHT_BEHIND,)),  # and not: turn towards a light
        (30.0, 60.0, 40.0, (Guidance.MORE_LIGHT,)),
        (60.0, 160.0, 190.0, ()),  # dark skin in good light, before a white wall
        (120.0, 200.0, 190.0, ()),
    ],
)
def test_light_that_comes_from_behind_is_no_want_of_light(
    brightness: float, highlight: float, scene: float, expected: tuple[Guidance, ...]
) -> None:
    assert advice(replace(frame(0, brightness=brightness), highlight=highlight, scene=scene)) == expected


def test_glare_on_glasses_is_said_to_who_holds_still() -> None:
    frames = [replace(frame(i / 15), glare=0.3) for i in range(30)]
    assert spoken(frames, still=True)[-1] == (Guidance.GLARE_ON_GLASSES,)
    assert set(spoken(frames)) == {()}  # a head that turns has reflections that come and go
    assert spoken([replace(item, clipped=0.6) for item in frames], still=True)[-1] == (Guidance.LESS_LIGHT,)


@pytest.mark.parametrize(
    ("distance", "right", "too_small", "too_large"),
    [
        (Distance.HAND_HELD, 90.0, 47.0, 170.0),
        (Distance.COUNTER, 80.0, 47.0, 190.0),
        (Distance.KIOSK, 75.0, 47.0, 190.0),
    ],
)
def test_the_working_distance_moves_what_is_too_small_and_too_large(
    distance: Distance, right: float, too_small: float, too_large: float
) -> None:
    framing = framing_at(distance)

    def said(size: float) -> tuple[Guidance, ...]:
        middle = (framing.side / 2, framing.side * 3 / 8)
        seen = frame(0, person=Person(size=size), width=framing.side, height=framing.side * 3 // 4, middle=middle)
        return guide_frame(seen, framing.guidance)

    assert (said(right), said(too_small), said(too_large)) == ((), (Guidance.CLOSER,), (Guidance.FARTHER,))


def test_who_fills_the_oval_of_any_distance_is_right() -> None:
    """The outline of a head is about 3.7 times as high as the eyes are apart."""
    for distance in Distance:
        framing = framing_at(distance)
        height = framing.side * 3 / 4
        person = Person(size=framing.oval_height * height / 3.7)
        middle = (framing.side / 2, height / 2)
        seen = frame(0, person=person, width=framing.side, height=int(height), middle=middle)
        assert guide_frame(seen, framing.guidance) == ()


def test_an_unknown_brightness_says_nothing() -> None:
    assert advice(replace(frame(0), brightness=None)) == ()


def test_every_advice_has_its_words() -> None:
    assert all(REASONS[item.value].advice for item in Guidance)
