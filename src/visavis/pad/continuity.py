"""The continuity witness: one face, on one unbroken track, and the same person all the way through.

Where the track breaks (the face was gone, or jumped) the next template has to vouch that the same person came back; a
break that nothing vouched for leaves the witness undecided. `ContinuityWitness.wants_template` says for which frames an
embedding is worth its time, so that a capture needs about a dozen of them.
"""

from dataclasses import dataclass, field, replace
from typing import Final

import numpy as np

from visavis.domain.evidence import Detail, Outcome
from visavis.pad.evidence import Witness, WitnessEvidence, not_measured
from visavis.pad.observation import FrameObservation
from visavis.perception.acquisition import Face
from visavis.perception.geometry import Box, overlap
from visavis.perception.session import FloatTensor

__all__ = ["ContinuityOptions", "ContinuityState", "ContinuityWitness"]

_REFERENCES: Final = 3
_SURE: Final = 2
"""Templates of somebody else; one alone may be a blurred frame, and a few among many a grimace made again."""
_PLAIN: Final = 4
"""The same, for a capture to end."""
_EPSILON: Final = 1e-6


@dataclass(frozen=True, slots=True, kw_only=True)
class ContinuityOptions:
    """``same``: least cosine of a template with those of the neutral face. ``other``: below it, it is someone else.

    Measured with the default embedding on ten people in motion, up to 26 degrees: 896 templates of themselves, least
    0.54; 8,064 of the others, most 0.36. With the first network alone and 23 people: 1 in 100 below 0.45 at 20
    degrees, others at most 0.37. Another embedding needs other numbers.

    ``disagreeing``: the share of templates that may disagree, each by itself: the next one, taken at once, must agree;
    and at most one of them may be below ``other``. A larger share of somebody else's is a fail.
    Below ``strange`` one alone is too strange for a grimace (the least of those that were living people's own: 0.36).
    ``templates``: how many must agree. ``most_degrees``: from the neutral pose, for a template to be compared.
    ``least_inter_eye``: px. ``every_s``: between two templates of an undisturbed track. ``turned``: degrees of yaw from
    which one of a turn is wanted.

    ``loss_s``: how long the face may be gone without a break. ``jump``: distance between two frames' faces, over the
    inter-eye distance; ``jump_scale``: of sizes, natural logarithm; both for frames at most ``jump_gap_s`` apart, else
    the gap is a break itself. The shakiest of ten hand-held captures moved by 1.2 at 10 frames/s, and 0.14 in scale.

    ``second_frames``, ``second_s``: how often, and for how long in all, a second face may be seen: a detector errs, and
    people pass by. More is no pass. A fail is one of at least ``second_share`` of the first one's inter-eye distance
    that was seen for ``beside_s``: nobody walks by as long and as near. ``carried_s``: the most between two looks that
    counts as time with one.
    ``losses_s``: how long the face may be gone in all.
    """

    same: float = 0.45
    other: float = 0.37
    disagreeing: float = 0.25
    strange: float = 0.25
    templates: int = 3
    most_degrees: float = 22.0
    least_inter_eye: float = 40.0
    every_s: float = 2.0
    turned: float = 12.0
    loss_s: float = 0.35
    jump: float = 2.0
    jump_scale: float = 0.3
    jump_gap_s: float = 0.35
    second_frames: int = 2
    second_s: float = 0.25
    second_share: float = 0.6
    beside_s: float = 1.5
    carried_s: float = 0.6
    losses_s: float = 4.0


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class ContinuityState:
    """Kept between two frames: the last face's place, three vectors at most, and counts."""

    frames: int = 0
    faces: int = 0
    captured_s: float = 0.0
    box: Box | None = None
    inter_eye_px: float = 0.0
    seen_s: float | None = None
    longest_loss_s: float = 0.0
    lost_s: float = 0.0
    jumps: int = 0
    breaks: int = 0
    unvouched: bool = False
    second_frames: int = 0
    second_s: float = 0.0
    second_seen_s: float | None = None
    """When one was last looked for and seen, if the frame before reported it."""
    beside_s: float = 0.0
    """Of it, with a second face of comparable size."""
    background: int = 0
    references: tuple[FloatTensor, ...] = ()
    yaw: float = 0.0
    pitch: float = 0.0
    vector_s: float | None = None
    turned_vector_s: float | None = None
    compared: int = 0
    agreed: int = 0
    others: int = 0
    doubted: bool = False
    """The last template disagreed."""
    doubted_again: bool = False
    """Two in a row disagreed."""
    least_cosine: float | None = None


@dataclass(frozen=True, slots=True)
class ContinuityWitness:
    """Pure transitions over `ContinuityState`."""

    options: ContinuityOptions = field(default_factory=ContinuityOptions)

    def start(self) -> ContinuityState:
        return ContinuityState()

    def comparable(self, state: ContinuityState, face: Face) -> bool:
        """Whether an embedding of this frame could be compared with those of the neutral face."""
        near = bool(state.references) and self._near(state, face)
        return near and face.inter_eye_px >= self.options.least_inter_eye

    def wants_template(self, state: ContinuityState, face: Face, now_s: float) -> bool:
        """Whether an embedding of this frame would tell something. Ask before `step`, and give it with the frame.

        ``now_s``: by the clock of ``arrived_s``, the server's own: no client's clock decides what is compared.
        """
        if face.inter_eye_px < self.options.least_inter_eye:
            return False
        since = None if state.vector_s is None else now_s - state.vector_s
        if len(state.references) < _REFERENCES:
            return _facing(face) and (since is None or since >= 0.2)
        if not self._near(state, face):
            return False
        turned = abs(face.pose.yaw - state.yaw) >= self.options.turned
        fresh = state.turned_vector_s is None or now_s - state.turned_vector_s >= self.options.every_s / 2
        due = since is None or since >= self.options.every_s
        doubted = state.doubted and since is not None and since >= 0.2
        return state.unvouched or doubted or due or (turned and fresh)

    def step(self, state: ContinuityState, observation: FrameObservation) -> ContinuityState:
        """The state after one more frame. A frame that was captured before the last one changes nothing."""
        if state.frames and observation.captured_s <= state.captured_s:
            return state
        apart = observation.captured_s - state.captured_s if state.frames else 0.0
        state = replace(state, frames=state.frames + 1, captured_s=observation.captured_s)
        if observation.problem == "second_face":
            state = self._beside(state, observation, apart)
        else:
            state = replace(state, second_seen_s=None, background=state.background + (observation.other_faces > 0))
        face = observation.face
        if face is None:
            return state
        state = self._track(state, face, observation.captured_s)
        return state if observation.vector is None else self._compare(state, face, observation)

    def _beside(self, state: ContinuityState, observation: FrameObservation, apart: float) -> ContinuityState:
        if observation.carried:
            return state  # only what was looked for and seen counts; the next look answers for the time until then
        seen_s, share = state.second_seen_s, observation.second_share
        seconds = min(apart, self.options.jump_gap_s)
        if seen_s is not None:
            seconds = min(observation.captured_s - seen_s, self.options.carried_s)
        near = share is None or share >= self.options.second_share
        return replace(
            state,
            second_seen_s=observation.captured_s,
            second_frames=state.second_frames + 1,
            second_s=state.second_s + seconds,
            beside_s=state.beside_s + (seconds if near else 0.0),
        )

    def _track(self, state: ContinuityState, face: Face, time_s: float) -> ContinuityState:
        options = self.options
        jumped, gone = False, 0.0
        if state.seen_s is not None and state.box is not None:
            gone = time_s - state.seen_s
            size = max(state.inter_eye_px, 1.0)
            moved = float(np.hypot(*np.subtract(face.box.centre, state.box.centre))) / size
            scaled = abs(float(np.log(max(face.inter_eye_px, 1.0) / size)))
            apart = moved > options.jump and _overlap(state.box, face.box) <= 0.0
            jumped = gone <= options.jump_gap_s and (apart or scaled > options.jump_scale)
        broken = jumped or gone > options.loss_s
        return replace(
            state,
            faces=state.faces + 1,
            box=face.box,
            inter_eye_px=face.inter_eye_px,
            seen_s=time_s,
            longest_loss_s=max(state.longest_loss_s, gone),
            lost_s=state.lost_s + (gone if gone > options.loss_s else 0.0),
            jumps=state.jumps + jumped,
            breaks=state.breaks + broken,
            unvouched=state.unvouched or broken,
        )

    def _compare(self, state: ContinuityState, face: Face, observation: FrameObservation) -> ContinuityState:
        vector = observation.vector
        if vector is None or face.inter_eye_px < self.options.least_inter_eye:
            return state
        state = replace(state, vector_s=observation.arrived_s)
        if not state.references:
            if not _facing(face):
                return state
            return replace(state, references=(vector,), yaw=face.pose.yaw, pitch=face.pose.pitch)
        if vector.shape != state.references[0].shape:
            raise ValueError("the vectors of one capture must come from one model")
        if not self._near(state, face):
            return state
        cosine = _cosine(state.references, vector)
        agrees = cosine >= self.options.same
        turned = abs(face.pose.yaw - state.yaw) >= self.options.turned
        grows = agrees and len(state.references) < _REFERENCES and not turned
        return replace(
            state,
            # a first template of a blurred frame must not speak for the whole capture
            references=(*state.references, vector) if grows else state.references,
            compared=state.compared + 1,
            agreed=state.agreed + agrees,
            others=state.others + (cosine < self.options.other),
            doubted=not agrees,
            doubted_again=state.doubted_again or (state.doubted and not agrees),
            least_cosine=cosine if state.least_cosine is None else min(state.least_cosine, cosine),
            unvouched=state.unvouched and not agrees,
            turned_vector_s=observation.arrived_s if turned else state.turned_vector_s,
        )

    def _near(self, state: ContinuityState, face: Face) -> bool:
        away = max(abs(face.pose.yaw - state.yaw), abs(face.pose.pitch - state.pitch))
        return away <= self.options.most_degrees

    def failed(self, state: ContinuityState) -> bool:
        """Whether a second person was seen so plainly that a capture may end: early on, a grimace is a large share."""
        return self._beside_for_good(state) or (state.others >= _PLAIN and 2 * state.others > state.compared)

    def _another(self, state: ContinuityState) -> bool:
        return state.others >= max(_SURE, self.options.disagreeing * state.compared)

    def _in_doubt(self, state: ContinuityState) -> bool:
        """One template of a grimace is no other person where the next one, asked for at once, vouches again."""
        many = state.compared - state.agreed > self.options.disagreeing * state.compared
        strange = state.least_cosine is not None and state.least_cosine < self.options.strange
        return many or strange or state.others >= _SURE or state.doubted_again or state.doubted

    def _beside_for_good(self, state: ContinuityState) -> bool:
        return self._second_face(state) and state.beside_s >= self.options.beside_s - _EPSILON

    def _second_face(self, state: ContinuityState) -> bool:
        return state.second_frames > self.options.second_frames and state.second_s > self.options.second_s

    def evidence(self, state: ContinuityState, *, compared: FloatTensor | None = None) -> WitnessEvidence:
        """A second person is a fail; one who may have passed by, a track that nobody vouched for, or too few templates,
        are inconclusive.

        ``compared``: (d,), the template that was compared with the reference, of the same embedding. It is held against
        the neutral face: another one is a fail. Raises ValueError where it is of another length.
        """
        likeness = _likeness(state, compared)
        failures, doubts, notes = self._findings(state)
        if state.faces == 0 and not state.second_frames:
            return not_measured(Witness.CONTINUITY, "no_face")
        if likeness is not None and likeness < self.options.same:
            failures.append("compared_face_differs")
        outcome = Outcome.FAIL if failures else Outcome.INCONCLUSIVE if doubts else Outcome.PASS
        return WitnessEvidence(
            witness=Witness.CONTINUITY,
            outcome=outcome,
            score=state.least_cosine,
            operating_point=(
                f"{self.options.templates} templates with a cosine of {self.options.same:g} or more to the neutral"
                f" face, up to {self.options.most_degrees:g} degrees from it"
            ),
            reasons=(*failures, *doubts, *notes),
            details={**_details(state), "compared_cosine": None if likeness is None else round(likeness, 3)},
        )

    def _findings(self, state: ContinuityState) -> tuple[list[str], list[str], list[str]]:
        options = self.options
        second, beside = self._second_face(state), self._beside_for_good(state)
        others = self._another(state)
        failures = {"second_face": beside, "second_person": others}
        doubts = {
            "second_face": second and not beside,
            "templates_disagree": not others and self._in_doubt(state),
            "track_broken": state.unvouched,
            "face_lost": state.lost_s > options.losses_s,
            "too_few_templates": state.agreed < options.templates,
        }
        notes = {
            "second_face_moment": state.second_frames > 0 and not second,
            "background_face": state.background > 0,
            "face_jumped": state.jumps > 0,
            "template_disagrees": not others and state.agreed < state.compared and not self._in_doubt(state),
        }
        return _named(failures), _named(doubts), _named(notes)


def _cosine(references: tuple[FloatTensor, ...], vector: FloatTensor) -> float:
    """With the mean of the neutral templates; ``vector`` is of unit length."""
    neutral = np.sum(references, axis=0, dtype=np.float64)
    return float(vector @ neutral / max(float(np.linalg.norm(neutral)), 1e-9))


def _likeness(state: ContinuityState, compared: FloatTensor | None) -> float | None:
    if compared is None or not state.references:
        return None
    if compared.shape != state.references[0].shape:
        raise ValueError("the compared template must come from the model of the capture's own")
    return _cosine(state.references, compared) / max(float(np.linalg.norm(compared)), 1e-9)


def _named(findings: dict[str, bool]) -> list[str]:
    return [reason for reason, found in findings.items() if found]


def _facing(face: Face) -> bool:
    return abs(face.pose.yaw) <= 12 and abs(face.pose.pitch) <= 22


def _overlap(one: Box, other: Box) -> float:
    a, b = (np.array([box.x, box.y, box.x + box.width, box.y + box.height]) for box in (one, other))
    return float(overlap(a, b[None])[0])


def _details(state: ContinuityState) -> dict[str, Detail]:
    return {
        "frames": state.frames,
        "with_face": state.faces,
        "templates": state.compared,
        "agreed": state.agreed,
        "least_cosine": None if state.least_cosine is None else round(state.least_cosine, 3),
        "longest_loss_s": round(state.longest_loss_s, 2),
        "breaks": state.breaks,
        "jumps": state.jumps,
        "second_face_frames": state.second_frames,
    }
