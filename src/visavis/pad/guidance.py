"""What the holder can do better right now, by code; the texts are in `visavis.domain.reasons`.

`guide_frame` says what one frame by itself asks for. `GuidanceFold` is what a page shows: it also knows what was there
a moment ago, so that advice does not flicker, and a face that is lost for being too near is not asked to come closer.
"""

from collections.abc import Collection
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Final

from visavis.pad.observation import FrameObservation
from visavis.perception.geometry import Box

__all__ = ["Guidance", "GuidanceFold", "GuidanceOptions", "GuidanceState", "guide_frame"]


class Guidance(StrEnum):
    """Advice while a capture runs."""

    FACE_THE_CAMERA = "face_the_camera"
    ONE_PERSON_ONLY = "one_person_only"
    CLOSER = "closer"
    FARTHER = "farther"
    CENTRE = "centre"
    MORE_LIGHT = "more_light"
    LESS_LIGHT = "less_light"
    LIGHT_BEHIND = "light_behind"
    GLARE_ON_GLASSES = "glare_on_glasses"
    HOLD_STILL = "hold_still"
    OPEN_YOUR_EYES = "open_your_eyes"
    TURN_FURTHER = "turn_further"
    OTHER_WAY = "other_way"
    HOLD = "hold"
    CLOSE_BOTH_EYES = "close_both_eyes"


@dataclass(frozen=True, slots=True, kw_only=True)
class GuidanceOptions:
    """``closer_below``: inter-eye distance over the shorter side of the frame; ``least_inter_eye``: the same in px, as
    a frame of any size needs it. ``farther_above``: the face's box over the frame, the larger way.
    ``off_centre``: distance of the face's middle from the frame's, over the frame's side.

    ``dark``: mean grey of the face, 0..255, under which it is dark where its highlights are under ``dull`` too: dark
    skin in good light has bright highlights. ``backlit``: by how much the whole frame is brighter than such a face for
    the light to be behind the person; before a bright window it is too dark already under ``shaded``. ``glare``: the
    share of a lens of glasses that is white. ``bright``: mean grey from which it is too bright, or ``clipped``: the
    share of it that is white. ``scene_dark``, ``scene_bright``: mean grey of a frame in which no face is found.

    ``slack``: advice that is shown goes away only where the measure is better than its limit by this share.
    ``travel``, ``growth``, ``lean``: how far the face may move within ``moved_within_s`` while it should be still: its
    middle and its size, over its size, and its roll, degrees.

    ``appear_s``: how long something must be wrong before it is said, but for the very first frame; ``adapt_s``: the
    same for light, since cameras need a moment to adapt. ``linger_s``: how long advice stays after it was last needed,
    and ``least_s``: how long it is shown at least, so that it can be read, unless its opposite is needed. ``recall_s``:
    how long the distance of a face that is gone is remembered.
    """

    closer_below: float = 0.1
    least_inter_eye: float = 48.0
    farther_above: float = 0.85
    off_centre: float = 0.25
    dark: float = 50.0
    dull: float = 110.0
    backlit: float = 55.0
    shaded: float = 80.0
    glare: float = 0.12
    bright: float = 225.0
    clipped: float = 0.35
    scene_dark: float = 25.0
    scene_bright: float = 225.0
    slack: float = 0.06
    travel: float = 0.2
    growth: float = 0.15
    lean: float = 10.0
    moved_within_s: float = 0.6
    appear_s: float = 0.15
    adapt_s: float = 0.5
    linger_s: float = 0.3
    least_s: float = 0.7
    recall_s: float = 3.0


_PROBLEMS: Final = {
    "no_face": Guidance.FACE_THE_CAMERA,
    "second_face": Guidance.ONE_PERSON_ONLY,
    "face_too_small": Guidance.CLOSER,
}
_DISTANCES: Final = frozenset({Guidance.CLOSER, Guidance.FARTHER})
_LIGHTS: Final = frozenset({Guidance.MORE_LIGHT, Guidance.LESS_LIGHT, Guidance.LIGHT_BEHIND, Guidance.GLARE_ON_GLASSES})
_CONTRARY: Final = (
    _DISTANCES,
    frozenset({Guidance.MORE_LIGHT, Guidance.LESS_LIGHT}),
    frozenset({Guidance.MORE_LIGHT, Guidance.LIGHT_BEHIND}),
)
"""Of these never both."""
_MOST_PLACES: Final = 32


def guide_frame(
    observation: FrameObservation, options: GuidanceOptions, *, shown: Collection[Guidance] = ()
) -> tuple[Guidance, ...]:
    """What one frame by itself asks for, the weightiest first; nothing where all is well.

    ``shown``: advice that is shown already, which `GuidanceOptions.slack` keeps.
    """

    def line(value: float, advice: Guidance, *, below: bool) -> float:
        """The limit, moved outward for what is shown already."""
        kept = options.slack if advice in shown else 0.0
        return value * (1 + kept if below else 1 - kept)

    face = observation.face
    if face is None:
        return _without_face(observation, options)
    width, height = observation.width, observation.height
    x, y = face.box.centre
    least = max(options.least_inter_eye, options.closer_below * min(width, height))
    small = face.inter_eye_px < line(least, Guidance.CLOSER, below=True)
    large = _share(face.box, observation) > line(options.farther_above, Guidance.FARTHER, below=False)
    aside = max(abs(x / width - 0.5), abs(y / height - 0.5)) > line(options.off_centre, Guidance.CENTRE, below=False)
    grey, highlight, clipped = observation.brightness, observation.highlight, observation.clipped
    dark = grey is not None and grey < line(options.dark, Guidance.MORE_LIGHT, below=True)
    dull = highlight is None or highlight < line(options.dull, Guidance.MORE_LIGHT, below=True)
    behind = dull and _backlit(observation, options, shown=Guidance.LIGHT_BEHIND in shown)
    bright = grey is not None and grey > line(options.bright, Guidance.LESS_LIGHT, below=False)
    white = clipped is not None and clipped > line(options.clipped, Guidance.LESS_LIGHT, below=False)
    found = {
        Guidance.CLOSER: small and not large,
        Guidance.FARTHER: large,
        Guidance.CENTRE: aside,
        Guidance.LIGHT_BEHIND: behind,
        Guidance.MORE_LIGHT: dark and dull and not behind,
        Guidance.LESS_LIGHT: bright or white,
        Guidance.GLARE_ON_GLASSES: _glaring(observation, options, shown=Guidance.GLARE_ON_GLASSES in shown)
        and not (bright or white),
    }
    return tuple(advice for advice, needed in found.items() if needed)


def _backlit(observation: FrameObservation, options: GuidanceOptions, *, shown: bool) -> bool:
    """Whether a face is dark because the camera looks into the light."""
    grey, scene = observation.brightness, observation.scene
    if grey is None or scene is None:
        return False
    slack = options.slack if shown else 0.0
    return grey < options.shaded * (1 + slack) and scene - grey > options.backlit * (1 - slack)


def _glaring(observation: FrameObservation, options: GuidanceOptions, *, shown: bool) -> bool:
    glare = observation.glare
    return glare is not None and glare > options.glare * (1 - (options.slack if shown else 0.0))


def _without_face(observation: FrameObservation, options: GuidanceOptions) -> tuple[Guidance, ...]:
    if observation.problem == "face_cut_off":
        box = observation.refused
        if box is None:
            return (Guidance.CENTRE, Guidance.FARTHER)
        return (Guidance.FARTHER,) if _share(box, observation) > options.farther_above else (Guidance.CENTRE,)
    problem = _PROBLEMS.get(observation.problem or "no_face", Guidance.FACE_THE_CAMERA)
    scene = observation.scene
    if problem is Guidance.FACE_THE_CAMERA and scene is not None:
        # nobody is found in the dark, however they face the camera
        if scene < options.scene_dark:
            return (Guidance.MORE_LIGHT,)
        if scene > options.scene_bright:
            return (Guidance.LESS_LIGHT,)
    return (problem,)


def _share(box: Box, observation: FrameObservation) -> float:
    """How much of the frame a box takes, the larger way."""
    return max(box.width / observation.width, box.height / observation.height)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Advice:
    """``since_s``: needed without a break; ``until_s``: last needed; ``shown_s``: shown since, None: not yet."""

    advice: Guidance
    since_s: float
    until_s: float
    shown_s: float | None


@dataclass(frozen=True, slots=True, kw_only=True)
class GuidanceState:
    """A few numbers: what is needed or shown, and where the face was during the last half second.

    ``distance``: the last advice on the distance, and when it was last needed. ``places``: time, middle and size of the
    face (px), and roll (degrees), at most 32.
    """

    notes: tuple[_Advice, ...] = ()
    distance: tuple[Guidance, float] | None = None
    places: tuple[tuple[float, float, float, float, float], ...] = ()
    frames: int = 0

    @property
    def shown(self) -> tuple[Guidance, ...]:
        """What a page shows now, the weightiest first; what only lingers comes after what is still needed."""
        return tuple(note.advice for note in self.notes if note.shown_s is not None)


class GuidanceFold:
    """A fold: `start`, `step` for each frame in the order of capture. Stateless itself."""

    def __init__(self, options: GuidanceOptions | None = None) -> None:
        self._options = options or GuidanceOptions()

    def start(self) -> GuidanceState:
        return GuidanceState()

    def step(self, state: GuidanceState, observation: FrameObservation, *, still: bool) -> GuidanceState:
        """The state after one more frame. ``still``: whether the head should be still now, so moving is a fault."""
        options, now = self._options, observation.captured_s
        needed = list(guide_frame(observation, options, shown=state.shown))
        recalled = state.distance
        if needed and needed[-1] is Guidance.FACE_THE_CAMERA and recalled is not None:
            # lost for being too near or too far, most likely
            if now - recalled[1] <= options.recall_s:
                needed.insert(0, recalled[0])
        else:
            distance = next((advice for advice in needed if advice in _DISTANCES), None)
            recalled = None if distance is None else (distance, now)
        places = self._places(state, observation)
        if not still and Guidance.GLARE_ON_GLASSES in needed:
            needed.remove(Guidance.GLARE_ON_GLASSES)  # it comes and goes with the lenses of a head that turns
        if still and self._moved(places):
            needed.append(Guidance.HOLD_STILL)
        return GuidanceState(
            notes=self._notes(state, needed, now), distance=recalled, places=places, frames=state.frames + 1
        )

    def _notes(self, state: GuidanceState, needed: Collection[Guidance], now: float) -> tuple[_Advice, ...]:
        options = self._options
        known = {note.advice: note for note in state.notes}
        notes = []
        for advice in dict.fromkeys((*needed, *known)):
            note = known.get(advice)
            if advice in needed:
                fresh = _Advice(advice=advice, since_s=now, until_s=now, shown_s=None)
                note = fresh if note is None else replace(note, until_s=now)
                wait = options.adapt_s if advice in _LIGHTS else options.appear_s
                at_once = state.frames == 0 and advice not in _LIGHTS
                if note.shown_s is None and (at_once or now - note.since_s >= wait):
                    note = replace(note, shown_s=now)
                notes.append(note)
            elif note is not None and self._lingers(note, needed, now):
                notes.append(note)
        return tuple(notes)

    def _lingers(self, note: _Advice, needed: Collection[Guidance], now: float) -> bool:
        options = self._options
        if note.shown_s is None:
            return False
        if any(note.advice in pair and (pair - {note.advice}) & set(needed) for pair in _CONTRARY):
            return False
        return now - note.until_s < options.linger_s or now - note.shown_s < options.least_s

    def _places(
        self, state: GuidanceState, observation: FrameObservation
    ) -> tuple[tuple[float, float, float, float, float], ...]:
        face, now = observation.face, observation.captured_s
        if face is None:
            return ()
        place = (now, *face.box.centre, max(face.box.width, face.box.height), face.pose.roll)
        kept = (*(item for item in state.places if now - item[0] <= self._options.moved_within_s), place)
        return kept if len(kept) <= _MOST_PLACES else kept[::2]

    def _moved(self, places: Collection[tuple[float, float, float, float, float]]) -> bool:
        if not places:
            return False
        options = self._options
        _, x, y, size, roll = zip(*places, strict=True)
        whole = max(*size, 1.0)
        travelled = max(max(x) - min(x), max(y) - min(y)) > options.travel * whole
        grown = max(size) - min(size) > options.growth * whole
        return bool(travelled or grown or max(roll) - min(roll) > options.lean)
