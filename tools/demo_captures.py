"""The captures of the demonstration: a holder who is an animated portrait, and the attacks that must be refused.

Each is played in a closed circle, as by a page in front of a camera: a prompt comes, the subject answers, the camera
sees it, and only then comes the next prompt. The frames are kept as a video with the times at which they were taken.
What is written here goes to `var/demo`, which git ignores.
"""

import random
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from fractions import Fraction
from pathlib import Path
from typing import Final

import av

from visavis.capture.answering import challenge_json
from visavis.capture.challenge import Challenge, ChallengePolicy, Gesture, GestureStep, issue_challenge
from visavis.capture.frames import decode_frame
from visavis.capture.picture import Picture, RgbImage, read_picture
from visavis.evaluation.laboratory.camera import CameraChannel
from visavis.evaluation.laboratory.conditions import draw_conditions
from visavis.evaluation.laboratory.material import Material, Still
from visavis.evaluation.laboratory.prints import PrintFlat
from visavis.evaluation.laboratory.puppet import AnimatedPortrait, Puppet
from visavis.evaluation.laboratory.screens import HeldScreen
from visavis.evaluation.laboratory.stage import Channel, Cue, Delivered, Staged, Subject
from visavis.evaluation.laboratory.trial import run_trial
from visavis.pad.presentation import PresentationAnalyser
from visavis.perception.acquisition import FaceAcquirer

__all__ = ["LIT", "Made", "Portraits", "Replay", "make_captures", "portraits_of"]

SEED: Final = 20260
"""The demonstration draws from it, so that it shows the same each time; a real challenge comes from the system."""
LIT: Final = 0.15
"""The screen's light over the room's: a phone at 35 cm in a room of 200 lx or so."""
RATE_HZ: Final = 12.0
_UNIT: Final = Fraction(1, 90_000)
OTHER: Final = {
    Gesture.TURN_LEFT: Gesture.TURN_RIGHT,
    Gesture.TURN_RIGHT: Gesture.LOOK_UP,
    Gesture.LOOK_UP: Gesture.TURN_LEFT,
    Gesture.LOOK_DOWN: Gesture.TURN_LEFT,
    Gesture.CLOSE_EYES: Gesture.TURN_RIGHT,
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Made:
    """One capture on the disk: a video, and the challenge that it answers or does not."""

    video: Path
    challenge: Path


@dataclass(frozen=True, slots=True, kw_only=True)
class Portraits:
    """``holder``, ``other``: portraits of two people. ``analyser``, ``acquirer``: the product's own."""

    holder: Picture
    other: Picture
    analyser: PresentationAnalyser
    acquirer: FaceAcquirer

    def animated(self, picture: Picture) -> AnimatedPortrait:
        face = self.acquirer.acquire(picture).face
        if face is None:
            raise SystemExit("The portrait shows no face that can be animated.")
        return AnimatedPortrait(picture.pixels, face.mesh)


@dataclass(slots=True)
class _Kept:
    """A channel whose frames are kept as they come."""

    channel: Channel
    frames: list[Delivered] = field(default_factory=list)

    def times(self) -> Iterator[float]:
        return self.channel.times()

    def deliver(self, scene: RgbImage, time_s: float) -> Delivered:
        frame = self.channel.deliver(scene, time_s)
        self.frames.append(frame)
        return frame


@dataclass(slots=True)
class _OtherOrder:
    """Somebody who makes another gesture than the one asked for, from the second on: an answer to another challenge."""

    subject: Subject

    def scene(self, cue: Cue) -> RgbImage:
        step = cue.step
        if isinstance(step, GestureStep) and cue.index:
            cue = replace(cue, step=replace(step, gesture=OTHER[step.gesture]))
        return self.subject.scene(cue)


@dataclass(slots=True)
class _Replaced:
    """One person for the first gestures, another one from then on."""

    first: Subject
    second: Subject

    def scene(self, cue: Cue) -> RgbImage:
        both = self.first.scene(cue), self.second.scene(cue)
        return both[(cue.index or 0) >= 2]


@dataclass(slots=True)
class Replay:
    """The frames of an earlier capture, one after the other by their own times, whatever is asked for now."""

    frames: Sequence[Delivered]
    _next: int = 0

    def scene(self, cue: Cue) -> RgbImage:
        while self._next + 1 < len(self.frames) and self.frames[self._next + 1].captured_s <= cue.time_s:
            self._next += 1
        return decode_frame(self.frames[self._next].data).pixels


def make_captures(portraits: Portraits, folder: Path, progress: Callable[[str], None]) -> dict[str, Made]:
    """Play and keep every capture, by its name. ``progress`` is told the name of each before it is made."""
    rng = random.Random(SEED)
    conditions = replace(
        draw_conditions(rng), rate_hz=RATE_HZ, return_share=LIT, jpeg_quality=88, noise=1.5, dropped=0.0
    )
    holder, other = portraits.animated(portraits.holder), portraits.animated(portraits.other)

    def puppet(portrait: AnimatedPortrait) -> Subject:
        return Puppet(portrait, rng, share=LIT)

    def by_camera(subject: Subject) -> Staged:
        return Staged(subject=subject, channel=CameraChannel(conditions, rng))

    def earlier() -> list[Delivered]:
        return _play(portraits.analyser, by_camera(puppet(holder)), _challenge(rng), rng)

    def printed(challenge: Challenge) -> Staged:
        face = portraits.acquirer.acquire(portraits.holder).face
        if face is None:
            raise SystemExit("The portrait shows no face that can be printed.")
        still = Still(name="portrait", pixels=portraits.holder.pixels, mesh=face.mesh)
        return PrintFlat().stage(Material(clips=(), stills=(still,)), challenge, conditions, rng)

    def replayed() -> Staged:
        screen = HeldScreen(Replay(earlier()), eye_px=84.0, conditions=conditions, rng=rng)
        return by_camera(screen)

    stages: dict[str, Callable[[Challenge], Staged]] = {
        "holder": lambda _: by_camera(puppet(holder)),
        "printed_photo": printed,
        "replayed_clip": lambda _: replayed(),
        "wrong_order": lambda _: by_camera(_OtherOrder(puppet(holder))),
        "second_person": lambda _: by_camera(_Replaced(puppet(holder), puppet(other))),
    }
    made = {}
    for name, stage in stages.items():
        progress(name)
        challenge = _challenge(rng)
        frames = _play(portraits.analyser, stage(challenge), challenge, rng)
        made[name] = Made(video=folder / f"{name}.mov", challenge=folder / f"{name}.challenge.json")
        made[name].challenge.write_bytes(challenge_json(challenge))
        _write(frames, made[name].video)
    return made


def _challenge(rng: random.Random) -> Challenge:
    return issue_challenge(policy=ChallengePolicy(), rng=rng, now=datetime.now(UTC))


def _play(analyser: PresentationAnalyser, staged: Staged, challenge: Challenge, rng: random.Random) -> list[Delivered]:
    kept = _Kept(staged.channel)
    run_trial(analyser, replace(staged, channel=kept), challenge, patient=False, rng=rng, tells=False)
    return kept.frames


def _write(frames: list[Delivered], file: Path) -> None:
    """As a QuickTime file of JPEG frames with their own times: nothing is encoded anew."""
    with av.open(str(file), "w", format="mov") as container:
        stream = container.add_stream("mjpeg", rate=30)
        stream.width, stream.height, stream.pix_fmt = 640, 480, "yuvj420p"
        stream.time_base = _UNIT
        for frame in frames:
            packet = av.Packet(frame.data)
            packet.stream, packet.time_base = stream, _UNIT
            packet.pts = packet.dts = round(frame.captured_s / _UNIT)
            packet.is_keyframe = True
            container.mux(packet)


def portraits_of(holder: Path, other: Path, analyser: PresentationAnalyser, acquirer: FaceAcquirer) -> Portraits:
    return Portraits(holder=read_picture(holder), other=read_picture(other), analyser=analyser, acquirer=acquirer)
