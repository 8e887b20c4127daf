"""Pictures and chip files on their way in: in memory alone, and no more of them than are needed.

Starlette's own reading of forms writes what is larger than a megabyte to a temporary file; a document's picture must
touch no disk.
"""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

from starlette.datastructures import UploadFile
from starlette.formparsers import MultiPartException, MultiPartParser
from starlette.requests import Request

from visavis.capture.picture import Picture, PictureLimits, read_picture
from visavis.capture.sniffing import Format, sniff_format
from visavis.errors import InputError, LimitError
from visavis.service.chip_evidence import MAX_CHIP_FILES
from visavis.service.document_upload import MOST_PICTURES

__all__ = ["MOST_PICTURE_BYTES", "UploadRoom", "Uploaded", "decode", "read_preview", "read_upload"]

MOST_PICTURE_BYTES: Final = 12_000_000
_SOON: Final = 5
"""Seconds."""
_PHOTO, _CHIP = "photo", "chip"
_JPEG: Final = PictureLimits(max_bytes=MOST_PICTURE_BYTES, max_pixels=64_000_000)
"""Of a telephone's best camera: a JPEG is decoded at a fraction of its size where that will do."""
_OTHER: Final = PictureLimits(max_bytes=MOST_PICTURE_BYTES, max_pixels=17_000_000, max_pixels_jpeg_2000=8_000_000)
"""Of what is decoded as a whole: 16 bytes a pixel for HEIC."""
_SIDE: Final = 2_400
"""Px that the longer side keeps at least: some 20 a millimetre of a passport's page."""


class Uploaded:
    """``photos``, ``chip``: the bytes of each file, in the order in which they came."""

    def __init__(self) -> None:
        self.photos: list[bytes] = []
        self.chip: list[bytes] = []


class UploadRoom:
    """How many uploads are held in memory at once. Safe from several threads."""

    def __init__(self, most: int) -> None:
        self._most = most
        self._lock = threading.Lock()
        self._seated: set[str] = set()

    @contextmanager
    def seat(self, session: str) -> Iterator[None]:
        """For as long as the block runs, one a session. Raises LimitError ``documents_busy``."""
        with self._lock:
            if session in self._seated or len(self._seated) >= self._most:
                raise LimitError(
                    "documents_busy",
                    "As many documents are being read as can be.",
                    advice="Wait a moment, and send it again.",
                    retry_after=_SOON,
                )
            self._seated.add(session)
        try:
            yield
        finally:
            with self._lock:
                self._seated.discard(session)


class _InMemory(MultiPartParser):
    spool_max_size = 1 << 31
    """Beyond any body that the kernel lets through."""


async def read_upload(request: Request) -> Uploaded:
    """The files of a multipart form (RFC 7578): `photo` and `chip`, each as often as needed.

    Raises InputError ``media_type_unknown``, ``upload_malformed``, ``upload_empty``, ``pictures_too_many``. How much a
    body may hold together is the kernel's.
    """
    if request.headers.get("content-type", "").partition(";")[0].strip().lower() != "multipart/form-data":
        raise InputError(
            "media_type_unknown", "This is no form with files.", advice="Send multipart/form-data (RFC 7578)."
        )
    parser = _InMemory(request.headers, request.stream(), max_files=MOST_PICTURES + MAX_CHIP_FILES, max_fields=0)
    try:
        form = await parser.parse()
    except MultiPartException as error:
        raise _malformed() from error
    uploaded = Uploaded()
    try:
        for name, file in form.multi_items():
            if name not in {_PHOTO, _CHIP} or not isinstance(file, UploadFile):
                raise _malformed()
            content = await file.read()
            (uploaded.photos if name == _PHOTO else uploaded.chip).append(content)
    finally:
        await form.close()
    _check(uploaded)
    return uploaded


async def read_preview(request: Request) -> bytes:
    """The one file of a form that holds `photo` alone, once. Raises InputError as `read_upload`."""
    uploaded = await read_upload(request)
    if len(uploaded.photos) != 1 or uploaded.chip:
        raise _malformed()
    return uploaded.photos[0]


def _check(uploaded: Uploaded) -> None:
    if not uploaded.photos and not uploaded.chip:
        raise InputError("upload_empty", "There is no file in this form.", advice="Send `photo` or `chip` files.")
    if len(uploaded.photos) > MOST_PICTURES:
        raise InputError(
            "pictures_too_many",
            f"At most {MOST_PICTURES} pictures of a document are read together.",
            advice="Send the sharpest of each side.",
        )


def decode(photo: bytes) -> Picture:
    """One picture. Raises as `visavis.capture.picture.read_picture`."""
    limits = _JPEG if sniff_format(photo) is Format.JPEG else _OTHER
    return read_picture(photo, limits=limits, target_side=_SIDE)


def _malformed() -> InputError:
    return InputError(
        "upload_malformed",
        f"This form cannot be read, or holds something else than `photo` and `chip` files, {MOST_PICTURES} and"
        f" {MAX_CHIP_FILES} at most.",
        advice="Send multipart/form-data with these files alone.",
    )
