"""Identifiers: sorted by the time they were made, and not to be guessed.

48 bits of milliseconds and 80 random bits in Crockford's base 32, as in ULID: newer rows lie side by side in an index,
and a list can go on after an identifier. It tells when a thing was made, and nothing else.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from typing import Final

__all__ = ["Identifiers", "Kind", "is_identifier", "moment_of"]

_ALPHABET: Final = "0123456789abcdefghjkmnpqrstvwxyz"
_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
_RANDOM_BYTES: Final = 10
_DIGITS: Final = 26


class Kind(StrEnum):
    """What an identifier is of: its first three letters."""

    RELYING_PARTY = "rlp"
    API_KEY = "key"
    VERIFICATION = "ver"
    RECEIPT = "rcp"
    EVENT = "evt"
    LINE = "lin"
    DISPUTE = "dsp"
    REVIEW = "rev"
    WEBHOOK = "whk"
    MEMBER = "mbr"
    PASSKEY = "psk"


@dataclass(frozen=True, slots=True)
class Identifiers:
    """Makes identifiers. ``entropy`` gives that many random bytes: `secrets.token_bytes`, or a test's own."""

    entropy: Callable[[int], bytes]

    def new(self, kind: Kind, at: datetime) -> str:
        """``ver_`` and 26 letters and digits, for a moment between 1970 and the year 10889."""
        milliseconds = (at - _EPOCH) // timedelta(milliseconds=1)
        number = milliseconds << (_RANDOM_BYTES * 8) | int.from_bytes(self.entropy(_RANDOM_BYTES), "big")
        return f"{kind}_" + "".join(_ALPHABET[number >> shift & 31] for shift in range(5 * (_DIGITS - 1), -1, -5))


def is_identifier(text: str, kind: Kind) -> bool:
    """Whether a text has the form of an identifier of that kind: what has not needs no look into the database."""
    head, _, digits = text.partition("_")
    return head == kind and len(digits) == _DIGITS and all(digit in _ALPHABET for digit in digits)


def moment_of(identifier: str) -> datetime | None:
    """When an identifier was made, to the millisecond; None for what is none."""
    head, _, digits = identifier.partition("_")
    if not any(is_identifier(identifier, kind) for kind in Kind if kind == head):
        return None
    number = 0
    for digit in digits:
        number = number << 5 | _ALPHABET.index(digit)
    return _EPOCH + timedelta(milliseconds=number >> (_RANDOM_BYTES * 8))
