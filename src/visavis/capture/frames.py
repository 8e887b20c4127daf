"""One frame of a capture stream, from its JPEG."""

from dataclasses import dataclass
from typing import Final

from visavis.capture.jpeg_layout import jpeg_layout
from visavis.capture.picture import Picture, PictureLimits, read_picture
from visavis.capture.sniffing import Format, sniff_format
from visavis.errors import PictureError

__all__ = ["FrameLimits", "decode_frame"]


@dataclass(frozen=True, slots=True, kw_only=True)
class FrameLimits:
    """``max_bytes``: of one frame. ``max_pixels``: by its header, before decoding. ``side``: a larger frame is decoded
    at reduced size, its longer side never under ``side`` pixels and under twice that.
    """

    max_bytes: int = 2_000_000
    max_pixels: int = 16_000_000
    side: int = 640


_DEFAULT: Final = FrameLimits()


def decode_frame(data: bytes, *, limits: FrameLimits = _DEFAULT) -> Picture:
    """The picture in ``data``, one JPEG."""
    if sniff_format(data) is not Format.JPEG:
        raise PictureError("frame_not_jpeg", "A frame is not a JPEG.", advice="Send each frame as a JPEG.")
    jpeg_layout(data, "frame")
    return read_picture(
        data,
        limits=PictureLimits(max_bytes=limits.max_bytes, max_pixels=limits.max_pixels),
        target_side=limits.side,
    )
