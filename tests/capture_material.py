"""Captures of the service without a model: an analyser and a film that follow a script, over any store."""

import datetime as dt
import io
import random
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
from PIL import Image

from pad_material import Look, frame
from store_material import World, make_world, pseudonyms, receipt
from visavis.adapters.memory import MemoryStorage
from visavis.capture.challenge import Challenge, GestureStep
from visavis.capture.picture import Picture
from visavis.comparison.calibration import Calibration, CalibrationData, CalibrationModel, CurvePoint
from visavis.comparison.templates import Template
from visavis.decision.policy_file import parse_policy
from visavis.decision.vocabulary import ReferenceSource
from visavis.domain.distance import Distance
from visavis.domain.evidence import Outcome
from visavis.domain.verification import Verification
from visavis.pad.evidence import Witness, WitnessEvidence
from visavis.pad.guidance import Guidance
from visavis.pad.injection import StreamFacts
from visavis.pad.presentation import PresentationFindings, View
from visavis.pad.trace import Trace
from visavis.perception.acquisition import Face
from visavis.perception.quality import SampleQuality
from visavis.perception.session import FloatTensor, ModelIdentity
from visavis.service.examination import Examiner
from visavis.service.live_capture import CaptureWish, LiveCaptures
from visavis.service.ports import Storage
from visavis.service.samples import Role, Sample
from visavis.service.sealed_reading import Reading, ReadingPlace, ReadingSeal

MODEL = ModelIdentity("drawn", "1", "0" * 64)
CALIBRATION = Calibration(
    model=CalibrationModel(name=MODEL.name, version=MODEL.version, digest=MODEL.digest),
    data=CalibrationData(
        name="drawn",
        description="Made up for tests.",
        date=dt.date(2026, 1, 1),
        images=10_000,
        identities=5_000,
        genuine_trials=1_000,
        impostor_trials=1_000_000,
        dependence="None.",
    ),
    curve=(CurvePoint(0.1, 50_000, 1), CurvePoint(0.3, 900, 20), CurvePoint(0.45, 60, 40), CurvePoint(0.6, 0, 90)),
)
KEY = bytes(range(32))
SESSION = "a session"
FIELDS = {"family_name": "ERIKSSON", "given_names": "ANNA MARIA", "document_number": "L898902C3"}
NO_TRACE = Trace()


def jpeg(number: int = 0, *, width: int = 320, height: int = 240) -> bytes:
    file = io.BytesIO()
    Image.new("RGB", (width, height), (number % 256, 90, 90)).save(file, "JPEG")
    return file.getvalue()


def side(role: Role, score: float = 1.0) -> Sample:
    """Two of them compare to the cosine that the probe was given."""
    vector = np.array([score, np.sqrt(1 - score * score)], np.float32)
    return Sample(
        role=role,
        reason=None,
        quality=SampleQuality(components=(), unified=90),
        template=Template(vector=vector, model=MODEL, quality=90),
        frames_used=1,
    )


@dataclass
class ScriptedFilm:
    """Remembers what was looked at, and gives the sample that the test chose."""

    score: float = 0.9
    looked: list[float] = field(default_factory=list)
    refused: list[str] = field(default_factory=list)

    def refuse(self, reason: str) -> None:
        self.refused.append(reason)

    def look(self, picture: Picture, face: Face, *, time_s: float) -> float:
        self.looked.append(time_s)
        return float(len(self.looked))

    def sample(self) -> Sample:
        return side(Role.PROBE, self.score) if self.looked else Sample(role=Role.PROBE, reason="no_face", frames=0)


@dataclass
class ScriptedAnalysis:
    """Asks for each step in turn: two frames of rest, then two of the prompt; then it is over.

    ``said``: what the witnesses say beside passing; ``paused``: frames, from 1, at which the colours wait.
    """

    challenge: Challenge
    said: dict[Witness, tuple[Outcome, str]] = field(default_factory=dict)
    paused: tuple[int, ...] = ()
    fault: Exception | None = None
    seen: list[tuple[float, float]] = field(default_factory=list)
    facts: StreamFacts | None = None
    compared: FloatTensor | None = None
    ahead_asked: int = 0
    lit_until_s: float | None = None

    def see(self, picture: Picture, *, captured_s: float, arrived_s: float, encoding: str = "") -> View:
        assert encoding
        if self.fault is not None:
            raise self.fault
        self.seen.append((captured_s, arrived_s))
        step, place = divmod(len(self.seen) - 1, 4)
        over = len(self.seen) >= 4 * len(self.challenge.steps)
        asked = place >= 2 and step < len(self.challenge.steps) and not over
        return View(
            prompt=step if asked else None,
            guidance=(Guidance.CLOSER,),
            over=over,
            light_paused=len(self.seen) in self.paused,
            observation=frame(captured_s, Look(), arrived_s=arrived_s),
        )

    def lit(self, *, until_s: float) -> None:
        self.lit_until_s = until_s

    def ahead(self) -> bool:
        self.ahead_asked += 1
        return False

    def finish(self, facts: StreamFacts, *, compared: FloatTensor | None = None) -> PresentationFindings:
        self.facts, self.compared = facts, compared
        witnesses = tuple(
            WitnessEvidence(witness=which, outcome=said[0], reasons=(said[1],) if said[1] else ())
            for which in Witness
            for said in [self.said.get(which, (Outcome.PASS, ""))]
        )
        return PresentationFindings(witnesses=witnesses, trace=NO_TRACE, guidance={})


@dataclass
class ScriptedAnalyser:
    """``make``: how each capture goes; ``analyses``: those that were opened."""

    make: Callable[[Challenge], ScriptedAnalysis] = ScriptedAnalysis
    analyses: list[ScriptedAnalysis] = field(default_factory=list)
    distances: list[Distance] = field(default_factory=list)

    def open(self, challenge: Challenge, /, *, distance: Distance = Distance.HAND_HELD) -> ScriptedAnalysis:
        self.distances.append(distance)
        self.analyses.append(self.make(challenge))
        return self.analyses[-1]


@dataclass(kw_only=True)
class Stage:
    """A store, and captures in it that go by a script."""

    world: World
    analyser: ScriptedAnalyser
    films: list[ScriptedFilm]
    seal: ReadingSeal
    captures: LiveCaptures

    @property
    def analysis(self) -> ScriptedAnalysis:
        return self.analyser.analyses[-1]

    def consented(self) -> Verification:
        row = self.world.open()
        return self.world.verifications.consent(
            self.world.party.id, row.id, receipt(row, self.world.clock.now(), self.world.ids)
        )

    def sealed(self, row: Verification, *, session: str = SESSION, **changes: Any) -> str:
        # each holder another document: one that is tried often enough is locked out
        person = pseudonyms(row.relying_party).person(issuing_state="UTO", number=row.id)
        reading = Reading(
            reference=side(Role.REFERENCE),
            source=ReferenceSource.DOCUMENT_PORTRAIT,
            person=person,
            fields=FIELDS,
            portrait=jpeg(7),
        )
        place = ReadingPlace(verification=row.id, session=session, policy_digest=row.policy_digest)
        return self.seal.seal(replace(reading, **changes), place, expires_at=row.expires_at)

    def wish(self, row: Verification, **changes: Any) -> CaptureWish:
        usual = CaptureWish(
            relying_party=row.relying_party, verification=row.id, session=SESSION, reading=self.sealed(row)
        )
        return replace(usual, **changes)

    def row(self, row: Verification) -> Verification:
        return self.world.verifications.get(row.relying_party, row.id)[0]


def make_stage(
    storage: Storage | None = None,
    *,
    policy: str | None = None,
    score: float = 0.9,
    make: Callable[[Challenge], ScriptedAnalysis] = ScriptedAnalysis,
) -> Stage:
    world = make_world(storage if storage is not None else MemoryStorage())
    if policy is not None:
        world.policy = parse_policy(policy)
    analyser, films = ScriptedAnalyser(make), list[ScriptedFilm]()

    def film() -> ScriptedFilm:
        films.append(ScriptedFilm(score))
        return films[-1]

    seal = ReadingSeal([KEY])
    captures = LiveCaptures(
        issuer="http://127.0.0.1:8000",
        storage=world.storage,
        verifications=world.verifications,
        readings=seal,
        policies={world.policy.digest: world.policy}.__getitem__,
        analyser=analyser,
        film=film,
        examiner=Examiner(calibration=CALIBRATION),
        clock=world.clock,
        rng=random.Random(5),
    )
    return Stage(world=world, analyser=analyser, films=films, seal=seal, captures=captures)


def shown_of(challenge: Challenge, *, begun_s: float = 100.0) -> tuple[tuple[float, tuple[int, int, int]], ...]:
    """The colours of a challenge, as a page tells them that showed them on time."""
    if challenge.light is None:
        return ()
    return tuple(
        (begun_s + start, colour)
        for start, colour in zip(challenge.light.starts_s, challenge.light.colours, strict=True)
    )


def gestures_of(challenge: Challenge) -> list[str]:
    return [step.gesture.value for step in challenge.steps if isinstance(step, GestureStep)]
