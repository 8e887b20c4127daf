"""The relying party's way through HTTP, over every store: what one answers, all answer."""

import pytest

from relying_material import DISCLOSED, accept, card, line_of, opened, ordered, problem, told
from visavis.service.ports import Storage
from web_material import Web, make_web


@pytest.fixture
def web(storage: Storage) -> Web:
    return make_web(storage)


def test_from_the_question_to_the_signed_answer(web: Web) -> None:
    asked = {"purpose": web.world.policy.id, "binding": "ab" * 32, "labels": {"shop": "stockholm-3"}}
    once = {"Idempotency-Key": "6f1f0c5e"}
    first, again = (told(web.post("/v1/verifications", json=asked, headers=once), 201) for _ in range(2))
    assert first == again
    path = f"/v1/verifications/{first['id']}"
    accept(web.world, first["id"])
    read = told(web.get(path))
    assert (read["state"], read["decision"]["outcome"], read["labels"]) == ("decided", "accepted", asked["labels"])
    assert told(web.get(f"{path}/attestation"))["disclosed"] == DISCLOSED
    status = told(web.get(f"{path}/attestation/status"))["status"]
    assert told(web.get(f"{path}/attestation"))["status"] == status
    assert web.post(f"{path}/attestation/received").status_code == 204
    assert problem(web.get(f"{path}/attestation"), 410) == "attestation_fetched"
    assert web.client.get("/status-lists/1").status_code == 200
    assert told(web.post(f"{path}/erase"))["state"] == "erased"
    assert "revoked_at" in told(web.get(f"{path}/attestation/status"))
    web.clock.forward(seconds=1)  # within a millisecond there is no order
    opened(web)
    page = told(web.get("/v1/verifications?limit=1"))
    assert [item["id"] for item in told(web.get(f"/v1/verifications?cursor={page['next_cursor']}"))["items"]] == [
        first["id"]
    ]
    assert len(told(web.get("/v1/verifications?state=erased"))["items"]) == 1


def test_from_the_order_to_the_released_line(web: Web) -> None:
    line = line_of(web, 1)
    assert told(web.post("/v1/line-search", json={"msisdn": "+46700000001"}))["iccid"] == card(1)
    nonce, (verification,) = ordered(web, {"act": "release", "line": line["id"]})
    asked = {"nonce": nonce, "verification": verification}
    assert [item["id"] for item in told(web.get(f"/v1/verifications/{verification}/lines"))["items"]] == [line["id"]]
    once = {"Idempotency-Key": "release"}
    path = f"/v1/lines/{line['id']}/release"
    first, again = (told(web.post(path, json=asked, headers=once)) for _ in range(2))
    assert first == again
    assert [item["act"] for item in told(web.get(f"/v1/lines/{line['id']}/history"))["items"]] == [
        "release",
        "register",
    ]


def test_what_is_no_text_for_a_database_is_refused_before_it(web: Web) -> None:
    for path in ("/v1/verifications/%00", "/v1/lines/lin_%00", "/v1/api-keys/%00", "/v1/policies/%00"):
        assert web.get(path).status_code == 404
    for path in ("/v1/verifications?cursor=%00", "/v1/verifications?state=%00", "/v1/policies?policy=%00"):
        assert web.get(path).status_code == 422
    for name in ("\x00", "a\ud800b"):
        body = f'{{"name": "{name.encode("unicode_escape").decode()}", "scopes": ["lines"]}}'.replace(
            "\\x00", "\\u0000"
        )
        headers = {"Content-Type": "application/json"}
        assert web.post("/v1/api-keys", content=body, headers=headers).status_code == 422


def test_a_key_is_made_used_and_revoked(web: Web) -> None:
    made = told(web.post("/v1/api-keys", json={"name": "a shop", "scopes": ["policies:read"]}), 201)
    told(web.get("/v1/policies", key=made["secret"]))
    told(web.post(f"/v1/api-keys/{made['key']['id']}/revoke"))
    assert problem(web.get("/v1/policies", key=made["secret"]), 401) == "api_key_unknown"
