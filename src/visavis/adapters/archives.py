"""Reads one member out of a wheel, a source distribution or an npm package, and never unpacks the rest."""

import gzip
import tarfile
import zipfile
import zlib
from pathlib import Path
from typing import IO, Final

__all__ = ["ArchiveError", "read_member"]

MAX_MEMBERS: Final = 200_000
MAX_UNPACKED: Final = 4 << 30
CHUNK: Final = 1 << 20


class ArchiveError(Exception):
    """The artefact is no archive, or the member is not in it as expected. Mapped by the caller."""


def read_member(path: Path, member: str, *, start: int | None, end: int | None, limit: int) -> bytes:
    """The member's bytes, or those from ``start`` to ``end`` of it; at most ``limit`` of them.

    Nothing is written, and no name of the archive is used as a path, so that no member can climb out.
    """
    try:
        if zipfile.is_zipfile(path):
            with zipfile.ZipFile(path) as archive:
                if len(archive.infolist()) > MAX_MEMBERS:
                    raise ArchiveError("it has too many members")
                with archive.open(archive.getinfo(member)) as file:
                    return _cut(file, start, end, limit)
        with _Limited(path) as unpacked, tarfile.open(fileobj=unpacked, mode="r|") as tar:
            return _cut(_find(tar, member), start, end, limit)
    except KeyError as error:
        raise ArchiveError("it does not hold the file") from error
    except (
        OSError,
        EOFError,
        zlib.error,
        tarfile.TarError,
        zipfile.BadZipFile,
        NotImplementedError,
        RuntimeError,
    ) as error:
        raise ArchiveError("it is damaged, or no archive") from error


def _find(tar: tarfile.TarFile, member: str) -> IO[bytes]:
    for count, item in enumerate(tar):
        if count > MAX_MEMBERS:
            raise ArchiveError("it has too many members")
        if item.name == member and item.isreg():
            file = tar.extractfile(item)
            if file is not None:
                return file
    raise KeyError(member)


def _cut(file: IO[bytes], start: int | None, end: int | None, limit: int) -> bytes:
    skip = start or 0
    while skip:
        passed = len(file.read(min(skip, CHUNK)))
        if not passed:
            raise ArchiveError("the file in it is too short")
        skip -= passed
    wanted = limit + 1 if start is None or end is None else min(end - start, limit + 1)
    data = file.read(wanted)
    if len(data) > limit:
        raise ArchiveError("the file in it is larger than declared")
    return data


class _Limited(gzip.GzipFile):
    """Stops an archive that unpacks without end."""

    _left = MAX_UNPACKED

    def read(self, size: int | None = -1) -> bytes:
        data = super().read(size)
        self._left -= len(data)
        if self._left < 0:
            raise ArchiveError("it unpacks to too much")
        return data
