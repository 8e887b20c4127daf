"""What holds for every request: ids, headers, limits, problems that echo nothing, and a log without paths."""

import io
import json
from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Annotated, Any

import pytest
from fastapi import APIRouter, Depends, FastAPI, Request, WebSocket
from pydantic import BaseModel, ConfigDict, Field

from visavis.errors import InputError, LimitError, StateError, StorageError, UnknownError
from visavis.service.ports import UnitOfWork
from visavis.service.records import RelyingParty, Scope
from visavis.web.auth import Caller, caller_with
from visavis.web.errors import install_error_handlers
from visavis.web.idempotent import Once, Reply, once_of, perform
from visavis.web.kernel import Kernel
from visavis.web.logs import open_log
from visavis.web.rates import Quota
from visavis.web.setup import ServiceSetup, WebLimits
from web_material import MANY, TestClient, Web, make_web

ADA = "Ada-Lovelace-1815"
"""Stands for whatever a request may hold that must not come back or be logged."""


class Note(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)

    text: Annotated[str, Field(max_length=40)]
    size: int = 1
    labels: dict[Annotated[str, Field(max_length=4)], str] = {}


class Made(BaseModel):
    number: int
    secret: str


class Routes:
    """Routes of a test's own, beside the service's kernel."""

    def __init__(self, setup: ServiceSetup) -> None:
        self.setup = setup
        self.done = 0
        self.fails: Exception | None = None

    def router(self) -> APIRouter:
        setup, router = self.setup, APIRouter(prefix="/v1/notes")

        @router.post("/plain/{name}")
        def plain(name: str, note: Note) -> dict[str, int]:
            if self.fails is not None:
                raise self.fails
            return {"length": len(note.text)}

        @router.post("")
        def make(
            note: Note,
            caller: Annotated[Caller, Depends(caller_with(setup, Scope.LINES))],
            asked: Annotated[Once, Depends(once_of)],
        ) -> Any:
            def act(unit: UnitOfWork) -> Reply:
                self.done += 1
                row = RelyingParty(
                    id=f"rlp_{self.done:026d}", name=note.text, created_at=setup.clock.now(), lines_per_person=note.size
                )
                unit.relying_parties.add(row)
                if self.fails is not None:
                    raise self.fails
                return Reply(status=201, body=Made(number=self.done, secret=ADA), headers={"Location": "/v1/notes/1"})

            return perform(setup, asked, caller.relying_party, act)

        @router.post("/stream")
        async def stream(request: Request) -> dict[str, int]:
            return {"bytes": sum([len(part) async for part in request.stream()])}

        @router.websocket("/socket")
        async def socket(socket: WebSocket) -> None:
            await socket.accept()
            await socket.send_text("hello")
            raise RuntimeError(ADA)

        return router


def with_routes(**changes: Any) -> tuple[Web, Routes, TestClient]:
    web = make_web(**changes)
    routes = Routes(web.setup)
    app = FastAPI(openapi_url="/openapi.json")
    app.include_router(routes.router())
    install_error_handlers(app)
    app.add_middleware(Kernel, setup=web.setup)
    return web, routes, TestClient(app, base_url="http://127.0.0.1:8000", raise_server_exceptions=False)


def bearer(key: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {key}"}


def lines_of(stream: io.StringIO) -> list[dict[str, Any]]:
    return [json.loads(line) for line in stream.getvalue().splitlines()]


# ---- problems


def test_an_unknown_route_and_a_wrong_method_are_problems() -> None:
    web = make_web()
    for answer, status, code in (
        (web.client.get(f"/v1/{ADA}"), 404, "not_found"),
        (web.client.put("/healthz"), 405, "method_not_allowed"),
    ):
        body = answer.json()
        assert answer.status_code == status
        assert answer.headers["content-type"] == "application/problem+json"
        assert (body["status"], body["code"], body["type"]) == (status, code, f"urn:visavis:problem:{code}")
        assert body["instance"] == f"urn:visavis:request:{answer.headers['x-request-id']}"
        assert body["what_to_do"]
        assert ADA not in answer.text
    assert web.client.put("/healthz").headers["allow"] == "GET"


def test_what_is_wrong_with_a_body_is_said_by_name_and_without_what_was_sent() -> None:
    _, _, client = with_routes()
    sent = {"text": ADA * 9, "size": ADA, "labels": {ADA: "x"}, ADA: ADA}
    answer = client.post("/v1/notes/plain/a", json=sent)
    assert answer.status_code == 422
    assert ADA not in answer.text
    found = {(row["pointer"], row["code"]) for row in answer.json()["errors"]}
    assert found == {
        ("/body/text", "string_too_long"),
        ("/body/size", "int_parsing"),
        ("/body/labels/*/*", "string_too_long"),
        ("/body/*", "extra_forbidden"),
    }


@pytest.mark.parametrize("body", [b"{", b"\xff\xfe", b'{"text": NaN'])
def test_what_is_no_json_is_refused_as_such(body: bytes) -> None:
    _, _, client = with_routes()
    answer = client.post("/v1/notes/plain/a", content=body, headers={"Content-Type": "application/json"})
    assert (answer.status_code, answer.json()["code"]) == (400, "body_not_json")


@pytest.mark.parametrize(
    ("error", "status", "code"),
    [
        (InputError("purpose_unknown", "No."), 422, "purpose_unknown"),
        (UnknownError("verification_unknown", "No."), 404, "verification_unknown"),
        (StateError("step_not_possible", "No."), 409, "step_not_possible"),
        (LimitError("locked_out", "No.", retry_after=90), 429, "locked_out"),
        (StorageError("storage_busy", f"No {ADA}."), 503, "storage_busy"),
        (RuntimeError(ADA), 500, "internal_error"),
    ],
)
def test_every_error_is_a_problem_of_its_own_status(error: Exception, status: int, code: str) -> None:
    log = io.StringIO()
    _, routes, client = with_routes(log=open_log(stream=log))
    routes.fails = error
    answer = client.post("/v1/notes/plain/a", json={"text": "x"})
    assert (answer.status_code, answer.json()["code"]) == (status, code)
    assert ADA not in answer.text + log.getvalue()
    assert answer.headers.get("retry-after") == {429: "90", 503: "1"}.get(status)


def test_a_fault_is_in_the_log_by_its_place() -> None:
    log = io.StringIO()
    _, routes, client = with_routes(log=open_log(stream=log))
    routes.fails = RuntimeError(ADA)
    answer = client.post("/v1/notes/plain/a", json={"text": "x"})
    fault = next(row for row in lines_of(log) if row["event"] == "fault")
    assert (fault["fault"], fault["request"]) == ("RuntimeError", answer.headers["x-request-id"])
    assert fault["at"][-1].endswith(":plain")
    assert fault["at"][-1].startswith("test_web_kernel.py:")


def test_a_fault_behind_a_socket_closes_it_and_says_nothing_of_it() -> None:
    log = io.StringIO()
    _, _, client = with_routes(log=open_log(stream=log))
    with client.websocket_connect("/v1/notes/socket") as socket:
        assert socket.receive_text() == "hello"
        closed = socket.receive()
    assert (closed["type"], closed["code"], closed["reason"]) == ("websocket.close", 1011, "internal_error")
    assert ADA not in log.getvalue()
    assert {row["event"] for row in lines_of(log)} == {"fault", "socket"}


# ---- headers and the log


def test_every_answer_has_an_id_and_the_headers_that_keep_it_to_itself() -> None:
    web = make_web()
    answers = [web.client.get("/healthz"), web.client.get("/nothing"), web.get("/v1/verifications")]
    assert len({answer.headers["x-request-id"] for answer in answers}) == 3
    for answer in answers:
        assert answer.headers["cache-control"] == "no-store"
        assert answer.headers["x-content-type-options"] == "nosniff"
        assert "default-src 'none'" in answer.headers["content-security-policy"]
        assert "strict-transport-security" not in answer.headers
    secure = make_web(public_url="https://verify.operator.example")
    assert "max-age" in secure.client.get("/healthz").headers["strict-transport-security"]


def test_the_log_has_a_line_for_a_request_and_nothing_of_what_was_in_it() -> None:
    log = io.StringIO()
    web, _, client = with_routes(log=open_log(stream=log))
    client.post(f"/v1/notes/plain/{ADA}?who={ADA}", json={"text": ADA}, headers={"X-Name": ADA})
    client.get(f"/{ADA}")
    client.post("/v1/notes", json={"text": ADA}, headers=bearer(web.party.key))
    rows = lines_of(log)
    assert [row["route"] for row in rows] == ["/v1/notes/plain/{name}", "(none)", "/v1/notes"]
    assert [row["status"] for row in rows] == [200, 404, 201]
    assert rows[1]["code"] == "not_found"
    assert rows[2]["actor"] == web.setup.api_keys.authenticate(web.party.key).id
    assert ADA not in log.getvalue()
    assert web.party.key.rsplit(".", 1)[1] not in log.getvalue()
    assert "testclient" not in log.getvalue()


# ---- sizes


def test_a_body_beyond_the_limit_is_refused_whether_or_not_its_length_is_said() -> None:
    _, _, client = with_routes(limits=WebLimits(body=1000, upload=5000, upload_paths=("/v1/notes/stream",)))

    def pieces(count: int) -> Callable[[], Iterator[bytes]]:
        return lambda: (b"x" * 100 for _ in range(count))

    def told(content: Any) -> tuple[int, object]:
        answer = client.post("/v1/notes/stream", content=content)
        return answer.status_code, answer.json().get("code", answer.json().get("bytes"))

    assert told(b"x" * 5000) == (200, 5000)
    assert told(b"x" * 5001) == (413, "body_too_large")
    assert told(pieces(50)()) == (200, 5000)
    assert told(pieces(51)()) == (413, "body_too_large")
    for content in (b"x" * 1001, pieces(11)()):
        answer = client.post("/v1/notes/plain/a", content=content, headers={"Content-Type": "application/json"})
        assert (answer.status_code, answer.json()["code"]) == (413, "body_too_large")


@pytest.mark.parametrize("length", ["-1", "1e3", "9" * 16, "x"])
def test_a_length_that_is_none_is_refused(length: str) -> None:
    _, _, client = with_routes()
    answer = client.post("/v1/notes/stream", content=b"x", headers={"Content-Length": length})
    assert answer.status_code == 413


# ---- who asks


def test_a_key_is_needed_known_in_use_and_of_the_right_scope() -> None:
    web, _, client = with_routes()
    made = web.add_key(Scope.VERIFICATIONS)
    for headers, status, code in (
        ({}, 401, "api_key_missing"),
        ({"Authorization": "Basic YTpi"}, 401, "api_key_missing"),
        (bearer("vv1.nobody"), 401, "api_key_unknown"),
        (bearer(web.party.key[:-1] + ("A" if web.party.key[-1] != "A" else "B")), 401, "api_key_unknown"),
        (bearer(made), 403, "scope_missing"),
    ):
        answer = client.post("/v1/notes", json={"text": "x"}, headers=headers)
        assert (answer.status_code, answer.json()["code"]) == (status, code)
        assert ("www-authenticate" in answer.headers) == (status == 401)
    web.setup.api_keys.revoke(web.party.id, web.party.key.split(".")[1])
    assert client.post("/v1/notes", json={"text": "x"}, headers=bearer(web.party.key)).status_code == 401


# ---- how often


def few(**amounts: int) -> WebLimits:
    quotas: dict[str, Any] = {
        f"per_{name}": Quota(name=name, amount=count, window=60) for name, count in amounts.items()
    }
    return replace(MANY, **quotas)


def test_a_key_has_a_quota_that_comes_back_evenly() -> None:
    web, _, client = with_routes(limits=few(key=3))

    def ask() -> Any:
        return client.post("/v1/notes", json={"text": "x"}, headers=bearer(web.party.key))

    fields = [ask().headers["ratelimit"] for _ in range(3)]
    assert fields == ['"key";r=2;t=20', '"key";r=1;t=40', '"key";r=0;t=60']
    refused = ask()
    assert (refused.status_code, refused.json()["code"]) == (429, "rate_limited")
    assert refused.headers["retry-after"] == "20"
    assert refused.headers["ratelimit"] == '"key";r=0;t=20'
    assert refused.headers["ratelimit-policy"] == '"key";q=3;w=60'
    other = web.add_key(Scope.LINES)
    assert client.post("/v1/notes", json={"text": "x"}, headers=bearer(other)).status_code == 201
    web.clock.forward(seconds=20)
    assert ask().status_code == 201
    assert ask().status_code == 429


def test_an_address_that_tries_keys_is_stopped_and_one_with_a_right_key_is_not_charged() -> None:
    web, _, client = with_routes(limits=few(address=3))
    for _ in range(5):
        assert client.post("/v1/notes", json={"text": "x"}, headers=bearer(web.party.key)).status_code == 201
    tried = [client.post("/v1/notes", json={"text": "x"}, headers=bearer("vv1.x")).status_code for _ in range(4)]
    assert tried == [401, 401, 401, 429]
    assert client.post("/v1/notes", json={"text": "x"}, headers=bearer(web.party.key)).status_code == 201


def test_a_shop_behind_one_address_is_not_stopped_by_its_own_pages() -> None:
    """Files have a quota of their own, and a session that is known is charged in place of the address."""
    web = make_web(limits=few(address=3))
    assert [web.client.get("/p/verify").status_code for _ in range(5)] == [200] * 5
    row = web.world.open()
    session = web.setup.links.exchange(web.setup.links.issue(row)).token
    known = {"Cookie": f"visavis={session}"}
    assert [web.client.get("/h/v1/status", headers=known).status_code for _ in range(5)] == [200] * 5
    assert [web.client.get("/h/v1/status").status_code for _ in range(4)] == [401, 401, 401, 429]
    assert web.client.get("/h/v1/status", headers=known).status_code == 200


def test_what_needs_no_key_is_counted_by_address_and_probes_are_not() -> None:
    web = make_web(limits=few(address=2))
    assert [web.client.get("/nothing").status_code for _ in range(3)] == [404, 404, 429]
    assert web.client.get("/healthz").status_code == 200


# ---- once


def test_the_same_key_and_request_is_done_once_and_answered_alike() -> None:
    web, routes, client = with_routes()

    def post(text: str, key: str) -> Any:
        return client.post("/v1/notes", json={"text": text}, headers={**bearer(web.party.key), "Idempotency-Key": key})

    first, again = post("a", "k1"), post("a", "k1")
    assert (first.status_code, first.json(), first.headers["location"]) == (
        again.status_code,
        again.json(),
        again.headers["location"],
    )
    assert (first.headers.get("idempotent-replayed"), again.headers["idempotent-replayed"]) == (None, "true")
    assert routes.done == 1
    assert post("b", "k1").json()["code"] == "idempotency_key_reused"
    assert post("b", "k2").json()["number"] == 2
    assert post("b", "").json()["code"] == "idempotency_key_invalid"


def test_an_answer_is_kept_sealed() -> None:
    web, _, client = with_routes()
    client.post("/v1/notes", json={"text": "a"}, headers={**bearer(web.party.key), "Idempotency-Key": "k"})
    assert ADA.encode() not in kept_answers(web)
    assert len(kept_answers(web)) > len(ADA)


def kept_answers(web: Web) -> bytes:
    storage: Any = web.setup.storage
    return b"".join(answered.body for answered in storage._unit.idempotency._rows._rows.values())


def test_what_fails_is_not_kept() -> None:
    web, routes, client = with_routes()
    headers = {**bearer(web.party.key), "Idempotency-Key": "k"}
    routes.fails = StateError("step_not_possible", "Not now.")
    assert client.post("/v1/notes", json={"text": "a"}, headers=headers).status_code == 409
    routes.fails = None
    assert client.post("/v1/notes", json={"text": "a"}, headers=headers).status_code == 201


# ---- for the operator


def test_ready_says_what_is_missing() -> None:
    web = make_web()
    assert web.client.get("/readyz").json() == {
        "status": "not_ready",
        "checks": {"store": "ok", "models": "not_loaded", "running": "ok"},
    }
    fine = make_web(captures=False)
    assert (fine.client.get("/readyz").status_code, fine.client.get("/readyz").json()["status"]) == (200, "ready")

    def broken() -> None:
        raise StorageError("storage_unreachable", "Gone.")

    gone = make_web(captures=False, check_store=broken, monotonic=lambda: 1.0)
    answer = gone.client.get("/readyz")
    assert (answer.status_code, answer.json()["checks"]["store"]) == (503, "storage_unreachable")


def test_numbers_need_their_token_and_have_no_ids_in_them() -> None:
    assert make_web(metrics_token="").client.get("/metrics", headers=bearer("")).status_code == 404
    token = "f" * 64
    web = make_web(metrics_token=token)
    assert web.client.get("/metrics", headers=bearer("other")).status_code == 404
    web.get("/v1/verifications/ver_00000000000000000000000000")
    web.setup.telemetry.decided("sim_registration", "rejected", ("different_person",))
    web.setup.telemetry.pool("captures", busy=3, size=24)
    with web.setup.telemetry.stage("decision"):
        pass
    page = web.client.get("/metrics", headers=bearer(token)).text
    for row in (
        'visavis_request_seconds_count{method="GET",route="/v1/verifications/{verification}",status="404"} 1.0',
        'visavis_decisions_total{outcome="rejected",policy="sim_registration"} 1.0',
        'visavis_decision_reasons_total{policy="sim_registration",reason="different_person"} 1.0',
        'visavis_pool_busy{pool="captures"} 3.0',
        'visavis_stage_seconds_count{stage="decision"} 1.0',
    ):
        assert row in page.splitlines()
    assert "ver_0" not in page
    assert web.party.id not in page
