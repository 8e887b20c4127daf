"""A frame of a stream with its halves beside it, so that many crops of it cost little.

Crops of a still picture are averaged over the very area that each of their pixels covers, which costs a millisecond or
two each. A capture needs half a dozen crops of every frame. `LayeredPicture` halves the frame once by exact averaging,
and again, each when it is first needed; a crop is then read, bilinearly, from the layer that is at most twice as fine,
so that hardly a pixel is skipped.
"""

import math
from dataclasses import dataclass, field
from typing import Final

import cv2
import numpy as np

from visavis.capture.picture import Picture, RgbImage
from visavis.perception.geometry import Matrix, sample, scale_of

__all__ = ["LayeredPicture", "layered", "sample_picture"]

_DEEPEST: Final = 6
_LEAST_SIDE: Final = 16
_LARGE: Final = 96
"""Px: a crop of this side and more is read from four channels, which OpenCV does in less than half of the time that it
takes for three, with the same result; for a smaller one it isn't worth making them.
"""


@dataclass(frozen=True, slots=True, eq=False)
class LayeredPicture(Picture):
    """A picture that remembers its halves. For one thread at a time: a layer is made when it is first asked for."""

    layers: list[RgbImage] = field(default_factory=list)
    fours: dict[int, RgbImage] = field(default_factory=dict)
    """Layers with a fourth channel, by their depth."""

    def layer(self, depth: int) -> RgbImage:
        """The picture halved ``depth`` times, or fewer where nothing would be left of it."""
        while len(self.layers) <= depth:
            if not self.layers:
                self.layers.append(self.pixels)
                continue
            last = self.layers[-1]
            height, width = last.shape[0] // 2, last.shape[1] // 2
            if min(height, width) < _LEAST_SIDE:
                break
            # an odd last row or column is left out: it takes part in nothing at a smaller size
            half = cv2.resize(last[: 2 * height, : 2 * width], (width, height), interpolation=cv2.INTER_AREA)
            self.layers.append(np.asarray(half, np.uint8))
        return self.layers[min(depth, len(self.layers) - 1)]

    def layer_for(self, scale: float) -> tuple[RgbImage, float]:
        """The coarsest layer that is still as fine as the picture at ``scale``, and its own scale."""
        depth = self._depth_for(scale)
        return self.layers[depth], 0.5**depth

    def source_for(self, scale: float, size: tuple[int, int]) -> tuple[RgbImage, float]:
        """As `layer_for`, of three or of four channels, whichever is faster for a crop of ``size``."""
        depth = self._depth_for(scale)
        pixels = self.fours.get(depth)
        if pixels is None:
            pixels = self.layers[depth]
            if min(size) >= _LARGE:
                pixels = self.fours[depth] = np.asarray(cv2.cvtColor(pixels, cv2.COLOR_RGB2RGBA), np.uint8)
        return pixels, 0.5**depth

    def _depth_for(self, scale: float) -> int:
        """The depth of a layer that is there by now."""
        depth = 0 if scale >= 1 else min(_DEEPEST, math.floor(-math.log2(max(scale, 1e-6))))
        self.layer(depth)
        return min(depth, len(self.layers) - 1)


def layered(picture: Picture) -> LayeredPicture:
    """``picture`` itself where it is layered already; no pixel is copied."""
    if isinstance(picture, LayeredPicture):
        return picture
    return LayeredPicture(picture.pixels, media_type=picture.media_type, grey=picture.grey)


def sample_picture(
    picture: Picture,
    matrix: Matrix,
    size: tuple[int, int],
    *,
    smooth_below: float | None = None,
    repeat_border: bool = False,
) -> RgbImage:
    """A crop, as `visavis.perception.geometry.sample`; of a `LayeredPicture` from its nearest finer layer."""
    if not isinstance(picture, LayeredPicture):
        if smooth_below is None:
            return sample(picture.pixels, matrix, size, repeat_border=repeat_border)
        return sample(picture.pixels, matrix, size, repeat_border=repeat_border, smooth_below=smooth_below)
    pixels, scale = picture.source_for(scale_of(matrix), size)
    (a, b, x), (c, d, y) = matrix.tolist()
    a, b, c, d = a / scale, b / scale, c / scale, d / scale
    crop = cv2.warpAffine(
        pixels,
        # OpenCV counts from the centre of the first pixel
        np.array([[a, b, x + (a + b) / 2 - 0.5], [c, d, y + (c + d) / 2 - 0.5]]),
        size,
        flags=cv2.INTER_LINEAR,
        borderMode=cv2.BORDER_REPLICATE if repeat_border else cv2.BORDER_CONSTANT,
    )
    if pixels.shape[2] > 3:
        crop = cv2.cvtColor(crop, cv2.COLOR_RGBA2RGB)
    return np.asarray(crop, np.uint8)
