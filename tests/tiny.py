"""A tiny community, two flights over two blocks, that runs through the whole line in about a second."""

from __future__ import annotations

from pathlib import Path

import geopandas as gpd
import numpy as np
from photos import SOME_BLOCKS, blocks_at, picture, write_tif
from shapely.geometry.base import BaseGeometry

TWO_FLIGHTS = """\
format = 1
[community]
name = "小区"
name_en = "Tiny"
blocks = "blocks.gpkg"
workdir = "runs"
[[flights]]
id = "2021-01"
acquired = 2021-01-14T10:30:00+08:00
orthophoto = "2021-01.tif"
[[flights]]
id = "2021-09"
acquired = 2021-09-14T10:30:00+08:00
orthophoto = "2021-09.tif"
"""
CONFIG = TWO_FLIGHTS + "[tile]\nsize_px = 256\n"


def tiny_community(folder: Path, more: str = "") -> Path:
    """Write imagery (one file to be linked, one to be copied), blocks and config; gives the config's path."""
    folder.mkdir(parents=True, exist_ok=True)
    tiled = {"tiled": True, "blockxsize": 256, "blockysize": 256, "overviews": [2, 4]}
    first, second = (np.ascontiguousarray(picture(380, 500, seed=seed)) for seed in (1, 2))
    write_tif(folder / "2021-01.tif", first, gsd=0.08, **tiled)
    write_tif(folder / "2021-09.tif", second, gsd=0.08, nodata=0)
    blocks_at(*SOME_BLOCKS).frame.to_file(folder / "blocks.gpkg", layer="blocks", engine="pyogrio")
    config = folder / "tiny.toml"
    config.write_text(CONFIG + more, encoding="utf-8")
    return config


def write_blocks(
    path: Path, shapes: list[BaseGeometry | None], ids: list[object] | None = None, **more: object
) -> Path:
    """Write a layer of shapes in the pictures' CRS, with ids B1, B2, … unless given."""
    names = ids if ids is not None else [f"B{i + 1}" for i in range(len(shapes))]
    crs = more.pop("crs", "EPSG:4549")
    frame = gpd.GeoDataFrame({"block_id": names, **more}, geometry=shapes, crs=crs)
    frame.to_file(path, engine="pyogrio")
    return path


def tree(folder: Path) -> dict[str, bytes]:
    """All artifacts of a working folder by name; records hold times and are left out, a link's place is made equal."""
    here = str(folder.parent).encode()
    stages = ("ingest", "tile", "score", "grade", "compare", "render", "review")
    found = sorted(p for p in folder.rglob("*") if p.is_file() and len(p.relative_to(folder).parts) > 2)
    assert all(p.relative_to(folder).parts[1] in stages for p in found), "leftovers"
    return {p.relative_to(folder).as_posix(): p.read_bytes().replace(here, b"") for p in found}
