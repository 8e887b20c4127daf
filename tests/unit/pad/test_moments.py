"""When a template is taken: once in every stretch, nobody can tell when, and at once where the face breaks."""

import random
from dataclasses import replace

import numpy as np

from pad_material import LEFT
from visavis.pad.active_state import ActiveState, Asked, Hold, Pausing, Settling
from visavis.pad.moments import Moments, breaks
from visavis.perception.geometry import Region
from visavis.perception.glimpse import Glimpse

PAUSE = ActiveState(phase=Pausing(index=1, since_s=0.0))
ASKED = ActiveState(phase=Asked(index=0, gesture=LEFT, asked_s=1.0))
HELD = replace(ASKED, hold=Hold(gesture=LEFT, since_s=2.0, until_s=2.0, lead_s=0.0))


def times(seed: int) -> list[float]:
    moments, taken = Moments(random.Random(seed), pauses_s=(0.3, 0.9)), []
    for number in range(300):
        now_s = number / 100
        active = PAUSE if now_s < 1 else ASKED if now_s < 2 else HELD
        if moments.wanted(active, now_s=now_s, broken=False):
            moments.taken(now_s=now_s)
            taken.append(now_s)
    return taken


def test_every_stretch_has_one_moment_and_no_two_captures_the_same() -> None:
    drawn = [times(seed) for seed in range(20)]
    for pause, asked, held in drawn:
        assert 0 <= pause <= 0.91 < asked <= 2 <= held <= 2.21
    assert all(len({item[place] for item in drawn}) > 10 for place in range(3))
    assert max(pause for pause, _, _ in drawn) > 0.6  # over all of the pause


def test_before_anything_was_asked_no_moment_is_drawn() -> None:
    moments = Moments(random.Random(1), pauses_s=(0.3,))
    settling = ActiveState(phase=Settling())
    assert not any(moments.wanted(settling, now_s=i / 10, broken=False) for i in range(50))


def test_a_break_is_looked_at_at_once_and_at_a_bounded_rate_that_nobody_can_tell() -> None:
    moments, taken = Moments(random.Random(1), pauses_s=(0.3,)), []
    for number in range(1000):
        if moments.wanted(ActiveState(), now_s=number / 30, broken=True):
            moments.taken(now_s=number / 30)
            taken.append(number)
    assert taken[0] == 0
    assert 55 <= len(taken) <= 110
    assert len(set(np.diff(taken))) >= 8


def glimpsed(seed: int, noise: float = 0.0) -> Glimpse:
    grey = np.random.default_rng(seed).normal(0, 30, (64, 64))
    grey = grey + np.random.default_rng(99).normal(0, noise, (64, 64))
    return Glimpse(region=Region(0, 0, 64), grey=grey.astype(np.float32))


def test_another_crop_is_a_break_and_a_noisy_one_is_none() -> None:
    one, flat = glimpsed(1), Glimpse(region=Region(0, 0, 64), grey=np.zeros((64, 64), np.float32))
    assert breaks(one, glimpsed(2))
    assert not breaks(one, glimpsed(1, noise=20))
    assert not any(breaks(a, b) for a, b in ((None, one), (one, None), (one, flat), (flat, glimpsed(2))))
