"""Error rates against values worked out by hand, against brute force, and their properties."""

from collections.abc import Sequence

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from visavis.errors import TableError
from visavis.evaluation import scores as scores_module
from visavis.evaluation.bootstrap import spread_at
from visavis.evaluation.metrics import (
    balanced_fmr,
    balanced_fnmr,
    best_threshold,
    curve,
    equal_error_rate,
    fold_accuracy,
    histogram,
    operating_point,
    steady_threshold,
    supported_targets,
)
from visavis.evaluation.scores import ImpostorTally, Trials, all_pairs, listed_pairs
from visavis.evaluation.values import FloatArray, IndexArray

SCORES = st.lists(st.integers(-1000, 1000).map(lambda n: n / 1000), min_size=1, max_size=60)


def trials_of(genuine: Sequence[float], impostor: Sequence[float]) -> Trials:
    """Scores without pictures: every trial has two pictures of its own."""
    count = len(genuine) + len(impostor)
    return listed_pairs(
        np.array([*genuine, *impostor], np.float32),
        np.arange(count, dtype=np.int32),
        np.arange(count, dtype=np.int32) + count,
        np.array([True] * len(genuine) + [False] * len(impostor), np.bool_),
        subjects=np.arange(2 * count, dtype=np.int32),
        people_known=False,
    )


def crowd(
    people: int = 40, pictures: int = 3, dimensions: int = 16, spread: float = 0.6, seed: int = 5
) -> tuple[FloatArray, IndexArray]:
    """Unit vectors around one direction a person: (n, d) and whose they are."""
    rng = np.random.default_rng(seed)
    subjects = np.repeat(np.arange(people, dtype=np.int32), pictures)
    centres = rng.normal(size=(people, dimensions))
    vectors = centres[subjects] + spread * rng.normal(size=(len(subjects), dimensions))
    vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
    return vectors.astype(np.float32), subjects


def test_an_operating_point_worked_out_by_hand() -> None:
    genuine = [0.9, 0.8, 0.5, 0.3]
    impostor = [0.55, 0.4, *np.linspace(-0.5, 0.2, 8)]
    point = operating_point(trials_of(genuine, impostor), 0.1)
    assert point is not None
    # one of ten impostors may pass: the threshold lies just above the second highest, 0.4
    assert point.threshold == pytest.approx(0.4, abs=2e-6)
    assert point.threshold > np.float32(0.4)
    assert (point.fmr.errors, point.fmr.trials) == (1, 10)
    assert (point.fnmr.errors, point.fnmr.trials) == (1, 4)
    assert point.fnmr_balanced is None


def test_scores_at_the_threshold_match() -> None:
    trials = trials_of([0.5], [0.5])
    assert trials.impostor.at_least(np.array([0.5, 0.500001])).tolist() == [1, 0]
    assert trials.genuine.below(np.array([0.5, 0.500001])).tolist() == [0, 1]


def test_ties_never_let_more_through_than_asked() -> None:
    point = operating_point(trials_of([0.9], [0.4] * 10), 0.5)
    assert point is not None
    assert point.fmr.errors == 0


def test_the_equal_error_rate_worked_out_by_hand() -> None:
    result = equal_error_rate(trials_of([0.9, 0.8, 0.7, 0.2], [0.6, 0.1, 0.0, -0.1]))
    assert result is not None
    assert result.value == pytest.approx(0.25)
    clean = equal_error_rate(trials_of([0.9, 0.8], [0.1, 0.2]))
    assert clean is not None
    assert clean.value == 0
    assert 0.2 < clean.threshold <= np.float32(0.8)


@given(SCORES, SCORES)
def test_the_curve_is_monotone_and_every_point_is_the_brute_force_count(
    genuine: Sequence[float], impostor: Sequence[float]
) -> None:
    points = curve(trials_of(genuine, impostor))
    real, other = (np.array(values, np.float32).astype(float) for values in (genuine, impostor))
    for point in points:
        assert point.fmr == pytest.approx((other >= point.threshold).mean())
        assert point.fnmr == pytest.approx((real < point.threshold).mean())
    fmr = [point.fmr for point in points]
    fnmr = [point.fnmr for point in points]
    assert fmr == sorted(fmr, reverse=True)
    assert fnmr == sorted(fnmr)
    assert fmr[-1] == 0


@given(SCORES, SCORES)
def test_changing_the_sides_of_every_pair_and_their_order_changes_nothing(
    genuine: Sequence[float], impostor: Sequence[float]
) -> None:
    forth = operating_point(trials_of(genuine, impostor), 0.2)
    back = operating_point(trials_of(genuine[::-1], impostor[::-1]), 0.2)
    assert forth == back


@given(SCORES, SCORES, st.sampled_from([0.5, 0.1, 0.01]))
def test_a_threshold_keeps_its_target_and_is_the_lowest_that_does(
    genuine: Sequence[float], impostor: Sequence[float], target: float
) -> None:
    trials = trials_of(genuine, impostor)
    threshold = trials.impostor.threshold_at(target)
    assert threshold is not None
    values = np.array(impostor, np.float32).astype(float)
    assert (values >= threshold).mean() <= target
    lower = values[values < threshold]
    if lower.size:
        assert (values >= lower.max()).mean() > target


def test_all_pairs_are_those_of_brute_force(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(scores_module, "BLOCK_ROWS", 7)
    vectors, subjects = crowd()
    trials = all_pairs(vectors, subjects)
    row, column = np.triu_indices(len(vectors), 1)
    cosines = (vectors @ vectors.T)[row, column]
    same = subjects[row] == subjects[column]
    assert trials.genuine.count == same.sum() == 40 * 3
    assert trials.impostor.count == (~same).sum()
    assert np.allclose(trials.genuine.scores, np.sort(cosines[same]), atol=1e-6)
    assert np.allclose(trials.impostor.tail, np.sort(cosines[~same])[::-1], atol=1e-6)
    assert trials.impostor.histogram.sum() == trials.impostor.count
    assert (subjects[trials.genuine.first] == trials.genuine.subject).all()


def test_a_bounded_tail_gives_the_same_rates(monkeypatch: pytest.MonkeyPatch) -> None:
    vectors, subjects = crowd()
    whole = all_pairs(vectors, subjects)
    monkeypatch.setattr(scores_module, "TAIL_AT_LEAST", 200)
    monkeypatch.setattr(scores_module, "TAIL_AT_MOST", 200)
    monkeypatch.setattr(scores_module, "BLOCK_ROWS", 9)
    cut = all_pairs(vectors, subjects)
    assert not cut.impostor.exact
    assert cut.impostor.tail.size == 200
    for target in (1e-2, 1e-3):
        a, b = operating_point(whole, target), operating_point(cut, target)
        assert a is not None
        assert b is not None
        assert a.threshold == pytest.approx(b.threshold, abs=2e-6)
        assert (a.fmr, a.fnmr) == (b.fmr, b.fnmr)
    assert cut.impostor.threshold_at(0.5) is None
    below = np.linspace(-1, float(cut.impostor.tail[-1]), 50)
    exact, coarse = whole.impostor.at_least(below), cut.impostor.at_least(below)
    assert (coarse >= exact).all()
    assert (coarse - exact).max() <= 20  # one bin of the histogram


def test_people_count_once_in_the_balanced_rates() -> None:
    # person 0 has three pairs, all missed; person 1 has one pair, found
    subjects = np.array([0, 0, 0, 1, 1], np.int32)
    vectors = np.array([[1, 0, 0], [0, 1, 0], [0, 0, 1], [0.6, 0.8, 0], [0.6, 0.8, 0]], np.float32)
    trials = all_pairs(vectors, subjects)
    assert balanced_fnmr(trials, 0.5) == pytest.approx(0.5)
    # two of person 0's pictures score 0.6 or 0.8 with both of person 1's: four of six, between one pair of people
    assert balanced_fmr(trials, 0.5) == pytest.approx(4 / 6)


def test_too_many_genuine_pairs_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(scores_module, "MAX_GENUINE", 5)
    with pytest.raises(TableError) as caught:
        all_pairs(np.eye(4, dtype=np.float32), np.zeros(4, np.int32))
    assert caught.value.code == "too_many_trials"


def test_nothing_to_measure_gives_no_figures() -> None:
    empty = trials_of([], [])
    assert operating_point(empty, 0.1) is None
    assert equal_error_rate(empty) is None
    assert curve(empty) == ()
    assert histogram(empty).genuine == (0,)
    assert operating_point(trials_of([0.5], []), 0.1) is None
    assert operating_point(trials_of([], [0.5]), 0.1) is None


def test_targets_need_three_over_the_rate_in_trials() -> None:
    assert supported_targets(299) == ()
    assert supported_targets(300) == (1e-2,)
    assert supported_targets(30_000) == (1e-2, 1e-3, 1e-4)


def test_histograms_count_every_trial() -> None:
    vectors, subjects = crowd()
    trials = all_pairs(vectors, subjects)
    bars = histogram(trials)
    assert len(bars.edges) == len(bars.genuine) + 1 == len(bars.impostor) + 1
    assert sum(bars.genuine) == trials.genuine.count
    assert sum(bars.impostor) == trials.impostor.count


def test_a_threshold_separates_what_can_be_separated() -> None:
    scores = np.array([0.1, 0.2, 0.6, 0.7])
    assert steady_threshold(scores, np.array([False, False, True, True])) == pytest.approx(0.4)
    with pytest.raises(ValueError, match="no scores"):
        steady_threshold(np.zeros(0), np.zeros(0, bool))


def test_one_pair_does_not_move_a_threshold_far() -> None:
    rng = np.random.default_rng(4)
    scores = np.concatenate([rng.normal(0.7, 0.12, 400), rng.normal(0.1, 0.12, 400)])
    same = np.arange(800) < 400
    whole = steady_threshold(scores, same)
    assert whole == pytest.approx(0.4, abs=0.03)
    left_out = [steady_threshold(np.delete(scores, k), np.delete(same, k)) for k in range(0, 800, 20)]
    assert np.abs(np.array(left_out) - whole).max() < 0.02


@given(st.lists(st.tuples(st.integers(0, 20), st.booleans()), min_size=1, max_size=40))
def test_a_threshold_lies_amid_those_within_one_standard_error_of_the_best(rows: list[tuple[int, bool]]) -> None:
    scores = np.array([score / 20 for score, _ in rows])
    same = np.array([label for _, label in rows])
    chosen = steady_threshold(scores, same)
    limits = [*scores, scores.max() + 1]
    accuracy = np.array([((scores >= limit) == same).mean() for limit in limits])
    best = accuracy.max()
    good = np.array(limits)[accuracy >= best - np.sqrt(best * (1 - best) / len(rows)) - 1e-12]
    # a limit stands for the whole gap below it, so the range ends half a gap further down at the most
    assert good.min() - 1 <= chosen <= good.max() + 1e-6


@given(st.lists(st.tuples(st.integers(0, 20), st.booleans()), min_size=1, max_size=40))
def test_the_single_best_threshold_is_never_beaten(rows: list[tuple[int, bool]]) -> None:
    scores = np.array([score / 20 for score, _ in rows])
    same = np.array([label for _, label in rows])
    chosen = ((scores >= best_threshold(scores, same)) == same).sum()
    assert chosen == max(((scores >= limit) == same).sum() for limit in [*scores, 2.0])


def test_folds_take_their_threshold_from_the_others() -> None:
    # fold 2 is shifted: the threshold of fold 1 gets one of its pairs wrong
    scores = np.array([0.2, 0.8, 0.2, 0.8, 0.6, 0.9])
    same = np.array([False, True, False, True, False, True])
    folds = np.array(["1", "1", "1", "1", "2", "2"])
    result = fold_accuracy(scores, same, folds)
    assert result is not None
    assert [(row.fold, row.right, row.trials) for row in result.folds] == [("1", 4, 4), ("2", 1, 2)]
    assert [row.threshold for row in result.folds] == pytest.approx([0.75, 0.5])
    assert result.mean == result.by_single_best == pytest.approx(0.75)
    assert result.deviation == pytest.approx(0.125**0.5)
    assert result.standard_error == pytest.approx(0.25)


def test_a_pair_that_could_not_be_compared_counts_as_wrong() -> None:
    scores = np.array([0.2, 0.8, np.nan, 0.2, 0.8])
    same = np.array([False, True, False, False, True])
    result = fold_accuracy(scores, same, np.array(["1", "1", "1", "2", "2"]))
    assert result is not None
    assert result.not_compared == 1
    assert [row.right for row in result.folds] == [2, 2]


def test_one_fold_is_no_cross_validation() -> None:
    assert fold_accuracy(np.array([0.1, 0.9]), np.array([False, True]), np.array(["1", "1"])) is None


def test_the_spread_over_people_holds_the_figure_and_is_repeatable() -> None:
    trials = all_pairs(*crowd(spread=0.9))
    point = operating_point(trials, 0.01)
    assert point is not None
    spread = spread_at(trials, 0.01, point.threshold, draws=200)
    assert spread == spread_at(trials, 0.01, point.threshold, draws=200)
    assert spread is not None
    assert point.fnmr.value is not None
    assert point.fmr.value is not None
    assert spread.fnmr[0] < point.fnmr.value < spread.fnmr[1]
    assert spread.fmr[0] < point.fmr.value < spread.fmr[1]
    assert spread.people == 40


def test_pairs_that_hang_together_spread_wider_than_as_many_on_their_own() -> None:
    # ten people, each person's 20 pairs all found or all missed
    found = np.repeat([True] * 5 + [False] * 5, 20)
    subjects = np.repeat(np.arange(10, dtype=np.int32), 20)
    count = len(found)
    ends = np.concatenate([subjects, subjects])
    trials = listed_pairs(
        np.concatenate([np.where(found, 0.9, 0.1), np.full(count, 0.3)]).astype(np.float32),
        np.concatenate([np.arange(count), np.arange(count)]).astype(np.int32),
        np.concatenate([np.arange(count) + count, (np.arange(count) + 20) % count]).astype(np.int32),
        np.repeat([True, False], count),
        subjects=ends.astype(np.int32),
        people_known=True,
    )
    point = operating_point(trials, 0.01)
    assert point is not None
    spread = spread_at(trials, 0.01, point.threshold)
    assert spread is not None
    assert spread.fnmr[1] - spread.fnmr[0] > 2 * (point.fnmr.upper_95 - point.fnmr.lower_95)


def test_too_few_people_have_no_spread() -> None:
    trials = all_pairs(*crowd(people=5))
    assert spread_at(trials, 0.01, 0.5) is None


def test_the_tally_takes_any_number_of_blocks() -> None:
    rng = np.random.default_rng(1)
    values = rng.uniform(-1, 1, 1000).astype(np.float32)
    number = np.arange(1000, dtype=np.int32)
    one, many = ImpostorTally(1000), ImpostorTally(1000)
    one.add(values, number, number)
    for start in range(0, 1000, 13):
        part = slice(start, start + 13)
        many.add(values[part], number[part], number[part])
    assert (one.result().tail == many.result().tail).all()
    assert (one.result().first == many.result().first).all()
