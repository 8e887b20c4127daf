"""The bounds against another implementation, and against what they mean."""

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.optimize import brentq
from scipy.special import betainc

from visavis.comparison.bounds import clopper_pearson_upper, trials_needed, upper_bound_95

COUNTS = [
    (errors, trials)
    for trials in (2, 30, 1_000, 78_000, 7_255_541, 87_300_000)
    for errors in (0, 1, 2, 15, 16, 63, 999, 7_255, 50_000)
    if errors < trials
]


@pytest.mark.parametrize(("errors", "trials"), COUNTS)
@pytest.mark.parametrize("confidence", [0.9, 0.95, 0.99])
def test_agrees_with_the_incomplete_beta_function_of_scipy(errors: int, trials: int, confidence: float) -> None:
    # Its forward function, inverted here: its own inverse is off by 1e-4 at 999 errors in 87.3 million trials.
    def miss(rate: float) -> float:
        return float(betainc(errors + 1, trials - errors, rate)) - confidence

    ours = clopper_pearson_upper(errors, trials, confidence=confidence)
    theirs = brentq(miss, errors / trials, 1.0, xtol=1e-300, rtol=1e-15)
    assert ours == pytest.approx(theirs, rel=1e-9)


@given(trials=st.integers(1, 10**7), share=st.floats(0, 1))
def test_lies_above_the_rate_seen_and_falls_with_fewer_errors(trials: int, share: float) -> None:
    errors = min(trials, int(share * min(trials, 5_000)))
    bound = upper_bound_95(errors, trials)
    assert errors / trials <= bound <= 1.0
    if errors:
        assert upper_bound_95(errors - 1, trials) < bound or bound == 1.0


def test_no_error_seen_is_the_rule_of_three() -> None:
    assert upper_bound_95(0, 30_000) == pytest.approx(1e-4)
    # too few for the rule: exact
    assert upper_bound_95(0, 2) == pytest.approx(1 - 0.05**0.5)
    # the exact bound is the smaller, so the rule errs on the safe side
    assert clopper_pearson_upper(0, 30_000, confidence=0.95) < upper_bound_95(0, 30_000)


def test_every_trial_an_error_bounds_nothing() -> None:
    assert upper_bound_95(5, 5) == 1.0


@pytest.mark.parametrize(("rate", "trials"), [(1e-4, 30_000), (1e-3, 3_000), (1e-6, 3_000_000), (7e-5, 42_858)])
def test_trials_needed_support_the_rate_and_one_fewer_does_not(rate: float, trials: int) -> None:
    assert trials_needed(rate) == trials
    assert upper_bound_95(0, trials) <= rate * (1 + 1e-12)
    assert upper_bound_95(0, trials - 1) > rate


@pytest.mark.parametrize(("errors", "trials"), [(-1, 10), (11, 10), (0, 0), (1, 10**12 + 1)])
def test_counts_that_cannot_be_are_refused(errors: int, trials: int) -> None:
    with pytest.raises(ValueError, match="cannot be"):
        upper_bound_95(errors, trials)


@pytest.mark.parametrize("confidence", [0.0, 0.4, 1.0, math.nan])
def test_a_confidence_out_of_range_is_refused(confidence: float) -> None:
    with pytest.raises(ValueError, match="confidence"):
        clopper_pearson_upper(1, 10, confidence=confidence)
