"""Two digits of a year to four, by a stated rule, with the day passed in.

- A birth is in the latest year that does not lie after today. So who is a hundred or older reads as a hundred years
  younger; what is printed in full elsewhere tells.
- An expiry lies at most 30 years ahead, the longest period in use, else it is of the century before: what cannot be
  told is taken as expired, never as valid.
"""

from datetime import date
from typing import Final

from visavis.document.dates import PartialDate

__all__ = ["MOST_YEARS_AHEAD", "birth_year", "expiry_year"]

MOST_YEARS_AHEAD: Final = 30


def birth_year(two_digits: int, *, month: int | None, day: int | None, today: date) -> int:
    """The year of a birth. Unknown parts are taken as early as they can be.

    29 February is a real day of the year that is chosen wherever one of the two centuries has it.
    """
    return _latest(two_digits, month=month, day=day, last=today)


def expiry_year(two_digits: int, *, month: int | None, day: int | None, today: date) -> int:
    ahead = today.year + MOST_YEARS_AHEAD
    return _latest(two_digits, month=month, day=day, last=date(ahead, 12, 31))


def _latest(two_digits: int, *, month: int | None, day: int | None, last: date) -> int:
    newest = last.year - (last.year - two_digits) % 100
    for year in (newest, newest - 100):
        try:
            earliest = PartialDate(year=year, month=month, day=day).earliest
        except ValueError:
            continue
        if earliest is not None and earliest <= last:
            return year
    return newest
