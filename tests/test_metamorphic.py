"""Grades stay when only the light, the file, the grid or the direction changes: the fast version of the benchmark."""

from __future__ import annotations

from pathlib import Path

import pandas as pd
import pytest
from changes import NEUTRAL, Change, View, kept_share, only, read_view, results

STREETS = {f"B{n:02d}" for n in range(1, 22)}


@pytest.fixture(scope="module")
def view(sample: Path) -> View:
    return only(read_view(sample / "2021-01.tif", sample / "blocks.gpkg"), STREETS)


@pytest.fixture(scope="module")
def before(view: View, tmp_path_factory: pytest.TempPathFactory) -> pd.DataFrame:
    return results(view, tmp_path_factory.mktemp("before"))


SAMPLE = [c for c in NEUTRAL if c.name != "5 cm to 7 cm"]  # the sample's 10 cm would become 14 cm


@pytest.mark.parametrize("change", SAMPLE, ids=lambda change: change.name)
def test_grades_stay(view: View, before: pd.DataFrame, tmp_path: Path, change: Change) -> None:
    after = results(change.make(view), tmp_path)
    assert set(after.index) == set(before.index)
    assert kept_share(before, after) >= 0.95


def test_a_changed_place_changes_its_grades(view: View, before: pd.DataFrame, tmp_path: Path) -> None:
    """The comparison can fail: the same picture half a block away is another place."""
    elsewhere = view.blocks.set_geometry(view.blocks.translate(25.0, 25.0))
    after = results(View(view.rgb, view.valid, view.transform, elsewhere), tmp_path)
    assert kept_share(before, after) < 0.95
