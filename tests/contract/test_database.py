"""What a database must be before it is used, what its files hold, and that the migrations make just these tables."""

import sqlite3
from collections.abc import Callable
from pathlib import Path

import pytest
import sqlalchemy as sa
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory

from store_material import make_world
from visavis.adapters.keyring import KeyRing
from visavis.adapters.recording_keys import MasterKey
from visavis.adapters.sql import open_storage
from visavis.adapters.sql.engine import open_engine
from visavis.adapters.sql.schema import REVISION, metadata
from visavis.adapters.sql.upgrade import migrations, upgrade
from visavis.cli import main
from visavis.errors import ConfigurationError, StorageError


def test_the_migrations_make_the_tables_of_the_schema(url: str) -> None:
    engine = open_engine(url)
    with engine.connect() as connection:
        context = MigrationContext.configure(connection, opts={"compare_type": True})
        assert compare_metadata(context, metadata) == []
    engine.dispose()
    assert ScriptDirectory.from_config(migrations()).get_heads() == [REVISION]


def test_a_database_without_tables_or_of_another_version_is_refused(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path / 'new.db'}"
    with pytest.raises(StorageError) as caught:
        open_storage(url)
    assert caught.value.code == "schema_missing"
    upgrade(url)
    upgrade(url)  # nothing is left to do
    open_storage(url).close()
    connection = sqlite3.connect(tmp_path / "new.db")
    connection.execute("UPDATE alembic_version SET version_num = '9999'")
    connection.commit()
    connection.close()
    with pytest.raises(StorageError) as caught:
        open_storage(url)
    assert caught.value.code == "schema_of_other_version"


def test_the_command_makes_and_checks(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("VISAVIS_DATABASE_URL", raising=False)
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "data"))
    for arguments, status in (
        (["db", "upgrade"], 0),
        (["db", "check"], 0),
        (["db", "check", "--database", f"sqlite:///{tmp_path / 'other.db'}"], 4),
    ):
        with pytest.raises(SystemExit) as left:
            main(arguments)
        assert left.value.code == status
    assert (tmp_path / "data" / "visavis" / "store.db").is_file()
    out, err = capsys.readouterr()
    assert out.count("at this version") == 2
    assert "[schema_missing]" in err


def test_the_file_is_its_owners_alone(tmp_path: Path) -> None:
    upgrade(f"sqlite:///{tmp_path / 'new.db'}")
    assert [file.stat().st_mode & 0o077 for file in tmp_path.iterdir()] == [0] * len(list(tmp_path.iterdir()))


@pytest.mark.parametrize("url", ["", "mysql://u:secret@h/d", "sqlite://", "sqlite:///:memory:", "no address"])
def test_addresses_of_no_database(url: str) -> None:
    with pytest.raises(ConfigurationError) as caught:
        open_engine(url)
    assert caught.value.code == "database_url_invalid"
    assert "secret" not in str(caught.value)


def test_a_database_out_of_reach_is_told_without_its_address(tmp_path: Path) -> None:
    for url in (f"sqlite:///{tmp_path}/no/such.db", f"postgresql://user:secret@/db?host={tmp_path}"):
        with pytest.raises(StorageError) as caught:
            open_storage(url)
        assert caught.value.code == "storage_unreachable"
        assert "secret" not in str(caught.value)
        assert str(tmp_path) not in str(caught.value)


def test_nothing_personal_is_in_the_files_and_a_destroyed_key_leaves_no_trace(
    database: Callable[[str], str], tmp_path: Path
) -> None:
    storage = open_storage(database("sqlite"))
    world = make_world(storage)
    row = world.accepted("DOC4711X")
    line = world.line("DOC4711X", number=7)
    with storage.reading() as unit:
        wrapped = unit.sealed.key(row.id)
        assert wrapped is not None
    assert wrapped.wrapped in _files(tmp_path)  # so that the search below is one
    for personal in (b"ERIKSSON", b"DOC4711X", b"46700000007", b"894600"):
        assert personal not in _files(tmp_path)
    world.verifications.fetched(world.party.id, row.id)
    storage.scrub()
    assert wrapped.wrapped not in _files(tmp_path)
    assert world.views.get(world.party.id, line.id).msisdn is not None
    storage.close()


def _files(folder: Path) -> bytes:
    return b"".join(file.read_bytes() for file in sorted(folder.iterdir()))


def test_scrubbing_works_on_both(url: str) -> None:
    storage = open_storage(url)
    make_world(storage).accepted("P1")
    storage.scrub()
    storage.close()


def test_what_was_answered_is_on_the_disk(database: Callable[[str], str]) -> None:
    """The tests themselves may lie in memory, where a commit waits for nothing."""
    engine = open_engine(database("sqlite"))
    with engine.connect() as connection:
        settings = {
            name: connection.exec_driver_sql(f"PRAGMA {name}").scalar() for name in ("journal_mode", "synchronous")
        }
    engine.dispose()
    assert settings == {"journal_mode": "wal", "synchronous": 2}  # 2: FULL


def test_the_lists_and_sweeps_use_their_indexes(database: Callable[[str], str]) -> None:
    engine = open_engine(database("sqlite"))
    asked = {
        "SELECT * FROM verifications WHERE relying_party = ? AND id < ? ORDER BY id DESC LIMIT 51": "relying_party_id",
        "SELECT * FROM verifications WHERE relying_party = ? AND state = ? ORDER BY id DESC LIMIT 9": "party_state_id",
        "SELECT * FROM verifications WHERE overdue_at <= ? ORDER BY overdue_at LIMIT 50": "overdue_at",
        "SELECT * FROM verifications WHERE forget_at <= ? ORDER BY forget_at LIMIT 50": "forget_at",
        "SELECT * FROM outbox WHERE due_at <= ? ORDER BY due_at, event LIMIT 50": "due_at",
        "SELECT count(*) FROM lines WHERE relying_party = ? AND person = ? AND status = 'active'": "lines_person",
        "SELECT * FROM lines WHERE relying_party = ? AND number = ? AND status = 'active'": "lines_number",
    }
    with engine.connect() as connection:
        for statement, index in asked.items():
            values = ("x",) * statement.count("?")
            plan = str(connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {statement}", values).all())
            assert index in plan, plan
            assert "TEMP B-TREE" not in plan, plan
    engine.dispose()


def test_sealed_things_stay_where_they_belong() -> None:
    ring = KeyRing(MasterKey(bytes(32)))
    key, other = ring.new_key("ver_1"), ring.new_key("ver_2")
    sealed = ring.seal(key, "disclosed", b"content")
    assert ring.open(key, "disclosed", sealed) == b"content"
    assert ring.seal(key, "disclosed", b"content") != sealed
    for attempt in (
        lambda: ring.open(key, "other label", sealed),
        lambda: ring.open(other, "disclosed", sealed),
        lambda: ring.open(key, "disclosed", sealed[:-1] + bytes([sealed[-1] ^ 1])),
        lambda: ring.open(key, "disclosed", b""),
        lambda: ring.rewrap(type(key)(owner="ver_2", master=key.master, wrapped=key.wrapped)),
    ):
        with pytest.raises(StorageError) as caught:
            attempt()
        assert caught.value.code == "sealed_unreadable"


def test_a_lock_that_nobody_gives_up_is_told_as_busy(
    database: Callable[[str], str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("visavis.adapters.sql.engine._WAIT_S", 0.05)
    url = database("sqlite")
    one, other = open_storage(url), open_storage(url)
    with one.writing(), pytest.raises(StorageError) as caught, other.writing():
        pytest.fail("two writers at once")
    assert caught.value.code == "storage_busy"
    one.close()
    other.close()


def test_the_database_going_away_is_told_and_its_coming_back_is_noticed(database: Callable[[str], str]) -> None:
    """The server ends every session, as it does when it restarts."""
    url = database("postgresql")
    storage = open_storage(url)
    row = make_world(storage).open()
    engine = sa.create_engine(url.replace("postgresql://", "postgresql+psycopg://"), isolation_level="AUTOCOMMIT")
    end = (
        "SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
        "WHERE pid <> pg_backend_pid() AND datname = current_database()"
    )

    def look(before: Callable[[], object]) -> None:
        with storage.reading() as unit:
            before()
            assert unit.verifications.find(row.relying_party, row.id) == row

    def restart() -> None:
        with engine.connect() as connection:
            connection.exec_driver_sql(end)

    look(lambda: None)
    with pytest.raises(StorageError) as caught:
        look(restart)
    assert caught.value.code == "storage_unreachable"
    look(lambda: None)
    engine.dispose()
    storage.close()
