"""The number, the nationality and the period of validity of the PRC's resident identity card."""

from datetime import date

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from visavis.document.dates import PartialDate
from visavis.document.mrz.zone import Sex
from visavis.document.prc_id import (
    NumberProblem,
    ValidityProblem,
    against_print,
    check_character,
    is_nationality,
    read_number,
    read_validity,
)
from visavis.document.prc_regions import NATIONALITIES, PROVINCES
from visavis.domain.evidence import Outcome

TODAY = date(2026, 11, 22)
SPECIMEN = "11010519491231002X"  # the example in GB 11643-1999


def test_the_number_in_the_standard() -> None:
    number = read_number(SPECIMEN, today=TODAY)
    assert number.valid
    assert (number.province, number.birth_date, number.sex) == ("北京市", date(1949, 12, 31), Sex.FEMALE)


def test_the_older_number_in_the_standard_has_a_right_check_character_and_too_early_a_birth() -> None:
    assert read_number("440524188001010014", today=TODAY).problems == (NumberProblem.BIRTH_DATE,)


def test_white_space_and_a_small_x_are_taken() -> None:
    assert read_number(" 110105 19491231 002x\n", today=TODAY).number == SPECIMEN


def with_check(seventeen: str) -> str:
    return seventeen + check_character(seventeen)


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("110105194912310021", NumberProblem.CHECK_CHARACTER),
        ("1101051949123100", NumberProblem.SHAPE),
        ("110105491231002", NumberProblem.SHAPE),  # fifteen digits, of before 1999: no longer valid
        ("11010519491231O02X", NumberProblem.SHAPE),
        ("", NumberProblem.SHAPE),
        (SPECIMEN + " " * 64, NumberProblem.SHAPE),
        ("١١٠١٠٥١٩٤٩١٢٣١٠٠٢X", NumberProblem.SHAPE),
        (with_check("99010519491231002"), NumberProblem.REGION),
        (with_check("11010519490231002"), NumberProblem.BIRTH_DATE),
        (with_check("11010520261123002"), NumberProblem.BIRTH_DATE),
        (with_check("11010519491231000"), NumberProblem.SEQUENCE),
    ],
)
def test_what_is_wrong_with_a_number_is_told(text: str, problem: NumberProblem) -> None:
    assert read_number(text, today=TODAY).problems == (problem,)


numbers = st.builds(
    lambda region, birth, sequence: with_check(f"{region}0105{birth:%Y%m%d}{sequence:03d}"),
    st.sampled_from(sorted(PROVINCES)),
    st.dates(date(1900, 1, 1), TODAY),
    st.integers(1, 999),
)


@settings(max_examples=60, deadline=None)
@given(numbers)
def test_every_wrong_digit_and_every_swap_of_neighbours_is_caught(number: str) -> None:
    assert read_number(number, today=TODAY).valid
    for at in range(18):
        for other in "0123456789" + "X" * (at == 17):
            changed = number[:at] + other + number[at + 1 :]
            assert (changed == number) == read_number(changed, today=TODAY).valid
    for at in range(17):
        swapped = number[:at] + number[at + 1] + number[at] + number[at + 2 :]
        assert (swapped == number) == read_number(swapped, today=TODAY).valid


def test_a_wrong_number_is_left_as_it_was_read() -> None:
    assert read_number("11010519491231802X", today=TODAY).number == "11010519491231802X"


def test_the_number_against_the_printed_birth_date_and_sex() -> None:
    number = read_number(SPECIMEN, today=TODAY)
    born = PartialDate(year=1949, month=12, day=31)
    assert against_print(number, birth_date=born, sex=Sex.FEMALE) == ()
    assert against_print(number) == ()
    assert against_print(number, birth_date=PartialDate(year=1949)) == ()
    assert against_print(number, birth_date=PartialDate(year=1949, month=11), sex=Sex.MALE) == (
        NumberProblem.BIRTH_DATE_DIFFERS,
        NumberProblem.SEX_DIFFERS,
    )


def test_the_nationalities_are_56() -> None:
    assert len(NATIONALITIES) == 56
    assert is_nationality("汉")
    assert is_nationality("维吾尔族")
    assert not is_nationality("汉字")
    assert not is_nationality("族")


@pytest.mark.parametrize("text", ["2015.03.02-2035.03.02", "2015.03.02—2035.03.02", " 2015.03.02 - 2035.03.02\n"])
def test_a_period(text: str) -> None:
    validity = read_validity(text, today=TODAY, birth_date=date(1985, 1, 1))
    assert (validity.issued, validity.expires, validity.long_term) == (date(2015, 3, 2), date(2035, 3, 2), False)
    assert validity.not_expired is Outcome.PASS
    assert validity.problems == ()


@pytest.mark.parametrize(
    ("today", "outcome"),
    [(date(2035, 3, 2), Outcome.PASS), (date(2035, 3, 3), Outcome.FAIL), (date(2015, 3, 1), Outcome.FAIL)],
)
def test_its_first_and_last_days_count(today: date, outcome: Outcome) -> None:
    assert read_validity("2015.03.02-2035.03.02", today=today).not_expired is outcome


def test_a_long_period_needs_the_age_for_it() -> None:
    older = read_validity("2015.03.02-长期", today=TODAY, birth_date=date(1960, 1, 1))
    assert older.long_term
    assert (older.expires, older.not_expired, older.problems) == (None, Outcome.PASS, ())
    younger = read_validity("2015.03.02-长期", today=TODAY, birth_date=date(1985, 1, 1))
    assert younger.problems == (ValidityProblem.PERIOD_FOR_AGE,)


@pytest.mark.parametrize(
    ("born", "fits"),
    [
        (date(2004, 3, 2), {5}),
        (date(1999, 3, 3), {5}),  # fifteen on the day of issue
        (date(1999, 3, 2), {5, 10}),  # sixteen on that day, fifteen when it was applied for
        (date(1998, 12, 1), {10}),
        (date(1989, 3, 2), {10, 20}),
        (date(1988, 11, 1), {20}),
        (date(1969, 3, 2), {20}),
        (date(1960, 3, 2), set()),
        (date(2016, 1, 1), set()),  # after the issue
    ],
)
def test_the_years_follow_the_age_on_the_day_of_issue(born: date, fits: set[int]) -> None:
    found = {
        years
        for years in (5, 10, 20)
        if not read_validity(f"2015.03.02-{2015 + years}.03.02", today=TODAY, birth_date=born).problems
    }
    if born == date(1969, 3, 2):
        assert found == {20}  # forty-six on the day itself, so long would do as well
    assert found == fits


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("", ValidityProblem.SHAPE),
        ("2015.03.02", ValidityProblem.SHAPE),
        ("2015.03.02-" + "9" * 99, ValidityProblem.SHAPE),
        ("2015.02.30-2035.02.28", ValidityProblem.DATE),
        ("2015.03.02-2015.03.02", ValidityProblem.DATE),
        ("2015.03.02-2o35.03.02", ValidityProblem.DATE),
        ("2015.03.02-2036.03.02", ValidityProblem.PERIOD),
        ("2015.03.02-2035.03.03", ValidityProblem.PERIOD),
        ("2027.03.02-2037.03.02", ValidityProblem.NOT_YET_VALID),
    ],
)
def test_what_is_wrong_with_a_period_is_told(text: str, problem: ValidityProblem) -> None:
    validity = read_validity(text, today=TODAY)
    assert validity.problems == (problem,)
    if problem in {ValidityProblem.SHAPE, ValidityProblem.DATE}:
        assert validity.not_expired is Outcome.NOT_MEASURED


def test_a_card_of_29_february_ends_where_there_is_a_day() -> None:
    for last in ("2022.02.28", "2022.03.01"):
        assert ValidityProblem.PERIOD not in read_validity(f"2012.02.29-{last}", today=TODAY).problems


@settings(max_examples=200, deadline=None)
@given(st.text(max_size=80), st.none() | st.dates())
def test_arbitrary_text_raises_nothing(text: str, born: date | None) -> None:
    read_number(text, today=TODAY)
    read_validity(text, today=TODAY, birth_date=born)
    is_nationality(text)


@settings(max_examples=100, deadline=None)
@given(st.dates(), st.dates(), st.dates())
def test_any_period_is_read(issued: date, expires: date, born: date) -> None:
    text = f"{issued.year:04d}.{issued:%m.%d}-{expires.year:04d}.{expires:%m.%d}"
    validity = read_validity(text, today=TODAY, birth_date=born)
    assert (ValidityProblem.DATE in validity.problems) == (expires <= issued)
