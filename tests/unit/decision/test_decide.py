"""The decision: precedence, and the properties that keep it from ever accepting what was not shown."""

import dataclasses
from datetime import timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from visavis.decision.decide import Consequence, Decision, DecisionOutcome, RuleOutcome, _outcome, decide
from visavis.decision.policy import Policy
from visavis.decision.requirements import (
    AttestedCapture,
    BonaFidePresentation,
    Channel,
    ComparisonAtMostFmr,
    ConsentInForce,
    DocumentAuthentic,
    DocumentConsistent,
    DocumentNotExpired,
    PadOperatingPoint,
    Rule,
    SampleQuality,
    SecondChannel,
    Side,
    SingleFace,
    Success,
)
from visavis.decision.vocabulary import OnFail, OnInconclusive, Protection, ReferenceSource, Requirement, Unsafe
from visavis.domain.evidence import Check, Detail, Evidence, EvidenceSet, Outcome
from visavis.domain.operating_points import LIGHT_ALONE
from visavis.domain.reasons import REASONS

CONSENT = Requirement(rule=ConsentInForce())
PAD = Requirement(rule=BonaFidePresentation(operating_point=PadOperatingPoint.STRICT))
COMPARE = Requirement(rule=ComparisonAtMostFmr(fmr=1e-4))


def policy(*requires: Requirement, **more: Any) -> Policy:
    """A sound policy of these rules; what a biometric one lacks it says in ``[unsafe]``."""
    lacks = []
    if any(item.rule.biometric for item in requires):
        if not any(isinstance(item.rule, BonaFidePresentation) for item in requires):
            lacks.append(Protection.ATTACK_DETECTION)
        if not any(isinstance(item.rule, ConsentInForce) for item in requires):
            lacks.append(Protection.CONSENT)
    unsafe = Unsafe(without=tuple(lacks), because="A test of the decision alone.") if lacks else None
    fields: dict[str, Any] = {
        "id": "some_policy",
        "version": 3,
        "reference_source": (ReferenceSource.DOCUMENT_PORTRAIT,),
        "alternative": "in_person",
        "attempts": 3,
        "ttl": timedelta(minutes=15),
        "unsafe": unsafe,
    }
    return Policy(requires=requires, **(fields | more))


def good(check: Check) -> Evidence:
    details: dict[str, Detail] = {}
    if check is Check.COMPARISON:
        details = {"fmr_asked": 1e-4, "reference_source": "document_portrait"}
    if check is Check.SECOND_CHANNEL:
        details = {"channel": "chip"}
    return Evidence(check=check, outcome=Outcome.PASS, score=90.0, operating_point="strict", details=details)


GOOD = EvidenceSet(tuple(good(check) for check in Check))


def but(*changed: Evidence) -> EvidenceSet:
    kept = {item.check: item for item in changed}
    return EvidenceSet(tuple(kept.get(item.check, item) for item in GOOD))


def bad(check: Check, outcome: Outcome, *reasons: str) -> Evidence:
    return dataclasses.replace(good(check), outcome=outcome, reasons=reasons)


def test_accepted_where_every_rule_is_met() -> None:
    asked = policy(CONSENT, PAD, COMPARE)
    decision = decide(asked, GOOD)
    assert decision.outcome is DecisionOutcome.ACCEPTED
    assert decision.reasons == ()
    assert [item.outcome for item in decision.results] == [RuleOutcome.MET] * 3
    assert (decision.policy_id, decision.policy_version) == ("some_policy", 3)
    assert decision.policy_digest == asked.digest
    assert decision.warnings == ()


def test_no_rules_accept_nothing() -> None:
    # no policy without rules can be made; the decision does not rest on that alone
    assert _outcome(()) is DecisionOutcome.INCONCLUSIVE


def test_an_unsafe_policy_says_so_in_every_decision() -> None:
    decision = decide(policy(COMPARE), GOOD)
    assert decision.outcome is DecisionOutcome.ACCEPTED
    assert "without attack detection and consent" in decision.warnings[0]


def test_no_evidence_at_all_is_inconclusive() -> None:
    decision = decide(policy(CONSENT, PAD, COMPARE), EvidenceSet())
    assert decision.outcome is DecisionOutcome.INCONCLUSIVE
    assert decision.reasons == ("not_measured",)


def test_every_reason_is_collected_once_and_no_rule_is_skipped() -> None:
    decision = decide(
        policy(CONSENT, PAD, COMPARE),
        but(
            bad(Check.CONSENT, Outcome.FAIL, "consent_missing"),
            bad(Check.COMPARISON, Outcome.FAIL, "different_person"),
            bad(Check.ATTACK_DETECTION, Outcome.INCONCLUSIVE, "low_quality", "different_person"),
        ),
    )
    assert decision.outcome is DecisionOutcome.REJECTED
    assert decision.reasons == ("consent_missing", "low_quality", "different_person")
    assert [item.outcome for item in decision.results] == [
        RuleOutcome.FAILED,
        RuleOutcome.INCONCLUSIVE,
        RuleOutcome.FAILED,
    ]


REFER_FAIL = dataclasses.replace(COMPARE, on_fail=OnFail.REFER)
REFER_UNSURE = dataclasses.replace(PAD, on_inconclusive=OnInconclusive.REFER)


@pytest.mark.parametrize(
    ("attack", "comparison", "expected"),
    [
        (Outcome.PASS, Outcome.FAIL, DecisionOutcome.REFERRED),
        (Outcome.INCONCLUSIVE, Outcome.PASS, DecisionOutcome.REFERRED),
        (Outcome.NOT_MEASURED, Outcome.PASS, DecisionOutcome.REFERRED),
        (Outcome.PASS, Outcome.INCONCLUSIVE, DecisionOutcome.INCONCLUSIVE),
        (Outcome.INCONCLUSIVE, Outcome.INCONCLUSIVE, DecisionOutcome.REFERRED),
        (Outcome.FAIL, Outcome.FAIL, DecisionOutcome.REJECTED),
        (Outcome.FAIL, Outcome.INCONCLUSIVE, DecisionOutcome.REJECTED),
    ],
)
def test_reject_goes_before_refer_and_refer_before_retry(
    attack: Outcome, comparison: Outcome, expected: DecisionOutcome
) -> None:
    evidence = but(bad(Check.ATTACK_DETECTION, attack), bad(Check.COMPARISON, comparison))
    assert decide(policy(CONSENT, REFER_UNSURE, REFER_FAIL), evidence).outcome is expected


def test_a_rule_that_fails_here_and_cannot_tell_there_has_both_consequences() -> None:
    faces = Requirement(rule=SingleFace(), on_fail=OnFail.REFER, on_inconclusive=OnInconclusive.RETRY)
    evidence = but(
        bad(Check.SINGLE_FACE_PROBE, Outcome.FAIL, "second_face"),
        bad(Check.SINGLE_FACE_REFERENCE, Outcome.INCONCLUSIVE, "no_face"),
    )
    decision = decide(policy(faces), evidence)
    assert decision.outcome is DecisionOutcome.REFERRED
    assert decision.results[0].consequences == (Consequence.REFER, Consequence.RETRY)


@pytest.mark.parametrize("source", ["chip", "enrolled", "", None, 1, "missing"])
@pytest.mark.parametrize("outcome", [Outcome.PASS, Outcome.FAIL])
def test_a_comparison_with_another_reference_counts_as_not_made(source: object, outcome: Outcome) -> None:
    details: dict[str, Any] = {"fmr_asked": 1e-4} | ({} if source == "missing" else {"reference_source": source})
    item = dataclasses.replace(good(Check.COMPARISON), outcome=outcome, details=details)
    decision = decide(policy(CONSENT, PAD, COMPARE), but(item))
    assert decision.outcome is DecisionOutcome.INCONCLUSIVE
    assert decision.reasons == ("reference_source_not_allowed",)


def test_a_comparison_that_was_not_made_keeps_its_own_reason() -> None:
    item = Evidence(check=Check.COMPARISON, outcome=Outcome.NOT_MEASURED, reasons=("probe_unusable",))
    assert decide(policy(CONSENT, PAD, COMPARE), but(item)).reasons == ("probe_unusable",)


QUALITY = Requirement(rule=SampleQuality(minimum=50.0))


def poor(check: Check, score: float | None = 30.0) -> Evidence:
    return dataclasses.replace(good(check), score=score, reasons=("low_sharpness",))


@pytest.mark.parametrize("side", [Check.SAMPLE_QUALITY_PROBE, Check.SAMPLE_QUALITY_REFERENCE])
@pytest.mark.parametrize("score", [30.0, None])
def test_a_poor_sample_is_asked_for_again_before_anybody_is_rejected(side: Check, score: float | None) -> None:
    different = bad(Check.COMPARISON, Outcome.FAIL, "different_person")
    decision = decide(policy(CONSENT, PAD, QUALITY, COMPARE), but(poor(side, score), different))
    assert decision.outcome is DecisionOutcome.INCONCLUSIVE
    assert "different_person" not in decision.reasons
    # samples as good as the policy asks, or a policy that asks nothing of them: rejected
    assert decide(policy(CONSENT, PAD, QUALITY, COMPARE), but(different)).outcome is DecisionOutcome.REJECTED
    assert decide(policy(CONSENT, PAD, COMPARE), but(poor(side), different)).outcome is DecisionOutcome.REJECTED


def test_a_poor_sample_that_matches_is_asked_for_again_too() -> None:
    decision = decide(policy(CONSENT, PAD, QUALITY, COMPARE), but(poor(Check.SAMPLE_QUALITY_PROBE)))
    assert decision.outcome is DecisionOutcome.INCONCLUSIVE
    assert decision.reasons == ("low_quality", "low_sharpness")


def test_a_poor_sample_of_a_side_that_the_policy_does_not_ask_about_changes_nothing() -> None:
    probe_only = Requirement(rule=SampleQuality(minimum=50.0, on=(Side.PROBE,)))
    different = bad(Check.COMPARISON, Outcome.FAIL, "different_person")
    decision = decide(policy(CONSENT, PAD, probe_only, COMPARE), but(poor(Check.SAMPLE_QUALITY_REFERENCE), different))
    assert decision.outcome is DecisionOutcome.REJECTED


# --- properties -------------------------------------------------------------------------------------------------------

rules: st.SearchStrategy[Rule] = st.one_of(
    st.just(ConsentInForce()),
    st.just(SingleFace()),
    st.builds(SampleQuality, minimum=st.sampled_from([20.0, 50.0, 80.0])),
    st.builds(ComparisonAtMostFmr, fmr=st.sampled_from([1e-3, 1e-4, 1e-5])),
    st.builds(BonaFidePresentation, operating_point=st.sampled_from(PadOperatingPoint)),
    st.builds(SecondChannel, channels=st.sampled_from([tuple(Channel), (Channel.CHIP,)])),
    st.just(AttestedCapture()),
    st.just(DocumentAuthentic()),
    st.just(DocumentConsistent()),
    st.just(DocumentNotExpired()),
)


@st.composite
def requirements(draw: st.DrawFn) -> Requirement:
    rule = draw(rules)
    if not rule.referable:
        return Requirement(rule=rule)
    return Requirement(
        rule=rule,
        on_fail=draw(st.sampled_from(OnFail)),
        on_inconclusive=draw(st.sampled_from(OnInconclusive)),
    )


requirement_lists = st.lists(requirements(), min_size=1, max_size=8, unique_by=lambda item: item.rule.name)


@st.composite
def evidence_sets(draw: st.DrawFn) -> EvidenceSet:
    """Mostly passes, so that acceptance is reached often enough to be tested."""
    outcomes = st.one_of(st.just(Outcome.PASS), st.just(Outcome.PASS), st.sampled_from(Outcome))
    items = [
        Evidence(
            check=check,
            outcome=draw(outcomes),
            score=draw(st.sampled_from([90.0, 90.0, 60.0, 30.0, 0.0, None, float("nan")])),
            operating_point=draw(st.sampled_from(["strict", "strict", "standard", None, "other"])),
            reasons=draw(st.sampled_from([(), ("low_quality",), ("no_face", "low_quality"), (LIGHT_ALONE,)])),
            details={
                "channel": draw(st.sampled_from(["chip", "chip", "passkey", "telephone", None])),
                "fmr_asked": draw(st.sampled_from([1e-5, 1e-4, 1e-3, None, "1e-9"])),
                "reference_source": draw(st.sampled_from(["document_portrait", "document_portrait", "chip", None])),
            },
        )
        for check in Check
        if draw(st.integers(0, 9)) > 0
    ]
    return EvidenceSet(tuple(items))


def in_place_of_light(asked: Policy, evidence: EvidenceSet) -> bool:
    """Whether the one case holds in which attack detection need not have passed: see test_presence.py."""
    attack, second = evidence.get(Check.ATTACK_DETECTION), evidence.get(Check.SECOND_CHANNEL)
    rule = asked.rule(BonaFidePresentation)
    return (
        rule is not None
        and rule.operating_point is PadOperatingPoint.STRICT
        and (attack.outcome, attack.operating_point) == (Outcome.INCONCLUSIVE, "strict")
        and attack.reasons[:1] == (LIGHT_ALONE,)
        and second.outcome is Outcome.PASS
        and second.details["channel"] in list(Channel)
    )


def accepted(decision: Decision) -> bool:
    return decision.outcome is DecisionOutcome.ACCEPTED


@given(requirement_lists, evidence_sets())
def test_accepted_means_that_every_check_asked_for_passed(requires: list[Requirement], evidence: EvidenceSet) -> None:
    asked = policy(*requires)
    if accepted(decide(asked, evidence)):
        passed = {check for check in asked.checks if evidence.get(check).outcome is Outcome.PASS}
        if in_place_of_light(asked, evidence):
            passed.add(Check.ATTACK_DETECTION)
        assert passed == asked.checks
        assert all(isinstance(item.rule.evaluate(evidence), Success) for item in requires)
        if any(isinstance(item.rule, ComparisonAtMostFmr) for item in requires):
            assert evidence.get(Check.COMPARISON).details["reference_source"] == "document_portrait"


@given(requirement_lists)
def test_all_good_evidence_is_accepted_by_any_policy_that_it_is_strict_enough_for(requires: list[Requirement]) -> None:
    strict = dataclasses.replace(
        good(Check.COMPARISON), details={"fmr_asked": 1e-5, "reference_source": "document_portrait"}
    )
    assert accepted(decide(policy(*requires), but(strict)))


@given(requirement_lists, requirements(), evidence_sets())
def test_asking_for_more_never_accepts_more(
    requires: list[Requirement], another: Requirement, evidence: EvidenceSet
) -> None:
    if any(item.rule.name == another.rule.name for item in requires):
        return
    if not accepted(decide(policy(*requires), evidence)):
        assert not accepted(decide(policy(*requires, another), evidence))


@given(requirement_lists, evidence_sets(), st.data())
def test_leaving_evidence_out_never_accepts_more(
    requires: list[Requirement], evidence: EvidenceSet, data: st.DataObject
) -> None:
    kept = EvidenceSet(tuple(item for item in evidence if data.draw(st.booleans())))
    if not accepted(decide(policy(*requires), evidence)):
        assert not accepted(decide(policy(*requires), kept))


@given(requirement_lists, evidence_sets(), st.sampled_from(Check))
def test_taking_away_one_check_that_is_asked_for_ends_acceptance(
    requires: list[Requirement], evidence: EvidenceSet, gone: Check
) -> None:
    asked = policy(*requires)
    rest = EvidenceSet(tuple(item for item in evidence if item.check is not gone))
    if gone in asked.checks or (gone is Check.SECOND_CHANNEL and in_place_of_light(asked, evidence)):
        assert not accepted(decide(asked, rest))
    else:
        assert decide(asked, rest) == decide(asked, evidence)


@given(requirement_lists, evidence_sets())
def test_the_same_two_values_give_the_same_decision(requires: list[Requirement], evidence: EvidenceSet) -> None:
    assert decide(policy(*requires), evidence) == decide(policy(*requires), evidence)
    turned = EvidenceSet(tuple(reversed(evidence.items)))
    assert decide(policy(*requires), turned) == decide(policy(*requires), evidence)
    other_way = decide(policy(*reversed(requires)), evidence)
    assert other_way.outcome is decide(policy(*requires), evidence).outcome
    assert other_way.policy_digest == policy(*requires).digest


@given(requirement_lists, evidence_sets())
def test_what_is_not_accepted_always_has_a_reason_that_people_can_read(
    requires: list[Requirement], evidence: EvidenceSet
) -> None:
    decision = decide(policy(*requires), evidence)
    assert bool(decision.reasons) is not accepted(decision)
    assert all(code in REASONS for code in decision.reasons)
    for result in decision.results:
        met = result.outcome is RuleOutcome.MET
        assert bool(result.consequences) is bool(result.findings) is (not met)


@given(requirement_lists, evidence_sets())
def test_a_check_that_was_not_made_is_the_same_as_none(requires: list[Requirement], evidence: EvidenceSet) -> None:
    assert decide(policy(*requires), evidence.complete()) == decide(policy(*requires), evidence)
