"""The demonstration of the service: `visavis serve` as it is, and a SIM card that is registered through it.

The service runs as a process of its own on SQLite in a temporary folder, with every model loaded. Everything goes
through its HTTP interface and its capture WebSocket, in real time: no step is skipped and no answer is prepared. The
policy is `demonstration`, a file that is handed to the service as an operator would hand over theirs. Six captures of
the holder, one of somebody else with the holder's document, and one of the holder's first capture shown from a tablet;
then the lines, the signed answer, and the audit log. Fails where anything ends otherwise than it must.
"""

import itertools
import json
import random
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Final

from rich.console import Console

sys.path.append(str(Path(__file__).resolve().parent.parent / "bench"))

import demo_documents
import fonts
import portraits
from demo_captures import LIT, Portraits, Replay, portraits_of
from demo_holder import Before
from serving import Served, serving
from visavis.client import Client, ConflictError
from visavis.client.capture import CaptureEndedError, CaptureOptions, CaptureResult
from visavis.client.holder import HolderClient
from visavis.client.models import LineOrder, OpenedVerification, Verification
from visavis.domain.lines import luhn_sum
from visavis.evaluation.laboratory.camera import CameraChannel
from visavis.evaluation.laboratory.conditions import Conditions, draw_conditions
from visavis.evaluation.laboratory.puppet import AnimatedPortrait, Puppet
from visavis.evaluation.laboratory.screens import HeldScreen
from visavis.evaluation.laboratory.stage import Delivered, Subject
from visavis.wiring import open_engine

HERE: Final = Path(__file__).resolve().parent
POLICIES: Final = HERE / "demonstration" / "service"
PURPOSE: Final = "demonstration"
RATE_HZ: Final = 10.0
OPTIONS: Final = CaptureOptions(camera="Demonstration camera", frames_a_second=RATE_HZ, patience_s=60.0)
SEED: Final = 20261
LINES: Final = 5
"""That one person may have at the relying party of the demonstration."""
AT_ONCE: Final = 4
"""Captures beside each other: the subjects are drawn on the same machine that the service runs on."""

HONESTLY: Final = f"""\
Nobody is before a camera here: the holder is a public-domain portrait, animated in three dimensions and lit again, and
this program agrees in its place. No witness on a plain camera tells such a puppet from a person, so the policy
`{PURPOSE}` takes it for one; and the document is a specimen without a chip. Nothing else is weakened."""

console: Final = Console(highlight=False, soft_wrap=True)
began: Final = time.monotonic()


def say(text: str) -> None:
    console.print(f"[dim]{time.monotonic() - began:5.1f} s[/]  {text}")


# ---- who is before the camera


@dataclass(frozen=True, slots=True, kw_only=True)
class Cast:
    """The two portraits, animated, and how each is put before a camera."""

    holder: AnimatedPortrait
    other: AnimatedPortrait
    conditions: Conditions
    rng: random.Random

    def _camera(self, subject: Subject, seed: int) -> Before:
        channel = CameraChannel(self.conditions, random.Random(seed))
        return Before(subject=subject, channel=channel)

    def person(self, portrait: AnimatedPortrait) -> Before:
        seed = self.rng.getrandbits(32)
        return self._camera(Puppet(portrait, random.Random(seed), share=LIT), seed)

    def tablet(self, frames: Sequence[Delivered]) -> Before:
        """An earlier capture, played on a tablet that is held before the camera."""
        seed = self.rng.getrandbits(32)
        screen = HeldScreen(Replay(list(frames)), eye_px=84.0, conditions=self.conditions, rng=random.Random(seed))
        return self._camera(screen, seed)


def cast() -> Cast:
    with open_engine(attack_detection=True) as engine:
        if engine.analyser is None:
            raise SystemExit("Attack detection was not loaded.")
        folder = portraits.FOLDER
        found: Portraits = portraits_of(folder / "obama.jpg", folder / "biden.jpg", engine.analyser, engine.acquirer)
        holder, other = found.animated(found.holder), found.animated(found.other)
    rng = random.Random(SEED)
    drawn = replace(draw_conditions(rng), rate_hz=RATE_HZ, return_share=LIT, jpeg_quality=88, noise=1.5, dropped=0.0)
    # on this machine there is no network to be late on
    conditions = replace(drawn, capture_delay_s=0.02, network_delay_s=0.001, network_jitter_s=0.001)
    return Cast(holder=holder, other=other, conditions=conditions, rng=rng)


# ---- a way through


@dataclass(slots=True, kw_only=True)
class Way:
    """One verification for one order, from its opening to its decision."""

    name: str
    msisdn: str
    iccid: str
    order: LineOrder
    opened: OpenedVerification
    before: Before | None = None
    end: Verification | None = None

    @property
    def decided(self) -> Verification:
        if self.end is None:
            raise SystemExit(f"{self.name}: nothing was decided")
        return self.end


def numbers(count: int) -> tuple[str, str]:
    """A number of the range that is set aside for invented ones, and a card with its check digit."""
    body = f"894600{count:012d}"
    card = body + next(digit for digit in "0123456789" if luhn_sum(body + digit) % 10 == 0)
    return f"+4670174{604 + count:04d}", card


def order(client: Client, name: str, number: int) -> Way:
    """An order of the operator's, and the verification that is bound to it."""
    msisdn, iccid = numbers(number)
    prepared = client.lines.prepare_register(msisdn=msisdn, iccid=iccid)
    opened = client.verifications.open(purpose=PURPOSE, binding=prepared.binding, labels={"shop": "demonstration"})
    return Way(name=name, msisdn=msisdn, iccid=iccid, order=prepared, opened=opened)


def walk(way: Way, document: Path, make: Callable[[], Before], *, quiet: bool = True, attempts: int = 3) -> Before:
    """The holder's part: link, notice, consent, document, capture; again while the service offers another attempt.
    What was before the camera at last.
    """

    def told(text: str) -> None:
        if not quiet:
            say(f"  {text}")

    with HolderClient(way.opened.holder_url, timeout=120.0) as device:
        device.exchange()
        told("the holder's device: POST /h/v1/exchange, the link for a session, once")
        notice = device.notice()
        told(f"GET /h/v1/notice: {len(notice.sections)} sections, digest {notice.digest[:16]}...")
        device.consent(notice)
        told("POST /h/v1/consent: a receipt is kept")
        read = device.show_document(photos=[document.read_bytes()])
        if read.reading is None:
            raise SystemExit(f"The document could not be used: {', '.join(item.code for item in read.problems)}")
        fields = ", ".join(f"{item.label} {item.value}" for item in read.fields[:4])
        told(f"POST /h/v1/document, read for the holder's eyes alone: {fields}, ...")
        for attempt in itertools.count(1):
            before = make()
            result = _captured(device, read.reading, before)
            asked = ", ".join(word.replace("_", " ") for word in result.prompts)
            told(f"WebSocket /h/v1/capture: {result.frames} frames in real time; asked for: {asked}")
            told(f"the service decides: {result.outcome}")
            if not result.attempts_left or attempt == attempts:
                return before
            say(f"  {way.name}: attempt {attempt} did not tell ({', '.join(result.advice) or 'no advice'})")
    raise AssertionError("it counts without end")


def _captured(device: HolderClient, reading: str, before: Before) -> CaptureResult:
    """Where every seat is taken, wait and ask again, as a page does."""
    while True:
        try:
            return device.capture(reading, before, OPTIONS)
        except CaptureEndedError as error:
            if error.retry_after is None:
                raise SystemExit(f"The capture broke off: {error.code}") from error
            say(f"  {error.code}: asks again in {error.retry_after} s")
            time.sleep(error.retry_after)


def why(row: Verification) -> str:
    if row.decision is None:
        return f"{row.state}: {row.attempts.left} attempts left"
    return "; ".join(reason.text for reason in row.decision.reasons) or "every rule is met"


def outcome(row: Verification) -> str:
    """What it came to; a verification that is not decided was not accepted."""
    return row.outcome or "not accepted"


# ---- the story


@dataclass(slots=True, kw_only=True)
class Story:
    client: Client
    served: Served
    data: Path
    document: Path
    cast: Cast
    wrong: list[str] = field(default_factory=list)

    def must(self, *, right: bool, what: str) -> None:
        if not right:
            self.wrong.append(what)
            say(f"[red]NOT AS IT MUST BE: {what}[/]")

    def first_line(self) -> Way:
        console.rule("A SIM card, step by step", align="left")
        way = order(self.client, "line 1", 1)
        say("the operator prepares the order: POST /v1/line-orders, and keeps its nonce")
        say(f"and opens a verification bound to it: POST /v1/verifications -> {way.opened.id}")
        policy = way.opened.policy
        say(f"  under the policy [bold]{policy.id}[/], version {policy.version}, digest {policy.digest[:16]}...")
        way.before = walk(way, self.document, lambda: self.cast.person(self.cast.holder), quiet=False)
        way.end = self.client.verifications.read(way.opened.id)
        self._accepted(way)
        return way

    def _accepted(self, way: Way) -> None:
        row = way.decided
        say(f"{way.name}: [green]{outcome(row)}[/]" if row.accepted else f"{way.name}: {outcome(row)}: {why(row)}")
        self.must(right=row.accepted, what=f"{way.name} was not accepted: {why(row)}")
        if row.accepted:
            self._register(way)

    def _register(self, way: Way) -> None:
        line = self.client.lines.register(
            msisdn=way.msisdn, iccid=way.iccid, nonce=way.order.nonce, verification=way.opened.id
        )
        say(f"{way.name}: registered as {line.id}, {line.status}")

    def attest(self, way: Way) -> None:
        console.rule("The signed answer", align="left")
        fetched = self.client.attestations.fetch(way.opened.id)
        parts = fetched.attestation.split("~")
        say(f"GET /v1/verifications/{way.opened.id}/attestation: an SD-JWT VC with {len(parts) - 2} disclosures")
        console.print(f"  {parts[0][:96]}...~{parts[1][:24]}...~", style="dim")
        found = self.client.attestations.verify(fetched)
        say("verified by `visavis.attestation.verify` with the keys and the status list that the issuer publishes:")
        statement = found.statement
        if statement is None:
            self.must(right=False, what="the attestation makes no statement of ours")
            return
        console.print_json(json.dumps(_readable(found.claims)), indent=2)
        bound = statement.binding is not None and statement.binding.digest == way.order.binding
        self.must(right=bound, what="the attestation is not bound to the order")
        self.client.attestations.received(way.opened.id)
        say("POST .../attestation/received: what it was made of is destroyed")

    def second_attempts(self, first: Way) -> list[Way]:
        """Four more lines, a sixth one, and the two who must not get one: a few beside each other."""
        console.rule("Four more lines, a sixth, an impostor and a replay", align="left")
        holder, other = self.cast.holder, self.cast.other
        filmed = first.before.frames if first.before is not None else []
        plans: list[tuple[Way, Callable[[], Before], int]] = [
            (order(self.client, f"line {number}", number), lambda: self.cast.person(holder), 3)
            for number in range(2, LINES + 2)
        ]
        plans.insert(2, (order(self.client, "impostor", 8), lambda: self.cast.person(other), 1))
        plans.insert(5, (order(self.client, "replay", 9), lambda: self.cast.tablet(filmed), 1))
        say(f"{len(plans)} verifications are opened, and answered {AT_ONCE} at a time")

        def go(plan: tuple[Way, Callable[[], Before], int]) -> Way:
            way, make, attempts = plan
            walk(way, self.document, make, attempts=attempts)
            row = way.end = self.client.verifications.read(way.opened.id)
            say(f"{way.name}: {outcome(row)} [dim]({why(row)})[/]")
            return way

        with ThreadPoolExecutor(AT_ONCE) as pool:
            return list(pool.map(go, plans))

    def lines(self, ways: Sequence[Way]) -> None:
        console.rule("The register", align="left")
        named = {way.name: way for way in ways}
        for name in ("impostor", "replay"):
            way = named[name]
            self.must(right=not way.decided.accepted, what=f"{name} was accepted")
            self._refused(way, "verification_not_accepted")
        for number in range(2, LINES + 1):
            way = named[f"line {number}"]
            self.must(right=way.decided.accepted, what=f"{way.name} was not accepted: {why(way.decided)}")
            if way.decided.accepted:
                self._register(way)
        sixth = named[f"line {LINES + 1}"]
        self.must(right=sixth.decided.accepted, what=f"{sixth.name} was not accepted: {why(sixth.decided)}")
        self._refused(sixth, "lines_used_up")
        shown = self.client.lines.in_my_name(sixth.opened.id)
        say(f"which lines are in my name? GET .../lines: {len(shown.items)}")
        self.must(right=len(shown.items) == LINES, what=f"{len(shown.items)} lines are registered, not {LINES}")

    def _refused(self, way: Way, code: str) -> None:
        try:
            self._register(way)
        except ConflictError as error:
            say(f"{way.name}: [yellow]refused[/], {error.code}: {error}")
            self.must(right=error.code == code, what=f"{way.name} was refused for {error.code}, not {code}")
        else:
            self.must(right=False, what=f"{way.name} was registered")

    def audit(self) -> None:
        console.rule("The audit log", align="left")
        database, ring = f"sqlite:///{self.data / 'store.db'}", str(self.data / "keys" / "audit")
        head = self.data.parent / "head"
        signed = visavis("audit", "sign", "--database", database, "--ring", ring)
        head.write_text(signed.stdout, encoding="utf-8")
        say("a head over all acts so far is signed, and kept elsewhere: `visavis audit sign`")
        done = visavis("audit", "verify", "--database", database, "--keys", ring, "--known-head", str(head))
        console.print((done.stdout or done.stderr).rstrip())
        self.must(right=done.returncode == 0, what=f"`visavis audit verify` ended with {done.returncode}")


def visavis(*arguments: str) -> "subprocess.CompletedProcess[str]":
    """The command, as an operator would give it."""
    command = [sys.executable, "-m", "visavis", *arguments]
    return subprocess.run(command, capture_output=True, text=True, check=False)  # noqa: S603 - our own command


def _readable(claims: object) -> object:
    """Numbers of dates as they are; what is long is cut, so that it fits on a screen."""
    if isinstance(claims, dict):
        return {name: _readable(value) for name, value in claims.items()}
    if isinstance(claims, list):
        return [_readable(item) for item in claims]
    return f"{claims[:40]}..." if isinstance(claims, str) and len(claims) > 70 else claims


def main() -> int:
    if portraits.main() != 0 or fonts.main() != 0:
        return 4
    with tempfile.TemporaryDirectory(prefix="visavis-demo-") as name:
        folder = Path(name)
        console.rule("The service", align="left")
        with ThreadPoolExecutor(1) as pool:
            ready = pool.submit(lambda: (demo_documents.make_genuine(portraits.FOLDER, fonts.FOLDER, folder), cast()))
            with serving(data=folder / "data", captures=True, policies=str(POLICIES)) as served:
                say(f"visavis serve: at {served.address}, SQLite and keys in a temporary folder, real models")
                document, people = ready.result()
                console.print(f"[yellow]{HONESTLY}[/]")
                with Client(served.address, served.key, relying_party=served.party) as client:
                    story = Story(client=client, served=served, data=folder / "data", document=document, cast=people)
                    first = story.first_line()
                    if first.decided.accepted:
                        story.attest(first)
                        story.lines(story.second_attempts(first))
                    story.audit()
    if story.wrong:
        console.print(f"[red]{len(story.wrong)} things were not as they must be.[/]")
        return 1
    say("done: five lines, two refused at the camera, one refused by the register, the log whole; the folder is gone")
    return 0


if __name__ == "__main__":
    sys.exit(main())
