"""Only an answer that was written may leave with the status of an answer."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from visavis.adapters.model_store import ModelStore
from visavis.cli import main

COMMAND = [sys.executable, "-m", "visavis"]


def pair(portraits: Path) -> list[str]:
    return [str(portraits / "obama.jpg"), str(portraits / "obama2.jpg")]


@pytest.mark.models
@pytest.mark.skipif(not Path("/dev/full").exists(), reason="needs /dev/full")
def test_a_full_disk_is_no_answer(portraits: Path) -> None:
    with Path("/dev/full").open("w") as full:
        done = subprocess.run(
            [*COMMAND, "compare", *pair(portraits)], stdout=full, stderr=subprocess.PIPE, text=True, check=False
        )
    assert done.returncode == 5
    assert done.stderr.count("\n") == 1
    assert "[output_failed]" in done.stderr


@pytest.mark.models
def test_a_closed_pipe_is_no_answer(portraits: Path) -> None:
    reader, writer = os.pipe()
    os.close(reader)
    try:
        done = subprocess.run(
            [*COMMAND, "compare", *pair(portraits)], stdout=writer, stderr=subprocess.PIPE, text=True, check=False
        )
    finally:
        os.close(writer)
    assert done.returncode == 5
    assert "[output_failed]" in done.stderr
    assert "Traceback" not in done.stderr


@pytest.mark.models
def test_a_comparison_leaves_nothing_behind(portraits: Path, model_store: ModelStore, tmp_path: Path) -> None:
    """Not a cache, not a device id, not a queue of events: nothing below a home that was empty."""
    home = tmp_path / "home"
    home.mkdir()
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("XDG_", "VISAVIS_", "ORT_"))}
    environment = {**kept, "HOME": str(home), "TMPDIR": str(home), "VISAVIS_MODELS": str(model_store.root)}
    environment["PYTHONDONTWRITEBYTECODE"] = "1"
    done = subprocess.run(
        [*COMMAND, "compare", *pair(portraits)], capture_output=True, cwd=home, env=environment, check=False
    )
    assert done.returncode == 0, done.stderr
    assert [str(path.relative_to(home)) for path in home.rglob("*")] == []


def test_a_fault_of_our_own_is_one_line(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    def broken(*_: object, **__: object) -> None:
        raise RuntimeError("secret detail")

    monkeypatch.delenv("VISAVIS_TRACEBACK", raising=False)
    monkeypatch.setattr("visavis.cli.cli.invoke", broken)
    with pytest.raises(SystemExit) as left:
        main(["models", "list"])
    assert left.value.code == 5
    error = capsys.readouterr().err
    assert error.count("\n") == 1
    assert "[internal_error]" in error
    assert "secret" not in error
    monkeypatch.setenv("VISAVIS_TRACEBACK", "1")
    with pytest.raises(RuntimeError):
        main(["models", "list"])


@pytest.mark.parametrize(
    "arguments",
    [
        ["compare", "a.jpg"],
        ["compare", "a.jpg", "b.jpg", "--fmr", "0"],
        ["compare", "a.jpg", "b.jpg", "--fmr", "0.5"],
        ["compare", "a.jpg", "b.jpg", "--fmr", "nan"],
        ["compare", "a.jpg", "b.jpg", "--fmr", "many"],
        ["compare", "a.jpg", "b.jpg", "--ffmr", "1e-4"],
        ["verify", "--document", "a.jpg"],
        ["verify", "--document", "a.jpg", "--probe", "b.jpg", "--policies", "/there/is/no/such/folder"],
        ["policies", "list", "--folder", "/there/is/no/such/folder"],
        ["identify"],
    ],
)
def test_a_usage_error_is_one_line_with_a_code(arguments: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as left:
        main(arguments)
    assert left.value.code == 2
    error = capsys.readouterr().err
    assert error.count("\n") == 1, error
    assert error.rstrip().endswith("[usage_error]")


def test_no_command_at_all_shows_the_commands(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as left:
        main([])
    assert left.value.code == 2
    assert "compare" in capsys.readouterr().err


@pytest.mark.models
def test_an_empty_policy_is_no_policy(portraits: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """An unset variable in a script must not mean the policy that asks for least."""
    document, probe = pair(portraits)
    with pytest.raises(SystemExit) as left:
        main(["verify", "--document", document, "--probe", probe, "--policy", ""])
    assert left.value.code == 2
    assert "[policy_name_invalid]" in capsys.readouterr().err


@pytest.mark.models
def test_a_strange_file_name_is_shown_harmlessly(
    portraits: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    strange = tmp_path / os.fsdecode(b"new\nline\x1b[31m\xff.jpg")
    strange.write_bytes((portraits / "obama2.jpg").read_bytes())
    out = ""
    for extra in ([], ["--json"]):
        with pytest.raises(SystemExit) as left:
            main(["compare", str(portraits / "obama.jpg"), str(strange), *extra])
        assert left.value.code == 0
        out = capsys.readouterr().out
        assert "\x1b[31m.jpg" not in out
        assert "new?line?[31m?.jpg" in out
        out.encode()
    assert json.loads(out)["b"]["file"] == "new?line?[31m?.jpg"
