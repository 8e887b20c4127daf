"""Staff sign in on their page, in a real browser with an authenticator of its own (by the DevTools protocol)."""

import re
from dataclasses import dataclass
from typing import Any

import pytest
from playwright.sync_api import Browser, CDPSession, Page, expect

from browser_material import DESKTOP, PHONE, Served, Visit, visit
from staff_material import NAMES, member_of, signed_in
from visavis.service.member_records import Member, Role

PAGE = "/p/sign-in"
PLATFORM = {
    "protocol": "ctap2",
    "ctap2Version": "ctap2_1",
    "transport": "internal",
    "hasResidentKey": True,
    "hasUserVerification": True,
    "isUserVerified": True,
    "automaticPresenceSimulation": True,
}
"""A telephone's or a computer's own, whose user it always recognises."""
NOBODY = r"status of 401"
"""What the browser's console says where nobody is signed in: the page asks."""


@dataclass
class Authenticator:
    """``id``: of the authenticator, for the protocol."""

    cdp: CDPSession
    id: str

    @classmethod
    def of(cls, page: Page, **options: object) -> "Authenticator":
        cdp = page.context.new_cdp_session(page)
        cdp.send("WebAuthn.enable", {"enableUI": False})
        made = cdp.send("WebAuthn.addVirtualAuthenticator", {"options": {**PLATFORM, **options}})
        return cls(cdp, made["authenticatorId"])

    def say(self, command: str, **more: Any) -> Any:
        return self.cdp.send(f"WebAuthn.{command}", {"authenticatorId": self.id, **more})

    def credentials(self) -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = self.say("getCredentials")["credentials"]
        return found

    def recognises(self, person: bool) -> None:
        self.say("setUserVerified", isUserVerified=person)


def code_for(served: Served, role: Role = Role.CLERK) -> tuple[Member, str]:
    made = served.setup.members.add(served.world.party.id, name=NAMES[role], role=role)
    return made.known.member, made.code


def enrolled(it: Visit, served: Served, role: Role = Role.CLERK) -> tuple[Member, Authenticator]:
    """Somebody at the sign-in page again, signed out, with a passkey."""
    authenticator = Authenticator.of(it.page)
    member, code = code_for(served, role)
    it.page.get_by_label("Your code").fill(code)
    it.page.get_by_role("button", name="Go on").click()
    it.page.route("**/p/shop", lambda route: route.fulfill(body="", content_type="text/html"))
    it.page.get_by_role("button", name="Make a passkey").click()
    it.page.wait_for_url("**/p/shop")
    it.context.clear_cookies()
    it.page.goto(served.url + PAGE)
    expect(it.page.get_by_role("button", name="Sign in with a passkey")).to_be_visible()
    return member, authenticator


def sign_in(page: Page) -> None:
    page.get_by_role("button", name="Sign in with a passkey").click()


@pytest.mark.parametrize(
    ("role", "place", "wanted", "given"),
    [
        (Role.CLERK, "shop", "#overview", "shop"),
        (Role.SUPERVISOR, "shop", "#overview", "overview"),
        (Role.REVIEWER, "review", "", "review"),
        (Role.AUDITOR, "overview", "#overview", "overview"),
        (Role.ADMINISTRATOR, "overview", "#shop", "overview"),
    ],
)
def test_a_code_then_a_passkey_and_on_to_the_page_of_the_role(
    chromium: Browser, served: Served, role: Role, place: str, wanted: str, given: str
) -> None:
    """And later on to the page that was ``wanted``, where it is one of the role's."""
    with visit(chromium, PAGE, served=served, cameras=None) as it:
        it.expected.append(NOBODY)
        authenticator = Authenticator.of(it.page)
        member, code = code_for(served, role)
        it.page.route(f"**/p/{place}", lambda route: route.fulfill(body="", content_type="text/html"))
        it.page.get_by_label("Your code").fill(f" {code.lower().replace('-', ' ')} ")
        it.page.keyboard.press("Enter")
        expect(it.page.get_by_role("heading", name=f"Welcome, {NAMES[role]}")).to_be_focused()
        it.page.get_by_role("button", name="Make a passkey").click()
        it.page.wait_for_url(f"**/p/{place}")
        (credential,) = authenticator.credentials()
        assert (credential["isResidentCredential"], credential["rpId"]) == (True, "localhost")
        it.context.clear_cookies()
        it.page.goto(served.url + PAGE + wanted)
        it.page.route(f"**/p/{given}", lambda route: route.fulfill(body="", content_type="text/html"))
        sign_in(it.page)
        it.page.wait_for_url(f"**/p/{given}")
    known = served.setup.members.get(member.relying_party, member.id)
    assert (known.passkeys, known.code_until) == (1, None)
    assert known.member.last_signed_in_at is not None


def test_no_script_reads_the_session(chromium: Browser, served: Served) -> None:
    with visit(chromium, PAGE, served=served, cameras=None) as it:
        it.expected.append(NOBODY)
        enrolled(it, served)
        sign_in(it.page)
        it.page.wait_for_url("**/p/shop")
        assert it.page.evaluate("document.cookie") == ""
        (cookie,) = it.context.cookies()
        told = (cookie["name"], cookie["httpOnly"], cookie["sameSite"], cookie["expires"])
        assert told == ("visavis-staff", True, "Strict", -1)


def test_by_keyboard_alone_and_in_chinese(chromium: Browser, served: Served) -> None:
    with visit(chromium, PAGE, served=served, cameras=None, locale="zh-CN", size=DESKTOP) as it:
        it.expected.append(NOBODY)
        Authenticator.of(it.page)
        _, code = code_for(served)
        it.page.route("**/p/shop", lambda route: route.fulfill(body="", content_type="text/html"))
        expect(it.page.get_by_role("heading", level=1)).to_have_text("登录")
        for _ in range(12):
            it.page.keyboard.press("Tab")
            if it.page.evaluate("document.activeElement.id") == "code":
                break
        it.page.keyboard.type(code)
        it.page.keyboard.press("Enter")
        expect(it.page.get_by_role("heading", level=1)).to_contain_text("欢迎")
        it.page.keyboard.press("Tab")
        expect(it.page.get_by_role("button", name="创建通行密钥")).to_be_focused()
        it.page.keyboard.press("Enter")
        it.page.wait_for_url("**/p/shop")


@pytest.mark.parametrize("dark", [False, True], ids=["light", "dark"])
@pytest.mark.parametrize("size", [PHONE, DESKTOP], ids=["phone", "desktop"])
def test_every_state_is_accessible(chromium: Browser, served: Served, *, dark: bool, size: Any) -> None:
    with visit(chromium, PAGE, served=served, cameras=None, dark=dark, size=size) as it:
        it.expected.append(NOBODY)
        Authenticator.of(it.page)
        expect(it.page.get_by_role("heading", name="Sign in", exact=True)).to_be_focused()
        it.accessible()
        it.page.get_by_label("Your code").fill("0000-0000-0000-0000")
        it.page.get_by_role("button", name="Go on").click()
        expect(it.page.get_by_role("alert").filter(has_text="This code is not known")).to_be_visible()
        it.accessible()
        it.page.get_by_label("Your code").fill(code_for(served)[1])
        it.page.get_by_role("button", name="Go on").click()
        expect(it.page.get_by_role("button", name="Make a passkey")).to_be_visible()
        it.accessible()
        signed_in(it.context, served.setup, Role.SUPERVISOR, party=served.world.party.id)
        it.page.reload()
        expect(it.page.get_by_role("link", name="Open the overview")).to_be_visible()
        it.accessible()


def test_a_code_that_was_used_is_told_so_in_the_language_that_is_chosen(chromium: Browser, served: Served) -> None:
    _, code = code_for(served)
    served.setup.staff.enter(code)
    with visit(chromium, PAGE, served=served, cameras=None) as it:
        it.expected.append(NOBODY)
        it.page.get_by_role("button", name="Go on").click()
        expect(it.page.get_by_role("alert").filter(has_text="Enter your code first.")).to_be_visible()
        it.page.get_by_label("Your code").fill(code)
        it.page.get_by_role("button", name="Go on").click()
        expect(it.page.get_by_role("alert").filter(has_text="was used already")).to_be_visible()
        it.page.get_by_label("Language").select_option("zh-CN")
        expect(it.page.get_by_role("alert").filter(has_text="此代码不存在")).to_be_visible()


def test_a_device_that_does_not_recognise_its_user_signs_nobody_in_until_it_does(
    chromium: Browser, served: Served
) -> None:
    with visit(chromium, PAGE, served=served, cameras=None) as it:
        it.expected.append(NOBODY)
        _, authenticator = enrolled(it, served)
        authenticator.recognises(False)
        sign_in(it.page)
        expect(it.page.get_by_role("alert").filter(has_text="Nothing was done")).to_be_visible()
        authenticator.recognises(True)
        sign_in(it.page)
        it.page.wait_for_url("**/p/shop")


def test_a_key_that_was_copied_signs_nobody_in(chromium: Browser, served: Served) -> None:
    """The one that is behind in counting, which tells that there are two."""
    with visit(chromium, PAGE, served=served, cameras=None) as it:
        it.expected.append(NOBODY)
        member, authenticator = enrolled(it, served)
        (copied,) = authenticator.credentials()
        sign_in(it.page)
        it.page.wait_for_url("**/p/shop")
        authenticator.say("removeCredential", credentialId=copied["credentialId"])
        authenticator.say("addCredential", credential={**copied, "signCount": 0})
        it.context.clear_cookies()
        it.page.goto(served.url + PAGE)
        sign_in(it.page)
        expect(it.page.get_by_role("alert").filter(has_text="did not sign you in")).to_be_visible()
    with served.setup.storage.reading() as unit:
        noted = [act.act for _, act in unit.audit.waiting(limit=200) if act.subject == member.id]
    assert noted[-1] == "member.passkey_counter_back"


def test_whoever_was_disabled_is_not_signed_in(chromium: Browser, served: Served) -> None:
    with visit(chromium, PAGE, served=served, cameras=None) as it:
        it.expected.append(NOBODY)
        member, _ = enrolled(it, served)
        served.setup.members.disable(member.relying_party, member.id)
        sign_in(it.page)
        expect(it.page.get_by_role("alert").filter(has_text="did not sign you in")).to_be_visible()
        assert [cookie["name"] for cookie in it.context.cookies()] == ["visavis-staff-challenge"]  # used up


def test_ones_own_page_passkeys_are_added_and_removed(chromium: Browser, served: Served) -> None:
    with visit(chromium, PAGE, served=served, cameras=None) as it:
        it.expected += [NOBODY, r"status of 403"]
        _, first = enrolled(it, served)
        sign_in(it.page)
        it.page.wait_for_url("**/p/shop")
        it.page.goto(served.url + PAGE)
        rows = it.page.locator(".passkeys > li")
        expect(rows).to_have_count(1)
        expect(it.page.get_by_role("button", name=re.compile("Remove"))).to_have_count(0)  # the last one stays
        it.page.get_by_role("button", name="Add a passkey").click()
        expect(it.page.get_by_role("alert")).to_contain_text("has a passkey of yours already")
        first.say("removeVirtualAuthenticator")
        Authenticator.of(it.page)
        it.page.get_by_role("button", name="Add a passkey").click()
        expect(rows).to_have_count(2)
        rows.last.get_by_role("button").click()
        it.accessible()
        it.page.get_by_role("dialog").get_by_role("button", name="Remove").click()
        expect(rows).to_have_count(1)
        served.clock.forward(minutes=11)
        it.page.get_by_role("button", name="Add a passkey").click()
        expect(it.page.get_by_role("alert")).to_contain_text("soon after signing in only")
        it.page.get_by_role("button", name="Sign out").click()
        expect(it.page.get_by_role("heading", name="Sign in", exact=True)).to_be_visible()
        sign_in(it.page)
        it.page.wait_for_url("**/p/shop")


def test_who_leaves_without_a_passkey_is_nobody(chromium: Browser, served: Served) -> None:
    with visit(chromium, PAGE, served=served, cameras=None) as it:
        it.expected.append(NOBODY)
        it.page.get_by_label("Your code").fill(code_for(served)[1])
        it.page.get_by_role("button", name="Go on").click()
        expect(it.page.get_by_role("button", name="Make a passkey")).to_be_visible()
        it.page.reload()  # what was begun is gone on with
        expect(it.page.get_by_role("button", name="Make a passkey")).to_be_visible()
        it.page.get_by_role("button", name="Not now").click()
        expect(it.page.get_by_role("heading", name="Sign in", exact=True)).to_be_visible()
        assert it.context.cookies() == []


def test_a_browser_without_passkeys_says_so(chromium: Browser, served: Served) -> None:
    with visit(chromium, PAGE, served=served, cameras=None, before="delete globalThis.PublicKeyCredential") as it:
        it.expected.append(NOBODY)
        expect(it.page.get_by_text("This browser cannot use passkeys here.")).to_be_visible()
        expect(it.page.get_by_role("button", name="Sign in with a passkey")).to_have_count(0)
        it.accessible()


def test_a_session_that_ended_leads_back_to_the_beginning(chromium: Browser, served: Served) -> None:
    member = member_of(served.setup, Role.REVIEWER, party=served.world.party.id)
    with visit(chromium, "/healthz", served=served, cameras=None) as it:
        it.expected += [NOBODY, "favicon"]
        signed_in(it.context, served.setup, Role.REVIEWER, party=served.world.party.id, member=member)
        it.page.goto(served.url + PAGE)
        expect(it.page.get_by_role("link", name="Open the cases to review")).to_be_visible()
        served.setup.members.change_role(member.relying_party, member.id, Role.AUDITOR)
        it.page.reload()
        expect(it.page.get_by_role("heading", name="Sign in", exact=True)).to_be_visible()
