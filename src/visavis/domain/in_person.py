"""The other way where a person serves: somebody of the relying party's own staff looks at the original document.

No picture is taken and no face is measured, so there is nothing biometric in it and no consent to keep. What was shown
is stated here as it was typed; of its number only the pseudonym stays.
"""

from dataclasses import dataclass, field
from datetime import date
from enum import StrEnum
from typing import Final

__all__ = ["IN_PERSON", "InPersonCheck", "InPersonVerdict", "ShownDocument", "ShownDocumentType"]

IN_PERSON: Final = "in_person"
"""The alternative of a policy (`visavis.decision.policy.Policy.alternative`) whose other way is this one."""


class ShownDocumentType(StrEnum):
    """What was shown; the first two by the words in which a reading tells them."""

    PASSPORT = "passport"
    IDENTITY_CARD = "identity_card"
    RESIDENCE_PERMIT = "residence_permit"
    DRIVING_LICENCE = "driving_licence"


class InPersonCheck(StrEnum):
    """What a person did, and can put their name to."""

    ORIGINAL_HELD = "original_held"
    """Held it in their own hands: the original, and no copy, photograph or screen."""
    FEATURES_SEEN = "features_seen"
    """Tilted it and felt it: what changes in the light, and raised print."""
    PHOTOGRAPH_COMPARED = "photograph_compared"
    """The photograph shows whoever stands there."""
    DETAILS_COMPARED = "details_compared"
    """Nothing on it was changed, and it agrees with what its holder says."""
    AGE_REACHED = "age_reached"
    """By its birth date, the holder has reached the age that the policy asks for."""


class InPersonVerdict(StrEnum):
    ACCEPT = "accept"
    REJECT = "reject"


@dataclass(frozen=True, slots=True, kw_only=True)
class ShownDocument:
    """``issuing_state``: its code by ICAO 9303-3, 5. ``number``: as it is printed; of the PRC's identity card the
    citizen's number. ``expires``: its last day, None where it bears none.
    """

    kind: ShownDocumentType
    issuing_state: str
    number: str = field(repr=False)
    expires: date | None = None
