"""The lattice of a line of known length, held against every path there is."""

import itertools
import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from visavis.document.ocr.lattice import MAX_CELLS, FixedReading, fixed_reading

ALPHABET = ("", "A", "B", "0")
Mask = frozenset[str]


def line(spoken: str, *, sure: float = 0.97, alphabet: tuple[str, ...] = ALPHABET) -> NDArray[np.float32]:
    """A step for each character of ``spoken``, "_" for the blank."""
    rows = np.full((len(spoken), len(alphabet)), (1 - sure) / (len(alphabet) - 1))
    for at, symbol in enumerate(spoken):
        rows[at, alphabet.index("" if symbol == "_" else symbol)] = sure
    return np.asarray(np.log(rows), np.float32)


def collapsed(path: tuple[int, ...]) -> str:
    return "".join(ALPHABET[symbol] for symbol, _ in itertools.groupby(path))


def every_path(log_probs: NDArray[np.float32], masks: list[Mask]) -> dict[str, float]:
    """The best score of each text that fits, from all paths."""
    best: dict[str, float] = {}
    for path in itertools.product(range(len(ALPHABET)), repeat=len(log_probs)):
        text = collapsed(path)
        if len(text) == len(masks) and all(sign in mask for sign, mask in zip(text, masks, strict=True)):
            score = float(sum(log_probs[at, symbol] for at, symbol in enumerate(path)))
            best[text] = max(best.get(text, -math.inf), score)
    return best


def read(log_probs: NDArray[np.float32], masks: list[Mask]) -> FixedReading | None:
    return fixed_reading(log_probs, alphabet=ALPHABET, masks=masks)


@st.composite
def cases(draw: st.DrawFn) -> tuple[NDArray[np.float32], list[Mask]]:
    steps = draw(st.integers(1, 6))
    numbers = draw(st.lists(st.integers(0, 10), min_size=steps * 4, max_size=steps * 4))
    weights = np.array(numbers, np.float64).reshape(steps, 4) * draw(st.sampled_from([0.0, 0.3, 2.0]))
    log_probs = weights - np.log(np.exp(weights).sum(axis=1, keepdims=True))
    sets = st.frozensets(st.sampled_from("AB0Z"), max_size=3)
    return log_probs.astype(np.float32), draw(st.lists(sets, min_size=1, max_size=4))


@given(cases())
def test_it_finds_the_best_of_all_paths(case: tuple[NDArray[np.float32], list[Mask]]) -> None:
    log_probs, masks = case
    every = every_path(log_probs, masks)
    found = read(log_probs, masks)
    if not every:
        assert found is None
        return
    assert found is not None
    assert found.log_likelihood == pytest.approx(max(every.values()), abs=1e-4)
    assert every[found.text] == pytest.approx(found.log_likelihood, abs=1e-4)
    assert len(found.confidence) == len(found.seen) == len(found.second) == len(found.places) == len(masks)
    assert all(0 < place < 1 for place in found.places)
    assert list(found.places) == sorted(found.places)


@given(cases())
def test_confidence_is_the_share_of_the_best_path_of_each_character(
    case: tuple[NDArray[np.float32], list[Mask]],
) -> None:
    log_probs, masks = case
    every = every_path(log_probs, masks)
    found = read(log_probs, masks)
    if found is None:
        return
    for place, character in enumerate(found.text):
        best = {
            sign: max(score for text, score in every.items() if text[place] == sign)
            for sign in {text[place] for text in every}
        }
        whole = sum(math.exp(score) for score in best.values())
        assert found.confidence[place] == pytest.approx(math.exp(best[character]) / whole, abs=1e-3)
        others = {sign: score for sign, score in best.items() if sign != character}
        if others:
            assert others[found.second[place]] == pytest.approx(max(others.values()), abs=1e-4)
        else:
            assert found.second[place] == ""


LETTERS, DIGITS = frozenset("AB"), frozenset("0")


def test_alike_neighbours_need_a_blank_between_them() -> None:
    found = read(line("AA_A"), [LETTERS, LETTERS])
    assert found is not None
    assert found.text == "AA"
    # three steps of A alone are one A: a second one costs the blank that the network did not see
    worse = read(line("AAA"), [frozenset("A"), frozenset("A")])
    assert worse is not None
    assert worse.log_likelihood < math.log(0.97) * 2 + math.log(0.011)
    assert read(line("AA"), [frozenset("A"), frozenset("A")]) is None


def test_a_mask_tells_twins_apart() -> None:
    seen = line("A_0_B", sure=0.9)
    found = read(seen, [LETTERS, LETTERS, LETTERS])
    assert found is not None
    assert found.text in {"AAB", "ABB"}
    assert found.seen[1] < 0.05
    assert found.seen[0] == pytest.approx(0.9, abs=1e-3)
    digits = read(seen, [LETTERS, DIGITS, LETTERS])
    assert digits is not None
    assert digits.text == "A0B"
    assert digits.confidence[1] == 1.0
    assert digits.log_likelihood > found.log_likelihood


def test_places_are_the_middles_of_the_characters() -> None:
    found = read(line("_AA__B____"), [LETTERS, LETTERS])
    assert found is not None
    assert found.places == pytest.approx((0.2, 0.55))


def test_a_certain_network_leaves_finite_scores() -> None:
    seen = np.full((5, 4), -np.inf, np.float32)
    seen[[0, 1, 2, 3, 4], [1, 0, 2, 0, 3]] = 0
    found = read(seen, [LETTERS, LETTERS, DIGITS])
    assert found is not None
    assert found.text == "AB0"
    assert found.log_likelihood == 0
    assert min(found.confidence) > 0.999
    unsaid = read(seen, [DIGITS, LETTERS, DIGITS])
    assert unsaid is not None
    assert unsaid.log_likelihood <= -100
    assert unsaid.seen[0] == pytest.approx(0, abs=1e-9)


@pytest.mark.parametrize("masks", [[], [frozenset("Z")], [LETTERS, frozenset()], [LETTERS] * 9])
def test_what_no_path_fits_has_no_reading(masks: list[Mask]) -> None:
    assert read(line("A_B_"), masks) is None


@pytest.mark.parametrize(
    "log_probs",
    [
        np.zeros((4, 3), np.float32),
        np.zeros(4, np.float32),
        np.full((4, 4), np.nan, np.float32),
    ],
)
def test_shapes_that_do_not_belong_together_are_refused(log_probs: NDArray[np.float32]) -> None:
    with pytest.raises(ValueError, match="log_probs"):
        read(log_probs, [LETTERS])


def test_a_search_larger_than_any_line_is_refused() -> None:
    steps = MAX_CELLS // (2 * 100) + 1
    with pytest.raises(ValueError, match="longer"):
        read(np.zeros((steps, 4), np.float32), [LETTERS] * 100)
