"""`visavis policies`: list them, show what one asks, check a file before it is put in place."""

import json
from datetime import timedelta
from pathlib import Path

import click

from visavis.comparison.calibration import load_calibration, rate_text
from visavis.decision.library import PolicyLibrary, load_policy_file
from visavis.decision.parameters import parameters
from visavis.decision.policy import Policy
from visavis.decision.vocabulary import OnFail, OnInconclusive, Requirement
from visavis.errors import ExitStatus, VisavisError

__all__ = ["command"]

folders = click.option(
    "--folder",
    "folders",
    multiple=True,
    type=click.Path(path_type=Path, exists=True, file_okay=False),
    help="A folder with policies of the site's own, asked first. May be given more than once.",
)


@click.group(name="policies")
def command() -> None:
    """List, show and check policies: what must be shown before a purpose is granted."""


@command.command(name="list")
@folders
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
def list_policies(*, folders: tuple[Path, ...], as_json: bool) -> int:
    """Every policy here, and whether it can be used."""
    library = PolicyLibrary.with_site(folders)
    found: dict[str, Policy | VisavisError] = {}
    for name in library.names():
        try:
            found[name] = library.load(name, allow_unsafe=True)
        except VisavisError as error:
            found[name] = error
    if as_json:
        click.echo(json.dumps({"policies": [_row(name, item) for name, item in found.items()]}, indent=2))
    else:
        _print_table(found)
    for name, item in found.items():
        if isinstance(item, VisavisError):
            click.echo(f"visavis: {name}: {item}", err=True)
    broken = any(isinstance(item, VisavisError) for item in found.values())
    return int(ExitStatus.USAGE if broken else ExitStatus.SAME)


@command.command()
@click.argument("name", metavar="NAME|FILE.toml")
@folders
@click.option("--json", "as_json", is_flag=True, help="Print JSON: the form over which the digest is made.")
def show(*, name: str, folders: tuple[Path, ...], as_json: bool) -> None:
    """What a policy asks, keeps, tells and grants."""
    policy = PolicyLibrary.with_site(folders).open(name, allow_unsafe=True)
    if as_json:
        whole = {"policy": policy.as_data(), "digest": policy.digest, "warnings": list(policy.warnings)}
        click.echo(json.dumps(whole, indent=2))
        return
    _print_policy(policy)


@command.command()
@click.argument("files", metavar="FILE...", nargs=-1, required=True, type=click.Path(path_type=Path))
@click.option(
    "--calibration",
    type=click.Path(path_type=Path),
    help="A calibration file: a policy that asks for a rate it cannot support is refused.",
)
def check(*, files: tuple[Path, ...], calibration: Path | None) -> int:
    """Read policy files as the service would, and tell everything that is wrong with them."""
    measured = None if calibration is None else load_calibration(calibration)
    status = ExitStatus.SAME
    for file in files:
        try:
            policy = load_policy_file(file, allow_unsafe=True, calibration=measured)
        except VisavisError as error:
            click.echo(f"visavis: {error}", err=True)
            status = ExitStatus.USAGE
            continue
        click.echo(f"{policy.id} version {policy.version}: right, digest {policy.digest}")
        for warning in policy.warnings:
            click.echo(f"  {warning}")
    return int(status)


def _row(name: str, item: Policy | VisavisError) -> dict[str, object]:
    if isinstance(item, VisavisError):
        return {"id": name, "error": {"code": item.code, "message": item.message}}
    return {
        "id": item.id,
        "version": item.version,
        "title": item.title,
        "digest": item.digest,
        "unsafe": item.unsafe is not None,
        "grants": list(item.grants),
    }


def _print_table(found: dict[str, Policy | VisavisError]) -> None:
    from rich.console import Console
    from rich.table import Table

    table = Table(box=None, pad_edge=False)
    table.add_column("policy", no_wrap=True)
    table.add_column("version", justify="right")
    for heading in ("state", "for", "grants"):
        table.add_column(heading, overflow="fold")
    for name, item in found.items():
        if isinstance(item, VisavisError):
            table.add_row(name, "", "cannot be used", "", "")
        else:
            state = "unsafe" if item.unsafe else "sound"
            table.add_row(item.id, str(item.version), state, item.title, " ".join(item.grants) or "nothing")
    Console(highlight=False, markup=False).print(table)


def _print_policy(policy: Policy) -> None:
    click.echo(f"{policy.id}, version {policy.version}: {policy.title or 'no title'}")
    for warning in policy.warnings:
        click.echo(f"Warning: {warning}")
    kept = policy.retention
    for label, text in (
        ("reference", ", else ".join(policy.reference_source) or "none"),
        ("bound to", policy.binding or "nothing"),
        ("grants", ", ".join(policy.grants) or "nothing"),
        ("discloses", ", ".join(policy.disclose) or "nothing but the answer"),
        ("other way", policy.alternative),
        ("attempts", f"{policy.attempts}, all within {_span(policy.ttl)}"),
        ("keeps", f"accepted {_span(kept.accepted)}, rejected {_span(kept.rejected)}, referred {_span(kept.referred)}"),
        ("digest", policy.digest),
    ):
        click.echo(f"  {label:<10} {text}")
    click.echo("It asks:")
    for item in policy.requires:
        values = ", ".join(f"{key} {_plain(value)}" for key, value in parameters(item.rule).items())
        named = f"{item.rule.name} ({values})" if values else item.rule.name
        click.echo(f"  {named}\n      {item.rule.summary}{_person(item)}")


def _person(item: Requirement) -> str:
    """Where a person comes in; else it is rejected where it fails, and tried again where it can't tell."""
    failing = ["where it fails"] if item.on_fail is OnFail.REFER else []
    unclear = ["where it can't tell"] if item.on_inconclusive is OnInconclusive.REFER else []
    return f" A person decides {' and '.join(failing + unclear)}." if failing or unclear else ""


def _span(span: timedelta) -> str:
    """As a policy file writes it, in the largest unit that fits: ``72h`` is ``3d``."""
    seconds = int(span.total_seconds())
    for unit, length in (("d", 86_400), ("h", 3_600), ("m", 60)):
        if seconds and seconds % length == 0:
            return f"{seconds // length}{unit}"
    return f"{seconds}s"


def _plain(value: object) -> str:
    if isinstance(value, float):
        return rate_text(value) if value < 0.1 else f"{value:g}"
    return " and ".join(str(item) for item in value) if isinstance(value, list | tuple) else str(value)
