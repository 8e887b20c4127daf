"""What a relying party does over HTTP: every step in every state, answers that are given once, lists and keys."""

import hashlib
from datetime import timedelta
from typing import Any

import pytest

from relying_material import BINDING, STATES, accepted, in_state, opened, problem, told
from visavis.decision.canonical import canonical_json
from visavis.domain.identifiers import Kind
from visavis.service.records import Scope
from web_material import Web, make_web

NEVER = "ver_" + "0" * 26
OPEN = ("requested", "consented", "capturing", "submitted", "referred")


@pytest.fixture
def web() -> Web:
    return make_web()


def test_a_verification_is_opened_read_and_cancelled(web: Web) -> None:
    answer = web.post(
        "/v1/verifications",
        json={
            "purpose": web.world.policy.id,
            "binding": BINDING,
            "return_url": "https://shop.operator.example/orders/1",
            "language": "zh-CN",
            "labels": {"shop": "stockholm-3"},
        },
    )
    body = told(answer, 201)
    assert answer.headers["location"] == f"/v1/verifications/{body['id']}"
    assert answer.headers["cache-control"] == "no-store"
    assert body["state"] == "requested"
    assert body["policy"]["digest"] == web.world.policy.digest
    assert body["attempts"] == {"allowed": 2, "begun": 0, "left": 2}
    link, _, token = body.pop("holder_url").partition("#")
    assert link == f"{web.setup.public_url}/p/verify"
    assert web.setup.links.exchange(token).session.verification == body["id"]
    assert told(web.get(f"/v1/verifications/{body['id']}")) == body
    cancelled = told(web.post(f"/v1/verifications/{body['id']}/cancel"))
    assert (cancelled["state"], cancelled["ended_by"]) == ("withdrawn", "relying_party")
    with web.setup.storage.reading() as unit:
        assert unit.verifications.find(web.party.id, body["id"]).opened_by is not None  # type: ignore[union-attr]  # there


@pytest.fixture(scope="module")
def shared() -> Web:
    """For tests that look at a verification of their own alone."""
    return make_web()


STEPS = {  # what a relying party may do, and in which states it may
    "cancel": ("POST", "cancel", 200, OPEN),
    "erase": ("POST", "erase", 200, tuple(state for state in STATES if state != "erased")),
    "fetch": ("GET", "attestation", 200, ("decided",)),
}


@pytest.mark.parametrize("state", STATES)
@pytest.mark.parametrize("step", STEPS)
def test_each_step_in_each_state(shared: Web, state: str, step: str) -> None:
    method, path, status, allowed = STEPS[step]
    verification = in_state(shared, state)
    before = told(shared.get(f"/v1/verifications/{verification}"))
    answer = shared.request(method, f"/v1/verifications/{verification}/{path}")
    if state in allowed:
        assert answer.status_code == status, answer.text
    else:
        assert problem(answer, 409) == ("nothing_to_attest" if step == "fetch" else "step_not_possible")
        assert told(shared.get(f"/v1/verifications/{verification}")) == before


@pytest.mark.parametrize("state", STATES)
def test_what_is_read_in_each_state(shared: Web, state: str) -> None:
    body = told(shared.get(f"/v1/verifications/{in_state(shared, state)}"))
    assert ("decision" in body) == (state == "decided")
    assert ("ended_by" in body) == (state in {"withdrawn", "erased"})
    begun = {"requested": 0, "consented": 0, "capturing": 1, "submitted": 1, "referred": 1, "decided": 1}
    assert body["attempts"].get("begun") == begun.get(state)
    assert body["attempts"]["left"] == (2 - begun[state] if state in OPEN[:4] else 0)
    assert ("kept_until" in body) == (state in {"referred", "decided"})


def test_a_decision_tells_its_reasons_and_no_score(web: Web) -> None:
    verification = accepted(web)
    body = told(web.get(f"/v1/verifications/{verification}"))
    decision = body["decision"]
    assert (body["outcome"], decision["outcome"], decision["reasons"]) == ("accepted", "accepted", [])
    assert decision["grants"] == list(web.world.policy.grants)
    checks = {item["check"]: item for item in decision["evidence"]}
    assert checks["comparison"] == {
        "check": "comparison",
        "outcome": "pass",
        "operating_point": "fmr<=1e-4",
        "reasons": [],
    }
    assert "0.61" not in web.get(f"/v1/verifications/{verification}").text
    erased = told(web.post(f"/v1/verifications/{verification}/erase"))
    assert (erased["state"], erased["outcome"], erased["decision"]) == ("erased", "accepted", decision)
    assert "binding" not in erased
    assert erased["labels"] == {}


def test_a_request_that_comes_twice_is_done_once(web: Web) -> None:
    asked = {"purpose": web.world.policy.id, "binding": BINDING}
    key = {"Idempotency-Key": "6f1f0c5e"}
    first = web.post("/v1/verifications", json=asked, headers=key)
    again = web.post("/v1/verifications", json=asked, headers=key)
    assert again.status_code == 201
    assert again.json() == first.json()  # the holder's link as well
    assert again.headers["idempotent-replayed"] == "true"
    assert again.headers["location"] == first.headers["location"]
    other = web.post("/v1/verifications", json={**asked, "language": "sv"}, headers=key)
    assert problem(other, 409) == "idempotency_key_reused"
    elsewhere = web.post(f"/v1/verifications/{first.json()['id']}/cancel", headers=key)
    assert problem(elsewhere, 409) == "idempotency_key_reused"
    assert len(told(web.get("/v1/verifications"))["items"]) == 1
    stranger = web.add_party()
    assert web.post("/v1/verifications", json=asked, headers=key, key=stranger.key).json() != first.json()
    with web.setup.storage.reading() as unit:
        # what waits for a repetition is sealed: the link opens something
        rows = repr(vars(unit.idempotency))
    assert first.json()["holder_url"].partition("#")[2] not in rows


@pytest.mark.parametrize(
    ("change", "status", "code"),
    [
        ({"purpose": "no_such_policy"}, 422, "purpose_unknown"),
        ({"purpose": "../defaults"}, 422, "purpose_unknown"),
        ({"binding": None}, 422, "binding_missing"),
        ({"binding": "AB" * 32}, 422, "request_invalid"),
        ({"language": "no language"}, 422, "request_invalid"),
        ({"labels": {"name": "Anna Andersson"}}, 422, "request_invalid"),
        ({"labels": {f"l{number}": "x" for number in range(9)}}, 422, "request_invalid"),
        ({"return_url": "http://shop.example/"}, 422, "return_url_invalid"),
        ({"return_url": "https://a@shop.example/"}, 422, "return_url_invalid"),
        ({"family_name": "Andersson"}, 422, "request_invalid"),
    ],
)
def test_what_cannot_be_opened_is_told_by_a_code(shared: Web, change: dict[str, Any], status: int, code: str) -> None:
    asked = {"purpose": shared.world.policy.id, "binding": BINDING, **change}
    before = told(shared.get("/v1/verifications?limit=1"))
    answer = shared.post("/v1/verifications", json=asked)
    assert problem(answer, status) == code
    assert "Andersson" not in answer.text
    assert told(shared.get("/v1/verifications?limit=1")) == before


def test_a_list_goes_on_by_cursors_and_by_state(web: Web) -> None:
    ids = []
    for _ in range(5):
        web.clock.forward(seconds=1)
        ids.append(opened(web)["id"])
    seen: list[str] = []
    query = "limit=2"
    while True:
        page = told(web.get(f"/v1/verifications?{query}"))
        seen += [item["id"] for item in page["items"]]
        if "next_cursor" not in page:
            break
        assert ids[0] not in page["next_cursor"]
        query = f"limit=2&cursor={page['next_cursor']}"
    assert seen == ids[::-1]
    told(web.post(f"/v1/verifications/{ids[0]}/cancel"))
    assert [item["id"] for item in told(web.get("/v1/verifications?state=withdrawn"))["items"]] == [ids[0]]
    for query in ("limit=0", "limit=201", "state=lost", "limit=x"):
        assert problem(web.get(f"/v1/verifications?{query}"), 422) == "request_invalid"
    for cursor in ("x", ids[0], "AXZlcl8", "%00", "AA" * 40):
        assert problem(web.get(f"/v1/verifications?cursor={cursor}"), 422) == "cursor_invalid"


def test_a_cursor_of_another_list_is_none_of_this_one(web: Web) -> None:
    for _ in range(2):
        opened(web)
    cursor = told(web.get("/v1/verifications?limit=1"))["next_cursor"]
    assert problem(web.get(f"/v1/lines?cursor={cursor}"), 422) == "cursor_invalid"


# ---- API keys


def test_a_key_makes_another_that_may_do_no_more(web: Web) -> None:
    maker = web.add_key(Scope.KEYS, Scope.LINES)
    made = web.post("/v1/api-keys", json={"name": "a shop", "scopes": ["lines"]}, key=maker)
    body = told(made, 201)
    assert made.headers["cache-control"] == "no-store"
    assert body["key"]["scopes"] == ["lines"]
    told(web.get("/v1/lines", key=body["secret"]))
    assert problem(web.get("/v1/verifications", key=body["secret"]), 403) == "scope_missing"
    for scopes in (["verifications"], ["lines", "review"], ["keys", "lines", "policies:read"]):
        asked = {"name": "more", "scopes": scopes}
        assert problem(web.post("/v1/api-keys", json=asked, key=maker), 403) == "scope_not_yours"
    listed = told(web.get("/v1/api-keys", key=maker))["items"]
    assert body["key"]["id"] in {item["id"] for item in listed}
    assert "secret" not in str(listed)
    assert body["secret"].rpartition(".")[2] not in str(listed)


def test_a_secret_is_given_again_to_the_key_that_asked_for_it_alone(web: Web) -> None:
    asked, once = {"name": "a shop", "scopes": ["keys", "lines"]}, {"Idempotency-Key": "once"}
    first = web.post("/v1/api-keys", json=asked, headers=once)
    assert web.post("/v1/api-keys", json=asked, headers=once).json() == first.json()
    lesser = web.add_key(Scope.KEYS)
    assert problem(web.post("/v1/api-keys", json=asked, headers=once, key=lesser), 409) == "idempotency_key_reused"


def test_a_revoked_key_opens_nothing(web: Web) -> None:
    made = told(web.post("/v1/api-keys", json={"name": "a shop", "scopes": ["verifications"]}), 201)
    told(web.get("/v1/verifications", key=made["secret"]))
    key = f"/v1/api-keys/{made['key']['id']}"
    assert "revoked_at" in told(web.post(f"{key}/revoke"))
    assert problem(web.get("/v1/verifications", key=made["secret"]), 401) == "api_key_unknown"
    assert problem(web.post(f"{key}/revoke"), 404) == "api_key_not_found"
    assert told(web.get(key))["last_used_at"] == "2027-03-01T09:00:00Z"


def test_keys_in_use_are_bounded_and_listed_by_cursors(web: Web) -> None:
    for _ in range(199):
        web.add_key(Scope.LINES)
    asked = {"name": "one more", "scopes": ["lines"]}
    assert problem(web.post("/v1/api-keys", json=asked), 409) == "api_keys_used_up"
    page = told(web.get("/v1/api-keys?limit=150"))
    rest = told(web.get(f"/v1/api-keys?limit=150&cursor={page['next_cursor']}"))
    assert len({item["id"] for item in (*page["items"], *rest["items"])}) == 200
    assert "next_cursor" not in rest


# ---- policies


def test_a_policy_is_read_by_the_digest_of_a_verification(web: Web) -> None:
    digest = opened(web)["policy"]["digest"]
    reader = web.add_key(Scope.POLICIES_READ)
    shown = told(web.get(f"/v1/policies/{digest}", key=reader))
    assert hashlib.sha256(canonical_json(shown["policy"])).hexdigest() == digest
    assert shown["in_force"] is True
    assert [item["digest"] for item in told(web.get("/v1/policies", key=reader))["items"]] == [digest]
    assert told(web.get("/v1/policies?policy=another", key=reader))["items"] == []
    for other in ("0" * 64, "change_of_line", "%00", "..%2Fdefaults"):
        assert problem(web.get(f"/v1/policies/{other}", key=reader), 404) in {"policy_version_unknown", "not_found"}


# ---- identifiers


@pytest.mark.parametrize(
    "odd", [NEVER, "ver_", "%00", "ver_%00", "0", "lin_" + "0" * 26, "ver_" + "u" * 26, "x" * 90, "%F0%9F%99%82"]
)
def test_whatever_is_no_identifier_was_never_there(shared: Web, odd: str) -> None:
    said = set()
    for path in ("", "/attempts", "/attestation", "/attestation/status", "/lines"):
        said.add(problem(shared.get(f"/v1/verifications/{odd}{path}"), 404))
    for path in ("/cancel", "/erase", "/attestation/received", "/attestation/revoke"):
        said.add(problem(shared.post(f"/v1/verifications/{odd}{path}"), 404))
    assert said == {"verification_unknown"}


def test_times_are_those_of_the_clock(web: Web) -> None:
    body = opened(web)
    assert body["expires_at"] == "2027-03-01T09:15:00Z"
    assert web.world.policy.ttl == timedelta(minutes=15)
    assert body["id"].startswith(str(Kind.VERIFICATION))
