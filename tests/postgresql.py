"""A PostgreSQL of the tests' own: a throw-away cluster in a temporary folder, on a unix socket, without a password."""

import contextlib
import os
import pwd
import shlex
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import quote

SETTINGS = {
    "listen_addresses": "",  # the socket alone
    "fsync": "off",  # no test pulls the plug of the server; those that kill a process kill a client
    "synchronous_commit": "off",
    "full_page_writes": "off",
    "shared_buffers": "32MB",
    "max_connections": "60",
    "autovacuum": "off",
}


def programs() -> Path | None:
    """The folder with initdb and postgres: on the path, or where Debian puts them."""
    on_path = shutil.which("initdb")
    if on_path is not None:
        return Path(on_path).resolve().parent
    versions = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"), key=lambda file: int(file.parts[-3]))
    return versions[-1].parent if versions else None


@contextlib.contextmanager
def cluster() -> Iterator[str]:
    """The address of its empty database; the cluster is gone afterwards."""
    found = programs()
    assert found is not None, "PostgreSQL is not here"
    # root may not run a server: it lends itself to the least of users
    user = _unprivileged() if os.geteuid() == 0 else None
    # not pytest's own folder: the path of a socket has at most 107 bytes
    folder = Path(tempfile.mkdtemp(prefix="visavis-pg-"))
    try:
        if user is not None:
            os.chown(folder, user.pw_uid, user.pw_gid)
        data = folder / "data"
        _run(user, folder, found / "initdb", "-D", data, "-U", "visavis", "-A", "trust", "-E", "UTF8", "--no-sync")
        options = " ".join(f"-c {name}={shlex.quote(value)}" for name, value in SETTINGS.items())
        start = (found / "pg_ctl", "-D", data, "-w", "-t", "60", "-l", folder / "log", "-o", f"-k {folder} {options}")
        _run(user, folder, *start, "start")
        try:
            yield f"postgresql://visavis@/postgres?host={quote(str(folder))}"
        finally:
            _run(user, folder, found / "pg_ctl", "-D", data, "-m", "immediate", "-w", "stop")
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _unprivileged() -> pwd.struct_passwd:
    for name in ("postgres", "nobody"):
        with contextlib.suppress(KeyError):
            return pwd.getpwnam(name)
    raise AssertionError("there is no user that may run PostgreSQL")


def _run(user: pwd.struct_passwd | None, folder: Path, *command: object) -> None:
    arguments = [str(part) for part in command]
    kept = {"PATH": os.environ.get("PATH", ""), "LC_ALL": "C.UTF-8", "HOME": str(folder)}
    owner: dict[str, Any] = {}
    if user is not None:
        owner = {"user": user.pw_uid, "group": user.pw_gid, "extra_groups": []}
    # no pipes: the server that pg_ctl leaves behind would hold them open
    with (folder / "said").open("wb") as said:
        done = subprocess.run(
            arguments,
            cwd=folder,
            env=kept,
            stdin=subprocess.DEVNULL,
            stdout=said,
            stderr=said,
            check=False,
            **owner,
        )
    assert done.returncode == 0, (folder / "said").read_text(encoding="utf-8", errors="replace")[-2000:]
