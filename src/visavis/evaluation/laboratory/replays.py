"""Replays on a display: a still, an old capture, and the luckiest of several."""

import random
from collections.abc import Mapping
from typing import Final

import numpy as np

from visavis.capture.challenge import Challenge, Gesture
from visavis.evaluation.laboratory.actor import Actor
from visavis.evaluation.laboratory.camera import CameraChannel
from visavis.evaluation.laboratory.clips import Clip
from visavis.evaluation.laboratory.conditions import Conditions
from visavis.evaluation.laboratory.framing import Framing, frame_still
from visavis.evaluation.laboratory.instrument import Species, draw_clip, draw_still, own
from visavis.evaluation.laboratory.material import Material
from visavis.evaluation.laboratory.motion import Look
from visavis.evaluation.laboratory.recordings import OldCapture, Respliced, agreement, old_challenge, other_day
from visavis.evaluation.laboratory.screens import HeldScreen, StillSubject
from visavis.evaluation.laboratory.stage import Channel, Staged, Subject
from visavis.evaluation.laboratory.streams import InjectedChannel, draw_forged_stream

__all__ = ["ReplayLuckiest", "TabletClip", "TabletStill"]

RECORDED: Final = 5


def _eye_px(clip: Clip) -> float:
    """Between the eyes of the person of ``clip``, as they mostly are."""
    return float(np.median([face.inter_eye_px for face in clip.faces if face is not None]))


class TabletStill(Species):
    """A still on a tablet, tilted by hand to answer: 10 to 40 degrees for a turn, 10 to 30 for a look. Closed eyes
    cannot be answered.
    """

    code = "tablet_still"
    title = "Still on a tablet"
    level = "screen"

    def stage(self, material: Material, challenge: Challenge, conditions: Conditions, rng: random.Random) -> Staged:
        del challenge
        still, eye_px = draw_still(material, rng), rng.uniform(80, 120)
        picture, _ = frame_still(still.pixels, still.mesh.points, Framing(eye_px=eye_px, y=0.52))
        turn, look = rng.uniform(10, 40), rng.uniform(10, 30)
        answers = {
            Gesture.TURN_LEFT: Look(yaw=turn),
            Gesture.TURN_RIGHT: Look(yaw=-turn),
            Gesture.LOOK_UP: Look(pitch=look),
            Gesture.LOOK_DOWN: Look(pitch=-look),
        }
        subject = HeldScreen(StillSubject(picture), eye_px=eye_px, conditions=conditions, rng=rng, answers=answers)
        details: Mapping[str, float | str] = {
            "turn_degrees": round(turn, 1),
            "look_degrees": round(look, 1),
            "glass": round(subject.glass, 3),
        }
        channel = CameraChannel(conditions, own(rng))
        return Staged(subject=subject, channel=channel, camera_label="HD Webcam", people=(still.name,), details=details)


class TabletClip(Species):
    """An old genuine capture of the holder on a tablet: every gesture right, but in another order, at the pace and in
    the light of its own day; the tablet is held still, as well as a hand can.
    """

    code = "tablet_clip"
    title = "Old capture on a tablet, another order"
    level = "screen"

    def stage(self, material: Material, challenge: Challenge, conditions: Conditions, rng: random.Random) -> Staged:
        clip = draw_clip(material, challenge, rng)
        actor = Actor(clip, other_day(conditions, rng), rng)
        capture = OldCapture(actor, old_challenge(clip, challenge, rng), rng)
        subject = HeldScreen(capture, eye_px=_eye_px(clip), conditions=conditions, rng=rng)
        return Staged(
            subject=subject,
            channel=CameraChannel(conditions, own(rng)),
            camera_label="HD Webcam",
            people=(clip.name,),
            details={"glass": round(subject.glass, 3)},
        )


class ReplayLuckiest(Species):
    """The attacker holds five recorded answers of the holder to five challenges, plays the one whose order agrees best
    with the prompts (which takes luck, since prompts come one by one: here they are granted it), and starts each of its
    gestures as its prompt comes. The light is that of the old challenge. On a tablet or as a stream with forged noise
    and jitter, half of each.
    """

    code = "replay_luckiest"
    title = "The luckiest of five recorded answers"
    level = "screen"

    def stage(self, material: Material, challenge: Challenge, conditions: Conditions, rng: random.Random) -> Staged:
        clip = draw_clip(material, challenge, rng)
        recorded = [old_challenge(clip, challenge, rng, same_order=True) for _ in range(RECORDED)]
        best = max(recorded, key=lambda old: agreement(old.gestures, challenge.gestures))
        old = other_day(conditions, rng)
        capture = Respliced(clip, best.gestures, old, rng, light=best.light)
        shown = rng.random() < 0.5
        subject: Subject = capture
        channel: Channel
        if shown:
            subject = HeldScreen(capture, eye_px=_eye_px(clip), conditions=conditions, rng=rng)
            channel = CameraChannel(conditions, own(rng))
        else:
            channel = InjectedChannel(draw_forged_stream(conditions, rng), own(rng))
        right, _ = agreement(best.gestures, challenge.gestures)
        details: Mapping[str, float | str] = {
            "through": "display" if shown else "stream",
            "gestures_right": right,
            "whole_order": str(right == len(challenge.gestures)).lower(),
        }
        return Staged(subject=subject, channel=channel, camera_label="HD Webcam", people=(clip.name,), details=details)
