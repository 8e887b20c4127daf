"""What several test modules share."""

import os
from pathlib import Path

import pytest

CHECKOUT = Path(__file__).resolve().parent.parent


@pytest.fixture(scope="session")
def test_data() -> Path:
    """The folder of real pictures for measuring; never part of the project, so a test that needs it may skip."""
    named = os.environ.get("VISAVIS_TEST_DATA")
    folder = Path(named) if named else CHECKOUT.parent / "shared" / "data"
    if not (folder / "faces").is_dir():
        pytest.skip("no pictures of real faces here: set VISAVIS_TEST_DATA to a folder that holds faces/ and captures/")
    return folder
