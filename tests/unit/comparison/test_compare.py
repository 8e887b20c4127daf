"""A comparison as evidence."""

import numpy as np
import pytest

from visavis.comparison.calibration import Calibration
from visavis.comparison.compare import compare
from visavis.comparison.templates import Template
from visavis.decision.requirements import ComparisonAtMostFmr, Failure, Success
from visavis.domain.evidence import Check, EvidenceSet, Outcome
from visavis.errors import CalibrationError, TemplateMismatchError
from visavis.perception.session import ModelIdentity

MODEL = ModelIdentity(name="some_model", version="1", digest="ab" * 32)
CALIBRATION = Calibration.from_toml(
    f"""
    format = 1
    curve = [[0.1, 30000, 1], [0.3, 200, 10], [0.4, 20, 20], [0.5, 0, 100]]
    [model]
    name = "some_model"
    version = "1"
    digest = "{MODEL.digest}"
    [data]
    name = "made-up set"
    description = "Numbers made up for a test."
    date = 2026-01-02
    images = 1000
    identities = 500
    genuine_trials = 1000
    impostor_trials = 300000
    dependence = "None."
    """
)
REFERENCE = Template(vector=np.array([1, 0, 0], np.float32), model=MODEL, quality=80)


def at(cosine: float, model: ModelIdentity = MODEL) -> Template:
    vector = np.array([cosine, np.sqrt(1 - cosine * cosine), 0], np.float32)
    return Template(vector=vector, model=model, quality=80)


def test_a_match_passes_with_all_that_a_reviewer_needs() -> None:
    evidence = compare(probe=at(0.7), reference=REFERENCE, calibration=CALIBRATION, fmr=1e-4)
    assert evidence.check is Check.COMPARISON
    assert evidence.outcome is Outcome.PASS
    assert evidence.score == pytest.approx(0.7, abs=1e-6)
    assert evidence.operating_point == "fmr<=1e-4"
    assert evidence.reasons == ("same_person",)
    assert evidence.details["fmr_asked"] == 1e-4
    assert evidence.details["threshold"] == 0.4
    assert evidence.details["fmr"] == 0
    assert evidence.details["fmr_upper_95"] == pytest.approx(1e-5)
    assert evidence.details["fmr_above"] is False
    assert evidence.details["fnmr"] == pytest.approx(0.02)
    assert evidence.details["data_set"] == "made-up set"
    assert evidence.details["model"] == "some_model@1"


def test_a_score_at_the_threshold_passes_and_one_just_below_fails() -> None:
    exact = Template(vector=np.array([0.5, 0.5, 0.5, 0.5], np.float32), model=MODEL, quality=80)
    axis = Template(vector=np.array([1, 0, 0, 0], np.float32), model=MODEL, quality=80)
    assert compare(probe=exact, reference=axis, calibration=CALIBRATION, fmr=1e-5).outcome is Outcome.PASS
    below = compare(probe=at(0.4999), reference=REFERENCE, calibration=CALIBRATION, fmr=1e-5)
    assert below.outcome is Outcome.FAIL
    assert below.reasons == ("different_person",)


def test_poor_samples_make_a_fail_inconclusive_and_leave_a_pass() -> None:
    poor = ("low_sharpness", "low_quality", "low_sharpness")
    below = compare(probe=at(0.2), reference=REFERENCE, calibration=CALIBRATION, fmr=1e-4, poor=poor)
    assert below.outcome is Outcome.INCONCLUSIVE
    assert below.reasons == ("low_sharpness", "low_quality")
    above = compare(probe=at(0.7), reference=REFERENCE, calibration=CALIBRATION, fmr=1e-4, poor=poor)
    assert above.outcome is Outcome.PASS


def test_a_score_below_the_calibrated_range_says_so() -> None:
    evidence = compare(probe=at(-0.5), reference=REFERENCE, calibration=CALIBRATION, fmr=1e-4)
    assert evidence.details["fmr_above"] is True
    assert evidence.details["fmr_upper_95"] == 1.0


def test_the_rule_takes_it_at_the_rate_it_was_made_for_and_at_looser_ones_only() -> None:
    made = EvidenceSet((compare(probe=at(0.7), reference=REFERENCE, calibration=CALIBRATION, fmr=1e-4),))
    assert isinstance(ComparisonAtMostFmr(fmr=1e-4).evaluate(made), Success)
    assert isinstance(ComparisonAtMostFmr(fmr=1e-3).evaluate(made), Success)
    assert isinstance(ComparisonAtMostFmr(fmr=1e-5).evaluate(made), Failure)


def test_what_must_not_be_compared_raises() -> None:
    other = ModelIdentity(name="some_model", version="1", digest="cd" * 32)
    with pytest.raises(TemplateMismatchError):
        compare(probe=at(0.7, other), reference=REFERENCE, calibration=CALIBRATION, fmr=1e-4)
    reference = Template(vector=np.array([1, 0, 0], np.float32), model=other, quality=1)
    with pytest.raises(CalibrationError, match="calibration_model_mismatch"):
        compare(probe=at(0.7, other), reference=reference, calibration=CALIBRATION, fmr=1e-4)
    with pytest.raises(CalibrationError, match="fmr_not_supported"):
        compare(probe=at(0.7), reference=REFERENCE, calibration=CALIBRATION, fmr=1e-7)
