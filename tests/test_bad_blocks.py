"""Every bad layer and every bad place to write: exit code 3, one line that names what mends it, nothing written."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable
from pathlib import Path

import geopandas as gpd
import pytest
from photos import X0, Y0
from pyogrio.errors import DataSourceError
from shapely import LineString, MultiPolygon, Point, Polygon, box
from shapely.geometry.base import BaseGeometry
from tiny import tiny_community, write_blocks
from typer.testing import CliRunner

from pipeline.check import check_community
from pipeline.cli import app
from pipeline.config import load_config
from pipeline.core.vocabulary import Level
from pipeline.errors import BlocksError
from pipeline.io.tables import read_blocks

ONE = box(X0 + 1, Y0 - 14, X0 + 18, Y0 - 1)
TWO = box(X0 + 20, Y0 - 28, X0 + 39, Y0 - 2)
Spoil = Callable[[Path], object]


def layer(*shapes: object, **more: object) -> Spoil:
    return lambda folder: write_blocks(folder / "blocks.gpkg", list(shapes), **more)  # type: ignore[arg-type]


def no_crs(folder: Path) -> None:
    write_blocks(folder / "blocks.shp", [ONE])
    (folder / "blocks.prj").unlink()
    swap(folder, "blocks.shp")


def no_geometry(folder: Path) -> None:
    (folder / "blocks.csv").write_text("block_id,name\na,b\n")
    swap(folder, "blocks.csv")


def no_id_column(folder: Path) -> None:
    gpd.GeoDataFrame({"plot": ["a"]}, geometry=[ONE], crs=4549).to_file(folder / "blocks.gpkg", engine="pyogrio")


def empty_layer(folder: Path) -> None:
    frame = gpd.GeoDataFrame({"block_id": ["a"]}, geometry=[ONE], crs=4549).iloc[:0]
    frame.to_file(folder / "blocks.gpkg", engine="pyogrio")


def swap(folder: Path, name: str) -> None:
    config = folder / "tiny.toml"
    config.write_text(config.read_text(encoding="utf-8").replace("blocks.gpkg", name), encoding="utf-8")


def setting(line: str) -> Spoil:
    def spoil(folder: Path) -> None:
        config = folder / "tiny.toml"
        text = config.read_text(encoding="utf-8").replace('workdir = "runs"\n', f'workdir = "runs"\n{line}\n')
        config.write_text(text, encoding="utf-8")

    return spoil


CASES: list[tuple[Spoil, str]] = [
    (lambda folder: None, "does not exist; expected a vector layer; to mend: set community.blocks"),
    (
        lambda folder: (folder / "blocks.gpkg").write_bytes(b"not a layer" * 99),
        "cannot be read as a vector layer: it is damaged, cut off, or of another format; expected",
    ),
    (no_crs, "blocks.shp (its own code)"),
    (no_geometry, "has no geometry"),
    (no_id_column, "has no column block_id (found: plot)"),
    (empty_layer, "holds no block"),
    (
        layer(ONE, TWO, ids=["a", "a"]),
        "share the block_id a (rows 1, 2); expected a unique id for each block; to mend: give",
    ),
    (layer(ONE, TWO, ids=["a", None]), "row 2 has no block_id; expected a unique id for each block; to mend: fill"),
    (layer(ONE, TWO, ONE, ids=["a", None, ""]), "row 2 (and 1 more) has no block_id"),
    (layer(ONE, TWO, ids=["a", " "]), "row 2 has no block_id"),
    (layer(ONE, None), "block B2 is empty"),
    (layer(ONE, Polygon()), "block B2 is empty"),
    (layer(ONE, Point(X0, Y0)), "block B2 is a Point; expected a polygon for each block; to mend: draw its outline"),
    (layer(ONE, Polygon([(X0, Y0), (X0 + 9, Y0 - 9), (X0 + 9, Y0), (X0, Y0 - 9)])), "block B2 is invalid: Self-inter"),
    (layer(ONE, ONE.buffer(3)), "blocks B1 and B2 overlap by 221 m²; expected"),
    (layer(ONE, ONE.buffer(3), TWO, TWO.buffer(9)), "blocks B3 and B4 overlap by 494 m², the largest of 5 overlaps;"),
    (layer(box(0, 0, 9, 9), crs="EPSG:4326"), "none of the 1 blocks lies in the imagery"),
    (layer(box(5e5, 4e5, 6e5, 5e5), crs="EPSG:4326"), "does not lie on the Earth"),
    (layer(box(27.7, 85.3, 27.71, 85.31), crs="EPSG:4326"), "fit the layer's CRS, longitude before latitude"),
    (layer(box(5e5, 4e5, 6e5, 5e5), crs="EPSG:4326"), "ogr2ogr -a_srs EPSG:4549 with_crs.gpkg /"),
    (layer(box(X0 + 9e3, Y0, X0 + 9.1e3, Y0 + 50)), "none of the 1 blocks lies in the imagery of flight 2021-01"),
    (setting('crs = "EPSG:99999"'), "is not a CRS"),
    (setting('crs = "EPSG:3857"'), "does not measure true metres"),
    (setting('crs = "EPSG:4326"'), "does not measure true metres"),
    (
        setting('buildings = "none.gpkg"'),
        "none.gpkg does not exist; expected a vector layer; to mend: set community.buildings, or leave it out",
    ),
    (setting('evidence = "none.xlsx"'), "none.xlsx"),
    (setting('colour = "red"'), "unknown key 'community.colour'"),
]


@pytest.mark.parametrize(("spoil", "words"), CASES, ids=[f"{i}-{w[:30]}" for i, (_, w) in enumerate(CASES)])
def test_bad_input_is_one_line_and_nothing_is_written(tmp_path: Path, spoil: Spoil, words: str) -> None:
    config = tiny_community(tmp_path)
    if "evidence" not in words and not words.startswith(("is not a CRS", "does not measure", "none.", "unknown")):
        (tmp_path / "blocks.gpkg").unlink()
    spoil(tmp_path)
    assert_refused(config, words)
    assert not list((tmp_path / "runs").glob("*/ingest/*"))
    assert not list((tmp_path / "runs").glob("*/.*"))


@pytest.mark.parametrize(
    ("shape", "told"),
    [
        (Point(X0, Y0), "区块 B1 是点；"),
        (LineString([(X0, Y0), (X0 + 9, Y0)]), "区块 B1 是线；"),
        (Polygon([(0, 0), (8, 8), (8, 0), (0, 8)]), "区块 B1 的图形无效（自相交，在 4 4 处）；"),
        (Polygon([(0, 0), (8, 0), (8, 8)], [[(20, 20), (21, 20), (21, 21)]]), "（洞在外环之外，在 20 20 处）；"),
    ],
)
def test_shapes_are_told_in_chinese(tmp_path: Path, shape: BaseGeometry, told: str) -> None:
    with pytest.raises(BlocksError) as caught:
        read_blocks(write_blocks(tmp_path / "b.gpkg", [shape]), None)
    assert told in caught.value.zh


def test_check_says_that_the_workdir_cannot_be_made_and_makes_nothing(tmp_path: Path) -> None:
    config = tiny_community(tmp_path)
    text = config.read_text(encoding="utf-8")
    for place, why in (("/proc/nowhere/runs", "cannot be made"), ("blocks.gpkg/runs", "a part of the path is a file")):
        config.write_text(text.replace('workdir = "runs"', f'workdir = "{place}"'), encoding="utf-8")
        (told,) = [f for f in check_community(load_config(config)) if f.where == "community.workdir"]
        assert told.level is Level.BAD and why in told.en
    config.write_text(text, encoding="utf-8")
    before = sorted(tmp_path.iterdir())
    assert not [f for f in check_community(load_config(config)) if f.where == "community.workdir"]
    assert sorted(tmp_path.iterdir()) == before


def test_check_notes_a_flight_of_the_future(tmp_path: Path) -> None:
    config = tiny_community(tmp_path)
    config.write_text(config.read_text(encoding="utf-8").replace("acquired = 2021-09", "acquired = 2921-09"))
    told = [(f.where, f.level, f.en) for f in check_community(load_config(config)) if f.code == "future"]
    assert told == [("2021-09", Level.NOTE, "it is dated in the future (2921-09-14)")]


def assert_refused(config: Path, words: str) -> None:
    result = CliRunner().invoke(app, ["run", str(config), "-q"], catch_exceptions=False)
    assert result.exit_code == 3, result.output
    assert result.stdout == ""
    (line,) = result.stderr.splitlines()
    assert line.startswith("wuse: ")
    assert words in line


@pytest.mark.parametrize("journal", ["wal", "delete"])
def test_a_geopackage_held_open_by_qgis_is_read_and_replaced_all_the_same(tmp_path: Path, journal: str) -> None:
    config = tiny_community(tmp_path)
    run = ["grade", str(config), "-q", "--flight", "2021-01"]
    assert CliRunner().invoke(app, run, catch_exceptions=False).exit_code == 0
    graded = tmp_path / "runs" / "2021-01" / "grade" / "blocks.gpkg"
    before = graded.read_bytes()
    held = [sqlite3.connect(path, isolation_level=None) for path in (tmp_path / "blocks.gpkg", graded)]
    for connection in held:
        connection.execute("PRAGMA locking_mode = EXCLUSIVE")
        connection.execute(f"PRAGMA journal_mode = {journal}")
        connection.execute("UPDATE gpkg_contents SET description = 'edited'")
    assert CliRunner().invoke(app, [*run, "--force"], catch_exceptions=False).exit_code == 0
    assert graded.read_bytes() == before
    for connection in held:
        connection.close()


def test_a_layer_that_stays_locked_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def locked(path: str) -> None:
        raise DataSourceError(f"sqlite3_open({path}) failed: database is locked")

    config = tiny_community(tmp_path)
    monkeypatch.setattr("pipeline.io.vectors.pyogrio.list_layers", locked)
    assert_refused(config, "is locked by another program")
    assert not (tmp_path / "runs").exists()


def test_a_workdir_that_is_a_file_is_told(tmp_path: Path) -> None:
    config = tiny_community(tmp_path)
    (tmp_path / "runs").write_text("")
    assert_refused(config, "a part of the path is a file")


def test_a_workdir_whose_folder_cannot_be_made_is_told(tmp_path: Path) -> None:
    config = tiny_community(tmp_path)
    text = config.read_text(encoding="utf-8").replace('workdir = "runs"', 'workdir = "/proc/nowhere/runs"')
    config.write_text(text, encoding="utf-8")
    assert_refused(config, "its folder is not there and cannot be made; expected a folder")


def test_multipart_blocks_and_touching_blocks_are_fine(tmp_path: Path) -> None:
    config = tiny_community(tmp_path)
    apart = MultiPolygon([box(X0 + 1, Y0 - 9, X0 + 9, Y0 - 1), box(X0 + 1, Y0 - 25, X0 + 9, Y0 - 12)])
    beside = box(X0 + 9 - 0.01, Y0 - 25, X0 + 30, Y0 - 1)
    write_blocks(tmp_path / "blocks.gpkg", [apart, beside])
    result = CliRunner().invoke(app, ["tile", str(config), "-q"], catch_exceptions=False)
    assert result.exit_code == 0, result.output
