"""The description of the interface: valid OpenAPI 3.1, complete, and its examples are what it says they are."""

import json
import re
from collections.abc import Iterator
from functools import cache
from http import HTTPStatus
from pathlib import Path
from typing import Any

import jsonschema_rs
import pytest
from schemathesis.specs.openapi.definitions import OPENAPI_31

from visavis import errors
from visavis.web.problems import status_of
from visavis.web.schemas.problems import TOLD
from web_material import make_web

METHODS = ("get", "post", "put", "patch", "delete")
ROOT = Path(__file__).parents[3]


@cache
def document() -> dict[str, Any]:
    return json.loads(make_web().client.get("/openapi.json").content)  # type: ignore[no-any-return]


def operations() -> Iterator[tuple[str, str, dict[str, Any]]]:
    for path, item in document()["paths"].items():
        for method in METHODS:
            if method in item:
                yield path, method, item[method]


def relying() -> Iterator[tuple[str, str, dict[str, Any]]]:
    """What needs an API key."""
    for path, method, operation in operations():
        if path.startswith("/v1/"):
            yield path, method, operation


@cache
def registry() -> jsonschema_rs.Registry:
    return jsonschema_rs.Registry([("urn:description", document())])


def refused(schema: dict[str, Any], value: object) -> list[str]:
    """Why a value is not what a schema of the document describes."""
    absolute = json.loads(json.dumps(schema).replace('"#/components/', '"urn:description#/components/'))
    validator = jsonschema_rs.Draft202012Validator(absolute, registry=registry())
    return [error.message for error in validator.iter_errors(value)]


def test_it_is_a_description_by_the_standard() -> None:
    assert document()["openapi"].startswith("3.1.")
    found = jsonschema_rs.Draft202012Validator(OPENAPI_31).iter_errors(document())
    assert [error.message for error in found] == []


def test_each_reference_leads_somewhere() -> None:
    for reference in set(re.findall(r'"\$ref": "#/([^"]+)"', json.dumps(document()))):
        place: Any = document()
        for step in reference.split("/"):
            place = place[step]


def test_each_operation_is_named_once_and_described() -> None:
    names = [operation["operationId"] for _, _, operation in relying()]
    assert len(names) == len(set(names)) > 20
    for path, method, operation in relying():
        where = f"{method} {path}"
        assert re.fullmatch(r"[a-z][a-z_]+", operation["operationId"]), where
        assert operation["summary"], where
        assert operation["description"], where
        assert operation["tags"], where
        assert operation["security"] == [{"api_key": []}, {"staff_session": []}], where
    described = {tag["name"] for tag in document()["tags"]}
    assert {tag for _, _, operation in relying() for tag in operation["tags"]} <= described


def test_each_operation_says_what_every_caller_may_meet() -> None:
    for path, method, operation in relying():
        told = set(operation["responses"])
        assert {"401", "403", "422", "429", "500", "503"} <= told, f"{method} {path}"
        if "{" in path:
            assert "404" in told, f"{method} {path}"
        if "requestBody" in operation:
            assert {"400", "413"} <= told, f"{method} {path}"


def test_each_problem_is_told_in_the_form_of_problems() -> None:
    for path, method, operation in relying():
        for status, answer in operation["responses"].items():
            if status >= "400":
                assert list(answer["content"]) == ["application/problem+json"], f"{method} {path} {status}"
                assert answer["content"]["application/problem+json"]["examples"], f"{method} {path} {status}"


def test_each_change_takes_an_idempotency_key_and_no_look_does() -> None:
    looks = {"prepare_line_order", "find_line", "draw_holder_link"}  # they change nothing
    looks |= {"check_in_person"}  # the same again changes nothing, and no digest of a document's number is kept
    for path, method, operation in relying():
        takes = any(item["name"].lower() == "idempotency-key" for item in operation.get("parameters", ()))
        assert takes == (method == "post" and operation["operationId"] not in looks), f"{method} {path}"


def test_each_success_has_a_schema_or_no_body() -> None:
    for path, method, operation in relying():
        success = [status for status in operation["responses"] if status.startswith("2")]
        assert len(success) == 1, f"{method} {path}"
        answer = operation["responses"][success[0]]
        assert (success[0] == "204") == ("content" not in answer), f"{method} {path}"


def examples(schema_or_media: dict[str, Any]) -> Iterator[object]:
    yield from schema_or_media.get("examples", []) if isinstance(schema_or_media.get("examples"), list) else []
    if isinstance(schema_or_media.get("examples"), dict):
        yield from (item["value"] for item in schema_or_media["examples"].values())
    if "example" in schema_or_media:
        yield schema_or_media["example"]


def schemas_with_examples(part: object) -> Iterator[dict[str, Any]]:
    """Each schema that gives an example of itself, wherever it stands."""
    if isinstance(part, dict):
        if isinstance(part.get("examples"), list):
            yield part
        for name, value in part.items():
            if name not in {"examples", "example", "const", "enum", "default"}:
                yield from schemas_with_examples(value)
    elif isinstance(part, list):
        for value in part:
            yield from schemas_with_examples(value)


def test_each_example_is_what_its_schema_says() -> None:
    count = 0
    for schema in schemas_with_examples(document()):
        if "in" in schema:
            continue  # a parameter, whose schema has its own
        for example in examples(schema):
            count += 1
            assert refused(schema, example) == [], schema.get("title")
    assert count > 60


def test_each_example_of_an_answer_is_what_its_schema_says() -> None:
    for path, method, operation in operations():
        for status, answer in operation["responses"].items():
            for media in answer.get("content", {}).values():
                for example in examples(media):
                    assert refused(media["schema"], example) == [], f"{method} {path} {status}"


def test_a_body_that_is_no_example_is_refused() -> None:
    """The check above can fail."""
    assert refused({"$ref": "#/components/schemas/OpenVerification"}, {"purpose": "change_of_line"}) == []
    assert refused({"$ref": "#/components/schemas/OpenVerification"}, {"purpose": 7, "name": "Anna"}) != []


def test_what_a_relying_party_sends_and_gets_has_an_example() -> None:
    for path, method, operation in relying():
        body = operation.get("requestBody", {}).get("content", {}).get("application/json", {}).get("schema")
        if body is not None:
            named = document()["components"]["schemas"].get(body.get("$ref", "").rpartition("/")[2], body)
            whole = list(examples(named))
            parts = [list(examples(part)) for part in named.get("properties", {}).values()]
            assert whole or any(parts) or named.get("properties"), f"{method} {path}"


@cache
def raised() -> dict[str, set[str]]:
    """The classes of every code that the source raises: one, but where it is said of two things."""
    made = re.compile(r"\b(\w+Error)\(\s*\"([a-z][a-z0-9_]*)\"")
    found: dict[str, set[str]] = {}
    for file in (ROOT / "src").rglob("*.py"):
        for name, code in made.findall(file.read_text(encoding="utf-8")):
            if name in errors.__all__:
                found.setdefault(code, set()).add(name)
    return found


OF_THE_KERNEL = {
    "request_invalid",
    "internal_error",
    "rate_limited",
    "body_not_json",
    "body_too_large",
    "body_too_slow",
}
"""Made without a class of `visavis.errors`, or by a class of its own."""


@pytest.mark.parametrize("code", sorted(set(TOLD) - OF_THE_KERNEL))
def test_each_code_that_is_told_is_raised_and_has_its_status(code: str) -> None:
    assert TOLD[code].status in {status_of(getattr(errors, kind)(code, "")) for kind in raised()[code]}


def test_the_titles_are_those_of_the_statuses() -> None:
    assert {HTTPStatus(told.status).phrase for told in TOLD.values()} >= {"Conflict", "Not Found"}
