"""Bytes from a path or from memory, bounded."""

from dataclasses import dataclass
from pathlib import Path

from visavis.errors import FileError
from visavis.files import UNNAMED, own_name, read_file, too_large

__all__ = ["Source", "load_source"]


@dataclass(frozen=True, slots=True)
class Source:
    """What was handed in: ``name`` for messages (a file's own name, never its path) and the bytes."""

    name: str
    data: bytes


def load_source(source: Path | bytes, *, max_bytes: int) -> Source:
    """The bytes of ``source``, at least one and at most ``max_bytes`` of them.

    Raises `FileError` as `visavis.files.read_file`, and ``file_empty``.
    """
    if isinstance(source, bytes):
        name, data = UNNAMED, source
        if len(data) > max_bytes:
            raise too_large(name, max_bytes)
    else:
        name, data = own_name(source), read_file(source, max_bytes=max_bytes)
    if not data:
        raise FileError("file_empty", f"{name} is empty.", advice="Choose the file again; it may not have been copied.")
    return Source(name, data)
