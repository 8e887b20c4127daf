"""`visavis attestation`: whether a signed answer may be believed, on any machine, without the service."""

import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Final

import click

from visavis.errors import ExitStatus, FileError, TokenError
from visavis.files import open_file, own_name, read_file, too_large

if TYPE_CHECKING:
    from visavis.attestation.statement import Statement
    from visavis.attestation.verifier import VerifiedAttestation

__all__ = ["command"]

MAX_TOKEN_BYTES: Final = 200_000
MAX_LIST_BYTES: Final = 3_000_000


@click.group(name="attestation")
def command() -> None:
    """Verify the signed answers of a verification service."""


@command.command()
@click.argument("file", metavar="FILE|-", type=click.Path(path_type=Path))
@click.option("--issuer", required=True, help="The service that is believed, as the attestation names it.")
@click.option(
    "--keys", "key_file", required=True, type=click.Path(path_type=Path), help="Its published keys: a JWK Set (JSON)."
)
@click.option(
    "--audience", help="Who verifies: the relying party's own id. Without it only what is for anybody passes."
)
@click.option("--nonce", help="The value that the holder was given: then the attestation must be bound to their key.")
@click.option("--vct", help="The type that is expected. Default: visavis's own.")
@click.option("--status-list", type=click.Path(path_type=Path), help="The issuer's status list, as it is published.")
@click.option("--unsafe-without-status", is_flag=True, help="Do not ask whether it was revoked: a revoked one passes.")
@click.option("--show-fields", is_flag=True, help="Print what it tells of the holder.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
def verify(
    *,
    file: Path,
    issuer: str,
    key_file: Path,
    audience: str | None,
    nonce: str | None,
    vct: str | None,
    status_list: Path | None,
    unsafe_without_status: bool,
    show_fields: bool,
    as_json: bool,
) -> int:
    """Verify an attestation: an SD-JWT VC in FILE, or on standard input.

    Nothing is fetched: the issuer's keys and status list are files. The exit status is 0 where it may be believed, 1
    where it must not, 3 where all is right and nobody can tell whether it was revoked.
    """
    from visavis.attestation.public_keys import MAX_KEY_SET_BYTES, KeySet
    from visavis.attestation.statement import VCT
    from visavis.attestation.verifier import verify as verify_attestation
    from visavis.clock import SystemClock

    if nonce is not None and not audience:
        raise click.UsageError("--nonce needs --audience: a holder answers one party.")
    keys = KeySet.parse(read_file(key_file, max_bytes=MAX_KEY_SET_BYTES))
    token = _token(file)
    listed = None if status_list is None else _text(read_file(status_list, max_bytes=MAX_LIST_BYTES))
    now = SystemClock().now()
    try:
        found = verify_attestation(
            token,
            issuer=issuer,
            keys=keys,
            now=now,
            audience=audience,
            nonce=nonce,
            vct=vct or VCT,
            status_list=None if listed is None else lambda _: listed,
            unsafe_without_status=unsafe_without_status,
        )
    except TokenError as error:
        if as_json:
            click.echo(json.dumps({"believed": False, "code": error.code, "message": error.message}, indent=2))
            return int(error.exit_status)
        raise
    if as_json:
        click.echo(json.dumps(_data(found, show_fields=show_fields), indent=2, ensure_ascii=False))
    else:
        _print(found, show_fields=show_fields, unsafe=unsafe_without_status)
    return int(ExitStatus.SAME)


def _token(file: Path) -> str:
    if str(file) != "-":
        with open_file(file) as stream:
            data = stream.read(MAX_TOKEN_BYTES + 1)
    else:
        data = sys.stdin.buffer.read(MAX_TOKEN_BYTES + 1)
    if len(data) > MAX_TOKEN_BYTES:
        raise too_large(own_name(file), MAX_TOKEN_BYTES)
    return _text(data)


def _text(data: bytes) -> str:
    """Without the end of line that a shell puts there. Raises FileError ``token_not_text``."""
    try:
        return data.decode("ascii").strip()
    except ValueError as error:
        raise FileError("token_not_text", "A token is plain text.", advice="Name the file that holds it.") from error


def _data(found: "VerifiedAttestation", *, show_fields: bool) -> dict[str, object]:
    claims = {name: found.claims[name] for name in sorted(found.disclosed)} if show_fields else {}
    return {
        "believed": True,
        "issuer": found.issuer,
        "vct": found.vct,
        "issued_at": found.issued_at.isoformat(),
        "expires_at": found.expires_at.isoformat(),
        "kid": found.kid,
        "holder_present": found.holder_present,
        "status": None if found.status is None else found.status.name.lower(),
        "disclosed": sorted(found.disclosed),
        **({"fields": claims} if show_fields else {}),
        "verification": found.claims.get("verification"),
    }


def _print(found: "VerifiedAttestation", *, show_fields: bool, unsafe: bool) -> None:
    click.secho("The attestation may be believed.", fg="green", bold=True)
    rows = [
        ("issuer", found.issuer),
        ("valid", f"{found.issued_at:%Y-%m-%d %H:%M} to {found.expires_at:%Y-%m-%d %H:%M} UTC"),
        ("key", found.kid),
        ("revoked", "not looked at" if unsafe else "no" if found.status is not None else "it cannot be"),
        ("presented by", "the holder of the confirmed key" if found.holder_present else "anybody who has it"),
    ]
    if found.statement is not None:
        rows += _statement_rows(found.statement)
    rows.append(("shown", ", ".join(sorted(found.disclosed)) or "nothing that was withheld"))
    for name, value in rows:
        click.echo(f"  {name:<17} {value}")
    for warning in found.statement.warnings if found.statement else ():
        click.secho(f"  Warning: {warning}", fg="yellow")
    if show_fields:
        for name in sorted(found.disclosed - {"evidence"}):
            click.echo(f"  {name}: {found.claims[name]}")


def _statement_rows(statement: "Statement") -> list[tuple[str, str]]:
    policy, pad = statement.policy, statement.attack_detection
    rows = [
        ("accepted by", f"{'a person under ' if statement.decided_by == 'person' else ''}{policy.id} {policy.version}"),
        ("policy digest", policy.digest),
        ("grants", ", ".join(statement.grants) or "nothing"),
    ]
    if statement.binding is not None:
        rows.append((statement.binding.kind.replace("_", " "), statement.binding.digest))
    if statement.fmr_bound is not None:
        rows.append(("false matches", f"at most 1 in {1 / statement.fmr_bound:,.0f}"))
    if pad is not None:
        confirmed = f", confirmed by {pad.confirmed_by.replace('_', ' ')}" if pad.confirmed_by else ""
        rows.append(("attack detection", f"{pad.operating_point}{confirmed}"))
    return rows
