"""The screen's light on a scene: how much, of which colour, where, and in proportion."""

from __future__ import annotations

import random
from dataclasses import replace

import numpy as np
import pytest
from numpy.typing import NDArray

from actor_material import QUIET, egg
from visavis.capture.light_schedule import Rgb, linear_light
from visavis.capture.picture import RgbImage
from visavis.evaluation.laboratory.actor import Actor
from visavis.evaluation.laboratory.camera import from_linear, to_linear
from visavis.evaluation.laboratory.relight import (
    FaceArea,
    FlatArea,
    PanelArea,
    Relighter,
    ScreenLight,
    draw_screen_light,
    neighbours_of,
)
from visavis.evaluation.laboratory.stage import Cue

GREY = np.asarray(np.full((480, 640, 3), np.rint(from_linear(np.array([0.25])))[0], np.uint8), np.uint8)
WHITE: Rgb = (255, 255, 255)
LIGHT = ScreenLight(return_share=0.2, ambient_flatness=1.0, gloss=0.0)
MESH = egg()


def gain(scene: RgbImage, lit: RgbImage) -> NDArray[np.float64]:
    """(h, w, 3): how much more light."""
    return np.asarray(to_linear()[lit] / to_linear()[scene] - 1, np.float64)


def lit(light: ScreenLight, colour: Rgb | None, scene: RgbImage = GREY) -> NDArray[np.float64]:
    return gain(scene, Relighter(light).relight(scene, colour, [FaceArea(MESH)]))


def test_the_ordinary_page_changes_nothing() -> None:
    assert Relighter(LIGHT).relight(GREY, None, [FaceArea(MESH)]) is GREY


def test_the_middle_of_a_face_gets_about_the_return_share() -> None:
    middle = lit(LIGHT, WHITE)[200:260, 290:350].mean()
    assert 0.6 * 0.2 < middle < 1.15 * 0.2


@pytest.mark.parametrize("colour", [(255, 160, 60), (70, 235, 90), (80, 150, 255), (255, 80, 235)])
def test_the_light_has_the_screen_s_own_hue(colour: Rgb) -> None:
    found = lit(LIGHT, colour)[200:260, 290:350].mean(axis=(0, 1))
    asked = np.array(linear_light(colour))
    assert found / found.max() == pytest.approx(asked / asked.max(), abs=0.09)


def test_light_adds_up_in_linear_light() -> None:
    red, green, both = (lit(LIGHT, colour) for colour in ((255, 0, 0), (0, 255, 0), (255, 255, 0)))
    assert np.abs(red + green - both)[150:300, 250:390].mean() < 0.006
    twice = lit(replace(LIGHT, return_share=0.1), WHITE)[200:260, 290:350].mean()
    assert 2 * twice == pytest.approx(lit(LIGHT, WHITE)[200:260, 290:350].mean(), rel=0.06)


def test_a_brighter_surface_gives_more_back_in_proportion() -> None:
    bright = np.asarray(np.full_like(GREY, 200), np.uint8)
    dark = np.asarray(np.full_like(GREY, 90), np.uint8)
    ratio = lit(LIGHT, WHITE, bright)[200:260, 290:350].mean() / lit(LIGHT, WHITE, dark)[200:260, 290:350].mean()
    assert ratio == pytest.approx(1.0, abs=0.12), "albedo is the picture's own"


def test_what_is_behind_gets_the_inverse_square_of_it() -> None:
    for metres in (0.5, 1.0, 2.0):
        found = lit(replace(LIGHT, return_share=0.25, background_m=metres), WHITE)
        face, wall = found[200:260, 290:350].mean(), found[20:200, 20:100].mean()
        assert wall < 0.35 * face
    near, far = (
        lit(replace(LIGHT, return_share=2.0, background_m=metres), WHITE)[20:200, 20:100].mean()
        for metres in (0.5, 2.0)
    )
    distance = 6.3 * 480 / 100 / 100
    expected = ((distance + 2.0) / (distance + 0.5)) ** 2
    assert near / far == pytest.approx(expected, rel=0.25)


def test_light_of_less_than_a_grey_level_is_not_lost_in_rounding() -> None:
    strong, weak = (lit(replace(LIGHT, return_share=share), WHITE)[20:200, 20:100].mean() for share in (1.0, 0.02))
    assert weak == pytest.approx(0.02 * strong, rel=0.25)


def test_a_face_is_shaded_by_its_shape_and_a_sheet_is_not() -> None:
    face = lit(LIGHT, WHITE).mean(axis=2)
    low = replace(LIGHT, middle_cm=(0.0, 7.0))
    cheek, temple = face[230:250, 310:330].mean(), face[230:250, 412:424].mean()
    assert cheek > 1.25 * temple, "what turns away gets less"
    sheet = FlatArea(np.array([[200.0, 80], [440, 80], [440, 400], [200, 400]]))
    flat = gain(GREY, Relighter(low).relight(GREY, WHITE, [sheet])).mean(axis=2)
    middle, side = flat[230:250, 310:330].mean(), flat[230:250, 412:424].mean()
    assert middle == pytest.approx(side, rel=0.12)
    assert 0.15 < middle < 0.22


def test_light_from_below_is_stronger_below() -> None:
    face = lit(replace(LIGHT, middle_cm=(0.0, 9.0)), WHITE).mean(axis=2)
    assert face[290:310, 310:330].mean() > 1.1 * face[140:160, 310:330].mean()


def test_a_tilted_sheet_gets_less_and_a_panel_almost_nothing() -> None:
    corners = np.array([[200.0, 80], [440, 80], [440, 400], [200, 400]])
    relighter = Relighter(LIGHT)

    def middle(area: FlatArea | PanelArea) -> float:
        return float(gain(GREY, relighter.relight(GREY, WHITE, [area]))[200:280, 280:360].mean())

    facing = middle(FlatArea(corners))
    tilted = middle(FlatArea(corners, normal=(0.77, 0.0, -0.64)))
    panel = middle(PanelArea(corners))
    assert 0.4 * facing < tilted < 0.85 * facing
    assert 0 < panel < 0.2 * facing


def test_later_areas_lie_before_earlier_ones() -> None:
    corners = np.array([[0.0, 0], [640, 0], [640, 480], [0, 480]])
    panel = Relighter(LIGHT).relight(GREY, WHITE, [FlatArea(corners), PanelArea(corners)])
    sheet = Relighter(LIGHT).relight(GREY, WHITE, [PanelArea(corners), FlatArea(corners)])
    assert gain(GREY, sheet)[200:280, 280:360].mean() > 4 * gain(GREY, panel)[200:280, 280:360].mean()


def test_gloss_adds_light_in_the_screen_s_colour_on_dark_skin_too() -> None:
    dark = np.asarray(np.full_like(GREY, 30), np.uint8)
    matt = Relighter(LIGHT).relight(dark, (60, 230, 230), [FaceArea(MESH)])
    shiny = Relighter(replace(LIGHT, gloss=0.3)).relight(dark, (60, 230, 230), [FaceArea(MESH)])
    more = (to_linear()[shiny] - to_linear()[matt])[..., 2]
    assert more.max() > 0.002
    assert more[:, :150].max() == 0
    assert (to_linear()[shiny] - to_linear()[matt])[..., 0].max() < 0.2 * more.max()


def test_red_light_spreads_farther_in_skin_than_blue() -> None:
    found = lit(LIGHT, WHITE)
    edge = found[230, 380:430]
    steps = np.abs(np.diff(edge, axis=0)).max(axis=0)
    assert steps[0] <= steps[2] + 1e-3


def test_an_uneven_room_changes_the_answer_the_other_way() -> None:
    found = lit(replace(LIGHT, ambient_gradient=0.4, middle_cm=(0.0, 7.0)), WHITE).mean(axis=2)
    assert found[230:250, 255:275].mean() > 1.05 * found[230:250, 365:385].mean(), "less room light, a larger share"


def test_neighbours_found_before_give_the_same_light() -> None:
    scene = Relighter(LIGHT).relight(GREY, WHITE, [FaceArea(MESH)])
    again = Relighter(LIGHT).relight(GREY, WHITE, [FaceArea(MESH, neighbours=neighbours_of(MESH))])
    assert (scene == again).all()


def test_the_screen_is_below_the_camera_and_drawn_in_its_range() -> None:
    drawn = [draw_screen_light(QUIET, random.Random(seed)) for seed in range(50)]
    assert all(4 <= light.middle_cm[1] <= 9 and -4 <= light.middle_cm[0] <= 4 for light in drawn)
    assert drawn[3] == draw_screen_light(QUIET, random.Random(3))


def test_an_actor_is_lit_by_the_colour_of_the_moment(lively_actor: Actor) -> None:
    dark = lively_actor.scene(Cue(time_s=1.0))
    blue = lively_actor.scene(Cue(time_s=1.001, colour=(80, 150, 255)))
    yellow = lively_actor.scene(Cue(time_s=1.002, colour=(235, 235, 60)))
    middle = np.s_[200:230, 300:340]
    found = [to_linear()[scene[middle]].mean(axis=(0, 1)) for scene in (dark, blue, yellow)]
    assert found[1][2] > 1.05 * found[0][2]
    assert found[2][0] > 1.05 * found[0][0]
    assert found[2][2] < found[1][2]
    assert np.abs(blue[:100, :100].astype(int) - dark[:100, :100]).mean() < 3


@pytest.fixture
def lively_actor() -> Actor:
    from actor_material import lively

    return Actor(lively(up=0, down=0, right=0), replace(QUIET, return_share=0.2), random.Random(0))
