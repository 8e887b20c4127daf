"""The document's step of the holder's page in a real Chromium: by camera, by hand, from a file, and corrected."""

import io
import re
import threading
from collections.abc import Iterator, Sequence
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Any

import pytest
from PIL import Image
from playwright.sync_api import Browser, FilePayload, Page, expect

from browser_material import BACK, DESKTOP, PHONE, WEBCAM, Cameras, Device, Served, Visit, visit
from document_step_material import TWO, Scene, document_pages, held, name_read_once, one_side, photographed
from visavis.capture.picture import Picture
from visavis.document.reading import DocumentReading
from visavis.domain.reasons import reason
from visavis.evaluation.specimens import Fonts

TAKEN = re.compile("Is this right")
INFRARED = Device(label="Integrated IR Camera", deviceId="infrared")


@pytest.fixture(scope="module")
def scene(portraits: Path, specimen_fonts: Fonts) -> Scene:
    return photographed(portraits, specimen_fonts)


@pytest.fixture(scope="module")
def service(sqlite_template: bytes, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    file = tmp_path_factory.mktemp("pages") / "store.db"
    file.write_bytes(sqlite_template)
    with document_pages(f"sqlite:///{file}") as served:
        yield served


@pytest.fixture
def pages(service: Served) -> Iterator[Served]:
    yield service
    service.paper.read = name_read_once  # type: ignore[method-assign]  # whatever a test put there


def at_document(chromium: Browser, pages: Served, **more: Any) -> AbstractContextManager[Visit]:
    return visit(chromium, pages.open().link, served=pages, **{"cameras": TWO, **more})


def agree(page: Page) -> None:
    page.locator("#agree").click()
    expect(page.locator(".step-document h1")).to_be_focused()


def advised(page: Page, code: str) -> None:
    expect(page.locator(".doc-advice")).to_have_text(reason(code).advice)


def take(page: Page) -> None:
    page.locator(".doc-shutter").click()
    expect(page.locator("h1")).to_have_text(TAKEN)


def jpeg(value: int = 200) -> FilePayload:
    out = io.BytesIO()
    Image.new("RGB", (400, 300), (value, value, value)).save(out, "JPEG")
    return {"name": "page.jpg", "mimeType": "image/jpeg", "buffer": out.getvalue()}


# ---- the camera


@pytest.mark.parametrize("dark", [False, True])
def test_the_picture_takes_itself_once_it_will_do(chromium: Browser, pages: Served, scene: Scene, dark: bool) -> None:
    size = DESKTOP if dark else PHONE
    with at_document(chromium, pages, before=held(scene, scale=0.4), size=size, dark=dark) as it:
        page = it.page
        agree(page)
        advised(page, "document_too_small")
        expect(page.locator("#document-camera")).to_have_value(BACK.deviceId)  # the one that looks away
        expect(page.locator(".doc-edges")).to_have_attribute("points", re.compile(r"[\d. ,]{20,}"))
        it.accessible()
        page.evaluate("Object.assign(held, { photo: 1 })")
        expect(page.locator("h1")).to_have_text(TAKEN)
        assert page.evaluate("cameras.live()") == 0
        it.accessible()
        expect(page.locator("[data-field=date_of_birth] .doc-value")).to_contain_text("15 June 1985")
        page.locator("#document-on").click()
        expect(page.locator(".step-capture")).to_be_visible()


def test_it_is_said_what_to_do_about_the_picture(chromium: Browser, pages: Served, scene: Scene) -> None:
    with at_document(chromium, pages, before=held(scene, scale=0.4)) as it:
        agree(it.page)
        advised(it.page, "document_too_small")
        for how, code in (
            ("{ scale: 0.84, x: 0.45 }", "document_cut_off"),
            ("{ x: 0, dark: 0.86 }", "document_too_dark"),
            ("{ dark: 0, glare: 0.2 }", "glare_portrait"),
        ):
            it.page.evaluate(f"Object.assign(held, {how})")
            advised(it.page, code)
        it.page.evaluate("cameras.show('nobody')")
        advised(it.page, "not_a_document")
        expect(it.page.locator(".doc-edges")).to_have_attribute("points", "")


def test_another_camera_can_be_chosen_and_an_infrared_one_is_not_taken_by_itself(
    chromium: Browser, pages: Served
) -> None:
    cameras = Cameras(devices=(INFRARED, WEBCAM), most=640, rate=5)
    with at_document(chromium, pages, cameras=cameras, size=DESKTOP) as it:
        agree(it.page)
        choice = it.page.locator("#document-camera")
        expect(choice).to_have_value(WEBCAM.deviceId)
        choice.select_option(INFRARED.deviceId)
        expect(it.page.locator(".doc-shutter")).to_be_visible()
        expect(choice).to_have_value(INFRARED.deviceId)
        assert it.page.evaluate("cameras.live()") == 1
        assert it.page.evaluate("cameras.asked.at(-1).video.deviceId.exact") == INFRARED.deviceId


@pytest.mark.parametrize(
    ("fault", "trouble", "text"),
    [
        ("NotAllowedError", "denied", "The camera is not allowed here"),
        ("NotReadableError", "busy", "The camera is in use"),
    ],
)
def test_where_the_camera_is_refused_it_says_why_and_goes_on_once_it_is_there(
    chromium: Browser, pages: Served, fault: str, trouble: str, text: str
) -> None:
    with at_document(chromium, pages, cameras=Cameras(refuse=fault, most=640, rate=5)) as it:
        agree(it.page)
        help_ = it.page.locator(f".doc-help[data-trouble={trouble}]")
        expect(help_.locator("h2")).to_have_text(text)
        expect(it.page.locator(".doc-file")).to_be_visible()
        expect(it.page.locator("[data-where=other]")).to_be_visible()
        it.accessible()
        it.page.evaluate("cameras.refuse('')")
        help_.get_by_role("button").click()
        take(it.page)


def test_a_camera_that_is_connected_later_is_used_and_one_that_is_pulled_out_is_missed(
    chromium: Browser, pages: Served
) -> None:
    with at_document(chromium, pages, cameras=Cameras(devices=(), most=640, rate=5)) as it:
        agree(it.page)
        expect(it.page.locator(".doc-help[data-trouble=missing]")).to_be_visible()
        it.page.evaluate("cameras.devices = [{ label: 'HD Webcam', deviceId: 'w', groupId: 'g', facing: '' }]")
        expect(it.page.locator(".doc-shutter")).to_be_visible()
        it.page.evaluate("cameras.unplug()")
        expect(it.page.locator(".doc-help[data-trouble=unplugged]")).to_be_visible()
        it.accessible()


# ---- by hand, from a file, with two sides


def test_all_of_it_by_keyboard_and_in_chinese(chromium: Browser, pages: Served) -> None:
    cameras = Cameras(most=640, rate=5)
    with at_document(chromium, pages, cameras=cameras, locale="zh-CN", size=DESKTOP) as it:
        page = it.page
        agree(page)
        expect(page.locator("h1")).to_have_text("出示您的证件")
        expect(page.locator(".doc-shutter")).to_be_visible()
        tab_to(page, ".doc-shutter")
        page.keyboard.press("Enter")
        expect(page.locator("h1")).to_have_text("这些对吗？")
        expect(page.locator("h1")).to_be_focused()
        tab_to(page, "[data-field=family_name] button")
        page.keyboard.press("Enter")
        expect(page.locator("#document-family_name")).to_be_focused()
        page.keyboard.type("specimenowa")
        page.keyboard.press("Enter")
        expect(page.locator("[data-field=family_name] .doc-value")).to_have_text(re.compile("SPECIMENOWA.*由您更正"))
        expect(page.locator("[data-field=family_name] button")).to_be_focused()
        tab_to(page, "#document-on")
        page.keyboard.press("Enter")
        expect(page.locator(".step-capture")).to_be_visible()


def tab_to(page: Page, wanted: str) -> None:
    for _ in range(30):
        page.keyboard.press("Tab")
        if page.evaluate("(wanted) => document.activeElement.matches(wanted)", wanted):
            return
    raise AssertionError(f"{wanted} cannot be reached")


def test_a_file_instead_and_what_is_none_is_said(chromium: Browser, pages: Served) -> None:
    with at_document(chromium, pages, cameras=Cameras(refuse="NotAllowedError")) as it:
        agree(it.page)
        file = it.page.locator("#document-file")
        it.expected.append(r"status of 422")
        file.set_input_files({"name": "letter.jpg", "mimeType": "image/jpeg", "buffer": b"no picture"})
        expect(it.page.locator(".wrong")).to_have_text("This file is not a picture that can be read.")
        file.set_input_files([jpeg()] * 7)
        expect(it.page.locator(".wrong")).to_have_text("At most six pictures of one document can be read together.")
        it.accessible()
        file.set_input_files([jpeg(), jpeg(180)])
        expect(it.page.locator("h1")).to_have_text(TAKEN)
        expect(it.page.locator(".doc-reading")).to_have_count(0)


def test_a_picture_without_a_portrait_is_taken_again(chromium: Browser, pages: Served) -> None:
    with at_document(chromium, pages, cameras=Cameras(most=640, rate=5)) as it:
        agree(it.page)
        it.page.locator("#document-file").set_input_files(jpeg(0))
        expect(it.page.locator("h1")).to_have_text("It could not be read yet")
        expect(it.page.locator("[data-code=reference_unusable]")).to_be_visible()
        expect(it.page.locator("#document-on")).to_have_count(0)
        it.accessible()
        it.page.get_by_role("button", name="Take it again").click()
        expect(it.page.locator("h1")).to_have_text("Show your document")
        take(it.page)


def test_the_other_side_is_asked_for_and_both_are_sent(chromium: Browser, pages: Served) -> None:
    pages.paper.read = one_side  # type: ignore[method-assign]  # for this test
    with at_document(chromium, pages, cameras=Cameras(most=640, rate=5)) as it:
        agree(it.page)
        it.page.locator(".doc-shutter").click()
        expect(it.page.locator("h1")).to_have_text("Now the other side")
        expect(it.page.locator("h1")).to_be_focused()
        it.accessible()
        take(it.page)


def test_it_shows_that_it_is_read_and_goes_on_after_the_network_was_away(chromium: Browser, pages: Served) -> None:
    going = threading.Event()

    def slow(pictures: Sequence[Picture], *, today: object) -> DocumentReading:
        going.wait(20)
        return name_read_once(pictures, today=today)

    pages.paper.read = slow  # type: ignore[method-assign]  # for this test
    with at_document(chromium, pages, cameras=Cameras(most=640, rate=5)) as it:
        agree(it.page)
        expect(it.page.locator(".doc-shutter")).to_be_enabled()
        it.expected.append("ERR_INTERNET_DISCONNECTED")
        it.context.set_offline(True)
        it.page.locator(".doc-shutter").click()
        expect(it.page.get_by_role("progressbar")).to_be_visible()
        expect(it.page.locator("#connection")).to_be_visible()
        it.accessible()
        it.context.set_offline(False)
        going.set()
        expect(it.page.locator("h1")).to_have_text(TAKEN)
        expect(it.page.locator("#connection")).to_have_count(0)


def test_after_loading_the_page_again_the_document_is_shown_again(chromium: Browser, pages: Served) -> None:
    with at_document(chromium, pages, cameras=Cameras(most=640, rate=5)) as it:
        agree(it.page)
        take(it.page)
        it.page.reload()
        expect(it.page.locator(".told")).to_contain_text("please show it once more")
        take(it.page)
        expect(it.page.locator(".told")).to_have_count(0)


# ---- corrections


def test_a_misread_letter_is_corrected_and_more_is_refused(chromium: Browser, pages: Served) -> None:
    with at_document(chromium, pages, cameras=Cameras(most=640, rate=5)) as it:
        page = it.page
        agree(page)
        take(page)
        assert page.locator(".doc-fields button").count() == 2  # the names, and nothing else
        name = page.locator("[data-field=family_name]")
        name.get_by_role("button", name="Correct: Family name").click()
        it.accessible()
        it.expected.append(r"status of 422")
        for wrong, text in (
            ("SOMEBODY ELSE", "at most one letter in three"),
            ("SPECIMENÖVA", "in the letters that stand"),
        ):
            page.locator("#document-family_name").fill(wrong)
            page.keyboard.press("Enter")
            expect(name.locator(".wrong")).to_contain_text(text)
            expect(page.locator("#document-family_name")).to_have_attribute("aria-invalid", "true")
        it.accessible()
        page.keyboard.press("Escape")
        expect(name.locator(".doc-value")).to_have_text(re.compile("SPECIMENOVA"))
        name.get_by_role("button").click()
        page.locator("#document-family_name").fill("SPECIMENOWA")
        page.locator(".doc-form").get_by_role("button", name="Save").click()
        expect(name.locator(".doc-value")).to_have_text(re.compile("SPECIMENOWA.*corrected by you"))
        name.get_by_role("button").click()
        page.locator("#document-family_name").fill("SPECIMENOVA")
        page.locator(".doc-form").get_by_role("button", name="Save").click()
        expect(name.locator(".tag")).to_have_count(0)


def test_what_the_document_says_twice_is_not_corrected(chromium: Browser, pages: Served) -> None:
    pages.paper.read = type(pages.paper)().read  # type: ignore[method-assign]  # for this test
    with at_document(chromium, pages, cameras=Cameras(most=640, rate=5)) as it:
        agree(it.page)
        take(it.page)
        expect(it.page.locator(".doc-fields li")).to_have_count(8)
        expect(it.page.locator(".doc-fields button")).to_have_count(0)


def test_nothing_is_wider_than_a_narrow_page_and_all_can_be_touched(chromium: Browser, pages: Served) -> None:
    narrow = {**PHONE, "viewport": {"width": 320, "height": 640}}  # 1280 px at 400 % (WCAG 2.2, 1.4.10)
    with at_document(chromium, pages, cameras=TWO, size=narrow) as it:
        agree(it.page)
        fits(it.page)
        take(it.page)
        it.page.locator("[data-field=family_name] button").click()
        fits(it.page)


def fits(page: Page) -> None:
    """WCAG 2.2, 1.4.10 and 2.5.8."""
    expect(page.locator("button").first).to_be_visible()
    assert page.evaluate("document.documentElement.scrollWidth") <= 320
    low = """[...document.querySelectorAll("button, select, input:not(.unseen)")].filter((node) =>
      node.getClientRects().length && node.getBoundingClientRect().height < 44).map((node) => node.outerHTML)"""
    assert page.evaluate(low) == []
