"""A challenge: gestures and colours in an order that nobody can know before it is issued.

Left and right are the holder's own. What the order is worth is stated in bits and exact; `docs/reference/challenge.md`
has the table. How a challenge is bound to one verification and answered once is in `visavis.capture.answering`.
"""

import math
import random
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum
from functools import partial
from itertools import pairwise, product
from typing import Final

from visavis.capture.light_schedule import LONGEST_LIGHT, LightSchedule, check_flashes, draw_light, light_entropy_bits
from visavis.errors import PolicyError

__all__ = [
    "Challenge",
    "ChallengeEntropy",
    "ChallengePolicy",
    "Eyes",
    "Gesture",
    "GestureStep",
    "LightStep",
    "challenge_entropy",
    "gesture_orders",
    "issue_challenge",
]

NONCE_BITS: Final = 192
PAUSE_GRID_S: Final = 0.05
MOST_GESTURES: Final = 6


class Gesture(StrEnum):
    """What the holder is asked to do. Left and right are their own."""

    TURN_LEFT = "turn_left"
    TURN_RIGHT = "turn_right"
    LOOK_UP = "look_up"
    LOOK_DOWN = "look_down"
    CLOSE_EYES = "close_eyes"


TURNS: Final = frozenset({Gesture.TURN_LEFT, Gesture.TURN_RIGHT})


class Eyes(StrEnum):
    """Whose closing counts, for a person who can close or show only one of them. The other one may do as it likes."""

    BOTH = "both"
    LEFT = "left"
    RIGHT = "right"


@dataclass(frozen=True, slots=True, kw_only=True)
class ChallengePolicy:
    """What is asked. A variant for one person is another value of this, never a silent exception.

    ``fewest``, ``most``: gestures. ``longest``: where the orders of up to ``most`` gestures hold too few bits, more are
    asked for, up to this many. ``replaced``: a gesture that this person cannot make, and what is asked for instead of
    it. ``eyes``: which eyes are to be closed. ``light_steps``: colours of the light sequence; 0: none, for a
    photosensitive person. ``least_bits``: of the order of the gestures alone; ``least_bits_without_light``: the
    same where no light bears part of the burden.

    ``pause_s``: least and longest pause before each prompt, seconds; drawn from a grid of 0.05 s. ``window_s``: for a
    gesture after its prompt. ``turn_degrees``, ``pitch_degrees``: what is asked for, from the holder's own neutral
    pose. ``closure_s``: how long the eyes are to be closed. ``valid_s``: from the issue to the last frame.

    Raises PolicyError: ``challenge_policy_invalid``, ``challenge_replacement_invalid``.
    """

    fewest: int = 3
    most: int = 4
    longest: int = 5
    replaced: Mapping[Gesture, Gesture] = field(default_factory=dict)
    eyes: Eyes = Eyes.BOTH
    light_steps: int = 12
    least_bits: float = 6.0
    least_bits_without_light: float = 7.5
    pause_s: tuple[float, float] = (0.3, 1.3)
    window_s: float = 6.0
    turn_degrees: float = 20.0
    pitch_degrees: float = 12.0
    closure_s: float = 0.5
    valid_s: float = 60.0

    def __post_init__(self) -> None:
        for problem in _problems(self):
            raise PolicyError("challenge_policy_invalid", f"This challenge cannot be given: {problem}.")
        for gone, instead in self.replaced.items():
            if gone is instead or instead in self.replaced:
                raise PolicyError(
                    "challenge_replacement_invalid",
                    f"{gone.value} is to be replaced by {instead.value}, which is itself not to be asked for.",
                    advice="Name a gesture that the person can make.",
                )

    @property
    def gestures(self) -> tuple[Gesture, ...]:
        """Those that may be drawn, in the order of `Gesture`."""
        allowed = {self.replaced.get(gesture, gesture) for gesture in Gesture}
        return tuple(gesture for gesture in Gesture if gesture in allowed)


def _problems(policy: ChallengePolicy) -> list[str]:
    low, high = policy.pause_s
    ranges = {
        f"2 to {MOST_GESTURES} gestures": 2 <= policy.fewest <= policy.most <= policy.longest <= MOST_GESTURES,
        f"0 to {LONGEST_LIGHT} colours": 0 <= policy.light_steps <= LONGEST_LIGHT,
        "pauses of 0.3 to 5 seconds": 0.3 <= low <= high <= 5,
        "a window of 2 to 20 seconds for a gesture": 2 <= policy.window_s <= 20,
        "turns of 15 to 40 degrees": 15 <= policy.turn_degrees <= 40,
        "looks up and down of 10 to 30 degrees": 10 <= policy.pitch_degrees <= 30,
        "closed eyes for 0.4 to 2 seconds": 0.4 <= policy.closure_s <= 2,
        "10 to 300 seconds in all": 10 <= policy.valid_s <= 300,
        "no less than 4 bits": policy.least_bits >= 4 and policy.least_bits_without_light >= 4,
    }
    return [f"it must have {text}" for text, holds in ranges.items() if not holds]


@dataclass(frozen=True, slots=True, kw_only=True)
class GestureStep:
    gesture: Gesture
    pause_s: float
    """Between the end of the step before it, with the holder back in the neutral pose, and the prompt."""


@dataclass(frozen=True, slots=True, kw_only=True)
class LightStep:
    schedule: LightSchedule
    pause_s: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Challenge:
    """One challenge. Only `visavis.capture.answering.prompt_json` may be shown to the holder, a step at a time.

    ``nonce``: 192 bits, hexadecimal. ``issued_at``, ``expires_at``: UTC. ``gestures``: in their order.
    ``pauses_s``: one before each step, the light's included. ``light``: the colours, or None; ``light_place``: how many
    gestures come before them. The other fields are as in `ChallengePolicy`, so that an answer can be judged without it.
    """

    nonce: str
    issued_at: datetime
    expires_at: datetime
    gestures: tuple[Gesture, ...]
    pauses_s: tuple[float, ...]
    light: LightSchedule | None
    light_place: int
    eyes: Eyes
    replaced: Mapping[Gesture, Gesture]
    window_s: float
    turn_degrees: float
    pitch_degrees: float
    closure_s: float

    def __post_init__(self) -> None:
        _check_challenge(self)

    @property
    def steps(self) -> tuple[GestureStep | LightStep, ...]:
        """The gestures with the light among them, each with the pause before it."""
        makers: list[partial[GestureStep] | partial[LightStep]] = [
            partial(GestureStep, gesture=gesture) for gesture in self.gestures
        ]
        if self.light is not None:
            makers.insert(self.light_place, partial(LightStep, schedule=self.light))
        return tuple(make(pause_s=pause) for make, pause in zip(makers, self.pauses_s, strict=True))


def _check_challenge(challenge: Challenge) -> None:
    """ValueError for a value that `issue_challenge` could not have made: one that was read may be anything."""
    gestures, light = challenge.gestures, challenge.light
    sound = (
        len(challenge.nonce) == NONCE_BITS // 4
        and set(challenge.nonce) <= set("0123456789abcdef")
        and 2 <= len(gestures) <= MOST_GESTURES
        and _asks_enough(gestures)
        and len(challenge.pauses_s) == len(gestures) + (light is not None)
        and all(0.3 <= pause <= 5 for pause in challenge.pauses_s)
        and 0 <= challenge.light_place <= (len(gestures) if light is not None else 0)
        and 2 <= challenge.window_s <= 20
        and 15 <= challenge.turn_degrees <= 40
        and 10 <= challenge.pitch_degrees <= 30
        and 0.4 <= challenge.closure_s <= 2
        and challenge.issued_at.utcoffset() == challenge.expires_at.utcoffset() == timedelta(0)
        and timedelta(seconds=10) <= challenge.expires_at - challenge.issued_at <= timedelta(seconds=300)
    )
    if not sound:
        raise ValueError("a field is out of range")
    if light is not None:
        check_flashes(light)


def _asks_enough(order: tuple[Gesture, ...]) -> bool:
    """At least one turn, at least one closure, and nothing twice in a row."""
    return (
        any(gesture in TURNS for gesture in order)
        and Gesture.CLOSE_EYES in order
        and all(one is not other for one, other in pairwise(order))
    )


def gesture_orders(gestures: tuple[Gesture, ...], *, fewest: int, most: int) -> tuple[tuple[Gesture, ...], ...]:
    """Every order that may be asked for: a gesture may come again, but not at once."""
    return tuple(
        order for length in range(fewest, most + 1) for order in product(gestures, repeat=length) if _asks_enough(order)
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class ChallengeEntropy:
    """Bits. All orders are equally likely, and so are all light sequences, so each is also what the best guess costs.

    ``order``: which gestures, in which order. ``light``: the colours. ``place``: at which point they come. ``pauses``:
    their lengths; worth little by themselves, since an answer has seconds.
    """

    order: float
    light: float
    place: float
    pauses: float

    @property
    def total(self) -> float:
        return self.order + self.light + self.place + self.pauses


def challenge_entropy(policy: ChallengePolicy) -> ChallengeEntropy:
    """How unpredictable the challenges of ``policy`` are. Raises PolicyError as `issue_challenge` does."""
    orders = _orders(policy)
    lit = policy.light_steps > 0
    lengths = [len(order) for order in orders]
    return ChallengeEntropy(
        order=math.log2(len(orders)),
        light=light_entropy_bits(policy.light_steps),
        place=sum(math.log2(length + 1) for length in lengths) / len(lengths) if lit else 0.0,
        pauses=math.log2(_pause_count(policy)) * sum(length + lit for length in lengths) / len(lengths),
    )


def issue_challenge(*, policy: ChallengePolicy, rng: random.Random, now: datetime) -> Challenge:
    """Draw a challenge. ``rng``: `secrets.SystemRandom` but in tests; ``now``: an aware moment in UTC.

    Raises PolicyError ``challenge_too_predictable`` where the gestures left are too few for the bits that the policy
    asks for, ``challenge_without_turn`` and ``challenge_without_closure`` where none is left at all;
    ``challenge_light_unsafe`` as `visavis.capture.light_schedule.check_flashes`. Raises ValueError for a naive ``now``.
    """
    if now.utcoffset() != timedelta(0):
        raise ValueError("the moment must be in UTC")
    orders = _orders(policy)
    gestures = orders[rng.randrange(len(orders))]
    light = draw_light(rng, steps=policy.light_steps) if policy.light_steps else None
    pauses = _pause_count(policy)
    return Challenge(
        nonce=f"{rng.getrandbits(NONCE_BITS):0{NONCE_BITS // 4}x}",
        issued_at=now,
        expires_at=now + timedelta(seconds=policy.valid_s),
        gestures=gestures,
        pauses_s=tuple(
            round(policy.pause_s[0] + PAUSE_GRID_S * rng.randrange(pauses), 3)
            for _ in range(len(gestures) + (light is not None))
        ),
        light=light,
        light_place=rng.randrange(len(gestures) + 1) if light is not None else 0,
        eyes=policy.eyes,
        replaced=dict(policy.replaced),
        window_s=policy.window_s,
        turn_degrees=policy.turn_degrees,
        pitch_degrees=policy.pitch_degrees,
        closure_s=policy.closure_s,
    )


def _pause_count(policy: ChallengePolicy) -> int:
    return round((policy.pause_s[1] - policy.pause_s[0]) / PAUSE_GRID_S) + 1


def _orders(policy: ChallengePolicy) -> tuple[tuple[Gesture, ...], ...]:
    """The orders to draw from: of as few gestures as give the bits asked for."""
    gestures = policy.gestures
    if not TURNS & set(gestures):
        raise PolicyError(
            "challenge_without_turn",
            "This challenge asks for no turn of the head, and one is what tells a face from a picture of it.",
            advice="Offer the person the other way.",
        )
    if Gesture.CLOSE_EYES not in gestures:
        raise PolicyError(
            "challenge_without_closure",
            "This challenge does not ask to close the eyes.",
            advice="Ask for the one eye that the person can close, or offer the other way.",
        )
    least = policy.least_bits if policy.light_steps else policy.least_bits_without_light
    for most in range(policy.most, policy.longest + 1):
        orders = gesture_orders(gestures, fewest=policy.fewest, most=most)
        if len(orders) >= 2**least:
            return orders
    raise PolicyError(
        "challenge_too_predictable",
        f"{len(gestures)} gestures in rows of {policy.fewest} to {policy.longest} cannot give {least:g} bits.",
        advice="Replace fewer gestures, allow longer rows, or offer the person the other way.",
    )
