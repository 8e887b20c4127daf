"""Everything that the description of the interface allows, and much that it does not, asked of a service that runs.

schemathesis makes the requests from the OpenAPI document; what answers told (ids, cursors, nonces, links) is put into
later requests, so that lists go on, lines are registered and cases are decided. A fault is an answer of 5xx, one whose
status the document does not name, or one that is not what the document says: status, media type, headers, body. All of
a run are told at its end, each once, with a request that brings it.

VISAVIS_FUZZ_SECONDS   how long: 60 unless told; CI takes 120, and `make fuzz` 20 minutes
VISAVIS_FUZZ_SEED      the run that a report names; another one each time unless told
"""

import copy
import dataclasses
import os
import random
import secrets
import threading
import time
import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from typing import Any

import hypothesis
import pytest
import requests
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis.errors import Unsatisfiable

from fuzz_material import Seeded, seed
from holder_material import paper_models
from visavis.adapters.sql import open_storage
from visavis.service.capture_desk import CaptureDesk, DeskOptions
from visavis.web.server import Server, open_socket
from web_material import Web, make_web

with warnings.catch_warnings():
    warnings.simplefilter("ignore")  # of what it imports, some say that they are old
    import schemathesis
    from schemathesis.core.failures import FailureGroup
    from schemathesis.generation import GenerationMode
    from schemathesis.specs.openapi.checks import (
        content_type_conformance,
        response_headers_conformance,
        response_schema_conformance,
        status_code_conformance,
    )

# what the tool and its libraries warn of is not about the service
pytestmark = [pytest.mark.slow, pytest.mark.filterwarnings("ignore")]

SECONDS = float(os.environ.get("VISAVIS_FUZZ_SECONDS", "60"))
AT_ONCE = 12
"""Requests to one operation before it is the next one's turn."""
LEAST_ASKED = 10
"""Requests an operation gets even in a short run, however slow the machine is."""
STAFF = "visavis-staff"
STAFFED = ("/v1/members", "/s/v1/")
"""Paths that take no key."""
CHECKS = [
    status_code_conformance,
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
]


@contextmanager
def served(web: Web) -> Iterator[str]:
    """The service on a port of this machine."""
    listener = open_socket("127.0.0.1", 0)
    ready = threading.Event()
    server = Server(web.app, web.setup, seconds=5, ready=ready.set)
    thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]}, daemon=True)
    thread.start()
    assert ready.wait(30), "the service did not start"
    try:
        yield f"http://127.0.0.1:{listener.getsockname()[1]}"
    finally:
        server.should_exit = True
        thread.join(30)
        listener.close()


@dataclasses.dataclass(kw_only=True)
class Fuzzer:
    """``faults``: by what is wrong with which operation, the first request that brought it. ``examples``: bodies that
    the document itself gives, by operation.
    """

    web: Web
    address: str
    seeded: Seeded
    rng: random.Random
    session: requests.Session
    examples: dict[str, list[Any]]
    faults: dict[str, str] = dataclasses.field(default_factory=dict)
    asked: int = 0
    told: dict[str, set[int]] = dataclasses.field(default_factory=dict)

    def ask(self, case: Any, operation: str) -> None:
        rng, known = self.rng, self.seeded.known
        if (examples := self.examples.get(operation)) and rng.random() < 0.4:
            case.body = copy.deepcopy(rng.choice(examples))
        purpose, share = self.web.world.policy.id, rng.choice((0.0, 0.8, 1.0, 1.0))
        case.path_parameters = known.filled(dict(case.path_parameters or {}), rng, share=share, purpose=purpose)
        case.query = known.filled(dict(case.query or {}), rng, share=share / 3, purpose=purpose)
        case.body = known.filled(case.body, rng, share=share, purpose=purpose)
        case.headers = self._headers(case)
        if (ready := self.seeded.ready[operation]) and rng.random() < 0.2:
            key, case.body = ready.popleft()
            case.headers["Authorization"] = f"Bearer {key}"
        self._send(case, operation)

    def _send(self, case: Any, operation: str) -> None:
        rng, seeded = self.rng, self.seeded
        cookies = {"visavis": rng.choice(seeded.sessions)} if rng.random() < 0.9 else {}
        if rng.random() < 0.9:
            cookies |= {STAFF: rng.choice(seeded.staff)}
        if seeded.challenges and rng.random() < 0.9:
            cookies |= {f"{STAFF}-challenge": seeded.challenges[-1]}
        try:
            answer = case.call(base_url=self.address, session=self.session, cookies=cookies, allow_redirects=False)
        except (requests.exceptions.InvalidHeader, requests.exceptions.InvalidURL, UnicodeEncodeError):
            return  # what no client can send
        except requests.exceptions.RequestException as error:
            self._fault(operation, f"no answer: {type(error).__name__}", repr(case))
            return
        self.asked += 1
        self.told.setdefault(operation, set()).add(answer.status_code)
        self._check(case, operation, answer)
        if answer.status_code < 300 and "json" in str(answer.headers.get("content-type")):
            self.seeded.known.learn(answer.json(), str(case.headers.get("Authorization", "")).removeprefix("Bearer "))
        if session := self.session.cookies.get("visavis"):
            self.seeded.sessions.append(session)
        if session := self.session.cookies.get(STAFF):
            self.seeded.staff.append(session)
        if challenge := self.session.cookies.get(f"{STAFF}-challenge"):
            self.seeded.challenges.append(challenge)
        self.session.cookies.clear()

    def _headers(self, case: Any) -> dict[str, str]:
        """Mostly as a client would, sometimes as nobody should."""
        rng = self.rng
        headers = {name: str(value) for name, value in (case.headers or {}).items()}
        # without one a member's session is taken, where there is one
        if rng.random() < (0.05 if case.path.startswith(STAFFED) else 0.9):
            headers["Authorization"] = f"Bearer {self._key(case)}"
        if rng.random() < 0.9:
            headers |= {"Origin": self.web.setup.public_url, "X-Visavis": "1"}
        if rng.random() < 0.1:
            headers["Idempotency-Key"] = f"again-{rng.randrange(3)}"
        elif rng.random() < 0.5:
            headers.pop("Idempotency-Key", None)
        if rng.random() < 0.8 and "X-Visavis-Reviewer" in headers:
            headers["X-Visavis-Reviewer"] = rng.choice(("ann-1", "ben-2"))
        return headers

    def _key(self, case: Any) -> str:
        """Mostly the one to which what the path names was shown, or one of every scope."""
        seen = [self.seeded.known.keys.get(str(value)) for value in (case.path_parameters or {}).values()]
        if seen and seen[0] is not None and self.rng.random() < 0.8:
            return seen[0]
        return self.rng.choice(self.seeded.keys[:2] * 5 + self.seeded.keys)

    def _check(self, case: Any, operation: str, answer: Any) -> None:
        if answer.status_code >= 500:
            self._fault(operation, f"answered {answer.status_code} {_code(answer)}", case.as_curl_command())
            return
        try:
            case.validate_response(answer, checks=CHECKS)
        except FailureGroup as group:
            for failure in group.exceptions:
                what = str(getattr(failure, "title", type(failure).__name__))
                said = str(getattr(failure, "message", failure))[:600]
                told = f"{answer.status_code} {_code(answer)}: {what}"
                self._fault(operation, told, f"{said}\n{case.as_curl_command()}")

    def _fault(self, operation: str, what: str, example: str) -> None:
        self.faults.setdefault(f"{operation}: {what}", example[:2_000])


def _code(answer: Any) -> str:
    try:
        return str(answer.json().get("code", ""))
    except (ValueError, AttributeError):
        return ""


def _turn(fuzzer: Fuzzer, operation: Any, name: str, mode: GenerationMode, seed_of_turn: int) -> Callable[[], None]:
    @hypothesis.seed(seed_of_turn)
    @settings(
        max_examples=AT_ONCE,
        database=None,
        deadline=None,
        phases=[Phase.generate],  # a request that is repeated is another one: what it met has changed
        suppress_health_check=list(HealthCheck),
    )
    @given(case=operation.as_strategy(generation_mode=mode))
    def turn(case: Any) -> None:
        fuzzer.ask(case, name)

    return turn


def _examples(document: dict[str, Any]) -> Iterator[tuple[str, list[Any]]]:
    """Of each operation with a body, those that the document gives for it, or for each of its fields."""
    for path in document["paths"].values():
        for operation in path.values():
            content = operation.get("requestBody", {}).get("content", {}).get("application/json")
            if content is not None:
                yield operation["operationId"], _example(content["schema"], document["components"]["schemas"])


def _example(schema: dict[str, Any], named: dict[str, Any]) -> list[Any]:
    if "$ref" in schema:
        schema = {**named[schema["$ref"].rpartition("/")[2]], **schema}
    if found := schema.get("examples") or schema.get("enum"):
        return list(found)
    if "properties" in schema:
        parts = {name: _example(part, named) for name, part in schema["properties"].items()}
        return [{name: values[0] for name, values in parts.items() if values}]
    return []


def _operations(web: Web) -> list[tuple[str, Any]]:
    schema = schemathesis.openapi.from_dict(web.app.openapi())
    found = [result.ok() for result in schema.get_all_operations()]  # type: ignore[union-attr]  # else it raises
    return [(operation.definition.raw["operationId"], operation) for operation in found]


@pytest.fixture
def web(database: Callable[[str], str]) -> Iterator[Web]:
    storage = open_storage(database("sqlite"))
    desk = CaptureDesk(DeskOptions(), timer=time.monotonic)
    yield make_web(storage, models=paper_models(), desk=desk)
    desk.close()
    storage.close()


def test_whatever_is_asked_is_answered_as_described(web: Web) -> None:
    chosen = int(os.environ.get("VISAVIS_FUZZ_SEED") or secrets.randbelow(10**9))
    rng = random.Random(chosen)
    with served(web) as address, requests.Session() as session:
        examples = dict(_examples(web.app.openapi()))
        fuzzer = Fuzzer(web=web, address=address, seeded=seed(web), rng=rng, session=session, examples=examples)
        operations, end, turns = _operations(web), time.monotonic() + SECONDS, 0
        while time.monotonic() < end or turns == 0:
            for name, operation in operations:
                # the first round as it should be, so that there is something to meet in the others
                wrong = turns > 0 and rng.random() < 0.3
                mode = GenerationMode.NEGATIVE if wrong else GenerationMode.POSITIVE
                with suppress(Unsatisfiable):  # where nothing can be wrong, nothing wrong can be made
                    _turn(fuzzer, operation, name, mode, rng.getrandbits(32))()
                if turns and time.monotonic() > end:
                    break
            turns += 1
            web.clock.forward(seconds=20)
    succeeded = {name for name, statuses in fuzzer.told.items() if min(statuses) < 300}
    never = sorted(name for name, _ in operations if name not in succeeded)
    print(f"{fuzzer.asked} requests to {len(operations)} operations in {turns} rounds; seed {chosen}")  # noqa: T201
    print(f"that never succeeded: {', '.join(never) or 'none'}")  # noqa: T201
    report = "\n\n".join(f"{what}\n{example}" for what, example in sorted(fuzzer.faults.items()))
    assert not fuzzer.faults, f"{len(fuzzer.faults)} faults with seed {chosen}:\n\n{report}"
    assert fuzzer.asked > LEAST_ASKED * len(operations)
