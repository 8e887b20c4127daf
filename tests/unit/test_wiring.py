"""What the wiring says before any model loads."""

from pathlib import Path

import onnx
import pytest

from model_material import entry, folder_source, manifest, tiny_onnx
from visavis.adapters.model_store import ModelStore
from visavis.config import Configuration
from visavis.errors import CalibrationError, ModelInvalidError, ModelMissingError
from visavis.perception.manifest import packaged_manifest
from visavis.wiring import open_engine, open_ocr

CHECKOUT = Path(__file__).resolve().parent.parent.parent


def site(folder: Path) -> Configuration:
    """Our manifest and an embedding of a site's own, whose entry names a calibration that nobody has made yet."""
    text = entry(tiny_onnx(), folder_source(".")).replace(
        "[model.embedding]", '[model.embedding]\ncalibration = "ours.toml"'
    )
    models = manifest(text, folder).models
    return Configuration(store=folder / "store", manifest=packaged_manifest().with_site(models, folder))


def test_a_calibration_that_an_entry_names_must_exist(tmp_path: Path) -> None:
    with pytest.raises(CalibrationError) as caught, open_engine(site(tmp_path), embedding="tiny"):
        pytest.fail("it opened")
    assert caught.value.code == "calibration_missing"
    assert "ours.toml does not exist" in caught.value.message
    assert str(tmp_path) not in str(caught.value)


def test_a_measurement_that_makes_it_does_not_ask_for_it(tmp_path: Path) -> None:
    with (
        pytest.raises(ModelMissingError),  # further on: the store of this test is empty
        open_engine(site(tmp_path), embedding="tiny", calibrated=False),
    ):
        pytest.fail("it opened")


def test_reading_text_needs_its_models(tmp_path: Path) -> None:
    with pytest.raises(ModelMissingError) as caught:
        open_ocr(Configuration(store=tmp_path / "store", manifest=packaged_manifest()))
    assert "ppocr_text_detector" in caught.value.message


FIXED = "shape = [-1, 3, 8, 8]"
OPEN = "shape = [-1, 3, 8, -1]\nopen = { multiple = 8, most = 80 }"


@pytest.mark.parametrize(("shape", "words"), [(FIXED, "one size"), (OPEN, "list the characters")])
def test_a_sites_text_models_take_many_sizes_and_name_their_characters(tmp_path: Path, shape: str, words: str) -> None:
    data = tiny_onnx("n") if shape == FIXED else of_any_width(tiny_onnx("n"))
    texts = []
    for task in ("text_detector", "text_recogniser"):
        text = entry(data, name=task, default=True, batch=-1).replace('task = "embedding"', f'task = "{task}"')
        text = text.replace(FIXED, shape).partition("[model.embedding]")[0]
        texts.append(f"{text}[[model.source]]\n{folder_source('.')}\n")
    known = packaged_manifest().with_site(manifest("".join(texts), tmp_path).models, tmp_path)
    store = ModelStore(tmp_path / "store", known)
    for task in ("text_detector", "text_recogniser"):
        store.install(known.get(task), data)
    with pytest.raises(ModelInvalidError) as caught:
        open_ocr(Configuration(store=tmp_path / "store", manifest=known))
    assert caught.value.code == "model_invalid"
    assert words in caught.value.message


def of_any_width(data: bytes) -> bytes:
    model = onnx.load_from_string(data)
    model.graph.input[0].type.tensor_type.shape.dim[3].dim_param = "width"
    return bytes(model.SerializeToString())


def test_the_docs_name_the_calibrations_that_ship() -> None:
    page = (CHECKOUT / "docs" / "reference" / "models.md").read_text(encoding="utf-8")
    section = page.partition("## Calibrations\n")[2].partition("\n## ")[0]
    shipped = {file.stem for file in (CHECKOUT / "src" / "visavis" / "models" / "calibrations").glob("*.toml")}
    known = packaged_manifest()
    names = [item.name for item in known.models if item.embedding] + [item.name for item in known.fusions]
    calibrated = {name: known.calibration(name) for name in names}
    listed = {name: f"| `{name}` | yes |" in section for name in calibrated}
    assert listed == {name: file is not None and file.stem in shipped for name, file in calibrated.items()}
