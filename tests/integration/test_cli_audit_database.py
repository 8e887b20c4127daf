"""`visavis audit` over a service's database: verify, export, sign and keys, and their exit statuses."""

import json
import sqlite3
from collections.abc import Callable
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path

import pytest

from audit_material import note
from visavis.adapters.signing_keys import FileSigningKeyRing
from visavis.adapters.sql import open_storage
from visavis.cli import main
from visavis.clock import SystemClock
from visavis.errors import ExitStatus
from visavis.service.audit_trail import AuditTrail


def run(capsys: pytest.CaptureFixture[str], *arguments: str) -> tuple[int, str, str]:
    with pytest.raises(SystemExit) as left:
        main(["audit", *arguments])
    out, err = capsys.readouterr()
    return int(left.value.code or 0), out, err


def test_a_log_in_a_database(
    database: Callable[[str], str], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    url = database("sqlite")
    folder = tmp_path / "ring"
    ring = FileSigningKeyRing(folder, now=datetime.now(UTC))
    place = ("--database", url, "--keys", str(folder))
    with closing(open_storage(url)) as storage:
        note(storage, *range(5))
        AuditTrail(storage=storage, clock=SystemClock(), name="visavis", key=ring.signing_key).sequence()
        status, out, _ = run(capsys, "verify", *place)
        assert status == ExitStatus.INCONCLUSIVE
        assert "Not under a signed head yet: 5" in out
        note(storage, 5)
    status, head, _ = run(capsys, "sign", "--database", url, "--ring", str(folder))
    assert status == ExitStatus.SAME
    (tmp_path / "head").write_text(head)
    status, out, _ = run(capsys, "verify", *place, "--known-head", str(tmp_path / "head"))
    assert status == ExitStatus.SAME
    assert "The log in the database is whole. Rows: 6, signed heads: 1." in out

    _, jwks, _ = run(capsys, "keys", "--ring", str(folder))
    (tmp_path / "jwks.json").write_text(jwks)
    _, log, _ = run(capsys, "export", "--database", url)
    (tmp_path / "log.jsonl").write_text(log)
    elsewhere = (str(tmp_path / "log.jsonl"), "--keys", str(tmp_path / "jwks.json"))
    assert run(capsys, "verify", *elsewhere)[0] == ExitStatus.SAME

    with closing(sqlite3.connect(tmp_path / "store.db")) as connection, connection:
        connection.execute("UPDATE audit_entries SET row = replace(row, 'thing_3', 'thing_9') WHERE seq = 3")
    status, _, err = run(capsys, "verify", *place)
    assert (status, "[audit_subtree_mismatch]" in err) == (ExitStatus.NOT_SAME, True)
    status, out, _ = run(capsys, "verify", *place, "--json")
    assert (status, json.loads(out)["code"]) == (ExitStatus.NOT_SAME, "audit_subtree_mismatch")


def test_what_cannot_be_used_is_said(
    database: Callable[[str], str], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    url = database("sqlite")
    for arguments, code in (
        (("verify", "--keys", "x"), "audit_log_missing"),
        (("verify", "log.jsonl", "--database", url, "--keys", "x"), "audit_log_missing"),
        (("verify", "--database", url, "--keys", str(tmp_path)), "audit_ring_missing"),
        (("sign", "--database", url, "--ring", str(tmp_path)), "audit_ring_missing"),
        (("keys", "--ring", str(tmp_path / "none")), "audit_ring_missing"),
    ):
        status, _, err = run(capsys, *arguments)
        assert (status, f"[{code}]" in err) == (ExitStatus.USAGE, True)
    assert list(tmp_path.iterdir()) == [tmp_path / "store.db"]
