"""The active witness: were the gestures of the challenge made, in their order, each after its prompt and in its time.

A state machine over observations; every state is a frozen value, and `ActiveWitness.step` is pure:

    Settling -> Pausing(0) -> Asked(0) or Lit(0) -> Pausing(1) -> ... -> Returning -> Passed
    any of them -> Failed

*Settling* finds the person's own neutral. *Pausing* waits until the head is back there, for the pause of the step.
*Asked* watches for one gesture, held, within its window. Another turn or look instead may be corrected in that window;
a second one that is held in the same capture ends it. Closed eyes are never taken for another gesture: people sneeze.
*Lit* is the light sequence, which other witnesses watch. *Returning* follows a challenge that ends with a turn or a
look: its way back is waited for, and held against nobody. Where no face can be used time stands still, within limits,
and so does the light: the page holds its colour until the face is back (`ActiveState.light_paused`).

Holding is measured by the client's clock, since the network delays frames, as far as the server's allows it; deadlines
by the server's, since the client's can be made to say anything.
"""

from dataclasses import dataclass, field, replace
from typing import Final

from visavis.capture.challenge import Challenge, Eyes, Gesture, LightStep
from visavis.domain.evidence import Outcome
from visavis.pad.active_evidence import active_evidence
from visavis.pad.active_state import (
    ActiveOptions,
    ActiveState,
    Asked,
    Failed,
    GestureMade,
    Hold,
    Lit,
    Passed,
    Pausing,
    Returning,
    Settling,
)
from visavis.pad.evidence import WitnessEvidence
from visavis.pad.gestures import Reach, reach_of, shows, shows_instead, shows_other
from visavis.pad.guidance import Guidance, GuidanceFold
from visavis.pad.neutral import (
    PoseSample,
    closedness,
    find_neutral,
    follow_neutral,
    recent_samples,
    restless,
    sample_of,
    seem_shut,
)
from visavis.pad.observation import FrameObservation

__all__ = ["ActiveWitness"]

_EPSILON: Final = 1e-6
_LONGEST_EDGE_S: Final = 0.06
"""Half the interval between frames at 8 a second: more is not granted to a gesture at either end."""
_BEGUN: Final = 0.3
_LATER: Final = frozenset({Guidance.HOLD_STILL, Guidance.OPEN_YOUR_EYES})
"""Advice that means little while the face is too far away, in the dark, or not to be seen well."""


@dataclass(frozen=True, slots=True)
class ActiveWitness:
    """The rules for one challenge. Holds no state of its own."""

    challenge: Challenge
    options: ActiveOptions = field(default_factory=ActiveOptions)

    def start(self) -> ActiveState:
        return ActiveState()

    def step(self, state: ActiveState, observation: FrameObservation) -> ActiveState:
        """The state after one more frame. A frame that was captured before the last one changes nothing."""
        if state.over or (state.frames and observation.captured_s <= state.captured_s):
            return state
        first = state.frames == 0
        previous_s = observation.captured_s if first else state.captured_s
        coach = GuidanceFold(self.options.guidance).step(state.coach, observation, still=self._still(state))
        state = replace(
            state,
            frames=state.frames + 1,
            captured_s=observation.captured_s,
            started_s=observation.arrived_s if first else state.started_s,
            arrived_s=observation.arrived_s if first else max(state.arrived_s, observation.arrived_s),
            coach=coach,
            guidance=coach.shown,
        )
        if state.arrived_s - state.started_s > (self.challenge.expires_at - self.challenge.issued_at).total_seconds():
            return _failed(state, "challenge_unfinished")
        if isinstance(state.phase, Returning):
            return self._return(state, state.phase, observation)
        if observation.face is None:
            return self._timed(self._lost(state, observation), observation)
        seen = self._seen(self._found(state), sample_of(observation.face, observation), previous_s)
        return self._timed(seen, observation)

    def _timed(self, state: ActiveState, observation: FrameObservation) -> ActiveState:
        """A frame of what is held must not tell how far its own time is to be believed."""
        if state.hold is not None:
            return state
        offset_s = observation.arrived_s - observation.captured_s
        return replace(state, least_offset_s=min(state.least_offset_s, offset_s))

    def _believed(self, state: ActiveState, sample: PoseSample) -> PoseSample:
        """With its time no later than it can have been by the server's clock."""
        latest_s = state.arrived_s - state.least_offset_s + self.options.ahead_s
        return sample if sample.time_s <= latest_s else replace(sample, time_s=latest_s)

    def _still(self, state: ActiveState) -> bool:
        """Whether nothing is asked of the head, and it is not just coming back from a gesture."""
        phase = state.phase
        if isinstance(phase, Pausing):
            since = phase.neutral_s
            been_still = since is not None and state.arrived_s - since >= self.options.guidance.moved_within_s
            return phase.index == 0 or been_still
        return isinstance(phase, Settling | Lit)

    def _seen(self, state: ActiveState, sample: PoseSample, previous_s: float) -> ActiveState:
        match state.phase:
            case Settling():
                return self._settle(state, sample)
            case Pausing() as phase:
                return self._pause(state, phase, sample, previous_s)
            case Asked() as phase:
                return self._watch(state, phase, sample, previous_s)
            case Lit() as phase:
                return self._shine(state, phase, sample, previous_s)
            case Returning() | Passed() | Failed():
                return state

    def _lost(self, state: ActiveState, observation: FrameObservation) -> ActiveState:
        """Time stands still, within limits; what was being held is let go."""
        options = self.options
        since = state.lost_s if state.lost_s is not None else state.arrived_s
        gone = state.arrived_s - since
        if gone > options.loss_limit_s or state.lost_total_s + gone > options.losses_limit_s:
            phase = state.phase
            index = phase.index if isinstance(phase, Pausing | Asked | Lit) else None
            if index is not None:
                reason = "face_lost" if observation.problem in (None, "no_face") else observation.problem
                return _failed(state, reason, index=index)
            if state.arrived_s - state.started_s > options.settle_limit_s:
                return _failed(state, observation.problem or "no_face")
        # before the neutral was found nothing is lost yet
        samples = () if isinstance(state.phase, Settling) else state.samples
        state = replace(state, lost_s=since, hold=None, other=None, samples=samples)
        lit = state.phase
        if isinstance(lit, Lit) and lit.stopped_at is None and gone >= options.light_gap_s - _EPSILON:
            return replace(state, phase=replace(lit, stopped_at=(state.captured_s, state.arrived_s)))
        return state

    def _settle(self, state: ActiveState, sample: PoseSample) -> ActiveState:
        options = self.options.neutral
        samples = recent_samples(state.samples, sample, keep_s=options.keep_s)
        neutral = find_neutral(samples, options)
        state = replace(state, samples=samples)
        waited_s = state.arrived_s - state.started_s
        if waited_s <= self.options.shut_limit_s and seem_shut(samples):
            # in the dark nobody's eyes can be seen
            return state if Guidance.MORE_LIGHT in state.guidance else _advised(state, Guidance.OPEN_YOUR_EYES)
        if neutral is not None:
            rested_s = state.arrived_s - self.options.rested_s  # for longer than that the head was still
            pausing = Pausing(index=0, since_s=state.arrived_s, neutral_s=rested_s, been_back=True)
            # what was lost before anything was asked for costs nothing
            return replace(state, phase=pausing, first=neutral, neutral=neutral, lost_total_s=0.0, stopped_s=0.0)
        if waited_s > self.options.settle_limit_s:
            return _failed(state, "no_neutral_pose")
        if abs(sample.yaw) > options.most_yaw or abs(sample.pitch) > options.most_pitch:
            return _advised(state, Guidance.FACE_THE_CAMERA)
        return _advised(state, Guidance.HOLD_STILL) if restless(samples, options) else state

    def _found(self, state: ActiveState) -> ActiveState:
        if state.lost_s is None:
            return state
        gone = state.arrived_s - state.lost_s
        phase = state.phase
        if isinstance(phase, Pausing):
            phase = replace(phase, neutral_s=None, near_s=None)
        elif isinstance(phase, Lit):
            phase = replace(phase, neutral_s=None)
        if isinstance(phase, Lit) and phase.stopped_at is not None:
            begin_s, since_s = phase.stopped_at
            phase = replace(phase, stopped_at=None, stopped_s=phase.stopped_s + state.arrived_s - since_s)
            # the page was told to wait by the server's clock, and cannot have waited longer
            end_s = min(state.captured_s, begin_s + state.arrived_s - since_s + self.options.ahead_s)
            state = replace(state, light_pauses=(*state.light_pauses, (begin_s, end_s)))
        return replace(
            state, phase=phase, lost_s=None, lost_total_s=state.lost_total_s + gone, stopped_s=state.stopped_s + gone
        )

    def _pause(self, state: ActiveState, phase: Pausing, sample: PoseSample, previous_s: float) -> ActiveState:
        options = self.options
        reach = self._reach(state, sample)
        near, eyes_open = reach.away <= options.near, reach.of(Gesture.CLOSE_EYES) < 1
        # a blink does not start the pause anew
        back = near and (eyes_open or phase.neutral_s is not None)
        near_s = (state.arrived_s if phase.near_s is None else phase.near_s) if near else None
        since = phase.neutral_s if back else None
        if near_s is not None and back and since is None:
            since = max(near_s, state.arrived_s - options.rested_s)
        phase = replace(phase, neutral_s=since, near_s=near_s, been_back=phase.been_back or back)
        state = self._follow(state, sample) if back and eyes_open else replace(state, samples=())
        state = self._unprompted(replace(state, phase=phase), phase, reach, sample, previous_s)
        if not isinstance(state.phase, Pausing):
            return state
        since = state.phase.neutral_s
        pause = self.challenge.steps[phase.index].pause_s
        if since is not None and eyes_open and state.arrived_s - since >= pause - _EPSILON:
            return self._ask(state, phase.index)
        if state.arrived_s - phase.since_s - state.stopped_s > options.return_limit_s:
            return _failed(state, "not_back_to_neutral", index=phase.index)
        if back and eyes_open:
            return state
        return _advised(state, Guidance.OPEN_YOUR_EYES if near else Guidance.FACE_THE_CAMERA)

    def _unprompted(
        self, state: ActiveState, phase: Pausing, reach: Reach, sample: PoseSample, previous_s: float
    ) -> ActiveState:
        """Count a gesture that nobody asked for; what follows from the gesture before the pause is not one."""
        if not phase.been_back:
            return state
        return self._counted(state, shows_other(reach, None, self.options.gestures), sample, previous_s)

    def _counted(self, state: ActiveState, shown: Gesture | None, sample: PoseSample, previous_s: float) -> ActiveState:
        phase = state.phase
        other = _held(state.other, shown, sample, previous_s, self.options.longest_gap_s)
        if other is None or not self._plain(other) or not isinstance(phase, Pausing | Lit):
            return replace(state, other=other)
        away = replace(phase, been_back=False)
        if isinstance(away, Pausing):
            away = replace(away, neutral_s=None, near_s=None)
        count = state.unprompted + 1
        state = replace(state, other=None, unprompted=count, phase=away)
        allowed = count <= self.options.unprompted
        return state if allowed else _failed(state, "unprompted_gestures", index=phase.index)

    def _ask(self, state: ActiveState, index: int) -> ActiveState:
        step = self.challenge.steps[index]
        state = replace(state, hold=None, other=None, stopped_s=0.0)
        if isinstance(step, LightStep):
            phase = Lit(index=index, started_s=state.arrived_s)
            return replace(state, phase=phase, light_began_s=state.captured_s)
        return replace(state, phase=Asked(index=index, gesture=step.gesture, asked_s=state.arrived_s))

    def _watch(self, state: ActiveState, phase: Asked, sample: PoseSample, previous_s: float) -> ActiveState:
        options, gesture = self.options, phase.gesture
        after = state.arrived_s - phase.asked_s - state.stopped_s
        if after > self.challenge.window_s:
            return self._out_of_time(state, phase)
        sample = self._believed(state, sample)
        reach = self._reach(state, sample)
        phase = replace(phase, reached=max(phase.reached, reach.of(gesture)))
        shown = gesture if shows(reach, gesture, holding=state.hold is not None) else None
        hold = _held(state.hold, shown, sample, previous_s, options.longest_gap_s)
        held_s = self._held_long_enough(hold or state.hold, sample)
        if held_s is not None:
            return self._made(state, phase, after, held_s)
        wrong = shows_instead(reach, gesture, options.gestures)
        other = _held(state.other, wrong, sample, previous_s, options.longest_gap_s)
        state = self._astray(replace(state, hold=hold, other=other), phase, reach)
        if not isinstance(state.phase, Asked):
            return state
        return _advised(state, *self._advice(state, state.phase, reach, sample))

    def _out_of_time(self, state: ActiveState, phase: Asked) -> ActiveState:
        if phase.reached >= self.options.gestures.absent:
            return _failed(state, "gesture_too_small", index=phase.index)
        reason = "gesture_missing" if phase.instead is None else "wrong_gesture"
        return _failed(state, reason, index=phase.index, instead=phase.instead)

    def _astray(self, state: ActiveState, phase: Asked, reach: Reach) -> ActiveState:
        """Note another turn or look than the one asked for, and count it once where it is held for good."""
        other = state.other
        phase = replace(phase, astray=phase.astray and reach.away > self.options.near)
        if other is None or not self._plain(other):
            return replace(state, phase=phase)
        phase = replace(phase, instead=other.gesture)
        if phase.astray or other.seconds < self.options.wrong_hold_s - _EPSILON:
            return replace(state, phase=phase)
        state = replace(state, phase=replace(phase, astray=True), wrong=state.wrong + 1)
        if state.wrong <= self.options.wrong:
            return state
        return _failed(state, "wrong_gesture", index=phase.index, instead=other.gesture, outcome=Outcome.FAIL)

    def _made(self, state: ActiveState, phase: Asked, after: float, held_s: float) -> ActiveState:
        accepted = {
            Gesture.CLOSE_EYES: None,
            Gesture.LOOK_UP: self.options.gestures.pitch,
            Gesture.LOOK_DOWN: self.options.gestures.pitch,
        }.get(phase.gesture, self.options.gestures.turn)
        made = GestureMade(
            gesture=phase.gesture,
            after_s=after,
            held_s=held_s,
            degrees=None if accepted is None else phase.reached * accepted,
        )
        return self._next(replace(state, made=(*state.made, made)), phase.index)

    def _next(self, state: ActiveState, index: int, *, neutral_s: float | None = None) -> ActiveState:
        """``neutral_s``: since when the head has been at the neutral already, by the server's clock."""
        state = replace(state, hold=None, other=None, stopped_s=0.0, samples=())
        if index + 1 == len(self.challenge.steps):
            away = bool(state.made) and state.made[-1].degrees is not None and isinstance(state.phase, Asked)
            return replace(state, phase=Returning(since_s=state.arrived_s) if away else Passed())
        if neutral_s is not None:
            neutral_s = max(neutral_s, state.arrived_s - self.options.rested_s)
        pausing = Pausing(
            index=index + 1, since_s=state.arrived_s, neutral_s=neutral_s, been_back=neutral_s is not None
        )
        return replace(state, phase=pausing)

    def _return(self, state: ActiveState, phase: Returning, observation: FrameObservation) -> ActiveState:
        face = observation.face
        back = face is not None and self._reach(state, sample_of(face, observation)).away <= self.options.near
        if back or state.arrived_s - phase.since_s > self.options.last_return_s:
            return replace(state, phase=Passed())
        return state if face is None else _advised(state, Guidance.FACE_THE_CAMERA)

    def _shine(self, state: ActiveState, phase: Lit, sample: PoseSample, previous_s: float) -> ActiveState:
        step = self.challenge.steps[phase.index]
        if not isinstance(step, LightStep):
            raise TypeError("a state of another challenge")
        reach = self._reach(state, sample)
        moved = reach.away > self.options.near
        since = None if moved else state.arrived_s if phase.neutral_s is None else phase.neutral_s
        phase = replace(phase, neutral_s=since, been_back=phase.been_back or not moved)
        left_s = step.schedule.duration_s - (state.arrived_s - phase.started_s - phase.stopped_s)
        # every frame that the light is judged by has come; what a page says cannot make the sequence any shorter
        seen = state.light_told_s is not None and state.captured_s >= state.light_told_s
        if left_s <= 0 and (seen or left_s <= -self.options.light_margin_s):
            return self._next(state, phase.index, neutral_s=since)
        state = replace(state, phase=phase)
        # bright colours make people blink
        shown = shows_other(reach, None, self.options.gestures) if phase.been_back else None
        state = self._counted(state, None if shown is Gesture.CLOSE_EYES else shown, sample, previous_s)
        return _advised(state, Guidance.HOLD_STILL) if moved and not state.over else state

    def _reach(self, state: ActiveState, sample: PoseSample) -> Reach:
        if state.neutral is None:
            raise TypeError("no neutral was found, so nothing can be measured from it")
        return reach_of(sample, state.neutral, self.challenge.eyes, self.options.gestures)

    def _follow(self, state: ActiveState, sample: PoseSample) -> ActiveState:
        """Take the neutral anew from the pause: people settle, and cameras are shifted."""
        options = self.options.neutral
        samples = recent_samples(state.samples, sample, keep_s=options.keep_s)
        newer = follow_neutral(state.first, samples, options) if state.first is not None else None
        return replace(state, samples=samples, neutral=newer or state.neutral)

    def _held_long_enough(self, hold: Hold | None, sample: PoseSample) -> float | None:
        """How long the gesture asked for was held, once that is enough.

        It began somewhere between the frame before the first that shows it and that one, and ended likewise: half of
        both intervals belongs to it. At 10 frames/s that is a fifth of a closure, and half of a turn.
        """
        if hold is None or hold.until_s <= hold.since_s:
            return None
        trail = min(max(sample.time_s - hold.until_s, 0.0) / 2, _LONGEST_EDGE_S)
        seconds = hold.seconds + hold.lead_s + trail
        closed = hold.gesture is Gesture.CLOSE_EYES
        if closed and hold.frames < self.options.closed_frames:
            return None
        least = self.options.closure_share * self.challenge.closure_s if closed else self.options.hold_s
        return seconds if seconds >= least - _EPSILON else None

    def _plain(self, other: Hold) -> bool:
        """Whether a gesture that was not asked for was held so long that it was meant."""
        closed = other.gesture is Gesture.CLOSE_EYES
        return other.seconds >= (self.options.other_closed_s if closed else self.options.other_hold_s) - _EPSILON

    def _advice(self, state: ActiveState, phase: Asked, reach: Reach, sample: PoseSample) -> tuple[Guidance, ...]:
        if state.hold is not None:
            return (Guidance.HOLD,)
        if phase.gesture is Gesture.CLOSE_EYES:
            if reach.away > self.options.near:
                return (Guidance.FACE_THE_CAMERA,)
            return (Guidance.CLOSE_BOTH_EYES,) if self._one_eye_open(state, sample) else ()
        share = reach.of(phase.gesture)
        if share <= -self.options.near:
            return (Guidance.OTHER_WAY,)
        if state.other is not None:
            return (Guidance.FACE_THE_CAMERA,)
        return (Guidance.TURN_FURTHER,) if share >= _BEGUN else ()

    def _one_eye_open(self, state: ActiveState, sample: PoseSample) -> bool:
        if self.challenge.eyes is not Eyes.BOTH or state.neutral is None:
            return False
        closed = [closedness(sample.eyes, state.neutral, which) >= 0.5 for which in (Eyes.LEFT, Eyes.RIGHT)]
        return any(closed) and not all(closed)

    def evidence(self, state: ActiveState) -> WitnessEvidence:
        """What the capture showed, at its end or so far. A capture that stops early is inconclusive, never a pass."""
        return active_evidence(self.challenge, self.options, state)


def _held(hold: Hold | None, shown: Gesture | None, sample: PoseSample, previous_s: float, gap_s: float) -> Hold | None:
    """``hold`` carried on by one frame that shows ``shown``, begun anew, or let go."""
    if shown is None:
        return None
    if hold is not None and hold.gesture is shown and sample.time_s - hold.until_s <= gap_s:
        return replace(hold, until_s=sample.time_s, frames=hold.frames + 1)
    lead = min(max(sample.time_s - previous_s, 0.0) / 2, _LONGEST_EDGE_S)
    return Hold(gesture=shown, since_s=sample.time_s, until_s=sample.time_s, lead_s=lead)


def _advised(state: ActiveState, *advice: Guidance) -> ActiveState:
    """``advice`` on the gesture first, then what the picture asks for, then what matters once that is right."""
    first = tuple(item for item in advice if item not in _LATER)
    rest = tuple(item for item in state.guidance if item not in advice)
    return replace(state, guidance=(*first, *rest, *(item for item in advice if item in _LATER)))


def _failed(
    state: ActiveState,
    reason: str,
    *,
    index: int | None = None,
    instead: Gesture | None = None,
    outcome: Outcome = Outcome.INCONCLUSIVE,
) -> ActiveState:
    phase = Failed(outcome=outcome, reason=reason, index=index, instead=instead)
    return replace(state, phase=phase, hold=None, other=None, samples=())
