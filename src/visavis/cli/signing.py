"""`visavis signing`: the keys that sign attestations, and those that sign the heads of the audit log."""

import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import click

if TYPE_CHECKING:
    from visavis.adapters.signing_keys import FileSigningKeyRing

__all__ = ["command"]

_DECADES: Final = timedelta(days=50 * 365)
"""Heads of an audit log are verified for as long as the log is kept."""


def ring_options(function: Callable[..., Any]) -> Callable[..., Any]:
    data = click.option(
        "--data",
        type=click.Path(path_type=Path, file_okay=False),
        help="The data folder, as of `visavis serve`; else $VISAVIS_DATA.",
    )
    return click.argument("ring", type=click.Choice(("attestations", "audit")))(data(function))


@contextmanager
def _open(ring: str, data: Path | None) -> "Iterator[tuple[FileSigningKeyRing, timedelta]]":
    """The ring, and how long a retired key of it stays published."""
    from visavis.clock import SystemClock
    from visavis.service_start import open_keys
    from visavis.settings import load_settings

    settings = load_settings(data=data)
    with open_keys(settings, SystemClock()) as keys:
        if ring == "audit":
            yield keys.audit, _DECADES
        else:
            yield keys.attestations, timedelta(days=settings.attestation_days + 1)


@click.group(name="signing")
def command() -> None:
    """Signing keys of the service: one signs, one will, and those that signed stay published. RING is `attestations` or
    `audit`. A service that runs takes up what is changed here by itself.
    """


@command.command(name="list")
@ring_options
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
def list_keys(*, ring: str, data: Path | None, as_json: bool) -> None:
    """The published keys of RING."""
    from visavis.clock import SystemClock

    with _open(ring, data) as (keys, _):
        rows = keys.published(SystemClock().now())
    found = [
        {
            "kid": row.kid,
            "state": str(row.state),
            "algorithm": str(row.algorithm),
            "since": row.since.isoformat(),
            "until": row.until.isoformat() if row.until else None,
        }
        for row in rows
    ]
    if as_json:
        click.echo(json.dumps({"schema": "visavis.signing_keys/1", "keys": found}, indent=2))
        return
    for item in found:
        until = f", published until {item['until']}" if item["until"] else ""
        click.echo(f"{item['kid']}  {item['state']:<8} {item['algorithm']}, since {item['since']}{until}")


@command.command()
@ring_options
def rotate(*, ring: str, data: Path | None) -> None:
    """The next key signs from now on; the present one stays published for as long as what it signed is valid."""
    from visavis.clock import SystemClock

    with _open(ring, data) as (keys, overlap):
        keys.rotate(now=SystemClock().now(), overlap=overlap)
        click.echo(f"Signs now: {keys.signing_key().kid}")


@command.command()
@ring_options
@click.argument("kid")
def withdraw(*, ring: str, data: Path | None, kid: str) -> None:
    """Publish the key KID no more, at once, since others may have it: what it signed stops to count."""
    from visavis.clock import SystemClock

    with _open(ring, data) as (keys, _):
        keys.withdraw(kid, now=SystemClock().now())
        click.echo(f"Signs now: {keys.signing_key().kid}")


@command.command()
@ring_options
@click.argument("file", type=click.Path(path_type=Path))
def bring(*, ring: str, data: Path | None, file: Path) -> None:
    """Put a key of your own (P-256 or Ed25519; PEM without a passphrase, or JWK) into the place of the next one."""
    from visavis.adapters.signing_keys import MAX_KEY_BYTES
    from visavis.attestation.keys import SoftwareKey
    from visavis.clock import SystemClock
    from visavis.files import read_file

    key = SoftwareKey.read(read_file(file, max_bytes=MAX_KEY_BYTES))
    with _open(ring, data) as (keys, _):
        keys.bring(key, now=SystemClock().now())
    click.echo(f"Signs after the next rotation: {key.kid}")
