"""One frame of a capture stream, from its JPEG.

A capture sends ten a second and more, so this is three times as fast as `visavis.capture.picture.read_picture`, and
takes less: JPEG alone, in the colours it says it has, without a colour profile.
"""

from dataclasses import dataclass
from typing import Final

import cv2
import numpy as np

from visavis.capture.containers import read_layout
from visavis.capture.layout import Layout, corrupt, truncated
from visavis.capture.picture import Picture
from visavis.capture.raster import turn
from visavis.capture.sniffing import Format, sniff_format
from visavis.errors import FileError, PictureError
from visavis.files import too_large

__all__ = ["FrameLimits", "decode_frame"]

NAME: Final = "The frame"
_END: Final = b"\xff\xd9"


@dataclass(frozen=True, slots=True, kw_only=True)
class FrameLimits:
    """``max_bytes``: of one frame. ``max_pixels``, ``min_side``: by its header, before decoding. ``max_passes``: scans
    of a progressive JPEG, each of which goes over the whole picture.

    ``side``: a larger frame is decoded at a half, a quarter or an eighth, which is faster than at full size. Its longer
    side is never under ``side`` pixels for that, and under twice that unless it has more than eight times ``side``.
    """

    max_bytes: int = 2_000_000
    max_pixels: int = 16_000_000
    min_side: int = 120
    max_passes: int = 12
    side: int = 640


DEFAULT: Final = FrameLimits()

_REDUCED: Final = (
    (1, cv2.IMREAD_COLOR_RGB),
    (2, cv2.IMREAD_REDUCED_COLOR_2),
    (4, cv2.IMREAD_REDUCED_COLOR_4),
    (8, cv2.IMREAD_REDUCED_COLOR_8),
)
"""OpenCV gives only the first as RGB."""


def decode_frame(data: bytes, *, limits: FrameLimits = DEFAULT) -> Picture:
    """The picture in ``data``, one JPEG: upright, RGB, its longer side from ``limits.side`` to about twice that.

    Memory: three bytes a pixel as decoded, so 3.7 MB at most for frames in the usual proportions, beside the decoder's
    own; a progressive one needs six bytes for each pixel as coded. Where the data are damaged farther on, the frame
    comes as far as it goes, as from any decoder of JPEGs, and libjpeg writes a line about it to standard error.

    Raises `FileError`: ``file_empty``, ``file_too_large``. `PictureError`: ``frame_not_jpeg``, ``picture_too_small``,
    ``picture_too_large``, ``picture_truncated``, ``picture_corrupt``.
    """
    if not data:
        raise FileError("file_empty", "The frame is empty.", advice="Send each frame as a JPEG.")
    if len(data) > limits.max_bytes:
        raise too_large(NAME, limits.max_bytes)
    if sniff_format(data[:64]) is not Format.JPEG:
        raise PictureError("frame_not_jpeg", "The frame is no JPEG.", advice="Send each frame as a JPEG.")
    layout = read_layout(data, Format.JPEG, NAME)
    _check(layout, limits)
    if not data.rstrip(b"\x00").endswith(_END):
        raise truncated(NAME)
    longer = max(layout.width, layout.height)
    step, how = next((item for item in reversed(_REDUCED) if longer >= item[0] * limits.side), _REDUCED[0])
    try:
        pixels = cv2.imdecode(np.frombuffer(data, np.uint8), how | cv2.IMREAD_IGNORE_ORIENTATION)
    except (cv2.error, MemoryError) as error:
        raise corrupt(NAME) from error
    if pixels is None or pixels.shape != (-(-layout.height // step), -(-layout.width // step), 3):
        raise corrupt(NAME)
    if step > 1:
        pixels = cv2.cvtColor(pixels, cv2.COLOR_BGR2RGB)
    upright = turn(np.asarray(pixels, np.uint8), layout.orientation)
    upright.flags.writeable = False
    return Picture(upright, media_type=Format.JPEG.value)


def _check(layout: Layout, limits: FrameLimits) -> None:
    width, height = layout.width, layout.height
    if min(width, height) < limits.min_side:
        raise PictureError(
            "picture_too_small",
            f"The frame has {width} x {height} pixels; at least {limits.min_side} each way are needed.",
            advice="Send larger frames.",
        )
    if width * height > limits.max_pixels or layout.passes > limits.max_passes:
        raise PictureError(
            "picture_too_large",
            f"The frame has {width} x {height} pixels in {layout.passes} passes; {limits.max_pixels / 1e6:g} megapixels"
            f" in {limits.max_passes} passes are the most.",
            advice="Send smaller frames, as ordinary JPEGs.",
        )
