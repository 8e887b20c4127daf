"""Where a face went between two frames, before its landmarks are looked for: by how much its picture shifted.

The landmark network is best where the face is in the middle of its crop; between two frames of a moving head the crop
of the first is off, and the pose trembles half as much again. Phase correlation of two small crops tells the shift for
a tenth of the cost of a second look (C. Kuglin, D. Hines, "The phase correlation image alignment method", 1975).
"""

from dataclasses import dataclass, replace
from typing import Final

import cv2
import numpy as np

from visavis.capture.picture import Picture
from visavis.perception.geometry import Region
from visavis.perception.layers import sample_picture
from visavis.perception.session import FloatTensor

__all__ = ["Glimpse", "follow_glimpse", "glimpse"]

_SIDE: Final = 64
_LEAST_RESPONSE: Final = 0.2
_LEAST_CONTRAST: Final = 8.0
"""Grey levels: a shift of nothing at all is any shift."""
_MOST_SHIFT: Final = 0.3
"""Of the region's side: a face that jumped farther is looked for where it was, and then anew."""


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class Glimpse:
    """``grey`` (64, 64) float32, read-only: what ``region`` of a frame showed, faded out to its border. 16 kB."""

    region: Region
    grey: FloatTensor


def glimpse(picture: Picture, region: Region) -> Glimpse:
    crop = sample_picture(picture, region.to_crop(_SIDE), (_SIDE, _SIDE), repeat_border=True)
    grey = np.asarray(cv2.cvtColor(crop, cv2.COLOR_RGB2GRAY), np.float32)
    # not given to phaseCorrelate, which would multiply what is kept in place
    grey = (grey - grey.mean()) * cv2.createHanningWindow((_SIDE, _SIDE), cv2.CV_32F)
    grey.setflags(write=False)
    return Glimpse(region=region, grey=grey)


def follow_glimpse(before: Glimpse, picture: Picture) -> Region:
    """The region of ``before``, moved to where what it showed is in ``picture``; itself where that cannot be told."""
    region = before.region
    now = glimpse(picture, region).grey
    (x, y), response = cv2.phaseCorrelate(before.grey, now)
    told = response >= _LEAST_RESPONSE and np.hypot(x, y) <= _MOST_SHIFT * _SIDE  # false for NaN too
    if not told or min(float(np.ptp(before.grey)), float(np.ptp(now))) < _LEAST_CONTRAST:
        return region
    scale, cos, sin = region.side / _SIDE, np.cos(region.angle), np.sin(region.angle)
    across, down = float(scale * (cos * x - sin * y)), float(scale * (sin * x + cos * y))
    return replace(region, x=region.x + across, y=region.y + down)
