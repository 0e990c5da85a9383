"""What map and report show of a comparison: proposed, official or neither, why not, and the same ground twice."""

from __future__ import annotations

import json
from dataclasses import replace
from itertools import pairwise
from pathlib import Path

import geopandas as gpd
import pytest
import scene
from browser import Browser

from pipeline.artifacts import FlightPaths
from pipeline.config import CommunitySection, GradeSection, RenderSection
from pipeline.core.change import Change, transitions
from pipeline.core.comparison import ChangeReason, ProposalAct, Transition
from pipeline.core.proposals import ProposalLine
from pipeline.core.vocabulary import Grade
from pipeline.io.comparisons import ComparisonFiles, Told
from pipeline.render import FlightResults, Rendered, render_flight
from pipeline.viewer.comparisons import trend_table

pytestmark = pytest.mark.browser
COMMUNITY = CommunitySection(name="虹北社区", name_en="Hongbei Community", blocks="x", workdir="w")
FLIGHTS = ("2020-09", "2021-01", "2021-09")
_OLD, _NEW = (list(scene.block_frame(43, seed, False).grade) for seed in (2, 3))
_DIFFER = [i for i, ends in enumerate(zip(_OLD, _NEW, strict=True)) if len({*ends, "ungraded"}) == 3]
CONFIRMED, REFUSED, DOUBTFUL, APART = _DIFFER[:4]


def reason(i: int, old: str, new: str) -> ChangeReason:
    """The block's made-up reason: a few special ones, else the colours decide."""
    if "ungraded" in (old, new):
        return ChangeReason.UNGRADED
    if i == APART:
        return ChangeReason.NOT_COMPARABLE
    if old == new:
        return ChangeReason.SAME
    return ChangeReason.WITHIN_ERROR if i == DOUBTFUL else ChangeReason.MEASURED


def changes(before: FlightResults, after: FlightResults) -> list[Change]:
    pairs = zip(before.blocks.grade, after.blocks.grade, strict=True)
    return [Change(Grade(a), Grade(b), reason(i, a, b)) for i, (a, b) in enumerate(pairs)]


def told(before: FlightResults, after: FlightResults, folder: Path) -> Told:
    made = changes(before, after)
    spots = sorted((after.chips / "chips").glob("*.webp"))
    (folder / "chips").mkdir(parents=True)
    rows = []
    for i, change in enumerate(made):
        names = ("", "")
        if change.proposed:
            names = (f"chips/{i}-a.webp", f"chips/{i}-b.webp")
            for name, spot in zip(names, spots[i : i + 2], strict=True):
                (folder / name).write_bytes(spot.read_bytes())
        apart = i == APART
        rows.append(
            {
                "block_id": after.blocks.block_id.iloc[i], "comparable": not apart,
                "why_zh": "阴影 40.0 %，超过 25 %" if apart else "",
                "why_en": "shadow 40.0 %, above 25 %" if apart else "",
                "grade_before": change.before.value, "grade_after": change.after.value, "proposed": change.proposed,
                "direction": change.direction, "reason": change.reason.value, "rest_m": 0.04, "clutter_change": -3.0,
                "clutter_changed": change.proposed, "chip_before": names[0], "chip_after": names[1],
            }
        )  # fmt: skip
    season = {"condition": "season", "met": False, "zh": "季节相差 118 天", "en": "season: 118 days apart"}
    overlap = {"condition": "overlap", "met": True, "zh": "重叠 99 %", "en": "overlap 99 %"}
    record = {
        "before": {"id": before.id, "acquired": before.acquired.isoformat()},
        "after": {"id": after.id, "acquired": after.acquired.isoformat()},
        "comparable": True, "why_zh": "", "why_en": "", "checks": [overlap, season],
        "indicators": {"clutter": {"sigma_flight": 1.0, "mdc95": 2.8}}, "shift": {"rmse_m": 0.07}, "closed": 3,
    }  # fmt: skip
    table = gpd.GeoDataFrame(rows, geometry=list(after.blocks.geometry), crs=after.blocks.crs)
    return Told(record, table, ComparisonFiles(folder))


@pytest.fixture(scope="module")
def flights(tmp_path_factory: pytest.TempPathFactory) -> list[FlightResults]:
    folder = tmp_path_factory.mktemp("compared")
    made = [scene.flight(name, folder / name, seed=seed) for seed, name in enumerate(FLIGHTS, start=1)]
    found = [made[0]]
    for before, after in pairwise(made):
        found.append(replace(after, comparisons=(told(before, after, folder / f"c-{after.id}"),)))
    last = changes(made[1], made[2])
    pair, at = (FLIGHTS[1], FLIGHTS[2]), "2021-09-14T02:30:00Z"

    def line(act: ProposalAct, i: int, by: str) -> ProposalLine:
        return ProposalLine(act, *pair, f"B{i + 1:02d}", last[i].before, last[i].after, by, at)

    lines = [line(ProposalAct.PROPOSE, i, "wuse") for i, change in enumerate(last) if change.proposed]
    lines += [line(ProposalAct.CONFIRM, CONFIRMED, "陈海"), line(ProposalAct.REFUSE, REFUSED, "陈海")]
    return [*found[:-1], replace(found[-1], proposals=tuple(lines))]


@pytest.fixture(scope="module")
def rendered(flights: list[FlightResults], tmp_path_factory: pytest.TempPathFactory) -> Rendered:
    paths = FlightPaths(tmp_path_factory.mktemp("page") / "run")
    return render_flight(COMMUNITY, flights, paths, rubric=GradeSection(), settings=RenderSection(overview_px=512))


@pytest.fixture(scope="module")
def tab(rendered: Rendered):
    with Browser() as browser:
        browser.open(rendered.map_html)
        yield browser
        assert browser.errors == [] and browser.remote == []


def words(tab: Browser, selector: str) -> str:
    return str(tab.run(f"document.querySelector({json.dumps(selector)}).innerText"))


def test_the_page_counts_what_the_comparison_proposes(tab: Browser, flights: list[FlightResults]) -> None:
    made = changes(*flights[1:])
    blind = [c.reason in (ChangeReason.UNGRADED, ChangeReason.NOT_COMPARABLE) for c in made]
    steps = tab.run("W.every.map((b) => { const s = W.change(2, 1, b); return s === null ? null : Math.sign(s); })")
    assert steps == [None if b else c.direction for b, c in zip(blind, made, strict=True)]
    back = tab.run("W.every.map((b) => { const s = W.change(1, 2, b); return s === null ? null : Math.sign(s); })")
    assert back == [None if s is None else -s for s in steps]
    tab.run("W.set({ tab: 'change', block: -1, compare: -1 })")
    counts = transitions(c for c, b in zip(made, blind, strict=True) if not b)
    for aim in Transition:
        assert words(tab, f"[data-aim={aim.value}] b") == str(counts[aim])


def test_proposed_official_and_refused_changes_are_told_apart(tab: Browser) -> None:
    tab.run("W.set({ tab: 'change', block: -1 })")
    rows = tab.run("[...document.querySelectorAll('.rows .row')].map((e) => e.innerText)")
    said = [next(row for row in rows if f"B{i + 1:02d}" in row) for i in (CONFIRMED, REFUSED, DOUBTFUL)]
    assert "已认定" in said[0] and "不予认定" in said[1]
    assert "差别在误差之内" in said[2] and "拟变" not in said[2]
    assert "颜色不同，但不算改变 1" in words(tab, "#panel")


def test_the_table_from_colour_to_colour_agrees_with_the_legend(tab: Browser) -> None:
    tab.run("W.set({ tab: 'change', block: -1, compare: -1 })")
    cells = "[...document.querySelectorAll('.matrix tbody tr')].map((r) => Number(r.cells[i + 1].innerText) || 0)"
    columns = tab.run(f"[0, 1, 2, 3, 4].map((i) => {cells})")
    known = "W.every.filter((b) => W.change(2, 1, b) !== null && W.grade(2, b).number === i + 1).length"
    assert [sum(column) for column in columns] == tab.run(f"[0, 1, 2, 3, 4].map((i) => {known})")
    assert "其中 1 个颜色不同，但不算改变" in words(tab, "#panel")


def test_conditions_and_the_error_of_alignment_are_shown(tab: Browser) -> None:
    tab.run("W.set({ tab: 'change', block: -1 }); document.querySelector('.conditions').open = true; 1")
    said = words(tab, ".conditions")
    assert "两次航拍可比" in said and "0.07 m" in said and "季节相差 118 天" in said and "2.8" in said


def test_a_block_that_cannot_be_compared_says_why(tab: Browser) -> None:
    tab.run(f"W.set({{ block: {APART}, tab: 'overview', compare: 1 }})")
    assert "阴影 40.0 %，超过 25 %" in words(tab, ".card")
    tab.run("W.layers.setSplit(0.03)")
    assert tab.run(f"W.apart({APART})") is True
    tab.run("W.set({ compare: -1 })")


def test_a_card_shows_the_same_ground_at_both_dates_and_where_it_is_heading(tab: Browser) -> None:
    tab.run(f"W.set({{ block: {CONFIRMED}, tab: 'overview' }})")
    assert tab.run("document.querySelectorAll('.card .pair img').length") == 2
    said = words(tab, ".card .pair")
    assert "2021-01-14" in said and "2021-09-14" in said and "0.04 m" in said
    assert "每年" in words(tab, ".card .trends")
    tab.run("W.set({ lang: 'en' })")
    assert "official" in words(tab, ".card-move") and "per year" in words(tab, ".card .trends")
    tab.run("W.set({ lang: 'zh' })")


def test_the_report_lists_the_blocks_that_move_by_more_than_their_error(
    rendered: Rendered, flights: list[FlightResults]
) -> None:
    known = trend_table(
        [(f.acquired.timestamp(), f.blocks) for f in flights], [str(b) for b in flights[0].blocks.block_id]
    )
    moving = {b for lines in known.values() for b, line in enumerate(lines) if line and line[2]}
    with Browser(1000, 1200) as report:
        report.open(rendered.report_html)
        listed = report.run("[...document.querySelectorAll('.heading tbody tr b')].map((e) => e.innerText)")
        assert 0 < len(listed) == len(moving) < len(flights[0].blocks)
        assert "历次航拍的走势" in words(report, "#report") and "±" in words(report, ".heading")
        report.run("W.set({ lang: 'en' })")
        assert "Where blocks are heading" in words(report, "#report") and "per year" in words(report, ".heading")
        assert report.errors == []


def test_the_report_tells_what_changed_since_the_flight_before(
    rendered: Rendered, flights: list[FlightResults]
) -> None:
    with Browser(1000, 1200) as report:
        report.open(rendered.report_html)
        said = words(report, "#report")
        assert "与上次航拍相比（2021-01）" in said and "销号" in said and "已认定" in said
        proposed = sum(c.proposed for c in changes(*flights[1:]))
        assert report.run("document.querySelectorAll('.moved > li').length") == proposed
        assert report.run("document.querySelectorAll('.moved img').length") == 2 * min(proposed, 40)
        light = "[...document.querySelectorAll('.moved img')].every((i) => i.src.startsWith('data:image/jpeg'))"
        assert report.run(light), "a PDF would blow up WebP"
        assert report.errors == []
