"""The values of the active witness: what it allows, the phases it goes through, and all that it keeps."""

import math
from dataclasses import dataclass, field

from visavis.capture.challenge import Gesture
from visavis.capture.light_schedule import LightSchedule, Rgb
from visavis.domain.evidence import Outcome
from visavis.pad.gestures import GestureOptions
from visavis.pad.guidance import Guidance, GuidanceOptions, GuidanceState
from visavis.pad.neutral import Neutral, NeutralOptions, PoseSample

__all__ = [
    "ActiveOptions",
    "ActiveState",
    "Asked",
    "Failed",
    "GestureMade",
    "Hold",
    "Lit",
    "Passed",
    "Pausing",
    "Phase",
    "Returning",
    "Settling",
]


@dataclass(frozen=True, slots=True, kw_only=True)
class ActiveOptions:
    """``hold_s``: how long a turn or look must be held. ``other_hold_s``, ``other_closed_s``: the same for a gesture
    that was not asked for, and for closed eyes that were not. ``wrong_hold_s``: for a turn or look in place of the one
    on the screen, to be held against the holder; ``wrong``: how many may be. ``closure_share``: of the time that the
    eyes are to be closed, what is accepted. ``closed_frames``: in how many they must be. ``ahead_s``: how far a
    client's clock may run ahead of the server's in a hold, and in a pause of the light. ``longest_gap_s``: between two
    frames of one hold: what was not seen was not held.
    ``light_margin_s``: after the light sequence, for a page that first shows the words, and for its last frames to
    arrive: at most, as the page says when it has shown them all. ``light_gap_s``: how long the face may be gone before
    the light sequence stops.

    ``near``: share of a gesture within which the head counts as neutral. ``rested_s``: of the time that the head is to
    be there before a prompt, so much may lie before the pause itself, in the settling and in the light, and before
    closed eyes open again: no more than the least pause, so that what is drawn on top of it stays whole.
    ``settle_limit_s``, ``return_limit_s``: for finding the neutral, and for coming back to it. ``shut_limit_s``: from
    here on eyes that seem closed are taken for this person's open ones. ``last_return_s``: for coming back from the
    last gesture, which is waited for and asked of nobody. ``loss_limit_s``, ``losses_limit_s``: how long the face may
    be gone at once, and in all. ``unprompted``: gestures that may come without a prompt.
    """

    neutral: NeutralOptions = field(default_factory=NeutralOptions)
    gestures: GestureOptions = field(default_factory=GestureOptions)
    guidance: GuidanceOptions = field(default_factory=GuidanceOptions)
    hold_s: float = 0.2
    other_hold_s: float = 0.3
    other_closed_s: float = 0.6
    wrong_hold_s: float = 0.8
    wrong: int = 1
    light_margin_s: float = 0.9
    light_gap_s: float = 0.35
    closure_share: float = 0.8
    closed_frames: int = 3
    ahead_s: float = 0.15
    longest_gap_s: float = 0.35
    near: float = 0.5
    rested_s: float = 0.3
    settle_limit_s: float = 15.0
    shut_limit_s: float = 5.0
    return_limit_s: float = 8.0
    last_return_s: float = 1.5
    loss_limit_s: float = 1.5
    losses_limit_s: float = 4.0
    unprompted: int = 2


@dataclass(frozen=True, slots=True, kw_only=True)
class Hold:
    """A gesture that is being made: since when and until when it was seen, capture times."""

    gesture: Gesture
    since_s: float
    until_s: float
    lead_s: float
    """Half the time between the frame before and the first: when it really began lies between them."""
    frames: int = 1

    @property
    def seconds(self) -> float:
        return self.until_s - self.since_s


@dataclass(frozen=True, slots=True, kw_only=True)
class Settling:
    """Looking for the person's own neutral."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Pausing:
    """Before step ``index``, since ``since_s``. ``neutral_s``: since when the head has been back, with open eyes;
    ``near_s``: the head alone. All by the server's clock.

    ``been_back``: what the head does now began at the neutral, so it is no late part of the gesture before.
    """

    index: int
    since_s: float
    neutral_s: float | None = None
    near_s: float | None = None
    been_back: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """Step ``index`` is a gesture, asked for at ``asked_s`` by the server's clock.

    ``reached``: the most of it that was seen, as a share of what is accepted. ``instead``: the other turn or look that
    was plainly made meanwhile; there is time to correct it. ``astray``: such a one was counted, and the head is not
    back from it.
    """

    index: int
    gesture: Gesture
    asked_s: float
    reached: float = 0.0
    instead: Gesture | None = None
    astray: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Lit:
    """Step ``index`` is the light sequence, begun at ``started_s`` by the server's clock.

    ``stopped_at``: while it stands still because the face is gone: since when, by the client's and by the server's
    clock. ``stopped_s``: how long it stood still before, seconds of the server's clock. ``been_back``: the head has
    been at the neutral since the last turn or look, which nobody asked for, was counted. ``neutral_s``: since when it
    has been there, by the server's clock; None while it is not.
    """

    index: int
    started_s: float
    stopped_at: tuple[float, float] | None = None
    stopped_s: float = 0.0
    been_back: bool = True
    neutral_s: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Returning:
    """All steps were answered, the last with a turn or a look, since ``since_s`` by the server's clock.

    The way back from it is part of what the structure witness looks at. Nobody has to come back.
    """

    since_s: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Passed:
    """All steps were answered."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Failed:
    """It cannot pass any more. ``instead``: the gesture that was made in place of the one asked for."""

    outcome: Outcome
    reason: str
    index: int | None = None
    instead: Gesture | None = None


Phase = Settling | Pausing | Asked | Lit | Returning | Passed | Failed


@dataclass(frozen=True, slots=True, kw_only=True)
class GestureMade:
    """``after_s``: from the prompt until it was held. ``degrees``: the most until then; None for the eyes."""

    gesture: Gesture
    after_s: float
    held_s: float
    degrees: float | None


@dataclass(frozen=True, slots=True, kw_only=True)
class ActiveState:
    """Everything that is kept between two frames: at most 64 samples of the pose, and numbers.

    ``guidance``: what the holder can do better, the weightiest first. ``coach``: what it is made of.
    """

    phase: Phase = Settling()
    guidance: tuple[Guidance, ...] = ()
    coach: GuidanceState = field(default_factory=GuidanceState)
    frames: int = 0
    samples: tuple[PoseSample, ...] = ()
    first: Neutral | None = None
    neutral: Neutral | None = None
    made: tuple[GestureMade, ...] = ()
    hold: Hold | None = None
    other: Hold | None = None
    unprompted: int = 0
    wrong: int = 0
    """Other turns and looks that were held in place of the one asked for."""
    started_s: float = 0.0
    captured_s: float = 0.0
    arrived_s: float = 0.0
    least_offset_s: float = math.inf
    """Of arrival from capture, each by its own clock, before what is held now: a network never hastens."""
    lost_s: float | None = None
    lost_total_s: float = 0.0
    stopped_s: float = 0.0
    light_began_s: float | None = None
    """When the light sequence began, by the client's clock."""
    light_told_s: float | None = None
    """Until when the page says that it showed it, by the client's clock; None before it said so."""
    light_pauses: tuple[tuple[float, float], ...] = ()
    """From when to when the light sequence stood still, by the client's clock; at most a dozen."""

    @property
    def prompt(self) -> int | None:
        """The step that the holder's page may be shown now; None while there is none."""
        return self.phase.index if isinstance(self.phase, Asked | Lit) else None

    @property
    def moving(self) -> Gesture | None:
        """The gesture that what is seen now belongs to: the one asked for, or the way back from one that was made."""
        match self.phase:
            case Asked(gesture=gesture):
                return gesture
            case Pausing(been_back=False) | Returning() if self.made:
                return self.made[-1].gesture
        return None

    @property
    def over(self) -> bool:
        return isinstance(self.phase, Passed | Failed)

    @property
    def light_paused(self) -> bool:
        """Whether the page is to hold the colour it shows, until this is False again; then the sequence goes on.

        A colour that is held longer adds no change of light, so a pause can never flash.
        """
        return isinstance(self.phase, Lit) and self.phase.stopped_at is not None

    @property
    def light_paused_s(self) -> float:
        """How long the light sequence stood still in all, by the client's clock."""
        return sum(end - begin for begin, end in self.light_pauses)

    def light_shown(self, schedule: LightSchedule) -> tuple[tuple[float, Rgb], ...]:
        """When each colour of ``schedule`` was to be shown, by the client's clock, pauses counted; the shape of
        `visavis.pad.injection.StreamFacts.shown`. Empty where the sequence never began.
        """
        if self.light_began_s is None:
            return ()
        starts = [self._delayed(self.light_began_s + start) for start in schedule.starts_s]
        return tuple(zip(starts, schedule.colours, strict=True))

    def light_ends_s(self, schedule: LightSchedule) -> float | None:
        """When the last colour of ``schedule`` went, by the client's clock; None where the sequence never began."""
        return None if self.light_began_s is None else self._delayed(self.light_began_s + schedule.duration_s)

    def _delayed(self, time_s: float) -> float:
        for begin, end in self.light_pauses:
            time_s += end - begin if begin < time_s else 0.0
        return time_s
