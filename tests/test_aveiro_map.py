"""The map of a real place in a real browser: the whole line from the orthophoto, and a hostile name in it."""

from __future__ import annotations

import geopandas as gpd
import pytest
from browser import Browser
from scene import HOSTILE

from pipeline.artifacts import flight_paths
from pipeline.config import load_config
from pipeline.run import run_community

pytestmark = [pytest.mark.browser, pytest.mark.real]
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
def page(real, tmp_path_factory):
    folder = tmp_path_factory.mktemp("aveiro")
    blocks = gpd.read_file(real / "data/aveiro/blocks.gpkg")
    blocks.loc[5, "name"] = HOSTILE
    blocks.to_file(folder / "blocks.gpkg", layer="blocks")
    (folder / "a.toml").write_text(
        CONFIG.format(orthophoto=(real / "data/aveiro/orthophoto.tif").as_posix()), encoding="utf-8"
    )
    config = load_config(folder / "a.toml")
    run_community(config)
    return flight_paths(folder / "runs", "f1").map_html


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
            expected = tab.run(f"W.text(0, 'reasons_{language}', {b})")
            assert all(reason in expected for reason in said)
        tab.run("W.set({ lang: 'zh', block: -1 })")


def test_a_hostile_name_is_text(tab):
    tab.run("W.panel.open(W.data.blocks.name.findIndex((n) => n.startsWith('</script>')))")
    assert HOSTILE in tab.run("document.querySelector('.card-name').textContent")
    assert tab.run("document.querySelectorAll('img[src=\"x\"]').length") == 0
