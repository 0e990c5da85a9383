"""The GeoPackage that inspectors carry into the field: written in chunks, read in chunks, with its styles inside."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator, Mapping, Sequence
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import pyogrio
import pyproj
import shapely
from pyogrio.errors import DataLayerError, DataSourceError

from pipeline.core.field import ABOUT_LAYER, BLOCK_LAYER, COLUMNS, LAYER
from pipeline.errors import RegisterError
from pipeline.io.styles import put_style

CHUNK = 5000


class FieldFile:
    """A field file that is being written."""

    def __init__(self, path: Path, crs: pyproj.CRS) -> None:
        self.path, self.crs = path, crs
        self._begun = False

    def add_cases(self, rows: Sequence[Mapping[str, Any]]) -> None:
        """Add cases: their columns, and ``x, y`` in the file's CRS; with no rows at all the layer is made empty."""
        frame = pd.DataFrame(
            [{c.name: row[c.name] for c in COLUMNS} for row in rows], columns=[c.name for c in COLUMNS]
        )
        frame = frame.astype({c.name: "int64" if c.name == "version" else "object" for c in COLUMNS})
        points = shapely.points([row["x"] for row in rows], [row["y"] for row in rows]) if rows else np.array([])
        self._write(gpd.GeoDataFrame(frame, geometry=points, crs=self.crs), LAYER, "Point", append=self._begun)
        self._begun = True

    def add_blocks(self, frame: gpd.GeoDataFrame) -> None:
        """Add the blocks."""
        many = len(frame) and (frame.geom_type == "MultiPolygon").any()
        self._write(frame, BLOCK_LAYER, "MultiPolygon" if many else "Polygon", promote_to_multi=bool(many))

    def add_about(self, facts: Mapping[str, Any]) -> None:
        """Say of which register the file was made."""
        pyogrio.write_dataframe(pd.DataFrame([facts]), self.path, driver="GPKG", layer=ABOUT_LAYER)

    def add_style(self, layer: str, qml: str) -> None:
        """Let a layer open in a style."""
        with closing(sqlite3.connect(self.path)) as base:
            put_style(base, layer, qml)

    def _write(self, frame: gpd.GeoDataFrame, layer: str, kind: str, **more: Any) -> None:
        pyogrio.write_dataframe(frame, self.path, driver="GPKG", layer=layer, geometry_type=kind, **more)


def read_about(path: Path) -> dict[str, Any]:
    """What a field file says of the register of which it was made.

    Raises
    ------
    RegisterError : it is no field file
    """
    if not path.exists():
        raise RegisterError(
            f"{path} does not exist",
            "a field file",
            "wuse cases export CONFIG FILE",
            zh=f"{path} 不存在；应为外业文件；处理：wuse cases export CONFIG FILE",
        )
    with _told(path):
        frame = pyogrio.read_dataframe(path, layer=ABOUT_LAYER)
    return {str(name): frame[name].iloc[0] for name in frame.columns} if len(frame) else {}


def read_cases(path: Path, crs: pyproj.CRS) -> Iterator[tuple[int, list[dict[str, Any]]]]:
    """The features of a field file in chunks, each with how many there are in all.

    A feature is a mapping of column names to text (empty for none); ``x, y`` in ``crs``, None without a point.

    Raises
    ------
    RegisterError : the layer is not there, or a column of it is missing
    """
    with _told(path):
        total = int(pyogrio.read_info(path, layer=LAYER, force_feature_count=True)["features"])
        for start in range(0, max(total, 1), CHUNK):
            yield total, _chunk(path, crs, start)


def _chunk(path: Path, crs: pyproj.CRS, start: int) -> list[dict[str, Any]]:
    frame = pyogrio.read_dataframe(path, layer=LAYER, skip_features=start, max_features=CHUNK)
    lacking = [c.name for c in COLUMNS if c.name not in frame.columns]
    if lacking:
        raise RegisterError(
            f"{path} has no column {lacking[0]}",
            "the columns that were written out",
            zh=f"{path} 没有 {lacking[0]} 列；应有导出时的各列",
        )
    if frame.crs is not None and frame.crs != crs:
        frame = frame.to_crs(crs)
    found = []
    for row, shape in zip(frame.drop(columns="geometry").to_dict("records"), frame.geometry, strict=True):
        values = {str(name): "" if pd.isna(value) else str(value).strip() for name, value in row.items()}
        spot = None if shape is None or shape.is_empty else shape.centroid
        found.append({**values, "x": spot and round(spot.x, 3), "y": spot and round(spot.y, 3)})
    return found


@contextmanager
def _told(path: Path) -> Iterator[None]:
    try:
        yield
    except (DataSourceError, DataLayerError, UnicodeDecodeError) as e:
        if "locked" in str(e) or "busy" in str(e):
            raise RegisterError(
                f"{path} is locked by another program",
                "a closed file",
                "close it in QGIS",
                zh=f"{path} 被其他程序占用；文件应已关闭；处理：在 QGIS 中关闭它",
            ) from None
        raise RegisterError(
            f"{path} cannot be read as a field file",
            "a GeoPackage that 'wuse cases export' wrote",
            zh=f"{path} 不能作为外业文件读取；应为 wuse cases export 导出的 GeoPackage",
        ) from None
