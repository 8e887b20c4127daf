"""Files that somebody names: pipes, loops and folders in the place of a picture, a configuration or a report."""

import errno
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, cast

import pytest

from visavis.config import load_configuration
from visavis.errors import ConfigurationError, FileError
from visavis.evaluation.files import prepare_folder, write_together, write_whole
from visavis.files import read_file

if TYPE_CHECKING:
    from visavis.evaluation.report import ComparisonReport

needs_posix = pytest.mark.skipif(os.name != "posix", reason="pipes, links and limits of POSIX")


@contextmanager
def files_up_to(size: int) -> Iterator[None]:
    """No file of this process may become larger, as on a disk that fills up."""
    import resource

    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))


def configured(file: Path) -> ConfigurationError:
    with pytest.raises(ConfigurationError) as caught:
        load_configuration({"VISAVIS_CONFIG": str(file)})
    assert str(file.parent) not in str(caught.value)
    assert isinstance(caught.value.__cause__, FileError)
    return caught.value


# --- reading ---


@needs_posix
def test_a_loop_of_links_is_a_missing_file(tmp_path: Path) -> None:
    (tmp_path / "a").symlink_to("b")
    (tmp_path / "b").symlink_to("a")
    for file in (tmp_path / "a", tmp_path / "a" / "below"):
        with pytest.raises(FileError) as caught:
            read_file(file, max_bytes=10)
        assert caught.value.code == "file_missing"
        assert "loop of links" in caught.value.message
        assert "may read" not in caught.value.advice


# --- the configuration ---


@needs_posix
def test_a_configuration_that_is_a_pipe_is_not_waited_for(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    error = configured(tmp_path / "pipe")
    assert error.code == "configuration_unreadable"
    assert "pipe is a device or a pipe" in error.message
    assert error.advice


def test_a_configuration_that_is_a_folder(tmp_path: Path) -> None:
    error = configured(tmp_path)
    assert error.code == "configuration_unreadable"
    assert "is a folder" in error.message


def test_a_configuration_that_is_not_there(tmp_path: Path) -> None:
    assert configured(tmp_path / "none.toml").code == "configuration_missing"


def test_a_configuration_that_is_too_large(tmp_path: Path) -> None:
    (tmp_path / "large.toml").write_bytes(b"#" * ((1 << 20) + 1))
    assert configured(tmp_path / "large.toml").code == "configuration_invalid"


@pytest.mark.skipif(os.name != "posix" or os.geteuid() == 0, reason="an administrator may read anything")
def test_a_configuration_that_may_not_be_read(tmp_path: Path) -> None:
    (tmp_path / "closed.toml").touch(mode=0)
    error = configured(tmp_path / "closed.toml")
    assert (error.code, error.advice) == ("configuration_unreadable", "Check its rights.")


# --- reports ---


def test_files_are_written_together_and_readable_by_others(tmp_path: Path) -> None:
    (tmp_path / "a").write_text("old")
    write_together({tmp_path / "a": b"new", tmp_path / "b": b"too"})
    assert {item.name: item.read_bytes() for item in tmp_path.iterdir()} == {"a": b"new", "b": b"too"}
    if os.name == "posix":
        assert {item.stat().st_mode & 0o777 for item in tmp_path.iterdir()} == {0o644}


@needs_posix
def test_where_one_has_no_room_none_is_written(tmp_path: Path) -> None:
    (tmp_path / "report.json").write_text("old")
    with files_up_to(1000), pytest.raises(FileError) as caught:
        write_together({tmp_path / "report.json": b"new", tmp_path / "report.html": bytes(2000)})
    assert caught.value.code == "output_unwritable"
    assert caught.value.message.startswith("report.html cannot")
    assert {item.name: item.read_text() for item in tmp_path.iterdir()} == {"report.json": "old"}


def test_a_disk_that_says_late_that_it_is_full(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "fsync", lambda _: (_ for _ in ()).throw(OSError(errno.ENOSPC, "No space left on device")))
    with pytest.raises(FileError) as caught:
        write_whole(tmp_path / "report.json", b"new")
    assert caught.value.code == "output_unwritable"
    assert "the disk is full" in caught.value.message
    assert "Free some space" in caught.value.advice
    assert list(tmp_path.iterdir()) == []


def test_a_folder_in_the_place_of_the_second_keeps_the_first_from_moving(tmp_path: Path) -> None:
    (tmp_path / "b").mkdir()
    with pytest.raises(FileError) as caught:
        write_together({tmp_path / "a": b"new", tmp_path / "b": b"too"})
    assert caught.value.code == "output_unwritable"
    assert [item.name for item in tmp_path.iterdir()] == ["b"]


def test_figures_that_cannot_be_drawn_are_kept(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from visavis.cli.evaluate import _write

    def drawn(_: object) -> str:
        raise ArithmeticError("of a plot")

    monkeypatch.setattr("visavis.evaluation.report.to_json", lambda _: b"{}")
    monkeypatch.setattr("visavis.evaluation.page.to_html", drawn)
    with pytest.raises(ArithmeticError):
        _write(cast("ComparisonReport", None), None, tmp_path, None)
    assert [item.name for item in tmp_path.iterdir()] == ["report.json"]


def test_a_file_in_the_place_of_the_folder(tmp_path: Path) -> None:
    (tmp_path / "taken").write_text("mine")
    with pytest.raises(FileError) as caught:
        prepare_folder(tmp_path / "taken")
    assert caught.value.code == "output_unwritable"
