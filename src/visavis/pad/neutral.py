"""A person's own neutral: how they hold the head and how far their eyes are open when nothing is asked of them.

Everything that a gesture must reach is measured from here, so that narrow eyes, glasses, a bent neck or a phone held
low cost nobody a gesture.
"""

import statistics
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Final

from visavis.capture.challenge import Eyes
from visavis.pad.observation import FrameObservation
from visavis.perception.acquisition import Face
from visavis.perception.eyes import EyeOpenness

__all__ = [
    "Neutral",
    "NeutralOptions",
    "PoseSample",
    "closedness",
    "find_neutral",
    "follow_neutral",
    "recent_samples",
    "restless",
    "sample_of",
    "seem_shut",
]

_MOST_SAMPLES: Final = 64
_FULL_DROP: Final = 0.45
"""The aspect ratio of a closed eye is about 0.55 of the own open one: 0.39 to 0.65 over ten people (deliberate closures
and blinks seen frame by frame); looking down 0.65 to 0.85."""
_RELIABLE: Final = 0.6
"""Below this the network doubts that the person's open eyes are open (narrow eyes, heavy lids, glare on glasses)."""
_SHUT_RATIO: Final = 0.2
"""Above the ratios of closed eyes; some people's open ones are under it, but the network then sees one of them open."""
_SHUT_S: Final = 0.45
_LEAST_SHUT: Final = 3


@dataclass(frozen=True, slots=True, kw_only=True)
class NeutralOptions:
    """``settle_s``: how long the person must have held still. ``samples``: in at least so many frames. ``still``:
    degrees that yaw and pitch may stray from their medians. ``most_yaw``, ``most_pitch``, ``most_roll``: degrees from
    the camera that still count as facing it. ``follow``: how far, degrees, a later neutral may move from the first, so
    that nobody's neutral can be led away until a turn back looks like a turn. ``follow_still``, ``follow_drift``: the
    most that the head may stray, and drift from the first third to the last, for a later neutral to be taken.
    ``keep_s``: how long samples are kept.
    """

    settle_s: float = 0.6
    samples: int = 5
    still: float = 4.0
    most_yaw: float = 12.0
    most_pitch: float = 22.0
    most_roll: float = 20.0
    follow: float = 5.0
    follow_still: float = 2.0
    follow_drift: float = 1.0
    keep_s: float = 1.2


@dataclass(frozen=True, slots=True, kw_only=True)
class PoseSample:
    """One frame: ``time_s`` of capture, pose in degrees, the eyes."""

    time_s: float
    yaw: float
    pitch: float
    roll: float
    eyes: EyeOpenness


@dataclass(frozen=True, slots=True, kw_only=True)
class Neutral:
    """Pose in degrees; the aspect ratio and the network's answer for each eye when open."""

    yaw: float
    pitch: float
    roll: float
    left_ratio: float
    right_ratio: float
    left_network: float
    right_network: float


def sample_of(face: Face, observation: FrameObservation) -> PoseSample:
    pose = face.pose
    return PoseSample(time_s=observation.captured_s, yaw=pose.yaw, pitch=pose.pitch, roll=pose.roll, eyes=face.eyes)


def recent_samples(samples: Sequence[PoseSample], sample: PoseSample, *, keep_s: float) -> tuple[PoseSample, ...]:
    """``samples`` with ``sample``, without those that are too old; at most 64, however fast the frames come."""
    kept = (*(item for item in samples if sample.time_s - item.time_s <= keep_s), sample)
    # thin out rather than forget: the time spanned must stay
    return kept if len(kept) <= _MOST_SAMPLES else kept[::2]


def find_neutral(samples: Sequence[PoseSample], options: NeutralOptions) -> Neutral | None:
    """The medians of the last ``settle_s`` seconds or more, if the head was still and faced the camera.

    Openness is the upper quartile, so that a natural blink, or a glance down, is not taken for how the eyes are.
    """
    if not samples:
        return None
    end = samples[-1].time_s
    # the first sample at least settle_s before the end, and all after it
    start = next((i for i in reversed(range(len(samples))) if end - samples[i].time_s >= options.settle_s - 1e-6), None)
    if start is None or len(samples) - start < options.samples:
        return None
    window = samples[start:]
    neutral = _medians(window)
    still = all(
        abs(item.yaw - neutral.yaw) <= options.still and abs(item.pitch - neutral.pitch) <= options.still
        for item in window
    )
    facing = (
        abs(neutral.yaw) <= options.most_yaw
        and abs(neutral.pitch) <= options.most_pitch
        and abs(neutral.roll) <= options.most_roll
    )
    return neutral if still and facing else None


def restless(samples: Sequence[PoseSample], options: NeutralOptions) -> bool:
    """Whether yaw or pitch strayed within the last ``settle_s`` seconds by more than a neutral may."""
    recent = [item for item in samples if samples[-1].time_s - item.time_s <= options.settle_s]
    yaws, pitches = [item.yaw for item in recent], [item.pitch for item in recent]
    return any(max(values) - min(values) > 2 * options.still for values in (yaws, pitches) if values)


def seem_shut(samples: Sequence[PoseSample]) -> bool:
    """Whether both eyes look closed for longer than a blink, of somebody whose own open eyes nobody knows yet."""
    recent = [item.eyes for item in samples if samples[-1].time_s - item.time_s <= _SHUT_S]
    if len(recent) < _LEAST_SHUT or samples[-1].time_s - samples[0].time_s < _SHUT_S:
        return False
    return all(
        max(eyes.left_network, eyes.right_network) < 0.5 and (eyes.left_ratio + eyes.right_ratio) / 2 < _SHUT_RATIO
        for eyes in recent
    )


def follow_neutral(first: Neutral, samples: Sequence[PoseSample], options: NeutralOptions) -> Neutral | None:
    """A newer neutral from samples near the ``first`` one, or None where there are none.

    Only of a head at rest: the end of the way back from a turn would shift it to the side last turned to, and the next
    turn to that side would be asked to go farther. Lids do not follow downwards: who squints for a moment has not
    changed their eyes.
    """
    found = find_neutral(samples, options)
    if found is None or not _at_rest(samples, options):
        return None
    if abs(found.yaw - first.yaw) > options.follow or abs(found.pitch - first.pitch) > options.follow:
        return None
    return replace(
        found,
        left_ratio=max(found.left_ratio, first.left_ratio),
        right_ratio=max(found.right_ratio, first.right_ratio),
        left_network=max(found.left_network, first.left_network),
        right_network=max(found.right_network, first.right_network),
    )


def _at_rest(samples: Sequence[PoseSample], options: NeutralOptions) -> bool:
    window = [item for item in samples if samples[-1].time_s - item.time_s <= options.settle_s + 1e-6]
    third = max(1, len(window) // 3)
    for values in ([item.yaw for item in window], [item.pitch for item in window]):
        middle = statistics.median(values)
        drift = statistics.fmean(values[-third:]) - statistics.fmean(values[:third])
        if abs(drift) > options.follow_drift or max(abs(value - middle) for value in values) > options.follow_still:
            return False
    return True


def closedness(eyes: EyeOpenness, neutral: Neutral, which: Eyes) -> float:
    """How closed the eyes asked for are against their own open state: 0 open, 1 closed; closed from 0.5 on.

    Of the two eyes, the less closed one. The network is right about most eyes but takes downcast ones and glare for
    closed ones; the aspect ratio knows those, but says little about narrow eyes. So both must say so, where the network
    sees the person's open eyes as open; where it does not, the aspect ratio alone must say it clearly.
    """
    left = _closed(eyes.left_ratio, eyes.left_network, neutral.left_ratio, neutral.left_network)
    right = _closed(eyes.right_ratio, eyes.right_network, neutral.right_ratio, neutral.right_network)
    return {Eyes.LEFT: left, Eyes.RIGHT: right, Eyes.BOTH: min(left, right)}[which]


def _closed(ratio: float, network: float, open_ratio: float, open_network: float) -> float:
    drop = max(0.0, 1 - ratio / open_ratio) / _FULL_DROP if open_ratio > 0 else 0.0
    if open_network < _RELIABLE:
        return min(1.0, 0.7 * drop)
    shut = max(0.0, 1 - network / open_network)
    # 0.5 where the ratio is at 0.82 of the open one and the network at half of its own
    return min(1.0, 1.25 * drop, shut)


def _medians(window: Sequence[PoseSample]) -> Neutral:
    return Neutral(
        yaw=statistics.median(item.yaw for item in window),
        pitch=statistics.median(item.pitch for item in window),
        roll=statistics.median(item.roll for item in window),
        left_ratio=_upper([item.eyes.left_ratio for item in window]),
        right_ratio=_upper([item.eyes.right_ratio for item in window]),
        left_network=_upper([item.eyes.left_network for item in window]),
        right_network=_upper([item.eyes.right_network for item in window]),
    )


def _upper(values: list[float]) -> float:
    return sorted(values)[3 * (len(values) - 1) // 4]
