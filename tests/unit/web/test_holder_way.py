"""The holder's whole way over HTTP: link, notice, consent, receipt, the other way, withdrawal in every state."""

import hashlib

import pytest

from holder_material import Device, code_of, open_link
from visavis.decision.decide import DecisionOutcome
from visavis.domain.reasons import REASONS
from visavis.domain.states import By
from visavis.web.words import load_words
from web_material import Web, make_web


@pytest.fixture(scope="module")
def web() -> Web:
    """One for all: its clock only goes forward, and each test opens verifications of its own."""
    return make_web()


@pytest.fixture
def link(web: Web) -> tuple[str, str]:
    return open_link(web)


@pytest.fixture
def device(web: Web, link: tuple[str, str]) -> Device:
    return Device(web).open(link[1])


def test_a_link_is_exchanged_for_a_cookie_that_no_script_reads(web: Web, link: tuple[str, str]) -> None:
    device = Device(web)
    answer = device.exchange(link[1])
    assert answer.json() == {"verification": link[0], "may_act": True}
    cookie = answer.headers["set-cookie"].lower()
    assert cookie.startswith("visavis=")
    assert "httponly" in cookie
    assert "samesite=strict" in cookie
    assert "path=/" in cookie
    assert "max-age" not in cookie
    assert "expires" not in cookie
    assert answer.headers["cache-control"] == "no-store"
    assert link[1] not in answer.text
    assert device.get("/h/v1/session").json()["verification"] == link[0]


def test_over_tls_the_cookie_is_this_hosts_alone() -> None:
    web = make_web(public_url="https://verify.operator.example")
    device = Device(web)
    made = web.post("/v1/verifications", json={"purpose": web.world.policy.id, "binding": "cd" * 32}).json()
    answer = device.exchange(made["holder_url"].partition("#")[2])
    cookie = answer.headers["set-cookie"]
    assert cookie.startswith("__Host-visavis=")
    assert "Secure" in cookie
    assert "Domain" not in cookie


def test_a_token_opens_once(web: Web, link: tuple[str, str]) -> None:
    first, second = Device(web).open(link[1]), Device(web)
    assert code_of(second.exchange(link[1])) == (403, "holder_link_used")
    again = first.exchange(link[1])
    assert again.status_code == 200  # a page that was loaded again
    assert "set-cookie" not in again.headers
    assert code_of(second.exchange("nothing")) == (401, "holder_link_unknown")
    assert code_of(second.get("/h/v1/status")) == (401, "holder_session_unknown")


def test_a_link_ends_with_the_verification(web: Web, link: tuple[str, str]) -> None:
    web.clock.forward(minutes=15)
    assert code_of(Device(web).exchange(link[1])) == (403, "holder_link_expired")


@pytest.mark.parametrize("path", ["consent", "alternative", "withdraw", "erase", "handoff", "leave", "document"])
@pytest.mark.parametrize(
    ("origin", "header"),
    [("http://127.0.0.1:8000", None), ("https://elsewhere.example", "1"), ("", "1"), ("null", "1")],
)
def test_a_page_elsewhere_cannot_act(web: Web, device: Device, path: str, origin: str, header: str | None) -> None:
    foreign = Device(web, header=header)
    foreign.origin = origin or None
    foreign.browser.cookies.set("visavis", device.cookie)
    body = {"notice_digest": "0" * 64, "language": "en"} if path == "consent" else None
    assert code_of(foreign.post(f"/h/v1/{path}", json=body)) == (403, "page_foreign")
    assert device.status()["state"] == "requested"


def test_a_page_elsewhere_cannot_open_a_link(web: Web, link: tuple[str, str]) -> None:
    assert code_of(Device(web, origin="https://elsewhere.example").exchange(link[1])) == (403, "page_foreign")
    assert code_of(Device(web, header=None).exchange(link[1])) == (403, "page_foreign")
    Device(web).open(link[1])


@pytest.mark.parametrize("language", ["en", "zh-CN"])
def test_the_digest_is_of_the_very_text_that_is_shown(device: Device, language: str) -> None:
    notice = device.get(f"/h/v1/notice?language={language}").json()
    assert notice["language"] == language
    lines = [notice["title"]]
    for part in notice["sections"]:
        lines += [part["heading"], *part["paragraphs"]]
    text = "\n".join([*lines, notice["consent"]])
    assert hashlib.sha256(text.encode()).hexdigest() == notice["digest"]
    assert "An operator" in text  # who asks
    assert load_words(language).say("field.document_number") in text  # what they learn
    assert load_words(language).say("span.days", n="3") in text  # until when
    assert "{" not in text
    names = [part["name"] for part in notice["sections"]]
    assert names == ["who", "why", "read", "told", "kept", "rights", "other"]


def test_consent_leaves_a_receipt_with_the_fields_of_the_specification(device: Device, link: tuple[str, str]) -> None:
    assert code_of(device.get("/h/v1/receipt")) == (404, "receipt_unknown")
    notice = device.get("/h/v1/notice?language=zh-Hans").json()
    assert device.consent("zh-Hans").json()["state"] == "consented"
    answer = device.get("/h/v1/receipt")
    receipt = answer.json()
    assert "attachment" in answer.headers["content-disposition"]
    assert receipt["schema_version"] == "ISO/IEC TS 27560:2023"
    assert receipt["pii_principal_id"] == link[0]
    assert receipt["privacy_notice"] == f"sha-256:{notice['digest']}"
    assert receipt["language"] == "zh-CN"
    (purpose,) = receipt["purposes"]
    assert purpose["lawful_basis"] == "consent"
    assert purpose["retention_period"] == "PT259200S"
    assert len(purpose["privacy_rights"]) == 5
    assert [item["special_pii_category"] for item in purpose["pii_information"]] == [True, False]
    (party,) = receipt["party_identification"]
    assert party["party_name"] == "An operator"
    assert party["party_contact"] == "privacy@operator.example"
    assert [event["event_state"] for event in receipt["event"]] == ["given"]
    assert code_of(device.consent()) == (409, "consented_already")


def test_another_notice_is_not_what_was_agreed_to(device: Device) -> None:
    body = {"notice_digest": "0" * 64, "language": "en"}
    assert code_of(device.post("/h/v1/consent", json=body)) == (409, "notice_changed")
    english = device.get("/h/v1/notice?language=en").json()["digest"]
    body = {"notice_digest": english, "language": "zh-CN"}
    assert code_of(device.post("/h/v1/consent", json=body)) == (409, "notice_changed")
    assert device.status()["state"] == "requested"


def test_consent_comes_in_time(web: Web, device: Device) -> None:
    digest = device.get("/h/v1/notice?language=en").json()["digest"]
    web.clock.forward(minutes=15)
    body = {"notice_digest": digest, "language": "en"}
    assert code_of(device.post("/h/v1/consent", json=body)) == (409, "verification_expired")
    status = device.status()
    assert (status["next"], status["attempts_left"]) == ("done", 0)


def test_the_other_way_is_open_before_and_after_the_consent(web: Web) -> None:
    for agreed in (False, True):
        device = Device(web).open(open_link(web)[1])
        if agreed:
            device.consent()
        told = device.post("/h/v1/alternative").json()
        assert (told["state"], told["next"]) == ("declined_for_alternative", "done")
        assert code_of(device.post("/h/v1/alternative")) == (409, "step_not_possible")


def test_status_says_what_comes_next_and_where_to_go_on(web: Web) -> None:
    back = "https://shop.operator.example/orders/1"
    verification, token = open_link(web, return_url=back)
    device = Device(web).open(token)
    assert device.status()["next"] == "consent"
    device.consent()
    status = device.status()
    assert (status["next"], status["attempts_left"]) == ("document", 2)
    assert "return_url" not in status
    begin(web, verification)
    assert device.status()["next"] == "wait"
    web.world.verifications.interrupt(web.party.id, verification)
    begin(web, verification)
    web.world.verifications.interrupt(web.party.id, verification)
    assert device.status()["next"] == "alternative"
    done = device.post("/h/v1/withdraw").json()
    assert (done["next"], done["return_url"]) == ("done", back)


@pytest.mark.parametrize("language", ["en", "zh-CN"])
def test_the_result_says_its_reasons_in_plain_words(web: Web, language: str) -> None:
    device, verification = decided(web, DecisionOutcome.REJECTED)
    result = device.get(f"/h/v1/status?language={language}").json()
    words = load_words(language)
    assert result["text"] == words.say("state.rejected", party="An operator")
    (reason,) = result["result"]["reasons"]
    assert reason == {"code": "no_face", "text": words.reason("no_face").text, "advice": words.reason("no_face").advice}
    assert verification not in reason["text"]


def test_the_language_is_the_one_asked_for_or_the_one_the_verification_was_opened_in(web: Web) -> None:
    device = Device(web).open(open_link(web, language="zh-CN")[1])
    assert device.status()["language"] == "zh-CN"
    assert device.get("/h/v1/status?language=en-GB").json()["language"] == "en"
    assert device.get("/h/v1/status?language=fr").json()["language"] == "zh-CN"


def test_anybody_may_have_the_words_of_every_code(web: Web) -> None:
    stranger = Device(web)
    for language in ("en", "zh-CN"):
        answer = stranger.get(f"/h/v1/words?language={language}")
        assert "max-age" in answer.headers["cache-control"]
        assert answer.json()["language"] == language
        assert answer.json()["reasons"].keys() == REASONS.keys()
        assert answer.json()["reasons"]["closer"]["advice"] == load_words(language).reason("closer").advice


STATES = ["requested", "consented", "capturing", "submitted", "referred", "accepted", "rejected"]
STATES += ["declined_for_alternative", "withdrawn", "expired", "erased"]


@pytest.mark.parametrize("act", ["withdraw", "erase"])
@pytest.mark.parametrize("state", STATES)
def test_taking_back_and_erasing_work_in_every_state(web: Web, state: str, act: str) -> None:
    device, verification = brought_to(web, state)
    answer = device.post(f"/h/v1/{act}")
    assert answer.status_code == 200, answer.text
    row, _ = web.world.verifications.get(web.party.id, verification)
    ended = {"erased"} if act == "erase" else {"withdrawn", "erased"}
    assert answer.json()["state"] in ended
    assert answer.json()["next"] == "done"
    assert row.person is None
    with web.setup.storage.reading() as unit:
        assert unit.sealed.key(verification) is None
        assert unit.sealed.labels(verification) == ()
    again = device.post(f"/h/v1/{act}")
    assert again.status_code == 200
    assert again.json()["state"] == answer.json()["state"]


def test_the_receipt_tells_that_the_consent_was_taken_back(web: Web, device: Device) -> None:
    device.consent()
    web.clock.forward(minutes=1)
    device.post("/h/v1/withdraw")
    events = device.get("/h/v1/receipt").json()["event"]
    assert [event["event_state"] for event in events] == ["given", "withdrawn"]
    assert events[1]["event_time"] == web.clock.now().isoformat()


def test_a_device_leaves_and_nobody_comes_in_by_its_cookie(web: Web, device: Device) -> None:
    cookie = device.cookie
    assert device.post("/h/v1/leave").status_code == 204
    other = Device(web)
    other.browser.cookies.set("visavis", cookie)
    assert code_of(other.get("/h/v1/status")) == (401, "holder_session_unknown")
    assert device.post("/h/v1/leave").status_code == 204


def begin(web: Web, verification: str) -> None:
    web.world.verifications.begin_capture(web.party.id, verification, web.world.policy)


def submit(web: Web) -> tuple[Device, str]:
    verification, token = open_link(web)
    device = Device(web).open(token)
    assert device.consent().status_code == 200
    begin(web, verification)
    web.world.verifications.submit(web.party.id, verification)
    return device, verification


def decided(web: Web, outcome: DecisionOutcome) -> tuple[Device, str]:
    device, verification = submit(web)
    findings = web.world.findings(outcome, document="DOC4711X")
    web.world.verifications.conclude(web.party.id, verification, findings, web.world.policy)
    return device, verification


def brought_to(web: Web, state: str) -> tuple[Device, str]:
    outcomes = {outcome.value: outcome for outcome in DecisionOutcome}
    if state in outcomes:
        return decided(web, outcomes[state])
    if state == "submitted":
        return submit(web)
    if state == "erased":
        device, verification = decided(web, DecisionOutcome.ACCEPTED)
        web.world.verifications.erase(web.party.id, verification, by=By.RELYING_PARTY)
        return device, verification
    verification, token = open_link(web)
    device = Device(web).open(token)
    if state == "expired":
        web.clock.forward(minutes=15)
        assert web.world.verifications.expire_overdue()
    elif state == "withdrawn":
        web.world.verifications.withdraw(web.party.id, verification, by=By.RELYING_PARTY)
    elif state == "declined_for_alternative":
        device.post("/h/v1/alternative")
    elif state != "requested":
        device.consent()
        if state == "capturing":
            begin(web, verification)
    return device, verification
