"""The face step of the holder's page: a real service, a real Chromium, and captures that go by a script.

What people complain about elsewhere has a test of its own here, named for it.
"""

import re
import threading
import time
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import asdict, replace
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, Locator, Page, expect

from browser_material import (
    BACK,
    DESKTOP,
    FRONT,
    INFRARED,
    POLICY,
    WEBCAM,
    Cameras,
    Device,
    Opened,
    Served,
    Visit,
    serving_pages,
    visit,
)
from capture_material import jpeg
from capture_socket_material import CALM
from visavis.capture.challenge import Gesture, GestureStep
from visavis.domain.evidence import Outcome
from visavis.domain.states import Consented
from visavis.errors import LimitError
from visavis.pad.evidence import Witness
from visavis.pad.guidance import Guidance

ASKED = re.compile("turn|look_|close|light")
SOCKETS = """
globalThis.sockets = [];
globalThis.sent = [];
globalThis.WebSocket = class extends globalThis.WebSocket {
  constructor(...given) { super(...given); sockets.push(this); }
  send(data) {
    if (typeof data === "string") sent.push(JSON.parse(data));
    super.send(data);
  }
};
"""
"""Keeps the page's sockets, and the texts that it sent."""
WATCH = """
globalThis.seen = { said: [], asked: [], progress: [], opacity: [], colours: [] };
const note = (list, what) => { if (list.at(-1) !== what) list.push(what); };
new MutationObserver(() => {
  note(seen.said, document.getElementById("live")?.textContent ?? "");
  note(seen.asked, document.querySelector(".asked")?.textContent ?? "");
  note(seen.progress, Number(document.querySelector(".stage")?.dataset.progress ?? 0));
  const sheet = document.querySelector(".light-sheet");
  if (sheet?.dataset.colour) note(seen.colours, sheet.dataset.colour);
}).observe(document, { subtree: true, childList: true, attributes: true, characterData: true });
const watch = () => {
  const sheet = document.querySelector(".light-sheet:not([hidden])");
  if (sheet && !sheet.dataset.colour) seen.opacity.push(Number(getComputedStyle(sheet).opacity));
  requestAnimationFrame(watch);
};
watch();
"""
"""Remembers what was said, asked and shown."""

LOCKS = """
globalThis.locks = [];
Object.defineProperty(navigator, "wakeLock", { value: { request: async (kind) => {
  const lock = { kind, held: true, release: async () => { lock.held = false; } };
  locks.push(lock);
  return lock;
}}});
"""


@contextmanager
def at_the_face(chromium: Browser, served: Served, *, before: str = "", **more: Any) -> Iterator[tuple[Visit, Opened]]:
    """A holder who agreed and showed their document, by a file, and stands before the face step."""
    opened = served.open()
    with visit(chromium, opened.link, served=served, before=SOCKETS + WATCH + before, **more) as it:
        to_the_face(it.page)
        yield it, opened


def to_the_face(page: Page) -> None:
    page.click("#agree")
    page.set_input_files("#document-file", {"name": "page.jpg", "mimeType": "image/jpeg", "buffer": jpeg(7)})
    page.click("#document-on")
    expect(page.locator("section.step-capture")).to_be_visible()


def asked(page: Page) -> Locator:
    return page.locator(".asked")


def result(page: Page) -> Locator:
    return page.locator(".step-done h1")


def hello(page: Page) -> dict[str, Any]:
    """The last one that was sent."""
    found: dict[str, Any] = page.evaluate("sent.findLast((message) => message.type === 'hello')")
    return found


@pytest.fixture
def slow(served: Served) -> Served:
    """Whose captures stay at what is asked for first."""
    served.script.holds = True
    return served


# ---- the way through


def test_from_the_mirror_to_the_answer(chromium: Browser, served: Served) -> None:
    with at_the_face(chromium, served, before=LOCKS) as (it, opened):
        page = it.page
        expect(page.locator("h1")).to_have_text("Now your face")
        assert page.evaluate("locks.map((lock) => [lock.kind, lock.held])") == [["screen", True]]
        expect(page.locator("h1")).to_be_focused()
        assert page.locator(".preview").evaluate("it => getComputedStyle(it).transform").startswith("matrix(-1")
        assert page.evaluate("sockets.length") == 0  # nothing is sent before the holder begins
        it.accessible()
        page.click("#begin")
        expect(result(page)).to_be_visible()
        assert served.state(opened) == "decided"
        seen = page.evaluate("seen")
        assert page.evaluate("cameras.live()") == 0
        assert page.evaluate("locks.at(-1).held") is False
    challenge = served.script.challenge
    assert challenge is not None
    gestures = [step for step in challenge.steps if isinstance(step, GestureStep)]
    assert len([text for text in seen["asked"] if re.search("Turn|Look up|Look down|Close", text)]) == len(gestures)
    shares = [share for share in seen["progress"] if share > 0]
    assert shares == sorted(shares)
    assert shares[-1] == 1
    # everything that is asked for is said, and nothing twice in a row
    assert "Look at the camera" in seen["said"]
    assert all(one != other for one, other in pairwise(seen["said"]))


def test_by_keyboard_alone_in_chinese_at_night(chromium: Browser, served: Served) -> None:
    with at_the_face(chromium, served, locale="zh-CN", dark=True, size=DESKTOP) as (it, opened):
        page = it.page
        expect(page.locator("h1")).to_have_text("现在拍摄面部")
        it.accessible()
        for _ in range(12):
            page.keyboard.press("Tab")
            if page.evaluate("document.activeElement.id") == "begin":
                break
        page.keyboard.press("Enter")
        expect(result(page)).to_be_visible()
        assert any("请看摄像头" in text for text in page.evaluate("seen.asked"))
        assert served.state(opened) == "decided"


def test_each_prompt_has_words_a_picture_and_its_side_of_the_mirror(chromium: Browser, slow: Served) -> None:
    with at_the_face(chromium, slow, before="globalThis.OffscreenCanvas = undefined;") as (it, _):
        page = it.page
        page.click("#begin")
        expect(asked(page)).to_have_attribute("data-ask", ASKED)
        it.accessible()
        while asked(page).get_attribute("data-ask") == "light" or not page.locator(".arrow").is_visible():
            before = slow.script.steps
            slow.script.holds = False
            _until(lambda before=before: slow.script.steps > before)
            slow.script.holds = True
            expect(asked(page)).not_to_have_attribute("data-ask", "look")
        ask = asked(page).get_attribute("data-ask") or ""
        expect(asked(page).locator("svg.picture")).to_be_visible()
        arrow, stage = page.locator(".arrow").bounding_box(), page.locator(".stage").bounding_box()
        assert arrow is not None
        assert stage is not None
        across = arrow["x"] + arrow["width"] / 2 - stage["x"] - stage["width"] / 2
        down = arrow["y"] + arrow["height"] / 2 - stage["y"] - stage["height"] / 2
        # the holder's own left is on the left of a mirror
        way = {"turn_left": -across, "turn_right": across, "look_up": -down, "look_down": down}[ask]
        assert way > 50
        assert page.evaluate("sent.length") >= 1  # and it works without a worker


def _until(true: Any, seconds: float = 20) -> None:
    """Where nothing on the page tells."""
    end = time.monotonic() + seconds
    pause = threading.Event()
    while not true():
        assert time.monotonic() < end
        pause.wait(0.02)


def test_the_voice_is_off_until_it_is_wanted_and_never_anothers(chromium: Browser, slow: Served) -> None:
    voices = """
    globalThis.spoken = [];
    globalThis.own = true;
    const voice = (lang, localService) => ({ lang, localService, name: lang, voiceURI: lang, default: false });
    Object.defineProperty(globalThis, "speechSynthesis", { value: {
      getVoices: () => [voice("en-GB", own), voice("zh-CN", false)],
      addEventListener() {}, cancel() {}, speak: (said) => spoken.push(said.text),
    }});
    globalThis.SpeechSynthesisUtterance = class { constructor(text) { this.text = text; } };
    """
    with at_the_face(chromium, slow, before=voices) as (it, _):
        page = it.page
        page.click("#begin")
        expect(asked(page)).to_have_attribute("data-ask", ASKED)
        assert page.evaluate("spoken") == []
        page.click(".said")
        expect(page.locator(".said")).to_have_attribute("aria-pressed", "true")
        assert page.evaluate("spoken") == [asked(page).inner_text()]
        there = "import('/p/static/verify/voice.js').then(({ Voice }) => new Voice().there)"
        assert page.evaluate(there) is True
        page.evaluate("own = false")
        assert page.evaluate(there) is False  # what others' voices say goes to another host


def test_nobody_is_asked_for_what_they_cannot_do(chromium: Browser, served: Served) -> None:
    """A movement, an eye, or to look into changing light."""
    with at_the_face(chromium, served) as (it, _):
        page = it.page
        page.get_by_label("Without the colours").check()
        page.click("summary")
        page.select_option("#face-turns", "no_left")
        page.select_option("#face-eyes", "right")
        it.accessible()
        page.click("#begin")
        expect(result(page)).to_be_visible()
        said = hello(page)
        assert (said["replaced"], said["eyes"]) == ({"turn_left": "turn_right"}, "right")
        assert said["light"] is False
        assert page.evaluate("seen.colours") == []
    challenge = served.script.challenge
    assert challenge is not None
    assert challenge.light is None
    assert all(step.gesture is not Gesture.TURN_LEFT for step in challenge.steps if isinstance(step, GestureStep))


# ---- what people complain about elsewhere


def test_move_closer_is_never_shown_to_someone_who_is_too_close(chromium: Browser, slow: Served) -> None:
    slow.script.rest = 1_000
    slow.script.guidance = (Guidance.CLOSER,)
    with at_the_face(chromium, slow) as (it, _):
        page = it.page
        page.click("#begin")
        expect(asked(page)).to_have_text("Come closer.")
        slow.script.guidance = (Guidance.FARTHER,)
        expect(asked(page)).to_have_text("Move back a little.")
        page.evaluate("seen.asked.length = 0")
        before = slow.script.seen
        _until(lambda: slow.script.seen > before + 8)
        assert "Come closer." not in page.evaluate("seen.asked")
        expect(page.locator(".advice")).to_be_hidden()  # one thing at a time
        slow.script.guidance = ()
        expect(asked(page)).to_have_text("Look at the camera")
        # advice that changes all the time is shown, and not said
        page.evaluate("seen.said.length = 0")
        for advice in (Guidance.CLOSER, Guidance.FARTHER, Guidance.CENTRE, Guidance.HOLD_STILL) * 2:
            slow.script.guidance = (advice,)
            now = slow.script.seen
            _until(lambda now=now: slow.script.seen > now + 1)
        assert len(page.evaluate("seen.said")) <= 2


def test_nobody_flinches_at_the_first_flash(chromium: Browser, served: Served) -> None:
    """It is announced before anything is lit, comes up softly, waits for who turns away, and can be done without."""
    served.script.light = 200
    with at_the_face(chromium, served, motion=True) as (it, _):
        page = it.page
        expect(page.locator("#light-choice")).to_contain_text("whole screen shows soft, changing colours")
        page.click("#begin")
        expect(asked(page)).to_have_attribute("data-ask", "light")
        expect(page.locator(".light-sheet[data-colour]")).to_have_count(1)
        served.script.paused = True
        expect(asked(page)).to_have_text("The light waits for you: look at the camera")
        held = page.evaluate("document.querySelector('.light-sheet').dataset.colour")
        it.accessible()
        before = served.script.seen
        _until(lambda: served.script.seen > before + 10)
        assert page.evaluate("document.querySelector('.light-sheet').dataset.colour") == held
        served.script.paused = False
        expect(asked(page)).to_have_text("Now the colours: look at the camera, hold still")
        _until(lambda: page.evaluate("sent.some((message) => message.type === 'shown')"))
        served.script.light = 1
        expect(result(page)).to_be_visible()
        shown = page.evaluate("sent.find((message) => message.type === 'shown').colours")
        risen = page.evaluate("seen.opacity")
    challenge = served.script.challenge
    assert challenge is not None
    assert challenge.light is not None
    assert [colour for _, colour in shown] == [
        "#{:02x}{:02x}{:02x}".format(*colour) for colour in challenge.light.colours
    ]
    times = [when for when, _ in shown]
    assert times == sorted(set(times))
    assert max(later - earlier for earlier, later in pairwise(times)) > challenge.light.step_s + 0.5
    assert risen[0] < 0.5 <= max(risen)  # before the first colour


def test_try_again_does_something(chromium: Browser, served: Served) -> None:
    served.script.said = {Witness.ACTIVE: (Outcome.INCONCLUSIVE, "gesture_missing")}
    with at_the_face(chromium, served) as (it, opened):
        page = it.page
        page.click("#begin")
        expect(page.locator(".reasons li")).not_to_have_count(0)  # and it says why, and what to do
        served.script.said = {}
        page.click("#again")
        expect(page.locator(".ready")).to_contain_text("You have 2 tries.")
        page.click("#begin")
        expect(result(page)).to_be_visible()
        assert page.evaluate("sockets.length") == 2
        assert served.state(opened) == "decided"


def test_the_screen_does_not_close_because_no_face_was_there_at_first(chromium: Browser, slow: Served) -> None:
    slow.script.rest = 1_000
    slow.script.guidance = (Guidance.FACE_THE_CAMERA,)
    with at_the_face(chromium, slow, cameras=Cameras(still=True)) as (it, opened):
        page = it.page
        page.evaluate("cameras.show('nobody')")
        page.click("#begin")
        _until(lambda: slow.script.seen > 25)
        expect(asked(page)).to_have_text("Look at the camera.")
        assert slow.state(opened) == "capturing"
        slow.script.guidance, slow.script.rest, slow.script.holds = (), 2, False
        page.evaluate("cameras.show('face')")
        expect(result(page)).to_be_visible()


def test_nobody_has_to_come_nose_to_screen(chromium: Browser, sqlite_template: bytes, tmp_path: Path) -> None:
    policy = POLICY.replace("attempts = 3", 'attempts = 3\ndistance = "kiosk"')
    with own(sqlite_template, tmp_path, policy=policy) as served:
        served.script.holds = True
        with at_the_face(chromium, served, cameras=Cameras(width=960, height=720), size=DESKTOP) as (it, _):
            page = it.page
            assert oval(page) == pytest.approx(0.68, abs=0.02)
            page.click("#begin")
            expect(asked(page)).to_have_attribute("data-ask", ASKED)
            assert oval(page) == pytest.approx(0.41, abs=0.02)


def oval(page: Page) -> float:
    """How high it is, over the shorter side of the picture."""
    height = """() => document.querySelector(".outline .line").getBBox().height /
      Math.min(document.querySelector(".stage").clientWidth, document.querySelector(".stage").clientHeight)"""
    return float(page.evaluate(height))


@contextmanager
def own(template: bytes, folder: Path, **more: Any) -> Iterator[Served]:
    """A service of a test's own making."""
    file = folder / "own.db"
    file.write_bytes(template)
    with serving_pages(f"sqlite:///{file}", **more) as served:
        yield served


OBS = Device(label="OBS Virtual Camera", deviceId="obs")
UNKNOWN_BACK = Device(label="Camera 0 (rear)", deviceId="rear")


@pytest.mark.parametrize("granted", [True, False])
def test_no_infrared_virtual_or_rear_camera_is_chosen_by_default(
    chromium: Browser, served: Served, granted: bool
) -> None:
    """``granted``: whether the browser tells the cameras' names from the start."""
    taken = """([devices, granted]) => import("/p/static/verify/camera.js").then(async ({ openCamera }) => {
      cameras.devices = devices;
      cameras.grant(granted);
      try {
        const camera = await openCamera({ facing: "user" });
        camera.stop();
        return camera.label;
      } catch (fault) {
        return fault.trouble;
      }
    })"""
    with visit(chromium, "/p/verify", served=served, expected=["status of 401"]) as it:
        found = {
            devices: it.page.evaluate(taken, [[asdict(device) for device in devices], granted]) for devices in CHOICES
        }
        assert it.page.evaluate("cameras.live()") == 0
    assert found == {devices: getattr(best, "label", best) for devices, best in CHOICES.items()}


CHOICES: Mapping[tuple[Device, ...], Device | str] = {
    (INFRARED, WEBCAM): WEBCAM,
    (OBS, WEBCAM): WEBCAM,
    (BACK, FRONT): FRONT,
    (UNKNOWN_BACK, WEBCAM): WEBCAM,
    (INFRARED, OBS, BACK, WEBCAM, FRONT): FRONT,
    (INFRARED, OBS): "unsuitable",
    (BACK,): "unsuitable",
    (): "missing",
}


def test_other_cameras_can_be_chosen_and_an_unusual_one_by_choice_alone(chromium: Browser, slow: Served) -> None:
    cameras = Cameras(devices=(WEBCAM, Device(label="Second Webcam", deviceId="second"), OBS), granted=True)
    with at_the_face(chromium, slow, cameras=cameras) as (it, _):
        page = it.page
        page.click("summary")
        named = ["HD Webcam", "Second Webcam", "OBS Virtual Camera (not meant for this)"]
        expect(page.locator("#face-camera option")).to_have_text(named)
        page.select_option("#face-camera", "second")
        page.click("#begin")
        _until(lambda: page.evaluate("sent.length > 0"))
        assert hello(page)["camera"] == "Second Webcam"
        assert page.evaluate("cameras.live()") == 1
    with at_the_face(chromium, slow, cameras=Cameras(devices=(INFRARED,), granted=True)) as (it, _):
        page = it.page
        expect(page.locator("[data-trouble=unsuitable]")).to_be_visible()
        assert page.evaluate("cameras.live()") == 0
        it.accessible()
        page.click("[data-camera]")
        page.click("#begin")
        _until(lambda: page.evaluate("sent.length > 0"))
        assert hello(page)["camera"] == INFRARED.label


SITUATIONS: Mapping[str, tuple[Guidance, str]] = {
    "a second person behind": (Guidance.ONE_PERSON_ONLY, "Someone else is in the picture. Be alone in the picture."),
    "bright sun behind": (
        Guidance.LIGHT_BEHIND,
        "The light is behind you. Turn so that the light falls on your face.",
    ),
    "glasses glare": (
        Guidance.GLARE_ON_GLASSES,
        "Glasses reflect a light. Lower your chin a little, or turn away from the lamp.",
    ),
    "dark": (Guidance.MORE_LIGHT, "It is dark. Turn towards a light."),
}


def test_second_person_sun_behind_and_glare_are_told_with_what_to_do(chromium: Browser, slow: Served) -> None:
    slow.script.rest = 1_000
    with at_the_face(chromium, slow) as (it, _):
        page = it.page
        page.click("#begin")
        for advice, words in SITUATIONS.values():
            slow.script.guidance = (advice,)
            expect(asked(page)).to_have_text(words)
        it.accessible()
        # while something is asked of the head it stands below that
        slow.script.rest = 0
        expect(page.locator(".advice")).to_have_text(SITUATIONS["dark"][1])
        expect(asked(page)).to_have_attribute("data-ask", ASKED)


def test_a_low_score_comes_with_a_reason_and_no_spinner_stays_after_it(chromium: Browser, served: Served) -> None:
    served.script.score = 0.05
    with at_the_face(chromium, served) as (it, _):
        page = it.page
        page.click("#begin")
        expect(result(page)).to_be_visible()
        expect(page.locator(".reasons")).to_contain_text("do not match closely enough")
        expect(page.locator(".reasons")).to_contain_text("A new document, better light or the other way may help.")
        expect(page.locator("main")).not_to_contain_text("0.05")
        for waiting in (".waiting", ".asked", ".stage"):
            expect(page.locator(waiting)).to_have_count(0)


def test_a_slow_phone_is_given_smaller_frames_and_does_not_time_out(chromium: Browser, served: Served) -> None:
    slowly = """
    globalThis.OffscreenCanvas = undefined;
    globalThis.widths = [];
    const quick = HTMLCanvasElement.prototype.toBlob;
    HTMLCanvasElement.prototype.toBlob = function (done, ...more) {
      const pixels = this.width * this.height;
      widths.push(this.width);
      quick.call(this, (blob) => setTimeout(done, pixels / 3072, blob), ...more);
    };
    """
    served.script.each = 8
    with at_the_face(chromium, served, before=slowly) as (it, _):
        page = it.page
        _until(lambda: page.evaluate("widths.filter((width) => width === 640).length >= 6"))
        page.evaluate("widths.length = 0")
        page.click("#begin")
        expect(result(page)).to_be_visible()
        assert page.evaluate("[...new Set(widths)]") == [480]  # all of them: no size changes while it runs


# ---- the camera cannot be used


def test_help_for_a_camera_that_cannot_be_used_has_the_other_way_beside_it(chromium: Browser, served: Served) -> None:
    troubles = {
        "NotAllowedError": "denied",
        "NotReadableError": "busy",
        "NotFoundError": "missing",
        "AbortError": "busy",
    }
    with at_the_face(chromium, served, before=FACE_REFUSED.replace("NAME", "SecurityError")) as (it, opened):
        page = it.page
        expect(page.locator("h1")).to_be_focused()
        for name, trouble in troubles.items():
            page.evaluate("name => cameras.refuse(name)", name)
            page.click("#again")
            expect(page.locator(f"[data-trouble={trouble}]")).to_be_visible()
            it.accessible()
        again, other = page.locator("#again").bounding_box(), page.locator("#other-way").bounding_box()
        assert again is not None
        assert other is not None
        assert (again["width"], again["height"]) == (other["width"], other["height"])
        page.evaluate("cameras.refuse('')")
        page.click("#again")
        expect(page.locator("#begin")).to_be_visible()
        page.evaluate("cameras.unplug()")
        page.click("#other-way")
        page.click("#confirm")
        expect(result(page)).to_be_visible()
        assert served.state(opened) == "declined_for_alternative"


FACE_REFUSED = """
document.addEventListener("click", (event) => {
  if (event.target.closest?.("#document-on")) cameras.refuse("NAME");
}, true);
"""
"""The document's camera worked; that of the face does not."""


def test_a_camera_that_is_connected_is_taken_without_a_press(chromium: Browser, served: Served) -> None:
    with at_the_face(chromium, served, cameras=Cameras(devices=())) as (it, _):
        page = it.page
        expect(page.locator("[data-trouble=missing]")).to_be_visible()
        page.evaluate("cameras.devices = [{ label: 'HD Webcam', deviceId: 'webcam', groupId: 'group', facing: '' }]")
        expect(page.locator("#begin")).to_be_visible()


def test_a_camera_that_is_pulled_out(chromium: Browser, served: Served) -> None:
    served.script.holds = True
    with at_the_face(chromium, served) as (it, opened):
        page = it.page
        expect(page.locator("#begin")).to_be_visible()
        page.evaluate("cameras.unplug()")
        expect(page.locator("[data-trouble=unplugged]")).to_be_visible()
        page.evaluate("cameras.devices = cameras.devices")  # it is back
        page.click("#begin")
        expect(asked(page)).to_have_attribute("data-ask", ASKED)
        page.evaluate("cameras.unplug()")
        expect(page.locator("[data-end=camera]")).to_be_visible()
        expect(page.locator("main")).to_contain_text("You have 2 tries left.")
        served.script.holds = False
        page.click("#again")
        page.click("#begin")
        expect(result(page)).to_be_visible()
        assert served.state(opened) == "decided"


# ---- what comes between


def test_a_network_that_is_lost_in_the_middle_costs_one_try_and_nothing_else(chromium: Browser, slow: Served) -> None:
    with at_the_face(chromium, slow, expected=["ERR_INTERNET_DISCONNECTED", "WebSocket"]) as (it, opened):
        page = it.page
        page.click("#begin")
        expect(asked(page)).to_have_attribute("data-ask", ASKED)
        it.context.set_offline(True)
        page.evaluate("sockets.at(-1).close()")
        expect(page.locator("#connection")).to_be_visible()
        it.context.set_offline(False)
        expect(page.locator("[data-end=lost]")).to_be_visible()
        expect(page.locator("#connection")).to_have_count(0)
        expect(page.locator("main")).to_contain_text("You have 2 tries left.")
        it.accessible()
        slow.script.holds = False
        page.click("#again")
        expect(result(page)).to_be_visible()
        assert slow.state(opened) == "decided"


def test_a_busy_service_is_waited_for(chromium: Browser, sqlite_template: bytes, tmp_path: Path) -> None:
    desk = replace(CALM, most_captures=1, capture_s=2)
    with own(sqlite_template, tmp_path, options=desk) as served, ExitStack() as others:
        assert served.setup.desk is not None
        others.enter_context(served.setup.desk.seat())
        with at_the_face(chromium, served) as (it, opened):
            page = it.page
            page.click("#begin")
            expect(asked(page)).to_contain_text("Yours begins by itself")
            expect(page.locator(".count")).to_have_text(re.compile(r"In about \d seconds?"))
            waiting = served.row(opened).state
            assert isinstance(waiting, Consented)
            assert waiting.attempts == 0  # it costs no try
            others.close()
            expect(result(page)).to_be_visible()


def test_a_service_that_is_restarted_is_waited_for(chromium: Browser, slow: Served) -> None:
    with at_the_face(chromium, slow) as (it, _):
        page = it.page
        page.click("#begin")
        expect(asked(page)).to_have_attribute("data-ask", ASKED)
        slow.script.fault = LimitError("service_restarting", "The service is being restarted.", retry_after=1)
        expect(asked(page)).to_contain_text("The service is being renewed")
        slow.script.fault, slow.script.holds = None, False
        expect(result(page)).to_be_visible()


def test_two_tabs_take_turns(chromium: Browser, slow: Served) -> None:
    with at_the_face(chromium, slow) as (it, opened):
        first = it.page
        second = it.another(opened.link)
        second.set_input_files("#document-file", {"name": "page.jpg", "mimeType": "image/jpeg", "buffer": jpeg(7)})
        second.click("#document-on")
        first.click("#begin")
        expect(asked(first)).to_have_attribute("data-ask", ASKED)
        second.click("#begin")
        expect(asked(second)).to_contain_text("still running in another window")
        first.click("#stop-capture")
        expect(first.locator("[data-end=stopped]")).to_be_visible()
        slow.script.holds = False
        expect(result(second)).to_be_visible()


def test_stopping_hiding_or_leaving_keeps_nothing_and_says_what_it_cost(chromium: Browser, slow: Served) -> None:
    with at_the_face(chromium, slow) as (it, opened):
        page = it.page
        page.click("#begin")
        expect(asked(page)).to_have_attribute("data-ask", ASKED)
        page.click("#stop-capture")
        expect(page.locator("[data-end=stopped]")).to_contain_text("Nothing of it was kept")
        expect(page.locator("main")).to_contain_text("You have 2 tries left.")
        assert slow.state(opened) == "consented"
        page.click("#again")
        expect(asked(page)).to_have_attribute("data-ask", ASKED)
        page.evaluate("""() => {
          Object.defineProperty(document, "hidden", { value: true, configurable: true });
          document.dispatchEvent(new Event("visibilitychange"));
          Object.defineProperty(document, "hidden", { value: false, configurable: true });
        }""")
        expect(page.locator("[data-end=hidden]")).to_be_visible()
        expect(page.locator("main")).to_contain_text("You have one try left.")
        page.click("#again")
        expect(asked(page)).to_have_attribute("data-ask", ASKED)
        page.click("[data-where=other]")
        expect(page.locator("#confirm")).to_be_visible()
        assert page.evaluate("cameras.live()") == 0
        assert page.evaluate("sent.at(-1).type") == "stop"
        _until(lambda: slow.state(opened) == "consented")
