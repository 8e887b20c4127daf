"""A picture as the rest of visavis sees it (the reader of files is filled in beside this type)."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

__all__ = ["Picture", "RgbImage"]

RgbImage = NDArray[np.uint8]


@dataclass(frozen=True, slots=True, eq=False)
class Picture:
    """An upright picture: ``pixels`` is (height, width, 3), RGB, 0..255, contiguous and read-only.

    EXIF orientation is applied, transparency laid on white, wider samples brought to 8 bits. ``media_type`` is what
    the bytes were found to be, never what the file's name claims. ``grey`` tells a picture without colour.
    """

    pixels: RgbImage
    media_type: str = "image/x-raw"
    grey: bool = False

    @property
    def width(self) -> int:
        return int(self.pixels.shape[1])

    @property
    def height(self) -> int:
        return int(self.pixels.shape[0])
