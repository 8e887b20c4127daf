"""Webhook endpoints over HTTP: each route, what it refuses, and what no other party and no other key is shown."""

from datetime import timedelta
from typing import Any

import pytest
from standardwebhooks.webhooks import Webhook

from store_material import BEGIN
from visavis.domain.events import EventKind
from visavis.service.records import KEY_SCOPES, Scope
from web_material import Web, make_web
from webhook_material import TOLD, Recorder, Sent, deliveries, happen, refused

URL = "https://receiver.example/hooks"


@pytest.fixture
def web() -> Web:
    return make_web()


def add(web: Web, **body: Any) -> dict[str, Any]:
    answer = web.post("/v1/webhooks", json={"url": URL, **body})
    assert answer.status_code == 201, answer.text
    made: dict[str, Any] = answer.json()
    return made


def deliver(web: Web, poster: Recorder) -> list[Sent]:
    worker = deliveries(web.world, poster)
    worker.run_once(patience=None)
    worker.close()
    return poster.sent


def test_an_endpoint_is_added_listed_read_and_removed(web: Web) -> None:
    answer = web.post("/v1/webhooks", json={"url": URL, "description": "ours", "events": ["line.registered"]})
    made = answer.json()
    webhook = made["webhook"]
    assert answer.status_code == 201
    assert answer.headers["location"] == f"/v1/webhooks/{webhook['id']}"
    assert answer.headers["cache-control"] == "no-store"
    assert webhook == {
        "id": webhook["id"],
        "url": URL,
        "description": "ours",
        "events": ["line.registered"],
        "enabled": True,
        "created_at": "2027-03-01T09:00:00Z",
        "failures": 0,
    }
    assert made["secret"].startswith("whsec_")
    assert web.get("/v1/webhooks").json() == {"items": [webhook]}
    read = web.get(f"/v1/webhooks/{webhook['id']}")
    assert read.json() == webhook
    assert "whsec_" not in read.text
    gone = web.delete(f"/v1/webhooks/{webhook['id']}")
    assert (gone.status_code, gone.content) == (204, b"")
    assert web.get(f"/v1/webhooks/{webhook['id']}").json()["code"] == "webhook_unknown"
    assert web.get("/v1/webhooks").json() == {"items": []}


REFUSED: list[tuple[dict[str, object], str]] = [
    ({"url": "https://127.0.0.1/"}, "webhook_url_forbidden"),
    ({"url": "https://0x7f.1/"}, "webhook_url_invalid"),
    ({"url": "http://receiver.example/"}, "webhook_url_forbidden"),
    ({"url": URL, "description": "a\nb"}, "webhook_description_invalid"),
    ({"url": URL, "description": "a" * 201}, "request_invalid"),
    ({"url": URL, "events": ["verification.dreamt"]}, "request_invalid"),
    ({"url": URL, "secret": "whsec_mine"}, "request_invalid"),
    ({}, "request_invalid"),
]


def test_what_is_refused_is_told_without_the_address(web: Web) -> None:
    for body, code in REFUSED:
        answer = web.post("/v1/webhooks", json=body)
        assert (answer.status_code, answer.json()["code"]) == (422, code), body
        assert "0x7f" not in answer.text
    assert web.get("/v1/webhooks").json() == {"items": []}


def test_a_change_changes_what_was_said_alone(web: Web) -> None:
    made = add(web, description="ours", events=["line.registered"])["webhook"]
    path = f"/v1/webhooks/{made['id']}"

    def change(**body: object) -> dict[str, Any]:
        answer = web.request("PATCH", path, json=body)
        assert answer.status_code == 200, answer.text
        changed: dict[str, Any] = answer.json()
        return changed

    assert change() == made
    assert change(events=[]) == {**made, "events": []}
    assert change(url=f"{URL}/2", description="")["url"] == f"{URL}/2"
    assert web.request("PATCH", path, json={"url": "https://10.0.0.1/"}).json()["code"] == "webhook_url_forbidden"
    assert web.request("PATCH", path, json={"url": None}).json()["code"] == "request_invalid"
    off = change(enabled=False)
    assert (off["enabled"], off["disabled_reason"], off["disabled_at"]) == (False, "by_hand", "2027-03-01T09:00:00Z")
    for act in (f"{path}/test", f"{path}/replay"):
        answer = web.post(act, json={"since": "2027-03-01T09:00:00Z"})
        assert (answer.status_code, answer.json()["code"]) == (409, "webhook_disabled")
    on = change(enabled=True)
    assert on["enabled"]
    assert "disabled_reason" not in on


def test_a_rotated_secret_signs_beside_the_one_before(web: Web) -> None:
    made = add(web)
    path = f"/v1/webhooks/{made['webhook']['id']}/rotate-secret"
    answer = web.post(path, json={"overlap_hours": 2})
    assert answer.status_code == 200
    assert answer.json()["webhook"]["older_secret_until"] == "2027-03-01T11:00:00Z"  # noqa: S105 - a moment
    event = happen(web.world)
    (sent,) = deliver(web, Recorder())
    for secret in (made["secret"], answer.json()["secret"]):
        signed = Webhook(secret).sign(event.id, BEGIN, sent.body.decode())
        assert signed in sent.headers["webhook-signature"].split(" ")
    assert "older_secret_until" not in web.post(path, json={"overlap_hours": 0}).json()["webhook"]
    for hours in (-1, 169, "many"):
        assert web.post(path, json={"overlap_hours": hours}).status_code == 422


def test_what_became_of_events_is_listed_and_sent_again(web: Web) -> None:
    webhook = add(web)["webhook"]["id"]
    poster = Recorder(answer=lambda _: refused(503))
    event = happen(web.world)
    deliver(web, poster)
    path = f"/v1/webhooks/{webhook}/deliveries"
    assert web.get(path).json()["items"] == [
        {
            "event": event.id,
            "type": "verification.decided",
            "happened_at": "2027-03-01T09:00:00Z",
            "status": "pending",
            "tries": 1,
            "due_at": "2027-03-01T09:00:05Z",
            "tried_at": "2027-03-01T09:00:00Z",
            "result": "refused",
            "http_status": 503,
        }
    ]
    shown = web.get(f"/v1/webhooks/{webhook}").json()
    assert (shown["failures"], shown["failing_since"]) == (1, "2027-03-01T09:00:00Z")
    web.clock.forward(days=3)
    deliver(web, poster)
    assert [row["status"] for row in web.get(f"{path}?status=dead").json()["items"]] == ["dead"]
    assert web.get(f"{path}?status=delivered").json()["items"] == []
    assert web.get(f"/v1/webhooks/{webhook}").json()["disabled_reason"] == "failing"
    web.request("PATCH", f"/v1/webhooks/{webhook}", json={"enabled": True})
    poster.answer = lambda _: TOLD
    since = (BEGIN - timedelta(hours=1)).isoformat()
    again = web.post(f"/v1/webhooks/{webhook}/replay", json={"since": since})
    assert (again.status_code, again.json()) == (202, {"count": 1})
    deliver(web, poster)
    one = web.post(f"{path}/{event.id}/replay")
    assert (one.status_code, one.json()["status"], one.json()["tries"]) == (202, "pending", 0)
    test = web.post(f"/v1/webhooks/{webhook}/test")
    assert (test.status_code, test.json()["type"]) == (202, "webhook.test")
    assert [sent.event for sent in deliver(web, poster)[-2:]] == sorted([event.id, test.json()["event"]])
    first = web.get(f"{path}?limit=1").json()
    rest = web.get(f"{path}?limit=5&cursor={first['next_cursor']}").json()
    assert len(rest["items"]) >= 1
    assert "next_cursor" not in rest
    assert web.post(f"{path}/evt_unknown/replay").json()["code"] == "webhook_delivery_unknown"
    assert web.get(f"{path}?cursor=nonsense").json()["code"] == "cursor_invalid"
    naive = web.post(f"/v1/webhooks/{webhook}/replay", json={"since": "2027-03-01T09:00:00"})
    assert naive.status_code == 422


def test_a_repeated_request_makes_one_endpoint_and_shows_its_secret_to_the_key_that_asked(web: Web) -> None:
    headers = {"Idempotency-Key": "one"}
    first = web.post("/v1/webhooks", json={"url": URL}, headers=headers)
    again = web.post("/v1/webhooks", json={"url": URL}, headers=headers)
    assert again.json() == first.json()
    assert again.headers["idempotent-replayed"] == "true"
    other = web.post("/v1/webhooks", json={"url": URL}, headers=headers, key=web.add_key(Scope.WEBHOOKS))
    assert (other.status_code, other.json()["code"]) == (409, "idempotency_key_reused")
    assert len(web.get("/v1/webhooks").json()["items"]) == 1


def test_nobody_else_finds_anything(web: Web) -> None:
    webhook = add(web)["webhook"]["id"]
    event = happen(web.world).id
    deliver(web, Recorder())
    other = web.add_party().key
    wrong = web.add_key(*(scope for scope in KEY_SCOPES if scope is not Scope.WEBHOOKS))
    path = f"/v1/webhooks/{webhook}"
    asked: list[tuple[str, str, dict[str, object] | None]] = [
        ("GET", path, None),
        ("PATCH", path, {"enabled": False}),
        ("DELETE", path, None),
        ("POST", f"{path}/rotate-secret", {}),
        ("POST", f"{path}/test", None),
        ("POST", f"{path}/replay", {"since": "2027-03-01T09:00:00Z"}),
        ("GET", f"{path}/deliveries", None),
        ("POST", f"{path}/deliveries/{event}/replay", None),
    ]
    for method, place, body in asked:
        answer = web.request(method, place, key=other, json=body)
        assert (answer.status_code, answer.json()["code"]) == (404, "webhook_unknown"), place
        answer = web.request(method, place, key=wrong, json=body)
        assert (answer.status_code, answer.json()["code"]) == (403, "scope_missing"), place
    assert web.get("/v1/webhooks", key=other).json() == {"items": []}
    assert web.get(path).json()["enabled"]


def test_the_description_tells_what_is_sent(web: Web) -> None:
    told = web.app.openapi()
    sent = told["webhooks"]["event"]["post"]
    names = {item["name"] for item in sent["parameters"]}
    assert names == {"webhook-id", "webhook-timestamp", "webhook-signature"}
    body = sent["requestBody"]["content"]["application/json"]["schema"]["$ref"].rsplit("/", 1)[-1]
    schemas = told["components"]["schemas"]
    assert set(schemas[body]["properties"]) == {"type", "timestamp", "data"}
    assert set(schemas["WebhookEventData"]["properties"]) == {"id", "status", "outcome", "verification"}
    assert set(schemas["EventKind"]["enum"]) == {str(kind) for kind in EventKind}
