"""How large a face is to be in the frame: for the advice, for the page's oval, and for the size of its frames.

Who stands farther away is smaller in the picture and needs more pixels for the same face. Only the advice and the frame
change with the distance: what must be seen of a person, and how surely, is the same at all of them.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final

from visavis.domain.distance import Distance
from visavis.pad.guidance import GuidanceOptions

__all__ = ["Framing", "framing_at"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Framing:
    """``oval_width``, ``oval_height``: of the outline of a head that is right, over the frame's shorter side, 0..1.
    ``side``: of frames, px, the longer one; no camera is asked for more. ``guidance``: what is said of a face there.
    """

    oval_width: float
    oval_height: float
    side: int
    guidance: GuidanceOptions = field(default_factory=GuidanceOptions)


# a head is about 3.7 times as high as the eyes are apart, and three quarters as wide as it is high
_FRAMINGS: Final[Mapping[Distance, Framing]] = {
    Distance.HAND_HELD: Framing(oval_width=0.51, oval_height=0.68, side=640),
    Distance.COUNTER: Framing(
        oval_width=0.4,
        oval_height=0.53,
        side=800,
        guidance=GuidanceOptions(closer_below=0.08, farther_above=0.75),
    ),
    Distance.KIOSK: Framing(
        oval_width=0.31,
        oval_height=0.41,
        side=960,
        guidance=GuidanceOptions(closer_below=0.066, farther_above=0.6),
    ),
}


def framing_at(distance: Distance) -> Framing:
    return _FRAMINGS[distance]
