"""The shell of the holder's page in a real Chromium: from the link to the result, and every way out of it."""

import json
import re
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, expect

from browser_material import DESKTOP, PHONE, Cameras, Opened, Served, Visit, visit
from store_material import receipt
from visavis.decision.decide import DecisionOutcome
from visavis.domain.verification import Verification

HEARD = """
window.heard = [];
new MutationObserver(() => {
  const text = document.getElementById("live")?.textContent;
  if (text && text !== heard.at(-1)) heard.push(text);
}).observe(document, { subtree: true, childList: true, characterData: true });
"""
AWAY = r"ERR_INTERNET_DISCONNECTED"


def step(page: Page, name: str) -> None:
    """The step is there, and whoever hears the page is at its heading."""
    expect(page.locator(f".step-{name}")).to_be_visible()
    if name not in {"document", "capture"}:
        expect(page.locator(f".step-{name} h1")).to_be_focused()


def agree(page: Page) -> None:
    step(page, "consent")
    page.click("#agree")
    step(page, "document")


def decided(served: Served, opened: Opened, outcome: DecisionOutcome) -> Verification:
    """As after a capture that ended so."""
    verifications, party = served.world.verifications, served.world.party.id
    verifications.begin_capture(party, opened.id, served.world.policy)
    verifications.submit(party, opened.id)
    found = served.world.findings(outcome, document="L898902C3" if outcome is DecisionOutcome.ACCEPTED else None)
    return verifications.conclude(party, opened.id, found, served.world.policy)


def consented(served: Served, opened: Opened) -> None:
    row = served.row(opened)
    given = receipt(row, served.clock.now(), served.world.ids)
    served.world.verifications.consent(served.world.party.id, opened.id, given)


@contextmanager
def opened_page(chromium: Browser, served: Served, **more: Any) -> Iterator[tuple[Visit, Opened]]:
    """A page on a device without a camera, unless a test says otherwise: the steps that need one have tests of their
    own. What happens behind the page's back it is told as a conflict, and keeps up with.
    """
    opened = served.open(**more.pop("opening", {}))
    more = {"cameras": Cameras(devices=()), "expected": [r"status of 409"], **more}
    with visit(chromium, opened.link, served=served, **more) as it:
        yield it, opened


# ---- the notice


def test_the_notice_is_shown_word_by_word_with_two_equal_ways(chromium: Browser, served: Served) -> None:
    with opened_page(chromium, served, cameras=Cameras()) as (it, _):
        page = it.page
        step(page, "consent")
        expect(page.locator(".step-consent .told")).to_have_count(0)  # there is a camera
        assert page.url == f"{served.url}/p/verify"  # what stood behind # is in no address and no picture any more
        notice = page.evaluate("fetch('/h/v1/notice?language=en').then((answer) => answer.json())")
        shown = page.locator(".step-consent").inner_text()
        told = [notice["title"], notice["consent"]]
        for section in notice["sections"]:
            told += [section["heading"], *section["paragraphs"]]
        assert all(text in shown for text in told)
        assert page.title() == "Show that it is you"
        expect(page.locator(".party")).to_have_text("An operator")
        face, other = page.locator("#agree"), page.locator("#other")
        for name in ("background-color", "color", "font-size", "font-weight", "border-color"):
            looks = [
                way.evaluate(f"node => getComputedStyle(node).getPropertyValue('{name}')") for way in (face, other)
            ]
            assert looks[0] == looks[1], name
        sizes = [way.bounding_box() for way in (face, other)]
        assert sizes[0]
        assert sizes[1]
        assert (sizes[0]["width"], sizes[0]["height"]) == (sizes[1]["width"], sizes[1]["height"])
        assert page.evaluate("document.documentElement.scrollWidth") <= 360


def test_the_language_follows_everywhere_and_is_kept(chromium: Browser, served: Served) -> None:
    with opened_page(chromium, served, locale="zh-Hans-CN") as (it, _):
        page = it.page
        expect(page.locator("html")).to_have_attribute("lang", "zh-CN")
        expect(page.locator("h1")).to_have_text("请证明您就是证件上的本人")
        expect(page.locator("#agree")).to_have_text("用面部继续")
        page.select_option("#language", "en")
        expect(page.locator("h1")).to_have_text("Show that you are the person on your document")
        expect(page.locator("#agree")).to_have_text("Continue with my face")
        expect(page.locator("html")).to_have_attribute("lang", "en")
        page.reload()
        expect(page.locator("#agree")).to_have_text("Continue with my face")
        page.select_option("#language", "zh-CN")
        expect(page.locator("#agree")).to_have_text("用面部继续")
        page.click("#agree")
        step(page, "document")
        agreed = page.evaluate("fetch('/h/v1/receipt').then((answer) => answer.text())")
        assert '"zh-CN"' in agreed
        page.click("[data-where=other]")
        expect(page.locator(".lead")).to_have_text("您也可以把证件当面给工作人员看。")
        page.select_option("#language", "en")
        expect(page.locator(".lead")).to_have_text("You can show your document to a person instead.")


def test_a_language_that_cannot_be_loaded_leaves_all_as_it_is(chromium: Browser, served: Served) -> None:
    with opened_page(chromium, served, expected=["Failed to load", "integrity"]) as (it, _):
        page = it.page
        step(page, "consent")
        page.route("**/words/*", lambda route: route.fulfill(json={"notice.agree": "Yes to all"}))
        page.select_option("#language", "zh-CN")
        expect(page.locator("#language")).to_have_value("en")
        expect(page.locator("#agree")).to_have_text("Continue with my face")
        expect(page.locator("#live")).to_contain_text("could not be reached")


def test_a_notice_that_changed_meanwhile_is_read_again(chromium: Browser, served: Served) -> None:
    with opened_page(chromium, served, expected=["status of 409"]) as (it, opened):
        page = it.page
        step(page, "consent")
        page.route("**/h/v1/consent", lambda route: route.continue_(post_data=stale(route.request.post_data)))
        page.click("#agree")
        expect(page.locator("#live")).to_contain_text("has changed meanwhile")
        assert served.state(opened) == "requested"
        page.unroute("**/h/v1/consent")
        page.click("#agree")
        step(page, "document")


def stale(sent: str | None) -> str:
    return json.dumps({**json.loads(sent or "{}"), "notice_digest": "0" * 64})


# ---- the other way, and stopping


def test_the_other_way_is_two_taps_and_asks_nothing(chromium: Browser, served: Served) -> None:
    with opened_page(chromium, served) as (it, opened):
        page = it.page
        step(page, "consent")
        page.click("#other")
        step(page, "other")
        expect(page.locator(".step-other")).to_contain_text("You can show your document to a person instead.")
        page.click("#back")
        step(page, "consent")
        page.click("#other")
        page.click("#confirm")
        step(page, "done")
        expect(page.locator("h1")).to_have_text("Another way, then")
        expect(page.locator(".told")).to_contain_text("privacy@operator.example")
        assert served.state(opened) == "declined_for_alternative"


def test_consent_is_taken_back_in_the_middle_and_nothing_is_left(chromium: Browser, served: Served) -> None:
    with opened_page(chromium, served) as (it, opened):
        page = it.page
        agree(page)
        page.click("[data-where=stop]")
        step(page, "stop")
        page.click("#back")
        step(page, "document")
        page.click("[data-where=stop]")
        page.click("#confirm")
        step(page, "done")
        expect(page.locator("h1")).to_have_text("As you wish")
        assert served.state(opened) == "withdrawn"
        page.locator(".receipt summary").click()
        expect(page.locator(".receipt dt")).to_have_text(["You agreed with", "For", "On", "Taken back on"])
        page.reload()
        step(page, "done")


# ---- results


@pytest.mark.parametrize(
    ("outcome", "title", "said"),
    [
        (DecisionOutcome.ACCEPTED, "Verified", "It worked. An operator has been told."),
        (DecisionOutcome.REJECTED, "Not verified", "No face was found."),
    ],
)
def test_a_result_says_what_it_is_and_why(
    chromium: Browser, served: Served, outcome: DecisionOutcome, title: str, said: str
) -> None:
    with opened_page(chromium, served, before=HEARD) as (it, opened):
        page = it.page
        agree(page)
        decided(served, opened, outcome)
        page.reload()
        step(page, "done")
        expect(page.locator("h1")).to_have_text(title)
        expect(page.locator(".step-done")).to_contain_text(said)
        if outcome is DecisionOutcome.REJECTED:
            expect(page.locator(".reasons")).to_contain_text("in good light")
            expect(page.locator(".told")).to_contain_text("You can show your document to a person instead.")
        assert title in page.evaluate("heard")
        with page.expect_download() as saved:
            page.locator(".receipt summary").click()
            page.locator(".receipt .save").click()
        kept = json.loads(saved.value.path().read_text())
        assert saved.value.suggested_filename == f"consent-{opened.id}.json"
        assert kept["event"][0]["event_state"] == "given" or kept["event"]


def test_waiting_ends_by_itself_and_a_person_is_not_waited_for(chromium: Browser, served: Served) -> None:
    """No spinner stays after the result is in, and none turns while a person takes their time."""
    with opened_page(chromium, served) as (it, opened):
        page = it.page
        agree(page)
        verifications, party = served.world.verifications, served.world.party.id
        verifications.begin_capture(party, opened.id, served.world.policy)
        verifications.submit(party, opened.id)
        page.reload()
        step(page, "wait")
        expect(page.locator(".waiting")).to_be_visible()
        verifications.conclude(
            party, opened.id, served.world.findings(DecisionOutcome.REFERRED, document="L898902C3"), served.world.policy
        )
        expect(page.locator("h1")).to_have_text("A person takes a look")
        expect(page.locator(".waiting")).to_have_count(0)
        expect(page.locator(".step-wait")).to_contain_text("You can close this page.")


def test_it_leads_back_and_the_device_forgets(chromium: Browser, served: Served) -> None:
    with opened_page(
        chromium, served, expected=["status of 40[19]"], opening={"return_url": "https://shop.example/1"}
    ) as (
        it,
        opened,
    ):
        page = it.page
        agree(page)
        decided(served, opened, DecisionOutcome.ACCEPTED)
        page.route(
            "https://shop.example/1", lambda route: route.fulfill(body="<title>Shop</title>", content_type="text/html")
        )
        page.reload()
        page.click("#onward")
        page.wait_for_url("https://shop.example/1")
        it.requests.remove("https://shop.example/1")
        page.goto(f"{served.url}/p/verify")
        expect(page.locator("h1")).to_have_text("This page is not open any more")


# ---- what is kept


def test_what_is_kept_is_listed_taken_along_and_erased(chromium: Browser, served: Served) -> None:
    with opened_page(chromium, served) as (it, opened):
        page = it.page
        agree(page)
        decided(served, opened, DecisionOutcome.ACCEPTED)
        page.reload()
        page.click("#kept")
        step(page, "kept")
        things = page.evaluate("fetch('/h/v1/kept?language=en').then((answer) => answer.json())")["items"]
        expect(page.locator(".kept li")).to_have_count(len(things))
        expect(page.locator(".kept")).to_contain_text("A code in place of your document's number.")
        with page.expect_download() as saved:
            page.locator(".actions .save").click()
        assert saved.value.suggested_filename == f"kept-{opened.id}.json"
        page.click("#back")
        step(page, "done")
        page.click("#kept")
        page.locator("details summary").click()
        expect(page.locator("details")).to_contain_text("It is declared void.")
        page.click("#erase")
        step(page, "done")
        expect(page.locator("h1")).to_have_text("It is gone")
        assert served.state(opened) == "erased"


# ---- another device


def test_another_device_goes_on_while_this_one_follows(chromium: Browser, served: Served) -> None:
    with opened_page(chromium, served, size=DESKTOP) as (desk, opened):
        page = desk.page
        expect(page.locator(".step-consent .told")).to_contain_text("no camera")
        with page.expect_response("**/h/v1/handoff") as answered:
            page.locator(".told button").click()
        step(page, "handoff")
        code = page.locator(".code strong").inner_text()
        drawn = page.locator("img.qr").evaluate("async (image) => { await image.decode(); return image.naturalWidth; }")
        assert drawn > 100
        link = answered.value.json()["url"]
        with visit(chromium, link, served=served, cameras=Cameras(devices=())) as phone:
            step(phone.page, "consent")
            expect(phone.page.locator(".belongs strong")).to_have_text(code)
            step(page, "watch")
            expect(page.locator(".code strong")).to_have_text(code)
            expect(page.locator("[aria-current=step]")).to_have_text("Reading the notice")
            phone.page.click("#agree")
            step(phone.page, "document")
            expect(page.locator("[aria-current=step]")).to_have_text("Showing the document")
            decided(served, opened, DecisionOutcome.ACCEPTED)
            step(page, "done")
            expect(page.locator("h1")).to_have_text("Verified")
            expect(page.locator("#kept")).to_have_count(0)  # that is for the device that acts


# ---- coming again, going back, other tabs


def test_loading_again_goes_on_where_it_was(chromium: Browser, served: Served) -> None:
    with opened_page(chromium, served, expected=["status of 404"]) as (it, opened):
        page = it.page
        step(page, "consent")
        page.reload()
        agree(page)
        page.reload()
        step(page, "document")
        page.goto(f"{served.url}/healthz")
        page.goto(opened.link)  # the same device may open its used link again
        step(page, "document")


def test_going_back_never_loses_anything_by_itself(chromium: Browser, served: Served) -> None:
    with opened_page(chromium, served) as (it, opened):
        page = it.page
        agree(page)
        page.click("[data-where=kept]")
        step(page, "kept")
        page.go_back()
        step(page, "document")
        page.go_back()
        step(page, "stop")
        page.go_back()
        step(page, "document")
        assert served.state(opened) == "consented"


def test_two_tabs_of_one_verification_keep_up_with_each_other(chromium: Browser, served: Served) -> None:
    with opened_page(chromium, served) as (it, opened):
        step(it.page, "consent")
        other = it.another(opened.link)
        agree(other)
        expect(it.page.locator(".step-document")).to_be_visible()
        other.click("[data-where=stop]")
        other.click("#confirm")
        step(other, "done")
        expect(it.page.locator(".step-done h1")).to_have_text("As you wish")


def test_a_tab_steps_aside_where_another_verification_was_opened(chromium: Browser, served: Served) -> None:
    """It would agree to one thing while it shows another: the browser has one session."""
    with opened_page(chromium, served) as (it, first):
        step(it.page, "consent")
        second = served.open()
        other = it.another(second.link)
        expect(it.page.locator("h1")).to_have_text("Another page was opened")
        expect(it.page.locator("button")).to_have_count(0)
        it.page.reload()
        expect(it.page.locator("h1")).to_have_text("Another page was opened")
        agree(other)
        assert (served.state(first), served.state(second)) == ("requested", "consented")


@pytest.mark.parametrize(
    ("link", "title"),
    [("unknown", "This link does not work"), ("used", "This link was used already"), ("over", "This link is too old")],
)
def test_a_link_that_does_not_open_says_why(chromium: Browser, served: Served, link: str, title: str) -> None:
    opened = served.open()
    address = opened.link if link != "unknown" else f"{served.url}/p/verify#nothing"
    if link == "used":
        served.setup.links.exchange(opened.link.split("#")[1])
    if link == "over":
        served.clock.forward(hours=3)
    with visit(chromium, address, served=served, expected=[r"status of 40[139]"]) as it:
        expect(it.page.locator("h1")).to_have_text(title)
        expect(it.page.locator("h1")).to_be_focused()
        it.accessible()


def test_when_the_time_is_over_the_page_says_so_by_itself(chromium: Browser, served: Served) -> None:
    with opened_page(chromium, served) as (it, _):
        agree(it.page)
        served.clock.forward(minutes=16)
        it.page.evaluate("document.dispatchEvent(new Event('visibilitychange'))")
        expect(it.page.locator(".step-done h1")).to_have_text("This page has closed")
        expect(it.page.locator(".step-done")).to_contain_text("Nothing of you was kept.")


# ---- the network


def test_the_network_goes_and_comes_back(chromium: Browser, served: Served) -> None:
    with opened_page(chromium, served, expected=[AWAY]) as (it, opened):
        page = it.page
        step(page, "consent")
        it.context.set_offline(True)
        page.click("#agree")
        expect(page.locator("#connection")).to_contain_text("No connection")
        assert served.state(opened) == "requested"
        it.context.set_offline(False)
        step(page, "document")
        expect(page.locator("#connection")).to_have_count(0)
        it.context.set_offline(True)
        page.click("[data-where=kept]")
        expect(page.locator("#connection")).to_be_visible()
        it.context.set_offline(False)
        step(page, "kept")
        expect(page.locator(".kept li").first).to_be_visible()


def test_what_comes_after_the_notice_is_waited_for(chromium: Browser, served: Served) -> None:
    """Its script and its styles come once the notice is shown: who agrees before they are there sees that they come."""
    with opened_page(chromium, served, expected=["Failed to load"]) as (it, opened):
        page = it.page
        step(page, "consent")  # the link has been exchanged by then: loaded again any sooner, it would be a used one
        page.route("**/made/verify-later.js", lambda route: route.abort())
        page.reload()
        step(page, "consent")
        page.click("#agree")
        expect(page.locator("main > .waiting")).to_have_text("One moment…")
        expect(page.locator("#connection")).to_be_visible()
        assert served.state(opened) == "consented"
        page.unroute("**/made/verify-later.js")
        step(page, "document")
        expect(page.locator("#connection")).to_have_count(0)
        expect(page.locator("head link[href$='verify-later.css']")).to_have_count(1)


def test_trying_again_does_try_again(chromium: Browser, served: Served) -> None:
    with opened_page(chromium, served, expected=["status of 500"]) as (it, _):
        page = it.page
        agree(page)
        page.route("**/h/v1/kept*", lambda route: route.fulfill(status=500, json={"code": "internal_error"}))
        page.click("[data-where=kept]")
        expect(page.locator("h1")).to_have_text("That did not work")
        page.unroute("**/h/v1/kept*")
        page.get_by_role("button", name="Try again").click()
        step(page, "document")


# ---- for everybody


def test_by_keyboard_alone(chromium: Browser, served: Served) -> None:
    with opened_page(chromium, served, size=DESKTOP, cameras=Cameras()) as (it, opened):
        page, keys = it.page, it.page.keyboard
        step(page, "consent")
        keys.press("Tab")
        expect(page.locator("#agree")).to_be_focused()
        outline = page.locator("#agree").evaluate("node => getComputedStyle(node).outlineStyle")
        assert outline == "solid"
        keys.press("Tab")
        keys.press("Enter")
        step(page, "other")
        keys.press("Tab")
        keys.press("Tab")
        expect(page.locator("#back")).to_be_focused()
        keys.press("Enter")
        step(page, "consent")
        keys.press("Shift+Tab")
        expect(page.locator("#language")).to_be_focused()
        keys.press("Shift+Tab")
        expect(page.locator(".skip")).to_be_focused()
        assert page.locator(".skip").bounding_box()["y"] >= 0  # type: ignore[index]  # it is there
        keys.press("Enter")
        expect(page.locator("main")).to_be_focused()
        keys.press("Tab")
        keys.press("Space")
        step(page, "document")
        assert served.state(opened) == "consented"


def test_at_twice_the_size_and_with_wide_letters_nothing_is_cut(chromium: Browser, served: Served) -> None:
    """WCAG 2.2, 1.4.4, 1.4.10 and 1.4.12: 640 CSS px at 200 % are 320."""
    half = {"viewport": {"width": 320, "height": 400}, "device_scale_factor": 2}
    with opened_page(chromium, served, size=half) as (it, opened):
        page = it.page
        for name in ("consent", "other", "kept", "handoff"):
            if name != "consent":
                page.click(f"[data-where={name}]" if name != "other" else "#other")
            step(page, name)
            page.evaluate(
                "document.body.style.cssText = 'line-height: 1.5; letter-spacing: 0.12em; word-spacing: 0.16em'"
            )
            assert page.evaluate("document.documentElement.scrollWidth") <= 320, name
            cut = page.evaluate(
                "[...document.querySelectorAll('button, h1, p, li')].filter((node) => node.clientWidth && "
                "node.scrollWidth > node.clientWidth + 1 && !node.matches('.unseen')).map((node) => node.textContent)"
            )
            assert cut == [], name
            if name != "consent":
                page.click("#back")
                step(page, "consent")
        small = page.evaluate(
            "[...document.querySelectorAll('button, select, summary')].map((node) => node.getBoundingClientRect())"
            ".filter((box) => box.width && (box.height < 44 || box.width < 44)).length"
        )
        assert small == 0
        assert served.state(opened) == "requested"


def test_what_is_heard_does_not_chatter(chromium: Browser, served: Served) -> None:
    with opened_page(chromium, served, before=HEARD) as (it, opened):
        page = it.page
        agree(page)
        decided(served, opened, DecisionOutcome.ACCEPTED)
        page.evaluate("document.dispatchEvent(new Event('visibilitychange'))")
        step(page, "done")
        heard = page.evaluate("heard")
        assert heard.count("Verified") == 1
        assert len(heard) <= 3


@pytest.mark.parametrize(("size", "dark"), [(PHONE, False), (DESKTOP, True)], ids=["phone-light", "desktop-dark"])
def test_every_screen_is_accessible(chromium: Browser, served: Served, size: Any, *, dark: bool) -> None:
    with opened_page(chromium, served, size=size, dark=dark, locale="zh-CN" if dark else "en-GB") as (
        it,
        opened,
    ):
        page = it.page
        step(page, "consent")
        expect(page.locator(".step-consent .told")).to_be_visible()
        it.accessible()
        page.click("#other")
        step(page, "other")
        it.accessible()
        page.click("#back")
        page.locator(".menu [data-where=handoff]").click()
        step(page, "handoff")
        it.accessible()
        page.click("#back")
        page.click("#agree")
        expect(page.locator(".step-document")).to_be_visible()
        page.click("[data-where=stop]")
        step(page, "stop")
        it.accessible()
        decided(served, opened, DecisionOutcome.REJECTED)
        page.click("#back")
        step(page, "done")
        page.locator(".receipt summary").click()
        it.accessible()
        page.click("#kept")
        step(page, "kept")
        expect(page.locator(".kept li").first).to_be_visible()
        page.locator("details summary").click()
        it.accessible()
        found = re.findall(r"\b(?:undefined|null|NaN)\b", page.locator("body").inner_text())
        assert found == []
