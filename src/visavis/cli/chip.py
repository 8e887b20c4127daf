"""`visavis chip`: whether the issuing state signed what a document's chip holds."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Final

import click

from visavis.cli.statuses import STATUSES
from visavis.domain.evidence import Outcome
from visavis.errors import VisavisError

if TYPE_CHECKING:
    from visavis.document.chip.files import ChipFiles
    from visavis.document.chip.passive import ChipFindings

__all__ = ["command"]

TEXTS: Final = {
    Outcome.PASS: ("The chip is authentic.", "green"),
    Outcome.FAIL: ("The chip is not authentic.", "red"),
    Outcome.INCONCLUSIVE: ("No answer.", "yellow"),
    Outcome.NOT_MEASURED: ("No answer: nothing could be measured.", "yellow"),
}


@click.group(name="chip")
def command() -> None:
    """Check the chip of a document: what was read from it, against the signature of the issuing state."""


@command.command()
@click.argument("folder", metavar="DIR", type=click.Path(path_type=Path))
@click.option(
    "--trust",
    type=click.Path(path_type=Path),
    help="Certificates and revocation lists to trust: a folder of PEM or DER files, one such file, or a master list.",
)
@click.option("--require-crl", is_flag=True, help="Give no pass where it cannot be told whether the signer is revoked.")
@click.option("--show-fields", is_flag=True, help="Print what the chip says of the holder. Personal data.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
def verify(*, folder: Path, trust: Path | None, require_crl: bool, show_fields: bool, as_json: bool) -> int:
    """Verify the files of one chip: EF.SOD, EF.COM and the data groups, under any names.

    It tells whether anything was changed since the state signed it. It does not tell a copy of the chip from the chip.

    Leaves with 0 where the chip is authentic, 1 where it is not, 3 where that cannot be told, 2 for files that cannot
    be used.
    """
    from visavis.adapters.chip_files import read_chip_folder, read_trust
    from visavis.cli.chip_words import chip_json
    from visavis.clock import SystemClock
    from visavis.document.chip.files import sort_files
    from visavis.document.chip.passive import verify_chip

    files = sort_files(read_chip_folder(folder))
    moment = SystemClock().now()
    findings = verify_chip(files, trust=read_trust(trust, now=moment), now=moment, revocation_required=require_crl)
    if as_json:
        whole = {"schema": "visavis.chip/1", **chip_json(findings)}
        if show_fields:
            whole["fields"] = _fields(files)
        click.echo(json.dumps(whole, indent=2, ensure_ascii=False))
    else:
        _print(findings, files, show_fields=show_fields)
    return int(STATUSES[findings.outcome])


def _print(findings: "ChipFindings", files: "ChipFiles", *, show_fields: bool) -> None:
    from visavis.cli.chip_words import chip_lines
    from visavis.cli.words import advice_lines

    text, colour = TEXTS[findings.outcome]
    click.secho(text, fg=colour, bold=True)
    click.echo("\n".join(advice_lines(findings.reasons)))
    click.echo("\n".join(chip_lines(findings)))
    if show_fields:
        click.echo("The chip says:")
        for name, value in _fields(files).items():
            click.echo(f"  {name}: {value}")


def _fields(files: "ChipFiles") -> dict[str, str]:
    """What the chip says, a line each; a group that cannot be read says so with its code, and hides no other."""
    from visavis.document.chip import lds
    from visavis.document.chip.keys import Unsupported
    from visavis.document.chip.portrait import read_portraits

    def portraits(data: bytes) -> str:
        return "; ".join(f"{p.width} x {p.height}, {p.media_type}, {p.encoding}" for p in read_portraits(data))

    def protocols(data: bytes) -> str:
        return ", ".join(info.protocol for info in lds.read_security_infos(data))

    def key(data: bytes) -> str:
        found = lds.read_active_key(data)
        return found.what if isinstance(found, Unsupported) else f"{found.name}, {found.bits} bits"

    def person(data: bytes) -> str:
        return _spelt(lds.read_personal_details(data))

    def document(data: bytes) -> str:
        return _spelt(lds.read_document_details(data))

    readers: dict[int, Callable[[bytes], str]] = {
        1: lambda data: " ".join(lds.read_mrz(data)),
        2: portraits,
        11: person,
        12: document,
        14: protocols,
        15: key,
    }
    found: dict[str, str] = {}
    for number, data in sorted(files.groups.items()):
        if number in readers:
            try:
                found[f"DG{number}"] = readers[number](data)
            except VisavisError as error:
                found[f"DG{number}"] = f"cannot be read [{error.code}]"
    return found


def _spelt(details: object) -> str:
    from dataclasses import asdict, is_dataclass

    if not is_dataclass(details) or isinstance(details, type):
        return ""
    return "; ".join(
        f"{name.replace('_', ' ')} {', '.join(value) if isinstance(value, tuple) else value}"
        for name, value in asdict(details).items()
        if value
    )
