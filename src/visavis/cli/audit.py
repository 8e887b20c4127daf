"""`visavis audit`: whether an audit log is whole."""

import json
from pathlib import Path
from typing import TYPE_CHECKING, Final

import click

from visavis.errors import AuditError, ExitStatus
from visavis.files import own_name, read_file

if TYPE_CHECKING:
    from visavis.audit.checking import AuditReport

__all__ = ["command"]

MAX_HEAD_BYTES: Final = 8_000


@click.group(name="audit")
def command() -> None:
    """Verify the audit log of a service."""


@command.command()
@click.argument("file", type=click.Path(path_type=Path))
@click.option(
    "--keys",
    "key_file",
    required=True,
    type=click.Path(path_type=Path),
    help="The keys that sign its heads: a JWK Set.",
)
@click.option("--log", default="visavis", show_default=True, help="The name of the log, as its heads give it.")
@click.option(
    "--known-head",
    "known",
    multiple=True,
    type=click.Path(path_type=Path),
    help="A head that was kept elsewhere: it shows whether the log was cut off or written anew. May be repeated.",
)
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
def verify(*, file: Path, key_file: Path, log: str, known: tuple[Path, ...], as_json: bool) -> int:
    """Verify a log: every row, every head, in their order.

    The exit status is 0 where it is whole, 1 where something was changed, removed or moved, 3 where it is whole as far
    as the last head and rows follow that no head covers yet.
    """
    from visavis.adapters.audit_file import audit_lines
    from visavis.attestation.public_keys import MAX_KEY_SET_BYTES, KeySet
    from visavis.audit.checking import check_log

    keys = KeySet.parse(read_file(key_file, max_bytes=MAX_KEY_SET_BYTES))
    heads = [_head(path) for path in known]
    try:
        report = check_log(audit_lines(file), keys=keys, log=log, known_heads=heads)
    except AuditError as error:
        if as_json:
            click.echo(json.dumps({"whole": False, "code": error.code, "message": error.message}, indent=2))
            return int(error.exit_status)
        raise
    if as_json:
        click.echo(json.dumps(_data(report), indent=2))
    else:
        _print(own_name(file), report)
    return int(ExitStatus.SAME if report.whole else ExitStatus.INCONCLUSIVE)


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
