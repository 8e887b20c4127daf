"""From a decoder's own pixels to 8-bit RGB, strip by strip, so that a large picture is never held three times."""

from collections.abc import Callable
from io import BytesIO
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageCms

__all__ = ["Raster", "flatten", "turn"]

_STRIP_PIXELS: Final = 262_144
_GREY_SPREAD: Final = 3

Raster = NDArray[np.uint8]
_Strip = Callable[[Image.Image], Image.Image]


def flatten(image: Image.Image, profile: bytes | None, *, reduce: int = 1) -> tuple[Raster, bool]:
    """(height, width, 3) RGB of ``image`` and whether it has no colour.

    Transparency is laid on white; 16-bit grey is rounded to 8; a ``profile`` that reads is converted to sRGB, one that
    does not is left alone; ``reduce`` is the side of the square of pixels averaged into one.
    """
    to_srgb = _profile_conversion(image, profile)
    height, width = -(-image.height // reduce), -(-image.width // reduce)
    pixels = np.empty((height, width, 3), np.uint8)
    grey = True
    rows = max(1, _STRIP_PIXELS // max(1, image.width * reduce)) * reduce
    for top in range(0, image.height, rows):
        bottom = min(top + rows, image.height)
        strip = _opaque(image.crop((0, top, image.width, bottom)), to_srgb)
        if reduce > 1:
            strip = strip.reduce(reduce)
        values = np.asarray(strip)
        grey = grey and _is_grey(values)
        pixels[top // reduce : top // reduce + strip.height] = values
    return pixels, grey


def turn(pixels: Raster, orientation: int) -> Raster:
    """``pixels`` upright, by the EXIF orientation 1..8."""
    if orientation in (5, 6, 7, 8):
        pixels = pixels.transpose(1, 0, 2)
    if orientation in (2, 3, 6, 7):
        pixels = pixels[:, ::-1]
    if orientation in (3, 4, 7, 8):
        pixels = pixels[::-1]
    return np.ascontiguousarray(pixels)


def _opaque(strip: Image.Image, to_srgb: _Strip | None) -> Image.Image:
    if strip.mode.startswith("I"):
        strip = _narrow(strip)
    if strip.mode in ("P", "PA", "LA", "La", "RGBa") or "transparency" in strip.info:
        strip = strip.convert("RGBA")
    alpha = strip.getchannel("A") if strip.mode == "RGBA" else None
    if alpha is not None:
        strip = strip.convert("RGB")
    if to_srgb is not None:
        strip = to_srgb(strip)
    elif strip.mode != "RGB":
        strip = strip.convert("RGB")
    if alpha is None:
        return strip
    white = Image.new("RGB", strip.size, (255, 255, 255))
    white.paste(strip, mask=alpha)
    return white


def _narrow(strip: Image.Image) -> Image.Image:
    wide = np.asarray(strip).astype(np.uint32)
    narrow = ((wide * 255 + 32767) // 65535).astype(np.uint8)
    result = Image.fromarray(narrow)
    clear = strip.info.get("transparency")
    if isinstance(clear, int):
        opaque = Image.fromarray(np.where(wide == clear, 0, 255).astype(np.uint8))
        result.putalpha(opaque)
    return result


def _is_grey(values: Raster) -> bool:
    """Whether red, green and blue are the same but for the rounding of a conversion."""
    signed = values.astype(np.int16)
    spread = max(np.abs(signed[..., 0] - signed[..., 1]).max(), np.abs(signed[..., 1] - signed[..., 2]).max())
    return int(spread) <= _GREY_SPREAD


def _profile_conversion(image: Image.Image, profile: bytes | None) -> _Strip | None:
    """A conversion to sRGB, or None where there is nothing to convert or the profile is broken."""
    if profile is None:
        return None
    space = profile[16:20]
    if space == b"CMYK" and image.mode == "CMYK":
        mode = "CMYK"
    elif space == b"RGB " and image.mode in ("RGB", "RGBA", "RGBa", "P", "PA"):
        mode = "RGB"
    else:
        return None
    if mode == "RGB" and _is_srgb(profile):
        return None
    try:
        source: Any = ImageCms.ImageCmsProfile(BytesIO(profile))
        target: Any = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB"))
        transform = ImageCms.buildTransform(source, target, mode, "RGB")
    except (ImageCms.PyCMSError, OSError, ValueError, TypeError):
        return None
    return transform.apply


def _is_srgb(profile: bytes) -> bool:
    """By its description (ICC.1:2022 clause 9.2.41), looked up here: lcms believes any length that one claims."""
    count = int.from_bytes(profile[128:132], "big")
    for entry in range(132, 132 + 12 * min(count, 100), 12):
        if profile[entry : entry + 4] == b"desc":
            at, size = (int.from_bytes(profile[entry + n : entry + n + 4], "big") for n in (4, 8))
            words = profile[at : at + min(size, 1_000)]
            return b"sRGB" in words or "sRGB".encode("utf-16-be") in words
    return False
