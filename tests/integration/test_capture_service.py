"""A whole capture with the real models over a real socket.

The clock of the service is the test's own, so that a slow machine sees the same capture as a quick one. The holder is
the laboratory's animated portrait.
"""

import random
import sys
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path

import pytest

from capture_material import KEY, Stage, make_stage
from capture_socket_material import Page, serving
from visavis.adapters.model_store import ModelStore
from visavis.capture.picture import read_picture
from visavis.decision.vocabulary import ReferenceSource
from visavis.domain.evidence import Check
from visavis.evaluation.laboratory.camera import CameraChannel
from visavis.evaluation.laboratory.conditions import Conditions, draw_conditions
from visavis.evaluation.laboratory.puppet import AnimatedPortrait, Puppet
from visavis.service.live_capture import LiveCaptures
from visavis.service.sealed_reading import ReadingSeal
from visavis.service.summaries import checks_in
from visavis.wiring import Engine, open_engine

sys.path.append(str(Path(__file__).resolve().parents[2] / "tools"))

from capture_page import play  # the page that the demonstration uses as well

pytestmark = [pytest.mark.models, pytest.mark.slow]

LIT = 0.15
"""The screen's light over the room's."""


@dataclass
class PagesClock:
    """The service sees each frame at the moment at which it arrives by the page's clock."""

    now_s: float = 0.0

    def __call__(self) -> float:
        return self.now_s


@pytest.fixture(scope="module")
def engine(model_store: ModelStore) -> Iterator[Engine]:
    with open_engine(attack_detection=True) as opened:
        yield opened


def conditions(rng: random.Random) -> Conditions:
    return replace(draw_conditions(rng), rate_hz=12.0, return_share=LIT, jpeg_quality=88, noise=1.5, dropped=0.0)


def stage_of(engine: Engine) -> Stage:
    assert engine.analyser is not None
    stage = make_stage()
    stage.captures = LiveCaptures(
        issuer="http://127.0.0.1:8000",
        storage=stage.world.storage,
        verifications=stage.world.verifications,
        readings=ReadingSeal([KEY]),
        policies={stage.world.policy.digest: stage.world.policy}.__getitem__,
        analyser=engine.analyser,
        film=engine.sampler.film,
        examiner=engine.examiner(),
        clock=stage.world.clock,
        rng=random.Random(4),
    )
    return stage


@pytest.mark.parametrize(
    ("document", "outcome", "compared"), [("obama2.jpg", "accepted", "pass"), ("biden.jpg", "rejected", "fail")]
)
def test_the_holder_of_the_document_is_accepted_and_nobody_else(
    engine: Engine, portraits: Path, document: str, outcome: str, compared: str
) -> None:
    still = read_picture(portraits / "obama.jpg")
    face = engine.acquirer.acquire(still).face
    assert face is not None
    rng, clock = random.Random(20260), PagesClock()
    subject = Puppet(AnimatedPortrait(still.pixels, face.mesh), rng, share=LIT)
    channel = CameraChannel(conditions(rng), rng)

    def wait(moment_s: float) -> None:
        clock.now_s = moment_s

    with serving(stage_of(engine), monotonic=clock) as service:
        row, session, cookie = service.holder()
        reading = service.stage.sealed(
            row,
            session=session.key,
            reference=engine.sampler.reference(read_picture(portraits / document)),
            source=ReferenceSource.DOCUMENT_PORTRAIT,
        )
        with Page(service, cookie) as page:
            ended = play(page.socket, reading, subject, channel, wait=wait)
            assert page.closed() == 1000
        assert ended.message["type"] == "result", ended.message
        assert ended.message["outcome"] == outcome
        assert len(ended.prompts) >= 4
        _, decision = service.stage.world.verifications.get(row.relying_party, row.id)
        assert decision is not None
        found = {item.check: item.outcome for item in checks_in(decision.summary)}
        assert found[Check.COMPARISON] == compared
        assert (
            found[Check.ATTACK_DETECTION] == "pass"
        )  # an animated portrait is what no plain camera tells from a person
        assert found[Check.SINGLE_FACE_PROBE] == "pass"
        assert service.desk.load().captures == 0


def test_a_film_that_comes_frame_by_frame_gives_the_sample_of_the_whole(engine: Engine, portraits: Path) -> None:
    pictures = [read_picture(portraits / name, target_side=640) for name in ("obama.jpg", "obama2.jpg")]
    faces = [engine.acquirer.acquire(picture).face for picture in pictures]
    film, whole = engine.sampler.film(), engine.sampler.film()
    for number, (picture, face) in enumerate(zip(pictures, faces, strict=True)):
        assert face is not None
        assert film.look(picture, face, time_s=float(number)) > 30
    sample, nobody = film.sample(), whole.sample()
    assert (sample.reason, sample.frames, sample.frames_used) == (None, 2, 2)
    assert (nobody.reason, nobody.frames) == ("no_face", 0)
    template = engine.sampler.reference(pictures[0]).template
    assert template is not None
    assert sample.template is not None
    assert float(template.vector @ sample.template.vector) > 0.7
    for _ in range(2):
        film.refuse("second_face")
    assert film.sample().reason == "second_face"
