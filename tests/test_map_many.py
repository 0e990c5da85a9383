"""The map of very many blocks: colour alone and counts by field on the whole map, numbers and outlines nearby."""

from __future__ import annotations

import re
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
import scene
from browser import BOXES, Browser, overlapping

from pipeline.artifacts import FlightPaths
from pipeline.config import CommunitySection, GradeSection, RenderSection
from pipeline.render import render_flight

pytestmark = pytest.mark.browser
COMMUNITY = CommunitySection(name="虹北社区", name_en="Hongbei Community", blocks="x", workdir="w")
MANY, MOST = 1500, 5100
TITLES = "[...document.querySelectorAll('.tag.many')].map((e) => e.title)"

FIRST_TAG = (
    "(() => { const r = document.querySelector('.tag.many').getBoundingClientRect();"
    " return [r.left + r.width / 2, r.top + r.height / 2]; })()"
)


def render(folder, flights):
    settings = RenderSection(overview_px=512)
    return render_flight(COMMUNITY, flights, FlightPaths(folder), rubric=GradeSection(), settings=settings)


@pytest.fixture(scope="module")
def many(tmp_path_factory):
    folder = tmp_path_factory.mktemp("many")
    flights = [scene.flight(i, folder / i, count=MANY, seed=s) for s, i in ((1, "2021-01"), (2, "2021-09"))]
    more = pd.concat([flights[1].hotspots] * 3, ignore_index=True)
    flights[1] = replace(flights[1], hotspots=more.assign(rank=np.arange(len(more)) + 1))
    return render(folder, flights).map_html


@pytest.fixture(scope="module")
def browser():
    with Browser() as tab:
        yield tab


@pytest.fixture
def tab(browser, many):
    browser.errors.clear()
    browser.open(many)
    yield browser
    assert browser.errors == []


def told(tab) -> dict[str, int]:
    """The tags' counts by colour, summed."""
    sums: dict[str, int] = {}
    for title in tab.run(TITLES):
        for colour, n in re.findall(r"(\S+) (\d+)", title):
            sums[colour] = sums.get(colour, 0) + int(n)
    return sums


def expected(tab) -> dict[str, int]:
    counts = tab.run("W.data.grades.map((g, i) => [W.label(g), W.every.filter((b) => W.shown(b)"
                     " && W.gradeIndex(W.state.flight, b) === i).length])")  # fmt: skip
    return {colour: n for colour, n in counts if n}


def test_a_large_page_packs_its_tables_and_caps_its_spots(tab, many):
    page = many.read_text(encoding="utf-8")
    assert 'id="flight-1">[' not in page and "data-size=" in page
    assert tab.run("W.flight(1).grade.length") == MANY
    assert tab.run("W.spots(1).id.length") == 6000
    assert tab.run("W.spots(0).id.length") == 3000
    tab.run("W.panel.open(W.every.find((b) => W.spotsOf(1)[b].length))")
    assert "前 6000 处" in tab.run("document.getElementById('panel').innerText")


def test_fields_count_every_block_once_and_follow_the_filter(tab):
    assert told(tab) == expected(tab)
    tab.key("1", "1")
    assert told(tab) == expected(tab)
    assert set(told(tab)) == {"红"}


def test_fields_do_not_cover_each_other_also_beside_a_swipe(tab):
    assert tab.run("document.querySelectorAll('.tag.many').length") > 12
    assert overlapping(tab.run(BOXES)) == 0
    tab.run("W.set({ compare: 0 })")
    assert tab.run("document.querySelectorAll('.leaflet-label-left-pane .tag.many').length") > 12
    assert overlapping(tab.run(BOXES)) == 0


def test_the_note_on_fields_covers_no_block_and_speaks_both_languages(tab):
    covered = (
        "(() => { const n = document.getElementById('fields').getBoundingClientRect(), p = map_wuse.getContainer()"
        ".getBoundingClientRect(), at = (b) => { const s = W.data.blocks.spot[b], q = map_wuse"
        ".latLngToContainerPoint([s[1], s[0]]); return [p.left + q.x, p.top + q.y]; };"
        " return W.every.filter((b) => { const [x, y] = at(b); return x > n.left && x < n.right && y > n.top"
        " && y < n.bottom; }).length; })()"
    )
    assert tab.run(covered) == 0
    tab.click("#lang")
    assert "two worst colours" in tab.run("document.getElementById('fields').innerText")
    assert "Red" in tab.run(TITLES)[0]


def test_a_press_on_a_field_looks_closer_until_blocks_have_numbers_and_outlines(tab):
    assert tab.run("document.getElementById('fields').hidden") is False
    assert tab.run("document.querySelector('path[data-block]').getAttribute('stroke')") == "none"
    zoom = tab.run("map_wuse.getZoom()")
    for _ in range(3):
        if tab.run("document.querySelectorAll('.tag.many').length"):
            tab.click_at(*tab.run(FIRST_TAG))
    assert tab.run("map_wuse.getZoom()") > zoom
    assert tab.run("document.querySelectorAll('.tag.many').length") == 0
    assert tab.run("document.querySelectorAll('.tag').length") > 5
    assert tab.run("document.getElementById('fields').hidden") is True
    assert tab.run("document.querySelector('path[data-block]').getAttribute('stroke')") != "none"


def test_a_list_longer_than_the_table_says_so(tab):
    tab.run("W.set({ tab: 'list' })")
    assert tab.run("document.querySelectorAll('tbody tr').length") == 1000
    words = tab.run("document.getElementById('panel').innerText")
    assert f"{MANY} / {MANY}" in words and "前 1000 个" in words


def test_the_printed_sheet_names_only_what_it_lists_and_stays_light(tab, tmp_path):
    tab.run("window.dispatchEvent(new Event('beforeprint'))")
    assert 0 < tab.run("document.querySelectorAll('#sheet .figure-name').length") <= 7
    tab.pdf(tmp_path / "a3.pdf", width_mm=420, height_mm=297)
    assert (tmp_path / "a3.pdf").stat().st_size < 5_000_000


def test_beyond_five_thousand_blocks_they_are_drawn_on_a_canvas_and_can_be_pressed(browser, tmp_path):
    flights = [scene.flight("2021-01", tmp_path / "f", count=MOST, seed=1)]
    browser.errors.clear()
    browser.open(render(tmp_path / "run", flights).map_html)
    assert browser.run("document.querySelectorAll('path[data-block]').length") == 0
    assert browser.run("document.querySelectorAll('.leaflet-block-right-pane canvas').length") == 1
    assert told(browser) == expected(browser)
    x, y = browser.run(
        "(() => { const s = W.data.blocks.spot[700], r = map_wuse.getContainer().getBoundingClientRect();"
        " map_wuse.setView([s[1], s[0]], 4, { animate: false });"
        " return [r.left + r.width / 2, r.top + r.height / 2]; })()"
    )
    browser.run("W.layers.setView({ labels: false, hotspots: false })")
    browser.click_at(x, y)
    assert browser.run("W.state.block") == 700
    assert browser.errors == []
