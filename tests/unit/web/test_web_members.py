"""Members over HTTP: for administrators who signed in, of their own party, and for nobody else."""

from typing import Any

import httpx
import pytest

from staff_material import member_of, session_of, signed_in
from visavis.service.member_records import Role
from visavis.service.records import KEY_SCOPES
from web_material import Web, make_web


@pytest.fixture
def web() -> Web:
    return make_web()


@pytest.fixture
def admin(web: Web) -> str:
    """Their id; the client has their session."""
    return signed_in(web.client, web.setup, Role.ADMINISTRATOR, party=web.party.id).id


def told(answer: httpx.Response, status: int = 200) -> Any:
    assert answer.status_code == status, answer.text
    return answer.json() if answer.content else None


def code_of(answer: httpx.Response, status: int) -> str:
    assert answer.status_code == status, answer.text
    return str(answer.json()["code"])


def add(web: Web, role: str = "clerk", name: str = "Desk 4", **headers: str) -> Any:
    return told(web.client.post("/v1/members", json={"name": name, "role": role}, headers=headers), 201)


def test_a_member_from_the_code_to_the_end(web: Web, admin: str) -> None:
    made = add(web)
    member = made["member"]["id"]
    assert made["member"]["code_until"] == "2027-03-02T09:00:00Z"
    assert web.setup.staff.enter(made["code"]).session.member.id == member
    again = told(web.client.post(f"/v1/members/{member}/code"))
    assert again["code"] != made["code"]
    changed = told(web.client.post(f"/v1/members/{member}/role", json={"role": "supervisor"}))
    assert changed["role"] == "supervisor"
    gone = told(web.client.post(f"/v1/members/{member}/disable"))
    assert gone["disabled_at"] == "2027-03-01T09:00:00Z"
    assert told(web.client.get(f"/v1/members/{member}")) == gone
    items = told(web.client.get("/v1/members"))["items"]
    assert {row["id"] for row in items} == {admin, member}
    assert made["code"] not in str(items)
    with web.setup.storage.reading() as unit:
        acts = [
            (act.act, act.actor.kind, act.actor.id) for _, act in unit.audit.waiting(limit=99) if act.subject == member
        ]
    assert acts == [
        ("member.added", "member", admin),
        ("member.code_used", "member", member),
        ("member.code_made", "member", admin),
        ("member.role_changed", "member", admin),
        ("member.disabled", "member", admin),
    ]


def test_a_code_is_answered_again_to_who_asked_and_to_nobody_else(web: Web, admin: str) -> None:
    once = {"Idempotency-Key": "5d8b"}
    first = add(web, **once)
    assert add(web, **once) == first
    signed_in(web.client, web.setup, Role.ADMINISTRATOR, party=web.party.id)
    answer = web.client.post("/v1/members", json={"name": "Desk 4", "role": "clerk"}, headers=once)
    assert code_of(answer, 409) == "idempotency_key_reused"


def test_no_key_sees_or_changes_members(web: Web) -> None:
    every = web.add_key(*KEY_SCOPES)
    member = member_of(web.setup, Role.CLERK, party=web.party.id).id
    for method, path, body in (
        ("GET", "/v1/members", None),
        ("GET", f"/v1/members/{member}", None),
        ("POST", "/v1/members", {"name": "x", "role": "administrator"}),
        ("POST", f"/v1/members/{member}/code", None),
        ("POST", f"/v1/members/{member}/role", {"role": "administrator"}),
        ("POST", f"/v1/members/{member}/disable", None),
    ):
        assert code_of(web.request(method, path, key=every, json=body), 403) == "scope_missing"
    made = web.post("/v1/api-keys", json={"name": "x", "scopes": ["members"]})
    assert code_of(made, 422) == "request_invalid"


@pytest.mark.parametrize("role", [role for role in Role if role is not Role.ADMINISTRATOR])
def test_no_other_role_sees_or_changes_members(web: Web, role: Role) -> None:
    member = signed_in(web.client, web.setup, role, party=web.party.id).id
    assert code_of(web.client.get("/v1/members"), 403) == "scope_missing"
    answer = web.client.post(f"/v1/members/{member}/role", json={"role": "administrator"})
    assert code_of(answer, 403) == "scope_missing"


def test_another_partys_administrator_finds_nothing(web: Web) -> None:
    member = member_of(web.setup, Role.CLERK, party=web.party.id).id
    signed_in(web.client, web.setup, Role.ADMINISTRATOR, party=web.add_party().id)
    assert code_of(web.client.get(f"/v1/members/{member}"), 404) == "member_unknown"
    assert code_of(web.client.post(f"/v1/members/{member}/disable"), 404) == "member_unknown"
    assert len(told(web.client.get("/v1/members"))["items"]) == 1


def test_a_disabled_members_next_request_is_refused(web: Web, admin: str) -> None:
    clerk = member_of(web.setup, Role.CLERK, party=web.party.id)
    token = session_of(web.setup, clerk)
    told(web.client.post(f"/v1/members/{clerk.id}/disable"))
    web.client.cookies.set("visavis-staff", token)
    assert code_of(web.client.get("/v1/verifications"), 401) == "staff_session_unknown"


def test_the_last_administrator_stays_and_cannot_resign(web: Web, admin: str) -> None:
    assert code_of(web.client.post(f"/v1/members/{admin}/disable"), 409) == "last_administrator"
    answer = web.client.post(f"/v1/members/{admin}/role", json={"role": "clerk"})
    assert code_of(answer, 409) == "last_administrator"
    told(web.client.get("/v1/members"))


def test_an_administrator_gives_keys_any_scope_that_keys_have(web: Web, admin: str) -> None:
    made = told(web.client.post("/v1/api-keys", json={"name": "till", "scopes": ["lines", "verifications"]}), 201)
    assert web.get("/v1/lines", key=made["secret"]).status_code == 200
    with web.setup.storage.reading() as unit:
        (act,) = [act for _, act in unit.audit.waiting(limit=99) if act.subject == made["key"]["id"]]
    assert (act.act, act.actor.kind, act.actor.id) == ("api_key.created", "member", admin)


@pytest.mark.parametrize("body", [{"name": " ", "role": "clerk"}, {"name": "x"}, {"name": "x", "role": "owner"}])
def test_what_is_no_member_is_refused(web: Web, admin: str, body: dict[str, str]) -> None:
    assert code_of(web.client.post("/v1/members", json=body), 422) == "request_invalid"


def test_a_reviewer_reviews_as_themselves(web: Web) -> None:
    """Whatever a header says of another."""
    signed_in(web.client, web.setup, Role.REVIEWER, party=web.party.id)
    told(web.client.get("/v1/reviews"))
    answer = web.client.post(f"/v1/reviews/rev_{'0' * 26}/claim", headers={"X-Visavis-Reviewer": "ann-1"})
    assert code_of(answer, 404) == "review_unknown"
