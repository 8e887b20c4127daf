"""Signing in over HTTP: every way in, and everything that must not be one."""

from collections.abc import Mapping
from typing import Any

import httpx
import pytest

from passkey_material import SoftAuthenticator, b64
from staff_material import member_of, session_of, signed_in
from visavis.service.member_records import Member, Role
from visavis.service.members import SCOPES_OF
from visavis.service.passkeys import MOST_PASSKEYS
from visavis.service.records import Scope
from visavis.web.rates import Quota
from visavis.web.setup import WebLimits
from web_material import Web, make_web

ORIGIN = "http://localhost:8000"
HERE = {"Origin": ORIGIN, "X-Visavis": "1"}
SESSION, CHALLENGE = "visavis-staff", "visavis-staff-challenge"


@pytest.fixture
def web() -> Web:
    return make_web(public_url=ORIGIN)


def post(web: Web, path: str, body: object = None, headers: Mapping[str, str] = HERE) -> httpx.Response:
    answer = web.client.post(path, json=body, headers=dict(headers))
    assert isinstance(answer, httpx.Response)
    return answer


def told(answer: httpx.Response, status: int = 200) -> Any:
    assert answer.status_code == status, answer.text
    return answer.json() if answer.content else None


def code_of(answer: httpx.Response, status: int) -> str:
    assert answer.status_code == status, answer.text
    return str(answer.json()["code"])


def code_for(web: Web, role: Role = Role.CLERK) -> tuple[Member, str]:
    made = web.setup.members.add(web.party.id, name="Desk 4", role=role)
    return made.known.member, made.code


def enrolled(web: Web, device: SoftAuthenticator, role: Role = Role.CLERK) -> Member:
    member, code = code_for(web, role)
    told(post(web, "/s/v1/code", {"code": code}))
    asked = told(post(web, "/s/v1/passkeys/options"))["public_key"]
    told(post(web, "/s/v1/passkeys", device.create(asked, origin=ORIGIN)))
    return member


def begun(web: Web) -> Any:
    return told(post(web, "/s/v1/sign-in/options"))["public_key"]


def sign_in(web: Web, device: SoftAuthenticator, **wrong: Any) -> httpx.Response:
    asked = begun(web)
    return post(web, "/s/v1/sign-in", device.get(asked, **{"origin": ORIGIN, **wrong}))


def noted(web: Web, member: Member) -> list[str]:
    with web.setup.storage.reading() as unit:
        return [act.act for _, act in unit.audit.waiting(limit=500) if act.subject == member.id]


# ---- the whole way


def test_a_code_a_passkey_out_and_in_again(web: Web) -> None:
    device = SoftAuthenticator()
    member, code = code_for(web)
    me = told(post(web, "/s/v1/code", {"code": code}))
    assert (me["enrolling"], me["scopes"], me["member"]) == (True, [], member.id)
    enrolment = web.client.cookies[SESSION]
    asked = told(post(web, "/s/v1/passkeys/options"))["public_key"]
    assert asked["rp"] == {"id": "localhost", "name": "An operator"}
    assert asked["user"] == {"id": b64(member.id.encode()), "name": "Desk 4", "displayName": "Desk 4"}
    assert (asked["attestation"], asked["authenticatorSelection"]["userVerification"]) == ("none", "required")
    assert asked["authenticatorSelection"]["residentKey"] == "required"
    me = told(post(web, "/s/v1/passkeys", device.create(asked, origin=ORIGIN)))
    assert (me["enrolling"], me["scopes"]) == (False, ["lines", "verifications"])
    assert CHALLENGE not in web.client.cookies
    assert web.client.cookies[SESSION] != enrolment
    assert told(web.client.get("/s/v1/me")) == me
    told(web.client.get("/v1/verifications"))
    told(post(web, "/s/v1/sign-out"), 204)
    assert SESSION not in web.client.cookies
    assert code_of(web.client.get("/v1/verifications"), 401) == "api_key_missing"
    assert told(sign_in(web, device))["member"] == member.id
    told(web.client.get("/v1/verifications"))
    assert noted(web, member) == [
        "member.added",
        "member.code_used",
        "member.passkey_added",
        "member.signed_in",
        "member.signed_out",
        "member.signed_in",
    ]


def test_what_a_cookie_is(web: Web) -> None:
    secure = make_web(public_url="https://verify.example")
    here = {"Origin": "https://verify.example", "X-Visavis": "1"}
    answer = post(secure, "/s/v1/code", {"code": code_for(secure)[1]}, here)
    said = answer.headers.get_list("set-cookie")[0].split("; ")
    assert said[0].startswith("__Host-visavis-staff=")
    assert {"HttpOnly", "Path=/", "SameSite=strict", "Secure"} <= set(said)
    assert not [part for part in said[1:] if part.lower().startswith(("domain", "expires", "max-age"))]
    assert answer.headers["cache-control"] == "no-store"


@pytest.mark.parametrize("role", list(Role))
def test_a_session_may_what_its_role_may(web: Web, role: Role) -> None:
    signed_in(web.client, web.setup, role, party=web.party.id)
    looks = {
        Scope.VERIFICATIONS: "/v1/verifications",
        Scope.LINES: "/v1/lines",
        Scope.REVIEW: "/v1/reviews",
        Scope.KEYS: "/v1/api-keys",
        Scope.POLICIES_READ: "/v1/policies",
        Scope.WEBHOOKS: "/v1/webhooks",
        Scope.MEMBERS: "/v1/members",
        Scope.FIGURES: "/v1/figures?from=2027-03-01&to=2027-03-02",
    }
    assert set(looks) == set(Scope)
    for scope, path in looks.items():
        answer = web.client.get(path)
        assert (answer.status_code == 200) == (scope in SCOPES_OF[role]), f"{path} {answer.text}"
        assert answer.status_code == 200 or answer.json()["code"] == "scope_missing"


# ---- what is no passkey of ours


@pytest.mark.parametrize(
    "wrong",
    [
        {"verified": False},
        {"present": False},
        {"rp_id": "localhost.example"},
        {"origin": "http://localhost:8001"},
        {"origin": "https://localhost:8000"},
        {"client": {"type": "webauthn.get"}},
        {"client": {"challenge": b64(bytes(32))}},
        {"client": {"crossOrigin": True}},
        {"fmt": "tpm"},
        {"fmt": "nonsense"},
        {"fmt": "packed", "statement": {"alg": -7, "sig": b"x", "x5c": [b"a certificate"]}},
        {"statement": {"sig": b"x"}},
        {"credential": bytes(1024)},
    ],
    ids=str,
)
def test_a_passkey_that_is_not_what_was_asked_for_is_refused(web: Web, wrong: dict[str, Any]) -> None:
    device = SoftAuthenticator()
    member, code = code_for(web)
    told(post(web, "/s/v1/code", {"code": code}))
    asked = told(post(web, "/s/v1/passkeys/options"))["public_key"]
    answer = post(web, "/s/v1/passkeys", device.create(asked, **{"origin": ORIGIN, **wrong}))
    assert code_of(answer, 422) in {"passkey_refused", "request_invalid"}
    assert web.setup.members.get(web.party.id, member.id).passkeys == 0
    assert told(web.client.get("/s/v1/me"))["enrolling"]


@pytest.mark.parametrize(
    "wrong",
    [
        {"verified": False},
        {"present": False},
        {"rp_id": "example.com"},
        {"origin": "http://localhost:8001"},
        {"origin": "http://127.0.0.1:8000"},
        {"client": {"type": "webauthn.create"}},
        {"client": {"challenge": b64(bytes(32))}},
        {"client": {"crossOrigin": True}},
        {"signature": bytes(70)},
        {"user": None},
        {"user": b64(b"mbr_somebody_else")},
        {"credential": bytes(16)},
    ],
    ids=str,
)
def test_a_signature_that_is_not_what_was_asked_for_signs_nobody_in(web: Web, wrong: dict[str, Any]) -> None:
    device = SoftAuthenticator()
    enrolled(web, device)
    web.client.cookies.clear()
    answer = sign_in(web, device, **wrong)
    assert code_of(answer, 401) == "sign_in_failed"
    assert SESSION not in web.client.cookies
    assert "www-authenticate" not in answer.headers


def test_every_failure_reads_the_same(web: Web) -> None:
    """A passkey that is known, and one that is not: nobody learns which there are."""
    device, unknown = SoftAuthenticator(), SoftAuthenticator(user=b64(b"mbr_x"))
    enrolled(web, device)
    said = []
    for one, wrong in ((device, {"signature": bytes(70)}), (unknown, {}), (device, {"user": None})):
        body = sign_in(web, one, **wrong).json()
        said.append({name: value for name, value in body.items() if name != "instance"})
    assert said[0] == said[1] == said[2]


def test_an_answer_is_taken_once(web: Web) -> None:
    device = SoftAuthenticator(counts=False)
    enrolled(web, device)
    web.client.cookies.clear()
    given = device.get(begun(web), origin=ORIGIN)
    cookie = web.client.cookies[CHALLENGE]
    told(post(web, "/s/v1/sign-in", given))
    web.client.cookies.clear()
    web.client.cookies.set(CHALLENGE, cookie)
    assert code_of(post(web, "/s/v1/sign-in", given), 409) == "sign_in_stale"


def test_a_challenge_is_used_up_by_a_wrong_answer(web: Web) -> None:
    device = SoftAuthenticator(counts=False)
    enrolled(web, device)
    asked = begun(web)
    assert (
        code_of(post(web, "/s/v1/sign-in", device.get(asked, origin=ORIGIN, verified=False)), 401) == "sign_in_failed"
    )
    assert code_of(post(web, "/s/v1/sign-in", device.get(asked, origin=ORIGIN)), 409) == "sign_in_stale"


def test_a_challenge_is_good_in_the_browser_that_asked_alone(web: Web) -> None:
    """Somebody hands a victim's browser an answer to their own challenge, or the other way round."""
    device = SoftAuthenticator(counts=False)
    enrolled(web, device)
    mine = begun(web)
    web.client.cookies.clear()
    theirs = begun(web)
    assert mine["challenge"] != theirs["challenge"]
    assert code_of(post(web, "/s/v1/sign-in", device.get(mine, origin=ORIGIN)), 401) == "sign_in_failed"
    web.client.cookies.clear()
    assert code_of(post(web, "/s/v1/sign-in", device.get(theirs, origin=ORIGIN)), 409) == "sign_in_stale"


def test_a_challenge_is_good_for_five_minutes(web: Web) -> None:
    device = SoftAuthenticator()
    enrolled(web, device)
    asked = begun(web)
    web.clock.forward(minutes=5)
    assert code_of(post(web, "/s/v1/sign-in", device.get(asked, origin=ORIGIN)), 409) == "sign_in_stale"


def test_a_challenge_to_sign_in_makes_no_passkey_nor_the_other_way_round(web: Web) -> None:
    device = SoftAuthenticator()
    _, code = code_for(web)
    told(post(web, "/s/v1/code", {"code": code}))
    asked = told(post(web, "/s/v1/passkeys/options"))["public_key"]
    given = {"rpId": "localhost", "challenge": asked["challenge"]}
    answer = device.get(given, origin=ORIGIN, user=b64(b"mbr_x"))
    assert code_of(post(web, "/s/v1/sign-in", answer), 409) == "sign_in_stale"
    challenge = begun(web)["challenge"]
    made = device.create({**asked, "challenge": challenge}, origin=ORIGIN)
    assert code_of(post(web, "/s/v1/passkeys", made), 409) == "sign_in_stale"


def test_a_challenge_of_one_member_makes_no_passkey_of_another(web: Web) -> None:
    device = SoftAuthenticator()
    told(post(web, "/s/v1/code", {"code": code_for(web)[1]}))
    asked = told(post(web, "/s/v1/passkeys/options"))["public_key"]
    web.client.cookies.set(SESSION, session_of(web.setup, member_of(web.setup, Role.ADMINISTRATOR, party=web.party.id)))
    answer = post(web, "/s/v1/passkeys", device.create(asked, origin=ORIGIN))
    assert code_of(answer, 409) == "sign_in_stale"


# ---- the counter


def test_a_counter_that_does_not_grow_signs_nobody_in_and_is_noted(web: Web) -> None:
    device = SoftAuthenticator()
    member = enrolled(web, device)
    told(sign_in(web, device, count=7))
    for count in (7, 3, 0):
        assert code_of(sign_in(web, device, count=count), 401) == "sign_in_failed"
    assert noted(web, member)[-3:] == ["member.passkey_counter_back"] * 3
    told(sign_in(web, device, count=8))


def test_a_wrong_signature_with_a_low_counter_is_not_noted(web: Web) -> None:
    """Or anybody could fill the log who knows the id of a passkey."""
    device = SoftAuthenticator()
    member = enrolled(web, device)
    before = noted(web, member)
    assert code_of(sign_in(web, device, count=0, signature=bytes(70)), 401) == "sign_in_failed"
    assert noted(web, member) == before


def test_who_does_not_count_signs_in_as_often_as_they_like(web: Web) -> None:
    device = SoftAuthenticator(counts=False, backed_up=True)
    enrolled(web, device)
    for _ in range(3):
        told(sign_in(web, device))
    (passkey,) = told(web.client.get("/s/v1/passkeys"))["items"]
    assert passkey["backed_up"]
    assert set(passkey) == {"id", "created_at", "last_used_at", "backed_up"}


# ---- sessions, and pages elsewhere


def test_a_sign_in_ends_the_session_that_the_browser_had(web: Web) -> None:
    device = SoftAuthenticator()
    enrolled(web, device)
    before = web.client.cookies[SESSION]
    told(sign_in(web, device))
    web.client.cookies.set(SESSION, before)
    assert code_of(web.client.get("/s/v1/me"), 401) == "staff_session_unknown"


def test_who_came_by_a_code_does_nothing_but_make_a_passkey(web: Web) -> None:
    told(post(web, "/s/v1/code", {"code": code_for(web, Role.ADMINISTRATOR)[1]}))
    assert code_of(web.client.get("/v1/members"), 403) == "passkey_first"
    assert code_of(post(web, "/v1/members", {"name": "x", "role": "administrator"}), 403) == "passkey_first"


@pytest.mark.parametrize(
    ("origin", "header"),
    [
        ("https://evil.example", "1"),
        ("null", "1"),
        (None, "1"),
        (ORIGIN, None),
        (ORIGIN, "2"),
        ("http://localhost:8001", "1"),
        (f"{ORIGIN}/", "1"),
    ],
)
def test_a_page_elsewhere_does_nothing_in_a_members_name(web: Web, origin: str | None, header: str | None) -> None:
    token = session_of(web.setup, member_of(web.setup, Role.ADMINISTRATOR, party=web.party.id))
    web.client.cookies.set(SESSION, token)
    headers = {"Origin": origin, "X-Visavis": header}
    sent = {name: value for name, value in headers.items() if value is not None}
    for path, body in (
        ("/v1/members", {"name": "Mallory", "role": "administrator"}),
        ("/v1/api-keys", {"name": "x", "scopes": ["lines"]}),
        ("/s/v1/passkeys/options", None),
        ("/s/v1/sign-out", None),
        ("/s/v1/sign-in/options", None),
        ("/s/v1/code", {"code": "x"}),
    ):
        assert code_of(post(web, path, body, sent), 403) == "page_foreign", path
    told(web.client.get("/s/v1/me"))
    assert len(web.setup.members.page(web.party.id).items) == 1


def test_a_key_goes_before_a_session(web: Web) -> None:
    """And needs no page: a machine has none."""
    signed_in(web.client, web.setup, Role.AUDITOR, party=web.party.id)
    web.client.headers.pop("X-Visavis")
    assert web.get("/v1/lines").status_code == 200
    wrong = web.client.get("/v1/figures?from=2027-03-01&to=2027-03-02", headers={"Authorization": "Bearer x"})
    assert code_of(wrong, 401) == "api_key_unknown"
    basic = web.client.get("/v1/policies", headers={"Authorization": "Basic eDp5"})
    assert code_of(basic, 401) == "api_key_missing"


def test_a_token_in_the_address_or_the_wrong_cookie_is_none(web: Web) -> None:
    token = session_of(web.setup, member_of(web.setup, Role.CLERK, party=web.party.id))
    for cookies in ({"visavis": token}, {CHALLENGE: token}, {"__Host-visavis-staff": token}):
        web.client.cookies.clear()
        for name, value in cookies.items():
            web.client.cookies.set(name, value)
        assert code_of(web.client.get(f"/s/v1/me?token={token}"), 401) == "staff_session_unknown"


def test_signing_out_twice_is_no_fault(web: Web) -> None:
    signed_in(web.client, web.setup, Role.CLERK, party=web.party.id)
    told(post(web, "/s/v1/sign-out"), 204)
    told(post(web, "/s/v1/sign-out"), 204)


# ---- one's own passkeys


def again(web: Web, device: SoftAuthenticator) -> httpx.Response:
    answer = post(web, "/s/v1/passkeys/options")
    if answer.status_code != 200:
        return answer
    return post(web, "/s/v1/passkeys", device.create(answer.json()["public_key"], origin=ORIGIN))


def test_passkeys_are_ten_at_most(web: Web) -> None:
    enrolled(web, SoftAuthenticator())
    for _ in range(MOST_PASSKEYS - 1):
        told(again(web, SoftAuthenticator()))
    assert code_of(again(web, SoftAuthenticator()), 409) == "passkeys_used_up"
    items = told(web.client.get("/s/v1/passkeys"))["items"]
    told(post(web, f"/s/v1/passkeys/{items[0]['id']}/remove"), 204)
    told(again(web, SoftAuthenticator()))


def test_a_device_is_told_what_the_member_has(web: Web) -> None:
    device = SoftAuthenticator()
    enrolled(web, device)
    asked = told(post(web, "/s/v1/passkeys/options"))["public_key"]
    assert asked["excludeCredentials"] == [{"type": "public-key", "id": b64(device.credential)}]
    assert code_of(again(web, device), 422) == "passkey_refused"  # nor is it kept twice where the device does not care


def test_nobody_takes_somebody_elses_credential(web: Web) -> None:
    device = SoftAuthenticator()
    first = enrolled(web, device)
    _, code = code_for(web)
    told(post(web, "/s/v1/code", {"code": code}))
    stolen = SoftAuthenticator(credential=device.credential)
    assert code_of(again(web, stolen), 422) == "passkey_refused"
    assert told(sign_in(web, device))["member"] == first.id


def test_what_signs_in_is_changed_soon_after_signing_in_alone(web: Web) -> None:
    enrolled(web, SoftAuthenticator())
    told(again(web, SoftAuthenticator()))
    passkey = told(web.client.get("/s/v1/passkeys"))["items"][0]["id"]
    web.clock.forward(minutes=10, seconds=1)
    assert code_of(again(web, SoftAuthenticator()), 403) == "sign_in_again"
    assert code_of(post(web, f"/s/v1/passkeys/{passkey}/remove"), 403) == "sign_in_again"


def test_the_last_passkey_stays_and_nobody_removes_anothers(web: Web) -> None:
    enrolled(web, SoftAuthenticator())
    (mine,) = told(web.client.get("/s/v1/passkeys"))["items"]
    assert code_of(post(web, f"/s/v1/passkeys/{mine['id']}/remove"), 409) == "passkey_last"
    enrolled(web, SoftAuthenticator())
    for passkey in (mine["id"], "psk_nonsense", "psk_" + "0" * 26):
        assert code_of(post(web, f"/s/v1/passkeys/{passkey}/remove"), 404) == "passkey_unknown"


# ---- where and how often


def test_a_service_without_a_name_has_no_passkeys() -> None:
    web = make_web()
    here = {"Origin": "http://127.0.0.1:8000", "X-Visavis": "1"}
    assert code_of(post(web, "/s/v1/sign-in/options", None, here), 409) == "passkeys_need_a_name"


def test_an_address_tries_thirty_times_a_minute() -> None:
    limits = WebLimits(per_sign_in=Quota(name="sign_in", amount=3, window=60))
    web = make_web(public_url=ORIGIN, limits=limits)
    for _ in range(3):
        assert code_of(post(web, "/s/v1/code", {"code": "0000-0000-0000-0000"}), 401) == "sign_in_code_unknown"
    answer = post(web, "/s/v1/code", {"code": code_for(web)[1]})
    assert code_of(answer, 429) == "rate_limited"
    assert int(answer.headers["retry-after"]) > 0


def test_a_session_is_counted(web: Web) -> None:
    limits = WebLimits(per_session=Quota(name="session", amount=2, window=60))
    web = make_web(public_url=ORIGIN, limits=limits)
    signed_in(web.client, web.setup, Role.CLERK, party=web.party.id)
    for _ in range(2):
        told(web.client.get("/v1/lines"))
    assert code_of(web.client.get("/v1/lines"), 429) == "rate_limited"


def test_tokens_that_are_none_are_counted_by_address() -> None:
    limits = WebLimits(per_address=Quota(name="address", amount=2, window=60))
    web = make_web(public_url=ORIGIN, limits=limits)
    web.client.cookies.set(SESSION, "x" * 43)
    for _ in range(2):
        assert code_of(web.client.get("/v1/lines"), 401) == "staff_session_unknown"
    assert code_of(web.client.get("/v1/lines"), 429) == "rate_limited"


def test_no_answer_to_a_stranger_has_a_secret_in_it(web: Web) -> None:
    device = SoftAuthenticator()
    asked = begun(web)
    token = web.client.cookies[CHALLENGE]
    answer = post(web, "/s/v1/sign-in", device.get(asked, origin=ORIGIN, user=b64(b"x")))
    assert token not in answer.text + str(asked)
    assert b64(device.credential) not in answer.text
