"""Old genuine captures, as an attacker plays them: in their own order, or cut up and put in the order that is asked
for.

A capture is made of a clip by the same `Actor` that stands for living people, with another challenge, another room and
the light of its own day, held in a hand. So it has every virtue of a genuine one, but is no answer to this challenge.
"""

import random
from collections.abc import Sequence
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from visavis.capture.challenge import Challenge, ChallengePolicy, Gesture, GestureStep, LightStep, issue_challenge
from visavis.capture.light_schedule import LightSchedule
from visavis.capture.picture import RgbImage
from visavis.evaluation.laboratory.actor import Actor
from visavis.evaluation.laboratory.camera import moved_by
from visavis.evaluation.laboratory.clips import Clip
from visavis.evaluation.laboratory.conditions import Conditions, draw_conditions
from visavis.evaluation.laboratory.motion import Wander
from visavis.evaluation.laboratory.relight import FaceArea, Relighter, draw_screen_light, neighbours_of
from visavis.evaluation.laboratory.stage import Cue, Subject
from visavis.perception.session import FloatTensor

__all__ = ["Hand", "HandHeld", "OldCapture", "Respliced", "agreement", "old_challenge", "other_day"]


def old_challenge(clip: Clip, challenge: Challenge, rng: random.Random, *, same_order: bool = False) -> Challenge:
    """What the person of ``clip`` was once asked: a challenge that they can answer, and unless ``same_order`` may be by
    chance, with gestures in another order than those of ``challenge``.
    """
    policy = Actor.policy(clip) or ChallengePolicy()
    while True:
        old = issue_challenge(policy=policy, rng=rng, now=challenge.issued_at)
        if same_order or old.gestures != challenge.gestures:
            return old


def other_day(conditions: Conditions, rng: random.Random) -> Conditions:
    """The room and the screen of an earlier capture; the camera is today's."""
    old = draw_conditions(rng)
    return replace(
        conditions,
        return_share=old.return_share,
        background_m=old.background_m,
        ambient_gradient=old.ambient_gradient,
        ambient_flatness=old.ambient_flatness,
        gloss=old.gloss,
    )


class Hand:
    """The hand that held the camera of then: moves a picture by a few px, smoothly, so that no frame comes twice."""

    def __init__(self, conditions: Conditions, rng: random.Random) -> None:
        reach = conditions.shake_px + conditions.sway_px
        self._path = Wander(rng, reach, reach)

    def moved(self, picture: RgbImage, time_s: float) -> RgbImage:
        """(480, 640, 3), its border mirrored where it came into view."""
        return moved_by(picture, *self.shift(time_s))

    def shift(self, time_s: float) -> tuple[float, float]:
        x, y = self._path.at(time_s)
        return x, y


class HandHeld:
    """A `visavis.evaluation.laboratory.stage.Subject`: ``subject`` as the hand-held camera of then saw it."""

    def __init__(self, subject: Subject, conditions: Conditions, rng: random.Random) -> None:
        self._subject, self._hand = subject, Hand(conditions, rng)

    def scene(self, cue: Cue) -> RgbImage:
        return self._hand.moved(self._subject.scene(cue), cue.time_s)


class OldCapture:
    """A `visavis.evaluation.laboratory.stage.Subject`: an old capture by its own clock, over and over.

    ``script``: the challenge that it answered. It knows nothing of the prompts of today; its pauses, its pace and its
    colours are those of its own day. A prompt of then took 1.6 to 2.8 seconds to be answered.
    """

    def __init__(self, actor: Actor, script: Challenge, rng: random.Random) -> None:
        self._actor = actor
        self._hand = Hand(actor.conditions, rng)
        self._parts: list[tuple[float, float, int]] = []
        time = rng.uniform(0.8, 2.0)
        for index, step in enumerate(script.steps):
            begins = time + step.pause_s
            lasts = step.schedule.duration_s + 0.4 if isinstance(step, LightStep) else rng.uniform(1.6, 2.8)
            self._parts.append((begins, begins + lasts, index))
            time = begins + lasts
        self._script, self._length = script, time + rng.uniform(0.8, 2.0)

    def cue(self, time_s: float) -> Cue:
        """What the page of then showed, ``time_s`` after the beginning of the replay."""
        turn, into = divmod(time_s, self._length)
        for begins, ends, index in self._parts:
            if begins <= into < ends:
                step = self._script.steps[index]
                since = into - begins
                colour = step.schedule.colour_at(since) if isinstance(step, LightStep) else None
                # each round asks anew, so that the person answers anew
                number = index + int(turn) * len(self._parts)
                return Cue(time_s=time_s, step=step, index=number, since_s=since, colour=colour)
        last = max((ends for _, ends, _ in self._parts if ends <= into), default=0.0)
        return Cue(time_s=time_s, since_s=into - last)

    def scene(self, cue: Cue) -> RgbImage:
        return self._hand.moved(self._actor.scene(self.cue(cue.time_s)), cue.time_s)


class Respliced:
    """A `visavis.evaluation.laboratory.stage.Subject`: recorded gestures, each played when a prompt comes.

    ``order``: which gesture is played at the first prompt, at the second, and so on; beyond its end nothing is.
    ``points``: the landmarks (468, 3) of the last scene, px. ``light``: the colours of the old capture, which are on
    the face while today's are shown; None: it had none.
    """

    def __init__(
        self,
        clip: Clip,
        order: Sequence[Gesture],
        conditions: Conditions,
        rng: random.Random,
        *,
        light: LightSchedule | None = None,
    ) -> None:
        self._actor = Actor(clip, conditions, rng)
        self._hand = Hand(conditions, rng)
        self._relighter = Relighter(draw_screen_light(conditions, rng))
        self._order, self._light = tuple(order), light
        self._asked: list[int] = []
        self._neighbours: NDArray[np.intp] | None = None
        self.points: FloatTensor | None = None

    def scene(self, cue: Cue) -> RgbImage:
        if isinstance(cue.step, GestureStep) and cue.index is not None and cue.index not in self._asked:
            self._asked.append(cue.index)
        step = None
        if isinstance(cue.step, GestureStep) and cue.index is not None:
            place = self._asked.index(cue.index)
            step = replace(cue.step, gesture=self._order[place]) if place < len(self._order) else None
        colour = None
        if isinstance(cue.step, LightStep) and self._light is not None:
            colour = self._light.colour_at(cue.since_s)
        look = self._actor.look(replace(cue, step=step, colour=None))
        self.points = np.asarray(look.points + np.array([*self._hand.shift(cue.time_s), 0]), np.float32)
        if colour is None:
            return self._hand.moved(look.scene, cue.time_s)
        if self._neighbours is None:
            self._neighbours = neighbours_of(look.points)
        area = FaceArea(look.points, neighbours=self._neighbours)
        return self._hand.moved(self._relighter.relight(look.scene, colour, [area]), cue.time_s)


def agreement(order: Sequence[Gesture], asked: Sequence[Gesture]) -> tuple[int, int]:
    """How well a recorded order answers: gestures that are right from the first on, and those in their place."""
    same = [one is other for one, other in zip(order, asked, strict=False)]
    return (same.index(False) if False in same else len(same)), sum(same)
