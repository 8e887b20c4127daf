"""What a JPEG tells of its encoder, so that a change of it within a stream is seen: ITU-T T.81 annex B."""

import hashlib
from typing import Final

__all__ = ["jpeg_trace"]

_START: Final = b"\xff\xd8"
_TABLES: Final = frozenset({0xDB, 0xDD})  # quantisation, restart interval
_FRAMES: Final = frozenset(range(0xC0, 0xD0)) - {0xC4, 0xC8, 0xCC}
_SCAN: Final = 0xDA
_MOST_SEGMENTS: Final = 64


def jpeg_trace(data: bytes) -> str:
    """Sixteen hexadecimal digits over quantisation tables, coding process and subsampling, in the order they stand.

    The same encoder at the same quality gives the same ones for every picture of any size. Empty where ``data`` is
    not a JPEG whose head can be read.
    """
    if data[:2] != _START:
        return ""
    digest, at = hashlib.sha256(), 2
    for _ in range(_MOST_SEGMENTS):
        marker, length = data[at : at + 2], int.from_bytes(data[at + 2 : at + 4], "big")
        body = data[at + 4 : at + 2 + length]
        if len(marker) < 2 or marker[0] != 0xFF or length < 2 or len(body) != length - 2:
            return ""
        kind = marker[1]
        if kind == _SCAN:
            return digest.hexdigest()[:16]
        if kind in _TABLES:
            digest.update(marker + body)
        elif kind in _FRAMES:
            digest.update(marker + body[5:])  # without precision, height and width
        at += 2 + length
    return ""
