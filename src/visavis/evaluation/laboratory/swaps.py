"""More than one person in a capture: a face that becomes another's, and somebody who comes in."""

import random
from dataclasses import replace
from typing import Final

import cv2
import numpy as np
from numpy.typing import NDArray

from visavis.capture.challenge import Challenge, GestureStep
from visavis.capture.picture import RgbImage
from visavis.evaluation.laboratory.actor import Actor
from visavis.evaluation.laboratory.camera import CameraChannel
from visavis.evaluation.laboratory.conditions import Conditions
from visavis.evaluation.laboratory.framing import SCENE
from visavis.evaluation.laboratory.instrument import Species, draw_clip, own
from visavis.evaluation.laboratory.material import Material
from visavis.evaluation.laboratory.motion import smooth_step
from visavis.evaluation.laboratory.recordings import HandHeld
from visavis.evaluation.laboratory.stage import Channel, Cue, Staged, Subject
from visavis.evaluation.laboratory.streams import InjectedChannel, draw_forged_stream
from visavis.perception.geometry import fit_similarity
from visavis.perception.landmarks import LEFT_EYE_CORNERS, MOUTH_CORNERS, RIGHT_EYE_CORNERS

__all__ = ["FaceSwap", "Joined", "SecondPerson", "Together"]

_ANCHORS: Final = (*RIGHT_EYE_CORNERS, *LEFT_EYE_CORNERS, *MOUTH_CORNERS)
_JOIN_S: Final = 0.15
_SEAM: Final = 12
"""px, from the middle of the seam between two people to either side."""
_Numbers = NDArray[np.float64]


class Joined:
    """A `visavis.evaluation.laboratory.stage.Subject`: ``one`` up to the gesture at ``index``, then ``other``, who sits
    where the first one sat.

    The change comes ``after_s`` into the gesture, over 0.15 seconds, while the head is turned or the eyes are closed.
    Both answer every prompt, so that the second one is never out of step. Both are lit by the page's screen.
    """

    def __init__(self, one: Actor, other: Actor, *, index: int, after_s: float) -> None:
        self._one, self._other, self._index, self._after_s = one, other, index, after_s
        self._changes_s: float | None = None
        self._matrix: _Numbers | None = None

    def scene(self, cue: Cue) -> RgbImage:
        if self._matrix is None:
            start = replace(cue, step=None, index=None, colour=None)
            one, other = (actor.look(start).points[list(_ANCHORS), :2] for actor in (self._one, self._other))
            self._matrix = fit_similarity(other, one)
        if self._changes_s is None and cue.index is not None and cue.index >= self._index:
            late = self._after_s - cue.since_s if cue.index == self._index else 0.0
            self._changes_s = cue.time_s + max(0.0, late)
        share = 0.0 if self._changes_s is None else (cue.time_s - self._changes_s) / _JOIN_S
        first = self._one.scene(cue) if share < 1 else None
        if first is not None and share <= 0:
            self._other.look(cue)
            return first
        second = cv2.warpAffine(self._other.scene(cue), self._matrix, SCENE, borderMode=cv2.BORDER_REFLECT_101)
        if first is None:
            return np.asarray(second, np.uint8)
        share = smooth_step(share)
        return np.asarray(cv2.addWeighted(first, 1 - share, second, share, 0), np.uint8)


class Together:
    """A `visavis.evaluation.laboratory.stage.Subject`: ``one``, and at ``enters_s`` ``other`` comes in from the right.

    With ``stays`` both are in the picture from then on, each in a half of it, and only ``other`` answers; else the
    first one leaves to the left meanwhile. It takes ``takes_s``.
    """

    def __init__(self, one: Actor, other: Actor, *, enters_s: float, takes_s: float, stays: bool) -> None:
        self._one, self._other, self._stays = one, other, stays
        self._enters_s, self._takes_s = enters_s, takes_s

    def scene(self, cue: Cue) -> RgbImage:
        share = smooth_step((cue.time_s - self._enters_s) / self._takes_s)
        waiting = Cue(time_s=cue.time_s, colour=cue.colour)
        if share <= 0:
            self._other.look(waiting)
            return self._one.scene(cue)
        width = SCENE[0]
        first = self._one.scene(waiting if self._stays else cue)
        second = self._other.scene(cue)
        if not self._stays and share >= 1:
            return second
        quarter = width // 4
        aside = round(quarter * share) if self._stays else round(width * share)
        from_right = round((width - quarter) * (1 - share)) + quarter if self._stays else round(width * (1 - share))
        seam = width - quarter + (from_right - width) // 1 + quarter if self._stays else from_right
        seam = min(width, max(width // 2 if self._stays else 0, seam))
        picture = _moved(first, -aside)
        begins, ends = max(0, seam - _SEAM), min(width, seam + _SEAM)
        right = _moved(second, from_right)[:, begins:]
        mask = np.clip((np.arange(begins, ends, dtype=np.float32) - seam) / (2 * _SEAM) + 0.5, 0, 1)[None, :, None]
        both = picture[:, begins:ends] * (1 - mask) + right[:, : ends - begins] * mask + 0.5
        picture[:, begins:ends] = both.astype(np.uint8)
        picture[:, ends:] = right[:, ends - begins :]
        return picture


def _moved(picture: RgbImage, right: int) -> RgbImage:
    """By whole px; its border column goes on."""
    width = picture.shape[1]
    right = min(width - 1, max(1 - width, right))
    part = picture[:, max(0, -right) : width - max(0, right)]
    return np.asarray(cv2.copyMakeBorder(part, 0, 0, max(0, right), max(0, -right), cv2.BORDER_REPLICATE), np.uint8)


def _two(material: Material, challenge: Challenge, conditions: Conditions, rng: random.Random) -> tuple[Actor, Actor]:
    """The holder, and somebody else, both of whom can answer."""
    one = draw_clip(material, challenge, rng)
    other = draw_clip(material, challenge, rng, apart_from=(one.name,))
    return Actor(one, conditions, rng), Actor(other, conditions, rng)


class FaceSwap(Species):
    """The holder's face at first; in the middle of a gesture it becomes another's, of the same size and in the same
    place.

    A forged stream, or, half of them, before a real camera, as a filter between camera and page does it. Unrealistic:
    the picture behind changes too, and nothing of the first face is left in the second, as it is in a deepfake.
    """

    code = "face_swap"
    title = "Face swapped in mid-stream"
    level = "swap"

    def stage(self, material: Material, challenge: Challenge, conditions: Conditions, rng: random.Random) -> Staged:
        one, other = _two(material, challenge, conditions, rng)
        gestures = [index for index, step in enumerate(challenge.steps) if isinstance(step, GestureStep)]
        index = rng.choice(gestures[:-1])  # within the last one, the capture might be over before
        subject: Subject = Joined(one, other, index=index, after_s=rng.uniform(0.9, 1.6))
        forged = rng.random() < 0.5
        if forged:
            subject = HandHeld(subject, conditions, rng)
        channel: Channel = (
            InjectedChannel(draw_forged_stream(conditions, rng), own(rng))
            if forged
            else CameraChannel(conditions, own(rng))
        )
        return Staged(
            subject=subject,
            channel=channel,
            camera_label="HD Webcam",
            people=(one.clip.name, other.clip.name),
            details={"at_gesture": gestures.index(index), "through": "stream" if forged else "camera"},
        )


class SecondPerson(Species):
    """Another person comes into the picture from the side, 2 to 8 seconds after the beginning: half of them stay beside
    the first one and answer instead of them, half take their place.
    """

    code = "second_person"
    title = "A second person helps or takes over"
    level = "swap"

    def stage(self, material: Material, challenge: Challenge, conditions: Conditions, rng: random.Random) -> Staged:
        one, other = _two(material, challenge, conditions, rng)
        stays = rng.random() < 0.5
        subject = Together(one, other, enters_s=rng.uniform(2, 8), takes_s=rng.uniform(0.5, 1.2), stays=stays)
        return Staged(
            subject=subject,
            channel=CameraChannel(conditions, own(rng)),
            camera_label="HD Webcam",
            people=(one.clip.name, other.clip.name),
            details={"stays": str(stays).lower()},
        )
