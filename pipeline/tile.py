"""Tile: which windows of a flight are read, and which blocks each touches. A table, never thousands of cut images."""

from __future__ import annotations

import math
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pandas as pd
from shapely.geometry.base import BaseGeometry

from pipeline.artifacts import FlightPaths
from pipeline.config import TileSection
from pipeline.core.cover import cores_under
from pipeline.core.grid import POOL_MAX, RasterGrid, Window, halo_px, work_grid
from pipeline.errors import ArtifactError, BlocksError
from pipeline.io.stac import Flight
from pipeline.io.tables import Blocks, write_parquet

TileTable = list[tuple[Window, tuple[int, ...]]]
_AS_FINE = 1.5
_COLUMNS = ("row", "col", "height", "width", "top", "left", "bottom", "right")


def make_tiles(flight: Flight, blocks: Blocks, settings: TileSection, paths: FlightPaths) -> TileTable:
    """Choose the windows whose core touches a block, and write them to ``tiles.parquet``.

    Raises
    ------
    BlocksError : no block lies in the imagery
    """
    polygons = list(blocks.frame.geometry.to_crs(flight.grid.crs_wkt))
    chosen = touching_windows(polygons, flight.grid, settings)
    if not chosen:
        raise BlocksError(
            f"none of the {len(polygons)} blocks lies in the imagery of flight {flight.id}",
            "blocks and imagery of one place",
            "check the CRS of both layers",
        )
    write_parquet(_frame(chosen), paths.tiles)
    return chosen


def touching_windows(polygons: Sequence[BaseGeometry], grid: RasterGrid, settings: TileSection) -> TileTable:
    """Windows in reading order whose core shares ground with a polygon, each with the indices of those it touches.

    Cores lie on multiples of ``size_px``, rounded up to the working grid's alignment; of twice (four times) as much
    where imagery is 3 (6) times as fine as the working grid, lest most of what is read be halo; of less where fewer
    working pixels make a pooled one, since memory goes with pooled pixels.
    """
    work = work_grid(grid.gsd_m)
    halo = halo_px(work, grid.gsd_m, settings.halo_m)
    finer = 2 ** max(0, int(math.log2(work.native / work.work / _AS_FINE)))
    size = -(-settings.size_px * finer * work.pool // (POOL_MAX * work.align)) * work.align
    chosen = []
    for (row, col, height, width), touched in cores_under(polygons, grid, size):
        below, beside = grid.height - row - height, grid.width - col - width
        halos = min(halo, row), min(halo, col), min(halo, below), min(halo, beside)
        chosen.append((Window(row, col, height, width, *halos), touched))
    return chosen


def _frame(tiles: TileTable) -> pd.DataFrame:
    data = {name: np.array([getattr(w, name) for w, _ in tiles], np.int32) for name in _COLUMNS}
    frame = pd.DataFrame({"tile": np.arange(len(tiles), dtype=np.int32), **data})
    frame["blocks"] = [list(b) for _, b in tiles]
    return frame


def read_tiles(path: Path) -> TileTable:
    """Read ``tiles.parquet``.

    Raises
    ------
    ArtifactError : the file is missing or is not a table of tiles
    """
    try:
        frame = pd.read_parquet(path)
        rows = frame[list(_COLUMNS)].to_numpy().tolist()
        touched = [tuple(int(i) for i in b) for b in frame["blocks"]]
    except (OSError, ValueError, KeyError):
        raise ArtifactError(f"{path} is missing or is not a table of tiles", "what tile wrote", "wuse tile") from None
    return [(Window(*row), b) for row, b in zip(rows, touched, strict=True)]
