"""Where the whole page lies, by the known places of the zone's characters on it.

OCR-B stands 2.54 mm apart in lines 6.35 mm apart, centred in the 23.2 mm at the foot of the page, beginning 6 mm from
its left edge on passports and 4 to 5 mm on cards (ICAO 9303-4, -5 and -6, 4: nominal dimensions; tolerance one
millimetre). The page above is extrapolated from a narrow strip, so this is for finding fields, not for measuring.
"""

from typing import Final

import numpy as np
from numpy.typing import NDArray

from visavis.capture.picture import RgbImage
from visavis.document.mrz.layout import LAYOUTS, Format
from visavis.document.mrz_picture.decode import DecodedZone
from visavis.document.mrz_picture.strip import LINE_SPACING, PITCH, Strip
from visavis.document.mrz_picture.warp import Homography, homography, through

__all__ = ["PAGE_SIZES", "page_corners", "page_homography"]

PAGE_SIZES: Final = {
    Format.TD1: (85.6, 53.98),
    Format.TD2: (105.0, 74.0),
    Format.MRV_B: (105.0, 74.0),
    Format.TD3: (125.0, 88.0),
    Format.MRV_A: (125.0, 88.0),
}
"""Width and height in mm (ISO/IEC 7810: ID-1, ID-2, ID-3); a visa's sticker is as large or a little less."""
_FOOT: Final = 23.2
_LEFT: Final = {Format.TD1: 4.7, Format.TD2: 4.0, Format.MRV_B: 4.0, Format.TD3: 6.0, Format.MRV_A: 6.0}


def page_homography(strip: Strip, zone: DecodedZone) -> Homography | None:
    """From millimetres of the page, its top left corner at 0, to px of the picture; None where no place fits."""
    width, height = PAGE_SIZES[zone.format]
    layout = LAYOUTS[zone.format]
    place = np.arange(layout.length, dtype=np.float64)
    # the pitch and the first character's middle, by where the recogniser saw all of them
    xs = np.stack([strip.along(steps, places=layout.length) for steps in zone.steps])
    slope, first = np.polyfit(place, np.median(xs, axis=0), 1)
    if slope <= 0:
        return None
    source, target = [], []
    for number, line in enumerate(strip.lines):
        x = first + slope * place
        target.append(through(strip.to_picture, np.stack([x, line.y(x)], axis=1)))
        y = height - _FOOT / 2 + (number - (layout.lines - 1) / 2) * LINE_SPACING
        page_x = _LEFT[zone.format] + PITCH * (place + 0.5)
        source.append(np.stack([page_x, np.full(layout.length, y)], axis=1))
    try:
        found = homography(np.concatenate(source), np.concatenate(target))
    except ValueError:
        return None
    # every corner before the camera, and the page still a page
    corners = np.array([[0, 0, 1], [width, 0, 1], [width, height, 1], [0, height, 1]])
    depths = corners @ found[2]
    return found if np.all(depths > 0.2 * depths.max()) else None


def page_corners(strip: Strip, zone: DecodedZone, *, pixels: RgbImage) -> NDArray[np.float64] | None:
    """(4, 2): the page's corners in px, clockwise from its top left; None where they lie absurdly far outside."""
    matrix = page_homography(strip, zone)
    if matrix is None:
        return None
    width, height = PAGE_SIZES[zone.format]
    corners = through(matrix, np.array([[0.0, 0.0], [width, 0.0], [width, height], [0.0, height]]))
    size = np.array([pixels.shape[1], pixels.shape[0]], np.float64)
    sides = np.roll(corners, -1, axis=0) - corners
    turns = sides[:, 0] * np.roll(sides[:, 1], -1) - sides[:, 1] * np.roll(sides[:, 0], -1)
    if not np.all(turns > 0) or (corners < -0.5 * size).any() or (corners > 1.5 * size).any():
        return None
    return corners
