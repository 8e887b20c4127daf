"""People made of numbers, who answer a challenge as they are told to: observations without any picture."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta

import numpy as np

from visavis.capture.challenge import Challenge, Eyes, Gesture
from visavis.capture.light_schedule import draw_light
from visavis.pad.active import ActiveWitness
from visavis.pad.active_state import ActiveState
from visavis.pad.observation import FrameObservation
from visavis.perception.acquisition import Face
from visavis.perception.eyes import EyeOpenness
from visavis.perception.landmarks import FaceMesh
from visavis.perception.pose import HeadPose
from visavis.perception.session import FloatTensor

NOW = datetime(2026, 5, 4, 12, 0, tzinfo=UTC)
LEFT, RIGHT, UP, DOWN, CLOSE = Gesture
ALL = (LEFT, CLOSE, UP, RIGHT)

_RNG = np.random.default_rng(11)
_SHAPE = _RNG.uniform([-1.0, -1.3, -0.5], [1.0, 1.3, 0.5], (468, 3))
_SHAPE[[33, 133]] = [[-0.62, -0.4, 0], [-0.25, -0.4, 0]]
_SHAPE[[263, 362]] = [[0.62, -0.4, 0], [0.25, -0.4, 0]]
_STILL = np.zeros((32, 32), np.float32)


def challenge_of(
    *gestures: Gesture,
    light: int = 0,
    place: int = 0,
    eyes: Eyes = Eyes.BOTH,
    pause_s: float = 0.6,
    closure_s: float = 0.5,
) -> Challenge:
    return Challenge(
        nonce="ab" * 24,
        issued_at=NOW,
        expires_at=NOW + timedelta(seconds=60),
        gestures=gestures or ALL,
        pauses_s=(pause_s,) * (len(gestures or ALL) + (light > 0)),
        light=draw_light(random.Random(1), steps=light) if light else None,
        light_place=place,
        eyes=eyes,
        replaced={},
        window_s=4.0,
        turn_degrees=20.0,
        pitch_degrees=12.0,
        closure_s=closure_s,
    )


@dataclass(frozen=True, kw_only=True)
class Person:
    """Eyes and neutral pose of one person; ``noise``: degrees."""

    ratio: float = 0.3
    network: float = 0.97
    shut_ratio: float = 0.5
    """Of a closed eye, over the open one."""
    shut_network: float = 0.02
    yaw: float = 1.0
    pitch: float = -5.0
    noise: float = 0.0
    size: float = 100.0
    """Inter-eye distance, px."""


@dataclass(frozen=True, kw_only=True)
class Look:
    """What a person does in one moment, from their own neutral. ``left``, ``right``: eyes, 0 open .. 1 closed."""

    yaw: float = 0.0
    pitch: float = 0.0
    left: float = 0.0
    right: float = 0.0
    problem: str | None = None

    @property
    def mirrored(self) -> Look:
        return replace(self, yaw=-self.yaw, left=self.right, right=self.left)


def frame(
    time_s: float,
    look: Look | None = None,
    person: Person | None = None,
    *,
    rng: random.Random | None = None,
    arrived_s: float | None = None,
    middle: tuple[float, float] = (320.0, 240.0),
    thumbnail: FloatTensor = _STILL,
    vector: FloatTensor | None = None,
    brightness: float = 120.0,
    encoding: str = "",
    width: int = 640,
    height: int = 480,
    other_faces: int = 0,
) -> FrameObservation:
    look, person, rng = look or Look(), person or Person(), rng or random.Random(0)
    face = None
    if look.problem is None:
        scale = person.size / 0.87  # of the shape above
        points = np.asarray(_SHAPE * scale + [*middle, 0], np.float32)
        mesh = FaceMesh(points=points, presence=1.0)
        pose = HeadPose(
            yaw=person.yaw + look.yaw + rng.gauss(0, person.noise),
            pitch=person.pitch + look.pitch + rng.gauss(0, person.noise),
            roll=rng.gauss(0, person.noise),
        )
        face = Face(mesh=mesh, pose=pose, eyes=_eyes(look, person), box=mesh.box, inter_eye_px=person.size)
    return FrameObservation(
        captured_s=time_s,
        arrived_s=time_s if arrived_s is None else arrived_s,
        width=width,
        height=height,
        thumbnail=thumbnail,
        face=face,
        problem=look.problem,
        other_faces=other_faces,
        brightness=brightness if face else None,
        encoding=encoding,
        vector=vector,
    )


def _eyes(look: Look, person: Person) -> EyeOpenness:
    def of(closed: float) -> tuple[float, float]:
        ratio = person.ratio * (1 - closed * (1 - person.shut_ratio))
        return ratio, person.network + closed * (person.shut_network - person.network)

    (left_ratio, left), (right_ratio, right) = of(look.left), of(look.right)
    return EyeOpenness(
        left=left, right=right, left_ratio=left_ratio, right_ratio=right_ratio, left_network=left, right_network=right
    )


PEAK = {
    LEFT: Look(yaw=20),
    RIGHT: Look(yaw=-20),
    UP: Look(pitch=13),
    DOWN: Look(pitch=-13),
    CLOSE: Look(left=1, right=1),
}


@dataclass(frozen=True, kw_only=True)
class Answer:
    """How a gesture is made: when after the prompt, over ``ramp_s`` each way, held at ``share`` of the usual peak."""

    gesture: Gesture | None
    delay_s: float = 0.5
    ramp_s: float = 0.25
    hold_s: float = 0.5
    share: float = 1.0

    def at(self, since_s: float) -> Look:
        if self.gesture is None:
            return Look()
        peak, lids = PEAK[self.gesture], self.gesture is CLOSE
        ramp = 0.06 if lids else self.ramp_s
        time = since_s - self.delay_s
        rise = min(1.0, max(0.0, time / ramp)) if ramp else float(time >= 0)
        fall = min(1.0, max(0.0, (time - ramp - self.hold_s) / ramp)) if ramp else float(time >= self.hold_s)
        part = self.share * (rise - fall)
        return Look(yaw=peak.yaw * part, pitch=peak.pitch * part, left=peak.left * part, right=peak.right * part)


@dataclass(kw_only=True)
class Capture:
    """A witness and a person in front of it. ``answers``: to each prompt in turn, by step; ``during``: may change what
    is seen at a time.
    """

    witness: ActiveWitness
    answers: dict[int, Answer]
    person: Person = field(default_factory=Person)
    rate: float = 15.0
    jitter: float = 0.0
    seed: int = 0
    during: Callable[[float, ActiveState, Look], Look] = lambda _time, _state, look: look
    states: list[ActiveState] = field(default_factory=list)
    frames: list[FrameObservation] = field(default_factory=list)

    def run(self, *, most_s: float = 60.0) -> ActiveState:
        for _ in self.play(most_s):
            pass
        return self.states[-1]

    def play(self, most_s: float) -> Iterator[ActiveState]:
        rng = random.Random(self.seed)
        state, time = self.witness.start(), 0.0
        asked: tuple[int, float] | None = None
        while time < most_s and not state.over:
            if state.prompt is not None and (asked is None or asked[0] != state.prompt):
                asked = state.prompt, time
            look = Look()
            if asked is not None:
                look = self.answers.get(asked[0], Answer(gesture=None)).at(time - asked[1])
            seen = frame(time, self.during(time, state, look), self.person, rng=rng)
            state = self.witness.step(state, seen)
            self.frames.append(seen)
            self.states.append(state)
            yield state
            time += (1 + self.jitter * rng.uniform(-1, 1)) / self.rate


def right_answers(challenge: Challenge, **how: float) -> dict[int, Answer]:
    return {index: Answer(gesture=getattr(step, "gesture", None), **how) for index, step in enumerate(challenge.steps)}
