"""What several test modules share."""

import os
from pathlib import Path

import pytest
from hypothesis import settings

from visavis.adapters.model_store import ModelStore
from visavis.config import load_configuration
from visavis.errors import FileError
from visavis.evaluation.specimens.fonts import Fonts, load_fonts

pytest_plugins = ["browser_fixtures", "soft_device", "store_fixtures"]

CHECKOUT = Path(__file__).resolve().parent.parent

# a slow machine is no failure
settings.register_profile("visavis", deadline=None)
settings.load_profile("visavis")


@pytest.fixture(scope="session")
def test_data() -> Path:
    """The folder of real pictures for measuring; never part of the project, so a test that needs it may skip."""
    named = os.environ.get("VISAVIS_TEST_DATA")
    folder = Path(named) if named else CHECKOUT.parent / "shared" / "data"
    if not (folder / "faces").is_dir():
        pytest.skip("no pictures of real faces here: set VISAVIS_TEST_DATA to a folder that holds faces/ and captures/")
    return folder


@pytest.fixture(scope="session")
def model_store() -> ModelStore:
    """This machine's store with every default model; `make test` pulls them, so that their absence is a failure."""
    configuration = load_configuration()
    store = ModelStore(configuration.store, configuration.manifest)
    lacking = [status.entry.name for status in store.status() if status.entry.default and not status.usable]
    if lacking:
        pytest.fail(f"models are missing or damaged: {', '.join(lacking)}; run `make models`")
    return store


@pytest.fixture(scope="session")
def portraits() -> Path:
    """The public-domain portraits that `make test` fetches: obama.jpg, obama2.jpg, biden.jpg."""
    folder = CHECKOUT / "var" / "portraits"
    assert (folder / "obama.jpg").is_file(), "run `make portraits` first"
    return folder


@pytest.fixture(scope="session")
def specimen_fonts() -> Fonts:
    """The fonts that specimens of documents are drawn with, which `make test` fetches."""
    try:
        return load_fonts(CHECKOUT / "var" / "fonts")
    except FileError:
        pytest.skip("no fonts here to draw specimens with: run `make fonts`")
