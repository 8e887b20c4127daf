"""Nothing of the relying party's interface is left out of the client, and nothing is in it that is not there."""

import re
from datetime import UTC, datetime
from types import ModuleType
from typing import Any

import pytest

from visavis.client.call import Call
from visavis.client.calls import figures, keys, lines, reviews, verifications, webhooks
from web_material import make_web

NOW = datetime(2027, 3, 1, tzinfo=UTC)
GIVEN: dict[str, Any] = {
    "scopes": ["lines"],
    "events": ["line.registered"],
    "labels": {"shop": "3"},
    "enabled": True,
    "overlap_hours": 24,
    "since": NOW,
    "limit": 5,
    "which": "portrait",
    "first": NOW.date(),
    "last": NOW.date(),
    "by": "week",
}
"""Where a parameter is no text; any other is its own name."""


SUBJECTS = (figures, keys, lines, reviews, verifications, webhooks)
FOR_STAFF = re.compile(r"/v1/members(/|$)|/in-person-check$")
"""Nobody does these by a key."""


def calls(module: ModuleType) -> dict[str, Call[Any]]:
    made = {}
    for name in module.__all__:
        function = getattr(module, name)
        wanted = [item for item in function.__annotations__ if item not in {"return", "key", "cursor"}]
        places = [item for item in wanted if item in {"verification", "line", "dispute", "review", "webhook"}]
        values = {item: GIVEN.get(item, f"{{{item}}}") for item in wanted}
        try:
            made[name] = function(**values)
        except TypeError:  # by position alone
            made[name] = function(
                *(values[item] for item in places), **{k: v for k, v in values.items() if k not in places}
            )
    return made


def shape(method: str, where: str) -> tuple[str, str]:
    return method, re.sub(r"%7B[a-z_]+%7D|\{[a-z_]+\}|(?<=pictures/)portrait", "{}", where)


@pytest.fixture(scope="module")
def description() -> dict[str, Any]:
    return make_web().app.openapi()


def test_every_route_of_a_relying_party_has_its_method(description: dict[str, Any]) -> None:
    described = {
        shape(method.upper(), where)
        for where, item in description["paths"].items()
        for method in item
        if where.startswith("/v1/") and not FOR_STAFF.search(where)
    }
    mine = [
        call for module in (figures, keys, lines, reviews, verifications, webhooks) for call in calls(module).values()
    ]
    asked = {shape(call.method, call.where) for call in mine}
    assert asked == described


def test_idempotency_keys_go_where_they_are_taken(description: dict[str, Any]) -> None:
    taken = {
        shape(method.upper(), where): any(
            parameter["name"].lower() == "idempotency-key" for parameter in operation.get("parameters", ())
        )
        for where, item in description["paths"].items()
        for method, operation in item.items()
    }
    for module in SUBJECTS:
        for name, call in calls(module).items():
            assert call.once == taken[shape(call.method, call.where)], name
            assert call.safe or (call.method, name) == ("DELETE", "remove"), name
