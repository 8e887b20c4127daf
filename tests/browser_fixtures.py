"""A Chromium and a service for browser tests. What they are made of is imported only where one is asked for."""

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from playwright.sync_api import Browser

    from browser_material import Served
    from whole_material import Whole


@pytest.fixture(scope="module")
def chromium(request: pytest.FixtureRequest) -> "Iterator[Browser]":
    """One for a module; each visit has a context of its own, with nothing of another's in it. Whole ways go through a
    whole Chromium.
    """
    from browser_material import launched

    with launched(lean=request.node.get_closest_marker("live") is None) as browser:
        yield browser


@pytest.fixture
def served(sqlite_template: bytes, tmp_path: Path) -> "Iterator[Served]":
    """A new service for each test, on SQLite, whose documents and captures go by a script."""
    from browser_material import serving_pages

    file = tmp_path / "store.db"
    file.write_bytes(sqlite_template)
    with serving_pages(f"sqlite:///{file}") as found:
        yield found


@pytest.fixture(scope="session")
def whole(tmp_path_factory: pytest.TempPathFactory, model_store: object, portraits: Path) -> "Iterator[Whole]":
    """`visavis serve` with every model, as a process of its own; one for all tests of a worker."""
    from whole_material import serving_whole

    with serving_whole(tmp_path_factory.mktemp("whole")) as found:
        yield found
