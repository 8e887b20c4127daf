"""`visavis member`: the people who work with the service for a relying party; the operator adds the first of them."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Final

import click

from visavis.cli.parties import where

if TYPE_CHECKING:
    from visavis.service.members import Members, NewCode

__all__ = ["member"]

ROLES: Final = ("clerk", "supervisor", "reviewer", "auditor", "administrator")
"""`visavis.service.member_records.Role`, which is not imported only to say so in `--help`."""


@contextmanager
def _open(data: Path | None) -> "Iterator[tuple[Members, str]]":
    """Members, and where they sign in. What they are called is sealed: the master key is needed."""
    from visavis.clock import SystemClock
    from visavis.service_start import open_keys, open_members, open_store
    from visavis.settings import load_settings

    settings, clock = load_settings(data=data), SystemClock()
    with open_store(settings) as storage, open_keys(settings, clock) as keys:
        yield open_members(storage, keys, clock), f"{settings.base_url}/p/sign-in"


@click.group(name="member")
def member() -> None:
    """Members: who works with the service for a relying party, by passkey and role."""


@member.command()
@click.argument("relying_party")
@click.option("--name", required=True, help="What colleagues call them: a first name, or the number of a desk.")
@click.option("--role", required=True, type=click.Choice(ROLES), help="What they are there for.")
@where
def add(*, relying_party: str, name: str, role: str, data: Path | None) -> None:
    """Add a member to RELYING_PARTY and print a code to begin with: this once, good once, for a day."""
    from visavis.service.member_records import Role

    with _open(data) as (members, page):
        made = members.add(relying_party, name=name, role=Role(role))
    _show(made, page)


@member.command(name="list")
@click.argument("relying_party")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
@where
def list_members(*, relying_party: str, as_json: bool, data: Path | None) -> None:
    """The members of RELYING_PARTY, disabled ones among them."""
    with _open(data) as (members, _):
        page = members.page(relying_party, limit=200)
        rows = list(page.items)
        while page.next is not None:
            page = members.page(relying_party, limit=200, after=page.next)
            rows += page.items
    if as_json:
        found = [
            {
                "id": row.member.id,
                "name": row.name,
                "role": row.member.role.value,
                "passkeys": row.passkeys,
                "created_at": row.member.created_at.isoformat(),
                "last_signed_in_at": row.member.last_signed_in_at and row.member.last_signed_in_at.isoformat(),
                "disabled_at": row.member.disabled_at and row.member.disabled_at.isoformat(),
            }
            for row in rows
        ]
        click.echo(json.dumps({"schema": "visavis.members/1", "members": found}, indent=2, ensure_ascii=False))
        return
    for row in rows:
        state = "disabled" if row.member.disabled_at else "at work" if row.passkeys else "no passkey yet"
        click.echo(f"{row.member.id}  {state:<14}  {row.member.role.value:<13}  {row.name}")
    click.echo(f"Members: {len(rows)}.")


@member.command()
@click.argument("relying_party")
@click.argument("member_id", metavar="MEMBER")
@where
def code(*, relying_party: str, member_id: str, data: Path | None) -> None:
    """Print a new code for MEMBER, who lost their device: their passkeys, sessions and older codes end at once."""
    with _open(data) as (members, page):
        made = members.begin_anew(relying_party, member_id)
    _show(made, page)


@member.command()
@click.argument("relying_party")
@click.argument("member_id", metavar="MEMBER")
@where
def disable(*, relying_party: str, member_id: str, data: Path | None) -> None:
    """Disable MEMBER for good: from now on they are not let in."""
    with _open(data) as (members, _):
        members.disable(relying_party, member_id)
    click.echo(f"Disabled {member_id}.")


def _show(made: "NewCode", page: str) -> None:
    click.echo(made.known.member.id)
    click.echo(f"Code: {made.code}   (once, within 24 hours, at {page})")
