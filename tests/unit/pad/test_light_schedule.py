"""The screen's light: unpredictable by the bits stated, and within WCAG 2.3.1 by its own definitions."""

import math
import random
from itertools import pairwise, permutations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from visavis.capture import light_schedule
from visavis.capture.light_schedule import (
    LONGEST_LIGHT,
    PALETTE,
    STEP_S,
    Flashes,
    LightSchedule,
    Rgb,
    check_flashes,
    draw_light,
    light_entropy_bits,
    relative_luminance,
    worst_flashes,
)
from visavis.errors import PolicyError

BLACK, WHITE, RED, GREY = (0, 0, 0), (255, 255, 255), (255, 0, 0), (128, 128, 128)


def alternating(one: Rgb, other: Rgb, *, changes: int, step: float) -> list[tuple[float, Rgb]]:
    return [(i * step, one if i % 2 == 0 else other) for i in range(changes + 1)]


def test_the_ends_of_relative_luminance() -> None:
    assert relative_luminance(BLACK) == 0
    assert relative_luminance(WHITE) == pytest.approx(1)
    assert relative_luminance(GREY) == pytest.approx(0.2158, abs=1e-3)


@given(st.integers(0, 2**64), st.integers(1, LONGEST_LIGHT))
def test_every_schedule_is_safe_and_never_repeats_a_colour(seed: int, steps: int) -> None:
    schedule = draw_light(random.Random(seed), steps=steps)
    assert len(schedule.colours) == steps
    assert all(one != other for one, other in pairwise(schedule.colours))
    for start in range(0, steps, len(PALETTE)):
        block = schedule.colours[start : start + len(PALETTE)]
        assert len(set(block)) == len(block)
    flashes = worst_flashes(list(zip(schedule.starts_s, schedule.colours, strict=True)))
    assert flashes.general <= 2
    assert flashes.red == 0


@given(st.integers(0, 2**64))
def test_at_most_one_and_a_quarter_flashes_a_second(seed: int) -> None:
    schedule = draw_light(random.Random(seed), steps=LONGEST_LIGHT)
    shown = list(zip(schedule.starts_s, schedule.colours, strict=True))
    changes = light_schedule._general_changes(shown)
    assert len(changes) / 2 <= 1.25 * schedule.duration_s


def test_not_even_the_brightest_and_the_darkest_in_turn_flash_too_often() -> None:
    ordered = sorted(PALETTE, key=relative_luminance)
    check_flashes(LightSchedule(colours=(ordered[0], ordered[-1]) * 12))


def test_no_colour_is_a_saturated_red() -> None:
    assert not any(light_schedule._saturated_red(colour) for colour in PALETTE)
    assert light_schedule._saturated_red(RED)
    assert not light_schedule._saturated_red(BLACK)


def test_the_entropy_is_that_of_an_enumeration(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(light_schedule, "PALETTE", PALETTE[:3])
    for steps in range(1, 8):
        valid = {
            tuple(first) + tuple(second) + tuple(third)
            for first in permutations(PALETTE[:3], min(3, steps))
            for second in permutations(PALETTE[:3], min(3, max(0, steps - 3)))
            for third in permutations(PALETTE[:3], max(0, steps - 6))
        }
        valid = {way for way in valid if all(a != b for a, b in pairwise(way))}
        assert light_entropy_bits(steps) == pytest.approx(math.log2(len(valid)))


def test_all_schedules_are_equally_likely(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(light_schedule, "PALETTE", PALETTE[:3])
    rng = random.Random(7)
    counts: dict[tuple[Rgb, ...], int] = {}
    for _ in range(2_400):
        way = draw_light(rng, steps=4).colours
        counts[way] = counts.get(way, 0) + 1
    assert len(counts) == 2 ** light_entropy_bits(4) == 12
    assert all(140 < count < 260 for count in counts.values())


def test_the_usual_length_holds_these_bits() -> None:
    assert light_entropy_bits(8) == pytest.approx(math.log2(math.factorial(8)))
    assert light_entropy_bits(12) == pytest.approx(math.log2(math.factorial(8) * 7 * 7 * 6 * 5))


@pytest.mark.parametrize(
    ("shown", "expected"),
    [
        (alternating(BLACK, WHITE, changes=6, step=0.16), Flashes(general=3, red=0)),
        (alternating(BLACK, WHITE, changes=7, step=0.14), Flashes(general=4, red=0)),
        (alternating(BLACK, WHITE, changes=60, step=0.51), Flashes(general=1, red=0)),
        # a tenth of the luminance is where a flash begins
        (alternating(BLACK, (90, 90, 90), changes=8, step=0.1), Flashes(general=4, red=0)),
        (alternating(BLACK, (89, 89, 89), changes=8, step=0.1), Flashes(general=0, red=0)),
        # both states bright: no flash
        (alternating(WHITE, (232, 232, 232), changes=8, step=0.1), Flashes(general=0, red=0)),
        (alternating(WHITE, (228, 228, 228), changes=8, step=0.1), Flashes(general=4, red=0)),
        # a staircase is one change
        ([(i * 0.1, (20 * i, 20 * i, 20 * i)) for i in range(12)], Flashes(general=1, red=0)),
        (alternating(RED, BLACK, changes=8, step=0.1), Flashes(general=4, red=4)),
        (alternating(RED, GREY, changes=4, step=0.1), Flashes(general=0, red=2)),
        # two saturated reds that hardly differ
        (alternating(RED, (250, 10, 10), changes=8, step=0.1), Flashes(general=0, red=0)),
        ([], Flashes(general=0, red=0)),
        ([(0.0, WHITE)], Flashes(general=0, red=0)),
    ],
)
def test_flashes_are_counted_as_wcag_defines_them(shown: list[tuple[float, Rgb]], expected: Flashes) -> None:
    assert worst_flashes(shown) == expected


@given(st.lists(st.tuples(*[st.integers(0, 255)] * 3), min_size=2, max_size=20), st.floats(0.05, 1))
def test_a_schedule_backwards_flashes_as_often(colours: list[Rgb], step: float) -> None:
    forwards = [(i * step, colour) for i, colour in enumerate(colours)]
    changes = len(light_schedule._general_changes(forwards))
    backwards = [(i * step, colour) for i, colour in enumerate(reversed(colours))]
    assert abs(len(light_schedule._general_changes(backwards)) - changes) <= 1


@pytest.mark.parametrize(
    "schedule",
    [
        LightSchedule(colours=(BLACK, WHITE) * 6, step_s=0.1),
        LightSchedule(colours=(PALETTE[0], RED)),
    ],
)
def test_an_unsafe_schedule_is_refused(schedule: LightSchedule) -> None:
    with pytest.raises(PolicyError) as caught:
        check_flashes(schedule)
    assert caught.value.code == "challenge_light_unsafe"


def test_the_colour_at_a_time() -> None:
    schedule = LightSchedule(colours=PALETTE[:3])
    assert schedule.duration_s == pytest.approx(3 * STEP_S)
    assert [schedule.colour_at(t) for t in (-0.01, 0, 0.39, 0.41, 1.19, 1.21)] == [
        None,
        PALETTE[0],
        PALETTE[0],
        PALETTE[1],
        PALETTE[2],
        None,
    ]


@pytest.mark.parametrize("steps", [0, LONGEST_LIGHT + 1])
def test_a_length_out_of_range_is_a_mistake_of_the_caller(steps: int) -> None:
    with pytest.raises(ValueError, match="colours"):
        draw_light(random.Random(0), steps=steps)


@pytest.mark.parametrize(
    ("colours", "step"), [((), 0.4), ((RED,) * 25, 0.4), ((RED,), 0.05), ((RED,), 3.0), (((0, 0, 256),), 0.4)]
)
def test_a_schedule_out_of_range_is_none(colours: tuple[Rgb, ...], step: float) -> None:
    with pytest.raises(ValueError, match=r"colours|colour is"):
        LightSchedule(colours=colours, step_s=step)
