"""A bona fide actor: a living person, from a clip of them, who answers any challenge that their clip holds gestures
for.

What is real: every pixel of the person comes from the clip, at its own place or moved by less than the flow between two
of its frames. What is not: the order and the pace. The actor idles to and fro through frames near the home pose, reacts
0.3 to 0.9 s after a prompt, plays the way to the peak, stays among the frames of the peak for 0.45 to 0.9 s (0.55 to
0.85 s for closed eyes, whatever the blink's own length), and goes back the way it came. Stretches are joined over 0.2
to 0.35 s along the optical flow between their ends. A turn to the side that a clip lacks is played in a mirror about
the head; then what is behind the head crossfades, which a person's never does: it can only cost the actor.
"""

import random
from collections import deque
from dataclasses import dataclass, field
from typing import Final

import cv2
import numpy as np
from numpy.typing import NDArray

from visavis.capture.challenge import TURNS, ChallengePolicy, Gesture, GestureStep, challenge_entropy
from visavis.capture.picture import RgbImage
from visavis.errors import PolicyError
from visavis.evaluation.laboratory.clips import SCENE, Clip
from visavis.evaluation.laboratory.conditions import Conditions
from visavis.evaluation.laboratory.relight import FaceArea, Relighter, draw_screen_light, neighbours_of
from visavis.evaluation.laboratory.repertoire import Excursion
from visavis.evaluation.laboratory.stage import Cue
from visavis.perception.session import FloatTensor

__all__ = ["Actor", "Look"]

_REACTION_S: Final = (0.3, 0.9)
_HOLD_S: Final = (0.45, 0.9)
_CLOSED_S: Final = (0.55, 0.85)
_JOIN_S: Final = (0.2, 0.35)
_AGAIN_S: Final = 1.0
"""After a gesture that the page still asks for, the person tries again."""
_PACE: Final = (0.8, 1.2)
_LONGEST_WAY_S: Final = 1.2
_IDLE_PACE: Final = (0.4, 0.8)
_BLINKS_S: Final = (3.0, 7.0)
_HOPS: Final = 0.15
_LEFT_FOR_RIGHT: Final = {Gesture.TURN_LEFT: Gesture.TURN_RIGHT, Gesture.TURN_RIGHT: Gesture.TURN_LEFT}
_UP_FOR_DOWN: Final = {Gesture.LOOK_UP: Gesture.LOOK_DOWN, Gesture.LOOK_DOWN: Gesture.LOOK_UP}


@dataclass(frozen=True, slots=True)
class _View:
    """A frame of the clip, perhaps in the mirror."""

    index: int
    mirrored: bool = False


@dataclass(frozen=True, slots=True, eq=False)
class Look:
    """The person at one moment, as the room lights them. ``scene`` (480, 640, 3); ``points`` (468, 3): their mesh, px;
    in a mirror, points of the left side lie on the right one.
    """

    scene: RgbImage
    points: FloatTensor


@dataclass(frozen=True, slots=True, kw_only=True)
class _Stretch:
    """Views one after the other, ``step_s`` each."""

    begins_s: float
    views: tuple[_View, ...]
    step_s: float
    busy: bool = True

    @property
    def ends_s(self) -> float:
        return self.begins_s + self.step_s * len(self.views)

    def place(self, time_s: float) -> int:
        return min(len(self.views) - 1, max(0, int((time_s - self.begins_s) / self.step_s)))


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class _Join:
    """From one view to another along the flow between them; ``there``, ``back`` (h / 2, w / 2, 2)
    px.
    """

    begins_s: float
    ends_s: float
    one: Look
    other: Look
    there: FloatTensor
    back: FloatTensor
    way: FloatTensor
    turned_over: bool = False
    busy: bool = True

    def at(self, time_s: float) -> Look:
        share = min(1.0, max(0.0, (time_s - self.begins_s) / (self.ends_s - self.begins_s)))
        share = share * share * (3 - 2 * share)
        # between a face and its mirror image there is no mesh in between
        towards = round(share) if self.turned_over else share
        return Look(
            _between(self.one.scene, self.other.scene, self.there, self.back, share, self.way),
            np.asarray((1 - towards) * self.one.points + towards * self.other.points, np.float32),
        )


@dataclass(slots=True)
class Actor:
    """A `visavis.evaluation.laboratory.stage.Subject`. One actor answers one trial; the same ``rng`` plays the same.

    ``mirrored``: the whole person in a mirror, who is another living person as far as the witnesses know.
    Raises ValueError for a clip that cannot answer (`Clip.why_not`).
    """

    clip: Clip
    conditions: Conditions
    rng: random.Random
    mirrored: bool = False
    _relighter: Relighter = field(init=False)
    _neighbours: NDArray[np.intp] = field(init=False)
    _plan: deque[_Stretch | _Join] = field(default_factory=deque)
    _last: _View = field(init=False)
    _prompt: int | None = None
    _react_s: float | None = None
    _blink_s: float = 0.0
    _middle: float = 0.0
    _way: FloatTensor = field(default_factory=lambda: np.empty((SCENE[1], SCENE[0], 2), np.float32))

    def __post_init__(self) -> None:
        if self.clip.why_not is not None:
            raise ValueError(self.clip.why_not)
        self._relighter = Relighter(draw_screen_light(self.conditions, self.rng))
        idle = self.clip.gestures.idle
        self._last = _View(idle[0][len(idle[0]) // 2])
        home = [self._points(_View(index)) for run in idle for index in run]
        self._neighbours = neighbours_of(home[len(home) // 2])
        self._middle = float(np.mean([points[:, 0].mean() for points in home]))
        self._blink_s = self.rng.uniform(*_BLINKS_S)

    @staticmethod
    def policy(clip: Clip, *, mirrored: bool = False) -> ChallengePolicy | None:
        """What this person may be asked: the usual challenge, or its limited-movement variant with what they cannot do
        replaced. None where not even that can be asked (`Clip.why_not` says why, or the order would be too easily
        guessed).
        """
        if clip.why_not is not None:
            return None
        can = {_LEFT_FOR_RIGHT.get(kind, kind) if mirrored else kind for kind in clip.gestures.excursions}
        replaced = {kind: _instead(kind, can) for kind in Gesture if kind not in can}
        policy = ChallengePolicy(replaced=replaced)
        try:
            challenge_entropy(policy)
        except PolicyError:
            return None
        return policy

    def scene(self, cue: Cue) -> RgbImage:
        """What an ideal camera sees, the screen's light included."""
        look = self.look(cue)
        area = FaceArea(look.points, neighbours=self._neighbours)
        return self._relighter.relight(look.scene, cue.colour, [area])

    def look(self, cue: Cue) -> Look:
        """The same without the screen's light, and where the face is in it."""
        self._listen(cue)
        now = cue.time_s
        while not self._plan or now >= self._plan[0].ends_s:
            done = self._plan.popleft() if self._plan else None
            if not self._plan:
                self._idle(now if done is None else done.ends_s)
        part = self._plan[0]
        look = part.at(now) if isinstance(part, _Join) else self._look_of(part.views[part.place(now)])
        return _flipped(look) if self.mirrored else look

    def _listen(self, cue: Cue) -> None:
        """A new prompt is answered after a while; one that stays after an answer, again."""
        step = cue.step if isinstance(cue.step, GestureStep) else None
        if step is None:
            self._prompt, self._react_s = cue.index, None
            return
        if cue.index != self._prompt:
            self._prompt = cue.index
            shown_s = cue.time_s - cue.since_s
            self._react_s = max(cue.time_s, shown_s + self.rng.uniform(*_REACTION_S))
        if self._react_s is None or cue.time_s < self._react_s:
            return
        if self._plan and self._plan[0].busy and cue.time_s < self._plan[0].ends_s:
            return  # a join or a blink is finished first
        wanted = _LEFT_FOR_RIGHT.get(step.gesture, step.gesture) if self.mirrored else step.gesture
        trip = self.clip.gestures.excursions.get(wanted)
        if trip is not None:
            self._go(
                trip, cue.time_s, hold_s=self.rng.uniform(*(_CLOSED_S if wanted is Gesture.CLOSE_EYES else _HOLD_S))
            )
            self._react_s = self._plan[-1].ends_s + _AGAIN_S

    def _go(self, trip: Excursion, now: float, *, hold_s: float) -> None:
        """From wherever the head is: to the beginning of ``trip``, out, stay, and back."""
        self._stop(now)
        out = tuple(_View(index, trip.mirrored) for index in trip.out)
        peak = tuple(_View(index, trip.mirrored) for index in trip.peak)
        if trip.out and trip.out[-1] > trip.peak[-1]:
            peak = peak[::-1]
        own_s = 1 / self.clip.fps
        step_s = min(own_s / self.rng.uniform(*_PACE), _LONGEST_WAY_S / max(1, len(out)))
        self._join(now, out[0] if out else peak[0])
        self._play(out, step_s)
        count = max(1, round(hold_s / own_s))
        staying = _to_and_fro(peak, count)
        self._play(staying, hold_s / count)
        # from where it stayed, through the peak's edge
        back = (*reversed(peak[: peak.index(staying[-1])]), *reversed(out))
        self._play(back, step_s)

    def _idle(self, now: float) -> None:
        """A while near the home pose: through one stretch, or on to another; now and then a blink."""
        rng, idle = self.rng, self.clip.gestures.idle
        blink = self.clip.gestures.excursions.get(Gesture.CLOSE_EYES)
        if blink is not None and now >= self._blink_s:
            self._blink_s = now + rng.uniform(*_BLINKS_S)
            self._go(blink, now, hold_s=rng.uniform(0.06, 0.12))
            return
        run = next((run for run in idle if self._last.index in run), None)
        if self._last.mirrored or run is None or (len(idle) > 1 and rng.random() < _HOPS):
            run = rng.choices(idle, weights=[len(run) for run in idle])[0]
            self._join(now, _View(min(run, key=self._unlike)))
            now = self._plan[-1].ends_s
        place = run.index(self._last.index)
        ahead = run[place + 1 :] if rng.random() < (len(run) - 1 - place) / max(1, len(run) - 1) else run[:place][::-1]
        ahead = ahead or (self._last.index,)
        step_s = 1 / (self.clip.fps * rng.uniform(*_IDLE_PACE))
        views = tuple(_View(index) for index in ahead)
        self._plan.append(_Stretch(begins_s=now, views=views, step_s=step_s, busy=False))
        self._last = views[-1]

    def _stop(self, now: float) -> None:
        """Leave the idling where it is."""
        if self._plan and isinstance(part := self._plan[0], _Stretch) and part.begins_s <= now < part.ends_s:
            self._last = part.views[part.place(now)]
        self._plan.clear()

    def _play(self, views: tuple[_View, ...], step_s: float) -> None:
        if views:
            self._plan.append(_Stretch(begins_s=self._plan[-1].ends_s, views=views, step_s=step_s))
            self._last = views[-1]

    def _join(self, now: float, target: _View) -> None:
        one, other = self._look_of(self._last), self._look_of(target)
        begins = self._plan[-1].ends_s if self._plan else now
        there, back = _flows(one.scene, other.scene)
        ends = begins + self.rng.uniform(*_JOIN_S)
        turned_over = self._last.mirrored != target.mirrored
        self._plan.append(
            _Join(
                begins_s=begins,
                ends_s=ends,
                one=one,
                other=other,
                there=there,
                back=back,
                way=self._way,
                turned_over=turned_over,
            )
        )
        self._last = target

    def _unlike(self, index: int) -> float:
        """How far a frame's head is from where the last one's is, in px and degrees alike."""
        one, other = self.clip.faces[self._last.index], self.clip.faces[index]
        if one is None or other is None:
            return float("inf")
        moved = float(np.abs(one.mesh.points[:, :2] - other.mesh.points[:, :2]).mean())
        return moved + self.rng.uniform(0, 3)

    def _points(self, view: _View) -> FloatTensor:
        face = self.clip.faces[view.index]
        if face is None:
            raise ValueError("a frame of the repertoire has no face")
        return face.mesh.points

    def _look_of(self, view: _View) -> Look:
        look = Look(self.clip.frames[view.index], self._points(view))
        return _flipped(look, about=self._middle) if view.mirrored else look


def _instead(kind: Gesture, can: set[Gesture]) -> Gesture:
    other = _LEFT_FOR_RIGHT.get(kind) or _UP_FOR_DOWN.get(kind)
    if other in can:
        return other
    return next(iter(can & TURNS)) if kind is Gesture.CLOSE_EYES else Gesture.CLOSE_EYES


def _to_and_fro(views: tuple[_View, ...], count: int) -> tuple[_View, ...]:
    if len(views) == 1:
        return views * count
    round_trip = (*views, *views[-2:0:-1])
    return tuple(round_trip[index % len(round_trip)] for index in range(max(count, len(views))))


def _flipped(look: Look, about: float | None = None) -> Look:
    """In a mirror that stands upright at ``about`` px; the middle of the scene by default."""
    width = look.scene.shape[1]
    scene = cv2.flip(look.scene, 1)
    shift = 0 if about is None else round(2 * about - width)
    if shift:
        scene = cv2.warpAffine(
            scene,
            np.array([[1.0, 0.0, shift], [0.0, 1.0, 0.0]]),
            (width, scene.shape[0]),
            flags=cv2.INTER_NEAREST,
            borderMode=cv2.BORDER_REPLICATE,
        )
    flipped = np.array(look.points, np.float32)
    flipped[:, 0] = width + shift - flipped[:, 0]
    return Look(np.asarray(scene, np.uint8), flipped)


def _flows(one: RgbImage, other: RgbImage) -> tuple[FloatTensor, FloatTensor]:
    """Dense flow there and back, (h / 2, w / 2, 2), px of the whole picture, found at half its size."""
    size = one.shape[1] // 2, one.shape[0] // 2
    small = [
        cv2.resize(cv2.cvtColor(item, cv2.COLOR_RGB2GRAY), size, interpolation=cv2.INTER_AREA) for item in (one, other)
    ]
    search = cv2.DISOpticalFlow.create(cv2.DISOPTICAL_FLOW_PRESET_FAST)
    empty = np.empty(0, np.float32)
    there, back = search.calc(small[0], small[1], empty), search.calc(small[1], small[0], empty)
    return np.asarray(2 * there, np.float32), np.asarray(2 * back, np.float32)


def _between(
    one: RgbImage, other: RgbImage, there: FloatTensor, back: FloatTensor, share: float, way: FloatTensor | None = None
) -> RgbImage:
    """``way`` (h, w, 2): room to work in, which costs more to get than to use."""
    height, width = one.shape[:2]
    way = np.empty((height, width, 2), np.float32) if way is None else way
    parts = []
    for picture, flow, part in ((one, there, share), (other, back, 1 - share)):
        cv2.resize(flow * np.float32(-part), (width, height), way, interpolation=cv2.INTER_LINEAR)
        # four channels take half the time of three
        four = cv2.cvtColor(picture, cv2.COLOR_RGB2RGBA)
        moved = cv2.remap(  # type: ignore[call-overload]  # the stub knows of no single map of both coordinates
            four, way, None, cv2.INTER_LINEAR | cv2.WARP_RELATIVE_MAP, borderMode=cv2.BORDER_REPLICATE
        )
        parts.append(moved)
    between = cv2.addWeighted(parts[0], 1 - share, parts[1], share, 0, parts[0])
    return np.asarray(cv2.cvtColor(between, cv2.COLOR_RGBA2RGB), np.uint8)
