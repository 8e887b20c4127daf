"""The injection witness: stills, loops and answers to something else are refused; weak signs are noted only."""

import io
import random
from collections.abc import Iterable, Sequence
from dataclasses import replace
from itertools import pairwise
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from pad_material import challenge_of, frame
from visavis.capture.jpeg_trace import jpeg_trace
from visavis.domain.evidence import Outcome
from visavis.domain.reasons import REASONS
from visavis.pad.evidence import WitnessEvidence
from visavis.pad.injection import (
    InjectionWitness,
    StreamFacts,
    StreamSource,
    light_as_asked,
    names_virtual_camera,
)
from visavis.pad.observation import FrameObservation
from visavis.pad.recurrence import KEPT, Recurrence, recur
from visavis.perception.session import FloatTensor

WITNESS = InjectionWitness(challenge_of(light=8))
LIGHT = WITNESS.challenge.light
assert LIGHT is not None
SHOWN = tuple((3.0 + start + 0.01, colour) for start, colour in zip(LIGHT.starts_s, LIGHT.colours, strict=True))
FACTS = StreamFacts(nonce=WITNESS.challenge.nonce, opened_s=0.0, camera="HD Webcam (046d:0825)", shown=SHOWN)


def living(count: int, seed: int = 0, *, step: float = 1.0, noise: float = 0.3) -> list[FloatTensor]:
    """Thumbnails that wander, as of a person in front of a camera."""
    rng = np.random.default_rng(seed)
    at = rng.normal(0, 40, (32, 32))
    found = []
    for _ in range(count):
        at = at + rng.normal(0, step, (32, 32))
        found.append(np.asarray(at + rng.normal(0, noise, (32, 32)), np.float32))
    return found


def stream(thumbnails: Sequence[FloatTensor], rate: float = 10.0, seed: int = 1) -> list[FrameObservation]:
    rng = random.Random(seed)
    times = np.cumsum([rng.uniform(0.8, 1.2) / rate for _ in thumbnails]).tolist()
    return [
        frame(time, thumbnail=thumbnail, arrived_s=time + 5 + rng.uniform(0.02, 0.3), encoding="a")
        for time, thumbnail in zip(times, thumbnails, strict=True)
    ]


def evidence(frames: Iterable[FrameObservation], facts: StreamFacts = FACTS) -> WitnessEvidence:
    state = WITNESS.start()
    for seen in frames:
        state = WITNESS.step(state, seen)
    found = WITNESS.evidence(state, facts)
    assert set(found.reasons) <= set(REASONS)
    return found


def test_a_living_stream_that_names_its_challenge_passes() -> None:
    for rate in (8.0, 10.0, 30.0):
        found = evidence(stream(living(100), rate=rate))
        assert (found.outcome, found.reasons, found.score) == (Outcome.PASS, (), 1)


def test_nothing_seen_is_not_measured() -> None:
    assert evidence([]).outcome is Outcome.NOT_MEASURED


@pytest.mark.parametrize("noise", [0.0, 0.1, 0.3])
def test_a_still_is_refused(noise: float) -> None:
    found = evidence(stream(living(80, step=0.0, noise=noise)))
    assert (found.outcome, found.reasons[0]) == (Outcome.FAIL, "frozen_or_looped")
    assert found.details["repeated_share"] == 1


@pytest.mark.parametrize(("period", "times"), [(20, 4), (30, 2), (60, 2)])
def test_a_loop_is_refused_also_with_camera_noise(period: int, times: int) -> None:
    once = living(period)
    rng = np.random.default_rng(9)
    again = [np.asarray(one + rng.normal(0, 0.15, (32, 32)), np.float32) for _ in range(times) for one in once]
    assert evidence(stream(again)).reasons[0] == "frozen_or_looped"


def test_a_closed_shutter_is_no_loop() -> None:
    dark = [replace(seen, face=None, problem="no_face") for seen in stream(living(80, step=0.0, noise=0.2))]
    person = [
        replace(seen, captured_s=seen.captured_s + 10, arrived_s=seen.arrived_s + 10) for seen in stream(living(60))
    ]
    assert evidence([*dark, *person]).outcome is Outcome.PASS
    # with nobody there nothing was measured, and that is no pass
    found = evidence(dark)
    assert (found.outcome, found.reasons, found.score) == (Outcome.INCONCLUSIVE, ("too_few_frames",), 1)
    few = stream(living(1) * 12, seed=2)
    few = [replace(seen, captured_s=seen.captured_s + 10, arrived_s=seen.arrived_s + 10) for seen in few]
    assert evidence([*dark, *few]).reasons == ("too_few_frames",)


def test_a_picture_without_contrast_is_not_held_against_anyone() -> None:
    grey = [np.full((32, 32), 0.2 * (i % 3), np.float32) for i in range(60)]
    assert evidence(stream(grey)).outcome is Outcome.INCONCLUSIVE
    still = living(1) * 60
    assert evidence(stream(still)).outcome is Outcome.FAIL


def test_a_short_still_moment_is_no_loop() -> None:
    still = living(1) * 8
    found = evidence(stream([*living(60, 1), *still, *living(60, 2)]))
    assert found.outcome is Outcome.PASS


@settings(max_examples=12)
@given(st.integers(0, 999), st.integers(2, 60))
def test_recurrence_is_that_of_all_pairs(seed: int, period: int) -> None:
    base = living(period, seed, step=0.6, noise=0.0)
    thumbnails = [base[i % period] for i in range(90)]
    state = Recurrence()
    for i, thumbnail in enumerate(thumbnails):
        state = recur(state, thumbnail, i * 0.1)
    flat = np.array(thumbnails).reshape(90, -1)
    far = np.abs(np.subtract.outer(np.arange(90), np.arange(90))) * 0.1 > 1.0
    rms = np.sqrt(np.square(flat[:, None] - flat[None]).mean(axis=2))
    expected = ((rms < 0.6) & far).any(axis=1)
    near_limit = ((np.abs(rms - 0.6) < 0.01) & far).any(axis=1)
    bits = np.array([state.matched >> i & 1 for i in range(90)], bool)
    assert (bits == expected)[~near_limit].all()


def test_memory_of_thumbnails_is_bounded() -> None:
    state = Recurrence()
    for i, thumbnail in enumerate(living(40) * 30):
        state = recur(state, thumbnail, i / 30)
    assert state.frames == 1_200
    assert sum(len(chunk.times) for chunk in state.chunks) <= KEPT
    assert sum(chunk.fine.nbytes + chunk.coarse.nbytes for chunk in state.chunks) < 2.2e6


@pytest.mark.parametrize(
    ("facts", "outcome", "reason"),
    [
        ({"nonce": "0" * 48}, Outcome.FAIL, "answer_to_another"),
        ({"nonce": None}, Outcome.INCONCLUSIVE, "answer_not_bound"),
        ({"opened_s": 3.0}, Outcome.FAIL, "frames_before_challenge"),
        ({"shown": None}, Outcome.INCONCLUSIVE, "light_not_as_asked"),
        ({"shown": SHOWN[::-1]}, Outcome.INCONCLUSIVE, "light_not_as_asked"),
        ({"camera": "OBS Virtual Camera"}, Outcome.PASS, "virtual_camera_named"),
    ],
)
def test_what_is_known_beside_the_frames(facts: dict[str, Any], outcome: Outcome, reason: str) -> None:
    found = evidence(stream(living(60)), replace(FACTS, **facts))
    assert (found.outcome, found.reasons) == (outcome, (reason,))


def test_a_file_is_bound_to_nothing_and_says_so() -> None:
    found = evidence(stream(living(60)), StreamFacts(source=StreamSource.FILE))
    assert (found.outcome, found.reasons) == (Outcome.PASS, ("recorded_file",))


def test_without_light_none_is_expected() -> None:
    witness = InjectionWitness(challenge_of())
    state = witness.start()
    for seen in stream(living(60)):
        state = witness.step(state, seen)
    assert witness.evidence(state, replace(FACTS, nonce=witness.challenge.nonce, shown=None)).outcome is Outcome.PASS


def test_too_little_is_no_pass() -> None:
    assert evidence(stream(living(15))).reasons == ("too_few_frames",)
    assert evidence(stream(living(40), rate=60.0)).reasons == ("too_few_frames",)


def test_clocks_that_run_apart_leave_it_open() -> None:
    slow = [replace(seen, arrived_s=5 + 1.5 * seen.captured_s) for seen in stream(living(120))]
    assert evidence(slow).reasons == ("clocks_disagree",)


def test_a_stall_of_the_network_is_no_drift() -> None:
    frames = stream(living(120))
    stalled = [
        replace(seen, arrived_s=max(seen.arrived_s, 11.0) if i > 20 else seen.arrived_s)
        for i, seen in enumerate(frames)
    ]
    assert evidence(stalled).outcome is Outcome.PASS


def test_a_clock_that_runs_ahead_for_a_while_leaves_it_open() -> None:
    frames = stream(living(120))
    ahead = [replace(seen, arrived_s=seen.arrived_s - 0.8 * (50 < i < 60)) for i, seen in enumerate(frames)]
    assert evidence(ahead).reasons == ("clocks_disagree",)
    # frames come late whenever the network likes
    late = [replace(seen, arrived_s=seen.arrived_s + 0.9 * (50 < i < 60)) for i, seen in enumerate(frames)]
    assert evidence(late).outcome is Outcome.PASS


def test_frames_in_a_wrong_order_leave_it_open() -> None:
    frames = stream(living(100))
    for i in range(5, 95, 9):
        frames[i], frames[i + 1] = frames[i + 1], frames[i]
    assert evidence(frames).reasons == ("frames_out_of_order",)


def test_another_size_leaves_it_open_and_a_turned_phone_does_not() -> None:
    frames = stream(living(60))
    smaller = [replace(seen, width=320, height=240) if i > 30 else seen for i, seen in enumerate(frames)]
    assert evidence(smaller).reasons == ("picture_size_changed",)
    turned = [replace(seen, width=480, height=640) if i > 30 else seen for i, seen in enumerate(frames)]
    assert evidence(turned).outcome is Outcome.PASS


def noted(frames: Sequence[FrameObservation]) -> tuple[str, ...]:
    found = evidence(frames)
    assert found.outcome is Outcome.PASS
    return found.reasons


def test_weak_signs_are_noted_and_nothing_more() -> None:
    frames = stream(living(80))
    assert noted([replace(seen, captured_s=i / 10) for i, seen in enumerate(frames)]) == ("timing_too_regular",)
    assert noted([replace(seen, encoding="b" if i > 40 else "a") for i, seen in enumerate(frames)]) == (
        "encoder_changed",
    )
    burst = [replace(seen, captured_s=0.1 * (i - i % 2) + 0.001 * (i % 2)) for i, seen in enumerate(frames)]
    assert noted(burst) == ("timing_impossible",)


def test_duplicates_and_interpolated_frames_are_noted() -> None:
    once = living(40, step=2.0, noise=0.0)
    twice = [one for one in once for _ in range(2)]
    assert noted(stream(twice)) == ("duplicate_frames",)
    between: list[FloatTensor] = []
    for one, other in pairwise(once):
        between += [one, np.asarray((one + other) / 2, np.float32)]
    assert noted(stream(between)) == ("interpolated_frames",)


@pytest.mark.parametrize(
    ("label", "virtual"),
    [
        ("OBS  Virtual Camera", True),
        ("ManyCam Virtual Webcam", True),
        ("Dummy video device (0x0000)", True),
        ("fake_device_0", True),
        ("FaceTime HD Camera", False),
        ("Integrated Webcam (0bda:568c)", False),
        ("", False),
    ],
)
def test_labels_of_virtual_cameras(label: str, virtual: bool) -> None:
    assert names_virtual_camera(label) == virtual


def test_the_light_is_as_asked_within_some_jitter() -> None:
    assert LIGHT is not None
    assert light_as_asked(LIGHT, SHOWN, within_s=0.15)
    jittered = tuple((time + 0.1 * (i % 2), colour) for i, (time, colour) in enumerate(SHOWN))
    assert light_as_asked(LIGHT, jittered, within_s=0.15)
    late = tuple((time + 0.05 * i, colour) for i, (time, colour) in enumerate(SHOWN))
    assert not light_as_asked(LIGHT, late, within_s=0.15)
    assert not light_as_asked(LIGHT, SHOWN[:-1], within_s=0.15)
    assert not light_as_asked(LIGHT, (), within_s=0.15)


def test_the_light_may_wait_for_the_face_but_never_catch_up() -> None:
    assert LIGHT is not None
    waited = tuple((time + (0.8 if index > 3 else 0.0), colour) for index, (time, colour) in enumerate(SHOWN))
    assert not light_as_asked(LIGHT, waited, within_s=0.15)
    assert light_as_asked(LIGHT, waited, within_s=0.15, paused_s=0.8)
    assert not light_as_asked(LIGHT, waited, within_s=0.15, paused_s=0.5)
    hurried = tuple((time + (0.8 if 3 < index < 6 else 0.0), colour) for index, (time, colour) in enumerate(SHOWN))
    assert not light_as_asked(LIGHT, hurried, within_s=0.15, paused_s=0.8)


def jpeg(quality: int, *, width: int = 64, seed: int = 0, subsampling: int = 2) -> bytes:
    pixels = np.random.default_rng(seed).integers(0, 256, (48, width, 3), np.uint8)
    out = io.BytesIO()
    Image.fromarray(pixels).save(out, "JPEG", quality=quality, subsampling=subsampling)
    return out.getvalue()


def test_the_trace_of_a_jpeg_is_that_of_its_encoder() -> None:
    assert len(jpeg_trace(jpeg(80))) == 16
    assert jpeg_trace(jpeg(80)) == jpeg_trace(jpeg(80, width=128, seed=1))
    assert len({jpeg_trace(jpeg(80)), jpeg_trace(jpeg(81)), jpeg_trace(jpeg(80, subsampling=0))}) == 3


@pytest.mark.parametrize(
    "data",
    [b"", b"\x89PNG", b"\xff\xd8", b"\xff\xd8\xff\xdb\x00\x01", b"\xff\xd8" + b"\xff\xe0\x00\x02" * 99, jpeg(80)[:100]],
)
def test_what_is_no_jpeg_has_no_trace(data: bytes) -> None:
    assert jpeg_trace(data) == ""
