"""A neutral that is taken anew: from a head at rest alone, and never with half-closed lids."""

from __future__ import annotations

from dataclasses import replace

import pytest

from visavis.pad.neutral import Neutral, NeutralOptions, PoseSample, find_neutral, follow_neutral
from visavis.perception.eyes import EyeOpenness

OPTIONS = NeutralOptions()
FIRST = Neutral(yaw=0.0, pitch=-5.0, roll=0.0, left_ratio=0.3, right_ratio=0.3, left_network=0.97, right_network=0.97)


def sample(time_s: float, yaw: float, ratio: float = 0.3) -> PoseSample:
    eyes = EyeOpenness(
        left=0.97, right=0.97, left_ratio=ratio, right_ratio=ratio, left_network=0.97, right_network=0.97
    )
    return PoseSample(time_s=time_s, yaw=yaw, pitch=-5.0, roll=0.0, eyes=eyes)


def way(yaws: list[float], ratio: float = 0.3) -> list[PoseSample]:
    return [sample(number / 10, yaw, ratio) for number, yaw in enumerate(yaws)]


def test_a_head_at_rest_a_little_aside_is_followed() -> None:
    found = follow_neutral(FIRST, way([2.5, 2.8, 2.6, 2.4, 2.5, 2.6, 2.7]), OPTIONS)
    assert found is not None
    assert found.yaw == pytest.approx(2.6)


@pytest.mark.parametrize(
    "yaws",
    [
        [7.0, 5.8, 4.7, 3.7, 2.8, 2.0, 1.4],  # the end of a way back
        [2.6, 2.3, 2.0, 1.7, 1.4, 1.1, 0.8],  # a slow one
        [0.0, 0.0, 3.0, 0.0, 0.0, 0.0, 0.0],  # a start
    ],
)
def test_a_head_on_its_way_is_not_followed_though_it_would_do_to_begin_with(yaws: list[float]) -> None:
    assert find_neutral(way(yaws), OPTIONS) is not None
    assert follow_neutral(FIRST, way(yaws), OPTIONS) is None


def test_a_squint_does_not_become_how_the_eyes_are_open() -> None:
    found = follow_neutral(FIRST, way([0.0] * 7, ratio=0.24), OPTIONS)
    assert found is not None
    assert found.left_ratio == FIRST.left_ratio
    wider = follow_neutral(FIRST, way([0.0] * 7, ratio=0.34), OPTIONS)
    assert wider is not None
    assert wider.right_ratio == pytest.approx(0.34)


def test_nobody_is_led_away() -> None:
    assert follow_neutral(FIRST, way([5.5] * 7), OPTIONS) is None
    assert follow_neutral(replace(FIRST, yaw=3.0), way([5.5] * 7), OPTIONS) is not None
