"""Taking in a flight: links, COGs, mosaics, scaling, validity, near-infrared, addresses, quality, STAC."""

from __future__ import annotations

import contextlib
import json
import multiprocessing
import time
from collections.abc import Iterator
from datetime import datetime, timedelta, timezone
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pyproj
import pystac
import pytest
import rasterio
from hypothesis import given, settings
from hypothesis import strategies as st
from photos import CRS, SOME_BLOCKS, X0, Y0, blocks_at, picture, write_tif
from pyproj import Transformer
from rio_cogeo import cog_validate

from pipeline.artifacts import FlightPaths, read_json
from pipeline.check import check_flight
from pipeline.config import Config, FlightSection, IngestSection
from pipeline.core.grid import Window
from pipeline.core.photo import photo_figures
from pipeline.core.sharpness import blur_px
from pipeline.errors import WorkdirError
from pipeline.ingest import ingest_flight
from pipeline.io import cog
from pipeline.io.bands import BandPlan, Scaling, choose_scaling
from pipeline.io.imagery import Imagery
from pipeline.io.sources import look
from pipeline.io.stac import Flight, Notice, read_flight, stac_item, write_flight

TIME = datetime(2021, 1, 14, 10, 30, tzinfo=timezone(timedelta(hours=8)))


def take_in(out: Path, orthophoto: str | list[str], **more: Any) -> tuple[Flight, dict[str, Any]]:
    blocks = more.pop("blocks", None) or blocks_at(*SOME_BLOCKS)
    section = FlightSection(id="2021-01", acquired=TIME, orthophoto=orthophoto, **more)
    paths = FlightPaths(out)
    flight = ingest_flight(section, blocks, IngestSection(), paths)
    assert read_flight(paths.flight_json) == flight
    quality = read_json(paths.quality_json)
    assert isinstance(quality, dict)
    return flight, quality


def pixels(flight: Flight) -> tuple[np.ndarray, np.ndarray]:
    with Imagery.of(flight) as imagery:
        return imagery.read_native(0, 0, flight.grid.height, flight.grid.width)


def codes(flight: Flight) -> set[str]:
    return {n.code for n in flight.notices}


def test_tiled_tif_with_overviews_is_linked_not_copied(tmp_path: Path) -> None:
    data = picture()
    href = write_tif(tmp_path / "t.tif", data, tiled=True, blockxsize=256, blockysize=256, overviews=[2, 4])
    flight, quality = take_in(tmp_path / "run", href)
    assert flight.href == href and quality["linked"] is True
    assert sorted(p.name for p in (tmp_path / "run" / "ingest").iterdir()) == ["flight.json", "quality.json"]
    assert np.array_equal(pixels(flight)[0], data.transpose(1, 2, 0))
    assert quality["coverage"] == {"B1": 100.0, "B2": 100.0} and quality["valid_pct"] == 100.0


@pytest.mark.parametrize("kind", ["mask", "alpha", "nodata", "none"])
def test_strips_become_a_cog_with_the_same_pixels_and_validity(tmp_path: Path, kind: str) -> None:
    data = picture(600, 700)
    bad = np.zeros(data.shape[1:], bool)
    bad[:50, :60] = True
    options: dict[str, Any] = {}
    if kind == "mask":
        options["mask"] = np.where(bad, 0, 255).astype(np.uint8)
    elif kind == "alpha":
        data = np.concatenate([data, np.where(bad, 254, 255)[None].astype(np.uint8)])
        options["colours"] = ["red", "green", "blue", "alpha"]
    elif kind == "nodata":
        data[:, bad] = 7
        data[0, 300, 300], options["nodata"] = 7, 7
    else:
        bad[:] = False
        data[:, :9, :9] = 0
    flight, quality = take_in(tmp_path / "run", write_tif(tmp_path / "s.tif", data, **options))
    assert cog_validate(flight.href, strict=True, quiet=True)[0] and quality["linked"] is False
    rgb, valid = pixels(flight)
    assert np.array_equal(valid, ~bad)
    assert np.array_equal(rgb[valid], data[:3].transpose(1, 2, 0)[valid])
    with rasterio.open(flight.href) as file:
        assert file.block_shapes[0] == (512, 512) and file.count == 3 and file.nodata is None
        assert file.overviews(1) and file.dtypes[0] == "uint8"


def test_two_runs_write_the_same_bytes(tmp_path: Path) -> None:
    href = write_tif(tmp_path / "s.tif", picture(600, 700))
    for run in ("a", "b"):
        take_in(tmp_path / run, href)
    for name in ("orthophoto.tif", "quality.json", "flight.json"):
        assert (tmp_path / "a/ingest" / name).read_bytes() == (tmp_path / "b/ingest" / name).read_bytes()


def test_blue_first_is_put_right(tmp_path: Path) -> None:
    data = picture()
    flight, _ = take_in(tmp_path / "run", write_tif(tmp_path / "b.tif", data[::-1], colours=["blue", "green", "red"]))
    assert np.array_equal(pixels(flight)[0], data.transpose(1, 2, 0))


def test_float_in_0_255_is_rounded_and_recorded(tmp_path: Path) -> None:
    data = picture().astype(np.float32) + 0.3
    data[:, :20, :20] = np.nan
    data[:, 20:40, :20] = -3.4e38
    flight, quality = take_in(tmp_path / "run", write_tif(tmp_path / "f.tif", data, nodata=-3.4e38))
    rgb, valid = pixels(flight)
    assert np.array_equal(valid, data[0] > 0)
    assert np.array_equal(rgb[valid], np.rint(data.transpose(1, 2, 0)[valid]).astype(np.uint8))
    assert quality["scaling"] == "rounded"
    assert [n.zh for n in flight.notices if n.code == "scaled"] == ["像素值换算为 8 位：四舍五入"]


def test_16_bit_is_stretched_between_percentiles_of_all_bands_together(tmp_path: Path) -> None:
    data = picture().astype(np.uint16) * 12 + 300
    data[2] //= 2
    flight, quality = take_in(tmp_path / "run", write_tif(tmp_path / "u.tif", data))
    low, high = np.percentile(data, [0.1, 99.9])
    rgb, _ = pixels(flight)
    expected = np.clip((data.transpose(1, 2, 0) - low) * 255 / (high - low), 0, 255)
    assert np.abs(rgb - expected).max() < 3
    assert quality["scaling"].startswith("linear ") and flight.scaling == quality["scaling"]


@given(st.floats(0, 5000), st.floats(1, 60_000), st.lists(st.integers(0, 65535), min_size=1, max_size=50))
def test_linear_scaling_keeps_order_and_range(low: float, span: float, values: list[int]) -> None:
    data = np.sort(np.array(values, np.uint16))
    scaled = Scaling("linear", low, low + span).apply(data)
    assert scaled.dtype == np.uint8 and (np.diff(scaled.astype(int)) >= 0).all()


def test_scaling_rules_by_hand() -> None:
    unit = np.linspace(0, 1, 300, dtype=np.float32).reshape(3, 100)
    assert choose_scaling("uint8", unit, 0.1, 99.9) == Scaling()
    assert choose_scaling("float32", unit, 0, 100) == Scaling("linear", 0.0, 1.0)
    assert choose_scaling("float32", unit * 255, 0, 100).rule == "rounded"
    assert choose_scaling("uint16", np.full((3, 9), 900), 0.1, 99.9) == Scaling("linear", 900.0, 901.0)
    assert choose_scaling("float32", np.empty((3, 0)), 0.1, 99.9).rule == "rounded"


def test_nodata_must_hold_in_all_three_colours() -> None:
    plan = BandPlan((1, 2, 3), "nodata", nodata=0)
    data = np.array([[[0, 0, 5]], [[0, 3, 0]], [[0, 0, 0]]], np.uint8)
    assert plan.valid(data, None).tolist() == [[False, True, True]]


def test_near_infrared_declared_as_alpha_is_noticed_by_name(tmp_path: Path) -> None:
    data = np.concatenate([picture(), picture(seed=5)[:1]])
    href = write_tif(tmp_path / "河滨.tif", data, colours=["red", "green", "blue", "alpha"], gsd=0.2)
    flight, quality = take_in(tmp_path / "run", href)
    (notice,) = [n for n in flight.notices if n.code == "nir_declared_as_alpha"]
    assert "河滨.tif" in notice.en and "nir_band = 4" in notice.en and "nir_band = 4" in notice.zh
    assert notice._asdict() in quality["notices"]
    assert pixels(flight)[1].all()
    used, _ = take_in(tmp_path / "used", href, nir_band=4)
    assert "nir_declared_as_alpha" not in codes(used) and used.nir_band == 1
    with Imagery.of(used) as imagery:
        near = imagery.read(Window(0, 0, 300, 400)).nir
    assert near is not None and np.array_equal(near[:300, :400], data[3])


def test_near_infrared_of_a_linked_file_is_read_in_place(tmp_path: Path) -> None:
    data = np.concatenate([picture(), picture(seed=5)[:1]])
    href = write_tif(tmp_path / "n.tif", data, tiled=True, blockxsize=256, blockysize=256, overviews=[2])
    flight, quality = take_in(tmp_path / "run", href, nir_band=4)
    assert quality["linked"] and (flight.nir_href, flight.nir_band) == (href, 4)


def test_undeclared_band_of_empty_and_full_is_alpha(tmp_path: Path) -> None:
    alpha = np.full((1, 300, 400), 255, np.uint8)
    alpha[0, :, 380:] = 0
    alpha[0, :, 379] = 130
    options = {"colours": ["red", "green", "blue", "undefined"]}
    flight, _ = take_in(tmp_path / "run", write_tif(tmp_path / "k.tif", np.concatenate([picture(), alpha]), **options))
    assert "undeclared_alpha" in codes(flight)
    assert np.array_equal(pixels(flight)[1], alpha[0] == 255)
    other = write_tif(tmp_path / "o.tif", np.concatenate([picture(), picture(seed=9)[:1]]), **options)
    flight, _ = take_in(tmp_path / "other", other)
    assert "fourth_band_unused" in codes(flight) and pixels(flight)[1].all()


def test_adjoining_files_become_one_picture_and_shifts_are_told(tmp_path: Path) -> None:
    data = picture(300, 400)
    left = write_tif(tmp_path / "l.tif", data[:, :, :210])
    right = write_tif(tmp_path / "r.tif", data[:, :, 190:], x=X0 + 19.0 + 0.03)
    flight, quality = take_in(tmp_path / "run", [left, right])
    assert (flight.grid.width, flight.grid.height) == (400, 300) and quality["files"] == 2
    assert flight.href.endswith("orthophoto.tif")
    assert np.array_equal(pixels(flight)[0], data.transpose(1, 2, 0))
    (notice,) = [n for n in flight.notices if n.code == "tiles_shifted"]
    assert "0.30 px" in notice.en


def test_scattered_files_cost_nothing_between(tmp_path: Path) -> None:
    """Three pictures kilometres apart: 30 gigapixels that nobody writes or reads."""
    places = [(0.0, 0.0), (9000.0, -400.0), (18000.0, -16000.0)]
    files = [write_tif(tmp_path / f"{i}.tif", picture(seed=i), x=X0 + x, y=Y0 + y) for i, (x, y) in enumerate(places)]
    blocks = blocks_at(*((x + 1, y - 29, x + 39, y - 1) for x, y in places), (500, -900, 510, -890))
    flight, quality = take_in(tmp_path / "run", files, blocks=blocks)
    assert flight.href.endswith("orthophoto.vrt")
    assert flight.grid.width * flight.grid.height > 25e9
    assert quality["coverage"] == {"B1": 100.0, "B2": 100.0, "B3": 100.0, "B4": 0.0}
    assert "blocks_not_covered" in codes(flight)
    with Imagery.of(flight) as imagery:
        for i, (x, y) in enumerate(places):
            rgb, valid = imagery.read_native(round(-y / 0.1) - 5, round(x / 0.1), 305, 400)
            assert valid[5:].all() and not valid[:5].any()
            assert np.array_equal(rgb[5:], picture(seed=i).transpose(1, 2, 0))
        assert imagery.overview(512)[0].shape[1] == 512
    assert sum(p.stat().st_size for p in (tmp_path / "run").rglob("*") if p.is_file()) < 3_000_000


def test_vrt_and_web_mercator_with_true_ground_size(tmp_path: Path) -> None:
    move = Transformer.from_crs(CRS, 3857, always_xy=True)
    x, y = move.transform(X0, Y0)
    tif = write_tif(tmp_path / "m 10:30.tif", picture(), crs="EPSG:3857", x=x, y=y, gsd=0.1)
    size = '<DstRect xOff="0" yOff="0" xSize="400" ySize="300"/>'
    kind = 'VRTRasterBand dataType="Byte"'
    bands = "".join(
        f'<{kind} band="{b}"><SimpleSource><SourceFilename relativeToVRT="1">m 10:30.tif'
        f"</SourceFilename><SourceBand>{b}</SourceBand>{size.replace('Dst', 'Src')}{size}</SimpleSource>"
        f"</VRTRasterBand>"
        for b in (1, 2, 3)
    )
    vrt = tmp_path / "m.vrt"
    vrt.write_text(
        f'<VRTDataset rasterXSize="400" rasterYSize="300"><SRS>EPSG:3857</SRS>'
        f"<GeoTransform>{x}, 0.1, 0, {y}, 0, -0.1</GeoTransform>{bands}</VRTDataset>"
    )
    flight, quality = take_in(tmp_path / "run", str(vrt))
    assert np.array_equal(pixels(flight)[0], picture().transpose(1, 2, 0))
    latitude = Transformer.from_crs(CRS, 4326, always_xy=True).transform(X0, Y0)[1]
    assert quality["gsd_x_m"] == pytest.approx(0.1 * np.cos(np.radians(latitude)), rel=0.003)
    assert look(tif).grid.gsd_m == pytest.approx(quality["gsd_m"], abs=1e-6)


class _Ranges(SimpleHTTPRequestHandler):
    """Serves files with byte ranges, as object stores do, and counts what it sends."""

    sent: Any = None
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    wbufsize = -1

    def log_message(self, format: str, *args: Any) -> None:
        pass

    def do_GET(self) -> None:
        path = Path(self.translate_path(self.path))
        if not path.is_file():
            self.send_error(404)
            return
        size, asked = path.stat().st_size, self.headers.get("Range")
        first, last = 0, size - 1
        if asked:
            a, b = asked.removeprefix("bytes=").split("-")
            first, last = int(a), min(int(b or last), last)
        self.send_response(206 if asked else 200)
        self.send_header("Accept-Ranges", "bytes")
        if asked:
            self.send_header("Content-Range", f"bytes {first}-{last}/{size}")
        self.send_header("Content-Length", str(last - first + 1))
        self.end_headers()
        with self.sent.get_lock():
            self.sent.value += last - first + 1
        with contextlib.suppress(OSError), path.open("rb") as file:
            file.seek(first)
            self.wfile.write(file.read(last - first + 1))
            self.wfile.flush()


def _serve(folder: str, port: Any, sent: Any) -> None:
    _Ranges.sent = sent
    with ThreadingHTTPServer(("127.0.0.1", 0), partial(_Ranges, directory=folder)) as http:
        port.value = http.server_address[1]
        http.serve_forever()


@pytest.fixture
def server(tmp_path: Path) -> Iterator[tuple[str, Any]]:
    """A server's address and the bytes it sent; a process of its own, as GDAL may hold Python still while it waits."""
    context = multiprocessing.get_context("spawn")
    port, sent = context.Value("i", 0), context.Value("q", 0)
    process = context.Process(target=_serve, args=(str(tmp_path), port, sent), daemon=True)
    process.start()
    while not port.value:
        assert process.is_alive()
        time.sleep(0.02)
    yield f"http://127.0.0.1:{port.value}", sent
    process.kill()
    process.join()
    process.close()


def test_cog_behind_http_is_linked_and_read_by_ranges(tmp_path: Path, server: tuple[str, Any]) -> None:
    address, sent = server
    noise = np.random.default_rng(1).integers(1, 255, (3, 4000, 4000), np.uint8)
    noise[:, :300, :400] = picture()
    path = tmp_path / "big.tif"
    write_tif(path, noise, tiled=True, blockxsize=256, blockysize=256, interleave="pixel", overviews=[2, 4, 8])
    flight, quality = take_in(tmp_path / "run", f"{address}/big.tif")
    assert flight.href == f"{address}/big.tif" and quality["linked"]
    with Imagery.of(flight) as imagery:
        assert np.array_equal(imagery.read_native(0, 0, 300, 400)[0], picture().transpose(1, 2, 0))
    assert 0 < sent.value < 0.6 * path.stat().st_size


def test_stac_item_is_valid_and_names_files_relative_to_itself(tmp_path: Path) -> None:
    flight, _ = take_in(tmp_path / "run", write_tif(tmp_path / "s.tif", picture()))
    item = json.loads((tmp_path / "run/ingest/flight.json").read_text(encoding="utf-8"))
    assert item["assets"]["orthophoto"]["href"] == "./orthophoto.tif"
    read = pystac.Item.from_dict(item)
    assert read.datetime == TIME and read.properties["gsd"] == pytest.approx(0.1, rel=0.001)
    assert read.properties["proj:code"] == CRS
    item["stac_extensions"] = []
    pystac.Item.from_dict(item).validate()
    west, south, east, north = flight.bounds_wgs84
    assert 120 < west < east < 123 and 27 < south < north < 29


def test_any_flight_is_read_back(tmp_path: Path) -> None:
    full = Flight(
        "航次-1",
        datetime(2021, 9, 1, 9),
        "https://example.org/a.tif",
        look(write_tif(tmp_path / "s.tif", picture())).grid,
        (120.5, 27.75, 120.6, 27.8),
        valid_from="alpha",
        alpha_band=5,
        rgb=(3, 2, 1),
        dsm_href="/data/dsm.tif",
        nir_href=str(tmp_path / "nir.tif"),
        nir_band=1,
        notices=(Notice("a", "甲", "b"),),
    )
    write_flight(full, tmp_path / "flight.json")
    assert read_flight(tmp_path / "flight.json") == full
    assert stac_item(full, tmp_path)["assets"]["nir"]["href"] == "./nir.tif"


def test_moving_the_workdir_moves_the_imagery(tmp_path: Path) -> None:
    take_in(tmp_path / "run", write_tif(tmp_path / "s.tif", picture()))
    (tmp_path / "run").rename(tmp_path / "moved")
    flight = read_flight(tmp_path / "moved/ingest/flight.json")
    assert pixels(flight)[1].all()


def test_partly_covered_blocks_are_named(tmp_path: Path) -> None:
    blocks = blocks_at((-10, -20, 10, -10), (20, -29, 39, -1), (500, 500, 510, 510))
    flight, quality = take_in(tmp_path / "run", write_tif(tmp_path / "s.tif", picture()), blocks=blocks)
    assert quality["coverage"] == {"B1": pytest.approx(50, abs=0.6), "B2": 100.0, "B3": 0.0}
    assert {"blocks_not_covered", "blocks_partly_covered"} <= codes(flight)
    assert quality["valid_pct"] == pytest.approx(100 * (100 + 532) / (200 + 532 + 100), abs=0.2)


@settings(max_examples=10, deadline=None)
@given(st.floats(0.5, 2.0), st.floats(1.2, 2.0))
def test_more_blur_is_measured_as_more(sigma: float, factor: float) -> None:
    def blurred(by: float) -> float:
        rng = np.random.default_rng(3)
        shapes = cv2.resize(rng.integers(0, 255, (25, 25, 3), np.uint8), (400, 400), interpolation=cv2.INTER_NEAREST)
        found = blur_px([(cv2.GaussianBlur(shapes, (0, 0), by), np.ones((400, 400), bool))])
        assert found is not None
        return found

    assert blurred(sigma * factor) > blurred(sigma)
    assert blurred(sigma) == pytest.approx(sigma, abs=0.45)


def test_figures_of_degenerate_pictures_are_unknown_or_plain() -> None:
    flat, valid = np.full((64, 64, 3), 255, np.uint8), np.ones((64, 64), bool)
    figures = photo_figures([(flat, valid)], [(flat, valid)], 0.075, 4)
    assert figures.blur_px is None and figures.clipped_pct == 100.0 and figures.exposure == pytest.approx(255, abs=0.1)
    nothing = photo_figures([(flat, ~valid)], [(flat, ~valid)], 0.075, 4)
    assert nothing.exposure is None and nothing.shadow_pct is None


def test_brighter_is_measured_as_brighter_and_shadow_follows_shadow() -> None:
    rgb, valid = np.ascontiguousarray(picture(400, 400).transpose(1, 2, 0)), np.ones((400, 400), bool)
    dim = (rgb * 0.5).astype(np.uint8)
    shaded = rgb.copy()
    shaded[:170] = (shaded[:170] * np.array([0.15, 0.18, 0.25])).astype(np.uint8)
    plain, dark, shade = (photo_figures([(p, valid)], [(p, valid)], 0.075, 4) for p in (rgb, dim, shaded))
    assert (plain.exposure or 0) > (dark.exposure or 0)
    assert (shade.shadow_pct or 0) > 25 > (plain.shadow_pct or 0)


def test_a_full_disk_leaves_nothing_behind(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    href = write_tif(tmp_path / "s.tif", picture())
    monkeypatch.setattr(cog.shutil, "disk_usage", lambda path: type("Usage", (), {"free": 1000})())
    with pytest.raises(WorkdirError, match="disk is full") as told:
        take_in(tmp_path / "run", href)
    assert "\n" not in str(told.value)
    assert not [p for p in (tmp_path / "run").rglob("*") if p.is_file()]


def test_check_says_the_same_before_anything_is_written(tmp_path: Path) -> None:
    data = np.concatenate([picture(), picture(seed=5)[:1]])
    href = write_tif(tmp_path / "c.tif", data, colours=["red", "green", "blue", "alpha"], compress="jpeg")
    section = FlightSection(id="f", acquired=TIME, orthophoto=href)
    config = Config.model_validate(
        {"format": 1, "community": {"name": "x", "blocks": "b", "workdir": "w"}, "flights": [section.model_dump()]}
    )
    found = {f.code: f for f in check_flight(section, blocks_at(*SOME_BLOCKS), config)}
    assert {"grid", "tiling", "encoding", "nir_declared_as_alpha"} <= set(found)
    assert not any(f.bad for f in found.values())
    assert all(f.zh and f.en and set(f.facts()) >= {"level", "zh", "en"} for f in found.values())
    (away,) = check_flight(section, blocks_at((9e5, 9e5, 9.1e5, 9.1e5)), config)
    assert away.bad and away.mend
    assert pyproj.CRS(CRS).name in found["grid"].en
    assert sorted(p.name for p in tmp_path.iterdir()) == ["c.tif"]
