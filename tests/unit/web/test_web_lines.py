"""The register over HTTP: orders that bind, acts that happen once, looks that change nothing, and cases."""

from typing import Any

import pytest

from relying_material import accepted, card, in_state, line_of, opened, ordered, problem, told
from visavis.service.records import Scope
from web_material import Web, make_web

ANNA, BEN = "P1", "P2"


@pytest.fixture
def web() -> Web:
    return make_web()


@pytest.fixture(scope="module")
def shared() -> Web:
    """For tests that leave no line behind."""
    return make_web()


def read(web: Web, line: dict[str, Any]) -> dict[str, Any]:
    return told(web.get(f"/v1/lines/{line['id']}"))


def acts(web: Web, line: dict[str, Any]) -> list[str]:
    return [item["act"] for item in told(web.get(f"/v1/lines/{line['id']}/history"))["items"]]


def test_a_line_is_registered_found_and_read(web: Web) -> None:
    line = line_of(web, 1)
    assert "msisdn" not in line  # an answer that is kept for a repetition holds no number
    shown = read(web, line)
    assert (shown["msisdn"], shown["iccid"], shown["status"]) == ("+46700000001", card(1), "active")
    assert told(web.post("/v1/line-search", json={"msisdn": "+46 70-000 00 01"})) == shown
    assert problem(web.post("/v1/line-search", json={"msisdn": "+46700000002"}), 404) == "line_unknown"
    assert told(web.get("/v1/lines"))["items"] == [line]
    assert acts(web, line) == ["register"]


def test_an_order_binds_the_verification_to_this_act_on_this_line(web: Web) -> None:
    digits = {"msisdn": "+46700000001", "iccid": card(1)}
    nonce, (verification,) = ordered(web, {"act": "register", **digits})
    asked = {**digits, "nonce": nonce, "verification": verification}
    for change in ({"msisdn": "+46700000009"}, {"iccid": card(9)}, {"nonce": "A" * 22}):
        assert problem(web.post("/v1/lines", json={**asked, **change}), 409) == "binding_mismatch"
    told(web.post("/v1/lines", json=asked), 201)
    again = {**asked, "msisdn": "+46700000001"}
    assert problem(web.post("/v1/lines", json=again), 409) == "verification_used"


def test_the_digest_is_the_same_for_the_same_nonce_and_kept_nowhere(shared: Web) -> None:
    asked = {"act": "register", "msisdn": "+46700000001", "iccid": card(1)}
    first = told(shared.post("/v1/line-orders", json=asked))
    assert told(shared.post("/v1/line-orders", json={**asked, "nonce": first["nonce"]})) == first
    assert told(shared.post("/v1/line-orders", json=asked))["binding"] != first["binding"]
    stranger = shared.add_party()
    other = told(shared.post("/v1/line-orders", json={**asked, "nonce": first["nonce"]}, key=stranger.key))
    assert other["binding"] != first["binding"]


@pytest.mark.parametrize(
    ("asked", "code"),
    [
        ({"act": "register", "msisdn": "070-1", "iccid": card(1)}, "msisdn_invalid"),
        ({"act": "register", "msisdn": "+46700000001", "iccid": card(1)[:-1] + "x"}, "iccid_invalid"),
        ({"act": "register", "msisdn": "+46700000001", "iccid": "8946000000000000011"}, "iccid_check_digit_wrong"),
        ({"act": "register", "msisdn": "+46700000001"}, "request_invalid"),
        ({"act": "transfer", "line": "lin_x", "iccid": card(1)}, "request_invalid"),
        ({"act": "close_dispute", "line": "lin_x"}, "request_invalid"),
        ({"act": "release", "line": "lin_x", "nonce": "short"}, "request_invalid"),
    ],
)
def test_what_is_no_order_is_refused_without_its_number(shared: Web, asked: dict[str, Any], code: str) -> None:
    answer = shared.post("/v1/line-orders", json=asked)
    assert problem(answer, 422) == code
    assert "46700000001" not in answer.text


def test_a_sixth_line_is_refused(web: Web) -> None:
    for number in range(1, 6):
        line_of(web, number)
    digits = {"msisdn": "+46700000006", "iccid": card(6)}
    nonce, (verification,) = ordered(web, {"act": "register", **digits})
    answer = web.post("/v1/lines", json={**digits, "nonce": nonce, "verification": verification})
    assert problem(answer, 409) == "lines_used_up"
    assert "5 lines" in answer.json()["detail"]
    line_of(web, 6, document=BEN)


def test_a_line_is_given_to_somebody_else(web: Web) -> None:
    line = line_of(web, 1, document=ANNA)
    nonce, (giver, receiver) = ordered(web, {"act": "transfer", "line": line["id"]}, documents=(ANNA, BEN))
    path = f"/v1/lines/{line['id']}/transfer"
    same = {"nonce": nonce, "giver": giver, "receiver": giver}
    assert problem(web.post(path, json=same), 409) == "same_verification"
    swapped = {"nonce": nonce, "giver": receiver, "receiver": giver}
    assert problem(web.post(path, json=swapped), 409) == "not_the_holder"
    once = {"Idempotency-Key": "transfer"}
    asked = {"nonce": nonce, "giver": giver, "receiver": receiver}
    done = told(web.post(path, json=asked, headers=once))
    assert told(web.post(path, json=asked, headers=once)) == done
    assert acts(web, line) == ["transfer", "register"]
    mine = accepted(web, document=BEN)
    assert [item["msisdn"] for item in told(web.get(f"/v1/verifications/{mine}/lines"))["items"]] == ["+46700000001"]
    no_more = accepted(web, document=ANNA)
    assert told(web.get(f"/v1/verifications/{no_more}/lines"))["items"] == []


def test_a_card_is_replaced_for_its_holder_alone(web: Web) -> None:
    line = line_of(web, 1, document=ANNA)
    path = f"/v1/lines/{line['id']}/replace-sim"
    for document, status in ((BEN, 409), (ANNA, 200)):
        nonce, (verification,) = ordered(
            web, {"act": "replace_sim", "line": line["id"], "iccid": card(8)}, documents=(document,)
        )
        answer = web.post(path, json={"nonce": nonce, "iccid": card(8), "verification": verification})
        assert answer.status_code == status
    assert read(web, line)["iccid"] == card(8)
    nonce, (verification,) = ordered(
        web, {"act": "replace_sim", "line": line["id"], "iccid": card(8)}, documents=(ANNA,)
    )
    answer = web.post(path, json={"nonce": nonce, "iccid": card(8), "verification": verification})
    assert problem(answer, 409) == "card_in_use"


def test_a_released_line_leaves_its_history_and_no_digits(web: Web) -> None:
    line = line_of(web, 1)
    nonce, (verification,) = ordered(web, {"act": "release", "line": line["id"]})
    path = f"/v1/lines/{line['id']}/release"
    told(web.post(path, json={"nonce": nonce, "verification": verification}))
    shown = read(web, line)
    assert shown["status"] == "released"
    assert "msisdn" not in shown
    assert acts(web, line) == ["release", "register"]
    assert problem(web.post("/v1/line-search", json={"msisdn": "+46700000001"}), 404) == "line_unknown"
    nonce, (verification,) = ordered(web, {"act": "release", "line": line["id"]})
    again = {"nonce": nonce, "verification": verification}
    assert problem(web.post(path, json=again), 409) == "line_released"
    line_of(web, 1, document=BEN)  # its number and its card are free


@pytest.mark.parametrize(("end", "status"), [("upheld", "released"), ("dismissed", "active")])
def test_a_line_is_disputed_and_the_case_closed(web: Web, end: str, status: str) -> None:
    line = line_of(web, 1)
    nonce, (verification,) = ordered(web, {"act": "dispute", "line": line["id"]})
    asked = {"nonce": nonce, "verification": verification}
    case = told(web.post(f"/v1/lines/{line['id']}/dispute", json=asked), 201)
    assert told(web.get("/v1/line-disputes"))["items"] == [case]
    assert read(web, line)["disputed"] is True
    nonce, (verification,) = ordered(web, {"act": "release", "line": line["id"]})
    answer = web.post(f"/v1/lines/{line['id']}/release", json={"nonce": nonce, "verification": verification})
    assert problem(answer, 409) == "line_disputed"
    path = f"/v1/line-disputes/{case['id']}/close"
    assert problem(web.post(path, json={"end": "forgotten"}), 422) == "request_invalid"
    closed = told(web.post(path, json={"end": end}))
    assert (closed["status"], closed["disputed"]) == (status, False)
    assert problem(web.post(path, json={"end": end}), 409) == "dispute_closed"
    assert told(web.get("/v1/line-disputes"))["items"] == []


@pytest.mark.parametrize("state", ["requested", "consented", "submitted", "referred", "withdrawn", "expired", "erased"])
def test_what_was_not_accepted_moves_no_line(shared: Web, state: str) -> None:
    verification = in_state(shared, state)
    asked = {"msisdn": "+46700000001", "iccid": card(1), "nonce": "A" * 22, "verification": verification}
    assert problem(shared.post("/v1/lines", json=asked), 409) == "verification_not_accepted"
    assert problem(shared.get(f"/v1/verifications/{verification}/lines"), 409) == "verification_too_old"
    assert told(shared.get("/v1/lines"))["items"] == []


def test_an_old_verification_moves_no_line(web: Web) -> None:
    digits = {"msisdn": "+46700000001", "iccid": card(1)}
    nonce, (verification,) = ordered(web, {"act": "register", **digits})
    web.clock.forward(hours=25)
    asked = {**digits, "nonce": nonce, "verification": verification}
    assert problem(web.post("/v1/lines", json=asked), 409) == "verification_too_old"
    assert problem(web.get(f"/v1/verifications/{verification}/lines"), 409) == "verification_too_old"


def test_lines_need_their_own_scope(shared: Web) -> None:
    key = shared.add_key(Scope.VERIFICATIONS)
    verification = opened(shared)["id"]
    assert problem(shared.get("/v1/lines", key=key), 403) == "scope_missing"
    assert problem(shared.get(f"/v1/verifications/{verification}/lines", key=key), 403) == "scope_missing"


def test_no_number_is_in_what_is_kept_for_a_repetition(web: Web) -> None:
    digits = {"msisdn": "+46700000001", "iccid": card(1)}
    nonce, (verification,) = ordered(web, {"act": "register", **digits})
    asked = {**digits, "nonce": nonce, "verification": verification}
    answer = web.post("/v1/lines", json=asked, headers={"Idempotency-Key": "once"})
    assert "46700000001" not in answer.text
