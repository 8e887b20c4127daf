"""A second device takes over by a QR code, and the first one can only watch."""

import re

import cv2
import numpy as np
import pytest

from holder_material import Device, code_of, open_link
from web_material import Web, make_web


@pytest.fixture(scope="module")
def web() -> Web:
    return make_web()


def test_a_telephone_takes_over_and_both_show_the_same_code(web: Web) -> None:
    verification, token = open_link(web)
    desk, telephone = Device(web).open(token), Device(web)
    handed = desk.post("/h/v1/handoff").json()
    address, new = handed["url"].split("#")
    assert address == "http://127.0.0.1:8000/p/verify"
    assert re.fullmatch(r"[0-9A-HJKMNP-TV-Z]{6}", handed["code"])
    assert handed["qr_svg"].startswith("<svg")
    assert "<script" not in handed["qr_svg"]
    assert desk.status()["may_act"]
    entered = telephone.exchange(new).json()
    assert entered == {"verification": verification, "may_act": True, "code": handed["code"]}
    assert telephone.consent().status_code == 200
    status = desk.status()  # it sees what the other one does
    assert (status["state"], status["may_act"]) == ("consented", False)


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("POST", "alternative"),
        ("POST", "withdraw"),
        ("POST", "erase"),
        ("POST", "handoff"),
        ("POST", "document"),
        ("GET", "notice"),
        ("GET", "receipt"),
        ("GET", "kept"),
        ("GET", "export"),
    ],
)
def test_who_handed_it_on_does_nothing_and_sees_nothing_but_the_status(web: Web, method: str, path: str) -> None:
    desk = Device(web).open(open_link(web)[1])
    Device(web).open(desk.post("/h/v1/handoff").json()["url"].split("#")[1])
    answer = desk.post(f"/h/v1/{path}") if method == "POST" else desk.get(f"/h/v1/{path}")
    assert code_of(answer) == (403, "holder_only_watches")
    assert desk.status()["state"] == "requested"


def test_a_continuation_opens_once_and_a_newer_one_makes_it_void(web: Web) -> None:
    desk = Device(web).open(open_link(web)[1])
    old, new = (desk.post("/h/v1/handoff").json()["url"].split("#")[1] for _ in range(2))
    assert code_of(Device(web).exchange(old)) == (401, "holder_link_unknown")
    Device(web).open(new)
    assert code_of(Device(web).exchange(new)) == (403, "holder_link_used")


def test_the_sealed_reading_of_the_first_device_is_not_the_seconds(web: Web) -> None:
    desk, telephone = Device(web).open(open_link(web)[1]), Device(web)
    first = web.setup.links.session(desk.cookie).key
    telephone.open(desk.post("/h/v1/handoff").json()["url"].split("#")[1])
    assert web.setup.links.session(telephone.cookie).key != first


def test_nobody_takes_over_while_a_capture_runs(web: Web) -> None:
    verification, token = open_link(web)
    desk = Device(web).open(token)
    desk.consent()
    waiting = desk.post("/h/v1/handoff").json()["url"].split("#")[1]
    web.world.verifications.begin_capture(web.party.id, verification, web.world.policy)
    assert code_of(desk.post("/h/v1/handoff")) == (409, "capture_running")
    assert code_of(Device(web).exchange(waiting)) == (409, "capture_running")
    web.world.verifications.interrupt(web.party.id, verification)
    Device(web).open(waiting)


def test_the_qr_code_says_what_the_link_says(web: Web) -> None:
    handed = Device(web).open(open_link(web)[1]).post("/h/v1/handoff").json()
    rows = drawn(handed["qr_svg"])
    picture = np.kron(rows, np.ones((8, 8))).astype(np.uint8)
    assert cv2.QRCodeDetector().detectAndDecode(picture)[0] == handed["url"]


def drawn(svg: str) -> np.ndarray:
    """The modules of a code as segno draws them: horizontal strokes, by relative moves (m) and lines (h)."""
    side = int(re.findall(r'width="(\d+)"', svg)[0]) // 4
    rows = np.full((side, side), 255)
    x = y = 0.0
    for kind, one, two in re.findall(r"([Mmh])(-?[\d.]+)(?: (-?[\d.]+))?", re.findall(r' d="([^"]+)"', svg)[-1]):
        if kind == "h":
            rows[int(y), int(x) : int(x + float(one))] = 0
            x += float(one)
        elif kind == "m":
            x, y = x + float(one), y + float(two)
        else:
            x, y = float(one), float(two)
    return rows
