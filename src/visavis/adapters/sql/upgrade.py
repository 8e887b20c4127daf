"""Bringing a database to this version: `visavis db upgrade`."""

from typing import Final

import sqlalchemy as sa
from alembic import command
from alembic.config import Config
from sqlalchemy import exc

from visavis.adapters.sql.engine import WRITES, as_storage_error, open_engine

__all__ = ["migrations", "upgrade"]

_LOCK: Final = 0x76697361766973
"""PostgreSQL's advisory lock: two processes that start together upgrade one after another."""


def migrations() -> Config:
    """Alembic's settings; the migrations ship within the package."""
    config = Config()
    config.set_main_option("script_location", "visavis:migrations")
    config.set_main_option("path_separator", "os")
    return config


def upgrade(url: str, *, revision: str = "head") -> None:
    """Run the migrations that are missing, all of them or none.

    Raises as `visavis.adapters.sql.engine.open_engine` and `visavis.service.ports.Storage.writing`.
    """
    engine = open_engine(url, connections=1)
    config = migrations()
    try:
        with engine.connect().execution_options(**{WRITES: True}) as connection, connection.begin():
            if engine.dialect.name == "postgresql":
                connection.execute(sa.select(sa.func.pg_advisory_xact_lock(_LOCK)))
            config.attributes["connection"] = connection
            command.upgrade(config, revision)
    except exc.SQLAlchemyError as error:
        raise as_storage_error(error) from error
    finally:
        engine.dispose()
