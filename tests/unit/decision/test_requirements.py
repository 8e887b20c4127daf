"""Each rule: what meets it, and that everything missing, looser or odd does not."""

import math
from dataclasses import FrozenInstanceError, dataclass
from typing import ClassVar

import pytest

from visavis.decision.requirements import (
    RULES,
    AttestedCapture,
    BonaFidePresentation,
    ComparisonAtMostFmr,
    ConsentInForce,
    DocumentAuthentic,
    DocumentConsistent,
    DocumentNotExpired,
    Failure,
    HolderAtLeastYears,
    PadOperatingPoint,
    ReviewedByPerson,
    Rule,
    RuleRegistry,
    SampleQuality,
    SecondChannel,
    Side,
    SingleFace,
    Success,
    Verdict,
)
from visavis.domain.evidence import Check, Detail, Evidence, EvidenceSet, Outcome
from visavis.domain.reasons import REASONS

SIMPLE: list[Rule] = [
    ConsentInForce(),
    SingleFace(),
    AttestedCapture(),
    ReviewedByPerson(),
    DocumentAuthentic(),
    DocumentConsistent(),
    DocumentNotExpired(),
]
ALL: list[Rule] = [
    *SIMPLE,
    SampleQuality(minimum=40),
    ComparisonAtMostFmr(fmr=1e-4),
    BonaFidePresentation(operating_point=PadOperatingPoint.STRICT),
    SecondChannel(),
    HolderAtLeastYears(years=18),
]


def found(check: Check, outcome: Outcome, **more: object) -> Evidence:
    return Evidence(check=check, outcome=outcome, **more)  # type: ignore[arg-type]  # fields by name


def told(rule: Rule, *items: Evidence) -> Verdict:
    return rule.evaluate(EvidenceSet(items))


def against(rule: Rule, *items: Evidence) -> Failure:
    verdict = told(rule, *items)
    assert isinstance(verdict, Failure)
    assert verdict.findings
    assert all(reason in REASONS for reason in verdict.reasons)
    return verdict


def name_of(rule: Rule) -> str:
    return rule.name


@pytest.mark.parametrize("rule", ALL, ids=name_of)
def test_nothing_measured_meets_no_rule(rule: Rule) -> None:
    verdict = against(rule)
    assert not verdict.failed
    assert verdict.inconclusive
    assert verdict.reasons == ("not_measured",)
    assert {item.check for item in verdict.findings} == set(rule.checks)


@pytest.mark.parametrize("rule", SIMPLE, ids=name_of)
def test_a_pass_of_every_check_it_reads_meets_it(rule: Rule) -> None:
    items = [found(check, Outcome.PASS) for check in rule.checks]
    assert told(rule, *items) == Success()
    for missing in range(len(items)):
        assert isinstance(told(rule, *items[:missing], *items[missing + 1 :]), Failure)


@pytest.mark.parametrize("rule", ALL, ids=name_of)
@pytest.mark.parametrize(
    ("outcome", "code"),
    [
        (Outcome.FAIL, "check_failed"),
        (Outcome.INCONCLUSIVE, "check_inconclusive"),
        (Outcome.NOT_MEASURED, "not_measured"),
    ],
)
def test_any_other_outcome_counts_against_it_and_always_has_a_reason(rule: Rule, outcome: Outcome, code: str) -> None:
    items = [
        found(check, outcome, operating_point="strict", details={"fmr_asked": 1e-4, "years_asked": 18}, score=99.0)
        for check in rule.checks
    ]
    verdict = against(rule, *items)
    assert verdict.failed is (outcome is Outcome.FAIL)
    assert verdict.reasons == (code,)


def test_every_finding_is_collected() -> None:
    verdict = against(
        SingleFace(),
        found(Check.SINGLE_FACE_PROBE, Outcome.FAIL, reasons=("second_face",)),
        found(Check.SINGLE_FACE_REFERENCE, Outcome.INCONCLUSIVE, reasons=("no_face", "low_sharpness")),
    )
    assert verdict.failed
    assert verdict.inconclusive
    assert verdict.reasons == ("no_face", "low_sharpness", "second_face")


def quality(score: float | None, outcome: Outcome = Outcome.PASS, reasons: tuple[str, ...] = ()) -> list[Evidence]:
    good = found(Check.SAMPLE_QUALITY_REFERENCE, Outcome.PASS, score=90.0)
    return [good, found(Check.SAMPLE_QUALITY_PROBE, outcome, score=score, reasons=reasons)]


def test_quality_at_the_minimum_is_enough() -> None:
    assert told(SampleQuality(minimum=40), *quality(40.0)) == Success()


def test_quality_below_the_minimum_asks_for_a_better_picture() -> None:
    verdict = against(SampleQuality(minimum=40), *quality(39.9, reasons=("low_sharpness",)))
    assert not verdict.failed
    assert verdict.reasons == ("low_quality", "low_sharpness")


@pytest.mark.parametrize("score", [None, math.nan])
def test_quality_without_a_score_was_not_measured(score: float | None) -> None:
    assert against(SampleQuality(minimum=1), *quality(score)).reasons == ("not_measured",)


@pytest.mark.parametrize("outcome", [Outcome.FAIL, Outcome.INCONCLUSIVE, Outcome.NOT_MEASURED])
def test_a_high_score_does_not_heal_an_outcome(outcome: Outcome) -> None:
    assert isinstance(told(SampleQuality(minimum=1), *quality(100.0, outcome)), Failure)


def test_quality_is_asked_of_the_sides_named_only() -> None:
    rule = SampleQuality(minimum=40, on=(Side.REFERENCE,))
    assert rule.checks == (Check.SAMPLE_QUALITY_REFERENCE,)
    assert told(rule, *quality(1.0)) == Success()


def compared(outcome: Outcome, **details: Detail) -> Evidence:
    return found(Check.COMPARISON, outcome, score=0.9, reasons=("different_person",), details=details)


@pytest.mark.parametrize("asked", [1e-4, 1e-5, 1e-9])
def test_a_match_at_the_rate_or_a_stricter_one_meets_it(asked: float) -> None:
    assert told(ComparisonAtMostFmr(fmr=1e-4), compared(Outcome.PASS, fmr_asked=asked)) == Success()


def test_a_match_at_a_looser_rate_does_not() -> None:
    verdict = against(ComparisonAtMostFmr(fmr=1e-4), compared(Outcome.PASS, fmr_asked=1.01e-4))
    assert verdict.reasons == ("measured_at_looser_point",)
    assert not verdict.failed


@pytest.mark.parametrize("asked", [1e-4, 1e-3])
def test_no_match_at_the_rate_or_a_looser_one_fails(asked: float) -> None:
    verdict = against(ComparisonAtMostFmr(fmr=1e-4), compared(Outcome.FAIL, fmr_asked=asked))
    assert verdict.failed
    assert verdict.reasons == ("different_person",)


def test_no_match_at_a_stricter_rate_does_not_tell() -> None:
    verdict = against(ComparisonAtMostFmr(fmr=1e-4), compared(Outcome.FAIL, fmr_asked=1e-6))
    assert not verdict.failed
    assert verdict.reasons == ("measured_at_stricter_point",)


@pytest.mark.parametrize("asked", [None, True, "1e-4", 0, 0.0, -1.0, 1, 2.0, math.nan, math.inf])
@pytest.mark.parametrize("outcome", [Outcome.PASS, Outcome.FAIL])
def test_a_comparison_at_no_rate_that_could_be_tells_nothing(asked: Detail, outcome: Outcome) -> None:
    verdict = against(ComparisonAtMostFmr(fmr=1e-4), compared(outcome, fmr_asked=asked))
    assert verdict.reasons == ("operating_point_unknown",)
    assert not verdict.failed


def test_a_comparison_that_says_nothing_of_its_rate_tells_nothing() -> None:
    assert against(ComparisonAtMostFmr(fmr=1e-4), compared(Outcome.PASS)).reasons == ("operating_point_unknown",)


@pytest.mark.parametrize(
    ("outcome", "measured", "asked", "expected"),
    [
        (Outcome.PASS, "standard", "standard", ()),
        (Outcome.PASS, "strict", "standard", ()),
        (Outcome.PASS, "strict", "strict", ()),
        (Outcome.PASS, "standard", "strict", ("measured_at_looser_point",)),
        (Outcome.PASS, None, "standard", ("operating_point_unknown",)),
        (Outcome.PASS, "lenient", "standard", ("operating_point_unknown",)),
        (Outcome.PASS, "STRICT", "standard", ("operating_point_unknown",)),
        (Outcome.FAIL, "strict", "standard", ("measured_at_stricter_point",)),
        (Outcome.FAIL, "standard", "strict", ("check_failed",)),
        (Outcome.FAIL, "strict", "strict", ("check_failed",)),
    ],
)
def test_attack_detection_counts_at_its_operating_point(
    outcome: Outcome, measured: str | None, asked: str, expected: tuple[str, ...]
) -> None:
    rule = BonaFidePresentation(operating_point=PadOperatingPoint(asked))
    verdict = told(rule, found(Check.ATTACK_DETECTION, outcome, operating_point=measured))
    if expected:
        assert isinstance(verdict, Failure)
        assert verdict.reasons == expected
        assert verdict.failed is (expected == ("check_failed",))
    else:
        assert verdict == Success()


def test_rules_are_frozen() -> None:
    rule = ComparisonAtMostFmr(fmr=1e-4)
    with pytest.raises(FrozenInstanceError):
        rule.fmr = 0.5  # type: ignore[misc]


def test_the_registry_knows_every_rule_by_its_name() -> None:
    assert {rule.name for rule in ALL} == set(RULES.names)
    assert RULES.get("consent_in_force") is ConsentInForce
    assert RULES.get("no_such_rule") is None
    assert all(rule.summary.endswith(".") for rule in RULES)


def test_the_registry_refuses_two_rules_of_one_name() -> None:
    @dataclass(frozen=True, slots=True)
    class Kinder:
        name: ClassVar[str] = "consent_in_force"
        summary: ClassVar[str] = "Always."
        biometric: ClassVar[bool] = False
        referable: ClassVar[bool] = True

        @property
        def checks(self) -> tuple[Check, ...]:
            return ()

        def evaluate(self, evidence: EvidenceSet) -> Verdict:
            return Success()

    with pytest.raises(ValueError, match="consent_in_force"):
        RuleRegistry((*RULES, Kinder))


def test_every_rule_that_looks_at_a_face_says_that_it_is_biometric() -> None:
    faces = {
        Check.SINGLE_FACE_PROBE,
        Check.SINGLE_FACE_REFERENCE,
        Check.SAMPLE_QUALITY_PROBE,
        Check.SAMPLE_QUALITY_REFERENCE,
        Check.COMPARISON,
        Check.ATTACK_DETECTION,
    }
    for rule in ALL:
        assert rule.biometric is bool(faces & set(rule.checks)), rule.name
