"""`visavis models` as a process: what it prints, its exit status, and what it leaves when it is killed."""

import json
import os
import re
import shutil
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from model_material import (
    SIZE,
    Served,
    Server,
    entry,
    folder_source,
    serving,
    sha256,
    tiny_onnx,
    url_source,
)
from visavis.adapters.model_store import ModelStore
from visavis.adapters.sessions import open_session
from visavis.config import load_configuration
from visavis.perception.manifest import Task

DATA = tiny_onnx()
UNREACHABLE = "http://127.0.0.1:9/"


@pytest.fixture
def server() -> Iterator[Server]:
    with serving() as started:
        yield started


class Site:
    """A site with its own configuration and store; `run` starts the command, the environment holds no proxy."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.store = folder / "store"
        self.environment = {
            name: value
            for name, value in os.environ.items()
            if not name.lower().endswith("_proxy") and name != "COLUMNS"
        } | {"VISAVIS_CONFIG": str(folder / "config.toml"), "VISAVIS_MODELS": str(self.store)}
        self.configure("")

    def configure(self, text: str) -> None:
        (self.folder / "config.toml").write_text(text, encoding="utf-8")

    def start(self, *arguments: str) -> subprocess.Popen[str]:
        return subprocess.Popen(
            [sys.executable, "-m", "visavis", "models", *arguments],
            env=self.environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )

    def run(self, *arguments: str) -> tuple[int, str, str]:
        with self.start(*arguments) as process:
            out, err = process.communicate(timeout=120)
        assert "Traceback" not in err
        return process.returncode, out, err

    @property
    def model(self) -> Path:
        return self.store / "tiny" / "7" / "tiny.onnx"


@pytest.fixture
def site(tmp_path: Path) -> Site:
    return Site(tmp_path)


def test_a_site_adds_its_own_embedding_by_one_entry(site: Site) -> None:
    """The whole way: an entry in the configuration, pulled, listed, checked, opened and run."""
    (site.folder / "models").mkdir()
    (site.folder / "models" / "tiny.onnx").write_bytes(DATA)
    site.configure(entry(DATA, folder_source("models"), default=True))
    assert site.run("pull", "tiny")[:2] == (0, "Models: 1 pulled, 0 already here.\n")
    status, out, _ = site.run("list", "--json")
    listed = {model["name"]: model for model in json.loads(out)["models"]}
    assert status == 0
    assert listed["tiny"]["present"] is True
    assert listed["tiny"]["digest_ok"] is True
    assert listed["tiny"]["template_version"] == "7+recipe.1"
    assert listed["tiny"]["default"] is True
    assert listed["faceplugin_embedding"]["default"] is False
    assert site.run("verify", "tiny")[:2] == (0, "tiny: right\n")
    configuration = load_configuration(site.environment)
    assert configuration.manifest.default(Task.EMBEDDING).name == "tiny"
    session = open_session(ModelStore(configuration.store, configuration.manifest), "tiny")
    (vector,) = session.run(np.ones((1, 3, SIZE, SIZE), np.float32))
    np.testing.assert_allclose(vector[0], [0.9, 1.2, 1.5], rtol=1e-6)


def test_the_table_names_every_model_and_its_licence(site: Site) -> None:
    status, out, err = site.run("list")
    assert (status, err) == (0, "")
    for word in ("name", "task", "version", "licence", "size", "present", "digest ok"):
        assert word in out.splitlines()[0]
    for model in load_configuration(site.environment).manifest.models:
        assert any(line.startswith(model.name) and model.licence in line for line in out.splitlines())
        kind = "default" if model.default else "optional"
        assert f"{model.name} ({kind}): {model.licence_note}" in out
    assert not site.store.exists()


def test_the_table_fits_a_narrow_terminal(site: Site) -> None:
    site.environment |= {"COLUMNS": "80", "FORCE_COLOR": "1", "TERM": "dumb"}
    status, out, _ = site.run("list")
    assert status == 0
    plain = re.sub(r"\x1b\[[0-9;]*m", "", out)
    table = plain.partition("\n\n")[0].splitlines()
    assert max(map(len, table)) <= 80
    for model in load_configuration(site.environment).manifest.models:
        assert any(line.startswith(f"{model.name} ") and f" {model.task.value} " in line for line in table)


def test_a_broken_download_leaves_no_model_and_goes_on(site: Site, server: Server) -> None:
    site.configure(entry(DATA, url_source(server.serve("/a", Served(DATA, broken_after=100)))))
    status, out, err = site.run("pull", "tiny")
    assert status == 4
    assert out == "Models: 0 pulled, 0 already here, 1 failed.\n"
    assert "broke off after 100" in err
    assert "[model_unavailable]" in err
    assert not site.model.exists()
    assert site.run("pull", "tiny")[0] == 0
    assert server.requests == [("/a", None), ("/a", "bytes=100-")]
    assert site.model.read_bytes() == DATA


def test_a_pull_that_is_killed_leaves_nothing_half_written(site: Site, server: Server) -> None:
    served = Served(DATA, stalled_after=100)
    site.configure(entry(DATA, url_source(server.serve("/a", served))))
    part = site.store / ".cache" / f"{sha256(DATA)}.part"
    with site.start("pull", "tiny") as process:
        assert served.stalled.wait(60)
        while not part.exists():
            assert process.poll() is None
        process.kill()
    served.go_on.set()
    assert not site.model.exists()
    assert {item.name for item in site.store.iterdir()} == {".cache", ".lock"}
    assert site.run("verify", "tiny")[0] == 4
    assert site.run("pull", "tiny")[0] == 0
    assert site.model.read_bytes() == DATA
    assert {item.name for item in site.store.iterdir()} == {".lock", "tiny"}


def test_a_pull_that_is_stopped_by_hand_says_so_and_goes_on_later(site: Site, server: Server) -> None:
    served = Served(DATA, stalled_after=100)
    site.configure(entry(DATA, url_source(server.serve("/a", served))))
    with site.start("pull", "tiny") as process:
        assert served.stalled.wait(60)
        process.send_signal(signal.SIGINT)
        _, err = process.communicate(timeout=60)
    served.go_on.set()
    assert process.returncode == 130
    assert err.splitlines()[-1] == "visavis: Stopped. [interrupted]"
    assert "Traceback" not in err
    assert not site.model.exists()
    assert site.run("pull", "tiny")[0] == 0


def test_two_pulls_at_once_fetch_once(site: Site, server: Server) -> None:
    served = Served(DATA, stalled_after=100)
    site.configure(entry(DATA, url_source(server.serve("/a", served))))
    with site.start("pull", "tiny") as first:
        assert served.stalled.wait(60)
        with site.start("pull", "tiny") as second:
            assert second.stderr is not None
            assert "Another pull is at work" in second.stderr.readline()
            served.go_on.set()
            assert second.communicate(timeout=60)[0] == "Models: 0 pulled, 1 already here.\n"
        assert first.communicate(timeout=60)[0] == "Models: 1 pulled, 0 already here.\n"
    assert server.requests == [("/a", None)]
    assert site.model.read_bytes() == DATA


def test_a_wrong_digest_is_refused_and_the_next_source_tried(site: Site, server: Server) -> None:
    wrong = url_source(server.serve("/wrong", Served(bytes(len(DATA)))))
    right = url_source(server.serve("/right", Served(DATA)))
    site.configure(entry(DATA, wrong, right))
    status, _, err = site.run("pull", "tiny", "--quiet")
    assert status == 0
    (line,) = err.splitlines()
    assert line.startswith("tiny: address at 127.0.0.1:")
    assert "were refused. Trying" in line


def test_quiet_says_nothing_where_all_is_well(site: Site, server: Server) -> None:
    site.configure(entry(DATA, url_source(server.serve("/a", Served(DATA)))))
    assert site.run("pull", "tiny", "--quiet") == (0, "", "")


def test_verify_finds_damage(site: Site, server: Server) -> None:
    site.configure(entry(DATA, url_source(server.serve("/a", Served(DATA)))))
    site.run("pull", "tiny")
    site.model.write_bytes(DATA[:-1] + b"x")
    status, out, err = site.run("verify", "tiny")
    assert status == 4
    assert "[model_digest_mismatch]" in out
    assert "visavis models pull" in err
    assert site.run("pull", "tiny")[1] == "Models: 1 pulled, 0 already here.\n"
    assert site.run("verify", "tiny")[0] == 0


def test_verify_asks_for_default_models_alone(site: Site) -> None:
    status, out, _ = site.run("verify")
    assert status == 4
    assert "blazeface_back: missing [model_missing]" in out
    assert "sface: not pulled, optional" in out


@pytest.mark.parametrize(
    ("text", "status", "code"),
    [
        ("modle = 1", 4, "configuration_invalid"),
        ("[[model", 4, "configuration_invalid"),
        ("[[model]]\nname = 'x'", 4, "manifest_invalid"),
        (entry(DATA, folder_source("x")) + entry(DATA, folder_source("x")), 4, "manifest_invalid"),
        ("#" * (1 << 21), 4, "configuration_invalid"),
    ],
)
def test_a_wrong_configuration_is_one_clear_line(site: Site, text: str, status: int, code: str) -> None:
    site.configure(text)
    found, out, err = site.run("list")
    assert (found, out) == (status, "")
    assert len(err.splitlines()) == 1
    assert err.endswith(f"[{code}]\n")


def test_a_named_configuration_must_exist(site: Site) -> None:
    (site.folder / "config.toml").unlink()
    assert "[configuration_missing]" in site.run("list")[2]
    site.environment.pop("VISAVIS_CONFIG")
    site.environment["XDG_CONFIG_HOME"] = str(site.folder)
    assert site.run("list")[0] == 0


def test_a_configuration_that_is_a_folder(site: Site) -> None:
    site.environment["VISAVIS_CONFIG"] = str(site.folder)
    assert "[configuration_unreadable]" in site.run("list")[2]


@pytest.mark.parametrize("arguments", [["pull", "nobody"], ["verify", "nobody"], ["pull", "--all", "sface"]])
def test_wrong_usage_is_status_two(site: Site, arguments: list[str]) -> None:
    status, out, err = site.run(*arguments)
    assert (status, out) == (2, "")
    assert len(err.splitlines()) == 1


def test_the_store_is_named_by_the_configuration(site: Site, server: Server) -> None:
    site.environment.pop("VISAVIS_MODELS")
    site.configure('store = "kept"\n' + entry(DATA, url_source(server.serve("/a", Served(DATA)))))
    assert site.run("pull", "tiny")[0] == 0
    assert (site.folder / "kept" / "tiny" / "7" / "tiny.onnx").read_bytes() == DATA


def test_the_store_falls_back_to_the_users_data_folder(site: Site, tmp_path: Path) -> None:
    environment = {"VISAVIS_CONFIG": str(site.folder / "config.toml"), "XDG_DATA_HOME": str(tmp_path / "data")}
    assert load_configuration(environment).store == tmp_path / "data" / "visavis" / "models"
    environment["XDG_DATA_HOME"] = "relative"
    assert load_configuration(environment).store == Path.home() / ".local" / "share" / "visavis" / "models"


def test_a_store_that_cannot_be_written(site: Site, server: Server) -> None:
    site.store.write_text("a file")
    site.configure(entry(DATA, url_source(server.serve("/a", Served(DATA)))))
    status, _, err = site.run("pull", "tiny")
    assert status == 4
    assert "[store_not_writable]" in err
    assert server.requests == []


@pytest.mark.models
def test_a_second_pull_of_the_default_models_reaches_for_no_network(model_store: ModelStore, tmp_path: Path) -> None:
    site = Site(tmp_path)
    site.environment["VISAVIS_MODELS"] = str(model_store.root)
    site.environment |= {"PIP_INDEX_URL": UNREACHABLE, "npm_config_registry": UNREACHABLE, "PATH": "/nonexistent"}
    status, out, err = site.run("pull")
    assert (status, err) == (0, "")
    assert out.startswith("Models: 0 pulled, ")
    assert site.run("verify")[0] == 0


@pytest.mark.models
def test_a_corrupt_model_is_never_loaded(model_store: ModelStore, tmp_path: Path) -> None:
    """A copy of the store with one bit of one default model turned."""
    copied = tmp_path / "store"
    shutil.copytree(model_store.root, copied)
    path = ModelStore(copied, model_store.manifest).path("mobilefacenet")
    data = bytearray(path.read_bytes())
    data[len(data) // 2] ^= 1
    path.write_bytes(data)
    site = Site(tmp_path)
    status, out, _ = site.run("verify")
    assert status == 4
    assert "mobilefacenet: other bytes than the manifest names [model_digest_mismatch]" in out
