"""The register in the map and report: when it is shown, when it makes the page anew, and what a browser shows of it."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
import scene
from browser import Browser
from registers import NOW, act, add_people, walk
from tiny import tiny_community, tree

from pipeline.artifacts import FlightPaths
from pipeline.casework.blocks import act_on_block
from pipeline.casework.cases import act_on_case
from pipeline.casework.register import Register
from pipeline.casework.summary import page_summary
from pipeline.config import CommunitySection, GradeSection, RenderSection, load_config
from pipeline.core.ledger import BlockAct, CaseAct, Entry
from pipeline.core.vocabulary import Grade, Stage
from pipeline.manifest import Reason
from pipeline.render import render_flight
from pipeline.run import RunReport, explain_community, run_community

COMMUNITY = CommunitySection(name="虹北社区", name_en="Hongbei Community", blocks="x", workdir="w")
NASTY = "</script><img src=x onerror=alert(1)>"


@pytest.fixture(scope="module")
def plain(tmp_path_factory: pytest.TempPathFactory) -> dict[str, bytes]:
    """All artifacts of a community without a register."""
    config = tiny_community(tmp_path_factory.mktemp("plain"))
    run_community(load_config(config))
    return tree(config.parent / "runs")


def ran(report: RunReport) -> list[tuple[str, Stage, str]]:
    return [(o.decision.flight, o.decision.stage, o.decision.sentence("en")) for o in report.outcomes if o.decision.run]


def shown(runs: Path, flight: str, page: str = "map") -> dict[str, object] | None:
    text = (runs / flight / "render" / f"{page}.html").read_text(encoding="utf-8")
    found = re.search(r'<script type="application/json" id="register">(.*?)</script>', text, re.S)
    return json.loads(found[1]) if found else None


def test_only_the_newest_page_follows_the_register_and_only_when_it_changed(
    tmp_path: Path, plain: dict[str, bytes]
) -> None:
    config, runs = load_config(tiny_community(tmp_path)), tmp_path / "runs"
    run_community(config)
    assert tree(runs) == plain, "without a register nothing changes"
    with Register.open(runs / "register.sqlite", clock=lambda: NOW) as register:
        add_people(register)
        number = walk(register, CaseAct.SERVE)
    expected = [("2021-09", Stage.RENDER, "an input has changed: register")]
    assert [(d.flight, d.stage, d.sentence("en")) for d in explain_community(config) if d.run] == expected
    assert ran(run_community(config)) == expected
    assert {d.reason for d in explain_community(config)} == {Reason.UP_TO_DATE}
    for page in ("map", "report"):
        found = shown(runs, "2021-09", page)
        assert found is not None
        assert found["as_of"] == "2021-09-14", "the flight is later than the last entry"
        assert shown(runs, "2021-01", page) is None
    changed = {name for name, content in tree(runs).items() if plain[name] != content}
    assert changed == {"2021-09/render/map.html", "2021-09/render/report.html"}
    first = tree(runs)
    run_community(config, force=[Stage.RENDER])
    assert tree(runs) == first, "the same register gives the same bytes"
    with Register.open(runs / "register.sqlite", clock=lambda: NOW) as register, register.writing() as book:
        act_on_case(book, number, act(CaseAct.NOTE, at="2021-10-01T00:00:00Z"))
    assert ran(run_community(config)) == expected
    found = shown(runs, "2021-09")
    assert found is not None
    assert found["as_of"] == "2021-10-01"
    assert [m["opened"] for m in found["months"]] == [1]  # type: ignore[attr-defined]


def test_a_register_that_is_gone_takes_its_part_of_the_page_along(tmp_path: Path, plain: dict[str, bytes]) -> None:
    config, runs = load_config(tiny_community(tmp_path)), tmp_path / "runs"
    with Register.open(runs / "register.sqlite", clock=lambda: NOW) as register:
        add_people(register)
    run_community(config)
    for file in runs.glob("register.sqlite*"):
        file.unlink()
    assert ran(run_community(config)) == [("2021-09", Stage.RENDER, "an input has changed: register")]
    assert tree(runs) == plain


@pytest.fixture(scope="module")
def pages(tmp_path_factory: pytest.TempPathFactory) -> FlightPaths:
    """Map and report of a scene whose first block is listed, planned and has an overdue case with a hostile name."""
    folder = tmp_path_factory.mktemp("pages")
    flight = scene.flight("2021-01", folder / "2021-01", seed=1)
    block = str(flight.blocks["block_id"].iloc[0])
    with Register.open(folder / "r.sqlite", clock=lambda: NOW) as register:
        add_people(register)
        walk(register, CaseAct.SERVE, block_id=block)
        listing = {"block_id": block, "grade": Grade.RED.value, "flight": "2021-01"}
        with register.writing() as book:
            at = "2021-01-25T01:00:00Z"
            act_on_block(book, block, Entry(BlockAct.LIST, "督查员", at, data=listing))
            act_on_block(book, block, Entry(BlockAct.PLAN, "督查员", at, data={"plan": NASTY, "due": "2021-02-04"}))
        summary = page_summary(register, "2021-01-14")
    paths = FlightPaths(folder / "run")
    render_flight(
        COMMUNITY, [flight], paths, rubric=GradeSection(), settings=RenderSection(overview_px=512), register=summary
    )
    return paths


@pytest.fixture(scope="module")
def tab() -> Iterator[Browser]:
    with Browser() as found:
        yield found


@pytest.mark.browser
def test_a_card_shows_party_plan_days_and_cases(pages: FlightPaths, tab: Browser) -> None:
    tab.open(pages.map_html)
    overview = str(tab.run("document.getElementById('panel').innerText"))
    assert "削红" in overview
    assert "已销号 0 / 1" in overview
    assert "2021-01：立案 1" in overview
    tab.run("W.set({ block: 0 })")
    card = str(tab.run("document.getElementById('panel').innerText"))
    for words in ("在办 1 件，超期 1 件", "会诊方案", "物业(业委会)", NASTY, "2021-02-04（还剩 10 天）", "2021-000001"):
        assert words in card, words
    assert "期限 2021-01-18（超期 7 天）" in card
    assert "按台账截至 2021-01-25 计" in card
    assert tab.errors == []


@pytest.mark.browser
def test_the_report_shows_months_and_blocks(pages: FlightPaths, tab: Browser) -> None:
    tab.open(pages.report_html)
    for lang, words in (
        ("zh", ("办理情况", "削红", "会诊方案", "2021-02-04（还剩 10 天）", "清运（车）")),
        ("en", ("Casework", "out of red", "0 of 1 closed", "10 days left", "Truckloads")),
    ):
        tab.run(f"W.set({{ lang: '{lang}' }})")
        text = str(tab.run("document.getElementById('report').innerText"))
        for word in words:
            assert word in text, word
    assert tab.errors == []
