"""`visavis evaluate documents` as a user meets it: options, codes, and a small run that is gone on with."""

from collections.abc import Callable
from pathlib import Path

import msgspec
import pytest

from visavis.adapters.model_store import ModelStore
from visavis.cli import main
from visavis.cli.evaluate_documents import GROUPS, LEVELS
from visavis.evaluation.documents_cases import Group
from visavis.evaluation.documents_report import DocumentsReport
from visavis.evaluation.specimens import Fonts, Level

Run = Callable[..., tuple[int, str, str]]


@pytest.fixture
def run(capfd: pytest.CaptureFixture[str]) -> Run:
    """The command in this process: its exit status, standard output and standard error."""

    def call(*arguments: str | Path) -> tuple[int, str, str]:
        with pytest.raises(SystemExit) as left:
            main(["evaluate", "documents", *(str(item) for item in arguments)])
        out, err = capfd.readouterr()
        return int(left.value.code or 0), out, err

    return call


def test_help_names_every_level_and_group_there_is() -> None:
    assert tuple(Level) == LEVELS
    assert tuple(Group) == GROUPS


def test_fonts_that_are_missing_are_said_before_any_work(run: Run, tmp_path: Path) -> None:
    status, out, err = run("--fonts", tmp_path, "--out", tmp_path / "out")
    assert (status, out) == (2, "")
    assert "[fonts_missing]" in err
    assert not (tmp_path / "out").exists()


@pytest.mark.models
@pytest.mark.slow
def test_a_small_run_reads_is_kept_and_told_again(
    run: Run, model_store: ModelStore, specimen_fonts: Fonts, portraits: Path, tmp_path: Path
) -> None:
    out = tmp_path / "out"
    options = ("--fonts", specimen_fonts.folder, "--portraits", portraits, "--out", out, "--workers", "1")
    chosen = ("--specimens", "1", "--level", "studio", "--group", "zone", "--group", "prc_back")
    status, text, _ = run(*options, *chosen)
    assert status == 0
    assert "Machine-readable zones" in text
    report = msgspec.json.decode((out / "report.json").read_bytes(), type=DocumentsReport)
    assert (report.cases, report.faults) == (2, 0)
    assert [row.pictures for row in report.zones if row.kind is None] == [1, 3]
    assert not any(row.wrong_accepted.errors for row in report.zones)
    assert "<svg" in (out / "report.html").read_text(encoding="utf-8")
    # told again, without a reading
    before = (out / "cases.jsonl").read_bytes()
    status, text, _ = run(*options, *chosen, "--json")
    assert status == 0
    assert msgspec.json.decode(text, type=DocumentsReport).zones == report.zones
    assert (out / "cases.jsonl").read_bytes() == before
