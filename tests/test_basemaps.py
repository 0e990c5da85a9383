"""Base maps: silent until switched on, laid where the ground is, and never a reason to move the data."""

from __future__ import annotations

import math
import re

import numpy as np
import pytest
import scene
from browser import Browser
from pydantic import ValidationError
from pyproj import CRS, Transformer

from pipeline.artifacts import FlightPaths
from pipeline.config import CommunitySection, GradeSection, RenderSection
from pipeline.core import gcj02
from pipeline.core.grid import RasterGrid
from pipeline.render import render_flight
from pipeline.viewer.basemaps import fit, square
from pipeline.viewer.plane import Plane

WORLD_M = 2 * math.pi * 6378137


@pytest.mark.parametrize("crs", ["EPSG:4549", "EPSG:32651", "EPSG:3857"])
@pytest.mark.parametrize("shifted", [False, True])
def test_the_affine_map_is_true_to_centimetres(crs, shifted):
    x0, y0 = Transformer.from_crs("EPSG:4326", crs, always_xy=True).transform(120.66, 27.79)
    stretch = 1 / math.cos(math.radians(27.79)) if crs == "EPSG:3857" else 1.0
    grid = RasterGrid(
        20_000, 20_000, x0, y0, 0.1 * stretch, -0.1 * stretch, CRS.from_user_input(crs).to_wkt(), 0.1, 0.1
    )
    plane = Plane(grid)
    a, b, c, d, e, f = fit(plane, (0.0, -2000.0, 2000.0, 0.0), shifted=shifted)
    x, y = (v.ravel() for v in np.meshgrid(np.linspace(0, 2000, 9), np.linspace(-2000, 0, 9)))
    u, v = square(*plane.lonlat(x, y), shifted=shifted)
    off = np.hypot(a * x + b * y + c - u, d * x + e * y + f - v) * WORLD_M * math.cos(math.radians(27.79))
    assert off.max() < (1.0 if shifted else 0.3)


def test_the_shift_is_some_hundred_metres_in_china_and_nothing_elsewhere():
    lon, lat = gcj02.shift(np.array([120.65, 2.35]), np.array([27.78, 48.85]))
    assert 200 < math.hypot((lon[0] - 120.65) * 98_500, (lat[0] - 27.78) * 110_800) < 800
    assert (lon[1], lat[1]) == (2.35, 48.85)


def test_tianditu_without_its_key_is_refused():
    with pytest.raises(ValidationError, match="tianditu_key"):
        RenderSection(basemaps=["tianditu"])


@pytest.fixture(scope="module")
def page(tmp_path_factory):
    folder = tmp_path_factory.mktemp("base")
    flight = scene.flight("2021-09", folder / "f", seed=2)
    settings = RenderSection(overview_px=512, basemaps=["osm", "tianditu", "amap"], tianditu_key="k3y")
    community = CommunitySection(name="虹北社区", blocks="x", workdir="w")
    return render_flight(community, [flight], FlightPaths(folder), rubric=GradeSection(), settings=settings).map_html


def test_the_policy_opens_for_the_configured_hosts_only(page):
    policy = re.search(r'Content-Security-Policy" content="([^"]*)"', page.read_text("utf-8"))
    assert policy is not None
    hosts = "https://tile.openstreetmap.org https://*.tianditu.gov.cn https://*.is.autonavi.com"
    assert f"img-src data: {hosts};" in policy.group(1)
    assert policy.group(1).count("https:") == 3


@pytest.mark.browser
def test_tiles_are_asked_for_when_switched_on_and_lie_on_the_ground(page):
    with Browser() as tab:
        tab.open(page)
        before = tab.run("JSON.stringify(W.data.blocks.spot)")
        assert tab.remote == [] and tab.errors == []
        places = {}
        for name, host in (("osm", "tile.openstreetmap.org"), ("amap", "is.autonavi.com"), ("tianditu", "tianditu")):
            tab.requests.clear()
            choose(tab, name)
            for _ in range(100):
                if tab.remote and tab.run("document.querySelectorAll('.base-tile').length <= 120"):
                    break
            assert tab.remote and all(host in address for address in tab.remote)
            assert name != "tianditu" or all("tk=k3y" in address for address in tab.remote)
            assert tab.run("document.getElementById('credit').innerText").startswith("©")
            places[name] = where(tab, name)
        lon, lat = lonlat(tab)
        for name, (u, v) in places.items():
            x, y = square(np.array([lon]), np.array([lat]), shifted=name == "amap")
            assert math.hypot(u - x[0], v - y[0]) * WORLD_M < 0.5
        assert tab.run("JSON.stringify(W.data.blocks.spot)") == before
        choose(tab, "")
        assert tab.run("document.querySelectorAll('.base-tile').length") == 0


def choose(tab: Browser, name: str) -> None:
    tab.run(
        f"(() => {{ const s = document.getElementById('basemap'); s.value = '{name}';"
        " s.dispatchEvent(new Event('change')); })()"
    )


def lonlat(tab: Browser) -> tuple[float, float]:
    x, y = tab.run("W.data.blocks.spot[20]")
    return Transformer.from_crs(scene.CRS_NAME, "EPSG:4326", always_xy=True).transform(scene.X0 + x, scene.Y0 + y)


def where(tab: Browser, name: str) -> tuple[float, float]:
    """Where the tiles on the screen say that block 20's label point is, in the square of web map tiles."""
    tiles, px, py = tab.run(
        "(() => { const s = W.data.blocks.spot[20], p = map_wuse.latLngToContainerPoint([s[1], s[0]]),"
        " m = document.getElementById('map_wuse').getBoundingClientRect();"
        " return [[...document.querySelectorAll('.base-tile')].map((e) => { const t = new DOMMatrix(e.style.transform),"
        " o = document.querySelector('.leaflet-map-pane').getBoundingClientRect();"
        " return [e.src, t.a, t.b, t.c, t.d, o.left + t.e, o.top + t.f]; }), m.left + p.x, m.top + p.y]; })()"
    )
    for src, a, b, c, d, e, f in tiles:
        i, j = np.linalg.solve([[a, c], [b, d]], [px - e, py - f]) / 256
        if 0 <= i < 1 and 0 <= j < 1:
            numbers = {
                "osm": r"/(?P<z>\d+)/(?P<x>\d+)/(?P<y>\d+)\.png",
                "amap": r"x=(?P<x>\d+)&y=(?P<y>\d+)&z=(?P<z>\d+)",
                "tianditu": r"TILEMATRIX=(?P<z>\d+)&TILEROW=(?P<y>\d+)&TILECOL=(?P<x>\d+)",
            }[name]
            at = re.search(numbers, src)
            assert at is not None
            n = 2 ** int(at["z"])
            return (int(at["x"]) + i) / n, (int(at["y"]) + j) / n
    raise AssertionError("no tile covers the block")
