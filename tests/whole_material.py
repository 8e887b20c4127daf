"""The whole way with everything real: `visavis serve` as a process of its own with all its models, a page of it in a
Chromium, and before its camera an animated portrait (tests/browser_actor.py).

Nobody is there, so the policy is that of the demonstration: it takes the animated portrait for a person, which no
witness on a plain camera tells apart, and a specimen without a chip for a document. Nothing else is weakened.
"""

import io
import json
import re
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

from PIL import Image
from playwright.sync_api import FilePayload, Locator, Page, expect

import serve_material
from browser_actor import Actor, packed, photograph
from browser_material import Cameras
from visavis.client import Client
from visavis.client.models import Line, LineOrder, OpenedVerification, Verification
from visavis.domain.lines import luhn_sum
from visavis.web import pages

__all__ = [
    "HOLDER",
    "IMPOSTOR",
    "PRINTED",
    "Registration",
    "Walk",
    "Whole",
    "before_camera",
    "document_photograph",
    "serving_whole",
    "swaying",
    "words",
]

CHECKOUT: Final = Path(__file__).resolve().parents[1]
POLICIES: Final = CHECKOUT / "tools" / "demonstration" / "service"
WORDS: Final = Path(pages.__file__).parent / "static" / "words"
PURPOSE: Final = "demonstration"
HOLDER: Final = Actor(portrait="obama.jpg")
IMPOSTOR: Final = Actor(portrait="biden.jpg")
PRINTED: Final = Actor(portrait="obama.jpg", relief=0.0)
READ_MS: Final = 120_000
"""For a document to be read, or a capture to end, on a machine that does other work."""
_THERE: Final = """([selectors, most]) => new Promise((resolve, reject) => {
  const found = () => selectors.find((selector) => document.querySelector(selector));
  const watch = new MutationObserver(look);
  const late = setTimeout(() => { watch.disconnect(); reject(new Error(`no ${selectors}`)); }, most);
  function look() {
    const first = found();
    if (!first) return;
    watch.disconnect();
    clearTimeout(late);
    resolve([first, performance.now() / 1000]);
  }
  watch.observe(document, { subtree: true, childList: true });
  look();
})"""
"""The first of some selectors that the page has something for, and when, by its own clock."""
_PARTY: Final = re.compile(r"\brlp_[0-9a-z]{26}\b")


def words(language: str) -> dict[str, str]:
    """Everything that the holder's page says of itself, by its keys."""
    found: dict[str, str] = {}
    for name in ("shared", "verify", "verify-document", "verify-face"):
        found |= json.loads((WORDS / f"{name}.{language}.json").read_text(encoding="utf-8"))
    return found


def before_camera(actor: Actor = HOLDER, **changes: Any) -> Cameras:
    """At the pace of people; ``changes``: of `Cameras`.

    Whoever is asked reacts after 0.45 s, in the faster half of the 0.3 to 0.9 that the laboratory's people take
    (`visavis.evaluation.laboratory.motion`), and turns by 24 degrees within 0.35, about as fast as those do (75 degrees
    a second); who is told that it was taken looks ahead again after half of that time, as the way back is known.
    """
    usual: dict[str, Any] = {
        "reaction_s": 0.45,
        "move_s": 0.35,
        "lids_s": 0.15,
        "turn": 24.0,
        "nod": 15.0,
        "rate": 12.0,
    }
    return Cameras(sprites=packed(actor), **(usual | changes))


def document_photograph() -> FilePayload:
    """Of the holder's specimen, as a browser is given a file."""
    return {"name": "document.jpg", "mimeType": "image/jpeg", "buffer": photograph(HOLDER)}


def swaying(portrait: Path) -> bytes:
    """Two seconds of Motion JPEG in which a portrait sways a little: what `--use-file-for-fake-video-capture` plays."""
    with Image.open(portrait) as file:
        side = min(file.size)
        part = file.convert("RGB").crop((0, 0, side, side)).resize((480, 480))
    film = io.BytesIO()
    for i in range(20):
        frame = Image.new("RGB", (640, 480), (150, 150, 145))
        frame.paste(part, (80 + round(8 * (1 - abs(i - 10) / 10)), 0))
        frame.save(film, "JPEG", quality=90)
    return film.getvalue()


@dataclass(frozen=True, kw_only=True)
class Registration:
    """A line that somebody wants, and the verification that is bound to it."""

    msisdn: str
    iccid: str
    order: LineOrder
    opened: OpenedVerification

    @property
    def id(self) -> str:
        return self.opened.id

    @property
    def link(self) -> str:
        return self.opened.holder_url


@dataclass(kw_only=True)
class Whole:
    """``url``: of the service; ``folder``: its data is in ``data`` below it."""

    url: str
    party: str
    key: str = field(repr=False)
    folder: Path
    process: int
    client: Client
    _count: int = 0

    def wanted(self, *, language: str = "en", purpose: str = PURPOSE) -> Registration:
        """As an operator's own system would ask for it."""
        self._count += 1
        msisdn, body = f"+467017464{self._count:02d}", f"894600{self._count:012d}"
        iccid = body + next(digit for digit in "0123456789" if luhn_sum(body + digit) % 10 == 0)
        order = self.client.lines.prepare_register(msisdn=msisdn, iccid=iccid)
        opened = self.client.verifications.open(purpose=purpose, binding=order.binding, language=language)
        return Registration(msisdn=msisdn, iccid=iccid, order=order, opened=opened)

    def read(self, wanted: Registration) -> Verification:
        return self.client.verifications.read(wanted.id)

    def why(self, wanted: Registration) -> tuple[str, ...]:
        """The codes of its decision; without one, the state."""
        found = self.read(wanted)
        return (found.state,) if found.decision is None else tuple(one.code for one in found.decision.reasons)

    def registered(self, wanted: Registration) -> Line:
        return self.client.lines.register(
            msisdn=wanted.msisdn, iccid=wanted.iccid, nonce=wanted.order.nonce, verification=wanted.id
        )


@contextmanager
def serving_whole(folder: Path, **settings: str) -> Iterator[Whole]:
    """``settings``: others, by their whole names."""
    given = {"VISAVIS_CAPTURES": "true", "VISAVIS_POLICIES": str(POLICIES), "VISAVIS_LOG_LEVEL": "info", **settings}
    with serve_material.serving(folder, "--host", "localhost", **given) as service:
        said = "\n".join(service.said)
        party = _PARTY.search(said)
        assert party is not None, said
        assert service.key is not None, said
        with Client(service.url, service.key, relying_party=party[0]) as client:
            yield Whole(
                url=service.url,
                party=party[0],
                key=service.key,
                folder=folder,
                process=service.process.pid,
                client=client,
            )


@dataclass(kw_only=True)
class Walk:
    """A holder who goes through the page. ``keys``: with the keyboard alone. ``most``: attempts. ``press_s``: from the
    moment that something to be pressed is there until it is pressed: seeing it, and reaching for it. ``seconds``: from
    the consent, by step, by the page's own clock.
    """

    page: Page
    keys: bool = False
    most: int = 3
    press_s: float = 0.5
    attempts: int = 1
    seconds: dict[str, float] = field(default_factory=dict)
    _agreed: float = 0.0

    def press(self, selector: str) -> float:
        """When, by the page's clock. A click, or as somebody does without a mouse: Tab until it has the focus, then
        Enter.
        """
        target = self.page.locator(selector)
        self._there(selector)
        self.page.wait_for_timeout(1000 * self.press_s)
        expect(target).to_be_enabled(timeout=READ_MS)
        for _ in range(60 if self.keys else 0):
            if target.evaluate("element => element === document.activeElement"):
                break
            self.page.keyboard.press("Tab")
        else:
            assert not self.keys, f"no Tab leads to {selector}"
        now = float(self.page.evaluate("performance.now() / 1000"))
        if self.keys:
            self.page.keyboard.press("Enter")
        else:
            target.click()
        return now

    def agree(self) -> None:
        self.page.locator("#agree").wait_for(timeout=READ_MS)  # the page may still be on its way
        self._agreed = self.press("#agree")

    def show_document(self) -> None:
        """It takes its picture by itself, and is read."""
        self._note("document", self.press("#document-on"))

    def begin(self) -> None:
        self._note("begun", self.press("#begin"))

    def ended(self, step: str = "done") -> Locator:
        """The heading of what it came to: of ``done``, ``again``, ``wait`` or ``alternative``."""
        _, at = self._there(f".step-{step} h1")
        self._note("ended", at)
        heading = self.page.locator(f".step-{step} h1")
        expect(heading).to_be_visible()
        return heading

    def go(self, step: str = "done", *, between: Callable[[], None] = lambda: None) -> Locator:
        """From the notice to the end. Where it could not be told, once more, as people do: on a machine that does much
        besides, frames come too seldom now and then. ``between``: what happens after the consent.
        """
        self.agree()
        between()
        self.show_document()
        self.begin()
        again = ".step-again #again"
        while self._there(again, f".step-{step} h1")[0] == again:
            if self.attempts == self.most:
                return self.ended("again")
            self.attempts += 1
            self.press(again)
            self.press("#begin")
        return self.ended(step)

    def asked(self) -> list[str]:
        heard: list[Mapping[str, Any]] = self.page.evaluate("cameras.heard")
        return [message["prompt"]["ask"] for message in heard if message["type"] == "prompt"]

    def _there(self, *selectors: str) -> tuple[str, float]:
        found, at = self.page.evaluate(_THERE, [list(selectors), READ_MS])
        return str(found), float(at)

    def _note(self, what: str, at: float) -> None:
        self.seconds[what] = at - self._agreed
