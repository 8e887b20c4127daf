"""The operator's overview in a browser: what is drawn is what was counted, and everybody sees what is theirs alone."""

import re
from collections.abc import Iterator
from contextlib import contextmanager

from playwright.sync_api import Browser, Locator, Page, expect

from browser_material import DESKTOP, PHONE, POLICY, Served, Visit, visit
from relying_material import accept, consent, refer, reject
from staff_material import member_of, signed_in
from visavis.decision.policy_file import parse_policy
from visavis.domain.states import By
from visavis.service.figure_counting import note_document
from visavis.service.member_records import Role
from visavis.service.policy_shelf import PolicyShelf, PolicySource
from visavis.service.transactions import committed
from webhook_material import TOLD, Recorder, deliveries, happen, refused

ICON = "/p/static/shared/icon.svg"
"""Something of the service's own that asks nothing of it."""
SECTIONS = ["Figures", "Policies", "API keys", "Webhooks", "Members"]


@contextmanager
def overview(
    browser: Browser, served: Served, role: Role = Role.ADMINISTRATOR, *, at: str = "figures", dark: bool = False
) -> Iterator[Visit]:
    """The page as somebody of that role sees it."""
    size = PHONE if dark else DESKTOP
    with visit(browser, ICON, served=served, size=size, dark=dark, cameras=None, expected=["status of 404"]) as it:
        signed_in(it.context, served.setup, role, party=served.world.party.id)
        it.page.goto(f"{served.url}/p/overview#{at}")
        yield it


def tile(page: Page, name: str) -> Locator:
    return page.locator(f'[data-tile="{name}"] dd')


def fact(page: Page, facts: str, label: str) -> Locator:
    return page.locator(f'[data-facts="{facts}"] dt', has_text=label).locator("xpath=following-sibling::dd[1]")


def happened(served: Served) -> None:
    """Nine that were opened: three accepted, and one each that went otherwise, of which one still waits."""
    world, party = served.world, served.world.party.id

    def opened() -> str:
        return served.open().id

    expired = opened()
    world.clock.forward(minutes=16)
    world.verifications.expire_overdue()
    assert expired
    for number in range(3):
        accept(world, opened(), document=f"L{number}")
    reject(world, opened())
    refer(world, opened())
    other = opened()
    consent(world, other)
    row, _ = world.verifications.get(party, other)
    at = world.clock.now()
    committed(served.setup.storage, lambda unit: note_document(unit, row, read=False, problems=["no_document"], at=at))
    world.verifications.take_alternative(party, other)
    back = opened()
    consent(world, back)
    world.verifications.withdraw(party, back, by=By.HOLDER)
    opened()


def test_what_is_drawn_is_what_was_counted(chromium: Browser, served: Served) -> None:
    happened(served)
    with overview(chromium, served, Role.AUDITOR) as it:
        page = it.page
        expect(tile(page, "opened")).to_have_text(["9", "2 still open"])
        expect(tile(page, "decided")).to_have_text(["44%", "4 of 9"])
        expect(tile(page, "accepted")).to_have_text(["75%", "3 of 4"])
        expect(tile(page, "other_way")).to_have_text(["11%", "1 of 9"])
        expect(fact(page, "attempts", "Complete")).to_have_text("5")
        expect(fact(page, "documents", "Times not read")).to_have_text("1 (100%)")
        steps = page.get_by_role("table", name="How far people come")
        expect(steps.get_by_role("row", name="Opened")).to_contain_text("9 (100%)")
        expect(steps.get_by_role("row", name="Agreed")).to_contain_text("7 (78%)")
        expect(steps.get_by_role("row", name="Answer reached")).to_contain_text("5 (56%)")
        # the plot over time: by its bars, by its keyboard, and by its table
        drawn = page.locator("figure", has_text="Decisions over time")
        expect(drawn.locator(".plot-bar.plot-s1")).to_have_count(2)  # the legend's and today's
        slider = drawn.get_by_role("slider")
        slider.focus()
        page.keyboard.press("End")
        expect(slider).to_have_attribute("aria-valuetext", re.compile(r"Accepted 3 · Rejected 1 .* Not finished 2"))
        drawn.get_by_text("As a table").click()
        last = drawn.get_by_role("row").last
        expect(last.get_by_role("cell")).to_have_text(["3", "1", "0", "1", "2"])
        # where people leave, why, and how long it takes
        leaving = page.locator("figure", has_text="Where people leave")
        leaving.get_by_text("As a table").click()
        expect(leaving.get_by_role("row", name="Document")).to_have_text(re.compile("1.*1"))
        why = page.locator('[data-ranking="why"]')
        expect(why).to_contain_text("More than one face")
        page.get_by_label("Show the reasons why it was").select_option(label="Tried again")
        expect(why).to_contain_text("None in this period.")
        times = page.locator('[data-table="times"]')
        expect(times.get_by_role("row", name="From opening to consent").get_by_role("cell").first).to_have_text("7")
        it.accessible()
    told = served.ask("GET", "/v1/figures").json()
    assert (told["opened"], told["open"], told["ended"]["accepted"]) == (9, 2, 3)


def test_period_and_policy_are_chosen_and_the_words_follow_the_language(chromium: Browser, served: Served) -> None:
    happened(served)
    with overview(chromium, served, Role.SUPERVISOR) as it:
        page = it.page
        expect(tile(page, "opened").first).to_have_text("9")
        page.get_by_label("Policy", exact=True).select_option("new_line")
        expect(tile(page, "opened").first).to_have_text("9")
        page.get_by_label("Period", exact=True).select_option(label="The last 365 days")
        expect(page.get_by_label("In steps of")).to_have_value("week")
        expect(
            page.locator("figure", has_text="Decisions over time").locator(".plot-text", has_text="Week")
        ).to_have_count(1)
        page.get_by_label("Period", exact=True).select_option(label="A period of my own")
        page.get_by_label("From", exact=True).fill("2020-01-01")
        page.get_by_label("To", exact=True).fill("2020-01-07")
        expect(page.get_by_text("Nothing was opened in this period.")).to_be_visible()
        it.expected.append("status of 422")
        page.get_by_label("To", exact=True).fill("2019-01-07")
        expect(page.get_by_role("alert")).to_contain_text("ends after it begins")
        page.get_by_label("Period", exact=True).select_option(label="The last 7 days")
        expect(tile(page, "opened").first).to_have_text("9")
        expect(page.get_by_role("alert")).to_be_empty()
        page.get_by_label("Language").select_option("zh-CN")
        expect(page.get_by_role("heading", level=1)).to_have_text("统计数据")
        expect(page.locator('[data-tile="opened"] dt')).to_have_text("已开启")
        expect(page.locator('[data-ranking="why"]')).not_to_contain_text("More than one face")
        it.accessible()


def test_everybody_sees_what_is_their_roles(chromium: Browser, served: Served) -> None:
    seen = {
        Role.SUPERVISOR: SECTIONS[:2],
        Role.AUDITOR: SECTIONS[:2],
        Role.ADMINISTRATOR: SECTIONS,
        Role.CLERK: [],
        Role.REVIEWER: [],
    }
    assert seen.keys() == set(Role)
    for role, sections in seen.items():
        # an address leads nobody where their role does not
        own = "Members" if role is Role.ADMINISTRATOR else "Figures" if sections else "Nothing here for your role"
        with overview(chromium, served, role, at="members") as it:
            expect(it.page.get_by_role("heading", level=1)).to_have_text(own)
            expect(it.page.get_by_role("navigation").get_by_role("link")).to_have_text(sections)
            it.accessible()
    with visit(chromium, "/p/overview", served=served, cameras=None, expected=["status of 401"]) as it:
        expect(it.page.get_by_role("link", name="Sign in")).to_be_visible()
        it.accessible()


def test_a_key_is_made_shown_once_and_revoked(chromium: Browser, served: Served) -> None:
    with overview(chromium, served, at="keys") as it:
        page = it.page
        page.get_by_text("Make a key").click()
        page.get_by_role("button", name="Make it").click()
        expect(page.get_by_text("Give the key a name.")).to_be_visible()
        page.get_by_label("Name", exact=True).fill("shop in Malmö")
        page.get_by_role("button", name="Make it").click()
        expect(page.get_by_text("Tick at least one thing")).to_be_visible()
        page.get_by_role("checkbox", name="Figures").check()
        it.accessible()
        page.keyboard.press("Tab")
        page.get_by_label("Name", exact=True).press("Enter")
        shown = page.get_by_role("dialog").get_by_label("The key")
        expect(shown).to_have_value(re.compile(r"^vv1\.key_"))
        secret = shown.input_value()
        it.accessible()
        page.keyboard.press("Escape")
        expect(shown).to_be_visible()  # a key for leaving does not throw it away
        assert served.ask("GET", "/v1/figures", key=secret).status_code == 200
        assert served.ask("GET", "/v1/verifications", key=secret).status_code == 403
        page.get_by_role("button", name="I have kept it").click()
        expect(page.get_by_role("dialog")).to_have_count(0)
        assert secret not in page.content()
        made = page.get_by_role("listitem").filter(has_text="shop in Malmö")
        expect(made).to_contain_text("In use")
        made.get_by_role("button", name="Revoke").click()
        page.get_by_role("dialog").get_by_role("button", name="Leave it as it is").click()
        expect(made).to_contain_text("In use")
        made.get_by_role("button", name="Revoke").click()
        page.get_by_role("dialog").get_by_role("button", name="Revoke").click()
        expect(made.locator(".tag")).to_have_text("Revoked")
        assert served.ask("GET", "/v1/figures", key=secret).status_code == 401


def test_a_delivery_that_failed_is_seen_and_sent_again(chromium: Browser, served: Served) -> None:
    receiver = Recorder(lambda _: refused(503))
    served.setup.webhooks._poster = receiver
    with overview(chromium, served, at="webhooks") as it:
        page = it.page
        expect(page.get_by_text("Nothing is sent anywhere yet.")).to_be_visible()
        page.get_by_text("Add an endpoint").click()
        page.get_by_label("Address").fill("https://receiver.example/hooks")
        page.get_by_label("Note").fill("orders")
        page.get_by_role("checkbox", name="verification.decided").check()
        it.accessible()
        page.get_by_role("button", name="Add it").click()
        expect(page.get_by_role("dialog").get_by_label("Secret")).to_have_value(re.compile("^whsec_"))
        page.get_by_role("button", name="I have kept it").click()
        happen(served.world)
        worker = deliveries(served.world, receiver)
        worker.run_once(patience=None)
        page.reload()
        hook = page.get_by_role("listitem").filter(has_text="receiver.example")
        expect(hook).to_contain_text("Failing")
        hook.get_by_text("Deliveries").click()
        delivery = hook.get_by_role("row").nth(1)
        expect(delivery).to_contain_text("Waiting")
        expect(delivery).to_contain_text("Refused (503)")
        it.accessible()
        receiver.answer = lambda _: TOLD
        delivery.get_by_role("button", name="Send verification.decided again").click()
        expect(page.locator("#live")).to_have_text("It is sent again.")
        expect(delivery.get_by_role("cell").nth(2)).to_have_text("0")  # its tries begin anew
        served.clock.forward(minutes=10)
        worker.run_once(patience=None)
        worker.close()
        hook.get_by_role("button", name="Look again").click()
        expect(delivery).to_contain_text("Delivered")
        assert len({sent.event for sent in receiver.sent}) == 1
        assert len(receiver.sent) == 2
        hook.get_by_role("button", name="Switch off").click()
        expect(hook).to_contain_text("Switched off")
        hook.get_by_role("button", name="Remove").click()
        page.get_by_role("dialog").get_by_role("button", name="Remove").click()
        expect(page.get_by_text("Nothing is sent anywhere yet.")).to_be_visible()


def test_policies_are_compared_field_by_field(chromium: Browser, served: Served) -> None:
    older = (
        POLICY.replace("attempts = 3", "attempts = 2").replace('"given_names", ', "").replace('"strict"', '"standard"')
    )
    shelf = PolicyShelf(
        storage=served.setup.storage,
        clock=served.clock,
        in_force=[PolicySource(policy=parse_policy(older), text=older)],
    )
    shelf.noted()
    old, new = parse_policy(older).digest, served.world.policy.digest
    with overview(chromium, served, Role.AUDITOR, at="policies") as it:
        page = it.page
        page.get_by_label("Before").select_option(old)
        page.get_by_label("After").select_option(new)
        table = page.get_by_role("region", name="Compare two versions")
        expect(page.get_by_text("3 fields differ.")).to_be_visible()
        expect(table.get_by_role("rowheader")).to_have_text(
            ["attempts", "disclose", "requires.bona_fide_presentation.operating_point"]
        )
        expect(table.get_by_role("row", name="attempts").get_by_role("cell")).to_have_text(["changed", "2", "3"])
        it.accessible()
        page.get_by_label("Show the differences alone").uncheck()
        expect(table.get_by_role("row", name="retention.referred").get_by_role("cell")).to_have_text(
            ["the same", "259200", "259200"]
        )
        page.get_by_label("Before").select_option(new)
        expect(page.get_by_text("Choose two versions")).to_be_visible()
        page.get_by_role("button", name=f"Read new_line · 1 · {old[:8]}").click()
        whole = page.get_by_role("region", name="All fields")
        expect(whole.get_by_role("row", name="alternative")).to_contain_text("in_person")
        expect(page.get_by_role("heading", name=f"new_line · 1 · {old[:8]}")).to_be_focused()


def test_a_member_is_added_given_a_role_and_disabled(chromium: Browser, served: Served) -> None:
    known = member_of(served.setup, Role.CLERK, party=served.world.party.id, name="Desk 4")
    with overview(chromium, served, at="members") as it:
        page = it.page
        page.get_by_text("Add a member").click()
        page.get_by_label("What they are called here").fill("Desk 5")
        page.get_by_label("Role").first.select_option("reviewer")
        page.get_by_role("button", name="Add", exact=True).click()
        code = page.get_by_role("dialog").get_by_label("One-time code")
        expect(code).to_have_value(re.compile(r"^[0-9A-Z]{4}(-[0-9A-Z]{4})+$"))
        it.accessible()
        page.get_by_role("button", name="I have kept it").click()
        added = page.locator("[data-member]").filter(has_text="Desk 5")
        expect(added.locator(".tag")).to_have_text("Reviewer")
        desk = page.locator(f'[data-member="{known.id}"]')
        desk.get_by_label("Role", exact=True).select_option("supervisor")
        desk.get_by_role("button", name="Change the role of Desk 4").click()
        expect(desk.locator(".tag")).to_have_text("Supervisor")
        desk.get_by_role("button", name="Disable Desk 4").click()
        page.get_by_role("dialog").get_by_role("button", name="Disable").click()
        expect(desk.locator(".tag").last).to_have_text("Disabled")
        expect(desk.get_by_role("button")).to_have_count(0)
        mine = page.locator("[data-member]").filter(has_text="You")
        expect(mine.get_by_role("button")).to_have_count(0)  # nobody locks themselves out by one press
        it.accessible()


def test_every_section_in_the_dark_on_a_small_screen(chromium: Browser, served: Served) -> None:
    happened(served)
    with overview(chromium, served, dark=True) as it:
        for section in (*SECTIONS[1:], SECTIONS[0]):
            it.page.get_by_role("navigation").get_by_role("link", name=section).click()
            expect(it.page.get_by_role("heading", level=1)).to_have_text(section)
            expect(it.page.get_by_role("heading", level=1)).to_be_focused()
            expect(it.page.locator(".content > *").first).to_be_visible()
            it.accessible()
            wider = it.page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
            assert wider <= 0, f"{section} is wider than the screen"
        it.page.go_back()
        expect(it.page.get_by_role("heading", level=1)).to_have_text("Members")


def test_a_session_that_ends_leads_back_to_the_door(chromium: Browser, served: Served) -> None:
    with overview(chromium, served) as it:
        expect(it.page.get_by_text("Nothing was opened in this period.")).to_be_visible()
        it.expected.append("status of 401")
        it.page.context.clear_cookies()
        it.page.get_by_role("navigation").get_by_role("link", name="API keys").click()
        expect(it.page.get_by_role("heading", name="Please sign in")).to_be_focused()
        expect(it.page.get_by_role("link", name="Sign in")).to_have_attribute("href", "/p/sign-in#overview")
        expect(it.page.get_by_role("navigation")).to_have_count(0)
