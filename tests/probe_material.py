"""Every route of a relying party as a request: taken from the description, with the identifiers that belong into it."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from typing import Any

import httpx

from relying_material import accepted, line_of, ordered, refer, told
from staff_material import member_of, session_of
from visavis.domain.identifiers import Kind
from visavis.service.member_records import Role
from visavis.service.records import KEY_SCOPES, Scope
from web_material import Party, Web, make_web

__all__ = [
    "NEVER",
    "SHARED",
    "Operation",
    "asked",
    "example_of",
    "operations",
    "party_owned",
    "said",
    "things",
    "way_in",
]

COOKIE = "visavis-staff="
METHODS = ("get", "post", "put", "patch", "delete")
NEVER = {  # of the form of an identifier, and never given
    name: f"{kind}_{'0' * 26}"
    for name, kind in {
        "verification": Kind.VERIFICATION,
        "line": Kind.LINE,
        "dispute": Kind.DISPUTE,
        "key": Kind.API_KEY,
        "review": Kind.REVIEW,
        "webhook": Kind.WEBHOOK,
        "event": Kind.EVENT,
        "member": Kind.MEMBER,
    }.items()
}
SHARED = {"digest"}
"""Policies are the installation's: every party with the scope reads them."""
IN_BODIES = {"verification": "verification", "giver": "verification", "receiver": "verification", "line": "line"}
SCOPES = {
    "/v1/verifications/{verification}/review": Scope.REVIEW,
    "/v1/verifications/{verification}/lines": Scope.LINES,
    "/v1/verifications/{verification}/in-person-check": Scope.LINES,
    "/v1/holder-link-code": Scope.VERIFICATIONS,
    "/v1/verifications": Scope.VERIFICATIONS,
    "/v1/reviews": Scope.REVIEW,
    "/v1/line": Scope.LINES,
    "/v1/api-keys": Scope.KEYS,
    "/v1/figures": Scope.FIGURES,
    "/v1/policies": Scope.POLICIES_READ,
    "/v1/webhooks": Scope.WEBHOOKS,
    "/v1/members": Scope.MEMBERS,
}


@dataclass(frozen=True)
class Operation:
    method: str
    path: str
    described: dict[str, Any]

    def __str__(self) -> str:
        return f"{self.method.upper()} {self.path}"

    @property
    def parameters(self) -> list[str]:
        return re.findall(r"\{(\w+)\}", self.path)

    @property
    def scope(self) -> Scope:
        return next(scope for begin, scope in SCOPES.items() if self.path.startswith(begin))


@cache
def document() -> dict[str, Any]:
    return make_web().app.openapi()


def operations() -> list[Operation]:
    paths = document()["paths"]
    return [
        Operation(method, path, paths[path][method])
        for path in paths
        if path.startswith("/v1/")
        for method in METHODS
        if method in paths[path]
    ]


def example_of(schema: dict[str, Any]) -> Any:
    """A value that a schema of the description takes."""
    if "$ref" in schema:
        return example_of(document()["components"]["schemas"][schema["$ref"].rpartition("/")[2]])
    if schema.get("examples"):
        return schema["examples"][0]
    for choice in ("oneOf", "anyOf", "allOf"):
        if choice in schema:
            return example_of(schema[choice][0])
    if "enum" in schema or "const" in schema:
        return schema.get("const", schema.get("enum", [None])[0])
    if schema.get("type") == "object":
        required = schema.get("required", [])
        return {name: example_of(part) for name, part in schema.get("properties", {}).items() if name in required}
    return {"string": "probe", "integer": 1, "boolean": True, "array": []}[schema["type"]]


def way_in(web: Web, party: Party, operation: Operation) -> str:
    """What a party comes with: its key, or an administrator's session where no key is taken."""
    if operation.scope in KEY_SCOPES:
        return party.key
    member = member_of(web.setup, Role.ADMINISTRATOR, party=party.id)
    return f"{COOKIE}{session_of(web.setup, member)}"


def asked(web: Web, operation: Operation, ids: dict[str, str], key: str | None) -> httpx.Response:
    """The request of the description's example, with these identifiers wherever one belongs."""
    path = operation.path
    for name in operation.parameters:
        path = path.replace(f"{{{name}}}", ids.get(name, "portrait"))
    headers = {} if key is None else {"Authorization": f"Bearer {key}"}
    if key is not None and key.startswith(COOKIE):
        headers = {"Cookie": key, "Origin": web.setup.public_url, "X-Visavis": "1"}
    for parameter in operation.described.get("parameters", []):
        if parameter["in"] == "header" and (parameter.get("required") or parameter["name"] == "X-Visavis-Reviewer"):
            headers[parameter["name"]] = str(example_of(parameter["schema"]))
    body = operation.described.get("requestBody")
    content: Any = None
    if body is not None:
        content = dict(example_of(body["content"]["application/json"]["schema"]))
        content |= {name: ids[kind] for name, kind in IN_BODIES.items() if name in content}
        if {"giver", "receiver"} <= content.keys():
            content["receiver"] = NEVER["verification"][:-1] + "1"
    answer = web.client.request(operation.method.upper(), path, headers=headers, json=content)
    assert isinstance(answer, httpx.Response)
    return answer


def said(answer: httpx.Response) -> dict[str, Any]:
    """All that an answer tells, without the request's own name."""
    body = answer.json()
    body.pop("instance")
    varying = {"x-request-id", "ratelimit", "date"}
    headers = {name: value for name, value in answer.headers.items() if name not in varying}
    return {"status": answer.status_code, "body": body, "headers": headers}


def party_owned() -> Iterator[Operation]:
    """What names a thing of a party, in its address or in its body."""
    for operation in operations():
        body = operation.described.get("requestBody")
        names = set(operation.parameters) - SHARED
        if body is not None:
            sample = example_of(body["content"]["application/json"]["schema"])
            names |= {name for name in IN_BODIES if name in sample and operation.path != "/v1/line-orders"}
        if names:
            yield operation


def things(web: Web) -> list[dict[str, str]]:
    """Everything that a party has: one set of identifiers for each state of its things."""
    line, disputed = line_of(web, 1), line_of(web, 2)
    nonce, (verification,) = ordered(web, {"act": "dispute", "line": disputed["id"]})
    case = {"nonce": nonce, "verification": verification}
    dispute = told(web.post(f"/v1/lines/{disputed['id']}/dispute", json=case), 201)["id"]
    issued = accepted(web)
    told(web.get(f"/v1/verifications/{issued}/attestation"))
    key = told(web.get("/v1/api-keys"))["items"][0]["id"]
    hook = {"url": "https://receiver.example/hooks"}
    webhook = told(web.post("/v1/webhooks", json=hook), 201)
    webhook = webhook.get("id") or webhook["webhook"]["id"]
    with web.setup.storage.reading() as unit:
        event = unit.outbox.page(web.party.id, limit=1).items[0].event.id
    world = web.world
    waiting = world.open().id
    refer(world, waiting)
    with web.setup.storage.reading() as unit:
        found = unit.reviews.of_verification(waiting)
    assert found is not None
    member = member_of(web.setup, Role.ADMINISTRATOR, party=web.party.id).id
    ids = {
        "member": member,
        "line": line["id"],
        "dispute": dispute,
        "key": key,
        "webhook": webhook,
        "event": event,
        "review": found.id,
    }
    return [
        {**ids, "verification": item, "line": at}
        for item, at in ((issued, line["id"]), (waiting, disputed["id"]), (world.open().id, line["id"]))
    ]
