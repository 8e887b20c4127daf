"""One capture from its first frame to its evidence, with people made of numbers in front of it."""

from __future__ import annotations

import pickle
import random
import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from itertools import pairwise
from typing import Any

import cv2
import numpy as np
import pytest

from pad_material import CLOSE, DOWN, LEFT, RIGHT, Answer, Look, Person, challenge_of, frame, right_answers
from perception_material import StubSession, head, seen, turned
from visavis.capture.challenge import Challenge
from visavis.capture.picture import Picture
from visavis.domain.evidence import Outcome
from visavis.pad.colours import ColourMeter
from visavis.pad.evidence import Witness, WitnessEvidence
from visavis.pad.guidance import Guidance
from visavis.pad.injection import StreamFacts, StreamSource
from visavis.pad.light import LightState, LightWitness
from visavis.pad.observation import Colours
from visavis.pad.passive import TextureNetwork
from visavis.pad.presentation import Presentation, PresentationAnalyser, PresentationFindings, View
from visavis.pad.relief import ReliefMeter
from visavis.pad.trace import MOST_ROWS, Tracer
from visavis.perception.acquisition import Acquisition
from visavis.perception.features import Embeddings
from visavis.perception.landmarks import FaceMesh
from visavis.perception.session import FloatTensor, ModelIdentity
from visavis.perception.tracking import Track

HEAD = head()
SOMEONE = np.eye(1, 16, 3, dtype=np.float32)[0]
ANOTHER = np.eye(1, 16, 5, dtype=np.float32)[0]


class Script:
    """A tracker that finds in a picture what was said to be in it."""

    def __init__(self) -> None:
        self.scenes: dict[int, Acquisition] = {}

    def start(self) -> Track:
        return Track()

    def follow(self, track: Track, picture: Picture, *, time_s: float) -> tuple[Track, Acquisition]:
        return track, self.scenes[id(picture.pixels)]


class OneFace:
    """An embedder of whoever is there."""

    identity = ModelIdentity("stub", "1", "0" * 64)
    dimension = 16

    def __init__(self) -> None:
        self.vector: FloatTensor = SOMEONE
        self.asked = 0

    def embed(self, picture: Picture, meshes: Sequence[FaceMesh]) -> FloatTensor:
        self.asked += 1
        return self.vector[None]

    def measure(self, picture: Picture, meshes: Sequence[FaceMesh]) -> Embeddings:
        raise NotImplementedError


class Meter(ColourMeter):
    """Counts, and can be fast where the colours do not matter."""

    def __init__(self) -> None:
        super().__init__(HEAD)
        self.measured = 0

    def measure(self, picture: Picture, mesh: FaceMesh) -> Colours:
        self.measured += 1
        return super().measure(picture, mesh)


@dataclass
class Studio:
    """An analyser whose parts are told what they see, and the pictures for it."""

    script: Script = field(default_factory=Script)
    embedder: OneFace = field(default_factory=OneFace)
    meter: Meter = field(default_factory=Meter)
    size: tuple[int, int] = (160, 120)
    rng: random.Random = field(default_factory=lambda: random.Random(3))

    def __post_init__(self) -> None:
        texture = TextureNetwork(StubSession(lambda _: (np.array([[9.0, 0.0, 0.0]], np.float32),)))
        self.analyser = PresentationAnalyser(
            tracker=self.script,
            embedder=self.embedder,
            colours=self.meter,
            relief=ReliefMeter(HEAD),
            texture=texture,
            rng=random.Random(5),
        )
        self.pictures: list[Picture] = []

    def picture(self) -> Picture:
        """A scene with a camera's restlessness, so that no frame is another."""
        small = np.random.default_rng(self.rng.randrange(1 << 30)).integers(60, 200, (6, 8, 3), dtype=np.uint8)
        picture = Picture(np.asarray(cv2.resize(small, self.size, interpolation=cv2.INTER_CUBIC), np.uint8))
        self.pictures.append(picture)  # kept, so that no two have one id
        return picture

    def show(self, capture: Presentation, time_s: float, look: Look, person: Person, **how: float) -> View:
        face = frame(time_s, look, person).face
        if face is not None:
            # of a shape that the structure witness can lay its canonical face over
            mesh = seen(HEAD, turned(face.pose.yaw, face.pose.pitch), centre=(80.0, 60.0), px_per_cm=person.size / 6.3)
            face = replace(face, mesh=mesh, box=mesh.box)
        picture = self.picture()
        self.script.scenes[id(picture.pixels)] = Acquisition(reason=look.problem, face=face)
        return capture.see(
            picture, captured_s=how.get("captured_s", time_s), arrived_s=how.get("arrived_s", time_s), encoding="one"
        )


@dataclass
class Take:
    views: list[View]
    findings: PresentationFindings
    capture: Presentation

    def __getitem__(self, witness: Witness) -> WitnessEvidence:
        return next(item for item in self.findings.witnesses if item.witness is witness)


def take(
    challenge: Challenge,
    answers: dict[int, Answer],
    *,
    studio: Studio | None = None,
    rate: float = 10.0,
    most_s: float = 60.0,
    patient: bool = False,
    source: StreamSource = StreamSource.LIVE,
    facts: Callable[[list[View]], StreamFacts] | None = None,
    during: Callable[[float, Look], Look] = lambda _time, look: look,
    compared: FloatTensor | None = None,
) -> Take:
    studio, person = studio or Studio(), Person(size=42.0)
    capture = studio.analyser.open(challenge, patient=patient, source=source)
    views: list[View] = []
    asked: tuple[int, float] | None = None
    for number in range(int(most_s * rate)):
        time_s = number / rate
        if views and views[-1].prompt is not None and (asked is None or asked[0] != views[-1].prompt):
            asked = views[-1].prompt, time_s
        look = Look() if asked is None else answers.get(asked[0], Answer(gesture=None)).at(time_s - asked[1])
        views.append(studio.show(capture, time_s, during(time_s, look), person))
        if views[-1].over:
            break
    told = StreamFacts(nonce=challenge.nonce) if facts is None else facts(views)
    return Take(views, capture.finish(told, compared=compared), capture)


def prompts(views: Sequence[View]) -> list[int]:
    shown = [view.prompt for view in views if view.prompt is not None]
    return [index for place, index in enumerate(shown) if place == 0 or shown[place - 1] != index]


def test_a_person_who_answers_is_heard_by_all_six() -> None:
    challenge = challenge_of(LEFT, CLOSE, light=12, place=1)
    taken = take(challenge, right_answers(challenge), compared=SOMEONE)
    assert prompts(taken.views) == [0, 1, 2]
    assert [view.over for view in taken.views] == [False] * (len(taken.views) - 1) + [True]
    assert tuple(item.witness for item in taken.findings.witnesses) == tuple(Witness)
    for witness in (Witness.ACTIVE, Witness.PASSIVE, Witness.CONTINUITY):
        assert taken[witness].outcome is Outcome.PASS, taken[witness].reasons
    assert taken[Witness.INJECTION].reasons[0] == "light_not_as_asked"
    # noise for a face turns like nothing and answers no light; both were measured all the same
    for witness in (Witness.STRUCTURE, Witness.LIGHT):
        assert taken[witness].outcome is Outcome.INCONCLUSIVE


def test_who_sees_nothing_has_measured_nothing() -> None:
    capture = Studio().analyser.open(challenge_of(LEFT, CLOSE, light=8))
    findings = capture.finish(StreamFacts())
    assert [item.outcome for item in findings.witnesses] == [Outcome.NOT_MEASURED] * 6
    assert tuple(item.witness for item in findings.witnesses) == tuple(Witness)
    assert (findings.trace.rows, findings.trace.neutral, findings.guidance) == ((), None, {})


def test_nobody_there_is_said_and_nothing_else_is_measured() -> None:
    challenge = challenge_of(LEFT, CLOSE)
    taken = take(challenge, {}, during=lambda _time, _look: Look(problem="no_face"), most_s=3)
    found = {item.witness: item.outcome for item in taken.findings.witnesses}
    assert found[Witness.STRUCTURE] is found[Witness.LIGHT] is found[Witness.PASSIVE] is Outcome.NOT_MEASURED
    assert found[Witness.CONTINUITY] is Outcome.NOT_MEASURED
    assert taken[Witness.LIGHT].reasons == ("light_not_asked",)
    assert taken.views[-1].guidance[0] is Guidance.FACE_THE_CAMERA
    assert taken.findings.guidance[Guidance.FACE_THE_CAMERA] == pytest.approx(2.9)
    assert {row.problem for row in taken.findings.trace.rows} == {"no_face"}


def test_colours_are_measured_only_while_the_light_is_lit() -> None:
    challenge = challenge_of(LEFT, CLOSE, light=12, place=1)
    studio = Studio()
    taken = take(challenge, right_answers(challenge), studio=studio)
    lit = [view.observation for view in taken.views if view.observation.colours is not None]
    begun = taken.capture._active.light_began_s
    assert begun is not None
    assert studio.meter.measured == len(lit)
    assert begun < lit[0].captured_s <= begun + 0.11
    assert 12 * 0.4 <= lit[-1].captured_s - begun <= 12 * 0.4 + 1.01
    rows = [row for row in taken.findings.trace.rows if row.colour is not None]
    assert challenge.light is not None
    order = [rows[0].colour, *(b.colour for a, b in pairwise(rows) if a.colour != b.colour)]
    assert tuple(order) == challenge.light.colours
    assert all(row.skin is not None for row in rows[1:])
    without = take(challenge_of(LEFT, CLOSE), {0: Answer(gesture=LEFT)}, studio=Studio(), most_s=3)
    assert all(view.observation.colours is None for view in without.views)


def test_structure_measures_from_the_neutral_of_the_gestures() -> None:
    taken = take(challenge_of(LEFT, CLOSE), {0: Answer(gesture=LEFT)}, most_s=8)
    state, neutral = taken.capture._structure, taken.capture._active.first
    assert state is not None
    assert neutral is not None
    assert state.baseline is not None
    assert (state.baseline.yaw, state.baseline.pitch) == (neutral.yaw, neutral.pitch)
    assert state.neutral is not None
    assert [side.value for side, kept in state.turned.items() if kept] == ["left"]


def test_structure_is_measured_only_while_its_turn_is_asked_for() -> None:
    challenge = challenge_of(CLOSE, LEFT, DOWN, light=12, place=1)
    answers = {**right_answers(challenge), 1: Answer(gesture=LEFT, delay_s=1.0, hold_s=1.5, share=1.15)}

    def kept(**how: Any) -> tuple[Take, dict[str, list[float]]]:
        taken = take(challenge, answers, **how)
        state = taken.capture._structure
        assert state is not None
        return taken, {side.value: [item.time_s for item in items] for side, items in state.turned.items()}

    taken, times = kept()
    assert taken[Witness.ACTIVE].outcome is Outcome.PASS
    assert taken[Witness.ACTIVE].details["unprompted"] == 1
    assert set(times) == {"left", "down"}
    shown = {item.index: (item.from_s, item.until_s) for item in taken.findings.trace.prompts}
    # the way back belongs to the turn
    assert all(shown[2][0] < time_s < shown[2][1] + 0.5 for time_s in times["left"])
    # before a patient laboratory, once the gestures were not made, every turn counts
    answers = {**answers, 0: Answer(gesture=None)}
    taken, times = kept(patient=True)
    assert taken[Witness.ACTIVE].reasons == ("gesture_missing",)
    shown = {item.index: (item.from_s, item.until_s) for item in taken.findings.trace.prompts}
    assert any(time_s < shown[1][1] for time_s in times["left"])


def test_templates_are_few_and_no_clock_of_a_client_makes_them_many() -> None:
    studio = Studio()
    take(challenge_of(LEFT, CLOSE), {}, studio=studio, most_s=4)
    calm = studio.embedder.asked
    assert 3 <= calm <= 6
    studio, person = Studio(), Person(size=42.0)
    capture = studio.analyser.open(challenge_of(LEFT, CLOSE))
    for number in range(100):
        # every frame a minute later, they say, and ten of them come at once
        studio.embedder.vector = ANOTHER if number > 5 else SOMEONE
        studio.show(capture, 0.0, Look(), person, captured_s=60.0 * number, arrived_s=(number // 10) / 10)
    assert studio.embedder.asked <= 11


def test_who_shows_the_right_face_where_the_witness_asks_for_it_is_found_out() -> None:
    """The moments that follow from what is known are given the holder's face, and all others somebody else's."""
    challenge = challenge_of(LEFT, CLOSE, RIGHT)
    studio, person, answers = Studio(), Person(size=42.0), right_answers(challenge, hold_s=1.0)
    capture = studio.analyser.open(challenge)
    view, asked = None, None
    for number in range(300):
        time_s = number / 10
        if view is not None and view.prompt is not None and (asked is None or asked[0] != view.prompt):
            asked = view.prompt, time_s
        look = Look() if asked is None else answers[asked[0]].at(time_s - asked[1])
        face = frame(time_s, look, person).face
        assert face is not None
        known = capture._parts.continuity.wants_template(capture._continuity, face, time_s)
        studio.embedder.vector = SOMEONE if known else ANOTHER
        view = studio.show(capture, time_s, look, person)
        if view.over:
            break
    found = capture.finish(StreamFacts(nonce=challenge.nonce)).witnesses[list(Witness).index(Witness.CONTINUITY)]
    assert found.outcome is not Outcome.PASS


@pytest.mark.parametrize(("vector", "outcome"), [(SOMEONE, Outcome.PASS), (ANOTHER, Outcome.FAIL)])
def test_the_face_that_was_compared_is_held_against_the_one_that_answered(
    vector: FloatTensor, outcome: Outcome
) -> None:
    challenge = challenge_of(LEFT, CLOSE)
    taken = take(challenge, right_answers(challenge), compared=vector)
    found = taken[Witness.CONTINUITY]
    assert found.outcome is outcome
    assert ("compared_face_differs" in found.reasons) is (outcome is Outcome.FAIL)
    with pytest.raises(ValueError, match="model"):
        taken.capture.finish(StreamFacts(), compared=np.ones(4, np.float32))


def test_a_capture_that_failed_is_over() -> None:
    challenge = challenge_of(LEFT, CLOSE, light=12, place=1)
    taken = take(challenge, {0: Answer(gesture=RIGHT)})
    assert taken.views[-1].over
    assert taken.views[-1].prompt is None
    assert prompts(taken.views) == [0]
    assert taken[Witness.ACTIVE].reasons == ("wrong_gesture",)
    assert taken[Witness.LIGHT].outcome is Outcome.NOT_MEASURED


def second_face(*spans: tuple[float, float]) -> Callable[[float, Look], Look]:
    def during(time: float, look: Look) -> Look:
        return Look(problem="second_face") if any(since <= time < until for since, until in spans) else look

    return during


def test_a_second_person_for_good_ends_a_capture_and_a_moment_does_not() -> None:
    challenge, stays = challenge_of(LEFT, CLOSE), second_face((1.5, 2.45), (2.75, 3.75))
    taken = take(challenge, right_answers(challenge, delay_s=3.0), during=stays)
    assert 27 < len(taken.views) < 38
    assert (taken.views[-1].over, taken.views[-1].prompt) == (True, None)
    found = taken[Witness.CONTINUITY]
    assert (found.outcome, found.reasons[0]) == (Outcome.FAIL, "second_face")
    for during, patient in ((second_face((2.0, 2.35)), False), (stays, True)):
        taken = take(challenge, right_answers(challenge, delay_s=1.0), patient=patient, during=during)
        assert prompts(taken.views) == [0, 1]


def test_who_is_seen_before_anything_was_asked_counts_against_nobody() -> None:
    """A carer who settles the holder, and one who held the phone until it was handed over."""
    challenge, studio = challenge_of(LEFT, CLOSE), Studio()

    def handed_over(time: float, look: Look) -> Look:
        studio.embedder.vector = ANOTHER if time < 0.5 else SOMEONE
        # never still, so not taken for the neutral
        carer = Look(yaw=6.0 * (int(time * 10) % 2))
        return carer if time < 0.5 else Look(problem="no_face") if time < 1.4 else look

    takes = [take(challenge, right_answers(challenge), studio=studio, during=handed_over)]
    takes += [
        take(challenge, right_answers(challenge), during=second_face(span))
        for span in ((0.0, 0.4), (0.2, 0.65), (0, 3))
    ]
    for taken in takes:
        for witness in (Witness.ACTIVE, Witness.CONTINUITY):
            assert taken[witness].outcome is Outcome.PASS, taken[witness].reasons


def test_two_people_who_never_settle_are_no_attack_and_no_missing_face() -> None:
    taken = take(challenge_of(LEFT, CLOSE), {}, during=second_face((0, 60)))
    found = taken[Witness.CONTINUITY]
    assert (found.outcome, found.reasons[0]) == (Outcome.INCONCLUSIVE, "second_face")


def test_before_a_patient_laboratory_the_prompts_go_on_and_the_failure_stays() -> None:
    challenge = challenge_of(LEFT, CLOSE, DOWN, light=12, place=1)
    answers = {**right_answers(challenge), 0: Answer(gesture=RIGHT)}
    taken = take(challenge, answers, patient=True)
    assert taken[Witness.ACTIVE].outcome is Outcome.INCONCLUSIVE
    assert taken[Witness.ACTIVE].reasons == ("wrong_gesture",)
    assert prompts(taken.views) == [0, 1, 2, 3]
    assert taken.views[-1].over
    assert not any(view.over for view in taken.views[:-1])
    assert taken[Witness.LIGHT].outcome is not Outcome.NOT_MEASURED
    shown = taken.findings.trace.prompts
    assert [item.index for item in shown] == [0, 1, 2, 3]
    assert shown[1].until_s - shown[1].from_s == pytest.approx(12 * 0.4 + 0.4, abs=0.15)
    assert all(later.from_s - item.until_s >= 0.45 for item, later in pairwise(shown))


def test_a_frame_from_before_changes_nothing_but_the_count_of_them() -> None:
    studio, person = Studio(), Person(size=42.0)
    capture = studio.analyser.open(challenge_of(LEFT, CLOSE))
    for number in range(20):
        studio.show(capture, number / 10, Look(), person)
    before = (capture._active, capture._continuity, capture._structure, capture._passive)
    studio.show(capture, 1.0, Look(yaw=30), person, arrived_s=2.0)
    assert before == (capture._active, capture._continuity, capture._structure, capture._passive)
    assert capture._injection.disordered == 1
    assert len(capture.finish(StreamFacts()).trace.rows) == 20


def test_times_that_are_none_are_refused() -> None:
    studio = Studio()
    with pytest.raises(ValueError, match="finite"):
        studio.show(studio.analyser.open(challenge_of(LEFT, CLOSE)), 0.0, Look(), Person(), captured_s=float("nan"))


class Listening(LightWitness):
    """Remembers what it was to judge."""

    judged: LightState | None = None

    def judge(self, state: LightState) -> WitnessEvidence:
        self.judged = state
        return super().judge(state)


@pytest.mark.parametrize(
    ("late_s", "source", "believed"),
    [
        (0.3, StreamSource.LIVE, True),
        (-0.2, StreamSource.LIVE, True),
        (1.1, StreamSource.LIVE, False),
        (7.0, StreamSource.LIVE, False),
        (0.3, StreamSource.FILE, False),
    ],
)
def test_light_is_judged_by_when_the_page_says_that_it_was_shown_where_that_can_be(
    late_s: float, source: StreamSource, *, believed: bool
) -> None:
    challenge = challenge_of(LEFT, CLOSE, light=12, place=0)
    studio = Studio()
    listening = Listening(studio.meter)
    studio.analyser.light = listening
    schedule = challenge.light
    assert schedule is not None

    def facts(views: list[View]) -> StreamFacts:
        begun = next(view.observation.captured_s for view in views if view.prompt == 0)
        starts = [begun + late_s + start for start in schedule.starts_s]
        return StreamFacts(nonce=challenge.nonce, shown=tuple(zip(starts, schedule.colours, strict=True)))

    taken = take(challenge, {}, studio=studio, source=source, facts=facts, most_s=12)
    begun = taken.capture._active.light_began_s
    assert begun is not None
    file = source is StreamSource.FILE
    if not believed and not file:
        assert listening.judged is None
        assert taken[Witness.LIGHT].reasons == ("light_not_seen",)
        return
    assert listening.judged is not None
    # a file is judged by the usual lead of a page, give or take
    assert listening.judged.shown[0][0] - begun == pytest.approx(0.4 if file else late_s)
    assert (listening.judged.slack_s > 0) is file
    assert ("recorded_file" in taken[Witness.INJECTION].reasons) is (source is StreamSource.FILE)


@pytest.mark.parametrize("what", ["other colours", "lost", "one colour late"])
def test_without_the_times_of_the_page_a_living_capture_is_not_judged_by_a_guess(what: str) -> None:
    challenge = challenge_of(LEFT, CLOSE, light=12, place=0)
    studio = Studio()
    listening = Listening(studio.meter)
    studio.analyser.light = listening
    schedule = challenge.light
    assert schedule is not None

    def facts(views: list[View]) -> StreamFacts:
        begun = next(view.observation.captured_s for view in views if view.prompt == 0)
        shown = [(begun + start, colour) for start, colour in zip(schedule.starts_s, schedule.colours, strict=True)]
        if what == "other colours":
            shown = [(time_s, (1, 2, 3)) for time_s, _ in shown]
        elif what == "one colour late":
            shown[5] = shown[5][0] + 0.2, shown[5][1]
        return StreamFacts(nonce=challenge.nonce, shown=None if what == "lost" else tuple(shown))

    taken = take(challenge, {}, studio=studio, facts=facts, most_s=12)
    assert listening.judged is None
    assert taken[Witness.LIGHT].outcome is Outcome.INCONCLUSIVE
    assert taken[Witness.LIGHT].reasons == ("light_not_seen",)


def test_the_light_waits_for_the_face() -> None:
    challenge = challenge_of(LEFT, CLOSE, light=12, place=0)
    gone = lambda time_s, look: replace(look, problem="no_face") if 3.0 <= time_s < 3.8 else look  # noqa: E731 - one use
    taken = take(challenge, {}, during=gone, most_s=9)
    held = [view.observation.captured_s for view in taken.views if view.light_paused]
    assert held
    assert 2.9 <= held[0] <= held[-1] <= 3.9
    state = taken.capture._active
    assert 0.3 <= state.light_paused_s <= 1.0
    assert state.light_began_s is not None
    lit = [row.time_s for row in taken.findings.trace.rows if row.colour is not None]
    assert lit[-1] - state.light_began_s == pytest.approx(12 * 0.4 + state.light_paused_s, abs=0.11)


def test_a_capture_of_any_length_takes_little_memory() -> None:
    studio, person = Studio(size=(64, 48)), Person(size=42.0)
    capture = studio.analyser.open(challenge_of(LEFT, CLOSE, light=12, place=0), patient=True)
    rng = random.Random(5)
    for number in range(1200):
        look = Look(yaw=rng.uniform(-25, 25), pitch=rng.uniform(-20, 20))
        studio.show(capture, number / 30, look if number > 60 else Look(), person)
        studio.pictures.clear()
        studio.script.scenes.clear()
    state = {name: value for name, value in vars(capture).items() if name not in {"_parts", "_challenge"}}
    assert len(pickle.dumps(state)) < 7_000_000
    assert capture._injection.recurrence.chunks


def test_a_trace_thins_out_and_keeps_its_span() -> None:
    tracer = Tracer(challenge_of(LEFT, CLOSE))
    for number in range(3 * MOST_ROWS):
        tracer.add(frame(number / 30), prompt=None, neutral=None, colour=None, texture=None)
    rows = tracer.trace(None).rows
    assert MOST_ROWS / 2 <= len(rows) <= MOST_ROWS
    assert rows[0].time_s < 1
    assert rows[-1].time_s > (3 * MOST_ROWS - 10) / 30
    assert [row.time_s for row in rows] == sorted(row.time_s for row in rows)


def test_captures_at_once_are_each_as_alone() -> None:
    challenge = challenge_of(LEFT, CLOSE)
    studio = Studio()
    alone = take(challenge, right_answers(challenge), studio=studio).findings.witnesses[0]
    results: list[Any] = [None] * 4

    def run(index: int) -> None:
        answers = right_answers(challenge) if index % 2 else {0: Answer(gesture=RIGHT)}
        results[index] = take(challenge, answers, studio=studio).findings.witnesses[0]

    threads = [threading.Thread(target=run, args=(index,)) for index in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert [result.outcome for result in results] == [Outcome.INCONCLUSIVE, Outcome.PASS] * 2
    assert results[1] == results[3] == alone
