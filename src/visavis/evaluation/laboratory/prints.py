"""Prints: the species of paper. What a sheet is, and how light falls on it, is in
`visavis.evaluation.laboratory.cards`.
"""

import math
import random
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

import cv2
import numpy as np
from numpy.typing import NDArray

from visavis.capture.challenge import Challenge, Eyes, Gesture
from visavis.capture.picture import RgbImage
from visavis.evaluation.laboratory.camera import CameraChannel
from visavis.evaluation.laboratory.cards import EYES_CM, FOCAL_PX, Card, CardPose, print_picture, printed
from visavis.evaluation.laboratory.conditions import Conditions
from visavis.evaluation.laboratory.instrument import Species, draw_still, own, paint_room
from visavis.evaluation.laboratory.lids import Lids
from visavis.evaluation.laboratory.material import Material, Still
from visavis.evaluation.laboratory.motion import Follower, Look, Wander
from visavis.evaluation.laboratory.relight import Relighter, draw_screen_light
from visavis.evaluation.laboratory.stage import Cue, Staged

__all__ = ["HeldPrint", "PrintBent", "PrintEyeHoles", "PrintFlat"]

_RIGHT_EYE: Final = (33, 7, 163, 144, 145, 153, 154, 155, 133, 173, 157, 158, 159, 160, 161, 246)
_LEFT_EYE: Final = (263, 249, 390, 373, 374, 380, 381, 382, 362, 398, 384, 385, 386, 387, 388, 466)
_Numbers = NDArray[np.float64]


@dataclass(frozen=True, slots=True, kw_only=True)
class Tilt:
    """How far a sheet is tilted for a turn and for a look up or down, degrees, and what is done where closed eyes are
    asked for: ``none``; ``bob``, the sheet is dipped; ``cover``, a hand is laid over its eyes.
    """

    turn: float
    look: float
    closure: str = "none"

    @property
    def answers(self) -> Mapping[Gesture, Look]:
        closed = {} if self.closure == "none" else {Gesture.CLOSE_EYES: Look(left=1.0, right=1.0)}
        return {
            Gesture.TURN_LEFT: Look(yaw=self.turn),
            Gesture.TURN_RIGHT: Look(yaw=-self.turn),
            Gesture.LOOK_UP: Look(pitch=self.look),
            Gesture.LOOK_DOWN: Look(pitch=-self.look),
            **closed,
        }


class HeldPrint:
    """A `visavis.evaluation.laboratory.stage.Subject`: a sheet in somebody's hands, before a room.

    ``eyes``: living eyes behind holes, which close when asked; None for a sheet without holes.
    """

    def __init__(
        self,
        card: Card,
        picture: RgbImage,
        points: _Numbers,
        *,
        tilt: Tilt,
        distance_cm: float,
        gloss: float,
        conditions: Conditions,
        rng: random.Random,
        eyes: "EyeHoles | None" = None,
    ) -> None:
        self._card, self._picture, self._points = card, picture, points
        self._tilt, self._distance_cm, self._gloss, self._eyes = tilt, distance_cm, gloss, eyes
        # paper is heavier than a head: it is turned in one go, and comes to rest
        self._follower = Follower(rng, answers=tilt.answers, eyes=Eyes.BOTH)
        self._tremor = Wander(rng, 1.6, 1.6, 1.4)
        self._sway = Wander(rng, 0.8, 0.7, 0.8)
        self._room = paint_room(rng)
        self._relighter = Relighter(draw_screen_light(conditions, rng))
        skin = np.random.default_rng(rng.getrandbits(64)).uniform(0.85, 1.1, 3)
        self._hand = [float(value) for value in np.clip(np.array([196, 150, 128]) * skin, 0, 255)]

    def pose(self, cue: Cue) -> tuple[CardPose, Look]:
        """Where the sheet is held now, and what its eyes are asked to do. Advances the subject like `scene`."""
        look = self._follower.look(cue)
        yaw, pitch, roll = self._tremor.at(cue.time_s)
        x, y, z = self._sway.at(cue.time_s)
        bob = 3.0 * look.left if self._tilt.closure == "bob" else 0.0
        pose = CardPose(
            yaw=yaw + look.yaw,
            pitch=pitch + look.pitch,
            roll=roll,
            x_cm=x,
            y_cm=y - bob,
            distance_cm=self._distance_cm + z,
        )
        return pose, look

    def scene(self, cue: Cue) -> RgbImage:
        pose, look = self.pose(cue)
        texture = self._picture if self._eyes is None else self._eyes.seen(self._picture, look, pose)
        picture = self._room.copy()
        self._card.draw(picture, texture, pose)
        if self._tilt.closure == "cover" and look.left > 0.05:
            self._cover(picture, pose, look.left)
        areas = self._card.areas(pose, gloss=self._gloss)
        return self._relighter.relight(picture, cue.colour, areas, distance_cm=pose.distance_cm)

    def _cover(self, picture: RgbImage, pose: CardPose, share: float) -> None:
        """Four fingers over the eyes, coming from above."""
        height, width = self._picture.shape[:2]
        at = self._points[[33, 263], :2].mean(axis=0)
        sheet = np.array([[(at[0] / width - 0.5), (0.5 - at[1] / height)]])
        x, y = self._card.project(sheet * [self._card.width_cm, self._card.height_cm], pose)[0]
        px = FOCAL_PX / pose.distance_cm
        centre = round(x), round(y - (1 - share) * 9 * px)
        for finger in (-1.35, -0.45, 0.45, 1.35):
            place = centre[0] + round(0.6 * finger * px), centre[1] + round(finger * px)
            for inset, light in ((0.0, 0.72), (0.12, 0.9), (0.26, 1.0)):
                size = round((6.2 - inset) * px), round((0.55 - inset) * px)
                colour = [light * value for value in self._hand]
                cv2.ellipse(picture, place, size, -4, 0, 360, colour, -1, cv2.LINE_AA)


class EyeHoles:
    """Living eyes behind a sheet: they close, lie a little deeper than the paper, and have no ink on them."""

    def __init__(self, picture: RgbImage, points: _Numbers, *, depth_cm: float, px_per_cm: float) -> None:
        self._lids = Lids(picture, points)
        self._depth_px = depth_cm * px_per_cm
        mask = np.zeros(picture.shape[:2], np.float32)
        for eye in (_RIGHT_EYE, _LEFT_EYE):
            hull = cv2.convexHull(np.round(points[list(eye), :2]).astype(np.int32))
            cv2.fillPoly(mask, [np.asarray(hull)], 1.0)
        side = max(3, round(0.45 * px_per_cm)) | 1
        holes = cv2.dilate(mask, np.ones((side, side), np.uint8))
        rim = cv2.GaussianBlur(holes, (0, 0), max(0.6, 0.06 * px_per_cm))
        rows, columns = np.nonzero(holes)
        self._box = np.s_[max(0, rows.min() - 6) : rows.max() + 7, max(0, columns.min() - 6) : columns.max() + 7]
        self._mask = np.asarray(rim[self._box][:, :, None], np.float32)
        # the paper's edge throws a shadow on what lies behind it
        self._shade = (1 - 0.5 * np.clip(4 * self._mask * (1 - self._mask), 0, 1)).astype(np.float32)

    def seen(self, paper: RgbImage, look: Look, pose: CardPose) -> RgbImage:
        """``paper`` with the eyes in its holes, shifted as what lies deeper is."""
        x = -self._depth_px * math.tan(math.radians(max(-40.0, min(40.0, pose.yaw))))
        y = self._depth_px * math.tan(math.radians(max(-40.0, min(40.0, pose.pitch))))
        box, mask = self._box, self._mask
        height, width = mask.shape[:2]
        eyes = np.ascontiguousarray(self._lids.closed(look.left, look.right)[box])
        matrix = np.array([[1.0, 0.0, x], [0.0, 1.0, y]])
        moved = cv2.warpAffine(eyes, matrix, (width, height), borderMode=cv2.BORDER_REPLICATE)
        both = paper.copy()
        both[box] = (paper[box] * (1 - mask) + moved * (mask * self._shade) + 0.5).astype(np.uint8)
        return both


def _staged(
    subject: HeldPrint, still: Still, conditions: Conditions, rng: random.Random, details: Mapping[str, float | str]
) -> Staged:
    channel = CameraChannel(conditions, own(rng))
    return Staged(subject=subject, channel=channel, camera_label="HD Webcam", people=(still.name,), details=details)


def _hold(
    still: Still,
    card: Card,
    tilt: Tilt,
    conditions: Conditions,
    rng: random.Random,
    *,
    holes: bool = False,
) -> Staged:
    eyes_cm = EYES_CM * (1.0 if holes else rng.uniform(0.85, 1.15))
    picture, points = print_picture(still, card, eyes_cm=eyes_cm)
    px_per_cm = picture.shape[0] / card.height_cm
    bordered = not holes and rng.random() < 0.4
    paper = printed(picture, rng, border_px=round(rng.uniform(0.4, 1.2) * px_per_cm) if bordered else 0)
    # as large in the picture as a face is: 68 to 100 px between the eyes
    distance = eyes_cm * FOCAL_PX / rng.uniform(68, 100)
    gloss = rng.uniform(0.01, 0.1)
    eyes = EyeHoles(picture, points, depth_cm=rng.uniform(0.3, 1.2), px_per_cm=px_per_cm) if holes else None
    subject = HeldPrint(
        card,
        paper,
        points,
        tilt=tilt,
        distance_cm=distance,
        gloss=gloss,
        conditions=conditions,
        rng=rng,
        eyes=eyes,
    )
    details: dict[str, float | str] = {
        "turn_degrees": round(tilt.turn, 1),
        "look_degrees": round(tilt.look, 1),
        "bend_per_cm": round(card.bend, 4),
        "closure": "eyes" if holes else tilt.closure,
        "border": str(bordered).lower(),
        "gloss": round(gloss, 3),
    }
    return _staged(subject, still, conditions, rng, details)


def _sheet(rng: random.Random, *, bend: float = 0.0) -> Card:
    height = rng.uniform(24, 34)
    return Card(width_cm=height * rng.uniform(0.7, 1.1), height_cm=height, bend=bend)


def _tilt(rng: random.Random, *, most: float = 60.0) -> Tilt:
    return Tilt(
        turn=rng.uniform(15, most), look=rng.uniform(15, min(45.0, most)), closure=rng.choice(("none", "bob", "cover"))
    )


class PrintFlat(Species):
    """A still on a flat sheet, held up and tilted by hand: 15 to 60 degrees for a turn, 15 to 45 for a look. Closed
    eyes cannot be answered: it is left, or the sheet is dipped, or a hand laid over its eyes. 24 to 34 cm high, matt to
    silky, with a white border in view 4 times in 10.
    """

    code = "print_flat"
    title = "Flat print, held and waved"
    level = "print"

    def stage(self, material: Material, challenge: Challenge, conditions: Conditions, rng: random.Random) -> Staged:
        del challenge
        return _hold(draw_still(material, rng), _sheet(rng), _tilt(rng), conditions, rng)


class PrintBent(Species):
    """The same on a sheet bent about its upright axis: half of them with the middle towards the camera, half away,
    radii of curvature of 10 to 30 cm; tilted by up to 50 degrees.
    """

    code = "print_bent"
    title = "Bent print, held and waved"
    level = "print"

    def stage(self, material: Material, challenge: Challenge, conditions: Conditions, rng: random.Random) -> Staged:
        del challenge
        bend = rng.choice((-1, 1)) / (2 * rng.uniform(10, 30))
        return _hold(draw_still(material, rng), _sheet(rng, bend=bend), _tilt(rng, most=50.0), conditions, rng)


class PrintEyeHoles(Species):
    """A sheet worn before the face, with holes for living eyes, which close when they are asked to; half of the sheets
    lie flat, half are bent round the face (radius of curvature 9 to 20 cm). The head behind it turns, so no more than
    15 to 40 degrees. The eyes are drawn from the same still without ink, 0.3 to 1.2 cm behind the paper.
    """

    code = "print_eye_holes"
    title = "Print with eye holes, living eyes behind"
    level = "print"

    def stage(self, material: Material, challenge: Challenge, conditions: Conditions, rng: random.Random) -> Staged:
        del challenge
        bend = rng.choice((0.0, 1 / (2 * rng.uniform(9, 20))))
        tilt = Tilt(turn=rng.uniform(15, 40), look=rng.uniform(12, 30), closure="eyes")
        return _hold(draw_still(material, rng), _sheet(rng, bend=bend), tilt, conditions, rng, holes=True)
