"""The maps of the sample and of a real place in a real browser, offline: the whole line from the orthophoto on."""

from __future__ import annotations

import json
from pathlib import Path

import geopandas as gpd
import pytest
from browser import BOXES, Browser, overlapping
from scene import HOSTILE

from pipeline.artifacts import flight_paths
from pipeline.config import load_config
from pipeline.run import run_community

pytestmark = pytest.mark.browser
CONFIG = """format = 1
[community]
name = "阿威罗"
name_en = "Aveiro"
blocks = "blocks.gpkg"
workdir = "runs"
[[flights]]
id = "f1"
acquired = 2021-01-14T10:30:00Z
orthophoto = "{orthophoto}"
"""


@pytest.fixture(scope="module")
def aveiro(real, tmp_path_factory):
    folder = tmp_path_factory.mktemp("aveiro")
    blocks = gpd.read_file(real / "data/aveiro/blocks.gpkg")
    blocks.loc[5, "name"] = HOSTILE
    blocks.to_file(folder / "blocks.gpkg", layer="blocks")
    (folder / "a.toml").write_text(
        CONFIG.format(orthophoto=(real / "data/aveiro/orthophoto.tif").as_posix()), encoding="utf-8"
    )
    run_community(load_config(folder / "a.toml"))
    return flight_paths(folder / "runs", "f1").map_html


@pytest.fixture(scope="module", params=["sample", pytest.param("aveiro", marks=pytest.mark.real)])
def page(request):
    if request.param == "aveiro":
        return request.getfixturevalue("aveiro")
    config = request.getfixturevalue("sample_run")
    return flight_paths(Path(config.community.workdir), "2021-09").map_html


@pytest.fixture(scope="module")
def tab(page):
    with Browser() as tab:
        tab.open(page)
        yield tab
        assert tab.errors == [] and tab.remote == []


def test_it_is_small_and_shows_43_polygons(page, tab):
    assert page.stat().st_size < 6_000_000
    assert tab.run("new Set([...document.querySelectorAll('path[data-block]')].map((p) => p.dataset.block)).size") == 43
    assert tab.run("[...document.images].every((i) => i.complete && i.naturalWidth > 500)")


def test_find_filter_and_list(tab):
    block = tab.run("W.data.blocks.id[7]")
    tab.click("#find")
    tab.type(block)
    tab.key("Enter", "\r")
    assert tab.run("document.querySelector('.card').dataset.block") == block
    tab.run("W.set({ block: -1, tab: 'list' })")
    grade, count = tab.run("(() => { const n = W.counts(W.state.flight), i = n.indexOf(Math.max(...n));"
                           " return [W.data.grades[i].number, n[i]]; })()")  # fmt: skip
    tab.key(str(grade), str(grade))
    assert tab.run("document.querySelectorAll('tbody tr').length") == count
    tab.key(str(grade), str(grade))
    assert tab.run("document.querySelectorAll('tbody tr').length") == 43


def test_swipe_where_there_are_two_flights(tab):
    flights = tab.run("W.data.flights.map((f) => f.id)")
    if len(flights) == 1:
        assert tab.run("document.getElementById('compare')") is None
        return
    tab.run("W.set({ compare: 0, block: -1, tab: 'change' })")
    assert tab.run("[...document.querySelectorAll('.swipe-left, .swipe-right')].map((e) => e.innerText)") == flights
    assert overlapping(tab.run(BOXES)) == 0
    tab.run("W.set({ compare: -1, tab: 'overview' })")


@pytest.mark.parametrize(("name", "size"), [("a4", (297, 210)), ("a3", (420, 297))])
def test_it_prints_on_one_light_sheet(tab, tmp_path, name, size):
    path = tmp_path / f"{name}.pdf"
    tab.run("window.dispatchEvent(new Event('beforeprint'))")
    tab.pdf(path, width_mm=size[0], height_mm=size[1])
    tab.run("window.dispatchEvent(new Event('afterprint'))")
    assert path.stat().st_size < 5_000_000
    assert path.read_bytes().count(b"/Type /Page\n") == 1


def test_nothing_overflows_on_a_phone(page):
    with Browser(390, 844, phone=True) as phone:
        phone.open(page)
        for state in ({"tab": "overview"}, {"tab": "list"}, {"tab": "about"}, {"block": 3}):
            phone.run(f"W.set(Object.assign({{ block: -1 }}, {json.dumps(state)}))")
            assert phone.run("[document.documentElement, ...document.querySelectorAll('#bar, #legend, .panel-body')]"
                             ".every((e) => e.scrollWidth <= e.clientWidth + 1)"), state  # fmt: skip
            assert overlapping(phone.run(BOXES)) == 0
        assert phone.errors == [] and phone.remote == []


def test_a_click_tells_the_reasons_in_both_languages(tab):
    for b in (0, 13, 42):
        x, y, block = tab.run(
            f"(() => {{ W.layers.fit(); const s = W.data.blocks.spot[{b}],"
            " p = map_wuse.latLngToContainerPoint([s[1], s[0]]),"
            " r = document.getElementById('map_wuse').getBoundingClientRect();"
            f" return [r.left + p.x, r.top + p.y + 16, W.data.blocks.id[{b}]]; }})()"
        )
        tab.click_at(x, y)
        assert tab.run("document.querySelector('.card').dataset.block") == block
        for language in ("zh", "en"):
            tab.run(f"W.set({{ lang: '{language}' }})")
            said = tab.run("[...document.querySelectorAll('.reasons li')].map((e) => e.innerText)")
            assert said and all(said)
            chinese = any("\u4e00" <= c <= "\u9fff" for c in "".join(said))
            assert chinese == (language == "zh")
            expected = tab.run(f"W.text(W.state.flight, 'reasons_{language}', {b})")
            assert all(reason in expected for reason in said)
        tab.run("W.set({ lang: 'zh', block: -1 })")


@pytest.mark.real
def test_a_hostile_name_is_text(aveiro):
    with Browser() as tab:
        tab.open(aveiro)
        tab.run("W.panel.open(W.data.blocks.name.findIndex((n) => n.startsWith('</script>')))")
        assert HOSTILE in tab.run("document.querySelector('.card-name').textContent")
        assert tab.run("document.querySelectorAll('img[src=\"x\"]').length") == 0
        assert tab.errors == []
