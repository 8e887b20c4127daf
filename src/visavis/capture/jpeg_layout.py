"""The structure of a JPEG: ITU-T T.81 annex B."""

import struct
from collections.abc import Iterator
from typing import Final

from visavis.capture.layout import MAX_PARTS, Bytes, Layout, bounded_profile, corrupt, exif_orientation, truncated

__all__ = ["jpeg_layout"]

_EOI, _SOS, _APP1, _APP2 = 0xD9, 0xDA, 0xE1, 0xE2
_JPEG_LEFT_OUT: Final = (frozenset(range(0xE0, 0xF0)) | {0xFE}) - {0xE0, 0xEE}
"""APPn and comments, but for APP0 (JFIF) and APP14 (Adobe), which tell the decoder the colour space."""
_STANDALONE: Final = frozenset({0x00, 0x01, *range(0xD0, 0xD9)})
_FRAMES: Final = frozenset(range(0xC0, 0xD0)) - {0xC4, 0xC8, 0xCC}


def jpeg_layout(data: bytes, name: str) -> Layout:
    view = memoryview(data)
    kept: list[Bytes] = [view[:2]]
    size: tuple[int, int] | None = None
    orientation = 1
    profile: dict[int, bytes] = {}
    start = 2
    for marker, start, end in _jpeg_segments(data, name):
        body = data[start + 3 : end]
        if marker in _FRAMES:
            if size is not None:
                raise corrupt(name)
            height, width = struct.unpack_from(">HH", body, 1)
            size = width, height
        elif marker == _APP1 and body[:6] == b"Exif\x00\x00":
            orientation = exif_orientation(body[6:])
        elif marker == _APP2 and body[:12] == b"ICC_PROFILE\x00" and len(body) > 14:
            profile[body[12]] = body[14:]
        if marker not in _JPEG_LEFT_OUT and marker != _SOS:
            kept += [b"\xff", view[start:end]]
    if size is None:
        raise corrupt(name)
    kept += [b"\xff", view[start:]]
    return Layout(
        width=size[0],
        height=size[1],
        payload=b"".join(kept),
        orientation=orientation,
        profile=bounded_profile(b"".join(profile[number] for number in sorted(profile))),
        passes=data.count(b"\xff\xda", start - 1),
    )


def _jpeg_segments(data: bytes, name: str) -> Iterator[tuple[int, int, int]]:
    """(marker, index of the marker's own byte, index behind it), up to the first scan."""
    at, marker = 2, 0
    for _ in range(MAX_PARTS):
        at = data.find(b"\xff", at)  # bytes between segments: decoders skip them, so do we
        if at < 0:
            raise truncated(name)
        while data[at] == 0xFF:  # fill bytes
            at += 1
        start, marker = at, data[at]
        at += 1
        if marker in _STANDALONE:
            continue
        if marker == _EOI:
            raise truncated(name)
        (length,) = struct.unpack_from(">H", data, at)
        if length < 2:
            raise corrupt(name)
        at += length
        if at > len(data):
            raise truncated(name)
        yield marker, start, at
        if marker == _SOS:
            return
    raise corrupt(name)
