"""Bounds against SciPy, which computes them another way."""

from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import binomtest

from visavis.evaluation.bounds import clopper_pearson, rate, wilson

COUNTS = st.integers(1, 5_000).flatmap(lambda trials: st.tuples(st.integers(0, trials), st.just(trials)))


@given(COUNTS)
def test_the_exact_bounds_are_those_of_scipy(counts: tuple[int, int]) -> None:
    errors, trials = counts
    lower, upper = clopper_pearson(errors, trials)
    if 0 < errors < trials:
        expected = binomtest(errors, trials).proportion_ci(0.95, method="exact")
        assert (lower, upper) == pytest.approx((expected.low, expected.high), rel=1e-7)
    assert 0 <= lower <= errors / trials <= upper <= 1


@given(COUNTS)
def test_the_score_bounds_are_those_of_scipy(counts: tuple[int, int]) -> None:
    errors, trials = counts
    expected = binomtest(errors, trials).proportion_ci(0.95, method="wilson")
    assert wilson(errors, trials) == pytest.approx((expected.low, expected.high), abs=1e-9)


def test_no_error_leaves_the_rule_of_three() -> None:
    assert clopper_pearson(0, 3_000) == pytest.approx((0.0, 1e-3))
    assert clopper_pearson(3_000, 3_000) == pytest.approx((1 - 1e-3, 1.0))


def test_no_trial_is_no_rate() -> None:
    nothing = rate(0, 0)
    assert nothing.value is None
    assert (nothing.lower_95, nothing.upper_95) == (0.0, 1.0)
    assert wilson(0, 0) == (0.0, 1.0)


@pytest.mark.parametrize("counts", [(-1, 5), (6, 5), (1, 0)])
@pytest.mark.parametrize("bound", [clopper_pearson, wilson])
def test_impossible_counts_are_a_mistake(
    bound: Callable[[int, int], tuple[float, float]], counts: tuple[int, int]
) -> None:
    with pytest.raises(ValueError, match="errors among"):
        bound(*counts)


def test_many_million_trials_stay_exact() -> None:
    lower, upper = clopper_pearson(725, 7_255_541)
    assert (lower, upper) == pytest.approx((9.278180028e-05, 1.0746927970e-04), rel=1e-8)
