"""Wrapped keys and what is sealed under them, in tables."""

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from visavis.adapters.sql.schema import data_keys, sealed_fields
from visavis.service.records import WrappedKey

__all__ = ["SqlSealed"]


class SqlSealed:
    """A `visavis.service.ports.SealedStore`."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def put_key(self, key: WrappedKey) -> None:
        values = {"master": key.master, "wrapped": key.wrapped}
        changed = self._connection.execute(sa.update(data_keys).where(data_keys.c.owner == key.owner).values(values))
        if not changed.rowcount:
            self._connection.execute(sa.insert(data_keys), {"owner": key.owner, **values})

    def key(self, owner: str) -> WrappedKey | None:
        row = self._connection.execute(sa.select(data_keys).where(data_keys.c.owner == owner)).one_or_none()
        return None if row is None else WrappedKey(owner=row.owner, master=row.master, wrapped=row.wrapped)

    def destroy(self, owner: str) -> bool:
        self._connection.execute(sa.delete(sealed_fields).where(sealed_fields.c.owner == owner))
        return bool(self._connection.execute(sa.delete(data_keys).where(data_keys.c.owner == owner)).rowcount)

    def put(self, owner: str, label: str, sealed: bytes) -> None:
        mine = (sealed_fields.c.owner == owner, sealed_fields.c.label == label)
        if not self._connection.execute(sa.update(sealed_fields).where(*mine).values(sealed=sealed)).rowcount:
            self._connection.execute(sa.insert(sealed_fields), {"owner": owner, "label": label, "sealed": sealed})

    def get(self, owner: str, label: str) -> bytes | None:
        sealed: bytes | None = self._connection.execute(
            sa.select(sealed_fields.c.sealed).where(sealed_fields.c.owner == owner, sealed_fields.c.label == label)
        ).scalar_one_or_none()
        return sealed

    def labels(self, owner: str) -> tuple[str, ...]:
        mine = sa.select(sealed_fields.c.label).where(sealed_fields.c.owner == owner)
        return tuple(self._connection.execute(mine.order_by(sealed_fields.c.label)).scalars())

    def wrapped_otherwise(self, master: str, *, limit: int) -> tuple[WrappedKey, ...]:
        statement = sa.select(data_keys).where(data_keys.c.master != master).limit(limit)
        rows = self._connection.execute(statement.with_for_update(skip_locked=True)).all()
        return tuple(WrappedKey(owner=row.owner, master=row.master, wrapped=row.wrapped) for row in rows)
