"""The rendered files: the same bytes for the same inputs, safe with any text, true to the ground."""

from __future__ import annotations

import base64
import contextlib
import hashlib
import html
import json
import re
import sqlite3
import xml.etree.ElementTree as ET
import zlib
from dataclasses import replace
from pathlib import Path

import cv2
import geopandas as gpd
import numpy as np
import pytest
import scene
import shapely
from hypothesis import given
from hypothesis import strategies as st
from pyproj import CRS, Transformer

from pipeline.artifacts import FlightPaths
from pipeline.config import CommunitySection, GradeSection, RenderSection
from pipeline.core.grid import RasterGrid
from pipeline.core.vocabulary import Grade
from pipeline.io.qml import qml_style
from pipeline.io.styles import with_style
from pipeline.io.tables import write_gpkg
from pipeline.render import render_flight
from pipeline.viewer import payload
from pipeline.viewer.page import json_text
from pipeline.viewer.plane import Plane

COMMUNITY = CommunitySection(name=f"虹北社区{scene.HOSTILE}", name_en="Hongbei", blocks="x", workdir="w")


def render(folder, flights, **settings):
    return render_flight(
        COMMUNITY, flights, FlightPaths(folder), rubric=GradeSection(), settings=RenderSection(**settings)
    )


def read_json(page: str, name: str):
    packed = re.search(rf'data-size="(\d+)" id="{name}">(.*?)</script>', page, re.S)
    if packed:
        raw = zlib.decompress(base64.b64decode(packed.group(2)), -15)
        assert len(raw) == int(packed.group(1))
        return json.loads(raw)
    return json.loads(re.search(rf'<script type="application/json" id="{name}">(.*?)</script>', page, re.S).group(1))


@pytest.fixture(scope="module")
def flights(tmp_path_factory):
    folder = tmp_path_factory.mktemp("flights")
    return [scene.flight(i, folder / i, seed=s, hostile=True) for s, i in ((1, "2021-01"), (2, "2021-09"))]


@pytest.fixture(scope="module")
def rendered(flights, tmp_path_factory):
    return render(tmp_path_factory.mktemp("run"), flights)


@pytest.fixture(scope="module")
def page(rendered):
    return rendered.map_html.read_text(encoding="utf-8")


def test_same_input_same_bytes(flights, rendered, tmp_path):
    again = render(tmp_path, flights)
    for one, other in (
        (rendered.map_html, again.map_html),
        (rendered.report_html, again.report_html),
        (rendered.qml, again.qml),
    ):
        assert one.read_bytes() == other.read_bytes()


@pytest.mark.parametrize("name", ["map_html", "report_html"])
def test_nothing_is_fetched_and_only_our_scripts_may_run(rendered, name):
    page = getattr(rendered, name).read_text(encoding="utf-8")
    assert not re.search(r"<(?:script|link|img|iframe)\b[^>]*(?:src|href)\s*=", page)
    assert "@import" not in page
    assert not re.search(r"url\((?!#)", page.split("</style>")[0])
    policy = html.unescape(re.search(r'Content-Security-Policy" content="([^"]*)"', page).group(1))
    assert policy.startswith("default-src 'none'; script-src 'sha256-")
    own = re.findall(r"<script>(.*?)</script>", page, re.S)
    assert own
    for script in own:
        digest = base64.b64encode(hashlib.sha256(script.encode()).digest()).decode()
        assert f"'sha256-{digest}'" in policy
    assert scene.HOSTILE not in page


def test_hashes_do_not_depend_on_data(rendered, flights, tmp_path):
    other = render(tmp_path, flights[:1], language="en")
    policy = r'Content-Security-Policy" content="([^"]*)"'
    first, second = (re.search(policy, p.map_html.read_text(encoding="utf-8")).group(1) for p in (rendered, other))
    assert first == second


def test_leaflet_comes_with_its_licence(page):
    assert "BSD 2-Clause License" in page and "1.9.3" in page


@given(
    st.recursive(st.text(), lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3))
)
def test_json_survives_and_never_closes_its_element(value):
    text = json_text(value)
    assert not set("<>&\u2028\u2029") & set(text)
    assert json.loads(text) == value


def test_blocks_keep_their_shape_to_the_centimetre(flights, page):
    blocks = read_json(page, "wuse-data")["blocks"]
    assert len(blocks["id"]) == 43
    for shape, true in zip(blocks["shape"], flights[1].blocks.geometry, strict=True):
        ring = np.cumsum(np.array(shape[0][0]).reshape(-1, 2), axis=0) / 100
        assert shapely.Polygon(ring).area == pytest.approx(true.area, rel=1e-3)
        expected = shapely.get_coordinates(true)[:-1] - [scene.X0, scene.Y0]
        np.testing.assert_allclose(ring, expected, atol=0.0051)


def test_label_points_lie_inside(flights, page):
    spots = read_json(page, "wuse-data")["blocks"]["spot"]
    for (x, y), true in zip(spots, flights[1].blocks.geometry, strict=True):
        assert true.contains(shapely.Point(scene.X0 + x, scene.Y0 + y))


def test_unknown_is_null_and_never_nought(page):
    table = read_json(page, "flight-1")
    assert table["clutter"][7] is None
    assert table["grade"][7] == list(Grade).index(Grade.UNGRADED)
    assert "NaN" not in page.split('id="flight-1"')[1].split("</script>")[0]


def test_an_earlier_flight_with_other_blocks_is_laid_on_the_last_ones(flights, tmp_path):
    earlier = replace(flights[0], blocks=flights[0].blocks.iloc[5:][::-1])
    table = read_json(render(tmp_path, [earlier, flights[1]]).map_html.read_text(encoding="utf-8"), "flight-0")
    assert table["clutter"][:5] == [None] * 5
    assert table["clutter"][10] == pytest.approx(flights[0].blocks["clutter"].iloc[10], abs=0.01)
    assert table["grade"][0] == -1


def test_pictures_and_chips_stay_within_their_budget(flights, tmp_path):
    page = render(tmp_path, flights, overview_px=256, chips_in_map=10).map_html.read_text(encoding="utf-8")
    assert len(read_json(page, "chips-1")) == 10
    assert len(read_json(page, "chips-0")) == 5
    webp = base64.b64decode(re.search(r'id="image-1">data:image/webp;base64,([^<]*)<', page).group(1))
    picture = cv2.imdecode(np.frombuffer(webp, np.uint8), cv2.IMREAD_UNCHANGED)
    assert max(picture.shape[:2]) == 256
    assert picture.shape[2] == 4
    assert picture[..., 3].min() == 0 and picture[..., 3].max() == 255


def test_ground_metres_are_true_where_the_raster_exaggerates_them():
    centre = Transformer.from_crs("EPSG:4326", "EPSG:3857", always_xy=True).transform(120.65, 27.78)
    stretch = 1 / np.cos(np.radians(27.78))
    grid = RasterGrid(1000, 1000, *centre, stretch, -stretch, CRS.from_epsg(3857).to_wkt(), 1.0, 1.0)
    to_metric = Transformer.from_crs("EPSG:3857", "EPSG:4549", always_xy=True)
    corner = to_metric.transform(centre[0] + 100 * stretch, centre[1] - 300 * stretch)
    square = shapely.box(corner[0], corner[1], corner[0] + 100, corner[1] + 100)
    placed = Plane(grid).place(np.array([square], dtype=object), "EPSG:4549")[0]
    assert placed.area == pytest.approx(10_000, rel=5e-3)


def test_a_picture_in_another_crs_lands_where_its_corners_do():
    """A white mark painted at a known place in a UTM raster must be found there in the plane of a 4549 raster."""
    reference = scene.grid()
    to_utm = Transformer.from_crs(scene.CRS_NAME, "EPSG:32651", always_xy=True)
    x0, y0 = to_utm.transform(scene.X0, scene.Y0)
    other = RasterGrid(400, 300, x0, y0, 1.0, -1.0, CRS.from_epsg(32651).to_wkt(), 1.0, 1.0)
    rgb = np.zeros((300, 400, 3), np.uint8)
    rgb[140:150, 200:210] = 255
    picture = Plane(reference).picture(other, rgb, np.ones((300, 400), bool))
    rows, cols = np.nonzero(picture.rgb[..., 0] > 128)
    left, bottom, right, top = picture.box
    height, width = picture.valid.shape
    found = left + (cols.mean() + 0.5) / width * (right - left), top - (rows.mean() + 0.5) / height * (top - bottom)
    back = Transformer.from_crs("EPSG:32651", scene.CRS_NAME, always_xy=True)
    true = np.array(back.transform(x0 + 205, y0 - 145)) - [scene.X0, scene.Y0]
    np.testing.assert_allclose(found, true, atol=0.6)


def test_window_of_the_page_is_cut_out_of_a_larger_raster(flights):
    grid = scene.grid()
    row, col, height, width = Plane(grid).window(grid, (10.1, -50.0, 60.0, -20.05))
    assert (row, col, height, width) == (100, 50, 150, 250)


def test_style_has_every_grade_and_its_colour():
    root = ET.fromstring(qml_style().split("\n", 1)[1])
    rules = root.findall(".//rule")
    assert len(rules) == 2 * len(Grade.ladder()) + 1
    assert len(root.findall("renderer-v2/symbols/symbol")) == len(rules)
    dashed = [
        s.get("name")
        for s in root.findall("renderer-v2/symbols/symbol")
        if 'outline_style" value="dash"' in ET.tostring(s, "unicode")
    ]
    assert dashed == [r.get("symbol") for r in rules if "provisional" in r.get("label")]
    assert "158,11,27" in qml_style()


def test_geopackage_opens_with_its_style(flights, tmp_path):
    paths = [tmp_path / "a.gpkg", tmp_path / "b.gpkg"]
    for path in paths:
        write_gpkg(flights[0].blocks[["block_id", "grade", "geometry"]], path, "blocks", style=qml_style())
    assert paths[0].read_bytes() == paths[1].read_bytes()
    with contextlib.closing(sqlite3.connect(paths[0])) as base:
        rows = base.execute("SELECT f_table_name, useAsDefault, styleQML FROM layer_styles").fetchall()
    assert rows == [("blocks", 1, qml_style())]
    assert len(gpd.read_file(paths[0], layer="blocks")) == 43


def test_a_second_style_takes_the_place_of_the_first(flights, tmp_path):
    path = tmp_path / "a.gpkg"
    write_gpkg(flights[0].blocks[["block_id", "geometry"]], path, "blocks", style="<qgis/>")
    path.write_bytes(with_style(path.read_bytes(), "blocks", qml_style()))
    with contextlib.closing(sqlite3.connect(path)) as base:
        assert base.execute("SELECT styleQML FROM layer_styles").fetchall() == [(qml_style(),)]


def test_lone_surrogates_and_nul_do_not_stop_the_page(flights, tmp_path):
    frame = flights[1].blocks.astype({"name": object})
    frame.loc[0, "name"] = "\ud800\0‮`${x}`\\" + "长" * 10_000
    page = render(tmp_path, [replace(flights[1], blocks=frame)]).map_html.read_text(encoding="utf-8")
    assert read_json(page, "wuse-data")["blocks"]["name"][0] == frame["name"][0]


def test_every_colour_comes_from_the_vocabulary():
    colours = {g.facts.colour for g in Grade}
    folder = Path(payload.__file__).parent
    for path in [*folder.glob("*.js"), *folder.glob("*.css"), *folder.glob("*.html")]:
        assert not colours & set(re.findall(r"#[0-9a-f]{6}", path.read_text(encoding="utf-8").lower())), path.name
