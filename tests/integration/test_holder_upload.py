"""A photographed page, handed in over HTTP and read by the real models."""

import io
import random
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path

import pytest
from PIL import Image

from holder_material import Device, open_link
from visavis.adapters.memory import MemoryStorage
from visavis.adapters.model_store import ModelStore
from visavis.domain.evidence import Check, Outcome
from visavis.evaluation.specimens import (
    Fonts,
    Level,
    SpecimenKind,
    SpecimenTruth,
    draw_specimen,
    framed_portraits,
    photograph,
)
from visavis.service.capture_desk import CaptureDesk, DeskOptions
from visavis.service.sealed_reading import LABEL, ReadingPlace, ReadingSeal
from visavis.web.setup import Models
from visavis.wiring import open_document_reader, open_engine
from web_material import Web, make_web

pytestmark = [pytest.mark.models, pytest.mark.slow]

DRAWN = date(2026, 11, 22)
SPECIMEN, CAMERA = 11, 4  # a number without a 6, which one photograph cannot tell from a G


@dataclass(frozen=True)
class Page:
    jpeg: bytes = field(repr=False)
    truth: SpecimenTruth


@pytest.fixture(scope="module")
def page(portraits: Path, specimen_fonts: Fonts) -> Page:
    bearer = framed_portraits(portraits)[1]
    rng = random.Random(SPECIMEN)
    specimen = draw_specimen(SpecimenKind.TD3_PAGE, rng=rng, fonts=specimen_fonts, portraits=[bearer], today=DRAWN)
    taken = photograph(specimen, level=Level.GOOD_PHONE, rng=random.Random(CAMERA))
    out = io.BytesIO()
    Image.fromarray(taken.picture.pixels).save(out, "JPEG", quality=92)
    return Page(jpeg=out.getvalue(), truth=specimen.truth)


@pytest.fixture(scope="module")
def web(model_store: ModelStore) -> Iterator[Web]:
    desk = CaptureDesk(DeskOptions(threads=1), timer=time.monotonic)
    with open_engine(attack_detection=True) as engine:
        assert engine.analyser is not None
        models = Models(
            sampler=engine.sampler,
            acquirer=engine.acquirer,
            examiner=engine.examiner(),
            analyser=engine.analyser,
            documents=open_document_reader(acquirer=engine.acquirer),
        )
        yield make_web(MemoryStorage(), models=models, desk=desk)
    desk.close()


def test_a_photographed_page_is_read_for_its_holder_and_sealed_for_the_capture(web: Web, page: Page) -> None:
    device = Device(web).open(open_link(web)[1])
    device.consent()
    answer = device.post("/h/v1/document", files=[("photo", ("page.jpg", page.jpeg, "image/jpeg"))])
    assert answer.status_code == 200, answer.text
    shown = answer.json()
    truth = page.truth
    assert truth.mrz_fields is not None
    fields = {item["name"]: item["value"] for item in shown["fields"]}
    assert fields["document_number"] == truth.mrz_fields.document_number
    assert fields["family_name"] == " ".join(truth.mrz_fields.name.primary)
    assert truth.birth_date is not None
    assert fields["date_of_birth"] == truth.birth_date.isoformat()
    assert shown["problems"] == []
    session = web.setup.links.session(device.cookie)
    row, _ = web.world.verifications.get(web.party.id, session.verification)
    place = ReadingPlace(verification=row.id, session=session.key, policy_digest=row.policy_digest)
    reading = ReadingSeal(web.setup.derive_each(LABEL)).open(shown["reading"], place, now=web.clock.now())
    assert reading.reference.template is not None
    assert reading.reference.quality is not None
    assert {check.check: check.outcome for check in reading.checks} == {
        Check.DOCUMENT_CONSISTENT: Outcome.PASS,
        Check.DOCUMENT_VALIDITY: Outcome.PASS,
    }
    with Image.open(io.BytesIO(reading.portrait)) as portrait:  # the policy keeps it for a reviewer
        assert max(portrait.size) <= 480
        assert portrait.height > portrait.width


def test_the_back_of_something_comes_back_with_what_to_do(web: Web) -> None:
    device = Device(web).open(open_link(web)[1])
    device.consent()
    out = io.BytesIO()
    Image.effect_noise((900, 600), 20).convert("RGB").save(out, "JPEG")
    shown = device.post("/h/v1/document", files=[("photo", ("back.jpg", out.getvalue(), "image/jpeg"))]).json()
    assert "reading" not in shown
    assert shown["fields"] == []
    assert all(problem["text"] and problem["advice"] for problem in shown["problems"])
    assert "not_a_document" in {problem["code"] for problem in shown["problems"]}
