"""The shop's tablet in a customer's hands and back, its lock, its camera, its keyboard, and its other language."""

from playwright.sync_api import Browser, Page, expect
from test_shop import ANNA, NOBODY, NUMBER, REFUSED, choose, counter, fill_in, finish, invited, newest
from test_sign_in import Authenticator, code_for

from browser_material import BACK, FRONT, TABLET, Cameras, Served, Visit, visit
from relying_material import accept, card
from visavis.domain.states import Consented

SCANNER = """
globalThis.codes = [];
globalThis.BarcodeDetector = class {
  static getSupportedFormats() { return Promise.resolve(["code_128", "aztec"]); }
  detect() { return Promise.resolve(globalThis.codes.map((rawValue) => ({ rawValue }))); }
};
"""
"""In place of the browser's reader of codes, which Chromium has not on every system; it reads what a test holds out."""


def first_day(it: Visit, served: Served) -> None:
    """A clerk comes by a code, makes a passkey, and stands before the shop's page."""
    Authenticator.of(it.page)
    _, code = code_for(served)
    it.page.get_by_role("link", name="I have a one-time code").click()
    it.page.get_by_label("Your code").fill(code)
    it.page.get_by_role("button", name="Go on").click()
    it.page.get_by_role("button", name="Make a passkey").click()
    expect(it.page.get_by_role("heading", name="What can be done for the customer?")).to_be_visible()


def locked(page: Page, title: str) -> None:
    expect(page.get_by_role("heading", name=title)).to_be_visible()
    expect(page.locator(".counter")).to_be_hidden()
    expect(page.get_by_role("button", name="Lock", exact=True)).to_be_hidden()


def unlock(page: Page) -> None:
    page.get_by_role("button", name="Unlock with your passkey").click()


def signed_out(it: Visit) -> None:
    """The page locks at once, and the service's answer takes the session's cookie away a moment later."""
    for _ in range(100):
        if not any("staff" in str(one["name"]) for one in it.context.cookies()):
            return
        it.page.wait_for_timeout(50)
    raise AssertionError(it.context.cookies())


def test_a_tablet_in_a_customers_hands_and_back(chromium: Browser, served: Served) -> None:
    world = served.world
    with visit(chromium, "/p/shop", served=served, size=TABLET, expected=[NOBODY, REFUSED]) as it:
        page = it.page
        locked(page, "Who serves?")
        it.accessible()
        first_day(it, served)
        other = it.another(served.url + "/p/shop")
        expect(other.get_by_role("button", name="New line")).to_be_visible()
        choose(page, "New line")
        fill_in(page, iccid=card(1))
        invited(page)
        verification = newest(served)
        page.get_by_role("button", name="Hand the tablet over").click()
        page.wait_for_url("**/p/verify*")
        signed_out(it)
        locked(other, "The tablet is back")
        asked = it.context.request.get(f"{served.url}/v1/verifications")
        assert asked.status == 401
        # whatever a customer does, the shop's page shows its lock and nothing else
        page.goto(served.url + "/p/shop")
        locked(page, "The tablet is back")
        assert NUMBER.replace(" ", "") not in page.content()
        page.go_back()
        page.wait_for_url("**/p/verify*")
        page.get_by_role("button", name="Hand the tablet back").click()
        locked(page, "The tablet is back")
        assert [one["name"] for one in it.context.cookies()] == []
        unlock(page)
        expect(page.locator("li[aria-current=step]")).to_contain_text("Waiting for the customer")
        accept(world, verification, document=ANNA)
        finish(page, "Register the line", "The line is registered")


def test_a_session_that_is_over_loses_nothing_that_was_typed(chromium: Browser, served: Served) -> None:
    with visit(chromium, "/p/shop", served=served, size=TABLET, expected=[NOBODY, REFUSED]) as it:
        page = it.page
        first_day(it, served)
        choose(page, "New line")
        page.get_by_label("SIM card").fill(card(4))
        it.context.clear_cookies()
        fill_in(page)
        locked(page, "Sign in once more")
        it.accessible()
        unlock(page)
        invited(page)  # what was asked for is done without being asked for again
        page.get_by_role("button", name="Lock", exact=True).click()
        locked(page, "Locked")
        signed_out(it)
        unlock(page)
        invited(page)


def test_a_tablet_that_is_left_alone_locks_itself(chromium: Browser, served: Served) -> None:
    with counter(chromium, served) as it:
        it.page.clock.install()
        it.page.reload()
        choose(it.page, "Transfer")
        it.page.get_by_label("Telephone number").fill(NUMBER)
        it.page.clock.fast_forward("09:00")
        expect(it.page.get_by_label("Telephone number")).to_have_value(NUMBER)
        it.page.get_by_label("Telephone number").press("End")
        it.page.clock.fast_forward("09:30")
        expect(it.page.get_by_label("Telephone number")).to_be_visible()
        it.page.clock.fast_forward("01:00")
        locked(it.page, "Locked, since nobody was here")
        signed_out(it)


def test_a_card_is_read_by_the_camera_where_the_browser_reads_codes(chromium: Browser, served: Served) -> None:
    with counter(chromium, served, cameras=Cameras(devices=(FRONT, BACK)), before=SCANNER) as it:
        page = it.page
        choose(page, "New line")
        scan = page.get_by_role("button", name="Scan the code")
        scan.click()
        expect(page.get_by_role("dialog")).to_be_visible()
        it.accessible()
        page.evaluate("codes = ['https://shop.example/card']")
        expect(page.get_by_role("dialog")).to_contain_text("no number of a SIM card")
        page.evaluate("(code) => { codes = [`ICCID:${code}F PUK`]; }", card(5))
        expect(page.get_by_label("SIM card")).to_have_value(card(5))
        expect(scan).to_be_focused()
        assert page.evaluate("cameras.live()") == 0
        assert '"environment"' in page.evaluate("JSON.stringify(cameras.asked)")
        scan.click()
        page.keyboard.press("Escape")
        expect(page.get_by_role("dialog")).to_have_count(0)
        assert page.evaluate("cameras.live()") == 0
        page.evaluate("cameras.refuse('NotAllowedError')")
        scan.click()
        expect(page.get_by_role("dialog")).to_contain_text("type the number")
        page.get_by_role("button", name="Close").click()


def test_where_the_browser_reads_no_codes_they_are_typed(chromium: Browser, served: Served) -> None:
    with counter(chromium, served, before="delete globalThis.BarcodeDetector;") as it:
        choose(it.page, "New line")
        expect(it.page.get_by_label("SIM card")).to_be_visible()
        expect(it.page.get_by_role("button", name="Scan the code")).to_have_count(0)


def test_in_chinese_in_the_dark_with_the_keyboard_alone(chromium: Browser, served: Served) -> None:
    world = served.world
    with counter(chromium, served, locale="zh-CN", dark=True) as it:
        page = it.page
        expect(page.get_by_role("heading", name="客户要办理什么")).to_be_focused()
        it.accessible()
        page.keyboard.press("Tab")
        page.keyboard.press("Enter")
        expect(page.get_by_label("手机号码")).to_be_focused()
        page.keyboard.type(NUMBER)
        page.keyboard.press("Tab")
        if page.get_by_role("button", name="扫描条码").count():
            expect(page.get_by_label("SIM卡")).to_be_focused()
        page.keyboard.type(card(6))
        page.keyboard.press("Enter")
        expect(page.get_by_role("img", name="供客户手机扫描的二维码")).to_be_visible()
        it.accessible()
        verification = newest(served)
        row, _ = world.verifications.get(world.party.id, verification)
        assert row.opening.language == "zh-CN"
        assert not isinstance(row.state, Consented)
        accept(world, verification)
        expect(page.get_by_role("button", name="登记号码")).to_be_focused()
        page.keyboard.press("Enter")
        expect(page.get_by_role("heading", name="号码已登记")).to_be_focused()
        it.accessible()
        page.get_by_label("Language").or_(page.locator("#language")).first.select_option("en")
        expect(page.get_by_role("heading", name="The line is registered")).to_be_visible()
        expect(page.locator(".receipt dt").first).to_have_text("From")
