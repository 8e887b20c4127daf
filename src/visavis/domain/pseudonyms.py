"""Pseudonyms: how something personal is found again without being kept.

HMAC-SHA-256 under a key of each relying party, which comes from the installation's root key and is in no database. The
same document gives two relying parties two pseudonyms that nobody can join without that key; and nobody can try out
all numbers of documents or telephones against a stolen database (RFC 2104, RFC 5869; GDPR Article 4 (5)).
"""

import base64
import hashlib
import hmac
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Final, Self

__all__ = ["PSEUDONYM_LETTERS", "PseudonymKey", "PseudonymKind"]

PSEUDONYM_LETTERS: Final = 43
"""256 bits in base64url without padding."""
_ROOT_BYTES: Final = 32
_GERMANY: Final = {"D": "DEU"}
"""Its zones write the one, its print and its people the other (ICAO 9303-3, 5)."""
_DERIVE: Final = b"visavis pseudonyms of a relying party\x00"


class PseudonymKind(StrEnum):
    """What a pseudonym stands for; the same text gives another pseudonym for each."""

    PERSON = "person"
    """The holder, by their document: see `PseudonymKey.person`."""
    NUMBER = "number"
    """The number of a telephone line."""
    CARD = "card"
    """A SIM card."""


@dataclass(frozen=True, slots=True)
class PseudonymKey:
    """The key of one relying party. Its bytes are never shown."""

    secret: bytes = field(repr=False)

    @classmethod
    def of_party(cls, root: bytes, relying_party: str) -> Self:
        """The relying party's key, from the installation's root key of at least 32 bytes (else ValueError)."""
        if len(root) < _ROOT_BYTES:
            raise ValueError(f"a root key has at least {_ROOT_BYTES} bytes")
        return cls(hmac.digest(root, _DERIVE + relying_party.encode(), hashlib.sha256))

    def of(self, kind: PseudonymKind, *parts: str) -> str:
        """43 letters. Parts keep their borders: ``("ab", "c")`` and ``("a", "bc")`` differ."""
        framed = b"".join(len(part).to_bytes(4, "big") + part for part in (item.encode() for item in (kind, *parts)))
        digest = hmac.digest(self.secret, framed, hashlib.sha256)
        return base64.urlsafe_b64encode(digest).rstrip(b"=").decode()

    def person(self, *, issuing_state: str, number: str) -> str:
        """The holder of a document, by the number that stays with the person longest.

        That is a personal number where the document has one (the PRC's identity card: it stays for life), else the
        document's own number: then a renewed document is another person to the register. Letters' case, spaces and
        marks between do not count. Raises ValueError for a number without a letter or digit.
        """
        plain = "".join(letter for letter in number.upper() if letter.isalnum())
        if not plain:
            raise ValueError("a number has letters or digits")
        state = issuing_state.upper().strip("< ")
        return self.of(PseudonymKind.PERSON, _GERMANY.get(state, state), plain)
