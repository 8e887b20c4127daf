"""Every store there is, empty for each test: what holds for one holds for all."""

import itertools
import os
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
import sqlalchemy as sa

from postgresql import cluster, programs
from store_material import World, make_world
from visavis.adapters.memory import MemoryStorage
from visavis.adapters.sql import open_storage
from visavis.adapters.sql.upgrade import upgrade
from visavis.service.ports import Storage

REQUIRED = "VISAVIS_TEST_POSTGRESQL"
"""Set to ``required`` where a missing PostgreSQL is a failure: in continuous integration."""


@pytest.fixture(scope="session")
def postgresql_cluster() -> Iterator[str]:
    if programs() is None:
        text = "PostgreSQL is not here; on Debian: apt-get install postgresql"
        if os.environ.get(REQUIRED) == "required":
            pytest.fail(text)
        pytest.skip(text)
    with cluster() as url:
        # one database with the tables; each test gets a copy of it, which takes a tenth of the time
        upgrade(_database(url, "template"))
        yield url


@pytest.fixture(scope="session")
def sqlite_template(tmp_path_factory: pytest.TempPathFactory) -> bytes:
    file = tmp_path_factory.mktemp("sqlite") / "template.db"
    upgrade(f"sqlite:///{file}")
    return file.read_bytes()


_numbers = itertools.count()


def _database(url: str, name: str, *, template: str = "template1") -> str:
    _said(url, f'CREATE DATABASE "{name}" TEMPLATE "{template}"')
    return url.replace("/postgres?", f"/{name}?")


def _said(url: str, statement: str) -> None:
    engine = sa.create_engine(url.replace("postgresql://", "postgresql+psycopg://"), isolation_level="AUTOCOMMIT")
    with engine.connect() as connection:
        connection.exec_driver_sql(statement)
    engine.dispose()


@pytest.fixture
def database(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Callable[[str], str]]:
    """The address of a new database of a kind, with its tables; gone at the end of the test, since each has 8 MB."""
    made: list[tuple[str, str]] = []

    def make(kind: str) -> str:
        if kind == "postgresql":
            cluster_url: str = request.getfixturevalue("postgresql_cluster")
            made.append((cluster_url, f"test{next(_numbers)}"))
            return _database(*made[-1], template="template")
        file = tmp_path / "store.db"
        file.write_bytes(request.getfixturevalue("sqlite_template"))
        return f"sqlite:///{file}"

    yield make
    for cluster_url, name in made:
        _said(cluster_url, f'DROP DATABASE "{name}" WITH (FORCE)')


@pytest.fixture(params=["sqlite", "postgresql"])
def url(request: pytest.FixtureRequest, database: Callable[[str], str]) -> str:
    """A database that several processes share."""
    return database(request.param)


@pytest.fixture(params=["memory", "sqlite", "postgresql"])
def storage(request: pytest.FixtureRequest, database: Callable[[str], str]) -> Iterator[Storage]:
    store: Storage = MemoryStorage() if request.param == "memory" else open_storage(database(request.param))
    yield store
    store.close()


@pytest.fixture
def world(storage: Storage) -> World:
    return make_world(storage)
