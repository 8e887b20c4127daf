"""The files of a chip and the certificates to hold them against, from the folders that a person names."""

from datetime import datetime
from pathlib import Path
from typing import Final

from visavis.document.chip.files import MAX_BYTES, file_kind
from visavis.document.chip.trust import TrustStore
from visavis.document.chip.trust_files import MAX_TRUST_BYTES, trust_store
from visavis.errors import ChipError, FileError
from visavis.files import own_name, read_file

__all__ = ["read_chip_folder", "read_trust"]

MAX_FILES: Final = 64
MAX_TRUST_FILES: Final = 2_000
MAX_TRUST_TOTAL: Final = 64_000_000


def read_chip_folder(folder: Path) -> list[bytes]:
    """What looks like a file of a chip, in no order; a text that lies beside them is left out.

    Raises `FileError`: ``file_missing``, ``not_a_folder``, ``too_many_files``, and as `visavis.files.read_file`.
    """
    read = (read_file(file, max_bytes=MAX_BYTES) for file in _listed(folder, MAX_FILES))
    return [data for data in read if file_kind(data) is not None]


def _listed(folder: Path, most: int) -> list[Path]:
    if not folder.is_dir():
        if not folder.exists():
            raise FileError("file_missing", f"{own_name(folder)} does not exist.", advice="Check the name.")
        raise FileError("not_a_folder", f"{own_name(folder)} is not a folder.", advice="Name the folder that holds it.")
    try:
        files = sorted(file for file in folder.iterdir() if file.is_file() and not file.name.startswith("."))
    except OSError as error:
        raise FileError("file_unreadable", f"{own_name(folder)} cannot be read.") from error
    if len(files) > most:
        raise FileError("too_many_files", f"{own_name(folder)} holds more than {most} files.")
    return files


def read_trust(place: Path | None, *, now: datetime) -> TrustStore:
    """The certificates and revocation lists of a folder or of one file; nobody is trusted where none is named.

    Raises `FileError` as `read_chip_folder`; `ChipError` ``trust_too_much``, and as
    `visavis.document.chip.trust_files.trust_store`.
    """
    if place is None:
        return TrustStore()
    held: list[bytes] = []
    total = 0
    for file in _listed(place, MAX_TRUST_FILES) if place.is_dir() else [place]:
        held.append(read_file(file, max_bytes=MAX_TRUST_BYTES))
        total += len(held[-1])
        if total > MAX_TRUST_TOTAL:
            raise ChipError("trust_too_much", f"{own_name(place)} holds more than {MAX_TRUST_TOTAL // 1_000_000} MB.")
    return trust_store(held, now=now)
