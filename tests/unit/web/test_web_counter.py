"""What a counter asks over HTTP: purposes, the other way, a person's look, and a link to be scanned."""

from typing import Any

import pytest

from relying_material import BINDING, card, in_state, opened, ordered, problem, told
from staff_material import signed_in
from visavis.service.member_records import Member, Role
from visavis.service.records import Scope
from web_material import Web, make_web

DOCUMENT = {"type": "passport", "issuing_state": "UTO", "number": "L898902C3", "expires": "2031-04-15"}
CHECKS = ["original_held", "features_seen", "photograph_compared", "details_compared"]
LOOK = {"document": DOCUMENT, "checks": CHECKS, "verdict": "accept"}


@pytest.fixture
def web() -> Web:
    return make_web()


@pytest.fixture
def clerk(web: Web) -> Member:
    """Who signed in; the test's key is used only where it is named."""
    return signed_in(web.client, web.setup, Role.CLERK, party=web.party.id)


def look(web: Web, verification: str, **change: Any) -> Any:
    """As a member."""
    return web.client.post(f"/v1/verifications/{verification}/in-person-check", json={**LOOK, **change})


def test_purposes_for_lines_say_for_whom_and_what_the_other_way_asks(web: Web) -> None:
    (item,) = told(web.get("/v1/line-purposes"))["items"]
    assert item == {
        "purpose": "change_of_line",
        "title": "change_of_line",
        "parts": ["new", "holder", "receiver"],
        "minutes": 15,
        "in_person": CHECKS,
    }


def test_the_other_way_is_taken_for_a_holder_once(web: Web) -> None:
    verification = opened(web)["id"]
    path = f"/v1/verifications/{verification}/alternative"
    key = {"Idempotency-Key": "one"}
    first = told(web.post(path, headers=key))
    assert first["state"] == "declined_for_alternative"
    again = web.post(path, headers=key)
    assert (told(again), again.headers["idempotent-replayed"]) == (first, "true")
    assert problem(web.post(path), 409) == "step_not_possible"


def test_a_look_decides_grants_and_is_attested(web: Web, clerk: Member) -> None:
    nonce, _ = ordered(web, order := {"act": "register", "msisdn": "+46700000001", "iccid": card(1)}, documents=())
    binding = told(web.post("/v1/line-orders", json={**order, "nonce": nonce}))["binding"]
    verification = opened(web, binding=binding)["id"]
    told(web.post(f"/v1/verifications/{verification}/alternative"))
    shown = told(look(web, verification))
    assert (shown["state"], shown["outcome"]) == ("decided", "accepted")
    assert [reason["code"] for reason in shown["decision"]["reasons"]] == ["checked_in_person"]
    assert shown["decision"]["grants"] == ["line.register", "line.receive"]
    assert "L898902C3" not in str(shown)
    assert told(look(web, verification)) == shown
    asked = {"msisdn": "+46700000001", "iccid": card(1), "nonce": nonce, "verification": verification}
    told(web.client.post("/v1/lines", json=asked), 201)
    assert told(web.client.get(f"/v1/verifications/{verification}"))["used_at"] == shown["decision"]["decided_at"]
    (listed,) = told(web.client.get("/v1/verifications"))["items"]
    assert listed["used_at"] == shown["decision"]["decided_at"]
    attested = told(web.get(f"/v1/verifications/{verification}/attestation"))
    assert attested["disclosed"] == {}
    with web.setup.storage.reading() as unit:
        acts = {act.act: act.actor for _, act in unit.audit.waiting(limit=200) if act.subject == verification}
    assert acts["verification.checked_in_person"].id == clerk.id
    assert acts["verification.alternative_taken"].id != clerk.id  # that was the key


def test_a_look_is_done_by_a_person_and_never_with_a_key(web: Web) -> None:
    verification = in_state(web, "declined_for_alternative")
    path = f"/v1/verifications/{verification}/in-person-check"
    assert problem(web.post(path, json=LOOK), 403) == "member_needed"
    stranger = web.add_party()
    assert problem(web.post(path, json=LOOK, key=stranger.key), 404) == "verification_unknown"
    assert problem(web.post(path, json=LOOK, key=web.add_key(Scope.VERIFICATIONS)), 403) == "scope_missing"


@pytest.mark.parametrize("role", [Role.REVIEWER, Role.AUDITOR, Role.ADMINISTRATOR])
def test_it_is_for_who_serves_customers(web: Web, role: Role) -> None:
    verification = in_state(web, "declined_for_alternative")
    signed_in(web.client, web.setup, role, party=web.party.id)
    assert problem(look(web, verification), 403) == "scope_missing"


def test_a_page_elsewhere_does_not_look_in_a_clerks_name(web: Web, clerk: Member) -> None:
    verification = in_state(web, "declined_for_alternative")
    assert clerk.role is Role.CLERK
    for headers in ({"Origin": "https://elsewhere.example"}, {"X-Visavis": "0"}):
        path = f"/v1/verifications/{verification}/in-person-check"
        assert problem(web.client.post(path, json=LOOK, headers=headers), 403) == "page_foreign"


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"checks": CHECKS[:3]}, "in_person_checks_missing"),
        ({"document": {**DOCUMENT, "issuing_state": "ZZZ"}}, "issuing_state_unknown"),
        ({"document": {**DOCUMENT, "number": "--"}}, "document_number_invalid"),
        ({"checks": [*CHECKS, "guessed"]}, "request_invalid"),
        ({"document": {**DOCUMENT, "expires": "soon"}}, "request_invalid"),
        ({"photograph": "base64"}, "request_invalid"),
    ],
)
def test_what_cannot_be_taken_is_refused_without_repeating_it(
    web: Web, clerk: Member, change: dict[str, Any], code: str
) -> None:
    verification = in_state(web, "declined_for_alternative")
    assert clerk.disabled_at is None
    answer = look(web, verification, **change)
    assert problem(answer, 422) == code
    assert "L898902C3" not in answer.text


@pytest.mark.parametrize("state", ["requested", "consented", "submitted", "referred", "withdrawn", "expired", "erased"])
def test_a_look_follows_on_the_other_way_alone(web: Web, clerk: Member, state: str) -> None:
    assert clerk.relying_party == web.party.id
    assert problem(look(web, in_state(web, state)), 409) == "step_not_possible"


def test_a_link_is_drawn_and_nothing_else(web: Web) -> None:
    link = opened(web, binding=BINDING)["holder_url"]
    drawn = told(web.post("/v1/holder-link-code", json={"holder_url": link}))
    assert drawn["qr_svg"].startswith("<svg")
    for other in ("https://elsewhere.example/p/verify#x", f"{link} ", link.replace("/p/verify#", "/p/verify?"), "x"):
        answer = web.post("/v1/holder-link-code", json={"holder_url": other})
        assert problem(answer, 422) == "holder_link_foreign"
