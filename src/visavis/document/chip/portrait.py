"""DG2: the portrait in the chip (ICAO Doc 9303-10 section 4.7.2).

Within CBEFF templates (ISO/IEC 7816-11) it is coded either by ISO/IEC 19794-5:2005, a record of fixed fields, or by
ISO/IEC 39794-5:2019, tagged. The picture is JPEG or JPEG 2000. Its size is read from its own header, never believed
from the record, and held against `LIMITS` before anything is decoded.
"""

import struct
from dataclasses import dataclass
from typing import Final

from visavis.capture.containers import read_layout
from visavis.capture.picture import Picture, PictureLimits, read_picture
from visavis.capture.sniffing import Format, sniff_format
from visavis.document.chip.der import Element, broken, read
from visavis.document.chip.files import group_limits

__all__ = ["LIMITS", "Portrait", "decode_portrait", "read_portraits"]

LIMITS: Final = PictureLimits(max_bytes=524_288, max_pixels=12_000_000, max_pixels_jpeg_2000=6_000_000, max_side=5_000)
"""A portrait of a passport at 600 dpi has under a megapixel."""
MAX_PORTRAITS: Final = 8
_PICTURES: Final = frozenset({Format.JPEG, Format.JPEG_2000})
_NAME: Final = "The portrait in the chip"
_WHAT: Final = "DG2"
_GROUP, _TEMPLATE, _COUNT, _PLAIN, _TAGGED, _FACE_BLOCK = 0x7F61, 0x7F60, 0x02, 0x5F2E, 0x7F2E, 0x65


@dataclass(frozen=True, slots=True, kw_only=True)
class Portrait:
    """``data`` is the picture's file as it is in the chip, ``media_type`` what its bytes are. ``width`` and ``height``
    are from the picture's own header, in pixels. ``encoding``: ``ISO/IEC 19794-5`` or ``ISO/IEC 39794-5``.
    """

    data: bytes
    media_type: str
    width: int
    height: int
    encoding: str


def read_portraits(data: bytes) -> tuple[Portrait, ...]:
    """Every portrait in DG2, the main one first. Nothing is decoded.

    Raises `ChipError`: as `visavis.document.chip.der.scan`, and ``chip_content_broken``. `PictureError`: as
    `visavis.capture.picture.read_picture` says of headers.
    """
    group = read(data, 0x75, _WHAT, limits=group_limits(2)).get(_GROUP, _WHAT)
    templates = [item for item in group if item.tag == _TEMPLATE]
    if not 1 <= len(templates) <= MAX_PORTRAITS:
        raise broken(_WHAT)
    found: list[Portrait] = []
    for template in templates:
        plain, tagged = template.find(_PLAIN), template.find(_TAGGED)
        if plain is not None:
            found += [_portrait(picture, "ISO/IEC 19794-5") for picture in _record(plain.content)]
        elif tagged is not None:
            found += [_portrait(picture, "ISO/IEC 39794-5") for picture in _tagged(tagged)]
    if not found:
        raise broken(_WHAT)
    return tuple(found)


def decode_portrait(portrait: Portrait) -> Picture:
    """The portrait's pixels. Raises `PictureError` as `read_picture`, which checks the header once more."""
    return read_picture(portrait.data, limits=LIMITS)


def _portrait(data: bytes, encoding: str) -> Portrait:
    kind = sniff_format(data)
    if kind not in _PICTURES:
        raise broken(_WHAT)
    layout = read_layout(data, kind, _NAME)
    return Portrait(data=data, media_type=kind.value, width=layout.width, height=layout.height, encoding=encoding)


def _record(record: bytes) -> list[bytes]:
    """The pictures of a face record (ISO/IEC 19794-5:2005 clause 5).

    1. facial record header, 14 bytes; 2. for each face the facial information, 20 bytes, whose length spans the face;
    3. feature points, 8 bytes each; 4. image information, 12 bytes; 5. the picture.
    """
    if len(record) < 14:
        raise broken(_WHAT)
    magic, version, length, count = struct.unpack_from(">4s4sIH", record)
    if magic != b"FAC\0" or version != b"010\0" or length != len(record) or not 1 <= count <= MAX_PORTRAITS:
        raise broken(_WHAT)
    pictures: list[bytes] = []
    at = 14
    for _ in range(count):
        if at + 20 > len(record):
            raise broken(_WHAT)
        size, points = struct.unpack_from(">IH", record, at)
        begin, end = at + 20 + 8 * points + 12, at + size
        if not begin < end <= len(record):
            raise broken(_WHAT)
        pictures.append(record[begin:end])
        at = end
    if at != len(record):
        raise broken(_WHAT)
    return pictures


def _tagged(block: Element) -> list[bytes]:
    """The pictures of a FaceImageDataBlock (ISO/IEC 39794-5:2019 annex A), which may stand in a wrapper of its own.

    representationBlocks [1] > RepresentationBlock > imageRepresentation [1] > base [0] > imageRepresentation2DBlock [0]
    > representationData2D [0].
    """
    face = block.find(_FACE_BLOCK)
    if face is None:
        wrapper = block.find(0xA1)
        face = None if wrapper is None else wrapper.find(_FACE_BLOCK)
    if face is None:
        raise broken(_WHAT)
    pictures: list[bytes] = []
    for representation in face.get(0xA1, _WHAT):
        if len(pictures) == MAX_PORTRAITS:
            raise broken(_WHAT)
        base = representation.get(0xA1, _WHAT).get(0xA0, _WHAT)
        pictures.append(base.get(0xA0, _WHAT).get(0x80, _WHAT).content)
    return pictures
