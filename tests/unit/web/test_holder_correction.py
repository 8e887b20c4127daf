"""Previews and corrections over HTTP: what a page is told before it takes the picture, and what its holder may mend."""

import threading
import time
from collections.abc import Iterator
from typing import Any

import cv2
import numpy as np
import pytest

from holder_material import Device, Paper, code_of, open_link, paper_models
from reading_material import TODAY, found, page, printed
from visavis.capture.picture import Picture
from visavis.document.reading import DocumentReading
from visavis.document.reading_summary import PageText, summed_up
from visavis.domain.evidence import Check
from visavis.service.capture_desk import CaptureDesk, DeskOptions
from visavis.service.sealed_reading import LABEL, MOST_LETTERS, Reading, ReadingPlace, ReadingSeal
from visavis.web.rates import Quota
from visavis.web.setup import MOST_PREVIEW_BYTES, WebLimits
from web_material import Web, make_web

PREVIEW, CORRECT = "/h/v1/document/preview", "/h/v1/document/correct"


class OneName(Paper):
    """A page whose name stands in its zone alone."""

    def read(self, pictures: list[Picture], *, today: object) -> DocumentReading:
        return summed_up([page(found(), printed(name=None))], [PageText()], today=TODAY)


@pytest.fixture(scope="module")
def desk() -> Iterator[CaptureDesk]:
    desk = CaptureDesk(DeskOptions(threads=1, documents=2), timer=time.monotonic)
    yield desk
    desk.close()


@pytest.fixture(scope="module")
def web(desk: CaptureDesk) -> Web:
    return make_web(models=paper_models(OneName()), desk=desk)


def holder(web: Web) -> Device:
    device = Device(web).open(open_link(web)[1])
    assert device.consent().status_code == 200
    return device


@pytest.fixture
def device(web: Web) -> Device:
    return holder(web)


def jpeg(pixels: np.ndarray[Any, Any]) -> bytes:
    return cv2.imencode(".jpg", cv2.cvtColor(pixels, cv2.COLOR_RGB2BGR))[1].tobytes()


def table(side: int = 640, card: float = 0.8) -> bytes:
    """A card with print on it, over a dark table; ``card``: its share of the picture's width."""
    pixels = np.full((side * 3 // 4, side, 3), 60, np.uint8)
    width = round(side * card)
    height = round(width / 1.586)
    left, top = (side - width) // 2, (side * 3 // 4 - height) // 2
    pixels[top : top + height, left : left + width] = 235
    for row in range(8):
        at = top + height * (row + 2) // 11
        words = f"SPECIMEN {row} 0123456789"
        cv2.putText(pixels, words, (left + width // 12, at), cv2.FONT_HERSHEY_SIMPLEX, width / 700, (20, 20, 20), 1)
    return jpeg(pixels)


def look(device: Device, content: bytes, **more: Any) -> Any:
    return device.post(PREVIEW, files=[("photo", ("p.jpg", content, "image/jpeg"))], **more)


def shown(device: Device) -> Any:
    picture = cv2.imencode(".png", np.full((80, 80, 3), 200, np.uint8))[1].tobytes()
    answer = device.post("/h/v1/document", files=[("photo", ("x", picture, "image/png"))])
    assert answer.status_code == 200, answer.text
    return answer.json()


def opened(web: Web, device: Device, text: str) -> Reading:
    session = web.setup.links.session(device.cookie)
    row, _ = web.world.verifications.get(web.party.id, session.verification)
    place = ReadingPlace(verification=row.id, session=session.key, policy_digest=row.policy_digest)
    return ReadingSeal(web.setup.derive_each(LABEL)).open(text, place, now=web.clock.now())


# ---- previews


def test_an_empty_table_and_a_card_on_it(device: Device) -> None:
    empty = look(device, jpeg(np.full((480, 640, 3), 120, np.uint8)))
    assert empty.status_code == 200, empty.text
    assert empty.json() == {"looked": True, "ready": False, "advice": ["not_a_document"]}
    seen = look(device, table()).json()
    assert "not_a_document" not in seen["advice"], seen
    assert np.allclose(sorted(seen["corners"]), sorted([[0.1, 0.17], [0.9, 0.17], [0.9, 0.83], [0.1, 0.83]]), atol=0.05)


def test_a_card_that_is_far_is_told_to_come_closer_but_where_the_picture_will_be_larger(device: Device) -> None:
    far = table(card=0.45)  # 3.4 px a millimetre
    assert "document_too_small" in look(device, far).json()["advice"]
    assert "document_too_small" not in look(device, far, params={"enlarged": 3}).json()["advice"]


def test_every_advice_has_its_words(device: Device) -> None:
    reasons = device.get("/h/v1/words?language=zh-CN").json()["reasons"]
    assert {"not_a_document", "document_cut_off", "document_too_small", "glare_centre"} <= reasons.keys()


def test_a_preview_is_one_small_jpeg(device: Device) -> None:
    png = cv2.imencode(".png", np.zeros((200, 200, 3), np.uint8))[1].tobytes()
    assert code_of(look(device, png)) == (422, "frame_not_jpeg")
    assert code_of(look(device, b"")) == (422, "file_empty")
    assert code_of(look(device, jpeg(np.zeros((1281, 1281, 3), np.uint8)))) == (422, "picture_too_large")
    assert code_of(look(device, table() + bytes(MOST_PREVIEW_BYTES))) == (413, "body_too_large")
    two = [("photo", ("p", table(), "image/jpeg"))] * 2
    assert code_of(device.post(PREVIEW, files=two)) == (422, "upload_malformed")
    chip = [("chip", ("EF.SOD", b"1234", "application/octet-stream"))]
    assert code_of(device.post(PREVIEW, files=chip)) == (422, "upload_malformed")
    assert code_of(look(device, table(), params={"enlarged": 9})) == (422, "request_invalid")


def test_a_preview_belongs_between_consent_and_capture(web: Web) -> None:
    verification, token = open_link(web)
    device = Device(web).open(token)
    assert code_of(look(device, table())) == (409, "document_not_now")
    device.consent()
    web.world.verifications.begin_capture(web.party.id, verification, web.world.policy)
    assert code_of(look(device, table())) == (409, "document_not_now")


def test_while_a_document_is_read_nobody_looks_at_previews(desk: CaptureDesk, device: Device) -> None:
    begun, end = threading.Event(), threading.Event()

    def long() -> None:
        begun.set()
        end.wait(10)

    reading = threading.Thread(target=desk.document, args=(long,))
    reading.start()
    assert begun.wait(10)
    assert look(device, table()).json() == {"looked": False, "ready": False, "advice": []}
    end.set()
    reading.join(10)
    assert look(device, table()).json()["looked"] is True


def test_previews_have_a_rate_of_their_own_and_use_up_no_upload(desk: CaptureDesk) -> None:
    limits = WebLimits(
        per_session=Quota(name="session", amount=20, window=60), per_preview=Quota(name="preview", amount=3, window=60)
    )
    device = holder(make_web(models=paper_models(OneName()), desk=desk, limits=limits))
    assert [look(device, table()).status_code for _ in range(4)] == [200, 200, 200, 429]
    assert shown(device)["uploads_left"] == 19


def test_without_a_desk_it_says_so() -> None:
    assert code_of(look(holder(make_web()), table())) == (503, "captures_elsewhere")


# ---- corrections


def test_a_misread_name_is_mended_and_marked(web: Web, device: Device) -> None:
    read = shown(device)
    open_now = {item["name"] for item in read["fields"] if item["correctable"]}
    assert open_now == {"family_name"}  # the policy tells nobody of the given names
    answer = device.post(CORRECT, json={"reading": read["reading"], "corrections": {"family_name": "specimenowa"}})
    assert answer.status_code == 200, answer.text
    mended = answer.json()
    assert mended["values"] == {"family_name": "SPECIMENOWA"}
    assert mended["corrected"] == ["family_name"]
    before, after = opened(web, device, read["reading"]), opened(web, device, mended["reading"])
    assert dict(after.fields) == dict(before.fields) | {"family_name": "SPECIMENOWA"}
    (marked,) = [item for item in after.checks if item.check is Check.DOCUMENT_CONSISTENT]
    assert "corrected_by_holder" in marked.reasons
    assert after.person == before.person
    back = device.post(
        CORRECT, json={"reading": mended["reading"], "corrections": {"family_name": "SPECIMENOVA"}}
    ).json()
    assert back["corrected"] == []
    assert opened(web, device, back["reading"]).checks == before.checks


@pytest.mark.parametrize(
    ("corrections", "code"),
    [
        ({"family_name": "SOMEBODY"}, "correction_too_much"),
        ({"family_name": "SPECIMENÖVA"}, "correction_other_letters"),
        ({"given_names": "ANNE MARIA"}, "correction_not_open"),
        ({"document_number": "L898902C4"}, "request_invalid"),
        ({"date_of_birth": "1985-06-16"}, "request_invalid"),
        ({"family_name": ""}, "request_invalid"),
        ({"family_name": "A" * 101}, "request_invalid"),
        ({}, "request_invalid"),
    ],
)
def test_what_is_no_reading_mistake_is_refused(device: Device, corrections: dict[str, str], code: str) -> None:
    reading = shown(device)["reading"]
    assert code_of(device.post(CORRECT, json={"reading": reading, "corrections": corrections})) == (422, code)


def test_a_name_that_stands_there_twice_is_not_mended(desk: CaptureDesk) -> None:
    device = holder(make_web(models=paper_models(), desk=desk))
    read = shown(device)
    assert not any(item["correctable"] for item in read["fields"])
    asked = {"reading": read["reading"], "corrections": {"family_name": "SPECIMENOWA"}}
    assert code_of(device.post(CORRECT, json=asked)) == (422, "correction_not_open")


def test_only_a_reading_of_this_device_is_mended_and_only_in_its_time(web: Web, device: Device) -> None:
    asked = {"reading": shown(device)["reading"], "corrections": {"family_name": "SPECIMENOWA"}}
    assert code_of(holder(web).post(CORRECT, json=asked)) == (422, "reading_invalid")
    assert code_of(device.post(CORRECT, json=asked | {"reading": "AQAA"})) == (422, "reading_invalid")
    long = asked | {"reading": "A" * (MOST_LETTERS + 1)}
    assert code_of(device.post(CORRECT, json=long)) == (422, "request_invalid")
    foreign = device.post(CORRECT, json=asked, headers={"Origin": "https://elsewhere.example"})
    assert code_of(foreign) == (403, "page_foreign")
    device.post("/h/v1/alternative")
    assert code_of(device.post(CORRECT, json=asked)) == (409, "document_not_now")
