"""The words that a policy is written in."""

from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum
from typing import Final

from visavis.decision.requirements import Rule

__all__ = [
    "LONGEST_LOCKOUT",
    "Corrections",
    "Disclosure",
    "Lockout",
    "OnDisagreement",
    "OnFail",
    "OnInconclusive",
    "Protection",
    "ReferenceSource",
    "Requirement",
    "Retention",
    "Review",
    "TryLimit",
    "Unsafe",
]


class ReferenceSource(StrEnum):
    """Where the reference may come from, in a policy in order of preference."""

    CHIP = "chip"
    DOCUMENT_PORTRAIT = "document_portrait"
    ENROLLED = "enrolled"


class Disclosure(StrEnum):
    """All that a relying party can ever be told of a document. There is no picture among it."""

    FAMILY_NAME = "family_name"
    GIVEN_NAMES = "given_names"
    DATE_OF_BIRTH = "date_of_birth"
    NATIONALITY = "nationality"
    DOCUMENT_NUMBER = "document_number"
    DOCUMENT_TYPE = "document_type"
    DATE_OF_EXPIRY = "date_of_expiry"
    ISSUING_STATE = "issuing_state"


class Corrections(StrEnum):
    """What a holder may mend of what was misread: `visavis.service.corrections`."""

    NAMES = "names"
    NONE = "none"


class OnFail(StrEnum):
    REJECT = "reject"
    REFER = "refer"
    """A person looks at it."""


class OnInconclusive(StrEnum):
    RETRY = "retry"
    REFER = "refer"


class Protection(StrEnum):
    """What every biometric policy has, unless it says in ``[unsafe]`` that it does without."""

    ATTACK_DETECTION = "attack_detection"
    CONSENT = "consent"


@dataclass(frozen=True, slots=True, kw_only=True)
class Requirement:
    """A rule, and what follows where it is not met. A check that was not made counts as inconclusive."""

    rule: Rule
    on_fail: OnFail = OnFail.REJECT
    on_inconclusive: OnInconclusive = OnInconclusive.RETRY


@dataclass(frozen=True, slots=True, kw_only=True)
class Retention:
    """How long evidence material is kept after each outcome; nothing by default. What is inconclusive is never kept."""

    accepted: timedelta = timedelta()
    rejected: timedelta = timedelta()
    referred: timedelta = timedelta()


LONGEST_LOCKOUT: Final = timedelta(days=7)
"""No window and no wait is longer."""


@dataclass(frozen=True, slots=True, kw_only=True)
class TryLimit:
    """So many ``tries`` within ``window``; then nothing is taken for ``wait``."""

    tries: int
    window: timedelta
    wait: timedelta


@dataclass(frozen=True, slots=True, kw_only=True)
class Lockout:
    """When one must wait: for captures with one document, always; for verifications of a relying party that were not
    accepted, where the policy says so. What stands here is part of the meaning of every policy that says nothing, and
    never changes. (Ten: NIST SP 800-63B-4 section 3.2.3, for biometrics with attack detection.)
    """

    document: TryLimit = TryLimit(tries=10, window=timedelta(hours=24), wait=timedelta(hours=1))
    relying_party: TryLimit | None = None


class OnDisagreement(StrEnum):
    """What follows where two reviewers do not say the same: see `visavis.decision.review`."""

    STRICTER = "stricter"
    THIRD_PERSON = "third_person"


@dataclass(frozen=True, slots=True, kw_only=True)
class Review:
    """How many people, 1 or 2, must look at a case that was referred, each without knowing what another one said."""

    persons: int = 1
    on_disagreement: OnDisagreement = OnDisagreement.STRICTER


@dataclass(frozen=True, slots=True, kw_only=True)
class Unsafe:
    """A bypass, named as one: the protections it does without, and why. Such a policy grants and discloses nothing."""

    without: tuple[Protection, ...]
    because: str
