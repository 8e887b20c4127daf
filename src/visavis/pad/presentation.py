"""One capture from its first frame to its evidence: perception once a frame, and all six witnesses over what it finds.

`PresentationAnalyser` holds the models and the rules, and is shared by all captures of a process, from any thread;
`PresentationAnalyser.open` gives a `Presentation`, which takes the frames of one capture in the order in which they
arrive. Frames are on the path of guidance, so the slow judgements wait for `Presentation.finish`, which belongs in a
worker.
"""

import random
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Final

from visavis.capture.challenge import Challenge, Gesture, GestureStep, LightStep
from visavis.capture.light_schedule import LightSchedule, Rgb, linear_light
from visavis.capture.picture import Picture
from visavis.domain.distance import Distance
from visavis.domain.evidence import Outcome
from visavis.pad.active import ActiveWitness
from visavis.pad.active_state import ActiveOptions, Failed, Lit
from visavis.pad.colours import ColourMeter
from visavis.pad.continuity import ContinuityWitness
from visavis.pad.evidence import Witness, WitnessEvidence, not_measured
from visavis.pad.framing import framing_at
from visavis.pad.guidance import Guidance
from visavis.pad.injection import InjectionWitness, StreamFacts, StreamSource, light_as_asked
from visavis.pad.light import LightState, LightWitness
from visavis.pad.moments import Moments, breaks
from visavis.pad.observation import Colours, FrameObservation, observe
from visavis.pad.passive import PassiveWitness, TextureNetwork
from visavis.pad.patience import Patience, be_patient, go_on
from visavis.pad.relief import ReliefMeter
from visavis.pad.structure import EVERY_SIDE, Measured, Side, StructureState, StructureWitness
from visavis.pad.trace import Trace, Tracer
from visavis.perception.acquisition import Face
from visavis.perception.features import FaceEmbedder
from visavis.perception.layers import layered
from visavis.perception.pose import HeadPose
from visavis.perception.session import FloatTensor
from visavis.perception.tracking import FaceTracking

__all__ = ["Presentation", "PresentationAnalyser", "PresentationFindings", "View"]

_LATE_S: Final = 1.0
"""How much later than it was sent a light sequence may have been shown, for its frames to be measured."""
_FILE_SLACK_S: Final = 0.5
"""A file has the times of its own making: nobody told when its page showed the colours."""
_FILE_LEAD_S: Final = 0.4
"""For which a page announces the colours before it shows the first."""
_COLOUR_WITHIN_S: Final = 0.15
_COLOUR_WITHIN: Final = 0.45
"""Of a colour's time: what is told must stay in order."""
_TEMPLATES_APART_S: Final = 0.1
"""By the server's clock: a client's clock must not make every frame an expensive one."""
_LONGEST_ADVICE_S: Final = 0.5
_SIDES: Final[Mapping[Gesture | None, Side]] = {
    Gesture.TURN_LEFT: Side.LEFT,
    Gesture.TURN_RIGHT: Side.RIGHT,
    Gesture.LOOK_UP: Side.UP,
    Gesture.LOOK_DOWN: Side.DOWN,
}


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class View:
    """What the holder's page may be told after one frame.

    ``prompt``: the step that may be shown now (`visavis.capture.answering.prompt_json` makes its message).
    ``guidance``: the weightiest first. ``over``: nothing more is to be sent: the gestures are made, or cannot be any
    more, or a second person was seen for good. ``light_paused``: the page is to hold the colour that it shows until
    this is False again. ``observation``: what was seen, for the caller's own use; it is not kept here.
    """

    prompt: int | None
    guidance: tuple[Guidance, ...]
    over: bool
    observation: FrameObservation
    light_paused: bool = False


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class PresentationFindings:
    """``witnesses``: all six, in the order of `Witness`; one that saw nothing is ``not_measured``.

    ``guidance``: for how many seconds each advice was shown.
    """

    witnesses: tuple[WitnessEvidence, ...]
    trace: Trace
    guidance: Mapping[Guidance, float]


class PresentationAnalyser:
    """Everything that captures share. Stateless between calls, so safe from several threads if its sessions are."""

    def __init__(
        self,
        *,
        tracker: FaceTracking,
        embedder: FaceEmbedder,
        colours: ColourMeter,
        relief: ReliefMeter,
        texture: TextureNetwork,
        rng: random.Random,
    ) -> None:
        """``rng``: draws when a template is taken; in use one that nobody can foresee, as `random.SystemRandom`."""
        self.rng = rng
        self.tracker = tracker
        self.embedder = embedder
        self.colours = colours
        self.continuity = ContinuityWitness()
        self.structure = StructureWitness(relief)
        self.light = LightWitness(colours)
        self.passive = PassiveWitness(texture)

    def open(
        self,
        challenge: Challenge,
        *,
        source: StreamSource = StreamSource.LIVE,
        patient: bool = False,
        rng: random.Random | None = None,
        distance: Distance = Distance.HAND_HELD,
    ) -> "Presentation":
        """A new capture that answers ``challenge``. ``rng``: of its own, for a laboratory that is to repeat itself.
        ``distance``: where the holder stands; it moves what is said of the size of the face, and nothing else.

        ``patient``: for a laboratory only. After the active witness failed the prompts go on by time, so that the other
        witnesses can be measured to the end; its own evidence keeps the failure.
        """
        return Presentation(self, challenge, source=source, patient=patient, rng=rng or self.rng, distance=distance)


class Presentation:
    """One capture. Not for two threads at once, but any thread may take the next frame.

    Bounded memory, however many frames come: 900 thumbnails (2.1 MB), 600 rows of colours (0.9 MB), the crops of the
    structure witness (2.5 MB at most, for a challenge with turns to all sides), 2,400 rows of the trace (1.2 MB), and
    numbers. No frame is kept.
    """

    def __init__(
        self,
        analyser: PresentationAnalyser,
        challenge: Challenge,
        *,
        source: StreamSource,
        patient: bool,
        rng: random.Random,
        distance: Distance,
    ) -> None:
        self._parts = analyser
        self._challenge = challenge
        self._source = source
        self._patient = patient
        self._active_witness = ActiveWitness(challenge, ActiveOptions(guidance=framing_at(distance).guidance))
        self._injection_witness = InjectionWitness(challenge)
        self._track = analyser.tracker.start()
        self._active = self._active_witness.start()
        self._continuity = analyser.continuity.start()
        self._injection = self._injection_witness.start()
        self._passive = analyser.passive.start()
        self._structure: StructureState | None = None
        self._measured = Measured()
        asked = {_SIDES.get(step.gesture) for step in challenge.steps if isinstance(step, GestureStep)}
        self._turns = len(asked - {None})
        self._light: LightState | None = None
        self._light_began_s: float | None = None
        self._patience: Patience | None = None
        self._captured_s: float | None = None
        self._template_s: float | None = None
        self._moments = Moments(rng, pauses_s=challenge.pauses_s)
        self._tracer = Tracer(challenge)
        self._advised: dict[Guidance, float] = {}

    def see(self, picture: Picture, *, captured_s: float, arrived_s: float, encoding: str = "") -> View:
        """Take in one frame, in the order of arrival; seconds on the client's and on the server's clock.

        A frame that was captured before the last one is counted by the injection witness and otherwise left alone.
        Raises ValueError where a time is not finite; ModelInvalidError where a model is not what it says.
        """
        picture = layered(picture)
        glimpsed = self._track.face
        self._track, acquisition = self._parts.tracker.follow(self._track, picture, time_s=arrived_s)
        last_s = self._captured_s
        fresh = last_s is None or captured_s > last_s
        face = acquisition.face if fresh else None
        observation = observe(
            picture,
            acquisition,
            captured_s=captured_s,
            arrived_s=arrived_s,
            encoding=encoding,
            vector=None
            if face is None
            else self._template(picture, face, arrived_s, broken=breaks(glimpsed, self._track.face)),
            colours=None if face is None else self._colours(picture, face, captured_s),
        )
        self._injection = self._injection_witness.step(self._injection, observation)
        if fresh:
            self._captured_s = captured_s
            self._fold(picture, observation)
            self._record(observation, apart_s=0.0 if last_s is None else captured_s - last_s)
        over = self._over
        return View(
            prompt=None if over else self._prompt,
            guidance=self._active.guidance,
            over=over,
            observation=observation,
            light_paused=self._active.light_paused,
        )

    def lit(self, *, until_s: float) -> None:
        """The page has shown every colour, the last one until then by its own clock: nothing else is waited for."""
        self._active = replace(self._active, light_told_s=until_s)

    def ahead(self) -> bool:
        """Do a piece of what `finish` has to do, if one can be done by now; some 0.05 s. May run beside `see`."""
        structure, now_s = self._structure, self._captured_s
        if structure is None or now_s is None:
            return False
        return self._parts.structure.ahead(structure, self._measured, now_s=now_s, sides=self._turns)

    def finish(self, facts: StreamFacts, *, compared: FloatTensor | None = None) -> PresentationFindings:
        """The word of every witness. Some 0.3 s of work, less what was done ahead: for a worker, not for the path of
        guidance.

        ``compared``: (d,), the template that was compared with the reference, of the same embedding as this capture's;
        the continuity witness holds it against the neutral face. Raises ValueError where it is of another length.
        """
        parts = self._parts
        structure = self._structure
        found = (
            self._active_witness.evidence(self._active),
            not_measured(Witness.STRUCTURE, "neutral_not_seen")
            if structure is None
            else parts.structure.judge(structure, self._measured),
            self._judge_light(facts),
            parts.passive.judge(self._passive),
            self._judge_continuity(compared),
            self._injection_witness.evidence(
                self._injection,
                # who gives the facts is not believed in what is known here
                replace(facts, source=self._source, light_paused_s=self._active.light_paused_s),
            ),
        )
        return PresentationFindings(
            witnesses=found, trace=self._tracer.trace(self._active.neutral), guidance=dict(self._advised)
        )

    @property
    def _prompt(self) -> int | None:
        return self._active.prompt if self._patience is None else self._patience.prompt

    @property
    def _over(self) -> bool:
        if self._patient:
            return self._active.over if self._patience is None else self._patience.index is None
        seen_for_good = self._active.first is not None and self._parts.continuity.failed(self._continuity)
        return self._active.over or seen_for_good

    def _fold(self, picture: Picture, observation: FrameObservation) -> None:
        """Every witness but the injection witness, which also takes frames that come too late."""
        parts = self._parts
        self._prompted(observation)
        self._continuity = parts.continuity.step(self._continuity, observation)
        self._passive = parts.passive.see(self._passive, picture, observation)
        if self._structure is None:
            self._structure = self._start_structure()
        if self._structure is not None:
            self._structure = parts.structure.see(self._structure, picture, observation, sides=self._sides)
        if self._light is not None and observation.colours is not None:
            self._light = parts.light.see(self._light, observation)

    @property
    def _sides(self) -> frozenset[Side]:
        """The turn that answers the prompt: nothing else is measured, so nothing else can displace it.

        After the gestures failed before a patient laboratory, and in a file that is explained, every turn is measured.
        """
        if self._patience is not None or (self._patient and self._source is StreamSource.FILE):
            return EVERY_SIDE
        side = _SIDES.get(self._active.moving)
        return frozenset() if side is None else frozenset({side})

    def _prompted(self, observation: FrameObservation) -> None:
        """The active witness, and where it failed before a patient laboratory, what is asked for after it."""
        before, now_s, settled = self._active.phase, observation.arrived_s, self._active.first is not None
        self._active = self._active_witness.step(self._active, observation)
        if self._active.first is not None and not settled:
            # whoever held the phone before that was asked for nothing
            self._continuity = self._parts.continuity.start()
        lit = isinstance(self._active.phase, Lit)
        if self._patience is not None:
            self._patience = go_on(self._challenge, self._patience, now_s=now_s)
            prompt = self._patience.prompt
            lit = prompt is not None and isinstance(self._challenge.steps[prompt], LightStep)
        elif self._patient and isinstance(self._active.phase, Failed):
            self._patience = be_patient(self._challenge, before, self._active.phase, now_s=now_s)
        if lit and self._light is None and self._schedule is not None:
            self._light_began_s = observation.captured_s
            self._light = self._start_light(self._schedule, observation.captured_s)

    @property
    def _schedule(self) -> LightSchedule | None:
        return self._challenge.light

    def _start_light(self, schedule: LightSchedule, at_s: float) -> LightState:
        slack_s = _FILE_SLACK_S if self._source is StreamSource.FILE else 0.0
        return self._parts.light.start(schedule, at_s=at_s, slack_s=slack_s)

    def _start_structure(self) -> StructureState | None:
        """From the neutral that the gestures are measured from; without one, a laboratory lets it find its own."""
        neutral = self._active.first
        if neutral is not None:
            baseline = HeadPose(yaw=neutral.yaw, pitch=neutral.pitch, roll=neutral.roll)
            return self._parts.structure.start(baseline)
        return None if self._patience is None else self._parts.structure.start()

    def _template(self, picture: Picture, face: Face, arrived_s: float, *, broken: bool) -> FloatTensor | None:
        if self._active.first is None and self._patience is None:
            return None  # nothing was asked yet, and the witness begins with the neutral
        last_s = self._template_s
        if last_s is not None and abs(arrived_s - last_s) < _TEMPLATES_APART_S:
            return None
        witness = self._parts.continuity
        drawn = self._moments.wanted(self._active, now_s=arrived_s, broken=broken)
        drawn = drawn and witness.comparable(self._continuity, face)
        if not (drawn or witness.wants_template(self._continuity, face, arrived_s)):
            return None
        if drawn:
            self._moments.taken(now_s=arrived_s)
        self._template_s = arrived_s
        vector: FloatTensor = self._parts.embedder.embed(picture, [face.mesh])[0]
        return vector

    def _colours(self, picture: Picture, face: Face, captured_s: float) -> Colours | None:
        state, schedule = self._light, self._schedule
        if state is None or schedule is None:
            return None
        shown, ends_s = self._shown(schedule)
        if not shown[0][0] - state.slack_s <= captured_s <= ends_s + state.slack_s + _LATE_S:
            return None
        return self._parts.colours.measure(picture, face.mesh)

    def _shown(self, schedule: LightSchedule) -> tuple[tuple[tuple[float, Rgb], ...], float]:
        """When each colour was to be shown, by the client's clock, and when the last one went."""
        ends_s = self._active.light_ends_s(schedule)
        if ends_s is not None:
            return self._active.light_shown(schedule), ends_s
        began_s = self._light_began_s or 0.0
        shown = tuple(
            (began_s + start, colour) for start, colour in zip(schedule.starts_s, schedule.colours, strict=True)
        )
        return shown, began_s + schedule.duration_s

    def _judge_continuity(self, compared: FloatTensor | None) -> WitnessEvidence:
        """Before the neutral nothing was asked of anybody, so nothing then seen is held against them: it is no pass."""
        found = self._parts.continuity.evidence(self._continuity, compared=compared)
        unasked = self._active.first is None and self._patience is None
        return replace(found, outcome=Outcome.INCONCLUSIVE) if unasked and found.outcome is Outcome.FAIL else found

    def _judge_light(self, facts: StreamFacts) -> WitnessEvidence:
        """Against the times at which the page says that it showed the colours, and against nothing else: a guess would
        be off by its lead and the network, and take a slow page for another order. Only a file has no page to ask.
        """
        state, schedule = self._light, self._schedule
        if state is None or schedule is None:
            return not_measured(Witness.LIGHT, "light_not_asked" if schedule is None else "not_measured")
        shown, ends_s = self._shown(schedule)
        if self._source is StreamSource.FILE:
            shown, ends_s = tuple((time_s + _FILE_LEAD_S, colour) for time_s, colour in shown), ends_s + _FILE_LEAD_S
        else:
            told, paused_s = facts.shown, self._active.light_paused_s
            within_s = min(_COLOUR_WITHIN_S, _COLOUR_WITHIN * schedule.step_s)
            if (
                not told
                or not light_as_asked(schedule, told, within_s=within_s, paused_s=paused_s)
                or abs(told[0][0] - shown[0][0]) > _LATE_S
            ):
                return self._parts.light.not_seen()
            shown, ends_s = told, told[-1][0] + schedule.step_s
        lights = [(time_s, linear_light(colour)) for time_s, colour in shown]
        return self._parts.light.judge(self._parts.light.retimed(state, lights, ends_s=ends_s))

    def _record(self, observation: FrameObservation, *, apart_s: float) -> None:
        prompt, looked = self._prompt, self._passive.last_s == observation.captured_s
        self._tracer.add(
            observation,
            prompt=prompt,
            neutral=self._active.neutral,
            colour=self._colour_asked(observation.captured_s),
            texture=self._passive.scores[-1] if looked else None,
        )
        for advice in self._active.guidance:
            self._advised[advice] = self._advised.get(advice, 0.0) + min(apart_s, _LONGEST_ADVICE_S)

    def _colour_asked(self, time_s: float) -> Rgb | None:
        schedule = self._schedule
        if schedule is None or self._light is None:
            return None
        shown, ends_s = self._shown(schedule)
        if not shown[0][0] <= time_s < ends_s:
            return None
        return next(colour for start, colour in reversed(shown) if start <= time_s)
