"""A picture as the rest of visavis sees it, and the one way from a file to it."""

from dataclasses import dataclass
from pathlib import Path
from typing import Final

import numpy as np
from numpy.typing import NDArray

from visavis.capture.containers import read_layout
from visavis.capture.decoding import decode_heic, decode_plain
from visavis.capture.layout import Layout, unsupported
from visavis.capture.raster import turn
from visavis.capture.sniffing import Format, MediaKind, sniff_format
from visavis.capture.source import Source, load_source
from visavis.errors import PictureError

__all__ = ["Picture", "PictureLimits", "RgbImage", "read_picture"]

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


@dataclass(frozen=True, slots=True, kw_only=True)
class PictureLimits:
    """What a picture may be at most, and at least. Everything is checked by the header, before decoding.

    ``max_bytes``: size of the file. ``max_pixels``: width times height. ``max_side``: the longer side; beyond 32,767
    OpenCV's resamplers refuse. ``min_side``: the shorter side. ``max_pixels_jpeg_2000``: the same for JPEG 2000, which
    decodes some twenty times slower and serves for portraits in chips. ``max_passes_pixels``: pixels times scans of
    a progressive JPEG, which may go over the whole picture hundreds of times within a few kilobytes.
    """

    max_bytes: int = 64_000_000
    max_pixels: int = 100_000_000
    max_side: int = 32_000
    min_side: int = 50
    max_pixels_jpeg_2000: int = 16_000_000
    max_passes_pixels: int = 2_000_000_000


DEFAULT_LIMITS: Final = PictureLimits()

_READ: Final = frozenset({Format.JPEG, Format.PNG, Format.WEBP, Format.HEIC, Format.JPEG_2000, Format.BMP})


def read_picture(
    source: Path | bytes,
    *,
    limits: PictureLimits = DEFAULT_LIMITS,
    target_side: int | None = None,
) -> Picture:
    """The picture in ``source``, a file or its bytes: JPEG, PNG, WebP, HEIC, JPEG 2000 or BMP, told by their content.

    With ``target_side`` the picture may come smaller, by whole-number averaging, with its longer side never under
    ``target_side`` pixels and under twice that (a JPEG is then decoded at reduced scale, which is several times
    faster). Without it, every pixel is kept; small print and document portraits need them.

    Memory at most, beside twice the file: 8 bytes a pixel (JPEG, PNG, BMP), 16 (WebP, HEIC), 20 (JPEG 2000); so
    0.7 GB, 1.6 GB and 0.3 GB at the default limits. A service that reads many at once lowers ``max_pixels``.

    Raises `FileError`: ``file_missing``, ``is_a_directory``, ``not_a_regular_file``, ``file_unreadable``,
    ``file_empty``, ``file_too_large``. `PictureError`: ``not_a_picture``, ``picture_format_unsupported``,
    ``picture_animated``, ``picture_too_small``, ``picture_too_large``, ``picture_truncated``, ``picture_corrupt``.
    """
    if target_side is not None and target_side < 1:
        raise ValueError("target_side must be positive")
    loaded = load_source(source, max_bytes=limits.max_bytes)
    name = loaded.name
    kind = _readable_format(loaded)
    if kind is Format.HEIC:
        pixels, grey = decode_heic(
            loaded.data,
            name,
            check=lambda width, height: _check_size(width, height, limits.max_pixels, limits, name),
            target_side=target_side,
        )
    else:
        layout = read_layout(loaded.data, kind, name)
        _check(layout, kind, limits, name)
        pixels, grey = decode_plain(layout, kind, name, target_side=target_side)
        pixels = turn(pixels, layout.orientation)
    pixels.flags.writeable = False
    return Picture(pixels, media_type=kind.value, grey=grey)


def _readable_format(source: Source) -> Format:
    kind = sniff_format(source.data)
    if kind in _READ:
        return kind
    if kind is Format.HEIC_SEQUENCE or (kind is Format.GIF and read_layout(source.data, kind, source.name).animated):
        raise _animated(source.name)
    if kind.kind is MediaKind.PICTURE:
        raise unsupported(source.name, f"a {kind.value} picture")
    what = "a video" if kind.kind is MediaKind.VIDEO else "not a picture"
    raise PictureError("not_a_picture", f"{source.name} is {what}.", advice="Use a JPEG, PNG, WebP or HEIC picture.")


def _check(layout: Layout, kind: Format, limits: PictureLimits, name: str) -> None:
    if layout.animated:
        raise _animated(name)
    most = limits.max_pixels
    if kind is Format.JPEG_2000:
        most = min(most, limits.max_pixels_jpeg_2000)
    _check_size(layout.width, layout.height, most, limits, name)
    if layout.width * layout.height * layout.passes > limits.max_passes_pixels:
        raise PictureError(
            "picture_too_large",
            f"{name} has {layout.passes} passes over {layout.width} x {layout.height} pixels.",
            advice="Save it again as an ordinary JPEG.",
        )


def _check_size(width: int, height: int, max_pixels: int, limits: PictureLimits, name: str) -> None:
    if min(width, height) < limits.min_side:
        raise PictureError(
            "picture_too_small",
            f"{name} has {width} x {height} pixels; at least {limits.min_side} each way are needed.",
            advice="Use a larger picture.",
        )
    if width * height > max_pixels or max(width, height) > limits.max_side:
        raise PictureError(
            "picture_too_large",
            f"{name} has {width} x {height} pixels; {max_pixels / 1e6:g} megapixels"
            f" and {limits.max_side} a side are the most.",
            advice="Use a smaller picture.",
        )


def _animated(name: str) -> PictureError:
    return PictureError(
        "picture_animated",
        f"{name} holds more than one picture.",
        advice="Use a still picture, or a video for a moving one.",
    )
