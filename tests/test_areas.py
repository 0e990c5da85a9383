"""Areas are those of the ground, though the picture's own metres are longer: EPSG:3857 far from the equator."""

from __future__ import annotations

from pathlib import Path

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
from affine import Affine
from photos import picture, write_tif
from pyproj import Transformer
from shapely import Polygon

from pipeline.artifacts import flight_paths
from pipeline.config import load_config
from pipeline.core.vocabulary import Stage
from pipeline.run import run_community

CONFIG = """\
format = 1
[community]
name = "小区"
blocks = "blocks.gpkg"
workdir = "runs"
[[flights]]
id = "2021-01"
acquired = 2021-01-14T10:30:00+08:00
orthophoto = "2021-01.tif"
"""
SHAPES = ([(4, -4), (60, -9), (52, -58), (9, -49)], [(66, -6), (112, -3), (118, -70), (80, -62)])


@pytest.mark.parametrize(("lon", "lat", "utm"), [(120.63, 27.78, 32651), (-8.6, 40.6, 32629), (25.0, 65.0, 32635)])
def test_areas_from_web_mercator_agree_with_the_metric_crs(tmp_path: Path, lon: float, lat: float, utm: int) -> None:
    stretch = 1 / np.cos(np.radians(lat))
    x, y = Transformer.from_crs(4326, 3857, always_xy=True).transform(lon, lat)
    pixel = 0.1 * stretch
    write_tif(
        tmp_path / "2021-01.tif",
        np.ascontiguousarray(picture(800, 1300)),
        crs="EPSG:3857",
        transform=Affine(pixel, 0, x, 0, -pixel, y),
    )
    shapes = [Polygon([(x + stretch * e, y + stretch * n) for e, n in shape]) for shape in SHAPES]
    blocks = gpd.GeoDataFrame({"block_id": ["B1", "B2"]}, geometry=shapes, crs="EPSG:3857").to_crs(utm)
    blocks.to_file(tmp_path / "blocks.gpkg", layer="blocks", engine="pyogrio")
    (tmp_path / "config.toml").write_text(CONFIG, encoding="utf-8")
    run_community(load_config(tmp_path / "config.toml"), last=Stage.GRADE)
    paths = flight_paths(tmp_path / "runs", "2021-01")
    true = pd.Series(blocks.area.to_numpy(), index=blocks.block_id)
    counted = pd.read_parquet(paths.cells).groupby("block_id").valid_m2.sum()
    told = pd.read_parquet(paths.grade_parquet).set_index("block_id").area_m2
    assert (counted / true - 1).abs().max() < 0.005
    assert (told / true - 1).abs().max() < 0.005
