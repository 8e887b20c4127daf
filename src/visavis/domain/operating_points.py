"""The operating points of attack detection: how its witnesses are combined, by name (ISO/IEC 30107-3).

Policies ask for one, an assessment is made at one; docs/decisions/0009-light-that-cannot-tell.md says what each asks.
"""

from enum import StrEnum
from typing import Final

__all__ = ["LIGHT_ALONE", "STRICTNESS", "PadOperatingPoint"]


class PadOperatingPoint(StrEnum):
    """The stricter refuses more attacks and more people. A pass at the stricter one is a pass at the other."""

    STANDARD = "standard"
    STRICT = "strict"


STRICTNESS: Final = {PadOperatingPoint.STANDARD: 0, PadOperatingPoint.STRICT: 1}

LIGHT_ALONE: Final = "light_inconclusive_second_channel"
"""The reason that an assessment gives first where every other witness passed and only the light, which could not tell,
stands in the way; the one for which a policy may hear a second channel."""
