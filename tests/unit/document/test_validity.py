"""Partial dates, expiry and age, with unknown parts."""

from datetime import date, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from visavis.document.dates import PartialDate, years_between
from visavis.document.validity import holder_at_least_years, not_expired
from visavis.domain.evidence import Outcome


@pytest.mark.parametrize(
    ("expiry", "outcome"),
    [
        (PartialDate(year=2026, month=11, day=22), Outcome.PASS),
        (PartialDate(year=2026, month=11, day=21), Outcome.FAIL),
        (PartialDate(year=2026, month=11), Outcome.INCONCLUSIVE),
        (PartialDate(year=2026), Outcome.INCONCLUSIVE),
        (PartialDate(year=2027), Outcome.PASS),
        (PartialDate(year=2025), Outcome.FAIL),
        (PartialDate(month=11, day=22), Outcome.NOT_MEASURED),
        (PartialDate(), Outcome.NOT_MEASURED),
    ],
)
def test_expiry(expiry: PartialDate, outcome: Outcome) -> None:
    assert not_expired(expiry, on=date(2026, 11, 22)) is outcome


@pytest.mark.parametrize(
    ("birth", "outcome"),
    [
        (PartialDate(year=2008, month=11, day=22), Outcome.PASS),
        (PartialDate(year=2008, month=11, day=23), Outcome.FAIL),
        (PartialDate(year=2008, month=11), Outcome.INCONCLUSIVE),
        (PartialDate(year=2008), Outcome.INCONCLUSIVE),
        (PartialDate(year=2007), Outcome.PASS),
        (PartialDate(year=2009), Outcome.FAIL),
        (PartialDate(month=1, day=1), Outcome.NOT_MEASURED),
        (PartialDate(year=2027), Outcome.FAIL),
    ],
)
def test_eighteen(birth: PartialDate, outcome: Outcome) -> None:
    assert holder_at_least_years(birth, 18, on=date(2026, 11, 22)) is outcome


def test_someone_of_29_february_is_a_year_older_on_1_march() -> None:
    assert years_between(date(2008, 2, 29), date(2026, 2, 28)) == 17
    assert years_between(date(2008, 2, 29), date(2026, 3, 1)) == 18


def test_a_birth_after_the_day_proves_no_age_at_all() -> None:
    assert holder_at_least_years(PartialDate(year=2027), 0, on=date(2026, 1, 1)) is Outcome.FAIL
    with pytest.raises(ValueError, match="not negative"):
        holder_at_least_years(PartialDate(year=2000), -1, on=date(2026, 1, 1))


partial = st.builds(
    lambda day, month, dom: PartialDate(
        year=day.year, month=day.month if month else None, day=day.day if dom else None
    ),
    st.dates(date(1900, 1, 1), date(2100, 12, 31)),
    st.booleans(),
    st.booleans(),
)


@settings(max_examples=80, deadline=None)
@given(partial, st.dates(date(1900, 1, 1), date(2100, 12, 31)), st.integers(0, 120))
def test_the_answer_for_a_partial_date_is_that_of_all_days_it_can_be(known: PartialDate, on: date, years: int) -> None:
    assert known.earliest is not None
    assert known.latest is not None
    days = [known.earliest + timedelta(days=n) for n in range((known.latest - known.earliest).days + 1)]
    possible = [PartialDate.of(day) for day in days if PartialDate.of(day).compatible(known)]
    assert possible[0] == PartialDate.of(known.earliest)
    assert possible[-1] == PartialDate.of(known.latest)
    for answer, single in (
        (not_expired(known, on=on), {not_expired(day, on=on) for day in possible}),
        (holder_at_least_years(known, years, on=on), {holder_at_least_years(day, years, on=on) for day in possible}),
    ):
        if answer is not Outcome.INCONCLUSIVE:
            assert single == {answer}
        # where only a day of a month is known, days between the ends may still agree; never the other way about
        elif known.day is None:
            assert len(single) == 2


@pytest.mark.parametrize(
    "parts",
    [
        {"month": 13},
        {"month": 0},
        {"day": 32},
        {"month": 2, "day": 30},
        {"year": 2025, "month": 2, "day": 29},
        {"year": 0},
    ],
)
def test_no_calendar_has_it(parts: dict[str, int]) -> None:
    with pytest.raises(ValueError, match=r"year|month"):
        PartialDate(**parts)


def test_29_february_of_an_unknown_year_can_be() -> None:
    assert PartialDate(month=2, day=29).complete is None
    assert PartialDate(year=2001, day=31).earliest == date(2001, 1, 31)
    assert PartialDate(year=2001, day=31).latest == date(2001, 12, 31)
