"""The table of windows: every pixel of every block once, aligned, with halo, the same bytes each time."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path

import numpy as np
import pyproj
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from photos import CRS, SOME_BLOCKS, X0, Y0, blocks_at
from shapely import box

from pipeline.artifacts import FlightPaths
from pipeline.config import TileSection
from pipeline.core.cover import windows_under
from pipeline.core.grid import RasterGrid, work_grid
from pipeline.errors import ArtifactError, BlocksError
from pipeline.io.stac import Flight
from pipeline.tile import make_tiles, read_tiles


def grid_of(width: int, height: int, gsd: float = 0.05) -> RasterGrid:
    return RasterGrid(width, height, X0, Y0, gsd, -gsd, pyproj.CRS(CRS).to_wkt(), gsd, gsd)


boxes = st.tuples(st.floats(-20, 190), st.floats(-190, 20), st.floats(0.1, 90), st.floats(0.1, 90))


@settings(max_examples=60, deadline=None)
@given(st.lists(boxes, min_size=1, max_size=6), st.sampled_from([256, 512, 2048]), st.floats(0.02, 0.7))
def test_windows_cover_blocks_once_and_nothing_else(found: list[tuple[float, ...]], size: int, gsd: float) -> None:
    """Cores are disjoint, aligned, touch what they say, and hold all ground that blocks and imagery share."""
    grid = grid_of(3000, 2500, gsd)
    polygons = [box(X0 + w, Y0 + n - h, X0 + w + e, Y0 + n) for w, n, e, h in found]
    tiles = windows_under(polygons, grid, size_px=size, halo_m=9.0)
    work = work_grid(grid.gsd_m)
    align, side = work.align, -(-size // (4 * max(work.native, work.work))) * work.align
    frame = box(X0, Y0 - 2500 * gsd, X0 + 3000 * gsd, Y0)
    shared = [0.0] * len(polygons)
    corners = [(w.row, w.col) for w, _ in tiles]
    assert corners == sorted(set(corners))
    for window, touched in tiles:
        assert window.row % side == window.col % side == 0 == window.row % align == window.col % align
        (west, north), (east, south) = (
            grid.xy(window.col, window.row),
            grid.xy(window.col + window.width, window.row + window.height),
        )
        core = box(west, south, east, north)
        areas = [core.intersection(p).area for p in polygons]
        assert touched == tuple(i for i, a in enumerate(areas) if a > 0)
        shared = [s + a for s, a in zip(shared, areas, strict=True)]
        pooled = window.height * work.work / (work.native * work.pool)
        assert pooled <= max(size / 4, 64) * 2.01, "memory goes with pooled pixels"
        row, col, height, width = window.read
        assert row >= 0 and col >= 0 and row + height <= grid.height and col + width <= grid.width
        assert window.top == 0 or window.top * gsd >= min(9.0, window.row * gsd)
    for share, polygon in zip(shared, polygons, strict=True):
        assert share == pytest.approx(polygon.intersection(frame).area, rel=1e-6, abs=1e-6)


def some_flight() -> Flight:
    return Flight("f", datetime(2021, 1, 14), "x.tif", grid_of(4000, 3000), (120.0, 27.0, 121.0, 28.0))


def test_table_is_read_back_and_is_the_same_each_time(tmp_path: Path) -> None:
    first, second = FlightPaths(tmp_path / "a"), FlightPaths(tmp_path / "b")
    tiles = make_tiles(some_flight(), blocks_at(*SOME_BLOCKS), TileSection(size_px=256), first)
    assert make_tiles(some_flight(), blocks_at(*SOME_BLOCKS), TileSection(size_px=256), second) == tiles
    assert read_tiles(first.tiles) == tiles
    assert first.tiles.read_bytes() == second.tiles.read_bytes()


def test_blocks_in_another_crs_touch_the_same_windows(tmp_path: Path) -> None:
    here = blocks_at(*SOME_BLOCKS)
    there = type(here)(here.frame.to_crs(32651), pyproj.CRS(32651))
    settings_ = TileSection(size_px=256)
    paths = FlightPaths(tmp_path)
    assert make_tiles(some_flight(), there, settings_, paths) == make_tiles(some_flight(), here, settings_, paths)


def test_blocks_elsewhere_are_refused_and_nothing_is_left(tmp_path: Path) -> None:
    paths = FlightPaths(tmp_path / "x")
    with pytest.raises(BlocksError, match="none of the 1 blocks"):
        make_tiles(some_flight(), blocks_at((9000, 9000, 9010, 9010)), TileSection(), paths)
    assert not paths.root.exists()


def test_a_table_that_is_none_is_told(tmp_path: Path) -> None:
    with pytest.raises(ArtifactError):
        read_tiles(tmp_path / "tiles.parquet")
    (tmp_path / "tiles.parquet").write_bytes(np.arange(99).tobytes())
    with pytest.raises(ArtifactError):
        read_tiles(tmp_path / "tiles.parquet")
