"""`visavis serve` as a process of its own, over SQLite and PostgreSQL: it starts, tells its key once, answers, ends."""

import os
import signal
import stat
from collections.abc import Callable
from pathlib import Path

import pytest
import sqlalchemy as sa

from serve_material import KEY, run, serving
from visavis.errors import ExitStatus


def test_it_starts_without_a_word_tells_its_key_once_and_ends_when_it_is_told(tmp_path: Path) -> None:
    with serving(tmp_path) as first:
        key = first.key
        assert key is not None
        assert len(KEY.findall("\n".join(first.said))) == 1
        answer = first.get("/v1/verifications", key=key)
        assert (answer.status_code, answer.json()) == (200, {"items": []})
        assert first.get("/v1/verifications").status_code == 401
        assert first.get("/v1/verifications", key=key[:-2] + "AA").status_code == 401
        assert first.get("/readyz").json()["status"] == "ready"
        assert first.get("/openapi.json").json()["openapi"].startswith("3.1")
        for path in (tmp_path / "data").rglob("*"):
            assert stat.S_IMODE(path.stat().st_mode) & 0o077 == 0, path.name
        assert first.end() == ExitStatus.SAME
    told = first.log.read_text()
    assert '"event": "stopped"' in told
    assert key not in told
    assert str(tmp_path) not in told
    with serving(tmp_path) as second:
        assert second.key is None
        assert second.get("/v1/verifications", key=key).status_code == 200
        assert second.end(signal.SIGINT) == ExitStatus.SAME


@pytest.mark.models
def test_it_is_ready_when_its_models_are_loaded(tmp_path: Path) -> None:
    with serving(tmp_path, VISAVIS_CAPTURES="true") as service:
        found = service.get("/readyz")
        assert (found.status_code, found.json()["checks"]["models"]) == (200, "ok")
        assert service.end() == ExitStatus.SAME


def test_several_processes_share_a_port_and_their_numbers_and_one_that_dies_is_replaced(tmp_path: Path) -> None:
    with serving(tmp_path, "--workers", 2) as service:
        key = service.key
        assert key is not None
        for _ in range(12):
            assert service.get("/v1/verifications", key=key).status_code == 200
        token = (tmp_path / "data" / "keys" / "metrics.token").read_bytes().hex()
        page = service.get("/metrics", key=token).text
        assert 'visavis_request_seconds_count{method="GET",route="/v1/verifications",status="200"} 12.0' in page
        assert 'visavis_pool_size{pool="threads"} 16.0' in page
        before = sorted(processes_of(service.process.pid))
        assert len(before) == 2
        os.kill(before[0], signal.SIGKILL)
        wait_until(lambda: len(processes_of(service.process.pid) - {before[0]}) == 2)
        assert service.get("/v1/verifications", key=key).status_code == 200
        assert service.end() == ExitStatus.SAME
    assert '"event": "worker_died"' in service.log.read_text()


def test_postgresql_is_upgraded_by_hand_and_serves_as_well(
    tmp_path: Path, database: Callable[[str], str], postgresql_cluster: str
) -> None:
    address = database("postgresql")
    empty = postgresql_cluster
    refused = run(tmp_path, "serve", "--port", 0, "--data", tmp_path / "data", settings={"VISAVIS_DATABASE_URL": empty})
    assert refused.returncode == ExitStatus.INSTALLATION
    assert "visavis db upgrade" in refused.stderr
    assert refused.stderr.rstrip().endswith("[schema_missing]")
    assert refused.stdout == ""
    with serving(tmp_path, VISAVIS_DATABASE_URL=address) as first:
        key = first.key
        assert key is not None
        assert first.get("/v1/verifications", key=key).json() == {"items": []}
        assert first.end() == ExitStatus.SAME
    assert not (tmp_path / "data" / "store.db").exists()
    with serving(tmp_path, VISAVIS_DATABASE_URL=address) as second:
        assert second.key is None
        assert second.get("/readyz").json()["checks"]["store"] == "ok"
        assert second.end() == ExitStatus.SAME


def test_a_setting_that_nobody_knows_stops_the_start_before_anything_is_made(tmp_path: Path) -> None:
    data = tmp_path / "data"
    done = run(tmp_path, "serve", "--data", data, settings={"VISAVIS_WORKER": "7"})
    assert done.returncode == ExitStatus.INSTALLATION
    assert "VISAVIS_WORKERS" in done.stderr
    assert done.stderr.rstrip().endswith("[setting_unknown]")
    assert not data.exists()


def test_parties_and_keys_are_made_listed_and_revoked_while_it_serves(tmp_path: Path) -> None:
    data = tmp_path / "data"
    with serving(tmp_path, VISAVIS_DEVELOPMENT_PARTY="false") as service:
        assert service.key is None
        party = run(
            tmp_path,
            "party",
            "add",
            "Example Telecom",
            "--contact",
            "a@b.example",
            "--jurisdiction",
            "SE",
            "--data",
            data,
        ).stdout.strip()
        named = ("--name", "shop", "--scope", "verifications", "--data", data)
        key = run(tmp_path, "key", "create", party, *named).stdout.strip()
        assert KEY.fullmatch(key)
        assert service.get("/v1/verifications", key=key).status_code == 200
        listed = run(tmp_path, "key", "list", party, "--data", data).stdout
        assert key.split(".")[1] in listed
        assert key.split(".")[2] not in listed
        assert run(tmp_path, "key", "revoke", party, key.split(".")[1], "--data", data).returncode == 0
        assert service.get("/v1/verifications", key=key).status_code == 401
    assert "Example Telecom" in run(tmp_path, "party", "list", "--data", data).stdout


def test_a_start_with_other_keys_than_the_data_rests_on_is_refused(tmp_path: Path) -> None:
    data = tmp_path / "data"
    with serving(tmp_path) as service:
        assert service.end() == ExitStatus.SAME
    engine = sa.create_engine(f"sqlite:///{data / 'store.db'}")
    with engine.begin() as connection:
        connection.exec_driver_sql("INSERT INTO data_keys (owner, master, wrapped) VALUES ('ver_x', 'another', x'00')")
    engine.dispose()
    done = run(tmp_path, "serve", "--port", 0, "--data", data)
    assert done.returncode == ExitStatus.INSTALLATION
    assert done.stderr.rstrip().endswith("[master_key_unknown]")


def processes_of(parent: int) -> set[int]:
    """Those that it began, by /proc; without multiprocessing's own that watches over its resources."""
    found = set()
    for folder in Path("/proc").iterdir():
        if folder.name.isdigit():
            try:
                status = (folder / "stat").read_text().rsplit(") ", 1)[1].split()
                line = (folder / "cmdline").read_bytes()
            except OSError:
                continue
            if int(status[1]) == parent and status[0] != "Z" and b"spawn_main" in line:
                found.add(int(folder.name))
    return found


def wait_until(done: Callable[[], bool]) -> None:
    import time

    deadline = time.monotonic() + 120
    while not done():
        assert time.monotonic() < deadline
        time.sleep(0.2)
