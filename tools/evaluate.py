"""Measure the accuracy of comparison on labelled pictures, and write the figures into docs/reference/accuracy.md.

The folder of data holds `faces/lfw` (pairs.csv with folds, images/PERSON/FILE) and `faces/deepface` (pairs.csv and
pictures). Reports go to `var/evaluation`; the page gets numbers and counts alone, between its two markers. With
`--calibrate` the calibrations that visavis ships are made anew too: of the default embedding and, where that is a
fusion, of each of its models alone.
"""

import argparse
import datetime as dt
import subprocess
import sys
from collections import Counter
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import msgspec

from visavis.capture.picture import read_picture
from visavis.evaluation.files import write_whole
from visavis.evaluation.markdown import markdown_section, markdown_table, put_between
from visavis.evaluation.report import ComparisonReport, Measurement
from visavis.evaluation.tables import measured_on, tables
from visavis.evaluation.words import percent
from visavis.perception.acquisition import FaceChoice
from visavis.perception.manifest import FusionEntry, packaged_manifest
from visavis.wiring import open_engine

ROOT: Final = Path(__file__).resolve().parent.parent
OUT: Final = ROOT / "var" / "evaluation"
PAGE: Final = ROOT / "docs" / "reference" / "accuracy.md"
CALIBRATIONS: Final = ROOT / "src" / "visavis" / "models" / "calibrations"
BEGIN: Final = "<!-- measured: begin (written by tools/evaluate.py) -->"
END: Final = "<!-- measured: end -->"
DATA_SET: Final = "LFW folds 1-5"
SHOWN: Final = (
    "acquisition",
    "rates-formed",
    "halves",
    "rates-listed",
    "folds",
    "members",
    "calibrated",
    "degradation",
    "degradation-fmr",
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Recall:
    """Faces found in the pictures of a folder: by outcome of the product's own rule, and found at all."""

    pictures: int
    found: int
    outcomes: dict[str, int]


def evaluate(name: str, *options: str) -> ComparisonReport:
    """One run of `visavis evaluate comparison`, whose report is kept under ``name``."""
    folder = OUT / name
    command = [sys.executable, "-m", "visavis", "evaluate", "comparison", "--out", str(folder), *options]
    done = subprocess.run(command, stdout=subprocess.DEVNULL, check=False)  # noqa: S603 - our own command
    if done.returncode:
        raise SystemExit(done.returncode)
    return msgspec.json.decode((folder / "report.json").read_bytes(), type=ComparisonReport)


def lfw_options(faces: Path) -> list[str]:
    lfw = faces / "lfw"
    options = ["--pairs", str(lfw / "pairs.csv"), "--images", str(lfw / "images"), "--data-set", DATA_SET]
    return [*options, "--all-pairs", "--identity-from", "folder", "--face-choice", "central"]


def recall(folder: Path) -> Recall:
    """Every picture of ``folder``, by the rule that a second face refuses."""
    files = sorted(path for path in folder.iterdir() if path.suffix.lower() in {".jpg", ".jpeg", ".png"})
    outcomes: Counter[str] = Counter()
    found = 0
    with open_engine(calibrated=False) as engine:
        for file in files:
            acquisition = engine.acquirer.acquire(read_picture(file), choice=FaceChoice.ONLY)
            found += acquisition.reason != "no_face"
            outcomes[acquisition.reason or "one face"] += 1
    return Recall(pictures=len(files), found=found, outcomes=dict(sorted(outcomes.items())))


def fnmr_at(measurement: Measurement, target: float) -> str:
    found = next((point.at for point in measurement.points if point.at.target == target), None)
    return "–" if found is None else percent(found.fnmr.value)


def asked(lfw: ComparisonReport, deepface: ComparisonReport, found: Recall) -> str:
    """The figures that were asked for, and what was measured."""
    judged = next(row for row in deepface.judged if row.fmr_asked == 1e-3)
    accuracy = "–"
    if lfw.folds is not None:
        accuracy = f"{percent(lfw.folds.mean)} ({percent(lfw.folds.by_single_best)} by the single best threshold)"
    rows = [
        [
            "deepface's pairs at the FMR 1e-3 threshold calibrated on LFW folds 1-5",
            "300 right",
            f"{judged.right} right",
        ],
        ["LFW folds 1-5, accuracy over the folds", "99.30 %", accuracy],
        ["FNMR at FMR 1e-4, all pairs of LFW folds 1-5", "1.63 %, better 1 %", fnmr_at(lfw.main, 1e-4)],
        ["a face found in deepface's pictures", "every one", f"{found.found} of {found.pictures}"],
    ]
    return "### What was asked for\n\n" + markdown_table(["what", "at least", "measured"], rows)


def page(lfw: ComparisonReport, deepface: ComparisonReport, found: Recall) -> str:
    """The part between the markers."""
    by_key = {table.key: table for table in tables(lfw)}
    deep = {table.key: table for table in tables(deepface)}
    outcomes = markdown_table(["outcome", "pictures"], [[name, str(count)] for name, count in found.outcomes.items()])
    parts = [
        f"Measured {dt.date.fromisoformat(lfw.date):%d %B %Y} with visavis {lfw.visavis}.",
        asked(lfw, deepface, found),
        f"## {DATA_SET}\n\n{measured_on(lfw)}",
        *(markdown_section(by_key[key]) for key in SHOWN if key in by_key),
        f"## deepface's pictures\n\n{measured_on(deepface)}",
        markdown_section(deep["judged"]),
        f"### Faces found in all {found.pictures} pictures",
        f"By the product's rule, a second face refuses.\n\n{outcomes}",
    ]
    return "\n\n".join(parts)


def write_page(text: str) -> None:
    try:
        page = put_between(PAGE.read_text(encoding="utf-8"), text, begin=BEGIN, end=END)
    except ValueError as error:
        raise SystemExit(f"{PAGE.name} has lost its markers.") from error
    write_whole(PAGE, page.encode())


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, required=True, help="folder that holds faces/lfw and faces/deepface")
    parser.add_argument("--calibrate", action="store_true", help="also write the calibrations that visavis ships")
    arguments = parser.parse_args()
    faces: Path = arguments.data / "faces"
    if not (faces / "lfw" / "pairs.csv").is_file():
        raise SystemExit(
            "No labelled pictures there: set DATA, or VISAVIS_TEST_DATA, to a folder that holds faces/lfw and "
            "faces/deepface (see docs/reference/accuracy.md)."
        )
    OUT.mkdir(parents=True, exist_ok=True)
    manifest = packaged_manifest()
    chosen = manifest.embedding(None)
    members = [member.model for member in chosen.member] if isinstance(chosen, FusionEntry) else []
    calibration = {name: OUT / f"{name}.toml" for name in (chosen.name, *members)}
    common = lfw_options(faces)
    lfw = evaluate("lfw", *common, "--degrade", "all", "--save-calibration", str(calibration[chosen.name]))
    deepface = evaluate(
        "deepface",
        *("--pairs", str(faces / "deepface" / "pairs.csv"), "--images", str(faces / "deepface")),
        *("--data-set", "deepface", "--calibration", str(calibration[chosen.name])),
    )
    write_page(page(lfw, deepface, recall(faces / "deepface")))
    if arguments.calibrate:
        for name in members:
            evaluate(name, *common, "--embedding", name, "--save-calibration", str(calibration[name]))
        for name, file in calibration.items():
            write_whole(CALIBRATIONS / f"{name}.toml", file.read_bytes())
    print(f"Figures: {PAGE.relative_to(ROOT)}. Reports: {OUT.relative_to(ROOT)}/*/report.html.")


if __name__ == "__main__":
    main()
