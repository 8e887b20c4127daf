"""A store on a database: units of work are its transactions."""

from collections.abc import Iterator
from contextlib import contextmanager

import sqlalchemy as sa
from sqlalchemy import exc
from sqlalchemy.engine import Connection, Engine
from sqlalchemy.pool import QueuePool

from visavis.adapters.sql.audit import SqlAudit
from visavis.adapters.sql.engine import WRITES, as_storage_error, open_engine, turn_of
from visavis.adapters.sql.figures import SqlFigures
from visavis.adapters.sql.holder import SqlHolderTokens
from visavis.adapters.sql.lines import SqlLines
from visavis.adapters.sql.members import SqlMembers, SqlPasskeys, SqlStaffTokens
from visavis.adapters.sql.outbox import SqlOutbox
from visavis.adapters.sql.results import SqlAttestations, SqlPolicies
from visavis.adapters.sql.reviews import SqlReviews
from visavis.adapters.sql.schema import REVISION
from visavis.adapters.sql.sealed import SqlSealed
from visavis.adapters.sql.service import SqlApiKeys, SqlAttempts, SqlIdempotency, SqlRelyingParties
from visavis.adapters.sql.statuses import SqlStatuses
from visavis.adapters.sql.turns import Turn
from visavis.adapters.sql.verifications import SqlVerifications
from visavis.adapters.sql.webhooks import SqlDeliveries, SqlWebhooks
from visavis.errors import StorageError
from visavis.service.ports import UnitOfWork

__all__ = ["SqlStorage", "open_storage"]


class SqlUnit:
    """A `visavis.service.ports.UnitOfWork`."""

    def __init__(self, connection: Connection) -> None:
        self.verifications = SqlVerifications(connection)
        self.sealed = SqlSealed(connection)
        self.outbox = SqlOutbox(connection)
        self.idempotency = SqlIdempotency(connection)
        self.api_keys = SqlApiKeys(connection)
        self.relying_parties = SqlRelyingParties(connection)
        self.attempts = SqlAttempts(connection)
        self.lines = SqlLines(connection)
        self.audit = SqlAudit(connection)
        self.statuses = SqlStatuses(connection)
        self.holder_tokens = SqlHolderTokens(connection)
        self.webhooks = SqlWebhooks(connection)
        self.deliveries = SqlDeliveries(connection)
        self.policies = SqlPolicies(connection)
        self.reviews = SqlReviews(connection)
        self.attestations = SqlAttestations(connection)
        self.members = SqlMembers(connection)
        self.passkeys = SqlPasskeys(connection)
        self.staff_tokens = SqlStaffTokens(connection)
        self.figures = SqlFigures(connection)


def open_storage(url: str, *, connections: int = 8) -> "SqlStorage":
    """The store at an address, whose tables are there and of this version.

    Raises as `visavis.adapters.sql.engine.open_engine`; StorageError ``storage_unreachable``, ``schema_missing``,
    ``schema_of_other_version``.
    """
    engine = reader = open_engine(url, connections=connections)
    if engine.dialect.name == "postgresql":
        engine = open_engine(url, connections=connections - connections // 2)
        reader = open_engine(url, connections=max(1, connections // 2), reader=True)
    storage = SqlStorage(engine, turn_of(engine, url), reader=reader)
    try:
        storage.check_schema()
    except StorageError:
        storage.close()
        raise
    return storage


class SqlStorage:
    """A `visavis.service.ports.Storage`. Safe from several threads and processes."""

    def __init__(self, engine: Engine, turn: Turn, *, reader: Engine) -> None:
        self._engine = engine
        self._reader = reader
        self._turn = turn  # who waits for it holds no connection

    @contextmanager
    def writing(self) -> Iterator[UnitOfWork]:
        with self._turn.take(), _mapped(), self._writer() as connection, connection.begin():
            yield SqlUnit(connection)

    @contextmanager
    def reading(self) -> Iterator[UnitOfWork]:
        with _mapped(), self._reader.connect() as connection:
            yield SqlUnit(connection)  # leaving rolls back

    def _writer(self) -> Connection:
        return self._engine.connect().execution_options(**{WRITES: True})

    def connections(self) -> tuple[int, int]:
        """How many are in use, and of how many."""
        pools = [engine.pool for engine in {self._engine, self._reader} if isinstance(engine.pool, QueuePool)]
        return sum(pool.checkedout() for pool in pools), sum(pool.size() for pool in pools)

    def check_schema(self) -> None:
        """Raises StorageError ``schema_missing``, ``schema_of_other_version``."""
        version = sa.table("alembic_version", sa.column("version_num"))
        with _mapped(), self._engine.connect() as connection:
            there = sa.inspect(connection).has_table(version.name)
            found = connection.execute(sa.select(version.c.version_num)).scalar_one_or_none() if there else None
        if found is None:
            raise StorageError(
                "schema_missing",
                "The database has no tables of visavis yet.",
                advice="Make them: `visavis db upgrade`.",
            )
        if found != REVISION:
            raise StorageError(
                "schema_of_other_version",
                f"The database is at version {found}, and this visavis needs {REVISION}.",
                advice="Run `visavis db upgrade`; a newer database needs a newer visavis.",
            )

    def scrub(self) -> None:
        """Take deleted keys out of the files: SQLite's log is emptied into the database, whose deleted rows are zeros;
        PostgreSQL vacuums the tables of keys and sealed fields. Its own log and every backup keep what they hold until
        they are recycled.
        """
        with _mapped(), self._engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
            if self._engine.dialect.name == "sqlite":
                connection.exec_driver_sql("PRAGMA wal_checkpoint(TRUNCATE)")
            else:
                connection.exec_driver_sql("VACUUM data_keys, sealed_fields")

    def close(self) -> None:
        self._engine.dispose()
        self._reader.dispose()
        self._turn.close()


@contextmanager
def _mapped() -> Iterator[None]:
    try:
        yield
    except exc.SQLAlchemyError as error:
        raise as_storage_error(error) from error
