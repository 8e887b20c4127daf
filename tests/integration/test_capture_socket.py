"""The capture WebSocket over a real connection: a page of Python, and an analyser that follows a script."""

import threading
from collections.abc import Callable, Iterator
from dataclasses import replace

import pytest
from websockets.exceptions import InvalidStatus

from capture_material import ScriptedAnalysis, gestures_of, jpeg, make_stage
from capture_socket_material import CALM, LIMITS, Page, Service, serving
from store_material import POLICY
from visavis.capture.challenge import Challenge
from visavis.domain.distance import Distance
from visavis.domain.evidence import Outcome
from visavis.domain.states import By, Capturing, Consented, Decided, Withdrawn
from visavis.domain.verification import Verification
from visavis.errors import StorageError
from visavis.pad.evidence import Witness
from visavis.service.live_capture import MOST_FRAME_BYTES, LiveCapture
from visavis.service.sealed_reading import MOST_LETTERS
from visavis.web.capture.session import CaptureLimits


@pytest.fixture(scope="module")
def service() -> Iterator[Service]:
    with serving() as opened:
        yield opened


def page_of(service: Service) -> tuple[Verification, Page, str]:
    """A holder's page that is not open yet, and the reading it would bring."""
    row, session, cookie = service.holder()
    return row, Page(service, cookie), service.stage.sealed(row, session=session.key)


def state_of(service: Service, row: Verification) -> object:
    return service.stage.row(row).state


class TestACapture:
    def test_is_framed_for_the_distance_of_its_policy(self) -> None:
        stage = make_stage(policy=POLICY.replace("attempts = 2", 'attempts = 2\ndistance = "kiosk"'))
        with serving(stage) as service:
            _, page, reading = page_of(service)
            with page:
                begun = page.hello(reading)
                assert (begun["oval"], begun["side"]) == ({"width": 0.31, "height": 0.41}, 960)
        assert stage.analyser.distances == [Distance.KIOSK]

    def test_goes_from_hello_to_the_decision(self, service: Service) -> None:
        row, page, reading = page_of(service)
        with page:
            begun = page.hello(reading)
            assert begun == {
                "type": "begun",
                "protocol": 1,
                "credits": 4,
                "most_frame_bytes": MOST_FRAME_BYTES,
                "valid_s": 60.0,
                "oval": {"width": 0.51, "height": 0.68},
                "side": 640,
            }
            assert isinstance(state_of(service, row), Capturing)
            result, heard = page.answer()
            assert result == {
                "type": "result",
                "outcome": "accepted",
                "state": "decided",
                "attempts_left": 0,
                "advice": [],
            }
            assert page.closed() == 1000
        assert isinstance(state_of(service, row), Decided)
        challenge = service.stage.analysis.challenge
        prompts = [message["prompt"] for message in heard if message["type"] == "prompt"]
        assert [prompt["step"] for prompt in prompts] == list(range(len(challenge.steps)))
        assert [prompt["ask"] for prompt in prompts if prompt["ask"] != "light"] == gestures_of(challenge)
        facts = service.stage.analysis.facts
        assert facts is not None
        assert (facts.nonce, facts.opened_s, facts.camera) == (challenge.nonce, 100.0, "USB camera")
        assert challenge.light is not None
        assert facts.shown is not None
        assert tuple(colour for _, colour in facts.shown) == challenge.light.colours
        assert service.stage.analysis.lit_until_s == facts.shown[-1][0] + challenge.light.step_s
        views = [message for message in heard if message["type"] == "view"]
        assert all((view["guidance"], view["credits"]) == (["closer"], 4) for view in views)
        assert [message["type"] for message in heard][-1] == "finishing"

    def test_that_could_not_tell_leaves_another_attempt_over_another_connection(self) -> None:
        said = {Witness.ACTIVE: (Outcome.INCONCLUSIVE, "gesture_missing")}
        with serving(make_stage(make=lambda challenge: ScriptedAnalysis(challenge, said=said))) as service:
            row, page, reading = page_of(service)
            for left in (1, 0):
                page.sent = 0
                with page:
                    page.hello(reading)
                    result, _ = page.answer()
                    assert (result["outcome"], result["attempts_left"]) == ("inconclusive", left)
                    assert ("gesture_missing" in result["advice"]) is bool(left)
            page.sent = 0
            with page:
                assert page.hello(reading)["code"] == "step_not_possible"
                assert page.closed() == 4409
            assert isinstance(state_of(service, row), Decided)

    def test_tells_when_the_colours_wait_and_go_on(self) -> None:
        with serving(make_stage(make=lambda challenge: ScriptedAnalysis(challenge, paused=(3, 4, 6)))) as service:
            _, page, reading = page_of(service)
            with page:
                page.hello(reading)
                _, heard = page.answer()
        assert [message["held"] for message in heard if message["type"] == "hold"] == [True, False, True, False]

    def test_is_made_for_what_the_holder_can_do(self, service: Service) -> None:
        _, page, reading = page_of(service)
        with page:
            page.hello(reading, light=False, eyes="left", replaced={"look_up": "look_down"})
            _, heard = page.answer()
        assert service.stage.analysis.challenge.eyes == "left"
        assert all(message["prompt"]["ask"] not in ("light", "look_up") for message in heard if "prompt" in message)

    def test_never_tells_what_follows(self, service: Service) -> None:
        _, page, reading = page_of(service)
        with page:
            assert "prompt" not in page.hello(reading)
            page.frame()
            while (message := page.hear())["type"] != "prompt":
                if message["type"] == "view":
                    page.frame()
            fields = {"nonce", "step", "ask", "within_s", "eyes", "for_s", "colours", "step_s"}
            assert set(message["prompt"]) <= fields


class TestWhoMayOpenIt:
    @pytest.mark.parametrize("origin", ["http://evil.example", "null", "https://127.0.0.1", ""])
    def test_no_page_of_another_origin(self, service: Service, origin: str) -> None:
        _, page, _ = page_of(service)
        page.origin = origin
        with pytest.raises(InvalidStatus) as caught:
            page.__enter__()
        assert caught.value.response.status_code == 403

    @pytest.mark.parametrize("cookie", ["", "visavis=", "visavis=" + "A" * 43, "other=1"])
    def test_nobody_without_a_session(self, service: Service, cookie: str) -> None:
        with Page(service, cookie) as page:
            assert page.hear()["code"] == "holder_session_unknown"
            assert page.closed() == 4401

    def test_no_device_that_only_watches(self, service: Service) -> None:
        _, session, cookie = service.holder()
        handed = service.setup.links.hand_off(session)
        service.setup.links.exchange(handed.token)
        with Page(service, cookie) as page:
            assert page.hear()["code"] == "holder_only_watches"
            assert page.closed() == 4403

    def test_nobody_with_a_reading_of_another_session(self, service: Service) -> None:
        row, page, _ = page_of(service)
        with page:
            assert page.hello(service.stage.sealed(row, session="another"))["code"] == "reading_invalid"
            assert page.closed() == 4422
        assert isinstance(state_of(service, row), Consented)
        assert service.desk.load().captures == 0

    def test_one_capture_at_a_time(self, service: Service) -> None:
        row, page, reading = page_of(service)
        with page:
            assert page.hello(reading)["type"] == "begun"
            with Page(service, page.cookie) as second:
                refused = second.hello(reading)
                assert (refused["code"], refused["retry_after"] > 0) == ("capture_running", True)
                assert second.closed() == 4429
            assert isinstance(state_of(service, row), Capturing)
            assert page.answer()[0]["outcome"] == "accepted"

    def test_who_comes_when_all_places_are_taken_is_told_when_to_come_again(self) -> None:
        with serving(options=replace(CALM, most_captures=1)) as service:
            _, first, reading = page_of(service)
            row, second, other = page_of(service)
            with first:
                assert first.hello(reading)["type"] == "begun"
                with second:
                    refused = second.hello(other)
                    assert refused["code"] == "capture_busy"
                    assert refused["retry_after"] >= 1
                    assert second.closed() == 4429
                state = state_of(service, row)
                assert isinstance(state, Consented)
                assert state.attempts == 0  # who is refused has lost nothing
                assert first.answer()[0]["outcome"] == "accepted"


def interrupted(service: Service, row: Verification) -> bool:
    """Whether it waits for another attempt; the store is told within moments."""
    for _ in range(500):
        if service.desk.load().captures == 0 and isinstance(state_of(service, row), Consented):
            return True
        threading.Event().wait(0.01)
    return False


class TestNothingStays:
    def begun(self, service: Service, **hello: object) -> tuple[Verification, Page]:
        row, page, reading = page_of(service)
        page.__enter__()
        assert page.hello(reading, **hello)["type"] == "begun"
        return row, page

    def test_when_the_holder_stops(self, service: Service) -> None:
        row, page = self.begun(service)
        page.frame()
        page.hear_until("view")
        page.send("stop")
        assert page.closed() == 1000
        assert interrupted(service, row)

    def test_when_the_connection_goes(self, service: Service) -> None:
        row, page = self.begun(service)
        page.frame()
        page.socket.socket.close()
        assert interrupted(service, row)

    @pytest.mark.parametrize(
        ("say", "code", "close"),
        [
            (lambda page: page.socket.send("{}"), "capture_message_invalid", 4400),
            (lambda page: page.socket.send("\ud7ff" * 9000), "capture_message_invalid", 4400),
            (lambda page: page.socket.send(b""), "capture_message_invalid", 4400),
            (lambda page: page.socket.send(b"\x02" + bytes(15) + jpeg()), "capture_message_invalid", 4400),
            (lambda page: page.frame(number=7), "capture_message_invalid", 4400),
            (lambda page: page.frame(b"GIF89a"), "frame_not_jpeg", 4400),
            (lambda page: page.frame(jpeg(width=60, height=60)), "picture_too_small", 4400),
            (lambda page: page.frame(bytes(MOST_FRAME_BYTES + 1)), "capture_message_invalid", 4400),
            (lambda page: page.send("shown", nonce="x", colours=[]), "capture_message_invalid", 4400),
            (lambda page: page.send("hello", protocol=1, reading="", opened_s=1.0), "capture_message_invalid", 4400),
            (
                lambda page: [page.send("shown", nonce="x", colours=[]) for _ in range(40)],
                "capture_message_invalid",
                4400,
            ),
        ],
    )
    def test_when_the_page_says_what_it_must_not(
        self, service: Service, say: Callable[[Page], object], code: str, close: int
    ) -> None:
        row, page = self.begun(service)
        say(page)
        told = page.hear_until("error")
        assert told["code"] == code
        assert page.closed() == close
        assert interrupted(service, row)

    def test_when_it_sends_more_frames_than_it_has_credits(self) -> None:
        held = threading.Event()

        def slow(challenge: Challenge) -> ScriptedAnalysis:
            analysis = ScriptedAnalysis(challenge)
            see = analysis.see
            analysis.see = lambda *args, **more: (held.wait(20), see(*args, **more))[1]  # type: ignore[method-assign]  # to make it wait
            return analysis

        with serving(make_stage(make=slow)) as service:
            row, page = self.begun(service)
            for _ in range(6):
                page.frame()
            held.set()
            assert page.hear_until("error")["code"] == "capture_too_fast"
            assert page.closed() == 4429
            assert interrupted(service, row)

    def test_when_no_frame_comes(self) -> None:
        with serving(limits=CaptureLimits(stall_s=0.1)) as service:
            row, page = self.begun(service)
            assert page.hear_until("error")["code"] == "capture_stalled"
            assert page.closed() == 4408
            assert interrupted(service, row)

    def test_when_no_hello_comes(self) -> None:
        with serving(limits=CaptureLimits(hello_s=0.1)) as service:
            row, page, _ = page_of(service)
            with page:
                assert page.hear()["code"] == "capture_timeout"
                assert page.closed() == 4408
            assert isinstance(state_of(service, row), Consented)

    def test_when_a_model_breaks(self) -> None:
        fault = RuntimeError("broken by a test")
        with serving(make_stage(make=lambda challenge: ScriptedAnalysis(challenge, fault=fault))) as service:
            row, page = self.begun(service)
            page.frame()
            assert page.hear() == {
                "type": "error",
                "code": "internal_error",
                "what_to_do": "Try again in a while.",
            }
            assert page.closed() == 4500
            assert interrupted(service, row)

    def test_when_the_consent_is_taken_back_the_capture_ends_soon(self, service: Service) -> None:
        row, page = self.begun(service)
        service.stage.world.verifications.withdraw(row.relying_party, row.id, by=By.HOLDER)
        threading.Event().wait(LIMITS.check_s * 1.5)
        page.frame()
        assert page.hear_until("error")["code"] == "capture_superseded"
        assert page.closed() == 4409
        assert isinstance(state_of(service, row), Withdrawn)

    def test_a_store_that_is_busy_for_a_moment_ends_nothing(self, monkeypatch: pytest.MonkeyPatch) -> None:
        def busy(_capture: LiveCapture) -> None:
            asked.append(1)
            raise StorageError("storage_busy", "Busy, says a test.")

        asked: list[int] = []
        monkeypatch.setattr(LiveCapture, "check", busy)
        with serving(limits=replace(LIMITS, check_s=0.0)) as service:
            _, page = self.begun(service)
            assert page.answer()[0]["outcome"] == "accepted"
        assert asked

    def test_when_the_service_goes_down_each_page_is_told(self) -> None:
        with serving() as service:
            rows = [self.begun(service) for _ in range(3)]
            ending = threading.Thread(target=service.end)
            ending.start()
            for _, page in rows:
                told = page.hear_until("error")
                assert (told["code"], told["retry_after"]) == ("service_restarting", 3)
                assert page.closed() == 1012
            ending.join(30)
            for row, _ in rows:
                assert isinstance(state_of(service, row), Consented)


def test_a_reading_that_is_too_long_is_refused(service: Service) -> None:
    row, page, _ = page_of(service)
    with page:
        assert page.hello("A" * (MOST_LETTERS + 1))["code"] == "capture_message_invalid"
        assert page.closed() == 4400
    assert isinstance(state_of(service, row), Consented)


def test_what_it_cost_and_how_it_ended_can_be_seen(service: Service) -> None:
    _, page, reading = page_of(service)
    with page:
        page.hello(reading)
        page.answer()
    numbers = service.setup.telemetry.page().decode()
    assert 'visavis_stage_seconds_count{stage="frame"}' in numbers
    assert 'visavis_stage_seconds_count{stage="decision"}' in numbers
    assert 'visavis_captures_total{ending="decided"}' in numbers
    assert 'visavis_decisions_total{outcome="accepted",policy="change_of_line"}' in numbers
