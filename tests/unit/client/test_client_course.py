"""How the client tries, waits and gives up: against answers that are made here."""

import asyncio
import json
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime

import httpx
import pytest

from visavis.client import (
    AnswerUnusableError,
    AsyncClient,
    Client,
    ConflictError,
    GoneError,
    NotAllowedError,
    NotFoundError,
    Patience,
    ProblemError,
    RequestInvalidError,
    ServiceFaultError,
    ServiceUnreachableError,
    TooManyRequestsError,
)
from visavis.client.base import MOST_BYTES, Settings
from visavis.client.call import path, raw
from visavis.client.course import retry_after_of

URL = "https://verify.operator.example"
NOW = datetime(2027, 3, 1, 9, tzinfo=UTC)
KEY = "vv1.key_1.secret"
ATTEMPTS = {"allowed": 3, "left": 2, "begun": 1}


def problem(status: int, code: str = "some_code", **headers: str) -> httpx.Response:
    body = {
        "type": f"urn:visavis:problem:{code}",
        "status": status,
        "detail": "No.",
        "code": code,
        "what_to_do": "Do another thing.",
        "instance": "urn:visavis:request:0f1e",
        "errors": [{"pointer": "/body/purpose", "code": "missing", "message": "Field required"}],
    }
    return httpx.Response(status, json=body, headers=headers)


@dataclass
class Service:
    """Gives these answers in turn, and the last one for ever."""

    answers: list[httpx.Response | Exception]
    requests: list[httpx.Request] = field(default_factory=list)
    waited: list[float] = field(default_factory=list)

    def __call__(self, request: httpx.Request) -> httpx.Response:
        self.requests.append(request)
        answer = self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]
        if isinstance(answer, Exception):
            raise answer
        return answer

    @property
    def settings(self) -> Settings:
        keys = iter(f"key-{number}" for number in range(100))
        return Settings(url=URL, api_key=KEY, jitter=lambda: 1.0, now=lambda: NOW, new_key=lambda: next(keys))

    def client(self) -> Client:
        http = httpx.Client(transport=httpx.MockTransport(self))
        return Client(URL, KEY, settings=self.settings, http=http, sleep=self.waited.append)

    def keys(self) -> list[str | None]:
        return [request.headers.get("idempotency-key") for request in self.requests]


def test_a_request_carries_the_key_and_what_it_is_made_of() -> None:
    service = Service([httpx.Response(200, json={"items": []})])
    service.client().verifications.page(state="decided", limit=5)
    (request,) = service.requests
    assert str(request.url) == f"{URL}/v1/verifications?state=decided&limit=5"
    assert request.headers["authorization"] == f"Bearer {KEY}"
    assert request.headers["user-agent"].startswith("visavis-client/")
    assert "idempotency-key" not in request.headers
    assert KEY not in repr(service.settings)


@pytest.mark.parametrize(
    ("status", "kind"),
    [
        (400, RequestInvalidError),
        (422, RequestInvalidError),
        (401, NotAllowedError),
        (403, NotAllowedError),
        (404, NotFoundError),
        (409, ConflictError),
        (410, GoneError),
        (500, ServiceFaultError),
    ],
)
def test_a_problem_is_an_error_of_its_kind(status: int, kind: type[ProblemError]) -> None:
    service = Service([problem(status)])
    with pytest.raises(kind) as caught:
        service.client().verifications.read("ver_1")
    error = caught.value
    assert (error.code, error.message, error.advice) == ("some_code", "No.", "Do another thing.")
    assert (error.status, error.request_id) == (status, "0f1e")
    assert [fault.pointer for fault in error.faults] == ["/body/purpose"]
    assert len(service.requests) == 1  # none of these gets better by asking again


@pytest.mark.parametrize("status", [429, 502, 503, 504])
def test_what_is_not_possible_now_is_tried_again(status: int) -> None:
    service = Service([problem(status), problem(status), httpx.Response(200, json=ATTEMPTS)])
    assert service.client().verifications.attempts("ver_1").left == 2
    assert service.waited == [0.25, 0.5]


def test_it_waits_as_long_as_it_is_told_and_no_longer_than_it_may() -> None:
    service = Service([problem(429, **{"retry-after": "7"}), httpx.Response(200, json=ATTEMPTS)])
    service.client().verifications.attempts("ver_1")
    assert service.waited == [7.0]
    service = Service([problem(429, **{"retry-after": "31"})])
    with pytest.raises(TooManyRequestsError) as caught:
        service.client().verifications.attempts("ver_1")
    assert (caught.value.retry_after, service.waited) == (31.0, [])


def test_it_gives_up_after_so_many_tries() -> None:
    service = Service([problem(503)])
    with pytest.raises(ServiceFaultError):
        service.client().verifications.attempts("ver_1")
    assert (len(service.requests), service.waited) == (4, [0.25, 0.5, 1.0])


def test_a_post_has_one_idempotency_key_through_all_its_tries() -> None:
    lost = httpx.ReadError("gone")
    service = Service([lost, problem(503), problem(409)])
    client = service.client()
    with pytest.raises(ConflictError):
        client.verifications.cancel("ver_1")
    with pytest.raises(ConflictError):
        client.verifications.cancel("ver_1")
    with pytest.raises(ConflictError):
        client.verifications.cancel("ver_1", key="my own")
    assert service.keys() == ["key-0"] * 3 + ["key-1", "my own"]


@pytest.mark.parametrize("error", [httpx.ConnectError("no"), httpx.ReadTimeout("no"), httpx.RemoteProtocolError("no")])
def test_no_answer_is_told_as_that(error: Exception) -> None:
    service = Service([error])
    with pytest.raises(ServiceUnreachableError) as caught:
        service.client().verifications.read("ver_1")
    assert caught.value.__cause__ is error
    assert len(service.requests) == 4


@pytest.mark.parametrize(
    "answer",
    [
        httpx.Response(200, text="<html>"),
        httpx.Response(200, json={"items": [{"id": "ver_1"}]}),
        httpx.Response(302, headers={"location": "https://elsewhere.example"}),
        httpx.Response(404, text="<html>"),
        httpx.Response(500, json={"detail": "no code"}),
        httpx.Response(200, content=bytes(MOST_BYTES + 1)),
    ],
)
def test_what_is_no_answer_of_the_service_is_told_as_that(answer: httpx.Response) -> None:
    service = Service([answer])
    with pytest.raises(AnswerUnusableError) as caught:
        service.client().verifications.page()
    assert caught.value.code == "answer_unusable"
    assert len(service.requests) == 1


def test_a_later_service_may_say_more() -> None:
    service = Service([httpx.Response(200, json={**ATTEMPTS, "since": "then", "kind": {"new": True}})])
    assert service.client().verifications.attempts("ver_1").allowed == 3


def test_lists_are_gone_through_to_their_end() -> None:
    key = {"id": "key_1", "name": "shop", "scopes": ["lines"], "created_at": "2027-03-01T09:00:00Z"}
    pages = [{"items": [key, key], "next_cursor": "two"}, {"items": [key]}]
    service = Service([httpx.Response(200, json=page) for page in pages])
    assert len(list(service.client().api_keys.each(limit=2))) == 3
    assert [request.url.query for request in service.requests] == [b"limit=2", b"limit=2&cursor=two"]


def test_a_list_that_goes_round_in_a_circle_ends() -> None:
    service = Service([httpx.Response(200, json={"items": [], "next_cursor": "again"})])
    with pytest.raises(AnswerUnusableError):
        list(service.client().lines.each())
    assert len(service.requests) == 2


def test_an_id_leads_nowhere_else() -> None:
    assert path("/v1/lines/{id}/history", id="a/../b?c#d") == "/v1/lines/a%2F..%2Fb%3Fc%23d/history"
    for nothing in ("", ".", ".."):
        with pytest.raises(ValueError, match="id"):
            path("/v1/lines/{id}", id=nothing)


def test_another_address_gets_no_key() -> None:
    service = Service([httpx.Response(200, content=b"{}")])
    assert service.client().send(raw("https://issuer.example/.well-known/jwks.json")) == b"{}"
    assert "authorization" not in service.requests[0].headers


@pytest.mark.parametrize("url", ["http://verify.operator.example", "ftp://x.example", "verify.operator.example", ""])
def test_a_key_goes_to_no_address_in_plain(url: str) -> None:
    with pytest.raises(ValueError, match="https"):
        Client(url, KEY)
    Client("http://127.0.0.1:8000", KEY).close()


@pytest.mark.parametrize("key", ["two words", "new\nline", "ключ"])
def test_what_is_no_key(key: str) -> None:
    with pytest.raises(ValueError, match="key") as caught:
        Client(URL, key)
    assert key not in str(caught.value)


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        ("0", 0.0),
        ("120", 120.0),
        ("Mon, 01 Mar 2027 09:01:00 GMT", 60.0),
        ("Mon, 01 Mar 2027 08:00:00 GMT", 0.0),
        ("soon", None),
        ("-1", None),
        (None, None),
    ],
)
def test_retry_after_is_seconds_or_a_moment(text: str | None, seconds: float | None) -> None:
    assert retry_after_of(text, NOW) == seconds


def test_patience_is_the_callers() -> None:
    service = Service([problem(503)])
    http = httpx.Client(transport=httpx.MockTransport(service))
    client = Client(URL, KEY, http=http, patience=Patience(tries=1), sleep=service.waited.append)
    with pytest.raises(ServiceFaultError):
        client.verifications.read("ver_1")
    assert len(service.requests) == 1


def awaited(service: Service, act: Callable[[AsyncClient], object]) -> object:
    async def sleep(seconds: float) -> None:
        service.waited.append(seconds)

    async def run() -> object:
        http = httpx.AsyncClient(transport=httpx.MockTransport(service))
        client = AsyncClient(URL, KEY, settings=service.settings, http=http, sleep=sleep)
        async with http, client:
            return await act(client)  # type: ignore[misc]  # whatever it gives can be awaited

    return asyncio.run(run())


def test_the_client_for_event_loops_does_the_same() -> None:
    service = Service([httpx.ReadError("gone"), problem(503, **{"retry-after": "2"}), problem(409)])
    with pytest.raises(ConflictError):
        awaited(service, lambda client: client.verifications.cancel("ver_1"))
    assert service.waited == [0.25, 2.0]
    assert service.keys() == ["key-0"] * 3

    pages = [{"items": [], "next_cursor": "two"}, {"items": []}]
    service = Service([httpx.Response(200, json=page) for page in pages])

    async def each(client: AsyncClient) -> list[object]:
        return [item async for item in client.lines.each()]

    assert awaited(service, each) == []
    assert len(service.requests) == 2


def test_both_clients_have_the_same_methods() -> None:
    client, other = Client(URL, KEY), AsyncClient(URL, KEY)
    for name, group in vars(client).items():
        if not name.startswith("_") and name != "settings":
            mine = {item for item in dir(group) if not item.startswith("_")}
            assert mine == {item for item in dir(getattr(other, name)) if not item.startswith("_")}
    client.close()
    asyncio.run(other.close())


def test_a_body_says_what_was_meant_and_no_more() -> None:
    service = Service([problem(422)])
    with pytest.raises(RequestInvalidError):
        service.client().verifications.open(purpose="sim_registration", labels={"shop": "3"})
    assert json.loads(service.requests[0].content) == {"purpose": "sim_registration", "labels": {"shop": "3"}}
