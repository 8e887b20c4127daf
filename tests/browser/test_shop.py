"""The shop's page in a real Chromium: each act to its end, with what customers do done through the service."""

import contextlib
import re
from collections.abc import Iterator, Mapping
from typing import Any, Final

from playwright.sync_api import Browser, Page, expect

from browser_material import TABLET, Served, Visit, visit
from relying_material import accept, card, consent, refer, reject
from staff_material import signed_in
from visavis.decision.decide import DecisionOutcome
from visavis.service.member_records import Role

LANDSCAPE: Final[Mapping[str, Any]] = {**TABLET, "viewport": {"width": 1180, "height": 820}}
NOBODY: Final = r"status of 401"
"""What the console says of a question to which nobody is signed in; the page answers it with its lock."""
REFUSED: Final = r"status of (404|409|422|429)"
NUMBER: Final = "+46 70 123 45 67"
ANNA, BEN = "L898902C3", "B1234567"


@contextlib.contextmanager
def counter(
    chromium: Browser, served: Served, *, role: Role = Role.CLERK, size: Mapping[str, Any] = TABLET, **more: Any
) -> Iterator[Visit]:
    """Somebody of the staff who has signed in, before the shop's page."""
    with visit(chromium, "/p/shop", served=served, size=size, expected=[NOBODY, REFUSED], **more) as it:
        expect(it.page.locator(".lock h1")).to_be_visible()
        signed_in(it.context, served.setup, role, party=served.world.party.id)
        it.page.reload()
        yield it


def choose(page: Page, act: str) -> None:
    page.get_by_role("button", name=act).click()


def fill_in(page: Page, *, number: str = NUMBER, iccid: str | None = None) -> None:
    page.get_by_label("Telephone number").fill(number)
    if iccid is not None:
        page.get_by_label("SIM card").fill(iccid)
    page.get_by_role("button", name="To the customer").click()


def newest(served: Served) -> str:
    """The verification that was opened last."""
    return served.world.verifications.page(served.world.party.id, limit=1).items[0].id


def invited(page: Page) -> None:
    expect(page.get_by_role("img", name="The QR code for the customer's phone")).to_be_visible()


def finish(page: Page, button: str, done: str) -> None:
    page.get_by_role("button", name=button, exact=True).click()
    expect(page.get_by_role("heading", name=done)).to_be_visible()


def verified(served: Served, page: Page, document: str = ANNA) -> None:
    """The customer who was invited shows who they are."""
    invited(page)
    accept(served.world, newest(served), document=document)


def there(served: Served, *, document: str = ANNA, at: int = 1) -> str:
    """A line that was registered before; its number."""
    served.world.line(document, number=at)
    return f"+46{700000000 + at}"


def now(page: Page) -> Any:
    return page.locator("li[aria-current=step]")


def told(page: Page) -> Any:
    return page.locator(".work [role=alert]")


def test_a_new_line_from_the_form_to_the_receipt(chromium: Browser, served: Served) -> None:
    world = served.world
    with counter(chromium, served) as it:
        page = it.page
        expect(page.get_by_role("heading", name="What can be done for the customer?")).to_be_focused()
        it.accessible()
        choose(page, "New line")
        it.accessible()
        fill_in(page, iccid=card(1))
        invited(page)
        it.accessible()
        verification = newest(served)
        row, _ = world.verifications.get(world.party.id, verification)
        assert row.opening.labels == {"place": "shop", "act": "register", "part": "new"}
        expect(now(page)).to_contain_text("Waiting for the customer")
        consent(world, verification)
        expect(now(page)).to_contain_text("The customer agreed")
        expect(page.locator("#live")).to_contain_text("The customer agreed")
        world.verifications.begin_capture(world.party.id, verification, world.policy)
        expect(now(page)).to_contain_text("looks into the camera")
        world.verifications.submit(world.party.id, verification)
        found = world.findings(DecisionOutcome.ACCEPTED, document=ANNA)
        world.verifications.conclude(world.party.id, verification, found, world.policy)
        expect(page.get_by_role("button", name="Register the line")).to_be_focused()
        it.accessible()
        finish(page, "Register the line", "The line is registered")
        it.accessible()
        receipt = page.locator(".receipt")
        for text in ("+46 701 234 567", f"…{card(1)[-4:]}", "An operator", verification, "document and face"):
            expect(receipt).to_contain_text(text)
        assert card(1) not in (receipt.text_content() or "")
        page.set_viewport_size({"width": 360, "height": 740})
        assert page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth") <= 0
        line = world.views.by_number(world.party.id, world.order(1234567).msisdn).line
        assert world.views.history(world.party.id, line.id)[0].verifications == (verification,)
        page.get_by_role("button", name="Next customer").click()
        expect(page.locator("ul.today li")).to_contain_text("done")
        assert page.evaluate("sessionStorage.length") == 0


def test_a_transfer_by_both(chromium: Browser, served: Served) -> None:
    number = there(served)
    with counter(chromium, served) as it:
        page = it.page
        choose(page, "Transfer")
        fill_in(page, number=number)
        expect(page.get_by_text("Person 1 of 2")).to_be_visible()
        verified(served, page, ANNA)
        expect(page.get_by_text("Person 2 of 2")).to_be_visible()
        verified(served, page, BEN)
        finish(page, "Transfer the line", "The line is transferred")
    line = served.world.views.by_number(served.world.party.id, served.world.order(1).msisdn).line
    assert [entry.act for entry in served.world.views.history(served.world.party.id, line.id)] == [
        "transfer",
        "register",
    ]


def test_a_new_card_for_its_holder_and_for_nobody_else(chromium: Browser, served: Served) -> None:
    number = there(served)
    with counter(chromium, served) as it:
        page = it.page
        choose(page, "New SIM card")
        fill_in(page, number=number, iccid=card(7))
        verified(served, page, BEN)
        page.get_by_role("button", name="Put the new card in force").click()
        expect(told(page)).to_contain_text("is not the registered holder of this line")
        it.accessible()
        page.get_by_role("button", name="Change nothing").click()
        choose(page, "New SIM card")
        fill_in(page, number=number, iccid=card(7))
        verified(served, page, ANNA)
        finish(page, "Put the new card in force", "The new card is in force")
    shown = served.world.views.by_number(served.world.party.id, served.world.order(1).msisdn)
    assert shown.iccid == card(7)


def test_a_line_is_disputed_and_another_given_up(chromium: Browser, served: Served) -> None:
    disputed, given_up = there(served, at=1), there(served, at=2)
    with counter(chromium, served, size=LANDSCAPE) as it:
        page = it.page
        choose(page, "Not my line")
        fill_in(page, number=disputed)
        verified(served, page)
        finish(page, "Open the case", "The case is open")
        page.get_by_role("button", name="Next customer").click()
        choose(page, "Give a line up")
        fill_in(page, number=given_up)
        verified(served, page)
        finish(page, "Give the line up", "The line is given up")
        page.get_by_role("button", name="Next customer").click()
        choose(page, "Transfer")
        fill_in(page, number=disputed)
        expect(page.locator("#msisdn-wrong")).to_contain_text("until that case is closed")
        fill_in(page, number=given_up)
        expect(page.locator("#msisdn-wrong")).to_contain_text("There is no line with this number")


def test_what_is_wrong_with_a_number_is_told_before_a_customer_is_asked(chromium: Browser, served: Served) -> None:
    there(served)
    with counter(chromium, served) as it:
        page = it.page
        choose(page, "New line")
        number, wrong = page.get_by_label("Telephone number"), page.locator("#msisdn-wrong")
        iccid, bad = page.get_by_label("SIM card"), page.locator("#iccid-wrong")
        fill_in(page, number="", iccid="")
        expect(number).to_be_focused()
        expect(number).to_have_attribute("aria-invalid", "true")
        expect(wrong).to_contain_text("Type the telephone number")
        expect(bad).to_contain_text("Type the card's number")
        it.accessible()
        fill_in(page, number="0701234567", iccid="12345")
        expect(wrong).to_contain_text("country code")
        expect(bad).to_contain_text("begins with 89")
        fill_in(page, number="+46 1", iccid=card(3)[:-1] + str((int(card(3)[-1]) + 1) % 10))
        expect(wrong).to_contain_text("no telephone number")
        expect(bad).to_contain_text("A digit is wrong")
        fill_in(page, number="0046 700 000 001", iccid=card(3))
        expect(wrong).to_contain_text("registered already")
        expect(number).to_be_focused()
        fill_in(page, number="00 46 (70) 123-45.67", iccid=f"{card(3)[:4]} {card(3)[4:]}F")
        invited(page)
        expect(iccid).to_have_count(0)


def test_refusals_of_the_register_in_plain_words(chromium: Browser, served: Served) -> None:
    for at in range(1, 6):
        there(served, at=at)
    with counter(chromium, served) as it:
        page = it.page
        choose(page, "New line")
        fill_in(page, iccid=card(1))
        verified(served, page, BEN)
        page.get_by_role("button", name="Register the line").click()
        expect(told(page)).to_contain_text("This SIM card belongs to a line already")
        page.get_by_role("button", name="Change nothing").click()
        choose(page, "New line")
        fill_in(page, iccid=card(9))
        verified(served, page, ANNA)
        page.get_by_role("button", name="Register the line").click()
        expect(told(page)).to_contain_text("as many lines as one person may have")


def checks(page: Page) -> Any:
    return page.locator("fieldset input[type=checkbox]")


def look(page: Page, *, number: str = ANNA) -> None:
    """What a clerk types and ticks who looked at a passport."""
    page.get_by_label("Issued by").fill("uto")
    page.get_by_label("Number", exact=True).fill(number)
    page.get_by_label("Last day").fill("2099-01-31")
    for box in checks(page).all():
        box.check()


def test_somebody_who_prefers_another_way(chromium: Browser, served: Served) -> None:
    world = served.world
    with counter(chromium, served) as it:
        page = it.page
        choose(page, "New line")
        fill_in(page, iccid=card(1))
        invited(page)
        page.get_by_text("The customer prefers another way").click()
        page.get_by_role("button", name="Look at the document instead").click()
        it.accessible()
        accepts = page.get_by_role("button", name="I saw all of it, and accept")
        accepts.click()
        expect(page.get_by_label("Issued by")).to_be_focused()
        look(page)
        checks(page).nth(2).uncheck()
        accepts.click()
        expect(page.locator("#checks-wrong")).to_be_visible()
        expect(checks(page).nth(2)).to_be_focused()
        checks(page).nth(2).check()
        page.get_by_label("Issued by").fill("ZZZ")
        accepts.click()
        expect(told(page)).to_contain_text("No state has this code")
        page.get_by_label("Issued by").fill("UTO")
        accepts.click()
        finish(page, "Register the line", "The line is registered")
        expect(page.locator(".receipt")).to_contain_text("looked at by a person")
    verification = newest(served)
    _, decision = world.verifications.get(world.party.id, verification)
    assert decision is not None
    assert decision.reasons == ("checked_in_person",)
    with world.storage.reading() as unit:
        acts = [act for _, act in unit.audit.waiting(limit=200) if act.subject == verification]
    (checked,) = [act for act in acts if act.act == "verification.checked_in_person"]
    assert (checked.actor.kind, (checked.actor.id or "")[:4]) == ("member", "mbr_")


def test_a_holder_who_chose_another_way_and_a_document_that_cannot_be_accepted(
    chromium: Browser, served: Served
) -> None:
    world = served.world
    with counter(chromium, served) as it:
        page = it.page
        choose(page, "New line")
        fill_in(page, iccid=card(1))
        invited(page)
        world.verifications.take_alternative(world.party.id, newest(served))
        expect(page.get_by_role("heading", name="Look at the original document")).to_be_visible()
        look(page)
        page.get_by_label("It bears none").check()
        expect(page.get_by_label("Last day")).to_be_disabled()
        page.get_by_role("button", name="I cannot accept it").click()
        expect(page.get_by_text("It could not be accepted.")).to_be_visible()
        expect(page.get_by_role("button", name="Register the line")).to_have_count(0)
        page.get_by_role("button", name="Make a new code").click()
        verified(served, page, BEN)
        finish(page, "Register the line", "The line is registered")


def test_a_customer_who_was_not_accepted_begins_anew(chromium: Browser, served: Served) -> None:
    with counter(chromium, served) as it:
        page = it.page
        choose(page, "New line")
        fill_in(page, iccid=card(1))
        invited(page)
        reject(served.world, newest(served))
        expect(page.locator(".told.bad")).to_contain_text("It could not be accepted.")
        it.accessible()
        page.get_by_role("button", name="Make a new code").click()
        verified(served, page)
        finish(page, "Register the line", "The line is registered")


def test_what_a_colleague_looks_at_is_put_aside_and_gone_on_with(chromium: Browser, served: Served) -> None:
    with counter(chromium, served) as it:
        page = it.page
        choose(page, "New line")
        fill_in(page, iccid=card(1))
        invited(page)
        waiting = newest(served)
        refer(served.world, waiting)
        expect(page.locator(".told")).to_contain_text("A colleague looks at it before it is decided.")
        page.get_by_role("button", name="Put aside, serve somebody else").click()
        choose(page, "New line")
        fill_in(page, number="+46 70 765 43 21", iccid=card(2))
        verified(served, page, BEN)
        finish(page, "Register the line", "The line is registered")
        page.get_by_role("button", name="Next customer").click()
        rows = page.locator("ul.today li")
        expect(rows).to_have_count(2)
        expect(rows.nth(1)).to_contain_text("with a colleague")
        it.accessible()
        rows.nth(1).get_by_role("button", name="Go on").click()
        expect(page.locator(".told")).to_contain_text("A colleague looks at it before it is decided.")
        page.get_by_role("button", name="Stop this").click()
        it.accessible()
        page.get_by_role("button", name="Go on", exact=True).last.click()
        page.get_by_role("button", name="Stop this").click()
        page.get_by_role("button", name="Stop it").click()
        expect(rows.nth(1)).to_contain_text("stopped")


def test_loading_the_page_again_loses_nothing_but_the_code(chromium: Browser, served: Served) -> None:
    with counter(chromium, served) as it:
        page = it.page
        choose(page, "New line")
        page.get_by_label("Telephone number").fill(NUMBER)
        page.reload()
        expect(page.get_by_label("Telephone number")).to_have_value(NUMBER)
        fill_in(page, number=NUMBER, iccid=card(1))
        invited(page)
        first = newest(served)
        page.reload()
        expect(page.get_by_text("cannot be shown again")).to_be_visible()
        page.get_by_role("button", name="Make a new code").click()
        invited(page)
        assert newest(served) != first
        ended, _ = served.world.verifications.get(served.world.party.id, first)
        assert re.search("Withdrawn", type(ended.state).__name__)
        verified(served, page)
        finish(page, "Register the line", "The line is registered")


def test_who_does_not_serve_customers_is_told_so(chromium: Browser, served: Served) -> None:
    with counter(chromium, served, role=Role.REVIEWER) as it:
        expect(it.page.get_by_text("but not to serve customers")).to_be_visible()
        expect(it.page.get_by_role("button", name="New line")).to_have_count(0)
