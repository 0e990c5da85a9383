"""A border of pure black or white that nobody declared: taken as no imagery, and nothing else with it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from photos import picture, write_tif
from tiny import tiny_community

from pipeline.config import load_config
from pipeline.core.vocabulary import Stage
from pipeline.io.collar import Collar, collar_of
from pipeline.io.stac import read_flight
from pipeline.run import run_community


def scored(folder: Path, data: np.ndarray, **more: Any) -> tuple[pd.DataFrame, set[str]]:
    """The blocks' figures of the first flight, and the codes of what was noticed."""
    config = tiny_community(folder)
    tiled = {"tiled": True, "blockxsize": 256, "blockysize": 256, "overviews": [2, 4]}
    write_tif(folder / "2021-01.tif", data, gsd=0.08, **tiled, **more)
    paths = run_community(load_config(config), ["2021-01"], last=Stage.SCORE).paths(load_config(config).flights[0])
    return pd.read_parquet(paths.score_blocks), {n.code for n in read_flight(paths.flight_json).notices}


@pytest.mark.parametrize(("fill", "value"), [("black", 0), ("white", 255)])
@pytest.mark.parametrize("wide", [5, 230])
def test_a_border_counts_as_if_it_had_been_declared(fill: str, value: int, wide: int, tmp_path: Path) -> None:
    data = picture(380, 500, seed=1)
    data[:, 200:203, 400:403] = value
    seen = np.full((380, 500), 255, np.uint8)
    seen[:, :wide] = 0
    declared, none = scored(tmp_path / "declared", data * (seen > 0), mask=seen)
    data[:, :, :wide] = value
    found, codes = scored(tmp_path / "undeclared", data)
    pd.testing.assert_frame_equal(found, declared)
    assert f"undeclared_{fill}_border" in codes and f"undeclared_{fill}_border" not in none
    assert found.valid_pct.min() < 60 if wide > 200 else found.valid_pct.min() > 99


@pytest.mark.parametrize(("fill", "value"), [("black", 0), ("white", 65535)])
def test_a_border_of_16_bit_is_no_imagery(fill: str, value: int, tmp_path: Path) -> None:
    data = picture(380, 500, seed=1).astype(np.uint16) * np.uint16(257)
    data[:, :, :230] = value
    found, codes = scored(tmp_path, data)
    assert f"undeclared_{fill}_border" in codes
    assert found.valid_pct.min() < 60


def test_a_picture_that_is_dark_at_its_edge_has_no_border(tmp_path: Path) -> None:
    data = picture(380, 500, seed=1)
    data[:, 100:150, :6] = 0
    data[:, 150:200, :30] = np.random.default_rng(1).integers(0, 9, (3, 50, 30), np.uint8)
    found, codes = scored(tmp_path, data)
    assert not [code for code in codes if "border" in code]
    assert found.valid_pct.min() > 99


def test_what_is_told_by_the_perimeter() -> None:
    edge, valid = np.full((3, 1000), 90, np.uint8), np.ones(1000, bool)
    edge[:, :60] = 1
    assert collar_of(edge, valid, 0.05) == Collar("black", 20)
    assert collar_of(edge, np.arange(1000) >= 60, 0.05) is None, "it is declared"
    assert collar_of(edge[:, 20:], valid[20:], 0.05) is None
    assert collar_of(edge[:, :0], valid[:0], 0.05) is None
    assert collar_of(np.full((3, 9), 255, np.uint8), np.ones(9, bool), 0.6) == Collar("white", 4)


def test_a_shade_within_the_picture_stays() -> None:
    colours = np.full((3, 60, 60), 90, np.uint8)
    colours[:, 20:29, 20:29] = 0
    colours[:, :, :3] = 0
    colours[:, 30, 3:40] = 0
    found = Collar("black", 10).covers(colours)
    assert found[:, :3].all() and found[30, 3:40].all(), "what hangs on the border is of it"
    assert not found[20:29, 20:29].any()
