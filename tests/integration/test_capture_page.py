"""The capture page in a real Chromium, whose camera is a file: a portrait that answers nothing.

Where there is no Chromium the tests skip, and say so; in continuous integration they fail.
"""

import io
import random
import re
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from itertools import pairwise
from pathlib import Path
from typing import Any, cast

import pytest
from axe_playwright_python.sync_playwright import Axe  # type: ignore[import-untyped]  # ships no types
from PIL import Image
from playwright.sync_api import Browser, Page, Request, expect

from browser_material import launched
from recorder_material import KEY, Recorder, Scripted, Steered, running, setup_of
from visavis.adapters.recordings import Ending, read_recording
from visavis.capture.challenge import Challenge, ChallengePolicy
from visavis.capture.picture import read_picture
from visavis.pad.guidance import Guidance
from visavis.recorder.setup import RecorderLimits
from visavis.wiring import open_engine

LIGHT_FIRST = 39
"""A seed that puts the colours before the gestures."""
WATCH = """
window.seen = { violations: [], said: [], colours: [] };
document.addEventListener("securitypolicyviolation", (event) => seen.violations.push(event.violatedDirective));
document.addEventListener("DOMContentLoaded", () => {
  const status = document.getElementById("status");
  new MutationObserver(() => seen.said.push(status.textContent)).observe(status, { childList: true });
  const light = document.getElementById("light");
  new MutationObserver(() => seen.colours.push([light.dataset.colour, getComputedStyle(light).backgroundColor]))
    .observe(light, { attributeFilter: ["data-colour"] });
});
"""


@pytest.fixture(scope="module")
def camera_file(tmp_path_factory: pytest.TempPathFactory, portraits: Path) -> Path:
    """Two seconds of a portrait in the public domain, swaying a little."""
    with Image.open(portraits / "obama.jpg") as file:
        portrait = file.convert("RGB")
    side = min(portrait.size)
    film = io.BytesIO()
    for i in range(20):
        shift = round(8 * (1 - abs(i - 10) / 10))
        part = portrait.crop((0, 0, side, side)).resize((480, 480))
        frame = Image.new("RGB", (640, 480), (150, 150, 145))
        frame.paste(part, (80 + shift, 0))
        frame.save(film, "JPEG", quality=90)
    path = tmp_path_factory.mktemp("camera") / "portrait.mjpeg"
    path.write_bytes(film.getvalue())
    return path


@pytest.fixture(scope="module")
def browser(camera_file: Path) -> Iterator[Browser]:
    with launched(f"--use-file-for-fake-video-capture={camera_file}", lean=True) as chromium:
        yield chromium


@dataclass
class Visit:
    page: Page
    requests: list[str] = field(default_factory=list)
    complaints: list[str] = field(default_factory=list)

    def seen(self, what: str) -> list[Any]:
        return cast("list[Any]", self.page.evaluate(f"seen.{what}"))


@contextmanager
def visiting(
    browser: Browser, link: str, *, locale: str = "en-GB", before: str = "", bare: bool = False
) -> Iterator[Visit]:
    """``bare``: without the page's own policy, as the checker of accessibility needs to be put into it."""
    context = browser.new_context(locale=locale, reduced_motion="reduce", bypass_csp=bare)
    context.set_default_timeout(20_000)
    page = context.new_page()
    visit = Visit(page)

    def note(request: Request) -> None:
        visit.requests.append(request.url)

    page.on("request", note)
    page.on("websocket", lambda socket: visit.requests.append(socket.url))
    page.on("pageerror", lambda error: visit.complaints.append(str(error)))
    page.on("console", lambda line: visit.complaints.append(line.text) if line.type in ("error", "warning") else None)
    page.add_init_script(WATCH + before)
    try:
        page.goto(link)
        yield visit
    finally:
        context.close()


@contextmanager
def recording(folder: Path, **changes: Any) -> Iterator[Recorder]:
    base = {"monotonic": time.monotonic, "limits": RecorderLimits(shown_s=10, stall_s=20)}
    with running(setup_of(folder, **(base | changes))) as recorder:
        yield recorder


def agree(page: Page, participant: str = "P-017") -> None:
    expect(page.locator("#agree")).to_be_visible()
    page.fill("#participant", participant)
    page.check("#consent")
    page.click("#begin")


def files(folder: Path) -> list[Path]:
    return sorted(folder.iterdir())


def quiet(visit: Visit) -> None:
    assert visit.complaints == []
    assert visit.seen("violations") == []
    assert all(re.match(r"(http|ws)://127\.0\.0\.1:\d+/", url) for url in visit.requests)
    assert any(url.startswith("ws://") for url in visit.requests)


@pytest.mark.models
def test_a_portrait_is_prompted_and_recorded_and_does_not_answer(tmp_path: Path, browser: Browser) -> None:
    with open_engine(calibrated=False, attack_detection=True) as engine:
        assert engine.analyser is not None
        policy = ChallengePolicy(window_s=2.0, light_steps=8)
        changes = {"policy": policy, "rng": random.Random(LIGHT_FIRST), "analyse": engine.analyser.open}
        with recording(tmp_path, **changes) as recorder, visiting(browser, recorder.links[0]) as visit:
            page = visit.page
            assert page.title() == "Recording a capture"
            expect(page.locator("#notice")).to_contain_text("Example Telecom would like to record")
            expect(page.locator("#notice")).to_contain_text("privacy@telecom.example")
            agree(page)
            expect(page.locator("#video")).to_be_visible()
            assert page.locator("#video").evaluate("video => getComputedStyle(video).transform").startswith("matrix(-1")
            expect(page.locator("#light")).to_be_visible()
            expect(page.locator("#prompt-words")).to_have_text("Now the colours: look at the camera and hold still")
            expect(page.locator("#light")).to_be_hidden()
            expect(page.locator("#result-title")).to_have_text("Recorded, not finished")
            assert page.evaluate("document.activeElement.id") == "result-title"
            page.click("#keep")
            expect(page.locator("#end-title")).to_have_text("Kept")
            colours, said = visit.seen("colours"), visit.seen("said")
            quiet(visit)
    (file,) = files(tmp_path)
    found = read_recording(file, KEY)
    assert found.ending is Ending.UNFINISHED
    assert recorder.kept[0].reasons == ("gesture_missing",)
    assert len(found.frames) > 30
    times = [frame.captured_s for frame in found.frames]
    assert times == sorted(set(times))
    assert all(read_picture(frame.data).pixels.shape == (480, 640, 3) for frame in found.frames[:: len(times) // 4])
    light = found.challenge.light
    assert light is not None
    assert [tuple(int(colour[i : i + 2], 16) for i in (1, 3, 5)) for colour, _ in colours] == list(light.colours)
    assert [painted for _, painted in colours] == ["rgb({}, {}, {})".format(*colour) for colour in light.colours]
    assert found.facts.shown is not None
    assert tuple(colour for _, colour in found.facts.shown) == light.colours
    shown = [when for when, _ in found.facts.shown]
    assert shown == sorted(set(shown))
    assert times[0] < shown[0] < shown[-1] < times[-1]
    # each prompt was said once, and nothing else but advice that lasted
    assert len(said) == len(set(said)) + said.count("Look at the camera") - 1


def test_by_keyboard_alone_and_erased_at_the_end(tmp_path: Path, browser: Browser) -> None:
    with recording(tmp_path) as recorder, visiting(browser, recorder.links[0]) as visit:
        page, keys = visit.page, visit.page.keyboard
        expect(page.locator("#agree-title")).to_be_focused()
        keys.press("Tab")
        expect(page.locator("#participant")).to_be_focused()
        keys.type("Ann Other")
        keys.press("Enter")
        expect(page.locator("#participant")).to_be_focused()
        expect(page.locator("#participant")).to_have_attribute("aria-invalid", "true")
        expect(page.locator("#participant-wrong")).to_be_visible()
        expect(page.locator("#consent-wrong")).to_be_visible()
        assert recorder.analyses == []
        keys.press("Control+a")
        keys.type("P-018")
        keys.press("Tab")
        keys.press("ArrowDown")  # without coloured light
        keys.press("Tab")
        expect(page.locator("#consent")).to_be_focused()
        keys.press("Space")
        keys.press("Tab")
        expect(page.locator("#begin")).to_be_focused()
        keys.press("Enter")
        expect(page.locator("#result")).to_be_visible()
        (file,) = files(tmp_path)
        found = read_recording(file, KEY)
        assert found.challenge.light is None
        assert found.consent.participant == "P-018"
        keys.press("Tab")
        keys.press("Tab")
        expect(page.locator("#erase")).to_be_focused()
        keys.press("Enter")
        expect(page.locator("#end-title")).to_have_text("Erased")
        assert visit.seen("colours") == []
        quiet(visit)
    assert files(tmp_path) == []
    assert recorder.kept[0].erased


def test_the_chinese_page(tmp_path: Path, browser: Browser) -> None:
    with recording(tmp_path) as recorder, visiting(browser, recorder.links[0], locale="zh-CN") as visit:
        page = visit.page
        expect(page.locator("html")).to_have_attribute("lang", "zh-Hans")
        expect(page.locator("#notice")).to_contain_text("Example Telecom希望在这台电脑上录制")
        page.select_option("#language", "en")
        expect(page.locator("#agree-title")).to_have_text("Before you begin")
        page.select_option("#language", "zh-Hans")
        expect(page.locator("#agree-title")).to_have_text("开始之前")
        agree(page)
        expect(page.locator("#result-title")).to_have_text("已录制")
        page.click("#keep")
        expect(page.locator("#end-title")).to_have_text("已保留")
        quiet(visit)
    assert read_recording(files(tmp_path)[0], KEY).consent.language == "zh-Hans"


def test_the_live_region_does_not_chatter(tmp_path: Path, browser: Browser) -> None:
    """Advice that changes with every frame is shown, and never said."""

    class Restless(Scripted):
        def see(self, *args: Any, **times: Any) -> Any:
            self.guidance = ([Guidance.CLOSER], [Guidance.FARTHER], [])[len(self.seen) % 3]
            return super().see(*args, **times)

    policy = ChallengePolicy(light_steps=0)
    with (
        recording(tmp_path, policy=policy, analyse=Restless) as recorder,
        visiting(browser, recorder.links[0]) as visit,
    ):
        agree(visit.page)
        expect(visit.page.locator("#result")).to_be_visible()
        said = visit.seen("said")
        steps = len(recorder.analyses[0].challenge.steps)
        assert not {"Come closer.", "Move back a little."} & set(said)
        assert len(said) <= 2 * steps + 4


def test_a_colour_waits_while_the_face_is_gone(tmp_path: Path, browser: Browser) -> None:
    steered: list[Steered] = []

    def steer(challenge: Challenge) -> Steered:
        steered.append(Steered(challenge))
        return steered[-1]

    with (
        recording(tmp_path, analyse=steer, rng=random.Random(LIGHT_FIRST)) as recorder,
        visiting(browser, recorder.links[0]) as visit,
    ):
        page = visit.page
        agree(page)
        expect(page.locator("#prompt-words")).to_have_text("Look at the camera")
        light = steered[0].challenge.light
        assert light is not None
        steered[0].prompt = steered[0].challenge.light_place
        expect(page.locator("#light[data-colour]")).to_have_count(1)
        steered[0].paused = True
        count = -1
        while count != (count := len(visit.seen("colours"))):
            page.wait_for_timeout(1_000)
        assert 0 < count < len(light.colours)
        steered[0].paused = False
        expect(page.locator("#light")).to_be_hidden()
        assert len(visit.seen("colours")) == len(light.colours)
        steered[0].over = True
        expect(page.locator("#result")).to_be_visible()
        quiet(visit)
    shown = read_recording(files(tmp_path)[0], KEY).facts.shown
    assert shown is not None
    assert tuple(colour for _, colour in shown) == light.colours
    steps = [later - earlier for (earlier, _), (later, _) in pairwise(shown)]
    assert max(steps) > 0.9  # it waited for the second that the test did


def test_stopping_keeps_nothing(tmp_path: Path, browser: Browser) -> None:
    def slow(challenge: Challenge) -> Scripted:
        return Scripted(challenge, frames_each=10_000)

    with recording(tmp_path, analyse=slow) as recorder, visiting(browser, recorder.links[0]) as visit:
        page = visit.page
        agree(page)
        expect(page.locator("#prompt-words")).not_to_have_text("Starting the camera…")
        expect(page.locator("#guidance")).to_have_text("Come closer.")
        assert [file.suffix for file in files(tmp_path)] != [".vvcap"]
        page.click("#stop")
        expect(page.locator("#end-title")).to_have_text("Stopped")
        page.click("#again")  # the link was not used up
        expect(page.locator("#agree")).to_be_visible()
        assert files(tmp_path) == []
        quiet(visit)


def test_what_goes_wrong_is_said_in_words(tmp_path: Path, browser: Browser) -> None:
    refuse = 'navigator.mediaDevices.getUserMedia = () => Promise.reject(new DOMException("", "NotAllowedError"));'
    with recording(tmp_path) as recorder:
        with visiting(browser, recorder.links[0], before=refuse) as visit:
            agree(visit.page)
            expect(visit.page.locator("#end-text")).to_contain_text("may not use the camera")
            expect(visit.page.locator("#end-more")).to_have_text("Nothing was kept.")
        with visiting(browser, f"http://{recorder.host}/#wrong") as visit:
            expect(visit.page.locator("#end-text")).to_contain_text("This link is not valid")
        with visiting(browser, recorder.links[0]) as visit:
            expect(visit.page.locator("#agree")).to_be_visible()
            recorder.server[0].should_exit = True
            recorder.thread.join(20)
            expect(visit.page.locator("#end-text")).to_contain_text("The connection to the recorder was lost")
    assert files(tmp_path) == []


def test_every_screen_is_accessible_by_day_and_by_night(tmp_path: Path, browser: Browser) -> None:
    """axe-core, by the rules of WCAG 2.2 AA."""
    asked = {"runOnly": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]}

    def faults(page: Page) -> list[str]:
        found: list[str] = []
        for scheme in ("light", "dark"):
            page.emulate_media(color_scheme=cast("Any", scheme))
            answer = Axe().run(page, options=asked)
            assert answer.response["passes"]
            found += [f"{scheme}: {fault['id']}" for fault in answer.response["violations"]]
        return found

    def check(page: Page, screen: str) -> None:
        expect(page.locator(screen)).to_be_visible()
        assert faults(page) == [], screen

    steered: list[Steered] = []

    def steer(challenge: Challenge) -> Steered:
        steered.append(Steered(challenge))
        return steered[-1]

    with recording(tmp_path, analyse=steer) as recorder, visiting(browser, recorder.links[0], bare=True) as visit:
        page = visit.page
        check(page, "#agree")
        page.click("#begin")
        check(page, "#consent-wrong")
        agree(page)
        check(page, "#stage")
        steered[0].prompt = steered[0].challenge.light_place
        expect(page.locator("#light[data-colour]")).to_have_count(1)
        steered[0].paused = True  # one of the colours, for as long as it takes
        check(page, "#light")
        steered[0].over = True
        check(page, "#result")
        page.click("#keep")
        check(page, "#end")
        page.locator("#end-title").evaluate("title => title.style.color = 'silver'")
        page.locator("#again").evaluate("button => { button.hidden = false; button.textContent = ''; }")
        assert set(faults(page)) >= {"light: button-name", "light: color-contrast"}  # it does find faults
