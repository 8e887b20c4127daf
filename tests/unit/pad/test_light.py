"""The light witness on a stated reflectance model.

A part of the face has the colour ``albedo * (ambient + r * screen * n.l)``: Lambert's law, the ambient light of its own
strength for each part, r the share of a white screen in the light of a part that faces it. The background takes a
twentieth of it. Then come exposure and white balance, which drift, and noise. 8 to 30 frames a second come unevenly.
"""

import random
from dataclasses import dataclass, replace

import numpy as np
import pytest

from surfaces import Camera, head_height, head_mesh, rotation
from visavis.capture.light_schedule import LightSchedule, draw_light, linear_light
from visavis.capture.picture import Picture
from visavis.domain.evidence import Outcome
from visavis.domain.reasons import REASONS
from visavis.pad.colours import PATCHES, ColourMeter
from visavis.pad.evidence import WitnessEvidence
from visavis.pad.light import LightOptions, LightState, LightWitness
from visavis.pad.light_response import Frames, ResponseOptions, log_chromaticity, respond
from visavis.pad.observation import Colours, FrameObservation
from visavis.perception.acquisition import Face
from visavis.perception.eyes import EyeOpenness
from visavis.perception.landmarks import FACE_OVAL, FaceMesh
from visavis.perception.pose import HeadPose

METER = ColourMeter(head_mesh())
WITNESS = LightWitness(METER)
EYES = EyeOpenness(left=1, right=1, left_ratio=0.3, right_ratio=0.3, left_network=1, right_network=1)
SKIN = np.array([0.35, 0.2, 0.15])
WALL = np.array([0.3, 0.32, 0.3])
NOWHERE = FaceMesh(points=np.zeros((468, 3), np.float32), presence=1.0)


@dataclass(frozen=True, kw_only=True)
class Scene:
    """``share``: r. ``shaped``: whether parts answer by n.l. ``askew``: by how much of itself a flat thing's answer
    rises towards one side and downwards. ``behind``: the background's answer over the face's.
    """

    share: float
    shaped: bool = True
    askew: float = 0.0
    behind: float = 0.05
    rate: float = 20.0
    lag_s: float = 0.12
    shown: LightSchedule | None = None
    background: bool = True
    seed: int = 1


def schedule(seed: int, steps: int = 12) -> LightSchedule:
    return draw_light(random.Random(seed), steps=steps)


def observed(time_s: float, colours: Colours | None, pose: HeadPose) -> FrameObservation:
    face = Face(mesh=NOWHERE, pose=pose, eyes=EYES, box=NOWHERE.box, inter_eye_px=100.0)
    thumbnail = np.zeros((32, 32), np.float32)
    return FrameObservation(
        captured_s=time_s, arrived_s=time_s, width=640, height=480, thumbnail=thumbnail, face=face, colours=colours
    )


def filmed(scene: Scene, asked: LightSchedule, at_s: float = 100.0) -> LightState:
    """The state after a capture of ``scene`` while ``asked`` should be shown."""
    rng = np.random.default_rng(scene.seed)
    shown = scene.shown or asked
    ambient = rng.uniform(0.85, 1.15, len(PATCHES))
    drift = rng.normal(0, 0.08, 6), rng.normal(0, 0.01, (6, 3))
    state = WITNESS.start(asked, at_s=at_s)
    time_s, end_s = 0.0, asked.duration_s + 0.5
    while time_s < end_s:
        pose = HeadPose(yaw=2 * np.sin(time_s), pitch=float(np.cos(1.3 * time_s)), roll=0.0)
        facing = METER.facing(pose)
        screen = np.array(linear_light(shown.colour_at(time_s - scene.lag_s) or (230, 230, 230)))
        sides = METER.places - METER.places.mean(axis=0)
        answer = facing if scene.shaped else ambient * facing.mean() * (1 + scene.askew * sides.sum(axis=1) / 14)
        parts = SKIN * (ambient[:, None] + scene.share * answer[:, None] * screen)
        wall = WALL * (1 + scene.share * scene.behind * screen)
        places = np.linspace(0, end_s, 6)
        camera = np.exp(np.interp(time_s, places, drift[0])) * np.exp(
            [np.interp(time_s, places, column) for column in drift[1].T]
        )
        parts = parts * camera * (1 + rng.normal(0, 0.002, parts.shape))
        skin = parts.mean(axis=0) * (1 + rng.normal(0, 0.001, 3))
        wall = wall * camera * (1 + rng.normal(0, 0.001, 3)) if scene.background else np.full(3, np.nan)
        colours = Colours(
            skin=skin.astype(np.float32), background=wall.astype(np.float32), patches=parts.astype(np.float32)
        )
        state = WITNESS.see(state, observed(at_s + time_s, colours, pose))
        time_s += max(0.01, rng.normal(1 / scene.rate, 0.2 / scene.rate))
    return state


def judged(scene: Scene, asked: LightSchedule | None = None) -> WitnessEvidence:
    return WITNESS.judge(filmed(scene, asked or schedule(scene.seed)))


@pytest.mark.parametrize("rate", [8.0, 15.0, 30.0])
def test_a_face_that_answers_passes_at_any_frame_rate(rate: float) -> None:
    evidence = judged(Scene(share=0.08, rate=rate))
    assert evidence.outcome is Outcome.PASS, evidence.details
    assert evidence.score is not None
    assert evidence.score > 0.8
    assert evidence.details["return"] == pytest.approx(0.065, abs=0.02)
    assert evidence.details["lag_s"] == pytest.approx(0.12, abs=0.09)


@pytest.mark.parametrize("share", [0.0, 0.01])
def test_a_response_that_is_missing_is_no_finding(share: float) -> None:
    evidence = judged(Scene(share=share))
    assert evidence.outcome is Outcome.INCONCLUSIVE
    assert evidence.reasons == ("light_too_weak",)
    assert "closer" in REASONS["light_too_weak"].advice


@pytest.mark.parametrize("seed", [2, 3, 4])
def test_another_order_is_a_contradiction(seed: int) -> None:
    evidence = judged(Scene(share=0.1, shown=schedule(seed + 50), seed=seed))
    assert evidence.outcome is Outcome.FAIL
    assert evidence.reasons == ("light_in_other_order",)


def test_a_tint_over_the_whole_picture_is_a_contradiction() -> None:
    evidence = judged(Scene(share=0.1, shaped=False, behind=1.0))
    assert evidence.outcome is Outcome.FAIL
    assert evidence.reasons == ("light_on_everything",)
    ratio = evidence.details["ratio"]
    assert isinstance(ratio, float)
    assert ratio < 0.4


def missing(state: LightState, part: slice, frames: slice) -> LightState:
    """Without what ``part`` of a row holds, in those ``frames``."""
    rows = [row.copy() for row in state.frames]
    for row in rows[frames]:
        row[part] = np.nan
    return replace(state, frames=tuple(rows))


BEHIND, MANY_PARTS = slice(4, 7), slice(7, 7 + 3 * 45)


@pytest.mark.parametrize("lost", [slice(30, 31), slice(0, None, 5)])
def test_single_frames_without_a_background_hide_no_tint(lost: slice) -> None:
    state = missing(filmed(Scene(share=0.04, shaped=False, behind=1.0, seed=2), schedule(2)), BEHIND, lost)
    # and one with glare, so that the shape could not be told either
    evidence = WITNESS.judge(missing(state, MANY_PARTS, slice(40, 41)))
    assert evidence.reasons == ("light_on_everything",)
    assert evidence.outcome is Outcome.FAIL


def test_a_single_frame_with_glare_takes_no_shape_away() -> None:
    flat = missing(filmed(Scene(share=0.25, shaped=False, seed=5), schedule(5)), MANY_PARTS, slice(40, 41))
    assert WITNESS.judge(flat).reasons == ("light_without_shape",)
    living = missing(filmed(Scene(share=0.08, seed=5), schedule(5)), MANY_PARTS, slice(40, 43))
    assert WITNESS.judge(living).outcome is Outcome.PASS


def test_parts_that_are_lost_in_turn_do_not_take_every_frame_with_them() -> None:
    state = filmed(Scene(share=0.1, seed=5), schedule(5))
    for part in range(10):
        state = missing(state, slice(7 + 3 * part, 10 + 3 * part), slice(part, None, 10))
    assert WITNESS.judge(state).outcome is Outcome.PASS


@pytest.mark.parametrize("begins_s", [0.4, 1.5, 2.8])
def test_a_short_look_is_not_watching(begins_s: float) -> None:
    """Nothing is concluded from it: neither a pass, nor a contradiction, nor that the light was looked for."""
    for shown in (schedule(2), schedule(52)):
        state = filmed(Scene(share=0.1, shown=shown, seed=2, rate=40.0), schedule(2))
        short = [row for row in state.frames if begins_s <= row[0] - 100 < begins_s + 0.8]
        assert len(short) >= LightOptions().least_frames
        evidence = WITNESS.judge(replace(state, frames=tuple(short)))
        assert (evidence.outcome, evidence.reasons) == (Outcome.INCONCLUSIVE, ("light_not_seen",))


def test_a_gap_of_three_colours_is_not_watching() -> None:
    state = filmed(Scene(share=0.1, rate=30.0), schedule(1))
    kept = [row for row in state.frames if not 1.6 <= row[0] - 100 < 2.8]
    assert WITNESS.judge(replace(state, frames=tuple(kept))).reasons == ("light_not_seen",)


@pytest.mark.parametrize("seed", range(1, 6))
def test_few_frames_of_which_some_are_lost_still_cover_the_colours(seed: int) -> None:
    state = filmed(Scene(share=0.1, rate=8.0, seed=seed), schedule(seed))
    lost = random.Random(seed)
    kept = tuple(row for row in state.frames if lost.random() > 0.03)
    assert WITNESS.judge(replace(state, frames=kept)).outcome is Outcome.PASS


@pytest.mark.parametrize("lag_s", [0.7, 1.4, 2.2])
def test_the_right_order_too_late_is_no_other_order(lag_s: float) -> None:
    evidence = judged(Scene(share=0.08, lag_s=lag_s, seed=3))
    assert (evidence.outcome, evidence.reasons) == (Outcome.INCONCLUSIVE, ("light_not_seen",))


@pytest.mark.parametrize("late_s", [-0.3, 0.35, 0.7])
def test_a_recorded_file_may_be_early_or_late(late_s: float) -> None:
    asked = schedule(4)
    state = filmed(Scene(share=0.08, seed=4, lag_s=0.1), asked)
    slack = WITNESS.start(asked, at_s=100.0 - late_s, slack_s=0.5)
    assert WITNESS.judge(replace(slack, frames=state.frames)).outcome is Outcome.PASS


def test_a_wall_close_behind_the_holder_is_no_tint() -> None:
    assert judged(Scene(share=0.1, behind=0.3)).outcome is Outcome.PASS


@pytest.mark.parametrize("seed", [1, 5, 6])
def test_a_flat_thing_never_passes_and_a_strong_answer_gives_it_away(seed: int) -> None:
    assert judged(Scene(share=0.05, shaped=False, seed=seed)).outcome is not Outcome.PASS
    evidence = judged(Scene(share=0.25, shaped=False, seed=seed))
    assert evidence.outcome is Outcome.FAIL
    assert evidence.reasons == ("light_without_shape",)


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_without_a_background_the_shape_alone_tells(seed: int) -> None:
    """A face that fills the picture passes; a tint over all of it is told by its lack of shape."""
    evidence = judged(Scene(share=0.1, background=False, seed=seed))
    assert evidence.outcome is Outcome.PASS
    assert evidence.details["ratio"] is None
    tinted = judged(Scene(share=0.15, shaped=False, behind=1.0, background=False, seed=seed))
    assert tinted.outcome is Outcome.FAIL
    assert tinted.reasons == ("light_without_shape",)
    weak = judged(Scene(share=0.03, shaped=False, background=False, seed=seed))
    assert weak.outcome is not Outcome.PASS


@pytest.mark.parametrize("seed", range(4))
def test_a_sheet_held_askew_has_no_shape(seed: int) -> None:
    """Its far side gets less of the light, evenly so: that is no face, however strong."""
    assert judged(Scene(share=0.15, shaped=False, askew=0.3, seed=seed)).outcome is not Outcome.PASS


def test_an_answer_that_comes_too_late_is_not_taken() -> None:
    assert judged(Scene(share=0.1, lag_s=0.9)).outcome is not Outcome.PASS


def test_what_was_not_shown_or_not_seen_is_not_measured() -> None:
    start = WITNESS.start(schedule(1), at_s=0.0)
    assert WITNESS.judge(start).outcome is Outcome.NOT_MEASURED
    short = WITNESS.judge(WITNESS.start(schedule(1, steps=3), at_s=0.0))
    assert short.outcome is Outcome.NOT_MEASURED
    assert short.reasons == ("light_not_shown",)
    few = judged(Scene(share=0.1, rate=4.0))
    assert few.outcome is Outcome.INCONCLUSIVE
    assert few.reasons == ("light_not_seen",)


def test_frames_without_face_or_colours_or_outside_of_the_sequence_are_left_out() -> None:
    pose = HeadPose(yaw=0, pitch=0, roll=0)
    nothing = Colours(
        skin=np.full(3, np.nan, np.float32),
        background=np.full(3, np.nan, np.float32),
        patches=np.full((len(PATCHES), 3), np.nan, np.float32),
    )
    state = WITNESS.start(schedule(1), at_s=10.0)
    for time_s, colours in ((12.0, None), (12.0, nothing), (5.0, nothing), (99.0, nothing)):
        state = WITNESS.see(state, observed(time_s, colours, pose))
    assert state.frames == ()


@pytest.mark.parametrize("off_s", [-0.2, 0.2])
def test_a_recorded_file_may_tell_the_start_of_the_light_a_little_wrong(off_s: float) -> None:
    asked = schedule(1)
    state = filmed(Scene(share=0.1), asked)
    moved = [(start + off_s, colour) for start, colour in state.shown]
    slack = WITNESS.start(asked, at_s=100.0, slack_s=0.25)
    evidence = WITNESS.judge(WITNESS.retimed(replace(slack, frames=state.frames), moved, ends_s=state.ends_s + off_s))
    assert evidence.outcome is Outcome.PASS, evidence
    assert evidence.details["lag_s"] == pytest.approx(0.12 - off_s, abs=0.09)


def test_a_slack_of_a_whole_colour_is_none() -> None:
    with pytest.raises(ValueError, match="half a second"):
        WITNESS.start(schedule(1), at_s=0.0, slack_s=0.6)


def test_colours_that_waited_for_the_face_are_held_against_the_times_they_were_shown() -> None:
    asked, pause_s = schedule(1), 1.1
    cut = 101.1
    state = filmed(Scene(share=0.1), asked)
    # the page held its colour from the cut on, and nobody was to be seen meanwhile
    late = [row + np.eye(1, len(row))[0] * (pause_s if row[0] > cut else 0) for row in state.frames]
    shown = [(start + (pause_s if start > cut else 0), colour) for start, colour in state.shown]
    state = replace(state, frames=tuple(late))
    assert WITNESS.judge(state).outcome is not Outcome.PASS
    assert WITNESS.judge(WITNESS.retimed(state, shown, ends_s=state.ends_s + pause_s)).outcome is Outcome.PASS


def test_a_clock_that_stands_still_gives_no_pass() -> None:
    state = filmed(Scene(share=0.1), schedule(1))
    frozen = replace(state, frames=tuple(np.concatenate([[102.0], row[1:]]) for row in state.frames))
    assert WITNESS.judge(frozen).outcome is Outcome.INCONCLUSIVE


def test_a_face_most_of_which_is_hidden_has_no_shape() -> None:
    state = filmed(Scene(share=0.1), schedule(1))
    hidden = []
    for row in state.frames:
        row = row.copy()  # noqa: PLW2901 - the state is never written to
        row[7 : 7 + 3 * 40] = np.nan
        hidden.append(row)
    evidence = WITNESS.judge(replace(state, frames=tuple(hidden)))
    assert evidence.outcome is Outcome.INCONCLUSIVE
    assert evidence.reasons == ("light_shape_unclear",)


def test_memory_is_bounded() -> None:
    state = filmed(Scene(share=0.1, rate=90.0), schedule(1, steps=24))
    assert len(state.frames) <= 600
    assert sum(row.nbytes for row in state.frames) < 1_000_000


def test_the_same_capture_gives_the_same_evidence() -> None:
    assert judged(Scene(share=0.08)) == judged(Scene(share=0.08))


@pytest.mark.parametrize("times", [[], [1.0, 0.5], [0.0, 0.0]])
def test_colours_out_of_order_are_a_mistake_of_the_caller(times: list[float]) -> None:
    with pytest.raises(ValueError, match="one after the other"):
        WITNESS.start_with([(time_s, (1.0, 0.5, 0.2)) for time_s in times], ends_s=9.0)


def test_chance_reaches_the_threshold_about_as_often_as_stated() -> None:
    asked = schedule(1)
    colours = np.array([linear_light(colour) for colour in asked.colours])
    options = ResponseOptions(surrogates=150, false_alarms=0.05)
    hits = 0
    for seed in range(60):
        rng = np.random.default_rng(seed)
        times = np.linspace(0.4, asked.duration_s, 60)
        noise = np.cumsum(rng.normal(0, 0.01, (60, 2)), axis=0)  # what a moving head gives: slow and correlated
        hits += respond(Frames(times, np.array(asked.starts_s), colours, asked.duration_s), noise, options).responds
    assert hits <= 9


def test_the_chromaticity_is_blind_to_exposure() -> None:
    colours = np.array([[0.2, 0.1, 0.3]])
    assert log_chromaticity(colours * 3) == pytest.approx(log_chromaticity(colours))
    assert np.isfinite(log_chromaticity(np.zeros((1, 3)))).all()


def relit(share: float, asked: LightSchedule, *, shaped: bool) -> WitnessEvidence:
    """The same with pixels: a made head, shaded by its own surface, filmed at 10 frames a second with 8 bits."""
    scale, camera, canonical = 9.0, Camera(width=360, height=360), head_mesh()
    x, y = np.meshgrid(np.arange(360) - 179.5, np.arange(360) - 179.5)
    height = head_height(scale)
    slope = np.hypot(height(x + 0.5, y) - height(x - 0.5, y), height(x, y + 0.5) - height(x, y - 0.5))
    face = (x / 8.2) ** 2 + (y / 10) ** 2 < scale**2
    facing = (1 / np.sqrt(1 + slope**2) if shaped else np.full(x.shape, 0.85)) * face
    paint = np.where(face[:, :, None], SKIN, WALL)
    points = camera.project(canonical.vertices * [scale, -scale, -scale], rotation(0)).astype(np.float32)
    around = np.linspace(0, 2 * np.pi, len(FACE_OVAL), endpoint=False)
    points[list(FACE_OVAL), :2] = 180 + scale * np.column_stack([8 * np.sin(around), -9.5 * np.cos(around)])
    mesh = FaceMesh(points=points, presence=1.0)
    rng = np.random.default_rng(3)
    state = WITNESS.start(asked, at_s=0.0)
    pose = HeadPose(yaw=0, pitch=0, roll=0)
    for index in range(50):
        screen = np.array(linear_light(asked.colour_at(index / 10 - 0.1) or (230, 230, 230)))
        light = paint * (1 + share * facing[:, :, None] * screen) * np.exp(0.1 * np.sin(index / 9))
        coded = np.where(light <= 0.0031308, 12.92 * light, 1.055 * light ** (1 / 2.4) - 0.055) * 255
        pixels = np.clip(coded + rng.normal(0, 2.0, coded.shape), 0, 255).astype(np.uint8)
        state = WITNESS.see(state, observed(index / 10, METER.measure(Picture(pixels), mesh), pose))
    return WITNESS.judge(state)


def test_pixels_of_a_solid_head_pass_and_those_of_a_flat_one_do_not() -> None:
    asked = schedule(11)
    solid = relit(0.1, asked, shaped=True)
    assert solid.outcome is Outcome.PASS, solid.details
    assert relit(0.1, asked, shaped=False).outcome is not Outcome.PASS


def test_reasons_have_texts() -> None:
    codes = (
        "background_not_seen",
        "light_in_other_order",
        "light_not_seen",
        "light_not_shown",
        "light_on_everything",
        "light_shape_unclear",
        "light_without_shape",
    )
    assert all(REASONS[code].text for code in codes)
    assert LightOptions().response == ResponseOptions()
