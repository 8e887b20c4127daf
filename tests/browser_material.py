"""The pages in a real Chromium, for every browser test: a service that really listens, visits to it, and cameras.

    def test_something(chromium, served):                        # fixtures of tests/browser_fixtures.py
        opened = served.open()                                   # a verification, and its link
        with visit(chromium, opened.link, served=served) as it:  # PHONE; or size=DESKTOP, locale="zh-CN", ...
            expect(it.page.locator("h1")).to_be_visible()
            it.accessible()                                      # axe: no violation

A visit fails at its end on anything in the console, on any breach of the page's own policy, on any request to another
host, and on any camera left running where it says so. What is meant to be complained of is named: ``it.expected``.

``served.script`` says how captures go, and may be changed while one runs. The camera is `Cameras`, painted in the page
(tests/browser/camera.js), or ``cameras=None`` for Chromium's own fake device.
"""

import contextlib
import json
import os
import re
import secrets
import shutil
import threading
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, field, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from types import SimpleNamespace
from typing import Any, Final, cast

import httpx
import pytest
from axe_playwright_python.sync_playwright import Axe  # type: ignore[import-untyped]  # ships no types
from playwright.sync_api import Browser, BrowserContext, ConsoleMessage, Page, Request, expect, sync_playwright

from capture_material import CALIBRATION, ScriptedAnalysis, ScriptedFilm, side
from capture_socket_material import CALM
from holder_material import Paper
from pad_material import Look, frame
from store_material import MovableClock, World, make_world
from visavis.adapters.sql import open_storage
from visavis.capture.challenge import Challenge, ChallengePolicy, LightStep
from visavis.capture.picture import Picture
from visavis.domain.evidence import Outcome
from visavis.domain.states import state_name
from visavis.domain.verification import Opening, Verification
from visavis.lines.orders import RegisterLine
from visavis.pad.evidence import Witness
from visavis.pad.guidance import Guidance
from visavis.pad.presentation import View
from visavis.service.api_keys import ApiKeys
from visavis.service.capture_desk import CaptureDesk, DeskOptions
from visavis.service.examination import Examiner
from visavis.service.live_capture import LiveCaptures
from visavis.service.records import Scope
from visavis.service.samples import Role, Sample
from visavis.service.sealed_reading import LABEL, ReadingSeal
from visavis.web.app import make_service
from visavis.web.server import Server, open_socket
from visavis.web.setup import Models, ServiceSetup
from web_material import make_setup

__all__ = [
    "DESKTOP",
    "PHONE",
    "TABLET",
    "Cameras",
    "Device",
    "Opened",
    "Script",
    "Served",
    "Visit",
    "launched",
    "launched_beside",
    "serving_pages",
    "visit",
]

FLAGS: Final = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--use-fake-ui-for-media-stream",
    "--use-fake-device-for-media-stream",
    "--autoplay-policy=no-user-gesture-required",
    "--host-resolver-rules=MAP * ~NOTFOUND , EXCLUDE 127.0.0.1 , EXCLUDE localhost",
)
PATIENCE_MS: Final = 20_000
"""A slow machine is no failure."""
PHONE: Final[Mapping[str, Any]] = {
    "viewport": {"width": 360, "height": 740},
    "device_scale_factor": 2,
    "is_mobile": True,
    "has_touch": True,
}
TABLET: Final[Mapping[str, Any]] = {
    "viewport": {"width": 820, "height": 1180},
    "device_scale_factor": 1,
    "has_touch": True,
}
DESKTOP: Final[Mapping[str, Any]] = {"viewport": {"width": 1280, "height": 800}, "device_scale_factor": 1}

POLICY: Final = """
id = "new_line"
version = 1
title = "A new line in your name"
reference_source = ["chip", "document_portrait"]
binding = "order_digest"
grants = ["line.register", "line.receive", "sim.replace"]
alternative = "in_person"
attempts = 3
ttl = "15m"
retention = { referred = "72h" }
disclose = ["family_name", "given_names", "document_number"]

[[requires]]
rule = "consent_in_force"
[[requires]]
rule = "single_face"
[[requires]]
rule = "bona_fide_presentation"
operating_point = "strict"
[[requires]]
rule = "comparison_at_most_fmr"
fmr = 1e-4
"""
CAMERA_JS: Final = Path(__file__).resolve().parent / "browser" / "camera.js"


# ---- the browser


def program(*, lean: bool = False) -> str:
    """Chromium's. ``lean``: the one that was built to run without a screen, where there is one: the same engine without
    the window around it, and much quicker. Skips where there is none; in continuous integration it fails.
    """
    names = (*(("chromium-headless-shell",) if lean else ()), "chromium", "chromium-browser", "google-chrome")
    found = os.environ.get("VISAVIS_CHROMIUM") or next(filter(None, map(shutil.which, names)), None)
    if found is None:
        text = "no Chromium here: install one (`apt-get install chromium`), or name it in VISAVIS_CHROMIUM"
        if os.environ.get("CI"):
            pytest.fail(text)
        pytest.skip(text)
    return found


@contextlib.contextmanager
def launched_beside(browser: Browser, *flags: str) -> Iterator[Browser]:
    """Another Chromium with flags of its own, while the first one runs."""
    other = browser.browser_type.launch(executable_path=program(), args=[*FLAGS, *flags])
    try:
        yield other
    finally:
        other.close()


@contextlib.contextmanager
def launched(*flags: str, lean: bool = False) -> Iterator[Browser]:
    """A Chromium with more flags than the usual ones."""
    expect.set_options(timeout=PATIENCE_MS)
    path = program(lean=lean)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=[*FLAGS, *flags])
        yield browser
        browser.close()


# ---- cameras


@dataclass(frozen=True, kw_only=True)
class Device:
    """A camera as a browser lists it. ``facing``: ``user``, ``environment``, or empty, as of most desktops."""

    label: str
    deviceId: str = field(default_factory=lambda: secrets.token_hex(8))  # noqa: N815 - the browser's name of it
    groupId: str = "group"  # noqa: N815 - as above
    facing: str = ""


WEBCAM: Final = Device(label="HD Webcam", deviceId="webcam")
FRONT: Final = Device(label="camera2 1, facing front", deviceId="front", facing="user")
BACK: Final = Device(label="camera2 0, facing back", deviceId="back", facing="environment")
INFRARED: Final = Device(label="Integrated IR Camera", deviceId="infrared")


@dataclass(frozen=True, kw_only=True)
class Cameras:
    """What is connected, and who is before it: a drawn person who does what is asked, unless ``still``.

    ``refuse``: the name of the DOMException by which every request fails. ``granted``: whether the browser tells labels
    from the start. ``document_first``: a document is shown until a capture runs. ``rate``: frames a second; ``width``,
    ``height``: of them where a page asks for no size, else what it asks for, up to ``most``. The person reacts after
    ``reaction_s``, and a movement takes ``move_s``; ``turn``, ``nod``: degrees. ``sprites``: somebody of the laboratory
    in place of the drawn person, as `browser_actor.packed` makes them; ``noise``: of their camera, grey levels.
    """

    devices: Sequence[Device] = (WEBCAM,)
    refuse: str = ""
    granted: bool = False
    document_first: bool = True
    still: bool = False
    width: int = 640
    height: int = 480
    most: int = 1920
    sprites: str = ""
    noise: float = 1.5
    rate: float = 15.0
    reaction_s: float = 0.1
    move_s: float = 0.2
    lids_s: float = 0.12
    turn: float = 28.0
    nod: float = 18.0

    def script(self) -> str:
        plan = {
            "devices": [asdict(device) for device in self.devices],
            "refuse": self.refuse,
            "granted": self.granted,
            "documentFirst": self.document_first,
            "still": self.still,
            "width": self.width,
            "height": self.height,
            "most": self.most,
            "sprites": bool(self.sprites),
            "noise": self.noise,
            "rate": self.rate,
            "pace": {
                "reaction_s": self.reaction_s,
                "move_s": self.move_s,
                "lids_s": self.lids_s,
                "turn": self.turn,
                "nod": self.nod,
            },
        }
        given = f"globalThis.cameraPlan = {json.dumps(plan)};\n"
        if self.sprites:
            given += f"globalThis.cameraSprites = {self.sprites};\n"
        return given + CAMERA_JS.read_text(encoding="utf-8")


# ---- a visit


@dataclass
class Visit:
    """One context with one page. ``complaints``: what stood in the console, and errors that nobody caught;
    ``expected``: patterns of those that the test means to provoke, as ``r"status of 409"``.
    """

    page: Page
    origin: str
    complaints: list[str] = field(default_factory=list)
    requests: list[str] = field(default_factory=list)
    expected: list[str] = field(default_factory=list)

    @property
    def context(self) -> BrowserContext:
        return self.page.context

    def accessible(self) -> None:
        """By axe, with every rule it has."""
        found = Axe().run(self.page)
        assert found.violations_count == 0, found.generate_report()

    def quiet(self) -> None:
        """Nothing was complained of, and nothing asked of another host."""
        unmeant = [line for line in self.complaints if not any(re.search(it, line) for it in self.expected)]
        assert not unmeant, unmeant
        own = (self.origin + "/", self.origin.replace("http", "ws", 1) + "/", "data:", "blob:" + self.origin + "/")
        foreign = [url for url in self.requests if not url.startswith(own)]
        assert not foreign, foreign

    def another(self, url: str) -> Page:
        """Another tab of the same context, watched as the first."""
        page = self.context.new_page()
        _watch(self, page)
        page.goto(url)
        return page


def _watch(it: Visit, page: Page) -> None:
    def ask(request: Request) -> None:
        it.requests.append(request.url)

    def say(line: ConsoleMessage) -> None:
        if line.type in ("error", "warning"):
            it.complaints.append(line.text)

    page.on("request", ask)
    page.on("websocket", lambda socket: it.requests.append(socket.url))
    page.on("pageerror", lambda error: it.complaints.append(str(error)))
    page.on("console", say)


@contextlib.contextmanager
def visit(
    browser: Browser,
    url: str,
    *,
    served: "Served | None" = None,
    size: Mapping[str, Any] = PHONE,
    locale: str = "en-GB",
    dark: bool = False,
    motion: bool = False,
    cameras: Cameras | None = Cameras(),
    before: str = "",
    expected: Sequence[str] = (),
    **more: Any,
) -> Iterator[Visit]:
    """``url``: whole, or a path of ``served``. ``before``: a script that runs in every document before its own.
    ``more``: of Playwright's ``new_context``.
    """
    if served is not None and url.startswith("/"):
        url = served.url + url
    context = browser.new_context(
        locale=locale,
        color_scheme="dark" if dark else "light",
        reduced_motion="no-preference" if motion else "reduce",
        **{**size, **more},
    )
    context.set_default_timeout(PATIENCE_MS)
    if cameras is not None:
        context.add_init_script(cameras.script())
    if before:
        context.add_init_script(before)
    page = context.new_page()
    it = Visit(page, "/".join(url.split("/")[:3]), expected=list(expected))
    _watch(it, page)
    try:
        page.goto(url)
        yield it
        it.quiet()
    finally:
        context.close()


# ---- a service


class RunningClock(MovableClock):
    """The real time, and what a test has put it forward by."""

    def __init__(self) -> None:
        super().__init__(datetime.now(UTC))
        self._ahead = timedelta()

    def now(self) -> datetime:
        self.moment = datetime.now(UTC) + self._ahead
        return self.moment

    def forward(self, **span: float) -> None:
        self._ahead += timedelta(**span)


@dataclass
class Script:
    """How captures go, by frames; a test may change it while one runs.

    Each step is ``rest`` frames of nothing, then ``each`` of its prompt (the light: ``light``). ``holds``: the step
    that is asked for stays, however many frames come. ``guidance``: said to every frame; ``paused``: the face is gone.
    ``score``: the cosine of the comparison. ``said``: what witnesses say beside passing. ``seen``: frames so far;
    ``challenge``: of the last capture; ``steps``: prompts asked for in it.
    """

    rest: int = 2
    each: int = 2
    light: int = 12
    holds: bool = False
    paused: bool = False
    guidance: tuple[Guidance, ...] = ()
    score: float = 0.9
    said: dict[Witness, tuple[Outcome, str]] = field(default_factory=dict)
    fault: Exception | None = None
    seen: int = 0
    steps: int = 0
    challenge: Challenge | None = None

    def open(self, challenge: Challenge, /, **_given: Any) -> "Played":
        self.seen, self.steps, self.challenge = 0, 0, challenge
        return Played(challenge, script=self, said=self.said)

    def film(self) -> ScriptedFilm:
        return ScriptedFilm(self.score)


@dataclass
class Played(ScriptedAnalysis):
    """An analysis that goes by a `Script`."""

    script: Script = field(default_factory=Script)
    step: int = 0
    place: int = 0

    def see(self, picture: Picture, *, captured_s: float, arrived_s: float, encoding: str = "") -> View:
        script, steps = self.script, self.challenge.steps
        if script.fault is not None:
            raise script.fault
        script.seen += 1
        if self.step < len(steps):
            asked_for = script.light if isinstance(steps[self.step], LightStep) else script.each
            asked = self.place >= script.rest
            if asked:
                script.steps = self.step + 1
            if not (asked and script.holds):
                self.place += 1
            if self.place >= script.rest + asked_for:
                self.step, self.place = self.step + 1, 0
            prompt = script.steps - 1 if asked else None
        else:
            prompt = None
        return View(
            prompt=prompt,
            guidance=script.guidance,
            over=self.step >= len(steps),
            light_paused=script.paused,
            observation=frame(captured_s, Look(), arrived_s=arrived_s),
        )


class _Sampling:
    """In place of a sampler: any picture that is not black shows the holder's face."""

    def reference(self, picture: Picture) -> Sample:
        if picture.pixels.max() < 10:
            return Sample(role=Role.REFERENCE, reason="no_face")
        return side(Role.REFERENCE)


@dataclass(frozen=True, kw_only=True)
class Opened:
    """A verification for a new line. ``link``: the holder's. ``order``: what it is bound to."""

    id: str
    link: str
    order: RegisterLine
    row: Verification = field(repr=False)


@dataclass(kw_only=True)
class Served:
    """A service on this machine's loopback whose documents and captures go by a script. ``url``: without a slash at its
    end, with the name that Chromium takes for a secure place. ``key``: an API key with every scope, whole.
    """

    world: World
    setup: ServiceSetup
    script: Script
    paper: Paper
    server: Server
    url: str
    key: str

    @property
    def clock(self) -> MovableClock:
        return self.world.clock

    def open(self, **more: Any) -> Opened:
        """``more``: of `visavis.domain.verification.Opening`, as ``language`` and ``return_url``."""
        order = self.world.order()
        opening = Opening(purpose=self.world.policy.id, binding=order.digest, **more)
        row = self.world.verifications.open(self.world.party.id, opening, self.world.policy)
        return Opened(id=row.id, link=f"{self.url}/p/verify#{self.setup.links.issue(row)}", order=order, row=row)

    def row(self, opened: Opened) -> Verification:
        return self.world.verifications.get(self.world.party.id, opened.id)[0]

    def state(self, opened: Opened) -> str:
        return state_name(self.row(opened).state)

    def ask(self, method: str, path: str, *, key: str | None = None, **more: Any) -> httpx.Response:
        """As the relying party's own system."""
        sent = {"Authorization": f"Bearer {key or self.key}", **more.pop("headers", {})}
        address = self.url.replace("localhost", "127.0.0.1")
        return httpx.request(method, address + path, headers=sent, timeout=60, trust_env=False, **more)


@contextlib.contextmanager
def serving_pages(
    database: str,
    *,
    policy: str = POLICY,
    script: Script | None = None,
    challenges: ChallengePolicy | None = None,
    options: DeskOptions = CALM,
    **changes: Any,
) -> Iterator[Served]:
    """``database``: the address of one with its tables. ``options``: of the desk. ``changes``: of the setup, by the
    names of its fields.
    """
    with contextlib.ExitStack() as stack:
        storage = open_storage(database)
        stack.callback(storage.close)
        world = make_world(storage, clock=RunningClock(), policy=policy)
        listener = stack.enter_context(open_socket("127.0.0.1", 0))
        url = f"http://localhost:{listener.getsockname()[1]}"
        script, paper, desk = script or Script(), Paper(), CaptureDesk(options, timer=time.monotonic)
        stack.callback(desk.close)
        setup = make_setup(world, public_url=url, monotonic=time.monotonic)
        parts = SimpleNamespace(documents=paper, sampler=_Sampling(), acquirer=None, examiner=None, analyser=None)
        live = LiveCaptures(
            issuer="http://127.0.0.1:8000",
            storage=storage,
            verifications=world.verifications,
            readings=ReadingSeal(setup.derive_each(LABEL)),
            policies={world.policy.digest: world.policy}.__getitem__,
            analyser=script,
            film=script.film,
            examiner=Examiner(calibration=CALIBRATION),
            clock=world.clock,
            rng=secrets.SystemRandom(),
            challenges=challenges or ChallengePolicy(light_steps=8),
        )
        setup = replace(setup, models=cast("Models", parts), desk=desk, live=live, **changes)
        key = ApiKeys(storage=storage, clock=world.clock, identifiers=world.ids).create(
            world.party.id, name="a test's", scopes=[scope for scope in Scope if scope != "members"]
        )
        server = Server(make_service(setup), setup, seconds=2)
        thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]})
        thread.start()
        try:
            yield Served(world=world, setup=setup, script=script, paper=paper, server=server, url=url, key=key.text)
        finally:
            server.should_exit = True
            thread.join(60)
