"""What every browser test stands on: a service, a visit that complains, and cameras that answer."""

import base64
import re
from typing import Any

import pytest
from playwright.sync_api import Browser

from browser_material import BACK, FRONT, INFRARED, Cameras, Script, Served, Visit, visit
from capture_material import jpeg
from visavis.domain.evidence import Outcome
from visavis.pad.evidence import Witness

PAGE = "/healthz"
"""Anything of the service's own origin: without its policy, a test can put a page of its own there."""
BARE: Any = {"bypass_csp": True, "expected": ["status of 404"]}
"""And without an icon."""
CAPTURE = """
async ({ token, photo }) => {
  const post = (path, body, headers) =>
    fetch(path, { method: "POST", headers: { "X-Visavis": "1", ...headers }, body });
  const json = (path, body) => post(path, JSON.stringify(body), { "Content-Type": "application/json" });
  await json("/h/v1/exchange", { token });
  const notice = await (await fetch("/h/v1/notice")).json();
  await json("/h/v1/consent", { notice_digest: notice.digest, language: "en" });
  const form = new FormData();
  const bytes = Uint8Array.from(atob(photo), (letter) => letter.charCodeAt(0));
  form.append("photo", new Blob([bytes], { type: "image/jpeg" }), "a.jpg");
  const { reading } = await (await post("/h/v1/document", form)).json();
  const video = document.body.appendChild(document.createElement("video"));
  Object.assign(video, { muted: true, srcObject: await navigator.mediaDevices.getUserMedia({ video: true }) });
  await video.play();
  const canvas = Object.assign(document.createElement("canvas"), { width: 640, height: 480 });
  const g = canvas.getContext("2d");
  const socket = new WebSocket(location.origin.replace("http", "ws") + "/h/v1/capture");
  const now = () => performance.now() / 1000;
  let [sent, open, last] = [0, false, 0];
  const light = async (prompt) => {
    const colours = [];
    for (const colour of prompt.colours) {
      document.body.style.background = colour;
      colours.push([now(), colour]);
      await new Promise((done) => setTimeout(done, prompt.step_s * 1000));
    }
    document.body.style.background = "white";
    if (socket.readyState === 1) socket.send(JSON.stringify({ type: "shown", nonce: prompt.nonce, colours }));
  };
  const frame = async () => {
    if (!open || now() - last < 0.08) return;
    open = false;
    last = now();
    g.drawImage(video, 0, 0);
    const jpeg = await new Promise((done) => canvas.toBlob(done, "image/jpeg", 0.85));
    const head = new DataView(new ArrayBuffer(16));
    head.setUint8(0, 1); head.setUint32(4, sent); head.setFloat64(8, last);
    sent += 1;
    if (socket.readyState === 1) socket.send(new Blob([head.buffer, jpeg]));
  };
  const timer = setInterval(frame, 20);
  return new Promise((done) => {
    const hello = { type: "hello", protocol: 1, reading, opened_s: now(), camera: "USB" };
    socket.onopen = () => socket.send(JSON.stringify(hello));
    socket.onmessage = ({ data }) => {
      const message = JSON.parse(data);
      if (message.type === "begun" || message.type === "view") open = true;
      if (message.type === "prompt" && message.prompt.colours) light(message.prompt);
      if (message.type === "finishing") open = false;
      if (message.type === "result" || message.type === "error") {
        clearInterval(timer);
        done({ ...message, frames: sent });
      }
    };
  });
}
"""


def captured(it: Visit, served: Served, token: str) -> dict[str, object]:
    """The protocol as docs/reference/capture-protocol.md says it, by a page of a few lines."""
    photo = base64.b64encode(jpeg(7)).decode()
    found: dict[str, object] = it.page.evaluate(CAPTURE, {"token": token, "photo": photo})
    return found


@pytest.mark.parametrize(
    ("script", "outcome"),
    [
        (Script(), "accepted"),
        (Script(said={Witness.ACTIVE: (Outcome.FAIL, "gesture_missing")}), "rejected"),
    ],
)
def test_a_capture_goes_by_its_script(chromium: Browser, served: Served, script: Script, outcome: str) -> None:
    for name in ("said", "each"):
        setattr(served.script, name, getattr(script, name))
    opened = served.open()
    with visit(chromium, PAGE, served=served, **BARE) as it:
        ended = captured(it, served, opened.link.partition("#")[2])
        asked = [
            message["prompt"]["ask"] for message in it.page.evaluate("cameras.heard") if message["type"] == "prompt"
        ]
        assert ended.get("outcome") == outcome, ended
        assert len(asked) >= 4
        assert "light" in asked
    assert served.row(opened).id == opened.id


def test_cameras_are_listed_chosen_refused_and_unplugged(chromium: Browser, served: Served) -> None:
    ask = """asked => navigator.mediaDevices.getUserMedia(asked)
      .then((stream) => stream.getVideoTracks()[0].label, (error) => error.name)"""
    with visit(chromium, PAGE, served=served, cameras=Cameras(devices=(INFRARED, BACK, FRONT)), **BARE) as it:
        page = it.page
        labels = "navigator.mediaDevices.enumerateDevices().then(all => all.map(one => one.label))"
        assert page.evaluate(labels) == ["", "", ""]
        assert page.evaluate(ask, {"video": {"facingMode": "user"}}) == FRONT.label
        assert page.evaluate(ask, {"video": {"facingMode": {"exact": "environment"}}}) == BACK.label
        assert page.evaluate(ask, {"video": {"deviceId": {"exact": "infrared"}}}) == INFRARED.label
        assert page.evaluate(ask, {"video": {"deviceId": {"exact": "gone"}}}) == "OverconstrainedError"
        assert page.evaluate(labels)[1] == BACK.label
        assert page.evaluate("cameras.live()") == 3
        page.evaluate("cameras.unplug()")
        assert page.evaluate("cameras.live()") == 0
        page.evaluate("cameras.refuse('NotReadableError')")
        assert page.evaluate(ask, {"video": True}) == "NotReadableError"


def test_a_visit_complains(chromium: Browser, served: Served) -> None:
    with pytest.raises(AssertionError, match="alas"), visit(chromium, PAGE, served=served, **BARE) as it:
        it.page.evaluate("console.error('alas')")
    with visit(chromium, PAGE, served=served, expected=["alas", *BARE["expected"]], bypass_csp=True) as it:
        it.page.evaluate("console.error('alas')")
    foreign = "fetch('http://other.example/').catch(() => 0)"
    with (
        pytest.raises(AssertionError, match=re.escape("other.example")),
        visit(chromium, PAGE, served=served, expected=["."], bypass_csp=True) as it,
    ):
        it.page.evaluate(foreign)
