"""The page in a real browser without a network: what a planner does, on a desk and on a phone."""

from __future__ import annotations

import base64
import json
import re
import zlib

import numpy as np
import pytest
import scene
from browser import BOXES, Browser, overlapping

from pipeline.artifacts import FlightPaths
from pipeline.config import CommunitySection, GradeSection, RenderSection
from pipeline.render import render_flight

pytestmark = pytest.mark.browser
COMMUNITY = CommunitySection(name="虹北社区", name_en="Hongbei Community", blocks="x", workdir="w")


@pytest.fixture(scope="module")
def rendered(tmp_path_factory):
    folder = tmp_path_factory.mktemp("map")
    flights = [scene.flight(i, folder / i, seed=s, hostile=True) for s, i in ((1, "2021-01"), (2, "2021-09"))]
    settings = RenderSection(overview_px=1024)
    return render_flight(COMMUNITY, flights, FlightPaths(folder / "run"), rubric=GradeSection(), settings=settings)


@pytest.fixture(scope="module")
def browser():
    with Browser() as tab:
        yield tab


@pytest.fixture
def tab(browser, rendered):
    browser.requests.clear()
    browser.errors.clear()
    browser.open(rendered.map_html)
    yield browser
    assert browser.errors == []
    assert browser.remote == []


def panel(tab) -> str:
    return str(tab.run("document.getElementById('panel').innerText"))


def select(tab, identity: str, value: object) -> None:
    tab.run(
        f"(() => {{ const s = document.getElementById('{identity}'); s.value = {json.dumps(str(value))};"
        " s.dispatchEvent(new Event('change')); })()"
    )


def middle_of(tab, block: str) -> tuple[float, float]:
    """Where the block's inside is on the screen, off its label."""
    x, y = tab.run(
        f"(() => {{ const b = W.data.blocks.id.indexOf('{block}'), s = W.data.blocks.spot[b],"
        " p = map_wuse.latLngToContainerPoint([s[1], s[0]]),"
        " r = document.getElementById('map_wuse').getBoundingClientRect();"
        " return [r.left + p.x, r.top + p.y + 16]; })()"
    )
    return x, y


def test_43_polygons_and_one_click_tells_the_reasons_in_both_languages(tab):
    assert tab.run("new Set([...document.querySelectorAll('path[data-block]')].map((p) => p.dataset.block)).size") == 43
    tab.click_at(*middle_of(tab, "B12"))
    assert "B12" in panel(tab) and "洁化线 12" in panel(tab)
    assert tab.run("location.hash") == "#B12"
    tab.click("#lang")
    assert "the clean cut 12" in panel(tab)
    assert tab.run("document.documentElement.lang") == "en"


def test_hostile_names_are_text(tab):
    tab.run("W.panel.open(W.data.blocks.id.indexOf('B04'))")
    assert scene.HOSTILE in panel(tab)
    tab.move(*middle_of(tab, "B04"))
    assert scene.HOSTILE in tab.run("document.querySelector('.tip').textContent")
    assert tab.run("document.querySelectorAll('img[src=\"x\"]').length") == 0


def test_hostile_names_are_text_without_the_policy_too(browser, rendered, tmp_path):
    page = rendered.map_html.read_text(encoding="utf-8")
    bare = tmp_path / "bare.html"
    bare.write_text(re.sub(r'<meta http-equiv="Content-Security-Policy"[^>]*>', "", page), encoding="utf-8")
    browser.open(bare, "#B04")
    assert scene.HOSTILE in panel(browser)
    browser.run("W.set({ block: -1, tab: 'list' })")
    assert browser.run("document.querySelectorAll('img[src=\"x\"]').length") == 0
    assert browser.errors == []


def test_link_opens_its_block(tab, rendered):
    tab.open(rendered.map_html, "#B30")
    assert tab.run("document.querySelector('.card').dataset.block") == "B30"
    tab.run("location.hash = '#B99'")
    tab.wait_for("W.state.block === -1")
    assert "没有相符的区块" in tab.run("document.getElementById('found').innerText")
    tab.open(rendered.map_html, "#B98")
    assert "没有相符的区块" in tab.run("document.getElementById('found').innerText")


def test_find_by_id_and_by_name(tab):
    tab.key("/")
    tab.type("b17")
    tab.key("Enter", "\r")
    assert tab.run("document.querySelector('.card').dataset.block") == "B17"
    tab.run("document.getElementById('find').value = ''")
    tab.click("#find")
    tab.type("第22")
    assert "第22块" in tab.run("document.getElementById('found').innerText")


def test_find_tells_how_many_it_leaves_out_and_obeys_the_arrows(tab):
    tab.run("W.panel.open(3)")
    tab.click("#find")
    tab.type("b1")
    assert "显示 8 / 10" in tab.run("document.getElementById('found').innerText")
    focused = "document.activeElement.innerText.split('\\n').find((s) => s[0] === 'B') || document.activeElement.id"
    seen = []
    for key in ("ArrowDown", "ArrowDown", "ArrowUp", "ArrowDown"):
        tab.key(key)
        seen.append(tab.run(focused))
    assert seen == ["B10", "B11", "B10", "B11"]
    tab.key("Escape")
    assert tab.run(f"[{focused}, document.getElementById('found').hidden, W.state.block]") == ["find", True, 3]


def test_filter_by_colour_and_back(tab):
    orange = tab.run("W.counts(W.state.flight)[1]")
    tab.key("2", "2")
    tab.run("W.set({ tab: 'list' })")
    assert tab.run("document.querySelectorAll('tbody tr').length") == orange
    tab.key("2", "2")
    tab.click("#legend button[data-grade=yellow]")
    assert (
        tab.run("document.querySelector('#legend button[data-grade=yellow]').getAttribute('aria-pressed')") == "false"
    )
    assert tab.run("document.querySelectorAll('tbody tr').length") == 43 - tab.run("W.counts(W.state.flight)[2]")


@pytest.mark.parametrize("column", ["id", "grade", "clutter", "green_pct", "hotspots", "confidence"])
def test_list_sorts_by_any_column_unknown_last(tab, column):
    tab.run("W.set({ tab: 'list' })")
    cells = "[...document.querySelectorAll('tbody tr')].map((r) => r.children[2].innerText)"
    tab.click(f"button[data-sort={column}]")
    up = tab.run(cells)
    tab.click(f"button[data-sort={column}]")
    assert up != tab.run(cells)
    if column == "clutter":
        assert up[-1] == "—" and tab.run(cells)[-1] == "—"
        assert [float(v) for v in up[:-1]] == sorted(float(v) for v in up[:-1])


def test_swipe_shows_each_flight_on_its_own_side(tab):
    select(tab, "compare", 0)
    assert tab.run("document.querySelector('.swipe-left').innerText") == "2021-01"
    assert tab.run("document.querySelector('.swipe-right').innerText") == "2021-09"
    clip = "document.querySelector('.leaflet-block-left-pane').style.clip"
    before = tab.run(clip)
    assert before.startswith("rect(")
    box = tab.run(
        "(() => { const r = document.querySelector('.knob').getBoundingClientRect();"
        " return [r.left + 20, r.top + 20]; })()"
    )
    tab.drag((box[0], box[1]), (box[0] - 300, box[1]))
    assert tab.run(clip) != before
    tab.run("W.set({ tab: 'change', block: -1 })")
    assert "2021-01 → 2021-09" in panel(tab) and "削红" in panel(tab)


def test_the_headline_tells_what_is_filtered_and_the_changes_name_their_figure(tab):
    assert tab.run("document.getElementById('filtered')") is None
    select(tab, "filter", "worse")
    n = tab.run("W.every.filter(W.shown).length")
    assert tab.run("document.getElementById('filtered').innerText") == f"变差 · 显示 {n} / 43"
    tab.run("W.set({ filter: 'all' })")
    tab.key("1", "1")
    n = tab.run("W.counts(1)[0]")
    assert tab.run("document.getElementById('filtered').innerText") == f"红 · 显示 {n} / 43"
    tab.key("1", "1")
    tab.run("W.set({ tab: 'change' })")
    assert tab.run("document.querySelector('.rows-head').innerText") == "杂物指数"


def test_the_swipe_is_taken_anywhere_keeps_its_place_and_its_names_in_sight(tab):
    select(tab, "compare", 0)
    x = "document.querySelector('.swipe-bar').getBoundingClientRect().x"
    before, centre = tab.run(x), tab.run("map_wuse.getCenter().lng")
    tab.drag((before + 5, 130), (before - 150, 160))
    assert tab.run(x) == pytest.approx(before - 150, abs=4)
    assert tab.run("map_wuse.getCenter().lng") == centre and tab.run("getSelection().toString()") == ""
    moved = tab.run(x)
    tab.click("#lang")
    assert tab.run(x) == pytest.approx(moved, abs=1)
    tab.drag((moved + 2, 130), (1, 130))
    name, zoom = (f"document.querySelector('{s}').getBoundingClientRect()" for s in (".swipe-right", ".zoom"))
    assert tab.run(f"{name}.left >= {zoom}.right")
    assert tab.run("getComputedStyle(document.querySelector('.swipe-left')).visibility") == "hidden"


def test_the_sheet_of_layers_closes_with_esc_and_with_a_click_on_the_map(tab):
    tab.run("W.panel.open(3)")
    hidden = "document.getElementById('layer-sheet').hidden"
    tab.click("#layers")
    tab.click("#show-labels")
    assert tab.run(hidden) is False
    tab.key("Escape")
    assert tab.run(f"[{hidden}, W.state.block, document.activeElement.id]") == [True, 3, "layers"]
    tab.click("#layers")
    tab.click_at(700, 300)
    assert tab.run(hidden) is True


def test_a_filter_by_changes_ends_where_no_other_flight_is(tab):
    select(tab, "filter", "better")
    assert 0 < tab.run("W.every.filter(W.shown).length") < 43
    select(tab, "flight", 0)
    assert tab.run("document.getElementById('filter').value") == "all"
    assert tab.run("W.every.filter(W.shown).length") == 43
    select(tab, "filter", "provisional")
    select(tab, "flight", 1)
    assert tab.run("document.getElementById('filter').value") == "provisional"


def test_two_flights_are_compared_from_the_earlier_to_the_later_one(tab):
    select(tab, "flight", 0)
    select(tab, "compare", 1)
    assert tab.run("document.querySelector('.swipe-left').innerText") == "2021-01"
    assert tab.run("document.getElementById('flight').value") == "1"
    tab.run("W.set({ tab: 'change' })")
    assert "2021-01 → 2021-09" in panel(tab)
    select(tab, "flight", 0)
    assert tab.run("document.getElementById('compare').value") == "-1"


def test_beside_another_flight_counts_card_and_tip_say_whose_they_are(tab):
    assert "2021-09" not in panel(tab)
    select(tab, "compare", 0)
    assert "2021-09 · 43 个区块" in panel(tab)
    assert "2021-09" in tab.run("document.getElementById('legend').innerText")
    x, y = middle_of(tab, "B10")
    side = "2021-01" if x < tab.run("document.querySelector('.swipe-bar').getBoundingClientRect().x") else "2021-09"
    tab.move(x, y)
    assert f"{side} · " in tab.run("document.querySelector('.tip-body').innerText")
    tab.click_at(x, y)
    assert "2021-09 · " in tab.run("document.querySelector('.card-grade').innerText")


@pytest.mark.parametrize("share", [0.2, 0.37, 0.5, 0.81])
def test_no_label_is_cut_or_covered_beside_the_swipe(tab, share):
    select(tab, "compare", 0)
    tab.run(f"document.querySelector('.swipe-bar').style.left = '{100 * share}%'; W.layers.setSplit({share})")
    bar = tab.run("document.querySelector('.swipe-bar').getBoundingClientRect()['x']") + 1.5
    for side, before in (("left", True), ("right", False)):
        shown = tab.run(
            f"[...document.querySelectorAll('.leaflet-label-{side}-pane .tag')]"
            ".filter((e) => getComputedStyle(e).visibility === 'visible')"
            ".map((e) => e.getBoundingClientRect()).map((r) => [r.left, r.right])"
        )
        assert shown
        assert all(right <= bar if before else left >= bar for left, right in shown)
    assert overlapping(tab.run(BOXES)) == 0


def test_beside_each_other_every_sign_is_shown_and_explained(tab):
    select(tab, "compare", 0)
    tab.run("W.layers.setSplit(0.03)")
    tags = tab.run(
        "[...document.querySelectorAll('.leaflet-label-right-pane .tag')].map((e) => e.innerText.split('\\n').pop())"
    )
    grades = {f: tab.run(f"W.every.map((b) => W.grade({f}, b).number)") for f in (0, 1)}
    ids = tab.run("W.data.blocks.id")
    for words in tags:
        b = ids.index(words.split()[0])
        a, z = grades[0][b], grades[1][b]
        assert words.split()[1:] == (["≠"] if not a or not z else ["▲"] if z > a else ["▼"] if z < a else [])
    assert sum("≠" in words for words in tags) == 1
    assert "不可比 1" in tab.run("document.getElementById('legend').innerText")
    select(tab, "filter", "apart")
    assert tab.run("W.every.filter(W.shown).length") == 1
    tab.run("W.data.flights[0].rubric = 'other'; W.set({ filter: 'all', tab: 'change' })")
    assert "分级标准版本不同" in panel(tab)


def test_first_view_fits_the_blocks_tightly(tab):
    left, top, right, bottom, width, height = tab.run(
        "(() => { const [l, d, r, u] = W.figure.box(W.every), a = map_wuse.latLngToContainerPoint([u, l]),"
        " z = map_wuse.latLngToContainerPoint([d, r]), s = map_wuse.getSize();"
        " return [a.x, a.y, z.x, z.y, s.x, s.y]; })()"
    )
    assert left >= 10 and top >= 10 and right <= width - 10 and bottom <= height - 10
    assert (right - left) / width > 0.9 or (bottom - top) / height > 0.9
    assert overlapping(tab.run(BOXES)) == 0


def test_aims_count_and_filter_the_changes(tab):
    tab.run("W.set({ tab: 'change' })")
    for aim in tab.run("[...document.querySelectorAll('[data-aim]')].map((e) => e.dataset.aim)"):
        count = int(tab.run(f"document.querySelector('[data-aim={aim}] b').innerText"))
        tab.click(f"[data-aim={aim}]")
        assert tab.run("document.querySelectorAll('.rows .row').length") == count
        assert tab.run("W.every.filter(W.shown).length") == count
        tab.click(f"[data-aim={aim}]")
    cells = tab.run("[...document.querySelectorAll('.matrix tbody td')].map((e) => Number(e.innerText) || 0)")
    assert sum(cells) == tab.run("W.every.filter((b) => W.change(1, 0, b) !== null).length")


def test_card_shows_gates_chips_distribution_and_history(tab):
    tab.run("W.panel.open(W.every.find((b) => W.spotsOf(1)[b].length > 2))")
    for selector in (".gate", ".needs li", ".chip img", ".strip .mine", ".history rect"):
        assert tab.run(f"document.querySelectorAll('{selector}').length") > 0, selector
    tab.click(".chip")
    assert tab.run("map_wuse.getZoom()") > 4


def test_keys_step_through_the_blocks(tab):
    tab.key("j", "j")
    first = tab.run("W.state.block")
    tab.key("j", "j")
    assert tab.run("W.state.block") != first
    tab.key("k", "k")
    assert tab.run("W.state.block") == first
    tab.key("Escape")
    assert tab.run("W.state.block") == -1


def test_back_from_a_card_list_and_map_are_where_they_were(tab):
    view = "[map_wuse.getZoom(), map_wuse.getCenter().lng, map_wuse.getCenter().lat].map((v) => v.toFixed(3))"
    tab.run("W.set({ tab: 'list' }); document.getElementById('panel-body').scrollTop = 700")
    place = tab.run(view)
    tab.run("document.querySelectorAll('tbody button')[30].click()")
    assert tab.run("document.getElementById('panel-body').scrollTop") == 0
    assert tab.run(view) != place
    tab.click("#next")
    tab.click("#back")
    assert tab.run("document.getElementById('panel-body').scrollTop") == 700
    assert tab.run(view) == place


def test_the_keyboard_stays_where_it_was_when_a_part_is_drawn_anew(tab):
    tab.run("document.querySelectorAll('.row')[2].focus()")
    row = tab.run("document.activeElement.dataset.row")
    tab.key("Enter", "\r")
    assert tab.run("[W.state.block, document.activeElement.id]") == [int(row), "panel-body"]
    tab.key("Escape")
    assert tab.run("[W.state.block, document.activeElement.dataset.row]") == [-1, row]
    tab.run("document.querySelector('#legend [data-grade=yellow]').focus()")
    tab.key(" ", " ")
    assert tab.run("[W.state.only[2], document.activeElement.dataset.grade]") == [False, "yellow"]
    tab.run("document.getElementById('compare').focus()")
    select(tab, "compare", 0)
    assert tab.run("document.activeElement.id") == "compare"
    tab.run("W.set({ tab: 'change' }); document.querySelector('[data-aim=worse]').focus()")
    tab.key("Enter", "\r")
    assert tab.run("[W.state.filter, document.activeElement.dataset.aim]") == ["worse", "worse"]


def test_the_tab_key_does_not_stop_at_the_shapes_of_the_map(tab):
    stops = "[...document.querySelectorAll('path')].filter((p) => { p.focus(); return document.activeElement === p; })"
    assert tab.run(f"{stops}.length") == 0


def test_layers_can_be_switched_off(tab):
    tab.click("#layers")
    tab.click("#show-hotspots")
    assert tab.run("document.querySelectorAll('.leaflet-spot-right-pane path').length") == 0
    tab.click("#show-labels")
    assert tab.run("document.querySelectorAll('.tag').length") == 0


def test_scale_bar_is_true(tab):
    metres, pixels = tab.run(
        "(() => { const at = (x) => map_wuse.containerPointToLatLng([x, 100]), a = at(100), b = at(300);"
        " const line = document.querySelector('.leaflet-control-scale-line');"
        " return [(b.lng - a.lng) / 200 * parseFloat(line.style.width), parseFloat(line.innerText)]; })()"
    )
    assert metres == pytest.approx(pixels, rel=0.02)


def test_print_has_map_legend_scale_and_facts(tab, tmp_path):
    tab.run("window.dispatchEvent(new Event('beforeprint'))")
    words = tab.run("document.getElementById('sheet').textContent")
    for part in ("虹北社区", "2021-09", "2026-1", "米", "北", "影像初评"):
        assert part in words
    assert tab.run("document.querySelectorAll('#sheet .figure-name').length") == 43
    for name, width, height in (("a4", 297, 210), ("a3", 420, 297)):
        tab.pdf(tmp_path / f"{name}.pdf", width_mm=width, height_mm=height)
        assert (tmp_path / f"{name}.pdf").stat().st_size < 5_000_000
        assert (tmp_path / f"{name}.pdf").read_bytes().count(b"/Type /Page\n") == 1


def test_the_printed_keys_have_the_patterns_of_the_map(tab):
    tab.run("window.dispatchEvent(new Event('beforeprint'))")
    fills = tab.run("[...document.querySelectorAll('#sheet .key [fill^=url]')].map((e) => e.getAttribute('fill'))")
    assert len(fills) >= 5
    for fill in fills:
        assert tab.run(f"!!document.getElementById('{fill[5:-1]}').closest('#sheet')"), fill


def test_the_printed_sheet_tells_what_it_leaves_out_and_counts_all(tab):
    tab.key("1", "1")
    tab.run("W.set({ compare: 0, block: W.every.find((b) => W.grade(1, b).number === 1), filter: 'hotspots' })")
    tab.run("window.dispatchEvent(new Event('beforeprint'))")
    told = tab.run("document.querySelector('.sheet-shows').textContent")
    shown = tab.run("W.every.filter(W.shown).length")
    assert 0 < shown < 43
    for part in (f"只画出：红 + 有疑似点（{shown} / 43", "只印航次 2021-09；未印所对比的 2021-01", "粗框为所选区块"):
        assert part in told
    counts = tab.run("[...document.querySelectorAll('.sheet-legend em')].map((e) => Number(e.textContent))")
    assert sum(counts) == 43
    assert tab.run("document.querySelectorAll('#sheet .figure-chosen').length") == 2
    tab.run("W.set({ only: W.data.grades.map(() => true), filter: 'all', compare: -1, block: -1 });"
            "window.dispatchEvent(new Event('beforeprint'))")  # fmt: skip
    assert tab.run("document.querySelector('.sheet-shows')") is None


def test_dots_have_a_key_and_are_printed_while_they_are_on(tab):
    most, every = tab.run("[W.layers.FIRST, W.total(1, 'hotspots')]")
    line = f"疑似点：前 {min(most, every)} 处，共 {every:.0f} 处"
    assert line in tab.run("document.getElementById('legend').textContent")
    dots = tab.run("document.querySelectorAll('.leaflet-spot-right-pane path').length")
    for on, count in ((True, dots), (False, 0)):
        tab.run(f"W.layers.setView({{ hotspots: {str(on).lower()} }}); window.dispatchEvent(new Event('beforeprint'))")
        assert tab.run("document.querySelectorAll('#sheet .figure .figure-spot').length") == count
        assert (line in tab.run("document.querySelector('#sheet .sheet-legend').textContent")) == on
    assert dots > 0


def test_report_tells_all_blocks_and_limits(browser, rendered, tmp_path):
    browser.open(rendered.report_html)
    words = browser.run("document.body.innerText")
    assert scene.HOSTILE in words
    assert "绝不作为处罚的唯一依据" in words and "0.2 米" in words and "2026-1" in words
    assert browser.run("document.querySelectorAll('tbody tr').length") == 43
    browser.click("#lang")
    assert "never the only ground for a penalty" in browser.run("document.body.innerText")
    browser.pdf(tmp_path / "report.pdf", width_mm=210, height_mm=297)
    assert (tmp_path / "report.pdf").stat().st_size < 5_000_000
    assert browser.errors == [] and browser.remote == []


def test_the_first_page_of_the_report_holds_its_map_under_a_long_name(rendered):
    with Browser(700, 1040) as tab:
        tab.open(rendered.report_html)
        tab.print_media()
        for name in ("虹北社区", "名字很长的社区" * 12):
            tab.run(f"W.data.community.zh = '{name}'; W.set({{ lang: 'en' }}); W.set({{ lang: 'zh' }})")
            page, legend = tab.run("['.first-page', '.sheet-legend'].map((s) => document.querySelector(s)"
                                   ".getBoundingClientRect().bottom)")  # fmt: skip
            assert legend <= page + 1 <= 1040, name


@pytest.mark.parametrize("stretch", [1, 4])
def test_scale_and_north_cover_no_block_and_words_keep_their_size(browser, rendered, stretch):
    """Also of a place four times as tall, whose map is held by the height of the paper."""
    browser.open(rendered.report_html)
    browser.run(f"W.every.forEach((b) => W.figure.outline(b).flat(2).forEach((p) => {{ p[1] *= {stretch}; }}))")
    for options in ("width: 1000, height: 660", "width: 1000, height: 847, fill: true"):
        wide, high, blocks, signs = browser.run(
            f"(() => {{ const map = W.figure.draw(0, {{ {options} }}); document.body.appendChild(map);"
            " const box = (s) => [...map.querySelectorAll(s)].map((e) => e.getBBox())"
            ".map((r) => [r.x, r.y, r.x + r.width, r.y + r.height]);"
            " const all = box('path[fill^=\"url(#fig\"]'), signs = box('.figure-scale, .figure-north');"
            " map.remove(); const v = map.viewBox.baseVal; return [v.width, v.height, all, signs]; })()"
        )
        assert len(blocks) == 43 and len(signs) == 2
        assert wide <= 1000 and high <= 847 and ("fill" in options or high <= 660)
        assert stretch == 1 or "fill" in options or wide < high
        assert overlapping(signs) == 0 and max(b[3] for b in blocks) < min(s[1] for s in signs)


def test_no_button_is_a_grid_and_no_cell_spans_rows_as_old_browsers_lay_those_out_otherwise(tab):
    for tab_name in ("overview", "list", "change", "about"):
        tab.run(f"W.set({{ block: -1, tab: '{tab_name}', compare: 0 }})")
        assert tab.run("[...document.querySelectorAll('button')].filter((b) => getComputedStyle(b).display === 'grid')"
                       ".map((b) => b.className)") == []  # fmt: skip
    assert tab.run("getComputedStyle(document.getElementById('app')).display") == "flex"


UNREACHED = """
[...document.querySelectorAll('button, select, input, summary')].filter((e) => e.offsetParent).filter((e) => {
  e.scrollIntoView({ block: 'center', inline: 'center' });
  const r = e.getBoundingClientRect(), hit = document.elementFromPoint(r.left + r.width / 2, r.top + r.height / 2);
  const target = (e.closest('label') || e).getBoundingClientRect();
  return !hit || !e.contains(hit) || r.left < -1 || r.right > innerWidth + 1 || target.height < 24 || target.width < 24;
}).map((e) => e.outerHTML.slice(0, 90))
"""


@pytest.mark.parametrize("lang", ["zh", "en"])
def test_phone_has_everything_within_reach(rendered, lang):
    with Browser(390, 844, phone=True) as tab:
        tab.open(rendered.map_html)
        tab.run("document.getElementById('layers').click()")
        for state in (
            "{ block: -1, tab: 'overview' }", "{ tab: 'list' }", "{ tab: 'about' }", "{ block: 3 }",
            "{ block: -1, tab: 'change', compare: 0 }",
        ):  # fmt: skip
            tab.run(f"W.set(Object.assign({{ lang: '{lang}' }}, {state}))")
            assert tab.run("document.documentElement.scrollWidth") == 390
            assert tab.run("[document.body, ...document.querySelectorAll('#bar, #legend, .panel-body')]"
                           ".every((e) => e.scrollWidth <= e.clientWidth + 1)"), state  # fmt: skip
            assert tab.run(UNREACHED) == [], state
            assert overlapping(tab.run(BOXES)) == 0, state
        tab.click("#layers")
        tab.click("#legend button[data-grade=red]")
        assert tab.run("W.state.only[0]") is False
        assert tab.errors == [] and tab.remote == []


def test_on_a_phone_no_block_that_changed_looks_unchanged(rendered):
    with Browser(390, 844, phone=True) as tab:
        tab.open(rendered.map_html)
        tab.run("W.set({ compare: 0 }); document.querySelector('.swipe-bar').style.left = '3%';"
                "W.layers.setSplit(0.03)")  # fmt: skip
        tags = tab.run("[...document.querySelectorAll('.leaflet-label-right-pane .tag')].map((e) => e.innerText)")
        signs = [words for words in tags if words[-1] in "▲▼≠"]
        moved, same = tab.run("[W.every.filter((b) => W.change(1, 0, b)).length,"
                              " W.every.filter((b) => W.change(1, 0, b) === 0).length]")  # fmt: skip
        assert len(tags) >= 42 and len(signs) >= moved - 1 > 5
        assert len(tags) - len(signs) <= same
        assert overlapping(tab.run(BOXES)) == 0


@pytest.mark.parametrize("size", [(820, 1180), (960, 600)])
@pytest.mark.parametrize("lang", ["zh", "en"])
def test_a_tablet_and_a_zoomed_page_have_their_whole_head_and_legend(rendered, size, lang):
    with Browser(*size) as tab:
        tab.open(rendered.map_html)
        for compare in (-1, 0):
            tab.run(f"W.set({{ lang: '{lang}', compare: {compare} }})")
            cut = tab.run("[...document.querySelectorAll('#bar, .brand h1, .acts button, #legend, #legend p,"
                          " #legend button')].filter((e) => e.scrollWidth > e.clientWidth + 1"
                          " || e.getBoundingClientRect().right > innerWidth).map((e) => e.textContent)")  # fmt: skip
            assert cut == []
            assert tab.run("[...document.querySelectorAll('.acts button')].every((e) => e.offsetHeight < 42)")
            assert tab.run("document.getElementById('legend').getBoundingClientRect().right"
                           " <= document.getElementById('ground').getBoundingClientRect().right")  # fmt: skip


LONG = "W.data.blocks.id.forEach((id, b) => { W.data.blocks.id[b] = 'KTM-WEST-WARD16-0' + id.slice(1); });"
LABELS = """
[...document.querySelectorAll('.leaflet-label-right-pane .tag-id')].map((e) => {
  const id = e.innerText, own = W.data.blocks.id.findIndex((x) => x.endsWith(id.replace('…', '')));
  const [l, , r] = W.figure.box([own]), scale = Math.pow(2, map_wuse.getZoom());
  return [id, e.parentNode.offsetWidth - (r - l) * scale];
})
"""


def test_long_ids_keep_the_end_that_tells_them_apart_and_stay_in_their_block(tab):
    tab.run(LONG + "W.set({ lang: 'en' }); window.dispatchEvent(new Event('beforeprint'))")
    labels = tab.run(LABELS)
    assert len(labels) > 20 and len({id for id, _ in labels}) == len(labels)
    assert all(over < 1 for _, over in labels)
    names = tab.run("[...document.querySelectorAll('#sheet .figure-name')].map((e) => { const [, digit, , words] ="
                    " [...e.children].map((c) => c.getBBox()); return [e.children[3].textContent,"
                    " words.x - digit.x - digit.width]; })")  # fmt: skip
    assert len(names) > 20 and len({id for id, _ in names}) == len(names)
    assert all(gap >= 0 for _, gap in names)
    tab.run("W.set({ tab: 'list' })")
    assert tab.run("[...document.querySelectorAll('td .link')].every((e) => e.scrollWidth <= e.clientWidth + 1)")


def test_packed_tables_are_unpacked_to_the_letter(tab):
    rng = np.random.default_rng(3)
    texts = (
        "a",
        "洁化线" * 40_000,
        json.dumps(rng.integers(0, 10**6, 30_000).tolist()),
        "".join(chr(c) for c in rng.integers(32, 50_000, 20_000)),
    )
    for text in texts:
        for level in (0, 1, 9):
            raw = text.encode()
            deflate = zlib.compressobj(level, zlib.DEFLATED, -15)
            packed = base64.b64encode(deflate.compress(raw) + deflate.flush()).decode()
            assert tab.run(f"unpack('{packed}', {len(raw)})") == text
