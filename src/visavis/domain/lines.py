"""The words of a telecom operator's register: a number, a card, a line and who it is registered to."""

import re
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Final, Self

from visavis.errors import InputError

__all__ = ["Dispute", "DisputeEnd", "Iccid", "Line", "LineAct", "LineEntry", "LineStatus", "Msisdn"]

_E164: Final = re.compile(r"\+[1-9][0-9]{6,14}")
_ICCID: Final = re.compile(r"89[0-9]{16,18}")


@dataclass(frozen=True, slots=True)
class Msisdn:
    """A telephone number with its country code: ``+`` and 7 to 15 digits (ITU-T E.164, clause 6). Never shown whole.

    Raises `visavis.errors.InputError` ``msisdn_invalid``.
    """

    text: str = field(repr=False)

    def __post_init__(self) -> None:
        if not _E164.fullmatch(self.text):
            raise InputError(
                "msisdn_invalid",
                "This is no telephone number in E.164: a plus, the country code, and at most 15 digits in all.",
                advice="Write it without spaces and with its country code.",
            )

    @classmethod
    def parse(cls, text: str) -> Self:
        """As people write it: with spaces, dashes, dots and brackets between the digits."""
        return cls(re.sub(r"[ .()/-]", "", text[:40]))


@dataclass(frozen=True, slots=True)
class Iccid:
    """The number on a SIM card: 89, then digits, 18 to 20 in all (ITU-T E.118). Never shown whole.

    With 19 or 20 digits the last is a check digit (Luhn, ISO/IEC 7812-1 annex B); with 18 there is none. Some operators
    print 20 of which the 19th is the check digit and the 20th a filler: those are given without the filler.

    Raises `visavis.errors.InputError` ``iccid_invalid``, ``iccid_check_digit_wrong``.
    """

    text: str = field(repr=False)

    def __post_init__(self) -> None:
        if not _ICCID.fullmatch(self.text):
            raise InputError(
                "iccid_invalid",
                "This is no number of a SIM card: 89 and then digits, 18 to 20 in all.",
                advice="Read it from the card again.",
            )
        if len(self.text) > 18 and luhn_sum(self.text) % 10:
            raise InputError(
                "iccid_check_digit_wrong",
                "A digit of the SIM card's number is wrong, or two were exchanged.",
                advice="Read it from the card again.",
            )

    @classmethod
    def parse(cls, text: str) -> Self:
        """As it is printed: with spaces and dashes between the digits."""
        return cls(re.sub(r"[ -]", "", text[:40]))


def luhn_sum(digits: str) -> int:
    """ISO/IEC 7812-1 annex B: from the right, every second digit doubled, and its two digits added."""
    doubled = (0, 2, 4, 6, 8, 1, 3, 5, 7, 9)
    return sum(doubled[int(digit)] if place % 2 else int(digit) for place, digit in enumerate(reversed(digits)))


class LineStatus(StrEnum):
    ACTIVE = "active"
    RELEASED = "released"


class LineAct(StrEnum):
    """What can be done with a line; the words of its history."""

    REGISTER = "register"
    TRANSFER = "transfer"
    REPLACE_SIM = "replace_sim"
    RELEASE = "release"
    DISPUTE = "dispute"
    CLOSE_DISPUTE = "close_dispute"


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """A line of one operator. ``number`` and ``card`` are pseudonyms; the digits lie sealed under the line's own key.

    ``person`` is the registered holder's pseudonym. ``version`` grows by one each time it is saved. A released line
    keeps its history; the digits go with its key.
    """

    id: str
    relying_party: str
    number: str
    card: str
    person: str
    status: LineStatus
    registered_at: datetime
    changed_at: datetime
    disputed: bool = False
    version: int = 1


@dataclass(frozen=True, slots=True, kw_only=True)
class LineEntry:
    """One line of a line's history: written once, and never changed. ``sequence`` counts from 1 without a gap.

    ``person`` is the registered holder after it; ``verifications`` are those that it rests on.
    """

    line: str
    sequence: int
    act: LineAct
    at: datetime
    person: str
    verifications: tuple[str, ...]


class DisputeEnd(StrEnum):
    UPHELD = "upheld"
    """The line was not the holder's, and is theirs no longer."""
    DISMISSED = "dismissed"


@dataclass(frozen=True, slots=True, kw_only=True)
class Dispute:
    """Somebody in whose name a line is says that it should not be. ``closed_at`` is None while the operator looks."""

    id: str
    line: str
    relying_party: str
    person: str
    verification: str
    opened_at: datetime
    closed_at: datetime | None = None
    end: DisputeEnd | None = None
