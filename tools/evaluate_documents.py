"""Measure the reading of documents on specimens, and write the figures into docs/reference/documents.md.

The run and its report go to `var/documents`; what is there already is not measured again, so a run that was stopped
goes on. With `--report` a report.json that was measured before is written into the page, and nothing is measured.
"""

import argparse
import datetime as dt
import subprocess
import sys
from collections.abc import Iterable
from pathlib import Path
from typing import Final

import msgspec

from visavis.evaluation import words
from visavis.evaluation.bounds import Rate
from visavis.evaluation.documents_report import DocumentsReport
from visavis.evaluation.documents_tables import documents_measured_on, documents_tables
from visavis.evaluation.files import write_whole
from visavis.evaluation.markdown import markdown_section, markdown_table, put_between
from visavis.evaluation.specimens import Level, SpecimenKind

ROOT: Final = Path(__file__).resolve().parent.parent
OUT: Final = ROOT / "var" / "documents"
PAGE: Final = ROOT / "docs" / "reference" / "documents.md"
BEGIN: Final = "<!-- measured: begin (written by tools/evaluate_documents.py) -->"
END: Final = "<!-- measured: end -->"
ZONES: Final = (
    (Level.GOOD_PHONE, 1, "85 %"),
    (Level.GOOD_PHONE, 3, "97 %"),
    (Level.POOR_PHONE, 3, "60 %"),
)
"""Level, pictures, and what share of zones was asked to be right and accepted."""
MOST_MS: Final = 1000
NONE: Final = "not measured yet"


def of(value: Rate) -> str:
    return f"{words.percent(value.value)}, {words.count(value.errors)} of {words.count(value.trials)}"


def asked(report: DocumentsReport) -> str:
    """What was asked for, and what was measured."""
    rows: list[tuple[str, str, str]] = []
    for level, pictures, least in ZONES:
        row = next(
            (item for item in report.zones if (item.level, item.pictures, item.kind) == (level, pictures, None)), None
        )
        name = f"{level.replace('_', ' ')}, {'one photo' if pictures == 1 else f'{pictures} frames'}"
        rows.append(
            (f"zone right and accepted, {name}", f"at least {least}", NONE if row is None else of(row.accepted))
        )
        wrong = (
            NONE if row is None else f"{of(row.wrong_accepted)}, at most {words.percent(row.wrong_accepted.upper_95)}"
        )
        rows.append((f"zone wrong but accepted, {name}", "none in 300", wrong))
    rows += _prc(report)
    good = [row for row in report.portraits if row.level is Level.GOOD_PHONE]
    compared = ", ".join(f"{row.kind.replace('_', ' ')} {words.percent(row.comparable.value)}" for row in good)
    rows.append(("portrait found and comparable, good phone", "at least 98 %", compared or NONE))
    slowest = [row for row in report.times if row.pictures == 1 and row.level is Level.GOOD_PHONE]
    times = ", ".join(f"{row.kind.replace('_', ' ')} {row.median_ms:.0f} ms" for row in slowest)
    rows.append(("one photo to fields, one core, median", f"at most {MOST_MS} ms", times or NONE))
    return f"### What was asked for\n\n{markdown_table(('what', 'asked', 'measured'), rows)}"


def _prc(report: DocumentsReport) -> Iterable[tuple[str, str, str]]:
    number = next((row for row in report.numbers if row.level is Level.GOOD_PHONE), None)
    yield "PRC number right, good phone", "at least 98 %", NONE if number is None else of(number.right)
    name = next(
        (
            row
            for row in report.fields
            if (row.level, row.kind, row.field) == (Level.GOOD_PHONE, SpecimenKind.PRC_FRONT, "name")
        ),
        None,
    )
    yield "PRC name right, good phone", "at least 95 %", NONE if name is None else of(name.right)


def page(report: DocumentsReport) -> str:
    """The part between the markers."""
    parts = [
        f"Measured {dt.date.fromisoformat(report.date):%d %B %Y} with visavis {report.visavis}, seed {report.seed}.",
        documents_measured_on(report),
        asked(report),
        *(markdown_section(table) for table in documents_tables(report)),
    ]
    return "\n\n".join(parts)


def write_page(text: str) -> None:
    try:
        whole = put_between(PAGE.read_text(encoding="utf-8"), text, begin=BEGIN, end=END)
    except ValueError as error:
        raise SystemExit(f"{PAGE.name} has lost its markers.") from error
    write_whole(PAGE, whole.encode())


def measure(options: list[str]) -> Path:
    """One run of `visavis evaluate documents`."""
    folders = ["--fonts", str(ROOT / "var" / "fonts"), "--portraits", str(ROOT / "var" / "portraits")]
    command = [sys.executable, "-m", "visavis", "evaluate", "documents", "--out", str(OUT), *folders, *options]
    done = subprocess.run(command, stdout=subprocess.DEVNULL, check=False)  # noqa: S603 - our own command
    if done.returncode:
        raise SystemExit(done.returncode)
    return OUT / "report.json"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--report", type=Path, help="a report.json that was measured before")
    parser.add_argument("options", nargs="*", help="handed to `visavis evaluate documents`, after --")
    arguments = parser.parse_args()
    given: Path | None = arguments.report
    file = given if given is not None else measure(arguments.options)
    write_page(page(msgspec.json.decode(file.read_bytes(), type=DocumentsReport)))
    print(f"Figures: {PAGE.relative_to(ROOT)}. Report: {file.parent / 'report.html'}.")


if __name__ == "__main__":
    main()
