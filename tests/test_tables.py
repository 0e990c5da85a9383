"""Layers are read as people have them, and the same table is the same bytes at any time."""

from __future__ import annotations

import hashlib
import subprocess
import sys
import time
import zipfile
from pathlib import Path

import geopandas as gpd
import numpy as np
import pandas as pd
import pyproj
import pytest
from hypothesis import given
from hypothesis import strategies as st
from shapely import Polygon, box
from tiny import write_blocks

from pipeline.io.tables import natural, read_blocks, read_footprints, write_csv, write_gpkg, write_parquet
from pipeline.io.vectors import read_vector

SQUARES = [box(640_000 + 60 * i, 3_072_000, 640_050 + 60 * i, 3_072_050) for i in range(3)]


def table() -> gpd.GeoDataFrame:
    data = {
        "block_id": ["B1", "B2", "B10"],
        "name": ["一", "", "三"],
        "clutter": [1.5, np.nan, 3.0],
        "hotspots": [1, 0, 2],
    }
    return gpd.GeoDataFrame(data, geometry=SQUARES, crs="EPSG:4549")


def digests(folder: Path) -> list[str]:
    write_gpkg(table(), folder / "t.gpkg", "blocks")
    write_parquet(table(), folder / "t.parquet")
    write_csv(table(), folder / "t.csv")
    return [hashlib.sha256((folder / f"t.{s}").read_bytes()).hexdigest() for s in ("gpkg", "parquet", "csv")]


def test_same_table_same_bytes_in_another_process_at_another_time(tmp_path: Path) -> None:
    first = digests(tmp_path)
    time.sleep(1.1)
    code = f"import sys; sys.path.insert(0, {str(Path(__file__).parent)!r}); import test_tables, pathlib; "
    code += f"print(*test_tables.digests(pathlib.Path({str(tmp_path)!r})))"
    second = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout.split()
    assert second == first
    assert sorted(p.name for p in tmp_path.iterdir()) == ["t.csv", "t.gpkg", "t.parquet"], "no journal is left"


def test_tables_are_read_back(tmp_path: Path) -> None:
    digests(tmp_path)
    for found in (read_vector(tmp_path / "t.gpkg"), gpd.read_parquet(tmp_path / "t.parquet")):
        assert list(found["block_id"]) == ["B1", "B2", "B10"]
        assert np.isnan(found["clutter"].iloc[1])
        assert found.crs == "EPSG:4549"
        assert found.geometry.geom_equals(table().geometry).all()


def test_no_cell_of_a_csv_starts_a_formula(tmp_path: Path) -> None:
    cells = ["=1+1", "+cmd", "-2.5", "-x", "@a", "\tb", "红", "-1e3", " =1", "＝1+1"]
    write_csv(pd.DataFrame({"name": cells, "clutter": np.arange(10) - 4.0}), tmp_path / "t.csv")
    raw = (tmp_path / "t.csv").read_bytes()
    assert raw.startswith(b"\xef\xbb\xbf")
    back = pd.read_csv(tmp_path / "t.csv", dtype=str, encoding="utf-8-sig")
    assert list(back["name"]) == ["'=1+1", "'+cmd", "-2.5", "'-x", "'@a", "'\tb", "红", "-1e3", "' =1", "'＝1+1"]
    assert back["clutter"].iloc[0] == "-4.0"


def test_an_empty_layer_is_written_and_read(tmp_path: Path) -> None:
    write_gpkg(table().iloc[:0], tmp_path / "t.gpkg", "hotspots")
    assert len(read_vector(tmp_path / "t.gpkg")) == 0


@given(st.lists(st.integers(0, 10**6), min_size=2, unique=True))
def test_natural_order_is_that_of_the_numbers(numbers: list[int]) -> None:
    assert sorted((f"B{n}" for n in numbers), key=natural) == [f"B{n}" for n in sorted(numbers)]


@pytest.mark.parametrize("driver", ["gpkg", "geojson", "shp", "fgb", "zip"])
def test_any_format_gives_the_same_blocks(tmp_path: Path, driver: str) -> None:
    frame = table()[["block_id", "name", "geometry"]].iloc[::-1]
    path = tmp_path / f"区块.{driver if driver != 'zip' else 'shp'}"
    written = frame.to_crs(4326) if driver == "geojson" else frame
    written.to_file(path, engine="pyogrio", encoding="UTF-8")
    if driver == "zip":
        with zipfile.ZipFile(tmp_path / "区块.zip", "w") as archive:
            for part in tmp_path.glob("区块.*"):
                if part.suffix != ".zip":
                    archive.write(part, part.name)
        path = tmp_path / "区块.zip"
    blocks = read_blocks(path, None)
    assert blocks.ids == ("B1", "B2", "B10")
    assert list(blocks.frame["name"]) == ["一", "", "三"]
    assert np.allclose(blocks.frame.geometry.area, 2500, rtol=2e-3)


@pytest.mark.parametrize("said", [True, False])
def test_a_shapefile_in_gbk_is_read_with_or_without_its_cpg(tmp_path: Path, said: bool) -> None:
    table()[["block_id", "name", "geometry"]].to_file(tmp_path / "b.shp", engine="pyogrio", encoding="GBK")
    if not said:
        (tmp_path / "b.cpg").unlink()
        dbf = bytearray((tmp_path / "b.dbf").read_bytes())
        dbf[29] = 0
        (tmp_path / "b.dbf").write_bytes(dbf)
    assert list(read_blocks(tmp_path / "b.shp", None).frame["name"]) == ["一", "", "三"]


def test_a_cpg_that_lies_is_seen_through(tmp_path: Path) -> None:
    table()[["block_id", "name", "geometry"]].to_file(tmp_path / "b.shp", engine="pyogrio", encoding="GBK")
    (tmp_path / "b.cpg").write_text("UTF-8")
    assert list(read_blocks(tmp_path / "b.shp", None).frame["name"]) == ["一", "", "三"]


@pytest.mark.parametrize(("crs", "metric"), [(4326, 32651), (3857, 32651), (4549, 4549), (32651, 32651), (2263, 32618)])
def test_the_metric_crs_is_the_blocks_own_or_the_utm_zone(tmp_path: Path, crs: int, metric: int) -> None:
    place = box(120.60, 27.80, 120.61, 27.81) if crs != 2263 else box(-74.0, 40.7, -73.99, 40.71)
    frame = gpd.GeoDataFrame({"block_id": ["a"]}, geometry=[place], crs=4326).to_crs(crs)
    frame.to_file(tmp_path / "b.gpkg", engine="pyogrio")
    blocks = read_blocks(tmp_path / "b.gpkg", None)
    assert blocks.crs == pyproj.CRS(metric)
    truth = abs(pyproj.Geod(ellps="WGS84").geometry_area_perimeter(place)[0])
    assert blocks.frame.geometry.area.iloc[0] == pytest.approx(truth, rel=5e-3)


def test_ids_may_be_numbers_and_another_column(tmp_path: Path) -> None:
    write_blocks(tmp_path / "b.gpkg", list(SQUARES), [10, 9, 1])
    assert read_blocks(tmp_path / "b.gpkg", None).ids == ("1", "9", "10")
    write_blocks(tmp_path / "c.gpkg", list(SQUARES), plot=["x", "y", "z"])
    assert read_blocks(tmp_path / "c.gpkg", None, "plot").ids == ("x", "y", "z")


def test_the_layer_named_blocks_is_taken(tmp_path: Path) -> None:
    other = gpd.GeoDataFrame({"a": [1]}, geometry=[box(0, 0, 1, 1)], crs=4549)
    other.to_file(tmp_path / "b.gpkg", layer="aaa", engine="pyogrio")
    table().to_file(tmp_path / "b.gpkg", layer="blocks", engine="pyogrio")
    assert len(read_blocks(tmp_path / "b.gpkg", None)) == 3


def test_footprints_are_repaired_split_and_counted(tmp_path: Path) -> None:
    bow = Polygon([(0, 0), (10, 10), (10, 0), (0, 10)])
    frame = gpd.GeoDataFrame(geometry=[bow, box(20, 0, 30, 10), None], crs=4549)
    frame.to_file(tmp_path / "f.gpkg", engine="pyogrio")
    shapes, repaired = read_footprints(tmp_path / "f.gpkg", pyproj.CRS(4549))
    assert repaired == 1
    assert shapes.is_valid.all()
    assert list(shapes.geom_type) == ["Polygon"] * 3
    assert shapes.area.sum() == pytest.approx(150)
