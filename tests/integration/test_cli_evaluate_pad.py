"""`visavis evaluate pad` as a user meets it: options, codes, and a small run on public-domain portraits."""

from collections.abc import Callable
from pathlib import Path

import msgspec
import pytest

from visavis.adapters.model_store import ModelStore
from visavis.cli import main
from visavis.cli.evaluate_pad import CODES
from visavis.evaluation.laboratory.result import BONA_FIDE, read_result
from visavis.evaluation.laboratory.species import SPECIES
from visavis.evaluation.pad_report import PadReport

Run = Callable[..., tuple[int, str, str]]


@pytest.fixture
def run(capfd: pytest.CaptureFixture[str]) -> Run:
    """The command in this process: its exit status, standard output and standard error."""

    def call(*arguments: str | Path) -> tuple[int, str, str]:
        with pytest.raises(SystemExit) as left:
            main(["evaluate", "pad", *(str(item) for item in arguments)])
        out, err = capfd.readouterr()
        return int(left.value.code or 0), out, err

    return call


def test_help_names_every_species_there_is() -> None:
    assert (BONA_FIDE, *SPECIES) == CODES


@pytest.mark.parametrize(
    ("options", "code"),
    [
        ((), "nothing_to_measure"),
        (("--captures", "clips", "--recordings", "kept"), "recording_key_needed"),
        (("--captures", "none"), "laboratory_without_clips"),
        (("--stills", "none"), "laboratory_stills_missing"),
    ],
)
def test_what_is_missing_is_said_before_any_work(run: Run, tmp_path: Path, options: tuple[str, ...], code: str) -> None:
    status, out, err = run(*options, "--out", tmp_path / "out")
    assert (status, out) == (2, "")
    assert f"[{code}]" in err
    assert not (tmp_path / "out").exists()


@pytest.mark.models
def test_a_small_run_is_kept_resumed_and_reported(
    run: Run, model_store: ModelStore, portraits: Path, tmp_path: Path
) -> None:
    out = tmp_path / "out"
    options = ("--stills", portraits, "--out", out, "--patient", "0", "--workers", "1", "--species", "print_flat")
    status, text, _ = run(*options, "--trials", "1")
    assert status == 0
    assert "Attack presentations that were accepted (APCER), the worst first" in text
    report = msgspec.json.decode((out / "report.json").read_bytes(), type=PadReport)
    (row,) = report.species
    assert (row.code, row.trials, row.at("standard").accepted.errors) == ("print_flat", 1, 0)
    assert report.people == ("biden", "obama")
    page = (out / "report.html").read_text()
    assert "<img" not in page
    (line,) = (out / "trials.jsonl").read_bytes().splitlines(keepends=True)
    first = read_result(line)
    assert first is not None
    assert first.frames > 10
    assert first.people[0] in {"biden", "obama"}
    status, text, _ = run(*options, "--species", "bona_fide", "--trials", "1", "--json")
    assert status == 0
    again = msgspec.json.decode(text, type=PadReport)
    # nobody in a portrait moves, so there is no living person to measure: said, and counted for nothing
    assert again.not_staged == (("bona_fide", "laboratory_nobody_answers", 1),)
    assert again.bona_fide is None
    lines = (out / "trials.jsonl").read_bytes().splitlines(keepends=True)
    assert lines[0] == line
    assert len(lines) == 2
