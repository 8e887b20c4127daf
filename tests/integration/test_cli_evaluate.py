"""`visavis evaluate comparison` as a user meets it: files, codes, exit statuses, figures on real pictures."""

import os
from collections.abc import Callable
from pathlib import Path

import msgspec
import numpy as np
import pytest
from PIL import Image

from visavis.adapters.model_store import ModelStore
from visavis.cli import main
from visavis.cli.evaluate import KINDS
from visavis.comparison.calibration import load_calibration
from visavis.evaluation.degradation import DEGRADATIONS
from visavis.evaluation.report import ComparisonReport

Run = Callable[..., tuple[int, str, str]]


@pytest.fixture
def run(capsys: pytest.CaptureFixture[str]) -> Run:
    """The command in this process: its exit status, standard output and standard error."""

    def call(*arguments: str | Path) -> tuple[int, str, str]:
        with pytest.raises(SystemExit) as left:
            main(["evaluate", "comparison", *(str(item) for item in arguments)])
        out, err = capsys.readouterr()
        return int(left.value.code or 0), out, err

    return call


@pytest.fixture
def pictures(tmp_path: Path) -> Path:
    folder = tmp_path / "pictures"
    folder.mkdir()
    noise = np.random.default_rng(1).integers(0, 256, (120, 120, 3), np.uint8)
    for name in ("a.png", "b.png"):
        Image.fromarray(noise).save(folder / name)
    (tmp_path / "pairs.csv").write_text("file_a,file_b,same\na.png,b.png,1\n")
    return folder


def test_help_names_every_degradation_there_is() -> None:
    assert tuple(DEGRADATIONS) == KINDS


def test_a_missing_list(run: Run, pictures: Path, tmp_path: Path) -> None:
    status, out, err = run("--pairs", tmp_path / "none.csv", "--images", pictures, "--out", tmp_path / "out")
    assert (status, out) == (2, "")
    assert "none.csv does not exist" in err
    assert "[file_missing]" in err
    assert not (tmp_path / "out").exists()


def test_a_list_that_leaves_the_folder(run: Run, pictures: Path, tmp_path: Path) -> None:
    (tmp_path / "pairs.csv").write_text("file_a,file_b,same\n../pairs.csv,b.png,1\n")
    status, _, err = run("--pairs", tmp_path / "pairs.csv", "--images", pictures, "--out", tmp_path / "out")
    assert status == 2
    assert "[pairs_outside]" in err


@pytest.mark.parametrize(
    ("options", "code"),
    [(("--all-pairs",), "identity_unknown"), (("--save-calibration", "c.toml"), "data_set_missing")],
)
def test_options_that_need_another(
    run: Run, pictures: Path, tmp_path: Path, options: tuple[str, ...], code: str
) -> None:
    status, _, err = run("--pairs", tmp_path / "pairs.csv", "--images", pictures, *options)
    assert status == 2
    assert f"[{code}]" in err


def test_without_the_extra_it_says_so_before_any_work(
    run: Run, pictures: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("visavis.evaluation.plots.importlib.util.find_spec", lambda _name: None)
    status, _, err = run("--pairs", tmp_path / "pairs.csv", "--images", pictures, "--out", tmp_path / "out")
    assert status == 4
    assert "[evaluation_extra_missing]" in err
    assert not (tmp_path / "out").exists()


def test_an_output_folder_that_is_a_file(run: Run, pictures: Path, tmp_path: Path) -> None:
    taken = tmp_path / "taken"
    taken.write_text("mine")
    status, _, err = run("--pairs", tmp_path / "pairs.csv", "--images", pictures, "--out", taken)
    assert status == 2
    assert "[output_unwritable]" in err
    assert taken.read_text() == "mine"


@pytest.mark.skipif(os.geteuid() == 0, reason="an administrator may write anywhere")
def test_an_output_folder_that_may_not_be_written(run: Run, pictures: Path, tmp_path: Path) -> None:
    closed = tmp_path / "closed"
    closed.mkdir(mode=0o500)
    status, _, err = run("--pairs", tmp_path / "pairs.csv", "--images", pictures, "--out", closed)
    assert status == 2
    assert "[output_unwritable]" in err


def test_an_unknown_degradation_is_a_usage_error(run: Run, pictures: Path, tmp_path: Path) -> None:
    status, _, err = run("--pairs", tmp_path / "pairs.csv", "--images", pictures, "--degrade", "fog")
    assert status == 2
    assert "fog" in err


@pytest.mark.models
def test_pictures_without_faces_leave_nothing_behind(
    run: Run, model_store: ModelStore, pictures: Path, tmp_path: Path
) -> None:
    status, _, err = run("--pairs", tmp_path / "pairs.csv", "--images", pictures, "--out", tmp_path / "out")
    assert status == 2
    assert "[nothing_to_compare]" in err
    assert list((tmp_path / "out").iterdir()) == []


@pytest.mark.models
def test_portraits_end_to_end(run: Run, model_store: ModelStore, portraits: Path, tmp_path: Path) -> None:
    table = tmp_path / "pairs.csv"
    table.write_text("file_a,file_b,same,group\nobama.jpg,obama2.jpg,1,g\nobama.jpg,biden.jpg,0,g\n")
    out = tmp_path / "out"
    options = ("--pairs", table, "--images", portraits, "--out", out, "--data-set", "portraits")
    calibration = tmp_path / "new" / "calibration.toml"
    status, text, _ = run(*options, "--json", "--save-calibration", calibration)
    assert status == 0
    assert sorted(path.name for path in out.iterdir()) == ["report.html", "report.json"]
    assert text.encode() == (out / "report.json").read_bytes()
    report = msgspec.json.decode(text, type=ComparisonReport)
    assert report.acquisition.failures.errors == 0
    assert [row.name.partition("@")[0] for row in report.members] == ["faceplugin_embedding", "mobilefacenet"]
    assert report.listed.worst_genuine[0].score > report.listed.worst_impostor[0].score + 0.3
    measured = load_calibration(calibration)
    assert measured.data.name == "portraits"
    assert (measured.data.genuine_trials, measured.data.impostor_trials) == (1, 1)
    status, text, _ = run(*options)
    assert status == 0
    assert "portraits: 3 pictures" in text
    assert "obama2.jpg" in text


@pytest.mark.models
@pytest.mark.faces
@pytest.mark.slow
def test_a_sample_of_labelled_people(run: Run, model_store: ModelStore, test_data: Path, tmp_path: Path) -> None:
    lfw = test_data / "faces" / "lfw"
    lines = (lfw / "pairs.csv").read_text().splitlines()
    genuine = [line for line in lines[1:] if line.endswith("1")][:40]
    impostor = [line for line in lines[1:] if line.endswith("0")][:40]
    table = tmp_path / "pairs.csv"
    table.write_text("\n".join([lines[0], *genuine, *impostor]) + "\n")
    options = ("--pairs", table, "--images", lfw / "images", "--out", tmp_path / "out", "--face-choice", "central")
    status, text, _ = run(
        *options,
        "--all-pairs",
        "--identity-from",
        "folder",
        "--degrade",
        "jpeg-50",
        "--degrade",
        "print-coarse",
        "--json",
    )
    assert status == 0
    report = msgspec.json.decode(text, type=ComparisonReport)
    assert report.formed is not None
    assert report.formed.impostor_trials > 5_000
    assert report.acquisition.failures.errors <= 2
    assert report.formed.eer is not None
    assert report.formed.eer.value < 0.05
    jpeg, printed = report.degradation
    assert jpeg.fnmr.trials > 20
    # the dots of the print are found and filtered, and that helps
    assert printed.restored > printed.fnmr.trials * 0.8
    assert (printed.fnmr.value or 0) < (printed.fnmr_unrestored.value or 0)
