"""What comes before the service: its data folder, its keys, the tables of its store, and its first relying party."""

import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from visavis.adapters.service_keys import ServiceKeys, forget_pseudonyms, make_folder, open_service_keys
from visavis.adapters.sql import SqlStorage, open_storage
from visavis.clock import Clock, SystemClock
from visavis.domain.identifiers import Identifiers
from visavis.errors import ConfigurationError, StorageError
from visavis.service.api_keys import ApiKeys
from visavis.service.parties import RelyingParties
from visavis.service.ports import Storage
from visavis.service.records import Scope
from visavis.service.vault import rewrap_all
from visavis.settings import Settings

__all__ = ["FirstStart", "open_keys", "open_parties", "open_store", "prepare", "rewrap"]

_LOOKED_AT: Final = 200
"""Wrapped keys, to see whether their master key is here."""
_TO_UPGRADE: Final = frozenset({"schema_missing", "schema_of_other_version"})
_NOWHERE: Final = "ZZ"
"""Of the codes that ISO 3166-1 leaves to its users: no state."""


@dataclass(frozen=True, slots=True, kw_only=True)
class FirstStart:
    """What the first start made, to be shown once: a relying party for development, and its key."""

    relying_party: str
    api_key: str = field(repr=False)


def prepare(settings: Settings) -> FirstStart | None:
    """What is done once before the processes begin: the data folder, the keys, the tables of the store's own file, and
    a relying party for development where nobody but this machine reaches the service.

    Raises ConfigurationError, KeyRingError, StorageError: ``schema_missing`` and ``schema_of_other_version`` where the
    database is not the service's own file.
    """
    clock = SystemClock()
    make_folder(settings.data)
    keys = open_keys(settings, clock)
    with open_store(settings) as storage:
        _check_keys(storage, keys, settings)
        if not (settings.development_party and settings.on_this_machine):
            return None
        parties, api_keys = open_parties(storage, clock)
        party = parties.add_first(
            "Development", contact="Whoever started this service on this machine", jurisdiction=_NOWHERE
        )
        if party is None:
            return None
        made = api_keys.create(party.id, name="Development", scopes=tuple(Scope))
        return FirstStart(relying_party=party.id, api_key=made.text)


@contextmanager
def open_store(settings: Settings) -> Iterator[SqlStorage]:
    """The store; its own file is made and brought to this version, any other must be there and be of it."""
    if settings.own_database:
        make_folder(settings.data)
    try:
        storage = open_storage(settings.database, connections=settings.connections)
    except StorageError as error:
        if error.code not in _TO_UPGRADE or not settings.own_database:
            raise
        from visavis.adapters.sql.upgrade import upgrade  # noqa: PLC0415 - Alembic, which most starts do without

        upgrade(settings.database)
        storage = open_storage(settings.database, connections=settings.connections)
    try:
        yield storage
    finally:
        storage.close()


def rewrap(settings: Settings) -> int:
    """Wrap all keys of the store under the present master key; returns how many were wrapped under an older one."""
    with open_store(settings) as storage:
        return rewrap_all(storage, open_keys(settings, SystemClock()).sealer())


def open_parties(storage: Storage, clock: Clock) -> tuple[RelyingParties, ApiKeys]:
    identifiers = Identifiers(secrets.token_bytes)
    return (
        RelyingParties(storage=storage, clock=clock, identifiers=identifiers),
        ApiKeys(storage=storage, clock=clock, identifiers=identifiers),
    )


def _key_folder(settings: Settings) -> Path:
    return settings.data / "keys"


def open_keys(settings: Settings, clock: Clock) -> ServiceKeys:
    return open_service_keys(
        _key_folder(settings),
        now=clock.now(),
        master=settings.master_key.get_secret_value() if settings.master_key is not None else None,
        older=settings.older_master_keys,
    )


def _check_keys(storage: Storage, keys: ServiceKeys, settings: Settings) -> None:
    """New keys beside old data would count every person anew, and open nothing: such a start is refused."""
    sealer = keys.sealer()
    with storage.reading() as unit:
        others = unit.sealed.wrapped_otherwise(sealer.master, limit=_LOOKED_AT)
        strange = [key for key in others if not sealer.knows(key)]
        used = keys.made and any(unit.lines.page(party.id, limit=1).items for party in unit.relying_parties.all())
    if used:
        forget_pseudonyms(_key_folder(settings))
        raise ConfigurationError(
            "pseudonym_key_missing",
            "The store has lines in it, and the key of its pseudonyms was not in the data folder.",
            advice="Put pseudonyms.key back: with another, every person is a new one.",
        )
    if strange:
        raise StorageError(
            "master_key_unknown",
            "Something was sealed under a master key that is not here.",
            advice="Put the master key back, or name the older one in VISAVIS_OLDER_MASTER_KEYS.",
        )
