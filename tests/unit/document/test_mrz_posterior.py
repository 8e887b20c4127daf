"""The sums over all paths, held against counting every path."""

from itertools import groupby, product

import numpy as np
import pytest

from visavis.document.mrz.checks import ALPHABET
from visavis.document.mrz_picture.posterior import (
    line_fits,
    line_posterior,
    mrz_probabilities,
)

MASKS = (frozenset("AB6"), frozenset("A6"), frozenset("6G<"))
BLANK = len(ALPHABET)


def masks_of(*masks: frozenset[str]) -> np.ndarray:
    return np.array([[float(character in mask) for character in ALPHABET] for mask in masks])


def some_probabilities(steps: int, seed: int) -> np.ndarray:
    drawn = np.random.default_rng(seed).random((steps, BLANK + 1)) ** 6
    return np.asarray(np.maximum(drawn / drawn.sum(axis=1, keepdims=True), 1e-7))


def by_counting(probabilities: np.ndarray) -> tuple[float, np.ndarray]:
    """Every sequence of symbols, collapsed as CTC does."""
    used = [ALPHABET.index(c) for c in sorted(set().union(*MASKS))] + [BLANK]
    total, places = 0.0, np.zeros((len(MASKS), len(ALPHABET)))
    for path in product(used, repeat=len(probabilities)):
        text = [symbol for symbol, _ in groupby(path) if symbol != BLANK]
        if len(text) != len(MASKS) or any(ALPHABET[c] not in mask for c, mask in zip(text, MASKS, strict=True)):
            continue
        weight = float(np.prod([probabilities[t, symbol] for t, symbol in enumerate(path)]))
        total += weight
        for place, symbol in enumerate(text):
            places[place, symbol] += weight
    return total, places / total


@pytest.mark.parametrize("seed", range(3))
def test_posterior_is_the_share_of_all_paths(seed: int) -> None:
    probabilities = some_probabilities(6, seed)
    total, places = by_counting(probabilities)
    found = line_posterior(probabilities, masks_of(*MASKS))
    assert found is not None
    np.testing.assert_allclose(found.probabilities, places, atol=1e-9)
    assert found.fit == pytest.approx(np.log(total) / len(MASKS))
    assert line_fits(probabilities, [masks_of(*MASKS)]) == pytest.approx((found.fit,))
    assert np.all(np.diff(found.steps) > 0)


def test_two_alike_in_a_row_need_a_blank_between() -> None:
    probabilities = np.full((3, BLANK + 1), 1e-7)
    probabilities[:, ALPHABET.index("6")] = 0.9
    probabilities[:, BLANK] = 0.1
    found = line_posterior(probabilities, masks_of(frozenset("6"), frozenset("6")))
    assert found is not None
    assert found.fit == pytest.approx(np.log(0.9 * 0.1 * 0.9) / 2)


def test_a_line_with_fewer_steps_than_characters_says_nothing() -> None:
    assert line_posterior(some_probabilities(2, 0), masks_of(*MASKS)) is None
    assert line_fits(some_probabilities(2, 0), [masks_of(*MASKS)]) == (-np.inf,)


def test_small_letters_count_for_capitals() -> None:
    alphabet = ("", *ALPHABET, "a", "!")
    log_probs = np.full((1, len(alphabet)), -30.0, np.float32)
    log_probs[0, 0] = np.log(0.1)
    log_probs[0, alphabet.index("a")] = np.log(0.6)
    log_probs[0, alphabet.index("A")] = np.log(0.3)
    found = mrz_probabilities(log_probs, alphabet)
    assert found[0, ALPHABET.index("A")] == pytest.approx(0.9)
    assert found[0, BLANK] == pytest.approx(0.1)
    assert found.min() == pytest.approx(1e-7)


def test_a_recogniser_that_lacks_a_character_is_refused() -> None:
    with pytest.raises(ValueError, match="each character"):
        mrz_probabilities(np.zeros((5, 37), np.float32), ("", *ALPHABET.replace("<", "")))


def test_fits_worked_out_side_by_side_are_those_of_each_alone() -> None:
    probabilities = some_probabilities(9, 4)
    shapes = [masks_of(*MASKS), masks_of(*MASKS, frozenset("B<")), masks_of(frozenset("A"))]
    together = line_fits(probabilities, shapes)
    assert together == pytest.approx([line_fits(probabilities, [shape])[0] for shape in shapes])
    for shape, fit in zip(shapes, together, strict=True):
        alone = line_posterior(probabilities, shape)
        assert alone is not None
        assert fit == pytest.approx(alone.fit)
