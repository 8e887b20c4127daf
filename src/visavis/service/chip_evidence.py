"""The chip of a document as evidence: from the bytes of its files to what a policy can hear.

The files come from a folder, or in a request of an app that read the chip; they are not trusted, and their number and
size are bounded here and in every reader below.
"""

import dataclasses
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime
from typing import Final

from visavis.capture.picture import Picture
from visavis.document.chip.files import ChipFiles, sort_files
from visavis.document.chip.lds import read_mrz, read_personal_details
from visavis.document.chip.passive import ChipFindings, GroupState, authenticity, verify_chip
from visavis.document.chip.portrait import decode_portrait, read_portraits
from visavis.document.chip.trust import TrustStore
from visavis.document.consistency import Place, Statement, said_by
from visavis.document.dates import PartialDate
from visavis.document.mrz.layout import Format
from visavis.document.mrz.parse import parse_mrz
from visavis.document.mrz.zone import Mrz
from visavis.domain.evidence import Evidence, Outcome
from visavis.errors import ChipError, DocumentError, PictureError

__all__ = ["MAX_CHIP_BYTES", "MAX_CHIP_FILES", "ChipExamination", "examine_chip"]

MAX_CHIP_FILES: Final = 32
"""EF.SOD, EF.COM and sixteen data groups, and room for what an app sends beside them."""
MAX_CHIP_BYTES: Final = 6_000_000


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class ChipExamination:
    """``authentic``: the evidence for `Check.DOCUMENT_AUTHENTIC`. ``statement``: what DG1 says, None where it is not
    there or cannot be read; it holds personal data. ``format``: that of DG1, with it. ``portrait``: the main portrait
    of DG2, decoded only where the chip is authentic; else ``portrait_reason`` is the code that says why there is none.
    """

    findings: ChipFindings
    authentic: Evidence
    statement: Statement | None
    format: Format | None
    portrait: Picture | None
    portrait_reason: str | None

    @property
    def proven(self) -> bool:
        """Whether the issuing state's signature holds for what the chip says, to the end of the chain."""
        return self.authentic.outcome is Outcome.PASS


def examine_chip(
    files: Iterable[bytes],
    *,
    trust: TrustStore,
    now: datetime,
    today: date,
    revocation_required: bool = False,
) -> ChipExamination:
    """Passive authentication, and what DG1 and DG2 hold. ``files``: those of one chip, in any order.

    ``now`` carries a time zone; ``today`` is the day where the document is shown, and settles the centuries of DG1.

    Raises `ChipError`: ``chip_files_too_many``, ``chip_file_too_large``, and as
    `visavis.document.chip.files.sort_files` and `visavis.document.chip.passive.verify_chip`. Whatever else is wrong
    with the chip is evidence.
    """
    held = sort_files(_bounded(files))
    findings = verify_chip(held, trust=trust, now=now, revocation_required=revocation_required)
    evidence = authenticity(findings)
    portrait, reason = _portrait(held, proven=evidence.outcome is Outcome.PASS)
    zone = _zone(held, findings, today)
    return ChipExamination(
        findings=findings,
        authentic=evidence,
        statement=None if zone is None else _statement(zone, held, findings),
        format=None if zone is None else zone.format,
        portrait=portrait,
        portrait_reason=reason,
    )


def _bounded(files: Iterable[bytes]) -> list[bytes]:
    held: list[bytes] = []
    total = 0
    for data in files:
        held.append(data)
        total += len(data)
        if len(held) > MAX_CHIP_FILES:
            raise ChipError("chip_files_too_many", f"These are more than {MAX_CHIP_FILES} files of a chip.")
        if total > MAX_CHIP_BYTES:
            raise ChipError(
                "chip_file_too_large", f"The files of the chip have more than {MAX_CHIP_BYTES // 1_000_000} MB."
            )
    return held


def _zone(files: ChipFiles, findings: ChipFindings, today: date) -> Mrz | None:
    """DG1's zone; None of a group that was changed."""
    if findings.groups.get(1) not in (GroupState.MATCHES, GroupState.UNSUPPORTED):
        return None
    try:
        return parse_mrz("".join(read_mrz(files.groups[1])), today=today)
    except (ChipError, DocumentError):
        return None


def _statement(zone: Mrz, files: ChipFiles, findings: ChipFindings) -> Statement:
    """What it says, its birth date with the whole year where DG11 gives it."""
    said = said_by(zone, place=Place.CHIP)
    full = _born_on(files, findings)
    if full is None or said.birth_date is None or not _same_day(full, said.birth_date):
        return said
    # the years of the zone still have two digits: that of the day of expiry
    return dataclasses.replace(said, birth_date=PartialDate.of(full))


def _born_on(files: ChipFiles, findings: ChipFindings) -> date | None:
    if findings.groups.get(11) is not GroupState.MATCHES:
        return None
    try:
        written = read_personal_details(files.groups[11]).born_on
        return date(int(written[:4]), int(written[4:6]), int(written[6:])) if written else None
    except (ChipError, ValueError):
        return None


def _same_day(full: date, short: PartialDate) -> bool:
    if short.year is None:
        return False
    return (full.year % 100, full.month, full.day) == (short.year % 100, short.month, short.day)


def _portrait(files: ChipFiles, *, proven: bool) -> tuple[Picture | None, str | None]:
    if not proven:  # a portrait that anybody may have put there is not even decoded
        return None, "not_proven"
    try:
        return decode_portrait(read_portraits(files.groups[2])[0]), None
    except (ChipError, PictureError):
        return None, "chip_portrait_unreadable"
