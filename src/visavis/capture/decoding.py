"""The decoders, each called by name, with every exception of theirs turned into one coded error.

Nothing is registered, and no global of a decoder is read or set: Pillow's plugins are constructed one by one, so what
another library did to `PIL.Image` makes no difference here, and its size warning (which only filters, shared by all
threads, could silence) is never asked for.
"""

from collections.abc import Callable, Mapping
from io import BytesIO
from typing import Any, Final

import pi_heif
from PIL import Image, ImageFile
from PIL.BmpImagePlugin import BmpImageFile
from PIL.Jpeg2KImagePlugin import Jpeg2KImageFile
from PIL.JpegImagePlugin import JpegImageFile
from PIL.PngImagePlugin import PngImageFile
from PIL.WebPImagePlugin import WebPImageFile

from visavis.capture.layout import Layout, corrupt, truncated, unsupported
from visavis.capture.raster import Raster, flatten
from visavis.capture.sniffing import Format
from visavis.errors import PictureError, VisavisError

__all__ = ["decode_heic", "decode_plain"]

_OPENERS: Final[Mapping[Format, Callable[[BytesIO], ImageFile.ImageFile]]] = {
    Format.JPEG: JpegImageFile,
    Format.PNG: PngImageFile,
    Format.WEBP: WebPImageFile,
    Format.JPEG_2000: Jpeg2KImageFile,
    Format.BMP: BmpImageFile,
}

_HEIC_MODES: Final = frozenset({"RGB", "RGBA", "RGBa", "L"})
"""Not the 16-bit grey one ("I;16"): pi_heif 1.4 believes the container there, and shifts past the
end of the plane where the coded picture has 8 bits after all. Colour is converted to 8 bits and safe from that."""


def decode_plain(layout: Layout, kind: Format, name: str, *, target_side: int | None) -> tuple[Raster, bool]:
    """RGB pixels as coded (not yet turned) and whether they are grey."""
    try:
        image = _OPENERS[kind](BytesIO(layout.payload))
        if image.size != (layout.width, layout.height):
            raise corrupt(name)  # noqa: TRY301 - the mapping below lets it pass
        if target_side is not None and isinstance(image, JpegImageFile):
            longer = max(image.size)
            image.draft(None, (-(-image.width * target_side // longer), -(-image.height * target_side // longer)))
        image.load()
        return flatten(image, layout.profile, reduce=_reduction(image, target_side))
    except Exception as error:  # what a decoder may raise is promised nowhere; each becomes one code
        raise _mapped(error, name) from error


def decode_heic(
    data: bytes, name: str, *, check: Callable[[int, int], None], target_side: int | None
) -> tuple[Raster, bool]:
    """As `decode_plain` for the primary picture of a HEIC, already upright; ``check`` sees its size before decoding."""
    try:
        picture: Any = pi_heif.open_heif(BytesIO(data))
        primary: Any = picture[picture.primary_index]
        size: tuple[int, int] = primary.size
        check(*size)
        if primary.mode not in _HEIC_MODES:
            raise unsupported(name, "a HEIC picture in an uncommon coding")  # noqa: TRY301 - as above
        pixels: bytes = primary.data  # decodes
        if primary.size != size:
            check(*primary.size)
        mode: str = primary.mode
        image = Image.frombytes(mode, primary.size, pixels, "raw", mode, primary.stride)
        del pixels
        return flatten(image, primary.info.get("icc_profile"), reduce=_reduction(image, target_side))
    except Exception as error:  # as above
        raise _mapped(error, name) from error


def _reduction(image: Image.Image, target_side: int | None) -> int:
    return 1 if target_side is None else max(1, max(image.size) // target_side)


def _mapped(error: Exception, name: str) -> VisavisError:
    if isinstance(error, VisavisError):
        return error
    if isinstance(error, MemoryError | Image.DecompressionBombError):
        return PictureError(
            "picture_too_large",
            f"{name} needs more memory than there is.",
            advice="Use a picture with fewer pixels.",
        )
    text = str(error).lower()
    if isinstance(error, EOFError) or "truncated" in text or "end of file" in text:
        return truncated(name)
    return unsupported(name, "in an uncommon coding") if "unsupported" in text else corrupt(name)
