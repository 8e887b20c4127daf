"""What bytes are, by what is in them; a file's name says nothing."""

from enum import StrEnum
from typing import Final

__all__ = ["Format", "MediaKind", "sniff", "sniff_format"]


class MediaKind(StrEnum):
    PICTURE = "picture"
    VIDEO = "video"
    UNKNOWN = "unknown"


class Format(StrEnum):
    """Formats that are told apart; the value is the media type. Not each of them is read."""

    JPEG = "image/jpeg"
    PNG = "image/png"
    WEBP = "image/webp"
    HEIC = "image/heic"
    HEIC_SEQUENCE = "image/heic-sequence"
    JPEG_2000 = "image/jp2"
    BMP = "image/bmp"
    GIF = "image/gif"
    TIFF = "image/tiff"
    AVIF = "image/avif"
    JPEG_XL = "image/jxl"
    PHOTOSHOP = "image/vnd.adobe.photoshop"
    MP4 = "video/mp4"
    QUICKTIME = "video/quicktime"
    THREE_GPP = "video/3gpp"
    WEBM = "video/webm"
    MATROSKA = "video/x-matroska"
    AVI = "video/vnd.avi"
    UNKNOWN = "application/octet-stream"

    @property
    def kind(self) -> MediaKind:
        return MediaKind(_KINDS.get(self.value.partition("/")[0], MediaKind.UNKNOWN))


_KINDS: Final = {"image": MediaKind.PICTURE, "video": MediaKind.VIDEO}

_PREFIXES: Final = (
    (b"\xff\xd8\xff", Format.JPEG),
    (b"\x89PNG\r\n\x1a\n", Format.PNG),
    (b"GIF87a", Format.GIF),
    (b"GIF89a", Format.GIF),
    (b"II*\x00", Format.TIFF),
    (b"MM\x00*", Format.TIFF),
    (b"II+\x00", Format.TIFF),
    (b"MM\x00+", Format.TIFF),
    (b"\x00\x00\x00\x0cjP  \r\n\x87\n", Format.JPEG_2000),
    (b"\xff\x4f\xff\x51", Format.JPEG_2000),
    (b"\x00\x00\x00\x0cJXL \r\n\x87\n", Format.JPEG_XL),
    (b"\xff\x0a", Format.JPEG_XL),
    (b"8BPS\x00", Format.PHOTOSHOP),
)

_BMP_HEADER_SIZES: Final = frozenset({12, 40, 52, 56, 64, 108, 124})

# ISO/IEC 23008-12 (HEIF) clause 10 and its annexes; the brands of one coded picture, and those of a sequence
_HEIC_BRANDS: Final = frozenset({b"heic", b"heix", b"heim", b"heis", b"mif1"})
_HEIC_SEQUENCE_BRANDS: Final = frozenset({b"hevc", b"hevx", b"hevm", b"hevs", b"msf1"})
_AVIF_BRANDS: Final = frozenset({b"avif", b"avis"})
# atoms that a QuickTime film from before `ftyp` (ISO/IEC 14496-12) may begin with
_QUICKTIME_ATOMS: Final = frozenset({b"moov", b"mdat", b"wide", b"free", b"skip", b"pnot"})


def sniff(data: bytes) -> MediaKind:
    """Picture, video or neither; the first 4 kB are enough."""
    return sniff_format(data).kind


def sniff_format(data: bytes) -> Format:
    """The format of ``data`` by its first bytes."""
    for prefix, found in _PREFIXES:
        if data.startswith(prefix):
            return found
    if data[:4] == b"RIFF":
        return {b"WEBP": Format.WEBP, b"AVI ": Format.AVI}.get(data[8:12], Format.UNKNOWN)
    if data[:4] == b"\x1aE\xdf\xa3":
        return _matroska(data)
    if data[4:8] == b"ftyp":
        return _iso_media(data)
    if data[:2] == b"BM" and int.from_bytes(data[14:18], "little") in _BMP_HEADER_SIZES:
        return Format.BMP
    return Format.QUICKTIME if data[4:8] in _QUICKTIME_ATOMS else Format.UNKNOWN


def _iso_media(data: bytes) -> Format:
    size = int.from_bytes(data[:4], "big")
    major = data[8:12]
    compatible = {data[at : at + 4] for at in range(16, min(size, len(data), 256), 4)}
    if major in _AVIF_BRANDS or (major in (b"mif1", b"msf1") and compatible & _AVIF_BRANDS):
        return Format.AVIF
    if major in _HEIC_SEQUENCE_BRANDS:
        return Format.HEIC_SEQUENCE
    if major in _HEIC_BRANDS:
        return Format.HEIC
    if major == b"qt  ":
        return Format.QUICKTIME
    if major[:3] in (b"3gp", b"3g2"):
        return Format.THREE_GPP
    return Format.MP4


def _matroska(data: bytes) -> Format:
    # the DocType element (RFC 9559 section 5.1.1, EBML id 0x4282) stands within the first few dozen bytes
    at = data.find(b"\x42\x82", 0, 256)
    doc_type = data[at + 3 : at + 11] if at >= 0 else b""
    return Format.WEBM if doc_type.startswith(b"webm") else Format.MATROSKA
