"""Sealing fields beside what they belong to, in the same unit of work."""

from collections.abc import Mapping
from typing import Final

import msgspec

from visavis.service.ports import Sealer, Transactions, UnitOfWork
from visavis.service.transactions import committed

__all__ = ["open_bytes", "open_fields", "rewrap_all", "seal_bytes", "seal_fields"]

_TOGETHER: Final = 100


def seal_fields(unit: UnitOfWork, sealer: Sealer, owner: str, label: str, fields: Mapping[str, str]) -> None:
    """Keep ``fields`` under the owner's own key, which is made where there is none."""
    seal_bytes(unit, sealer, owner, label, msgspec.json.encode(fields))


def seal_bytes(unit: UnitOfWork, sealer: Sealer, owner: str, label: str, content: bytes) -> None:
    """As `seal_fields`, for what is no set of fields: a picture."""
    key = unit.sealed.key(owner)
    if key is None:
        key = sealer.new_key(owner)
        unit.sealed.put_key(key)
    unit.sealed.put(owner, label, sealer.seal(key, label, content))


def open_fields(unit: UnitOfWork, sealer: Sealer, owner: str, label: str) -> Mapping[str, str] | None:
    """None once the key or the field is gone. Raises as `visavis.service.ports.Sealer.open`."""
    content = open_bytes(unit, sealer, owner, label)
    return None if content is None else msgspec.json.decode(content, type=dict[str, str])


def open_bytes(unit: UnitOfWork, sealer: Sealer, owner: str, label: str) -> bytes | None:
    """As `open_fields`."""
    key = unit.sealed.key(owner)
    sealed = unit.sealed.get(owner, label)
    return None if key is None or sealed is None else sealer.open(key, label, sealed)


def rewrap_all(storage: Transactions, sealer: Sealer) -> int:
    """Wrap every key under the present master key, some at a time; returns how many it were. What is sealed stays."""
    total = 0
    while done := committed(storage, lambda unit: _rewrap_some(unit, sealer)):
        total += done
    return total


def _rewrap_some(unit: UnitOfWork, sealer: Sealer) -> int:
    keys = unit.sealed.wrapped_otherwise(sealer.master, limit=_TOGETHER)
    for key in keys:
        unit.sealed.put_key(sealer.rewrap(key))
    return len(keys)
