"""A SIM card is registered through the holder's page, from the link to the line, with every model real; and is not,
where somebody else is before the camera, or a print of the holder, or a film.
"""

from pathlib import Path

import pytest
from playwright.sync_api import Browser, expect

from browser_actor import Actor
from browser_material import DESKTOP, PHONE, Visit, launched_beside, visit
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


@pytest.mark.parametrize(
    ("size", "language", "keys"),
    [(PHONE, "zh-CN", False), (DESKTOP, "en", True)],
    ids=["phone_in_chinese", "desktop_by_keyboard"],
)
def test_a_line_is_registered(
    chromium: Browser, whole: Whole, size: dict[str, object], language: str, keys: bool
) -> None:
    wanted, said = whole.wanted(language=language), words(language)
    with visit(chromium, wanted.link, size=size, locale=language, cameras=before_camera()) as it:
        walk = Walk(page=it.page, keys=keys)
        ended = walk.go(between=lambda: lost_and_back(it))
        found = whole.read(wanted)
        assert found.accepted, whole.why(wanted)
        expect(ended).to_have_text(said["result.accepted"])
        assert it.page.evaluate("document.documentElement.lang").startswith(language[:2])
        assert it.page.evaluate("cameras.live()") == 0
        assert len(walk.asked()) >= 4
        it.accessible()
    assert whole.registered(wanted).status == "active"


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
