"""`visavis capture` from the key to the erasure, with a whole challenge that is answered over the recorder's socket.

No living person is at hand, so a public-domain portrait is animated in three dimensions: what is tested is that a
capture is recorded as it was seen, not that it is taken for a person.
"""

import io
import json
import random
import re
import signal
import stat
import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from PIL import Image

from recorder_material import KEY, NOW, PageOfPython, Recorder, jpeg, running, setup_of
from visavis.adapters.recordings import Consent, Ending, Opening, RecordedFrame, RecordingWriter, read_recording
from visavis.capture.challenge import Challenge, ChallengePolicy, Eyes, Gesture, issue_challenge
from visavis.capture.picture import RgbImage, read_picture
from visavis.cli import capture, main
from visavis.evaluation.laboratory.puppet import AnimatedPortrait, Puppet
from visavis.evaluation.laboratory.recorded import replay
from visavis.evaluation.laboratory.trial import Page
from visavis.pad.evidence import Witness
from visavis.pad.injection import StreamFacts
from visavis.pad.presentation import Presentation, PresentationFindings
from visavis.wiring import Engine, open_engine

RATE = 10.0
Run = Callable[..., tuple[int, str, str]]


@pytest.fixture
def run(capsys: pytest.CaptureFixture[str]) -> Run:
    """The command in this process: its exit status, standard output and standard error."""

    def call(*arguments: str | Path) -> tuple[int, str, str]:
        with pytest.raises(SystemExit) as left:
            main([str(item) for item in arguments])
        out, err = capsys.readouterr()
        return int(left.value.code or 0), out, err

    return call


@pytest.fixture(scope="module")
def key_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    file = tmp_path_factory.mktemp("keys") / "site.key"
    file.write_bytes(KEY.secret)
    file.chmod(0o600)
    return file


@pytest.fixture(scope="module")
def engine() -> Iterator[Engine]:
    with open_engine(calibrated=False, attack_detection=True) as opened:
        yield opened


@dataclass
class Watched:
    """The analyser's own capture, whose findings are remembered."""

    presentation: Presentation
    findings: list[PresentationFindings] = field(default_factory=list)

    def see(self, picture: object, **times: object) -> object:
        return self.presentation.see(picture, **times)  # type: ignore[arg-type]  # handed on as it came

    def finish(self, facts: StreamFacts) -> PresentationFindings:
        self.findings.append(self.presentation.finish(facts))
        return self.findings[-1]


@dataclass(frozen=True)
class Answered:
    file: Path
    findings: PresentationFindings


@pytest.fixture(scope="module")
def answered(tmp_path_factory: pytest.TempPathFactory, engine: Engine, portraits: Path) -> Answered:
    """A puppet before the recorder's real socket and the real analyser, both on the clock of the frames."""
    still = read_picture(portraits / "obama.jpg")
    face = engine.acquirer.acquire(still).face
    assert face is not None
    puppet = Puppet(AnimatedPortrait(still.pixels, face.mesh), random.Random(3), share=0.3)
    folder = tmp_path_factory.mktemp("recordings")
    now_s = [0.0]
    opened: list[tuple[Challenge, Watched]] = []

    def analyse(challenge: Challenge) -> Watched:
        assert engine.analyser is not None
        opened.append((challenge, Watched(engine.analyser.open(challenge))))
        return opened[-1][1]

    setup = setup_of(
        folder, analyse=analyse, monotonic=lambda: now_s[0], policy=ChallengePolicy(most=3, light_steps=8, least_bits=4)
    )
    lit = False
    with running(setup) as recorder, PageOfPython(recorder) as page:
        page.hello()
        page.begin(opened_s=0.0)
        page.hear_until("begun")
        challenge, watched = opened[0]
        shows = Page(challenge, random.Random(4))
        message: dict[str, Any] = {"type": "view"}
        while message["type"] == "view":
            now_s[0] += 1 / RATE
            page.frame(encoded(puppet.scene(shows.cue(now_s[0]))), time_s=now_s[0] - 0.03)
            message = page.hear_until("prompt", "rest", "view", "result", "error")
            if message["type"] == "rest" and lit:
                lit = False
                colours = [[time, "#{:02x}{:02x}{:02x}".format(*colour)] for time, colour in shows.shown() or ()]
                page.send("shown", nonce=challenge.nonce, colours=colours)
            if message["type"] in ("prompt", "rest"):
                index = message["prompt"]["step"] if message["type"] == "prompt" else None
                lit = message["type"] == "prompt" and message["prompt"]["ask"] == "light"
                shows.told(index, at_s=now_s[0])
                message = page.hear_until("view", "error")
        assert message["type"] == "result", message
        page.send("done")
        page.hear_until("kept")
    return Answered(folder / message["file"], watched.findings[0])


def encoded(scene: RgbImage) -> bytes:
    file = io.BytesIO()
    Image.fromarray(scene).save(file, "JPEG", quality=80)
    return file.getvalue()


def small_recording(folder: Path, name: str, participant: str) -> Path:
    challenge = issue_challenge(policy=ChallengePolicy(), rng=random.Random(1), now=NOW)
    consent = Consent(participant=participant, purpose="a test", notice_sha256="0" * 64, language="en", given_at=NOW)
    file = folder / name
    with RecordingWriter(file, KEY, Opening(challenge=challenge, consent=consent)) as writer:
        for i in range(3):
            writer.add(RecordedFrame(data=jpeg(i), captured_s=i / 10, arrived_s=i / 10))
        writer.finish(StreamFacts(nonce=challenge.nonce), Ending.UNFINISHED)
    return file


@pytest.mark.models
class TestAWholeAnswer:
    def test_it_is_kept_as_complete(self, answered: Answered) -> None:
        found = read_recording(answered.file, KEY)
        assert found.ending is Ending.COMPLETE
        assert found.challenge.light is not None
        assert found.facts.shown is not None
        assert len(found.facts.shown) == 8

    def test_it_is_seen_again_as_it_was_seen(self, answered: Answered, engine: Engine) -> None:
        assert engine.analyser is not None
        again = replay(engine.analyser, read_recording(answered.file, KEY)).findings
        for then, now in zip(answered.findings.witnesses, again.witnesses, strict=True):
            # when templates are taken is drawn anew each time
            assert now.outcome is then.outcome
            assert now == then or now.witness is Witness.CONTINUITY
        assert again.guidance == answered.findings.guidance

    def test_a_check_tells_what_each_witness_finds(self, answered: Answered, run: Run, key_file: Path) -> None:
        status, out, _ = run("capture", "check", answered.file, "--key", key_file, "--json")
        told = json.loads(out)
        live = {item.witness.value: item.outcome.value for item in answered.findings.witnesses}
        assert {item["witness"]: item["outcome"] for item in told["witnesses"]} == live
        assert live["active"] == "pass"
        assert status == {"pass": 0, "fail": 1}.get(told["outcome"], 3)
        assert (told["participant"], told["species"], told["ending"]) == ("P-017", "bona_fide", "complete")

    def test_a_check_of_too_little_cannot_tell(self, run: Run, tmp_path: Path, key_file: Path) -> None:
        file = small_recording(tmp_path, "a.vvcap", "P-1")
        status, text, _ = run("capture", "check", file, "--key", key_file, "--operating-point", "strict")
        assert status == 3
        assert "a.vvcap: bona_fide of P-1, unfinished, 3 frames" in text
        assert re.search(r"^  active +inconclusive", text, re.MULTILINE)


def test_a_key_is_made_once(run: Run, tmp_path: Path) -> None:
    status, out, _ = run("capture", "key", "--out", tmp_path / "site.key")
    assert (status, "site.key" in out) == (0, True)
    assert stat.S_IMODE((tmp_path / "site.key").stat().st_mode) == 0o600
    status, _, err = run("capture", "key", "--out", tmp_path / "site.key")
    assert (status, "[recording_key_exists]" in err) == (2, True)


def test_recordings_are_listed_and_one_that_cannot_be_opened_is_named(run: Run, tmp_path: Path, key_file: Path) -> None:
    small_recording(tmp_path, "a.vvcap", "P-1")
    small_recording(tmp_path, "b.vvcap", "P-2")
    status, out, _ = run("capture", "list", tmp_path, "--key", key_file)
    assert status == 0
    assert "P-1" in out
    assert "Recordings: 2. Participants: 2." in out
    (tmp_path / "c.vvcap").write_bytes(b"nothing")
    status, out, _ = run("capture", "list", tmp_path, "--key", key_file, "--json")
    assert status == 2
    first, _, last = json.loads(out)["recordings"]
    assert first == {
        "file": "a.vvcap",
        "participant": "P-1",
        "species": "bona_fide",
        "ending": "unfinished",
        "recorded_at": NOW.isoformat(),
        "frames": 3,
        "seconds": 0.2,
        "light": True,
    }
    assert last["error"]["code"] == "recording_unreadable"


def test_several_are_erased_and_what_is_no_recording_is_left(run: Run, tmp_path: Path) -> None:
    one, other = small_recording(tmp_path, "a.vvcap", "P-1"), small_recording(tmp_path, "b.vvcap", "P-2")
    letter = tmp_path / "letter.txt"
    letter.write_text("Dear Ann, ...")
    status, out, err = run("capture", "erase", one, letter, other)
    assert status == 2
    assert out.splitlines() == ["Erased a.vvcap.", "Erased b.vvcap."]
    assert "[not_a_recording]" in err
    assert list(tmp_path.iterdir()) == [letter]


@pytest.mark.parametrize(
    ("options", "code"),
    [
        (["--operator", " ", "--contact", "x"], "usage_error"),
        (["--operator", "x", "--contact", "y" * 201], "usage_error"),
        (["--operator", "x", "--contact", "a\x1b[2J"], "usage_error"),
        (["--operator", "x"], "usage_error"),
        (["--operator", "x", "--contact", "y", "--species", "Print"], "usage_error"),
        (["--operator", "x", "--contact", "y", "--captures", "0"], "usage_error"),
        (["--operator", "x", "--contact", "y", "--gestures", "wave"], "gesture_unknown"),
        (["--operator", "x", "--contact", "y", "--gestures", "turn_left,close_eyes"], "challenge_too_predictable"),
    ],
)
def test_what_people_read_is_asked_for(run: Run, tmp_path: Path, key_file: Path, options: list[str], code: str) -> None:
    status, _, err = run("capture", "record", tmp_path / "new", "--key", key_file, *options)
    assert (status, f"[{code}]" in err) == (2, True)
    assert not (tmp_path / "new").exists()


def test_who_can_do_little_is_recorded_with_and_without_light() -> None:
    for no_light in (False, True):
        policy = capture._policy("turn_left,close_eyes,look_down", (), "left", no_light=no_light)
        challenge = issue_challenge(policy=policy, rng=random.Random(2), now=NOW)
        assert set(challenge.gestures) <= {Gesture.TURN_LEFT, Gesture.CLOSE_EYES, Gesture.LOOK_DOWN}
        assert challenge.eyes is Eyes.LEFT
        assert (challenge.light is None) == no_light


@pytest.mark.models
def test_the_command_prints_its_link_and_stops_cleanly(tmp_path: Path, key_file: Path) -> None:
    words = ["--operator", "Example Telecom", "--contact", "privacy@telecom.example"]
    command = [
        sys.executable,
        "-m",
        "visavis",
        "capture",
        "record",
        str(tmp_path / "new"),
        "--key",
        str(key_file),
        *words,
    ]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        try:
            lines = [process.stdout.readline() for _ in range(3)]
            found = re.search(r"http://127\.0\.0\.1:\d+/#[\w-]{43}$", lines[2].strip())
            assert found, lines
            address = Recorder(links=[found[0]], kept=[], analyses=[], server=[], troubles=[], faults=[])
            with PageOfPython(address) as page:
                assert page.hello()["type"] == "welcome"
                page.begin()
                page.hear_until("begun")
                page.frame(jpeg(width=640, height=480))
                page.hear_until("view")
                process.send_signal(signal.SIGINT)
                _, err = process.communicate(timeout=60)
        finally:
            process.kill()
    assert process.returncode == 130
    assert "Traceback" not in err
    assert "[interrupted]" in err
    assert list((tmp_path / "new").iterdir()) == []
    assert stat.S_IMODE((tmp_path / "new").stat().st_mode) == 0o700
