"""What every attack species is: one class, with a code for ever, that stages a presentation of its own.

A new species is a subclass of `Species`, and a line in `visavis.evaluation.laboratory.species`.
"""

import random
from abc import ABC, abstractmethod
from collections.abc import Sequence
from typing import ClassVar, Final, Literal

import cv2
import numpy as np

from visavis.capture.challenge import Challenge
from visavis.capture.picture import RgbImage
from visavis.errors import FileError
from visavis.evaluation.laboratory.actor import Actor
from visavis.evaluation.laboratory.clips import Clip
from visavis.evaluation.laboratory.conditions import Conditions
from visavis.evaluation.laboratory.framing import SCENE
from visavis.evaluation.laboratory.material import Material, Still
from visavis.evaluation.laboratory.stage import Staged

__all__ = ["Level", "Species", "draw_clip", "draw_still", "own", "paint_room"]

Level = Literal["print", "screen", "puppet", "swap", "injection"]
"""What the attacker has to have: paper, a display, software that animates, another person, or the camera's place."""


class Species(ABC):
    """One presentation attack instrument species (ISO/IEC 30107-3), as it is simulated here.

    Stateless. ``code``: stable. ``title``: for a table. The docstring of each class states its physics, and what of a
    real instrument it lacks.
    """

    code: ClassVar[str]
    title: ClassVar[str]
    level: ClassVar[Level]

    @abstractmethod
    def stage(self, material: Material, challenge: Challenge, conditions: Conditions, rng: random.Random) -> Staged:
        """One presentation against ``challenge``; the same ``rng`` stages the same, down to the pixel.

        Raises FileError ``laboratory_material_lacking`` where ``material`` holds nothing to make it of.
        """


def draw_still(material: Material, rng: random.Random) -> Still:
    """Any of the stills."""
    if not material.stills:
        raise _lacking("a picture of a face")
    return rng.choice(material.stills)


def draw_clip(material: Material, challenge: Challenge, rng: random.Random, *, apart_from: Sequence[str] = ()) -> Clip:
    """A clip of a person who can answer, of those that hold most of the gestures of ``challenge``: an attacker chooses
    well. ``apart_from``: names of people who are not meant.
    """
    able = [clip for clip in material.answering if clip.name not in apart_from and Actor.policy(clip) is not None]
    if not able:
        raise _lacking("a clip of another person who can answer" if apart_from else "a clip of a person who can answer")
    wanted = set(challenge.gestures)
    held = [len(wanted & set(clip.gestures.excursions)) for clip in able]
    return rng.choice([clip for clip, count in zip(able, held, strict=True) if count == max(held)])


def own(rng: random.Random) -> random.Random:
    """Random numbers for one part alone, so that it draws the same whatever the others do meanwhile."""
    return random.Random(rng.getrandbits(64))


def _lacking(what: str) -> FileError:
    return FileError(
        "laboratory_material_lacking",
        f"This attack cannot be built: there is not {what} in this half.",
        advice="Add clips of more people who turn, look up or down, and close their eyes.",
    )


_SMALL: Final = 8


def paint_room(rng: random.Random) -> RgbImage:
    """(480, 640, 3): what is behind an instrument: a wall in uneven light, a few things out of focus, some grain."""
    numbers = np.random.default_rng(rng.getrandbits(64))
    width, height = SCENE[0] // _SMALL, SCENE[1] // _SMALL
    wall = np.array([rng.uniform(90, 190)] * 3) * numbers.uniform(0.88, 1.12, 3)
    across, down = np.meshgrid(np.linspace(-1, 1, width), np.linspace(-1, 1, height))
    light = 1 + rng.uniform(-0.25, 0.25) * across + rng.uniform(-0.2, 0.1) * down
    room = (wall * light[:, :, None]).astype(np.float32)
    for _ in range(rng.randint(3, 7)):
        x, y = rng.randint(-10, width), rng.randint(-10, height)
        corner = x + rng.randint(6, 30), y + rng.randint(6, 40)
        hue = numbers.uniform(30, 215, 3)
        colour = [float(value) for value in 0.65 * hue.mean() + 0.35 * hue]
        cv2.rectangle(room, (x, y), corner, colour, thickness=-1)
    soft = cv2.GaussianBlur(room, (0, 0), rng.uniform(0.6, 1.5))
    whole = cv2.resize(soft, SCENE, interpolation=cv2.INTER_CUBIC)
    grain = cv2.GaussianBlur(numbers.normal(0, 1, (SCENE[1], SCENE[0], 1)).astype(np.float32), (0, 0), 1.2)
    return np.asarray(np.clip(whole + 6 * grain[:, :, None], 4, 245), np.uint8)
