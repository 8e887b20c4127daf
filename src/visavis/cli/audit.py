"""`visavis audit`: whether an audit log is whole, its heads, and the log as a file."""

import json
from contextlib import closing
from pathlib import Path
from typing import TYPE_CHECKING, Final

import click

from visavis.errors import AuditError, ExitStatus, UsageError
from visavis.files import own_name, read_file

if TYPE_CHECKING:
    from visavis.adapters.signing_keys import FileSigningKeyRing
    from visavis.attestation.public_keys import KeySet
    from visavis.audit.checking import AuditReport

__all__ = ["command"]

MAX_HEAD_BYTES: Final = 8_000


_log = click.option("--log", default="visavis", show_default=True, help="The name of the log, as its heads give it.")
_database = click.option(
    "--database",
    "url",
    metavar="URL",
    help="The log in a service's database, sqlite:///FILE or postgresql://..., instead of a file.",
)
_ring_option = click.option(
    "--ring",
    required=True,
    type=click.Path(path_type=Path),
    help="The folder of the ring that signs heads: in the service's data folder, keys/audit.",
)


@click.group(name="audit")
def command() -> None:
    """Verify the audit log of a service, and give it out."""


@command.command()
@click.argument("file", type=click.Path(path_type=Path), required=False)
@_database
@click.option(
    "--keys",
    "key_file",
    required=True,
    type=click.Path(path_type=Path),
    help="The keys that sign its heads: a JWK Set, or the folder of the service's ring.",
)
@_log
@click.option(
    "--known-head",
    "known",
    multiple=True,
    type=click.Path(path_type=Path),
    help="A head that was kept elsewhere: it shows whether the log was cut off or written anew. May be repeated.",
)
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
def verify(
    *, file: Path | None, url: str | None, key_file: Path, log: str, known: tuple[Path, ...], as_json: bool
) -> int:
    """Verify a log: every row, every head, in their order. In a database also what it keeps to find them by.

    The exit status is 0 where it is whole, 1 where something was changed, removed or moved, 3 where it is whole as far
    as the last head and rows follow that no head covers yet.
    """
    if (file is None) == (url is None):
        raise UsageError("audit_log_missing", "Name the log's file, or its database with --database: one of them.")
    keys, heads = _keys(key_file), [_head(path) for path in known]
    try:
        report = _of_file(file, keys, log, heads) if file is not None else _of_database(url or "", keys, log, heads)
    except AuditError as error:
        if as_json:
            click.echo(json.dumps({"whole": False, "code": error.code, "message": error.message}, indent=2))
            return int(error.exit_status)
        raise
    if as_json:
        click.echo(json.dumps(_data(report), indent=2))
    else:
        _print(own_name(file) if file is not None else "The log in the database", report)
    return int(ExitStatus.SAME if report.whole else ExitStatus.INCONCLUSIVE)


@command.command()
@_database
def export(*, url: str | None) -> None:
    """Write the log in a database to standard output, a line a row and head: a file that `verify` takes.

    Nothing is verified, and nothing changed. What was noted and not put into the log yet is not among it.
    """
    from visavis.adapters.sql import open_storage
    from visavis.service.audit_check import stored_lines

    with closing(open_storage(_url(url))) as storage:
        for line in stored_lines(storage):
            click.echo(line)


@command.command()
@_database
@_log
@_ring_option
def sign(*, url: str | None, log: str, ring: Path) -> None:
    """Sign a head over all that was noted until now, and print it: to be kept elsewhere, as `verify --known-head`."""
    from visavis.adapters.sql import open_storage
    from visavis.clock import SystemClock
    from visavis.service.audit_trail import AuditTrail

    key = _ring(ring).signing_key
    with closing(open_storage(_url(url))) as storage:
        trail = AuditTrail(storage=storage, clock=SystemClock(), name=log, key=key)
        click.echo(trail.sign_head().token)


@command.command()
@_ring_option
def keys(*, ring: Path) -> None:
    """Print the keys by which heads are verified: a JWK Set, for `verify --keys`, wherever that is run."""
    from visavis.attestation.keys import jwk_set
    from visavis.clock import SystemClock

    click.echo(json.dumps(jwk_set(_ring(ring).published(SystemClock().now())), indent=2))


def _ring(folder: Path) -> "FileSigningKeyRing":
    from visavis.adapters.signing_keys import FileSigningKeyRing
    from visavis.clock import SystemClock

    if not (folder / "ring.json").is_file():  # else a new ring would be made there
        raise UsageError(
            "audit_ring_missing",
            "There is no ring of keys in this folder.",
            advice="In a service's data folder it is keys/audit.",
        )
    return FileSigningKeyRing(folder, now=SystemClock().now())


def _url(url: str | None) -> str:
    from visavis.settings import load_settings

    return load_settings(database_url=url).database


def _of_file(file: Path, keys: "KeySet", log: str, heads: list[str]) -> "AuditReport":
    from visavis.adapters.audit_file import audit_lines
    from visavis.audit.checking import check_log

    return check_log(audit_lines(file), keys=keys, log=log, known_heads=heads)


def _of_database(url: str, keys: "KeySet", log: str, heads: list[str]) -> "AuditReport":
    from visavis.adapters.sql import open_storage
    from visavis.service.audit_check import check_stored

    with closing(open_storage(url)) as storage:
        return check_stored(storage, keys=keys, log=log, known_heads=heads)


def _keys(path: Path) -> "KeySet":
    """A JWK Set, or all keys that a ring has published."""
    from visavis.attestation.keys import key_set
    from visavis.attestation.public_keys import MAX_KEY_SET_BYTES, KeySet
    from visavis.clock import SystemClock

    if path.is_dir():
        return key_set(_ring(path).published(SystemClock().now()))
    return KeySet.parse(read_file(path, max_bytes=MAX_KEY_SET_BYTES))


def _head(path: Path) -> str:
    """A head as it was published, or as its line of the log."""
    from visavis.audit.checking import head_token

    return head_token(read_file(path, max_bytes=MAX_HEAD_BYTES).strip())


def _data(report: "AuditReport") -> dict[str, object]:
    return {
        "whole": report.whole,
        "rows": report.rows,
        "covered": report.covered,
        "heads": report.heads,
        "known_heads": report.known_heads,
        "root": report.root.hex(),
        "first_at": report.first_at.isoformat() if report.first_at else None,
        "last_at": report.last_at.isoformat() if report.last_at else None,
        "last_head_at": report.last_head.at.isoformat() if report.last_head else None,
    }


def _print(name: str, report: "AuditReport") -> None:
    if report.whole:
        click.secho(f"{name} is whole. Rows: {report.rows:,}, signed heads: {report.heads:,}.", fg="green", bold=True)
    else:
        after = report.rows - report.covered
        click.secho(f"{name} is whole up to row {report.covered:,}.", fg="yellow", bold=True)
        click.echo(f"  Not under a signed head yet: {after:,} after that. Let the service sign one.")
    if report.first_at and report.last_at:
        click.echo(f"  from {report.first_at:%Y-%m-%d %H:%M:%S} to {report.last_at:%Y-%m-%d %H:%M:%S} UTC")
    click.echo(f"  root {report.root.hex()}")
    if report.known_heads:
        click.echo(f"  Heads kept elsewhere that fit it: {report.known_heads}")
    else:
        click.echo(
            "  No head kept elsewhere was given: a log that was cut off, or written anew with its key, looks whole."
        )
