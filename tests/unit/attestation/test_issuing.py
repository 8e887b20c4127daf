"""From a decision to a statement: only what was accepted, only what the policy discloses, and how strictly it was."""

import dataclasses
import json
import subprocess
import sys
from datetime import timedelta
from typing import Any

import pytest

from attestation_material import ISSUER, NOW, ORDER, SHOP, accepted_evidence, issue, keys_of, policy, statement
from visavis.attestation.issuing import CORRECTED, statement_of
from visavis.attestation.keys import SoftwareKey
from visavis.attestation.sd_jwt import issue_sd_jwt, present
from visavis.attestation.statement import DecidedBy, Statement
from visavis.attestation.verifier import verify
from visavis.decision.decide import DecisionOutcome, decide
from visavis.decision.vocabulary import Disclosure
from visavis.domain.evidence import Check, Evidence, EvidenceSet, Outcome
from visavis.domain.operating_points import LIGHT_ALONE

KEY = SoftwareKey.generate()


def made(evidence: EvidenceSet, **changes: Any) -> Statement:
    asked = policy()
    options: dict[str, Any] = {
        "verification": "ver_1",
        "policy": asked,
        "decision": decide(asked, evidence),
        "evidence": evidence,
        "binding": ORDER,
    }
    return statement_of(**{**options, **changes})


def test_a_statement_is_read_as_it_was_made() -> None:
    whole = statement()
    claims = json.loads(json.dumps({**whole.as_claims(), **whole.as_withheld()}))
    assert Statement.of_claims(claims) == whole
    del claims["evidence"]
    assert Statement.of_claims(claims) == dataclasses.replace(whole, evidence=None)
    claims["verification"]["later"] = "a word of a version to come"
    assert Statement.of_claims(claims).id == "ver_0001"


def test_a_score_is_never_stated() -> None:
    text = json.dumps({**statement().as_claims(), **statement().as_withheld()})
    assert "score" not in text
    assert "0.61" not in text


@pytest.mark.parametrize("outcome", [Outcome.FAIL, Outcome.INCONCLUSIVE, Outcome.NOT_MEASURED])
def test_what_was_not_accepted_is_not_attested(outcome: Outcome) -> None:
    evidence = accepted_evidence(policy(), document_authentic=Evidence(check=Check.DOCUMENT_AUTHENTIC, outcome=outcome))
    with pytest.raises(ValueError, match="accepted"):
        made(evidence)
    with pytest.raises(ValueError, match="accepted"):
        made(evidence, accepted_by_person=True)


def test_a_decision_of_another_policy_is_not_attested() -> None:
    evidence = accepted_evidence(policy())
    other = dataclasses.replace(decide(policy(), evidence), policy_digest="00" * 32)
    with pytest.raises(ValueError, match="accepted"):
        made(evidence, decision=other)
    with pytest.raises(ValueError, match="binding"):
        made(evidence, binding=None)


def test_a_person_accepts_what_was_referred() -> None:
    evidence = accepted_evidence(policy(), comparison=Evidence(check=Check.COMPARISON, outcome=Outcome.INCONCLUSIVE))
    decided = decide(policy(), evidence)
    referred = dataclasses.replace(decided, outcome=DecisionOutcome.REFERRED)
    found = made(evidence, decision=referred, accepted_by_person=True)
    assert found.decided_by is DecidedBy.PERSON
    assert found.fmr_bound is None


def test_what_the_holder_mended_is_named_where_it_is_disclosed() -> None:
    read = Evidence(
        check=Check.DOCUMENT_CONSISTENT, outcome=Outcome.PASS, details={CORRECTED: "family_name nationality"}
    )
    evidence = accepted_evidence(policy(), document_consistent=read)
    assert made(evidence).corrected == ("family_name",)
    assert made(evidence).as_claims()["verification"]["corrected"] == ("family_name",)  # type: ignore[index]  # JSON
    assert "corrected" not in made(accepted_evidence(policy())).as_claims()["verification"]  # type: ignore[operator]


def test_a_second_channel_is_named_where_it_stood_in() -> None:
    light = Evidence(
        check=Check.ATTACK_DETECTION, outcome=Outcome.INCONCLUSIVE, operating_point="strict", reasons=(LIGHT_ALONE,)
    )
    code = Evidence(check=Check.SECOND_CHANNEL, outcome=Outcome.PASS, details={"channel": "one_time_code"})
    evidence = EvidenceSet((*accepted_evidence(policy(), attack_detection=light), code))
    found = made(evidence)
    assert found.attack_detection is not None
    assert found.attack_detection.confirmed_by == "one_time_code"


def test_only_what_the_policy_discloses_is_signed() -> None:
    with pytest.raises(ValueError, match="disclose"):
        issue(KEY, personal={Disclosure.DATE_OF_BIRTH: "1980-01-01"})
    with pytest.raises(ValueError, match="disclose"):
        issue(KEY, policy=dataclasses.replace(policy(), version=99))
    with pytest.raises(ValueError, match="second"):
        issue(KEY, valid_for=timedelta())


def test_two_attestations_of_one_person_have_nothing_in_common() -> None:
    import secrets

    tokens = [issue(KEY, entropy=secrets.token_bytes) for _ in range(2)]
    assert not set(tokens[0].disclosures) & set(tokens[1].disclosures)
    first, second = (verify(str(t), issuer=ISSUER, keys=keys_of(KEY), now=NOW, audience=SHOP) for t in tokens)
    assert first.claims == second.claims


def test_a_claim_has_one_place() -> None:
    for claims, withheld in (({"a": 1}, {"a": 2}), ({"_sd": []}, {}), ({}, {"...": 1}), ({}, {"_sd_alg": "x"})):
        with pytest.raises(ValueError, match="reserved"):
            issue_sd_jwt(claims, withheld=withheld, key=KEY, entropy=bytes)


def test_a_presentation_names_what_is_there() -> None:
    with pytest.raises(ValueError, match="date_of_birth"):
        present(issue(KEY), disclose=["date_of_birth"])
    with pytest.raises(ValueError, match="binding"):
        present(issue(KEY), disclose=[], holder=KEY, nonce="n", now=NOW)


def test_verifying_needs_nothing_of_the_service() -> None:
    """What a relying party must have: three small libraries, and none of the rest."""
    code = (
        "import sys, visavis.attestation as a; a.verify, a.KeySet;"
        "print(*sorted({m.split('.')[0] for m in sys.modules} - set(sys.stdlib_module_names)));"
        "print(*sorted(m for m in sys.modules if m.startswith('visavis.')))"
    )
    said = subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, text=True).stdout.splitlines()
    libraries = set(said[0].split())
    assert libraries >= {"joserfc", "cryptography", "msgspec"}
    assert not libraries & {"numpy", "cv2", "onnxruntime", "av", "sqlalchemy", "starlette", "click", "rich", "PIL"}
    parts = {name.split(".")[1] for name in said[1].split()}
    assert parts == {"attestation", "decision", "domain", "errors"}
    assert [name for name in said[1].split() if name.startswith("visavis.decision.")] == ["visavis.decision.canonical"]
