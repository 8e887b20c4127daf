"""Dates as documents print them: parts of one may be unknown, and stay so."""

from calendar import monthrange
from dataclasses import dataclass
from datetime import date

__all__ = ["PartialDate", "years_between"]


@dataclass(frozen=True, slots=True, kw_only=True)
class PartialDate:
    """A date of which the day, the day and the month, or everything may be unknown (None).

    ICAO 9303-3, 4.8 lets any part be unknown, so a day may be known without its month. Raises ValueError for a month or
    day that no calendar has.
    """

    year: int | None = None
    month: int | None = None
    day: int | None = None

    def __post_init__(self) -> None:
        if self.year is not None and not 1 <= self.year <= 9999:
            raise ValueError("a year is from 1 to 9999")
        if self.month is not None and not 1 <= self.month <= 12:
            raise ValueError("a month is from 1 to 12")
        # 2000 is a leap year: 29 February is possible as long as the year is unknown
        if self.day is not None and not 1 <= self.day <= monthrange(self.year or 2000, self.month or 1)[1]:
            raise ValueError("the month has no such day")

    @classmethod
    def of(cls, day: date) -> "PartialDate":
        return cls(year=day.year, month=day.month, day=day.day)

    @property
    def known(self) -> bool:
        """Whether any part is."""
        return (self.year, self.month, self.day) != (None, None, None)

    @property
    def complete(self) -> date | None:
        """The day, where all of its parts are known."""
        if self.year is None or self.month is None or self.day is None:
            return None
        return date(self.year, self.month, self.day)

    @property
    def earliest(self) -> date | None:
        """The first day it can be; None where the year is unknown."""
        if self.year is None:
            return None
        months = (self.month,) if self.month is not None else range(1, 13)
        return next(date(self.year, month, self.day or 1) for month in months if self._fits(month))

    @property
    def latest(self) -> date | None:
        """The last day it can be; None where the year is unknown."""
        if self.year is None:
            return None
        months = (self.month,) if self.month is not None else range(12, 0, -1)
        month = next(month for month in months if self._fits(month))
        return date(self.year, month, self.day or monthrange(self.year, month)[1])

    def _fits(self, month: int) -> bool:
        return self.day is None or self.day <= monthrange(self.year or 2000, month)[1]

    def compatible(self, other: "PartialDate") -> bool:
        """Whether both can be one day: no part that both know differs."""
        pairs = ((self.year, other.year), (self.month, other.month), (self.day, other.day))
        return all(one is None or two is None or one == two for one, two in pairs)


def years_between(birth: date, on: date) -> int:
    """Completed years. Someone born on 29 February completes a year on 1 March where there is no such day."""
    return on.year - birth.year - ((on.month, on.day) < (birth.month, birth.day))
