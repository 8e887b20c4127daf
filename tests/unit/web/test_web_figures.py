"""Figures over HTTP: what they say of a period, to whom, and that they name nobody."""

import itertools
import re
from datetime import timedelta
from typing import Any

import pytest

from relying_material import accept, accepted, in_state, opened, problem, reject, told
from store_material import BEGIN, receipt
from visavis.domain.states import By
from visavis.service.figure_records import BOUNDS, bucket_of, quantile
from visavis.service.records import KEY_SCOPES, Scope
from web_material import Web, make_web


@pytest.fixture
def web() -> Web:
    return make_web()


def figures(web: Web, **asked: str) -> dict[str, Any]:
    return told(web.get("/v1/figures", params=asked))


def test_what_is_said_of_a_period(web: Web) -> None:
    accepted(web)
    rejected = opened(web)["id"]
    reject(web.world, rejected)
    for state in ("expired", "requested", "consented", "declined_for_alternative", "referred"):
        in_state(web, state)
    told_now = figures(web)
    assert (told_now["first"], told_now["last"], told_now["by"]) == ("2027-01-31", "2027-03-01", "day")
    assert told_now["policies"] == [web.world.policy.id]
    assert (told_now["opened"], told_now["open"]) == (7, 3)
    assert {end: count for end, count in told_now["ended"].items() if count} == {
        "accepted": 1,
        "rejected": 1,
        "declined_for_alternative": 1,
        "expired": 1,
    }
    assert told_now["steps"] == {
        "opened": 7,
        "consented": 4,
        "document_read": 0,  # these captures began without a page
        "capture_begun": 3,
        "concluded": 3,
        "referred": 1,
    }
    assert told_now["attempts"]["begun"] == 3
    assert told_now["reasons"]["rejected"][0]["code"] == "second_face"
    assert told_now["reasons"]["rejected"][0]["text"]
    assert told_now["reasons"]["referred"]
    assert {(item["end"], item["stage"]) for item in told_now["left"]} == {
        ("declined_for_alternative", "notice"),
        ("expired", "notice"),
    }
    assert len(told_now["series"]) == 30
    assert told_now["series"][-1]["opened"] == 7
    assert sum(item["opened"] for item in told_now["series"]) == 7


def test_nobody_and_no_verification_is_in_them(web: Web) -> None:
    verification = accepted(web, document="L898902C3")
    text = web.get("/v1/figures").text
    assert not re.search(r"\b(ver|rlp|key|rcp|evt|mbr)_", text)
    for told_of in (verification, "ERIKSSON", "L898902C3", "ab" * 32):
        assert told_of not in text


def test_weeks_begin_on_monday_and_a_period_is_cut_where_it_ends(web: Web) -> None:
    in_state(web, "withdrawn")
    web.clock.forward(days=9)
    accepted(web)
    told_now = figures(web, **{"from": "2027-02-24", "to": "2027-03-10", "by": "week"})
    assert [(item["first"], item["last"], item["opened"]) for item in told_now["series"]] == [
        ("2027-02-24", "2027-02-28", 0),
        ("2027-03-01", "2027-03-07", 1),
        ("2027-03-08", "2027-03-10", 1),
    ]
    assert [item["ended"]["withdrawn"] for item in told_now["series"]] == [0, 1, 0]


def test_a_policy_is_told_apart(web: Web) -> None:
    accepted(web)
    assert figures(web, policy=web.world.policy.id)["opened"] == 1
    nothing = figures(web, policy="another")
    assert (nothing["opened"], nothing["policies"]) == (0, [])
    assert all(item["buckets"] == [] and "p50" not in item for item in nothing["times"])


@pytest.mark.parametrize(
    ("first", "last"),
    [("2027-03-02", "2027-03-01"), ("2025-01-01", "2027-03-01"), ("9998-01-01", "9998-02-01")],
    ids=["backwards", "too long", "no such calendar"],
)
def test_a_period_that_is_none_is_refused(web: Web, first: str, last: str) -> None:
    assert problem(web.get("/v1/figures", params={"from": first, "to": last}), 422) == "period_invalid"


@pytest.mark.parametrize("day", ["0", "1803859200", "2027-3-1", "2027-02-30", "2027-03-01T00:00:00Z", "today", ""])
def test_a_day_is_written_as_one(web: Web, day: str) -> None:
    assert problem(web.get("/v1/figures", params={"from": day}), 422) == "request_invalid"


def test_the_first_days_of_the_calendar_are_a_period(web: Web) -> None:
    assert figures(web, to="0001-01-03")["first"] == "0001-01-01"


def test_another_party_and_a_key_without_the_scope_see_nothing(web: Web) -> None:
    accepted(web)
    other = web.add_party()
    assert told(web.get("/v1/figures", key=other.key))["opened"] == 0
    without = web.add_key(*(KEY_SCOPES - {Scope.FIGURES}))
    assert problem(web.get("/v1/figures", key=without), 403) == "scope_missing"


def test_times_are_told_by_quantiles_of_buckets(web: Web) -> None:
    for seconds in range(1, 21):
        verification = opened(web)["id"]
        web.clock.forward(seconds=seconds)
        accept(web.world, verification, document=f"L{seconds}")
    notice = next(item for item in figures(web)["times"] if item["measure"] == "notice")
    assert notice["count"] == 20
    assert sum(bucket["count"] for bucket in notice["buckets"]) == 20
    assert notice["p50"] == pytest.approx(10, rel=0.25)
    assert notice["p90"] == pytest.approx(18, rel=0.25)
    review = next(item for item in figures(web)["times"] if item["measure"] == "review")
    assert (review["count"], review["buckets"]) == (0, [])
    assert "p50" not in review


def test_the_time_of_a_verification_is_in_its_day_whatever_the_clock_says_later(web: Web) -> None:
    verification = opened(web)["id"]
    row, _ = web.world.verifications.get(web.party.id, verification)
    web.world.verifications.consent(web.party.id, verification, receipt(row, web.clock.now(), web.world.ids))
    web.clock.forward(days=1)
    web.world.verifications.withdraw(web.party.id, verification, by=By.HOLDER)
    day = BEGIN.date().isoformat()
    before = figures(web, **{"from": day, "to": day})
    assert (before["opened"], before["ended"]["withdrawn"]) == (1, 1)
    assert figures(web, **{"from": (BEGIN.date() + timedelta(days=1)).isoformat()})["opened"] == 0


def test_buckets_rise_by_at_most_a_quarter_and_hold_three_days() -> None:
    assert all(1 < after / before <= 1.281 for before, after in itertools.pairwise(BOUNDS))
    assert BOUNDS[-1] > timedelta(days=3).total_seconds()
    assert bucket_of(timedelta()) == "1"
    assert bucket_of(timedelta(seconds=1)) == "1"
    assert bucket_of(timedelta(seconds=1.01)) == "1.25"
    assert bucket_of(timedelta(days=365)) == "more"
    for bound in BOUNDS:
        assert bucket_of(timedelta(seconds=bound)) == f"{bound:g}"


def test_a_quantile_lies_in_the_bucket_of_the_value_that_it_is_of() -> None:
    seconds = sorted((number * 37 % 900) + 0.5 for number in range(500))
    buckets: dict[str, int] = {}
    for value in seconds:
        name = bucket_of(timedelta(seconds=value))
        buckets[name] = buckets.get(name, 0) + 1
    for share in (0.1, 0.5, 0.75, 0.9, 0.99):
        exact = seconds[int(share * len(seconds))]
        assert quantile(buckets, share) == pytest.approx(exact, rel=0.28)
    assert quantile({"more": 3}, 0.5) == BOUNDS[-1]
    with pytest.raises(ValueError, match="nothing"):
        quantile({}, 0.5)
