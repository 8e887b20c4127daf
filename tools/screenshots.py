"""`make screenshots`: every page and state of the four pages, in a real Chromium, into docs/images/pages.

The service is real, on SQLite in a temporary folder; documents and captures go by a script (tests/browser_material.py),
and whoever is seen is drawn. Each picture is checked: the page complained of nothing. Names given as arguments take
those pictures alone.
"""

import io
import itertools
import os
import random
import sys
import tempfile
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, Final

from PIL import Image
from playwright.sync_api import Browser, Page, Route, expect
from playwright.sync_api import TimeoutError as PlaywrightTimeout

sys.path.append(str(Path(__file__).resolve().parent.parent / "tests"))

import fonts
from browser_material import (
    BACK,
    DESKTOP,
    FRONT,
    PHONE,
    TABLET,
    Cameras,
    Opened,
    Served,
    Visit,
    launched,
    serving_pages,
    visit,
)
from relying_material import accept, consent
from review_case_material import whole_case
from staff_material import signed_in
from store_material import iccid, receipt
from visavis.adapters.sql.upgrade import upgrade
from visavis.decision.decide import DecisionOutcome
from visavis.domain.evidence import Outcome
from visavis.domain.states import By
from visavis.domain.verification import Opening
from visavis.pad.evidence import Witness
from visavis.pad.guidance import Guidance
from visavis.service.member_records import Role

__all__ = ["main"]

HERE: Final = Path(__file__).resolve().parent
OUT: Final = HERE.parent / "docs" / "images" / "pages"
COLOURS: Final = 128
"""Of a picture: flat surfaces need no more, and the files stay small."""
SHOWN: Final[Mapping[str, Mapping[str, Any]]] = {
    "phone": {**PHONE, "viewport": {"width": 360, "height": 720}, "device_scale_factor": 1.5},
    "tablet": TABLET,
    "desktop": DESKTOP,
}
ANNA: Final = "L898902C3"


@dataclass(kw_only=True)
class Camera:
    """Takes the pictures of one page, at one size and in one language. ``wanted``: their names; empty: all."""

    served: Served
    browser: Browser
    wanted: frozenset[str] = frozenset()
    taken: list[Path] = field(default_factory=list)

    def asked(self, *names: str) -> bool:
        return not self.wanted or bool(self.wanted & set(names))

    def shoot(self, page: Page, name: str, *, whole: bool = False) -> None:
        if not self.asked(name):
            return
        page.evaluate("document.fonts.ready")
        page.mouse.move(0, 0)
        picture = Image.open(io.BytesIO(page.screenshot(full_page=whole, animations="disabled")))
        file = OUT / f"{name}.png"
        picture.convert("RGB").quantize(COLOURS, dither=Image.Dither.NONE).save(file, optimize=True)
        self.taken.append(file)
        print(f"{file.relative_to(HERE.parent)}  {file.stat().st_size // 1024} kB", flush=True)

    @contextmanager
    def holder(
        self,
        *,
        size: str = "phone",
        language: str = "en",
        **more: Any,  # noqa: ANN401 - of `visit`, by name
    ) -> Iterator[tuple[Visit, Opened]]:
        opened = self.served.open(language=language)
        cameras = Cameras(devices=(FRONT, BACK), granted=True)
        with visit(
            self.browser,
            opened.link,
            served=self.served,
            size=SHOWN[size],
            locale=language,
            **{"cameras": cameras, **more},
        ) as it:
            yield it, opened

    @contextmanager
    def staff(
        self,
        path: str,
        role: Role,
        *,
        size: str = "desktop",
        **more: Any,  # noqa: ANN401 - of `visit`, by name
    ) -> Iterator[Visit]:
        with visit(self.browser, "/healthz", served=self.served, size=SHOWN[size], expected=["404"], **more) as it:
            signed_in(it.context, self.served.setup, role, party=self.served.world.party.id)
            it.page.goto(self.served.url + path)
            yield it


# ---- the holder's page


def holder_notice(camera: Camera) -> None:
    for name, more in (
        ("holder-notice", {}),
        ("holder-notice-chinese", {"language": "zh-CN"}),
        ("holder-notice-dark", {"dark": True}),
        ("holder-notice-desktop", {"size": "desktop"}),
    ):
        if camera.asked(name):
            with camera.holder(**more) as (it, _):
                expect(it.page.locator("#agree")).to_be_visible()
                camera.shoot(it.page, name)


def _take_picture(page: Page) -> None:
    """By hand, unless it took itself before."""
    with suppress(PlaywrightTimeout):
        page.locator(".doc-shutter").click(timeout=1_000)
    expect(page.locator("#document-on")).to_be_visible()


def _first(looks: list[Route], route: Route) -> None:
    looks.append(route)
    route.continue_()


def holder_way(camera: Camera) -> None:
    """From the document to the result, on a phone."""
    names = ("holder-document", "holder-document-read", "holder-face", "holder-turn", "holder-light", "holder-accepted")
    if not camera.asked(*names, "holder-advice", "holder-kept"):
        return
    script = camera.served.script
    with camera.holder() as (it, _):
        page = it.page
        looks: list[Route] = []  # all but the first wait, or the picture would take itself
        page.route("**/h/v1/document/preview*", lambda route: looks.append(route) if looks else _first(looks, route))
        page.click("#agree")
        expect(page.locator(".doc-video")).to_be_visible()
        page.wait_for_timeout(1_500)  # the camera's first frames, and the first advice
        camera.shoot(page, "holder-document")
        page.unroute("**/h/v1/document/preview*")
        _take_picture(page)
        camera.shoot(page, "holder-document-read", whole=True)
        page.evaluate("cameras.show('face')")
        page.click("#document-on")
        expect(page.locator("#begin")).to_be_visible()
        page.wait_for_timeout(800)
        camera.shoot(page, "holder-face", whole=True)
        script.holds = True
        page.click("#begin")
        for _ in range(12):
            heard = "cameras.heard.filter((one) => one.type === 'prompt').at(-1)?.prompt.ask"
            page.wait_for_function(f"(seen) => cameras.heard.length > seen && {heard}", arg=0)
            asked, count = (
                page.evaluate(heard),
                page.evaluate("cameras.heard.filter((one) => one.type === 'prompt').length"),
            )
            if asked == "light":
                page.wait_for_timeout(1_400)
                camera.shoot(page, "holder-light")
            elif asked.startswith("turn_"):
                page.wait_for_timeout(900)
                camera.shoot(page, "holder-turn")
                script.guidance = (Guidance.CLOSER,)
                page.wait_for_timeout(1_500)
                camera.shoot(page, "holder-advice")
                script.guidance = ()
            script.holds = False
            more = f"(seen) => cameras.heard.filter((one) => one.type === 'prompt').length > seen || {OVER}"
            page.wait_for_function(more, arg=count)
            script.holds = True
            if page.evaluate(OVER):
                break
        script.holds = False
        expect(page.locator(".step-done h1")).to_be_visible()
        camera.shoot(page, "holder-accepted")
        page.locator("#kept").click()
        expect(page.locator(".step-kept h1")).to_be_visible()
        camera.shoot(page, "holder-kept", whole=True)


OVER: Final = "cameras.heard.some((one) => one.type === 'finishing' || one.type === 'result')"


def holder_ends(camera: Camera) -> None:
    """The other ends of it."""
    world = camera.served.world
    party = world.party.id
    for name, outcome in (
        ("holder-not-verified", DecisionOutcome.REJECTED),
        ("holder-waiting", DecisionOutcome.REFERRED),
    ):
        if camera.asked(name):
            with camera.holder() as (it, opened):
                consent(world, opened.id)
                world.verifications.begin_capture(party, opened.id, world.policy)
                world.verifications.submit(party, opened.id)
                world.verifications.conclude(party, opened.id, world.findings(outcome, document=ANNA), world.policy)
                it.page.reload()
                step = "wait" if outcome is DecisionOutcome.REFERRED else "done"
                expect(it.page.locator(f".step-{step} h1")).to_be_visible()
                camera.shoot(it.page, name)
    if camera.asked("holder-other-way"):
        with camera.holder() as (it, _):
            it.page.click("#other")
            expect(it.page.locator(".step-other h1")).to_be_visible()
            camera.shoot(it.page, "holder-other-way")
    if camera.asked("holder-again"):
        script = camera.served.script
        script.said = {Witness.ACTIVE: (Outcome.INCONCLUSIVE, "gesture_missing")}
        with camera.holder() as (it, _):
            page = it.page
            page.click("#agree")
            _take_picture(page)
            page.click("#document-on")
            page.click("#begin")
            expect(page.locator(".step-again h1")).to_be_visible()
            camera.shoot(page, "holder-again")
        script.said = {}
    if camera.asked("holder-no-camera"):
        with camera.holder(cameras=Cameras(refuse="NotAllowedError")) as (it, _):
            it.page.click("#agree")
            it.page.wait_for_timeout(800)
            camera.shoot(it.page, "holder-no-camera")
    if camera.asked("holder-hand-off", "holder-watching"):
        with camera.holder(size="desktop") as (it, opened):
            it.page.locator("[data-where=handoff]").first.click()
            expect(it.page.locator(".step-handoff h1")).to_be_visible()
            camera.shoot(it.page, "holder-hand-off")
    if camera.asked("holder-link-used"):
        opened = camera.served.open()
        camera.served.setup.links.exchange(opened.link.partition("#")[2])
        with visit(
            camera.browser, opened.link, served=camera.served, size=SHOWN["phone"], expected=["status of 4"]
        ) as it:
            expect(it.page.locator("h1")).to_be_visible()
            camera.shoot(it.page, "holder-link-used")


# ---- the staff's pages


def shop(camera: Camera) -> None:
    if not camera.asked("shop", "shop-form", "shop-customer", "shop-verified", "shop-receipt", "shop-in-person"):
        return
    world = camera.served.world
    with camera.staff("/p/shop", Role.CLERK, size="tablet") as it:
        page = it.page
        expect(page.locator("button.act").first).to_be_visible()
        camera.shoot(page, "shop")
        page.locator("button.act").first.click()
        page.locator("#msisdn").fill("+46 70 174 60 50")
        page.locator("#iccid").fill(iccid(50).text)
        camera.shoot(page, "shop-form")
        page.locator("button[type=submit]").click()
        expect(page.locator("img.code")).to_be_visible()
        camera.shoot(page, "shop-customer")
        newest = world.verifications.page(world.party.id, limit=1).items[0].id
        accept(world, newest, document=ANNA)
        expect(page.locator(".told.good")).to_be_visible()
        camera.shoot(page, "shop-verified")
        page.locator(".work .actions button").first.click()
        expect(page.locator(".receipt")).to_be_visible()
        camera.shoot(page, "shop-receipt")
        page.locator(".receipt .actions button").last.click()
        page.locator("button.act").first.click()
        page.locator("#msisdn").fill("+46 70 174 60 51")
        page.locator("#iccid").fill(iccid(51).text)
        page.locator("button[type=submit]").click()
        expect(page.locator("img.code")).to_be_visible()
        newest = world.verifications.page(world.party.id, limit=1).items[0].id
        consent(world, newest)
        world.verifications.take_alternative(world.party.id, newest)
        expect(page.locator("fieldset").first).to_be_visible()
        camera.shoot(page, "shop-in-person", whole=True)


def review(camera: Camera) -> None:
    if not camera.asked("review", "review-case", "review-case-dark"):
        return
    for number, second in enumerate((False, True)):
        _refer(camera.served, number, second=second)
    for dark in (False, True):
        with camera.staff("/p/review", Role.REVIEWER, dark=dark) as it:
            page = it.page
            expect(page.locator("h1")).to_be_visible()
            page.wait_for_timeout(800)
            if not dark:
                camera.shoot(page, "review")
            page.locator("td.act button:enabled").first.click()
            page.wait_for_timeout(1_500)
            camera.shoot(page, "review-case-dark" if dark else "review-case")


def overview(camera: Camera) -> None:
    if not camera.asked("overview", "overview-policies", "overview-dark"):
        return
    _weeks(camera.served)
    for dark in (False, True):
        with camera.staff("/p/overview", Role.ADMINISTRATOR, dark=dark) as it:
            page = it.page
            expect(page.locator("svg").first).to_be_visible()
            page.wait_for_timeout(500)
            camera.shoot(page, "overview-dark" if dark else "overview")


def sign_in(camera: Camera) -> None:
    if camera.asked("sign-in"):
        with visit(
            camera.browser, "/p/sign-in", served=camera.served, size=SHOWN["phone"], expected=["status of 401"]
        ) as it:
            expect(it.page.locator("h1")).to_be_visible()
            it.page.wait_for_timeout(500)
            camera.shoot(it.page, "sign-in")


# ---- what there is to see


def _refer(served: Served, number: int, *, second: bool) -> None:
    world, party = served.world, served.world.party.id
    row = world.verifications.open(party, Opening(purpose=world.policy.id, binding="ab" * 32), world.policy)
    consent(world, row.id)
    world.verifications.begin_capture(party, row.id, world.policy)
    world.verifications.submit(party, row.id)
    found = world.findings(DecisionOutcome.REFERRED, document=f"{ANNA}{number}")
    world.verifications.conclude(party, row.id, replace(found, kept=whole_case(second=second)), world.policy)


def _weeks(served: Served) -> None:
    """Four weeks of a small shop, so that there is something to plot."""
    world, rng = served.world, random.Random(5)
    party = world.party.id
    served.clock.forward(days=-28)
    for day in range(28):
        for _ in range(rng.randint(2, 7)):
            row = world.open()
            how = rng.random()
            served.clock.forward(seconds=20)
            if how < 0.06:
                world.verifications.withdraw(party, row.id, by=By.HOLDER)
                continue
            world.verifications.consent(party, row.id, receipt(row, world.clock.now(), world.ids))
            served.clock.forward(seconds=25)
            if how < 0.14:
                world.verifications.take_alternative(party, row.id)
                continue
            world.verifications.begin_capture(party, row.id, world.policy)
            served.clock.forward(seconds=18)
            world.verifications.submit(party, row.id)
            outcome = DecisionOutcome.REJECTED if how > 0.93 else DecisionOutcome.ACCEPTED
            found = world.findings(outcome, document=f"P{day:02d}{rng.randrange(10**6):06d}")
            world.verifications.conclude(party, row.id, found, world.policy)
        served.clock.forward(days=1)


PAGES: Final[tuple[Callable[[Camera], None], ...]] = (
    holder_notice,
    holder_way,
    holder_ends,
    sign_in,
    shop,
    review,
    overview,
)


def with_chinese_letters() -> Path:
    """Fontconfig's settings with the project's own fonts beside the machine's, which may have no Chinese one."""
    settings = fonts.FOLDER / "fonts.conf"
    settings.write_text(
        '<?xml version="1.0"?><!DOCTYPE fontconfig SYSTEM "urn:fontconfig:fonts.dtd"><fontconfig>'
        '<include ignore_missing="yes">/etc/fonts/fonts.conf</include>'
        f"<dir>{fonts.FOLDER}</dir><cachedir>{fonts.FOLDER / 'cache'}</cachedir></fontconfig>\n"
    )
    return settings


def main(names: list[str]) -> int:
    OUT.mkdir(parents=True, exist_ok=True)
    os.environ["FONTCONFIG_FILE"] = str(with_chinese_letters())
    with tempfile.TemporaryDirectory(prefix="visavis-shots-") as folder, launched() as browser:
        for number, shoot in zip(itertools.count(), PAGES, strict=False):
            url = f"sqlite:///{folder}/{number}.db"
            upgrade(url)
            with serving_pages(url) as served:
                shoot(Camera(served=served, browser=browser, wanted=frozenset(names)))
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
