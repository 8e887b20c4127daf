"""The recorder's side of a capture, with a page of Python and an analyser that follows a script."""

import http.client
import json
import struct
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from websockets.exceptions import ConnectionClosed, InvalidStatus

from recorder_material import KEY, NOW, PageOfPython, Recorder, Scripted, jpeg, running, setup_of
from visavis.adapters.recordings import Ending, RecordingLimits, read_recording
from visavis.capture.challenge import Challenge, ChallengePolicy
from visavis.recorder.setup import RecorderLimits
from visavis.recorder.words import notice


@pytest.fixture(scope="module")
def waiting(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Recorder]:
    """One whose link is never used up."""
    with running(setup_of(tmp_path_factory.mktemp("recordings"))) as recorder:
        yield recorder


def files(folder: Path) -> list[str]:
    return sorted(file.name for file in folder.iterdir())


def test_a_capture_is_kept_with_all_that_belongs_to_it(tmp_path: Path) -> None:
    with running(setup_of(tmp_path, species="print_flat")) as recorder:
        with PageOfPython(recorder) as page:
            assert page.hello()["type"] == "welcome"
            assert files(tmp_path) == []
            page.begin()
            result, prompts = page.answer()
            assert result["type"] == "result"
            assert result["ending"] == "complete"
            page.send("done")
            assert page.hear() == {"type": "kept", "next": None}
        recorder.thread.join(20)
        assert not recorder.thread.is_alive()  # its work is done
    (name,) = files(tmp_path)
    assert name == result["file"]
    found = read_recording(tmp_path / name, KEY)
    challenge = found.challenge
    assert [prompt["step"] for prompt in prompts] == list(range(len(challenge.steps)))
    assert (found.species, found.ending) == ("print_flat", Ending.COMPLETE)
    assert [frame.captured_s for frame in found.frames] == pytest.approx(
        [100 + i / 10 for i in range(len(found.frames))]
    )
    assert [frame.data for frame in found.frames] == [jpeg(i) for i in range(len(found.frames))]
    assert result["frames"] == len(found.frames)
    arrivals = [frame.arrived_s for frame in found.frames]
    assert arrivals == sorted(arrivals)
    assert arrivals[0] >= 0
    assert challenge.light is not None
    shown = found.facts.shown
    assert shown is not None
    assert tuple(colour for _, colour in shown) == challenge.light.colours
    assert (found.facts.camera, found.facts.opened_s, found.facts.nonce) == ("USB camera", 100.0, challenge.nonce)
    agreed = notice("zh-Hans", operator="Example Telecom", contact="privacy@telecom.example", purpose=None, light=True)
    assert found.consent.notice_sha256 == agreed.sha256
    assert (found.consent.participant, found.consent.language, found.consent.given_at) == ("P-017", "zh-Hans", NOW)
    (analysis,) = recorder.analyses
    assert analysis.facts == replace(found.facts)
    assert [(one, other) for one, other, _ in analysis.seen] == [(f.captured_s, f.arrived_s) for f in found.frames]


def test_the_page_is_never_told_what_follows(tmp_path: Path) -> None:
    with running(setup_of(tmp_path)) as recorder, PageOfPython(recorder) as page:
        page.hello()
        page.begin()
        page.hear_until("begun")
        heard: list[dict[str, Any]] = []
        page.frame()
        while not heard or heard[-1]["type"] != "prompt":
            heard.append(page.hear())
            if heard[-1]["type"] == "view":
                page.frame()
        assert set(heard[-1]["prompt"]) <= {"nonce", "step", "ask", "within_s", "eyes", "for_s", "colours", "step_s"}
        later = {step.gesture.value for step in challenge_of(recorder).steps[1:] if hasattr(step, "gesture")}
        asked = heard[-1]["prompt"]["ask"]
        assert all(gesture not in json.dumps(heard) for gesture in later - {asked})


def challenge_of(recorder: Recorder) -> Challenge:
    return recorder.analyses[0].challenge


def test_a_capture_that_was_not_finished_is_kept_and_says_so(tmp_path: Path) -> None:
    setup = setup_of(tmp_path, analyse=lambda challenge: Scripted(challenge, passes=False))
    with running(setup) as recorder, PageOfPython(recorder) as page:
        page.hello()
        page.begin()
        result, _ = page.answer()
        assert result["ending"] == "unfinished"
        page.send("done")
        page.hear_until("kept")
        assert recorder.kept[0].reasons == ("gesture_missing",)
    assert read_recording(tmp_path / result["file"], KEY).ending is Ending.UNFINISHED


def test_the_page_is_told_when_the_colours_wait_and_when_they_go_on(tmp_path: Path) -> None:
    setup = setup_of(tmp_path, analyse=lambda challenge: Scripted(challenge, paused=(3, 4, 6)))
    with running(setup) as recorder, PageOfPython(recorder) as page:
        page.hello()
        page.begin()
        page.hear_until("begun")
        heard = []
        for _ in range(7):
            page.frame()
            while (message := page.hear())["type"] != "view":
                heard += [message["held"]] if message["type"] == "hold" else []
        assert heard == [True, False, True, False]


def test_without_light_no_colour_is_asked_for(tmp_path: Path) -> None:
    with running(setup_of(tmp_path)) as recorder, PageOfPython(recorder) as page:
        page.hello()
        page.begin(light=False)
        result, prompts = page.answer()
        assert all(prompt["ask"] != "light" for prompt in prompts)
    found = read_recording(tmp_path / result["file"], KEY)
    assert found.challenge.light is None
    assert found.facts.shown is None


def test_an_operator_may_leave_the_light_out_for_everybody(tmp_path: Path) -> None:
    setup = setup_of(tmp_path, policy=ChallengePolicy(light_steps=0))
    with running(setup) as recorder, PageOfPython(recorder) as page:
        welcome = page.hello()
        assert welcome["light"] is False
        page.begin(light=True)
        result, _ = page.answer()
    assert read_recording(tmp_path / result["file"], KEY).challenge.light is None


def test_several_people_one_after_another_each_by_a_link_of_their_own(tmp_path: Path) -> None:
    with running(setup_of(tmp_path, captures=2)) as recorder:
        with PageOfPython(recorder) as page:
            page.hello()
            page.begin()
            page.answer()
            page.send("done")
            token = page.hear_until("kept")["next"]
        assert token == recorder.token
        assert recorder.links[0].split("#")[1] != token
        with PageOfPython(recorder) as page:
            used = recorder.links[0].split("#")[1]
            assert page.hello(used) == {"type": "error", "code": "capture_link_invalid"}
        with PageOfPython(recorder) as page:
            assert page.hello(token)["type"] == "welcome"
            page.begin(participant="P-018")
            page.answer()
        recorder.thread.join(20)
        assert not recorder.thread.is_alive()
    people = {read_recording(tmp_path / name, KEY).consent.participant for name in files(tmp_path)}
    assert people == {"P-017", "P-018"}


class TestNothingIsKept:
    def after(self, tmp_path: Path, recorder: Recorder) -> None:
        recorder.server[0].should_exit = True
        recorder.thread.join(20)
        assert files(tmp_path) == []
        assert recorder.kept == []

    def test_when_the_person_stops(self, tmp_path: Path) -> None:
        with running(setup_of(tmp_path)) as recorder:
            with PageOfPython(recorder) as page:
                page.hello()
                page.begin()
                page.hear_until("begun")
                page.frame()
                page.hear_until("view")
                page.send("stop")
                with pytest.raises(ConnectionClosed):
                    page.hear_until("never")
            with PageOfPython(recorder) as page:  # the link is still good
                assert page.hello()["type"] == "welcome"
            self.after(tmp_path, recorder)

    def test_when_the_connection_goes(self, tmp_path: Path) -> None:
        with running(setup_of(tmp_path)) as recorder:
            with PageOfPython(recorder) as page:
                page.hello()
                page.begin()
                page.hear_until("begun")
                page.frame()
                page.hear_until("view")
                assert files(tmp_path)  # under a name that says that it isn't finished
            self.after(tmp_path, recorder)

    def test_when_pictures_stop_coming(self, tmp_path: Path) -> None:
        setup = setup_of(tmp_path, limits=RecorderLimits(stall_s=0.2))
        with running(setup) as recorder:
            with PageOfPython(recorder) as page:
                page.hello()
                page.begin()
                page.hear_until("begun")
                assert page.hear_until("error")["code"] == "capture_stalled"
            self.after(tmp_path, recorder)

    def test_when_it_takes_too_long(self, tmp_path: Path) -> None:
        times = iter([0.0, 0.0, 0.0, *[1000.0] * 100])
        with running(setup_of(tmp_path, monotonic=lambda: next(times))) as recorder:
            with PageOfPython(recorder) as page:
                page.hello()
                page.begin()
                page.hear_until("begun")
                page.frame()
                assert page.hear_until("error")["code"] == "capture_timeout"
            self.after(tmp_path, recorder)

    def test_when_it_grows_too_large(self, tmp_path: Path) -> None:
        setup = setup_of(tmp_path, limits=RecorderLimits(recording=RecordingLimits(most_frames=3)))
        with running(setup) as recorder:
            with PageOfPython(recorder) as page:
                page.hello()
                page.begin()
                assert page.answer()[0] == {"type": "error", "code": "recording_too_large"}
            self.after(tmp_path, recorder)

    def test_when_it_is_erased_at_the_end(self, tmp_path: Path) -> None:
        with running(setup_of(tmp_path)) as recorder, PageOfPython(recorder) as page:
            page.hello()
            page.begin()
            page.answer()
            assert len(files(tmp_path)) == 1
            page.send("erase")
            assert page.hear()["type"] == "erased"
            assert files(tmp_path) == []
            assert recorder.kept[0].erased

    def test_when_it_cannot_be_erased_the_operator_is_told_and_the_link_is_spent(self, tmp_path: Path) -> None:
        with running(setup_of(tmp_path)) as recorder:
            with PageOfPython(recorder) as page:
                page.hello()
                page.begin()
                page.answer()
                (file,) = [item for item in tmp_path.iterdir() if item.suffix == ".vvcap"]
                file.write_bytes(b"another file by now" + bytes(500))
                page.send("erase")
                assert page.hear() == {"type": "error", "code": "not_a_recording"}
            assert not recorder.kept[0].erased
            assert recorder.kept[0].trouble is not None
            assert recorder.kept[0].trouble.code == "not_a_recording"

    @pytest.mark.parametrize(
        "data", [b"", b"GIF89a not a picture", jpeg()[:200], jpeg(width=20, height=20), b"\xff\xd8" + bytes(3_000)]
    )
    def test_when_a_frame_is_no_picture(self, tmp_path: Path, data: bytes) -> None:
        with running(setup_of(tmp_path)) as recorder:
            with PageOfPython(recorder) as page:
                page.hello()
                page.begin()
                page.hear_until("begun")
                page.frame(data)
                assert page.hear_until("error")["code"]
            self.after(tmp_path, recorder)


class TestWhoMayRecord:
    @pytest.mark.parametrize("token", ["", "x", "ä", "0" * 43, "0" * 90])
    def test_only_who_has_the_link(self, waiting: Recorder, token: str) -> None:
        with PageOfPython(waiting) as page:
            assert page.hello(token) == {"type": "error", "code": "capture_link_invalid"}
            with pytest.raises(ConnectionClosed):
                page.hear()

    def test_one_page_at_a_time(self, tmp_path: Path) -> None:
        with running(setup_of(tmp_path)) as recorder, PageOfPython(recorder) as page:
            page.hello()
            with PageOfPython(recorder) as second:
                assert second.hello() == {"type": "error", "code": "capture_busy"}
            page.begin()
            assert page.hear()["type"] == "begun"

    @pytest.mark.parametrize("origin", ["http://evil.example", "null", "https://127.0.0.1", "http://127.0.0.1:1"])
    def test_no_page_of_another_origin(self, waiting: Recorder, origin: str) -> None:
        with pytest.raises(InvalidStatus) as caught:
            PageOfPython(waiting, origin=origin).__enter__()
        assert caught.value.response.status_code == 403

    def test_no_other_name_for_this_machine(self, waiting: Recorder) -> None:
        for host, status in (
            (waiting.host, 200),
            (waiting.host.replace("127.0.0.1", "localhost"), 200),
            ("rebound.example", 403),
            (f"rebound.example:{waiting.host.split(':')[1]}", 403),
            ("127.0.0.1", 403),
        ):
            assert get(waiting, "/", host=host)[0] == status

    def test_it_listens_on_the_loopback_alone(self, waiting: Recorder) -> None:
        assert waiting.host.startswith("127.0.0.1:")
        assert get(waiting, "/")[0] == 200
        addresses = {sock.getsockname()[0] for server in waiting.server[0].servers for sock in server.sockets}
        assert addresses == {"127.0.0.1"}


def get(recorder: Recorder, path: str, *, method: str = "GET", **headers: str) -> tuple[int, dict[str, str], bytes]:
    connection = http.client.HTTPConnection(recorder.host, timeout=20)
    connection.request(method, path, headers=headers)
    answer = connection.getresponse()
    found = answer.status, {name.lower(): value for name, value in answer.getheaders()}, answer.read()
    connection.close()
    return found


class TestWhatIsServed:
    def test_every_file_of_the_page_with_headers_that_keep_it_to_itself(self, waiting: Recorder) -> None:
        names = ["", "main.js", "light.js", "camera.js", "link.js", "words.js", "announcer.js", "style.css", "icon.svg"]
        for name in [*names, "words/en.json", "words/zh-Hans.json"]:
            status, headers, body = get(waiting, f"/{name}")
            assert (status, bool(body)) == (200, True), name
            policy = headers["content-security-policy"]
            assert "default-src 'none'" in policy
            assert "unsafe" not in policy
            assert "camera=(self)" in headers["permissions-policy"]
            assert (headers["cache-control"], headers["referrer-policy"]) == ("no-store", "no-referrer")
            assert headers["x-content-type-options"] == "nosniff"
            assert "server" not in headers

    @pytest.mark.parametrize(
        "path", ["/none", "/../session.py", "/%2e%2e/session.py", "/words/de.json", "/words/", "/capture", "//", "/.."]
    )
    def test_nothing_else(self, waiting: Recorder, path: str) -> None:
        assert get(waiting, path)[0] == 404
        assert get(waiting, path, method="POST")[0] == 403


class TestWhatThePageMaySend:
    @pytest.mark.parametrize(
        "message",
        [
            "",
            "{",
            "[]",
            '"hello"',
            '{"type":"hello"}',
            '{"type":"hello","token":3}',
            '{"type":"hello","token":"a","more":1}',
            '{"type":"begin"}',
            '{"type":"nothing"}',
            "[" * 5_000,
            " " * 9_000,
            b"\x01\0\0\0",
        ],
    )
    def test_nonsense_is_refused_at_once(self, waiting: Recorder, message: str | bytes) -> None:
        with PageOfPython(waiting) as page:
            page.socket.send(message)
            assert page.hear() == {"type": "error", "code": "capture_message_invalid"}

    @pytest.mark.parametrize(
        "changes",
        [
            {"consent": False},
            {"consent": None},
            {"participant": "Ann Other"},
            {"participant": ""},
            {"language": "tlh"},
            {"language": "../en"},
            {"light": "yes"},
            {"camera": "x" * 201},
            {"opened_s": None},
        ],
    )
    def test_without_an_agreement_nothing_begins(self, waiting: Recorder, changes: dict[str, object]) -> None:
        with PageOfPython(waiting) as page:
            page.hello()
            page.begin(**changes)
            assert page.hear() == {"type": "error", "code": "capture_message_invalid"}
            assert waiting.kept == []

    def test_a_frame_before_the_agreement_is_refused(self, waiting: Recorder) -> None:
        with PageOfPython(waiting) as page:
            page.hello()
            page.frame()
            assert page.hear() == {"type": "error", "code": "capture_message_invalid"}

    @pytest.mark.parametrize(
        "header",
        [
            struct.pack(">B3xId", 2, 0, 1.0),
            struct.pack(">B3xId", 1, 1, 1.0),
            struct.pack(">B3xId", 1, 0, float("nan")),
            struct.pack(">B3xId", 1, 0, float("inf")),
            struct.pack(">BBHId", 1, 1, 0, 0, 1.0),
        ],
    )
    def test_a_frame_with_a_wrong_header_is_refused(self, waiting: Recorder, header: bytes) -> None:
        with PageOfPython(waiting) as page:
            page.hello()
            page.begin()
            page.hear_until("begun")
            page.socket.send(header + jpeg())
            assert page.hear_until("error")["code"] == "capture_message_invalid"

    def test_more_frames_than_credits_are_refused(self, waiting: Recorder) -> None:
        with PageOfPython(waiting) as page:
            page.hello()
            for _ in range(5):  # before the agreement none is looked at, so none gives a new credit
                page.frame()
            assert page.hear_until("error")["code"] in ("capture_message_invalid", "capture_too_fast")

    def test_more_messages_than_a_page_would_send_are_refused(self, tmp_path: Path) -> None:
        setup = setup_of(tmp_path, monotonic=lambda: 1.0, limits=RecorderLimits(messages_a_second=10))
        with running(setup) as recorder, PageOfPython(recorder) as page:
            page.hello()
            page.begin()
            page.hear_until("begun")
            page.frame()
            while (message := page.hear())["type"] != "error":
                if message["type"] == "view":
                    page.frame()
            assert message["code"] == "capture_too_fast"

    def test_a_message_larger_than_a_frame_ends_the_connection(self, tmp_path: Path) -> None:
        setup = setup_of(tmp_path, limits=RecorderLimits(recording=RecordingLimits(most_frame_bytes=10_000)))
        with running(setup) as recorder, PageOfPython(recorder) as page:
            page.hello()
            page.socket.send(bytes(20_000))
            with pytest.raises(ConnectionClosed):
                page.hear()

    @pytest.mark.parametrize(
        ("nonce", "colours"),
        [("0" * 48, [[1.0, "#ffffff"]]), ("", []), (None, [[1.0, "red"]]), (None, [["1", "#000000"]])],
    )
    def test_colours_for_another_challenge_or_in_no_form_are_refused(
        self, waiting: Recorder, nonce: str | None, colours: list[object]
    ) -> None:
        with PageOfPython(waiting) as page:
            page.hello()
            page.begin()
            page.hear_until("begun")
            page.frame()
            while (message := page.hear())["type"] != "error":
                if message["type"] == "prompt" and message["prompt"]["ask"] == "light":
                    page.send("shown", nonce=message["prompt"]["nonce"] if nonce is None else nonce, colours=colours)
                elif message["type"] == "view":
                    page.frame()
                assert message["type"] != "result"
            assert message["code"] == "capture_message_invalid"

    def test_colours_that_nobody_asked_for_are_refused(self, waiting: Recorder) -> None:
        with PageOfPython(waiting) as page:
            page.hello()
            page.begin()
            page.hear_until("begun")
            page.send("shown", nonce="", colours=[])
            assert page.hear_until("error")["code"] == "capture_message_invalid"


def test_a_page_that_never_says_when_it_showed_the_colours_is_kept_without(tmp_path: Path) -> None:
    with running(setup_of(tmp_path)) as recorder, PageOfPython(recorder) as page:
        page.hello()
        page.begin()
        page.hear_until("begun")
        page.frame()
        while (message := page.hear())["type"] != "result":
            if message["type"] == "view":
                page.frame()
    assert read_recording(tmp_path / message["file"], KEY).facts.shown is None


def test_a_fault_of_the_analyser_ends_the_recorder_and_keeps_nothing(tmp_path: Path) -> None:
    def broken(_challenge: Challenge) -> Scripted:
        raise RuntimeError("a fault")

    with running(setup_of(tmp_path, analyse=broken)) as recorder:
        with PageOfPython(recorder) as page:
            page.hello()
            page.begin()
            assert page.hear() == {"type": "error", "code": "internal_error"}
        recorder.thread.join(20)
        assert [str(fault) for fault in recorder.faults] == ["a fault"]
    assert files(tmp_path) == []


def test_a_folder_that_is_gone_is_told_to_the_operator(tmp_path: Path) -> None:
    with running(setup_of(tmp_path / "gone")) as recorder, PageOfPython(recorder) as page:
        page.hello()
        page.begin()
        assert page.hear() == {"type": "error", "code": "recording_not_written"}
        assert [error.code for error in recorder.troubles] == ["recording_not_written"]
