"""Sessions: tensors are those declared, or the model is not used."""

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import onnx
import onnx.helper
import pytest

from model_material import DIMENSION, SIZE, entry, folder_source, manifest, tiny_onnx
from visavis.adapters.litert import INTERPRETERS, LitertSession
from visavis.adapters.model_store import ModelStore
from visavis.adapters.sessions import open_onnx, open_session
from visavis.adapters.tensors import fits
from visavis.errors import ModelDigestError, ModelInvalidError, ModelMissingError
from visavis.perception.manifest import Runtime
from visavis.perception.session import FloatTensor, ModelSession

RNG = np.random.default_rng(3)


def opened(tmp_path: Path, data: bytes, text: str = "") -> ModelSession:
    text = text or entry(data, folder_source("here"))
    store = ModelStore(tmp_path / "store", manifest(text, tmp_path))
    store.install(store.manifest.get("tiny"), data)
    return open_session(store, "tiny")


def rows(count: int) -> FloatTensor:
    return RNG.uniform(-1, 1, (count, 3, SIZE, SIZE)).astype(np.float32)


@pytest.mark.parametrize("batch", [1, 2, -1])
@pytest.mark.parametrize("count", [1, 2, 3, 5])
def test_every_batch_gives_what_its_rows_give(tmp_path: Path, batch: int, count: int) -> None:
    data = tiny_onnx("n" if batch < 0 else batch)
    session = opened(tmp_path, data, entry(data, folder_source("here"), batch=batch))
    tensor = rows(count)
    weights = np.arange(3 * DIMENSION, dtype=np.float32).reshape(3, DIMENSION) / 10
    (output,) = session.run(tensor)
    assert output.shape == (count, DIMENSION)
    assert output.dtype == np.float32
    np.testing.assert_allclose(output, tensor.mean((2, 3)) @ weights, atol=1e-5)


def test_the_identity_names_weights_and_recipe(tmp_path: Path) -> None:
    data = tiny_onnx()
    session = opened(tmp_path, data)
    assert str(session.identity) == "tiny@7+recipe.1"
    assert (
        session.identity.digest
        == ModelStore(tmp_path, manifest(entry(data, folder_source("x")), tmp_path)).manifest.get("tiny").sha256
    )


@pytest.mark.parametrize(
    "tensor",
    [
        np.zeros((0, 3, SIZE, SIZE), np.float32),
        np.zeros((257, 3, SIZE, SIZE), np.float32),
        np.zeros((1, 3, SIZE, SIZE + 1), np.float32),
        np.zeros((1, SIZE, SIZE, 3), np.float32),
        np.zeros((3, SIZE, SIZE), np.float32),
        np.zeros((1, 3, SIZE, SIZE), np.float64),
        np.zeros((), np.float32),
    ],
)
def test_other_tensors_are_refused(tmp_path: Path, tensor: FloatTensor) -> None:
    with pytest.raises(ModelInvalidError) as caught:
        opened(tmp_path, tiny_onnx()).run(tensor)
    assert caught.value.code == "model_invalid"


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ('name = "input"', 'name = "picture"'),
        ('name = "output"', 'name = "vector"'),
        (f"shape = [1, 3, {SIZE}, {SIZE}]", f"shape = [1, 3, {SIZE}, {SIZE + 1}]"),
        (f"shape = [1, {DIMENSION}]", f"shape = [2, {DIMENSION}]"),
        (f"shape = [1, {DIMENSION}]", f"shape = [1, 1, {DIMENSION}]"),
    ],
)
def test_a_model_with_other_tensors_than_declared_is_refused(tmp_path: Path, old: str, new: str) -> None:
    data = tiny_onnx()
    text = entry(data, folder_source("here"))
    assert old in text
    with pytest.raises(ModelInvalidError) as caught:
        opened(tmp_path, data, text.replace(old, new, 1))
    assert "declares" in caught.value.message


def test_an_onnx_file_tells_its_notes_and_data_none(tmp_path: Path) -> None:
    data = tiny_onnx()
    noted = onnx.load_from_string(data)
    onnx.helper.set_model_props(noted, {"character": "a\nb"})
    data = bytes(noted.SerializeToString())
    store = ModelStore(tmp_path / "store", manifest(entry(data, folder_source("here")), tmp_path))
    store.install(store.manifest.get("tiny"), data)
    session = open_onnx(store, "tiny")
    assert session.note("character") == "a\nb"
    assert session.note("nothing") is None


@pytest.mark.models
def test_notes_are_asked_of_onnx_files_alone(model_store: ModelStore) -> None:
    with pytest.raises(ModelInvalidError) as caught:
        open_onnx(model_store, "blazeface_short")
    assert caught.value.code == "model_invalid"


def test_bytes_that_are_no_model_are_refused(tmp_path: Path) -> None:
    with pytest.raises(ModelInvalidError) as caught:
        opened(tmp_path, b"no model at all")
    assert "does not load" in caught.value.message
    assert caught.value.__cause__ is not None


def test_bytes_that_are_no_tflite_model_are_refused(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    data = b"\x20\x00\x00\x00TFL3" + bytes(64)
    with pytest.raises(ModelInvalidError):
        opened(tmp_path, data, entry(data, folder_source("here")).replace('"onnx"', '"litert"', 1))
    assert capfd.readouterr().err == ""


def test_a_corrupt_or_absent_file_is_refused_at_load(tmp_path: Path) -> None:
    data = tiny_onnx()
    store = ModelStore(tmp_path / "store", manifest(entry(data, folder_source("here")), tmp_path))
    with pytest.raises(ModelMissingError):
        open_session(store, "tiny")
    path = store.install(store.manifest.get("tiny"), data)
    path.write_bytes(data[:-1] + bytes([data[-1] ^ 1]))
    with pytest.raises(ModelDigestError):
        open_session(store, "tiny")


@pytest.mark.models
def test_data_has_no_session(model_store: ModelStore) -> None:
    assert len(model_store.read("canonical_face_mesh")) == 19_376
    with pytest.raises(ModelInvalidError):
        open_session(model_store, "canonical_face_mesh")


@pytest.mark.models
def test_every_default_model_opens_and_runs(model_store: ModelStore, capfd: pytest.CaptureFixture[str]) -> None:
    for model in model_store.manifest.models:
        if not model.default or model.runtime is Runtime.NONE or model.input is None:
            continue
        session = open_session(model_store, model.name)
        tensor = RNG.uniform(-1, 1, (3, *model.input.least_shape[1:])).astype(np.float32)
        outputs = session.run(tensor)
        assert all(fits(value.shape, (3, *spec.shape[1:])) for value, spec in zip(outputs, model.output, strict=True))
        assert all(np.isfinite(value).all() for value in outputs)
        for row in range(3):
            for value, alone in zip(outputs, session.run(tensor[row : row + 1]), strict=True):
                np.testing.assert_allclose(value[row], alone[0], rtol=1e-4, atol=1e-4)
    assert capfd.readouterr().err == ""


@pytest.mark.models
@pytest.mark.parametrize("name", ["face_landmarks", "faceplugin_eye"])
def test_a_session_is_safe_to_share(model_store: ModelStore, name: str) -> None:
    session = open_session(model_store, name)
    spec = model_store.manifest.get(name).input
    assert spec is not None
    tensors = [RNG.uniform(0, 1, (1, *spec.shape[1:])).astype(np.float32) for _ in range(8)]
    expected = [session.run(tensor)[0] for tensor in tensors]
    with ThreadPoolExecutor(6) as pool:
        found = list(pool.map(lambda turn: session.run(tensors[turn % 8])[0], range(64)))
    for turn, value in enumerate(found):
        assert np.array_equal(value, expected[turn % 8])
    if isinstance(session, LitertSession):
        assert session._made <= INTERPRETERS
