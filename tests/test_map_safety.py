"""Whatever stands in a name or a note is text on every page and in every table, and the pages are open to everyone."""

from __future__ import annotations

import csv
import json
import os
import re
from dataclasses import replace
from pathlib import Path
from urllib.parse import quote

import pytest
import scene
from browser import Browser

from pipeline.artifacts import FlightPaths
from pipeline.config import CommunitySection, GradeSection, RenderSection
from pipeline.io.tables import write_csv
from pipeline.render import Rendered, render_flight

HOSTILE = {
    "script": "</script><script>window.pwned = 1</script>",
    "handler": "\"'><img src=x onerror=window.pwned=1><p onmouseover=window.pwned=1>",
    "template": "{{constructor.constructor('window.pwned=1')()}}{% raw %}<%= 1 %>",
    "backtick": "`${window.pwned = 1}`",
    "backslash": '\\"};window.pwned=1;//\\u003cscript\\',
    "rtl": "\u202egnp.exe\u2067\u200f",
    "nul": "a\0b<\0img src=x onerror=window.pwned=1>",
    "long": "长名" * 5000,
    "closing": "--></style></textarea></title></noscript></svg><svg onload=window.pwned=1>]]>",
    "formula": '=HYPERLINK("http://203.0.113.1/","x")',
}
TEXTS = list(HOSTILE.values())
SERIOUS = ("serious", "critical")
AXE = Path(os.environ.get("WUSE_AXE", Path(__file__).parents[1] / ".axe/node_modules/axe-core/axe.min.js"))


@pytest.fixture(scope="module")
def flights(tmp_path_factory):
    folder = tmp_path_factory.mktemp("hostile")
    made = []
    for i, seed in (("2021-01", 1), ("2021-09", 2)):
        flight = scene.flight(i, folder / i, seed=seed)
        blocks = flight.blocks.astype({"name": object, "name_en": object})
        for k, words in enumerate(TEXTS):
            for column in ("name", "name_en", "reasons_zh", "reasons_en", "needs_zh", "needs_en"):
                blocks.loc[k, column] = words
            gate = {"verdict": "fail", "source": "person", "reason_zh": words, "reason_en": words}
            blocks.loc[k, "gates"] = json.dumps({"clean": gate})
        blocks["party"] = [*TEXTS, *[""] * (len(blocks) - len(TEXTS))]
        blocks.loc[20, "block_id"] = HOSTILE["handler"]
        blocks.loc[21, "block_id"] = HOSTILE["formula"]
        notice = {"zh": HOSTILE["closing"], "en": HOSTILE["closing"]}
        made.append(replace(flight, blocks=blocks, quality=dict(flight.quality) | {"notices": [notice]}))
    return made


@pytest.fixture(scope="module")
def pages(flights, tmp_path_factory) -> dict[str, Rendered]:
    """Map and report, with their policy and without."""
    folder = tmp_path_factory.mktemp("pages")
    name = HOSTILE["closing"] + HOSTILE["script"]
    community = CommunitySection(name=name, name_en=name, blocks="x", workdir="w")
    settings = RenderSection(overview_px=512)
    made = render_flight(community, flights, FlightPaths(folder), rubric=GradeSection(), settings=settings)
    bare = [folder / "bare.html", folder / "bare_report.html"]
    for source, target in zip((made.map_html, made.report_html), bare, strict=True):
        page = source.read_bytes().decode("utf-8")
        without = re.sub(r'<meta http-equiv="Content-Security-Policy"[^>]*>', "", page)
        assert without != page
        target.write_bytes(without.encode("utf-8"))
    return {"policy": made, "bare": replace(made, map_html=bare[0], report_html=bare[1])}


@pytest.fixture(scope="module")
def browser():
    with Browser() as tab:
        yield tab


@pytest.fixture
def tab(browser):
    browser.requests.clear()
    browser.errors.clear()
    yield browser
    assert browser.run("window.pwned === undefined && !document.querySelector('img[src=\"x\"], [onload], [onerror]')")
    assert browser.errors == []
    assert browser.remote == []


def shows(tab: Browser, where: str, words: str) -> bool:
    """Whether the text stands, letter for letter, inside an element."""
    return bool(tab.run(f"document.querySelector({json.dumps(where)}).textContent.includes({json.dumps(words)})"))


@pytest.mark.browser
@pytest.mark.parametrize("policy", ["policy", "bare"])
@pytest.mark.parametrize("kind", HOSTILE)
def test_the_card_and_the_tip_show_it_as_text(tab, pages, policy, kind):
    words, b = HOSTILE[kind], list(HOSTILE).index(kind)
    if tab.run("location.pathname") != str(pages[policy].map_html):
        tab.open(pages[policy].map_html)
    for language in ("zh", "en"):
        tab.run(f"W.set({{ lang: '{language}' }}); W.panel.open({b})")
        for part in (".card-name", ".gate-why", ".party"):
            assert shows(tab, part, words)
        for part in (".reasons", ".needs"):
            assert shows(tab, part, "".join(sentences(words)))
    event = "{ latlng: map_wuse.getCenter() }, true"
    tab.run(f"W.layers.right.blocks[{b}].band.fire('mouseover', {event}); 0")
    assert shows(tab, ".tip-name", words)
    tab.run(f"W.layers.right.blocks[{b}].band.fire('mouseout', {event}); 0")


def sentences(words: str) -> list[str]:
    """What the page makes of a text that may hold several sentences."""
    return [part.strip() for part in re.split(r"[；\n]|;\s+", words) if part.strip()]


@pytest.mark.browser
@pytest.mark.parametrize("policy", ["policy", "bare"])
def test_lists_find_print_and_report_show_it_as_text(tab, pages, policy):
    tab.open(pages[policy].map_html)
    for state in ("{ tab: 'list' }", "{ tab: 'about' }", "{ tab: 'change', compare: 0 }", "{ tab: 'overview' }"):
        tab.run(f"W.set(Object.assign({{ block: -1 }}, {state}))")
        if "list" in state:
            for words in TEXTS:
                assert shows(tab, "#panel", words)
        if "about" in state:
            assert shows(tab, "#panel", HOSTILE["closing"])
    for words in TEXTS:
        tab.run(
            f"(() => {{ const f = document.getElementById('find'); f.value = {json.dumps(words)};"
            " f.dispatchEvent(new Event('input')); })()"
        )
        if words.strip() == words and "\0" not in words:
            assert shows(tab, "#found", words)
    tab.run("window.dispatchEvent(new Event('beforeprint'))")
    assert shows(tab, "#sheet", HOSTILE["closing"])
    assert tab.run("window.pwned === undefined && !document.querySelector('img[src=\"x\"], [onload]')")
    tab.open(pages[policy].map_html, "#" + quote(HOSTILE["handler"]))
    assert shows(tab, ".card-id", HOSTILE["handler"])
    tab.open(pages[policy].report_html)
    for words in TEXTS:
        assert shows(tab, "#report", words)


def test_no_cell_of_the_table_starts_a_formula(flights, tmp_path):
    blocks = flights[1].blocks
    blocks.loc[22:25, "name"] = ["+1+cmd|' /C calc'!A0", "-2+3", "@SUM(1)", "\t=1"]
    write_csv(blocks, tmp_path / "blocks.csv")
    with (tmp_path / "blocks.csv").open(encoding="utf-8-sig", newline="") as file:
        rows = list(csv.DictReader(file))
    for row in rows:
        for cell in row.values():
            assert not re.match(r"[=+\-@\t\r]", cell) or re.fullmatch(r"-?[\d.]+(e-?\d+)?", cell), cell[:40]
    kept = [row["name"].removeprefix("'") for row in rows[: len(TEXTS)]]
    assert kept == TEXTS


@pytest.mark.browser
def test_no_serious_trouble_for_people_who_cannot_see_or_point_well(pages):
    if not AXE.is_file():
        pytest.skip("axe-core is not at hand: npm install --prefix .axe axe-core, or set WUSE_AXE to its axe.min.js")
    axe = AXE.read_text(encoding="utf-8")
    states = (
        "{ tab: 'overview' }", "{ tab: 'list' }", "{ tab: 'change' }", "{ tab: 'about' }", "{ block: 12 }",
        "{ block: 7 }", "{ block: -1, compare: 0 }", "{ lang: 'en', tab: 'change', compare: -1 }",
    )  # fmt: skip
    for size in ((1440, 900), (390, 844)):
        with Browser(*size, phone=size[0] < 500) as tab:
            tab.open(pages["policy"].map_html)
            tab.run(axe + "; 0")
            tab.run("document.getElementById('layers').click()")
            for state in states:
                tab.run(f"W.set({state})")
                assert troubles(tab) == [], state
            tab.open(pages["policy"].report_html)
            tab.run(axe + "; 0")
            assert troubles(tab) == []


def troubles(tab: Browser) -> list[str]:
    found = tab.run(
        "axe.run(document, { resultTypes: ['violations'] }).then((r) => JSON.stringify(r.violations.map((v) =>"
        " [v.impact, v.id, v.nodes.slice(0, 3).map((n) => n.html.slice(0, 160) + ' ' + n.failureSummary)])))"
    )
    return [str(v) for v in json.loads(str(found)) if v[0] in SERIOUS]


def test_without_base_maps_the_policy_lets_nothing_in(pages):
    policy = re.search(r'Content-Security-Policy" content="([^"]*)"', pages["policy"].map_html.read_text("utf-8"))
    assert policy and "img-src data:;" in policy.group(1) and "http" not in policy.group(1)
