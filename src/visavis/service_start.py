"""What comes before the service: its data folder, its keys, the tables of its store, and its first relying party."""

import secrets
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from visavis.adapters.service_keys import ServiceKeys, forget_pseudonyms, make_folder, open_service_keys
from visavis.adapters.signing_keys import PrivateKeys
from visavis.adapters.sql import SqlStorage, open_storage
from visavis.clock import Clock, SystemClock
from visavis.domain.identifiers import Identifiers
from visavis.errors import ConfigurationError, StorageError
from visavis.service.api_keys import ApiKeys
from visavis.service.members import Members
from visavis.service.parties import RelyingParties
from visavis.service.ports import Storage
from visavis.service.records import KEY_SCOPES
from visavis.service.staff_sessions import StaffSessions
from visavis.service.vault import rewrap_all
from visavis.settings import Settings

__all__ = ["FirstStart", "open_keys", "open_members", "open_parties", "open_store", "prepare", "rewrap"]

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
    with open_keys(settings, clock) as keys, open_store(settings) as storage:
        _check_keys(storage, keys, settings)
        if not (settings.development_party and settings.on_this_machine):
            return None
        parties, api_keys = open_parties(storage, clock)
        party = parties.add_first(
            "Development", contact="Whoever started this service on this machine", jurisdiction=_NOWHERE
        )
        if party is None:
            return None
        made = api_keys.create(party.id, name="Development", scopes=tuple(KEY_SCOPES))
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
    with open_keys(settings, SystemClock()) as keys, open_store(settings) as storage:
        return rewrap_all(storage, keys.sealer())


def open_parties(storage: Storage, clock: Clock) -> tuple[RelyingParties, ApiKeys]:
    identifiers = Identifiers(secrets.token_bytes)
    return (
        RelyingParties(storage=storage, clock=clock, identifiers=identifiers),
        ApiKeys(storage=storage, clock=clock, identifiers=identifiers),
    )


def open_members(storage: Storage, keys: ServiceKeys, clock: Clock) -> Members:
    return Members(
        storage=storage,
        sealer=keys.sealer(),
        clock=clock,
        identifiers=Identifiers(secrets.token_bytes),
        sessions=StaffSessions(storage=storage, clock=clock, entropy=secrets.token_bytes),
    )


def _key_folder(settings: Settings) -> Path:
    return settings.data / "keys"


@contextmanager
def open_keys(settings: Settings, clock: Clock) -> Iterator[ServiceKeys]:
    """The installation's keys; a device that keeps some of them is let go of at the end.

    Raises as `visavis.adapters.service_keys.open_service_keys`; ConfigurationError ``pkcs11_not_installed``;
    KeyRingError ``key_device_unavailable``.
    """
    with ExitStack() as stack:
        yield open_service_keys(
            _key_folder(settings),
            now=clock.now(),
            master=settings.master_key.get_secret_value() if settings.master_key is not None else None,
            older=settings.older_master_keys,
            private=_private_keys(settings, stack),
        )


def _private_keys(settings: Settings, stack: ExitStack) -> Callable[[str], PrivateKeys | None]:
    """On the device that the settings name, or in files."""
    if settings.pkcs11_module is None:
        return lambda _ring: None
    try:
        from visavis.adapters.pkcs11_keys import Device, DeviceKeys  # noqa: PLC0415 - an extra, where it is asked for
    except ImportError as error:
        raise ConfigurationError(
            "pkcs11_not_installed",
            "Signing keys on a device need the extra `pkcs11`.",
            advice="Install visavis[pkcs11], or unset VISAVIS_PKCS11_MODULE.",
        ) from error
    device = Device(settings.pkcs11_module, token=settings.pkcs11_token, pin=settings.pkcs11_pin.get_secret_value())
    stack.callback(device.close)
    return lambda ring: DeviceKeys(device, label=f"visavis {ring}")


def _check_keys(storage: Storage, keys: ServiceKeys, settings: Settings) -> None:
    """New keys beside old data would count every person anew, and open nothing: such a start is refused."""
    sealer = keys.sealer()
    with storage.writing() as unit:  # others are locked while they are looked at
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
