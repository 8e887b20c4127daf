"""Verifications of a relying party over HTTP, brought to where a test wants them; and lines with whom they rest on."""

import dataclasses
from collections.abc import Callable, Mapping
from typing import Any

import httpx

from attestation_material import accepted_evidence
from store_material import World, iccid, pseudonyms, receipt
from visavis.decision.decide import DecisionOutcome, decide
from visavis.domain.evidence import Check, Evidence, Outcome
from visavis.domain.states import By
from visavis.domain.verification import Verification
from visavis.service.summaries import summary_of
from visavis.service.verifications import Findings
from web_material import Web

__all__ = ["STATES", "accept", "accepted", "in_state", "line_of", "opened", "ordered", "problem", "told"]

BINDING = "ab" * 32
DISCLOSED = {"family_name": "ERIKSSON", "document_number": "L898902C3"}


def told(answer: httpx.Response, status: int = 200) -> dict[str, Any]:
    """The body of an answer that must have that status."""
    assert answer.status_code == status, answer.text
    body: dict[str, Any] = answer.json()
    return body


def problem(answer: httpx.Response, status: int) -> str:
    """The code of a problem."""
    body = told(answer, status)
    assert answer.headers["content-type"] == "application/problem+json"
    assert body["status"] == status
    return str(body["code"])


def opened(web: Web, *, binding: str = BINDING, **more: Any) -> dict[str, Any]:
    asked = {"purpose": web.world.policy.id, "binding": binding, **more}
    return told(web.post("/v1/verifications", json=asked), 201)


def _row(world: World, verification: str) -> Verification:
    return world.verifications.get(world.party.id, verification)[0]


def consent(world: World, verification: str) -> None:
    row = _row(world, verification)
    world.verifications.consent(world.party.id, verification, receipt(row, world.clock.now(), world.ids))


def capture(world: World, verification: str) -> None:
    consent(world, verification)
    world.verifications.begin_capture(world.party.id, verification, world.policy)


def submit(world: World, verification: str) -> None:
    capture(world, verification)
    world.verifications.submit(world.party.id, verification)


def accept(world: World, verification: str, *, document: str = "L898902C3", holder_key: str = "") -> None:
    """Decided by the policy on evidence in which everything passed."""
    submit(world, verification)
    _conclude(world, verification, document=document, passed=True, holder_key=holder_key)


def reject(world: World, verification: str) -> None:
    submit(world, verification)
    _conclude(world, verification, document="L898902C3", passed=False)


def refer(world: World, verification: str) -> None:
    submit(world, verification)
    _conclude(world, verification, document="L898902C3", passed=False, referred=True)


def _conclude(
    world: World, verification: str, *, document: str, passed: bool, referred: bool = False, holder_key: str = ""
) -> None:
    row, policy = _row(world, verification), world.policy
    failed = Evidence(
        check=Check.SINGLE_FACE_PROBE,
        outcome=Outcome.FAIL,
        reasons=("second_face",),
    )
    evidence = accepted_evidence(policy, **({} if passed else {"single_face_probe": failed}))
    decision = decide(policy, evidence)
    if referred:
        decision = dataclasses.replace(decision, outcome=DecisionOutcome.REFERRED)
    summary = summary_of(
        verification=row, policy=policy, decision=decision, evidence=evidence, accepted_by_person=referred
    )
    person = pseudonyms(world.party.id).person(issuing_state="UTO", number=document)
    found = Findings(
        decision=decision,
        summary=summary,
        person=person,
        disclosed={**DISCLOSED, "document_number": document},
        holder_key=holder_key,
    )
    world.verifications.conclude(world.party.id, verification, found, policy)


def accepted(web: Web, *, document: str = "L898902C3", binding: str = BINDING) -> str:
    verification: str = opened(web, binding=binding)["id"]
    accept(web.world, verification, document=document)
    return verification


def _expire(world: World, verification: str) -> None:
    before = world.clock.moment
    world.clock.forward(minutes=16)
    world.verifications.expire_overdue()
    world.clock.moment = before


STATES: dict[str, Callable[[World, str], object]] = {
    "requested": lambda _world, _id: None,
    "consented": consent,
    "capturing": capture,
    "submitted": submit,
    "referred": refer,
    "decided": accept,
    "declined_for_alternative": lambda world, it: world.verifications.take_alternative(world.party.id, it),
    "withdrawn": lambda world, it: world.verifications.withdraw(world.party.id, it, by=By.HOLDER),
    "expired": _expire,
    "erased": lambda world, it: world.verifications.erase(world.party.id, it, by=By.HOLDER),
}
"""How a verification that was just opened comes into each state."""


def in_state(web: Web, state: str) -> str:
    verification: str = opened(web)["id"]
    STATES[state](web.world, verification)
    assert told(web.get(f"/v1/verifications/{verification}"))["state"] == state
    return verification


def ordered(
    web: Web, order: Mapping[str, str], *, documents: tuple[str, ...] = ("L898902C3",)
) -> tuple[str, list[str]]:
    """The nonce of an order, and a verification for each of whom it needs, accepted and bound to it."""
    prepared = told(web.post("/v1/line-orders", json=dict(order)))
    return prepared["nonce"], [accepted(web, document=item, binding=prepared["binding"]) for item in documents]


def line_of(web: Web, number: int, *, document: str = "L898902C3") -> dict[str, Any]:
    """A line that was registered over HTTP."""
    digits = {"msisdn": f"+46{700000000 + number}", "iccid": card(number)}
    nonce, (verification,) = ordered(web, {"act": "register", **digits}, documents=(document,))
    asked = {**digits, "nonce": nonce, "verification": verification}
    return told(web.post("/v1/lines", json=asked), 201)


def card(number: int) -> str:
    return iccid(number).text
