"""The reviewer's page in a real browser: the list, one case on one screen, verdicts by keyboard alone, and what becomes
of what was shown.
"""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, expect

from browser_material import DESKTOP, TABLET, Served, Visit, visit
from review_case_material import READ, whole_case
from review_material import Desk, make_desk
from staff_material import member_of, session_of
from visavis.decision.decide import RuleOutcome, RuleResult
from visavis.decision.review import ReviewVerdict
from visavis.domain.states import By
from visavis.service.case_material import CaseMaterial
from visavis.service.member_records import Member, Role
from visavis.web.staff.guard import cookie_name

PIXELS = """
canvas => {
  if (!canvas.width || !canvas.height) return 0;
  const { data } = canvas.getContext("2d").getImageData(0, 0, canvas.width, canvas.height);
  let painted = 0;
  for (let i = 3; i < data.length; i += 4) painted += data[i] > 0;
  return painted / (data.length / 4);
}
"""
COLUMN = """
canvas => {
  const { data } = canvas.getContext("2d").getImageData(canvas.width / 2, 0, 1, canvas.height);
  return Array.from(data).join();
}
"""
HOLD = """
globalThis.canvases = [];
const made = Document.prototype.createElement;
Document.prototype.createElement = function (tag, ...more) {
  const element = made.call(this, tag, ...more);
  if (tag === "canvas") canvases.push(element);
  return element;
};
globalThis.blobs = 0;
const address = URL.createObjectURL;
URL.createObjectURL = (...given) => { blobs += 1; return address.call(URL, ...given); };
"""
"""Holds every canvas, so that what is on it can be looked at after it left the page; counts addresses of pictures."""


@pytest.fixture
def desk(served: Served) -> Desk:
    return make_desk(served.world)


def reviewer(served: Served, name: str = "Desk 4", role: Role = Role.REVIEWER) -> Member:
    return member_of(served.setup, role, party=served.world.party.id, name=name)


@contextmanager
def reviewing(browser: Browser, served: Served, member: Member, place: str = "", **more: Any) -> Iterator[Visit]:
    """The page with a session of ``member``, and with none of the machine's own cookies."""
    cookie = {
        "name": cookie_name(served.setup),
        "value": session_of(served.setup, member),
        "domain": "localhost",
        "path": "/",
        "expires": -1,
        "httpOnly": True,
        "secure": served.setup.secure,
        "sameSite": "Strict",
    }
    state = {"cookies": [cookie], "origins": []}
    options = {"size": DESKTOP, "cameras": None, "storage_state": state, "before": HOLD, **more}
    with visit(browser, f"/p/review{place}", served=served, **options) as it:
        yield it


def rows(page: Page) -> Any:
    return page.locator("table.cases tbody tr")


def opened(page: Page) -> None:
    """The case is on the screen, with all of it."""
    expect(page.locator(".witness .plot-drawing").first).to_be_visible()
    expect(page.locator(".looks")).to_contain_text(re.compile(r"\d"))


def take_next(page: Page) -> None:
    expect(rows(page).first).to_be_visible()
    page.keyboard.press("n")
    opened(page)


def painted(page: Page) -> list[float]:
    shares: list[float] = [canvas.evaluate(PIXELS) for canvas in page.query_selector_all(".picture canvas")]
    return shares


def test_the_list_tells_why_and_for_how_long_and_keeps_itself_fresh(
    chromium: Browser, served: Served, desk: Desk
) -> None:
    first = desk.refer(reasons=("no_face", "face_lost", "light_too_weak"))
    served.clock.forward(minutes=9)
    desk.refer(document="P2")
    taken = desk.refer(document="P3")
    desk.reviews.claim(desk.party, taken.id, desk.who("somebody"))
    with reviewing(chromium, served, reviewer(served)) as it:
        it.page.clock.install()
        it.page.reload()
        expect(rows(it.page)).to_have_count(3)
        row = rows(it.page).first
        expect(row).to_contain_text("9 minutes")
        expect(row).to_contain_text("No face was found.")
        expect(row).to_contain_text("The face went out of the picture.")  # the holder reads "Your face"
        expect(row).to_contain_text("and 1 more reason")
        expect(row.get_by_role("button")).to_have_accessible_name(
            "Take the case that waits for 9 minutes: change_of_line"
        )
        last = rows(it.page).nth(2)
        expect(last).to_contain_text("Somebody else has it")
        expect(last.get_by_role("button")).to_be_disabled()
        it.accessible()
        desk.refer(document="P4")
        desk.reviews.release(desk.party, taken.id, desk.who("somebody"))
        row.get_by_role("button").focus()
        it.page.clock.run_for(16_000)
        expect(rows(it.page)).to_have_count(4)
        expect(row.get_by_role("button")).to_be_focused()
        expect(last.get_by_role("button")).to_be_enabled()
        it.page.get_by_label("Order").select_option("newest")
        expect(rows(it.page).last).to_contain_text("and 1 more reason")
        it.page.locator("#language").select_option("zh-CN")
        expect(rows(it.page).last).to_contain_text("没有找到面部。")
        it.page.locator("#language").select_option("en")
        it.page.get_by_label("Show").select_option("closed")
        expect(it.page.locator(".empty")).to_be_visible()
    assert desk.reviews.get(desk.party, first.id).looks == 0


def test_a_case_is_decided_by_keyboard_alone(chromium: Browser, served: Served, desk: Desk) -> None:
    case = desk.refer(material=whole_case())
    me = reviewer(served)
    with reviewing(chromium, served, me) as it:
        page = it.page
        take_next(page)
        assert page.url.endswith(f"#{case.id}")
        expect(page.locator(".witness")).to_have_count(6)
        page.keyboard.press("d")
        expect(page.locator("#reading-title")).to_be_focused()
        page.keyboard.press("e")
        expect(page.locator("#evidence-title")).to_be_focused()
        page.keyboard.press("p")
        expect(page.locator(".picture-frame").first).to_be_focused()
        page.keyboard.press("?")
        expect(page.locator("#keys-title")).to_be_focused()
        page.get_by_role("button", name="Give this verdict").focus()
        page.keyboard.press("Enter")
        expect(page.get_by_role("alert")).to_have_text("Choose a verdict first.")
        page.keyboard.press("r")
        expect(page.get_by_label("It is another person")).to_be_focused()
        page.keyboard.press("Enter")  # it is chosen, and no more than that
        expect(page.get_by_role("button", name="Reject this case")).to_be_focused()
        page.keyboard.press("a")
        expect(page.get_by_label("It is the same person", exact=True)).to_be_focused()
        page.get_by_role("button", name="Accept this case").focus()
        page.keyboard.press("Enter")
        expect(page.get_by_role("alert")).to_have_text("Choose a reason first.")
        assert desk.reviews.get(desk.party, case.id).opinions == ()
        page.keyboard.press("ArrowDown")
        expect(page.get_by_label("There is an ordinary explanation")).to_be_checked()
        page.keyboard.press("Tab")
        expect(page.locator("#note")).to_be_focused()
        page.keyboard.type("Glasses in one picture, no rest: rqxlen")  # no key does anything while one writes
        assert page.url.endswith(f"#{case.id}")
        page.keyboard.press("Tab")
        expect(page.get_by_role("button", name="Accept this case")).to_be_focused()
        page.keyboard.press("Enter")
        expect(page.get_by_role("heading", name="Thank you. Your verdict is noted.")).to_be_focused()
        page.keyboard.press("q")
        expect(page.locator(".empty")).to_be_visible()
    (opinion,) = desk.reviews.get(desk.party, case.id).opinions
    assert (opinion.reviewer, opinion.verdict, opinion.reason) == (me.id, ReviewVerdict.ACCEPT, "reviewed_explained")
    assert opinion.note == "Glasses in one picture, no rest: rqxlen"
    assert desk.sealed(case) == ["disclosed"]


def test_single_keys_can_be_switched_off_for_good(chromium: Browser, served: Served, desk: Desk) -> None:
    desk.refer(material=whole_case())
    with reviewing(chromium, served, reviewer(served)) as it:
        expect(rows(it.page)).to_have_count(1)
        it.page.get_by_label("Single keys work on this page").uncheck()
        it.page.keyboard.press("n")
        it.page.reload()
        expect(it.page.get_by_label("Single keys work on this page")).not_to_be_checked()
        it.page.keyboard.press("n")
        expect(rows(it.page).first).to_contain_text("Free")


def test_one_case_on_one_screen_which_nobody_saves_by_a_click(chromium: Browser, served: Served, desk: Desk) -> None:
    case = desk.refer(material=whole_case())
    me = reviewer(served)
    with reviewing(chromium, served, me) as it:
        page = it.page
        take_next(page)
        it.expected.append("Canvas2D: Multiple readback operations")  # of this test, not of the page
        assert all(share > 0.5 for share in painted(page))
        moves_and_zooms(page)
        marks_what_differs(page)
        plots_how_it_went(page)
        assert page.locator(".case a, .case img, .case video").count() == 0
        assert page.evaluate("blobs") == 0
        asked = "it => it.dispatchEvent(new MouseEvent('contextmenu', { bubbles: true, cancelable: true }))"
        assert [frame.evaluate(asked) for frame in page.query_selector_all(".picture-frame")] == [False, False]
        page.emulate_media(media="print")
        expect(page.locator(".case")).to_be_hidden()
    looked = [(who, details["what"]) for act, who, details in desk.acts() if act == "review.looked"]
    assert sorted(looked) == [(me.id, what) for what in ("evidence", "portrait", "probe", "reading")]
    assert desk.reviews.get(desk.party, case.id).looks == 4


def moves_and_zooms(page: Page) -> None:
    """In place, together or alone, by buttons, keys and pointer."""
    portrait, probe = page.locator(".picture canvas").all()
    whole = portrait.evaluate(COLUMN), probe.evaluate(COLUMN)
    page.get_by_role("button", name="Zoom in").click()
    expect(portrait).to_have_attribute("aria-label", re.compile(r"zoomed 1\.5 times"))
    expect(probe).to_have_attribute("aria-label", re.compile(r"zoomed 1\.5 times"))
    near = probe.evaluate(COLUMN)
    assert near != whole[1]
    page.get_by_label("Move both together").uncheck()
    page.locator(".picture-frame").first.focus()
    page.keyboard.press("+")
    page.keyboard.press("ArrowUp")
    expect(portrait).to_have_attribute("aria-label", re.compile(r"zoomed 2\.3 times"))
    assert probe.evaluate(COLUMN) == near
    page.keyboard.press("0")
    assert portrait.evaluate(COLUMN) == whole[0]
    # a press on a place does what a drag does (WCAG 2.2, 2.5.7)
    page.locator(".picture-frame").nth(1).click(position={"x": 60, "y": 60})
    pressed = probe.evaluate(COLUMN)
    assert pressed != near
    box = page.locator(".picture-frame").nth(1).bounding_box()
    assert box is not None
    page.mouse.move(box["x"] + 160, box["y"] + 150)
    page.mouse.down()
    page.mouse.move(box["x"] + 100, box["y"] + 100, steps=4)
    page.mouse.up()
    assert probe.evaluate(COLUMN) != pressed


def marks_what_differs(page: Page) -> None:
    expect(page.locator(".reading dd")).to_have_count(len(READ))
    marked = page.locator(".reading dd.marked")
    expect(marked).to_have_count(2)
    expect(marked.first).to_contain_text("it was read as ERIKSS0N")
    expect(marked.nth(1)).to_contain_text("12 Aug 1974")
    expect(marked.nth(1)).to_contain_text("These differ: the printed part and the machine-readable lines")
    expect(page.locator(".likeness + p")).to_have_text("Likeness 0.36. The policy asks for 0.41 or more.")


def plots_how_it_went(page: Page) -> None:
    light = page.locator('[data-witness="light"]')
    expect(light).to_contain_text("Could not tell")
    light.get_by_role("slider").focus()
    page.keyboard.press("End")
    assert "bluer / greener" in str(light.get_by_role("slider").get_attribute("aria-valuetext"))
    light.get_by_text("As a table").click()
    expect(light.get_by_role("region").locator("tbody tr").first).to_be_visible()


@pytest.mark.parametrize(("dark", "size"), [(False, DESKTOP), (True, TABLET)])
def test_a_case_is_for_everybody(chromium: Browser, served: Served, desk: Desk, *, dark: bool, size: Any) -> None:
    """By axe, in every state of it, light and dark."""
    case = desk.refer(material=whole_case())
    with reviewing(chromium, served, reviewer(served), f"#{case.id}", dark=dark, size=size) as it:
        page = it.page
        expect(page.get_by_role("button", name="Take this case")).to_be_visible()
        if dark:
            it.accessible()
        page.get_by_role("button", name="Take this case").click()
        opened(page)
        page.keyboard.press("r")
        page.get_by_label("It seems not to be done of their own free will").check()
        page.locator("#note").fill("Write to anna@example.org")
        it.expected.append("status of 422")
        page.get_by_role("button", name="Reject this case").click()
        expect(page.locator("#note")).to_have_attribute("aria-invalid", "true")
        expect(page.locator("#note-wrong")).to_contain_text("Say what you saw")
        for summary in page.locator(".measured > summary").all():
            summary.click()
        it.accessible()
        page.locator("#note").fill("")
        page.get_by_role("button", name="Reject this case").click()
        expect(page.get_by_role("heading", name="Thank you")).to_be_visible()
        page.get_by_role("button", name="Back to the list").click()
        page.get_by_label("Show").select_option("closed")
        page.get_by_role("button", name="See the closed case").click()
        expect(page.locator(".opinions")).to_contain_text("It seems not to be done of their own free will")
        expect(page.locator(".opinions")).to_contain_text("You, ")
        it.accessible()


def test_two_people_decide_and_the_second_is_told_nothing_of_the_first(chromium: Browser, served: Served) -> None:
    desk = make_desk(served.world, review="review = { persons = 2 }")
    case = desk.refer(material=whole_case())
    ann, ben = reviewer(served, "Ann"), reviewer(served, "Ben")
    with reviewing(chromium, served, ann) as first, reviewing(chromium, served, ben, locale="zh-CN") as second:
        take_next(first.page)
        expect(first.page.locator(".about .persons")).to_contain_text("You are the first.")
        first.page.keyboard.press("r")
        first.page.keyboard.press("ArrowDown")
        first.page.keyboard.press("Enter")
        first.page.keyboard.press("Enter")
        expect(first.page.locator("main")).to_contain_text("Another person looks at this case next.")
        # who has spoken does not get it again
        first.expected.append("status of 409")
        first.page.keyboard.press("n")
        expect(first.page.locator(".empty, table.cases").first).to_be_attached()
        expect(first.page.locator("#live")).to_have_text("There is no case that you could take now.")

        second.page.reload()
        take_next(second.page)
        expect(second.page.locator(".about .persons")).to_contain_text("已有一人看过")
        told = second.page.locator("body").inner_text()
        assert ann.id not in told
        assert "我对证件有疑问" not in told
        second.page.keyboard.press("a")
        second.page.keyboard.press("Enter")
        second.page.keyboard.press("Enter")
        expect(second.page.locator(".opinions li")).to_have_count(2)
        expect(second.page.locator(".opinions")).to_contain_text("我对证件有疑问")
    done = desk.reviews.get(desk.party, case.id)
    assert [opinion.reviewer for opinion in done.opinions] == [ann.id, ben.id]
    assert done.end == "decided"


def gone(it: Visit) -> None:
    """Nothing of the case is left: not in the page, and not on a canvas that somebody may still hold."""
    expect(it.page.locator(".case")).to_have_count(0)
    assert it.page.evaluate("canvases.length") >= 2
    assert it.page.evaluate("canvases.every((one) => one.width === 0)")
    assert READ["document_number"] not in it.page.content()


def test_a_claim_runs_out_with_a_warning_and_takes_everything_with_it(
    chromium: Browser, served: Served, desk: Desk
) -> None:
    case = desk.refer(material=whole_case())
    with reviewing(chromium, served, reviewer(served)) as it:
        page = it.page
        page.clock.install()
        page.reload()
        take_next(page)
        expect(page.locator(".time")).to_contain_text("Yours for 1")
        page.clock.fast_forward("13:30")
        expect(page.locator("#live")).to_contain_text("two more minutes")
        expect(page.locator(".time.soon")).to_be_visible()
        page.keyboard.press("x")  # by the service's clock it began just now, and is kept all the same
        expect(page.locator("#live")).to_contain_text("15 minutes more")
        expect(page.locator(".time.soon")).to_have_count(0)
        page.clock.fast_forward("16:00")
        expect(page.get_by_role("heading", name="You do not have this case any more")).to_be_focused()
        gone(it)
        it.accessible()
        assert desk.reviews.get(desk.party, case.id).opinions == ()
        page.get_by_role("button", name="Take it again").click()
        opened(page)


def test_a_case_that_somebody_else_took_meanwhile_is_lost_at_the_next_step(
    chromium: Browser, served: Served, desk: Desk
) -> None:
    case = desk.refer(material=whole_case())
    with reviewing(chromium, served, reviewer(served)) as it:
        take_next(it.page)
        served.clock.forward(minutes=16)
        desk.reviews.claim(desk.party, case.id, desk.who("somebody"))
        it.page.keyboard.press("r")
        it.page.keyboard.press("Enter")
        it.expected.append("status of 409")
        it.page.keyboard.press("Enter")
        expect(it.page.get_by_role("heading", name="You do not have this case any more")).to_be_visible()
        gone(it)
        it.page.get_by_role("button", name="Take it again").click()
        expect(it.page.locator("main")).to_contain_text("Somebody else has this case now.")
    assert desk.reviews.get(desk.party, case.id).opinions == ()


def test_a_case_that_the_holder_withdraws_goes_from_the_screen(chromium: Browser, served: Served, desk: Desk) -> None:
    case = desk.refer(material=whole_case())
    with reviewing(chromium, served, reviewer(served)) as it:
        page = it.page
        page.clock.install()
        page.reload()
        take_next(page)
        served.world.verifications.withdraw(desk.party, case.verification, by=By.HOLDER)
        page.clock.run_for(9_000)
        expect(page.get_by_role("heading", name="This case is closed")).to_be_visible()
        expect(page.locator("main")).to_contain_text("Withdrawn by the holder")
        expect(page.locator("main")).to_contain_text("What was kept of it is gone, here too.")
        gone(it)
        it.accessible()


def test_leaving_wipes_what_was_shown_whichever_way(chromium: Browser, served: Served, desk: Desk) -> None:
    case = desk.refer(material=whole_case())
    with reviewing(chromium, served, reviewer(served)) as it:
        page = it.page
        take_next(page)
        page.go_back()
        expect(rows(page)).to_have_count(1)
        gone(it)
        expect(rows(page).first).to_contain_text("Yours until")
        page.get_by_role("button", name="Go on").click()
        opened(page)
        page.reload()  # it is still theirs, and shown again
        opened(page)
        page.keyboard.press("l")
        expect(rows(page).first).to_contain_text("Free")
        gone(it)
    assert desk.reviews.get(desk.party, case.id).claim is None


def test_a_session_that_is_over_takes_the_case_from_the_screen(chromium: Browser, served: Served, desk: Desk) -> None:
    desk.refer(material=whole_case())
    me = reviewer(served)
    with reviewing(chromium, served, me) as it:
        take_next(it.page)
        served.setup.members.disable(desk.party, me.id)
        it.expected.append("status of 401")
        it.page.keyboard.press("x")
        expect(it.page.get_by_role("heading", name="You are signed out")).to_be_focused()
        gone(it)
        expect(it.page.get_by_role("link", name="Sign in")).to_have_attribute("href", "/p/sign-in")
        it.accessible()


def test_only_reviewers_see_the_list(chromium: Browser, served: Served, desk: Desk) -> None:
    desk.refer(material=whole_case())
    with reviewing(chromium, served, reviewer(served, role=Role.CLERK)) as it:
        expect(it.page.get_by_role("heading", name="This page is for reviewers")).to_be_visible()
        assert not [url for url in it.requests if "/v1/reviews" in url]
    with visit(chromium, "/p/review", served=served, cameras=None, expected=["status of 401"]) as it:
        expect(it.page.get_by_role("heading", name="Please sign in")).to_be_visible()


def test_where_the_policy_keeps_nothing_nothing_is_shown(chromium: Browser, served: Served, desk: Desk) -> None:
    bare = desk.refer(material=None)
    read = desk.refer(material=CaseMaterial(reading=READ), document="P2")
    with reviewing(chromium, served, reviewer(served), f"#{bare.id}") as it:
        it.page.get_by_role("button", name="Take this case").click()
        expect(it.page.get_by_text("Decide it only with the person and the document before you.")).to_be_visible()
        it.page.goto(f"{served.url}/p/review#{read.id}")
        it.page.get_by_role("button", name="Take this case").click()
        expect(it.page.get_by_text("Nothing was kept here.")).to_have_count(2)
        expect(it.page.locator(".reading dd")).to_have_count(len(READ))


def test_what_a_person_may_not_accept_is_said(chromium: Browser, served: Served, desk: Desk) -> None:
    desk.refer(material=whole_case(), results=(RuleResult(rule="single_face", outcome=RuleOutcome.FAILED),))
    with reviewing(chromium, served, reviewer(served)) as it:
        take_next(it.page)
        expect(it.page.get_by_role("radio", name="Accept")).to_be_disabled()
        it.page.keyboard.press("a")
        expect(it.page.locator("#live")).to_contain_text("cannot be accepted")
        it.accessible()
