"""Every orthophoto or surface model that cannot be measured: exit code 3, one line that mends it, nothing written."""

from __future__ import annotations

import shlex
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import cv2
import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import rasterio
from affine import Affine
from photos import X0, Y0, picture, write_tif
from rasterio.control import GroundControlPoint
from rasterio.vrt import WarpedVRT
from tiny import tiny_community
from typer.testing import CliRunner

from pipeline.check import check_community
from pipeline.cli import app
from pipeline.config import load_config
from pipeline.core.vocabulary import Level
from pipeline.errors import ImageryError
from pipeline.io.mosaic import place
from pipeline.io.sources import look

Spoil = Callable[[Path], object]
SECOND = "2021-09.tif"


def photo(data: np.ndarray | None = None, **options: object) -> Spoil:
    return lambda folder: write_tif(folder / SECOND, picture(seed=2) if data is None else data, **options)


def named(name: str) -> Spoil:
    def spoil(folder: Path) -> None:
        config = folder / "tiny.toml"
        config.write_text(config.read_text(encoding="utf-8").replace(SECOND, name), encoding="utf-8")

    return spoil


def no_grid(folder: Path) -> None:
    points = [GroundControlPoint(r, c, X0 + c, Y0 - r) for r, c in ((0, 0), (0, 300), (300, 0), (300, 400))]
    write_tif(folder / SECOND, picture(seed=2), crs=None)
    with rasterio.open(folder / SECOND, "r+") as file:
        file.gcps = (points, rasterio.CRS.from_epsg(4549))


def palette(folder: Path) -> None:
    path = folder / SECOND
    write_tif(path, picture(seed=2)[:1])
    with rasterio.open(path, "r+") as file:
        file.write_colormap(1, {i: (i, i, i, 255) for i in range(256)})


def cut_off(folder: Path) -> None:
    whole = (folder / SECOND).read_bytes()
    (folder / SECOND).write_bytes(whole[: len(whole) // 2])


def text(folder: Path) -> None:
    (folder / SECOND).write_text("not a picture\n" * 99)


def vrt(source: str, name: str = "a.vrt") -> Spoil:
    """A virtual raster made of ``source``, written as it is; a reader of XML may see something else."""

    def spoil(folder: Path) -> None:
        (folder / name).write_text(
            '<VRTDataset rasterXSize="9" rasterYSize="9"><VRTRasterBand dataType="Byte" band="1"><SimpleSource>'
            f'<SourceFilename relativeToVRT="0">{source}</SourceFilename></SimpleSource></VRTRasterBand></VRTDataset>'
        )
        named(name)(folder)

    return spoil


def rewritten(old: str, new: str) -> Spoil:
    """A virtual raster as GDAL reads it too: it does not tell capitals apart, nor attributes from elements."""

    def spoil(folder: Path) -> None:
        vrt("/vsizip/a.zip/a.tif")(folder)
        written = (folder / "a.vrt").read_text()
        assert old in written
        (folder / "a.vrt").write_text(written.replace(old, new))

    return spoil


def lower_case(folder: Path) -> None:
    rewritten("SourceFilename", "sourcefilename")(folder)


def in_an_attribute(folder: Path) -> None:
    whole = '<SimpleSource><SourceFilename relativeToVRT="0">/vsizip/a.zip/a.tif</SourceFilename>'
    rewritten(whole, '<SimpleSource SourceFilename="/vsizip/a.zip/a.tif">')(folder)


def vrt_of_a_vrt(folder: Path) -> None:
    vrt("/vsizip/a.zip/a.tif", "inner.tif")(folder)
    config = folder / "tiny.toml"
    config.write_text(config.read_text(encoding="utf-8").replace('"inner.tif"', f'"{SECOND}"'), encoding="utf-8")
    vrt(str(folder / "inner.tif"), "outer.vrt")(folder)


def vrt_of_a_service(folder: Path) -> None:
    (folder / "wms.xml").write_text("<GDAL_WMS><Service name='TMS'></Service></GDAL_WMS>")
    vrt(str(folder / "wms.xml"))(folder)


def virtual_surface(folder: Path) -> None:
    surface_model(HEIGHTS)(folder)
    vrt("/vsizip/a.zip/a.tif", "inner.tif")(folder)
    (folder / "dsm.tif").write_bytes((folder / "inner.tif").read_bytes())
    config = folder / "tiny.toml"
    config.write_text(config.read_text(encoding="utf-8").replace('"inner.tif"', f'"{SECOND}"'), encoding="utf-8")


def two_grids(folder: Path) -> None:
    write_tif(folder / "b.tif", picture(), gsd=0.2)
    config = folder / "tiny.toml"
    old, new = f'orthophoto = "{SECOND}"', f'orthophoto = ["{SECOND}", "b.tif"]'
    config.write_text(config.read_text(encoding="utf-8").replace(old, new), encoding="utf-8")


def beside(name: str, data: np.ndarray, **options: object) -> Spoil:
    """The flight's picture with another file of another kind."""

    def spoil(folder: Path) -> None:
        write_tif(folder / name, data, **options)
        named(f'{SECOND}", "{name}')(folder)
        config = folder / "tiny.toml"
        text = config.read_text(encoding="utf-8")
        one = f'orthophoto = "{SECOND}", "{name}"'
        config.write_text(text.replace(one, f'orthophoto = ["{SECOND}", "{name}"]'), encoding="utf-8")

    return spoil


def near_infrared(band: int, bands: int) -> Spoil:
    def spoil(folder: Path) -> None:
        write_tif(folder / SECOND, np.concatenate([picture(seed=2), picture(seed=3)])[:bands])
        line = f'orthophoto = "{SECOND}"'
        config = folder / "tiny.toml"
        text = config.read_text(encoding="utf-8").replace(line, f"{line}\nnir_band = {band}")
        config.write_text(text, encoding="utf-8")

    return spoil


def surface_model(data: np.ndarray, **options: object) -> Spoil:
    def spoil(folder: Path) -> None:
        write_tif(folder / "dsm.tif", data, **options)
        config = folder / "tiny.toml"
        line = f'orthophoto = "{SECOND}"'
        config.write_text(
            config.read_text(encoding="utf-8").replace(line, f'{line}\ndsm = "dsm.tif"'), encoding="utf-8"
        )

    return spoil


HEIGHTS = np.zeros((1, 300, 400), np.float32)
TURNED = Affine(0.1, 0, X0, 0, -0.1, Y0) @ Affine.rotation(5)
CASES: list[tuple[Spoil, str, str]] = [
    (lambda folder: (folder / SECOND).unlink(), "2021-09.tif does not exist", "set orthophoto"),
    (named("."), "is a folder", "set orthophoto"),
    (text, "is not a raster that can be read", "export the file again"),
    (cut_off, "is not a raster that can be read: it is damaged, cut off", "copy or export the file again"),
    (photo(crs=None), "has no CRS", "gdal_edit.py -a_srs"),
    (no_grid, "has ground control points but no grid", "gdalwarp"),
    (photo(crs="EPSG:4326", transform=Affine(1e-6, 0, 120.6, 0, -1e-6, 27.7)), "geographic CRS", "-t_srs EPSG:32651"),
    (photo(transform=TURNED), "has a rotated grid", "gdalwarp"),
    (photo(transform=Affine(0.1, 0, X0, 0, 0.1, Y0 - 30)), "south-up", "gdalwarp"),
    (photo(transform=Affine(0.1, 0, X0, 0, -0.3, Y0)), "has pixels of", "square pixels"),
    (photo(picture()[:1]), "has 1 band;", "export a colour orthophoto"),
    (photo(picture()[:2]), "has 2 bands", "export a colour orthophoto"),
    (palette, "has a palette", "gdal_translate -expand rgb"),
    (photo(picture().astype(np.int32)), "has pixels of type int32", "gdal_translate -ot Float32"),
    (photo(x=X0 + 5000), "none of the 2 blocks lies in the imagery of flight 2021-09", ""),
    (named("ftp://example.org/a.tif"), "ftp://example.org/a.tif", "http(s)"),
    (named("/vsizip/a.zip/a.tif"), "/vsizip/a.zip/a.tif", ""),
    (vrt("/vsicurl/ftp://example.org/a.tif"), "refers to /vsicurl/ftp://example.org/a.tif", "build the VRT again"),
    (vrt("&#47;vsizip/a.zip/a.tif"), "a.vrt refers to /vsizip/a.zip/a.tif", "build the VRT again"),
    (vrt("<![CDATA[/vsizip/a.zip/a.tif]]>"), "a.vrt refers to /vsizip/a.zip/a.tif", "build the VRT again"),
    (vrt("/vsizip/a.zip/a.tif", "a.tif"), "a.tif refers to /vsizip/a.zip/a.tif", "build the VRT again"),
    (lower_case, "a.vrt refers to /vsizip/a.zip/a.tif", "build the VRT again"),
    (in_an_attribute, "a.vrt refers to /vsizip/a.zip/a.tif", "build the VRT again"),
    (vrt("a & b.tif"), "a.vrt is damaged", "build the VRT again"),
    (vrt_of_a_vrt, "inner.tif refers to /vsizip/a.zip/a.tif", "build the VRT again"),
    (vrt_of_a_service, "wms.xml is text and no VRT", "gdalbuildvrt"),
    (virtual_surface, "dsm.tif refers to /vsizip/a.zip/a.tif", "build the VRT again"),
    (two_grids, "b.tif", "0.2"),
    (
        beside("b c.tif", picture(), gsd=0.08, crs="EPSG:32651"),
        "b c.tif in WGS 84 / UTM zone 51N",
        "gdalwarp -t_srs EPSG:4549 -tr 0.08 0.08 -r bilinear -dstalpha '",
    ),
    (
        beside("b.tif", picture().astype(np.uint16) * 200, gsd=0.08),
        "2021-09.tif has pixels of type uint8, b.tif of uint16",
        "to mend: export all files of the flight again with one pixel type",
    ),
    (near_infrared(4, 3), "has 3 bands", "leave nir_band out: this picture has no near-infrared"),
    (near_infrared(5, 4), "has 4 bands", "set nir_band in [[flights]]"),
    (photo(np.zeros((3, 300, 400), np.uint8)), "shows nothing: nearly all its values are 0 of 255;", "-scale"),
    (photo(picture(seed=2) // 20), "shows nothing: nearly all its values lie from", "export it again"),
    (surface_model(np.repeat(HEIGHTS, 2, axis=0)), "dsm.tif has 2 bands", "set dsm"),
    (surface_model(HEIGHTS, crs=None), "dsm.tif has no CRS", "gdal_edit.py"),
    (surface_model(HEIGHTS, x=X0 + 9000), "dsm.tif lies outside the blocks", "set dsm"),
]


@pytest.mark.parametrize(("spoil", "found", "mend"), CASES, ids=[f"{i}-{c[1][:30]}" for i, c in enumerate(CASES)])
def test_bad_imagery_is_one_line_and_nothing_is_written(tmp_path: Path, spoil: Spoil, found: str, mend: str) -> None:
    config = tiny_community(tmp_path)
    spoil(tmp_path)
    result = CliRunner().invoke(app, ["run", str(config), "-q", "--flight", "2021-09"], catch_exceptions=False)
    assert result.exit_code == 3, result.output
    assert result.stdout == ""
    (line,) = result.stderr.splitlines()
    assert line.startswith("wuse: ")
    assert found in line
    assert mend in line
    assert not [
        p for p in (tmp_path / "runs").rglob("*") if p.is_file() and not p.name.startswith((".lock", "config."))
    ]


@pytest.mark.parametrize("kind", ["uint16", "float32", "nir"])
def test_unusual_but_measurable_imagery_is_taken_and_told(tmp_path: Path, kind: str) -> None:
    config = tiny_community(tmp_path)
    data = picture(seed=2)
    if kind == "nir":
        data = np.concatenate([data, picture(seed=3)[:1]])
        write_tif(tmp_path / SECOND, data, colours=("red", "green", "blue", "alpha"))
    else:
        write_tif(tmp_path / SECOND, data.astype(kind) * (257 if kind == "uint16" else 1 / 255))
    result = CliRunner().invoke(app, ["run", str(config)], catch_exceptions=False)
    assert result.exit_code == 0, result.output
    quality = (tmp_path / "runs" / "2021-09" / "ingest" / "quality.json").read_text(encoding="utf-8")
    assert ("near-infrared" if kind == "nir" else '"scaling": "linear') in quality


@pytest.mark.parametrize(
    ("spoil", "told"),
    [
        (photo(np.zeros((3, 300, 400), np.uint8)), "几乎所有值都是 0（满值 255）；"),
        (near_infrared(4, 3), "处理：删去 nir_band：该影像没有近红外波段"),
        (surface_model(HEIGHTS, crs=None), "没有坐标系；应注明坐标系；处理："),
        (beside("b.tif", picture().astype(np.uint16), gsd=0.08), "处理：按同一像素类型重新导出全部图幅"),
    ],
)
def test_chinese_lines_say_it_in_chinese(tmp_path: Path, spoil: Spoil, told: str) -> None:
    config = tiny_community(tmp_path)
    spoil(tmp_path)
    result = CliRunner().invoke(app, ["run", str(config), "-q", "--flight", "2021-09", "--lang", "zh"])
    assert result.exit_code == 3 and told in result.stderr, result.output


def test_a_file_warped_as_told_joins_the_flight(tmp_path: Path) -> None:
    first = write_tif(tmp_path / "a.tif", picture(), gsd=0.08)
    other = write_tif(tmp_path / "b.tif", picture(), gsd=0.08, crs="EPSG:32651", x=245_000.0)
    with pytest.raises(ImageryError) as told:
        place([look(first), look(other)])
    command = told.value.mend.partition(", or")[0]
    assert command in told.value.zh
    size, file = shlex.split(command)[4:6], rasterio.open(other)
    with file, WarpedVRT(file, crs="EPSG:4549", add_alpha=True) as seen:
        grid = Affine(float(size[0]), 0, seen.transform.c, 0, -float(size[1]), seen.transform.f)
        data = seen.read()
    write_tif(tmp_path / "same.tif", data, transform=grid)
    place([look(first), look(str(tmp_path / "same.tif"))])


def test_check_says_how_large_a_picture_is_in_words_that_fit(tmp_path: Path) -> None:
    config = tiny_community(tmp_path)
    (found,) = [f for f in check_community(load_config(config), ["2021-09"]) if f.code == "tiling"]
    assert "0.19 megapixels" in found.en and "0.19 百万像素" in found.zh


@pytest.mark.parametrize(("gsd_m", "code", "level"), [(0.7, "too_coarse", Level.BAD), (0.2, "coarse", Level.WARNING)])
def test_check_says_what_a_run_does_with_coarse_pixels(tmp_path: Path, gsd_m: float, code: str, level: Level) -> None:
    config = tiny_community(tmp_path)
    write_tif(tmp_path / SECOND, picture(seed=2), gsd=gsd_m)
    found = check_community(load_config(config), ["2021-09"])
    assert [(f.code, f.level) for f in found if "coarse" in f.code] == [(code, level)]
    if code == "too_coarse":
        (one,) = [f for f in found if f.code == code]
        assert (
            "69.98 cm is beyond 30 cm (score.max_gsd_m)" in one.en
            and "69.98 厘米，超过 30 厘米（score.max_gsd_m）" in one.zh
        )


def out_of_focus() -> np.ndarray:
    soft = cv2.GaussianBlur(np.ascontiguousarray(picture(seed=2).transpose(1, 2, 0)), (0, 0), 4.5)
    return np.ascontiguousarray(soft.transpose(2, 0, 1))


@pytest.mark.parametrize(
    ("seen", "gsd_m", "why", "told"),
    [(picture(seed=2), 0.4, "coarse", "影像太粗"), (out_of_focus(), 0.08, "blurred", "影像太模糊")],
)
def test_what_hides_all_clutter_grades_nothing_and_still_tells_greenery(
    tmp_path: Path, seen: np.ndarray, gsd_m: float, why: str, told: str
) -> None:
    config = tiny_community(tmp_path)
    write_tif(tmp_path / SECOND, seen, gsd=gsd_m)
    result = CliRunner().invoke(app, ["run", str(config), "--flight", "2021-09"], catch_exceptions=False)
    assert result.exit_code == 0, result.output
    blocks = pd.read_parquet(tmp_path / "runs" / "2021-09" / "grade" / "blocks.parquet")
    assert set(blocks.grade) == {"ungraded"} and set(blocks.unusable_reason) == {why}
    assert blocks.clutter.isna().all() and blocks.green_pct.notna().all()
    assert blocks.reasons_zh.str.startswith(f"{told}，看不出是否干净").all()
    assert len(gpd.read_file(tmp_path / "runs" / "2021-09" / "score" / "hotspots.gpkg")) == 0


def test_a_truly_full_disk_is_one_line_and_the_run_goes_on_later(tmp_path: Path, little_room: Path) -> None:
    config = tiny_community(tmp_path)
    config.write_text(config.read_text(encoding="utf-8").replace('"runs"', '"room/runs"'), encoding="utf-8")
    run = [sys.executable, "-m", "pipeline", "run", str(config), "-q"]
    full = subprocess.run(run, capture_output=True, text=True)
    assert full.returncode == 3, full.stderr
    (line,) = full.stderr.splitlines()
    assert "disk is full" in line
    assert not list(little_room.rglob("*.tmp*"))
    subprocess.run(["mount", "-o", "remount,size=100m", str(little_room)], check=True)
    assert subprocess.run(run, capture_output=True, text=True).returncode == 0


def test_a_folder_that_may_not_be_written_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    config = tiny_community(tmp_path)

    def refused(*_: object, **__: object) -> None:
        raise PermissionError(13, "Permission denied", str(tmp_path / "runs"))

    monkeypatch.setattr(Path, "mkdir", refused)
    result = CliRunner().invoke(app, ["run", str(config), "-q"], catch_exceptions=False)
    assert result.exit_code == 3, result.output
    (line,) = result.stderr.splitlines()
    assert "may not" in line or "permission" in line.lower()
