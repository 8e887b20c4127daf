"""The simulated camera and the circumstances: within their stated ranges, and the same for the same seed."""

from __future__ import annotations

import random
from dataclasses import replace
from itertools import islice

import cv2
import numpy as np
import pytest

from actor_material import QUIET, Moment, drawn
from visavis.capture.jpeg_trace import jpeg_trace
from visavis.capture.picture import RgbImage
from visavis.evaluation.laboratory.camera import CameraChannel, from_linear, to_linear
from visavis.evaluation.laboratory.clips import place_in_scene
from visavis.evaluation.laboratory.conditions import RATES_HZ, RETURN_SHARES, Conditions, draw_conditions

SCENE = drawn(Moment())


def seen(data: bytes) -> RgbImage:
    decoded = cv2.imdecode(np.frombuffer(data, np.uint8), cv2.IMREAD_COLOR)
    assert decoded is not None
    return np.asarray(decoded[..., ::-1], np.uint8)


def test_conditions_stay_in_their_ranges_and_fill_them() -> None:
    rng = random.Random(1)
    drawn_ones = [draw_conditions(rng) for _ in range(600)]
    assert {item.rate_hz for item in drawn_ones} == set(RATES_HZ)
    slow = sum(item.rate_hz <= 15 for item in drawn_ones) / len(drawn_ones)
    assert 0.8 < slow < 0.95
    shares = [item.return_share for item in drawn_ones]
    low, high = RETURN_SHARES
    assert low <= min(shares) < 1.1 * low
    assert 0.9 * high < max(shares) <= high
    assert np.median(shares) == pytest.approx(np.sqrt(low * high), rel=0.15), "log-uniform"
    assert all(1 <= item.shake_px <= 3 and 0.5 <= item.shake_hz <= 3 for item in drawn_ones)
    assert all(60 <= item.jpeg_quality <= 90 for item in drawn_ones)
    assert draw_conditions(random.Random(7)) == draw_conditions(random.Random(7))
    assert set(drawn_ones[0].details()) == set(Conditions.__dataclass_fields__)


@pytest.mark.parametrize("rate", [8.0, 30.0])
def test_times_keep_the_rate_with_jitter_and_never_go_back(rate: float) -> None:
    conditions = replace(QUIET, rate_hz=rate, jitter_s=0.008)
    times = list(islice(CameraChannel(conditions, random.Random(2)).times(), 400))
    steps = np.diff(times)
    assert 0 <= times[0] <= 1 / rate
    assert steps.min() >= 0.3 / rate - 1e-9
    assert steps.mean() == pytest.approx(1 / rate, rel=0.04)
    assert 0.004 < steps.std() < 0.012


def test_dropped_frames_leave_gaps() -> None:
    times = list(islice(CameraChannel(replace(QUIET, dropped=0.2), random.Random(2)).times(), 400))
    gaps = np.mean(np.diff(times) > 1.5 / QUIET.rate_hz)
    assert gaps == pytest.approx(0.2, abs=0.06)


def test_the_same_seed_gives_the_same_bytes() -> None:
    conditions = draw_conditions(random.Random(3))
    one, same, other = (CameraChannel(conditions, random.Random(seed)) for seed in (4, 4, 5))
    for number in range(3):
        frames = [channel.deliver(SCENE, number / 10) for channel in (one, same, other)]
        assert frames[0] == frames[1]
        assert frames[0].data != frames[2].data


def test_frames_arrive_after_their_capture_and_in_order() -> None:
    conditions = replace(QUIET, network_jitter_s=0.2, capture_delay_s=0.03)
    channel = CameraChannel(conditions, random.Random(5))
    frames = [channel.deliver(SCENE, number / 25) for number in range(60)]
    assert [frame.captured_s for frame in frames] == pytest.approx([number / 25 + 0.03 for number in range(60)])
    arrived = [frame.arrived_s for frame in frames]
    assert arrived == sorted(arrived)
    delays = [frame.arrived_s - frame.captured_s for frame in frames]
    assert min(delays) >= 0.05 - 1e-9
    assert np.ptp(delays) > 0.1


def test_a_hand_shakes_as_far_as_it_is_said_to() -> None:
    channel = CameraChannel(replace(QUIET, shake_px=3.0, shake_hz=2.0), random.Random(6))
    shifts = np.array([channel.shift(number / 30) for number in range(300)])
    assert 2.0 < np.abs(shifts).max() <= 3.0
    moved = [seen(channel.deliver(SCENE, 10 + number / 30).data) for number in range(12)]
    assert len({np.asarray(frame).tobytes() for frame in moved}) == 12
    middles = [np.argwhere(frame[..., 0] > 140)[:, 1].mean() for frame in moved]
    assert 0.5 < np.ptp(middles) < 7


def test_a_shift_is_bilinear_and_exact_for_whole_pixels() -> None:
    channel = CameraChannel(QUIET, random.Random(0))
    rng = np.random.default_rng(0)
    scene = cv2.GaussianBlur(rng.integers(0, 256, (480, 640, 3), dtype=np.uint8), (0, 0), 3)

    class Still(CameraChannel):
        def shift(self, time_s: float) -> tuple[float, float]:
            return (3.0, -2.0) if time_s == 0 else (0.5, 0.0)

    still = Still(QUIET, random.Random(0))
    whole = still._shaken(np.asarray(scene, np.uint8), 0)
    assert (whole[:-2, 3:] == scene[2:, :-3]).all()
    half = still._shaken(np.asarray(scene, np.uint8), 1).astype(int)
    middle = (scene[:, 1:].astype(int) + scene[:, :-1]) / 2
    assert np.abs(half[:, 1:] - middle).max() <= 1
    assert channel.shift(0) == (0.0, 0.0)


def test_exposure_and_white_balance_drift_slowly_about_nothing() -> None:
    channel = CameraChannel(replace(QUIET, exposure_drift=0.05, white_balance_drift=0.01, noise=0.01), random.Random(8))
    means = np.array([seen(channel.deliver(SCENE, number / 10).data).mean(axis=(0, 1)) for number in range(60)])
    light = means.mean(axis=1) / means.mean()
    assert 0.005 < light.std() < 0.05
    assert np.abs(np.diff(light)).mean() < 0.5 * light.std(), "a drift, not flicker"
    balance = means[:, 0] / means[:, 2]
    assert 0.0005 < (balance / balance.mean()).std() < 0.02


def test_noise_is_as_strong_as_said_and_never_repeats() -> None:
    grey = np.full((480, 640, 3), 128, np.uint8)
    channel = CameraChannel(replace(QUIET, noise=3.0), random.Random(9))
    noisy = [channel._noisy(grey).astype(float) - 128 for _ in range(6)]
    assert np.mean([item.std() for item in noisy]) == pytest.approx(3.0, rel=0.1)
    for one in range(6):
        for other in range(one):
            assert abs(float((noisy[one] * noisy[other]).mean())) < 1.0


def test_one_camera_has_one_encoder() -> None:
    channel = CameraChannel(draw_conditions(random.Random(1)), random.Random(1))
    assert len({jpeg_trace(channel.deliver(SCENE, number / 10).data) for number in range(4)}) == 1


def test_the_curve_of_srgb_goes_there_and_back() -> None:
    assert np.rint(from_linear(to_linear())).astype(int).tolist() == list(range(256))


@pytest.mark.parametrize("size", [(480, 480), (256, 256), (720, 1280), (640, 360)])
def test_a_clip_of_any_size_is_placed_in_a_scene(size: tuple[int, int]) -> None:
    height, width = size
    pixels = np.zeros((height, width, 3), np.uint8)
    pixels[:, : width // 2] = (200, 100, 50)
    scene = place_in_scene(pixels)
    assert scene.shape == (480, 640, 3)
    assert not scene.flags.writeable
    assert np.abs(scene[:, 0].astype(int) - (200, 100, 50)).max() <= 2, "the background goes on beside it"
    assert scene[:, -1].max() <= 2
    assert (scene[240] > 60).any(axis=1).sum() == pytest.approx(320, abs=4)
