"""Every attack species, staged from people made of noise."""

import hashlib
import random
from dataclasses import replace
from datetime import UTC, datetime
from itertools import pairwise

import numpy as np
import pytest
from numpy.typing import NDArray

from laboratory_material import clip_of_noise, material_of_noise, still_of_noise
from visavis.capture.challenge import Challenge, ChallengePolicy, Gesture, GestureStep, LightStep, issue_challenge
from visavis.capture.light_schedule import Rgb
from visavis.errors import FileError
from visavis.evaluation.laboratory.actor import Actor
from visavis.evaluation.laboratory.animated import WarpedPortrait
from visavis.evaluation.laboratory.conditions import Conditions, draw_conditions
from visavis.evaluation.laboratory.injections import Freezing, Loop, Tinted
from visavis.evaluation.laboratory.material import Material
from visavis.evaluation.laboratory.recordings import OldCapture, Respliced, agreement, old_challenge
from visavis.evaluation.laboratory.species import SPECIES
from visavis.evaluation.laboratory.stage import Cue, Staged
from visavis.evaluation.laboratory.swaps import Joined, Together

CODES = {
    "print_flat",
    "print_bent",
    "print_eye_holes",
    "tablet_still",
    "tablet_clip",
    "replay_luckiest",
    "warp_2d",
    "mesh_puppet",
    "face_swap",
    "second_person",
    "injected_clean",
    "injected_jitter",
    "injected_global_tint",
    "injected_flat_tint",
    "frozen",
    "looped",
}
LEFT, RIGHT, UP, DOWN, CLOSE = Gesture
GREEN: Rgb = (70, 235, 90)


@pytest.fixture(scope="module")
def material() -> Material:
    return material_of_noise()


def challenge_of(seed: int = 1) -> Challenge:
    return issue_challenge(
        policy=ChallengePolicy(), rng=random.Random(seed), now=datetime(2026, 5, 4, 12, 0, tzinfo=UTC)
    )


def conditions_of(seed: int = 1) -> Conditions:
    return replace(draw_conditions(random.Random(seed)), return_share=0.2)


def cues(challenge: Challenge) -> list[Cue]:
    """A page that shows each prompt for 2 seconds after 1 of pause, looked at three times each."""
    found = []
    for index, step in enumerate(challenge.steps):
        begins = 3.0 * index + 1.0
        found.append(Cue(time_s=begins - 0.5, since_s=0.5))
        for since in (0.7, 1.4):
            colour = step.schedule.colour_at(since) if isinstance(step, LightStep) else None
            found.append(Cue(time_s=begins + since, step=step, index=index, since_s=since, colour=colour))
    return found


def test_all_species_of_the_issue_are_there_by_their_codes() -> None:
    assert set(SPECIES) == CODES
    assert all(species.code == code and species.title and species.__doc__ for code, species in SPECIES.items())


@pytest.mark.parametrize("code", sorted(CODES))
def test_it_plays_a_whole_challenge_and_the_same_again(code: str, material: Material) -> None:
    challenge, conditions = challenge_of(), conditions_of()

    def play(most: int) -> tuple[Staged, list[str]]:
        staged = SPECIES[code].stage(material, challenge, conditions, random.Random(7))
        scenes = [staged.subject.scene(cue) for cue in cues(challenge)[:most]]
        assert all(scene.shape == (480, 640, 3) and scene.dtype == np.uint8 for scene in scenes)
        frames = zip(staged.channel.times(), scenes, strict=False)
        return staged, [hashlib.sha256(staged.channel.deliver(scene, time).data).hexdigest() for time, scene in frames]

    (staged, one), (_, two) = play(99), play(6)

    assert len(set(one)) > 1
    assert one[:6] == two
    assert set(staged.people) <= {"noise1", "noise2"}
    assert staged.people


@pytest.mark.parametrize("code", sorted(CODES))
def test_without_anybody_it_says_what_is_missing(code: str) -> None:
    with pytest.raises(FileError) as caught:
        SPECIES[code].stage(Material(clips=(), stills=()), challenge_of(), conditions_of(), random.Random(1))

    assert caught.value.code == "laboratory_material_lacking"


@pytest.mark.parametrize("code", ["face_swap", "second_person"])
def test_two_people_take_two(code: str, material: Material) -> None:
    alone = Material(clips=material.clips[:1], stills=material.stills)

    with pytest.raises(FileError):
        SPECIES[code].stage(alone, challenge_of(), conditions_of(), random.Random(1))


class TestRecordings:
    def test_an_old_capture_has_another_order_and_every_gesture_of_it(self) -> None:
        clip, challenge = clip_of_noise(1), challenge_of()
        rng = random.Random(3)
        old = old_challenge(clip, challenge, rng)
        capture = OldCapture(Actor(clip, conditions_of(), rng), old, rng)

        shown = [capture.cue(i / 20) for i in range(800)]
        asked = [cue.step.gesture for cue in shown if isinstance(cue.step, GestureStep) and cue.since_s < 1 / 20]

        assert old.gestures != challenge.gestures
        assert tuple(asked[: len(old.gestures)]) == old.gestures
        assert asked[len(old.gestures)] is old.gestures[0]
        colours = {cue.colour for cue in shown} - {None}
        assert old.light is not None
        assert colours <= set(old.light.colours)
        assert len(colours) > 3

    def test_spliced_gestures_come_in_the_order_they_were_given(self) -> None:
        capture = Respliced(clip_of_noise(1), (RIGHT, LEFT), conditions_of(), random.Random(2))
        step = GestureStep(gesture=UP, pause_s=0.6)
        reached = []
        for index in (0, 1, 2):
            turned = []
            for i in range(40):
                since = i / 15
                capture.scene(Cue(time_s=4 * index + since, step=step, index=index, since_s=since))
                assert capture.points is not None
                turned.append(float(capture.points[1, 0] - capture.points[[234, 454], 0].mean()))
            reached.append((min(turned), max(turned)))

        assert reached[0][0] < -15 < 15 > reached[0][1]
        assert reached[1][1] > 15
        # nothing is left for the third prompt
        assert max(map(abs, reached[2])) < 8

    def test_the_luckiest_is_the_one_that_agrees_longest(self) -> None:
        asked = (LEFT, CLOSE, UP)

        assert agreement((LEFT, CLOSE, UP), asked) == (3, 3)
        assert agreement((LEFT, UP, UP, LEFT), asked) == (1, 2)
        assert agreement((UP, CLOSE, UP), asked) == (0, 2)


class TestTints:
    def gain(self, over: str, share: float = 0.2) -> tuple[NDArray[np.float64], NDArray[np.float32]]:
        def subject() -> Respliced:
            return Respliced(clip_of_noise(1), (LEFT,), conditions_of(), random.Random(2))

        plain, cue = subject(), Cue(time_s=0.5, colour=GREEN)
        dark = plain.scene(replace(cue, colour=None)).astype(float)
        tinted = Tinted(subject(), share=share, over="face" if over == "face" else "picture").scene(cue).astype(float)
        assert plain.points is not None
        return ((tinted + 0.5) / (dark + 0.5)) ** 2.2 - 1, plain.points

    def test_over_the_picture_it_is_the_same_everywhere(self) -> None:
        gain, _ = self.gain("picture")
        parts = [gain[y : y + 60, x : x + 60].mean(axis=(0, 1)) for x in (10, 300, 570) for y in (10, 210, 410)]

        assert np.ptp(parts, axis=0).max() < 0.02
        assert 0.12 < np.mean(parts, axis=0)[1] < 0.2
        assert np.mean(parts, axis=0)[0] < 0.03

    def test_over_the_face_it_is_flat_and_ends_there(self) -> None:
        gain, points = self.gain("face")
        x, y = points[:, :2].mean(axis=0).astype(int)
        middle, cheek = gain[y - 20 : y + 20, x - 20 : x + 20, 1], gain[y - 20 : y + 20, x - 60 : x - 30, 1]

        assert middle.mean() == pytest.approx(cheek.mean(), rel=0.08)
        assert middle.mean() > 0.1
        assert abs(gain[:60, :60, 1].mean()) < 0.01


class TestSubjects:
    def test_a_frozen_stream_stands_still_from_then_on(self) -> None:
        subject = Freezing(Actor(clip_of_noise(1), conditions_of(), random.Random(1)), freezes_s=1.0)
        scenes = [subject.scene(Cue(time_s=i / 8)) for i in range(16)]

        assert any((a != b).any() for a, b in pairwise(scenes[:8]))
        assert all((scene == scenes[9]).all() for scene in scenes[9:])

    @pytest.mark.parametrize("shake", [0.0, 2.0])
    def test_a_loop_comes_round(self, shake: float) -> None:
        actor = Actor(clip_of_noise(1), conditions_of(), random.Random(1))
        subject = Loop(actor, random.Random(2), length_s=2.0, shake_px=shake)
        scenes = [subject.scene(Cue(time_s=i / 8)) for i in range(36)]

        same = [(scenes[i] == scenes[i + 16]).all() for i in range(17, 20)]
        assert all(same) if not shake else not any(same)

    def test_another_face_comes_in_the_middle_of_a_gesture(self) -> None:
        one, other = (Actor(clip_of_noise(seed), conditions_of(), random.Random(1)) for seed in (1, 2))
        subject = Joined(one, other, index=1, after_s=1.0)
        step = GestureStep(gesture=LEFT, pause_s=0.6)

        def hue(time: float, index: int | None, since: float) -> NDArray[np.float64]:
            cue = Cue(time_s=time, step=None if index is None else step, index=index, since_s=since)
            mean = subject.scene(cue).reshape(-1, 3).mean(axis=0)
            return np.asarray(mean / mean.sum())

        first, before, after = hue(0.0, None, 0.0), hue(2.0, 1, 0.5), hue(2.9, 1, 1.4)

        assert np.abs(before - first).max() < 0.004
        assert np.abs(after - first).max() > 0.01

    @pytest.mark.parametrize("stays", [True, False])
    def test_a_second_person_comes_in_from_the_right(self, stays: bool) -> None:
        one, other = (Actor(clip_of_noise(seed), conditions_of(), random.Random(1)) for seed in (1, 2))
        subject = Together(one, other, enters_s=1.0, takes_s=1.0, stays=stays)
        first, last = subject.scene(Cue(time_s=0.5)).astype(float), subject.scene(Cue(time_s=3.0)).astype(float)

        def hue(picture: NDArray[np.float64], columns: slice) -> NDArray[np.float64]:
            mean = picture[:, columns].reshape(-1, 3).mean(axis=0)
            return np.asarray(mean / mean.sum())

        left, right = slice(0, 260), slice(380, 640)
        assert np.abs(hue(last, right) - hue(first, right)).max() > 0.01
        assert bool(np.abs(hue(last, left) - hue(first, left)).max() < 0.004) is stays


def test_a_warp_moves_the_nose_but_gives_no_light() -> None:
    still = still_of_noise(1)
    portrait = WarpedPortrait(still.pixels, still.mesh)
    rest = portrait.render().astype(int)

    turned = portrait.render(yaw=20).astype(int)
    lit = portrait.render(colour=GREEN, share=0.5).astype(int)

    assert np.abs(turned - rest)[200:300, 280:360].mean() > 5
    assert np.abs(turned - rest)[:, :40].mean() < 2
    assert (lit == rest).all()
