"""The document over HTTP: what is taken and refused, what its holder is shown, and where the sealed reading opens."""

import secrets
import time
from collections.abc import Iterator
from datetime import date
from typing import Any

import cv2
import numpy as np
import pytest

from chip_holder import fields, files_of, with_zone
from chip_pki import NOW, Pki
from holder_material import Device, Paper, code_of, open_link, paper_models
from visavis.decision.vocabulary import ReferenceSource
from visavis.document.chip.trust_files import trust_store
from visavis.domain.evidence import Check, Outcome
from visavis.errors import InputError, LimitError
from visavis.service.capture_desk import CaptureDesk, DeskOptions
from visavis.service.holder_links import HolderSession
from visavis.service.sealed_reading import LABEL, Reading, ReadingPlace, ReadingSeal
from visavis.web.holder.document import MOST_UPLOADS
from visavis.web.holder.upload import MOST_PICTURE_BYTES, UploadRoom
from web_material import Web, make_web

PNG = ".png"
EXPIRES = date(2031, 5, 4)


def picture(side: int = 80, value: int = 200, kind: str = PNG) -> bytes:
    return cv2.imencode(kind, np.full((side, side, 3), value, np.uint8))[1].tobytes()


def photos(*contents: bytes) -> dict[str, Any]:
    return {"files": [("photo", ("x.bin", content, "application/octet-stream")) for content in contents]}


@pytest.fixture(scope="module")
def paper() -> Paper:
    return Paper()


@pytest.fixture(scope="module")
def web(paper: Paper) -> Iterator[Web]:
    desk = CaptureDesk(DeskOptions(threads=1, documents=2), timer=time.monotonic)
    yield make_web(models=paper_models(paper), desk=desk)
    desk.close()


@pytest.fixture
def device(web: Web) -> Device:
    device = Device(web).open(open_link(web)[1])
    assert device.consent().status_code == 200
    return device


def opened(web: Web, device: Device, text: str, **other: str) -> Reading:
    verification = device.status()["verification"]
    row, _ = web.world.verifications.get(web.party.id, verification)
    session = web.setup.links.session(device.cookie)
    place = ReadingPlace(
        verification=other.get("verification", row.id),
        session=other.get("session", session.key),
        policy_digest=row.policy_digest,
    )
    return ReadingSeal(web.setup.derive_each(LABEL)).open(text, place, now=web.clock.now())


def test_pictures_are_read_shown_and_handed_back_sealed(web: Web, device: Device) -> None:
    answer = device.post("/h/v1/document", **photos(picture(kind=".jpg")))
    assert answer.status_code == 200, answer.text
    shown = answer.json()
    fields = {item["name"]: item for item in shown["fields"]}
    assert fields["family_name"]["value"] == "SPECIMENOVA"
    assert fields["family_name"]["place"] == "machine_readable_zone"
    assert fields["document_number"]["value"] == "L898902C3"
    assert fields["document_type"]["value"] == "passport"
    assert fields["date_of_birth"]["value"] == "1985-06-15"
    assert not any(item["doubtful"] or item["proven"] for item in shown["fields"])
    assert (shown["kind"], shown["uploads_left"]) == ("td3", MOST_UPLOADS - 1)
    reading = opened(web, device, shown["reading"])
    assert dict(reading.fields) == {name: item["value"] for name, item in fields.items()}
    assert reading.person == web.setup.pseudonyms(web.party.id).person(issuing_state="UTO", number="L898902C3")
    assert {check.check for check in reading.checks} == {Check.DOCUMENT_CONSISTENT, Check.DOCUMENT_VALIDITY}
    assert reading.reference.template is not None


def test_of_several_pictures_only_a_page_that_says_whose_it_is_gives_the_portrait(device: Device, paper: Paper) -> None:
    shown = device.post("/h/v1/document", **photos(picture(), picture())).json()
    assert paper.pictures[-1] == 2
    assert "reading" not in shown  # the reader of this test finds no portrait on a page
    assert "reference_unusable" in {item["code"] for item in shown["problems"]}


def test_the_reading_opens_for_this_device_and_verification_alone(web: Web, device: Device) -> None:
    text = device.post("/h/v1/document", **photos(picture())).json()["reading"]
    other = Device(web).open(open_link(web)[1])
    session: HolderSession = web.setup.links.session(other.cookie)
    for change in ({"session": session.key}, {"verification": session.verification}):
        with pytest.raises(InputError) as caught:
            opened(web, device, text, **change)
        assert caught.value.code == "reading_invalid"


def test_a_document_without_a_portrait_comes_back_with_what_to_do(device: Device) -> None:
    shown = device.post("/h/v1/document?language=zh-CN", **photos(picture(value=0))).json()
    assert "reading" not in shown
    assert not shown["portrait_found"]
    (problem,) = [item for item in shown["problems"] if item["code"] == "reference_unusable"]
    assert "照片" in problem["text"]
    assert shown["fields"]  # what was read is shown all the same


def test_what_is_no_picture_is_refused(device: Device) -> None:
    assert code_of(device.post("/h/v1/document", **photos(b"no picture"))) == (422, "not_a_picture")
    assert code_of(device.post("/h/v1/document", **photos(b""))) == (422, "file_empty")
    assert code_of(device.post("/h/v1/document", **photos(picture(20)))) == (422, "picture_too_small")
    bomb = cv2.imencode(PNG, np.zeros((4200, 4200), np.uint8))[1].tobytes()  # 40 KB, 17.6 megapixels
    assert code_of(device.post("/h/v1/document", **photos(bomb))) == (422, "picture_too_large")
    large = picture() + bytes(MOST_PICTURE_BYTES)
    assert code_of(device.post("/h/v1/document", **photos(large))) == (422, "file_too_large")
    assert device.status()["next"] == "document"


def test_what_is_no_form_of_files_is_refused(device: Device) -> None:
    assert code_of(device.post("/h/v1/document", json={})) == (415, "media_type_unknown")
    assert code_of(device.post("/h/v1/document")) == (415, "media_type_unknown")
    broken: dict[str, Any] = {
        "content": b"--x\r\nbroken",
        "headers": {"Content-Type": "multipart/form-data; boundary=x"},
    }
    assert code_of(device.post("/h/v1/document", **broken))[0] == 422
    nameless: dict[str, Any] = {"content": b"", "headers": {"Content-Type": "multipart/form-data"}}
    assert code_of(device.post("/h/v1/document", **nameless)) == (422, "upload_malformed")
    other: dict[str, Any] = {"files": [("selfie", ("x", picture(), "image/png"))]}
    assert code_of(device.post("/h/v1/document", **other)) == (422, "upload_malformed")
    field: dict[str, Any] = {"data": {"photo": "text"}, "files": [("photo", ("x", picture(), "image/png"))]}
    assert code_of(device.post("/h/v1/document", **field)) == (422, "upload_malformed")
    assert code_of(device.post("/h/v1/document", **photos(*[picture()] * 7))) == (422, "pictures_too_many")


def test_a_body_beyond_the_limit_is_refused_before_it_is_read(web: Web, device: Device) -> None:
    huge = b"x" * (web.setup.limits.upload + 1)
    assert code_of(device.post("/h/v1/document", **photos(huge))) == (413, "body_too_large")


def test_a_large_picture_touches_no_disk(device: Device, monkeypatch: pytest.MonkeyPatch) -> None:
    made: list[str] = []
    monkeypatch.setattr("tempfile.TemporaryFile", lambda *_, **__: made.append("file"))
    noise = np.random.default_rng(1).integers(0, 255, (1000, 1500, 3), np.uint8)
    content = cv2.imencode(PNG, noise)[1].tobytes()
    assert len(content) > 4_000_000
    assert device.post("/h/v1/document", **photos(content)).status_code == 200
    assert made == []


def test_a_document_is_shown_after_the_consent_and_before_the_capture(web: Web) -> None:
    verification, token = open_link(web)
    device = Device(web).open(token)
    assert code_of(device.post("/h/v1/document", **photos(picture()))) == (409, "document_not_now")
    device.consent()
    web.world.verifications.begin_capture(web.party.id, verification, web.world.policy)
    assert code_of(device.post("/h/v1/document", **photos(picture()))) == (409, "document_not_now")
    web.world.verifications.interrupt(web.party.id, verification)
    assert device.post("/h/v1/document", **photos(picture())).status_code == 200
    web.clock.forward(minutes=15)
    assert code_of(device.post("/h/v1/document", **photos(picture()))) == (409, "document_not_now")


def test_a_document_is_shown_so_often_and_no_more(device: Device) -> None:
    for left in range(MOST_UPLOADS - 1, -1, -1):
        assert device.post("/h/v1/document", **photos(picture())).json()["uploads_left"] == left
    assert code_of(device.post("/h/v1/document", **photos(picture()))) == (429, "uploads_used_up")


def test_uploads_wait_for_room_and_a_session_has_one() -> None:
    room = UploadRoom(2)
    with room.seat("one"):
        with pytest.raises(LimitError) as caught, room.seat("one"):
            pass
        assert caught.value.code == "documents_busy"
        with room.seat("two"), pytest.raises(LimitError), room.seat("three"):
            pass
        with room.seat("three"):
            pass
    with pytest.raises(ZeroDivisionError), room.seat("one"):
        raise ZeroDivisionError
    with room.seat("one"):
        pass


def test_a_proven_chip_is_believed_first_and_its_portrait_is_the_reference() -> None:
    pki = Pki(picture=picture(120, kind=".jpg"))
    chip = pki.chip(groups=with_zone(pki, fields(expires=EXPIRES)))
    desk = CaptureDesk(DeskOptions(threads=1), timer=time.monotonic)
    web = make_web(models=paper_models(), desk=desk, trust=trust_store(chip.trust, now=NOW))
    device = Device(web).open(open_link(web)[1])
    device.consent()
    files = [("chip", (str(at), content, "application/octet-stream")) for at, content in enumerate(files_of(chip))]
    shown = device.post("/h/v1/document", files=files).json()
    assert shown["chip_proven"] is True, shown
    assert all(
        item["proven"] and item["place"] == "chip" for item in shown["fields"] if item["name"] != "document_type"
    )
    assert {item["name"]: item["value"] for item in shown["fields"]}["document_type"] == "passport"
    reading = opened(web, device, shown["reading"])
    assert reading.source is ReferenceSource.CHIP
    assert reading.portrait.startswith(b"\xff\xd8\xff")  # the policy keeps it for a reviewer
    assert reading.person == web.setup.pseudonyms(web.party.id).person(issuing_state="UTO", number="L898902C3")
    (authentic,) = [check for check in reading.checks if check.check is Check.DOCUMENT_AUTHENTIC]
    assert authentic.outcome is Outcome.PASS
    both = [*files, ("photo", ("page", picture(), "image/png"))]
    assert device.post("/h/v1/document", files=both).json()["chip_proven"] is True
    desk.close()


def test_a_chip_that_is_none_is_told(device: Device) -> None:
    files: dict[str, Any] = {"files": [("chip", ("EF.SOD", secrets.token_bytes(64), "application/octet-stream"))]}
    assert code_of(device.post("/h/v1/document", **files)) == (422, "chip_sod_missing")


def test_where_nothing_looks_at_pictures_it_says_so() -> None:
    web = make_web()
    device = Device(web).open(open_link(web)[1])
    device.consent()
    assert code_of(device.post("/h/v1/document", **photos(picture()))) == (503, "captures_elsewhere")
