"""The consent receipt: what the holder agreed to, in the words they read, for them to keep.

Fields and their names follow ISO/IEC TS 27560:2023, clauses 6.3 (receipt and processing), 6.3.4 (parties) and 6.3.5
(events). The holder stands in it as the verification's identifier alone, so that it may be kept when all else is
erased: whoever must show that they asked can do so without knowing whom.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from visavis.errors import InputError

__all__ = ["SCHEMA", "ConsentReceipt", "Controller"]

SCHEMA: Final = "ISO/IEC TS 27560:2023"
_SHA256: Final = re.compile(r"[0-9a-f]{64}")
_LANGUAGE: Final = re.compile(r"[a-z]{2,3}(-[A-Za-z0-9]{2,8}){0,3}")
_LONGEST: Final = 500
_MOST: Final = 32


@dataclass(frozen=True, slots=True, kw_only=True)
class Controller:
    """Who answers for the data: the relying party, as the notice names it. ``contact`` is an address or a link."""

    id: str
    name: str
    contact: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ConsentReceipt:
    """Given once, explicitly, by a deed of the holder; it never covers more than one verification.

    ``categories`` are the kinds of personal data (``biometric data: face``), ``disclosed`` those of which the
    controller learns the content; ``retention`` after the decision, zero for nothing kept; ``rights`` and
    ``withdrawal`` as the notice says them; ``notice_digest`` is the SHA-256 of the notice's very text, lower-case
    hexadecimal; ``language`` a BCP 47 tag.

    Raises `visavis.errors.InputError` ``consent_receipt_invalid``.
    """

    id: str
    verification: str
    given_at: datetime
    valid_for: timedelta
    purpose: str
    purpose_text: str
    policy_digest: str
    controller: Controller
    categories: tuple[str, ...]
    disclosed: tuple[str, ...]
    retention: timedelta
    rights: tuple[str, ...]
    withdrawal: str
    alternative: str
    notice_digest: str
    language: str
    jurisdiction: str

    def __post_init__(self) -> None:
        short = (self.purpose, self.purpose_text, self.withdrawal, self.alternative, self.jurisdiction)
        texts = (
            *short,
            *self.categories,
            *self.rights,
            self.controller.id,
            self.controller.name,
            self.controller.contact,
        )
        if (
            not self.categories
            or not self.rights
            or max(len(self.categories), len(self.disclosed), len(self.rights)) > _MOST
            or any(not text or len(text) > _LONGEST for text in (*texts, *self.disclosed))
        ):
            raise _invalid(f"each text has 1 to {_LONGEST} letters, each list up to {_MOST}, and none is missing")
        if not all(_SHA256.fullmatch(digest) for digest in (self.notice_digest, self.policy_digest)):
            raise _invalid("a digest is SHA-256, in 64 lower-case hexadecimal digits")
        if not _LANGUAGE.fullmatch(self.language):
            raise _invalid("the language is no BCP 47 tag")
        if self.given_at.utcoffset() is None or self.retention < timedelta() or self.valid_for <= timedelta():
            raise _invalid("the times make no sense")

    def as_data(self) -> Mapping[str, object]:
        """The receipt under the field names of the specification, in plain values."""
        return {
            "schema_version": SCHEMA,
            "record_id": self.id,
            "pii_principal_id": self.verification,
            "privacy_notice": f"sha-256:{self.notice_digest}",
            "language": self.language,
            "purposes": [
                {
                    "purpose": self.purpose_text,
                    "purpose_type": self.purpose,
                    "lawful_basis": "consent",
                    "pii_information": [
                        {"pii_type": category, "pii_optional": False, "special_pii_category": "biometric" in category}
                        for category in self.categories
                    ],
                    "pii_disclosed": list(self.disclosed),
                    "pii_controllers": [self.controller.id],
                    "collection_method": "capture session opened by the holder",
                    "processing_method": f"policy sha-256:{self.policy_digest}",
                    "retention_period": _duration(self.retention),
                    "withdrawal_method": self.withdrawal,
                    "alternative": self.alternative,
                    "privacy_rights": list(self.rights),
                    "jurisdiction": self.jurisdiction,
                }
            ],
            "party_identification": [
                {
                    "party_id": self.controller.id,
                    "party_name": self.controller.name,
                    "party_contact": self.controller.contact,
                    "party_role": "pii_controller",
                }
            ],
            "event": [
                {
                    "event_time": self.given_at.isoformat(),
                    "event_type": "explicit",
                    "event_state": "given",
                    "validity_duration": _duration(self.valid_for),
                    "entity_id": self.verification,
                }
            ],
        }


def _duration(span: timedelta) -> str:
    """ISO 8601: whole seconds."""
    return f"PT{int(span.total_seconds())}S"


def _invalid(what: str) -> InputError:
    return InputError(
        "consent_receipt_invalid", f"This is no consent receipt: {what}.", advice="Correct the notice it is made from."
    )
