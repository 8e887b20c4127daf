"""Whether a document is still valid, and whether its holder is old enough, on a day that is passed in.

Where a part of a date is unknown, the answer is given only if it is the same for every day the date can be.
"""

from datetime import date

from visavis.document.dates import PartialDate, years_between
from visavis.domain.evidence import Outcome

__all__ = ["holder_at_least_years", "not_expired"]


def not_expired(expiry: PartialDate, *, on: date) -> Outcome:
    """Whether the document is valid on a day. Its last day counts as valid (ICAO 9303-3, 4.8).

    ``not_measured`` where not even the year is known, ``inconclusive`` where the unknown part decides.
    """
    first, last = expiry.earliest, expiry.latest
    if first is None or last is None:
        return Outcome.NOT_MEASURED
    if on <= first:
        return Outcome.PASS
    return Outcome.INCONCLUSIVE if on <= last else Outcome.FAIL


def holder_at_least_years(birth: PartialDate, years: int, *, on: date) -> Outcome:
    """Whether the holder has completed so many years on a day.

    A birth date after that day fails: whatever it is, it proves no age. Raises ValueError for a negative age.
    """
    if years < 0:
        raise ValueError("an age is not negative")
    first, last = birth.earliest, birth.latest
    if first is None or last is None:
        return Outcome.NOT_MEASURED
    if last <= on and years_between(last, on) >= years:
        return Outcome.PASS
    possible = first <= on and years_between(first, on) >= years
    return Outcome.INCONCLUSIVE if possible else Outcome.FAIL
