"""The page finder, on drawn pages whose corners are known."""

import pytest
from page_scenes import TABLES, corner_error, scene

from visavis.document.page.find import find_page
from visavis.document.page.shapes import PageKind

CLOSE = 0.02
"""Of the page's width."""


@pytest.mark.parametrize("turn", [3, 90, 137, 180, 268, 311])
def test_a_page_is_found_at_any_rotation(turn: int) -> None:
    made = scene(1, table="grain", turn=turn, tilt=20)
    found = find_page(made.pixels)
    assert found is not None
    assert corner_error(found.quad, made.quad) < CLOSE
    assert not found.cut_off


@pytest.mark.parametrize("table", TABLES)
def test_a_page_is_found_on_every_table(table: str) -> None:
    made = scene(3, table=table, kind=PageKind.ID1, fill=0.55, tilt=15)
    found = find_page(made.pixels)
    assert found is not None
    assert corner_error(found.quad, made.quad) < CLOSE
