"""Which gestures a clip of a real person holds, and from which of their own poses they can be made.

The same definitions as the active witness' are used to find them (`visavis.pad.gestures`), on the clean frames. So a
trial does not ask whether the pose is right, which only other measurements can tell; it asks whether a person whom it
sees move is still understood through a camera, a hand, a network and another light.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final

import numpy as np

from visavis.capture.challenge import TURNS, Gesture
from visavis.evaluation.laboratory.clip_track import BREAK, ClipTrack, Flags, Numbers, neutral_of, track_of
from visavis.pad.gestures import GestureOptions
from visavis.pad.neutral import Neutral
from visavis.perception.acquisition import Face

__all__ = ["Excursion", "Repertoire", "find_repertoire"]

_MOST_YAW: Final = 10.0
_MOST_PITCH: Final = 20.0
_MOST_ROLL: Final = 17.0
_STRAYS: Final = (1.5, 2.2, 3.0)
"""Degrees from the home pose within which the person idles: the least of these that leaves enough to idle in. The
witness allows 4 while it looks for the neutral.
"""
_STRAY_ROLL: Final = 6.0
_STRAY_PLACE: Final = 0.35
"""Inter-eye distances."""
_STRAY_SIZE: Final = 0.1
_LEAST_IDLE: Final = 8
_LEAST_TURN: Final = 1.1
"""Of what is accepted, with room for a camera's noise: 16.5 degrees. Looks up and down: 11."""
_LEAST_LOOK: Final = 1.1
_LEAST_CLOSED: Final = 0.6
_OPEN: Final = 0.35
_WIDE_OPEN: Final = 0.12
"""Idling is slower than the clip: a squint that passes must not become one that stays."""
_NEAR: Final = 0.35
"""Share of a gesture within which its first frame must be, so that it begins at home."""
_MOST_DETOUR: Final = 0.7
"""How much more of another gesture than of its own may be on its way: who is asked to turn does not look up first."""
_LONGEST_WAY_S: Final = 2.5
_WINDOW_S: Final = 0.1
_LONGEST_WINDOW: Final = 10
_LEAST_KINDS: Final = 3
_SAME_FACE: Final = 0.1
_HOMES: Final = 120
_PLENTY: Final = 40
_ENOUGH: Final = 1.25
"""A gesture that goes so far needs no mirror."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Excursion:
    """One gesture: indices of frames. ``out``: from near home to the peak; ``peak``: where it is fully made, in order
    of time; back it goes the same way. ``mirrored``: played in a mirror, for the other side. ``reach``: the least of
    the peak, as a share of what is accepted; of closed eyes, twice their closedness. ``strain``: how much another face
    is made with it than at home (mouth and brows, as shares of the distance of the eyes); who answers a prompt makes
    none.
    """

    gesture: Gesture
    out: tuple[int, ...]
    peak: tuple[int, ...]
    mirrored: bool
    reach: float
    strain: float = 0.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Repertoire:
    """``idle``: stretches of consecutive frames near the home pose, the longest first; ``neutral``: that pose.

    ``why_not``: why this clip cannot answer a challenge, or None.
    """

    idle: tuple[tuple[int, ...], ...] = ()
    excursions: Mapping[Gesture, Excursion] = field(default_factory=dict)
    neutral: Neutral | None = None
    why_not: str | None = None

    @property
    def needed(self) -> frozenset[int]:
        """Every frame that is played."""
        ways = (index for trip in self.excursions.values() for index in (*trip.out, *trip.peak))
        return frozenset(ways) | {index for run in self.idle for index in run}

    def renumbered(self, place: Mapping[int, int]) -> "Repertoire":
        """With each frame's new number; every frame of `needed` must have one."""
        return Repertoire(
            idle=tuple(tuple(place[index] for index in run) for run in self.idle),
            excursions={
                gesture: Excursion(
                    gesture=gesture,
                    out=tuple(place[index] for index in trip.out),
                    peak=tuple(place[index] for index in trip.peak),
                    mirrored=trip.mirrored,
                    reach=trip.reach,
                    strain=trip.strain,
                )
                for gesture, trip in self.excursions.items()
            },
            neutral=self.neutral,
            why_not=self.why_not,
        )


def find_repertoire(
    faces: Sequence[Face | None],
    times_s: Sequence[float],
    *,
    mirror: bool = True,
    options: GestureOptions | None = None,
) -> Repertoire:
    """The home pose from which the clip's gestures go best. ``mirror``: may another side be played in a mirror.

    Many gestures count, that the weakest goes far, that there is much to idle in, few mirrors, and no grimaces.
    """
    options = options or GestureOptions()
    track = track_of(faces, times_s)
    if track is None:
        return Repertoire(why_not="no face in it for half a second")
    best: tuple[tuple[float, float], Repertoire] | None = None
    for home in range(0, len(times_s), max(1, len(times_s) // _HOMES)):
        found = _from(track, home, options, mirror=mirror)
        if found is None:
            continue
        kinds = set(found.excursions)
        worth = float(_acts(kinds)), _quality(found)
        if best is None or worth > best[0]:
            best = worth, found
    if best is None:
        return Repertoire(why_not="the head is never still and facing the camera")
    found = best[1]
    return Repertoire(
        idle=found.idle, excursions=found.excursions, neutral=found.neutral, why_not=_why_not(set(found.excursions))
    )


def _quality(found: Repertoire) -> float:
    """Of a home: how many gestures, the weakest of them, how much to idle in, and what is not as it would be."""
    trips = found.excursions.values()
    weakest = min((min(trip.reach, _ENOUGH) for trip in trips), default=0.0)
    resting = min(_PLENTY, sum(len(run) for run in found.idle))
    odd = sum(0.15 * trip.mirrored + 2 * trip.strain for trip in trips)
    return 0.3 * len(trips) + 4 * weakest + 0.01 * resting - odd


def _worth(trip: Excursion) -> float:
    return min(trip.reach, _ENOUGH) - 2 * trip.strain


def _acts(kinds: set[Gesture]) -> bool:
    return bool(kinds & TURNS) and Gesture.CLOSE_EYES in kinds and len(kinds) >= _LEAST_KINDS


def _why_not(kinds: set[Gesture]) -> str | None:
    if not kinds & TURNS:
        return "no turn of 15 degrees from a neutral pose"
    if Gesture.CLOSE_EYES not in kinds:
        return "the eyes never close"
    if len(kinds) < _LEAST_KINDS:
        return "fewer than three gestures"
    return None


def _from(track: ClipTrack, home: int, options: GestureOptions, *, mirror: bool) -> Repertoire | None:
    """What can be made from the pose of frame ``home``, or None where nobody could rest there."""
    facing = (
        abs(track.yaw[home]) <= _MOST_YAW
        and abs(track.pitch[home]) <= _MOST_PITCH
        and abs(track.roll[home]) <= _MOST_ROLL
        and track.closed[home] < _OPEN
    )
    if not facing:
        return None
    idle = next((runs for stray in _STRAYS if (runs := _idle(track, home, stray))), ())
    places = [index for run in idle for index in run]
    resting = [sample for index in places if (sample := track.samples[index]) is not None]
    if not resting:
        return None
    neutral = neutral_of(resting)
    usual = np.median(track.grimace[places], axis=0)
    strain = np.abs(track.grimace - usual).max(axis=1)
    found: dict[Gesture, Excursion] = {}
    for mirrored in (False, True) if mirror else (False,):
        for trip in _excursions(track, neutral, strain, options, mirrored=mirrored):
            known = found.get(trip.gesture)
            if known is None or _worth(trip) > _worth(known) + 0.05:
                found[trip.gesture] = trip
    return Repertoire(idle=idle, excursions=found, neutral=neutral)


def _idle(track: ClipTrack, home: int, stray: float) -> tuple[tuple[int, ...], ...]:
    """Stretches near the pose, place and face of frame ``home``, the longest first; none where they are too short."""
    size = track.size[home]
    with np.errstate(invalid="ignore"):
        near = (
            (np.abs(track.yaw - track.yaw[home]) <= stray)
            & (np.abs(track.pitch - track.pitch[home]) <= stray)
            & (np.abs(track.roll - track.roll[home]) <= _STRAY_ROLL)
            & (track.closed < _WIDE_OPEN)
            & (np.hypot(track.x - track.x[home], track.y - track.y[home]) <= _STRAY_PLACE * size)
            & (np.abs(np.log(track.size / size)) <= _STRAY_SIZE)
            & (np.abs(track.grimace - track.grimace[home]).max(axis=1) <= _SAME_FACE)
        )
    runs = tuple(sorted(track.runs(near, least=2), key=len, reverse=True))
    least = _LEAST_IDLE if stray == _STRAYS[-1] else 2 * _LEAST_IDLE
    return runs if sum(len(run) for run in runs) >= least else ()


def _excursions(
    track: ClipTrack, neutral: Neutral, strain: Numbers, options: GestureOptions, *, mirrored: bool
) -> Iterator[Excursion]:
    yaw = ((-track.yaw if mirrored else track.yaw) - neutral.yaw) / options.turn
    pitch = (track.pitch - neutral.pitch) / options.pitch
    shares = {
        Gesture.TURN_LEFT: yaw,
        Gesture.TURN_RIGHT: -yaw,
        Gesture.LOOK_UP: pitch,
        Gesture.LOOK_DOWN: -pitch,
    }
    away = np.maximum(np.abs(yaw), np.abs(pitch))
    with np.errstate(invalid="ignore"):
        for gesture, share in shares.items():
            if mirrored and gesture not in TURNS:
                continue  # a mirror changes nothing about them
            least = _LEAST_TURN if gesture in TURNS else _LEAST_LOOK
            made = (share >= least) & (share >= 0.85 * away)
            begins = away <= _NEAR
            straight = away - share <= _MOST_DETOUR
            trip = _best_trip(track, gesture, share, strain, made, begins, straight, mirrored=mirrored)
            if trip is not None:
                yield trip
        if not mirrored:
            made = (track.closed >= _LEAST_CLOSED) & (away < 0.5)
            begins = (track.closed < _OPEN) & (away < 0.5)
            # who closes the eyes, or blinks, keeps the head where it is
            aside = strain + 0.6 * away
            trip = _best_trip(
                track, Gesture.CLOSE_EYES, 2 * track.closed, aside, made, begins, away < 1, mirrored=False
            )
            if trip is not None:
                yield trip


def _best_trip(
    track: ClipTrack,
    gesture: Gesture,
    share: Numbers,
    strain: Numbers,
    made: Flags,
    start: Flags,
    straight: Flags,
    *,
    mirrored: bool,
) -> Excursion | None:
    """The farthest way from where ``start`` holds to where ``made`` does, if it is short and without a grimace.

    ``straight`` must hold all along it.
    """
    best: tuple[float, Excursion] | None = None
    least = max(1, min(3, round(_WINDOW_S / track.interval)))
    for run in track.runs(made, least=least):
        window = _window(run, share, least)
        for way in (_way(track, window, start, step=-1), _way(track, window, start, step=1)):
            if not way or not straight[list(way)].all():
                continue
            reach = float(share[list(window)].min())
            seconds = abs(float(track.times[way[-1]] - track.times[way[0]]))
            another = float(strain[list(window)].mean())
            worth = min(reach, 1.4) - 0.1 * seconds - 2 * another
            if best is None or worth > best[0]:
                trip = Excursion(gesture=gesture, out=way, peak=window, mirrored=mirrored, reach=reach, strain=another)
                best = worth, trip
    return None if best is None else best[1]


def _window(run: tuple[int, ...], share: Numbers, least: int) -> tuple[int, ...]:
    """The part of ``run`` about its highest frame, where it is nearly as high."""
    top = max(run, key=lambda index: float(share[index]))
    low = high = run.index(top)
    while high - low + 1 < min(_LONGEST_WINDOW, len(run)):
        before = share[run[low - 1]] if low > 0 else -np.inf
        after = share[run[high + 1]] if high + 1 < len(run) else -np.inf
        if max(before, after) < 0.93 * share[top] and high - low + 1 >= least:
            break
        if before >= after:
            low -= 1
        else:
            high += 1
    return run[low : high + 1]


def _way(track: ClipTrack, window: tuple[int, ...], start: Flags, *, step: int) -> tuple[int, ...]:
    """From the first frame before (``step`` -1) or after the peak at which ``start`` holds, up to the peak's edge."""
    edge = window[0] if step < 0 else window[-1]
    way: list[int] = []
    index = edge
    while 0 <= index + step < len(start):
        ahead = index + step
        apart = abs(float(track.times[ahead] - track.times[index]))
        too_long = abs(float(track.times[ahead] - track.times[edge])) > _LONGEST_WAY_S
        if apart > BREAK * track.interval or too_long or track.samples[ahead] is None:
            return ()
        way.append(ahead)
        if start[ahead]:
            return tuple(reversed(way))
        index = ahead
    return ()
