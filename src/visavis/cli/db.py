"""`visavis db`: make or move the tables of the service's store, and see whether they are of this version."""

import os
from pathlib import Path

import click

__all__ = ["command"]

database = click.option(
    "--database",
    "url",
    envvar="VISAVIS_DATABASE_URL",
    metavar="URL",
    help="sqlite:///FILE or postgresql://...; else $VISAVIS_DATABASE_URL, else a file in the data folder.",
)


@click.group(name="db")
def command() -> None:
    """The database of the service: make its tables, move them to this version, check them."""


@command.command()
@database
def upgrade(*, url: str | None) -> None:
    """Run the migrations that are missing: all of them, or none."""
    from visavis.adapters.sql.upgrade import upgrade as run

    run(url or _own_file(make=True))
    click.echo("The database is at this version.")


@command.command()
@database
def check(*, url: str | None) -> None:
    """Whether the database can be reached and is of this version."""
    from visavis.adapters.sql import open_storage

    open_storage(url or _own_file()).close()
    click.echo("The database is at this version.")


def _own_file(*, make: bool = False) -> str:
    named = os.environ.get("XDG_DATA_HOME", "")
    home = Path(named) if Path(named).is_absolute() else Path.home() / ".local" / "share"
    folder = home / "visavis"
    if make:
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    return f"sqlite:///{folder / 'store.db'}"
