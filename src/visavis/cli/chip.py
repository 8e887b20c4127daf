"""`visavis chip`: whether the issuing state signed what a document's chip holds."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Final

import click

from visavis.cli.statuses import STATUSES
from visavis.domain.evidence import Outcome
from visavis.errors import ChipError, FileError, VisavisError
from visavis.files import own_name, read_file

if TYPE_CHECKING:
    from datetime import datetime

    from visavis.document.chip.files import ChipFiles
    from visavis.document.chip.passive import ChipFindings, SignerFindings
    from visavis.document.chip.trust import TrustStore

__all__ = ["command"]

TEXTS: Final = {
    Outcome.PASS: ("The chip is authentic.", "green"),
    Outcome.FAIL: ("The chip is not authentic.", "red"),
    Outcome.INCONCLUSIVE: ("No answer.", "yellow"),
    Outcome.NOT_MEASURED: ("No answer: nothing could be measured.", "yellow"),
}
GROUPS: Final = {
    1: "machine-readable zone",
    2: "portrait",
    3: "fingerprints",
    4: "iris pictures",
    5: "displayed portrait",
    7: "signature or mark",
    11: "details of the person",
    12: "details of the document",
    13: "the state's own",
    14: "security protocols",
    15: "the chip's own key",
    16: "people to notify",
}
GROUP_WORDS: Final = {
    "matches": ("as the state signed it", "green"),
    "hash_mismatch": ("changed since it was signed", "red"),
    "unlisted": ("not among what the state signed", "red"),
    "not_read": ("signed, but not read", "bright_black"),
    "unsupported": ("cannot be held against its hash here", "yellow"),
}
SIGNATURE_WORDS: Final = {
    "valid": "right",
    "invalid": "wrong",
    "unsupported": "cannot be verified here",
    "no_certificate": "its certificate is not here",
}
FAULT_WORDS: Final = {
    "attributes_missing": "the signed attributes are missing",
    "content_type_wrong": "the signature names another kind of content",
    "content_type_not_allowed": "what is signed is no list of hashes",
    "message_digest_wrong": "the list of hashes is not the one that was signed",
    "signature_wrong": "it is not the signer's",
}
CHAIN_WORDS: Final = {
    "trusted": "leads to a certificate that is trusted here",
    "untrusted": "no certificate here vouches for the signer",
    "forged": "the state's key did not sign the signer's certificate",
    "revoked": "the state has revoked the signer",
    "expired": "a certificate had expired when the chip was signed",
    "not_yet_valid": "a certificate was not valid yet when the chip was signed",
    "unsupported": "cannot be verified here",
}
REVOCATION_WORDS: Final = {
    "clear": "not revoked, by a current list",
    "revoked": "revoked",
    "stale": "the list here is past its time",
    "unknown": "there is no list of this state here",
}
RULE_WORDS: Final = {
    "signing_time": "the signature's own time",
    "date_of_issue": "the date of issue in the chip",
    "date_of_issue_given": "the date of issue given",
    "now": "today, since the chip does not say",
}
MAX_FILES: Final = 64
MAX_TRUST_FILES: Final = 2_000
MAX_TRUST_TOTAL: Final = 64_000_000


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
    from visavis.clock import SystemClock
    from visavis.document.chip.passive import verify_chip

    files = _chip_files(folder)
    moment = SystemClock().now()
    findings = verify_chip(files, trust=_trust_store(trust, moment), now=moment, revocation_required=require_crl)
    if as_json:
        click.echo(json.dumps(_json(findings, files, show_fields=show_fields), indent=2, ensure_ascii=False))
    else:
        _print(findings, files, show_fields=show_fields)
    return int(STATUSES[findings.outcome])


def _chip_files(folder: Path) -> "ChipFiles":
    from visavis.document.chip.files import MAX_BYTES, file_kind, sort_files

    found: list[bytes] = []
    for file in _listed(folder, MAX_FILES):
        data = read_file(file, max_bytes=MAX_BYTES)
        if file_kind(data) is not None:
            found.append(data)
    return sort_files(found)


def _listed(folder: Path, most: int) -> list[Path]:
    if not folder.is_dir():
        if not folder.exists():
            raise FileError("file_missing", f"{own_name(folder)} does not exist.", advice="Check the name.")
        raise FileError("not_a_folder", f"{own_name(folder)} is not a folder.", advice="Name the folder that holds it.")
    try:
        files = sorted(file for file in folder.iterdir() if file.is_file() and not file.name.startswith("."))
    except OSError as error:
        raise FileError("file_unreadable", f"{own_name(folder)} cannot be read.") from error
    if len(files) > most:
        raise FileError("too_many_files", f"{own_name(folder)} holds more than {most} files.")
    return files


def _trust_store(place: Path | None, moment: "datetime") -> "TrustStore":
    from visavis.document.chip.trust import TrustStore
    from visavis.document.chip.trust_files import MAX_TRUST_BYTES, trust_store

    if place is None:
        return TrustStore()
    held: list[bytes] = []
    total = 0
    for file in _listed(place, MAX_TRUST_FILES) if place.is_dir() else [place]:
        held.append(read_file(file, max_bytes=MAX_TRUST_BYTES))
        total += len(held[-1])
        if total > MAX_TRUST_TOTAL:
            raise ChipError("trust_too_much", f"{own_name(place)} holds more than {MAX_TRUST_TOTAL // 1_000_000} MB.")
    return trust_store(held, now=moment)


def _print(findings: "ChipFindings", files: "ChipFiles", *, show_fields: bool) -> None:
    from visavis.cli.words import advice_lines

    text, colour = TEXTS[findings.outcome]
    click.secho(text, fg=colour, bold=True)
    click.echo("\n".join(advice_lines(findings.reasons)))
    click.echo(f"Data groups (hashed with {findings.digest}):")
    for number, state in findings.groups.items():
        words, shade = GROUP_WORDS[state.value]
        click.echo(f"  DG{number:<3}{GROUPS.get(number, 'reserved'):<24}" + click.style(words, fg=shade))
    for signer in findings.signers:
        for line in _signer_lines(signer):
            click.echo(line)
    if findings.store_empty:
        click.echo("No certificates to trust were given: see --trust.")
    if show_fields:
        click.echo("The chip says:")
        for name, value in _fields(files).items():
            click.echo(f"  {name}: {value}")


def _signer_lines(signer: "SignerFindings") -> list[str]:
    fault = f": {FAULT_WORDS[signer.fault]}" if signer.fault else ""
    missing = f" ({', '.join(signer.unsupported)})" if signer.unsupported else ""
    lines = [f"Signature: {SIGNATURE_WORDS[signer.signature.value]}{fault}{missing}"]
    if signer.key:
        lines.append(f"  key          {signer.key}; country {signer.country or 'not said'}")
    if signer.weaknesses:
        lines.append(f"  weak         {', '.join(signer.weaknesses)}")
    chain = signer.chain
    if chain is not None:
        lines.append(f"  chain        {CHAIN_WORDS[chain.state.value]}")
        lines += [f"               {note}" for note in (*chain.notes, *chain.unsupported)]
        if chain.path:
            lines.append(f"  revocation   {REVOCATION_WORDS[chain.revocation.value]}")
    if signer.signed_at is not None:
        lines.append(f"  as of        {signer.signed_at:%Y-%m-%d} ({RULE_WORDS[signer.signed_at_rule]})")
    return lines


def _json(findings: "ChipFindings", files: "ChipFiles", *, show_fields: bool) -> dict[str, object]:
    from visavis.cli.words import reasons_json

    whole: dict[str, object] = {
        "schema": "visavis.chip/1",
        "outcome": findings.outcome.value,
        "reasons": reasons_json(findings.reasons),
        "digest": findings.digest,
        "groups": {f"DG{number}": state.value for number, state in findings.groups.items()},
        "index_agrees": findings.index_agrees,
        "signers": [_signer_json(signer) for signer in findings.signers],
        "trust_given": not findings.store_empty,
    }
    return whole | {"fields": _fields(files)} if show_fields else whole


def _signer_json(signer: "SignerFindings") -> dict[str, object]:
    chain = signer.chain
    return {
        "signature": signer.signature.value,
        "fault": signer.fault or None,
        "key": signer.key,
        "country": signer.country,
        "weaknesses": list(signer.weaknesses),
        "unsupported": list(signer.unsupported),
        "signed_at": None if signer.signed_at is None else signer.signed_at.isoformat(),
        "signed_at_rule": signer.signed_at_rule,
        "chain": None
        if chain is None
        else {
            "state": chain.state.value,
            "revocation": chain.revocation.value,
            "length": len(chain.path),
            "notes": [*chain.notes, *chain.unsupported],
        },
    }


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
