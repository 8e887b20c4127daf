"""A SIM card is registered through the holder's page, from the link, or from the shop's page, to the line, with every
model real; and is not, where somebody else is before the camera, or a print of the holder, or a film.
"""

import re
from pathlib import Path

import cv2
import numpy as np
import pytest
from playwright.sync_api import Browser, Page, expect
from test_shop import NOBODY, NUMBER, REFUSED, choose, fill_in, finish, invited
from test_sign_in import Authenticator

import serve_material
from browser_actor import Actor
from browser_material import DESKTOP, TABLET, Visit, launched_beside, visit
from relying_material import card
from visavis.client import ConflictError
from whole_material import (
    IMPOSTOR,
    PRINTED,
    Walk,
    Whole,
    before_camera,
    document_photograph,
    swaying,
    words,
)

pytestmark = [pytest.mark.models, pytest.mark.slow, pytest.mark.live]


def lost_and_back(it: Visit) -> None:
    """The network goes while the camera looks for the document, is said to be gone, and comes back."""
    expect(it.page.locator(".step-document")).to_be_visible()  # the consent has arrived by then
    it.expected.append("ERR_INTERNET_DISCONNECTED")
    it.context.set_offline(True)
    expect(it.page.locator("#connection")).to_be_visible()
    it.context.set_offline(False)
    expect(it.page.locator("#connection")).to_be_hidden()


def goes_through(it: Visit, whole: Whole, verification: str, *, language: str, keys: bool = False) -> None:
    """The holder, from the notice to the page that says they are verified; the network is lost on the way."""
    walk, said = Walk(page=it.page, keys=keys), words(language)
    ended = walk.go(between=lambda: lost_and_back(it))
    found = whole.client.verifications.read(verification)
    assert found.accepted, found.decision
    expect(ended).to_have_text(said["result.accepted"])
    assert it.page.evaluate("document.documentElement.lang").startswith(language[:2])
    assert it.page.evaluate("cameras.live()") == 0
    assert len(walk.asked()) >= 4
    it.accessible()


def test_a_line_is_registered_on_a_phone_in_chinese(chromium: Browser, whole: Whole) -> None:
    wanted = whole.wanted(language="zh-CN")
    with visit(chromium, wanted.link, locale="zh-CN", cameras=before_camera()) as it:
        goes_through(it, whole, wanted.id, language="zh-CN")
    assert whole.registered(wanted).status == "active"


def signed_in_by_code(it: Visit, whole: Whole) -> None:
    """A clerk whom the operator has just added, with the code that `visavis member add` prints and a first passkey."""
    asked = ("member", "add", whole.party, "--name", "Desk 1", "--role", "clerk", "--data", whole.folder / "data")
    found = re.search(r"Code: (\S+)", serve_material.run(whole.folder, *asked).stdout)
    assert found is not None
    Authenticator.of(it.page)
    it.page.get_by_role("link", name="I have a one-time code").click()
    it.page.get_by_label("Your code").fill(found[1])
    it.page.keyboard.press("Enter")
    it.page.get_by_role("button", name="Make a passkey").click()


def scanned(page: Page) -> str:
    """What a phone reads of the code that the page shows."""
    invited(page)
    picture = cv2.imdecode(np.frombuffer(page.locator("img.code").screenshot(), np.uint8), cv2.IMREAD_GRAYSCALE)
    assert picture is not None
    return cv2.QRCodeDetector().detectAndDecode(cv2.resize(picture, None, fx=3, fy=3))[0]


def test_a_line_is_registered_from_the_shop_by_a_holder_with_a_keyboard(chromium: Browser, whole: Whole) -> None:
    with visit(chromium, f"{whole.url}/p/shop", size=TABLET, cameras=None, expected=[NOBODY, REFUSED]) as shop:
        signed_in_by_code(shop, whole)
        choose(shop.page, "New line")
        fill_in(shop.page, iccid=card(90))
        link = scanned(shop.page)
        (opened,) = whole.client.verifications.page(limit=1).items
        with visit(chromium, link, size=DESKTOP, cameras=before_camera()) as it:
            goes_through(it, whole, opened.id, language="en", keys=True)
        finish(shop.page, "Register the line", "The line is registered")
        expect(shop.page.locator(".receipt")).to_contain_text(opened.id)
        shop.accessible()
    assert whole.client.lines.find(msisdn=NUMBER.replace(" ", "")).status == "active"


@pytest.mark.parametrize(
    ("actor", "reasons"),
    [(IMPOSTOR, {"different_person"}), (PRINTED, {"light_on_everything", "flat_face", "gesture_missing"})],
    ids=["impostor", "printed_photograph"],
)
def test_nobody_else_registers_it(chromium: Browser, whole: Whole, actor: Actor, reasons: set[str]) -> None:
    wanted = whole.wanted()
    with visit(chromium, wanted.link, cameras=before_camera(actor)) as it:
        heading = Walk(page=it.page, most=1).go()
        assert heading.text_content() != words("en")["result.accepted"]
    assert (reasons | {"consented"}) & set(whole.why(wanted))  # consented: it was not sure, and offers another attempt
    with pytest.raises(ConflictError) as refused:
        whole.registered(wanted)
    assert refused.value.code == "verification_not_accepted"


def test_a_film_in_place_of_a_camera_answers_nothing(
    chromium: Browser, whole: Whole, portraits: Path, tmp_path: Path
) -> None:
    """Chromium's own fake device plays a portrait that sways a little, over and over."""
    film = tmp_path / "portrait.mjpeg"
    film.write_bytes(swaying(portraits / "obama.jpg"))
    wanted = whole.wanted()
    with (
        launched_beside(chromium, f"--use-file-for-fake-video-capture={film}") as browser,
        visit(browser, wanted.link, size=DESKTOP, cameras=None) as it,
    ):
        walk = Walk(page=it.page)
        walk.agree()
        it.page.set_input_files("input[type=file]", document_photograph())
        walk.show_document()
        walk.begin()
        expect(walk.ended()).to_have_text(words("en")["result.rejected"])
        it.accessible()
    assert "frozen_or_looped" in whole.why(wanted)
