"""The resident identity card of the PRC, as text: its number against itself and the rest of the card (GB 11643-1999).

The check character is ISO/IEC 7064 MOD 11-2. It is used to refuse a number, never to repair one: a number that was
mended until it fits is another person's. Everything that is odd is listed by code; nothing raises for what a card may
say.
"""

from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from typing import Final

from visavis.document.dates import PartialDate, years_between
from visavis.document.mrz.zone import Sex
from visavis.document.prc_regions import NATIONALITIES, PROVINCES
from visavis.document.validity import not_expired
from visavis.domain.evidence import Outcome

__all__ = [
    "NumberProblem",
    "PrcNumber",
    "PrcValidity",
    "ValidityProblem",
    "against_print",
    "check_character",
    "is_nationality",
    "read_number",
    "read_validity",
]

_DIGITS: Final = frozenset("0123456789")
_CHARACTERS: Final = "10X98765432"
_LENGTH: Final = 18
LONGEST_TEXT: Final = 64
FIRST_BIRTH_YEAR: Final = 1900
LONG_TERM: Final = "长期"
_LONG_TERM_WRITTEN: Final = frozenset({LONG_TERM, "長期"})
_VALID_YEARS: Final = frozenset({5, 10, 20})
_LONG_TERM_AGE: Final = 46


class NumberProblem(StrEnum):
    SHAPE = "prc_number_shape"
    """Not seventeen digits and a digit or X."""
    CHECK_CHARACTER = "prc_number_check_character"
    REGION = "prc_number_region"
    """No province has these first two digits."""
    BIRTH_DATE = "prc_number_birth_date"
    """Its birth date is none, lies after today, or before 1900."""
    SEQUENCE = "prc_number_sequence"
    """Its sequence is 000, which is given to nobody."""
    BIRTH_DATE_DIFFERS = "prc_number_birth_date_differs"
    """From the printed one."""
    SEX_DIFFERS = "prc_number_sex_differs"


class ValidityProblem(StrEnum):
    SHAPE = "prc_validity_shape"
    DATE = "prc_validity_date"
    """One of the days is in no calendar, or the last is not after the first."""
    PERIOD = "prc_validity_period"
    """Cards are given for 5, 10 or 20 years, or for long (居民身份证法, article 5)."""
    PERIOD_FOR_AGE = "prc_validity_period_for_age"
    """Under 16: 5 years; 16 to 25: 10; 26 to 45: 20; 46 and over: long. Held against the age on the day of issue."""
    NOT_YET_VALID = "prc_validity_not_yet_valid"


@dataclass(frozen=True, slots=True, kw_only=True)
class PrcNumber:
    """A number, read. Fields are None where the number has not the shape for them.

    ``valid`` means that shape, check character, region, birth date and sequence are all in order.
    """

    number: str
    province: str | None = None
    birth_date: date | None = None
    sex: Sex | None = None
    problems: tuple[NumberProblem, ...] = ()

    @property
    def valid(self) -> bool:
        return not self.problems


@dataclass(frozen=True, slots=True, kw_only=True)
class PrcValidity:
    """``expires`` is None for 长期 and where it could not be read; ``long_term`` tells the two apart."""

    issued: date | None = None
    expires: date | None = None
    long_term: bool = False
    not_expired: Outcome = Outcome.NOT_MEASURED
    problems: tuple[ValidityProblem, ...] = ()


def check_character(seventeen: str) -> str:
    """The eighteenth character: the sum of digits by 2 to the power of their place from the right, modulo 11.

    Raises ValueError for anything but seventeen digits.
    """
    if len(seventeen) != _LENGTH - 1 or not set(seventeen) <= _DIGITS:
        raise ValueError("seventeen digits")
    weighted = sum(int(digit) * pow(2, _LENGTH - 1 - place, 11) for place, digit in enumerate(seventeen))
    return _CHARACTERS[weighted % 11]


def read_number(text: str, *, today: date) -> PrcNumber:
    """Read a number; white space is dropped, a small x raised. Nothing is repaired."""
    number = "".join(text[:LONGEST_TEXT].split()).replace("x", "X")
    whole = len(text) <= LONGEST_TEXT and len(number) == _LENGTH
    if not whole or not set(number[:-1]) <= _DIGITS or number[-1] not in _DIGITS | {"X"}:
        return PrcNumber(number=number, problems=(NumberProblem.SHAPE,))
    problems = []
    if check_character(number[:-1]) != number[-1]:
        problems.append(NumberProblem.CHECK_CHARACTER)
    province = PROVINCES.get(number[:2])
    if province is None:
        problems.append(NumberProblem.REGION)
    birth = _day(number[6:14])
    if birth is None or not date(FIRST_BIRTH_YEAR, 1, 1) <= birth <= today:
        problems.append(NumberProblem.BIRTH_DATE)
        birth = None
    if number[14:17] == "000":
        problems.append(NumberProblem.SEQUENCE)
    sex = Sex.MALE if int(number[16]) % 2 else Sex.FEMALE
    return PrcNumber(number=number, province=province, birth_date=birth, sex=sex, problems=tuple(problems))


def against_print(
    number: PrcNumber, *, birth_date: PartialDate | None = None, sex: Sex | None = None
) -> tuple[NumberProblem, ...]:
    """What the number says of its holder against what is printed; None was not read, and is not compared.

    A number that is not valid proves nothing, and is compared all the same: the reviewer sees both.
    """
    problems = []
    told = None if number.birth_date is None else PartialDate.of(number.birth_date)
    if told is not None and birth_date is not None and not birth_date.compatible(told):
        problems.append(NumberProblem.BIRTH_DATE_DIFFERS)
    if number.sex is not None and sex not in {None, Sex.UNSPECIFIED, number.sex}:
        problems.append(NumberProblem.SEX_DIFFERS)
    return tuple(problems)


def is_nationality(text: str) -> bool:
    """Whether this is one of the 56 nationalities, as the card prints them, or with 族 behind."""
    name = "".join(text[:LONGEST_TEXT].split())
    return name in NATIONALITIES or (name.endswith("族") and name[:-1] in NATIONALITIES)


def read_validity(text: str, *, today: date, birth_date: date | None = None) -> PrcValidity:
    """Read the period of validity: ``2015.03.02-2035.03.02`` or ``2015.03.02-长期``.

    With the holder's birth date, the period is held against the age on the day of issue. The last day counts as valid.
    """
    plain = "".join(text[:LONGEST_TEXT].split())
    for dash in "—–－~至":
        plain = plain.replace(dash, "-")
    first, dash, last = plain.partition("-")
    if len(text) > LONGEST_TEXT or not dash:
        return PrcValidity(problems=(ValidityProblem.SHAPE,))
    issued, long_term = _dotted(first), last in _LONG_TERM_WRITTEN
    expires = None if long_term else _dotted(last)
    if issued is None or (expires is None and not long_term) or (expires is not None and expires <= issued):
        return PrcValidity(issued=issued, long_term=False, problems=(ValidityProblem.DATE,))
    problems = _period_problems(issued, expires, birth_date=birth_date)
    if today < issued:
        problems.append(ValidityProblem.NOT_YET_VALID)
        outcome = Outcome.FAIL
    else:
        outcome = Outcome.PASS if expires is None else not_expired(PartialDate.of(expires), on=today)
    return PrcValidity(
        issued=issued, expires=expires, long_term=long_term, not_expired=outcome, problems=tuple(problems)
    )


def _period_problems(issued: date, expires: date | None, *, birth_date: date | None) -> list[ValidityProblem]:
    """The rule of article 5: the day and month stay, the years depend on the age when the card was applied for.

    A card is issued up to some weeks after that (article 12: 60 days, 90 where roads are poor), so the age of both days
    will do.
    """
    years = None if expires is None else expires.year - issued.year
    if expires is not None:
        # issued on 29 February: the card ends on 28 February or 1 March where there is no such day
        leap = (issued.month, issued.day) == (2, 29) and (expires.month, expires.day) in {(2, 28), (3, 1)}
        same_day = (issued.month, issued.day) == (expires.month, expires.day) or leap
        if years not in _VALID_YEARS or not same_day:
            return [ValidityProblem.PERIOD]
    if birth_date is None:
        return []
    if birth_date > issued:
        return [ValidityProblem.PERIOD_FOR_AGE]
    applied = date.fromordinal(max(issued.toordinal() - 90, 1))
    allowed = {_years_for(years_between(birth_date, day)) for day in (applied, issued)}
    return [] if years in allowed else [ValidityProblem.PERIOD_FOR_AGE]


def _years_for(age: int) -> int | None:
    if age >= _LONG_TERM_AGE:
        return None
    return 20 if age >= 26 else 10 if age >= 16 else 5


def _dotted(text: str) -> date | None:
    parts = text.split(".")
    if [len(part) for part in parts] != [4, 2, 2]:
        return None
    return _day("".join(parts))


def _day(eight: str) -> date | None:
    if len(eight) != 8 or not set(eight) <= _DIGITS:
        return None
    try:
        return date(int(eight[:4]), int(eight[4:6]), int(eight[6:]))
    except ValueError:
        return None
