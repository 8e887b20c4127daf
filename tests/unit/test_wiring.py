"""What the wiring says before any model loads."""

from pathlib import Path

import pytest

from model_material import entry, folder_source, manifest, tiny_onnx
from visavis.config import Configuration
from visavis.errors import CalibrationError, ModelMissingError
from visavis.perception.manifest import packaged_manifest
from visavis.wiring import open_engine

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


def test_the_docs_name_the_calibrations_that_ship() -> None:
    page = (CHECKOUT / "docs" / "reference" / "models.md").read_text(encoding="utf-8")
    section = page.partition("## Calibrations\n")[2].partition("\n## ")[0]
    shipped = {file.stem for file in (CHECKOUT / "src" / "visavis" / "models" / "calibrations").glob("*.toml")}
    known = packaged_manifest()
    names = [item.name for item in known.models if item.embedding] + [item.name for item in known.fusions]
    calibrated = {name: known.calibration(name) for name in names}
    listed = {name: f"| `{name}` | yes |" in section for name in calibrated}
    assert listed == {name: file is not None and file.stem in shipped for name, file in calibrated.items()}
