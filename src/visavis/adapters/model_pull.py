"""Fills the store. Nothing else in visavis fetches anything."""

import contextlib
from collections.abc import Sequence
from dataclasses import dataclass

from visavis.adapters.model_sources import ModelFetcher
from visavis.adapters.model_store import ModelStore
from visavis.adapters.progress import PullProgress
from visavis.errors import ConfigurationError, ModelDigestError, VisavisError
from visavis.perception.manifest import ModelEntry

__all__ = ["Pulled", "pull"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Pulled:
    """What a pull did: fetched now, there already, and failed with its error."""

    fetched: tuple[str, ...]
    present: tuple[str, ...]
    failed: tuple[VisavisError, ...]


def pull(store: ModelStore, entries: Sequence[ModelEntry], progress: PullProgress) -> Pulled:
    """Brings every model of ``entries`` into the store; those that are there and right cost no network and no wait.

    One that fails does not keep the others from coming. Raises ConfigurationError where the store cannot be used.
    """
    present = [entry.name for entry in entries if store.status_of(entry).usable]
    fetcher = ModelFetcher(store.cache, progress)
    if len(present) == len(entries):
        if store.cache.exists():
            with contextlib.suppress(ConfigurationError), store.lock(patience=0.0):
                fetcher.tidy(_lacking(store))
        return Pulled(fetched=(), present=tuple(present), failed=())
    fetched: list[str] = []
    failed: list[VisavisError] = []
    with store.lock(lambda: progress.say("Another pull is at work on this store; waiting for it.")):
        fetcher.tidy(_lacking(store))  # what a killed pull left
        try:
            for entry in entries:
                if entry.name in present:
                    continue
                if store.status_of(entry).usable:  # the other pull brought it
                    present.append(entry.name)
                    continue
                try:
                    _bring(store, fetcher, entry)
                except VisavisError as error:
                    failed.append(error)
                else:
                    fetched.append(entry.name)
        finally:
            fetcher.tidy(_lacking(store))
    return Pulled(fetched=tuple(fetched), present=tuple(present), failed=tuple(failed))


def _lacking(store: ModelStore) -> list[ModelEntry]:
    return [status.entry for status in store.status() if not status.usable]


def _bring(store: ModelStore, fetcher: ModelFetcher, entry: ModelEntry) -> None:
    data = store.shipped(entry)
    if data is None:
        data = fetcher.fetch(entry, store.manifest.folder(entry.name))
    if entry.prepared is not None:
        from visavis.adapters.model_prepare import prepare  # noqa: PLC0415 - numpy, which a pull may not need

        data = prepare(data, entry.prepared.steps)
        if len(data) != entry.kept_bytes:
            raise ModelDigestError(
                "model_digest_mismatch",
                f"The model {entry.name} came out of its preparation with other bytes than the manifest names.",
                advice="Correct `prepared` in its entry.",
            )
    store.install(entry, data)
