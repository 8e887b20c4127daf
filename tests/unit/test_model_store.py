"""The store: a model is exactly the manifest's, or is not used."""

import os
import subprocess
import sys
import threading
from pathlib import Path

import numpy as np
import pytest

from model_material import entry, folder_source, manifest, prelu_onnx, sha256, tiny_onnx
from visavis.adapters.model_prepare import split_prelu
from visavis.adapters.model_pull import pull
from visavis.adapters.model_store import ModelStore
from visavis.adapters.progress import SilentProgress
from visavis.errors import ConfigurationError, ModelDigestError, ModelMissingError, UsageError

DATA = tiny_onnx()


@pytest.fixture
def store(tmp_path: Path) -> ModelStore:
    (tmp_path / "here").mkdir()
    (tmp_path / "here" / "tiny.onnx").write_bytes(DATA)
    return ModelStore(tmp_path / "store", manifest(entry(DATA, folder_source("here")), tmp_path))


def filled(store: ModelStore) -> Path:
    store.install(store.manifest.get("tiny"), DATA)
    return store.path("tiny")


def test_an_absent_model_is_missing(store: ModelStore) -> None:
    assert [(status.present, status.digest_ok, status.usable) for status in store.status()] == [(False, None, False)]
    for read in (store.path, store.read):
        with pytest.raises(ModelMissingError) as caught:
            read("tiny")
        assert caught.value.code == "model_missing"
        assert "visavis models pull tiny" in caught.value.advice


def test_an_installed_model_is_read_back(store: ModelStore) -> None:
    path = filled(store)
    assert path.read_bytes() == DATA
    assert store.read("tiny") == DATA
    assert [(status.present, status.digest_ok) for status in store.status()] == [(True, True)]
    assert [item.name for item in path.parent.iterdir()] == ["tiny.onnx"]


@pytest.mark.parametrize("damage", [DATA[:-1], DATA + b"x", b"", bytes([DATA[0] ^ 1]) + DATA[1:]])
def test_other_bytes_are_refused_at_every_read(store: ModelStore, damage: bytes) -> None:
    filled(store).write_bytes(damage)
    for read in (store.path, store.read):
        with pytest.raises(ModelDigestError) as caught:
            read("tiny")
        assert caught.value.code == "model_digest_mismatch"
        assert str(store.root) not in str(caught.value)
    assert [(status.present, status.digest_ok) for status in store.status()] == [(True, False)]


def test_other_bytes_are_not_installed(store: ModelStore) -> None:
    with pytest.raises(ModelDigestError):
        store.install(store.manifest.get("tiny"), DATA + b"x")
    assert not store.root.exists()


def test_a_failed_replacement_leaves_what_was_there(store: ModelStore, monkeypatch: pytest.MonkeyPatch) -> None:
    path = filled(store)
    monkeypatch.setattr(os, "fsync", lambda _: (_ for _ in ()).throw(OSError(28, "No space left on device")))
    with pytest.raises(ConfigurationError) as caught:
        store.install(store.manifest.get("tiny"), DATA)
    assert caught.value.code == "store_not_writable"
    assert "No space left" in caught.value.message
    assert [item.name for item in path.parent.iterdir()] == ["tiny.onnx"]
    assert path.read_bytes() == DATA


def test_an_unknown_name_is_a_usage_error(store: ModelStore) -> None:
    with pytest.raises(UsageError):
        store.path("nobody")


def test_a_store_that_is_a_file_cannot_be_written(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    store = ModelStore(tmp_path / "file" / "store", manifest(entry(DATA, folder_source("here")), tmp_path))
    with pytest.raises(ConfigurationError) as caught, store.lock():
        pass
    assert caught.value.code == "store_not_writable"


def test_a_second_holder_of_the_lock_waits_and_is_told(store: ModelStore) -> None:
    waiting = threading.Event()
    order: list[str] = []

    def second() -> None:
        with store.lock(waiting.set):
            order.append("second")

    with store.lock():
        thread = threading.Thread(target=second)
        thread.start()
        assert waiting.wait(10)
        order.append("first")
    thread.join(10)
    assert order == ["first", "second"]


def test_patience_with_another_holder_ends(store: ModelStore) -> None:
    with store.lock(), pytest.raises(ConfigurationError) as caught, store.lock(patience=0.0):
        pass
    assert caught.value.code == "store_busy"


def test_a_killed_holder_gives_the_lock_back(store: ModelStore) -> None:
    script = (
        "import sys, time; from pathlib import Path; from visavis.adapters.model_store import ModelStore\n"
        "from visavis.perception.manifest import packaged_manifest\n"
        "with ModelStore(Path(sys.argv[1]), packaged_manifest()).lock():\n    print('held', flush=True); time.sleep(60)"
    )
    with subprocess.Popen([sys.executable, "-c", script, str(store.root)], stdout=subprocess.PIPE) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == b"held\n"
        process.kill()
    with store.lock(patience=5.0):
        pass


def test_what_a_killed_pull_left_half_written_goes(store: ModelStore) -> None:
    left = store.location(store.manifest.get("tiny")).parent / ".incoming-abc"
    left.parent.mkdir(parents=True)
    left.write_bytes(DATA[:10])
    work = store.cache / "work" / "tmpabc"
    work.mkdir(parents=True)
    (work / "half").write_bytes(b"half")
    pulled = pull(store, store.manifest.models, SilentProgress())
    assert pulled.fetched == ("tiny",)
    assert not left.exists()
    assert not store.cache.exists()


def test_a_damaged_model_is_pulled_again(store: ModelStore) -> None:
    filled(store).write_bytes(b"damaged")
    assert pull(store, store.manifest.models, SilentProgress()).fetched == ("tiny",)
    assert sha256(store.path("tiny").read_bytes()) == sha256(DATA)


def test_a_second_pull_touches_nothing(store: ModelStore) -> None:
    pull(store, store.manifest.models, SilentProgress())
    (store.root / ".lock").unlink()
    pulled = pull(store, store.manifest.models, SilentProgress())
    assert pulled.present == ("tiny",)
    assert not (store.root / ".lock").exists()


def test_a_file_kept_as_shipped_is_prepared_without_a_source(store: ModelStore, tmp_path: Path) -> None:
    """As after an upgrade whose manifest prepares a model that the store has."""
    rng = np.random.default_rng(4)
    shipped = prelu_onnx(
        rng.normal(0, 1, (16, 1, 1)).astype(np.float32), rng.normal(0, 1, (16, 3, 3, 3)).astype(np.float32)
    )
    prepared = split_prelu(shipped)
    table = f"""[model.prepared]
steps = ["split_prelu"]
file = "tiny.prepared.onnx"
bytes = {len(prepared)}
sha256 = "{sha256(prepared)}"
"""
    text = entry(shipped, folder_source("nowhere"), extra=table)
    upgraded = ModelStore(store.root, manifest(text, tmp_path))
    model = upgraded.manifest.get("tiny")
    assert upgraded.shipped(model) is None
    kept = upgraded.location(model).with_name(model.file)
    kept.parent.mkdir(parents=True)
    for damaged in (b"", shipped[:-1], shipped + b"x", bytes([shipped[0] ^ 1]) + shipped[1:]):
        kept.write_bytes(damaged)
        assert upgraded.shipped(model) is None
        assert pull(upgraded, [model], SilentProgress()).fetched == ()
    kept.write_bytes(shipped)
    found = pull(upgraded, [model], SilentProgress())
    assert (found.fetched, found.failed) == (("tiny",), ())
    assert upgraded.read("tiny") == prepared
