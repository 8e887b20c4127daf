"""`visavis db`: make or move the tables of the service's store, see whether they are of this version, and wrap its keys
anew.
"""

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

if TYPE_CHECKING:
    from visavis.settings import Settings

__all__ = ["command"]


def where(function: Callable[..., Any]) -> Callable[..., Any]:
    database = click.option(
        "--database",
        "url",
        metavar="URL",
        help="sqlite:///FILE or postgresql://...; else $VISAVIS_DATABASE_URL, else a file in the data folder.",
    )
    data = click.option(
        "--data",
        type=click.Path(path_type=Path, file_okay=False),
        help="The data folder, as of `visavis serve`; else $VISAVIS_DATA.",
    )
    return database(data(function))


def _settings(url: str | None, data: Path | None) -> "Settings":
    from visavis.settings import load_settings

    return load_settings(database_url=url, data=data)


@click.group(name="db")
def command() -> None:
    """The database of the service: make its tables, move them to this version, check them, wrap its keys anew."""


@command.command()
@where
def upgrade(*, url: str | None, data: Path | None) -> None:
    """Run the migrations that are missing: all of them, or none."""
    from visavis.adapters.service_keys import make_folder
    from visavis.adapters.sql.upgrade import upgrade as run

    settings = _settings(url, data)
    if settings.own_database:
        make_folder(settings.data)
    run(settings.database)
    click.echo("The database is at this version.")


@command.command()
@where
def check(*, url: str | None, data: Path | None) -> None:
    """Whether the database can be reached and is of this version."""
    from visavis.adapters.sql import open_storage

    open_storage(_settings(url, data).database).close()
    click.echo("The database is at this version.")


@command.command()
@where
def rewrap(*, url: str | None, data: Path | None) -> None:
    """Wrap every key of the store under the present master key, while the service runs; what is sealed stays as it is.

    Before it, put the new key into the place of the old one, and name the old one in VISAVIS_OLDER_MASTER_KEYS, for the
    service and for this command; after it, the old one can be destroyed.
    """
    from visavis.service_start import rewrap as run

    click.echo(f"Keys wrapped anew: {run(_settings(url, data))}.")
