"""The signed answer over HTTP: fetched, verified by what the service publishes, gone, and revoked."""

import dataclasses
import json
from datetime import timedelta
from typing import Any

import pytest

from attestation_material import accepted_evidence
from relying_material import BINDING, DISCLOSED, accept, accepted, in_state, opened, problem, told
from visavis.attestation import KeySet, verify
from visavis.attestation.issuing import CORRECTED
from visavis.attestation.keys import SoftwareKey
from visavis.attestation.public_keys import Algorithm
from visavis.attestation.sd_jwt import present, split_sd_jwt
from visavis.attestation.verifier import VerifiedAttestation
from visavis.decision.decide import decide
from visavis.domain.evidence import Check, Evidence, EvidenceSet, Outcome
from visavis.errors import StatusUnknownError, TokenError
from visavis.service.policy_shelf import PolicyShelf, PolicySource
from visavis.service.summaries import checks_in, statement_in, summary_of
from web_material import Web, make_web


@pytest.fixture
def web() -> Web:
    return make_web()


def status_list(web: Web, uri: str) -> str:
    answer = web.client.get(uri.removeprefix(web.setup.public_url))
    assert answer.headers["content-type"] == "application/statuslist+jwt"
    return str(answer.text)


def believed(web: Web, token: str, **changes: Any) -> VerifiedAttestation:
    """As a relying party would: with nothing but what anybody may fetch."""
    expected: dict[str, Any] = {
        "issuer": web.setup.public_url,
        "keys": KeySet.parse(web.client.get("/.well-known/jwks.json").content),
        "now": web.clock.now(),
        "audience": web.party.id,
        "nonce": None,
        "status_list": lambda uri: status_list(web, uri),
        **changes,
    }
    return verify(token, **expected)


def fetched(web: Web, verification: str) -> dict[str, Any]:
    return told(web.get(f"/v1/verifications/{verification}/attestation"))


def test_what_the_holder_mended_is_told_with_it(web: Web, monkeypatch: pytest.MonkeyPatch) -> None:
    read = Evidence(
        check=Check.DOCUMENT_CONSISTENT,
        outcome=Outcome.PASS,
        reasons=("document_agrees", "corrected_by_holder"),
        details={CORRECTED: "family_name given_names"},
    )
    monkeypatch.setattr(
        "relying_material.accepted_evidence", lambda policy: EvidenceSet((*accepted_evidence(policy), read))
    )
    mended = fetched(web, accepted(web))
    assert mended["corrected"] == ["family_name"]  # the policy tells nobody of the given names
    statement = believed(web, mended["attestation"]).statement
    assert statement is not None
    assert statement.corrected == ("family_name",)
    monkeypatch.undo()
    assert fetched(web, accepted(web, document="X12345678"))["corrected"] == []


def test_what_is_fetched_can_be_verified_by_what_is_published(web: Web) -> None:
    verification = accepted(web)
    answer = web.get(f"/v1/verifications/{verification}/attestation")
    body = told(answer)
    assert answer.headers["cache-control"] == "no-store"
    found = believed(web, body["attestation"])
    assert found.statement is not None
    assert found.statement.id == verification
    assert found.statement.policy.digest == web.world.policy.digest
    assert found.statement.binding is not None
    assert found.statement.binding.digest == BINDING
    assert found.statement.fmr_bound == 1e-4
    assert found.statement.attack_detection is not None
    assert {name: found.claims[name] for name in DISCLOSED} == body["disclosed"] == DISCLOSED
    with pytest.raises(TokenError):
        believed(web, body["attestation"], audience="rlp_another")


def test_it_is_bound_to_a_key_that_the_holder_showed(web: Web) -> None:
    verification: str = opened(web, binding=BINDING)["id"]
    mine = SoftwareKey.generate(Algorithm.ES256)
    accept(web.world, verification, holder_key=json.dumps(dict(mine.public_jwk)))
    body = fetched(web, verification)
    assert "holder_key" not in body["disclosed"]
    assert believed(web, body["attestation"]).claims["cnf"] == {"jwk": dict(mine.public_jwk)}

    shown = present(
        split_sd_jwt(body["attestation"]),
        disclose=["family_name"],
        holder=mine,
        audience=web.party.id,
        nonce="asked-just-now",
        now=web.clock.now(),
    )
    assert believed(web, str(shown), nonce="asked-just-now").claims["family_name"] == DISCLOSED["family_name"]
    with pytest.raises(TokenError, match="another occasion"):
        believed(web, str(shown), nonce="asked-before")


def test_it_is_fetched_again_for_ten_minutes_and_then_never(web: Web) -> None:
    verification = accepted(web)
    first = fetched(web, verification)
    assert first["fetch_until"] == "2027-03-01T09:10:00Z"
    web.clock.forward(minutes=9)
    again = fetched(web, verification)
    assert again["attestation"] != first["attestation"]  # other salts
    assert {**again, "attestation": ""} == {**first, "attestation": ""}
    web.clock.forward(minutes=1)
    path = f"/v1/verifications/{verification}/attestation"
    assert problem(web.get(path), 410) == "attestation_fetched"
    assert web.world.verifications.forget_due() == 1
    with web.setup.storage.reading() as unit:
        assert unit.sealed.key(verification) is None
    assert problem(web.get(path), 410) == "attestation_fetched"
    believed(web, first["attestation"])


def test_what_it_was_made_of_goes_as_soon_as_it_was_received(web: Web) -> None:
    verification = accepted(web)
    path = f"/v1/verifications/{verification}/attestation"
    assert problem(web.post(f"{path}/received"), 404) == "attestation_unknown"
    fetched(web, verification)
    for _ in range(2):
        assert web.post(f"{path}/received").status_code == 204
    with web.setup.storage.reading() as unit:
        assert unit.sealed.key(verification) is None
    assert problem(web.get(path), 410) == "attestation_fetched"
    assert "kept_until" not in told(web.get(f"/v1/verifications/{verification}"))


def test_what_nobody_fetched_in_time_is_gone(web: Web) -> None:
    verification = accepted(web)
    web.clock.forward(days=1)
    path = f"/v1/verifications/{verification}/attestation"
    assert problem(web.get(path), 410) == "attestation_gone"
    assert web.world.verifications.forget_due() == 1
    assert problem(web.get(path), 410) == "attestation_gone"


@pytest.mark.parametrize("end", ["revoke", "erase"])
def test_what_was_revoked_or_erased_is_believed_no_longer(web: Web, end: str) -> None:
    verification, other = accepted(web), accepted(web)
    token, kept = fetched(web, verification)["attestation"], fetched(web, other)["attestation"]
    believed(web, token)
    path = f"/v1/verifications/{verification}"
    told(web.post(f"{path}/attestation/revoke" if end == "revoke" else f"{path}/erase"))
    web.clock.forward(seconds=15)
    with pytest.raises(TokenError) as caught:
        believed(web, token)
    assert caught.value.code == "attestation_revoked"
    believed(web, kept)
    status = told(web.get(f"{path}/attestation/status"))
    assert status["revoked_at"] == "2027-03-01T09:00:00Z"
    if end == "revoke":
        assert told(web.post(f"{path}/attestation/revoke")) == status  # nothing changes
        assert problem(web.get(f"{path}/attestation"), 410) == "attestation_fetched"
    with web.setup.storage.reading() as unit:
        assert unit.sealed.key(verification) is None
        assert unit.sealed.key(other) is not None


def test_what_was_never_issued_cannot_be_revoked(web: Web) -> None:
    path = f"/v1/verifications/{in_state(web, 'requested')}/attestation"
    assert problem(web.post(f"{path}/revoke"), 404) == "attestation_unknown"
    assert problem(web.get(f"{path}/status"), 404) == "attestation_unknown"


def test_a_policy_that_discloses_nothing_is_attested_and_ends_alike(web: Web) -> None:
    bare = dataclasses.replace(web.world.policy, disclose=())
    shelf = PolicyShelf(storage=web.world.storage, clock=web.clock, in_force=[PolicySource(policy=bare, text="unused")])
    web = make_web(web.world.storage)
    web.world.policy = bare
    row = web.world.open()
    accept(web.world, row.id)
    web.setup.attestations._policies = shelf
    body = fetched(web, row.id)
    assert body["disclosed"] == {}
    believed(web, body["attestation"])
    assert web.post(f"/v1/verifications/{row.id}/attestation/received").status_code == 204
    assert problem(web.get(f"/v1/verifications/{row.id}/attestation"), 410) == "attestation_fetched"


def test_a_repeated_word_that_it_was_received_is_answered_once(web: Web) -> None:
    verification = accepted(web)
    fetched(web, verification)
    once = {"Idempotency-Key": "received"}
    path = f"/v1/verifications/{verification}/attestation/received"
    assert [web.post(path, headers=once).status_code for _ in range(2)] == [204, 204]


def test_every_fetch_and_its_end_are_in_the_audit_log(web: Web) -> None:
    verification = accepted(web)
    fetched(web, verification)
    web.post(f"/v1/verifications/{verification}/attestation/revoke")
    with web.setup.storage.reading() as unit:
        acts = [act for _, act in unit.audit.waiting(limit=100) if act.subject == verification]
    said = [act.act for act in acts]
    assert said[-4:] == [
        "attestation.issued",
        "verification.disclosed",
        "attestation.revoked",
        "verification.fetched",
    ]
    assert all(act.actor.id is not None and act.actor.id.startswith("key_") for act in acts[-4:])


# ---- what anybody may fetch


def test_a_status_list_is_cached_by_its_tag_until_it_changes(web: Web) -> None:
    verification = accepted(web)
    uri = fetched(web, verification)["status"]["uri"].removeprefix(web.setup.public_url)
    first = web.client.get(uri)
    assert first.headers["cache-control"] == "public, max-age=300"
    tag = first.headers["etag"]
    same = web.client.get(uri, headers={"If-None-Match": f'"other", W/{tag}'})
    assert (same.status_code, same.content, same.headers["etag"]) == (304, b"", tag)
    web.clock.forward(hours=1)
    assert web.client.get(uri).text == first.text  # nothing changed, so nothing is signed
    web.post(f"/v1/verifications/{verification}/attestation/revoke")
    web.clock.forward(seconds=15)
    changed = web.client.get(uri, headers={"If-None-Match": tag})
    assert changed.status_code == 200
    assert changed.headers["etag"] != tag


def test_a_status_list_is_signed_anew_before_it_runs_out_and_when_the_key_changes(web: Web) -> None:
    token = fetched(web, accepted(web))["attestation"]
    uri = "/status-lists/1"
    first = web.client.get(uri).text
    web.clock.forward(hours=13)
    second = web.client.get(uri).text
    assert second != first
    web.setup.attestation_keys.rotate(now=web.clock.now(), overlap=timedelta(days=90))
    web.clock.forward(minutes=1)
    assert web.client.get(uri).text != second
    believed(web, token)  # by the retired key, which stays published


def test_a_list_that_is_not_there_is_not_found(web: Web) -> None:
    fetched(web, accepted(web))
    for number in ("0", "2", "01", "-1", "x", "%00", "1%0a", "99999999999999999999"):
        assert problem(web.client.get(f"/status-lists/{number}"), 404) == "status_list_unknown"


def test_the_keys_are_where_each_looks_for_them(web: Web) -> None:
    keys = told(web.client.get("/.well-known/jwks.json"))
    issuer = told(web.client.get("/.well-known/jwt-vc-issuer"))
    assert issuer == {"issuer": web.setup.public_url, "jwks": keys}
    assert all("d" not in key for key in keys["keys"])
    assert web.client.get("/.well-known/jwks.json").headers["cache-control"] == "public, max-age=300"


def test_without_its_status_list_an_attestation_is_not_believed(web: Web) -> None:
    token = fetched(web, accepted(web))["attestation"]

    def out_of_reach(_: str) -> str:
        raise OSError

    with pytest.raises(StatusUnknownError):
        believed(web, token, status_list=out_of_reach)


# ---- what is kept of the evidence


def test_a_summary_holds_what_is_attested_and_no_score(web: Web) -> None:
    row, policy = web.world.open(binding=BINDING), web.world.policy
    evidence = accepted_evidence(policy)
    decision = decide(policy, evidence)
    summary = summary_of(verification=row, policy=policy, decision=decision, evidence=evidence)
    statement = statement_in(summary)
    assert statement is not None
    assert (statement.id, statement.policy.digest) == (row.id, policy.digest)
    assert len(checks_in(summary)) == len(policy.checks)
    assert "score" not in str(summary)
    assert statement_in({"checks": []}) is None
