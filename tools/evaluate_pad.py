"""Measure attack detection on clips of people, and write the figures into docs/reference/attack-detection.md.

The folder of data holds `captures`, one clip for each person. The run and its report go to `var/pad`; what is there
already is not measured again, so a run that was stopped goes on. With `--report` a report.json that was measured before
is written into the page, and nothing is measured.
"""

import argparse
import datetime as dt
import subprocess
import sys
from pathlib import Path
from typing import Final

import msgspec

from visavis.evaluation import words
from visavis.evaluation.bounds import Rate, rate
from visavis.evaluation.files import write_whole
from visavis.evaluation.markdown import markdown_section, markdown_table, put_between
from visavis.evaluation.pad_report import PadReport, SpeciesRow
from visavis.evaluation.pad_tables import measured_on, tables

ROOT: Final = Path(__file__).resolve().parent.parent
OUT: Final = ROOT / "var" / "pad"
PAGE: Final = ROOT / "docs" / "reference" / "attack-detection.md"
BEGIN: Final = "<!-- measured: begin (written by tools/evaluate_pad.py) -->"
END: Final = "<!-- measured: end -->"
NEVER: Final = (
    "print_flat",
    "print_bent",
    "print_eye_holes",
    "tablet_still",
    "tablet_clip",
    "second_person",
    "frozen",
    "looped",
)
"""Of these none may pass at standard."""
BY_LIGHT: Final = (
    "tablet_clip",
    "replay_luckiest",
    "injected_clean",
    "injected_jitter",
    "injected_global_tint",
    "injected_flat_tint",
)
"""Of these at most 5 % may pass at standard where the light can tell."""
REPORTED: Final = ("warp_2d", "mesh_puppet", "face_swap")
"""What a plain camera cannot see is told as it is."""
MOST: Final = 0.05


def of(value: Rate) -> str:
    return f"{words.count(value.errors)} of {words.count(value.trials)}"


def asked(report: PadReport) -> str:
    """What was asked for, and what was measured; each species by itself."""
    by_code = {row.code: row for row in report.species}
    rows: list[tuple[str, str, str]] = []
    for code in NEVER:
        if code in by_code:
            found = by_code[code].at("standard").accepted
            measured = f"{of(found)}, at most {words.percent(found.upper_95)}"
            rows.append((f"{by_code[code].title}, accepted at standard", "none in 300", measured))
    for code in BY_LIGHT:
        if code in by_code:
            rows += by_light(by_code[code], report.conclusive_from)
    for code in REPORTED:
        if code in by_code:
            standard, strict = (by_code[code].at(point).accepted for point in ("standard", "strict"))
            measured = f"standard {of(standard)}, strict {of(strict)}"
            rows.append((f"{by_code[code].title}, accepted", "told as it is", measured))
    if report.bona_fide is not None:
        for point, most in (("standard", "5 %"), ("strict", "10 %"), ("strict_second_channel", "")):
            found = report.bona_fide.at(point).not_accepted
            name = "strict with a second channel" if not most else point
            measured = f"{words.percent(found.value)} ({words.bounds(found)})"
            rows.append((f"living people not accepted, {name}", f"at most {most}" if most else "", measured))
    return f"### What was asked for\n\n{markdown_table(('what', 'asked', 'measured'), rows)}"


def by_light(row: SpeciesRow, least: float) -> list[tuple[str, str, str]]:
    """Where the light can tell, at standard; where it cannot, at strict, which is to leave it to a second channel."""
    lit = row.at("standard").lit
    dim = [part.strict for part in row.by_return if part.high <= least]
    found = []
    if lit is not None:
        measured = f"{words.percent(lit.value)}, {of(lit)}"
        found.append((f"{row.title}, accepted at standard, light from {least:.0%}", f"at most {MOST:.0%}", measured))
    if dim:
        weak = rate(sum(part.errors for part in dim), sum(part.trials for part in dim))
        found.append((f"{row.title}, accepted at strict, light below {least:.0%}", "none", of(weak)))
    return found


def page(report: PadReport) -> str:
    """The part between the markers."""
    parts = [
        f"Measured {dt.date.fromisoformat(report.date):%d %B %Y} with visavis {report.visavis}.",
        measured_on(report),
        asked(report),
        *(markdown_section(table) for table in tables(report)),
    ]
    return "\n\n".join(parts)


def write_page(text: str) -> None:
    try:
        page = put_between(PAGE.read_text(encoding="utf-8"), text, begin=BEGIN, end=END)
    except ValueError as error:
        raise SystemExit(f"{PAGE.name} has lost its markers.") from error
    write_whole(PAGE, page.encode())


def measure(captures: Path, *options: str) -> Path:
    """One run of `visavis evaluate pad` on the reporting half."""
    command = [sys.executable, "-m", "visavis", "evaluate", "pad", "--captures", str(captures), "--out", str(OUT)]
    done = subprocess.run([*command, *options], stdout=subprocess.DEVNULL, check=False)  # noqa: S603 - our own command
    if done.returncode:
        raise SystemExit(done.returncode)
    return OUT / "report.json"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, help="folder that holds captures")
    parser.add_argument("--report", type=Path, help="a report.json that was measured before")
    parser.add_argument("options", nargs="*", help="handed to `visavis evaluate pad`, after --")
    arguments = parser.parse_args()
    file: Path | None = arguments.report
    if file is None:
        captures = (arguments.data or Path()) / "captures"
        if not captures.is_dir():
            raise SystemExit("No clips there: set DATA, or VISAVIS_TEST_DATA, to a folder that holds captures.")
        file = measure(captures, *arguments.options)
    write_page(page(msgspec.json.decode(file.read_bytes(), type=PadReport)))
    print(f"Figures: {PAGE.relative_to(ROOT)}. Report: {file.parent / 'report.html'}.")


if __name__ == "__main__":
    main()
