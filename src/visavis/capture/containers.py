"""What a picture file says of itself, read before any decoder sees a byte of it.

Each walker below goes once through the structure of its format and gives a `Layout`: the size, whether the picture
moves, how it is turned, its colour profile, and the bytes that the decoder needs and no others. A decompression bomb is
so refused by its header; and metadata, where most decoders were ever broken, never reaches one.

A walker raises `PictureError`: ``picture_truncated`` where the bytes end too early, ``picture_corrupt`` where
the structure breaks its format's rules.
"""

import struct
import zlib
from typing import Final

from visavis.capture.jpeg_layout import jpeg_layout
from visavis.capture.layout import (
    MAX_PARTS,
    MAX_PROFILE,
    Bytes,
    Layout,
    bounded_profile,
    corrupt,
    exif_orientation,
    truncated,
    unsupported,
)
from visavis.capture.sniffing import Format

__all__ = ["read_layout"]


def read_layout(data: bytes, kind: Format, name: str) -> Layout:
    """The layout of a JPEG, PNG, WebP, JPEG 2000, BMP or GIF."""
    walker = {
        Format.JPEG: jpeg_layout,
        Format.PNG: _png,
        Format.WEBP: _webp,
        Format.JPEG_2000: _jpeg_2000,
        Format.BMP: _bmp,
        Format.GIF: _gif,
    }[kind]
    try:
        return walker(data, name)
    except (struct.error, IndexError) as error:  # a field that lies beyond the last byte
        raise truncated(name, error) from error


# --- PNG: W3C PNG, third edition ---

_PNG_KEPT: Final = frozenset({b"IHDR", b"PLTE", b"tRNS", b"IDAT", b"IEND"})


def _png(data: bytes, name: str) -> Layout:
    view = memoryview(data)
    kept: list[Bytes] = [view[:8]]
    if data[12:16] != b"IHDR":
        raise corrupt(name)
    width, height = struct.unpack_from(">II", data, 16)
    orientation, profile, frames = 1, None, 0
    at = 8
    for _ in range(MAX_PARTS):
        (length,) = struct.unpack_from(">I", data, at)
        kind = data[at + 4 : at + 8]
        end = at + 12 + length
        if end > len(data):
            raise truncated(name)
        body = view[at + 8 : at + 8 + length]
        if kind == b"acTL":
            frames = max(frames, struct.unpack_from(">I", body)[0])
        elif kind == b"eXIf":
            orientation = exif_orientation(bytes(body))
        elif kind == b"iCCP":
            profile = _png_profile(bytes(body[:MAX_PROFILE]))
        elif kind in _PNG_KEPT:
            kept.append(view[at:end])
        elif not kind[:1].islower():  # a critical chunk that is not known: clause 4.7.2, must not be ignored
            raise corrupt(name)
        at = end
        if kind == b"IEND":
            break
    else:
        raise corrupt(name)
    return Layout(
        width=width,
        height=height,
        payload=b"".join(kept),
        orientation=orientation,
        profile=profile,
        animated=frames > 1,
    )


def _png_profile(body: bytes) -> bytes | None:
    _, separator, packed = body.partition(b"\x00")
    if not separator or packed[:1] != b"\x00":
        return None
    try:
        return bounded_profile(zlib.decompressobj().decompress(packed[1:], MAX_PROFILE + 1))
    except zlib.error:
        return None


# --- WebP: RFC 9649 ---


def _webp(data: bytes, name: str) -> Layout:
    (riff_size,) = struct.unpack_from("<I", data, 4)
    end = 8 + riff_size
    if end > len(data):
        raise truncated(name)
    size: tuple[int, int] | None = None
    orientation, profile, frames = 1, None, 0
    at = 12
    for _ in range(MAX_PARTS):
        if at + 8 > end:
            break
        kind = data[at : at + 4]
        (length,) = struct.unpack_from("<I", data, at + 4)
        at += 8
        if at + length > end:
            raise truncated(name)
        body = data[at : at + min(length, MAX_PROFILE)]
        if kind == b"ANMF":
            frames += 1
        elif kind == b"EXIF":
            orientation = exif_orientation(body.removeprefix(b"Exif\x00\x00"))
        elif kind == b"ICCP":
            profile = bounded_profile(body)
        elif size is None:
            size = _webp_size(kind, body)
        at += length + (length & 1)
    else:
        raise corrupt(name)
    if size is None:
        raise corrupt(name)
    return Layout(
        width=size[0],
        height=size[1],
        payload=data[:end],
        orientation=orientation,
        profile=profile,
        animated=frames > 1,
    )


def _webp_size(kind: bytes, body: bytes) -> tuple[int, int] | None:
    if kind == b"VP8X":
        return 1 + int.from_bytes(body[4:7], "little"), 1 + int.from_bytes(body[7:10], "little")
    if kind == b"VP8 ":
        width, height = struct.unpack_from("<HH", body, 6)
        return width & 0x3FFF, height & 0x3FFF
    if kind == b"VP8L":
        (bits,) = struct.unpack_from("<I", body, 1)
        return 1 + (bits & 0x3FFF), 1 + (bits >> 14 & 0x3FFF)
    return None


# --- JPEG 2000: ITU-T T.800 annexes A and I ---

_J2K_START: Final = b"\xff\x4f\xff\x51"
_J2K_END: Final = b"\xff\xd9"
_J2K_PADDING: Final = 64
"""Bytes that a chip may leave behind the end of a codestream."""


def _jpeg_2000(data: bytes, name: str) -> Layout:
    at, end = (0, len(data)) if data[:4] == _J2K_START else _jp2_codestream(data, name)
    if end > len(data) or _J2K_END not in data[max(at, end - _J2K_PADDING) : end]:
        raise truncated(name)
    if data[at : at + 4] != _J2K_START:
        raise corrupt(name)
    right, bottom, left, top = struct.unpack_from(">IIII", data, at + 8)
    return Layout(width=right - left, height=bottom - top, payload=data)


def _jp2_codestream(data: bytes, name: str) -> tuple[int, int]:
    """Where the codestream of a JP2 file begins and ends."""
    at = 0
    for _ in range(MAX_PARTS):
        length, kind = struct.unpack_from(">I4s", data, at)
        head = 8
        if length == 1:
            (length,) = struct.unpack_from(">Q", data, at + 8)
            head = 16
        if length == 0 and kind == b"jp2c":  # "to the end of the file"
            length = len(data) - at
        if length < head:
            break
        if kind == b"jp2c":
            return at + head, at + length
        at += length
    raise corrupt(name)


# --- BMP ---


def _bmp(data: bytes, name: str) -> Layout:
    (header,) = struct.unpack_from("<I", data, 14)
    width: int
    height: int
    if header == 12:
        width, height = struct.unpack_from("<HH", data, 18)
        compression = 0
    else:
        width, height, _, _, compression = struct.unpack_from("<iiHHI", data, 18)
    if compression not in (0, 3):  # run lengths are read by a loop in Python, and no scanner writes them
        raise unsupported(name, "a compressed BMP picture")
    return Layout(width=width, height=abs(height), payload=data)


# --- GIF89a: looked at only to say why it is refused ---


def _gif(data: bytes, name: str) -> Layout:
    width, height, flags = struct.unpack_from("<HHB", data, 6)
    at = 13 + _palette_bytes(flags)
    frames = 0
    for _ in range(MAX_PARTS):
        block = data[at]
        if frames > 1 or block == 0x3B:
            break
        if block == 0x21:  # extension: label, sub-blocks
            at = _skip_sub_blocks(data, at + 2)
        elif block == 0x2C:  # image: descriptor, palette, code size, sub-blocks
            frames += 1
            at = _skip_sub_blocks(data, at + 10 + _palette_bytes(data[at + 9]) + 1)
        else:
            raise corrupt(name)
    return Layout(width=width, height=height, payload=b"", animated=frames > 1)


def _palette_bytes(flags: int) -> int:
    return 3 << (flags & 7) + 1 if flags & 0x80 else 0


def _skip_sub_blocks(data: bytes, at: int) -> int:
    while data[at]:
        at += data[at] + 1
    return at + 1
