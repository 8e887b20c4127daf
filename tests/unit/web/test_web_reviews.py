"""Reviews as reviewers meet them: over HTTP, with a key that may review and a handle."""

from typing import Any

import httpx
import pytest

from review_case_material import READ, whole_case
from review_material import PORTRAIT, PROBE, READING, Desk, make_desk
from store_material import POLICY
from visavis.pad.evidence import Witness
from visavis.service.records import KEY_SCOPES, Scope
from visavis.service.review_records import ReviewCase
from web_material import Web, make_web

ANN, BEN = {"X-Visavis-Reviewer": "ann-1"}, {"X-Visavis-Reviewer": "ben-2"}
ACCEPT = {"verdict": "accept", "reason": "reviewed_same_person", "note": "Glasses."}
REJECT = {"verdict": "reject", "reason": "reviewed_other_person"}


@pytest.fixture
def web() -> Web:
    return make_web()


@pytest.fixture
def desk(web: Web) -> Desk:
    return make_desk(web.world)


def told(answer: httpx.Response, status: int = 200) -> dict[str, Any]:
    assert answer.status_code == status, answer.text
    body: dict[str, Any] = answer.json()
    return body


def problem(answer: httpx.Response, status: int) -> str:
    body = told(answer, status)
    assert answer.headers["content-type"] == "application/problem+json"
    return str(body["code"])


def claimed(web: Web, case: ReviewCase, who: dict[str, str] = ANN) -> str:
    path = f"/v1/reviews/{case.id}"
    told(web.post(f"{path}/claim", headers=who))
    return path


def test_a_case_from_the_queue_to_its_verdict(web: Web, desk: Desk) -> None:
    case = desk.refer()
    web.clock.forward(minutes=9)
    (item,) = told(web.get("/v1/reviews"))["items"]
    assert (item["id"], item["state"], item["waiting_seconds"]) == (case.id, "waiting", 540)
    assert item["reasons"][0]["code"] == "no_face"
    assert item["purpose_title"] == item["purpose"]  # its policy has no title
    assert item["kept"] == ["portrait", "probe", "reading", "evidence"]
    path = claimed(web, case)
    for name, picture in (("portrait", PORTRAIT), ("probe", PROBE)):
        answer = web.get(f"{path}/pictures/{name}", headers=ANN)
        assert (answer.status_code, answer.content, answer.headers["content-type"]) == (200, picture, "image/jpeg")
        assert answer.headers["cache-control"] == "no-store"
        assert answer.headers["content-disposition"] == "inline"
        assert "sandbox" in answer.headers["content-security-policy"]
        assert answer.headers["x-content-type-options"] == "nosniff"
    assert told(web.get(f"{path}/reading", headers=ANN)) == {"fields": READING, "as_read": {}}
    (check,) = told(web.get(f"{path}/evidence", headers=ANN))["checks"]
    assert (check["check"], check["outcome"], check["score"]) == ("comparison", "fail", 0.31)
    done = told(web.post(f"{path}/verdict", headers=ANN, json=ACCEPT))
    assert (done["state"], done["end"], done["looks"], done["kept"]) == ("closed", "decided", 4, [])
    (opinion,) = done["opinions"]
    assert (opinion["reviewer"], opinion["reason"]["code"], opinion["note"]) == (
        "ann-1",
        "reviewed_same_person",
        "Glasses.",
    )
    assert told(web.get(f"/v1/verifications/{case.verification}"))["outcome"] == "accepted"
    assert told(web.get(f"/v1/verifications/{case.verification}/review")) == done
    assert told(web.get("/v1/reviews"))["items"] == []
    assert [item["id"] for item in told(web.get("/v1/reviews?state=closed"))["items"]] == [case.id]
    assert problem(web.get(f"{path}/pictures/probe", headers=ANN), 409) == "review_closed"


def test_the_capture_is_told_over_time_and_what_the_holder_corrected_as_it_was_read(web: Web, desk: Desk) -> None:
    path = claimed(web, desk.refer(material=whole_case()))
    assert told(web.get(f"{path}/reading", headers=ANN)) == {"fields": READ, "as_read": {"family_name": "ERIKSS0N"}}
    course = told(web.get(f"{path}/evidence", headers=ANN))["course"]
    assert [item["witness"] for item in course["witnesses"]] == [which.value for which in Witness]
    assert course["witnesses"][2]["reasons"][0]["text"]
    assert {len(values) for values in course["series"].values()} == {len(course["times"])}
    assert [item["what"] for item in course["unusable"]] == ["no_face"]
    assert len(course["colours"]) == 12
    assert {"light", "close_eyes"} < {item["what"] for item in course["asked"]}


def test_the_second_person_is_not_told_what_the_first_said(web: Web) -> None:
    desk = make_desk(web.world, review="review = { persons = 2 }")
    case = desk.refer()
    path = claimed(web, case)
    first = told(web.post(f"{path}/verdict", headers=ANN, json=REJECT))
    assert problem(web.post(f"{path}/claim", headers=ANN), 409) == "review_given_already"
    claimed(web, case, BEN)
    seen = [told(web.get(path)), *told(web.get("/v1/reviews"))["items"]]
    for shown in (first, *seen):
        assert shown["verdicts_given"] == 1
        assert "opinions" not in shown
        assert not any(word in str(shown) for word in ("reject", "reviewed_other_person", "ann-1"))
    done = told(web.post(f"{path}/verdict", headers=BEN, json={**REJECT, "reason": "reviewed_not_present"}))
    assert [opinion["reviewer"] for opinion in done["opinions"]] == ["ann-1", "ben-2"]


def test_a_case_is_told_by_the_title_of_its_policy() -> None:
    titled = POLICY.replace("version = 1\n", 'version = 1\ntitle = "A new line in your name"\n')
    web = make_web(policy=titled)
    case = make_desk(web.world).refer()
    assert told(web.get(f"/v1/reviews/{case.id}"))["purpose_title"] == "A new line in your name"


def test_the_queue_has_an_order_and_pages(web: Web, desk: Desk) -> None:
    cases = []
    for number in range(3):
        cases.append(desk.refer(document=f"P{number}").id)
        web.clock.forward(minutes=1)
    page = told(web.get("/v1/reviews?limit=2"))
    rest = told(web.get("/v1/reviews", params={"limit": 2, "cursor": page["next_cursor"]}))
    assert [item["id"] for item in (*page["items"], *rest["items"])] == cases
    assert "next_cursor" not in rest
    newest = told(web.get("/v1/reviews?order=newest"))
    assert [item["id"] for item in newest["items"]] == cases[::-1]
    assert problem(web.get("/v1/reviews?cursor=nonsense"), 422) == "cursor_invalid"


def test_a_claim_that_is_sent_twice_is_one(web: Web, desk: Desk) -> None:
    case = desk.refer()
    path = claimed(web, case)
    headers = {**ANN, "Idempotency-Key": "one"}
    first, again = (web.post(f"{path}/verdict", headers=headers, json=REJECT) for _ in range(2))
    assert told(first) == told(again)
    assert again.headers["Idempotent-Replayed"] == "true"
    assert len([act for act, _, _ in desk.acts() if act == "review.given"]) == 1


def test_what_reviewers_are_refused(web: Web, desk: Desk) -> None:
    case = desk.refer()
    path = f"/v1/reviews/{case.id}"
    assert problem(web.get(f"{path}/pictures/probe", headers=ANN), 409) == "review_not_claimed"
    claimed(web, case)
    assert problem(web.post(f"{path}/claim", headers=BEN), 409) == "review_claimed"
    assert problem(web.post(f"{path}/verdict", headers=ANN, json=ACCEPT), 409) == "review_not_seen"
    wrong = {"verdict": "accept", "reason": "reviewed_other_person"}
    assert problem(web.post(f"{path}/verdict", headers=ANN, json=wrong), 422) == "review_reason_unfitting"
    personal = {**REJECT, "note": "call 0701234567"}
    answer = web.post(f"{path}/verdict", headers=ANN, json=personal)
    assert problem(answer, 422) == "review_note_personal"
    assert "0701234567" not in answer.text
    assert problem(web.get(f"{path}/pictures/passport", headers=ANN), 422) == "request_invalid"
    for headers in ({"X-Visavis-Reviewer": "Ann Lee"}, {"X-Visavis-Reviewer": "a@b.example"}):
        assert problem(web.post(f"{path}/claim", headers=headers), 422) == "request_invalid"
    assert problem(web.post(f"{path}/claim"), 422) == "reviewer_missing"
    of_a_member = {"X-Visavis-Reviewer": f"mbr_{'0' * 26}"}
    assert problem(web.post(f"{path}/claim", headers=of_a_member), 422) == "reviewer_invalid"
    assert told(web.post(f"{path}/release", headers=ANN))["state"] == "waiting"
    assert problem(web.get("/v1/reviews/rev_nonsense"), 404) == "review_unknown"


def test_only_a_key_that_may_review_reviews_and_only_its_own_partys_cases(web: Web, desk: Desk) -> None:
    case = desk.refer()
    other = web.add_party().key
    without = web.add_key(*(scope for scope in KEY_SCOPES if scope is not Scope.REVIEW))
    path = f"/v1/reviews/{case.id}"
    asked: list[tuple[str, str, Any]] = [
        ("GET", path, None),
        ("GET", f"/v1/verifications/{case.verification}/review", None),
        ("POST", f"{path}/claim", None),
        ("POST", f"{path}/release", None),
        ("POST", f"{path}/verdict", REJECT),
        ("GET", f"{path}/pictures/portrait", None),
        ("GET", f"{path}/reading", None),
        ("GET", f"{path}/evidence", None),
    ]
    claimed(web, case)
    for method, route, body in asked:
        assert problem(web.request(method, route, key=other, headers=ANN, json=body), 404) == "review_unknown"
        assert problem(web.request(method, route, key=without, headers=ANN, json=body), 403) == "scope_missing"
    assert told(web.get("/v1/reviews", key=other))["items"] == []
    assert problem(web.get("/v1/reviews", key=without), 403) == "scope_missing"
    assert problem(web.client.get("/v1/reviews"), 401) == "api_key_missing"
    assert told(web.get(path))["looks"] == 0


def test_every_code_of_a_review_is_told_in_the_description(web: Web) -> None:
    paths = web.app.openapi()["paths"]
    mine = {path: item for path, item in paths.items() if "/review" in path}
    assert len(mine) == 9
    for item in mine.values():
        for operation in item.values():
            assert operation["summary"]
            assert {"200", "401", "403", "404", "422", "429", "500"} - set(operation["responses"]) <= {"404"}
