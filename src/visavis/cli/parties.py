"""`visavis party` and `visavis key`: who may ask, and with what."""

import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import click

if TYPE_CHECKING:
    from visavis.service.api_keys import ApiKeys
    from visavis.service.parties import RelyingParties

__all__ = ["key", "party"]

SCOPES: Final = ("verifications", "lines", "review", "keys", "policies:read", "webhooks", "figures")
"""`visavis.service.records.KEY_SCOPES`, which is not imported only to say so in `--help`."""
_Command = Callable[..., Any]


def where(command: _Command) -> _Command:
    """The store: as `visavis serve` finds it."""
    data = click.option(
        "--data",
        type=click.Path(path_type=Path, file_okay=False),
        help="The data folder, as of `visavis serve`. Another database: VISAVIS_DATABASE_URL.",
    )
    return data(command)


@contextmanager
def _open(data: Path | None) -> "Iterator[tuple[RelyingParties, ApiKeys]]":
    from visavis.clock import SystemClock
    from visavis.service_start import open_parties, open_store
    from visavis.settings import load_settings

    with open_store(load_settings(data=data)) as storage:
        yield open_parties(storage, SystemClock())


@click.group(name="party")
def party() -> None:
    """Relying parties: who may open verifications."""


@party.command()
@click.argument("name")
@click.option("--contact", required=True, help="Whom holders may ask about their data: an address or a link.")
@click.option("--jurisdiction", required=True, help="Whose law holds for it, by ISO 3166: SE, CN, US-CA.")
@click.option(
    "--lines-per-person",
    type=click.IntRange(0, 1_000),
    default=5,
    show_default=True,
    help="How many lines one person may have at it.",
)
@where
def add(*, name: str, contact: str, jurisdiction: str, lines_per_person: int, data: Path | None) -> None:
    """Make a relying party. Holders read its NAME and contact in the notice."""
    with _open(data) as (parties, _):
        row = parties.add(name, contact=contact, jurisdiction=jurisdiction, lines_per_person=lines_per_person)
    click.echo(row.id)


@party.command(name="list")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
@where
def list_parties(*, as_json: bool, data: Path | None) -> None:
    """The relying parties there are."""
    with _open(data) as (parties, _):
        rows = parties.all()
    if as_json:
        found = [
            {
                "id": row.id,
                "name": row.name,
                "contact": row.contact,
                "jurisdiction": row.jurisdiction,
                "created_at": row.created_at.isoformat(),
                "lines_per_person": row.lines_per_person,
            }
            for row in rows
        ]
        click.echo(json.dumps({"schema": "visavis.parties/1", "parties": found}, indent=2, ensure_ascii=False))
        return
    for row in rows:
        click.echo(f"{row.id}  {row.name}")
    click.echo(f"Relying parties: {len(rows)}.")


@click.group(name="key")
def key() -> None:
    """API keys of relying parties."""


@key.command()
@click.argument("relying_party")
@click.option("--name", required=True, help="What it is for, as people will read it.")
@click.option(
    "--scope", "scopes", multiple=True, required=True, type=click.Choice(SCOPES), help="What it may do; several times."
)
@where
def create(*, relying_party: str, name: str, scopes: tuple[str, ...], data: Path | None) -> None:
    """Make an API key of RELYING_PARTY and print it: this once, and nobody can show it again."""
    from visavis.service.records import Scope

    with _open(data) as (_, keys):
        made = keys.create(relying_party, name=name, scopes=[Scope(scope) for scope in scopes])
    click.echo(made.text)


@key.command(name="list")
@click.argument("relying_party")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
@where
def list_keys(*, relying_party: str, as_json: bool, data: Path | None) -> None:
    """The API keys of RELYING_PARTY, revoked ones among them; of each its id, never its text."""
    with _open(data) as (_, keys):
        rows = keys.of_party(relying_party)
    found = [
        {
            "id": row.id,
            "name": row.name,
            "scopes": sorted(row.scopes),
            "created_at": row.created_at.isoformat(),
            "last_used_at": row.last_used_at.isoformat() if row.last_used_at else None,
            "revoked_at": row.revoked_at.isoformat() if row.revoked_at else None,
        }
        for row in rows
    ]
    if as_json:
        click.echo(json.dumps({"schema": "visavis.api_keys/1", "keys": found}, indent=2, ensure_ascii=False))
        return
    for row in rows:
        state = "revoked" if row.revoked_at else "in use" if row.last_used_at else "not used yet"
        click.echo(f"{row.id}  {state:<12}  {row.name}  ({', '.join(sorted(row.scopes))})")
    click.echo(f"API keys: {len(rows)}.")


@key.command()
@click.argument("relying_party")
@click.argument("api_key")
@where
def revoke(*, relying_party: str, api_key: str, data: Path | None) -> None:
    """Revoke the key with the id API_KEY: from now on nobody is let in with it."""
    with _open(data) as (_, keys):
        keys.revoke(relying_party, api_key)
    click.echo(f"Revoked {api_key}.")
