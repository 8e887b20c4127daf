"""Whether a text can be the value of a field, and what it says. What cannot be belongs to another label, or to none."""

import re
from datetime import date
from typing import Final
from unicodedata import normalize

from visavis.document.mrz.zone import Sex
from visavis.document.visual_zone.label_words import VisualField
from visavis.document.visual_zone.plain import plain
from visavis.document.visual_zone.printed_dates import PrintedDate, read_printed_date
from visavis.document.visual_zone.states import state_code

__all__ = ["DATE_FIELDS", "NAME_FIELDS", "Value", "like_mrz", "read_value"]

Value = str | PrintedDate | Sex

NAME_FIELDS: Final = frozenset({VisualField.SURNAME, VisualField.GIVEN_NAMES, VisualField.NAME})
DATE_FIELDS: Final = frozenset({VisualField.BIRTH_DATE, VisualField.EXPIRY_DATE, VisualField.ISSUE_DATE})
_LONGEST_NAME: Final = 120
_NOT_IN_NAMES: Final = re.compile(r"[^\w\s'’`\-–.,()/·]|_")
_BIRTH_NAME: Final = re.compile(r"[(,]?\s*\b(geb|née|nee|né|born|ép|epouse|épouse|usage|veuve)\b\.?.*", re.IGNORECASE)
_LETTERS_FOR: Final = str.maketrans("01", "OI")
_NUMBER: Final = re.compile(r"[A-Z0-9]{5,20}")
_MOST_WORDS: Final = 4
_DIGITS_OF_WORDS: Final = 3
"""Several words are a number only with so many digits."""
_WORD: Final = re.compile(r"[^\W\d_]*[^\W\d_A-Z][^\W\d_]+|[A-Z]{5,}")
"""What is written in small letters, or is long and has no digit, is no part of a number."""
_FEMALE: Final = frozenset(
    ("f", "w", "k", "v", "女", "female", "femme", "weiblich", "mujer", "vrouw", "feminin", "feminino", "femminile",
     "femenino")
)  # fmt: skip
_MALE: Final = frozenset(
    ("m", "h", "男", "male", "homme", "mannlich", "hombre", "man", "masculin", "masculino", "maschile")
)
_UNSPECIFIED: Final = frozenset({"x"})


def read_value(field: VisualField, text: str, *, today: date) -> Value | None:
    """What ``text`` says as the value of ``field``; None where it cannot be one. States come as their code."""
    if field in DATE_FIELDS:
        birth = field is VisualField.BIRTH_DATE
        found = read_printed_date(text, birth=birth, today=today)
        earliest = None if found is None else found.date.earliest
        unborn = birth and earliest is not None and earliest > today
        return None if unborn else found
    if field in NAME_FIELDS:
        return _name(text)
    if field in {VisualField.DOCUMENT_NUMBER, VisualField.PERSONAL_NUMBER}:
        return _number(text)
    if field is VisualField.SEX:
        return _sex(text)
    if field in {VisualField.NATIONALITY, VisualField.ISSUING_STATE}:
        return state_code(text)
    return text.strip() or None


def like_mrz(text: str) -> bool:
    """Whether a line is one of the machine-readable zone, or a good part of it: it is no witness for itself."""
    bare = "".join(normalize("NFKC", text).split())
    if sum(c in "<«‹《〈" for c in bare) >= 2:
        return True
    # a long name is all capitals, too; the lines without a name hold dates and numbers
    digits = sum(c.isdigit() for c in bare)
    return len(bare) >= 24 and digits >= 4 and all(c.isascii() and (c.isdigit() or c.isupper()) for c in bare)


def _name(text: str) -> str | None:
    name = _BIRTH_NAME.sub("", normalize("NFKC", text))[:_LONGEST_NAME]
    latin = " ".join(part for part in re.split(r"[\s/]+", name) if part and not _cjk(part))
    name = latin or name
    if _NOT_IN_NAMES.search(name):
        return None
    # a digit between letters is the letter that looks like it: names have none
    name = "".join(
        c.translate(_LETTERS_FOR) if 0 < at < len(name) - 1 and name[at - 1].isalpha() and name[at + 1].isalpha() else c
        for at, c in enumerate(name)
    )
    name = name.strip(" .,'-–·")
    if not name or any(c.isdigit() for c in name) or not any(c.isalpha() for c in name):
        return None
    return " ".join(name.split())


def _number(text: str) -> str | None:
    number = "".join(c for c in normalize("NFKC", text).upper() if c.isalnum())
    words = text.split()
    digits = sum(c.isdigit() for c in number)
    if not _NUMBER.fullmatch(number) or digits < (1 if len(words) == 1 else _DIGITS_OF_WORDS):
        return None
    if len(words) > _MOST_WORDS or any(_WORD.fullmatch(word) for word in words):
        return None
    return None if _dated(text) else number


def _dated(text: str) -> bool:
    """Whether it is a date with its separators: no number of a document is written so."""
    return bool(re.fullmatch(r"\s*\d{1,2}[./ -]\d{1,2}[./ -](\d{4}|\d{2})\s*", text)) or bool(
        re.fullmatch(r"\s*\d{1,2}\s?[A-Za-z]{3,4}(/[A-Za-z]{3,4})?\s?(\d{4}|\d{2})\s*", text)
    )


def _sex(text: str) -> Sex | None:
    words = {plain(part) for part in re.split(r"[\s/|,.()-]+", text)} - {""}
    if not words or len(words) > 3:
        return None
    for known, sex in ((_FEMALE, Sex.FEMALE), (_MALE, Sex.MALE), (_UNSPECIFIED, Sex.UNSPECIFIED)):
        if words <= known:
            return sex
    return None


def _cjk(part: str) -> bool:
    return all(0x2E80 <= ord(c) <= 0x9FFF or 0xAC00 <= ord(c) <= 0xD7AF for c in part)
