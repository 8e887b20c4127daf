"""What a picture file says of itself before it is decoded, and the two ways in which its structure can fail."""

import struct
from dataclasses import dataclass
from typing import Final

from visavis.errors import PictureError

__all__ = [
    "MAX_PARTS",
    "MAX_PROFILE",
    "Bytes",
    "Layout",
    "bounded_profile",
    "corrupt",
    "exif_orientation",
    "truncated",
    "unsupported",
]

MAX_PARTS: Final = 100_000
"""Segments, chunks or boxes of one file; a file may otherwise hold millions that say nothing."""

MAX_PROFILE: Final = 4_000_000
"""Bytes of a colour profile; the largest CMYK press profiles have 2.7 MB."""

Bytes = bytes | memoryview


@dataclass(frozen=True, slots=True, kw_only=True)
class Layout:
    """``width`` and ``height`` in pixels as coded, before turning; ``orientation`` is the EXIF value 1..8.

    ``passes`` is how often a decoder goes over the whole picture (the scans of a progressive JPEG).
    """

    width: int
    height: int
    payload: bytes
    orientation: int = 1
    profile: bytes | None = None
    animated: bool = False
    passes: int = 1


def truncated(name: str, cause: BaseException | None = None) -> PictureError:
    error = PictureError(
        "picture_truncated",
        f"{name} ends before its picture does.",
        advice="Copy or send the file again.",
    )
    error.__cause__ = cause
    return error


def corrupt(name: str, cause: BaseException | None = None) -> PictureError:
    error = PictureError("picture_corrupt", f"{name} is damaged.", advice="Copy or send the file again.")
    error.__cause__ = cause
    return error


def unsupported(name: str, what: str) -> PictureError:
    return PictureError(
        "picture_format_unsupported", f"{name} is {what}, which is not read.", advice="Save it as JPEG or PNG."
    )


def exif_orientation(tiff: bytes) -> int:
    """Tag 0x0112 of the first directory (EXIF 3.0 clause 4.6), or 1 where it is missing or makes no sense."""
    order = {b"II": "<", b"MM": ">"}.get(tiff[:2])
    if order is None:
        return 1
    try:
        (at,) = struct.unpack_from(order + "I", tiff, 4)
        (count,) = struct.unpack_from(order + "H", tiff, at)
        for entry in range(at + 2, at + 2 + 12 * count, 12):
            tag, kind, _, value = struct.unpack_from(order + "HHIH", tiff, entry)
            if tag == 0x0112:
                return int(value) if kind == 3 and 1 <= value <= 8 else 1
    except struct.error:
        return 1
    return 1


def bounded_profile(profile: bytes) -> bytes | None:
    return profile if 128 < len(profile) <= MAX_PROFILE else None
