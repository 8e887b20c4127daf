"""Streams fed in place of a camera: an old capture as it is, forged, tinted, frozen or looped."""

import random
from collections.abc import Mapping
from typing import Final, Literal

import cv2
import numpy as np
from numpy.typing import NDArray

from visavis.capture.challenge import Challenge
from visavis.capture.light_schedule import Rgb, linear_light
from visavis.capture.picture import RgbImage
from visavis.evaluation.laboratory.actor import Actor
from visavis.evaluation.laboratory.camera import moved_by
from visavis.evaluation.laboratory.clips import Clip
from visavis.evaluation.laboratory.conditions import Conditions
from visavis.evaluation.laboratory.framing import CELL, SCENE, add_light
from visavis.evaluation.laboratory.instrument import Species, draw_clip, own
from visavis.evaluation.laboratory.material import Material
from visavis.evaluation.laboratory.motion import Wander
from visavis.evaluation.laboratory.recordings import OldCapture, Respliced, old_challenge, other_day
from visavis.evaluation.laboratory.stage import Cue, Staged, Subject
from visavis.evaluation.laboratory.streams import InjectedChannel, StreamOptions, clean_stream, draw_forged_stream
from visavis.perception.landmarks import FACE_OVAL

__all__ = ["Frozen", "InjectedClean", "InjectedFlatTint", "InjectedGlobalTint", "InjectedJitter", "Looped"]

_LABELS: Final = ("Integrated Camera", "HD Webcam", "OBS Virtual Camera")


def _staged(
    subject: Subject,
    clip: Clip,
    options: StreamOptions,
    rng: random.Random,
    details: Mapping[str, float | str] | None = None,
) -> Staged:
    return Staged(
        subject=subject,
        channel=InjectedChannel(options, own(rng)),
        camera_label=rng.choices(_LABELS, weights=(5, 4, 1))[0],
        people=(clip.name,),
        details={"jitter_s": round(options.jitter_s, 4), "noise": round(options.noise, 2), **(details or {})},
    )


def _old(material: Material, challenge: Challenge, conditions: Conditions, rng: random.Random) -> tuple[Subject, Clip]:
    clip = draw_clip(material, challenge, rng)
    actor = Actor(clip, other_day(conditions, rng), rng)
    return OldCapture(actor, old_challenge(clip, challenge, rng), rng), clip


class InjectedClean(Species):
    """An old genuine capture of the holder, fed in with perfect pixels and clock, in its own order and light."""

    code = "injected_clean"
    title = "Injected old capture, perfect pixels and clock"
    level = "injection"

    def stage(self, material: Material, challenge: Challenge, conditions: Conditions, rng: random.Random) -> Staged:
        subject, clip = _old(material, challenge, conditions, rng)
        return _staged(subject, clip, clean_stream(conditions), rng)


class InjectedJitter(Species):
    """The same with forged sensor noise, forged exposure drift and a forged, jittering clock."""

    code = "injected_jitter"
    title = "Injected old capture, forged noise and jitter"
    level = "injection"

    def stage(self, material: Material, challenge: Challenge, conditions: Conditions, rng: random.Random) -> Staged:
        subject, clip = _old(material, challenge, conditions, rng)
        return _staged(subject, clip, draw_forged_stream(conditions, rng), rng)


class Tinted:
    """A `visavis.evaluation.laboratory.stage.Subject`: recorded gestures in the order that is asked for, tinted with
    the colour that the page shows. ``over``: the whole ``picture`` alike, or the ``face`` alone, flat, with a soft
    edge.
    """

    def __init__(self, capture: Respliced, *, share: float, over: Literal["picture", "face"]) -> None:
        self._capture, self._share, self._over = capture, share, over

    def scene(self, cue: Cue) -> RgbImage:
        picture = self._capture.scene(cue)
        points = self._capture.points
        if cue.colour is None or points is None:
            return picture
        if self._over == "face":
            return add_light(picture, _face_mask(points), cue.colour, self._share)
        return np.asarray(cv2.LUT(picture, _tint(cue.colour, self._share)), np.uint8)


def _face_mask(points: NDArray[np.float32]) -> NDArray[np.float32]:
    mask = np.zeros((SCENE[1] // CELL, SCENE[0] // CELL), np.float32)
    oval = points[list(FACE_OVAL), :2]
    middle = oval.mean(axis=0)
    corners = (middle + 1.04 * (oval - middle)) / CELL - 0.5
    cv2.fillPoly(mask, [np.round(corners * 16).astype(np.int32)], 1.0, lineType=cv2.LINE_AA, shift=4)
    return np.asarray(cv2.GaussianBlur(mask, (0, 0), 1.2), np.float32)


def _tint(colour: Rgb, share: float) -> RgbImage:
    """(1, 256, 3): sRGB to sRGB with that much more of each colour, as a power of 2.2."""
    gains = (1 + share * np.array(linear_light(colour))) ** (1 / 2.2)
    return np.asarray(np.clip(np.arange(256)[:, None] * gains + 0.5, 0, 255), np.uint8)[None]


def _tinted(
    material: Material,
    challenge: Challenge,
    conditions: Conditions,
    rng: random.Random,
    over: Literal["picture", "face"],
) -> Staged:
    clip = draw_clip(material, challenge, rng)
    share = float(np.exp(rng.uniform(np.log(0.04), np.log(0.25))))
    subject = Tinted(Respliced(clip, challenge.gestures, conditions, rng), share=share, over=over)
    return _staged(subject, clip, draw_forged_stream(conditions, rng), rng, {"drawn_light": round(share, 3)})


class InjectedGlobalTint(Species):
    """Recorded gestures of the holder, put in the order that is asked for in real time, in a forged stream; the whole
    picture is tinted by the colour that the page shows, 0.04 to 0.25 of its light. Only the light can tell.
    """

    code = "injected_global_tint"
    title = "Injected, right gestures, whole picture tinted"
    level = "injection"

    def stage(self, material: Material, challenge: Challenge, conditions: Conditions, rng: random.Random) -> Staged:
        return _tinted(material, challenge, conditions, rng, "picture")


class InjectedFlatTint(Species):
    """The same, with the face alone tinted, flat and with a soft edge, as a filter of a chat program does."""

    code = "injected_flat_tint"
    title = "Injected, right gestures, face tinted flat"
    level = "injection"

    def stage(self, material: Material, challenge: Challenge, conditions: Conditions, rng: random.Random) -> Staged:
        return _tinted(material, challenge, conditions, rng, "face")


class Freezing:
    """A `visavis.evaluation.laboratory.stage.Subject`: living until ``freezes_s``, then one frame for ever."""

    def __init__(self, actor: Actor, *, freezes_s: float) -> None:
        self._actor, self._freezes_s = actor, freezes_s
        self._kept: RgbImage | None = None

    def scene(self, cue: Cue) -> RgbImage:
        if self._kept is not None:
            return self._kept
        picture = self._actor.scene(Cue(time_s=cue.time_s))
        if cue.time_s >= self._freezes_s:
            self._kept = picture
        return picture


class Loop:
    """A `visavis.evaluation.laboratory.stage.Subject`: the first ``length_s`` of somebody who idles, round and round.

    ``shake_px``: by which the picture is moved, smoothly, so that no frame comes back as it was.
    """

    def __init__(self, actor: Actor, rng: random.Random, *, length_s: float, shake_px: float) -> None:
        self._actor, self._length_s, self._shake_px = actor, length_s, shake_px
        self._shake = Wander(rng, shake_px, shake_px)
        self._kept: list[tuple[float, RgbImage]] = []
        self._recorded = False

    def scene(self, cue: Cue) -> RgbImage:
        if not self._recorded:
            picture = self._actor.scene(Cue(time_s=cue.time_s))
            self._kept.append((cue.time_s, picture))
            self._recorded = cue.time_s - self._kept[0][0] >= self._length_s
            return picture
        begun = self._kept[0][0]
        into = begun + (cue.time_s - begun) % self._length_s
        picture = min(self._kept, key=lambda item: abs(item[0] - into))[1]
        if not self._shake_px:
            return picture
        return moved_by(picture, *self._shake.at(cue.time_s))


class Frozen(Species):
    """A stream that stands still from 1 to 2.5 seconds on, after the neutral was found; half with forged noise."""

    code = "frozen"
    title = "Frozen stream"
    level = "injection"

    def stage(self, material: Material, challenge: Challenge, conditions: Conditions, rng: random.Random) -> Staged:
        clip = draw_clip(material, challenge, rng)
        subject = Freezing(Actor(clip, conditions, rng), freezes_s=rng.uniform(1.0, 2.5))
        forged = rng.random() < 0.5
        options = draw_forged_stream(conditions, rng) if forged else clean_stream(conditions)
        return _staged(subject, clip, options, rng)


class Looped(Species):
    """A genuine stretch of 1.5 to 4 seconds of the holder who looks into the camera, over and over; half of them with
    forged noise, and half with a slight shake of 0.5 to 3 px.
    """

    code = "looped"
    title = "Looped stream"
    level = "injection"

    def stage(self, material: Material, challenge: Challenge, conditions: Conditions, rng: random.Random) -> Staged:
        clip = draw_clip(material, challenge, rng)
        shake = rng.uniform(0.5, 3.0) if rng.random() < 0.5 else 0.0
        subject = Loop(Actor(clip, conditions, rng), rng, length_s=rng.uniform(1.5, 4.0), shake_px=shake)
        forged = rng.random() < 0.5
        options = draw_forged_stream(conditions, rng) if forged else clean_stream(conditions)
        return _staged(subject, clip, options, rng, {"shake_px": round(shake, 2)})
