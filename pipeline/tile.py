"""Tile: which windows of a flight are read, and which blocks each touches. A table, never thousands of cut images."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd

from pipeline.artifacts import FlightPaths
from pipeline.config import TileSection
from pipeline.core.cover import windows_under
from pipeline.core.grid import Window
from pipeline.errors import ArtifactError, BlocksError
from pipeline.io.stac import Flight
from pipeline.io.tables import Blocks, write_parquet

TileTable = list[tuple[Window, tuple[int, ...]]]
_COLUMNS = ("row", "col", "height", "width", "top", "left", "bottom", "right")


def make_tiles(flight: Flight, blocks: Blocks, settings: TileSection, paths: FlightPaths) -> TileTable:
    """Choose the windows whose core touches a block, and write them to ``tiles.parquet``.

    Raises
    ------
    BlocksError : no block lies in the imagery
    """
    polygons = list(blocks.frame.geometry.to_crs(flight.grid.crs_wkt))
    chosen = windows_under(polygons, flight.grid, size_px=settings.size_px, halo_m=settings.halo_m)
    if not chosen:
        raise BlocksError(
            f"none of the {len(polygons)} blocks lies in the imagery of flight {flight.id}",
            "blocks and imagery of one place",
            "check the CRS of both layers",
            zh=f"航次 {flight.id} 的影像范围内没有区块（共 {len(polygons)} 个）；区块与影像应在同一地点；"
            "处理：检查两者的坐标系",
        )
    write_parquet(_frame(chosen), paths.tiles)
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
        raise ArtifactError(
            f"{path} is missing or is not a table of tiles",
            "what tile wrote",
            "wuse tile CONFIG",
            zh=f"{path} 不存在或不是窗口表；应为切分阶段写出的文件；处理：wuse tile CONFIG",
        ) from None
    return [(Window(*row), b) for row, b in zip(rows, touched, strict=True)]
