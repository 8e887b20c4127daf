"""The public-domain portraits that `tools/portraits.py` fetches, framed as on a document."""

from pathlib import Path
from typing import Final

import numpy as np

from visavis.capture.picture import RgbImage, read_picture
from visavis.evaluation.degradation import portrait

__all__ = ["PUBLIC_DOMAIN", "framed_portraits"]

PUBLIC_DOMAIN: Final = {
    "obama.jpg": ((443.2, 216.1), (548.2, 215.7)),
    "obama2.jpg": ((252.7, 370.5), (370.4, 383.8)),
    "biden.jpg": ((533.9, 325.4), (649.6, 351.0)),
}
"""Name: the middles of the eyes in px, the holder's right one first, as the landmark model finds them."""

WIDTH: Final = 480
"""Px: 35 mm at 14 px a millimetre."""


def framed_portraits(folder: Path) -> tuple[RgbImage, ...]:
    """Each in 35 x 45, in the order of `PUBLIC_DOMAIN`. Raises FileError and PictureError as `read_picture`."""
    return tuple(
        portrait(read_picture(folder / name).pixels, np.array(eyes, np.float32), WIDTH)
        for name, eyes in PUBLIC_DOMAIN.items()
    )
