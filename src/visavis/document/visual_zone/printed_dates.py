"""Dates in the forms in which documents print them.

``12 JAN/JAN 85`` · ``12.01.1985`` · ``01 12 1985`` · ``12 août/aug 1974`` · ``1985-01-12`` · ``12JAN1985`` ·
``XX XXX 1985``. Where day and month are both numbers, the day is first, as everywhere but in the forms that begin with
the year; if it can only be the other way round, it is taken so.
"""

import re
from dataclasses import dataclass
from datetime import date
from typing import Final
from unicodedata import normalize

from visavis.document.dates import PartialDate
from visavis.document.mrz.century import birth_year, expiry_year
from visavis.document.visual_zone.months import MONTHS
from visavis.document.visual_zone.plain import plain

__all__ = ["PrintedDate", "read_printed_date"]

_LONGEST: Final = 40
_TOKENS: Final = re.compile(r"[0-9]+|[^\W\d_]+")
_IN_NUMBERS: Final = str.maketrans("OoIl|", "00111")
"""What is taken for a digit between digits: nothing is chosen, since no letter may stand there."""
_EAST_ASIAN: Final = str.maketrans("年月日号", "    ")
_YEARS: Final = range(1880, 2200)


@dataclass(frozen=True, slots=True, kw_only=True)
class PrintedDate:
    """``short``: the year was printed with two digits; its century follows the rule of machine-readable zones."""

    date: PartialDate
    short: bool = False


def read_printed_date(text: str, *, birth: bool, today: date) -> PrintedDate | None:
    """The date that ``text`` is, and nothing beside it; None where it is none.

    ``birth``: a birth, so the century of a year of two digits is the last possible (`visavis.document.mrz.century`).
    """
    if len(text) > _LONGEST:
        return None
    plain_text = normalize("NFKC", text).translate(_EAST_ASIAN)
    tokens = _TOKENS.findall(re.sub(r"(?<![^\W\d_])[OoIl|]*[0-9][0-9OoIl|]*(?![^\W\d_])", _digits, plain_text))
    numbers = [token for token in tokens if token.isdigit()]
    words = [plain(token) for token in tokens if not token.isdigit()]
    unknown = [word for word in words if word and set(word) <= {"x"}]
    months = {MONTHS[word] for word in words if word in MONTHS}
    if any(word not in MONTHS and word not in unknown for word in words) and not (months and _second_language(words)):
        return None
    if len(months) > 1:
        return None
    if unknown:
        parts = ["00" if set(plain(t)) <= {"x"} else t for t in tokens if t.isdigit() or set(plain(t)) <= {"x"}]
        return _numeric(parts, birth=birth, today=today) if not months else None
    if months:
        return _worded(numbers, months.pop(), birth=birth, today=today)
    return _numeric(numbers, birth=birth, today=today)


def _digits(found: re.Match[str]) -> str:
    return found.group().translate(_IN_NUMBERS)


def _second_language(words: list[str]) -> bool:
    """Whether the one word that is no month of a known language may be its name in another one."""
    strange = [word for word in words if word not in MONTHS]
    return len(strange) == 1 and len(words) == 2 and 3 <= len(strange[0]) <= 10


def _worded(numbers: list[str], month: int, *, birth: bool, today: date) -> PrintedDate | None:
    if len(numbers) == 1 and len(numbers[0]) == 4:
        return _made(numbers[0], str(month), "00", birth=birth, today=today)
    if len(numbers) != 2:
        return None
    day, year = (numbers[1], numbers[0]) if len(numbers[0]) == 4 else numbers
    return _made(year, str(month), day, birth=birth, today=today)


def _numeric(numbers: list[str], *, birth: bool, today: date) -> PrintedDate | None:
    lengths = [len(number) for number in numbers]
    if lengths == [8]:
        return _joined(numbers[0], birth=birth, today=today)
    if lengths == [4]:
        return _made(numbers[0], "00", "00", birth=birth, today=today) if int(numbers[0]) in _YEARS else None
    if len(numbers) != 3 or max(lengths) > 4:
        return None
    if lengths[0] == 4:
        year, month, day = numbers
        return _made(year, month, day, birth=birth, today=today)
    day, month, year = numbers
    if max(lengths[:2]) > 2:
        return None
    found = _made(year, month, day, birth=birth, today=today)
    return found or _made(year, day, month, birth=birth, today=today)


def _joined(eight: str, *, birth: bool, today: date) -> PrintedDate | None:
    """Eight digits whose separators were lost: the day first, unless only the year can be."""
    if int(eight[4:]) in _YEARS:
        found = _made(eight[4:], eight[2:4], eight[:2], birth=birth, today=today)
        if found is not None:
            return found
    return _made(eight[:4], eight[4:6], eight[6:], birth=birth, today=today) if int(eight[:4]) in _YEARS else None


def _made(year: str, month: str, day: str, *, birth: bool, today: date) -> PrintedDate | None:
    if len(year) not in {2, 4} or len(day) > 2:
        return None
    short = len(year) == 2
    known_month, known_day = int(month) or None, int(day) or None
    try:
        PartialDate(month=known_month, day=known_day)
        if short:
            rule = birth_year if birth else expiry_year
            whole = rule(int(year), month=known_month, day=known_day, today=today)
        else:
            whole = int(year)
        found = PartialDate(year=whole, month=known_month, day=known_day)
    except ValueError:
        return None
    return PrintedDate(date=found, short=short) if whole in _YEARS else None
