"""A holder's device of the client, against a service that really listens: link, consent, document, capture, rights."""

import time
from collections.abc import Iterator
from dataclasses import dataclass, field, replace

import httpx
import pytest

from capture_material import jpeg
from capture_socket_material import LIMITS, Service, serving
from visavis.client import ConflictError, HolderClient, NotAllowedError, ServiceUnreachableError
from visavis.client.capture import CaptureEndedError, CaptureOptions, Prompt
from visavis.client.holder import Entry
from visavis.domain.states import Consented
from visavis.domain.verification import Verification


@pytest.fixture(scope="module")
def service() -> Iterator[Service]:
    # the script goes on by frames, and so long before a page has shown all colours: they are waited for
    with serving(limits=replace(LIMITS, shown_s=20.0)) as opened:
        yield opened


def hurried() -> float:
    """A page's clock that goes fast: twenty frames a second, of the twenty-five messages that are taken."""
    return time.monotonic() * 2


@dataclass
class Acted:
    """Frames of one colour, and what was asked of whom stands there."""

    asked_for: list[str] = field(default_factory=list)
    colours: list[str | None] = field(default_factory=list)
    hints: set[str] = field(default_factory=set)
    taken: int = 0

    def frame(self, at: float) -> bytes:
        self.taken += 1
        return jpeg(self.taken)

    def asked(self, prompt: Prompt | None, at: float) -> None:
        self.asked_for += [] if prompt is None else [prompt.ask]

    def lit(self, colour: str | None, at: float) -> None:
        self.colours.append(colour)

    def guided(self, guidance: tuple[str, ...], at: float) -> None:
        self.hints |= set(guidance)


def link_of(service: Service) -> tuple[Verification, str]:
    row = service.stage.world.open()
    return row, f"http://{service.address}/p/verify#{service.setup.links.issue(row)}"


def test_a_holder_from_the_link_to_the_result(service: Service) -> None:
    row, link = link_of(service)
    with HolderClient(link) as holder:
        assert holder.exchange() == Entry(verification=row.id, may_act=True)
        assert (holder.status().state, holder.status().next) == ("requested", "consent")
        notice = holder.notice("en")
        assert [section.name for section in notice.sections][:2] == ["who", "why"]
        status = holder.consent(notice)
        assert (status.state, status.next) == ("consented", "document")
        assert holder.receipt()
        reading = sealed(service, row, holder)
        scene = Acted()
        result = holder.capture(reading, scene, CaptureOptions(camera="USB camera", clock=hurried))
        assert (result.outcome, result.state, result.attempts_left) == ("accepted", "decided", 0)
        challenge = service.stage.analysis.challenge
        assert len(result.prompts) == len(challenge.steps)
        assert list(result.prompts) == scene.asked_for
        assert challenge.light is not None
        assert len(scene.colours) == len(challenge.light.colours) + 1
        assert scene.colours[-1] is None
        facts = service.stage.analysis.facts
        assert facts is not None
        assert facts.camera == "USB camera"
        assert facts.shown is not None
        assert tuple(colour for _, colour in facts.shown) == challenge.light.colours
        assert all(first < second for (first, _), (second, _) in zip(facts.shown, facts.shown[1:], strict=False))
        assert scene.hints == {"closer"}
        assert result.frames == scene.taken >= len(service.stage.analysis.seen)
        done = holder.status()
        assert done.result is not None
        assert (done.next, done.result.conclusion) == ("done", "accepted")
        assert {item.name for item in holder.kept().items}
        assert holder.export()
        assert holder.erase().state == "erased"


def sealed(service: Service, row: Verification, holder: HolderClient) -> str:
    """In place of an upload, which needs models: the reading for this device's session."""
    token = next(item.value for item in holder._http.cookies.jar)
    session = service.setup.links.session(token)
    return service.stage.sealed(row, session=session.key)


def test_a_capture_that_the_service_ends_says_why(service: Service) -> None:
    row, link = link_of(service)
    with HolderClient(link) as holder:
        holder.exchange()
        holder.consent(holder.notice())
        with pytest.raises(CaptureEndedError) as caught:
            holder.capture("no reading", Acted())
        assert (caught.value.code, caught.value.close_code) == ("reading_invalid", 4422)
        assert isinstance(service.stage.row(row).state, Consented)
        other = HolderClient(link)
        with pytest.raises(CaptureEndedError) as caught:
            other.capture("no session", Acted())
        assert (caught.value.code, caught.value.close_code) == ("holder_session_unknown", 4401)
        other.close()


def test_a_link_opens_once_and_is_handed_on(service: Service) -> None:
    _, link = link_of(service)
    with HolderClient(link) as holder, HolderClient(link) as second:
        holder.exchange()
        with pytest.raises(NotAllowedError) as caught:
            second.exchange()
        assert caught.value.code == "holder_link_used"
        handed = holder.hand_on()
        assert "<svg" in handed.qr_svg
        assert handed.url not in repr(handed)
        with HolderClient(handed.url) as phone:
            entry = phone.exchange()
            assert (entry.may_act, entry.code) == (True, handed.code)
            assert not holder.session().may_act
            with pytest.raises(NotAllowedError):
                holder.consent(phone.notice())
            phone.leave()


def test_the_other_way_and_taking_it_back(service: Service) -> None:
    _, link = link_of(service)
    with HolderClient(link) as holder:
        holder.exchange()
        assert holder.take_alternative().state == "declined_for_alternative"
        with pytest.raises(ConflictError):
            holder.take_alternative()
    _, link = link_of(service)
    with HolderClient(link) as holder:
        holder.exchange()
        holder.consent(holder.notice())
        assert holder.withdraw().state == "withdrawn"


def test_a_document_travels_as_a_form(service: Service) -> None:
    _, link = link_of(service)
    sent: list[httpx.Request] = []

    def answer(request: httpx.Request) -> httpx.Response:
        sent.append(request)
        body = {
            "text": "This is what was read.",
            "fields": [],
            "problems": [],
            "portrait_found": True,
            "uploads_left": 19,
            "reading": "AQ",
        }
        return httpx.Response(200, json=body)

    holder = HolderClient(link, http=httpx.Client(transport=httpx.MockTransport(answer)))
    read = holder.show_document(photos=[b"one", b"two"], chip=[b"sod"])
    assert (read.reading, read.uploads_left) == ("AQ", 19)
    assert "AQ" not in repr(read)
    (request,) = sent
    assert request.headers["content-type"].startswith("multipart/form-data; boundary=")
    assert request.headers["x-visavis"] == "1"
    assert request.headers["origin"] == f"http://{service.address}"
    assert request.content.count(b'name="photo"') == 2
    assert request.content.count(b'name="chip"') == 1


def test_nobody_there() -> None:
    with HolderClient("http://127.0.0.1:9/p/verify#token") as holder, pytest.raises(ServiceUnreachableError):
        holder.capture("reading", Acted())


@pytest.mark.parametrize(
    "link", ["http://127.0.0.1:1/p/verify", "http://127.0.0.1:1/else#t", "http://x.example/p/verify#t"]
)
def test_what_is_no_link(link: str) -> None:
    with pytest.raises(ValueError, match=r"link|address"):
        HolderClient(link)
