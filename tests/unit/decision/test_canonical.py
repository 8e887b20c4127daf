"""Canonical JSON: the numbers of RFC 8785 appendix B, and that a value has one form."""

import json
import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from visavis.decision.canonical import canonical_json


@pytest.mark.parametrize(
    ("number", "text"),
    [
        (0.0, "0"),
        (-0.0, "0"),
        (5e-324, "5e-324"),
        (-5e-324, "-5e-324"),
        (1.7976931348623157e308, "1.7976931348623157e+308"),
        (9007199254740992.0, "9007199254740992"),
        (295147905179352830000.0, "295147905179352830000"),
        (9.999999999999997e22, "9.999999999999997e+22"),
        (1e23, "1e+23"),
        (1.0000000000000001e23, "1.0000000000000001e+23"),
        (999999999999999700000.0, "999999999999999700000"),
        (999999999999999900000.0, "999999999999999900000"),
        (1e21, "1e+21"),
        (9.999999999999997e-7, "9.999999999999997e-7"),
        (0.000001, "0.000001"),
        (333333333.33333325, "333333333.33333325"),
        (1e-4, "0.0001"),
        (1e-7, "1e-7"),
        (0.5, "0.5"),
        (60.0, "60"),
        (-12.25, "-12.25"),
        (100.0, "100"),
    ],
)
def test_numbers_are_written_as_the_standard_says(number: float, text: str) -> None:
    assert canonical_json(number) == text.encode()


@given(st.floats(allow_nan=False, allow_infinity=False))
def test_every_number_is_read_back_the_same(number: float) -> None:
    assert float(canonical_json(number)) == number


@given(
    st.recursive(
        st.none() | st.booleans() | st.integers(-(2**53), 2**53) | st.text(),
        lambda inner: st.lists(inner) | st.dictionaries(st.text("abcdefgh_", min_size=1), inner),
        max_leaves=20,
    )
)
def test_every_value_is_read_back_the_same(value: object) -> None:
    try:
        text = canonical_json(value)
    except UnicodeEncodeError:  # a lone surrogate has no UTF-8
        return
    assert json.loads(text) == value


def test_the_order_of_keys_means_nothing_and_text_is_utf8() -> None:
    assert canonical_json({"b": 1, "a": ["é", None, True]}) == '{"a":["é",null,true],"b":1}'.encode()
    assert canonical_json({"a": 2, "b": 1}) == canonical_json({"b": 1, "a": 2})


@pytest.mark.parametrize("value", [math.nan, math.inf, 2**53 + 1])
def test_numbers_that_another_reader_would_change_are_refused(value: float) -> None:
    with pytest.raises(ValueError, match=r"number|integer"):
        canonical_json(value)


@pytest.mark.parametrize("value", [object(), {1: 2}, {"é": 1}, b"bytes".hex, {1, 2}])
def test_values_without_a_form_are_refused(value: object) -> None:
    with pytest.raises(TypeError):
        canonical_json(value)
