"""Which frames of a capture are compared: none before the first prompt, none that cannot be, and nobody knows when."""

import random
from dataclasses import replace

import numpy as np
import pytest

from capture_material import ScriptedFilm, jpeg
from pad_material import Look, frame
from visavis.capture.picture import Picture
from visavis.pad.presentation import View
from visavis.service.probe_frames import ProbeFrames, ProbeOptions

PICTURE = Picture(np.zeros((48, 64, 3), np.uint8))


def view(time_s: float, look: Look | None = None, *, prompt: int | None = 0) -> View:
    seen = frame(time_s, look or Look(), arrived_s=time_s)
    return View(prompt=prompt, guidance=(), over=False, observation=seen)


def run(views: list[View], *, seed: int = 1, options: ProbeOptions | None = None) -> tuple[ProbeFrames, ScriptedFilm]:
    film = ScriptedFilm()
    frames = ProbeFrames(film, random.Random(seed), options)
    for number, item in enumerate(views):
        frames.see(item, jpeg(number), PICTURE)
    return frames, film


def test_looks_begin_with_the_first_prompt_and_go_on_after_it() -> None:
    views = [view(at / 10, prompt=0 if 30 <= at < 40 else None) for at in range(100)]
    _, film = run(views)
    assert film.looked[0] == pytest.approx(3.0)
    assert film.looked[-1] > 4.0


def test_they_lie_as_far_apart_as_was_drawn_and_are_few() -> None:
    views = [view(at / 10) for at in range(600)]
    _, film = run(views, options=ProbeOptions(apart_s=(0.8, 2.0), most=10))
    apart = np.diff(film.looked)
    assert len(film.looked) == 10
    assert apart.min() >= 0.8
    assert apart.max() <= 2.1
    assert apart.std() > 0.1
    assert run(views, seed=2)[1].looked != film.looked


def test_a_face_that_is_turned_away_is_not_compared_and_the_next_one_is() -> None:
    views = [view(at / 10, Look(yaw=40) if at < 25 else None) for at in range(50)]
    _, film = run(views)
    assert film.looked[0] == pytest.approx(2.5)
    _, film = run([view(at / 10, Look(pitch=-40)) for at in range(50)])
    assert film.looked == []


def test_a_second_face_is_noted_and_no_face_at_all_is_not() -> None:
    _, film = run([view(at / 10, Look(problem="second_face")) for at in range(100)])
    assert len(film.refused) >= 2
    assert set(film.refused) == {"second_face"}
    _, film = run([view(at / 10, Look(problem="no_face")) for at in range(100)])
    assert (film.refused, film.looked) == ([], [])


def test_the_best_frame_is_held_and_no_other() -> None:
    frames, film = run([view(at / 10) for at in range(60)])
    assert frames.picture == jpeg(round(film.looked[-1] * 10))  # the script finds each better than the one before
    assert run([])[0].picture is None


def test_without_a_prompt_nobody_is_compared() -> None:
    views = [replace(view(at / 10), prompt=None) for at in range(100)]
    frames, film = run(views)
    assert film.looked == []
    assert frames.sample().reason == "no_face"
