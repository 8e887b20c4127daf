"""Every route of the relying party, asked by everybody who must not be answered: nobody learns that a thing is there.

The routes are taken from the application itself, and bodies from its description, so that a route that is added is
probed without anybody remembering it.
"""

from typing import Any

import pytest

from probe_material import NEVER, SHARED, Operation, asked, operations, party_owned, said, things, way_in
from relying_material import told
from visavis.service.records import KEY_SCOPES
from web_material import Party, Web, make_web


@pytest.fixture(scope="module")
def web() -> Web:
    return make_web()


@pytest.fixture(scope="module")
def theirs(web: Web) -> list[dict[str, str]]:
    return things(web)


@pytest.fixture(scope="module")
def stranger(web: Web) -> Party:
    return web.add_party()


def test_the_probe_knows_every_name() -> None:
    names = {name for operation in operations() for name in operation.parameters}
    assert names - SHARED - {"picture"} <= set(NEVER), "tell the probe what this is, and what there is of it"
    assert len(list(party_owned())) > 25


def test_the_probe_sees_every_route(web: Web) -> None:
    """What is in no description would go unprobed."""
    described = {(operation.method.upper(), operation.path) for operation in operations()}
    routed: set[tuple[str, str]] = set()

    def walk(routes: list[Any]) -> None:
        for route in routes:
            if hasattr(route, "methods") and str(getattr(route, "path", "")).startswith("/v1/"):
                routed.update((method, route.path) for method in route.methods if method != "HEAD")
            walk(list(getattr(getattr(route, "original_router", None) or route, "routes", None) or []))

    walk(list(web.app.routes))
    assert routed == described


@pytest.mark.parametrize("operation", operations(), ids=str)
def test_without_a_key_nothing_is_told(web: Web, theirs: list[dict[str, str]], operation: Operation) -> None:
    never = said(asked(web, operation, NEVER, None))
    assert (never["status"], never["body"]["code"]) == (401, "api_key_missing")
    for ids in theirs:
        assert said(asked(web, operation, ids, None)) == never


@pytest.mark.parametrize("operation", operations(), ids=str)
def test_a_key_that_is_none_is_told_the_same_as_a_revoked_one(
    web: Web, theirs: list[dict[str, str]], operation: Operation
) -> None:
    text = web.add_key()
    key = text.split(".")[1]
    never = said(asked(web, operation, NEVER, text.replace(key, NEVER["key"])))
    assert (never["status"], never["body"]["code"]) == (401, "api_key_unknown")
    web.setup.api_keys.revoke(web.party.id, key)
    for ids in theirs:
        assert said(asked(web, operation, ids, text)) == never
        assert said(asked(web, operation, ids, "vv1.x.y")) == never


@pytest.mark.parametrize("operation", operations(), ids=str)
def test_without_the_scope_nothing_is_told(web: Web, theirs: list[dict[str, str]], operation: Operation) -> None:
    """Neither to the party's own key."""
    others = [scope for scope in KEY_SCOPES if scope is not operation.scope]
    own = web.add_key(*others)
    never = said(asked(web, operation, NEVER, own))
    assert (never["status"], never["body"]["code"]) == (403, "scope_missing")
    for ids in theirs:
        assert said(asked(web, operation, ids, own)) == never
    web.setup.api_keys.revoke(web.party.id, own.split(".")[1])


@pytest.mark.parametrize("operation", list(party_owned()), ids=str)
def test_another_partys_things_are_as_if_they_never_were(
    web: Web, theirs: list[dict[str, str]], stranger: Party, operation: Operation
) -> None:
    key = way_in(web, stranger, operation)
    never = said(asked(web, operation, NEVER, key))
    assert never["status"] == 404, never
    for ids in theirs:
        assert said(asked(web, operation, ids, key)) == never


LISTS = [
    operation
    for operation in operations()
    if operation.method == "get" and not operation.parameters and operation.path != "/v1/policies"
]


@pytest.mark.parametrize("operation", LISTS, ids=str)
def test_lists_hold_nothing_of_another_party(
    web: Web, theirs: list[dict[str, str]], stranger: Party, operation: Operation
) -> None:
    answer = asked(web, operation, NEVER, way_in(web, stranger, operation))
    assert answer.status_code in {200, 422}, answer.text  # 422: a list that must be asked for something
    text = answer.text
    assert not [name for ids in theirs for name in ids.values() if name in text]


def test_nothing_was_changed_by_all_of_it(web: Web, theirs: list[dict[str, str]]) -> None:
    for ids in theirs:
        assert told(web.get(f"/v1/lines/{ids['line']}"))["status"] == "active"
        assert told(web.get(f"/v1/verifications/{ids['verification']}"))["state"] in {
            "decided",
            "referred",
            "requested",
        }
    assert "revoked_at" not in told(web.get(f"/v1/verifications/{theirs[0]['verification']}/attestation/status"))
